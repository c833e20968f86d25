"""The values of a tape, right to 10⁻¹² relative wherever they are numbers. It loads SymPy.

All points are computed in doubles, with bounds. Those whose bounds are too wide, because of a
cancellation, an overflow on the way or a zero near by, are computed again, one by one, with more
digits (mpmath, which comes with SymPy). Exponents are unbounded there, so nothing overflows until
an exponential of an exponential does; from 10¹² on, an exponent is only bounded. The numbers that
stand in a formula come to their doubles in the same way.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy
from mpmath.ctx_mp import MPContext  # type: ignore[import-untyped]

from swishdemo.activations.analysis.enclosure import Arithmetic, Doubles, Pair
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.tape import Tape, record

_FAR = 10**12
_FAR_GAUSSIAN = 10**5
_FAR_WAVE_BITS = 4000


_CONTEXTS = threading.local()


def _context(precision: int) -> Any:
    """This thread's context of so many bits, made once: that takes longer than most of its uses."""
    kept = vars(_CONTEXTS)
    name = str(precision)
    if name not in kept:
        kept[name] = MPContext()
        kept[name].prec = precision
    return kept[name]


class Digits(Arithmetic):
    """The arithmetic of numbers with ``bits`` binary digits.

    Where it ``decides``, numbers that all these digits do not tell apart count as equal.

    Each thread has contexts of its own, because mpmath's global one is shared by all threads.
    """

    def __init__(self, bits: int, *, decides: bool = False) -> None:
        self.context: Any = _context(bits + 16)
        self.decides = decides
        self.infinity = self.context.inf
        self.undefined = self.context.nan
        self._rounding = self.context.mpf(2) ** -bits
        self._largest: Any = None
        self._functions: dict[str, Callable[[Any], Pair]] = {
            "exp": self._exp,
            "expm1": self._expm1,
            "sigmoid": self._sigmoid,
            "softplus": self._softplus,
            "tanh": self._tanh,
            "sech": self._sech,
            "softsign": self._softsign,
            "normal_pdf": self._normal_pdf,
            "normal_cdf": self._normal_cdf,
            "erf": self._erf,
            "sinh": self._sinh,
            "cosh": self._cosh,
            "sin": lambda z: self._swing(self.context.sin, z),
            "cos": lambda z: self._swing(self.context.cos, z),
            "log": lambda z: self._around(self.context.log(z) if z else -self.infinity),
            "log1p": lambda z: self._around(self.context.log1p(z) if z > -1 else -self.infinity),
            "atan": lambda z: self._around(self.context.atan(z)),
            "asinh": lambda z: self._around(self.context.asinh(z)),
            "cbrt": self._cube_root,
            "root": lambda z: self._around(self.context.sqrt(z)),
        }

    def number(self, value: float) -> Pair:
        """The double as an exact number."""
        exact = self.context.mpf(value)
        return exact, exact

    def constant(self, value: Any) -> Pair:
        """Bounds of an exact SymPy number."""
        if value.is_Rational and value.q & (value.q - 1) == 0:  # a power of 2
            whole = self.context.mpf(int(value.p))
            if int(whole) == value.p:
                return whole / int(value.q), whole / int(value.q)
            return self._around(whole / int(value.q))
        near = self.context.make_mpf(value._to_mpmath(self.context.prec)._mpf_)
        return self._around(near)

    def _low(self, *values: Any) -> Any:
        return min(values) if not any(value != value for value in values) else self.undefined

    def _high(self, *values: Any) -> Any:
        return max(values) if not any(value != value for value in values) else self.undefined

    def _product(self, a: Any, b: Any) -> Any:
        return self.context.zero if (a == 0 and b == b) or (b == 0 and a == a) else a * b

    def _quotient(self, a: Any, b: Any) -> Any:
        return self.context.mpf(a) / b if b else self.undefined  # the other bound is none

    def _widen(self, low: Any, high: Any, units: int) -> Pair:
        spread = units * self._rounding
        return low - abs(low) * spread, high + abs(high) * spread

    def _exact(self, name: str, a: Any, b: Any) -> bool:
        if not (self.context.isfinite(a) and self.context.isfinite(b)):
            return False
        if name == "product":
            return bool(self.context.fmul(a, b, exact=True) == a * b)
        # Numbers of very different sizes have a sum of very many digits.
        apart = a and b and abs(self.context.mag(a) - self.context.mag(b)) > self.context.prec
        return not apart and bool(self.context.fadd(a, b, exact=True) == a + b)

    def _choose(self, condition: Any, a: Any, b: Any) -> Any:
        return self.context.mpf(a if condition else b)

    def _value(self, name: str, argument: Any) -> Pair:
        z = self.context.mpf(argument)
        return (z, z) if z != z else self._functions[name](z)

    def _raised(self, base: Any, exponent: Any) -> Any:
        base, exponent = self.context.mpf(base), self.context.mpf(exponent)
        if base == 0:
            return self.infinity if exponent < 0 else self.context.mpf(exponent == 0)
        size = exponent * self.context.log(base)
        if abs(size) > _FAR:
            return self.infinity if size > 0 else self.context.zero
        return self.context.exp(size)

    def _around(self, value: Any) -> Pair:
        return self._widen(value, value, 4)

    def _exp(self, z: Any) -> Pair:
        if abs(z) <= _FAR:
            return self._around(self.context.exp(z))
        if self._largest is None:
            self._largest = self.context.exp(_FAR)
        return (self._largest, self.infinity) if z > 0 else (self.context.zero, 1 / self._largest)

    def _expm1(self, z: Any) -> Pair:
        if abs(z) > 1:
            low, high = self._exp(z)
            return self._widen(low - 1, high - 1, 4)
        return self._around(self.context.expm1(z))

    def _from_tail(self, z: Any, form: Callable[[Any], Any]) -> Pair:
        """Bounds of a form that falls with e = e^(−|z|), or rises, monotonically."""
        low, high = self._exp(-abs(z))
        a, b = form(low), form(high)
        return self._widen(min(a, b), max(a, b), 4)

    def _sigmoid(self, z: Any) -> Pair:
        return self._from_tail(z, lambda e: (e if z < 0 else 1) / (1 + e))

    def _softplus(self, z: Any) -> Pair:
        return self._from_tail(z, lambda e: max(z, 0) + self.context.log1p(e))

    def _sech(self, z: Any) -> Pair:
        return self._from_tail(z, lambda e: 2 * e / (1 + e * e))

    def _tanh(self, z: Any) -> Pair:
        low, high = self._expm1(-2 * abs(z))
        sign = -1 if z < 0 else 1
        ends = [-sign * end / (end + 2) for end in (low, high)]
        return self._widen(min(ends), max(ends), 4)

    def _softsign(self, z: Any) -> Pair:
        return self._around(self.context.sign(z) if self.context.isinf(z) else z / (1 + abs(z)))

    def _tail(self, z: Any, value: Callable[[Any], Any]) -> Pair:
        """Bounds of what is below e^(−|z|) for large z, whose square would be too large."""
        if abs(z) > _FAR_GAUSSIAN:
            # e^(−z²/2) is less than e^(−c·|z|/2) for |z| > c.
            return self.context.zero, self._exp(-abs(z) * _FAR_GAUSSIAN / 2)[1]
        return self._around(value(z))

    def _normal_pdf(self, z: Any) -> Pair:
        root = self.context.sqrt(2 * self.context.pi)
        return self._tail(z, lambda z: self.context.exp(-z * z / 2) / root)

    def _normal_cdf(self, z: Any) -> Pair:
        root = self.context.sqrt(2)
        low, high = self._tail(z, lambda z: self.context.erfc(abs(z) / root) / 2)
        return (low, high) if z < 0 else self._widen(1 - high, 1 - low, 1)

    def _erf(self, z: Any) -> Pair:
        if abs(z) <= 1:
            return self._around(self.context.erf(z))
        low, high = self._tail(z, lambda z: self.context.erfc(abs(z)))
        return self._widen(1 - high, 1 - low, 1) if z > 0 else self._widen(low - 1, high - 1, 1)

    def _sinh(self, z: Any) -> Pair:
        if abs(z) <= 1:
            return self._around(self.context.sinh(z))
        low, high = self._cosh(z)
        small = self._exp(-abs(z))
        ends = self._widen(low - small[1], high - small[0], 4)
        return ends if z > 0 else (-ends[1], -ends[0])

    def _cosh(self, z: Any) -> Pair:
        low, high = self._exp(abs(z))
        return self._widen((low + 1 / low) / 2, (high + 1 / high) / 2, 4)

    def _cube_root(self, z: Any) -> Pair:
        root = self.context.cbrt(abs(z))
        return self._around(-root if z < 0 else root)

    def _swing(self, wave: Callable[[Any], Any], z: Any) -> Pair:
        if self.context.isinf(z) or (z and self.context.mag(z) > _FAR_WAVE_BITS):
            return -self.context.one, self.context.one
        return self._around(wave(z))


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
    results: list[Array] = []
    open_points = np.zeros(points.shape, dtype=bool)
    with np.errstate(all="ignore"):
        for bounds in Doubles().bounds(tape, (points, points), parameters):
            low, high = (bound.astype(np.float64) for bound in bounds)
            results.append(_middle(low, high))
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
        bounds = arithmetic.bounds(tape, arithmetic.number(x), parameters)
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


UNREAL = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)
"""What SymPy answers where there is no real number."""


@lru_cache(maxsize=4096)
def double(number: Any) -> float:
    """The nearest double of an expression without symbols.

    Infinite where its size exceeds the largest double; NaN where it is no real number.
    """
    if number.is_Rational:
        try:
            return int(number.p) / int(number.q)
        except OverflowError:
            return math.inf if number > 0 else -math.inf
    if number.has(*UNREAL):
        return math.nan
    return float(single(record([number]), np.zeros(1), {})[0])


def is_held(number: Any) -> bool:
    """Whether a double holds an expression without symbols with all its digits."""
    size = abs(double(number))
    return number.is_zero or sys.float_info.min <= size < math.inf


def numbers(expression: Any, seen: set[Any]) -> Iterator[Any]:
    """The largest parts of an expression that have no symbols, and its factors and summands.

    Args:
        expression: A SymPy expression.
        seen: The parts whose numbers are not asked for again; grows.
    """
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node == s.UNDEFINED:
            continue
        if not node.free_symbols:
            yield node
            continue
        if node.is_Mul or node.is_Add:
            number, _ = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
            yield number
        waiting.extend(node.args)


def folded(expression: Any) -> Any:
    """The expression with a double for each number that is a sum, or a function of numbers."""
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if node.is_Atom:
            return node
        if node not in done:
            done[node] = _folded(node, visit)
        return done[node]

    return visit(expression)


def _folded(node: Any, visit: Callable[[Any], Any]) -> Any:
    if not node.free_symbols:
        return sympy.Float(double(node), 17) if node.has(sympy.Function, sympy.Add) else node
    arguments = node.args
    if node.is_Mul or node.is_Add:
        # From the number as a whole: its parts may cancel.
        number, rest = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
        arguments = (number, *node.func.make_args(rest))
    visited = tuple(map(visit, arguments))
    return node if visited == node.args else node.func(*visited)
