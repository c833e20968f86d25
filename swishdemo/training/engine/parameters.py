"""The parameters of all replicas in one flat tensor, so that an optimiser is a few operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Role = Literal["weight", "norm", "activation"]


@dataclass(frozen=True, slots=True)
class Block:
    """Parameters of one name in consecutive replicas.

    Attributes:
        name: Of the layer, or ``activation.<site>.<parameter>``; ``activation.<parameter>`` where
            all layers share it.
        first: The first replica that has it.
        count: How many have it, this one and those behind it.
        shape: Of one replica's. A weight is ``[outputs, fan_in + 1]``, its last column the bias; a
            normalisation ``[2, channels]``, scale and shift; an activation's parameter
            ``[channels]`` or ``[1]``.
        role: Decides on rate and decay.
    """

    name: str
    first: int
    count: int
    shape: tuple[int, ...]
    role: Role

    @property
    def rows(self) -> slice:
        """The replicas that have it."""
        return slice(self.first, self.first + self.count)

    @property
    def elements(self) -> int:
        """Numbers in it, of all its replicas."""
        return self.count * math.prod(self.shape)


class Parameters:
    """Values and gradients of all blocks, each one flat tensor with a view for each block.

    Args:
        blocks: What it holds.
        device: Where it lives.
        dtype: What it is made of.
    """

    def __init__(
        self, blocks: Sequence[Block], device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        self.blocks = tuple(blocks)
        size = sum(block.elements for block in self.blocks)
        self.values = torch.zeros(size, device=device, dtype=dtype)
        self.gradients = torch.zeros_like(self.values)

    def views(self, flat: Tensor) -> dict[Block, Tensor]:
        """A view ``[replica, *shape]`` of ``flat`` for each block."""
        parts = torch.split(flat, [block.elements for block in self.blocks])
        return {
            block: part.view(block.count, *block.shape)
            for block, part in zip(self.blocks, parts, strict=True)
        }

    def filled(self, weight: float, bias: float, norm: float, activation: float) -> Tensor:
        """A flat tensor with a number for each role; a weight's biases have their own."""
        flat = torch.zeros_like(self.values)
        numbers = {"weight": weight, "norm": norm, "activation": activation}
        for block, view in self.views(flat).items():
            view.fill_(numbers[block.role])
            if block.role == "weight":
                view[..., -1] = bias
        return flat
