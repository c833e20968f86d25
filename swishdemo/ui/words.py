"""The text catalogue in Gradio's own form, for labels that Gradio's components show."""

from __future__ import annotations

import gradio as gr
from gradio.i18n import I18nData

from swishdemo.text import catalogue

# Gradio's key for Chinese is "zh-CN"; its look-up splits keys at dots, ours stay whole without.
_TAGS = {"en": "en", "zh": "zh-CN"}

translations = gr.I18n(
    **{
        tag: {key.replace(".", "_"): entry[language] for key, entry in catalogue().items()}
        for language, tag in _TAGS.items()
    }
)


def words(key: str) -> I18nData:
    """The text of ``key``, in whatever language the browser shows."""
    if key not in catalogue():
        raise KeyError(key)
    return translations(key.replace(".", "_"))
