"""One replica as a plain PyTorch module, differentiated by autograd.

`swishdemo.training.engine.ensemble` computes the same for many replicas; it is tested and timed
against this one, and a replica's weights load into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from swishdemo import activations
from swishdemo.training.architecture import (
    ActivationLayer,
    ActivationParameter,
    Affine,
    Convolution,
    Dropout,
    Normalisation,
    Part,
    Residual,
    activation_at,
    architecture,
    parameters_of,
    start_of,
)
from swishdemo.training.config import Replica, TrainingConfig


class ParametricActivation(nn.Module):
    """An activation with its parameters: learned ones as `nn.Parameter`, others as numbers.

    Args:
        config: Whose learned parameters it has.
        replica: Whose activation it is.
        part: The layer.
        shared: Learned parameters that all layers share, by name; those that are not there yet
            are made here.
    """

    def __init__(
        self,
        config: TrainingConfig,
        replica: Replica,
        part: ActivationLayer,
        shared: dict[str, nn.Parameter],
    ) -> None:
        super().__init__()
        name = activation_at(config, replica, part.site)
        self._function = activations.torch_function(name)
        self._used = parameters_of(config, name, replica.rival)
        self._starts = {
            parameter.name: start_of(name, parameter.name, replica) for parameter in self._used
        }
        channels = part.channels if config.beta_scope == "channel" else 1
        self._positions = part.positions
        for parameter in self._used:
            if parameter.learned:
                start = torch.full((channels,), self._starts[parameter.name], dtype=torch.float64)
                if parameter.softplus:
                    start = start + (-(-start).expm1()).log()
                made = nn.Parameter(start.to(torch.get_default_dtype()))
                if config.beta_scope == "network":
                    made = shared.setdefault(parameter.name, made)
                self.register_parameter(parameter.name, made)

    def forward(self, z: Tensor) -> Tensor:
        """The activations of ``z``, ``[sample, channel, …]``."""
        given = [self._given(parameter, z) for parameter in self._used]
        result: Tensor = self._function(z, *given)
        return result

    def _given(self, parameter: ActivationParameter, z: Tensor) -> Tensor | float:
        if not parameter.learned:
            return self._starts[parameter.name]
        raw: Tensor = getattr(self, parameter.name)
        value = functional.softplus(raw) if parameter.softplus else raw
        return value.view(-1, *(1 for _ in z.shape[2:]))


class Network(nn.Module):
    """The network of a config, as one replica has it; its weights are PyTorch's own at first.

    Args:
        config: What it is.
        replica: Whose activation and β it has.
    """

    def __init__(self, config: TrainingConfig, replica: Replica) -> None:
        super().__init__()
        self._parts = architecture(config, config.described())
        self.hidden, self.norm = nn.ModuleDict(), nn.ModuleDict()
        self.activation, self.dropout = nn.ModuleDict(), nn.ModuleDict()
        self._shared: dict[str, nn.Parameter] = {}
        self._build(self._parts, config, replica)

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs ``[sample, output]`` of a dataset's inputs ``[sample, …]``."""
        return self._run(self._parts, inputs)

    def groups(self, config: TrainingConfig) -> Iterator[dict[str, Any]]:
        """Its parameters with the rates and decays of a run, as `torch.optim` takes them."""
        learned = {id(p): p for layer in self.activation.values() for p in layer.parameters()}
        weights = [
            layer.weight for layer in self.modules() if isinstance(layer, nn.Linear | nn.Conv2d)
        ]
        special = {id(weight) for weight in weights} | set(learned)
        others = [each for each in self.parameters() if id(each) not in special]
        yield {"params": weights, "weight_decay": config.weight_decay}
        yield {"params": others, "weight_decay": 0.0}
        if learned:
            rate = config.lr * config.beta_lr_factor
            yield {"params": list(learned.values()), "lr": rate, "weight_decay": config.beta_decay}

    def _build(self, parts: Sequence[Part], config: TrainingConfig, replica: Replica) -> None:
        for part in parts:
            match part:
                case Affine(name="output"):
                    self.output = nn.Linear(part.inputs, part.outputs)
                case Affine():
                    self.hidden[_number(part.name)] = nn.Linear(part.inputs, part.outputs)
                case Convolution():
                    self.hidden[_number(part.name)] = nn.Conv2d(
                        part.inputs, part.outputs, 3, stride=part.stride, padding=1
                    )
                case Normalisation():
                    self.norm[_number(part.name)] = _normalisation(part)
                case ActivationLayer():
                    layer = ParametricActivation(config, replica, part, self._shared)
                    self.activation[str(part.site)] = layer
                case Dropout():
                    self.dropout[str(part.site)] = nn.Dropout(part.rate)
                case Residual():
                    self._build(part.body, config, replica)

    def _run(self, parts: Sequence[Part], x: Tensor) -> Tensor:
        for part in parts:
            match part:
                case Affine(name="output"):
                    x = self.output(x.flatten(1))
                case Affine():
                    x = self.hidden[_number(part.name)](x.flatten(1))
                case Convolution():
                    x = self.hidden[_number(part.name)](x)
                case Normalisation():
                    x = self.norm[_number(part.name)](x)
                case ActivationLayer():
                    x = self.activation[str(part.site)](x)
                case Dropout():
                    x = self.dropout[str(part.site)](x)
                case Residual():
                    x = x + self._run(part.body, x)
        return x


def _number(name: str) -> str:
    return name.rpartition(".")[2]


def _normalisation(part: Normalisation) -> nn.Module:
    if part.kind == "layer":
        return nn.GroupNorm(1, part.channels)
    if part.positions == 1:
        return nn.BatchNorm1d(part.channels)
    return nn.BatchNorm2d(part.channels)
