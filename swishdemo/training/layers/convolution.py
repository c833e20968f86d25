"""Convolutions as products of matrices, in two forms.

A small image makes one matrix of each replica's kernel, and needs no unfolded copy of itself. A
large one is unfolded into patches; with the samples innermost, a tap of all patches is a slice of
the image. The network's input is the same for all replicas, so there one product serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from swishdemo.training.architecture import Convolution
from swishdemo.training.layers.tape import Tape, Values

MOST_UNROLLED = 2**14
"""Pairs of input and output up to which a convolution is one matrix for each replica."""


def bind_convolution(
    part: Convolution, weights: Tensor, gradients: Tensor, x: Values, tape: Tape
) -> Values:
    """Bind a convolution.

    Args:
        part: Its shape.
        weights: ``[replica, outputs, 9·inputs + 1]``, the bias last.
        gradients: Where the gradient by the weights is written.
        x: Its input, padded; features in the order channel, row, column, as in its output.
        tape: Takes the calls.
    """
    places = part.out_height * part.out_width
    pairs = part.inputs * part.height * part.width * part.outputs * places
    z = tape.plain(part.outputs * places)
    small = pairs <= MOST_UNROLLED and not x.shared
    (_as_matrix if small else _by_patches)(part, weights, gradients, x, z, tape)
    return z


def _as_matrix(
    part: Convolution, weights: Tensor, gradients: Tensor, x: Values, z: Values, tape: Tape
) -> None:
    assert x.padded is not None and x.gradient is not None and z.gradient is not None
    # What stays 0 are the pairs of positions that no tap connects.
    matrix = tape.like.new_zeros(tape.replicas, z.features, x.features + 1)
    by_matrix = torch.empty_like(matrix)
    biases, by_biases = (
        memory[..., -1].view(tape.replicas, part.outputs, -1) for memory in (matrix, by_matrix)
    )
    tape.then(
        *(partial(where.copy_, taps) for taps, where in _connections(part, weights, matrix)),
        partial(biases.copy_, weights[..., -1:]),
        *tape.multiply(matrix, x.padded, z.data),
    )
    tape.before(
        *tape.multiply(z.gradient, x.padded.transpose(1, 2), by_matrix),
        gradients.zero_,
        *(partial(taps.add_, where) for taps, where in _connections(part, gradients, by_matrix)),
        partial(torch.sum, by_biases, 2, out=gradients[..., -1]),
        *tape.multiply(matrix[..., :-1].transpose(1, 2), z.gradient, x.gradient),
    )


def _connections(
    part: Convolution, weights: Tensor, matrix: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """For each position of the output, the taps that meet the image, and where they stand.

    Yields:
        Views of equal shape ``[replica, output, input, rows, columns]``.
    """
    kernel = weights[..., :-1].unflatten(-1, (part.inputs, 3, 3))
    whole = matrix[..., :-1].unflatten(1, (part.outputs, part.out_height, part.out_width))
    whole = whole.unflatten(-1, (part.inputs, part.height, part.width))
    for row in range(part.out_height):
        down, rows = _seen(row * part.stride - 1, part.height)
        for column in range(part.out_width):
            right, columns = _seen(column * part.stride - 1, part.width)
            yield kernel[..., down, right], whole[:, :, row, column, :, rows, columns]


def _seen(first: int, size: int) -> tuple[slice, slice]:
    """Of three taps, the first at pixel ``first``: those that meet the image, and its pixels."""
    low, high = max(0, first), min(size, first + 3)
    return slice(low - first, high - first), slice(low, high)


def _by_patches(
    part: Convolution, weights: Tensor, gradients: Tensor, x: Values, z: Values, tape: Tape
) -> None:
    assert z.gradient is not None
    columns = part.out_height * part.out_width * tape.samples
    lead = () if x.shared else (tape.replicas,)
    patches = tape.like.new_zeros(*lead, part.fan_in + 1, columns)  # 0 is what lies outside
    patches[..., -1, :] = 1
    tape.then(
        *(partial(tap.copy_, seen) for tap, seen in _taps(part, patches[..., :-1, :], x.data))
    )
    if x.shared:
        rows = tape.replicas * part.outputs
        product = z.data.view(rows, columns)
        tape.then(*tape.multiply(weights.view(rows, -1), patches, product))
        by_rows = z.gradient.view(rows, columns)
        tape.before(*tape.multiply(by_rows, patches.t(), gradients.view(rows, -1)))
        return
    assert x.gradient is not None
    shape = tape.replicas, part.outputs, columns
    by_z, by_patches = z.gradient.view(shape), torch.empty_like(patches[:, :-1])
    tape.then(*tape.multiply(weights, patches, z.data.view(shape)))
    tape.before(
        *tape.multiply(by_z, patches.transpose(1, 2), gradients),
        *tape.multiply(weights[..., :-1].transpose(1, 2), by_z, by_patches),
        x.gradient.zero_,
        *(partial(seen.add_, tap) for tap, seen in _taps(part, by_patches, x.gradient)),
    )


def _taps(part: Convolution, patches: Tensor, image: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """For each of the nine taps, where it stands in all patches, and the pixels that it sees.

    Args:
        part: The convolution.
        patches: ``[…, 9·inputs, place·sample]``.
        image: ``[…, input·row·column, sample]``.

    Yields:
        Views of equal shape ``[…, input, rows, columns, sample]``.
    """
    places = patches.unflatten(-1, (part.out_height, part.out_width, -1))
    places = places.unflatten(-4, (part.inputs, 3, 3))
    pixels = image.unflatten(-2, (part.inputs, part.height, part.width))
    for down in range(3):
        into, rows = _met(down, part.height, part.stride)
        for right in range(3):
            across, columns = _met(right, part.width, part.stride)
            taps = places[..., down, right, :, :, :]
            yield taps[..., into, across, :], pixels[..., rows, columns, :]


def _met(tap: int, size: int, stride: int) -> tuple[slice, slice]:
    """The places at which a tap meets the image, and the pixels that it meets there."""
    last = (size - 1) // stride
    low = 1 if tap == 0 else 0
    high = min(last, (size - tap) // stride)
    first = low * stride + tap - 1
    return slice(low, high + 1), slice(first, first + (high - low) * stride + 1, stride)
