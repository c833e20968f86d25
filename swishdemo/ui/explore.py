"""Explore: Swish, its derivatives and its rivals, computed and drawn in the browser."""

from __future__ import annotations

from typing import Any

import gradio as gr

from swishdemo.activations import get
from swishdemo.activations.code import code as written
from swishdemo.errors import UserError
from swishdemo.ui.components import live
from swishdemo.ui.handlers import answering, field_text
from swishdemo.ui.lab import Lab
from swishdemo.ui.precision import precision
from swishdemo.ui.properties import properties

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live("explore", elem_id="lab-explore", functions=(code, precision, properties))
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
        raise UserError("error.wrong_type", name="parameters", expected="an object")
    if not isinstance(trainable, bool):
        raise UserError("error.wrong_type", name="trainable", expected="true or false")
    return {"code": written(activation, given.get("language"), parameters, trainable)}
