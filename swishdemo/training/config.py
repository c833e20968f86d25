"""What a training run is asked to do: plain numbers, validated in one place. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from swishdemo import datasets
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.training.fields import Field, fields, short

LAYERS = 2
"""Layers of the network that have an activation, each with a β of its own."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One of the networks that are trained side by side.

    Attributes:
        activation: Name of its activation.
        beta_start: β of both layers at step 0; None for a rival.
        seed: Which of the config's seeds, from 0: replicas of one seed share initial weights.
    """

    activation: str
    beta_start: float | None
    seed: int

    def as_json(self) -> dict[str, Any]:
        """The replica as a JSON object."""
        return {"activation": self.activation, "beta_start": self.beta_start, "seed": self.seed}


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A valid training run; the defaults are the recipe ``beta-convergence``.

    Attributes:
        dataset: Name in `swishdemo.datasets`.
        network: ``cnn``: conv 1→8 · act · conv 8→16 · act · linear, 1,900 parameters.
        activation: ``swish``, with one β a layer.
        beta_starts: Values of β at step 0; each is trained with every seed.
        beta_scope: ``layer``: a trained β for each layer; ``fixed``: β stays at its start.
        rivals: Activations that are trained beside, with the same seeds and batches.
        seeds: Number of seeds.
        seed: Base seed: all initial weights and batches follow from it.
        steps: Optimiser steps.
        batch: Samples a step.
        lr: Learning rate of SGD.
        momentum: Momentum of SGD.
        beta_lr_factor: β's learning rate is ``lr`` times this.
        weight_decay: Decay of the weights (not of the biases), added to the gradient.
        beta_decay: Decay of β, added to the gradient.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads.
    """

    dataset: str = "digits"
    network: str = "cnn"
    activation: str = "swish"
    beta_starts: tuple[float, ...] = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
    beta_scope: str = "layer"
    rivals: tuple[str, ...] = ("relu", "gelu")
    seeds: int = 6
    seed: int = 0
    steps: int = 500
    batch: int = 64
    lr: float = 0.05
    momentum: float = 0.9
    beta_lr_factor: float = 30.0
    weight_decay: float = 1e-3
    beta_decay: float = 1e-3
    device: str = "auto"
    threads: int = 1

    @classmethod
    def parse(cls, mapping: object, settings: Settings) -> TrainingConfig:
        """Read a request; a field that is left out takes the recipe's value, or its default.

        Args:
            mapping: The request's JSON, of any type. ``"recipe"`` names what it starts from.
            settings: The server's settings: its limits and its device.

        Raises:
            UserError: A field is unknown, of the wrong type, not finite or out of range; or the
                run has more replicas than the server allows.
        """
        table = {field.name: field for field in fields(settings)}
        if not isinstance(mapping, Mapping):
            raise UserError("train.error.not_an_object", choices=", ".join(table))
        for name in mapping:
            if name not in table and name != "recipe":
                raise UserError(
                    "error.unknown_field",
                    field=short(name),
                    value=short(name),
                    name="a training run",
                    choices=", ".join(("recipe", *table)),
                )
        values = _start(mapping["recipe"], table) if "recipe" in mapping else {}
        for name, field in table.items():
            if name in mapping:
                values[name] = field.read(mapping[name])
            else:
                values.setdefault(name, field.default)
        if values["device"] == "auto":
            values["device"] = settings.device
        config = cls(**values)
        config._check(settings)
        return config

    def as_json(self) -> dict[str, Any]:
        """The config as `parse` reads it."""
        record = asdict(self)
        return {**record, "beta_starts": list(self.beta_starts), "rivals": list(self.rivals)}

    def _check(self, settings: Settings) -> None:
        count = (len(self.beta_starts) + len(self.rivals)) * self.seeds
        if count > settings.max_replicas:
            raise UserError(
                "train.error.too_many_replicas",
                field="seeds",
                starts=len(self.beta_starts),
                rivals=len(self.rivals),
                seeds=self.seeds,
                count=count,
                limit=settings.max_replicas,
            )
        available = datasets.get(self.dataset).train
        if self.batch > available:
            raise UserError(
                "error.out_of_range",
                field="batch",
                name="batch",
                value=self.batch,
                low=1,
                high=available,
            )


def replicas(config: TrainingConfig) -> tuple[Replica, ...]:
    """The replicas in the order of every report: by start, then seed; then rivals, by seed."""
    seeds = range(config.seeds)
    swish = [
        Replica(config.activation, start, seed) for start in config.beta_starts for seed in seeds
    ]
    rivals = [Replica(rival, None, seed) for rival in config.rivals for seed in seeds]
    return (*swish, *rivals)


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


def _start(name: object, table: Mapping[str, Field]) -> dict[str, Any]:
    """The fields of the recipe called ``name``, each held to this server's limits."""
    from swishdemo.training.recipes import recipes

    known = {recipe.name: recipe for recipe in recipes()}
    if not isinstance(name, str):
        raise UserError("train.error.not_text", field="recipe", name="recipe")
    if name not in known:
        raise UserError(
            "error.unknown_choice",
            field="recipe",
            name="recipe",
            value=short(name),
            choices=", ".join(known),
        )
    values = known[name].config.as_json()
    # Where a run is computed is the server's matter, not the recipe's.
    values = {key: value for key, value in values.items() if key not in ("device", "threads")}
    for key in ("steps", "seeds"):
        values[key] = min(values[key], int(table[key].high or 1))
    return {key: table[key].read(value) for key, value in values.items()}
