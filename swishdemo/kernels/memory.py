"""How a tensor's elements and β lie in memory, as the kernel sees them."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

_PERIOD = 1024  # elements in which short rows of β are repeated, so that loops are long
_GRAIN = 32_768  # elements for which another thread pays, as in PyTorch's own kernels


class Layout(NamedTuple):
    """Runs of elements, in the order of the memory.

    Attributes:
        elements: All of them.
        length: Elements of a run.
        channels: Values of β.
        repeating: Whether a run holds the values of β in turn, ``length // channels`` times; else
            run i has the one value ``i % channels``.
        threads: Threads that share the work.
    """

    elements: int
    length: int
    channels: int
    repeating: bool
    threads: int

    @property
    def width(self) -> int:
        """Sums that the kernel makes in each thread, ``channels`` or a multiple."""
        return self.length if self.repeating else self.channels


def dense_format(x: Tensor) -> torch.memory_format:
    """The memory format in which ``x`` is read; it has to be copied where it is in none."""
    if x.is_contiguous():
        return torch.contiguous_format
    if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
        return torch.channels_last
    if x.dim() == 5 and x.is_contiguous(memory_format=torch.channels_last_3d):
        return torch.channels_last_3d
    return torch.contiguous_format


def layout(x: Tensor, channels: int) -> Layout:
    """The layout of ``x``, dense in its `dense_format`, with ``channels`` values of β on axis 1."""
    elements = x.numel()
    threads = max(1, min(torch.get_num_threads(), elements // _GRAIN))
    if channels == 1:
        return Layout(elements, max(1, elements), 1, False, threads)
    length = prod(x.shape[2:]) if x.is_contiguous() else 1
    if length > 1:
        return Layout(elements, length, channels, False, threads)
    repeats = max(1, min(_PERIOD, elements) // channels)
    return Layout(elements, channels * repeats, channels, True, threads)
