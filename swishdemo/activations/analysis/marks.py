"""The points of a shape that have a name: extremes of f and of f′, and zeros.

The least and greatest values of f, and of its slope.

This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from swishdemo.activations.analysis.doubles import Doubles
from swishdemo.activations.analysis.enclosure import run
from swishdemo.activations.analysis.shape import Junction, Shape, Stretch, jump, same
from swishdemo.finite_json import finite


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
    return _steeper(low, high)


def _steeper(low: Bound, high: Bound) -> Bound:
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
    inputs = {name: (np.float64(value),) * 2 for name, value in shape.parameters}
    with np.errstate(all="ignore"):
        tape = stretch.piece.tape.select((order,))
        found = run(tape, {"x": (low, high), **inputs}, Doubles())[0]
    value = np.max(found[1]) if side > 0 else np.max(-np.asarray(found[0]))
    return float(value) if value == value else math.inf
