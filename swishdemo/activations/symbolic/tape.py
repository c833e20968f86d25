"""A formula as a straight list of operations, each done once however often it is used.

This module loads SymPy; the tape itself holds none of it but exact constants.

The numbers in a formula: where they stand, and the doubles that they come to.

A double is found by enclosures of as many digits as it takes, so that nothing cancels or overflows
on the way to it, whatever the number is a function of.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.evaluation import single
from swishdemo.activations.symbolic import symbols as s

UNREAL = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)
"""What SymPy answers where there is no real number."""


@lru_cache(maxsize=4096)
def double(number: Any) -> float:
    """The nearest double of an expression without symbols.

    Infinite where its size exceeds the largest double; NaN where it is no real number.
    """
    if number.is_Rational:
        try:
            return int(number.p) / int(number.q)
        except OverflowError:
            return math.inf if number > 0 else -math.inf
    if number.has(*UNREAL):
        return math.nan
    return float(single(record([number]), np.zeros(1), {})[0])


def is_held(number: Any) -> bool:
    """Whether a double holds an expression without symbols with all its digits."""
    size = abs(double(number))
    return number.is_zero or sys.float_info.min <= size < math.inf


def numbers(expression: Any, seen: set[Any]) -> Iterator[Any]:
    """The largest parts of an expression that have no symbols, and its factors and summands.

    Args:
        expression: A SymPy expression.
        seen: The parts whose numbers are not asked for again; grows.
    """
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node == s.UNDEFINED:
            continue
        if not node.free_symbols:
            yield node
            continue
        if node.is_Mul or node.is_Add:
            number, _ = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
            yield number
        waiting.extend(node.args)


def folded(expression: Any) -> Any:
    """The expression with a double for each number that is a sum, or a function of numbers."""
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if node.is_Atom:
            return node
        if node not in done:
            done[node] = _folded(node, visit)
        return done[node]

    return visit(expression)


def _folded(node: Any, visit: Callable[[Any], Any]) -> Any:
    if not node.free_symbols:
        return sympy.Float(double(node), 17) if node.has(sympy.Function, sympy.Add) else node
    arguments = node.args
    if node.is_Mul or node.is_Add:
        # From the number as a whole: its parts may cancel.
        number, rest = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
        arguments = (number, *node.func.make_args(rest))
    visited = tuple(map(visit, arguments))
    return node if visited == node.args else node.func(*visited)


FUNCTIONS: dict[Any, str] = {
    s.Sigmoid: "sigmoid",
    s.Softplus: "softplus",
    s.Tanh: "tanh",
    s.Sech: "sech",
    s.Softsign: "softsign",
    s.NormalCdf: "normal_cdf",
    s.NormalPdf: "normal_pdf",
    s.Expm1: "expm1",
    s.Log1p: "log1p",
    s.Erf: "erf",
    s.CubeRoot: "cbrt",
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.atan: "atan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.asinh: "asinh",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation.

    Attributes:
        kind: ``constant``, ``undefined``, ``input``, ``add``, ``multiply``, ``power``, ``root``,
            ``raise``, ``where`` or the name of a function.
        arguments: The places on the tape of what it works on.
        value: The SymPy number of a constant, the name of an input, the exponent of a ``power``.
    """

    kind: str
    arguments: tuple[int, ...] = ()
    value: Any = None


@dataclass(frozen=True, slots=True)
class Tape:
    """The steps in order, and the places of the results."""

    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    @property
    def operations(self) -> int:
        """How many operations on two numbers, or on one, the steps amount to."""
        return sum(max(1, len(step.arguments) - 1) for step in self.steps)

    def select(self, outputs: Sequence[int]) -> Tape:
        """The tape of some of the outputs, by their numbers, without the steps of others alone."""
        wanted = {self.outputs[output] for output in outputs}
        for place in range(len(self.steps) - 1, -1, -1):
            if place in wanted:
                wanted.update(self.steps[place].arguments)
        order = sorted(wanted)
        places = {place: number for number, place in enumerate(order)}
        steps = (self.steps[place] for place in order)
        moved = (
            Step(step.kind, tuple(places[argument] for argument in step.arguments), step.value)
            for step in steps
        )
        return Tape(tuple(moved), tuple(places[self.outputs[output]] for output in outputs))


def record(expressions: Sequence[Any]) -> Tape:
    """Write down the steps that give all ``expressions``."""
    recorder = _Recorder()
    outputs = tuple(recorder.place(sympy.sympify(expression)) for expression in expressions)
    return Tape(tuple(recorder.steps), outputs)


class _Recorder:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._places: dict[Any, int] = {}

    def place(self, node: Any) -> int:
        """The place of the node's value, its steps written where they are new."""
        if node not in self._places:
            step = self._step(node)
            self.steps.append(step)
            self._places[node] = len(self.steps) - 1
        return self._places[node]

    def _step(self, node: Any) -> Step:
        if node.is_Number or node.is_NumberSymbol or isinstance(node, s.Constant):
            return Step("constant", value=node)
        if node == s.UNDEFINED:
            return Step("undefined")
        if node.is_Symbol:
            return Step("input", value=node.name)
        if node.is_Pow:
            return self._power(node)
        if node.is_Add:
            return Step("add", tuple(map(self.place, node.args)))
        if node.is_Mul:
            return Step("multiply", tuple(map(self.place, node.args)))
        if isinstance(node, s.Where):
            return Step("where", tuple(map(self.place, node.args)))
        return Step(FUNCTIONS[node.func], tuple(map(self.place, node.args)))

    def _power(self, node: Any) -> Step:
        base, exponent = node.base, node.exp
        if exponent.is_Integer:
            return Step("power", (self.place(base),), int(exponent))
        if exponent.is_Rational and exponent.q == 2:
            root = sympy.Pow(base, sympy.Rational(1, 2), evaluate=False)
            if exponent == sympy.Rational(1, 2):
                return Step("root", (self.place(base),))
            return Step("power", (self.place(root),), int(exponent.p))
        return Step("raise", (self.place(base), self.place(exponent)))
