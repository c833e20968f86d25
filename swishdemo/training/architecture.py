"""Describes a network as plain data: its layers, their sizes, what they train.

The batched engine, the plain PyTorch module, the initial weights and the limits on size all read
it. Loads no torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swishdemo import activations
from swishdemo.datasets import Dataset

if TYPE_CHECKING:
    from swishdemo.training.config import Replica, TrainingConfig

HOMOGENEOUS = frozenset({"relu", "leaky_relu", "prelu", "rrelu"})
"""Activations with f(c·z) = c·f(z) for c > 0, whatever their parameters."""

MIRRORED = frozenset({"swish", "softplus"})
"""Activations whose negative β mirrors them: f₋β(x) = x − f_β(x) = −f_β(−x)."""


@dataclass(frozen=True, slots=True)
class ActivationParameter:
    """A parameter of an activation in one layer.

    Attributes:
        name: Its name in the formula.
        learned: Whether it is trained.
        softplus: Whether softplus of what is trained is taken.
    """

    name: str
    learned: bool
    softplus: bool = False


def activation_at(config: TrainingConfig, replica: Replica, site: int) -> str:
    """The name of the replica's activation in layer ``site``."""
    if replica.rival or not config.layer_activations:
        return replica.activation
    return config.layer_activations[site]


def parameters_of(
    config: TrainingConfig, activation: str, rival: bool
) -> tuple[ActivationParameter, ...]:
    """The parameters of an activation, in the record's order. Loads SymPy for a formula."""
    found = []
    for name in activations.get(activation).defaults():
        is_beta = name == "beta" and not rival
        learned = config.beta_scope != "fixed" if is_beta else config.train_parameters
        found.append(ActivationParameter(name, learned, is_beta and config.beta_form == "softplus"))
    return tuple(found)


def learns_parameters(config: TrainingConfig) -> bool:
    """Whether parameters of activations are trained, where activations have any."""
    return config.beta_scope != "fixed" or config.train_parameters


def has_groups(config: TrainingConfig) -> bool:
    """Whether weights, biases and what activations learn differ in their decay or rate."""
    own = config.beta_decay > 0 or config.beta_lr_factor != 1
    return config.weight_decay > 0 or (learns_parameters(config) and own)


def start_of(activation: str, parameter: str, replica: Replica) -> float:
    """The parameter's value at step 0."""
    if parameter == "beta" and replica.beta_start is not None:
        return replica.beta_start
    return activations.get(activation).defaults()[parameter]


@dataclass(frozen=True, slots=True)
class Affine:
    """W·x + b."""

    name: str
    inputs: int
    outputs: int

    @property
    def fan_in(self) -> int:
        """Inputs of one unit."""
        return self.inputs

    @property
    def fan_out(self) -> int:
        """Units that one input reaches."""
        return self.outputs

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """As `torch.nn.Linear` has it."""
        return self.outputs, self.inputs

    @property
    def products(self) -> int:
        """Multiplications for one sample."""
        return self.outputs * self.inputs


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution 3×3 with padding 1 of an image ``[inputs, height, width]``."""

    name: str
    inputs: int
    height: int
    width: int
    outputs: int
    stride: int

    @property
    def out_height(self) -> int:
        """Rows of its output."""
        return (self.height - 1) // self.stride + 1

    @property
    def out_width(self) -> int:
        """Columns of its output."""
        return (self.width - 1) // self.stride + 1

    @property
    def fan_in(self) -> int:
        """Inputs of one unit."""
        return 9 * self.inputs

    @property
    def fan_out(self) -> int:
        """Units that one input reaches at stride 1."""
        return 9 * self.outputs

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """As `torch.nn.Conv2d` has it."""
        return self.outputs, self.inputs, 3, 3

    @property
    def products(self) -> int:
        """Multiplications for one sample."""
        return self.outputs * self.out_height * self.out_width * self.fan_in


@dataclass(frozen=True, slots=True)
class Normalisation:
    """``batch``: each channel over the batch; ``layer``: each sample over all its features.

    Both are followed by a scale and a shift for each channel.
    """

    name: str
    kind: str
    channels: int
    positions: int


@dataclass(frozen=True, slots=True)
class ActivationLayer:
    """An activation layer; ``site`` counts them from 0."""

    site: int
    channels: int
    positions: int


@dataclass(frozen=True, slots=True)
class Dropout:
    """Sets a share ``rate`` of the features to 0 in training, and scales up the others."""

    site: int
    features: int
    rate: float


@dataclass(frozen=True, slots=True)
class Residual:
    """x + body(x)."""

    body: tuple[Part, ...]


Part = Affine | Convolution | Normalisation | ActivationLayer | Dropout | Residual


def outputs(config: TrainingConfig, dataset: Dataset) -> int:
    """Units of the last layer: one a class; one alone for a regression, or ±1 by squared error."""
    if dataset.task == "regression" or (config.objective == "mse" and dataset.classes == 2):
        return 1
    return dataset.classes


def architecture(config: TrainingConfig, dataset: Dataset) -> tuple[Part, ...]:
    """The layers of a network.

    ``mlp``: ``depth`` hidden layers of ``width`` units. ``cnn``: ``depth`` convolutions, of
    ``width`` channels; each of stride 2 after the first doubles them, as long as the image has
    more than two rows. The residual ones have a skip around each hidden layer that keeps its
    shape; the residual CNN halves the image in its first layer alone.
    """
    convolves = config.network in ("cnn", "residual_cnn")
    shape = dataset.shape if convolves else (math.prod(dataset.shape), 1, 1)
    parts: list[Part] = []
    for site in range(config.depth):
        if convolves:
            linear = _convolution(config, site, shape)
            after = linear.outputs, linear.out_height, linear.out_width
            hidden: Part = linear
        else:
            hidden = Affine(f"hidden.{site}", shape[0], config.width)
            after = (config.width, 1, 1)
        channels, positions = after[0], after[1] * after[2]
        body: list[Part] = [hidden]
        if config.normalisation != "none":
            kind = config.normalisation
            body.append(Normalisation(f"norm.{site}", kind, channels, positions))
        body.append(ActivationLayer(site, channels, positions))
        if config.dropout:
            body.append(Dropout(site, channels * positions, config.dropout))
        skips = config.network.startswith("residual") and site > 0 and after == shape
        parts += [Residual(tuple(body))] if skips else body
        shape = after
    return (*parts, Affine("output", math.prod(shape), outputs(config, dataset)))


def _convolution(config: TrainingConfig, site: int, shape: tuple[int, ...]) -> Convolution:
    channels, height, width = shape
    residual = config.network == "residual_cnn"
    stride = 2 if (site == 0 if residual else min(height, width) > 2) else 1
    doubles = stride == 2 and site > 0
    count = config.width if site == 0 else channels * (2 if doubles else 1)
    return Convolution(f"hidden.{site}", channels, height, width, count, stride)


def flat(parts: tuple[Part, ...]) -> Iterator[Part]:
    """All layers in order, those inside a skip too."""
    for part in parts:
        if isinstance(part, Residual):
            yield from flat(part.body)
        else:
            yield part


def weighted(parts: tuple[Part, ...]) -> tuple[Affine | Convolution, ...]:
    """The layers that have weights."""
    return tuple(part for part in flat(parts) if isinstance(part, Affine | Convolution))


def layer_shapes(config: TrainingConfig) -> list[Any]:
    """What `torch.nn.Linear` and `torch.nn.Conv2d` are made of for the layers with weights."""
    return [
        (part.inputs, part.outputs, 3, part.stride, 1)
        if isinstance(part, Convolution)
        else (part.inputs, part.outputs)
        for part in weighted(architecture(config, config.described()))
    ]


def sites(parts: tuple[Part, ...]) -> tuple[ActivationLayer, ...]:
    """The activation layers."""
    return tuple(part for part in flat(parts) if isinstance(part, ActivationLayer))


def parameter_count(parts: tuple[Part, ...]) -> int:
    """Weights, biases, scales and shifts of one network; the activations' own are not counted."""
    linear = sum(part.outputs * (part.fan_in + 1) for part in weighted(parts))
    norms = sum(2 * part.channels for part in flat(parts) if isinstance(part, Normalisation))
    return linear + norms


def product_count(parts: tuple[Part, ...]) -> int:
    """Multiplications of one network for one sample, forward."""
    return sum(part.products for part in weighted(parts))
