"""PyTorch forms of x times a gate. This module loads PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from swishdemo.activations.functional import swish


def gelu_tanh(x: Tensor) -> Tensor:
    """PyTorch's tanh approximation of GELU."""
    return functional.gelu(x, approximate="tanh")


def quick_gelu(x: Tensor) -> Tensor:
    """x·σ(1.702·x)."""
    return swish(x, 1.702)


def e_swish(x: Tensor, beta: Tensor | float) -> Tensor:
    """beta·x·σ(x)."""
    return beta * functional.silu(x)


def acon_c(x: Tensor, p1: Tensor | float, p2: Tensor | float, beta: Tensor | float) -> Tensor:
    """A smooth maximum of p1·x and p2·x: Swish of their difference, and p2·x."""
    return swish((p1 - p2) * x, beta) + p2 * x


def flatten_t_swish(x: Tensor, t: Tensor | float) -> Tensor:
    """x·σ(x) + t for x > 0, t elsewhere."""
    return functional.silu(functional.relu(x)) + t


def elish(x: Tensor) -> Tensor:
    """x·σ(x) for x > 0, (e^x − 1)·σ(x) elsewhere: ELU times σ."""
    return functional.elu(x) * torch.sigmoid(x)


def tanhexp(x: Tensor) -> Tensor:
    """x·tanh(e^x); from x = 5 on the tanh is 1, and e^x must not overflow in the gradient."""
    return x * torch.tanh(torch.exp(x.clamp(max=5)))


def serf(x: Tensor) -> Tensor:
    """x·erf(softplus(x))."""
    return x * torch.erf(functional.softplus(x, threshold=40))


def logish(x: Tensor) -> Tensor:
    """x·log(1 + σ(x))."""
    return x * torch.log1p(torch.sigmoid(x))


def smish(x: Tensor) -> Tensor:
    """x·tanh(log(1 + σ(x)))."""
    return x * torch.tanh(torch.log1p(torch.sigmoid(x)))


def lisht(x: Tensor) -> Tensor:
    """x·tanh(x)."""
    return x * torch.tanh(x)
