"""A formula as a straight list of operations, each done once however often it is used.

This module loads SymPy; the tape itself holds none of it but exact constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s

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
