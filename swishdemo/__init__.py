"""Swish Lab: check for yourself what is said about the activation function x·σ(βx).

The three PyTorch modules are loaded, and PyTorch with them, when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swishdemo.activations.modules import MemoryEfficientSwish, ParametricSwish, Swish

__version__ = "0.1.0"
__all__ = ["MemoryEfficientSwish", "ParametricSwish", "Swish", "__version__"]

_MODULES = ("MemoryEfficientSwish", "ParametricSwish", "Swish")


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from swishdemo.activations import modules

    return getattr(modules, name)
