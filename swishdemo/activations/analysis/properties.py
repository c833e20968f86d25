"""What is said of an activation in words and numbers: range, limits, monotone, convex, smooth.

Everything is read from the formula's shape (`swishdemo.activations.analysis.shape`), and what that
does not show is "unknown", never guessed. The named points of a curve are extremes, places of
largest and smallest slope, and zeros. This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.analysis.ends import UNKNOWN, Ends, Limit, ending, has_waves
from swishdemo.activations.analysis.pieces import filled
from swishdemo.activations.analysis.shape import (
    Bound,
    Junction,
    Shape,
    Stretch,
    Zeros,
    bounds,
    extremes,
    jump,
    lipschitz,
    same,
    shape,
    zeros,
)
from swishdemo.activations.evaluation import Array, evaluate, parameter_values
from swishdemo.activations.record import Activation, Landmark
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.stable import tree_size
from swishdemo.activations.symbolic.tape import record
from swishdemo.formats import finite


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
            "left": self.left.as_json(),
            "right": self.right.as_json(),
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
    values = parameter_values(activation, parameters)
    if activation.name == "swish" and abs(values["beta"]) not in (0, 1):
        size = abs(values["beta"])
        return scaled(properties(activation, {"beta": values["beta"] / size}), size)
    seen = shape(activation, values)
    low, high = bounds(seen)
    at_zero = _value_at_zero(seen)
    before, after = seen.at(1, 0.0)
    minima = [(x, value) for kind, x, value in extremes(seen) if kind == "minimum"]
    if any(stretch.endless[1] for stretch in seen.stretches):
        # Of minima without end only one that is the lower bound is known to be the least.
        minima = [at for at in minima if low.kind == "attained" and same(at[1], low.value)]
    return Properties(
        low=low,
        high=high,
        left=_limit(seen, -1),
        right=_limit(seen, 1),
        lipschitz=lipschitz(seen),
        monotone=_monotone(seen),
        convex=_convex(seen),
        smooth=_smooth(seen),
        gate=_gate(seen),
        parity=_parity(activation, seen),
        centred="yes" if at_zero == 0 and {-1, 1} <= _signs(seen, 0) else "no",
        at_zero=at_zero,
        slope_before=before,
        slope_after=after,
        minimum=min(minima, key=lambda at: (at[1], abs(at[0])), default=None),
        zeros=zeros(seen),
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
    `swishdemo.activations.analysis.search`. Of endlessly many, the nearest to 0 are given.

    Raises:
        UserError: As :func:`swishdemo.activations.evaluate`.
    """
    values = parameter_values(activation, parameters)
    if activation.name == "swish":
        return *swish_landmarks(values["beta"]), Landmark("zero", 0.0, 0.0, 0.5)
    seen = shape(activation, values)
    found = [Landmark(kind, x, value, seen.at(1, x)[0]) for kind, x, value in extremes(seen)]
    found += [Landmark(kind, x, seen.at(0, x)[0], slope) for kind, x, slope in extremes(seen, 1)]
    nothing = zeros(seen)
    found += [Landmark("zero", x, 0.0, seen.at(1, x)[0]) for x in nothing.at]
    found += [Landmark("zero", low, 0.0, 0.0, high) for low, high in nothing.flat]
    return tuple(sorted(found, key=lambda mark: _ORDER.index(mark.kind)))


_MOST_SMOOTH = 8
_LONGEST = 2000
_PARITY = np.array([1e-3, 0.037, 0.21, 0.62, 1.03, 1.97, 2.71, 3.14, 5.3, 7.9, 13.1, 57.3, 811.0])


def _limit(seen: Shape, side: int) -> Limit:
    """The limit of f at ±∞; of kind ``none`` where f has no value there."""
    if not seen.stretches or not math.isinf(seen.reach):
        return UNKNOWN
    stretch = seen.stretches[0 if side < 0 else -1]
    end = stretch.piece.low if side < 0 else stretch.piece.high
    if math.isfinite(end):
        return Limit("none")
    return stretch.low[0] if side < 0 else stretch.high[0]


def _signs(seen: Shape, order: int) -> set[int]:
    return {sign for stretch in seen.stretches for sign in stretch.changes[order].signs}


def _known(seen: Shape, order: int) -> bool:
    whole = all(stretch.complete[order] for stretch in seen.stretches)
    return whole and math.isinf(seen.reach)


def _monotone(seen: Shape) -> str:
    """``increasing``, ``decreasing``, ``constant``, ``no`` or ``unknown``."""
    steps = {jump(junction) for junction in seen.junctions}
    # Over a gap, from the end of one stretch to the beginning of the next.
    steps |= {
        float(np.sign(after.low[0].value - before.high[0].value)) for before, after in _gaps(seen)
    }
    ways = {float(sign) for sign in _signs(seen, 1)} | steps
    if any(way != way for way in ways) or {1.0, -1.0} <= ways:
        return "no"
    if not _known(seen, 1):
        return "unknown"
    return "increasing" if 1.0 in ways else "decreasing" if -1.0 in ways else "constant"


def _gaps(seen: Shape) -> list[tuple[Stretch, Stretch]]:
    """The stretches before and after each gap, in which f has no value."""
    return [
        (before, after)
        for before, after in itertools.pairwise(seen.stretches)
        if before.piece.high < after.piece.low
    ]


def _convex(seen: Shape) -> str:
    """``convex``, ``concave``, ``both``, ``no`` or ``unknown``.

    Whatever has a gap is neither: the word is one for functions on an interval.
    """
    if _gaps(seen):
        return "no"
    bends = {float(sign) for sign in _signs(seen, 2)}
    for junction in seen.junctions:
        if jump(junction) != 0:
            return "no"
        if junction.before and junction.after:
            left, right = junction.before.high[1].value, junction.after.low[1].value
            bends.add(0.0 if same(left, right) else math.copysign(1.0, right - left))
    if {1.0, -1.0} <= bends:
        return "no"
    if not _known(seen, 2):
        return "unknown"
    return "convex" if 1.0 in bends else "concave" if -1.0 in bends else "both"


def _smooth(seen: Shape) -> float:
    """The k of C^k; −1 where f jumps, ∞ where nothing breaks, NaN where that is not known."""
    inner = [each for each in seen.junctions if each.before and each.after]
    if any(jump(junction) != 0 for junction in seen.junctions):
        return -1
    ends = Ends(seen.parameters)
    found = [_order(junction, ends) for junction in inner]
    least = min((order for order, known in found if known), default=math.inf)
    # An order that is only known to be so large or larger may be the least.
    return least if all(known or order >= least for order, known in found) else math.nan


def _order(junction: Junction, ends: Ends) -> tuple[float, bool]:
    """How many derivatives go on across a cut where f does, and whether that is all of them."""
    assert junction.before and junction.after
    for order in (1, 2):
        left, right = junction.before.high[order].value, junction.after.low[order].value
        if not (math.isfinite(left) and same(left, right)):
            return order - 1, True
    before, after = junction.before.piece.formulas[2], junction.after.piece.formulas[2]
    if before == after:
        return math.inf, True
    for order in range(3, _MOST_SMOOTH + 1):
        before, after = before.diff(s.X), after.diff(s.X)
        if tree_size(before) + tree_size(after) > _LONGEST:
            return order - 1, False
        left = ends.at(record([before]), junction.cut, -1).value
        right = ends.at(record([after]), junction.cut, 1).value
        if not (math.isfinite(left) and same(left, right)):
            return order - 1, True
    return _MOST_SMOOTH, False


def _gate(seen: Shape) -> str:
    """Whether f(x) = x·g(x), g going from 0 on one side to a positive number on the other."""
    if not seen.stretches or not math.isinf(seen.reach) or not seen.whole:
        return "no"
    if any(math.isnan(jump(junction)) for junction in seen.junctions):
        return "no"
    ends, limits = Ends({}), []
    for stretch in seen.stretches:
        formula = filled(stretch.piece.formulas[0], seen.parameters)
        if formula != 0 and s.X not in sympy.Mul.make_args(formula):
            return "no"
        factor = formula / s.X
        for side, end in ((-1, stretch.piece.low), (1, stretch.piece.high)):
            if math.isinf(end) and has_waves(factor):
                limits.append(ending(factor, side, ends)[0])
            elif math.isinf(end):
                limits.append(ends.limit(record([factor]), side * math.inf, side))
    if any(found.kind == "unknown" for found in limits):
        return "unknown"
    low, high = sorted(found.value for found in limits)
    return "yes" if low == 0 and 0 < high < math.inf else "no"


def _parity(activation: Activation, seen: Shape) -> str:
    """``odd``, ``even`` or ``no``, by values at points of every stretch and their mirror images."""
    points = np.array(sorted({*_PARITY, *_inner(seen)}))
    right = evaluate(activation, points, seen.parameters).f
    left = evaluate(activation, -points, seen.parameters).f
    if (np.isnan(right) != np.isnan(left)).any():
        return "no"
    left, right = left[~np.isnan(left)], right[~np.isnan(right)]
    if _alike(left, right):
        return "even"
    return "odd" if _alike(-left, right) else "no"


def _alike(left: Array, right: Array) -> bool:
    """Whether all pairs are equal to 12 digits; infinities of one sign are."""
    close = 1e-12 * np.maximum(np.abs(right), np.abs(left))
    with np.errstate(invalid="ignore"):
        return bool(((left == right) | (np.abs(left - right) <= close)).all())


def _inner(seen: Shape) -> Iterator[float]:
    """Points beside every landmark and cut."""
    for stretch in seen.stretches:
        for changes in stretch.changes:
            yield from (abs(x) * 1.01 + 1e-6 for x in changes.at)
    for junction in seen.junctions:
        yield from (abs(junction.cut.at), abs(junction.cut.at) * 1.0001, abs(junction.cut.at) * 0.9)


def _value_at_zero(seen: Shape) -> float:
    """f(0), NaN where it has none."""
    for junction in seen.junctions:
        if junction.cut.at == 0:
            return junction.value
    return seen.at(0, 0.0)[0]
