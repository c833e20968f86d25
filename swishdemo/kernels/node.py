"""The kernel under autograd without Python (``node.cpp``), for whom it has been built.

It takes some fifteen seconds to build, so that happens only when it is asked for: `build` is what
``python -m swishdemo.kernels build`` runs. This module loads PyTorch.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from swishdemo.kernels import libraries
from swishdemo.kernels.build import library, node_recipe
from swishdemo.kernels.libraries import BuildError, Recipe
from swishdemo.kernels.native import ELEMENTS
from swishdemo.settings import Toolchain

# What this process has built and so has loaded, even where it could not be kept.
_built: list[ctypes.CDLL] = []

_NUMBERS = {torch.float32: 6, torch.float64: 7, torch.bfloat16: 15}  # of c10::ScalarType


@cache
def operator(dtype: torch.dtype) -> Callable[[Tensor, Tensor], Tensor] | None:
    """The function of x and β that has its autograd in C++; None where it has not been built."""
    node = _loaded()
    if node is None:
        return None
    kernel = library(ELEMENTS[dtype])
    node.swishdemo_bind(
        _NUMBERS[dtype],
        ctypes.cast(kernel.swish_forward, ctypes.c_void_p),
        ctypes.cast(kernel.swish_backward, ctypes.c_void_p),
    )
    result: Any = torch.ops.swishdemo.fused.default
    return result._op  # type: ignore[no-any-return]


def build(folder: Path | None = None) -> str:
    """Build the node into ``folder`` (by default the cache), and return its file's name.

    By default nothing is built where this process has the node already: PyTorch ends a process
    that registers an operator twice.

    Raises:
        BuildError: There is no C++ compiler, it fails, or what it made cannot be loaded.
    """
    tools = libraries.toolchain()
    how = recipe(tools)
    if folder is None and _loaded() is not None:
        return how.file_name
    if not how.compiler:
        wanted = " ".join(tools.cxx) or "c++, g++ or clang++"
        raise BuildError(f"there is no C++ compiler here ({wanted})")
    folder = folder or libraries.kept_in(tools)
    if not libraries.is_whole(folder / how.file_name):
        _built.append(libraries.build(how, folder))
    _loaded.cache_clear()
    operator.cache_clear()
    return how.file_name


def recipe(tools: Toolchain) -> Recipe:
    """How the node is compiled (`swishdemo.kernels.build.node_recipe`)."""
    how = node_recipe(tools)
    assert how is not None  # PyTorch is loaded here
    return how


@cache
def _loaded() -> ctypes.CDLL | None:
    if _built:
        return _built[-1]
    try:
        tools = libraries.toolchain()
    except BuildError:
        return None
    return libraries.find(recipe(tools), libraries.PREBUILT, libraries.kept_in(tools))
