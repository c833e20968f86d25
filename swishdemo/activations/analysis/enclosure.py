"""Interval arithmetic: every value is a pair of bounds between which the true number lies.

The rules are written once, for any kind of number that an :class:`Arithmetic` knows: arrays of
doubles, or numbers of any precision. A pair that is narrow is a proof of its digits; one that is
wide says that this precision does not do. See Moore, Kearfott and Cloud, Introduction to Interval
Analysis (SIAM, 2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

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
