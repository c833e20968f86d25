"""Any formula as PyTorch operations, straight from its tape. This module loads PyTorch and SymPy.

The operations are those of the stable form, so that nothing overflows on the way that need not.
What a `Where` does not take must not speak in the backward pass either: 0 · ∞ from there would be
NaN. So a piece that may have infinite slopes sees its inputs through a gate, which is the identity
forward, and lets no gradient pass where the piece is not taken. The gate is made of plain
operations, and holds for gradients of gradients too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from swishdemo.activations.analysis.accurate import folded
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic.derive import slope
from swishdemo.activations.symbolic.tape import Step, Tape, record

Value = Tensor | float

# Beyond it cosh² is no number of the dtype any more, and 1/cosh is 0 to its precision.
_COSH_LIMIT = {torch.float64: 350.0, torch.float16: 5.0}


def _sech(z: Tensor) -> Tensor:
    limit = _COSH_LIMIT.get(z.dtype, 43.0)
    size = torch.abs(z)
    near = 1 / torch.cosh(torch.clamp(z, -limit, limit))
    return torch.where(size > limit, 2 * torch.exp(-size), near)


def _normal_pdf(z: Tensor) -> Tensor:
    return torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _normal_cdf(z: Tensor) -> Tensor:
    return torch.erfc(-z / math.sqrt(2)) / 2


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "softplus": lambda z: F.softplus(z, threshold=40),
    "tanh": torch.tanh,
    "sech": _sech,
    "softsign": F.softsign,
    "normal_cdf": _normal_cdf,
    "normal_pdf": _normal_pdf,
    "expm1": torch.expm1,
    "log1p": torch.log1p,
    "erf": torch.erf,
    "exp": torch.exp,
    "log": torch.log,
    "sin": torch.sin,
    "cos": torch.cos,
    "atan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "asinh": torch.asinh,
    "root": torch.sqrt,
    "cbrt": lambda z: torch.sign(z) * torch.abs(z) ** (1 / 3),
}
# They are bounded, or bend no more than a line: no slope of theirs is infinite.
_TAME = {
    *("constant", "undefined", "input", "add", "multiply", "where"),
    *("sigmoid", "softplus", "tanh", "sech", "softsign", "normal_cdf", "normal_pdf", "erf"),
    *("sin", "cos", "atan", "asinh"),
}
_TAME_POWERS = (1, 2, 3, 4)


def compiled(activation: Activation) -> Callable[..., Tensor]:
    """The differentiable function ``f(x, *parameters)`` of a record, by its definition alone.

    ``x`` is a floating-point tensor of any shape; the parameters come in the record's order, as
    numbers or as tensors that broadcast with ``x``; one left out takes its default. The result has
    the broadcast shape, and is differentiable twice in all of them. At a break, the derivative is
    that of the piece which holds there.
    """
    tape = record([folded(slope(activation)[0])])
    names = tuple(parameter.name for parameter in activation.parameters)
    defaults = tuple(parameter.default for parameter in activation.parameters)
    numbers = _numbers(tape)
    wild = _wild(tape)
    follows_x = _follows_x(tape)

    def function(x: Tensor, *parameters: Value) -> Tensor:
        given = (*parameters, *defaults[len(parameters) :])
        inputs = {"x": x, **dict(zip(names, given, strict=True))}
        result = _Run(tape, numbers, wild, x).value(tape.outputs[0], _Scope(inputs))
        shapes = [value.shape for value in inputs.values() if isinstance(value, Tensor)]
        shape = np.broadcast_shapes(*shapes)
        if not (isinstance(result, Tensor) and result.shape == shape and follows_x):
            # Where f does not follow x, its gradient is 0, not absent.
            everywhere = torch.ones(shape, dtype=torch.bool, device=x.device)
            result = torch.where(everywhere, _tensor(result, x), x)
        return result

    return function


class _Scope:
    """Inputs as one piece sees them, and the values computed from them so far."""

    __slots__ = ("inputs", "known")

    def __init__(self, inputs: dict[str, Value]) -> None:
        self.inputs = inputs
        self.known: dict[int, Value] = {}

    def gated(self, taken: Tensor) -> _Scope:
        """The same inputs, whose gradients come from where ``taken`` holds alone."""
        return _Scope({name: _gate(value, taken) for name, value in self.inputs.items()})


def _gate(value: Value, taken: Tensor) -> Value:
    if isinstance(value, Tensor) and value.requires_grad:
        return torch.where(taken, value, value.detach())
    return value


class _Run:
    """One evaluation of the tape."""

    def __init__(
        self, tape: Tape, numbers: dict[int, float], wild: list[bool], like: Tensor
    ) -> None:
        self._steps = tape.steps
        self._numbers = numbers
        self._wild = wild
        self._like = like

    def value(self, place: int, scope: _Scope) -> Value:
        if place not in scope.known:
            scope.known[place] = self._compute(place, self._steps[place], scope)
        return scope.known[place]

    def _compute(self, place: int, step: Step, scope: _Scope) -> Value:
        if step.kind == "constant":
            return self._numbers[place]
        if step.kind == "undefined":
            return math.nan
        if step.kind == "input":
            return scope.inputs[step.value]
        if step.kind == "where":
            return self._where(step, scope)
        if step.kind == "power" and step.value > 1:
            root = self._steps[step.arguments[0]]
            if root.kind == "root":
                # √u³ has no slope at 0 by way of √u.
                return _raised(self.value(root.arguments[0], scope), step.value / 2)
        return _computed(step, [self.value(argument, scope) for argument in step.arguments])

    def _where(self, step: Step, scope: _Scope) -> Value:
        left, right = (self.value(place, scope) for place in step.arguments[:2])
        above, otherwise = step.arguments[2:]
        holds = left > right
        if not isinstance(holds, Tensor):
            return self.value(above if holds else otherwise, scope)
        first, second = (
            self.value(place, scope.gated(taken) if self._wild[place] else scope)
            for place, taken in ((above, holds), (otherwise, ~holds))
        )
        if not isinstance(first, Tensor) and not isinstance(second, Tensor):
            first = _tensor(first, self._like)  # two numbers would have torch's default dtype
        return torch.where(holds, first, second)


def _computed(step: Step, arguments: list[Value]) -> Value:
    match step.kind:
        case "add":
            return reduce(lambda a, b: a + b, arguments)
        case "multiply":
            return reduce(lambda a, b: a * b, arguments)
        case "power":
            return _power(arguments[0], step.value)
        case "raise":
            return _raised(arguments[0], arguments[1])
        case _:
            return _apply(_FUNCTIONS[step.kind], arguments[0])


def _power(base: Value, exponent: int) -> Value:
    if isinstance(base, Tensor):
        return base * base if exponent == 2 else torch.pow(base, exponent)
    return float(torch.pow(torch.tensor(base, dtype=torch.float64), exponent))


def _raised(base: Value, exponent: Value) -> Value:
    if isinstance(base, Tensor):
        return torch.pow(base, exponent)
    if isinstance(exponent, Tensor):
        return torch.pow(base, exponent)
    return float(torch.pow(torch.tensor(base, dtype=torch.float64), exponent))


def _apply(function: Callable[[Tensor], Tensor], argument: Value) -> Value:
    if isinstance(argument, Tensor):
        return function(argument)
    return float(function(torch.tensor(argument, dtype=torch.float64)))


def _tensor(value: Value, like: Tensor) -> Tensor:
    if isinstance(value, Tensor):
        return value
    return torch.full((), value, dtype=like.dtype, device=like.device)


def _numbers(tape: Tape) -> dict[int, float]:
    """The constants by their places, each rounded once."""
    return {
        place: float(step.value.evalf(30))
        for place, step in enumerate(tape.steps)
        if step.kind == "constant"
    }


def _wild(tape: Tape) -> list[bool]:
    """Whether a slope may be infinite somewhere on the way to each place."""
    found: list[bool] = []
    for step in tape.steps:
        tame = step.kind in _TAME or (step.kind == "power" and step.value in _TAME_POWERS)
        found.append(not tame or any(found[place] for place in step.arguments))
    return found


def _follows_x(tape: Tape) -> bool:
    """Whether a path that autograd sees leads from x to the result, whatever the parameters are."""
    reads: list[bool] = []  # in any way
    follows: list[bool] = []  # by more than a comparison
    for step in tape.steps:
        is_x = step.kind == "input" and step.value == "x"
        reads.append(is_x or any(reads[place] for place in step.arguments))
        seen = [follows[place] for place in step.arguments]
        if step.kind == "where":
            # Where the comparison is one of numbers, one piece stands for all elements.
            compares = any(reads[place] for place in step.arguments[:2])
            follows.append(any(seen[2:]) if compares else all(seen[2:]))
        else:
            follows.append(is_x or any(seen))
    return follows[tape.outputs[0]]
