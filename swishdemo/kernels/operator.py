"""The kernels as operators of PyTorch's, which its compiler knows. This module loads PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from swishdemo.kernels import native
from swishdemo.kernels.memory import dense_format


@torch.library.custom_op("swishdemo::swish", mutates_args=(), device_types="cpu")
def swish_forward(x: Tensor, beta: Tensor) -> Tensor:
    """x·σ(βx)."""
    return native.forward(x, beta)


@torch.library.custom_op("swishdemo::swish_backward", mutates_args=(), device_types="cpu")
def swish_backward(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of x and β, themselves differentiable."""
    return native.backward(g, x, beta)


@swish_forward.register_kernel("cuda")
def _(x: Tensor, beta: Tensor) -> Tensor:
    from swishdemo.kernels import cuda

    return cuda.forward(x, beta)


@swish_backward.register_kernel("cuda")
def _(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    from swishdemo.kernels import cuda

    return cuda.backward(g, x, beta)


def beside(beta: Tensor, x: Tensor) -> Tensor:
    """``beta`` in a shape that broadcasts with ``x``.

    Raises:
        ValueError: It has neither one element nor one for each channel.
    """
    if not beta.dim() or beta.numel() == 1:
        return beta.reshape(())
    if beta.dim() != 1 or x.dim() < 2 or beta.numel() != x.shape[1]:
        raise ValueError(
            f"beta has shape {tuple(beta.shape)} and x {tuple(x.shape)}; "
            "beta must have one element, or one for each channel (axis 1 of x)"
        )
    return beta.reshape(-1, *[1] * (x.dim() - 2))


@swish_forward.register_fake
def _(x: Tensor, beta: Tensor) -> Tensor:
    return torch.empty_like(x, memory_format=dense_format(x))


@swish_backward.register_fake
def _(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    dx = torch.empty_like(x, memory_format=dense_format(x))
    return dx, torch.empty_like(beta, memory_format=torch.contiguous_format)


def _keep(ctx: Any, inputs: tuple[Tensor, ...], output: object) -> None:
    ctx.save_for_backward(*inputs)


def _first(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    gradients: tuple[Tensor, Tensor] = swish_backward(g, *ctx.saved_tensors)
    return gradients


def _second(ctx: Any, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of ⟨a, dx⟩ + ⟨b, dβ⟩, in operations that autograd knows.

    With z = βx, s = σ(z), s′ = s·σ(−z) and s″ = s′·(σ(−z) − s): dx = g·(s + z·s′) and
    dβ = Σ g·x²·s′, whose derivatives share k = 2·s′ + z·s″.
    """
    g, x, beta = ctx.saved_tensors
    betas, b = beside(beta, x), beside(b, x)
    z = betas * x
    s, t = torch.sigmoid(z), torch.sigmoid(-z)
    slope = s * t
    bend = slope * (t - s)
    k = 2 * slope + z * bend
    to_g = a * (s + z * slope) + b * x * x * slope
    to_x = g * k * (a * betas + b * x)
    to_beta = g * x * (a * k + b * x * x * bend)
    shared = to_beta.sum_to_size(betas.shape).reshape(beta.shape)
    return to_g.to(g.dtype), to_x.to(x.dtype), shared.to(beta.dtype)


swish_forward.register_autograd(_first, setup_context=_keep)
swish_backward.register_autograd(_second, setup_context=_keep)
