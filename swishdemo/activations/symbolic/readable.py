"""A formula as a person would write it in a program: named parts, safe branches, short forms.

This module loads SymPy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.constants import folded
from swishdemo.activations.symbolic.guards import Guard
from swishdemo.activations.symbolic.printing import Absolute, Printer, Relu
from swishdemo.activations.symbolic.rewriting import bottom_up


@dataclass(frozen=True, slots=True)
class Readable:
    """An expression in steps.

    Attributes:
        guards: Names of an x that is held on one side of a break, with its formula.
        steps: Names of intermediate values, each used twice or more, with their formulas.
        result: The formula of the result.
        held: Whether the argument of an exponential is held where it changes nothing.
    """

    guards: tuple[tuple[str, Any], ...]
    steps: tuple[tuple[str, Any], ...]
    result: Any
    held: bool

    def shaped(self) -> frozenset[str]:
        """The names that have the shape of x: its own, and those of what follows it."""
        found = {"x"}
        for name, value in (*self.guards, *self.steps):
            if not found.isdisjoint(symbol.name for symbol in value.free_symbols):
                found.add(name)
        return frozenset(found)


_LONGEST, _SHORTEST = 88, 16
"""Characters of a line, and of what is worth a name of its own."""
_LETTERS = {
    s.Sigmoid: "s",
    s.Tanh: "t",
    s.Softplus: "p",
    s.NormalCdf: "p",
    s.Sech: "h",
    sympy.exp: "e",
    s.Expm1: "e",
}


# What is constant for large arguments: its slope is 0 there, and 0 times an infinite e^u no number.
_VANISHING = (s.Sech, s.NormalPdf)
_SATURATING = (s.Tanh, s.Sigmoid, s.Erf, s.NormalCdf, *_VANISHING)
# e^7 is 1097, at which all of them are constant in double precision, and half precision holds it.
_SATURATED = 7


def readable(
    expression: Any,
    taken: Collection[str],
    printer: Printer,
    values: Mapping[str, float],
    both_branches: bool = True,
) -> Readable:
    """The expression in steps.

    Args:
        expression: In x and parameters.
        taken: Names that no step may have.
        printer: By which it will be printed: what is too long for a line is taken apart.
        values: The parameters' values.
        both_branches: Whether the language computes both branches of a choice.
    """
    names = _Names(taken)
    guards: list[tuple[str, Any]] = []
    plain = folded(expression)
    expression = bottom_up(plain, _held)
    held = plain != expression
    if both_branches:
        expression = Guard(names.new, guards, values).visit(expression)
    expression = shortened(expression)
    found, (result,) = sympy.cse(
        [expression], symbols=sympy.numbered_symbols("_step"), optimizations=None
    )
    renamed: dict[Any, Any] = {}
    steps: list[tuple[str, Any]] = []
    for symbol, value in found:
        value = value.xreplace(renamed)
        if _negated_symbol(value):
            renamed[symbol] = value  # no name for −z
            continue
        value = _folded(value, names, steps, printer)
        name = names.new(_LETTERS.get(value.func, "z"))
        renamed[symbol] = s.symbol(name)
        steps.append((name, value))
    result = _folded(result.xreplace(renamed), names, steps, printer)
    shown = tuple((name, shortened(guard)) for name, guard in guards)
    return Readable(shown, tuple(steps), result, held)


def _folded(value: Any, names: _Names, steps: list[tuple[str, Any]], printer: Printer) -> Any:
    """The value with its largest parts named, until it fits on a line."""

    def length(part: Any) -> int:
        return len(printer.text(part))

    while length(value) > _LONGEST:
        inner = (each for each in sympy.preorder_traversal(value) if each != value)
        parts = [each for each in inner if _SHORTEST < length(each) <= _LONGEST]
        if not parts:
            break
        part = max(parts, key=length)
        name = names.new(_LETTERS.get(part.func, "z"))
        steps.append((name, part))
        value = value.xreplace({part: s.symbol(name)})
    return value


class _Names:
    """Gives names that are not taken: z, z2, z3 and so on."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)

    def new(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}{count}"
        self._taken.add(name)
        return name


def _negated_symbol(value: Any) -> bool:
    return bool(value.is_Mul and len(value.args) == 2 and value.args[0] == -1) and bool(
        value.args[1].is_Symbol
    )


def shortened(expression: Any) -> Any:
    """|z| and max(z, 0) by their names; z / (1 + |z|) written out."""

    def rewrite(node: Any) -> Any:
        if isinstance(node, sympy.Abs):
            return Absolute(*node.args)
        if isinstance(node, s.Softsign):
            (z,) = node.args
            return z / (1 + Absolute(z))
        if isinstance(node, s.Where):
            left, right, above, otherwise = node.args
            z = left - right
            if above == z and otherwise == -z:
                return Absolute(z)
            if above == z and otherwise == 0:
                return Relu(z)
        return node

    return bottom_up(expression, rewrite)


def _held(node: Any) -> Any:
    """Saturating functions of ±c·e^u, c ≥ 1, with u held where they are constant."""
    if node.is_Mul:
        return _held_product(node)
    if not isinstance(node, (*_SATURATING, sympy.exp)):
        return node
    size, inner = node.args[0].as_coeff_Mul()
    if not isinstance(inner, sympy.exp) or s.X not in inner.free_symbols or abs(size) < 1:
        return node
    if isinstance(node, sympy.exp) and size > 0:
        return node
    return node.func(size * sympy.exp(_hold(inner.args[0])))


def _hold(u: Any) -> Any:
    return s.Where(_SATURATED, u, u, _SATURATED)


def _held_product(node: Any) -> Any:
    """A product of e^u and of what vanishes as u grows, with u held in both: 0 · ∞ is no number."""
    held = set()
    for factor in node.args:
        base = factor.base if factor.is_Pow else factor
        if not isinstance(base, (*_SATURATING, sympy.exp)):
            continue
        size, inner = base.args[0].as_coeff_Mul()
        vanishes = isinstance(base, _VANISHING) or (
            size < 0 and not isinstance(base, (s.Tanh, s.Erf))
        )
        if vanishes and isinstance(inner, sympy.exp) and isinstance(inner.args[0], s.Where):
            held.add(inner.args[0])
    known = {u.args[1]: u for u in held if u.args[0] == _SATURATED}

    def rewritten(factor: Any) -> Any:
        if not isinstance(factor, sympy.exp):
            return factor
        number, u = factor.args[0].as_coeff_Mul()
        return sympy.exp(number * known[u]) if u in known and number > 0 else factor

    return node.func(*map(rewritten, node.args)) if known else node
