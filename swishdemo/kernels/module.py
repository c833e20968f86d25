"""The kernel as a layer. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from swishdemo.kernels.function import fused_swish


class FusedSwish(nn.Module):
    """x·σ(βx) by the fused kernel, with one β or one for each channel.

    Args:
        beta: The value of β at the start.
        trainable: Whether β learns; it is a parameter and stands in the state dict either way.
        channels: Size of axis 1, for a β for each channel; None for a single one.
    """

    def __init__(
        self, beta: float = 1.0, trainable: bool = True, channels: int | None = None
    ) -> None:
        super().__init__()
        shape = () if channels is None else (channels,)
        self.beta = nn.Parameter(torch.full(shape, float(beta)), requires_grad=trainable)

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(βx), of the shape and dtype of ``x``."""
        return fused_swish(x, self.beta)

    def extra_repr(self) -> str:
        """What tells it from others, for ``print``."""
        beta = f"{self.beta.item():.6g}, " if self.beta.dim() == 0 else ""
        channels = "" if self.beta.dim() == 0 else f"channels={self.beta.numel()}, "
        return f"{'beta=' if beta else ''}{beta}{channels}trainable={self.beta.requires_grad}"
