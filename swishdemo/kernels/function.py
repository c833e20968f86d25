"""`fused_swish`: the kernel where it can serve, other forms elsewhere.

This module loads PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from swishdemo.activations.functional import swish
from swishdemo.kernels import native, node
from swishdemo.kernels.operator import beside, swish_backward, swish_forward

_PLAIN_TENSORS = (Tensor, torch.nn.Parameter)


def fused_swish(x: Tensor, beta: Tensor | float = 1.0) -> Tensor:
    """Swish_β(x) = x·σ(βx), forward and backward each in one pass, saving x alone.

    float32, float64 and bfloat16 (computed in float32) on the CPU run in the C kernel, which is
    built when it is first needed, and those and float16 on a GPU in the Triton kernel, where Triton
    is installed; everything else, and a machine where the kernel cannot be built, has an eager
    form. Exported models and transforms of ``torch.func`` get plain operations. At infinity the
    kernels have Swish's limits (0 and x), where eager forms give NaN.

    Args:
        x: Floating-point values of any shape. Contiguous and channels-last tensors are read in
            place, others are copied first.
        beta: A number, a tensor of one element, or one of a value for each channel (axis 1).

    Returns:
        The values, of the shape and dtype of ``x``.

    Raises:
        ValueError: ``beta`` has neither one element nor one for each channel.
    """
    if not isinstance(beta, Tensor):
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32
        beta = torch.tensor(beta, dtype=wide, device=x.device)
    if beta.dim() and beta.numel() != 1:
        beside(beta, x)
    if _wants_plain_operations():
        return (x * torch.sigmoid(beside(beta, x) * x)).to(x.dtype)
    on_cpu = x.is_cpu and beta.is_cpu and _is_available(x.dtype)
    if not (on_cpu or (x.is_cuda and beta.is_cuda and _is_available_on_cuda(x.dtype))):
        return swish(x, beside(beta, x)).to(x.dtype)
    if _is_watched(x, beta):
        run: Callable[[Tensor, Tensor], Tensor] = swish_forward
    else:
        run = (node.operator(x.dtype) if on_cpu else None) or _Eager.apply
    return run(x, beta)


def _wants_plain_operations() -> bool:
    """Whether what is computed is written down for elsewhere, or transformed."""
    return (
        torch.compiler.is_exporting()
        or torch._C._get_tracing_state() is not None
        or torch._C._are_functorch_transforms_active()
        or forward_ad._current_level >= 0
    )


def _is_watched(x: Tensor, beta: Tensor) -> bool:
    """Whether someone has to see an operator: a compiler, a mode, a kind of tensor of its own."""
    return (
        torch.compiler.is_compiling()
        or type(x) not in _PLAIN_TENSORS
        or type(beta) not in _PLAIN_TENSORS
        or torch._C._len_torch_dispatch_stack() > 0
    )


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _is_available(dtype: torch.dtype) -> bool:
    return native.is_available(dtype)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
@cache
def _is_available_on_cuda(dtype: torch.dtype) -> bool:
    if find_spec("triton") is None:
        return False
    from swishdemo.kernels import cuda

    return dtype in cuda.DTYPES


def _kernel(x: Tensor) -> ModuleType:
    """What has the functions ``forward`` and ``backward`` for tensors such as ``x``."""
    return native if x.is_cpu else import_module("swishdemo.kernels.cuda")


class _Eager(torch.autograd.Function):
    """The operator without its machinery, where the C++ node has not been built."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, beta: Tensor) -> Tensor:
        ctx.save_for_backward(x, beta)
        result: Tensor = _kernel(x).forward(x, beta)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        # A second derivative was asked for where gradients are recorded.
        x, beta = ctx.saved_tensors
        run = swish_backward if torch.is_grad_enabled() else _kernel(x).backward
        result: tuple[Tensor, Tensor] = run(gradients[0], x, beta)
        return result
