"""Printing of formulas as JavaScript.

The functions are JavaScript's own, and those of ``assets/js/formulas/special_functions.js``. In a
product the bounded functions come first: they are what vanishes where the other factors grow, and 0
· x · x is 0 where x · x · 0 is not a number once x² has overflowed. Exponentials overflow before x²
does: where one stands in a product, ``times`` keeps 0 · ∞ at 0. This module loads SymPy.
"""

from __future__ import annotations

import re
from typing import Any

import sympy

from swishdemo.activations.analysis.accurate import double, folded, is_held
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.stable import is_root

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
    s.Erf: "erf",
    s.CubeRoot: "Math.cbrt",
    sympy.Abs: "Math.abs",
    sympy.exp: "Math.exp",
    sympy.log: "Math.log",
    sympy.sin: "Math.sin",
    sympy.cos: "Math.cos",
    sympy.atan: "Math.atan",
    sympy.sinh: "Math.sinh",
    sympy.cosh: "Math.cosh",
    sympy.asinh: "Math.asinh",
}
_BOUNDED = (
    *(s.Sigmoid, s.Tanh, s.Sech, s.Softsign, s.NormalCdf, s.NormalPdf, s.Erf),
    *(sympy.sin, sympy.cos, sympy.atan),
)
_WORDS = """
Infinity Math NaN arguments await break case catch class const continue debugger default delete do
else enum eval export extends false finally for function if implements import in instanceof
interface let new null package private protected public return static super switch this throw true
try typeof undefined var void while with yield
"""
WORDS = frozenset(_WORDS.split())
"""What no name may be in a JavaScript module."""
_GROWING = (sympy.exp, sympy.sinh, sympy.cosh)
# What may vanish where a power of x overflows.
_VANISHING = (s.Sigmoid, s.Tanh, s.Sech, s.Softsign, s.NormalCdf, s.NormalPdf, s.Erf, sympy.exp)


def imports() -> tuple[str, ...]:
    """The names that printed formulas may need from ``special_functions.js``."""
    return tuple(
        sorted({"near", "times", *(name for name in FUNCTIONS.values() if "." not in name)})
    )


def body(expression: Any) -> tuple[list[tuple[str, str]], str]:
    """The expression as named intermediate values, each used twice or more, and a result."""
    replacements, (result,) = sympy.cse(
        [folded(expression)], symbols=sympy.numbered_symbols("t"), optimizations=None
    )
    writer = _Writer(dict(replacements))
    return [(name.name, writer.text(value)) for name, value in replacements], writer.text(result)


def inline(expression: Any) -> str:
    """The expression as one piece of JavaScript."""
    return unwrapped(_Writer({}).text(folded(expression)))


def local(name: str) -> str:
    """A parameter's name in the text: its own, unless that means something else there."""
    taken = name in WORDS or name in imports() or re.fullmatch(r"t\d+", name)
    return f"${name}" if taken else name


def overflows(expression: Any) -> bool:
    """Whether a power of x may overflow in it where what it stands beside vanishes.

    So it is with a product of what vanishes and of what grows, and with roots of sums, by which
    an algebraic function's derivatives are divided.
    """
    if any(is_root(power) for power in expression.atoms(sympy.Pow)):
        return True
    for product in expression.atoms(sympy.Mul):
        bases = [factor.base if factor.is_Pow else factor for factor in product.args]
        vanishing = [isinstance(base, _VANISHING) for base in bases]
        growing = [base.has(s.X) and not one for base, one in zip(bases, vanishing, strict=True)]
        if any(vanishing) and any(growing):
            return True
    return False


def number(value: Any) -> str:
    """A number as its shortest decimal form that reads back as the same double."""
    text = repr(double(value))
    return text.removesuffix(".0")


def unwrapped(text: str) -> str:
    """The text without one pair of brackets around all of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if position == len(text) - 1 else text
    return text


class _Writer:
    """Writes expressions in which the names of ``meanings`` stand for others."""

    def __init__(self, meanings: dict[Any, Any]) -> None:
        self._meanings = meanings

    def text(self, node: Any) -> str:
        if node == s.UNDEFINED:
            return "NaN"
        if not node.free_symbols:
            return number(node)
        if node.is_Symbol:
            # The names of intermediate values are no real symbols.
            return local(node.name) if node.is_real else str(node.name)
        if node.is_Add:
            return self._sum(node)
        if node.is_Mul:
            return self._product(node)
        if node.is_Pow:
            return self._power(node)
        if isinstance(node, s.Where):
            left, right, above, otherwise = map(self.text, node.args)
            return f"({left} > {right} ? {above} : {otherwise})"
        return f"{FUNCTIONS[node.func]}({unwrapped(self.text(node.args[0]))})"

    def _sum(self, node: Any) -> str:
        terms = [self.text(term) for term in node.as_ordered_terms()]
        joined = terms[0] + "".join(
            f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in terms[1:]
        )
        return f"({joined})"

    def _product(self, node: Any) -> str:
        numeric, rest = node.as_independent(*node.free_symbols, as_Add=False)
        first: list[str] = []  # may be 0 where the others overflow
        growing: list[str] = []
        others: list[str] = []
        denominator: list[str] = []
        overflows = False
        for factor in sorted(sympy.Mul.make_args(rest), key=sympy.default_sort_key):
            base = self._meaning(factor.base if factor.is_Pow else factor)
            if factor.is_Pow and factor.exp.is_Number and factor.exp.is_negative:
                denominator.append(self._divisor(1 / factor))
            elif isinstance(base, _BOUNDED):
                first.append(self.text(factor))
            elif isinstance(base, _GROWING):
                growing.append(self.text(factor))
            else:
                others.append(self.text(factor))
                overflows |= self._overflows(base) or (factor.is_Pow and factor.exp != 2)
        sign = "-" if numeric.is_negative else ""
        if abs(numeric) != 1 or not (first or growing or others):
            whole = sympy.Integer(numeric.q) if numeric.is_Rational else sympy.S.One
            if numeric.is_Rational and abs(numeric.p) == 1 and is_held(whole):
                denominator.append(number(whole))
            else:
                others.insert(0, number(abs(numeric)))
        guarded = growing and (first or len(growing) > 1 or overflows)
        if not (guarded or (first and overflows)):
            return sign + _quotient([*first, *growing, *others], denominator)
        text = _quotient(others, denominator)
        for factor in reversed([*([" * ".join(first)] if first else []), *growing]):
            text = f"times({factor}, {text})" if text else factor
        return sign + text

    def _meaning(self, node: Any) -> Any:
        while node in self._meanings:
            node = self._meanings[node]
        return node

    def _overflows(self, node: Any) -> bool:
        """Whether an exponential stands somewhere in it."""
        return isinstance(node, _GROWING) or any(
            self._overflows(self._meaning(part)) for part in node.args
        )

    def _divisor(self, node: Any) -> str:
        text = self.text(node)
        squared = node.is_Pow and node.exp == 2 and node.base.is_Symbol  # written as a product
        return f"({text})" if node.is_Mul or squared else text

    def _power(self, node: Any) -> str:
        base, exponent = unwrapped(self.text(node.base)), node.exp
        if not exponent.is_Number:
            return f"Math.pow({base}, {unwrapped(self.text(exponent))})"
        if exponent.is_negative:
            return f"1 / {self._divisor(1 / node)}"
        if exponent == sympy.Rational(1, 2):
            return f"Math.sqrt({base})"
        if exponent == 2 and node.base.is_Symbol:
            return f"{base} * {base}"
        return f"Math.pow({base}, {number(exponent)})"


def _quotient(numerator: list[str], denominator: list[str]) -> str:
    if numerator or denominator:
        return " / ".join([" * ".join(numerator) or "1", *denominator])
    return ""
