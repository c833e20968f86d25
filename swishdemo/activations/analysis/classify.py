"""What a shape says in words: monotone, convex, smooth, gated, odd or even; and how it ends.

This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import sympy

from swishdemo.activations.analysis.ends import UNKNOWN, Ends, Limit, ending, has_waves
from swishdemo.activations.analysis.shape import Junction, Shape, Stretch, jump, same
from swishdemo.activations.evaluation import Array, evaluate
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.pieces import filled
from swishdemo.activations.symbolic.stable import tree_size
from swishdemo.activations.symbolic.tape import record

_MOST_SMOOTH = 8
_LONGEST = 2000
_PARITY = np.array([1e-3, 0.037, 0.21, 0.62, 1.03, 1.97, 2.71, 3.14, 5.3, 7.9, 13.1, 57.3, 811.0])


def limit(shape: Shape, side: int) -> Limit:
    """The limit of f at ±∞; of kind ``none`` where f has no value there."""
    if not shape.stretches or not math.isinf(shape.reach):
        return UNKNOWN
    stretch = shape.stretches[0 if side < 0 else -1]
    end = stretch.piece.low if side < 0 else stretch.piece.high
    if math.isfinite(end):
        return Limit("none")
    return stretch.low[0] if side < 0 else stretch.high[0]


def _signs(shape: Shape, order: int) -> set[int]:
    return {sign for stretch in shape.stretches for sign in stretch.changes[order].signs}


def _known(shape: Shape, order: int) -> bool:
    whole = all(stretch.complete[order] for stretch in shape.stretches)
    return whole and math.isinf(shape.reach)


def monotone(shape: Shape) -> str:
    """``increasing``, ``decreasing``, ``constant``, ``no`` or ``unknown``."""
    steps = {jump(junction) for junction in shape.junctions}
    # Over a gap, from the end of one stretch to the beginning of the next.
    steps |= {
        float(np.sign(after.low[0].value - before.high[0].value)) for before, after in _gaps(shape)
    }
    ways = {float(sign) for sign in _signs(shape, 1)} | steps
    if any(way != way for way in ways) or {1.0, -1.0} <= ways:
        return "no"
    if not _known(shape, 1):
        return "unknown"
    return "increasing" if 1.0 in ways else "decreasing" if -1.0 in ways else "constant"


def _gaps(shape: Shape) -> list[tuple[Stretch, Stretch]]:
    """The stretches before and after each gap, in which f has no value."""
    return [
        (before, after)
        for before, after in itertools.pairwise(shape.stretches)
        if before.piece.high < after.piece.low
    ]


def convex(shape: Shape) -> str:
    """``convex``, ``concave``, ``both``, ``no`` or ``unknown``.

    Whatever has a gap is neither: the word is one for functions on an interval.
    """
    if _gaps(shape):
        return "no"
    bends = {float(sign) for sign in _signs(shape, 2)}
    for junction in shape.junctions:
        if jump(junction) != 0:
            return "no"
        if junction.before and junction.after:
            left, right = junction.before.high[1].value, junction.after.low[1].value
            bends.add(0.0 if same(left, right) else math.copysign(1.0, right - left))
    if {1.0, -1.0} <= bends:
        return "no"
    if not _known(shape, 2):
        return "unknown"
    return "convex" if 1.0 in bends else "concave" if -1.0 in bends else "both"


def smooth(shape: Shape) -> float:
    """The k of C^k; −1 where f jumps, ∞ where nothing breaks, NaN where that is not known."""
    inner = [each for each in shape.junctions if each.before and each.after]
    if any(jump(junction) != 0 for junction in shape.junctions):
        return -1
    ends = Ends(dict(shape.parameters))
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


def gate(shape: Shape) -> str:
    """Whether f(x) = x·g(x), g going from 0 on one side to a positive number on the other."""
    if not shape.stretches or not math.isinf(shape.reach) or not shape.whole:
        return "no"
    if any(math.isnan(jump(junction)) for junction in shape.junctions):
        return "no"
    ends, limits = Ends({}), []
    for stretch in shape.stretches:
        formula = filled(stretch.piece.formulas[0], dict(shape.parameters))
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


def parity(activation: Activation, shape: Shape) -> str:
    """``odd``, ``even`` or ``no``, by values at points of every stretch and their mirror images."""
    parameters = dict(shape.parameters)
    points = np.array(sorted({*_PARITY, *_inner(shape)}))
    right = evaluate(activation, points, parameters).f
    left = evaluate(activation, -points, parameters).f
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


def _inner(shape: Shape) -> Iterator[float]:
    """Points beside every landmark and cut."""
    for stretch in shape.stretches:
        for changes in stretch.changes:
            yield from (abs(x) * 1.01 + 1e-6 for x in changes.at)
    for junction in shape.junctions:
        yield from (abs(junction.cut.at), abs(junction.cut.at) * 1.0001, abs(junction.cut.at) * 0.9)


def centred(shape: Shape) -> str:
    """Whether f(0) = 0 and f takes both signs."""
    return "yes" if value_at_zero(shape) == 0 and {-1, 1} <= _signs(shape, 0) else "no"


def value_at_zero(shape: Shape) -> float:
    """f(0), NaN where it has none."""
    for junction in shape.junctions:
        if junction.cut.at == 0:
            return junction.value
    return shape.at(0, 0.0)[0]
