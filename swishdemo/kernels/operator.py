"""The kernels as operators of PyTorch's, which its compiler knows. This module loads PyTorch."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from swishdemo.activations.swish import (
    beside,
    is_plain,
    swish_gradients,
    swish_second_gradients,
)
from swishdemo.kernels import native
from swishdemo.kernels.native import dense_format


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
    g, x, beta = ctx.saved_tensors
    to_g, to_x, to_beta = swish_second_gradients(a, beside(b, x), g, x, beside(beta, x))
    return to_g, to_x, to_beta.reshape(beta.shape)


swish_forward.register_autograd(_first, setup_context=_keep)
swish_backward.register_autograd(_second, setup_context=_keep)


def differentiate(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of x and β where the kernel made the values, and ``g`` is theirs."""
    if not is_plain(g, x, beta):
        dx, dbeta = swish_gradients(g, x, beside(beta, x))
        return dx, dbeta.reshape(beta.shape)
    # A second derivative was asked for where gradients are recorded.
    run = swish_backward if torch.is_grad_enabled() else kernel(x).backward
    gradients: tuple[Tensor, Tensor] = run(g, x, beta)
    return gradients


def kernel(x: Tensor) -> ModuleType:
    """What has the functions ``forward`` and ``backward`` for tensors such as ``x``."""
    return native if x.is_cpu else import_module("swishdemo.kernels.cuda")
