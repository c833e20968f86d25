"""Named training runs that show something. Titles and notes: ``train.recipe.<name>`` in text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from swishdemo.text import LANGUAGES, text
from swishdemo.training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named config, and the pictures that its notes say to watch.

    Attributes:
        name: The key by which a request names it.
        config: What it runs.
        watch: Which pictures stand first: ``beta``, ``race`` (loss and accuracy), ``inside`` (what
            a network and its units answer) or ``layers``.
        per_layer: What is drawn by layer, a name of `swishdemo.training.report.LayerFigures`.
    """

    name: str
    config: TrainingConfig
    watch: str = "beta"
    per_layer: str = "dead"

    def as_json(self) -> dict[str, Any]:
        """The recipe with its title and its notes in each language."""
        return {
            "name": self.name,
            "title": {
                tongue: text(f"train.recipe.{self.name}.title", tongue) for tongue in LANGUAGES
            },
            "notes": {
                tongue: text(f"train.recipe.{self.name}.notes", tongue) for tongue in LANGUAGES
            },
            "config": self.config.as_json(),
        }


@cache
def recipes() -> tuple[Recipe, ...]:
    """All recipes, in the order of menus; the first is the page's own start."""
    return (
        Recipe("beta-convergence", TrainingConfig()),
        *_controls(),
        *_depth(),
        Recipe(
            "dying-relu",
            TrainingConfig(
                network="mlp",
                depth=2,
                width=32,
                beta_starts=(1.0,),
                beta_scope="fixed",
                rivals=("relu", "leaky_relu"),
                init_bias=-10.0,
                optimiser="adam",
                lr=0.01,
                weight_decay=0.0,
                beta_decay=0.0,
                steps=300,
            ),
            watch="layers",
        ),
        Recipe(
            "activation-race",
            TrainingConfig(
                beta_starts=(1.0,),
                rivals=("relu", "gelu", "mish", "elu", "leaky_relu", "tanh", "sigmoid"),
                beta_lr_factor=1.0,
                steps=500,
            ),
            watch="race",
        ),
        Recipe(
            "playground-spiral",
            TrainingConfig(
                dataset="spiral",
                network="mlp",
                depth=2,
                width=8,
                beta_starts=(1.0,),
                rivals=("tanh", "relu", "sigmoid"),
                optimiser="adam",
                lr=0.01,
                beta_lr_factor=1.0,
                weight_decay=0.0,
                beta_decay=0.0,
                batch=30,
                steps=3000,
            ),
            watch="inside",
        ),
    )


def nearest(config: Mapping[str, Any]) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe that a run's config differs from in the fewest fields, and these.

    Args:
        config: The JSON of a config; where it is computed counts for nothing.
    """

    def differing(recipe: Recipe) -> tuple[str, ...]:
        record = recipe.config.as_json()
        return tuple(
            name
            for name, value in record.items()
            if name != "device" and config.get(name, value) != value
        )

    return min(((each, differing(each)) for each in recipes()), key=lambda found: len(found[1]))


def _controls() -> tuple[Recipe, ...]:
    """The first recipe with one thing changed."""
    base = TrainingConfig(seeds=3)
    return (
        Recipe("no-decay", replace(base, weight_decay=0.0, beta_decay=0.0)),
        Recipe("same-rate", replace(base, beta_lr_factor=1.0)),
        Recipe("shuffled-labels", replace(base, shuffled_labels=True)),
        Recipe("batch-norm", replace(base, normalisation="batch")),
        Recipe("adam", replace(base, optimiser="adam", lr=0.003, beta_lr_factor=10.0)),
        Recipe("long-run", replace(base, steps=5000)),
    )


def _depth() -> tuple[Recipe, ...]:
    """Plain networks in which signals have a long way."""
    deep = TrainingConfig(
        network="mlp",
        depth=50,
        width=32,
        beta_starts=(1.0,),
        beta_scope="fixed",
        rivals=("relu", "tanh"),
        seeds=3,
        optimiser="adam",
        lr=0.001,
        weight_decay=0.0,
        beta_decay=0.0,
        steps=500,
    )
    low = replace(deep, depth=20, init_scale=0.5, seeds=6, steps=300)
    return (
        Recipe("depth-50", deep, watch="layers", per_layer="variance"),
        Recipe("depth-100", replace(deep, depth=100), watch="layers", per_layer="variance"),
        Recipe("low-init", low, watch="layers", per_layer="variance"),
    )
