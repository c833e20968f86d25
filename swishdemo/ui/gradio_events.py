"""What every handler of the page does around its own work: who asks, in which language, and errors.

A handler of the page is given whatever a browser, or someone with a script, sends. What it refuses
comes back as one sentence in the reader's language; what breaks is logged under an id.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.text import Language, language_of, text

_LOG = logging.getLogger(__name__)
_Answer = dict[str, Any]


def language(request: gr.Request | None) -> Language:
    """The reader's language, which the page sends with each request."""
    return language_of(request.headers.get("accept-language") if request else None)


def beginning(
    event: Callable[..., Any],
    view: gr.HTML,
    handler: Callable[[dict[str, Any], gr.Request], _Answer],
) -> None:
    """Have an event of a live component begin, or continue, work on a device.

    Only with events of its queue does Gradio's page send along whose time on a GPU it is to be.
    The component's value is the question, ``{"call": number, …}``, and then the answer with the
    same number (``assets/js/core/gradio.js``). An error comes as ``{"error": sentence}``.

    Args:
        event: The component's, such as ``view.submit``.
        view: The component.
        handler: Returns at once; given what was asked, and the request.
    """

    def answer(asked: object, request: gr.Request) -> _Answer:
        given = asked if isinstance(asked, dict) else {}
        try:
            told = handler(given, request)
        except UserError as error:
            told = {"error": error.sentence(language(request))}
        except Exception:
            told = {"error": internal(request)}
        number = given.get("call")
        return {"call": number if isinstance(number, int) else None, "answer": told}

    # Gradio finds what to pass by the annotations of the function it holds.
    answer.__annotations__ = {"asked": object, "request": gr.Request}
    event(
        answer,
        view,
        view,
        show_progress="hidden",
        concurrency_limit=None,
        trigger_mode="multiple",  # the next may be asked as soon as this one has answered
        api_visibility="private",
    )


def when_chosen(
    menu: gr.Dropdown,
    handler: Callable[[str], list[Any]],
    outputs: Sequence[gr.components.Component],
) -> None:
    """Have what is chosen in a menu change other components, even where it is chosen anew.

    Gradio's menu tells its input also whenever it is left, and a choice by key at no other time:
    what a reader typed elsewhere would go as soon as he passed the menu. So the page remembers
    what stood there as the menu was entered.

    Args:
        menu: The menu, with an ``elem_id``.
        handler: The outputs' new values; changes nothing when given None.
        outputs: What changes.
    """
    stood = f"document.getElementById('{menu.elem_id}').dataset.stood"
    menu.focus(None, menu, js=f"(now) => {{ {stood} = now; }}", api_visibility="private")
    for event, js in (
        (menu.select, f"(now) => {stood} = now"),
        (menu.input, f"(now) => {stood} === now ? null : {stood} = now"),
    ):
        event(
            handler,
            menu,
            list(outputs),
            js=js,
            show_progress="hidden",
            queue=False,
            api_visibility="private",
        )


def internal(request: gr.Request | None) -> str:
    """Log the exception being handled, and give the sentence that names its entry."""
    name = secrets.token_hex(4)
    _LOG.exception("internal error, id %s", name)
    return text("error.internal", language(request), id=name)


def beside_field(error: UserError, fields: Sequence[str], request: gr.Request) -> list[_Answer]:
    """The answer of a validator: ``error`` at its own field, or at the first where it has none."""
    at = error.field if error.field in fields else fields[0]
    return [
        gr.validate(name != at, error.sentence(language(request)) if name == at else "")
        for name in fields
    ]
