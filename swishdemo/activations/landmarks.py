"""The named points of a curve: its extremes, and the places of its largest and smallest slope."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import Evaluation, evaluate, parameter_values
from swishdemo.activations.record import Activation, Landmark

# W(1/e), W being Lambert's function: f′ = σ(z)·(1 + z·σ(−z)) with z = βx is 0 only where
# z = −(1 + e^z), so (−1 − z)·e^(−1 − z) = 1/e, and there f = x·σ(z) = (1 + z)/β.
W = 0.2784645427610738
# The positive root of z·tanh(z/2) = 2: f″ = β·σ(z)·σ(−z)·(2 − z·tanh(z/2)).
STEEPEST = 2.3993572805154675
# f′ there; at minus the root it is 1 less this, since f′(x) + f′(−x) = 1.
LARGEST_SLOPE = 1.099839320128867

_SEARCHED = 20.0
_POINTS = 4001


def swish_landmarks(beta: float) -> tuple[Landmark, ...]:
    """The landmarks of x·σ(βx), in closed form.

    f″ is 0 at the steepest and the shallowest point and nowhere else: they are its inflections.
    For β < 0 the curve is turned about the origin, f₋β(x) = −f_β(−x), and the minimum becomes a
    maximum. There are none for β = 0, where f is the line x/2, nor where β is so small that they
    lie beyond the largest number.
    """
    if beta == 0:
        return ()
    rise = (STEEPEST + 2) / 2  # z·σ(z) at the steepest point
    found = (
        Landmark("minimum" if beta > 0 else "maximum", -(1 + W) / beta, -W / beta, 0.0),
        Landmark("steepest", STEEPEST / beta, rise / beta, LARGEST_SLOPE),
        Landmark("shallowest", -STEEPEST / beta, (rise - STEEPEST) / beta, 1 - LARGEST_SLOPE),
    )
    return tuple(mark for mark in found if math.isfinite(mark.x) and math.isfinite(mark.value))


def landmarks(
    activation: Activation, parameters: Mapping[str, float] | None = None
) -> tuple[Landmark, ...]:
    """The landmarks of an activation: exact for Swish, found by a search of |x| ≤ 20 for others.

    Raises:
        UserError: As :func:`swishdemo.activations.evaluate`.
    """
    values = parameter_values(activation, parameters)
    if activation.name == "swish":
        return swish_landmarks(values["beta"])
    return _searched(activation, tuple(values.items()))


@lru_cache(maxsize=256)
def _searched(
    activation: Activation, parameters: tuple[tuple[str, float], ...]
) -> tuple[Landmark, ...]:
    values = dict(parameters)
    # Shifted, so that 0 and the usual breaks lie between points: a zero on a point is no change.
    grid = np.linspace(-_SEARCHED, _SEARCHED, _POINTS) + 1e-4
    start = evaluate(activation, grid, values)
    kinds = (
        ("minimum", lambda e: e.df, start.df),
        ("maximum", lambda e: -e.df, -start.df),
        ("shallowest", lambda e: e.d2f, start.d2f),
        ("steepest", lambda e: -e.d2f, -start.d2f),
    )
    found: list[Landmark] = []
    for kind, of, signs in kinds:
        for x in _rising_zeros(activation, values, grid, signs, of):
            at = evaluate(activation, [x], values)
            found.append(Landmark(kind, x, float(at.f[0]), float(at.df[0])))
    return tuple(found)


def _rising_zeros(
    activation: Activation,
    values: Mapping[str, float],
    grid: npt.NDArray[np.float64],
    signs: npt.NDArray[np.float64],
    of: Callable[[Evaluation], npt.NDArray[np.float64]],
) -> list[float]:
    """Where a function goes from negative to positive between two points of the grid."""
    from scipy.optimize import brentq

    at = np.flatnonzero((signs[:-1] < 0) & (signs[1:] > 0))
    zeros = [
        float(
            brentq(
                lambda x: float(of(evaluate(activation, [x], values))[0]),
                grid[place],
                grid[place + 1],
                xtol=1e-18,
                rtol=4 * np.finfo(np.float64).eps,
            )
        )
        for place in at
    ]
    return [x if abs(x) > 1e-16 else 0.0 for x in zeros]
