"""What a variant's builder returns, and how a record's lazy reference is followed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from swishdemo.timing.variants import Variant


@dataclass(frozen=True, slots=True)
class Implementation:
    """A variant, ready to run.

    Attributes:
        call: The activation: a tensor of any shape → one of the same shape.
        parameters: The trainable parameters by name, leaves that require a gradient.
    """

    call: Callable[[Tensor], Tensor]
    parameters: Mapping[str, Tensor] = field(default_factory=dict)


def build(variant: Variant, device: torch.device, dtype: torch.dtype) -> Implementation:
    """Build ``variant``, with parameters of its own, at the values of its record.

    Raises:
        ValueError: The builder's trainable parameters are not those that the record names.
    """
    module, function, *argument = variant.builder.split(":", 2)
    implementation = getattr(importlib.import_module(module), function)(*argument, device, dtype)
    assert isinstance(implementation, Implementation)
    if set(implementation.parameters) != set(variant.trainable):
        raise ValueError(
            f"{variant.name} trains {sorted(implementation.parameters)}; "
            f"its record says {sorted(variant.trainable)}"
        )
    return implementation
