"""Derivatives, breaks and LaTeX of a record's formula, by symbolic calculus.

This module loads SymPy: import it inside functions. Derivations are cached. Decimals in LaTeX are
as they are typed: 1.702·x, not 851x/500.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from swishdemo.activations.analysis.accurate import double, numbers
from swishdemo.activations.record import Activation, is_formula
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.stable import (
    bottom_up,
    collected,
    entropies,
    in_pieces,
    parted,
    stable,
    tree_size,
)
from swishdemo.activations.symbolic.symbols import Constant
from swishdemo.activations.typed.expressions import expression_of
from swishdemo.activations.typed.syntax import NUMBER

_NUMBER = re.compile(rf"(?<![\w.]){NUMBER}")
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
            return node.func(*map(self._decimal, node.as_coeff_Mul() if node.is_Mul else node.args))

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


_LONG = 1500
"""Nodes of a derivative."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The formulas that follow from one record, in a form that keeps its digits.

    Attributes:
        f: The function.
        df: Its first derivative by x.
        d2f: Its second derivative by x.
        dparameters: Its derivative by each parameter, by the parameter's name.
        breaks: The places x where f or a derivative jumps, as formulas in the parameters.
        shown: f as its author wrote it.
    """

    f: Any
    df: Any
    d2f: Any
    dparameters: dict[str, Any]
    breaks: tuple[Any, ...]
    shown: Any


@lru_cache(maxsize=64)
def derive(activation: Activation) -> Derived:
    """Derive all that the tabs need from the record's expression."""
    shown = expression_of(activation)
    f, df = slope(activation)
    d2f = _collected(stable(_differentiate(_plain_slope(shown), s.X)))
    return Derived(
        f=_finished(f),
        df=_finished(df),
        d2f=_finished(d2f),
        dparameters={
            parameter.name: _finished(
                _collected(entropies(stable(_differentiate(f, s.symbol(parameter.name)))))
            )
            for parameter in activation.parameters
        },
        breaks=_breaks(f, df, d2f),
        shown=shown,
    )


def _finished(expression: Any) -> Any:
    """The last form before numbers."""
    return in_pieces(parted(expression))


@lru_cache(maxsize=64)
def slope(activation: Activation) -> tuple[Any, Any]:
    """The pair f, f′ alone: how long they are must be known before f″ is asked for."""
    shown = expression_of(activation)
    return stable(shown), _slope(shown)


@lru_cache(maxsize=64)
def _slope(f: Any) -> Any:
    return _collected(_plain_slope(f))


@lru_cache(maxsize=64)
def _plain_slope(f: Any) -> Any:
    """The slope before its roots are collected, which would be longer to differentiate again."""
    return stable(_differentiate(stable(f), s.X))


def _differentiate(expression: Any, variable: Any) -> Any:
    found = expression.diff(variable)
    # Of what is longer than any formula of the literature, taking factors out costs seconds.
    return found if tree_size(found) > _LONG else sympy.factor_terms(found, fraction=False)


def _collected(expression: Any) -> Any:
    found = collected(expression, tree_size(expression))
    return expression if found is expression else sympy.factor_terms(found, fraction=False)


def _breaks(*expressions: Any) -> tuple[Any, ...]:
    found = set()
    for where in set().union(*(expression.atoms(s.Where) for expression in expressions)):
        difference = where.args[0] - where.args[1]
        slope = difference.diff(s.X)
        if slope != 0 and not slope.has(s.X):
            # The zero of a line; 0 from the quotient, so that no x stays in it uncancelled.
            place = -difference.subs(s.X, 0) / slope
            if all(math.isfinite(double(number)) for number in numbers(place, set())):
                found.add(place)
    return tuple(sorted(found, key=sympy.default_sort_key))


def breaks(
    activation: Activation, parameters: Mapping[str, float] | None = None
) -> tuple[float, ...]:
    """The places x at which f, f′ or f″ may jump, in order; those that are no number left out.

    Args:
        activation: A registered record or a typed formula's.
        parameters: Finite values by name; one left out takes its default.
    """
    values = {**activation.defaults(), **(parameters or {})}
    exact = {s.symbol(name): sympy.Float(value) for name, value in values.items()}
    places = (place.subs(exact) for place in derive(activation).breaks)
    found = {float(place) for place in places if place.is_finite}
    return tuple(sorted(place for place in found if math.isfinite(place)))


def _print(expression: Any, activation: Activation) -> str:
    names = {s.symbol(parameter.name): parameter.symbol for parameter in activation.parameters}
    printer = LatexPrinter({"symbol_names": names, "ln_notation": False})
    return str(printer.doprint(expression))


def latex(activation: Activation) -> str:
    """The right-hand side of f(x) = … in LaTeX."""
    return _print(_decimals(activation).shown(derive(activation).shown), activation)


def latex_derivative(activation: Activation) -> str:
    """The right-hand side of f′(x) = … in LaTeX."""
    decimals = _decimals(activation)
    return _print(decimals.shown(_slope(decimals.kept(expression_of(activation)))), activation)


def _decimals(activation: Activation) -> Decimals:
    """The decimals of a typed formula; none of a record's, which names its own."""
    return Decimals.of(activation.name if is_formula(activation.name) else "")
