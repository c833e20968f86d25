"""Explore: Swish, its derivatives and its rivals, computed and drawn in the browser.

What Explore asks the server while it is used; all of it is worked out in the workshops.

The web process checks only the kinds of what it is given: names, ranges and formulas are judged
where the work is done, in a process that is ended when it takes too long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.text import Sentence
from swishdemo.ui.assets import live
from swishdemo.ui.handlers import answering, field_text, language
from swishdemo.ui.lab import Lab

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live("explore/tab", elem_id="lab-explore", functions=questions(lab))
    formula = gr.Markdown(elem_id="lab-formula", latex_delimiters=_LATEX)
    # The browser knows the formulas; Gradio only sets their LaTeX. No request is made.
    view.input(
        fn=None,
        js="() => document.getElementById('lab-formula').formulas()",
        outputs=formula,
        api_visibility="private",
    )


_LONGEST_FORMULA = 10_000
"""Beyond what a formula may have, so that it is the formula that is refused."""


def questions(lab: Lab) -> tuple[Callable[..., Any], ...]:
    """The server functions of the tab."""

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

    @answering
    def warm(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Have the workers ready, for the reader is about to ask."""
        lab.formulas.warm()
        lab.studies.warm()
        return {"done": True}

    @answering
    def properties(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Properties and landmarks of an activation at ``parameters``."""
        return _asked("properties", given, request)

    @answering
    def precision(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """What an activation loses in the narrow ``type``, from ``low`` to ``high``."""
        return _asked(
            "precision",
            given,
            request,
            given.get("low"),
            given.get("high"),
            field_text(given, "type"),
        )

    @answering
    def code(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """An activation as a piece of code in ``language``, at its parameters of the moment."""
        trainable = given.get("trainable", True)
        if not isinstance(trainable, bool):
            raise UserError(
                "error.wrong_type", name="trainable", expected=Sentence("error.kind.flag")
            )
        return _asked("code", given, request, field_text(given, "language"), trainable)

    def _asked(work: str, given: dict[str, Any], request: gr.Request, *rest: Any) -> dict[str, Any]:
        name = field_text(given, "activation", _LONGEST_FORMULA)
        parameters = given.get("parameters", {})
        if not isinstance(parameters, dict):
            raise UserError(
                "error.wrong_type",
                field="parameters",
                name="parameters",
                expected=Sentence("error.kind.object"),
            )
        answer: dict[str, Any] = lab.studies.ask(
            work, name, parameters, *rest, visitor=visitor_of(request)
        )
        return answer

    return formula, warm, properties, precision, code
