"""What is said of an activation in words and numbers: range, limits, monotone, convex, smooth.

Everything is read from the formula's shape (`swishdemo.activations.analysis.shape`), and what that
does not show is "unknown", never guessed.

The named points of a curve: extremes, places of largest and smallest slope, zeros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from swishdemo.activations.evaluation import parameter_values
from swishdemo.activations.record import Activation, Landmark
from swishdemo.formats import finite

if TYPE_CHECKING:
    from swishdemo.activations.analysis.ends import Limit
    from swishdemo.activations.analysis.shape import Bound, Zeros


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of an activation at given parameter values.

    A word is ``unknown`` where it could not be settled.

    Attributes:
        low: The greatest lower bound of f.
        high: The least upper bound of f.
        left: The limit at −∞.
        right: The limit at ∞.
        lipschitz: sup |f′|: ``attained``, ``approached``, ``unbounded`` or ``unknown``.
        monotone: ``increasing``, ``decreasing`` (not strictly, possibly), ``constant`` or ``no``.
        convex: ``convex``, ``concave``, ``both`` (a line) or ``no``.
        smooth: k of the class C^k: −1 where f jumps or has a pole, 0 at a kink; ∞ where all
            derivatives are continuous, NaN where that is unknown.
        gate: ``yes`` where f(x) = x·g(x) and g goes from 0 on one side to a positive number on
            the other (self-gated); else ``no``.
        parity: ``odd``, ``even`` or ``no``.
        centred: ``yes`` where f(0) = 0 and f takes both signs; else ``no``.
        at_zero: f(0); NaN where it has none.
        slope_before: The slope at 0 from the left.
        slope_after: The slope at 0 from the right.
        minimum: The local minimum that is the least, as (x, f); None where there is none, or
            there are more without end and none is known to be the least.
        zeros: Where f is 0.
    """

    low: Bound
    high: Bound
    left: Limit
    right: Limit
    lipschitz: Bound
    monotone: str
    convex: str
    smooth: float
    gate: str
    parity: str
    centred: str
    at_zero: float
    slope_before: float
    slope_after: float
    minimum: tuple[float, float] | None
    zeros: Zeros

    def as_json(self) -> dict[str, Any]:
        """The properties as JSON: what is not finite is null, and a limit is told by its kind."""
        return {
            "low": self.low.as_json(),
            "high": self.high.as_json(),
            "left": _limit_json(self.left),
            "right": _limit_json(self.right),
            "lipschitz": self.lipschitz.as_json(),
            "monotone": self.monotone,
            "convex": self.convex,
            "smooth": "unknown" if math.isnan(self.smooth) else finite(self.smooth),
            "gate": self.gate,
            "parity": self.parity,
            "centred": self.centred,
            "atZero": finite(self.at_zero),
            "slopeBefore": finite(self.slope_before),
            "slopeAfter": finite(self.slope_after),
            "minimum": list(self.minimum) if self.minimum else None,
            "zeros": self.zeros.as_json(),
        }


def properties(activation: Activation, parameters: Mapping[str, float] | None = None) -> Properties:
    """The properties of an activation, registered or typed.

    Args:
        activation: The record.
        parameters: Finite values by name; one left out takes its default.

    Raises:
        UserError: As :func:`swishdemo.activations.evaluate`.
    """
    from swishdemo.activations.analysis import classify, shape

    values = parameter_values(activation, parameters)
    if activation.name == "swish" and abs(values["beta"]) not in (0, 1):
        size = abs(values["beta"])
        return scaled(properties(activation, {"beta": values["beta"] / size}), size)
    seen = shape.shape(activation, values)
    low, high = shape.bounds(seen)
    before, after = seen.at(1, 0.0)
    minima = [(x, value) for kind, x, value in shape.extremes(seen) if kind == "minimum"]
    if any(stretch.endless[1] for stretch in seen.stretches):
        # Of minima without end only one that is the lower bound is known to be the least.
        minima = [at for at in minima if low.kind == "attained" and shape.same(at[1], low.value)]
    return Properties(
        low=low,
        high=high,
        left=classify.limit(seen, -1),
        right=classify.limit(seen, 1),
        lipschitz=shape.lipschitz(seen),
        monotone=classify.monotone(seen),
        convex=classify.convex(seen),
        smooth=classify.smooth(seen),
        gate=classify.gate(seen),
        parity=classify.parity(activation, seen),
        centred=classify.centred(seen),
        at_zero=classify.value_at_zero(seen),
        slope_before=before,
        slope_after=after,
        minimum=min(minima, key=lambda at: (at[1], abs(at[0])), default=None),
        zeros=shape.zeros(seen),
    )


def described(
    activation: Activation, parameters: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The properties and the landmarks of an activation as one JSON object.

    Raises:
        UserError: As :func:`swishdemo.activations.evaluate`.
    """
    marks = [mark.as_json() for mark in landmarks(activation, parameters)]
    return {**properties(activation, parameters).as_json(), "landmarks": marks}


def scaled(found: Properties, size: float) -> Properties:
    """The properties of f(size·x)/size, from those of an f that is 0 at 0.

    Swish at any β is Swish at 1 or −1, scaled: x·σ(βx) = (βx·σ(βx))/β.
    """
    minimum = found.minimum and (found.minimum[0] / size, found.minimum[1] / size)
    return replace(
        found,
        low=replace(found.low, value=found.low.value / size),
        high=replace(found.high, value=found.high.value / size),
        minimum=minimum if minimum and all(map(math.isfinite, minimum)) else None,
    )


def _limit_json(limit: Limit) -> dict[str, Any]:
    """A limit as JSON: ``sign`` tells which infinity."""
    found: dict[str, Any] = {"kind": limit.kind}
    if limit.kind == "number":
        found["value"] = limit.value
    if limit.kind in ("infinite", "line"):
        found["sign"] = 1 if limit.value > 0 else -1
    if limit.kind == "line":
        found |= {"slope": limit.slope, "offset": limit.offset}
    if limit.kind == "oscillating":
        found |= {"low": finite(limit.low), "high": finite(limit.high)}
    return found


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
    from swishdemo.activations.analysis.shape import extremes, shape, zeros

    seen = shape(activation, dict(parameters))
    found = [Landmark(kind, x, value, seen.at(1, x)[0]) for kind, x, value in extremes(seen)]
    found += [Landmark(kind, x, seen.at(0, x)[0], slope) for kind, x, slope in extremes(seen, 1)]
    nothing = zeros(seen)
    found += [Landmark("zero", x, 0.0, seen.at(1, x)[0]) for x in nothing.at]
    found += [Landmark("zero", low, 0.0, 0.0, high) for low, high in nothing.flat]
    return tuple(sorted(found, key=lambda mark: _ORDER.index(mark.kind)))
