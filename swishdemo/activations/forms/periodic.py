"""PyTorch forms with a wave in them. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor


def sine(x: Tensor, omega: Tensor | float = 1.0) -> Tensor:
    """sin(omega·x)."""
    return torch.sin(omega * x)


def snake(x: Tensor, a: Tensor | float = 1.0) -> Tensor:
    """X + sin²(a·x)/a."""
    return x + torch.sin(a * x).square() / a


def gcu(x: Tensor) -> Tensor:
    """x·cos x."""
    return x * torch.cos(x)


def sinlu(x: Tensor, a: Tensor | float = 1.0, b: Tensor | float = 1.0) -> Tensor:
    """(x + a·sin(b·x))·σ(x)."""
    return (x + a * torch.sin(b * x)) * torch.sigmoid(x)
