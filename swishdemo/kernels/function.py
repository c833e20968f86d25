"""`fused_swish` and its layer: the kernel where it can serve, else other forms. Loads PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor
from torch._jit_internal import is_scripting
from torch.autograd import forward_ad
from torch.overrides import handle_torch_function, has_torch_function

from swishdemo.activations.swish import (
    ParametricSwish,
    beside,
    channelwise_swish,
    is_plain,
    scripted_swish,
)
from swishdemo.kernels import autograd, native
from swishdemo.kernels.autograd import differentiate, kernel, swish_forward


def fused_swish(x: Tensor, beta: Tensor | float = 1.0) -> Tensor:
    """Swish_β(x) = x·σ(βx), forward and backward each in one pass, saving x alone.

    float32, float64 and bfloat16 (computed in float32) on the CPU run in the C kernel, which is
    built when it is first needed, and those and float16 on a GPU in the Triton kernel, where Triton
    is installed; other plain tensors, and a machine where the kernel cannot be built, have the form
    of :func:`swishdemo.activations.swish.swish`. All that is not plain (subclasses, nested,
    complex and whole numbers, transforms of ``torch.func``, exported models) gets PyTorch's own
    operations, ``x * torch.sigmoid(beta * x)``. At infinity the kernels have Swish's limits
    (0 and x), where eager forms give NaN.

    Args:
        x: Values of any shape. Contiguous and channels-last tensors are read in place, others are
            copied first.
        beta: A number, a tensor of one element, or one of a value for each channel (axis 1).

    Returns:
        The values, of the shape and dtype of ``x``, where that is a floating-point type.

    Raises:
        TypeError: ``x`` is no tensor.
        ValueError: ``beta`` has neither one element nor one for each channel.
    """
    if not torch.compiler.is_compiling():
        y = autograd.fused(x, beta)
        if y is not None:
            return y
        if has_torch_function((x, beta)):
            own: Tensor = handle_torch_function(fused_swish, (x, beta), x, beta)
            return own
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor, not {type(x).__name__}")
    y = _by_kernel(x, beta)
    return channelwise_swish(x, beta) if y is None else y


def _by_kernel(x: Tensor, beta: Tensor | float) -> Tensor | None:
    """The values by the kernel; None where it cannot serve."""
    compiling = torch.compiler.is_compiling()
    if not (_is_compiled_plainly(x, beta) if compiling else is_plain(x)):
        return None
    if not isinstance(beta, Tensor):
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32
        beta = torch.tensor(beta, dtype=wide, device=x.device)
    on_cpu = x.is_cpu and _is_available(x.dtype)
    if not on_cpu and not (x.is_cuda and _is_available_on_cuda(x.dtype)):
        return None
    if beta.device != x.device or not beta.is_floating_point():
        return None
    if beta.dim() and beta.numel() != 1:
        beside(beta, x)
    if compiling:
        return swish_forward(x, beta)  # type: ignore[no-any-return]
    if not is_plain(beta):
        return None
    if on_cpu:
        autograd.serve(x.dtype)
    y: Tensor | None = autograd.fused(x, beta)
    return _Eager.apply(x, beta) if y is None else y  # type: ignore[no-untyped-call]


def _is_compiled_plainly(x: Tensor, beta: Tensor | float) -> bool:
    """Whether a compiler is to see an operator, rather than what it is made of.

    An exported model must not need this project, and transforms know PyTorch's operations alone.
    """
    return not (
        torch.compiler.is_exporting()
        or torch._C._are_functorch_transforms_active()
        or forward_ad._current_level >= 0
        or type(x) not in _TENSORS
        or (isinstance(beta, Tensor) and type(beta) not in _TENSORS)
        or x.layout != torch.strided
        or x.is_nested
    )


_TENSORS = (Tensor, torch.nn.Parameter)


def _constant(function: Callable[..., bool]) -> Callable[..., bool]:
    """Have the compiler call it once. `torch.compiler.assume_constant_result` does the same.

    But it loads the compiler, which takes a second and a half, wanted or not.
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@_constant
def _is_available(dtype: torch.dtype) -> bool:
    return native.is_available(dtype)


@_constant
@cache
def _is_available_on_cuda(dtype: torch.dtype) -> bool:
    if find_spec("triton") is None:
        return False
    from swishdemo.kernels import cuda

    return dtype in cuda.DTYPES


class _Eager(torch.autograd.Function):
    """The operator without its machinery, where the C++ node is not there (yet)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, beta: Tensor) -> Tensor:
        ctx.save_for_backward(x, beta)
        result: Tensor = kernel(x).forward(x, beta)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        return differentiate(*gradients, *ctx.saved_tensors)


class FusedSwish(ParametricSwish):
    """x·σ(βx) by the fused kernel, with one β or one for each channel.

    Args:
        beta: The value of β at the start.
        trainable: Whether β learns; it is a parameter and stands in the state dict either way.
        channels: Size of axis 1, for a β for each channel; None for a single one.
    """

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(βx), of the shape and dtype of ``x``."""
        if is_scripting():
            return scripted_swish(x, self.beta)
        return fused_swish(x, self.beta)
