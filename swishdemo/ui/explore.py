"""Explore: Swish, its derivatives and its rivals, computed and drawn in the browser."""

from __future__ import annotations

from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.ui.components import live
from swishdemo.ui.handlers import answering, field_text, language
from swishdemo.ui.lab import Lab

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
_LONGEST_FORMULA = 10_000
"""Beyond what a formula may have, so that it is the formula that is refused."""


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live("explore", elem_id="lab-explore", functions=(_formula(lab), _warm(lab)))
    formula = gr.Markdown(elem_id="lab-formula", latex_delimiters=_LATEX)
    # The browser knows the formulas; Gradio only sets their LaTeX. No request is made.
    view.input(
        fn=None,
        js="() => document.getElementById('lab-formula').formulas()",
        outputs=formula,
        api_visibility="private",
    )


def _formula(lab: Lab) -> Any:
    @answering
    def formula(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """A typed formula's record for the browser; or what is wrong with it, and where."""
        text = field_text(given, "text", _LONGEST_FORMULA)
        try:
            described: dict[str, Any] = lab.formulas.ask(
                "describe", text, visitor=visitor_of(request)
            )
        except UserError as error:
            said = error.sentence(language(request))
            return {"error": said, "field": "formula", "column": error.values.get("column")}
        return described

    return formula


def _warm(lab: Lab) -> Any:
    @answering
    def warm(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Have the worker ready, for the reader is about to type."""
        lab.formulas.warm()
        return {"done": True}

    return warm
