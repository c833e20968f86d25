"""Fits the page into Gradio: handlers, labels, and the theme.

A handler of the page is given whatever a browser, or someone with a script, sends. What it refuses
comes back as one sentence in the reader's language; what breaks is logged under an id. Labels that
Gradio's components show are the text catalogue's, in Gradio's own form. Its variables of style are
pointed at the page's colours, which stand once, in ``assets/css/colours.css``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.i18n import I18nData

from swishdemo.datasets import datasets
from swishdemo.datasets import get as get_dataset
from swishdemo.errors import UserError, internal
from swishdemo.jobs.job import Runner
from swishdemo.jobs.kinds import kinds
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.zerogpu import ZeroGPURunner, requested, work_in
from swishdemo.settings import Settings, SettingsError
from swishdemo.text import ENGLISH, Language, catalogue, language_of, text
from swishdemo.timing import REGISTRY
from swishdemo.training import TrainingConfig
from swishdemo.training.recipes import recipes

_Answer = dict[str, Any]


def language(request: gr.Request | None) -> Language:
    """The reader's language, which the page sends with each request."""
    return language_of(request.headers) if request else ENGLISH


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
        told = answered(lambda: handler(given, request), request)
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


def pressed(
    button: gr.Button,
    handler: Callable[..., _Answer],
    inputs: Sequence[gr.components.Component],
    view: gr.HTML,
    check: Callable[..., list[_Answer]],
) -> None:
    """Have a button begin work, as `beginning` does, with what stands in the form.

    Args:
        button: It.
        handler: Given the request and the inputs' values; its answer is the view's value.
        inputs: The form's controls.
        view: The live component that is told.
        check: Given the same before, gives the answer of `judged`.
    """
    button.click(
        handler,
        list(inputs),
        view,
        validator=check,
        show_progress="hidden",
        queue=True,
        api_visibility="private",
    )


def filling(
    event: Callable[..., Any],
    handler: Callable[..., Any],
    inputs: gr.components.Component | Sequence[gr.components.Component],
    outputs: gr.components.Component | Sequence[gr.components.Component],
) -> None:
    """Have an event change what other components hold."""
    event(
        handler,
        inputs,
        outputs,
        show_progress="hidden",
        queue=False,
        trigger_mode="always_last",  # arrow keys choose faster than answers come
        api_visibility="private",
    )


def in_browser(
    view: gr.HTML, asked: str, output: gr.components.Component, *, given: bool = False
) -> None:
    """Have a live component's input change another component; nothing is sent.

    Args:
        view: The live component.
        asked: Whose value becomes the other's: an element's id, a dot, and its function.
        output: The other.
        given: Whether the function is given what the other holds.
    """
    name, _, function = asked.partition(".")
    view.input(
        fn=None,
        js=f"(now) => document.getElementById('{name}').{function}(now)",
        inputs=output if given else None,
        outputs=output,
        api_visibility="private",
    )


_TOKEN = "x-ip-token"


def runner_of(settings: Settings) -> Runner:
    """Where jobs run; starts no process yet.

    On a Space that lends a GPU this loads the package that does, and PyTorch with it. It must be
    called before the page is launched, which reports that something is lent to.

    Raises:
        SettingsError: The package that lends it is not installed.
    """
    host = ProcessRunner(settings)
    if not settings.lends_gpu:
        return host
    try:
        import spaces
    except ImportError as error:
        raise SettingsError(
            f"SPACES_ZERO_GPU is set, but the package spaces cannot be imported: {error}."
        ) from error
    lend = spaces.GPU(work_in, duration=requested)
    _preload()
    return ZeroGPURunner(lend, host, has_token)


def _preload() -> None:
    """Have what a lease needs imported: its process is forked from this one, and PyTorch is here.

    Later would be too late: a module that one thread imports while another forks is half there in
    the child, for ever.
    """
    for kind in kinds().values():
        import_module(kind.work.partition(":")[0])
    import_module("sklearn.datasets")  # made data are from there
    usual = TrainingConfig()
    get_dataset(usual.dataset).load(usual.data)


def has_token() -> bool:
    """Whether a visitor's time on a lent GPU stands behind what is done in this context."""
    headers = getattr(LocalContext.request.get(None), "headers", None)
    return headers is not None and headers.get(_TOKEN) is not None


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


def answered(call: Callable[[], _Answer], request: gr.Request, room: str = "") -> _Answer:
    """What a call answers, or why there is no answer, as ``{"error": sentence}``.

    Args:
        call: May refuse what was asked for.
        request: Whose language is spoken.
        room: Where the catalogue has the fields' labels; empty where a refusal keeps their names.
    """
    try:
        return call()
    except UserError as error:
        return {"error": labelled(error, room, language(request))}
    except Exception as error:
        return {"error": internal(error).sentence(language(request))}


def labelled(error: UserError, room: str, tongue: Language) -> str:
    """The error's sentence, in which a field is called as the page calls it."""
    label = catalogue().get(f"{room}.field.{error.values.get('name')}.label")
    if label is None:
        return error.sentence(tongue)
    return text(error.key, tongue, **{**error.filled, "name": label[tongue]})


def judged(read: Callable[[], object], fields: Sequence[str], request: gr.Request) -> list[_Answer]:
    """The answer of a validator: what reading refuses, at its own field, or at the first.

    Args:
        read: Reads the form.
        fields: The names of the controls, in the page's order.
        request: Whose language is spoken.
    """
    at, told = None, ""
    try:
        read()
    except UserError as error:
        at = error.field if error.field in fields else fields[0]
        told = labelled(error, "train", language(request))
    return [gr.validate(name != at, told if name == at else "") for name in fields]


# Gradio writes all that it is given into the page, before its first script: so it is given what
# its components show, a fifth of the catalogue.
_SHOWN = (
    "shell.",
    "data.title.",
    "train.caps",
    "train.choice.",
    "train.field.",
    "train.group.",
    "train.recipe.",
    "run.start",
    "sweep.ui.",
    "time.ui.",
    "time.variant.",
)
recipes(), datasets(), REGISTRY.names()  # have said what they are called
_KEYS = [key for key in catalogue() if key.startswith(_SHOWN)]

translations = gr.I18n(
    **{
        # Gradio's look-up splits keys at dots, ours stay whole without.
        tag: {key.replace(".", "_"): catalogue()[key][language] for key in _KEYS}
        for language, tag in catalogue()["language.tag"].items()
    }
)


def words(key: str) -> I18nData:
    """The text of ``key``, in whatever language the browser shows.

    Raises:
        KeyError: Gradio is not given that text.
    """
    if key not in _KEYS:
        raise KeyError(key)
    return translations(key.replace(".", "_"))


_COLOURS = {
    "bg": (
        "body_background_fill input_background_fill input_background_fill_focus "
        "input_background_fill_hover"
    ),
    "text": (
        "body_text_color checkbox_label_text_color checkbox_label_text_color_selected "
        "button_secondary_text_color button_secondary_text_color_hover table_text_color"
    ),
    "muted": (
        "body_text_color_subdued block_info_text_color block_label_text_color "
        "block_title_text_color input_placeholder_color"
    ),
    "panel": (
        "background_fill_primary block_background_fill block_label_background_fill "
        "panel_background_fill checkbox_background_color checkbox_background_color_hover "
        "checkbox_background_color_focus checkbox_label_background_fill error_background_fill "
        "button_secondary_background_fill table_even_background_fill table_odd_background_fill"
    ),
    "soft": (
        "background_fill_secondary checkbox_label_background_fill_selected code_background_fill"
    ),
    "line": (
        "border_color_primary border_color_accent_subdued block_border_color panel_border_color "
        "checkbox_label_border_color checkbox_label_border_color_hover input_border_color "
        "button_secondary_border_color table_border_color"
    ),
    "accent": (
        "border_color_accent link_text_color link_text_color_hover link_text_color_active "
        "link_text_color_visited checkbox_background_color_selected checkbox_border_color_hover "
        "checkbox_border_color_focus checkbox_border_color_selected input_border_color_focus "
        "loader_color slider_color button_primary_background_fill button_primary_border_color"
    ),
    "accent-soft": "color_accent_soft",
    "field-line": (
        "checkbox_border_color checkbox_label_border_color_selected input_border_color_hover "
        "button_secondary_border_color_hover"
    ),
    "hover": "checkbox_label_background_fill_hover button_secondary_background_fill_hover",
    "bad": "error_border_color error_text_color error_icon_color",
    "accent-hover": "button_primary_background_fill_hover button_primary_border_color_hover",
    "on-accent": "button_primary_text_color button_primary_text_color_hover",
}
"""The style sheet's colours, and what of Gradio's has each of them."""

_MEASURES = {
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_radius": "8px",
    "block_padding": "0px",
    "block_title_text_size": "12.5px",
    "block_title_text_weight": "400",
    "block_info_text_size": "12px",
    "body_text_size": "14px",
    "prose_text_size": "14px",
    "layout_gap": "16px",
    "form_gap_width": "0px",
    "input_radius": "8px",
    "input_padding": "6px 10px",
    "input_text_size": "14px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "checkbox_label_padding": "4px 10px",
    "checkbox_label_text_size": "12.5px",
    "checkbox_label_shadow": "none",
    "button_small_radius": "8px",
    "button_small_text_size": "13px",
    "button_small_padding": "5px 12px",
    "button_medium_radius": "8px",
    "button_medium_text_size": "14px",
    "button_medium_padding": "7px 14px",
    "button_border_width": "1px",
    "button_transition": "background-color .12s ease, border-color .12s ease",
}
_FONT = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC")
_MONO = ("ui-monospace", "SF Mono", "Menlo", "DejaVu Sans Mono")


def theme() -> gr.themes.Base:
    """The theme: system fonts, and every colour by reference to the style sheet's variables."""
    colours = {
        f"{variable}{dark}": f"var(--lab-{token})"
        for token, variables in _COLOURS.items()
        for variable in variables.split()
        for dark in ("", "_dark")
    }
    themed = gr.themes.Base(font=(*_FONT, "sans-serif"), font_mono=(*_MONO, "monospace"))
    return themed.set(**colours, **_MEASURES)
