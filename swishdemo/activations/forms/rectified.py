"""PyTorch forms of ReLU's kin. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def leaky_relu(x: Tensor, slope: Tensor | float) -> Tensor:
    """The line x for x > 0, slope·x elsewhere; the slope may be trained."""
    if isinstance(slope, Tensor):
        return torch.where(x > 0, x, slope * x)
    return functional.leaky_relu(x, slope)


def rrelu(x: Tensor, lower: Tensor | float, upper: Tensor | float) -> Tensor:
    """The line x for x > 0, the mean slope times x elsewhere: as PyTorch's outside training."""
    return leaky_relu(x, (lower + upper) / 2)


def threshold(x: Tensor, theta: Tensor | float, value: Tensor | float) -> Tensor:
    """The line x for x > theta, ``value`` elsewhere."""
    if isinstance(theta, Tensor) or isinstance(value, Tensor):
        return torch.where(x > theta, x, value) + 0 * theta  # where it jumps has the gradient 0
    return functional.threshold(x, theta, value)


def relu_squared(x: Tensor) -> Tensor:
    """x² for x > 0, 0 elsewhere."""
    return functional.relu(x).square()


def star_relu(x: Tensor, s: Tensor | float, b: Tensor | float) -> Tensor:
    """s·x² + b for x > 0, b elsewhere."""
    return s * functional.relu(x).square() + b
