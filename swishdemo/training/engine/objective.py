"""What is minimised, for all replicas: its value, and its gradient by the outputs.

Cross-entropy of softmax, in nats; or the mean over samples and outputs of the squared error, to
one-hot targets, to ±1 where one output stands for two classes, or to a regression's targets.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from swishdemo.training.engine.layers.tape import Tape, Values


def bind_objective(name: str, outputs: Values, targets: Tensor, tape: Tape) -> Tensor:
    """Bind the objective; returns the memory of its mean over the samples, ``[replica]``.

    Args:
        name: ``cross-entropy`` or ``mse``.
        outputs: Of the last layer.
        targets: ``[output, sample]``.
        tape: Takes the calls.
    """
    y, gradient = outputs.data, outputs.gradient
    assert gradient is not None
    terms, loss = tape.beside(y), y.new_empty(tape.replicas)
    if name == "cross-entropy":
        logarithms = tape.beside(y)
        tape.then(
            partial(torch.ops.aten._log_softmax.out, y, 1, False, out=logarithms),
            partial(torch.mul, logarithms, targets, out=terms),
            partial(torch.sum, terms, (1, 2), out=loss),
            partial(loss.mul_, -1 / tape.samples),
        )
        tape.before(
            partial(torch.exp, logarithms, out=gradient),
            partial(gradient.sub_, targets),
            partial(gradient.mul_, 1 / tape.samples),
        )
        return loss
    count = outputs.features * tape.samples
    tape.then(
        partial(torch.sub, y, targets, out=terms),
        partial(torch.mul, terms, terms, out=gradient),
        partial(torch.mean, gradient, (1, 2), out=loss),
    )
    tape.before(partial(torch.mul, terms, 2 / count, out=gradient))
    return loss


def right(outputs: Tensor, labels: Tensor) -> Tensor:
    """How many samples are recognised, ``[replica]``.

    Args:
        outputs: ``[replica, output, sample]``; one output decides by its sign.
        labels: ``[sample]``.
    """
    if outputs.shape[1] == 1:
        return ((outputs[:, 0] > 0).long() == labels).sum(1)
    return (outputs.argmax(1) == labels).sum(1)
