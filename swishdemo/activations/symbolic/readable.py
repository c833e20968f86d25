"""A formula as a person would write it in a program: named parts, safe branches, short forms.

In a library that works on whole arrays, both branches of a choice are computed, and automatic
differentiation multiplies the gradient of the one that is not taken by 0: if that gradient is
infinite, the result is no number. So what only holds on one side of a break is given an x that lies
on this side everywhere (https://docs.jax.dev/en/latest/faq.html, "gradients contain NaN where using
where"). This module loads SymPy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.printing import Printer, Relu


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


# What may overflow, or is not defined everywhere: its gradient may be infinite off its own branch.
_GROWING = (sympy.exp, s.Expm1, sympy.sinh, sympy.cosh)
_PARTIAL = (sympy.log, s.Log1p)
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
_SATURATING = (s.Tanh, s.Sigmoid, s.Erf, s.NormalCdf, s.Sech, s.NormalPdf)
# e^7 is 1097, at which all of them are constant in double precision, and half precision holds it.
_SATURATED = 7


def readable(
    expression: Any, taken: Collection[str], printer: Printer, both_branches: bool = True
) -> Readable:
    """The expression in steps.

    Args:
        expression: In x and parameters.
        taken: Names that no step may have.
        printer: By which it will be printed: what is too long for a line is taken apart.
        both_branches: Whether the language computes both branches of a choice.
    """
    names = _Names(taken)
    expression = shortened(expression)
    guards: list[tuple[str, Any]] = []
    held = False
    if both_branches:
        plain, expression = expression, _bottom_up(expression, _held)
        held = plain != expression
        expression = _Guard(names, guards).visit(expression)
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
    return Readable(tuple(guards), tuple(steps), result, held)


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


def _bottom_up(expression: Any, rewrite: Callable[[Any], Any]) -> Any:
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if not node.args:
            return node
        if node not in done:
            arguments = tuple(map(visit, node.args))
            done[node] = rewrite(node if arguments == node.args else node.func(*arguments))
        return done[node]

    return visit(expression)


def shortened(expression: Any) -> Any:
    """|z| and max(z, 0) by their names; z / (1 + |z|) written out."""

    def rewrite(node: Any) -> Any:
        if isinstance(node, s.Softsign):
            (z,) = node.args
            return z / (1 + sympy.Abs(z))
        if isinstance(node, s.Where):
            left, right, above, otherwise = node.args
            z = left - right
            if above == z and otherwise == -z:
                return sympy.Abs(z)
            if above == z and otherwise == 0:
                return Relu(z)
        return node

    return _bottom_up(expression, rewrite)


def _held(node: Any) -> Any:
    """Saturating functions of ±c·e^u, c ≥ 1, with u held where they are constant."""
    if not isinstance(node, (*_SATURATING, sympy.exp)):
        return node
    size, inner = node.args[0].as_coeff_Mul()
    if not isinstance(inner, sympy.exp) or s.X not in inner.free_symbols or abs(size) < 1:
        return node
    if isinstance(node, sympy.exp) and size > 0:
        return node
    (u,) = inner.args
    return node.func(size * sympy.exp(s.Where(_SATURATED, u, u, _SATURATED)))


class _Guard:
    """Gives the branches of choices by x an x that lies on their side everywhere."""

    def __init__(self, names: _Names, guards: list[tuple[str, Any]]) -> None:
        self._names = names
        self._guards = guards
        self._known: dict[Any, Any] = {}

    def visit(self, expression: Any) -> Any:
        """The expression with guarded branches; the guards are listed on the way."""
        return _bottom_up(expression, self._rewrite)

    def _rewrite(self, node: Any) -> Any:
        if not isinstance(node, s.Where):
            return node
        left, right, above, otherwise = node.args
        if left == s.X and s.X not in right.free_symbols:
            sides = (right, "right"), (right, "left")
        elif right == s.X and s.X not in left.free_symbols:
            sides = (left, "left"), (left, "right")
        else:
            return node
        return s.Where(
            left,
            right,
            self._branch(above, node, *sides[0], holds=True),
            self._branch(otherwise, node, *sides[1], holds=False),
        )

    def _branch(self, branch: Any, node: Any, edge: Any, side: str, holds: bool) -> Any:
        partial = _partial(branch)
        if not partial and not branch.has(*_GROWING):
            return branch
        # Off the edge where the branch may have no value on it.
        safe = edge + (0 if not partial else 1 if side == "right" else -1)
        left, right = node.args[:2]
        formula = s.Where(left, right, *((s.X, safe) if holds else (safe, s.X)))
        if formula not in self._known:
            name = self._names.new(side)
            self._known[formula] = s.symbol(name)
            self._guards.append((name, formula))
        return branch.xreplace({s.X: self._known[formula]})


def _partial(branch: Any) -> bool:
    """Whether a branch may be infinite, or have an infinite slope, at a finite x."""
    powers = (each for each in branch.atoms(sympy.Pow) if s.X in each.free_symbols)
    return branch.has(*_PARTIAL) or any(
        not (each.exp.is_Integer and each.exp > 0) for each in powers if not each.has(sympy.exp)
    )
