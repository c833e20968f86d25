"""The least and greatest values of f, and of its slope.

This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import math

import numpy as np

from swishdemo.activations.analysis.doubles import Doubles
from swishdemo.activations.analysis.enclosure import run
from swishdemo.activations.analysis.marks import extremes
from swishdemo.activations.analysis.properties import Bound
from swishdemo.activations.analysis.shape import Shape, Stretch, jump, same

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
