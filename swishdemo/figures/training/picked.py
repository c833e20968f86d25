"""What a reader has picked to see of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swishdemo.errors import UserError
from swishdemo.text import Phrase

QUANTITIES = ("size", "signed", "effective", "own")
PER_LAYER = ("dead", "saturated", "gradient_norm", "variance", "weight_norm")
SMOOTHEST = 0.98
FIGURES = (
    "beta",
    "convergence",
    "ends",
    "conserved",
    "loss",
    "accuracy",
    "inside",
    "inputs",
    "layers",
)


@dataclass(frozen=True, slots=True)
class Picked:
    """The choices beside the plots.

    Attributes:
        quantity: Of the parameters: ``size`` |β|, ``signed`` β, ``effective`` β_eff, or ``own``:
            the other learned parameters of activations.
        layer: Index of the layer.
        seed: 0 for all seeds, their mean and range; n for the n-th alone.
        look: Which of the replicas that are looked into, counted from 0.
        per_layer: What is drawn by layer; empty for what the run is about.
        smooth: Weight of the past in the smoothed losses, from 0 (none) to 0.98.
        log_loss: Whether the loss has a logarithmic axis.
        log_steps: Whether the steps of loss and accuracy have one.
        only: Names of the figures that are on the screen; empty for all.
    """

    quantity: str = "size"
    layer: int = 0
    seed: int = 0
    look: int = 0
    per_layer: str = "dead"
    smooth: float = 0.0
    log_loss: bool = True
    log_steps: bool = False
    only: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """Whether a figure is to be drawn."""
        return not self.only or name in self.only

    @classmethod
    def parse(cls, given: object) -> Picked:
        """Read what the browser sends; what is left out takes its default.

        Raises:
            UserError: A choice is unknown or of another type.
        """
        if not isinstance(given, Mapping):
            raise UserError("error.wrong_type", name="picked", expected=Phrase("error.kind.object"))
        return cls(
            quantity=_name(given, "quantity", QUANTITIES),
            layer=_index(given, "layer"),
            seed=_index(given, "seed"),
            look=_index(given, "look"),
            per_layer=_name(given, "per_layer", PER_LAYER) if "per_layer" in given else "",
            smooth=_share(given, "smooth"),
            log_loss=_flag(given, "log_loss", True),
            log_steps=_flag(given, "log_steps", False),
            only=_names(given, "only"),
        )


def _name(given: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name, choices[0])
    if not isinstance(value, str) or value not in choices:
        raise UserError(
            "error.unknown_choice", name=name, value=str(value)[:40], choices=tuple(choices)
        )
    return value


def _index(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10_000:
        raise UserError("error.not_an_integer", field=name, name=name)
    return value


def _share(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name, 0.0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise UserError("error.not_a_number", field=name, name=name)
    if not 0 <= value <= SMOOTHEST:
        raise UserError(
            "error.out_of_range", field=name, name=name, value=f"{value:g}", low=0, high=SMOOTHEST
        )
    return float(value)


def _flag(given: Mapping[str, Any], name: str, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise UserError("error.wrong_type", name=name, expected=Phrase("error.kind.flag"))
    return value


def _names(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(each in FIGURES for each in value):
        raise UserError(
            "error.unknown_choice", name=name, value=str(value)[:40], choices=tuple(FIGURES)
        )
    return tuple(sorted(set(value)))
