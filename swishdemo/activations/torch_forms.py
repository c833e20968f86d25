"""The PyTorch form of an activation, found by the reference in its record."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from swishdemo.activations.registry import get

if TYPE_CHECKING:
    from torch import Tensor


def torch_function(name: str) -> Callable[..., Tensor]:
    """The differentiable function ``f(x, *parameters)`` of an activation.

    The parameters come in the record's order, as numbers or as tensors that broadcast with ``x``.
    A typed formula's (``"=x*sigmoid(beta*x)"``) is made from its definition. The first call loads
    PyTorch.

    Raises:
        UserError: No activation has that name (status 404), or the formula is none (422).
    """
    activation = get(name)
    if activation.torch:
        return resolve(activation.torch)
    from swishdemo.activations.torch_tape import compiled

    return compiled(activation)


def resolve(reference: str) -> Callable[..., Tensor]:
    """The function at ``module:function``."""
    module, _, function = reference.partition(":")
    found: Callable[..., Tensor] = getattr(import_module(module), function)
    return found
