"""The values of a tape, right to 10⁻¹² relative wherever they are numbers. It loads SymPy.

All points are computed in doubles, with bounds. Those whose bounds are too wide, because of a
cancellation, an overflow on the way or a zero near by, are computed again with more digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.analysis.doubles import Doubles
from swishdemo.activations.analysis.enclosure import Pair, run
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
WORK = 100_000
_CANCELLED = 2.0**-600
# What no precision settles (the sine of a number with 10¹² digits) is no number.
_USELESS = 1e-6


def single(tape: Tape, points: Array, parameters: Mapping[str, float]) -> Array:
    """The first output of a tape at finite points, each right to 10⁻¹² relative."""
    return values(tape, points, parameters)[0]


def values(tape: Tape, points: Array, parameters: Mapping[str, float]) -> list[Array]:
    """All outputs of a tape at finite points, each right to 10⁻¹² relative."""
    results, unproved = bounded(tape, points, parameters)
    refine(tape, points, parameters, unproved, results)
    return results


def bounded(
    tape: Tape, points: Array, parameters: Mapping[str, float]
) -> tuple[list[Array], npt.NDArray[np.bool_]]:
    """The outputs in doubles, and the points at which they are not good enough."""
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


def refine(
    tape: Tape,
    points: Array,
    parameters: Mapping[str, float],
    open_points: npt.NDArray[np.bool_],
    results: list[Array],
) -> None:
    """Compute the open points again with more digits, in place."""
    if not open_points.any():
        return
    levels = [Digits(bits, decides=bits == _BITS[-1]) for bits in _BITS]
    distinct, first = np.unique(points[open_points], return_inverse=True)
    found: list[list[float | None]] = []
    work = 0
    for x in distinct:
        if work > WORK:
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
