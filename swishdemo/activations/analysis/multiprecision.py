"""Interval arithmetic on single numbers of any precision: for the points where doubles do not do.

Exponents are unbounded here, so nothing overflows until an exponential of an exponential does;
from 10¹² on, an exponent is only bounded. This module loads mpmath, which comes with SymPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath.ctx_mp import MPContext  # type: ignore[import-untyped]

from swishdemo.activations.analysis.enclosure import Pair

_FAR = 10**12
_FAR_GAUSSIAN = 10**5
_FAR_WAVE_BITS = 4000


class Digits:
    """The arithmetic of numbers with ``bits`` binary digits.

    Where it ``decides``, numbers that all these digits do not tell apart count as equal.

    It has a context of its own, because mpmath's global one is shared by all threads.
    """

    def __init__(self, bits: int, *, decides: bool = False) -> None:
        self.context: Any = MPContext()
        self.context.prec = bits + 16
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
            "sin": lambda z: self._wave(self.context.sin, z),
            "cos": lambda z: self._wave(self.context.cos, z),
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

    def low(self, *values: Any) -> Any:
        """The least value; NaN where one is."""
        return min(values) if not any(value != value for value in values) else self.undefined

    def high(self, *values: Any) -> Any:
        """The greatest value; NaN where one is."""
        return max(values) if not any(value != value for value in values) else self.undefined

    def product(self, a: Any, b: Any) -> Any:
        """A·b, where 0 · ∞ is 0."""
        return self.context.zero if (a == 0 and b == b) or (b == 0 and a == a) else a * b

    def quotient(self, a: Any, b: Any) -> Any:
        """a/b."""
        return self.context.mpf(a) / b if b else self.undefined  # the other bound is none

    def widen(self, low: Any, high: Any, units: int) -> Pair:
        """Bounds moved outward."""
        spread = units * self._rounding
        return low - abs(low) * spread, high + abs(high) * spread

    def exact(self, name: str, a: Any, b: Any) -> bool:
        """Whether the ``sum`` or ``product`` has all its digits."""
        if not (self.context.isfinite(a) and self.context.isfinite(b)):
            return False
        if name == "product":
            return bool(self.context.fmul(a, b, exact=True) == a * b)
        # Numbers of very different sizes have a sum of very many digits.
        apart = a and b and abs(self.context.mag(a) - self.context.mag(b)) > self.context.prec
        return not apart and bool(self.context.fadd(a, b, exact=True) == a + b)

    def choose(self, condition: Any, a: Any, b: Any) -> Any:
        """A if the condition holds, else b."""
        return self.context.mpf(a if condition else b)

    def function(self, name: str, value: Any) -> Pair:
        """Bounds of a function's value."""
        value = self.context.mpf(value)
        return (value, value) if value != value else self._functions[name](value)

    def raised(self, base: Any, exponent: Any) -> Any:
        """Base to the exponent, for base ≥ 0; bounded where its size has 10¹² digits."""
        base, exponent = self.context.mpf(base), self.context.mpf(exponent)
        if base == 0:
            return self.infinity if exponent < 0 else self.context.mpf(exponent == 0)
        size = exponent * self.context.log(base)
        if abs(size) > _FAR:
            return self.infinity if size > 0 else self.context.zero
        return self.context.exp(size)

    def _around(self, value: Any) -> Pair:
        return self.widen(value, value, 4)

    def _exp(self, z: Any) -> Pair:
        if abs(z) <= _FAR:
            return self._around(self.context.exp(z))
        if self._largest is None:
            self._largest = self.context.exp(_FAR)
        return (self._largest, self.infinity) if z > 0 else (self.context.zero, 1 / self._largest)

    def _expm1(self, z: Any) -> Pair:
        if abs(z) > 1:
            low, high = self._exp(z)
            return self.widen(low - 1, high - 1, 4)
        return self._around(self.context.expm1(z))

    def _from_tail(self, z: Any, form: Callable[[Any], Any]) -> Pair:
        """Bounds of a form that falls with e = e^(−|z|), or rises, monotonically."""
        low, high = self._exp(-abs(z))
        a, b = form(low), form(high)
        return self.widen(min(a, b), max(a, b), 4)

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
        return self.widen(min(ends), max(ends), 4)

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
        return (low, high) if z < 0 else self.widen(1 - high, 1 - low, 1)

    def _erf(self, z: Any) -> Pair:
        if abs(z) <= 1:
            return self._around(self.context.erf(z))
        low, high = self._tail(z, lambda z: self.context.erfc(abs(z)))
        return self.widen(1 - high, 1 - low, 1) if z > 0 else self.widen(low - 1, high - 1, 1)

    def _sinh(self, z: Any) -> Pair:
        if abs(z) <= 1:
            return self._around(self.context.sinh(z))
        low, high = self._cosh(z)
        small = self._exp(-abs(z))
        ends = self.widen(low - small[1], high - small[0], 4)
        return ends if z > 0 else (-ends[1], -ends[0])

    def _cosh(self, z: Any) -> Pair:
        low, high = self._exp(abs(z))
        return self.widen((low + 1 / low) / 2, (high + 1 / high) / 2, 4)

    def _cube_root(self, z: Any) -> Pair:
        root = self.context.cbrt(abs(z))
        return self._around(-root if z < 0 else root)

    def _wave(self, wave: Callable[[Any], Any], z: Any) -> Pair:
        if self.context.isinf(z) or (z and self.context.mag(z) > _FAR_WAVE_BITS):
            return -self.context.one, self.context.one
        return self._around(wave(z))
