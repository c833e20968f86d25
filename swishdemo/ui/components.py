"""The one kind of component that lives in the browser: a ``gr.HTML`` run by a module of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from swishdemo.ui.assets import address


def live(
    module: str, *, elem_id: str, functions: tuple[Callable[..., Any], ...] = (), **props: Any
) -> gr.HTML:
    """A component whose content ``assets/js/<module>.js`` makes and keeps up to date.

    Args:
        module: Path of an ES module ("train/tab") with
            ``mount({element, props, trigger, watch, server})``.
        elem_id: The element's id on the page.
        functions: Python functions that the module may call as ``server.<name>(argument)``; one
            with a ``gr.Request`` parameter is given the request.
        props: Values that the module reads as ``props.<name>``.
    """
    start = f"""
    const root = window.gradio_config.root.replace(/[/]$/, "");
    const parts = {{ element, props, trigger, watch, server: {"server" if functions else "null"} }};
    import(root + "/{address(f"js/{module}.js")}").then((lab) => lab.mount(parts));
    """
    return gr.HTML(
        html_template="<div></div>",
        js_on_load=start,
        elem_id=elem_id,
        server_functions=list(functions) or None,
        apply_default_css=False,
        **props,
    )
