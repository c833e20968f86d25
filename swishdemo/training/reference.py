"""Trains one network in plain PyTorch: the oracle of the engine's tests, and a run's script.

`swishdemo.training.script` writes a run down as the lines of this file: it works out what depends
on ``config`` and ``steps`` alone, and leaves out what the run does not use. So what stands here
needs this project for nothing else, `network` excepted.

Arguments of all functions:
    config: What is trained.
    steps: Optimiser steps until the run's end, which may come before ``config.steps``.
    net, seed: A network; from which of the config's seeds its weights follow.
    x, y: Standardised inputs, ``[sample, …]``; class numbers, or targets ``[sample, 1]``.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from swishdemo import activations
from swishdemo.training.architecture import (
    ActivationLayer,
    activation_at,
    architecture,
    has_groups,
    layer_shapes,
    learns_parameters,
    outputs,
    parameters_of,
    sites,
    start_of,
)
from swishdemo.training.config import last_interval

if TYPE_CHECKING:
    from swishdemo.training.config import Replica, TrainingConfig


def standardised(config: TrainingConfig, x: Any, y: Any, train: Any, test: Any) -> Any:
    """Inputs and labels of both parts, standardised by the training part alone."""
    axes = (0, 2, 3) if config.described().kind == "image" else 0
    mean, deviation = x[train].mean(axes, keepdims=True), x[train].std(axes, keepdims=True)
    if config.described().kind == "table":  # a column may be the same in all rows
        deviation = np.where(deviation <= 1e-12 * abs(mean), 1, deviation)
    x = torch.tensor((x - mean) / deviation, dtype=torch.float32)
    if config.described().task == "regression":
        y = ((y - y[train].mean()) / y[train].std())[:, None].astype(np.float32)
    if config.shuffled_labels:  # as a control, so that nothing can be learned but by heart
        y[train] = np.random.default_rng([config.data_seed, 1]).permutation(y[train])
    y = torch.tensor(y)
    return (x[train], y[train]), (x[test], y[test])


class ActivationModule(nn.Module):
    """A function of x and of what is learned: one value of each, or one for each channel."""

    def __init__(self, function: Any, channels: int = 1, **learned: float):
        super().__init__()
        self._function = function
        for name, start in learned.items():
            self.register_parameter(name, nn.Parameter(torch.full((channels,), start)))

    def values(self) -> dict[str, Tensor]:
        """What is learned, by name."""
        return dict(self.named_parameters())

    def forward(self, x: Tensor) -> Tensor:
        """Of inputs ``[sample, channel, …]``."""
        shape = [-1, *(1 for _ in x.shape[2:])]
        learned = {name: value.view(shape) for name, value in self.values().items()}
        found: Tensor = self._function(x, **learned)
        return found


class Positive(ActivationModule):
    """Keeps β above 0: β = softplus(ρ), and ρ is what is learned."""

    def __init__(self, function: Any, channels: int = 1, **learned: float):
        beta = learned["beta"]
        learned["beta"] = beta + math.log(-math.expm1(-beta))
        super().__init__(function, channels, **learned)

    def values(self) -> dict[str, Tensor]:
        """What is learned, by name."""
        values = super().values()
        return values | {"beta": F.softplus(values["beta"])}


def tied(layers: Sequence[ActivationModule]) -> Sequence[ActivationModule]:
    """Let all layers share what they learn; the first that has it says where it starts."""
    shared: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.named_parameters():
            setattr(layer, name, shared.setdefault(name, value))
    return layers


class SeededDropout(nn.Module):
    """Sets features to 0 in training; which, follows from the seeds and the layer's number."""

    def __init__(self, rate: float, *seeds: int) -> None:
        super().__init__()
        self._kept = 1 - rate
        start = int(np.random.SeedSequence(seeds).generate_state(1)[0])
        self._random = torch.Generator(torch.get_default_device()).manual_seed(start)

    def forward(self, x: Tensor) -> Tensor:
        """Of inputs ``[sample, channel, …]``."""
        if not self.training:
            return x
        mask = torch.empty(x[0].numel(), len(x)).bernoulli_(self._kept, generator=self._random)
        return x * mask.T.reshape(x.shape) / self._kept


def in_bfloat16(layer: nn.Module, x: Tensor) -> Tensor:
    """Compute a layer in bfloat16."""
    values = {name: value.bfloat16() for name, value in layer.named_parameters()}
    found: Tensor = torch.func.functional_call(layer, values, x.bfloat16())
    return found.float()


class Network(nn.Module):
    """A network, its weights as the seed draws them."""

    hidden: Any
    activation: Any

    def __init__(self, config: TrainingConfig, activations: Sequence[ActivationModule], seed: int):
        super().__init__()
        self.config = config
        *hidden, output = layer_shapes(config)
        if "cnn" in config.network:  # by inputs, outputs, size, stride and padding
            self.hidden = nn.ModuleList([nn.Conv2d(*shape) for shape in hidden])
        else:  # by inputs and outputs
            self.hidden = nn.ModuleList([nn.Linear(*shape) for shape in hidden])
        if config.normalisation == "layer":
            self.norm = nn.ModuleList([nn.GroupNorm(1, shape[1]) for shape in hidden])
        elif config.normalisation == "batch":
            norm = nn.BatchNorm2d if "cnn" in config.network else nn.BatchNorm1d
            self.norm = nn.ModuleList([norm(shape[1]) for shape in hidden])
        if config.beta_scope == "network":
            activations = tied(activations)
        self.activation = nn.ModuleList(activations)
        if config.dropout:
            seeds = [(config.seed, seed, number) for number in range(len(hidden))]
            self.dropout = nn.ModuleList([SeededDropout(config.dropout, *each) for each in seeds])
        self.output = nn.Linear(*output)
        draw(config, self, seed)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs ``[sample, output]``."""
        if "mlp" in self.config.network:
            x = x.flatten(1)
        for number, layer in enumerate(self.hidden):
            if self.config.network.startswith("residual"):
                before = x
            x = in_bfloat16(layer, x) if self.config.amp else layer(x)
            if self.config.normalisation != "none":
                x = self.norm[number](x)
            x = self.activation[number](x)
            if self.config.dropout:
                x = self.dropout[number](x)
            if self.config.network.startswith("residual"):
                x = before + x if number and before.shape == x.shape else x
        if "cnn" in self.config.network:
            x = x.flatten(1)
        answers: Tensor = in_bfloat16(self.output, x) if self.config.amp else self.output(x)
        return answers


@torch.no_grad()
def unit_gain(activation: nn.Module) -> float:
    """The gain that keeps the mean square at 1: 1/√E f(z)² for a standard normal z."""
    z = torch.linspace(-12, 12, 9601, dtype=torch.float64)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    values = activation(z[:, None])[:, 0]
    square = float(torch.trapezoid(values.square() * density, z))
    return float(square**-0.5) if 1e-12 < square < math.inf else 1.0


def orthogonal(random: np.random.Generator, rows: int, columns: int) -> Any:
    """Uniform among the matrices with orthonormal rows, or columns where there are fewer."""
    q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return q if rows >= columns else q.T


@torch.no_grad()
def draw(config: TrainingConfig, net: Network, seed: int) -> None:
    """Draw the initial weights."""
    random = np.random.default_rng([config.seed, 1 + seed])
    for number, layer in enumerate([*net.hidden, net.output]):
        shape, fan_in = layer.weight.shape, layer.weight[0].numel()
        if config.init == "gain":
            gain = 1 if layer is net.output else unit_gain(net.activation[number])
        elif config.init in ("he_normal", "he_uniform"):
            gain = 1 if layer is net.output else 2**0.5
        if config.init == "orthogonal":
            weights = orthogonal(random, shape[0], fan_in).reshape(shape)
        elif config.init == "lecun":
            weights = random.normal(0, 1 / fan_in**0.5, shape)
        elif config.init == "xavier":
            bound = (6 / (fan_in + layer.weight[:, 0].numel())) ** 0.5
            weights = random.uniform(-bound, bound, shape)
        elif config.init == "he_uniform":
            bound = gain * (3 / fan_in) ** 0.5
            weights = random.uniform(-bound, bound, shape)
        else:
            weights = random.normal(0, gain / fan_in**0.5, shape)
        if config.init_scale != 1:
            weights = config.init_scale * weights
        layer.weight.copy_(torch.tensor(weights))
        if config.init_bias:
            layer.bias.fill_(0 if layer is net.output else config.init_bias)
        else:
            layer.bias.zero_()


def batches(config: TrainingConfig, count: int) -> Iterator[Tensor]:
    """Numbers of samples, a batch at a time; each epoch is a new permutation."""
    random = np.random.default_rng([config.seed, 0])
    while True:
        order = random.permutation(count)
        for first in range(0, count - config.batch + 1, config.batch):
            yield torch.tensor(order[first : first + config.batch])


def loss_of(config: TrainingConfig, answers: Tensor, y: Tensor) -> Tensor:
    """The mean loss of the network's answers."""
    if config.objective == "cross-entropy":
        return F.cross_entropy(answers, y)
    else:
        if config.described().task == "classification":
            if outputs(config, config.described()) == 1:
                y = (2.0 * y - 1)[:, None]  # targets of ±1
            else:
                y = F.one_hot(y, outputs(config, config.described())).float()
        return F.mse_loss(answers, y)


def groups(config: TrainingConfig, net: Network) -> list[dict[str, Any]]:
    """Weights, all else, and what activations learn: each with its decay and rate."""
    weights = [layer.weight for layer in [*net.hidden, net.output]]
    learned = list(net.activation.parameters())
    others = [p for p in net.parameters() if id(p) not in map(id, weights + learned)]
    rate = config.lr * config.beta_lr_factor
    first = {"params": weights, "weight_decay": config.weight_decay}
    last = {"params": learned, "weight_decay": config.beta_decay, "lr": rate}
    return [first, {"params": others, "weight_decay": 0.0}, last]


def rate_at(config: TrainingConfig, step: int) -> float:
    """What the rates are multiplied by at a step, counted from 0."""
    if config.schedule == "cosine":
        return (1 + math.cos(math.pi * step / config.steps)) / 2
    elif config.schedule == "step":
        return 0.1 ** ((2 * step >= config.steps) + (4 * step >= 3 * config.steps))
    else:
        return min(1, (step + 1) / max(1, config.steps // 10))


def learn(config: TrainingConfig, steps: int, net: Network, x: Tensor, y: Tensor) -> dict[str, Any]:
    """Train; the mean loss of the last batches, or the step of a divergence."""
    parameters: Any = groups(config, net) if has_groups(config) else net.parameters()
    optimiser: torch.optim.Optimizer
    if config.optimiser == "adam":
        optimiser = torch.optim.Adam(parameters, config.lr)
    elif config.optimiser == "adamw":
        optimiser = torch.optim.AdamW(parameters, config.lr, weight_decay=0)
    elif config.optimiser == "sgd":
        optimiser = torch.optim.SGD(parameters, config.lr)
    else:
        nesterov = config.optimiser == "nesterov"
        optimiser = torch.optim.SGD(parameters, config.lr, config.momentum, nesterov=nesterov)
    if config.schedule != "constant":
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(config, step))
    losses = []
    for step, rows in enumerate(islice(batches(config, len(x)), steps)):
        loss: Any = loss_of(config, net(x[rows]), y[rows])
        if not loss.item() <= 10**6:
            return {"diverged": step + 1}
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        if config.clip:
            nn.utils.clip_grad_norm_(net.parameters(), config.clip)
        optimiser.step()
        if config.schedule != "constant":
            schedule.step()
    return {"loss": float(np.mean(losses[-last_interval(config, steps) :]))}


@torch.no_grad()
def evaluate(config: TrainingConfig, net: Network, x: Tensor, y: Tensor) -> dict[str, float]:
    """Loss and accuracy on the test set; of a regression R² in its place."""
    answers = net.eval()(x)
    loss = loss_of(config, answers, y)
    if config.described().task == "regression":
        accuracy = 1 - loss / y.var(unbiased=False)
    elif outputs(config, config.described()) == 1:
        accuracy = ((answers[:, 0] > 0) == y).float().mean()
    else:
        accuracy = (answers.argmax(1) == y).float().mean()
    return {"test_loss": loss.item(), "accuracy": accuracy.item()}


def learned_by(net: Network) -> dict[str, list[float]]:
    """The mean of each parameter that activations learn, by layer."""
    found: dict[str, list[float]] = {}
    for layer in net.activation:
        for name, value in layer.values().items():
            found.setdefault(name, []).append(value.mean().item())
    return found


def repeat(
    config: TrainingConfig, steps: int, replicas: Any, families: Any, train: Any, test: Any
) -> list[dict[str, Any]]:
    """Train one network after the other, and print the final figures of each."""
    found = []
    for name, beta, seed in replicas:
        net = Network(config, families[name](beta), seed)
        one = {"activation": name, "beta_start": beta, "seed": seed}
        one |= learn(config, steps, net, *train)
        if "diverged" not in one:
            one |= evaluate(config, net, *test)
        if learns_parameters(config):
            one |= learned_by(net)
        found.append(one)
        print(json.dumps(one), flush=True)
    return found


def compare(found: Sequence[Mapping[str, Any]], run: Sequence[float | None]) -> None:
    """Say how far the networks' test losses are from the run's; None where one has none."""
    shares = []
    for one, loss in zip(found, run, strict=True):
        own = one.get("test_loss", math.inf)
        if loss is None:
            shares.append(math.inf if math.isfinite(own) else 0.0)
        else:
            shares.append(abs(own - loss) / max(abs(loss), 1e-12))
    near = sum(share <= 1e-3 for share in shares)
    said = f"{near} of {len(shares)} networks have the run's test loss to 0.1 %"
    print(f"{said}; the farthest is {100 * max(shares):.2g} % off.", file=sys.stderr)


def network(config: TrainingConfig, replica: Replica) -> Network:
    """A replica's network at step 0; no script has this.

    Its ``state_dict`` has the names of the weights that a run keeps.
    """
    layers = [
        _activation(config, replica, part)
        for part in sites(architecture(config, config.described()))
    ]
    return Network(config, layers, replica.seed)


def _activation(
    config: TrainingConfig, replica: Replica, part: ActivationLayer
) -> ActivationModule:
    name = activation_at(config, replica, part.site)
    function, used = activations.torch_function(name), parameters_of(config, name, replica.rival)
    starts = {each.name: start_of(name, each.name, replica) for each in used}

    def called(x: Tensor, **learned: Tensor) -> Tensor:
        return function(x, *(starts | learned).values())

    learned = {each.name: starts[each.name] for each in used if each.learned}
    made = Positive if any(each.learned and each.softplus for each in used) else ActivationModule
    return made(called, part.channels if config.beta_scope == "channel" else 1, **learned)
