"""Explore: Swish, its derivatives and its rivals, computed and drawn in the browser."""

from __future__ import annotations

import math
import threading
from dataclasses import asdict
from typing import Any

import gradio as gr

from swishdemo.activations import Activation, get, parse_formula
from swishdemo.activations.code import code as written
from swishdemo.activations.narrow import TYPES
from swishdemo.errors import UserError
from swishdemo.ui.components import live
from swishdemo.ui.handlers import answering, field_text
from swishdemo.ui.lab import Lab
from swishdemo.ui.properties import properties

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


# One reader's points are computed at a time, in some ten milliseconds; a typed formula that cancels
# may take two seconds. So many may wait, that threads stay for all else; others are told so.
_computing = threading.Lock()
_asking = threading.BoundedSemaphore(16)
_FARTHEST = 10_000


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live(
        "explore", elem_id="lab-explore", functions=(code, answering(precision), properties)
    )
    formula = gr.Markdown(elem_id="lab-formula", latex_delimiters=_LATEX)
    # The browser knows the formulas; Gradio only sets their LaTeX. No request is made.
    view.input(
        fn=None,
        js="() => document.getElementById('lab-formula').formulas()",
        outputs=formula,
        api_visibility="private",
    )


@answering
def code(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
    """An activation as a piece of code, at the parameters' values of the moment."""
    activation = get(field_text(given, "activation", 1000))
    parameters, trainable = given.get("parameters", {}), given.get("trainable", True)
    if not isinstance(parameters, dict):
        raise UserError(
            "error.wrong_type", field="parameters", name="parameters", expected="an object"
        )
    if not isinstance(trainable, bool):
        raise UserError(
            "error.wrong_type", field="trainable", name="trainable", expected="true or false"
        )
    return {"code": written(activation, given.get("language"), parameters, trainable)}


def precision(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
    """What an activation loses in a narrow type, over a range of x.

    Args:
        given: ``activation`` (a name) or ``formula`` (a text), ``parameters`` by name, ``low``,
            ``high`` and ``type``.
        request: Whose it is.

    Raises:
        UserError: Something of it is not what it must be, or too many are waiting.
    """
    from swishdemo.activations.precision import precision as computed

    activation = _activation(given)
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict):
        raise UserError(
            "error.wrong_type", field="parameters", name="parameters", expected="an object"
        )
    low, high = _number(given, "low"), _number(given, "high")
    if not low < high:
        raise UserError(
            "error.out_of_range", field="high", name="high", value=high, low=low, high=_FARTHEST
        )
    name = field_text(given, "type")
    if name not in TYPES:
        raise UserError(
            "error.unknown_choice", field="type", name="type", value=name, choices=", ".join(TYPES)
        )
    if not _asking.acquire(blocking=False):
        raise UserError("precision.error_busy", status=429)
    try:
        with _computing:
            return asdict(computed(activation, parameters, low, high, name))
    finally:
        _asking.release()


def _activation(given: dict[str, Any]) -> Activation:
    if "formula" in given:
        return parse_formula(given["formula"])
    return get(given.get("activation"))


def _number(given: dict[str, Any], name: str) -> float:
    value = given.get(name)
    try:
        number = float(value) if type(value) in (int, float) else math.nan  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UserError("error.not_a_number", field=name, name=name)
    if abs(number) > _FARTHEST:
        raise UserError(
            "error.out_of_range",
            field=name,
            name=name,
            value=number,
            low=-_FARTHEST,
            high=_FARTHEST,
        )
    return number
