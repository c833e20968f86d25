"""The PyTorch form of an activation, as its record says it or as it follows from its formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from swishdemo.activations.lookup import get

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
        given = "".join(f", {each.name}={each.default!r}" for each in activation.parameters)
        return _written(f"lambda x{given}: {activation.torch}")
    if activation.builtin:
        own: Callable[..., Tensor] = resolve_name(activation.builtin)
        return own
    from swishdemo.activations.torch_tape import compiled

    return compiled(activation)


@cache
def _written(text: str) -> Callable[..., Tensor]:
    """The function of a record's text, which is ours, never a visitor's."""
    function: Callable[..., Tensor] = eval(text, _names())
    return function


@cache
def _names() -> dict[str, Any]:
    """What a record's PyTorch form may name."""
    import torch
    from torch.nn import functional

    from swishdemo.activations.swish import swish

    def number(*values: object) -> bool:
        return not any(isinstance(value, torch.Tensor) for value in values)

    return {**vars(functional), **vars(torch), "swish": swish, "number": number}
