"""The page: head, four tabs, foot."""

from __future__ import annotations

from importlib import import_module

import gradio as gr

from swishdemo import __version__
from swishdemo.text import LANGUAGES
from swishdemo.timing.host import host_summary
from swishdemo.ui.components import live
from swishdemo.ui.lab import Lab
from swishdemo.ui.words import words

TABS = ("explore", "train", "time", "claims")


def build(lab: Lab, tabs: tuple[str, ...] = TABS) -> gr.Blocks:
    """The whole page, or a page of some tabs only.

    Args:
        lab: What the tabs work with.
        tabs: Names of modules of this package, each with a ``build(lab)``.
    """
    demo = gr.Blocks(title="Swish Lab", analytics_enabled=False)
    with demo:
        live("header", elem_id="lab-header", host={each: host_summary(each) for each in LANGUAGES})
        with gr.Tabs(elem_id="lab-tabs"):
            for name in tabs:
                with gr.Tab(words(f"shell.tab_{name}"), id=name):
                    import_module(f"swishdemo.ui.{name}").build(lab)
        live(
            "footer",
            elem_id="lab-footer",
            version=__version__,
            days=lab.settings.keep_days,
            unkept=lab.unkept,
        )
    return demo
