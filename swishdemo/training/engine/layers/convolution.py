"""Convolutions 3×3 as products with patches.

With the samples innermost, a tap of all patches is a slice of the image, so that unfolding an
image is nine copies, and folding its gradient nine sums. The network's input is the same for all
replicas: there, one product serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import Tensor

from swishdemo.training.architecture import Convolution
from swishdemo.training.engine.layers.tape import Tape, Values


def bind_convolution(
    part: Convolution, weights: Tensor, gradients: Tensor, x: Values, tape: Tape
) -> Values:
    """Bind a convolution.

    Args:
        part: Its shape.
        weights: ``[replica, outputs, 9·inputs + 1]``, the bias last.
        gradients: Where the gradient by the weights is written.
        x: Its input; features in the order channel, row, column, as in its output.
        tape: Takes the calls.
    """
    z = tape.plain(part.outputs * part.out_height * part.out_width)
    assert z.gradient is not None
    columns = part.out_height * part.out_width * tape.samples
    lead = () if x.shared else (tape.replicas,)
    patches = tape.filled(0.0, *lead, part.fan_in + 1, columns)  # 0 is what lies outside
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
        return z
    assert x.gradient is not None
    shape = tape.replicas, part.outputs, columns
    by_z, by_patches = z.gradient.view(shape), tape.passing(tape.replicas, part.fan_in, columns)
    tape.then(*tape.multiply(weights, patches, z.data.view(shape)))
    tape.before(
        *tape.multiply(by_z, patches.transpose(1, 2), gradients),
        *tape.multiply(weights[..., :-1].transpose(1, 2), by_z, by_patches),
        x.gradient.zero_,
        *(partial(seen.add_, tap) for tap, seen in _taps(part, by_patches, x.gradient)),
    )
    return z


def _taps(part: Convolution, patches: Tensor, image: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """For each of the nine taps, where it stands in all patches, and the pixels that it sees.

    Args:
        part: The convolution.
        patches: ``[…, 9·inputs, place·sample]``.
        image: ``[…, input·row·column, sample]``.

    Yields:
        Views of equal shape ``[…, input, rows, columns, sample]``.
    """
    lead = patches.shape[:-2]
    places = patches.view(*lead, part.inputs, 3, 3, part.out_height, part.out_width, -1)
    pixels = image.view(*lead, part.inputs, part.height, part.width, -1)
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
