"""Finds what a formula tends to: as x goes to ±∞, or to a place where it has no value itself.

Without sines. The formula is computed with many digits at five points, each far beyond the one
before: 10¹⁶ to 10¹⁰²⁴, or as near. Such a formula is monotone from some point on (it belongs to a
Hardy field), so it has a limit, finite or not; what the five values do not settle is called
unknown. See Hardy, Orders of Infinity (Cambridge, 1910).

With sines. Then it may swing between two values, and have zeros without end. The formula is written
as Σ Aᵢ(x)·Tᵢ(x), the Tᵢ products of sines and cosines of lines in x. With D the Aᵢ that grows most,
it is D·(P + o(1)), where P = Σ cᵢ·Tᵢ is periodic and cᵢ = lim Aᵢ/D. So its lower and upper limits
are those of D·P; where P takes both signs, so does the formula, again and again. What has another
form is called unknown.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.analysis.accurate import Digits
from swishdemo.activations.analysis.search import BITS, changes
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.stable import tree_size
from swishdemo.activations.symbolic.tape import Tape, record
from swishdemo.formats import finite

_EXPONENTS = (16, 64, 256, 512, 1024)
# How often the exponent doubles from one point to the next.
_DOUBLINGS = (2, 2, 1, 1)
# For what is only bounded there, as the product of an e^(e^x) and its inverse is.
_NEARER = (1, 2, 3, 4, 8)
# To a finite place: nearer, what cancels has no digits left.
_CLOSE = (8, 16, 32, 64, 128)
_FACTORS = ("1.37", "1.09", "1.71", "1.23", "1.57")
_BITS = 3800
_LARGE = 10**60
_SETTLED = 1e-17
_NOTHING = 1e-15
_LEAST = 5e-324


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where a formula changes or has no value.

    Attributes:
        at: The place as a double.
        exact: The place with all its digits, or 32 of them.
        certain: Whether all its digits are known.
    """

    at: float
    exact: Any
    certain: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """How a formula ends.

    Attributes:
        kind: ``number``, ``infinite``, ``line``, ``oscillating`` or ``unknown``. A ``line`` is
            an asymptote slope·x + offset; where the slope is 0 the kind is ``number``.
        value: The limit: a number, or ±∞; NaN for ``oscillating`` and ``unknown``.
        slope: The slope of the asymptote of a ``line``.
        offset: Its value at 0.
        low: The lower limit of what oscillates; −∞ possibly, NaN where it is not known.
        high: The upper limit of what oscillates.
    """

    kind: str
    value: float = math.nan
    slope: float = math.nan
    offset: float = math.nan
    low: float = math.nan
    high: float = math.nan

    def as_json(self) -> dict[str, Any]:
        """The limit as a JSON object; ``sign`` tells which infinity."""
        found: dict[str, Any] = {"kind": self.kind}
        if self.kind == "number":
            found["value"] = self.value
        if self.kind in ("infinite", "line"):
            found["sign"] = 1 if self.value > 0 else -1
        if self.kind == "line":
            found |= {"slope": self.slope, "offset": self.offset}
        if self.kind == "oscillating":
            found |= {"low": finite(self.low), "high": finite(self.high)}
        return found


UNKNOWN = Limit("unknown")


class Ends:
    """The ends of the formulas of one activation, at given parameter values.

    Args:
        parameters: All inputs but x.
        bits: Binary digits of all values.
    """

    def __init__(self, parameters: Mapping[str, float], bits: int = _BITS) -> None:
        self.digits = Digits(bits)
        self._parameters = parameters

    def limit(self, tape: Tape, at: Any, side: int) -> Limit:
        """The limit of a tape's first output, a formula that has no waves near the end.

        Args:
            tape: The formula.
            at: ±∞, or a finite place with all its digits.
            side: From which side a finite place is approached: −1 from below, 1 from above.
        """
        found = math.nan
        infinite = isinstance(at, float) and math.isinf(at)
        for exponents in (_EXPONENTS, _NEARER) if infinite else (_CLOSE,):
            bounds = [self._bounds(tape, x) for x in self._points(at, side, exponents)]
            found = _settled(bounds, exponents)
            if found == found:
                break
        if found != found:
            return UNKNOWN
        return Limit("number" if math.isfinite(found) else "infinite", found)

    def ending(self, tape: Tape, side: int) -> Limit:
        """The limit at ±∞ (``side``), with the linear asymptote where there is one."""
        found = self.limit(tape, side * math.inf, side)
        if found.kind != "infinite":
            return found
        points = self._points(side * math.inf, side, _EXPONENTS)
        once = [self._bounds(tape, x) for x in points]
        twice = [self._bounds(tape, 2 * x) for x in points]
        slopes = [
            (min((c - b) / x, (d - a) / x), max((c - b) / x, (d - a) / x))
            for x, (a, b), (c, d) in zip(points, once, twice, strict=True)
        ]
        offsets = [(2 * a - d, 2 * b - c) for (a, b), (c, d) in zip(once, twice, strict=True)]
        slope, offset = _settled(slopes, _EXPONENTS), _settled(offsets, _EXPONENTS)
        if math.isfinite(slope) and slope and math.isfinite(offset):
            return Limit("line", found.value, slope, offset)
        return found

    def at(self, tape: Tape, cut: Cut, side: int) -> Limit:
        """The value at a cut, or the limit there from one side; ±∞ at a pole."""
        make = self.digits.context.mpf
        if not cut.certain:
            # Its place is known to far more digits than these are away from it.
            found = self.limit(tape, cut.exact, side)
            if found != UNKNOWN:
                return found
        low, high = self._bounds(tape, make(cut.exact))
        spread, largest = high - low, max(abs(low), abs(high))
        sharp = largest < self.digits.infinity and (
            spread <= _SETTLED * largest or spread < _NOTHING**2
        )
        if not sharp:
            return self.limit(tape, cut.exact, side)
        if not cut.certain:
            # As near to a pole as its place is known, a value is large and means nothing; as near
            # to a zero, it is small and means 0.
            away = side * abs(make(cut.exact)) * make(10) ** -9
            beside = self._bounds(tape, make(cut.exact) + away)[0]
            if abs(low) > 10**5 * abs(beside):
                return Limit("infinite", math.inf if beside > 0 else -math.inf)
            if 10**6 * abs(low) < abs(beside):
                return Limit("number", 0.0)
        return Limit("number", float(low) + 0.0)

    def value(self, tape: Tape, x: Any) -> float:
        """The value at a place, rightly rounded but to 0; NaN where there is none."""
        low, high = self._bounds(tape, self.digits.context.mpf(x))
        if low <= 0 <= high and high - low < _NOTHING**2:
            return 0.0
        if high - low > 1e-15 * abs(low):
            return math.nan
        # What is not 0 is not said to be, though no double be as small.
        return float((low + high) / 2) or math.copysign(_LEAST, low)

    def touches(self, tape: Tape, x: Any) -> bool:
        """Whether the value may be 0 at a place that is known to 32 digits, or 10⁻⁴⁷."""
        exact = self.digits.context.mpf(x)
        off = abs(exact) * self.digits.context.mpf(10) ** -31 + self.digits.context.mpf(10) ** -47
        low, high = self.digits.bounds(tape, (exact - off, exact + off), self._parameters)[0]
        return bool(low <= 0 <= high)

    def _points(self, at: Any, side: int, exponents: Sequence[int]) -> list[Any]:
        make = self.digits.context.mpf
        sizes = [make(f) * make(10) ** e for f, e in zip(_FACTORS, exponents, strict=True)]
        if isinstance(at, float) and math.isinf(at):
            return [side * size for size in sizes]
        return [make(at) + side / size for size in sizes]

    def _bounds(self, tape: Tape, x: Any) -> tuple[Any, Any]:
        return self.digits.bounds(tape, (x, x), self._parameters)[0]


def _settled(bounds: Sequence[tuple[Any, Any]], exponents: Sequence[int]) -> float:
    """The number that a sequence of bounds comes to, ±∞, or NaN where it does not show one."""
    low, high = [a for a, _ in bounds], [b for _, b in bounds]
    if any(value != value for value in (*low, *high)):
        return math.nan
    if high[-1] < 0:
        return 0.0 - _settled([(-b, -a) for a, b in bounds], exponents)
    last, spread = (low[-1] + high[-1]) / 2, high[-1] - low[-1]
    rising = all(after > before for before, after in zip(high[:-1], low[1:], strict=True))
    if low[-1] > max(_LARGE, high[-2]) or (low[-1] > _LARGE and low[-2] > _LARGE):
        return math.inf
    sharp = spread - spread == 0 and spread <= _SETTLED * abs(last)
    if sharp and max(abs(low[-2] - last), abs(high[-2] - last)) <= _SETTLED * abs(last):
        return float(last)
    if (
        max(abs(low[-1]), abs(high[-1])) < _NOTHING**2
        and max(abs(low[-2]), abs(high[-2])) < _NOTHING
    ):
        return 0.0
    if not sharp or exponents is _NEARER:
        return math.nan
    doublings = _DOUBLINGS if exponents is _EXPONENTS else (1, 1, 1, 1)
    gains = [(b - a) / n for a, b, n in zip(low[:-1], low[1:], doublings, strict=True)]
    steady = all(after >= before * 0.999 for before, after in itertools.pairwise(gains))
    return math.inf if rising and gains[0] > 0 and steady else math.nan


_LONGEST = 400
_MOST_TERMS = 40
_POLE = 1e12
_WAVES = (sympy.sin, sympy.cos)


def has_waves(expression: Any) -> bool:
    """Whether x is in the argument of a sine or a cosine."""
    return any(wave.has(s.X) for wave in expression.atoms(*_WAVES))


def period(expression: Any) -> float:
    """The period of a formula in which x stands in sines and cosines of lines alone; NaN if not.

    Args:
        expression: A formula in x and numbers.
    """
    frequencies = []
    for wave in expression.atoms(*_WAVES):
        slope = wave.args[0].diff(s.X)
        if slope.has(s.X):
            return math.nan
        if slope != 0:
            frequencies.append(slope)
    still = expression.xreplace({wave: sympy.Dummy() for wave in expression.atoms(*_WAVES)})
    if not frequencies or still.has(s.X):
        return math.nan
    ratios = [sympy.nsimplify(each / frequencies[0]) for each in frequencies]
    if not all((each / frequencies[0]).is_Rational for each in frequencies):
        return math.nan
    base = frequencies[0] * reduce(sympy.gcd, ratios)
    return float(2 * sympy.pi / abs(base))


def ending(expression: Any, side: int, ends: Ends) -> tuple[Limit, bool]:
    """How a formula with waves in x ends at ±∞ (``side``); whether it has zeros without end there.

    Args:
        expression: A formula in x and numbers.
        side: −1 or 1.
        ends: For the limits of the parts without waves.
    """
    if not math.isnan(period(expression)):
        return _between(*_swing(expression))
    sums = _terms(expression)
    if sums is None:
        return UNKNOWN, False
    waves, heights = list(sums), list(sums.values())
    if all(_limit(height, side, ends).value == 0 for height in heights):
        vanishing = Limit("number", 0.0)
    else:
        vanishing = UNKNOWN
    largest = heights[0]
    for height in heights[1:]:
        ratio = _limit(height / largest, side, ends)
        if ratio.kind == "infinite":
            largest = height
        elif ratio.kind != "number":
            return vanishing, False
    shares = [_limit(height / largest, side, ends) for height in heights]
    if any(share.kind != "number" for share in shares):
        return vanishing, False
    wave = sum(
        (sympy.Rational(share.value) * each for share, each in zip(shares, waves, strict=True)),
        start=sympy.S.Zero,
    )
    return _swinging(*_swing(wave), _limit(largest, side, ends))


def _swinging(low: float, high: float, size: Limit) -> tuple[Limit, bool]:
    """The ending of what swings between two numbers, times what goes to ``size``."""
    if size.kind == "number":
        found, endless = _between(*sorted((size.value * low, size.value * high)))
        return found, endless or low < 0 < high
    if size.kind == "infinite" and (low > 0 or high < 0):
        return Limit("infinite", size.value * (1 if low > 0 else -1)), False
    if size.kind == "infinite" and low < 0 < high:
        return Limit("oscillating", low=-math.inf, high=math.inf), True
    return UNKNOWN, False


def _between(low: float, high: float) -> tuple[Limit, bool]:
    """The ending of what swings between two numbers, or stands still."""
    if low != low:
        return UNKNOWN, False
    if low == high:
        return Limit("number", low + 0.0), False
    return Limit("oscillating", low=low, high=high), low < 0 < high


def _terms(expression: Any) -> dict[Any, Any] | None:
    """What each product of waves is multiplied by; None for what is no such sum."""
    if tree_size(expression) > _LONGEST:
        return None
    expanded = sympy.expand(expression, power_base=False, power_exp=False, log=False)
    terms = sympy.Add.make_args(expanded)
    if len(terms) > _MOST_TERMS:
        return None
    found: dict[Any, Any] = {}
    for term in terms:
        wave, height = sympy.S.One, sympy.S.One
        for factor in sympy.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if not has_waves(factor):
                height *= factor
            elif base.func in _WAVES and power.is_Integer and power > 0:
                if base.args[0].diff(s.X).has(s.X):
                    return None
                wave *= factor
            else:
                return None
        found[wave] = found.get(wave, sympy.S.Zero) + height
    return {wave: height for wave, height in found.items() if height != 0} or None


def _limit(expression: Any, side: int, ends: Ends) -> Limit:
    return ends.limit(record([expression]), side * math.inf, side)


def _swing(wave: Any) -> tuple[float, float]:
    """The least and the greatest value of a periodic formula; NaN where it has no one period."""
    if not wave.has(s.X):
        return float(wave), float(wave)
    length = period(wave)
    if length != length:
        return math.nan, math.nan
    tape = record([wave, wave.diff(s.X), wave.diff(s.X, 2)])
    found = changes(tape, 1, (-0.5123 * length, 0.5123 * length), {})
    if not found.at or found.reach < 0.5123 * length:
        return math.nan, math.nan
    exact = Ends({}, BITS)
    values = np.array([exact.value(tape.select((0,)), at) for at in found.exact])
    if not np.abs(values).max() < _POLE:
        return math.nan, math.nan
    # Where it only touches 0, rounding must not lift it off.
    values[np.abs(values) < 1e-15 * np.abs(values).max()] = 0.0
    return float(values.min()), float(values.max())
