"""Swish in PyTorch, with a trainable β, and the article's memory-efficient form.

This module loads PyTorch. The forms of the other activations stand in
:mod:`swishdemo.activations.forms`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def swish(x: Tensor, beta: Tensor | float = 1.0) -> Tensor:
    """Swish_β(x) = x·σ(βx), with the gradients of x and β.

    With s = σ(βx) and u = g·s·σ(−βx)·x the gradients are dx = β·u + g·s and dβ = Σ u·x, which hold
    at β = 0 too. σ(−βx) is computed, not 1 − s, so that both tails keep their digits. The backward
    pass recomputes s: only x is saved, 4 bytes an element in float32 where x·sigmoid(beta·x) in
    eager operations saves 8, and saving s too would spare one exponential in five passes over the
    memory.

    Args:
        x: Floating-point values of any shape.
        beta: A number or a tensor that broadcasts with ``x``; its gradient has its own shape.

    Returns:
        The values, in the broadcast shape.
    """
    if not isinstance(beta, Tensor):
        if beta == 1:
            return functional.silu(x)
        beta = torch.tensor(beta, dtype=x.dtype, device=x.device)
    result: Tensor = _Swish.apply(x, beta)  # type: ignore[no-untyped-call]
    return result


class _Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, beta: Tensor) -> Tensor:
        ctx.save_for_backward(x, beta)
        return torch.mul(x, beta).sigmoid_().mul_(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (g,) = gradients
        x, beta = ctx.saved_tensors
        wants_x, wants_beta = ctx.needs_input_grad
        z = torch.mul(x, beta)
        s = torch.sigmoid(z)
        if torch.is_grad_enabled():  # a second derivative was asked for: keep each step
            u = s * torch.sigmoid(-z) * g * x
            dx = beta * u + g * s
        else:
            u = z.neg_().sigmoid_().mul_(s).mul_(g).mul_(x)
            dx = s.mul_(g).addcmul_(u, beta.to(u.dtype)) if wants_x else s
        return (
            dx.sum_to_size(x.shape).to(x.dtype) if wants_x else None,
            _inner(u, x, beta) if wants_beta else None,
        )


def _inner(u: Tensor, x: Tensor, beta: Tensor) -> Tensor:
    """Σ u·x over what ``beta`` was broadcast to, in float32 at least."""
    plain = u.dtype == x.dtype and u.dtype in (torch.float32, torch.float64)
    if plain and beta.numel() == 1 and u.shape == x.shape:
        return torch.dot(u.reshape(-1), x.reshape(-1)).reshape(beta.shape).to(beta.dtype)
    wide = torch.promote_types(torch.promote_types(u.dtype, beta.dtype), torch.float32)
    return (u.to(wide) * x.to(wide)).sum_to_size(beta.shape).to(beta.dtype)


class MemoryEfficientSwishFunction(torch.autograd.Function):
    """x·σ(x), saving x alone and computing σ again in the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The values x·σ(x)."""
        ctx.save_for_backward(x)
        return torch.sigmoid(x).mul_(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """The gradient g·σ(x)·(1 + x·σ(−x)), itself differentiable."""
        (g,) = gradients
        (x,) = ctx.saved_tensors
        dx: Tensor = g * (torch.sigmoid(x) * (1 + x * torch.sigmoid(-x)))
        return dx
