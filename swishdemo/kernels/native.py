"""Tensors handed to the C kernel as they lie in memory; no gradients here. Loads PyTorch."""

from __future__ import annotations

import ctypes
import warnings
from functools import cache
from math import prod
from typing import Any

import torch
from torch import Tensor

from swishdemo.kernels.libraries import BuildError, BuildRefused, library


def dense_format(x: Tensor) -> torch.memory_format:
    """The memory format in which ``x`` is read; it has to be copied where it is in none."""
    if x.is_contiguous():
        return torch.contiguous_format
    if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
        return torch.channels_last
    if x.dim() == 5 and x.is_contiguous(memory_format=torch.channels_last_3d):
        return torch.channels_last_3d
    return torch.contiguous_format


def layout(x: Tensor, channels: int) -> tuple[int, int, int]:
    """Elements, channels on axis 1, and the elements of each that lie side by side.

    Args:
        x: Dense in its `dense_format`.
        channels: Values of β: one, or one for each channel.
    """
    inner = prod(x.shape[2:]) if channels > 1 and x.is_contiguous() else 1
    return x.numel(), channels, inner


ELEMENTS = {torch.float32: "float", torch.float64: "double", torch.bfloat16: "bfloat16"}
"""The types that the kernel serves, and what it calls them."""

_POINTER, _INTEGER = ctypes.c_void_p, ctypes.c_int64
_SHAPE = (_INTEGER,) * 4


@cache
def is_available(dtype: torch.dtype) -> bool:
    """Whether the kernel serves ``dtype`` here; it is built now if need be, and a failure told."""
    if dtype not in ELEMENTS:
        return False
    try:
        library(ELEMENTS[dtype])
    except BuildRefused:  # as its owner wants it
        return False
    except BuildError as error:
        warnings.warn(f"Swish runs in eager operations: {error}", RuntimeWarning, stacklevel=3)
        return False
    return True


def forward(x: Tensor, beta: Tensor) -> Tensor:
    """x·σ(βx), dense in the memory format of ``x``; one value of β, or one for each channel."""
    x = x.contiguous(memory_format=dense_format(x))
    y = torch.empty_like(x)
    beta = real(beta, x.dtype)
    _functions(x.dtype)[0](
        _values(x), _values(beta), y.data_ptr(),
        *layout(x, beta.numel()), torch.get_num_threads(),
    )  # fmt: skip
    return y


def backward(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of x and β, where ``g`` is that of the values; β's is summed in float64."""
    form = dense_format(x)
    x, g = x.contiguous(memory_format=form), g.contiguous(memory_format=form)
    dx = torch.empty_like(x)
    betas = real(beta, x.dtype)
    dbeta = torch.empty_like(betas)
    failed = _functions(x.dtype)[1](
        _values(g), _values(x), _values(betas), dx.data_ptr(), dbeta.data_ptr(),
        *layout(x, beta.numel()), torch.get_num_threads(),
    )  # fmt: skip
    if failed:
        raise MemoryError("no memory for the gradient of beta")
    return dx, dbeta.to(beta.dtype)


def _values(x: Tensor) -> int:
    """Where the values are.

    Raises:
        RuntimeError: They have been freed, as by ``untyped_storage().resize_(0)``.
    """
    address = x.data_ptr()
    if not address and x.numel():
        raise RuntimeError(f"a tensor of shape {tuple(x.shape)} has no memory: it has been freed")
    return address


@cache
def _functions(dtype: torch.dtype) -> tuple[Any, Any]:
    kernel = library(ELEMENTS[dtype])
    kernel.swish_forward.argtypes = (_POINTER,) * 3 + _SHAPE
    kernel.swish_backward.argtypes = (_POINTER,) * 5 + _SHAPE
    kernel.swish_forward.restype, kernel.swish_backward.restype = None, ctypes.c_int
    return kernel.swish_forward, kernel.swish_backward


def real(beta: Tensor, dtype: torch.dtype) -> Tensor:
    """β in the type that is computed in."""
    return beta.to(torch.float64 if dtype == torch.float64 else torch.float32).contiguous()
