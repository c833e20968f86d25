"""What a training run is asked to do: plain numbers, validated in one place. Loads no torch.

What the learning rates are multiplied by at each step. Loads no torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from swishdemo import datasets
from swishdemo.datasets.csv import read as read_table
from swishdemo.errors import UserError
from swishdemo.fields import Field, short
from swishdemo.settings import Settings
from swishdemo.text import Sentence
from swishdemo.training.architecture import has_beta
from swishdemo.training.table import fields


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


_ALWAYS = frozenset({"dataset", "network", "activation", "seeds", "steps"})
"""Fields that no version has left out."""

_MOST_STORED = 10_000
"""More replicas than any version has allowed."""


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


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A valid training run; the defaults are the recipe ``beta-convergence``.

    Attributes:
        dataset: Name in `swishdemo.datasets`.
        csv: The visitor's own table, for the dataset ``csv`` alone.
        csv_header: Whether its first line holds names: ``yes``, ``no``, or ``auto``, which decides
            by types and values.
        samples: Samples of both parts together; 0 takes the dataset's default.
        noise: Standard deviation of noise that is added to the data.
        test_share: The part of the samples that is kept for the test.
        data_seed: What is generated, the noise and the split follow from it.
        shuffled_labels: Whether the training labels are permuted, so that nothing can be learned
            but by heart.
        network: ``mlp``, ``cnn``, ``residual_mlp`` or ``residual_cnn``
            (`swishdemo.training.architecture.architecture`).
        depth: Hidden layers.
        width: Units of a hidden layer, or channels of the first convolution.
        activation: Name in `swishdemo.activations`, or ``=`` and a formula.
        layer_activations: An activation for each hidden layer; empty: ``activation`` in all.
        normalisation: ``none``, ``batch`` or ``layer``, before each activation.
        dropout: Share of the features behind each activation that training sets to 0.
        beta_starts: Values of β at step 0; each is trained with every seed. They count where the
            activation has a parameter called β.
        beta_scope: ``fixed``: β stays at its start; ``network``, ``layer`` or ``channel``: a
            trained β for each.
        beta_form: ``plain``, or ``softplus``: β = softplus(ρ), and ρ is trained.
        train_parameters: Whether the other parameters of activations, rivals' too, are trained,
            with β's scope, rate and decay.
        rivals: Activations that are trained beside, with the same seeds and batches.
        seeds: Number of seeds.
        seed: Base seed: all initial weights, batches and dropped features follow from it.
        init: How weights are drawn (`swishdemo.training.engine.initialisation`).
        init_scale: What the initial weights are multiplied by.
        init_bias: Biases of the hidden layers at step 0.
        objective: ``cross-entropy`` or ``mse``.
        optimiser: ``sgd``, ``momentum``, ``nesterov``, ``adam`` or ``adamw``.
        steps: Optimiser steps.
        batch: Samples a step.
        lr: Learning rate.
        schedule: ``constant``, ``cosine``, ``step`` or ``warmup``
            (`swishdemo.training.config`).
        momentum: Momentum of SGD, for ``momentum`` and ``nesterov``.
        clip: Norm to which a replica's gradient is cut; 0 for never.
        beta_lr_factor: β's learning rate is ``lr`` times this.
        weight_decay: Decay of the weights (not of the biases), added to the gradient.
        beta_decay: Decay of β, added to the gradient.
        amp: Whether products of matrices are computed in bfloat16.
        max_seconds: Wall time after which the run ends; 0 for no limit of its own.
        target_accuracy: Mean test accuracy at which the run ends; 0 for never.
        stop_when_converged: Whether the run ends when C(t) says that all β have met.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads.
    """

    dataset: str = "digits"
    csv: datasets.Table | None = None
    csv_header: str = "auto"
    samples: int = 0
    noise: float = 0.0
    test_share: float = 0.2
    data_seed: int = 0
    shuffled_labels: bool = False
    network: str = "cnn"
    depth: int = 2
    width: int = 8
    activation: str = "swish"
    layer_activations: tuple[str, ...] = ()
    normalisation: str = "none"
    dropout: float = 0.0
    beta_starts: tuple[float, ...] = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
    beta_scope: str = "layer"
    beta_form: str = "plain"
    train_parameters: bool = False
    rivals: tuple[str, ...] = ("relu", "gelu")
    seeds: int = 6
    seed: int = 0
    init: str = "he_normal"
    init_scale: float = 1.0
    init_bias: float = 0.0
    objective: str = "cross-entropy"
    optimiser: str = "momentum"
    steps: int = 500
    batch: int = 64
    lr: float = 0.05
    schedule: str = "constant"
    momentum: float = 0.9
    clip: float = 0.0
    beta_lr_factor: float = 30.0
    weight_decay: float = 1e-3
    beta_decay: float = 1e-3
    amp: bool = False
    max_seconds: int = 0
    target_accuracy: float = 0.0
    stop_when_converged: bool = False
    device: str = "auto"
    threads: int = 1

    @classmethod
    def parse(cls, mapping: object, settings: Settings) -> TrainingConfig:
        """Read a request; a field that is left out takes the recipe's value, or its default.

        What is left out never stands in the way: where its value does not fit the data or the
        server's limits, it is fitted (`swishdemo.training.fitting`). What was sent is refused.

        Args:
            mapping: The request's JSON, of any type. ``"recipe"`` names what it starts from.
            settings: The server's settings: its limits and its device.

        Raises:
            UserError: A field is unknown, of the wrong type, not finite or out of range; or the
                fields that were sent cannot go together.
        """
        from swishdemo.training.fitting import fit

        table = {field.name: field for field in fields(settings)}
        if not isinstance(mapping, Mapping):
            raise UserError("train.error.not_an_object", choices=tuple(table))
        for name in mapping:
            if name not in table and name != "recipe":
                raise UserError(
                    "error.unknown_field",
                    field=short(name),
                    value=short(name),
                    name=Sentence("error.what.run"),
                    choices=tuple(("recipe", *table)),
                )
        values = _start(mapping["recipe"], table) if "recipe" in mapping else {}
        for name, field in table.items():
            if name in mapping and name != "csv":
                values[name] = field.read(mapping[name])
            else:
                values.setdefault(name, field.default)
        if mapping.get("csv") is not None:
            values["csv"] = read_table(mapping["csv"], values["csv_header"])
        if values["device"] == "auto":
            values["device"] = settings.device
        return fit(cls(**values), frozenset(mapping), settings)

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> TrainingConfig:
        """The config of which ``record`` is the JSON; without the text of a visitor's table.

        A record of an older version lacks fields that are newer; they take their defaults.
        """
        known: dict[str, Any] = {n: v for n, v in record.items() if n in cls.__slots__}
        values: dict[str, Any] = {
            n: tuple(v) if isinstance(v, list) else v for n, v in known.items()
        }
        table = record.get("csv")
        return cls(**values | {"csv": datasets.Table.of_json(table) if table else None})

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

    def as_json(self) -> dict[str, Any]:
        """The config as `parse` reads it; of a visitor's table, all but its text."""
        record: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            record[name] = list(value) if isinstance(value, tuple) else value
        return record | {"csv": self.csv.as_json() if self.csv else None}


def stored(record: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a config that was stored, perhaps by another version, with today's fields.

    A field that is newer takes its default, one that is gone is left out. Limits are not asked.

    Raises:
        UserError: A value is of another type, or names what this version does not know.
        ValueError: It lacks what every version has told; it would be more replicas than any has
            allowed, or activations for other layers than it has; or its table is none.
    """
    if not record.keys() >= _ALWAYS:
        raise ValueError("it does not say what was trained")
    values = {
        name: field.stored(record[name])
        for name, field in _stored_fields().items()
        if name in record and name != "csv"
    }
    if record.get("csv") is not None:
        values["csv"] = datasets.Table.of_json(record["csv"])
    config = TrainingConfig(**values)
    if (len(starts(config)) + len(config.rivals)) * config.seeds > _MOST_STORED:
        raise ValueError("so many replicas there never were")
    if len(config.layer_activations) not in (0, config.depth):
        raise ValueError("its activations are not those of its layers")
    if (config.dataset == "csv") != (config.csv is not None):
        raise ValueError("its table is missing, or goes with other data")
    return config.as_json()


@cache
def _stored_fields() -> dict[str, Field]:
    return {field.name: field for field in fields(Settings())}


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


def _start(name: object, table: Mapping[str, Field]) -> dict[str, Any]:
    """The fields of the recipe called ``name``, each held to this server's limits."""
    from swishdemo.training.recipes import recipes

    known = {recipe.name: recipe for recipe in recipes()}
    if not isinstance(name, str):
        raise UserError("error.not_text", field="recipe", name="recipe")
    if name not in known:
        raise UserError(
            "error.unknown_choice",
            field="recipe",
            name="recipe",
            value=short(name),
            choices=tuple(known),
        )
    values = known[name].config.as_json()
    # Where a run is computed is the server's matter, not the recipe's.
    values = {key: value for key, value in values.items() if key not in ("device", "threads")}
    for key in ("steps", "seeds", "depth", "width"):
        values[key] = min(values[key], int(table[key].high or 1))
    return {key: table[key].read(value) for key, value in values.items()}
