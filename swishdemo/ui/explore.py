"""Explore: Swish, its derivatives and its rivals, computed and drawn in the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.ui.components import live
from swishdemo.ui.handlers import answering, field_text
from swishdemo.ui.lab import Lab

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]

# Of a formula of many waves all can take longer than a reader waits, or a server should work.
_PATIENCE_SECONDS = 4.0
_LONGEST = 200
_MOST_PARAMETERS = 16


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live("explore", elem_id="lab-explore", functions=(properties,))
    formula = gr.Markdown(elem_id="lab-formula", latex_delimiters=_LATEX)
    # The browser knows the formulas; Gradio only sets their LaTeX. No request is made.
    view.input(
        fn=None,
        js="() => document.getElementById('lab-formula').formulas()",
        outputs=formula,
        api_visibility="private",
    )


@answering
def properties(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
    """Properties and landmarks of ``activation``, or of ``formula``, at ``parameters``."""
    kind = "formula" if "formula" in given else "activation"
    parameters = given.get("parameters", {})
    if not isinstance(parameters, Mapping) or len(parameters) > _MOST_PARAMETERS:
        raise UserError(
            "error.wrong_type", field="parameters", name="parameters", expected="an object"
        )
    return _described(
        kind, field_text(given, kind, _LONGEST), json.dumps(parameters, sort_keys=True)
    )


@lru_cache(maxsize=256)
def _described(kind: str, text: str, parameters: str) -> dict[str, Any]:
    # SymPy is loaded here, by the first request that needs it.
    from swishdemo.activations import get, parse_formula
    from swishdemo.activations.deadline import within
    from swishdemo.activations.properties import described

    activation = parse_formula(text) if kind == "formula" else get(text)
    with within(_PATIENCE_SECONDS):
        return described(activation, json.loads(parameters))
