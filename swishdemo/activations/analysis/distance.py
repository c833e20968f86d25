"""Looks for the place in an interval where two activations differ most."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import certified
from swishdemo.activations.record import Activation

_EVEN = 4001
_BY_SIZE = 2000
"""Places on either side of 0, from the smallest that matters up, the next by a factor apart."""
_SMALLEST = 1e-6
_PEAKS = 24
"""So many of the highest places are looked at more closely."""
_ROUNDS, _WITHIN = 8, 41
"""In each round these points are laid between the two neighbours of the one that was best."""
_DRAWN = 161

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart two activations are.

    Attributes:
        where: The place at which they differ most, of all that were looked at.
        gap: By how much.
        points: How many places the interval was cut into.
        undefined: A place at which one of them has no value; None where both have one everywhere.
        x: Places for a picture.
        y: The distances there.
    """

    where: float
    gap: float
    points: int
    undefined: float | None
    x: tuple[float, ...]
    y: tuple[float, ...]


def distance(first: Activation, second: Activation, low: float, high: float) -> Distance:
    """The largest distance between two activations on an interval, at default parameters.

    A grid over the whole of it, even and, because most happens near 0, by size too; then the
    highest of its peaks more and more finely. A spike between two neighbours can be missed.

    Args:
        first: One of them.
        second: The other.
        low: Where the interval begins, finite.
        high: Where it ends, above ``low``.
    """

    def apart(x: _Array) -> _Array:
        ones, others = (
            certified(each, x.ravel(), each.defaults())[0].reshape(x.shape)
            for each in (first, second)
        )
        with np.errstate(invalid="ignore", over="ignore"):
            return np.minimum(np.abs(ones - others), sys.float_info.max)  # NaN stays

    x = _grid(low, high)
    y = apart(x)
    undefined = np.flatnonzero(np.isnan(y))
    lone = float(x[undefined[0]]) if undefined.size else None
    heights = np.nan_to_num(y, nan=-1.0)
    padded = np.concatenate(([-1.0], heights, [-1.0]))
    peaks = np.flatnonzero((heights >= padded[:-2]) & (heights >= padded[2:]))
    best = peaks[np.argsort(-heights[peaks], kind="stable")[:_PEAKS]]
    rows = np.arange(best.size)
    places, tops = x[best], heights[best]
    ends = x[np.maximum(best - 1, 0)], x[np.minimum(best + 1, x.size - 1)]
    for _ in range(_ROUNDS):
        finer = np.linspace(*ends, _WITHIN, axis=-1)
        found = np.nan_to_num(apart(finer), nan=-1.0)
        at = found.argmax(axis=-1)
        higher = found[rows, at] > tops
        places = np.where(higher, finer[rows, at], places)
        tops = np.maximum(tops, found[rows, at])
        ends = (
            finer[rows, np.maximum(at - 1, 0)],
            finer[rows, np.minimum(at + 1, _WITHIN - 1)],
        )
    top = int(tops.argmax())
    drawn = np.sort(np.append(np.linspace(low, high, _DRAWN), places[top]))
    shown = apart(drawn)
    whole = np.isfinite(shown)
    return Distance(
        where=float(places[top]),
        gap=float(tops[top]),
        points=x.size,
        undefined=lone,
        x=tuple(map(float, drawn[whole])),
        y=tuple(map(float, shown[whole])),
    )


def _grid(low: float, high: float) -> _Array:
    """Places of an interval, in order, its ends among them."""
    sizes = np.geomspace(_SMALLEST, max(abs(low), abs(high), 1.0), _BY_SIZE)
    x = np.concatenate((np.linspace(low, high, _EVEN), -sizes, [0.0], sizes))
    return np.unique(x[(low <= x) & (x <= high)])
