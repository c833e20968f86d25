"""What a formula loses in a narrow type, against its exact value.

Computed as written and in the stable form (`swishdemo.activations.lowprecision.rounded`) at numbers
of the type, and held against values certified to 12 digits at those same numbers. Errors are in ulp
of the type: the distance of neighbouring numbers where the exact value lies. A correctly rounded
result is off by at most 0.5; one that has become 0 by 2^(p−1) to 2^p, p being the digits' bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import certified, parameter_values
from swishdemo.activations.lowprecision.accuracy import Accuracy, Way, accuracy, judge
from swishdemo.activations.lowprecision.narrow import TYPES, dtype_of, numbers
from swishdemo.activations.lowprecision.rounded import STABLE, WRITTEN, run
from swishdemo.activations.record import Activation
from swishdemo.errors import UserError

if TYPE_CHECKING:
    from swishdemo.activations.symbolic.tape import Tape

Array = npt.NDArray[Any]
Wide = npt.NDArray[np.float64]

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
        type_name: One of ``narrow.TYPES``.

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
        raise UserError(
            "error.unknown_choice",
            field="type",
            name="type",
            value=type_name,
            choices=tuple(TYPES),
        )
    dtype = dtype_of(type_name)
    rounded = _rounded(parameter_values(activation, parameters), dtype)
    points, every = numbers(dtype, low, high)
    exact, proved = certified(activation, points.astype(np.float64), rounded)
    every = every and bool(proved.all())
    points, exact = points[proved], exact[proved]
    trial = _try(activation, rounded, points, exact)
    for _ in range(0 if every else _PASSES):
        more = _between(trial, dtype)
        added, proved = certified(activation, more.astype(np.float64), rounded)
        points, exact = np.concatenate([points, more[proved]]), np.append(exact, added[proved])
        order = np.argsort(points.astype(np.float64), kind="stable")
        points, exact = points[order], exact[order]
        trial = _try(activation, rounded, points, exact)
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
    try:
        number = float(value) if type(value) in (int, float) else math.nan  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UserError("error.not_a_number", field=name, name=name)
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
    activation: Activation, parameters: Mapping[str, float], points: Array, exact: Wide
) -> _Trial:
    written, stable = (
        judge(run(tape, points, parameters, way).astype(np.float64), exact, points.dtype)
        for tape, way in zip(_tapes(activation), (WRITTEN, STABLE), strict=True)
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


@lru_cache(maxsize=64)
def _tapes(activation: Activation) -> tuple[Tape, Tape]:
    """The operations of f as written, and of the stable form."""
    import sympy

    from swishdemo.activations.symbolic.derive import slope
    from swishdemo.activations.symbolic.tape import record

    return record([sympy.sympify(activation.expression())]), record([slope(activation)[0]])
