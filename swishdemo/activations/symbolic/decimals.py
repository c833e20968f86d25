"""Decimals in LaTeX as they are typed: 1.702·x, not 851x/500. This module loads SymPy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sympy

from swishdemo.activations.symbolic.rewriting import bottom_up
from swishdemo.activations.symbolic.symbols import Constant

_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SHORT = 10
"""Characters of a number that is written out, and of the digits of one with a power of 10."""
_FRACTIONS = (2, 4)
"""Denominators that stay, unless their number was typed as a decimal."""


@dataclass(frozen=True, slots=True)
class Decimals:
    """The decimals of one formula.

    Args:
        typed: The sizes of the numbers that were typed as decimals.
    """

    typed: frozenset[Any]

    @classmethod
    def of(cls, text: str) -> Decimals:
        """Those in a formula as it was typed."""
        numbers = (number for number in _NUMBER.findall(text) if not number.isdigit())
        return cls(frozenset(map(sympy.Rational, numbers)))

    def kept(self, expression: Any) -> Any:
        """The expression with a name for each decimal, so that calculus leaves it as it is.

        Exponents stay numbers.
        """
        if not self.typed:
            return expression

        def rewrite(node: Any) -> Any:
            if node.is_Pow:
                return node
            return node.func(*(self._decimal(each) for each in _coefficient_first(node)))

        return bottom_up(expression, rewrite) if expression.args else self._decimal(expression)

    def shown(self, expression: Any) -> Any:
        """The expression with decimals for the numbers that were typed so, or came of such."""
        if not self.typed:
            return expression

        def rewrite(node: Any) -> Any:
            if node.is_Pow:
                base, exponent = node.args
                root = exponent.is_Rational and exponent.q <= _SHORT
                changed = self._base(base), exponent if root else self._decimal(exponent)
                return node if changed == node.args else sympy.Pow(*changed, evaluate=False)
            if node.is_Mul:
                return self._product(node)
            return node.func(*map(self._decimal, node.args))

        return bottom_up(expression, rewrite) if expression.args else self._decimal(expression)

    def _base(self, base: Any) -> Any:
        written = self._decimal(base)
        # A power of 10 to a power cannot be set.
        return base if "^" in getattr(written, "symbol", "") else written

    def _product(self, node: Any) -> Any:
        """The product with one number for all that stand in it."""
        number, rest = sympy.S.One, []
        for factor in node.args:
            base, exponent = factor.as_base_exp()
            if factor.is_Rational:
                number *= factor
            elif isinstance(base, Constant) and exponent.is_Integer:
                number *= sympy.Rational(base.digits) ** exponent
            else:
                rest.append(factor)
        written = self._decimal(number)
        if written == number and number.q not in (1, *_FRACTIONS):
            return node  # no short decimal
        return sympy.Mul(written, *rest)

    def _decimal(self, number: Any) -> Any:
        if not number.is_Rational:
            return number
        size = abs(number)
        if size not in self.typed and (
            size.q in _FRACTIONS or (size.is_Integer and size < 10**_SHORT)
        ):
            return number
        written = _written(size)
        if written is None:
            return number
        return -written if number < 0 else written


def _coefficient_first(node: Any) -> tuple[Any, ...]:
    return tuple(node.as_coeff_Mul()) if node.is_Mul else tuple(node.args)


def _written(size: Any) -> Constant | None:
    """A positive rational as a decimal of few digits; None where it has none, or needs none."""
    rest, places = int(size.q), 0
    for prime in (2, 5):
        count = sympy.multiplicity(prime, rest) if rest > 1 else 0
        rest //= prime**count
        places = max(places, count)
    digits = str(int(size * 10**places))
    significant = digits.rstrip("0")
    if rest != 1 or (len(digits) <= _SHORT and not places):
        return None
    padded = digits.zfill(places + 1)
    plain = f"{padded[:-places]}.{padded[-places:]}" if places else digits
    if len(plain) <= _SHORT + 2:
        return Constant(plain, plain)
    if len(significant) > 2 * _SHORT:
        return None
    power = len(digits) - 1 - places
    mantissa = significant[0] + (f".{significant[1:]}" if significant[1:] else "")
    if -4 <= power < _SHORT or len(significant) > _SHORT:
        return Constant(plain, plain) if places else None
    scale = f"10^{{{power}}}"
    symbol = scale if mantissa == "1" else rf"{mantissa} \cdot {scale}"
    return Constant(symbol, f"{mantissa}e{power}")
