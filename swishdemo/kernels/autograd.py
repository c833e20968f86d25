"""The kernels under autograd: as operators, which PyTorch's compiler knows, and as a node in C++.

The node does without Python (``node.cpp``). To build it takes a compiler some ten seconds: that is
done in the background when the kernel is first used on the CPU, or at once by
``python -m swishdemo.kernels build``. This module loads PyTorch.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
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
from swishdemo.kernels import libraries, native
from swishdemo.kernels.libraries import BuildError, library
from swishdemo.kernels.native import ELEMENTS, dense_format


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


Swish = Callable[[object, object], Tensor | None]

_NUMBERS = {torch.float32: 6, torch.float64: 7, torch.bfloat16: 15}  # of c10::ScalarType


def _absent(x: object, beta: object) -> None:
    """Serve nothing: there is no node yet."""


fused: Swish = _absent
"""Swish of x and β under autograd in C++; None where it cannot serve them, or is not there."""

_lock = threading.RLock()  # not held while a compiler runs
os.register_at_fork(
    before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
)
_served: set[torch.dtype] = set()
_loaded: list[ctypes.CDLL] = []
_builders: list[threading.Thread] = []


def serve(dtype: torch.dtype) -> None:
    """Let the node serve a type of elements whose kernel is there; build it in the background.

    Nothing is built where that may not be (`libraries.build`), nor without a compiler.
    """
    if dtype in _served:
        return
    with _lock:
        _served.add(dtype)
        if (node := _found()) is not None:
            _bind(node, dtype)
        elif not _builders:
            _builders.append(threading.Thread(target=_build_quietly, name="node", daemon=True))
            _builders[0].start()


def build(folder: Path | None = None) -> str:
    """Build the node into ``folder`` (by default the cache), and return its file's name.

    By default nothing is built where this process has the node already.

    Raises:
        BuildError: There is no C++ compiler, it fails, or what it made cannot be loaded.
    """
    tools = libraries.toolchain()
    how = libraries.node_recipe(tools)
    if folder is None and _found() is not None:
        return how.file_name
    made = libraries.build(how, folder or libraries.kept_in(tools))
    with _lock:
        _take(made)
    return how.file_name


def _build_quietly() -> None:
    with suppress(BuildError):  # without it small tensors take longer, and nothing else changes
        build()


def _found() -> ctypes.CDLL | None:
    """The node that this process has, or takes now from where it is kept."""
    with _lock:
        if not _loaded:
            try:
                tools = libraries.toolchain()
            except BuildError:
                return None
            folders = libraries.PREBUILT, libraries.kept_in(tools)
            there = libraries.find(libraries.node_recipe(tools), *folders)
            if there is not None:
                with suppress(BuildError):
                    _take(there)
        return _loaded[-1] if _loaded else None


def _take(node: ctypes.CDLL) -> None:
    """Have the node serve all that asked for it.

    Raises:
        BuildError: This PyTorch's tensors lie in memory in another way than the node has it.
    """
    global fused
    python = ctypes.PyDLL(node._name, handle=node._handle)
    make, tensor = python.swishdemo_function, python.swishdemo_tensor
    make.argtypes, make.restype = (ctypes.py_object,) * 2, ctypes.py_object
    tensor.argtypes, tensor.restype = (ctypes.py_object,), ctypes.c_void_p
    known = torch.empty(0)
    if tensor(known) != known._cdata:
        raise BuildError("node.cpp does not know how this PyTorch's tensors lie in memory")
    for dtype in _served:
        _bind(node, dtype)
    _loaded.append(node)
    fused = make(differentiate, swish_backward)


def _bind(node: ctypes.CDLL, dtype: torch.dtype) -> None:
    kernel = library(ELEMENTS[dtype])
    node.swishdemo_bind(
        _NUMBERS[dtype],
        ctypes.cast(kernel.swish_forward, ctypes.c_void_p),
        ctypes.cast(kernel.swish_backward, ctypes.c_void_p),
    )
