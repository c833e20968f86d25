"""The page: head, four tabs, foot."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import gradio as gr

from swishdemo import __version__
from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES
from swishdemo.timing.host_card import host_summary
from swishdemo.ui.assets import live
from swishdemo.ui.gradio_events import internal, language
from swishdemo.ui.lab import Lab
from swishdemo.ui.labels import words

TABS = ("explore", "train", "time", "claims")


def build(lab: Lab, tabs: tuple[str, ...] = TABS) -> gr.Blocks:
    """The whole page, or a page of some tabs only.

    Args:
        lab: What the tabs work with.
        tabs: Names of modules of this package, each with a ``build(lab)``.
    """
    demo = Page(title="Swish Lab", analytics_enabled=False)
    with demo:
        live(
            "core/header",
            elem_id="lab-header",
            host={each: host_summary(each) for each in LANGUAGES},
        )
        with gr.Tabs(elem_id="lab-tabs"):
            for name in tabs:
                with gr.Tab(words(f"shell.tab_{name}"), id=name):
                    import_module(f"swishdemo.ui.{name}").build(lab)
        live(
            "core/footer",
            elem_id="lab-footer",
            version=__version__,
            days=lab.settings.keep_days,
            unkept=lab.unkept,
        )
    return demo


class Page(gr.Blocks):
    """Refuses in one sentence what does not fit a handler's inputs; Gradio prints a traceback.

    Anyone may send anything as a dropdown's choice, and nothing of it is kept. What breaks in a
    handler is logged under an id.
    """

    async def preprocess_data(self, block_fn: Any, *given: Any, **named: Any) -> Any:
        """The values for a handler.

        Raises:
            UserError: It runs in the browser alone, or what was sent is nothing that its
                components can hold.
        """
        if block_fn.fn is None:
            raise UserError("api.misfit")
        try:
            return await super().preprocess_data(block_fn, *given, **named)
        except Exception as error:
            raise UserError("api.misfit") from error

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        """What a handler answers.

        Raises:
            gr.Error: It has none; the sentence is in the reader's language.
        """
        request, state = named.get("request"), named.get("state")
        if state is not None:
            # Gradio would keep each session's last value of each field, for links into its state.
            state.config_values = {key: {} for key in state.config_values}
        try:
            return await super().process_api(*given, **named)
        except UserError as error:
            sentence = error.sentence(language(request))
        except Exception:
            sentence = internal(request)
        raise gr.Error(sentence, print_exception=False)
