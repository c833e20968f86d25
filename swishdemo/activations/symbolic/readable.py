"""A formula as a person would write it in a program: named parts, safe branches, short forms.

This module loads SymPy. A branch is safe if its gradient is finite wherever it is not taken: in a
library that works on whole arrays, both branches of a choice are computed, and automatic
differentiation multiplies the gradient of the one that is not taken by 0: if that gradient is
infinite, the result is no number. So what only holds where some conditions do is given an x for
which they hold everywhere (https://docs.jax.dev/en/latest/faq.html, "gradients contain NaN where
using where").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.analysis.accurate import folded, single
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.printing import Absolute, Printer, Relu
from swishdemo.activations.symbolic.stable import bottom_up, in_pieces
from swishdemo.activations.symbolic.tape import record

# What may overflow, or is not defined everywhere: its gradient may be infinite off its own branch.
_GROWING = (sympy.exp, s.Expm1, sympy.sinh, sympy.cosh)
_PARTIAL = (sympy.log, s.Log1p, s.CubeRoot)
# From this power of x on, half precision cannot hold the slope of what a network computes.
_HIGH = 3
# Among these is looked for one at which conditions hold: the first that does is taken.
_TRIED = np.array([0.0, 1, -1, 0.5, -0.5, 2, -2, 1.5, -1.5, 3, -3, 0.25, -0.25, 5, -5, 0.1, -0.1])
_LARGEST = 1e4

Condition = tuple[Any, Any, bool]
"""The two sides of left > right, and whether that is to hold or not."""


class Guard:
    """Gives the branches of choices an x for which their conditions hold everywhere.

    Args:
        named: Gives a name that is not taken.
        guards: Where the names and their formulas are written.
        values: The parameters' values, at which numbers are looked for.
    """

    def __init__(
        self,
        named: Callable[[str], str],
        guards: list[tuple[str, Any]],
        values: Mapping[str, float],
    ) -> None:
        self._named = named
        self._guards = guards
        self._values = values
        self._known: dict[Any, Any] = {}

    def visit(self, node: Any, path: tuple[Condition, ...] = (), around: Any = s.X) -> Any:
        """The expression with guarded branches; the guards are listed on the way.

        Args:
            node: The expression, or a part of it.
            path: The conditions under which the part counts.
            around: The x of what it stands in.
        """
        x = s.X
        if path and not isinstance(node, s.Where):
            x = self._guarded(node, path)
            if x == s.X:
                node = self._argument_guarded(node, path[-1])
        return self._rebuilt(node, path, around if x == s.X else x)

    def _rebuilt(self, node: Any, path: tuple[Condition, ...], x: Any) -> Any:
        """The part with ``x`` for x, but where a choice has a guard of its own."""
        if node == s.X:
            return x
        if not node.args:
            return node
        if isinstance(node, s.Where):
            left, right, above, otherwise = node.args
            return s.Where(
                left.xreplace({s.X: x}),
                right.xreplace({s.X: x}),
                self.visit(above, (*path, (left, right, True)), x),
                self.visit(otherwise, (*path, (left, right, False)), x),
            )
        arguments = tuple(self._rebuilt(each, path, x) for each in node.args)
        return node if arguments == node.args else node.func(*arguments)

    def _guarded(self, branch: Any, path: tuple[Condition, ...]) -> Any:
        partial, growing = _risks(branch)
        if not (partial or growing):
            return s.X
        found = _linear(path, partial) or self._sought(branch, path)
        if found is None:
            return s.X
        name, safe = found
        formula = s.X
        for left, right, holds in reversed(path):
            formula = s.Where(left, right, *((formula, safe) if holds else (safe, formula)))
        if formula == s.X:
            return s.X
        if formula not in self._known:
            self._known[formula] = s.symbol(self._named(name))
            self._guards.append((self._known[formula].name, formula))
        return self._known[formula]

    def _argument_guarded(self, branch: Any, condition: Condition) -> Any:
        """The branch with what is compared with a number held beyond that, as expm1(u) for u ≤ 0.

        For what has no place x at which it is small, since u is large everywhere.
        """
        left, right, holds = condition
        risky = any(_risks(branch))
        if not (risky and right.is_Number and not left.is_Symbol and branch.has(left)):
            return branch
        pieces = (left, right + 1) if holds else (right - 1, left)
        formula = s.Where(left, right, *pieces)
        if formula not in self._known:
            self._known[formula] = s.symbol(self._named("inner"))
            self._guards.append((self._known[formula].name, formula))
        return branch.xreplace({left: self._known[formula]})

    def _sought(self, branch: Any, path: tuple[Condition, ...]) -> tuple[str, Any] | None:
        """A number at which the branch and its slope are small enough, all conditions if may be."""
        known = {"x", *self._values}
        parts = (branch, *(side for left, right, _ in path for side in (left, right)))
        if any(each.name not in known for part in parts for each in part.free_symbols):
            return None  # it holds a guard already
        plain = in_pieces(branch)
        outputs = [plain, plain.diff(s.X), *(left - right for left, right, _ in path)]
        with np.errstate(all="ignore"):
            columns = [single(record([each]), _TRIED, self._values) for each in outputs]
        small = np.logical_and.reduce([np.abs(column) < _LARGEST for column in columns[:2]])
        good = small.copy()
        for column, (_, _, holds) in zip(columns[2:], path, strict=True):
            good &= (column > 0) == holds
        # Conditions that never hold want no more than a branch without infinities.
        finite = np.logical_and.reduce([np.isfinite(column) for column in columns[:2]])
        best = next((each for each in (good, small, finite) if each.any()), finite)
        at = np.flatnonzero(best)
        return ("inner", sympy.Rational(float(_TRIED[at[0]]))) if at.size else None


def _linear(path: Sequence[Condition], partial: bool) -> tuple[str, Any] | None:
    """A place between the ends that comparisons of x set, or beside the one; else None."""
    ends: dict[str, list[Any]] = {"right": [], "left": []}
    for left, right, holds in path:
        if left == s.X and s.X not in right.free_symbols:
            ends["right" if holds else "left"].append(right)
        elif right == s.X and s.X not in left.free_symbols:
            ends["left" if holds else "right"].append(left)
        else:
            return None
    below, above = _outermost(ends["right"], max), _outermost(ends["left"], min)
    if below is None or above is None:
        return None  # several, and which is the outermost is not known
    if below == [] or above == []:
        name, edge = ("right", below) if above == [] else ("left", above)
        # Off the edge where the branch may have no value on it.
        away = 1 if name == "right" else -1
        return name, edge + (away if partial else 0)
    return "inner", (below + above) / 2


def _outermost(ends: list[Any], of: Callable[[list[Any]], Any]) -> Any:
    """The end that counts; an empty list where there is none, None where it is not known."""
    if len(set(ends)) < 2:
        return ends[0] if ends else []
    return of(ends) if all(each.is_Rational for each in ends) else None


def _risks(branch: Any) -> tuple[bool, bool]:
    """Whether a branch may have no finite slope at some x; whether it may overflow."""
    partial = growing = False
    waiting = [branch]
    while waiting:
        node = waiting.pop()
        if isinstance(node, s.Where):
            continue
        waiting.extend(node.args)
        if s.X not in node.free_symbols:
            continue
        growing |= isinstance(node, _GROWING)
        partial |= isinstance(node, _PARTIAL)
        if node.is_Pow:
            whole = node.exp.is_Integer and node.exp > 0
            growing |= bool(whole and node.exp >= _HIGH)
            partial |= not (whole or node.base.is_positive or node.has(sympy.exp))
    return partial, growing


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
    (u,) = inner.args
    return node.func(size * sympy.exp(s.Where(_SATURATED, u, u, _SATURATED)))


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
