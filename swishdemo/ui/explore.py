"""Explore: Swish, its derivatives and its rivals, computed and drawn in the browser.

What takes longer the browser asks of REST (`swishdemo.api.calculation`).
"""

from __future__ import annotations

import gradio as gr

from swishdemo.ui.assets import live
from swishdemo.ui.lab import Lab

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live("explore/tab", elem_id="lab-explore")
    formula = gr.Markdown(elem_id="lab-formula", latex_delimiters=_LATEX)
    # The browser knows the formulas; Gradio only sets their LaTeX. No request is made.
    view.input(
        fn=None,
        js="() => document.getElementById('lab-formula').formulas()",
        outputs=formula,
        api_visibility="private",
    )
