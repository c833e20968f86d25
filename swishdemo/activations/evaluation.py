"""Values and derivatives of an activation, right to 10⁻¹² relative wherever they are numbers.

All points are computed in doubles, with bounds. Those whose bounds are too wide, because of a
cancellation, an overflow on the way or a zero near by, are computed again with more digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.record import Activation
from swishdemo.errors import UserError

if TYPE_CHECKING:
    from swishdemo.activations.analysis.enclosure import Pair
    from swishdemo.activations.analysis.multiprecision import Digits
    from swishdemo.activations.symbolic.tape import Tape

Array = npt.NDArray[np.float64]

# Half of a double's bounds, relative to its middle, up to which the double is taken.
_ENOUGH = 8e-13
# A result below the smallest normal number counts as found to this absolute error.
_NORMAL = float(np.finfo(np.float64).tiny)
_BITS = (128, 384, 1280)
# Operations with more digits in one call, some seconds' worth. A typed formula that cancels at
# thousands of points is left to the middles of the doubles' bounds beyond it.
_WORK = 100_000
_CANCELLED = 2.0**-600
# Where f is looked at, to see whether it is constant: relative to x, and to 1 near 0.
_BESIDE = (-(2.0**-20), -(2.0**-21), 2.0**-21, 2.0**-20)
# What no precision settles (the sine of a number with 10¹² digits) is no number.
_USELESS = 1e-6


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
    steps = tape(activation)
    results = _run(steps, points.reshape(-1), values)
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
    beside = np.array(_BESIDE) * np.maximum(1.0, np.abs(points[found]))[:, None]
    around = single(_value_tape(activation), (points[found, None] + beside).ravel(), parameters)
    flat = found[(around.reshape(beside.shape) == f[found, None]).all(1)]
    for derivative in derivatives:
        derivative[flat] = np.nan_to_num(derivative[flat], nan=0.0)


def single(tape: Tape, points: Array, parameters: Mapping[str, float]) -> Array:
    """The first output of a tape at finite points, to the digits of :func:`evaluate`."""
    return _run(tape, points, parameters)[0]


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
    steps = _value_tape(activation)
    results, unproved = _bounded(steps, x, parameters)
    # The costliest point takes eight times its operations' worth.
    most = max(1, _WORK // (8 * max(1, steps.operations)))
    waiting = np.random.default_rng(0).permutation(np.unique(x[unproved]))
    left = unproved & np.isin(x, waiting[most:])
    _refine(steps, x, parameters, unproved & ~left, results)
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
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise UserError("error.not_a_number", field="parameters", name=name)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise UserError("error.not_a_number", field="parameters", name=name)
        values[name] = number
    return values


@lru_cache(maxsize=64)
def tape(activation: Activation) -> Tape:
    """The operations that give f, f′, f″ and ∂f/∂θ, in this order."""
    from swishdemo.activations.symbolic.derive import derive
    from swishdemo.activations.symbolic.tape import record

    derived = derive(activation)
    return record([derived.f, derived.df, derived.d2f, *derived.dparameters.values()])


@lru_cache(maxsize=64)
def _value_tape(activation: Activation) -> Tape:
    from swishdemo.activations.symbolic.derive import slope
    from swishdemo.activations.symbolic.tape import record

    return record([slope(activation)[0]])


def _run(tape: Tape, points: Array, parameters: Mapping[str, float]) -> list[Array]:
    results, unproved = _bounded(tape, points, parameters)
    _refine(tape, points, parameters, unproved, results)
    return results


def _bounded(
    tape: Tape, points: Array, parameters: Mapping[str, float]
) -> tuple[list[Array], npt.NDArray[np.bool_]]:
    """The outputs in doubles, and the points at which they are not good enough."""
    from swishdemo.activations.analysis.doubles import Doubles
    from swishdemo.activations.analysis.enclosure import run

    inputs = {name: (np.float64(value),) * 2 for name, value in parameters.items()}
    with np.errstate(all="ignore"):
        bounds = run(tape, {"x": (points, points), **inputs}, Doubles())
        lows = [np.broadcast_to(low, points.shape).astype(np.float64) for low, _ in bounds]
        highs = [np.broadcast_to(high, points.shape).astype(np.float64) for _, high in bounds]
        results = [_middle(low, high) for low, high in zip(lows, highs, strict=True)]
        open_points = np.zeros(points.shape, dtype=bool)
        for low, high in zip(lows, highs, strict=True):
            size = np.minimum(np.abs(low), np.abs(high))
            size[(low <= 0) & (high >= 0)] = 0.0
            narrow = (high - low) / 2 <= _ENOUGH * size
            tiny = np.maximum(np.abs(low), np.abs(high)) <= _NORMAL
            open_points |= ~(narrow | tiny) | np.isinf(size)
    return results, open_points


def _middle(low: Array, high: Array) -> Array:
    """What the bounds stand for; NaN where they are infinite, 0 where all is underflow."""
    middle = np.where(low == high, low, low / 2 + high / 2)
    middle[(low <= 0) & (high >= 0) & (high - low <= _NORMAL)] = 0.0
    middle[np.isinf(low) | np.isinf(high)] = np.nan
    return middle


def _refine(
    tape: Tape,
    points: Array,
    parameters: Mapping[str, float],
    open_points: npt.NDArray[np.bool_],
    results: list[Array],
) -> None:
    """Compute the open points again with more digits, in place."""
    if not open_points.any():
        return
    from swishdemo.activations.analysis.multiprecision import Digits

    levels = [Digits(bits, decides=bits == _BITS[-1]) for bits in _BITS]
    distinct, first = np.unique(points[open_points], return_inverse=True)
    found: list[list[float | None]] = []
    work = 0
    for x in distinct:
        if work > _WORK:
            break
        values, tried = _point(tape, float(x), parameters, levels)
        found.append(values)
        work += tape.operations * 2**tried
    places = np.flatnonzero(open_points)
    for place, which in zip(places, first, strict=True):
        if which < len(found):
            for result, value in zip(results, found[which], strict=True):
                result[place] = math.nan if value is None else value


def _point(
    tape: Tape, x: float, parameters: Mapping[str, float], levels: list[Digits]
) -> tuple[list[float | None], int]:
    """The outputs at one point, None where no precision settles one, and the precision taken."""
    from swishdemo.activations.analysis.enclosure import run

    values: list[float | None] = [None] * len(tape.outputs)
    bounds: list[Pair] = []
    for level, arithmetic in enumerate(levels):
        inputs = {name: arithmetic.number(value) for name, value in parameters.items()}
        bounds = run(tape, {"x": arithmetic.number(x), **inputs}, arithmetic)
        pairs = [_settled(low, high) for low, high in bounds]
        values = [value for value, _ in pairs]
        if all(settled for _, settled in pairs):
            return values, level
    # A derivative of which hundreds of digits cancel is 0, though no precision proves it.
    cancelled = _CANCELLED * abs(values[0] or 0.0)
    for at, (low, high) in enumerate(bounds):
        if values[at] is None and low <= 0 <= high and high - low <= cancelled:
            values[at] = 0.0
    return values, len(levels)


def _settled(low: Any, high: Any) -> tuple[float | None, bool]:
    """The double that bounds of any precision stand for, and whether they are narrow enough."""
    if low != low or high != high:
        return math.nan, True
    bottom, top = _double(low), _double(high)
    if bottom == -top and math.isinf(top):
        return None, False
    if bottom == top or (high - low) / 2 <= _ENOUGH * min(abs(low), abs(high)):
        return bottom, True
    if max(abs(bottom), abs(top)) <= _NORMAL:
        return 0.0, True
    narrow = top - bottom <= _USELESS * min(abs(bottom), abs(top))
    return (bottom / 2 + top / 2 if narrow else None), False


def _double(value: Any) -> float:
    """The nearest double; infinite beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
