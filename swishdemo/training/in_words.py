"""Says a run's settings and scores in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

from swishdemo import datasets
from swishdemo.activations import formula_label, is_formula
from swishdemo.activations.registry import activations
from swishdemo.text import Language, catalogue, text

_ACTIVATION_FIELDS = ("activation", "rivals", "layer_activations")


def told(value: object, field: str, language: Language) -> str:
    """A field's value in words: a choice as the field's menu has it, a table by its name."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        between = (
            text("language.comma", language)
            if any(isinstance(each, str) for each in value)
            else " "
        )
        return between.join(told(each, field, language) for each in value)
    if isinstance(value, Mapping):
        return value["name"] or f"{value['rows']} × {len(value['columns'])}"
    if field in _ACTIVATION_FIELDS:
        return activation_label(str(value))
    if field == "dataset":
        return text(datasets.get(str(value)).title, language)
    choice = f"train.choice.{field}.{value}"
    return text(choice, language) if choice in catalogue() else str(value)


def activation_label(activation: str) -> str:
    """What an activation is called, a typed formula too."""
    labels = {each.name: each.label for each in activations()}
    return formula_label(activation) if is_formula(activation) else labels[activation]


def with_deviation(values: Sequence[float]) -> str:
    """Mean ± sample deviation, to no more digits than the deviation lets stand."""
    mean = fmean(values)
    if len(values) < 2:
        return rounded(mean, 3)
    deviation = stdev(values)
    digits = min(3, max(0, 1 - math.floor(math.log10(deviation)))) if deviation > 0 else 3
    return f"{rounded(mean, digits)} ± {rounded(deviation, digits)}"


def rounded(value: float, digits: int) -> str:
    """A number with so many digits behind its point; a very large one in three."""
    return f"{value:.{digits}f}" if abs(value) < 1e4 else f"{value:.3g}"
