"""The named points of a curve: extremes, places of largest and smallest slope, zeros."""

from __future__ import annotations

import math
from collections.abc import Mapping

from swishdemo.activations.evaluation import parameter_values
from swishdemo.activations.record import Activation, Landmark

# W(1/e), W being Lambert's function: f′ = σ(z)·(1 + z·σ(−z)) with z = βx is 0 only where
# z = −(1 + e^z), so (−1 − z)·e^(−1 − z) = 1/e, and there f = x·σ(z) = (1 + z)/β.
W = 0.2784645427610738
# The positive root of z·tanh(z/2) = 2: f″ = β·σ(z)·σ(−z)·(2 − z·tanh(z/2)).
STEEPEST = 2.3993572805154675
# f′ there; at minus the root it is 1 less this, since f′(x) + f′(−x) = 1.
LARGEST_SLOPE = 1.099839320128867

_ORDER = ("minimum", "maximum", "shallowest", "steepest", "zero")


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
    """The landmarks of an activation: minima, maxima, extreme slopes, zeros.

    Those of Swish are in closed form; those of others are searched for by enclosures, see
    :mod:`swishdemo.activations.analysis.search`. Of endlessly many, the nearest to 0 are given.

    Raises:
        UserError: As :func:`swishdemo.activations.evaluate`.
    """
    values = parameter_values(activation, parameters)
    if activation.name == "swish":
        return *swish_landmarks(values["beta"]), Landmark("zero", 0.0, 0.0, 0.5)
    return _searched(activation, tuple(values.items()))


def _searched(
    activation: Activation, parameters: tuple[tuple[str, float], ...]
) -> tuple[Landmark, ...]:
    from swishdemo.activations.analysis.marks import extremes, zeros
    from swishdemo.activations.analysis.shape import shape

    seen = shape(activation, dict(parameters))
    found = [Landmark(kind, x, value, seen.at(1, x)[0]) for kind, x, value in extremes(seen)]
    found += [Landmark(kind, x, seen.at(0, x)[0], slope) for kind, x, slope in extremes(seen, 1)]
    nothing = zeros(seen)
    found += [Landmark("zero", x, 0.0, seen.at(1, x)[0]) for x in nothing.at]
    found += [Landmark("zero", low, 0.0, 0.0, high) for low, high in nothing.flat]
    return tuple(sorted(found, key=lambda mark: _ORDER.index(mark.kind)))
