"""Activations of a batched network: each acts on its own slice of the replicas.

A slice keeps from ``forward`` what ``backward`` needs. All tensors are ``[replica, value]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

import torch
from torch import Tensor

from swishdemo import activations
from swishdemo.training.config import Replica


class Slice(Protocol):
    """An activation that acts on some of the replicas."""

    def forward(self, z: Tensor, out: Tensor) -> None:
        """Write the activation of the pre-activations ``z``."""

    def backward(self, gradient: Tensor, out: Tensor) -> None:
        """Write the gradient by ``z`` for a ``gradient`` by the activation."""


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
        self._z = self._gate = beta.new_empty(0)

    def forward(self, z: Tensor, out: Tensor) -> None:
        """Write x·σ(βx)."""
        self._z = z
        self._gate = (z * self._beta).sigmoid_()
        torch.mul(z, self._gate, out=out)

    def backward(self, gradient: Tensor, out: Tensor) -> None:
        """Write the gradient by x, and the one by β to its own place."""
        slope = torch.ops.aten.sigmoid_backward(gradient, self._gate).mul_(self._z)
        torch.sum(slope * self._z, 1, out=self._beta_gradient)
        torch.mul(gradient, self._gate, out=out).addcmul_(slope, self._beta)


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

    def backward(self, gradient: Tensor, out: Tensor) -> None:
        """Write the gradient by x."""
        out.copy_(torch.autograd.grad(self._value, self._z, gradient)[0])


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

    def forward(self, z: Tensor) -> Tensor:
        """The activations of ``z``, ``[replica, value]``."""
        value = torch.empty_like(z)
        for part, rows, out in zip(self._slices, self._split(z), self._split(value), strict=True):
            part.forward(rows, out)
        return value

    def backward(self, gradient: Tensor) -> Tensor:
        """The gradient by ``z``."""
        by_z = torch.empty_like(gradient)
        parts = zip(self._slices, self._split(gradient), self._split(by_z), strict=True)
        for part, rows, out in parts:
            part.backward(rows, out)
        return by_z

    def _split(self, values: Tensor) -> tuple[Tensor, ...]:
        return torch.split(values, self._sizes)
