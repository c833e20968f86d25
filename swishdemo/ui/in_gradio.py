"""What stands between the page and Gradio: handlers, labels, and the theme.

A handler of the page is given whatever a browser, or someone with a script, sends. What it refuses
comes back as one sentence in the reader's language; what breaks is logged under an id. Labels that
Gradio's components show are the text catalogue's, in Gradio's own form. Its variables of style are
pointed at the page's colours, which stand once, in ``assets/css/colours.css``.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.i18n import I18nData

from swishdemo.datasets import datasets
from swishdemo.datasets import get as get_dataset
from swishdemo.errors import UserError
from swishdemo.jobs.job import Runner
from swishdemo.jobs.kinds import kinds
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.zerogpu import ZeroGPURunner, requested, work_in
from swishdemo.settings import Settings, SettingsError
from swishdemo.text import Language, catalogue, language_of, text
from swishdemo.timing import REGISTRY
from swishdemo.training import TrainingConfig
from swishdemo.training.recipes import recipes

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


def internal(request: gr.Request | None) -> str:
    """Log the exception being handled, and give the sentence that names its entry."""
    name = secrets.token_hex(4)
    _LOG.exception("internal error, id %s", name)
    return text("error.internal", language(request), id=name)


def labelled(error: UserError, room: str, tongue: Language) -> str:
    """The error's sentence, in which a field is called as the page calls it."""
    label = catalogue().get(f"{room}.field.{error.values.get('name')}.label")
    if label is None:
        return error.sentence(tongue)
    return text(error.key, tongue, **{**error.filled, "name": label[tongue]})


def beside_field(
    error: UserError, fields: Sequence[str], request: gr.Request, room: str = "train"
) -> list[_Answer]:
    """The answer of a validator: ``error`` at its own field, or at the first where it has none.

    Args:
        error: What is refused.
        fields: The names of the controls, in the page's order.
        request: Whose language is spoken.
        room: Where the catalogue has the fields' labels.
    """
    at = error.field if error.field in fields else fields[0]
    told = labelled(error, room, language(request))
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
    "body_background_fill": "bg",
    "body_text_color": "text",
    "body_text_color_subdued": "muted",
    "background_fill_primary": "panel",
    "background_fill_secondary": "soft",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "border_color_accent_subdued": "line",
    "color_accent_soft": "accent-soft",
    "link_text_color": "accent",
    "link_text_color_hover": "accent",
    "link_text_color_active": "accent",
    "link_text_color_visited": "accent",
    "block_background_fill": "panel",
    "block_border_color": "line",
    "block_info_text_color": "muted",
    "block_label_text_color": "muted",
    "block_label_background_fill": "panel",
    "block_title_text_color": "muted",
    "panel_background_fill": "panel",
    "panel_border_color": "line",
    "checkbox_background_color": "panel",
    "checkbox_background_color_hover": "panel",
    "checkbox_background_color_focus": "panel",
    "checkbox_background_color_selected": "accent",
    "checkbox_border_color": "field-line",
    "checkbox_border_color_hover": "accent",
    "checkbox_border_color_focus": "accent",
    "checkbox_border_color_selected": "accent",
    "checkbox_label_background_fill": "panel",
    "checkbox_label_background_fill_hover": "hover",
    "checkbox_label_background_fill_selected": "soft",
    "checkbox_label_border_color": "line",
    "checkbox_label_border_color_hover": "line",
    "checkbox_label_border_color_selected": "field-line",
    "checkbox_label_text_color": "text",
    "checkbox_label_text_color_selected": "text",
    "error_background_fill": "panel",
    "error_border_color": "bad",
    "error_text_color": "bad",
    "error_icon_color": "bad",
    "input_background_fill": "bg",
    "input_background_fill_focus": "bg",
    "input_background_fill_hover": "bg",
    "input_border_color": "line",
    "input_border_color_focus": "accent",
    "input_border_color_hover": "field-line",
    "input_placeholder_color": "muted",
    "loader_color": "accent",
    "slider_color": "accent",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent-hover",
    "button_primary_border_color": "accent",
    "button_primary_border_color_hover": "accent-hover",
    "button_primary_text_color": "on-accent",
    "button_primary_text_color_hover": "on-accent",
    "button_secondary_background_fill": "panel",
    "button_secondary_background_fill_hover": "hover",
    "button_secondary_border_color": "line",
    "button_secondary_border_color_hover": "field-line",
    "button_secondary_text_color": "text",
    "button_secondary_text_color_hover": "text",
    "table_border_color": "line",
    "table_text_color": "text",
    "table_even_background_fill": "panel",
    "table_odd_background_fill": "panel",
    "code_background_fill": "soft",
}
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
    colours: dict[str, str] = {}
    for variable, token in _COLOURS.items():
        colours[variable] = colours[f"{variable}_dark"] = f"var(--lab-{token})"
    themed = gr.themes.Base(font=(*_FONT, "sans-serif"), font_mono=(*_MONO, "monospace"))
    return themed.set(**colours, **_MEASURES)
