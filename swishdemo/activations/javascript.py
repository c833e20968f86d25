"""Printing of formulas as JavaScript.

The functions are those of ``assets/js/special.js``. In a product the bounded functions come first:
they are what vanishes where the other factors grow, and 0 · x · x is 0 where x · x · 0 is not a
number once x² has overflowed. This module loads SymPy.
"""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations import symbols as s

FUNCTIONS: dict[Any, str] = {
    s.Sigmoid: "sigmoid",
    s.Softplus: "softplus",
    s.Tanh: "Math.tanh",
    s.Sech: "sech",
    s.Softsign: "softsign",
    s.NormalCdf: "normalCdf",
    s.NormalPdf: "normalPdf",
    s.Expm1: "Math.expm1",
    s.Log1p: "Math.log1p",
    sympy.exp: "Math.exp",
    sympy.log: "Math.log",
}
_BOUNDED = (s.Sigmoid, s.Tanh, s.Sech, s.Softsign, s.NormalCdf, s.NormalPdf)


def imports() -> tuple[str, ...]:
    """The names that printed formulas may need from ``special.js``."""
    return tuple(sorted(name for name in FUNCTIONS.values() if "." not in name))


def body(expression: Any) -> tuple[list[tuple[str, str]], str]:
    """The expression as named intermediate values, each used twice or more, and a result."""
    replacements, (result,) = sympy.cse(
        [expression], symbols=sympy.numbered_symbols("t"), optimizations=None
    )
    return [(name.name, _print(value)) for name, value in replacements], _print(result)


def vanishes(expression: Any) -> bool:
    """Whether the expression has a function that may vanish where a power of x overflows."""
    return bool(expression.has(*_BOUNDED))


def number(value: Any) -> str:
    """A number as its shortest decimal form that reads back as the same double."""
    text = repr(float(sympy.N(value, 40)))
    return text.removesuffix(".0")


def _print(node: Any) -> str:
    if not node.free_symbols:
        return number(node)
    if node.is_Symbol:
        return str(node.name)
    if node.is_Add:
        return _sum(node)
    if node.is_Mul:
        return _product(node)
    if node.is_Pow:
        return _power(node)
    if isinstance(node, s.Where):
        left, right, above, otherwise = map(_print, node.args)
        return f"({left} > {right} ? {above} : {otherwise})"
    return f"{FUNCTIONS[node.func]}({_print(node.args[0])})"


def _sum(node: Any) -> str:
    terms = [_print(term) for term in node.as_ordered_terms()]
    joined = terms[0] + "".join(
        f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in terms[1:]
    )
    return f"({joined})"


def _product(node: Any) -> str:
    numeric, rest = node.as_independent(*node.free_symbols, as_Add=False)
    numerator: list[Any] = []
    denominator: list[Any] = []
    for factor in sorted(sympy.Mul.make_args(rest), key=_vanishing_first):
        inverted = factor.is_Pow and factor.exp.is_Number and factor.exp.is_negative
        (denominator if inverted else numerator).append(1 / factor if inverted else factor)
    sign = "-" if numeric.is_negative else ""
    printed = [_print(factor) for factor in numerator]
    if abs(numeric) != 1 or not printed:
        if numeric.is_Rational and abs(numeric.p) == 1:
            denominator.append(sympy.Integer(numeric.q))
            printed = printed or ["1"]
        else:
            printed.insert(_bounded_count(numerator), number(abs(numeric)))
    text = sign + " * ".join(printed)
    for factor in denominator:
        text += f" / {_print(factor)}"
    return text


def _bounded_count(factors: list[Any]) -> int:
    return sum(not _vanishing_first(factor)[0] for factor in factors)


def _vanishing_first(factor: Any) -> tuple[bool, Any]:
    base = factor.base if factor.is_Pow else factor
    return not isinstance(base, _BOUNDED), sympy.default_sort_key(factor)


def _power(node: Any) -> str:
    base, exponent = _print(node.base), node.exp
    if not exponent.is_Number:
        return f"Math.pow({base}, {_print(exponent)})"
    if exponent == -1:
        return f"1 / {base}"
    if exponent == 2 and node.base.is_Symbol:
        return f"{base} * {base}"
    return f"Math.pow({base}, {number(exponent)})"
