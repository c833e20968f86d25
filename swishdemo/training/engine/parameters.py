"""The parameters of all replicas in one flat tensor: where each stands, and its initial value.

So an optimiser is a few operations. Initial weights are shaped as PyTorch's layers shape them, and
follow from the seeds alone. ``he_normal`` and ``he_uniform``: variance 2/fan_in, He, Zhang, Ren and
Sun, https://arxiv.org/abs/1502.01852. ``xavier``: uniform, variance 2/(fan_in + fan_out), Glorot
and Bengio, https://proceedings.mlr.press/v9/glorot10a.html. ``lecun``: normal, variance 1/fan_in.
``orthogonal``: orthonormal rows or columns, Saxe, McClelland and Ganguli,
https://arxiv.org/abs/1312.6120. ``gain``: normal, variance g²/fan_in, where g keeps the mean
square of what passes the layer's activation at 1. The last layer, behind which no activation
stands, has the gain 1 in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from swishdemo import activations
from swishdemo.training.architecture import (
    ActivationLayer,
    Affine,
    Convolution,
    activation_at,
    parameters_of,
    start_of,
)
from swishdemo.training.config import Replica, TrainingConfig
from swishdemo.training.engine.activations import Operand
from swishdemo.training.engine.batch import Call

Array = npt.NDArray[np.float64]


def initial_weights(
    parts: Sequence[Affine | Convolution],
    init: str,
    scale: float,
    seed: tuple[int, int],
    gains: Mapping[str, float],
) -> dict[str, Tensor]:
    """The weights of one network, float32, by the layers' names.

    Args:
        parts: The layers that have weights, in the network's order.
        init: How they are drawn.
        scale: What all are multiplied by.
        seed: The run's base seed, and the replica's.
        gains: For ``gain``, the gain of each layer but the last.
    """
    random = np.random.default_rng([seed[0], 1 + seed[1]])
    found = {}
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        gain = 1.0 if last else gains.get(part.name, 1.0) if init == "gain" else math.sqrt(2)
        weights = scale * _draw(part, init, gain, random)
        found[part.name] = torch.from_numpy(weights.astype(np.float32))
    return found


def _draw(part: Affine | Convolution, init: str, gain: float, random: np.random.Generator) -> Array:
    shape = part.weight_shape
    if init in ("he_normal", "gain"):
        return random.normal(0.0, gain / math.sqrt(part.fan_in), shape)
    if init == "lecun":
        return random.normal(0.0, 1 / math.sqrt(part.fan_in), shape)
    if init == "orthogonal":
        return _orthogonal((shape[0], math.prod(shape[1:])), random).reshape(shape)
    if init == "xavier":
        bound = math.sqrt(6 / (part.fan_in + part.fan_out))
    else:
        bound = gain * math.sqrt(3 / part.fan_in)
    return random.uniform(-bound, bound, shape)


def _orthogonal(shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Uniform among the matrices with orthonormal rows, or columns where there are fewer."""
    tall = random.normal(size=(max(shape), min(shape)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))  # else QR's own signs would choose among them
    return q if shape[0] >= shape[1] else q.T


@lru_cache(maxsize=256)
def unit_gain(activation: str, parameters: tuple[float, ...]) -> float:
    """1/√E f(z)² for a standard normal z, by the trapezoidal rule on [−12, 12].

    For ReLU it is √2; for Swish at β = 1 it is 1.6765.
    """
    z = torch.linspace(-12, 12, 9601, dtype=torch.float64)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    with torch.no_grad():
        values = activations.torch_function(activation)(z, *parameters)
    square = float(torch.trapezoid(values.square() * density, z))
    return 1 / math.sqrt(square) if math.isfinite(square) and square > 1e-12 else 1.0


@dataclass(frozen=True, slots=True)
class GroupParameter:
    """A parameter of an activation of one group of replicas in one layer.

    Attributes:
        name: Its name in the formula.
        starts: Its value at step 0, for each of the replicas.
        softplus: Whether softplus of what is trained is taken.
        block: Where it is trained; None where it is fixed.
    """

    name: str
    starts: tuple[float, ...]
    softplus: bool
    block: Block | None


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """Consecutive replicas of one activation, in one layer.

    Attributes:
        site: The layer.
        rows: The replicas.
        rival: Whether they are rivals.
        activation: Their activation there.
        channels: Values of each learned parameter: the layer's channels, or 1.
        parameters: The activation's parameters, in the record's order.
    """

    site: int
    rows: slice
    rival: bool
    activation: str
    channels: int
    parameters: tuple[GroupParameter, ...]


def groups_of(
    config: TrainingConfig, replicas: Sequence[Replica], sites: Sequence[ActivationLayer]
) -> tuple[ParameterGroup, ...]:
    """All groups, by layer, then by replica."""
    found = []
    for site in sites:
        first = 0
        channels = site.channels if config.beta_scope == "channel" else 1
        place = "" if config.beta_scope == "network" else f".{site.site}"
        for (_, rival), members in groupby(replicas, lambda row: (row.activation, row.rival)):
            rows = tuple(members)
            name = activation_at(config, rows[0], site.site)
            parameter = tuple(
                GroupParameter(
                    each.name,
                    tuple(start_of(name, each.name, row) for row in rows),
                    each.softplus,
                    Block(
                        f"activation{place}.{each.name}",
                        first,
                        len(rows),
                        (channels,),
                        "activation",
                    )
                    if each.learned
                    else None,
                )
                for each in parameters_of(config, name, rival)
            )
            span = slice(first, first + len(rows))
            found.append(ParameterGroup(site.site, span, rival, name, channels, parameter))
            first += len(rows)
    return tuple(found)


def blocks_of(groups: Sequence[ParameterGroup]) -> tuple[Block, ...]:
    """Where the learned parameters stand, each once."""
    blocks = (parameter.block for group in groups for parameter in group.parameters)
    return tuple(dict.fromkeys(block for block in blocks if block is not None))


class ActivationParameters:
    """What activations read, and the way of its gradients back to what is trained.

    Args:
        groups: All groups.
        parameters: Where the learned ones are.
    """

    def __init__(self, groups: Sequence[ParameterGroup], parameters: Parameters) -> None:
        self.groups = tuple(groups)
        self._raw = parameters.views(parameters.values)
        self._by_raw = parameters.views(parameters.gradients)
        self.forward: list[Call] = []
        """What a forward pass begins with."""
        self.backward: list[Call] = []
        """What a backward pass ends with."""
        self._values: dict[Block, Tensor] = {}
        uses: dict[Block, int] = {}
        for parameter in (parameter for group in groups for parameter in group.parameters):
            if parameter.block is None:
                continue
            uses[parameter.block] = uses.get(parameter.block, 0) + 1
            raw = self._raw[parameter.block]
            if parameter.block not in self._values:
                self._values[parameter.block] = torch.empty_like(raw) if parameter.softplus else raw
        # Where layers share a parameter, each writes a gradient of its own, and they are summed.
        self._shares = {
            block: iter(self._shared(block, count)) for block, count in uses.items() if count > 1
        }
        for block, value in self._values.items():
            if value is not self._raw[block]:
                self._chain(block, value)
        self._fixed = parameters.values.new_tensor
        self._operands = {
            (group.site, group.rows.start): tuple(map(self._operand, group.parameters))
            for group in groups
        }

    def start(self) -> None:
        """Set the learned ones to their values at step 0; a shared one to the first layer's."""
        for group in reversed(self.groups):
            for parameter in group.parameters:
                if parameter.block is None:
                    continue
                values = self._fixed(parameter.starts)[:, None]
                if parameter.softplus:  # its inverse; for a large β, exp(β) is no number
                    values = values + (-(-values).expm1()).log()
                self._raw[parameter.block].copy_(values.expand_as(self._raw[parameter.block]))
        self.refresh()

    def snapshot(self) -> list[Tensor]:
        """What activations read where it is not what is trained, on the CPU."""
        return [value.cpu().clone() for value in self._derived()]

    def restore(self, snapshot: Sequence[Tensor]) -> None:
        """Have activations read what `snapshot` told."""
        for value, kept in zip(self._derived(), snapshot, strict=True):
            value.copy_(kept)

    def _derived(self) -> list[Tensor]:
        return [v for block, v in self._values.items() if v is not self._raw[block]]

    def refresh(self) -> None:
        """Compute what follows from the learned ones, after they were set."""
        for call in self.forward:
            call()

    def value(self, parameter: GroupParameter) -> Tensor:
        """What an activation reads: ``[replica, channel]``."""
        return (
            self._fixed(parameter.starts)[:, None]
            if parameter.block is None
            else self._values[parameter.block]
        )

    def operands(self, group: ParameterGroup, learning: bool) -> tuple[Operand, ...]:
        """What a group's activation reads; without gradients where it does not learn."""
        found = self._operands[group.site, group.rows.start]
        return found if learning else tuple(replace(each, gradient=None) for each in found)

    def _operand(self, parameter: GroupParameter) -> Operand:
        value = self.value(parameter)[:, :, None]
        if parameter.block is None:
            same = len(set(parameter.starts)) == 1
            return Operand(value, number=parameter.starts[0] if same else None)
        share = self._shares.get(parameter.block)
        gradient = self._by_raw[parameter.block] if share is None else next(share)
        return Operand(value, gradient[:, :, None])

    def _shared(self, block: Block, count: int) -> Tensor:
        memory = self._by_raw[block].new_empty(count, *self._by_raw[block].shape)
        self.backward.append(partial(torch.sum, memory, 0, out=self._by_raw[block]))
        return memory

    def _chain(self, block: Block, value: Tensor) -> None:
        raw, slope = self._raw[block], torch.empty_like(value)
        self.forward.append(partial(torch.ops.aten.softplus.out, raw, out=value))
        self.backward += [
            partial(torch.sigmoid, raw, out=slope),
            partial(self._by_raw[block].mul_, slope),
        ]


Role = Literal["weight", "norm", "activation"]


@dataclass(frozen=True, slots=True)
class Block:
    """Parameters of one name in consecutive replicas.

    Attributes:
        name: Of the layer, or ``activation.<site>.<parameter>``; ``activation.<parameter>`` where
            all layers share it.
        first: The first replica that has it.
        count: How many have it, this one and those behind it.
        shape: Of one replica's. A weight is ``[outputs, fan_in + 1]``, its last column the bias; a
            normalisation ``[2, channels]``, scale and shift; an activation's parameter
            ``[channels]`` or ``[1]``.
        role: Decides on rate and decay.
    """

    name: str
    first: int
    count: int
    shape: tuple[int, ...]
    role: Role

    @property
    def rows(self) -> slice:
        """The replicas that have it."""
        return slice(self.first, self.first + self.count)

    @property
    def elements(self) -> int:
        """Numbers in it, of all its replicas."""
        return self.count * math.prod(self.shape)


class Parameters:
    """Values and gradients of all blocks, each one flat tensor with a view for each block.

    Args:
        blocks: What it holds.
        device: Where it lives.
        dtype: What it is made of.
    """

    def __init__(
        self, blocks: Sequence[Block], device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        self.blocks = tuple(blocks)
        size = sum(block.elements for block in self.blocks)
        self.values = torch.zeros(size, device=device, dtype=dtype)
        self.gradients = torch.zeros_like(self.values)

    def views(self, flat: Tensor) -> dict[Block, Tensor]:
        """A view ``[replica, *shape]`` of ``flat`` for each block."""
        parts = torch.split(flat, [block.elements for block in self.blocks])
        return {
            block: part.view(block.count, *block.shape)
            for block, part in zip(self.blocks, parts, strict=True)
        }

    def filled(self, weight: float, bias: float, norm: float, activation: float) -> Tensor:
        """A flat tensor with a number for each role; a weight's biases have their own."""
        flat = torch.zeros_like(self.values)
        numbers = {"weight": weight, "norm": norm, "activation": activation}
        for block, view in self.views(flat).items():
            view.fill_(numbers[block.role])
            if block.role == "weight":
                view[..., -1] = bias
        return flat
