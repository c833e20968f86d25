"""The layers of a batched network: linear, convolution, dropout, normalisation, activation.

Convolutions 3×3 are products with patches: with the samples innermost, a tap of all patches is a
slice of the image, so that unfolding an image is nine copies, and folding its gradient nine sums.
The network's input is the same for all replicas: there, one product serves them all.

Batch and layer normalisation treat each replica by itself; scale and shift are those of a channel
(Ioffe and Szegedy, https://arxiv.org/abs/1502.03167; Ba, Kiros and Hinton,
https://arxiv.org/abs/1607.06450). Dropout: Srivastava et al.,
https://jmlr.org/papers/v15/srivastava14a.html. In an activation layer each group of the replicas
has its own activation and parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from swishdemo.training.architecture import Convolution, Dropout, Normalisation
from swishdemo.training.engine.activations import Operand, bind_form
from swishdemo.training.engine.batch import Call, CallTape, Values
from swishdemo.training.engine.parameters import ParameterGroup


def bind_affine(weights: Tensor, gradients: Tensor, x: Values, tape: CallTape) -> Values:
    """Bind an affine layer.

    Args:
        weights: ``[replica, outputs, inputs + 1]``, the bias last.
        gradients: Where the gradient by the weights is written.
        x: Its input, padded.
        tape: Takes the calls.
    """
    count, outputs, _ = weights.shape
    z = tape.plain(outputs)
    assert x.padded is not None and z.gradient is not None
    if x.shared:  # one product with the one input serves all replicas
        rows = count * outputs
        flat = z.data.view(rows, tape.samples)
        tape.then(*tape.multiply(weights.view(rows, -1), x.padded, flat))
        by_rows = z.gradient.view(rows, tape.samples)
        tape.before(*tape.multiply(by_rows, x.padded.t(), gradients.view(rows, -1)))
        return z
    assert x.gradient is not None
    to_x = weights[:, :, :-1].transpose(1, 2)
    by_weights = tape.multiply(z.gradient, x.padded.transpose(1, 2), gradients)
    if outputs == 1 and tape.products is None:
        # A product with one row is faster as what it is, a weighted sum.
        terms, column = tape.passing(*x.padded.shape), weights.transpose(1, 2)
        tape.then(
            partial(torch.mul, x.padded, column, out=terms),
            partial(torch.sum, terms, 1, keepdim=True, out=z.data),
        )
        tape.before(*by_weights, partial(torch.mul, to_x, z.gradient, out=x.gradient))
        return z
    tape.then(*tape.multiply(weights, x.padded, z.data))
    tape.before(*by_weights, *tape.multiply(to_x, z.gradient, x.gradient))
    return z


def bind_convolution(
    part: Convolution, weights: Tensor, gradients: Tensor, x: Values, tape: CallTape
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


class Masks:
    """Which features are kept: a stream of its own for each seed, whoever trains beside.

    Args:
        part: The layer.
        seeds: Of each replica, numbers that its stream follows from.
        like: A tensor of the type and on the device of the masks.
    """

    def __init__(self, part: Dropout, seeds: Sequence[tuple[int, int]], like: Tensor) -> None:
        self.part = part
        self._seeds = distinct = sorted(set(seeds))
        self._index = torch.tensor([distinct.index(seed) for seed in seeds], device=like.device)
        self._like = like
        self.streams = [torch.Generator(device=like.device) for _ in distinct]
        """Of random numbers, one a seed."""
        self._begin()

    def snapshot(self) -> list[Tensor]:
        """Where its streams stand."""
        return [stream.get_state() for stream in self.streams]

    def restore(self, snapshot: Sequence[Tensor], steps: int) -> None:
        """Go on from where `snapshot` told, or begin streams anew that another device drew."""
        if any(s.get_state().shape != k.shape for s, k in zip(self.streams, snapshot, strict=True)):
            self._begin(steps)
            return
        for stream, kept in zip(self.streams, snapshot, strict=True):
            stream.set_state(kept)

    def renew(self, snapshot: Sequence[Tensor]) -> None:
        """Draw from other generators that stand where `snapshot` told."""
        self.streams = [torch.Generator(device=each.device) for each in self.streams]
        for stream, kept in zip(self.streams, snapshot, strict=True):
            stream.set_state(kept)

    def _begin(self, *more: int) -> None:
        for seed, stream in zip(self._seeds, self.streams, strict=True):
            sequence = np.random.SeedSequence([*seed, self.part.site, *more])
            stream.manual_seed(int(sequence.generate_state(1)[0]))

    def bind(self, x: Values, tape: CallTape) -> Values:
        """Bind the layer: each step draws anew. In evaluation it is not there."""
        if not tape.training:
            return x
        keep = 1 - self.part.rate
        out = tape.padded(x.features, x.gradient)
        assert x.gradient is not None
        drawn = self._like.new_empty(len(self.streams), x.features, tape.samples)
        mask = tape.beside(x.gradient)

        def draw() -> None:
            for row, stream in zip(drawn, self.streams, strict=True):
                row.bernoulli_(keep, generator=stream)
            torch.index_select(drawn, 0, self._index, out=mask)
            mask.mul_(1 / keep)

        tape.then(draw, partial(torch.mul, x.data, mask, out=out.data))
        tape.before(partial(x.gradient.mul_, mask))
        return out


EPSILON = 1e-5
MOMENTUM = 0.1
"""Weight of a batch's moments in the running ones; both numbers are PyTorch's."""


def bind_normalisation(
    part: Normalisation,
    weights: Tensor,
    gradients: Tensor,
    running: Tensor | None,
    z: Values,
    tape: CallTape,
) -> Values:
    """Bind a normalisation; the gradient is turned in place.

    Args:
        part: Its kind and shape.
        weights: ``[replica, 2, channels]``: scale and shift.
        gradients: Where the gradients by them are written.
        running: ``[replica, 2, channels]``: mean and variance for evaluation, kept by training;
            for ``batch`` alone.
        z: What is normalised.
        tape: Takes the calls.
    """
    assert z.gradient is not None
    shape = tape.replicas, part.channels, part.positions * tape.samples
    x, gradient = z.data.view(shape), z.gradient.view(shape)
    out = tape.beside(z.data)
    y, centred = out.view(shape), tape.beside(x)
    scale, shift = weights[:, 0, :, None], weights[:, 1, :, None]
    batch = part.kind == "batch"
    frozen = batch and not tape.training
    # What the moments are taken over, as axes of [replica, channel, position, sample].
    axes = (2, 3) if batch else (1, 2)
    grid = tape.replicas, part.channels, part.positions, tape.samples
    inverse = tape.empty(*(1 if axis in axes else size for axis, size in enumerate(grid)))
    mean = tape.beside(inverse)

    def moments() -> None:
        torch.mean(x.view(grid), axes, keepdim=True, out=mean)
        torch.sub(x.view(grid), mean, out=centred.view(grid))
        torch.mul(centred, centred, out=y)
        torch.mean(y.view(grid), axes, keepdim=True, out=inverse)
        if running is not None and batch:
            _remember(running, mean, inverse, part.positions * tape.samples)
        inverse.add_(EPSILON).rsqrt_()

    def remembered() -> None:
        assert running is not None
        torch.sub(x, running[:, 0, :, None], out=centred)
        torch.add(running[:, 1].view_as(inverse), EPSILON, out=inverse).rsqrt_()

    def finish() -> None:
        centred.view(grid).mul_(inverse)  # the normalised values from here on
        torch.mul(centred, scale, out=y).add_(shift)

    def backward() -> None:
        torch.sum(gradient, 2, out=gradients[:, 1])
        torch.mul(gradient, centred, out=y)  # the output is used up
        torch.sum(y, 2, out=gradients[:, 0])
        gradient.mul_(scale)
        if not frozen:
            torch.mul(gradient, centred, out=y)
            inner = y.view(grid).mean(axes, keepdim=True)
            gradient.view(grid).sub_(gradient.view(grid).mean(axes, keepdim=True)).sub_(
                centred.view(grid) * inner
            )
        gradient.view(grid).mul_(inverse)

    tape.then(remembered if frozen else moments, finish)
    tape.before(backward)
    return Values(out, gradient=z.gradient)


def _remember(running: Tensor, mean: Tensor, variance: Tensor, values: int) -> None:
    """Let a batch's moments, over so many values, enter the running ones as PyTorch does."""
    unbiased = variance.view(running[:, 1].shape) * (values / (values - 1))
    running[:, 0].lerp_(mean.view_as(running[:, 0]), MOMENTUM)
    running[:, 1].lerp_(unbiased, MOMENTUM)


@dataclass(frozen=True, slots=True)
class Site:
    """A bound activation layer, for those who look into the network.

    Attributes:
        z: Pre-activations, ``[replica, feature, sample]``.
        out: Activations, likewise.
        gradient: The memory of gradients, likewise.
        turn: Calls that turn the gradient by ``out`` in that memory into the one by ``z``.
    """

    z: Tensor
    out: Tensor
    gradient: Tensor
    turn: Sequence[Call]


def bind_activation(
    slices: Iterable[tuple[ParameterGroup, Sequence[Operand]]], z: Values, tape: CallTape
) -> tuple[Values, Site]:
    """Bind an activation layer behind the pre-activations ``z``, each group with its operands."""
    assert z.gradient is not None
    out = tape.padded(z.features, z.gradient)
    turn: list[Call] = []
    for group, operands in slices:
        shape = group.rows.stop - group.rows.start, group.channels, -1
        before, after, gradient = (
            memory[group.rows].view(shape) for memory in (z.data, out.data, z.gradient)
        )
        bound = bind_form(group.activation, operands, before, after, gradient, tape)
        tape.then(*bound.forward)
        turn += bound.backward
    tape.before(*turn)
    return out, Site(z.data, out.data, z.gradient, tuple(turn))
