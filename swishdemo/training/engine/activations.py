"""Forward and backward of activations: by hand for the common ones, by autograd for the rest.

Every form sees ``z`` and ``out`` as ``[replica, group, value]``, where a group has parameters of
its own (one group, or one a channel), and turns the gradient by ``out`` in place into the one by
``z``: fresh pages and a cold cache would cost as much as the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module

import torch
from torch import Tensor

from swishdemo import activations
from swishdemo.training.engine.batch import Call, CallTape

_ATEN = torch.ops.aten


FUSED_ON_CUDA = False
"""Whether a GPU computes Swish by the Triton kernel: 7 launches instead of 9, and half of what is
read and written, on paper. It is off until `tests/benchmarks/bench_gpu.py` has shown it on one."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A parameter of an activation.

    Attributes:
        value: ``[replica, group, 1]``, read at every call.
        gradient: Where the gradient by it is written, likewise; None where it is not wanted.
        number: Its value where it is the same for all and stays so: PyTorch's own functions are
            faster with numbers.
    """

    value: Tensor
    gradient: Tensor | None = None
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """The calls of an activation: forward, and backward."""

    forward: Sequence[Call]
    backward: Sequence[Call]


def bind_form(
    name: str, operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    """Bind the activation called ``name``.

    Args:
        name: In `swishdemo.activations`; a typed formula too.
        operands: Its parameters, in the record's order.
        z: Pre-activations.
        out: Where the activations are written.
        gradient: The gradient by ``out``, which is turned into the one by ``z``.
        tape: Has memory.
    """
    form = _FORMS.get(name) or partial(_autograd, name)
    if name == "swish" and FUSED_ON_CUDA and z.is_cuda:
        form = fused_swish
    return form(operands, z, out, gradient, tape)


def _swish(
    operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    """x·σ(βx): with s = σ(βx), v = g·s·(1−s)·x gives both gradients.

    By β it is Σ v·x, by x it is g·s + β·v. Nothing is divided by β, so β = 0 is no exception.
    """
    (beta,) = operands
    gate, slope = tape.beside(z), tape.passing(*z.shape)
    backward: list[Call] = [
        partial(_ATEN.sigmoid_backward.grad_input, gradient, gate, grad_input=slope),
        partial(slope.mul_, z),
        partial(gradient.mul_, gate),
        partial(gradient.addcmul_, slope, beta.value),
    ]
    if beta.gradient is not None:
        backward += [
            partial(torch.mul, slope, z, out=gate),  # the gate is used up
            partial(torch.sum, gate, 2, keepdim=True, out=beta.gradient),
        ]
    return Pass(
        (
            partial(torch.mul, z, beta.value, out=gate),
            gate.sigmoid_,
            partial(torch.mul, z, gate, out=out),
        ),
        backward,
    )


def fused_swish(
    operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    """The same by the Triton kernel, for which each replica and group is a channel."""
    cuda = import_module("swishdemo.kernels.cuda")
    (beta,) = operands
    rows = z.shape[0] * z.shape[1]
    x, slope = z.view(1, rows, -1), gradient.view(1, rows, -1)

    def betas() -> Tensor:
        return beta.value.expand(*z.shape[:2], 1).reshape(rows)

    def forward() -> None:
        out.copy_(cuda.forward(x, betas()).view_as(out))

    def backward() -> None:
        by_z, by_beta = cuda.backward(slope, x, betas())
        slope.copy_(by_z)
        if beta.gradient is not None:
            beta.gradient.copy_(by_beta.view_as(beta.gradient))

    return Pass((forward,), (backward,))


def _tanh(
    operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    """2·σ(2x) − 1, because PyTorch's sigmoid takes a third of the time of its tanh."""
    gate, minus_one = tape.passing(*z.shape), z.new_tensor(-1.0)
    return Pass(
        (
            partial(torch.mul, z, 2.0, out=gate),
            gate.sigmoid_,
            partial(torch.add, minus_one, gate, alpha=2, out=out),
        ),
        (partial(_ATEN.tanh_backward.grad_input, gradient, out, grad_input=gradient),),
    )


def _relu(
    operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    return Pass(
        (partial(torch.clamp_min, z, 0, out=out),),
        (partial(_ATEN.threshold_backward.grad_input, gradient, z, 0, grad_input=gradient),),
    )


def _gelu(
    operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    # Into memory with gaps, as ``out`` is, PyTorch's GELU writes wrong values (2.13, by oneDNN).
    whole = tape.passing(*z.shape)
    return Pass(
        (partial(_ATEN.gelu.out, z, out=whole), partial(out.copy_, whole)),
        (partial(_ATEN.gelu_backward.grad_input, gradient, z, grad_input=gradient),),
    )


def _sigmoid(
    operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    return Pass(
        (partial(torch.sigmoid, z, out=out),),
        (partial(_ATEN.sigmoid_backward.grad_input, gradient, out, grad_input=gradient),),
    )


_FORMS: dict[str, Callable[[Sequence[Operand], Tensor, Tensor, Tensor, CallTape], Pass]] = {
    "swish": _swish,
    "tanh": _tanh,
    "relu": _relu,
    "gelu": _gelu,
    "sigmoid": _sigmoid,
}


def _autograd(
    name: str, operands: Sequence[Operand], z: Tensor, out: Tensor, gradient: Tensor, tape: CallTape
) -> Pass:
    function = activations.torch_function(name)
    learned = [operand for operand in operands if operand.gradient is not None]
    recorded: list[Tensor] = []

    def forward() -> None:
        leaf = z.detach().requires_grad_()
        given = [
            operand.value.detach().requires_grad_()
            if operand.gradient is not None
            else operand.value
            if operand.number is None
            else operand.number
            for operand in operands
        ]
        with torch.enable_grad():
            value = function(leaf, *given)
        out.copy_(value.detach())
        wanted = [each for each in given if isinstance(each, Tensor) and each.requires_grad]
        recorded[:] = [value, leaf, *wanted]

    def backward() -> None:
        value, *inputs = recorded
        by_z, *by_operands = torch.autograd.grad(value, inputs, gradient, allow_unused=True)
        for operand, found in zip(learned, by_operands, strict=True):
            assert operand.gradient is not None
            operand.gradient.copy_(found) if found is not None else operand.gradient.zero_()
        gradient.copy_(by_z)
        recorded.clear()

    return Pass((forward,), (backward,))
