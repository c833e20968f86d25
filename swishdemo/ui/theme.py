"""Gradio's theme, told in the page's own colours.

The colours themselves stand once, in ``assets/css/colours.css``, for the light and the dark page;
here Gradio's variables are pointed at them, so that its components and ours are of one kind.
"""

from __future__ import annotations

import gradio as gr

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
    "checkbox_label_background_fill_hover": "soft",
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
    "button_primary_background_fill_hover": "accent-strong",
    "button_primary_border_color": "accent",
    "button_primary_border_color_hover": "accent-strong",
    "button_primary_text_color": "on-accent",
    "button_primary_text_color_hover": "on-accent",
    "button_secondary_background_fill": "panel",
    "button_secondary_background_fill_hover": "soft",
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
