"""How far results in a narrow type are from the exact values, and what is lost altogether."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.lowprecision.narrow import limits, ulp

Wide = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Loss:
    """Numbers x of one sign at which a computation fails, though the type could hold the value.

    Attributes:
        kind: ``zero`` (the result is 0), ``infinite`` or ``nan``.
        near: Such an x that is nearest to 0.
        far: Such an x that is farthest from 0.
        exact: The exact value at ``near``.
    """

    kind: str
    near: float
    far: float
    exact: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How accurate one way to compute is.

    Attributes:
        ulp: The largest error in each column of x, in ulp; None where no result is a number.
        worst: The largest error where nothing is lost, in ulp; None where all is.
        at: The x of ``worst``.
        lost: What fails, the nearest to 0 first.
    """

    ulp: tuple[float | None, ...]
    worst: float | None
    at: float | None
    lost: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """What one way to compute gave at each point.

    Attributes:
        result: The results, widened.
        error: Their errors in ulp; NaN or infinite where there is no finite one.
        kinds: By the kind of a :class:`Loss`, where it happens.
    """

    result: Wide
    error: Wide
    kinds: dict[str, npt.NDArray[np.bool_]]


def judge(result: Wide, exact: Wide, dtype: np.dtype[Any]) -> Way:
    """Hold results in a type against the exact values; where these are NaN, nothing is judged."""
    known = limits(dtype)
    largest = known.largest
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(result - exact) / ulp(np.where(np.isfinite(exact), exact, 0.0), dtype)
        # Beyond the largest number an infinite result is the right one.
        beyond = np.abs(exact) >= largest + ulp(largest, dtype) / 2
        right = beyond & (result == np.copysign(np.inf, exact))
    error[right] = 0.0
    defined = ~np.isnan(exact)
    kinds = {
        "zero": (result == 0) & (np.abs(exact) >= known.smallest),
        "infinite": np.isinf(result) & ~right & defined,
        "nan": np.isnan(result) & defined,
    }
    return Way(result, error, kinds)


def accuracy(x: Wide, exact: Wide, way: Way, column: npt.NDArray[np.intp]) -> Accuracy:
    """Sum up what one way gave.

    Args:
        x: The points, in order.
        exact: The values there.
        way: What came of them.
        column: The column of each, from 0 without a gap.
    """
    finite = np.isfinite(way.error)
    highest = np.full(column.max(initial=-1) + 1, -1.0)
    np.maximum.at(highest, column[finite], way.error[finite])
    kept = np.where(finite & ~way.kinds["zero"], way.error, -1.0)
    at = int(np.argmax(kept)) if kept.size else 0
    some = bool(kept.size) and kept[at] >= 0
    lost = [
        _loss(kind, places, x, exact)
        for kind, found in way.kinds.items()
        for places in (
            np.flatnonzero(found & (x < 0)),
            np.flatnonzero(found & (x >= 0)),
        )
        if places.size
    ]
    return Accuracy(
        ulp=tuple(None if value < 0 else float(value) for value in highest),
        worst=float(kept[at]) if some else None,
        at=float(x[at]) if some else None,
        lost=tuple(sorted(lost, key=lambda each: abs(each.near))),
    )


def _loss(kind: str, places: npt.NDArray[np.intp], x: Wide, exact: Wide) -> Loss:
    by_size = places[np.argsort(np.abs(x[places]))]
    near, far = by_size[0], by_size[-1]
    return Loss(kind, float(x[near]), float(x[far]), float(exact[near]))
