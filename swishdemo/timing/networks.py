"""The networks of context ``step``: a forward to the loss, its backward, and an optimiser's update.

This module loads PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from swishdemo.timing.implementations import Implementation
from swishdemo.timing.request import (
    SEQUENCE_LENGTH,
    SEQUENCES,
    STEP_BATCH,
    TRANSFORMER_WIDTH,
    TimingRequest,
)

_LEARNING_RATE = 1e-3
_HEADS = 4
_MLPS = {"mlp": (784, 512, 512, 10), "mlp_small": (64, 64, 64, 10)}


class TrainingStep:
    """One training step, part by part, on data that stay the same.

    Args:
        loss_of: Computes the loss.
        parameters: All that SGD updates.
    """

    def __init__(self, loss_of: Callable[[], Tensor], parameters: list[Tensor]) -> None:
        self.parameters = parameters
        self._loss_of = loss_of
        self._optimiser = torch.optim.SGD(parameters, lr=_LEARNING_RATE)

    def forward(self) -> Tensor:
        """The loss; the gradients of the step before are dropped."""
        self._optimiser.zero_grad(set_to_none=True)
        self._loss = self._loss_of()
        return self._loss

    def backward(self) -> None:
        """The gradients of the latest loss."""
        self._loss.backward()  # type: ignore[no-untyped-call]

    def update(self) -> None:
        """SGD's update."""
        self._optimiser.step()


def step(
    activation: Callable[[], Implementation],
    request: TimingRequest,
    device: torch.device,
    dtype: torch.dtype,
) -> TrainingStep:
    """The request's network and its step.

    Args:
        activation: Makes the activation of one place, with parameters of its own.
        request: The network, and whether its forward runs under autocast.
        device: Where it runs.
        dtype: Of data and weights.
    """
    criterion: Callable[[Tensor, Tensor], Tensor]
    if request.network == "transformer":
        made = [activation()]
        network, inputs, targets = _transformer(_Placed(made[0]), device, dtype)
        criterion = F.mse_loss
    else:
        made = [activation(), activation()]
        between = [_Placed(one) for one in made]
        network, inputs, targets = _classifier(between, request.network, device, dtype)
        criterion = F.cross_entropy
    own = [parameter for one in made for parameter in one.parameters.values()]

    def loss_of() -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=request.amp):
            return criterion(network(inputs), targets)

    return TrainingStep(loss_of, [*network.parameters(), *own])


class _Placed(nn.Module):
    """An implementation in its place; its parameters are those of the `Implementation`."""

    def __init__(self, made: Implementation) -> None:
        super().__init__()
        self._call = (made.call,)  # within a tuple, so that a module's parameters count once

    def forward(self, x: Tensor) -> Tensor:
        return self._call[0](x)


def _classifier(
    between: list[_Placed], name: str, device: torch.device, dtype: torch.dtype
) -> tuple[nn.Module, Tensor, Tensor]:
    layers: list[nn.Module]
    if name == "cnn":
        inputs = torch.randn(STEP_BATCH, 1, 8, 8, device=device, dtype=dtype)
        layers = [nn.Conv2d(1, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Linear(64, 10)]
    else:
        widths = _MLPS[name]
        inputs = torch.randn(STEP_BATCH, widths[0], device=device, dtype=dtype)
        layers = [nn.Linear(*pair) for pair in pairwise(widths)]
    first, second, last = (layer.to(device, dtype) for layer in layers)
    network = nn.Sequential(first, between[0], second, between[1], nn.Flatten(), last)
    return network, inputs, torch.randint(10, (STEP_BATCH,), device=device)


def _transformer(
    activation: _Placed, device: torch.device, dtype: torch.dtype
) -> tuple[nn.Module, Tensor, Tensor]:
    block = _Block(activation).to(device, dtype)
    shape = (SEQUENCES, SEQUENCE_LENGTH, TRANSFORMER_WIDTH)
    inputs, targets = (torch.randn(shape, device=device, dtype=dtype) for _ in range(2))
    return block, inputs, targets


class _Block(nn.Module):
    """A transformer block that normalises first (Xiong et al. 2020, arXiv 2002.04745)."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        width = TRANSFORMER_WIDTH
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        split = self.queries_keys_values(self.norms[0](x)).unflatten(-1, (3, _HEADS, -1))
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(queries, keys, values)
        x = x + self.mixed(attended.transpose(1, 2).flatten(2))
        hidden: Tensor = self.activation(self.wide(self.norms[1](x)))
        out: Tensor = x + self.narrow(hidden)
        return out
