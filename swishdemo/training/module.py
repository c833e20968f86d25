"""The digits network as a plain PyTorch module: one replica, differentiated by autograd.

`swishdemo.training.ensemble` computes the same for many replicas; it is tested and timed against
this one, and its weights load into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from swishdemo import activations
from swishdemo.training.config import LAYERS, Replica, TrainingConfig
from swishdemo.training.parameters import initial_weights


class DigitsNetwork(nn.Module):
    """Convolution 1→8 · activation · convolution 8→16 · activation · linear 64→10.

    Args:
        replica: Whose activation and β it has.
        trainable: Whether β is trained.
    """

    def __init__(self, replica: Replica, trainable: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.linear = nn.Linear(64, 10)
        self._function = activations.torch_function(replica.activation)
        self._parameters_of_rival = tuple(activations.get(replica.activation).defaults().values())
        if replica.beta_start is not None:
            start = torch.full((LAYERS,), replica.beta_start)
            self.beta = nn.Parameter(start, requires_grad=trainable)

    @classmethod
    def start(cls, replica: Replica, config: TrainingConfig) -> DigitsNetwork:
        """The network at step 0 of a run."""
        network = cls(replica, trainable=config.beta_scope == "layer")
        weights = initial_weights(config.seed, replica.seed)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name in weights:
                    parameter.copy_(weights[name])
                elif name != "beta":
                    parameter.zero_()
        return network

    def forward(self, images: Tensor) -> Tensor:
        """The logits ``[sample, 10]`` of images ``[sample, 1, 8, 8]``."""
        first = self._activation(self.conv1(images), 0)
        second = self._activation(self.conv2(first), 1)
        logits: Tensor = self.linear(second.flatten(1))
        return logits

    def groups(self, config: TrainingConfig) -> Iterator[dict[str, Any]]:
        """Its parameters with the rates and decays of a run, as `torch.optim.SGD` takes them."""
        weights = [layer.weight for layer in (self.conv1, self.conv2, self.linear)]
        biases = [layer.bias for layer in (self.conv1, self.conv2, self.linear)]
        yield {"params": weights, "weight_decay": config.weight_decay}
        yield {"params": biases, "weight_decay": 0.0}
        if hasattr(self, "beta") and self.beta.requires_grad:
            rate = config.lr * config.beta_lr_factor
            yield {"params": [self.beta], "lr": rate, "weight_decay": config.beta_decay}

    def _activation(self, z: Tensor, layer: int) -> Tensor:
        if hasattr(self, "beta"):
            return z * torch.sigmoid(self.beta[layer] * z)
        return self._function(z, *self._parameters_of_rival)
