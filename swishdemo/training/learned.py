"""Which parameters of its activations a replica learns, and where they start. Loads no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swishdemo import activations
from swishdemo.activations.registry import is_formula

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


def has_beta(activation: str) -> bool:
    """Whether the activation has a parameter called β; a formula is looked through as text."""
    if is_formula(activation):
        return bool(re.search(r"\bbeta\b|β", activation))
    return "beta" in activations.get(activation).defaults()


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


def start_of(activation: str, parameter: str, replica: Replica) -> float:
    """The parameter's value at step 0."""
    if parameter == "beta" and replica.beta_start is not None:
        return replica.beta_start
    return activations.get(activation).defaults()[parameter]
