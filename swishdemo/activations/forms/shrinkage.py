"""PyTorch forms that take something off the size of x. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def hardshrink(x: Tensor, lambd: Tensor | float = 0.5) -> Tensor:
    """The line x, but 0 from −lambd to lambd; PyTorch's own takes numbers only."""
    if not isinstance(lambd, Tensor):
        return functional.hardshrink(x, lambd)
    return torch.where((x > lambd) | (x < -lambd), x, 0 * lambd)


def softshrink(x: Tensor, lambd: Tensor | float = 0.5) -> Tensor:
    """x, moved towards 0 by lambd, and 0 from −lambd to lambd; PyTorch's own refuses lambd < 0."""
    if not isinstance(lambd, Tensor) and lambd >= 0:
        return functional.softshrink(x, lambd)
    return torch.where(x > lambd, x - lambd, torch.where(x < -lambd, x + lambd, 0 * lambd))
