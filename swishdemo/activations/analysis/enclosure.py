"""Interval arithmetic: every value is a pair of bounds between which the true number lies.

The rules are written once, for any kind of number that an :class:`Arithmetic` knows: arrays of
doubles, the fast first attempt for all points at once, or numbers of any precision. A pair that is
narrow is a proof of its digits; one that is wide says that this precision does not do. See Moore,
Kearfott and Cloud, Introduction to Interval Analysis (SIAM, 2009).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.symbolic.tape import Step, Tape

Pair = tuple[Any, Any]

_INCREASING = (
    *("sigmoid", "softplus", "tanh", "softsign", "normal_cdf", "erf"),
    *("expm1", "exp", "cbrt", "atan", "sinh", "asinh"),
)
_EVEN_DECREASING = ("sech", "normal_pdf")
_POSITIVE = ("exp", "sigmoid", "softplus", "normal_cdf", "normal_pdf", "sech", "root")


class Arithmetic(ABC):
    """Interval arithmetic for one kind of number, whose own operations a subclass supplies.

    Bounds may be infinite, and are NaN where a value is undefined.
    """

    decides = False
    """Whether what cannot be told apart is equal."""
    infinity: Any
    undefined: Any

    @abstractmethod
    def number(self, value: float) -> Pair:
        """The double as an exact number."""

    @abstractmethod
    def constant(self, value: Any) -> Pair:
        """Bounds of an exact SymPy number."""

    @abstractmethod
    def _low(self, *values: Any) -> Any:
        """The least value; NaN where one is."""

    @abstractmethod
    def _high(self, *values: Any) -> Any:
        """The greatest value; NaN where one is."""

    @abstractmethod
    def _product(self, a: Any, b: Any) -> Any:
        """The product, where 0 · ∞ is 0 (a bound that may be infinite times an exact zero)."""

    @abstractmethod
    def _quotient(self, a: Any, b: Any) -> Any:
        """The quotient, for b ≠ 0."""

    @abstractmethod
    def _widen(self, low: Any, high: Any, units: int) -> Pair:
        """Bounds moved outward by ``units`` roundings."""

    @abstractmethod
    def _exact(self, name: str, a: Any, b: Any) -> Any:
        """Whether the ``sum`` or ``product`` of two numbers is known not to have been rounded."""

    @abstractmethod
    def _choose(self, condition: Any, a: Any, b: Any) -> Any:
        """The first where the condition holds, the second elsewhere."""

    @abstractmethod
    def _value(self, name: str, argument: Any) -> Pair:
        """Bounds of a function's value."""

    @abstractmethod
    def _raised(self, base: Any, exponent: Any) -> Any:
        """The power of a base from 0 on, right to 16 roundings."""

    def bounds(self, tape: Tape, x: Pair, parameters: Mapping[str, float]) -> list[Pair]:
        """The bounds of a tape's outputs.

        Args:
            tape: The steps.
            x: The bounds of x.
            parameters: All inputs but x.
        """
        inputs = {"x": x, **{name: self.number(value) for name, value in parameters.items()}}
        values: list[Pair] = []
        for step in tape.steps:
            values.append(self._apply(step, [values[place] for place in step.arguments], inputs))
        return [values[place] for place in tape.outputs]

    def _apply(self, step: Step, arguments: list[Pair], inputs: Mapping[str, Pair]) -> Pair:
        match step.kind:
            case "constant":
                return self.constant(step.value)
            case "undefined":
                return self.undefined, self.undefined
            case "input":
                return inputs[step.value]
            case "add":
                return self._add(arguments)
            case "multiply":
                return reduce(self._multiply, arguments)
            case "power":
                return self._power(arguments[0], step.value)
            case "raise":
                return self._raise(*arguments)
            case "where":
                return self._where(*arguments)
            case name:
                return self._function(name, arguments[0])

    def _add(self, terms: list[Pair]) -> Pair:
        low, high = terms[0]
        for term in terms[1:]:
            whole = self._exact("sum", low, term[0]) & self._exact("sum", high, term[1])
            low, high = low + term[0], high + term[1]
            wide = self._widen(low, high, 1)
            low, high = self._choose(whole, low, wide[0]), self._choose(whole, high, wide[1])
        return low, high

    def _multiply(self, a: Pair, b: Pair) -> Pair:
        corners = [self._product(p, q) for p in a for q in b]
        low, high = self._low(*corners), self._high(*corners)
        if _is_sign(a) or _is_sign(b):  # exact, and −λ must be equal to an x that is
            return low, high
        points = (a[0] == a[1]) & (b[0] == b[1])
        whole = points & self._exact("product", a[0], b[0])
        wide = self._widen(low, high, 1)
        low, high = self._choose(whole, low, wide[0]), self._choose(whole, high, wide[1])
        # An exact 0 stays one; a product that underflowed does not become one, nor does 0/0, nor
        # 0 times what may be any number.
        zero = ((a[0] == 0) & (a[1] == 0)) | ((b[0] == 0) & (b[1] == 0))
        zero = zero & (a[0] == a[0]) & (b[0] == b[0])
        far = self.infinity
        wild = ((a[0] == -far) & (a[1] == far)) | ((b[0] == -far) & (b[1] == far))
        low, high = self._choose(wild, -far, low), self._choose(wild, far, high)
        return self._choose(zero & ~wild, 0, low), self._choose(zero & ~wild, 0, high)

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
        return self._high(low, -high, 0), self._high(-low, high)

    def _inverse(self, a: Pair) -> Pair:
        low, high = a
        crosses = (low <= 0) & (high >= 0)
        bounds = self._widen(
            self._quotient(1, self._choose(crosses, 1, high)),
            self._quotient(1, self._choose(crosses, 1, low)),
            1,
        )
        # The point 0 has no inverse; an interval around 0 may have any.
        point = crosses & (low == high)
        bottom = self._choose(point, self.undefined, -self.infinity)
        top = self._choose(point, self.undefined, self.infinity)
        return self._choose(crosses, bottom, bounds[0]), self._choose(crosses, top, bounds[1])

    def _raise(self, base: Pair, exponent: Pair) -> Pair:
        """Real powers: a number below 0 has those of whole exponents, 0 those from 0 on."""
        inside = (self._high(base[0], 0), self._high(base[1], 0))
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
        bottom = self._choose(odd, -high, low)
        top = self._choose(odd & negative, -low, high)
        far = self.infinity
        bottom, top = self._choose(whole, bottom, -far), self._choose(whole, top, far)
        return self._choose(below, bottom, found[0]), self._choose(below, top, found[1])

    def _size(self, base: Pair, exponent: Pair) -> Pair:
        """The power of a base from 0 on."""
        corners = [self._raised(b, e) for b in base for e in exponent]
        low, high = self._widen(self._low(*corners), self._high(*corners), 16)
        return self._high(low, 0), high

    def _where(self, left: Pair, right: Pair, above: Pair, otherwise: Pair) -> Pair:
        surely = left[0] > right[1]
        never = left[1] <= right[0]
        if self.decides:
            never = never | ((left[1] >= right[0]) & (left[0] <= right[1]))
        both_low = self._low(above[0], otherwise[0])
        both_high = self._high(above[1], otherwise[1])
        low = self._choose(never, otherwise[0], both_low)
        high = self._choose(never, otherwise[1], both_high)
        return self._choose(surely, above[0], low), self._choose(surely, above[1], high)

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
        inside = (self._high(low, edge), self._high(high, edge))
        return self._defined(high >= edge, self._between(name, *inside))

    def _between(self, name: str, low: Any, high: Any) -> Pair:
        bounds = self._value(name, low)[0], self._value(name, high)[1]
        return (self._high(bounds[0], 0), bounds[1]) if name in _POSITIVE else bounds

    def _wave(self, name: str, low: Any, high: Any) -> Pair:
        """A bound by the slope, which is 1 at most."""
        bottom, top = self._value(name, low)
        width = self._widen(high - low, high - low, 1)[1]
        return self._high(bottom - width, -1), self._low(top + width, 1)

    def _defined(self, condition: Any, pair: Pair) -> Pair:
        return (
            self._choose(condition, pair[0], self.undefined),
            self._choose(condition, pair[1], self.undefined),
        )


def _is_sign(pair: Pair) -> bool:
    """Whether it is exactly 1 or −1, for all points."""
    low, high = pair
    return not getattr(low, "ndim", 0) and bool(low == high and abs(low) == 1)


Array = npt.NDArray[np.float64]

_ROUNDING = 2.0**-52
_TINY = 5e-324
_MAX = float(np.finfo(np.float64).max)


# These three are of any floating type: numbers are written as integers, for a Python float would
# turn a bfloat16 array into float32.


def sigmoid(z: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1/(1 + e^(−z)), by an exponential that cannot overflow."""
    e = np.exp(-np.abs(z))
    return np.asarray(np.where(z < 0, e, np.ones_like(z)) / (1 + e))


def softplus(z: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """log(1 + e^z)."""
    return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))


def sech(z: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1/cosh z."""
    e = np.exp(-np.abs(z))
    return np.asarray(2 * e / (1 + e * e))


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


class Doubles(Arithmetic):
    """The arithmetic of doubles, one or arrays of them.

    Args:
        unit: The relative distance of two neighbouring numbers; that of a coarser type gives
            bounds of what arithmetic of that type may make of a formula.
    """

    def __init__(self, unit: float = _ROUNDING) -> None:
        self._unit = unit

    infinity = np.inf
    undefined = np.nan

    def bounds(self, tape: Tape, x: Pair, parameters: Mapping[str, float]) -> list[Pair]:
        """The bounds of a tape's outputs, each an array of the shape of x."""
        with np.errstate(all="ignore"):
            found = super().bounds(tape, x, parameters)
        shape = np.shape(x[0])
        return [(np.broadcast_to(low, shape), np.broadcast_to(high, shape)) for low, high in found]

    def number(self, value: float) -> Pair:
        """The double as an exact number."""
        return np.float64(value), np.float64(value)

    def constant(self, value: Any) -> Pair:
        """Bounds of an exact SymPy number."""
        from sympy import Rational

        near = float(value.evalf(30))
        if value.is_Rational and abs(near) <= _MAX and Rational(near) == value:
            return near, near
        return self._widen(np.float64(near), np.float64(near), 1)

    def _low(self, *values: Any) -> Any:
        return reduce(np.minimum, values)

    def _high(self, *values: Any) -> Any:
        return reduce(np.maximum, values)

    def _product(self, a: Any, b: Any) -> Any:
        result = np.multiply(a, b)
        return np.where(np.isnan(result) & ~np.isnan(a) & ~np.isnan(b), 0.0, result)

    def _quotient(self, a: Any, b: Any) -> Any:
        return np.divide(a, b)

    def _widen(self, low: Any, high: Any, units: int) -> Pair:
        spread = units * self._unit
        low = np.where(low == np.inf, _MAX, low - np.abs(low) * spread - units * _TINY)
        high = np.where(high == -np.inf, -_MAX, high + np.abs(high) * spread + units * _TINY)
        return low, high

    def _exact(self, name: str, a: Any, b: Any) -> Any:
        if name == "product" or self._unit != _ROUNDING:
            return np.False_
        total = np.add(a, b)
        part = total - a
        rest = (a - (total - part)) + (b - part)
        return (rest == 0) & np.isfinite(total)

    def _choose(self, condition: Any, a: Any, b: Any) -> Any:
        return np.where(condition, a, b)

    def _value(self, name: str, argument: Any) -> Pair:
        compute, units = _FUNCTIONS[name]
        argument = np.asarray(argument, dtype=np.float64)
        result = compute(argument)
        low, high = self._widen(result, result, units)
        exact = (argument == 0) & (result == 0)  # sin 0 and its like
        return np.where(exact, 0.0, low), np.where(exact, 0.0, high)

    def _raised(self, base: Any, exponent: Any) -> Any:
        return np.power(base, exponent)
