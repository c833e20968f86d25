"""What a formula loses in a narrow type, against its exact value.

Computed as written and in the stable form (`swishdemo.activations.rounding`) at numbers of the
type, and held against values certified to 12 digits at those same numbers. Errors are in ulp of the
type: the distance of neighbouring numbers where the exact value lies. A correctly rounded result is
off by at most 0.5; one that has become 0 by 2^(p−1) to 2^p, p being the digits' bits. This module
loads SymPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import (
    certified,
    finite_number,
    parameter_values,
    value_tape,
)
from swishdemo.activations.record import Activation
from swishdemo.activations.rounding import (
    STABLE,
    TYPES,
    WRITTEN,
    Array,
    Wide,
    numbers,
    run,
    ulp,
)
from swishdemo.activations.symbolic.tape import Tape, record
from swishdemo.activations.typed.expressions import expression_of
from swishdemo.errors import UserError, unknown_choice


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
    info: Any = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    largest, smallest = float(info.max), float(info.smallest_subnormal)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(result - exact) / ulp(np.where(np.isfinite(exact), exact, 0.0), dtype)
        # Beyond the largest number an infinite result is the right one.
        beyond = np.abs(exact) >= largest + ulp(largest, dtype) / 2
        right = beyond & (result == np.copysign(np.inf, exact))
    error[right] = 0.0
    defined = ~np.isnan(exact)
    kinds = {
        "zero": (result == 0) & (np.abs(exact) >= smallest),
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


_COLUMNS = 320
_FARTHEST = 10_000
# Where not all numbers are tried, the place where a failure begins is closed in on by so many
# points more, so many times, at no more than so many places.
_FINER = 66
_PASSES = 3
_EDGES = 24


@dataclass(frozen=True, slots=True)
class Precision:
    """Both ways in one type.

    Attributes:
        type: ``fp32``, ``bf16`` or ``fp16``.
        tried: How many numbers x were computed.
        every: Whether these are all numbers of the type in the range.
        parameters: The parameters as the type rounds them.
        x: The middles of the columns that hold numbers of the type.
        written: The formula as its author wrote it.
        stable: The form that the app computes.
        same: Whether both gave the same result everywhere.
    """

    type: str
    tried: int
    every: bool
    parameters: Mapping[str, float]
    x: tuple[float, ...]
    written: Accuracy
    stable: Accuracy
    same: bool


def precision(
    activation: Activation,
    parameters: Mapping[str, float] | None,
    low: object,
    high: object,
    type_name: str,
) -> Precision:
    """Compute the activation in a type at its numbers from ``low`` to ``high``.

    Args:
        activation: A registered record or a typed formula's.
        parameters: Finite values by name; one left out takes its default.
        low: The range's lower end, −10,000 at least.
        high: The range's upper end, above ``low``; 10,000 at most.
        type_name: One of ``TYPES``.

    Raises:
        UserError: The range is none; there is no such type; a parameter is not finite in it, or
            the activation has no such parameter.
    """
    low, high = _end(low, "low"), _end(high, "high")
    if not low < high:
        raise UserError(
            "error.out_of_range", field="high", name="high", value=high, low=low, high=_FARTHEST
        )
    if type_name not in TYPES:
        raise unknown_choice("type", type_name, TYPES)
    dtype = TYPES[type_name]
    tapes = record([expression_of(activation)]), value_tape(activation)
    rounded = _rounded(parameter_values(activation, parameters), dtype)
    points, every = numbers(dtype, low, high)
    exact, proved = certified(activation, points.astype(np.float64), rounded)
    every = every and bool(proved.all())
    points, exact = points[proved], exact[proved]
    trial = _try(tapes, rounded, points, exact)
    for _ in range(0 if every else _PASSES):
        more = _between(trial, dtype)
        added, proved = certified(activation, more.astype(np.float64), rounded)
        points, exact = np.concatenate([points, more[proved]]), np.append(exact, added[proved])
        order = np.argsort(points.astype(np.float64), kind="stable")
        points, exact = points[order], exact[order]
        trial = _try(tapes, rounded, points, exact)
    edges = np.linspace(low, high, _COLUMNS + 1)
    column = np.clip(np.searchsorted(edges, trial.x, side="right") - 1, 0, _COLUMNS - 1)
    # A column without a number of the type says nothing.
    occupied, place = np.unique(column, return_inverse=True)
    return Precision(
        type=type_name,
        tried=points.size,
        every=every,
        parameters=rounded,
        x=tuple(((edges[1:] + edges[:-1]) / 2)[occupied].tolist()),
        written=accuracy(trial.x, trial.exact, trial.written, place),
        stable=accuracy(trial.x, trial.exact, trial.stable, place),
        same=bool(np.array_equal(trial.written.result, trial.stable.result, equal_nan=True)),
    )


def _end(value: object, name: str) -> float:
    """One end of the range."""
    number = finite_number(value, name, name)
    if abs(number) > _FARTHEST:
        raise UserError(
            "error.out_of_range",
            field=name,
            name=name,
            value=number,
            low=-_FARTHEST,
            high=_FARTHEST,
        )
    return number


@dataclass(frozen=True, slots=True)
class _Trial:
    """Both ways at the points x, and the exact values there."""

    x: Wide
    exact: Wide
    written: Way
    stable: Way


def _try(
    tapes: tuple[Tape, Tape], parameters: Mapping[str, float], points: Array, exact: Wide
) -> _Trial:
    written, stable = (
        judge(run(tape, points, parameters, way).astype(np.float64), exact, points.dtype)
        for tape, way in zip(tapes, (WRITTEN, STABLE), strict=True)
    )
    return _Trial(points.astype(np.float64), exact, written, stable)


def _between(trial: _Trial, dtype: np.dtype[Any]) -> Array:
    """More numbers of the type where a failure begins or ends."""
    x = trial.x
    changes = np.zeros(max(0, x.size - 1), dtype=bool)
    for way in (trial.written, trial.stable):
        for found in way.kinds.values():
            changes |= found[1:] != found[:-1]
    more = [np.linspace(x[k], x[k + 1], _FINER) for k in np.flatnonzero(changes)[:_EDGES]]
    rounded = np.concatenate([x[:0], *more]).astype(dtype).astype(np.float64)
    return np.setdiff1d(rounded, x).astype(dtype)


def _rounded(parameters: Mapping[str, float], dtype: np.dtype[Any]) -> dict[str, float]:
    """The parameters as the type holds them."""
    with np.errstate(over="ignore"):
        rounded = {name: float(np.asarray(v).astype(dtype)) for name, v in parameters.items()}
    for name, value in rounded.items():
        if not np.isfinite(value):
            raise UserError(
                "precision.error_parameter", field="parameters", name=name, value=parameters[name]
            )
    return rounded
