"""What a training run is asked to do: plain numbers, validated in one place. Loads no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pydantic

from swishdemo import datasets, host
from swishdemo.activations.registry import has_beta, names
from swishdemo.datasets.record import LARGEST_NOISE, TEST_SHARES
from swishdemo.form import Field, Form

MOST_FORMULAS = 4
"""How many entries of one list may be typed formulas."""

MOST_DEPTH = 100
MOST_BATCH = 4096
LARGEST_SEED = 2**32 - 1

_MOST_SAMPLES = max(dataset.most_samples for dataset in datasets.datasets())
_ALWAYS = frozenset({"dataset", "network", "activation", "seeds", "steps"})
"""Fields that no version has left out."""

_MOST_STORED = 10_000
"""More replicas than any version has allowed."""


def rate_factor(schedule: str, step: int, steps: int) -> float:
    """The factor at ``step``, counted from 0, of a run of ``steps``.

    ``cosine`` falls to 0 along half a cosine (Loshchilov and Hutter,
    https://arxiv.org/abs/1608.03983); ``step`` falls to a tenth after half of the steps and to a
    hundredth after three quarters; ``warmup`` rises in a line over the first tenth, and stays.
    """
    if schedule == "cosine":
        return (1 + math.cos(math.pi * step / steps)) / 2
    if schedule == "step":
        return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))
    if schedule == "warmup":
        return min(1.0, (step + 1) / max(1, steps // 10))
    return 1.0


@dataclass(frozen=True, slots=True)
class Replica:
    """One of the networks that are trained side by side.

    Attributes:
        activation: Name of its activation.
        beta_start: β of all layers at step 0; None where the activation has none to choose.
        seed: Which of the config's seeds, from 0: replicas of one seed share initial weights.
        rival: Whether it is one of the config's rivals.
    """

    activation: str
    beta_start: float | None
    seed: int
    rival: bool = False

    def as_json(self) -> dict[str, Any]:
        """The replica as a JSON object."""
        return {"activation": self.activation, "beta_start": self.beta_start, "seed": self.seed}


class TrainingConfig(Form):
    """What is trained, and how; the defaults are the recipe ``beta-convergence``."""

    what = "error.what.run"
    not_an_object = "train.error.not_an_object"

    # A start at β·z far beyond float's useful range teaches nothing, it only diverges.
    beta_starts: Annotated[
        tuple[float, ...], Field("beta", low=-20, high=20, longest=12, shortest=1)
    ] = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
    """Values of β at step 0; each is trained with every seed. They count where the activation has
    a parameter called β."""
    beta_scope: Annotated[str, Field("beta", choices=("layer", "fixed", "network", "channel"))] = (
        "layer"
    )
    """``fixed``: β stays at its start; the others: a trained β for each."""
    beta_form: Annotated[str, Field("beta", choices=("plain", "softplus"))] = "plain"
    """With ``softplus`` β = softplus(ρ), and ρ is trained."""
    weight_decay: Annotated[float, Field("beta", low=0, high=1)] = 1e-3
    """Decay of the weights (not of the biases), added to the gradient."""
    beta_decay: Annotated[float, Field("beta", low=0, high=1)] = 1e-3
    """Decay of β, added to the gradient."""
    beta_lr_factor: Annotated[float, Field("beta", low=0, high=1000)] = 30.0
    """β's learning rate is ``lr`` times this."""

    activation: Annotated[str, Field("activations", choices=names(), formulas=1)] = "swish"
    """Name in `swishdemo.activations`, or ``=`` and a formula."""
    rivals: Annotated[
        tuple[str, ...],
        Field(
            "activations",
            choices=names(),
            longest=len(names()),
            formulas=MOST_FORMULAS,
        ),
    ] = ("relu", "gelu")
    """Activations that are trained beside, with the same seeds and batches."""
    layer_activations: Annotated[
        tuple[str, ...],
        Field(
            "activations",
            choices=names(),
            longest=MOST_DEPTH,
            repeats=True,
            formulas=MOST_FORMULAS,
        ),
    ] = ()
    """An activation for each hidden layer; empty: ``activation`` in all."""
    train_parameters: Annotated[bool, Field("activations")] = False
    """Whether the other parameters of activations, rivals' too, are trained, with β's scope, rate
    and decay."""

    steps: Annotated[
        int,
        Field("replicas", low=1, unit="steps", here=lambda server: {"high": server.max_steps}),
    ] = 500
    """Optimiser steps."""
    seeds: Annotated[
        int,
        Field("replicas", low=1, unit="seeds", here=lambda server: {"high": server.max_replicas}),
    ] = 6
    """Number of seeds."""
    seed: Annotated[int, Field("replicas", low=0, high=LARGEST_SEED)] = 0
    """Base seed: all initial weights, batches and dropped features follow from it."""

    dataset: Annotated[str, Field("data", choices=datasets.names())] = "digits"
    """Name in `swishdemo.datasets`."""
    csv: Annotated[pydantic.InstanceOf[datasets.Table] | None, Field("data")] = None
    """The visitor's own table, for the dataset ``csv`` alone."""
    csv_header: Annotated[str, Field("data", choices=("auto", "yes", "no"))] = "auto"
    """Whether its first line holds names; ``auto`` decides by types and values."""
    samples: Annotated[int, Field("data", low=0, high=_MOST_SAMPLES, unit="samples")] = 0
    """Samples of both parts together; 0 takes the dataset's default."""
    noise: Annotated[float, Field("data", low=0, high=LARGEST_NOISE)] = 0.0
    """Standard deviation of noise that is added to the data."""
    test_share: Annotated[float, Field("data", low=TEST_SHARES[0], high=TEST_SHARES[1])] = 0.2
    """The part of the samples that is kept for the test."""
    data_seed: Annotated[int, Field("data", low=0, high=LARGEST_SEED)] = 0
    """What is generated, the noise and the split follow from it."""
    shuffled_labels: Annotated[bool, Field("data")] = False
    """Whether the training labels are permuted, so that nothing can be learned but by heart."""

    network: Annotated[
        str, Field("network", choices=("cnn", "mlp", "residual_mlp", "residual_cnn"))
    ] = "cnn"
    """`swishdemo.training.architecture.architecture` has its layers."""
    depth: Annotated[int, Field("network", low=1, high=MOST_DEPTH, unit="layers")] = 2
    """Hidden layers."""
    width: Annotated[int, Field("network", low=1, high=256, unit="units")] = 8
    """Units of a hidden layer, or channels of the first convolution."""
    normalisation: Annotated[str, Field("network", choices=("none", "batch", "layer"))] = "none"
    """Before each activation."""
    dropout: Annotated[float, Field("network", low=0, high=0.9)] = 0.0
    """Share of the features behind each activation that training sets to 0."""
    init: Annotated[
        str,
        Field(
            "network",
            choices=("he_normal", "he_uniform", "xavier", "lecun", "orthogonal", "gain"),
        ),
    ] = "he_normal"
    """How weights are drawn (`swishdemo.training.engine.initialisation`)."""
    init_scale: Annotated[float, Field("network", low=0, high=10)] = 1.0
    """What the initial weights are multiplied by."""
    init_bias: Annotated[float, Field("network", low=-20, high=20)] = 0.0
    """Biases of the hidden layers at step 0."""

    optimiser: Annotated[
        str, Field("optimisation", choices=("momentum", "sgd", "nesterov", "adam", "adamw"))
    ] = "momentum"
    lr: Annotated[float, Field("optimisation", low=0, high=10)] = 0.05
    """Learning rate."""
    momentum: Annotated[float, Field("optimisation", low=0, high=0.999)] = 0.9
    """Momentum of SGD, for ``momentum`` and ``nesterov``."""
    batch: Annotated[
        int, Field("optimisation", low=1, high=min(MOST_BATCH, _MOST_SAMPLES - 1), unit="samples")
    ] = 64
    """Samples a step."""
    schedule: Annotated[
        str, Field("optimisation", choices=("constant", "cosine", "step", "warmup"))
    ] = "constant"
    """How the learning rate goes on (`rate_factor`)."""
    clip: Annotated[float, Field("optimisation", low=0, high=1000)] = 0.0
    """Norm to which a replica's gradient is cut; 0 for never."""
    objective: Annotated[str, Field("optimisation", choices=("cross-entropy", "mse"))] = (
        "cross-entropy"
    )

    max_seconds: Annotated[
        int,
        Field("ends", low=0, unit="seconds", here=lambda server: {"high": server.max_job_seconds}),
    ] = 0
    """Wall time after which the run ends; 0 for no limit of its own."""
    target_accuracy: Annotated[float, Field("ends", low=0, high=1)] = 0.0
    """Mean test accuracy at which the run ends; 0 for never."""
    stop_when_converged: Annotated[bool, Field("ends")] = False
    """Whether the run ends when C(t) says that all β have met."""

    device: Annotated[
        str,
        Field(
            "machine",
            choices=("auto", "cpu", "cuda"),
            here=lambda server: (
                {} if server.device == "auto" else {"choices": ("auto", server.device)}
            ),
        ),
    ] = "auto"
    """``auto``: a GPU where there is one."""
    threads: Annotated[
        int,
        Field(
            "machine",
            low=1,
            unit="threads",
            here=lambda server: {"high": host.usable_cores(), "default": server.threads},
        ),
    ] = 1
    """CPU threads."""
    amp: Annotated[bool, Field("machine")] = False
    """Whether products of matrices are computed in bfloat16."""

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> TrainingConfig:
        """The config of which ``record`` is the JSON; without the text of a visitor's table.

        A record of an older version lacks fields that are newer; they take their defaults.
        """
        return cls.model_validate({n: v for n, v in record.items() if n in cls.model_fields})

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> TrainingConfig:
        """Read a config that was stored, perhaps by another version. Limits are not asked.

        Raises:
            UserError: A value is of another type, or names what this version does not know.
            ValueError: It lacks what every version has told; it would be more replicas than any
                has allowed, or activations for other layers than it has; or its table is none.
        """
        if not record.keys() >= _ALWAYS:
            raise ValueError("it does not say what was trained")
        config = cls.restored(record)
        if (len(starts(config)) + len(config.rivals)) * config.seeds > _MOST_STORED:
            raise ValueError("so many replicas there never were")
        if len(config.layer_activations) not in (0, config.depth):
            raise ValueError("its activations are not those of its layers")
        if (config.dataset == "csv") != (config.csv is not None):
            raise ValueError("its table is missing, or goes with other data")
        return config

    @pydantic.field_validator("csv", mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        return datasets.Table.of_json(value) if isinstance(value, Mapping) else value

    @pydantic.field_serializer("csv")
    def _told_table(self, table: datasets.Table | None) -> dict[str, Any] | None:
        """All but its text."""
        return table.as_json() if table else None

    @property
    def data(self) -> datasets.DataOptions:
        """What is asked of the dataset."""
        return datasets.DataOptions(
            samples=self.samples or None,
            noise=self.noise,
            test_share=self.test_share,
            seed=self.data_seed,
            table=self.csv,
        )

    def described(self) -> datasets.Dataset:
        """The dataset as the config's options make it; loads nothing.

        Raises:
            UserError: It has not so many samples, or its table is missing.
        """
        return datasets.get(self.dataset).at(self.data)


def starts(config: TrainingConfig) -> tuple[float | None, ...]:
    """The values of β at step 0; one None where the activation has no β."""
    used = config.layer_activations or (config.activation,)
    return config.beta_starts if any(map(has_beta, used)) else (None,)


def learns_beta(config: TrainingConfig) -> bool:
    """Whether some layer has a β that moves: it is trained, at a rate above 0."""
    moves = config.lr * config.beta_lr_factor > 0
    return config.beta_scope != "fixed" and moves and starts(config) != (None,)


def replicas(config: TrainingConfig) -> tuple[Replica, ...]:
    """The replicas in the order of every report: by start, then seed; then rivals, by seed."""
    seeds = range(config.seeds)
    first = [Replica(config.activation, start, seed) for start in starts(config) for seed in seeds]
    rivals = [Replica(rival, None, seed, rival=True) for rival in config.rivals for seed in seeds]
    return (*first, *rivals)


def report_steps(steps: int) -> tuple[int, ...]:
    """The steps that are reported: 0, every n-th, and the last; about 100 in all.

    n is 1, 2 or 5 times a power of ten, so that round steps (200, 500, 1000 …) are among them.
    """
    interval = next(
        factor * 10**power
        for power in range(len(str(steps)) + 1)
        for factor in (1, 2, 5)
        if steps <= 120 * factor * 10**power
    )
    return (*range(0, steps, interval), steps)


def last_interval(config: TrainingConfig, step: int) -> int:
    """Steps between a report at ``step``, where a run may have ended, and the one before."""
    return step - max(each for each in report_steps(config.steps) if each < step)


def evaluated_steps(steps: int) -> tuple[int, ...]:
    """The reported steps at which the test set is evaluated: 0, every fifth, and the last."""
    reported = report_steps(steps)
    return (*reported[:-1:5], reported[-1])


def view_steps(steps: int) -> tuple[int, ...]:
    """The reported steps at which the networks are looked into: 0, every tenth, and the last."""
    reported = report_steps(steps)
    return (*reported[:-1:10], reported[-1])
