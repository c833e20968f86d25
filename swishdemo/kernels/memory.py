"""How a tensor's elements and β lie in memory, as the kernel sees them."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor


def dense_format(x: Tensor) -> torch.memory_format:
    """The memory format in which ``x`` is read; it has to be copied where it is in none."""
    if x.is_contiguous():
        return torch.contiguous_format
    if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
        return torch.channels_last
    if x.dim() == 5 and x.is_contiguous(memory_format=torch.channels_last_3d):
        return torch.channels_last_3d
    return torch.contiguous_format


def layout(x: Tensor, channels: int) -> tuple[int, int, int]:
    """Elements, channels on axis 1, and the elements of each that lie side by side.

    Args:
        x: Dense in its `dense_format`.
        channels: Values of β: one, or one for each channel.
    """
    inner = prod(x.shape[2:]) if channels > 1 and x.is_contiguous() else 1
    return x.numel(), channels, inner
