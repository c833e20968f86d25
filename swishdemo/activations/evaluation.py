"""Computes f, f′, f″ and slopes by parameters at points, right to 10⁻¹² wherever they are numbers.

All points are computed in doubles, with bounds. Those whose bounds are too wide, because of a
cancellation, an overflow on the way or a zero near by, are computed again with more digits.

`distance` looks for the place in an interval where two activations differ most.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.record import Activation
from swishdemo.errors import UserError

if TYPE_CHECKING:
    from swishdemo.activations.symbolic.tape import Tape

Array = npt.NDArray[np.float64]

# Where f is looked at, to see whether it is constant: relative to x, and to 1 near 0.
_BESIDE = (-(2.0**-20), -(2.0**-21), 2.0**-21, 2.0**-20)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The values of an activation at the points x, each an array of x's shape.

    A value is infinite only where the true value exceeds the largest double, and NaN only where
    the formula has none (the logarithm of a negative number).

    Attributes:
        f: The function.
        df: Its first derivative by x; at a break, that of the piece which holds there.
        d2f: Its second derivative by x.
        dparameters: Its derivative by each parameter, by name.
    """

    f: Array
    df: Array
    d2f: Array
    dparameters: dict[str, Array]

    def as_json(self) -> dict[str, Any]:
        """The values as lists of numbers, infinite and NaN possibly."""
        slopes = {name: array.tolist() for name, array in self.dparameters.items()}
        lines = {"f": self.f, "df": self.df, "d2f": self.d2f}
        return {name: line.tolist() for name, line in lines.items()} | {"dparameters": slopes}


def evaluate(
    activation: Activation,
    x: npt.ArrayLike,
    parameters: Mapping[str, float] | None = None,
) -> Evaluation:
    """Compute f, f′, f″ and ∂f/∂θ in float64.

    Args:
        activation: A registered record or a typed formula's.
        x: Finite points, of any shape.
        parameters: Finite values by name; one left out takes its default.

    Raises:
        UserError: A point or a parameter is not finite, or the activation has no such parameter.
    """
    points = np.asarray(x, dtype=np.float64)
    if not np.isfinite(points).all():
        raise UserError("error.not_a_number", field="x", name="x")
    values = parameter_values(activation, parameters)
    from swishdemo.activations.analysis.accurate import values as computed

    steps = tape(activation)
    results = computed(steps, points.reshape(-1), values)
    _flatten(activation, points.reshape(-1), values, results)
    undefined = np.isnan(results[0])  # where f is not, neither are its derivatives
    for result in results[1:]:
        result[undefined] = np.nan
    f, df, d2f, *others = (result.reshape(points.shape) for result in results)
    names = (parameter.name for parameter in activation.parameters)
    return Evaluation(f, df, d2f, dict(zip(names, others, strict=True)))


def _flatten(
    activation: Activation, points: Array, parameters: Mapping[str, float], results: list[Array]
) -> None:
    """Put 0 where f is constant and its derivatives' formulas are 0/0: √(x·relu(x)) at x < 0."""
    f, *derivatives = results[:3]
    found = np.flatnonzero(np.isfinite(f) & np.isnan(derivatives).any(0))
    if not found.size:
        return
    from swishdemo.activations.analysis.accurate import single

    beside = np.array(_BESIDE) * np.maximum(1.0, np.abs(points[found]))[:, None]
    around = single(value_tape(activation), (points[found, None] + beside).ravel(), parameters)
    flat = found[(around.reshape(beside.shape) == f[found, None]).all(1)]
    for derivative in derivatives:
        derivative[flat] = np.nan_to_num(derivative[flat], nan=0.0)


def certified(
    activation: Activation, x: Array, parameters: Mapping[str, float]
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Compute f alone at a great many points, and tell which values are proved.

    Where a second's work does not do for all that need more digits, a fair sample of them gets it:
    the other values are no more than the middles of a double's bounds.

    Args:
        activation: A registered record or a typed formula's.
        x: Finite points, a list of them.
        parameters: All finite values by name.

    Returns:
        The values, and whether each is right to the digits of :func:`evaluate`.
    """
    from swishdemo.activations.analysis.accurate import WORK, bounded, refine

    steps = value_tape(activation)
    results, unproved = bounded(steps, x, parameters)
    # The costliest point takes eight times its operations' worth.
    most = max(1, WORK // (8 * max(1, steps.operations)))
    waiting = np.random.default_rng(0).permutation(np.unique(x[unproved]))
    left = unproved & np.isin(x, waiting[most:])
    refine(steps, x, parameters, unproved & ~left, results)
    return results[0], ~left


def parameter_values(
    activation: Activation, parameters: Mapping[str, float] | None
) -> dict[str, float]:
    """All parameters' values, the given ones over the defaults.

    Raises:
        UserError: A value is not a finite number, or the activation has no such parameter.
    """
    values = activation.defaults()
    for name, value in (parameters or {}).items():
        if name not in values:
            raise UserError(
                "error.unknown_field",
                field="parameters",
                value=str(name)[:80],
                name=activation.label,
                choices=tuple(values) or "–",
            )
        values[name] = finite_number(value, "parameters", name)
    return values


def finite_number(value: object, field: str, name: str) -> float:
    """The value as a double.

    Raises:
        UserError: It is no finite number.
    """
    try:
        is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        number = float(value) if is_number else math.nan  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UserError("error.not_a_number", field=field, name=name)
    return number


@lru_cache(maxsize=64)
def tape(activation: Activation) -> Tape:
    """The operations that give f, f′, f″ and ∂f/∂θ, in this order."""
    from swishdemo.activations.symbolic.derive import derive
    from swishdemo.activations.symbolic.tape import record

    derived = derive(activation)
    return record([derived.f, derived.df, derived.d2f, *derived.dparameters.values()])


@lru_cache(maxsize=64)
def value_tape(activation: Activation) -> Tape:
    """The operations that give f alone."""
    from swishdemo.activations.symbolic.derive import slope
    from swishdemo.activations.symbolic.tape import record

    return record([slope(activation)[0]])


_EVEN = 4001
_BY_SIZE = 2000
"""Places on either side of 0, from the smallest that matters up, the next by a factor apart."""
_SMALLEST = 1e-6
_PEAKS = 24
"""So many of the highest places are looked at more closely."""
_ROUNDS, _WITHIN = 8, 41
"""In each round these points are laid between the two neighbours of the one that was best."""
_DRAWN = 161


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

    def apart(x: Array) -> Array:
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


def _grid(low: float, high: float) -> Array:
    """Places of an interval, in order, its ends among them."""
    sizes = np.geomspace(_SMALLEST, max(abs(low), abs(high), 1.0), _BY_SIZE)
    x = np.concatenate((np.linspace(low, high, _EVEN), -sizes, [0.0], sizes))
    return np.unique(x[(low <= x) & (x <= high)])
