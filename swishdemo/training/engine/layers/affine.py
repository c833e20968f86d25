"""W·x + b."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from swishdemo.training.engine.layers.tape import Tape, Values


def bind_affine(weights: Tensor, gradients: Tensor, x: Values, tape: Tape) -> Values:
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
