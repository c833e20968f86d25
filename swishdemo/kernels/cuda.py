"""Tensors on a GPU handed to the Triton kernels. This module loads PyTorch and Triton.

Triton launches on the current device, which need not be the tensor's: it is made so.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import triton
from torch import Tensor

from swishdemo.kernels import cuda_tiles
from swishdemo.kernels.native import dense_format, layout, real

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
"""The types that the kernels serve."""

_TILE = 2048  # elements of a program
_COLUMNS = 64
"""Of a tile whose columns have each a β: what is read at once is two lines of the cache."""


class _Matrix(NamedTuple):
    """Rows and columns, the distance of rows, values of β, and a tile's rows and columns."""

    rows: int
    columns: int
    stride: int
    channels: int
    tile_rows: int
    tile_columns: int
    down: bool

    @property
    def programs(self) -> tuple[int, int]:
        """Tiles above one another, and side by side."""
        return triton.cdiv(self.rows, self.tile_rows), triton.cdiv(self.columns, self.tile_columns)


def forward(x: Tensor, beta: Tensor) -> Tensor:
    """x·σ(βx), dense in the memory format of ``x``; one value of β, or one for each channel."""
    x = x.contiguous(memory_format=dense_format(x))
    y = torch.empty_like(x)
    if x.numel():
        shape = _matrix(x, beta.numel())
        above, beside = shape.programs
        with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
            cuda_tiles.forward[(above * beside,)](x, real(beta, x.dtype), y, beside, *shape)
    return y


def backward(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of x and β, where ``g`` is that of the values."""
    form = dense_format(x)
    x, g = x.contiguous(memory_format=form), g.contiguous(memory_format=form)
    dx, betas = torch.empty_like(x), real(beta, x.dtype)
    if not x.numel():
        return dx, torch.zeros_like(beta, memory_format=torch.contiguous_format)
    shape = _matrix(x, beta.numel())
    above, beside = shape.programs
    parts = betas.new_empty((above, shape.columns) if shape.down else (beside, shape.rows))
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        cuda_tiles.backward[(above * beside,)](g, x, betas, dx, parts, beside, *shape)
    sums = parts.view(-1, beta.numel()).sum(0, dtype=torch.float64)
    return dx, sums.reshape(beta.shape).to(beta.dtype)


def _matrix(x: Tensor, channels: int) -> _Matrix:
    elements, channels, inner = layout(x, channels)
    down = channels > 1 and inner == 1
    if channels == 1:
        # A stride of 0 leaves no doubt that what one program reads lies side by side.
        return _Matrix(1, elements, 0, 1, 1, _TILE, down)
    columns = channels if down else inner
    wide = min(triton.next_power_of_2(columns), _COLUMNS if down else _TILE)
    return _Matrix(elements // columns, columns, columns, channels, _TILE // wide, wide, down)
