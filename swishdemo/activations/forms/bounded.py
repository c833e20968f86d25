"""PyTorch forms whose values stay between bounds. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def isru(x: Tensor, alpha: Tensor | float = 1.0) -> Tensor:
    """x/√(1 + alpha·x²)."""
    return x * torch.rsqrt(1 + alpha * x.square())


def sqnl(x: Tensor) -> Tensor:
    """Two parabolas between −2 and 2, ±1 beyond."""
    held = torch.clamp(x, -2, 2)
    return held - held * held.abs() / 4


def hardsigmoid(x: Tensor) -> Tensor:
    """The line (x + 3)/6, held between 0 and 1; PyTorch's own has the slope float32(1/6)."""
    return functional.relu6(x + 3) / 6


def hardtanh(x: Tensor, low: Tensor | float = -1.0, high: Tensor | float = 1.0) -> Tensor:
    """The line x, held between two limits, which may be trained."""
    if not (isinstance(low, Tensor) or isinstance(high, Tensor)):
        return functional.hardtanh(x, low, high)
    return torch.where(x > high, high, torch.where(x > low, x, low))


def gaussian(x: Tensor) -> Tensor:
    """e^(−x²)."""
    return torch.exp(-x.square())
