"""The kernel under autograd without Python (``node.cpp``), once it has been built.

That takes a compiler some ten seconds. It is done in the background when the kernel is first
used on the CPU, or at once by ``python -m swishdemo.kernels build``. This module loads PyTorch.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from swishdemo.kernels import libraries
from swishdemo.kernels.build import library, node_recipe
from swishdemo.kernels.libraries import Build, BuildError
from swishdemo.kernels.native import ELEMENTS
from swishdemo.kernels.operator import differentiate, swish_backward
from swishdemo.settings import Toolchain

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
    how = recipe(tools)
    if folder is None and _found() is not None:
        return how.file_name
    if not how.compiler:
        wanted = " ".join(tools.cxx) or "c++, g++ or clang++"
        raise BuildError(f"there is no C++ compiler here ({wanted})")
    made = libraries.build(how, folder or libraries.kept_in(tools))
    with _lock:
        _take(made)
    return how.file_name


def recipe(tools: Toolchain) -> Build:
    """How the node is compiled (`swishdemo.kernels.build.node_recipe`)."""
    how = node_recipe(tools)
    assert how is not None  # PyTorch is loaded here
    return how


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
            there = libraries.find(recipe(tools), libraries.PREBUILT, libraries.kept_in(tools))
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
