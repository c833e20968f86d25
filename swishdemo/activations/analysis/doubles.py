"""Interval arithmetic on arrays of doubles: the fast first attempt, for all points at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.analysis.enclosure import Pair

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
