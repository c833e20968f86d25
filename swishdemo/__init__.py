"""Swish Lab: check for yourself what is said about the activation function x·σ(βx).

The PyTorch modules and functions are loaded, and PyTorch with them, when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swishdemo.activations.swish import MemoryEfficientSwish, ParametricSwish, Swish
    from swishdemo.kernels.function import FusedSwish, fused_swish

__version__ = "0.1.0"
__all__ = [
    "FusedSwish",
    "MemoryEfficientSwish",
    "ParametricSwish",
    "Swish",
    "__version__",
    "fused_swish",
]

_PLACES = {
    "FusedSwish": "swishdemo.kernels.function",
    "MemoryEfficientSwish": "swishdemo.activations.swish",
    "ParametricSwish": "swishdemo.activations.swish",
    "Swish": "swishdemo.activations.swish",
    "fused_swish": "swishdemo.kernels.function",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
