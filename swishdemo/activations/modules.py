"""The article's three PyTorch modules. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from swishdemo.activations.functional import MemoryEfficientSwishFunction, swish


class Swish(nn.Module):
    """x·σ(x) in eager operations, which save x and σ(x) for the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(x), in the shape of ``x``."""
        return x * torch.sigmoid(x)


class MemoryEfficientSwish(nn.Module):
    """The values of :class:`Swish`; x alone is saved, and σ recomputed in the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(x), in the shape of ``x``."""
        result: Tensor = MemoryEfficientSwishFunction.apply(x)  # type: ignore[no-untyped-call]
        return result


class ParametricSwish(nn.Module):
    """x·σ(βx) with one β for all elements.

    Args:
        beta: The value of β at the start.
        trainable: Whether β learns; it is a parameter and stands in the state dict either way.
    """

    def __init__(self, beta: float = 1.0, trainable: bool = True) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(float(beta)), requires_grad=trainable)

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(βx), in the shape of ``x``."""
        return swish(x, self.beta)

    def extra_repr(self) -> str:
        """The value of β, for ``print``."""
        return f"beta={self.beta.item():.6g}, trainable={self.beta.requires_grad}"
