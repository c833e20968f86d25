"""Printing of formulas as source code: one printer, and a dialect for each language.

Brackets stand where the language needs them and nowhere else. This module loads SymPy. Where a
language lacks a function that keeps its digits, a few lines beside the formula give it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from swishdemo.activations.analysis.accurate import double, is_held
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.tape import FUNCTIONS

# How tightly a text holds together: a part that is looser than its place asks for gets brackets.
CONDITION, SUM, PRODUCT, FACTOR, POWER, ATOM = range(6)
_BOUNDED = (s.Sigmoid, s.Tanh, s.Sech, s.Softsign, s.NormalCdf, s.NormalPdf)


class Relu(sympy.Function):  # type: ignore[misc]
    """The larger of z and 0: every library's own has the slope 0 at 0, as ours."""

    nargs = 1


class Absolute(sympy.Function):  # type: ignore[misc]
    """The size of z; SymPy's own makes e^(re z) of |e^z|, which no printer knows."""

    nargs = 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one language writes formulas.

    Attributes:
        functions: What a function's call looks like, ``{}`` for its argument.
        where: A choice by ``{test}`` between ``{above}`` and ``{otherwise}``.
        where_binds: How tightly that holds together.
        root: The square root of ``{}``.
        power: Base to an exponent, ``{base}`` and ``{exponent}``.
        scalar_power: The same of a number that may be below 0, of which the language would make a
            complex one; empty where it would not.
        square: The square of a name, where a product is faster than a power; else empty.
        times: The sign of a product.
        divided: The sign of a quotient.
        minus: The sign of a number below 0.
        negated_power: Whether ``-a**b`` may be written without brackets.
        undefined: What is no number.
        constant: A value without x, in x's shape and type.
        otherwise: The second of two values without x, between which a choice is made by x.
        exact: Whether √2, π and named constants stay what they are, or become decimals.
        branches: Why a library that computes both branches of a choice must not meet an overflow;
            empty for a language that computes one.
    """

    functions: Mapping[Any, str]
    where: str
    where_binds: int = ATOM
    root: str = "sqrt({})"
    power: str = "{base}**{exponent}"
    scalar_power: str = ""
    square: str = ""
    times: str = " * "
    divided: str = " / "
    minus: str = "-"
    negated_power: bool = False
    undefined: str = "NaN"
    constant: str = "{}"
    otherwise: str = "{}"
    exact: bool = False
    branches: str = ""


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints expressions in a dialect.

    Args:
        dialect: The language.
        names: What each symbol is called in it, by the symbol's own name.
        shaped: The symbols, by their own names, that have the shape of x.
    """

    dialect: Dialect
    names: Mapping[str, str] = field(default_factory=dict)
    shaped: frozenset[str] = frozenset({"x"})

    def value(self, node: Any) -> str:
        """The expression as a function's result, in the shape of x whatever it is."""
        text = self.text(node)
        return text if self._is_shaped(node) else self.dialect.constant.format(_decimal(text))

    def text(self, node: Any, place: int = CONDITION) -> str:
        """The expression, in brackets where it is looser than its ``place`` asks for."""
        text, binds = self._print(node)
        return text if binds >= place else f"({text})"

    def _print(self, node: Any) -> tuple[str, int]:
        if node == s.UNDEFINED:
            return self.dialect.undefined, ATOM
        if not node.free_symbols and (node.is_Atom or not self.dialect.exact):
            return self._number(node)
        if node.is_Symbol:
            return self.names.get(node.name, node.name), ATOM
        if node.is_Add:
            return self._sum(node), SUM
        if node.is_Mul:
            return self._product(node), PRODUCT
        if node.is_Pow:
            return self._power(node)
        if isinstance(node, s.Where):
            return self._where(node), self.dialect.where_binds
        return self.dialect.functions[node.func].format(self.text(node.args[0])), ATOM

    def _number(self, value: Any) -> tuple[str, int]:
        """The shortest decimal that reads back as the same double, or a shorter fraction."""
        if self.dialect.exact and not value.is_Rational:
            symbol = getattr(value, "symbol", str(value).lower()).removeprefix("\\")
            return self.names.get(symbol, symbol), ATOM
        text = repr(double(value)).removesuffix(".0")
        if value.is_Rational and not value.is_Integer and len(text) > 8:
            fraction = f"{abs(value.p)}{self.dialect.divided}{value.q}"
            if len(fraction) < len(text):
                return (self.dialect.minus if value < 0 else "") + fraction, PRODUCT
        if text.startswith("-"):
            return self.dialect.minus + text[1:], SUM
        return text, ATOM

    def _sum(self, node: Any) -> str:
        first, *rest = sorted(node.as_ordered_terms(), key=_term)
        text = self.text(first, SUM)
        for term in rest:
            sign = self.dialect.minus if _negative(term) else "+"
            text += f" {sign} {self.text(-term if _negative(term) else term, PRODUCT)}"
        return text

    def _product(self, node: Any) -> str:
        number, rest = node.as_coeff_Mul()
        if not self.dialect.exact:
            number, rest = node.as_independent(*node.free_symbols, as_Add=False)
        above: list[Any] = []
        below: list[Any] = []
        for factor in _in_order(sympy.Mul.make_args(rest)):
            inverted = is_divisor(factor)
            (below if inverted else above).append(1 / factor if inverted else factor)
        size = abs(number)
        inverse = sympy.Integer(size.q) if size.is_Rational and size.p == 1 else sympy.S.One
        if inverse != 1 and is_held(inverse):
            below.append(inverse)
        elif size != 1 or not above:
            above.insert(0, size)
        above = above or [sympy.Integer(1)]
        negative = number.is_negative
        place = PRODUCT if self.dialect.negated_power or not negative else ATOM
        first = self.text(above[0], place)
        text = self.dialect.times.join([first, *(self.text(each, FACTOR) for each in above[1:])])
        if below:
            under = self.dialect.times.join(self.text(each, POWER) for each in below)
            text += self.dialect.divided + (under if len(below) == 1 else f"({under})")
        return (self.dialect.minus if negative else "") + text

    def _power(self, node: Any) -> tuple[str, int]:
        base, exponent = node.base, node.exp
        if exponent == sympy.Rational(1, 2):
            return self.dialect.root.format(self.text(base)), ATOM
        if exponent == 2 and base.is_Symbol and self.dialect.square:
            return self.dialect.square.format(self.text(base)), FACTOR
        if is_divisor(node):
            return f"1{self.dialect.divided}{self.text(1 / node, POWER)}", PRODUCT
        parts = {"base": self.text(base, ATOM), "exponent": self.text(exponent, ATOM)}
        plain = exponent.is_integer or base.is_nonnegative or self._is_shaped(node)
        if self.dialect.scalar_power and not plain:
            parts = {"base": self.text(base), "exponent": self.text(exponent)}
            return self.dialect.scalar_power.format(**parts), ATOM
        written = self.dialect.power.format(**parts)
        if "**" in written and not all(re.fullmatch(r"[\w.]+", part) for part in parts.values()):
            written = " ** ".join(parts.values())
        return written, POWER

    def _where(self, node: Any) -> str:
        left, right, above, otherwise = node.args
        values = self.text(above, SUM), self.text(otherwise)
        plain = not (self._is_shaped(above) or self._is_shaped(otherwise))
        if plain and self.dialect.branches:
            first, second = map(_decimal, values)
            values = first, self.dialect.otherwise.format(second)
        sides = [self.text(left, SUM), self.text(right, SUM)]
        # x < 0 is read more easily than 0 > x.
        turned = self._is_shaped(right) and not self._is_shaped(left)
        test = " < ".join(reversed(sides)) if turned else " > ".join(sides)
        return self.dialect.where.format(test=test, above=values[0], otherwise=values[1])

    def _is_shaped(self, node: Any) -> bool:
        return not self.shaped.isdisjoint(symbol.name for symbol in node.free_symbols)


def is_divisor(factor: Any) -> bool:
    """Whether a factor is what the others are divided by."""
    return bool(factor.is_Pow and factor.exp.is_Number and factor.exp.is_negative)


def _decimal(text: str) -> str:
    """A whole number as a decimal, for an array of it to hold such."""
    return f"{text}.0" if re.fullmatch(r"-?\d+", text) else text


def _term(term: Any) -> tuple[bool, bool]:
    """The order of a sum: x + 3, 1 − x, 1 + x·σ(x)."""
    return _negative(term), term.has(sympy.Function)


def _negative(term: Any) -> bool:
    """Whether a term of a sum is written with a minus."""
    return bool(term.as_coeff_Mul()[0].is_negative)


def _in_order(factors: tuple[Any, ...]) -> list[Any]:
    """Factors as they are read: parameters, x, functions, sums.

    Where a higher power stands beside bounded functions, these come first: they are what vanishes
    where the power overflows, and 0 · x · x is 0 where x · x · 0 is no number.
    """
    overflows = any(each.is_Pow and each.exp.is_Number and each.exp > 1 for each in factors)

    def key(factor: Any) -> tuple[bool, int, Any]:
        base = factor.base if factor.is_Pow else factor
        bounded = isinstance(base, _BOUNDED)
        rank = 3 if base.is_Add else 2 if base.has(sympy.Function) else int(base.has(s.X))
        return overflows and not bounded, rank, sympy.default_sort_key(factor)

    return sorted(factors, key=key)


def _plainly(prefix: str, **other_names: str) -> dict[Any, str]:
    """All functions under the names of C, where none is given; what a library lacks is put over."""
    names = {**FUNCTIONS, Absolute: "abs", sympy.Abs: "abs"}
    return {
        function: f"{prefix}{other_names.get(name, name)}({{}})" for function, name in names.items()
    }


_HELPERS = {s.Sech: "sech({})", s.NormalPdf: "normal_pdf({})"}


def _arrays(library: str, branches: str, functions: Mapping[Any, str]) -> Dialect:
    """The dialect of NumPy and its like, with their own ``functions``."""
    return Dialect(
        functions={
            **_plainly(f"{library}.", atan="arctan", asinh="arcsinh"),
            **_HELPERS,
            s.NormalCdf: "special.ndtr({})",
            s.Erf: "special.erf({})",
            **functions,
        },
        where=f"{library}.where({{test}}, {{above}}, {{otherwise}})",
        root=f"{library}.sqrt({{}})",
        undefined=f"{library}.nan",
        scalar_power=f"{library}.power({{base}}, {{exponent}})",
        constant=f"{library}.full({library}.shape(x), {{}})",
        branches=branches,
    )


_FINITE_SLOPES = "An infinite slope in the branch not taken would make the gradient NaN."

NUMPY = _arrays(
    "np",
    "NumPy computes both branches: the one not taken must not overflow.",
    {
        s.Sigmoid: "special.expit({})",
        s.Softplus: "np.logaddexp(0, {})",
        Relu: "np.maximum({}, 0)",
    },
)

JAX = _arrays(
    "jnp",
    _FINITE_SLOPES,
    {
        s.Sigmoid: "jax.nn.sigmoid({})",
        s.Softplus: "jax.nn.softplus({})",
        Relu: "jax.nn.relu({})",
    },
)

PYTORCH = Dialect(
    functions={
        **_plainly("torch."),
        **_HELPERS,
        s.CubeRoot: "cube_root({})",
        s.Sigmoid: "torch.sigmoid({})",
        # Its own threshold, 20, is too early for float64.
        s.Softplus: "F.softplus({}, threshold=40)",
        s.NormalCdf: "normal_cdf({})",
        s.Erf: "torch.erf({})",
        Relu: "torch.relu({})",
    },
    where="torch.where({test}, {above}, {otherwise})",
    root="torch.sqrt({})",
    undefined="math.nan",
    constant="torch.zeros_like(x) + {}",
    otherwise="torch.zeros_like(x) + {}",
    branches=_FINITE_SLOPES,
)

JAVASCRIPT = Dialect(
    functions={
        **_plainly("Math."),
        # Those of `special_functions.js`.
        s.Sigmoid: "sigmoid({})",
        s.Softplus: "softplus({})",
        s.Sech: "sech({})",
        s.Softsign: "softsign({})",
        s.NormalCdf: "normalCdf({})",
        s.NormalPdf: "normalPdf({})",
        s.Erf: "erf({})",
        Relu: "Math.max({}, 0)",
    },
    where="{test} ? {above} : {otherwise}",
    where_binds=CONDITION,
    root="Math.sqrt({})",
    power="{base} ** {exponent}",
    square="{0} * {0}",
)

MATHEMATICS = Dialect(
    functions={
        **_plainly("", abs="abs", atan="arctan", asinh="arsinh"),
        s.Sigmoid: "σ({})",
        s.Softplus: "softplus({})",
        s.Sech: "sech({})",
        s.NormalCdf: "Φ({})",
        s.NormalPdf: "φ({})",
        s.Erf: "erf({})",
        s.Expm1: "(exp({}) − 1)",
        s.Log1p: "log(1 + {})",
        s.CubeRoot: "∛({})",
        Relu: "max({}, 0)",
    },
    where="{above} if {test} else {otherwise}",
    where_binds=CONDITION,
    root="√({})",
    undefined="undefined",
    power="{base}^{exponent}",
    times="·",
    divided="/",
    minus="−",
    negated_power=True,
    exact=True,
)

HELPERS: dict[str, str] = {
    "sech": '''\
def sech(z):
    """1 / cosh(z), without overflow."""
    e = {library}.exp(-{library}.abs(z))
    return 2 * e / (1 + e**2)
''',
    "normal_cdf": '''\
def normal_cdf(z):
    """The standard normal distribution function; torch.special.ndtr loses its left tail."""
    return {library}.erfc(-z / math.sqrt(2)) / 2
''',
    "cube_root": '''\
def cube_root(z):
    """The real cube root."""
    return {library}.sign(z) * {library}.abs(z) ** (1 / 3)
''',
    "normal_pdf": '''\
def normal_pdf(z):
    """The standard normal density."""
    return {library}.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
''',
}
"""The functions that the libraries of Python lack."""
