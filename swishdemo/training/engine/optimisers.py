"""Computes losses and moves parameters of all replicas at once, each in a few operations.

Each optimiser is PyTorch's of the same name, with a rate and a decay for every parameter; all
replicas are stepped alike, so that one is not touched by what its neighbours do.

A loss is cross-entropy of softmax, in nats; or the mean over samples and outputs of the squared
error, to one-hot targets, to ±1 where one output stands for two classes, or to a regression's
targets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from swishdemo.training.config import TrainingConfig
from swishdemo.training.engine.batch import CallTape, Values
from swishdemo.training.engine.parameters import Parameters


def bind_objective(name: str, outputs: Values, targets: Tensor, tape: CallTape) -> Tensor:
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


BETAS = (0.9, 0.999)
EPSILON = 1e-8
"""Adam's numbers, Kingma and Ba, https://arxiv.org/abs/1412.6980."""


Number = float | Tensor
"""A number, or one that lies on the device, ``[1]``."""


class Optimiser(ABC):
    """Moves parameters by their gradients.

    Args:
        parameters: What it moves.
        rates: The rate of each, negative.
    """

    def __init__(self, parameters: Parameters, rates: Tensor) -> None:
        self._values, self._gradients = parameters.values, parameters.gradients
        self._rates = rates
        self._memory: dict[str, Tensor] = {}

    def numbers(self, steps: int, factor: float) -> tuple[float, ...]:
        """What `move` takes in a step, counted from 1, in which rates are times ``factor``."""
        return (factor,)

    @abstractmethod
    def move(self, *numbers: Number) -> None:
        """Move them. Gradients are used up."""

    def snapshot(self) -> dict[str, Tensor]:
        """What it remembers from step to step, on the CPU."""
        return {name: memory.cpu().clone() for name, memory in self._memory.items()}

    def restore(self, snapshot: Mapping[str, Tensor]) -> None:
        """Remember what `snapshot` told."""
        for name, memory in self._memory.items():
            memory.copy_(snapshot[name])


def optimiser(config: TrainingConfig, parameters: Parameters, learns: bool) -> Optimiser:
    """The config's optimiser for these parameters.

    Args:
        config: Rates and decays.
        parameters: What it moves.
        learns: Whether any activation's parameter is among them.
    """
    rate = config.lr * config.beta_lr_factor
    rates = parameters.filled(-config.lr, -config.lr, -config.lr, -rate)
    decay = None
    if config.weight_decay or (config.beta_decay and learns):
        decay = parameters.filled(config.weight_decay, 0.0, 0.0, config.beta_decay)
    if config.optimiser in ("adam", "adamw"):
        return _Adam(parameters, rates, decay, coupled=config.optimiser == "adam")
    momentum = 0.0 if config.optimiser == "sgd" else config.momentum
    return _Sgd(parameters, rates, decay, momentum, config.optimiser == "nesterov")


def _add(values: Tensor, one: Tensor, two: Tensor, number: Number) -> None:
    """Add number · one · two, rounded alike for both kinds of numbers."""
    if isinstance(number, Tensor):
        values.addcmul_(one * number, two)
    else:
        values.addcmul_(one, two, value=number)


class _Sgd(Optimiser):
    """b = m·b + (g + decay·p); p = p − lr·b; Nesterov's moves by g + decay·p + m·b instead."""

    def __init__(
        self,
        parameters: Parameters,
        rates: Tensor,
        decay: Tensor | None,
        momentum: float,
        nesterov: bool,
    ) -> None:
        super().__init__(parameters, rates)
        self._decay, self._momentum, self._nesterov = decay, momentum, nesterov
        self._buffer = self._gradients
        if momentum:
            self._buffer = self._memory["buffer"] = torch.zeros_like(self._values)

    def move(self, *numbers: Number) -> None:
        (factor,) = numbers
        if self._decay is not None:
            self._gradients.addcmul_(self._decay, self._values)
        if self._momentum:
            self._buffer.mul_(self._momentum).add_(self._gradients)
        move = self._buffer
        if self._nesterov:
            move = self._gradients.add_(self._buffer, alpha=self._momentum)
        _add(self._values, self._rates, move, factor)


class _Adam(Optimiser):
    """Adam; ``coupled`` adds the decay to the gradient, AdamW applies it to the parameter.

    Loshchilov and Hutter, https://arxiv.org/abs/1711.05101.
    """

    def __init__(
        self, parameters: Parameters, rates: Tensor, decay: Tensor | None, coupled: bool
    ) -> None:
        super().__init__(parameters, rates)
        self._decay = decay if coupled else None
        self._shrink = None if coupled or decay is None else rates * decay
        self._first, self._second, self._scale = (torch.zeros_like(self._values) for _ in range(3))
        self._memory = {"first": self._first, "second": self._second}

    def numbers(self, steps: int, factor: float) -> tuple[float, ...]:
        first, second = (1 - beta**steps for beta in BETAS)  # how far from 0 the moments are yet
        return factor, second**-0.5, factor / first

    def move(self, *numbers: Number) -> None:
        factor, scale, rate = numbers
        if self._decay is not None:
            self._gradients.addcmul_(self._decay, self._values)
        if self._shrink is not None:
            _add(self._values, self._values, self._shrink, factor)
        self._first.lerp_(self._gradients, 1 - BETAS[0])
        self._second.mul_(BETAS[1]).addcmul_(self._gradients, self._gradients, value=1 - BETAS[1])
        torch.sqrt(self._second, out=self._scale).mul_(scale).add_(EPSILON)
        move = torch.div(self._first, self._scale, out=self._scale)
        _add(self._values, self._rates, move, rate)
