"""Activations of a batched network: each acts on its own slice of the replicas.

A slice keeps from ``forward`` what ``backward`` needs. All tensors are ``[replica, value]``. Memory
is used again from step to step, and gradients are turned in place: fresh pages and a cold cache
would cost as much as the arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

import torch
from torch import Tensor

from swishdemo import activations
from swishdemo.training.config import Replica


class Scratch:
    """Memory that is used again: one tensor for each name and shape."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def take(self, name: str, like: Tensor, *shape: int) -> Tensor:
        """An uninitialised tensor of ``shape``, of the type and on the device of ``like``."""
        held = self._held.get((name, shape))
        if held is None:
            held = self._held[name, shape] = like.new_empty(shape)
        return held


class Slice(Protocol):
    """An activation that acts on some of the replicas."""

    def forward(self, z: Tensor, out: Tensor) -> None:
        """Write the activation of the pre-activations ``z``."""

    def backward(self, gradient: Tensor) -> None:
        """Turn the gradient by the activation into the one by ``z``."""


class SwishSlice:
    """x·σ(βx) with a β for each replica.

    With s = σ(βx) and g the gradient by the output, v = g·s·(1−s)·x gives both gradients:
    by β it is Σ v·x, by x it is g·s + β·v. Nothing is divided by β, so β = 0 is no exception.

    Args:
        beta: β, ``[replica]``; a view of the parameters, read at every call.
        beta_gradient: Where the gradient by β is written, ``[replica]``.
    """

    def __init__(self, beta: Tensor, beta_gradient: Tensor) -> None:
        self._beta = beta[:, None]
        self._beta_gradient = beta_gradient
        self._scratch = Scratch()
        self._z = self._gate = beta.new_empty(0)

    def forward(self, z: Tensor, out: Tensor) -> None:
        """Write x·σ(βx)."""
        self._z = z
        self._gate = self._scratch.take("gate", z, *z.shape)
        torch.mul(z, self._beta, out=self._gate).sigmoid_()
        torch.mul(z, self._gate, out=out)

    def backward(self, gradient: Tensor) -> None:
        """Turn ``gradient`` into the one by x, and write the one by β to its own place."""
        slope = self._scratch.take("slope", gradient, *gradient.shape)
        torch.ops.aten.sigmoid_backward.grad_input(gradient, self._gate, grad_input=slope)
        slope.mul_(self._z)
        gradient.mul_(self._gate).addcmul_(slope, self._beta)
        product = torch.mul(slope, self._z, out=self._gate)  # the gate is used up
        torch.sum(product, 1, out=self._beta_gradient)


class RivalSlice:
    """Any registered activation at its default parameters; its gradient is autograd's.

    Args:
        name: Its name in `swishdemo.activations`.
    """

    def __init__(self, name: str) -> None:
        self._function = activations.torch_function(name)
        self._parameters = tuple(activations.get(name).defaults().values())
        self._z = self._value = torch.empty(0)

    def forward(self, z: Tensor, out: Tensor) -> None:
        """Write the activation, which is recorded for `backward`."""
        self._z = z.detach().requires_grad_()
        with torch.enable_grad():
            self._value = self._function(self._z, *self._parameters)
        out.copy_(self._value.detach())

    def backward(self, gradient: Tensor) -> None:
        """Turn ``gradient`` into the one by x."""
        gradient.copy_(torch.autograd.grad(self._value, self._z, gradient)[0])


class ActivationLayer:
    """All replicas' activations of one layer.

    Args:
        replicas: The replicas, Swish's first.
        beta: This layer's β, ``[Swish replica]``.
        beta_gradient: Where their gradient is written.
    """

    def __init__(self, replicas: Sequence[Replica], beta: Tensor, beta_gradient: Tensor) -> None:
        self._slices: list[Slice] = []
        self._sizes: list[int] = []
        for (name, is_swish), rows in groupby(
            replicas, lambda row: (row.activation, row.beta_start is not None)
        ):
            self._sizes.append(len(list(rows)))
            self._slices.append(SwishSlice(beta, beta_gradient) if is_swish else RivalSlice(name))

    def forward(self, z: Tensor, out: Tensor) -> None:
        """Write the activations of ``z``, ``[replica, value]``."""
        for part, rows, value in zip(self._slices, self._split(z), self._split(out), strict=True):
            part.forward(rows, value)

    def backward(self, gradient: Tensor) -> None:
        """Turn the gradient by the activations into the one by ``z``."""
        for part, rows in zip(self._slices, self._split(gradient), strict=True):
            part.backward(rows)

    def _split(self, values: Tensor) -> tuple[Tensor, ...]:
        return torch.split(values, self._sizes)
