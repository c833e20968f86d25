"""The kernels for CUDA, in Triton's Python. This module loads Triton.

As in ``swish.c``, forward and backward are one pass each, computed in float32, or in float64 for
float64. A tensor is a matrix whose rows lie one after the other, cut into tiles, one a program.
Where the values of β alternate from element to element they go with the columns, and a tile's share
of β's gradient is summed down them; else a row has one β, and it is summed along the row. Each
program writes its sums to places of its own: nothing is added atomically, so results repeat to the
bit.
"""

import triton
import triton.language as tl


@triton.jit
def _tile(beta, beside, rows, columns, stride, channels, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
          DOWN: tl.constexpr):  # fmt: skip
    """Places of the tile's elements, which of them there are, and each one's β."""
    program = tl.program_id(0).to(tl.int64)
    row = program // beside * ROWS + tl.arange(0, ROWS)
    column = program % beside * COLUMNS + tl.arange(0, COLUMNS)
    at = row[:, None] * stride + column[None, :]
    there = (row[:, None] < rows) & (column[None, :] < columns)
    if DOWN:
        b = tl.load(beta + column, mask=column < columns, other=0)[None, :]
    else:
        b = tl.load(beta + row % channels)[:, None]
    return program, row, column, at, there, b


@triton.jit
def _logistic(x, b):
    """Give x within the finite numbers, z = βx, σ(−|z|)/σ(|z|) = exp(−|z|), and σ(|z|)."""
    most: tl.constexpr = 1.7976931348623157e308 if x.dtype == tl.float64 else 3.4028234663852886e38
    x = tl.where(x > most, most, x)
    x = tl.where(x < -most, -most, x)
    z = b * x
    e = tl.exp(-tl.abs(z))
    return x, z, e, 1 / (1 + e)


@triton.jit
def forward(x, beta, y, beside, rows, columns, stride, channels, ROWS: tl.constexpr,
             COLUMNS: tl.constexpr, DOWN: tl.constexpr):  # fmt: skip
    """Values y = x·σ(βx)."""
    _, _, _, at, there, b = _tile(
        beta, beside, rows, columns, stride, channels, ROWS, COLUMNS, DOWN
    )
    given = tl.load(x + at, mask=there, other=0).to(b.dtype)
    finite, z, e, r = _logistic(given, b)
    value = tl.where(z < 0, finite * (e * r), given * r)
    tl.store(y + at, value.to(y.dtype.element_ty), mask=there)


@triton.jit
def backward(g, x, beta, dx, parts, beside, rows, columns, stride, channels, ROWS: tl.constexpr,
              COLUMNS: tl.constexpr, DOWN: tl.constexpr):  # fmt: skip
    """Gradients dx = g·(s + z·s′), and sums of g·x²·s′, with s = σ(z) and z = βx."""
    program, row, column, at, there, b = _tile(
        beta, beside, rows, columns, stride, channels, ROWS, COLUMNS, DOWN
    )
    slope = tl.load(g + at, mask=there, other=0).to(b.dtype)
    finite, z, e, r = _logistic(tl.load(x + at, mask=there, other=0).to(b.dtype), b)
    s = tl.where(z < 0, e * r, r)
    bend = e * r * r  # σ′
    far = tl.where(bend == 0, 0.0, z * bend)  # an infinite z times 0
    tl.store(dx + at, (slope * (s + far)).to(dx.dtype.element_ty), mask=there)
    terms = slope * (finite * (finite * bend))
    if DOWN:
        place = parts + program // beside * columns + column
        tl.store(place, tl.sum(terms, 0), mask=column < columns)
    else:
        tl.store(parts + program % beside * rows + row, tl.sum(terms, 1), mask=row < rows)
