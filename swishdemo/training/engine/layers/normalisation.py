"""Batch and layer normalisation, each replica by itself.

Ioffe and Szegedy, https://arxiv.org/abs/1502.03167; Ba, Kiros and Hinton,
https://arxiv.org/abs/1607.06450. Scale and shift are those of a channel.
"""

from __future__ import annotations

import torch
from torch import Tensor

from swishdemo.training.architecture import Normalisation
from swishdemo.training.engine.layers.tape import Tape, Values

EPSILON = 1e-5
MOMENTUM = 0.1
"""Weight of a batch's moments in the running ones; both numbers are PyTorch's."""


def bind_normalisation(
    part: Normalisation,
    weights: Tensor,
    gradients: Tensor,
    running: Tensor | None,
    z: Values,
    tape: Tape,
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
    by_scale, by_shift = gradients[:, 0], gradients[:, 1]
    batch = part.kind == "batch"
    # What the moments are taken over, as axes of [replica, channel, position, sample].
    axes = (2, 3) if batch else (1, 2)
    grid = tape.replicas, part.channels, part.positions, tape.samples
    inverse = tape.empty(*(1 if axis in axes else size for axis, size in enumerate(grid)))
    mean = tape.beside(inverse)
    values = part.positions * (tape.samples if batch else part.channels)

    def moments() -> None:
        torch.mean(x.view(grid), axes, keepdim=True, out=mean)
        torch.sub(x.view(grid), mean, out=centred.view(grid))
        torch.mul(centred, centred, out=y)
        torch.mean(y.view(grid), axes, keepdim=True, out=inverse)
        if batch and running is not None:
            unbiased = inverse.view(running[:, 1].shape) * (values / (values - 1))
            running[:, 0].lerp_(mean.view_as(running[:, 0]), MOMENTUM)
            running[:, 1].lerp_(unbiased, MOMENTUM)
        inverse.add_(EPSILON).rsqrt_()

    def remembered() -> None:
        assert running is not None
        torch.sub(x, running[:, 0, :, None], out=centred)
        torch.add(running[:, 1].view_as(inverse), EPSILON, out=inverse).rsqrt_()

    def finish() -> None:
        centred.view(grid).mul_(inverse)  # the normalised values from here on
        torch.mul(centred, scale, out=y).add_(shift)

    def backward() -> None:
        torch.sum(gradient, 2, out=by_shift)
        torch.mul(gradient, centred, out=y)  # the output is used up
        torch.sum(y, 2, out=by_scale)
        gradient.mul_(scale)
        if not frozen:
            torch.mul(gradient, centred, out=y)
            along = y.view(grid).mean(axes, keepdim=True)
            level = gradient.view(grid).mean(axes, keepdim=True)
            gradient.view(grid).sub_(level).sub_(centred.view(grid) * along)
        gradient.view(grid).mul_(inverse)

    frozen = batch and not tape.training
    tape.then(remembered if frozen else moments, finish)
    tape.before(backward)
    return Values(out, gradient=z.gradient)
