"""Interval arithmetic: every value is a pair of bounds between which the true number lies.

The rules are written once, for any kind of number that an :class:`Arithmetic` knows: arrays of
doubles, the fast first attempt for all points at once, or numbers of any precision. A pair that is
narrow is a proof of its digits; one that is wide says that this precision does not do. See Moore,
Kearfott and Cloud, Introduction to Interval Analysis (SIAM, 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from swishdemo.activations.symbolic.tape import Step, Tape

Pair = tuple[Any, Any]

_INCREASING = (
    "sigmoid",
    "softplus",
    "tanh",
    "softsign",
    "normal_cdf",
    "expm1",
    "erf",
    "cbrt",
    "exp",
    "atan",
    "sinh",
    "asinh",
)
_EVEN_DECREASING = ("sech", "normal_pdf")
_POSITIVE = ("exp", "sigmoid", "softplus", "normal_cdf", "normal_pdf", "sech", "root")


class Arithmetic(Protocol):
    """What the rules need of a kind of number; bounds may be infinite, and NaN where undefined."""

    def constant(self, value: Any) -> Pair:
        """Bounds of an exact SymPy number."""

    def low(self, *values: Any) -> Any:
        """The least value."""

    def high(self, *values: Any) -> Any:
        """The greatest value."""

    def product(self, a: Any, b: Any) -> Any:
        """A·b, where 0 · ∞ is 0 (a bound that may be infinite times an exact zero)."""

    def quotient(self, a: Any, b: Any) -> Any:
        """a/b for b ≠ 0."""

    def widen(self, low: Any, high: Any, units: int) -> Pair:
        """Bounds moved outward by ``units`` roundings."""

    def exact(self, name: str, a: Any, b: Any) -> Any:
        """Whether the ``sum`` or ``product`` of two numbers is known not to have been rounded."""

    def choose(self, condition: Any, a: Any, b: Any) -> Any:
        """A where the condition holds, b elsewhere."""

    def function(self, name: str, value: Any) -> Pair:
        """Bounds of a function's value."""

    def raised(self, base: Any, exponent: Any) -> Any:
        """Base to the exponent, for base ≥ 0, right to 16 roundings."""

    @property
    def decides(self) -> bool:
        """Whether what cannot be told apart is equal."""

    @property
    def infinity(self) -> Any:
        """Positive infinity."""

    @property
    def undefined(self) -> Any:
        """NaN."""


def run(tape: Tape, inputs: Mapping[str, Pair], arithmetic: Arithmetic) -> list[Pair]:
    """The bounds of the tape's outputs."""
    rules = _Rules(arithmetic)
    values: list[Pair] = []
    for step in tape.steps:
        if step.kind == "constant":
            values.append(arithmetic.constant(step.value))
        elif step.kind == "undefined":
            values.append((arithmetic.undefined, arithmetic.undefined))
        elif step.kind == "input":
            values.append(inputs[step.value])
        else:
            values.append(rules.apply(step, [values[place] for place in step.arguments]))
    return [values[place] for place in tape.outputs]


def _is_sign(pair: Pair) -> bool:
    """Whether it is exactly 1 or −1, for all points."""
    low, high = pair
    return not getattr(low, "ndim", 0) and bool(low == high and abs(low) == 1)


class _Rules:
    def __init__(self, arithmetic: Arithmetic) -> None:
        self.on = arithmetic

    def apply(self, step: Step, arguments: list[Pair]) -> Pair:
        if step.kind == "add":
            return self._add(arguments)
        if step.kind == "multiply":
            result = arguments[0]
            for argument in arguments[1:]:
                result = self._multiply(result, argument)
            return result
        if step.kind == "power":
            return self._power(arguments[0], step.value)
        if step.kind == "raise":
            return self._raise(*arguments)
        if step.kind == "where":
            return self._where(*arguments)
        return self._function(step.kind, arguments[0])

    def _add(self, terms: list[Pair]) -> Pair:
        low, high = terms[0]
        for term in terms[1:]:
            whole = self.on.exact("sum", low, term[0]) & self.on.exact("sum", high, term[1])
            low, high = low + term[0], high + term[1]
            wide = self.on.widen(low, high, 1)
            low, high = self.on.choose(whole, low, wide[0]), self.on.choose(whole, high, wide[1])
        return low, high

    def _multiply(self, a: Pair, b: Pair) -> Pair:
        corners = [self.on.product(p, q) for p in a for q in b]
        low, high = self.on.low(*corners), self.on.high(*corners)
        if _is_sign(a) or _is_sign(b):  # exact, and −λ must be equal to an x that is
            return low, high
        points = (a[0] == a[1]) & (b[0] == b[1])
        whole = points & self.on.exact("product", a[0], b[0])
        wide = self.on.widen(low, high, 1)
        low, high = self.on.choose(whole, low, wide[0]), self.on.choose(whole, high, wide[1])
        # An exact 0 stays one; a product that underflowed does not become one, nor does 0/0, nor
        # 0 times what may be any number.
        zero = ((a[0] == 0) & (a[1] == 0)) | ((b[0] == 0) & (b[1] == 0))
        zero = zero & (a[0] == a[0]) & (b[0] == b[0])
        far = self.on.infinity
        wild = ((a[0] == -far) & (a[1] == far)) | ((b[0] == -far) & (b[1] == far))
        low, high = self.on.choose(wild, -far, low), self.on.choose(wild, far, high)
        return self.on.choose(zero & ~wild, 0, low), self.on.choose(zero & ~wild, 0, high)

    def _power(self, base: Pair, exponent: int) -> Pair:
        if exponent < 0:
            return self._inverse(self._power(base, -exponent))
        square = self._absolute(base) if exponent % 2 == 0 else base
        result: Pair | None = None
        while exponent:
            if exponent & 1:
                result = square if result is None else self._multiply(result, square)
            exponent >>= 1
            if exponent:
                square = self._multiply(square, square)
        return (1, 1) if result is None else result

    def _absolute(self, a: Pair) -> Pair:
        low, high = a
        return self.on.high(low, -high, 0), self.on.high(-low, high)

    def _inverse(self, a: Pair) -> Pair:
        low, high = a
        crosses = (low <= 0) & (high >= 0)
        bounds = self.on.widen(
            self.on.quotient(1, self.on.choose(crosses, 1, high)),
            self.on.quotient(1, self.on.choose(crosses, 1, low)),
            1,
        )
        # The point 0 has no inverse; an interval around 0 may have any.
        point = crosses & (low == high)
        bottom = self.on.choose(point, self.on.undefined, -self.on.infinity)
        top = self.on.choose(point, self.on.undefined, self.on.infinity)
        return self.on.choose(crosses, bottom, bounds[0]), self.on.choose(crosses, top, bounds[1])

    def _raise(self, base: Pair, exponent: Pair) -> Pair:
        """Real powers: a number below 0 has those of whole exponents, 0 those from 0 on."""
        inside = (self.on.high(base[0], 0), self.on.high(base[1], 0))
        low, high = self._size(inside, exponent)
        nought = (base[0] == 0) & (base[1] == 0) & (exponent[1] < 0)
        found = self._defined((base[1] >= 0) & ~nought, (low, high))
        below = (base[0] < 0) & (exponent[0] - exponent[0] % 1 != exponent[1] - exponent[1] % 1)
        below = below | ((base[0] < 0) & (exponent[0] % 1 == 0))
        if not getattr(below, "any", lambda: below)():
            return found
        # Some whole number is among the exponents: it decides where it is the only one.
        whole = (exponent[0] == exponent[1]) & (exponent[0] % 1 == 0)
        low, high = self._size(self._absolute(base), exponent)
        odd = exponent[0] % 2 == 1
        negative = base[1] < 0
        bottom = self.on.choose(odd, -high, low)
        top = self.on.choose(odd & negative, -low, high)
        far = self.on.infinity
        bottom, top = self.on.choose(whole, bottom, -far), self.on.choose(whole, top, far)
        return self.on.choose(below, bottom, found[0]), self.on.choose(below, top, found[1])

    def _size(self, base: Pair, exponent: Pair) -> Pair:
        """The power of a base from 0 on."""
        corners = [self.on.raised(b, e) for b in base for e in exponent]
        low, high = self.on.widen(self.on.low(*corners), self.on.high(*corners), 16)
        return self.on.high(low, 0), high

    def _where(self, left: Pair, right: Pair, above: Pair, otherwise: Pair) -> Pair:
        surely = left[0] > right[1]
        never = left[1] <= right[0]
        if self.on.decides:
            never = never | ((left[1] >= right[0]) & (left[0] <= right[1]))
        both_low = self.on.low(above[0], otherwise[0])
        both_high = self.on.high(above[1], otherwise[1])
        low = self.on.choose(never, otherwise[0], both_low)
        high = self.on.choose(never, otherwise[1], both_high)
        return self.on.choose(surely, above[0], low), self.on.choose(surely, above[1], high)

    def _function(self, name: str, argument: Pair) -> Pair:
        low, high = argument
        if name in _INCREASING:
            return self._between(name, low, high)
        if name in _EVEN_DECREASING:
            near, far = self._absolute(argument)
            return self._between(name, far, near)
        if name == "cosh":
            return self._between(name, *self._absolute(argument))
        if name in ("sin", "cos"):
            return self._wave(name, low, high)
        edge = -1 if name == "log1p" else 0
        inside = (self.on.high(low, edge), self.on.high(high, edge))
        return self._defined(high >= edge, self._between(name, *inside))

    def _between(self, name: str, low: Any, high: Any) -> Pair:
        bounds = self.on.function(name, low)[0], self.on.function(name, high)[1]
        return (self.on.high(bounds[0], 0), bounds[1]) if name in _POSITIVE else bounds

    def _wave(self, name: str, low: Any, high: Any) -> Pair:
        """A bound by the slope, which is 1 at most."""
        bottom, top = self.on.function(name, low)
        width = self.on.widen(high - low, high - low, 1)[1]
        return self.on.high(bottom - width, -1), self.on.low(top + width, 1)

    def _defined(self, condition: Any, pair: Pair) -> Pair:
        return (
            self.on.choose(condition, pair[0], self.on.undefined),
            self.on.choose(condition, pair[1], self.on.undefined),
        )


Array = npt.NDArray[np.float64]

_ROUNDING = 2.0**-52
_TINY = 5e-324
_MAX = float(np.finfo(np.float64).max)


def sigmoid(z: Array) -> Array:
    """1/(1 + e^(−z)), by an exponential that cannot overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1.0) / (1.0 + e)


def softplus(z: Array) -> Array:
    """log(1 + e^z)."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def sech(z: Array) -> Array:
    """1/cosh z."""
    e = np.exp(-np.abs(z))
    return 2.0 * e / (1.0 + e * e)


def gaussian(z: Array) -> Array:
    """e^(−z²/2), the square split so that its rounding does not grow with z."""
    size = np.minimum(np.abs(z), 40.0)
    head = size.astype(np.float32).astype(np.float64)
    return np.exp(-head * head / 2) * np.exp(-(size - head) * (size + head) / 2)


def normal_pdf(z: Array) -> Array:
    """The standard normal density φ."""
    return gaussian(z) * 0.3989422804014327


def normal_cdf(z: Array) -> Array:
    """The standard normal distribution function Φ."""
    from scipy.special import erfcx

    tail: Array = gaussian(z) * erfcx(np.abs(z) / np.sqrt(2.0)) / 2.0
    value: Array = np.where(z < 0, tail, 1.0 - tail)
    return value


def erf(z: Array) -> Array:
    """The error function."""
    from scipy import special

    value: Array = special.erf(z)
    return value


# Each with the number of roundings by which its value may be wrong.
_FUNCTIONS: dict[str, tuple[Callable[[Array], Any], int]] = {
    "sigmoid": (sigmoid, 8),
    "softplus": (softplus, 8),
    "tanh": (np.tanh, 4),
    "sech": (sech, 10),
    "softsign": (lambda z: np.where(np.isinf(z), np.sign(z), z / (1.0 + np.abs(z))), 3),
    "normal_cdf": (normal_cdf, 24),
    "normal_pdf": (normal_pdf, 12),
    "expm1": (np.expm1, 4),
    "log1p": (np.log1p, 4),
    "erf": (erf, 8),
    "cbrt": (np.cbrt, 4),
    "exp": (np.exp, 4),
    "log": (np.log, 4),
    "sin": (np.sin, 4),
    "cos": (np.cos, 4),
    "atan": (np.arctan, 4),
    "sinh": (np.sinh, 6),
    "cosh": (np.cosh, 6),
    "asinh": (np.arcsinh, 6),
    "root": (np.sqrt, 1),
}


class Doubles:
    """The arithmetic of doubles, for :func:`swishdemo.activations.analysis.enclosure.run`.

    Args:
        unit: The relative distance of two neighbouring numbers; that of a coarser type gives
            bounds of what arithmetic of that type may make of a formula.
    """

    def __init__(self, unit: float = _ROUNDING) -> None:
        self._unit = unit

    decides = False
    infinity = np.inf
    undefined = np.nan

    def constant(self, value: Any) -> Pair:
        """Bounds of an exact SymPy number."""
        from sympy import Rational

        near = float(value.evalf(30))
        if value.is_Rational and abs(near) <= _MAX and Rational(near) == value:
            return near, near
        return self.widen(np.float64(near), np.float64(near), 1)

    def low(self, *values: Any) -> Any:
        """The least value; NaN where one is."""
        return reduce(np.minimum, values)

    def high(self, *values: Any) -> Any:
        """The greatest value; NaN where one is."""
        return reduce(np.maximum, values)

    def product(self, a: Any, b: Any) -> Any:
        """A·b, where 0 · ∞ is 0."""
        result = np.multiply(a, b)
        return np.where(np.isnan(result) & ~np.isnan(a) & ~np.isnan(b), 0.0, result)

    def quotient(self, a: Any, b: Any) -> Any:
        """a/b."""
        return np.divide(a, b)

    def widen(self, low: Any, high: Any, units: int) -> Pair:
        """Bounds moved outward; one that overflowed is the largest number on its inner side."""
        spread = units * self._unit
        low = np.where(low == np.inf, _MAX, low - np.abs(low) * spread - units * _TINY)
        high = np.where(high == -np.inf, -_MAX, high + np.abs(high) * spread + units * _TINY)
        return low, high

    def exact(self, name: str, a: Any, b: Any) -> Any:
        """Whether the ``sum`` is exact, so that Knuth's two-sum leaves no rest; of products, no."""
        if name == "product" or self._unit != _ROUNDING:
            return np.False_
        total = np.add(a, b)
        part = total - a
        rest = (a - (total - part)) + (b - part)
        return (rest == 0) & np.isfinite(total)

    def choose(self, condition: Any, a: Any, b: Any) -> Any:
        """A where the condition holds, b elsewhere."""
        return np.where(condition, a, b)

    def function(self, name: str, value: Any) -> Pair:
        """Bounds of a function's value."""
        compute, units = _FUNCTIONS[name]
        argument = np.asarray(value, dtype=np.float64)
        result = compute(argument)
        low, high = self.widen(result, result, units)
        exact = (argument == 0) & (result == 0)  # sin 0 and its like
        return np.where(exact, 0.0, low), np.where(exact, 0.0, high)

    def raised(self, base: Any, exponent: Any) -> Any:
        """Base to the exponent, for base ≥ 0."""
        return np.power(base, exponent)
