"""The shape of an activation: on every smooth piece, where f, f′ and f″ change sign, and its ends.

All that is said of an activation in words (range, monotone, convex, zeros …) is read from this.
This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from swishdemo.activations.analysis.accurate import single
from swishdemo.activations.analysis.ends import Cut, Ends, Limit, ending, has_waves, period
from swishdemo.activations.analysis.search import BITS, FARTHEST, Changes, changes
from swishdemo.activations.evaluation import tape
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic.pieces import Piece, filled, pieces


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
    parameters: tuple[tuple[str, float], ...]

    def values(self, stretch: Stretch, order: int, x: Sequence[Any]) -> list[float]:
        """f, f′ or f″ of a stretch at places, rightly rounded."""
        ends = Ends(dict(self.parameters), BITS)
        return [ends.value(stretch.piece.tape.select((order,)), each) for each in x]

    def extreme(self, stretch: Stretch, order: int) -> list[float]:
        """The values of f or f′ where the next derivative changes sign: 0 where it may be 0.

        Those places are known to 32 digits, and a curve that touches 0 there misses it by that.
        """
        ends, alone = Ends(dict(self.parameters), BITS), stretch.piece.tape.select((order,))
        return [
            0.0 if ends.touches(alone, x) else ends.value(alone, x)
            for x in stretch.changes[order + 1].exact
        ]

    def at(self, order: int, x: float) -> tuple[float, float]:
        """f, f′ or f″ at x, from below and from above; NaN where there is none."""
        for junction in self.junctions:
            if junction.cut.at == x:
                before, after = junction.before, junction.after
                return (
                    before.high[order].value if before else math.nan,
                    after.low[order].value if after else math.nan,
                )
        for stretch in self.stretches:
            if stretch.piece.low < x < stretch.piece.high:
                value = self.values(stretch, order, [x])[0]
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
    return Shape(found, tuple(junctions), cut.reach, whole, parameters)


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
