"""The shape of an activation: on every smooth piece, where f, f′ and f″ change sign, and its ends.

All that is said of an activation in words (range, monotone, convex, zeros …) is read from this, and
so are its points that have a name: extremes of f and of f′, zeros, the least and greatest values.
This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from swishdemo.activations.analysis.accurate import single
from swishdemo.activations.analysis.enclosure import Doubles
from swishdemo.activations.analysis.ends import Cut, Ends, Limit, ending, has_waves, period
from swishdemo.activations.analysis.pieces import Piece, filled, pieces
from swishdemo.activations.analysis.search import BITS, FARTHEST, Changes, changes
from swishdemo.activations.evaluation import tape
from swishdemo.activations.record import Activation
from swishdemo.formats import finite


@dataclass(frozen=True, slots=True)
class Stretch:
    """A smooth piece, with f, f′ and f″ by their order 0, 1 and 2.

    Attributes:
        piece: The piece.
        changes: Where each changes sign; of what is periodic, within one period about 0.
        low: Their limits at the lower end, −∞ or a cut.
        high: Their limits at the upper end.
        endless: Whether each changes sign without end.
        complete: Whether all changes of each are known: they are listed, or periodic.
    """

    piece: Piece
    changes: tuple[Changes, Changes, Changes]
    low: tuple[Limit, Limit, Limit]
    high: tuple[Limit, Limit, Limit]
    endless: tuple[bool, bool, bool]
    complete: tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class Junction:
    """A cut and its sides.

    Attributes:
        cut: The cut.
        value: f there; NaN where it has no value.
        before: The stretch below the cut, or None.
        after: The stretch above the cut, or None.
    """

    cut: Cut
    value: float
    before: Stretch | None
    after: Stretch | None


@dataclass(frozen=True, slots=True)
class Shape:
    """All stretches on which f has a value, from left to right, and what is between them.

    Attributes:
        stretches: The stretches.
        junctions: The cuts that are the end of a stretch.
        reach: Beyond this |x| there may be more cuts; infinite where there are none.
        whole: Whether f has a value everywhere but at cuts.
        parameters: The parameters' values.
    """

    stretches: tuple[Stretch, ...]
    junctions: tuple[Junction, ...]
    reach: float
    whole: bool
    parameters: Mapping[str, float]

    def extreme(self, stretch: Stretch, order: int) -> list[float]:
        """The values of f or f′ where the next derivative changes sign: 0 where it may be 0.

        Those places are known to 32 digits, and a curve that touches 0 there misses it by that.
        """
        ends, alone = Ends(self.parameters, BITS), stretch.piece.tape.select((order,))
        return [
            0.0 if ends.touches(alone, x) else ends.value(alone, x)
            for x in stretch.changes[order + 1].exact
        ]

    def at(self, order: int, x: float) -> tuple[float, float]:
        """f, f′ or f″ at x, rightly rounded, from below and from above; NaN where there is none."""
        for junction in self.junctions:
            if junction.cut.at == x:
                before, after = junction.before, junction.after
                return (
                    before.high[order].value if before else math.nan,
                    after.low[order].value if after else math.nan,
                )
        for stretch in self.stretches:
            if stretch.piece.low < x < stretch.piece.high:
                value = Ends(self.parameters, BITS).value(stretch.piece.tape.select((order,)), x)
                return value, value
        return math.nan, math.nan


def shape(activation: Activation, parameters: Mapping[str, float]) -> Shape:
    """The shape at given values of all parameters."""
    return _shape(activation, tuple(parameters.items()))


@lru_cache(maxsize=128)
def _shape(activation: Activation, parameters: tuple[tuple[str, float], ...]) -> Shape:
    values = dict(parameters)
    cut = pieces(activation, values)
    ends = Ends(values)
    exact = {each.at: each for each in cut.cuts}
    found = tuple(_stretch(piece, values, ends, exact) for piece in cut.pieces if piece.defined)
    at = np.array([each.at for each in cut.cuts])
    heights = single(tape(activation).select((0,)), at, values)
    junctions = []
    for each, height in zip(cut.cuts, heights, strict=True):
        before = next((stretch for stretch in found if stretch.piece.high == each.at), None)
        after = next((stretch for stretch in found if stretch.piece.low == each.at), None)
        sides = [*([before.high[0]] if before else []), *([after.low[0]] if after else [])]
        if sides:
            # Elsewhere the double is beside the cut, and f there may be anything.
            there = each.at == ends.digits.context.mpf(each.exact)
            value = _value(float(height), each, sides)
            shown = there or any(same(side.value, value) for side in sides)
            junctions.append(Junction(each, value if shown else math.nan, before, after))
    whole = all(piece.defined for piece in cut.pieces)
    return Shape(found, tuple(junctions), cut.reach, whole, values)


def _value(height: float, cut: Cut, sides: list[Limit]) -> float:
    """The value at a cut, where it is that of a side to the digits of the side."""
    if not cut.certain and any(side.kind == "infinite" for side in sides):
        return math.nan
    first, last = sides[0].value, sides[-1].value
    if not cut.certain and math.isfinite(first) and same(first, last):
        # No double is the place itself, beside which a root is not yet 0, or has no value.
        return first
    if math.isnan(height) and len(sides) == 2 and math.isfinite(first) and same(first, last):
        # Only the form has no value there, as sin(x)/x has none at 0: f goes on.
        return first
    return next((side.value for side in sides if same(side.value, height)), height)


def same(a: float, b: float) -> bool:
    """Whether two values are equal but for rounding."""
    return a == b or (math.isfinite(a - b) and abs(a - b) <= 1e-13 * max(1.0, abs(a), abs(b)))


def _stretch(
    piece: Piece, parameters: Mapping[str, float], ends: Ends, cuts: Mapping[float, Cut]
) -> Stretch:
    found: list[tuple[Changes, Limit, Limit, bool, bool]] = []
    for order, formula in enumerate(piece.formulas):
        known = filled(formula, parameters)
        waves = has_waves(known)
        length = period(known) if waves else math.nan
        infinite = math.isinf(piece.low) and math.isinf(piece.high)
        periodic = infinite and length == length
        window = (-0.5123 * length, 0.4877 * length) if periodic else (piece.low, piece.high)
        signs = changes(piece.tape, order, window, parameters)
        endless = periodic and bool(signs.at)
        limits = []
        for side, end in ((-1, piece.low), (1, piece.high)):
            if math.isinf(end):
                if waves:
                    limit, again = ending(known, side, ends)
                    endless = endless or again
                else:
                    limit = ends.ending(piece.tape.select((order,)), side)
            else:
                limit = ends.at(piece.tape.select((order,)), cuts[end], -side)
            limits.append(limit)
        # Between two zeros of f lies one of f′, and so on.
        endless = endless or (order > 0 and found[-1][3])
        complete = periodic or signs.reach >= min(FARTHEST, max(abs(end) for end in window))
        found.append((signs, limits[0], limits[1], endless, complete and (periodic or not endless)))
    if found[1][4] and not any(
        a * b < 0 for a, b in zip(found[1][0].signs, found[1][0].signs[1:], strict=False)
    ):
        # A monotone formula has one zero at most, and that would have been met.
        found[0] = (*found[0][:4], found[0][4] or bool(found[0][0].at))
    signs_, low, high, endless_, complete_ = zip(*found, strict=True)
    return Stretch(piece, signs_, low, high, endless_, complete_)


def jump(junction: Junction) -> float:
    """1 where f jumps up at a cut, −1 down, 0 where it goes on or ends, NaN for anything else.

    An end of the domain that belongs to it counts too.
    """
    left = junction.before.high[0].value if junction.before else junction.value
    right = junction.after.low[0].value if junction.after else junction.value
    if not (junction.before and junction.after) and math.isnan(junction.value):
        return 0.0
    here = junction.value
    if math.isfinite(here) and same(left, here) and same(right, here):
        return 0.0
    if left <= here <= right:
        return 1.0
    return -1.0 if left >= here >= right else math.nan


@dataclass(frozen=True, slots=True)
class Bound:
    """A least or greatest value.

    Attributes:
        kind: ``attained``, ``approached`` (a number that no x reaches), ``unbounded`` or
            ``unknown``.
        value: The number; ±∞ for ``unbounded``, NaN for ``unknown``.
    """

    kind: str
    value: float

    def as_json(self) -> dict[str, Any]:
        """The bound as a JSON object; a value that is not finite is null."""
        return {"kind": self.kind, "value": finite(self.value)}


@dataclass(frozen=True, slots=True)
class Zeros:
    """Where f is 0.

    Attributes:
        at: The places, rising; of endlessly many, the nearest to 0.
        flat: The stretches on which f is 0 all over, (low, high), infinite possibly.
        kind: ``all`` where these are all, ``endless`` where there are infinitely many more, or
            ``searched`` where |x| ≤ reach was searched.
        reach: What was searched.
    """

    at: tuple[float, ...]
    flat: tuple[tuple[float, float], ...]
    kind: str
    reach: float

    def as_json(self) -> dict[str, Any]:
        """The zeros as a JSON object; an infinite end of a stretch is null."""
        return {
            "at": list(self.at),
            "flat": [[finite(low), finite(high)] for low, high in self.flat],
            "kind": self.kind,
            "reach": finite(self.reach),
        }


# What an extreme of f, and one of f′, is called: the lowest, then the highest.
_NAMES = (("minimum", "maximum"), ("shallowest", "steepest"))

Mark = tuple[str, float, float]


def extremes(shape: Shape, order: int = 0) -> list[Mark]:
    """The local extremes of f (order 0) or f′ (order 1), as (name, x, value), by x.

    A flat stretch is none, and a step is one where the value at the step is.
    """
    lowest, highest = _NAMES[order]
    found: list[Mark] = []
    for stretch in shape.stretches:
        changes = stretch.changes[order + 1]
        values = shape.extreme(stretch, order)
        for x, value, (before, after) in zip(
            changes.at, values, pairwise(changes.signs), strict=True
        ):
            # One beyond the largest double is none that could be shown.
            if before * after < 0 and not math.isinf(value):
                found.append((lowest if before < 0 else highest, x, value))
    for junction in shape.junctions:
        for sign, name in ((-1, lowest), (1, highest)):
            value = _top(junction, order, sign)
            if value == value:
                found.append((name, junction.cut.at, value))
    return sorted(found, key=lambda mark: mark[1])


def _top(junction: Junction, order: int, sign: int) -> float:
    """The value at a junction if it is a local maximum of sign·f or sign·f′ there, else NaN."""
    sides = list(_sides(junction, order, sign))
    if order == 0:
        top = sign * junction.value
    else:
        top = max((value for value, _ in sides), default=math.nan)
    # A corner of the domain is no landmark of the slope.
    if top != top or math.isinf(top) or (order and len(sides) < 2):
        return math.nan
    for value, rise in sides:
        if not (rise > 0 if same(value, top) else value < top):
            return math.nan
    return sign * top


def _sides(junction: Junction, order: int, sign: int) -> Iterator[tuple[float, int]]:
    """The limit on each side, and the sign of the slope by which it is reached from there."""
    if junction.before:
        slope = junction.before.changes[order + 1].signs[-1]
        yield sign * junction.before.high[order].value, sign * slope
    if junction.after:
        slope = junction.after.changes[order + 1].signs[0]
        yield sign * junction.after.low[order].value, -sign * slope


def zeros(shape: Shape) -> Zeros:
    """Where f is 0."""
    flat: list[tuple[float, float]] = []
    at: set[float] = set()
    again, reach = False, shape.reach
    for stretch in shape.stretches:
        if stretch.changes[0].signs == (0,):
            if flat and flat[-1][1] == stretch.piece.low:
                flat[-1] = (flat[-1][0], stretch.piece.high)
            else:
                flat.append((stretch.piece.low, stretch.piece.high))
        at.update(stretch.changes[0].at)
        heights = shape.extreme(stretch, 0)
        touched = [x for x, y in zip(stretch.changes[1].at, heights, strict=True) if y == 0]
        at.update(touched)
        if touched and stretch.endless[1]:
            # What is periodic touches 0 again and again; what is not may or may not.
            again = again or stretch.complete[1]
            reach = min(reach, math.inf if stretch.complete[1] else stretch.changes[1].reach)
    at.update(junction.cut.at for junction in shape.junctions if junction.value == 0)
    points = tuple(sorted(x for x in at if not any(low <= x <= high for low, high in flat)))
    whole = math.isinf(reach)
    reach = min([reach, *(stretch.changes[0].reach for stretch in shape.stretches)])
    if again or any(stretch.endless[0] for stretch in shape.stretches):
        kind = "endless"
    elif whole and all(stretch.complete[0] for stretch in shape.stretches):
        kind = "all"
    else:
        kind = "searched"
    return Zeros(points, tuple(flat), kind, math.inf if kind == "all" else reach)


# So large that a product with what has underflowed is next to nothing, and no sum overflows.
_LARGEST = 1e300
_FARTHEST = 1e18
_CELLS = 200

_Candidate = tuple[float, bool]


def bounds(shape: Shape) -> tuple[Bound, Bound]:
    """The bounds of f."""
    attained = [(value, True) for _, _, value in extremes(shape)]
    attained += [(junction.value, True) for junction in shape.junctions]
    return _bound(shape, 0, -1, attained), _bound(shape, 0, 1, attained)


def lipschitz(shape: Shape) -> Bound:
    """Sup |f′|; unbounded where f jumps."""
    if any(jump(junction) != 0 for junction in shape.junctions):
        return Bound("unbounded", math.inf)
    attained = [(value, True) for _, _, value in extremes(shape, 1)]
    low, high = _bound(shape, 1, -1, attained), _bound(shape, 1, 1, attained)
    if "unbounded" in (low.kind, high.kind):
        return Bound("unbounded", math.inf)
    if "unknown" in (low.kind, high.kind):
        return Bound("unknown", math.nan)
    if -low.value > high.value:
        return Bound(low.kind, -low.value)
    return Bound(high.kind, abs(high.value))


def _bound(shape: Shape, order: int, side: int, attained: list[_Candidate]) -> Bound:
    """The lower (side −1) or upper bound of f or f′."""
    candidates = [(side * value, reached) for value, reached in attained if value == value]
    for stretch in shape.stretches:
        flat = stretch.changes[order + 1].signs == (0,)
        for end in (stretch.low[order], stretch.high[order]):
            if end.kind == "unknown":
                candidates.append((math.nan, False))
            elif end.kind == "oscillating":
                candidates.append((side * (end.high if side > 0 else end.low), False))
            else:
                candidates.append((side * end.value, flat))
    if any(value == math.inf for value, _ in candidates):
        return Bound("unbounded", side * math.inf)
    if any(value != value for value, _ in candidates) or not math.isinf(shape.reach):
        return Bound("unknown", math.nan)
    best = max((value for value, _ in candidates), default=math.nan)
    reached = any(flag and same(value, best) for value, flag in candidates)
    for stretch in shape.stretches:
        if (
            not stretch.complete[order + 1]
            and not _beyond(shape, stretch, order, side) <= best + 1e-13
        ):
            return Bound("unknown", math.nan)
    return Bound("attained" if reached else "approached", side * best + 0.0)


def _beyond(shape: Shape, stretch: Stretch, order: int, side: int) -> float:
    """An upper bound of side·f, or side·f′, where it was not searched, by enclosures."""
    reach = stretch.changes[order + 1].reach
    far = np.append(np.geomspace(reach, _FARTHEST, _CELLS), _LARGEST)
    edges = np.concatenate([-far[::-1], far])
    edges = np.clip(edges, max(stretch.piece.low, -_LARGEST), min(stretch.piece.high, _LARGEST))
    low, high = edges[:-1], edges[1:]
    outside = (low < high) & ((high <= -reach) | (low >= reach))
    low, high = low[outside], high[outside]
    if not low.size:
        return -math.inf
    tape = stretch.piece.tape.select((order,))
    found = Doubles().bounds(tape, (low, high), shape.parameters)[0]
    value = np.max(found[1]) if side > 0 else np.max(-found[0])
    return float(value) if value == value else math.inf
