"""The text catalogue in Gradio's own form, for labels that Gradio's components show."""

from __future__ import annotations

import gradio as gr
from gradio.i18n import I18nData

from swishdemo.datasets.registry import datasets
from swishdemo.text import catalogue
from swishdemo.timing import REGISTRY
from swishdemo.training.recipes import recipes

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
