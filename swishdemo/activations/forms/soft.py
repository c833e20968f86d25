"""PyTorch forms that bend where ReLU has its kink. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def _negative(x: Tensor) -> Tensor:
    """The negative part of x, so that the piece that is not taken stays finite."""
    return torch.clamp(x, max=0)


def elu(x: Tensor, alpha: Tensor | float = 1.0) -> Tensor:
    """The line x for x > 0, alpha·(e^x − 1) elsewhere; alpha may be trained."""
    if isinstance(alpha, Tensor):
        return torch.where(x > 0, x, alpha * torch.expm1(_negative(x)))
    return functional.elu(x, alpha)


def celu(x: Tensor, alpha: Tensor | float = 1.0) -> Tensor:
    """The line x for x > 0, alpha·(e^(x/alpha) − 1) elsewhere; PyTorch's own rounds 1/alpha."""
    return torch.where(x > 0, x, alpha * torch.expm1(_negative(x) / alpha))


def pelu(x: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """The line a/b·x for x > 0, a·(e^(x/b) − 1) elsewhere."""
    return torch.where(x > 0, a * x / b, a * torch.expm1(_negative(x) / b))


def isrlu(x: Tensor, alpha: Tensor | float = 1.0) -> Tensor:
    """The line x for x > 0, x/√(1 + alpha·x²) elsewhere."""
    negative = _negative(x)
    return torch.where(x > 0, x, negative * torch.rsqrt(1 + alpha * negative.square()))


def softplus(x: Tensor, beta: Tensor | float = 1.0) -> Tensor:
    """log(1 + e^(beta·x))/beta, to the last digit of float64: PyTorch's own is x from 20 on."""
    return functional.softplus(beta * x, threshold=40) / beta


def squareplus(x: Tensor, b: Tensor | float = 4.0) -> Tensor:
    """(x + √(x² + b))/2, which is b/2/(√(x² + b) − x) where the sum would cancel."""
    positive, negative = torch.clamp(x, min=0), _negative(x)
    above = positive + torch.sqrt(positive.square() + b)
    below = b / (torch.sqrt(negative.square() + b) - negative)
    return torch.where(x >= 0, above, below) / 2


def smelu(x: Tensor, beta: Tensor | float = 1.0) -> Tensor:
    """The line x for x > beta, 0 below −beta, a parabola between."""
    parabola = (x + beta).square() / (4 * beta)
    return torch.where(x > beta, x, torch.where(x > -beta, parabola, torch.zeros_like(parabola)))


def bent_identity(x: Tensor) -> Tensor:
    """(√(x² + 1) − 1)/2 + x, its root less 1 as x²/(√(x² + 1) + 1)."""
    return x.square() / (2 * (torch.sqrt(x.square() + 1) + 1)) + x
