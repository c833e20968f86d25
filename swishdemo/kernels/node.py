"""The kernel under autograd without Python (``node.cpp``), for whom it has been built.

It takes some fifteen seconds to build, so that happens only when it is asked for: `build` is what
``python -m swishdemo.kernels build`` runs. This module loads PyTorch.
"""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from swishdemo.kernels import libraries
from swishdemo.kernels.build import library
from swishdemo.kernels.libraries import BuildError, Recipe
from swishdemo.kernels.native import ELEMENTS
from swishdemo.settings import Toolchain

SOURCE = Path(__file__).with_name("node.cpp")

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
    """How the node is compiled: against the headers of this PyTorch, for any processor."""
    torch_root = Path(torch.__file__).parent
    include = torch_root / "include"
    abi = int(torch.compiled_with_cxx11_abi())
    flags = (
        "-std=c++20", "-O2", "-fPIC", "-shared", f"-D_GLIBCXX_USE_CXX11_ABI={abi}",
        f"-I{include}", f"-I{include / 'torch' / 'csrc' / 'api' / 'include'}",
        f"-L{torch_root / 'lib'}", "-lc10", "-ltorch_cpu",
    )  # fmt: skip
    serves = f"{torch.__version__} {torch.version.git_version}"
    return Recipe("node", SOURCE, _compiler(tools), (flags,), serves)


def _compiler(tools: Toolchain) -> tuple[str, ...]:
    for command in (tools.cxx,) if tools.cxx else (("c++",), ("g++",), ("clang++",)):
        if shutil.which(command[0]):
            return tuple(command)
    return ()


@cache
def _loaded() -> ctypes.CDLL | None:
    if _built:
        return _built[-1]
    try:
        tools = libraries.toolchain()
    except BuildError:
        return None
    return libraries.find(recipe(tools), libraries.PREBUILT, libraries.kept_in(tools))
