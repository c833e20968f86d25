"""The parameters of all replicas: one flat tensor, so that SGD is a few operations for all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from swishdemo.training.config import LAYERS, Replica, TrainingConfig


@dataclass(frozen=True, slots=True)
class Block:
    """Named views of a flat tensor, for K replicas of which S are Swish's.

    Attributes:
        conv1: ``[K, 8 out, 10]``: nine taps, and the bias as a tenth whose input is always 1.
        conv2: ``[K, 8 in, 3, 3, 16 out]``.
        bias2: ``[K, 16]``.
        linear: ``[K, 10, 64]``, its inputs in the order row, column, channel.
        bias3: ``[K, 10]``.
        beta: ``[layer, S]``.
    """

    conv1: Tensor
    conv2: Tensor
    bias2: Tensor
    linear: Tensor
    bias3: Tensor
    beta: Tensor

    def network(self, index: int) -> dict[str, Tensor]:
        """The entries of one replica, as `swishdemo.training.module.DigitsNetwork` has them."""
        conv1, linear = self.conv1[index], self.linear[index].view(10, 2, 2, 16)
        entries = {
            "conv1.weight": conv1[:, :9].reshape(8, 1, 3, 3),
            "conv1.bias": conv1[:, 9],
            "conv2.weight": self.conv2[index].permute(3, 0, 1, 2),
            "conv2.bias": self.bias2[index],
            "linear.weight": linear.permute(0, 3, 1, 2).reshape(10, 64),
            "linear.bias": self.bias3[index],
        }
        if index < self.beta.shape[1]:
            entries["beta"] = self.beta[:, index]
        return {name: entry.clone() for name, entry in entries.items()}


def block(flat: Tensor, replicas: int, swish: int) -> Block:
    """Views into ``flat``, which has as many elements as `elements` says."""
    shapes = _shapes(replicas, swish)
    parts = torch.split(flat, [math.prod(shape) for shape in shapes])
    return Block(*(part.view(shape) for part, shape in zip(parts, shapes, strict=True)))


def elements(replicas: int, swish: int) -> int:
    """The length of the flat tensor."""
    return sum(math.prod(shape) for shape in _shapes(replicas, swish))


def _shapes(replicas: int, swish: int) -> tuple[tuple[int, ...], ...]:
    rest = (8, 10), (8, 3, 3, 16), (16,), (10, 64), (10,)
    return (*((replicas, *shape) for shape in rest), (LAYERS, swish))


class Momentum:
    """SGD with momentum as PyTorch has it: b = m·b + (g + decay·p); p = p − lr·b.

    Args:
        replicas: The replicas to start, Swish's first.
        config: Rates and decays.
        device: Where the tensors live.
        dtype: What they are made of.
    """

    def __init__(
        self,
        replicas: Sequence[Replica],
        config: TrainingConfig,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        count, swish = len(replicas), sum(row.beta_start is not None for row in replicas)
        zeros = torch.zeros(elements(count, swish), device=device, dtype=dtype)
        self._values, self._gradients, self._buffer = zeros, zeros.clone(), zeros.clone()
        self._decay, self._rate = zeros.clone(), torch.full_like(zeros, -config.lr)
        self._momentum = config.momentum
        self.parameters = block(self._values, count, swish)
        self.gradients = block(self._gradients, count, swish)
        decay, rate = (block(flat, count, swish) for flat in (self._decay, self._rate))
        decay.conv1[..., :9] = config.weight_decay
        decay.conv2.fill_(config.weight_decay)
        decay.linear.fill_(config.weight_decay)
        learned = config.beta_scope == "layer"
        decay.beta.fill_(config.beta_decay if learned else 0.0)
        rate.beta.mul_(config.beta_lr_factor if learned else 0.0)
        self._start(replicas, config.seed)

    def step(self) -> None:
        """Move the parameters by the gradients."""
        self._gradients.addcmul_(self._decay, self._values)
        self._buffer.mul_(self._momentum).add_(self._gradients)
        self._values.addcmul_(self._rate, self._buffer)

    def _start(self, replicas: Sequence[Replica], seed: int) -> None:
        for index, row in enumerate(replicas):
            weights = initial_weights(seed, row.seed)
            self.parameters.conv1[index, :, :9] = weights["conv1.weight"].view(8, 9)
            self.parameters.conv2[index] = weights["conv2.weight"].permute(1, 2, 3, 0)
            self.parameters.linear[index] = (
                weights["linear.weight"].view(10, 16, 2, 2).permute(0, 2, 3, 1).reshape(10, 64)
            )
            if row.beta_start is not None:
                self.parameters.beta[:, index] = row.beta_start


def initial_weights(seed: int, replica_seed: int) -> dict[str, Tensor]:
    """He-normal weights as PyTorch's layers shape them; biases start at 0.

    He, Zhang, Ren and Sun, https://arxiv.org/abs/1502.01852: deviation √(2/fan_in); the linear
    layer, behind which no activation stands, has gain 1: √(1/fan_in).
    """
    generator = np.random.default_rng([seed, 1 + replica_seed])

    def normal(shape: tuple[int, ...], gain_squared: float) -> Tensor:
        deviation = math.sqrt(gain_squared / math.prod(shape[1:]))
        return torch.from_numpy(generator.normal(0.0, deviation, shape).astype(np.float32))

    return {
        "conv1.weight": normal((8, 1, 3, 3), 2.0),
        "conv2.weight": normal((16, 8, 3, 3), 2.0),
        "linear.weight": normal((10, 64), 1.0),
    }
