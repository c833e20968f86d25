"""Named training runs that show something. Titles and notes: ``train.recipe.<name>`` in text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from swishdemo.text import LANGUAGES, text
from swishdemo.training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named config.

    Attributes:
        name: The key by which a request names it.
        config: What it runs.
    """

    name: str
    config: TrainingConfig

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
        Recipe("beta-without-decay", TrainingConfig(weight_decay=0.0, beta_decay=0.0, seeds=3)),
        Recipe("beta-slow", TrainingConfig(beta_lr_factor=1.0, seeds=3)),
        Recipe("beta-fixed", TrainingConfig(beta_scope="fixed", seeds=3)),
    )
