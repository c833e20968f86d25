"""Time: what each implementation of Swish costs on this host, beside ReLU and the memory limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.text import LANGUAGES
from swishdemo.timing import TimingRequest, host_summary
from swishdemo.timing.cited import all_cited
from swishdemo.timing.presets import DEFAULT, PRESETS, about, values_of
from swishdemo.ui.assets import live
from swishdemo.ui.gradio_events import beside_field, internal, language, when_chosen
from swishdemo.ui.lab import Lab
from swishdemo.ui.labels import words
from swishdemo.ui.time_form import FIELDS, SHOWN_BY_CONTEXT, controls, request_of, said, visible

_FIRST = "article"


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    with gr.Row(elem_classes="lab-columns time-columns"):
        with gr.Column(elem_classes="lab-col", min_width=0):
            with gr.Column(elem_classes="lab-card", elem_id="lab-time-start", min_width=0):
                preset = gr.Dropdown(
                    [(words(f"time.ui.preset.{name}"), name) for name in PRESETS],
                    value=_FIRST,
                    filterable=False,
                    elem_id="lab-time-preset",
                    **said("preset"),
                )
                start = gr.Button(
                    words("time.ui.measure"), variant="primary", elem_id="lab-time-measure"
                )
            with gr.Column(elem_classes="lab-card", elem_id="lab-time-fields", min_width=0):
                inputs = controls(lab.settings)
        shown = live(
            "time/tab",
            elem_id="lab-time",
            host=host_summary(),
            cited=_cited(),
            presets={
                name: {tongue: about(name, lab.settings, tongue) for tongue in LANGUAGES}
                for name in PRESETS
            },
        )
    _wire(lab, preset, start, inputs, shown)


def _wire(
    lab: Lab,
    preset: gr.Dropdown,
    start: gr.Button,
    inputs: Mapping[str, gr.components.Component],
    shown: gr.HTML,
) -> None:
    def read(values: tuple[Any, ...]) -> TimingRequest:
        request = request_of(dict(zip(FIELDS, values, strict=True)), lab.settings)
        return TimingRequest.parse(request, lab.settings)

    def check(request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        try:
            read(values)
        except UserError as error:
            return beside_field(error, FIELDS, request)
        return [gr.validate(True, "") for _ in FIELDS]

    def begin(request: gr.Request, *values: Any) -> dict[str, Any]:
        try:
            job = lab.manager.submit("timing", read(values), visitor_of(request))
        except UserError as error:
            return {"error": error.sentence(language(request))}
        except Exception:
            return {"error": internal(request)}
        return {"id": job.id}

    by_context = [inputs[field] for field in SHOWN_BY_CONTEXT]
    filled = [*(inputs[field] for field in DEFAULT), *by_context, shown]

    def fill(name: str | None) -> list[Any]:
        if name is None:
            return [gr.skip() for _ in filled]
        known = isinstance(name, str) and name in PRESETS
        values = values_of(name, lab.settings) if known else dict(DEFAULT)
        return [values[field] for field in DEFAULT] + visible(values) + [{"preset": name}]

    start.click(
        begin,
        list(inputs.values()),
        shown,
        validator=check,
        show_progress="hidden",
        queue=True,
        api_visibility="private",
    )
    # A formula that another tab hands over; nothing is sent.
    shown.input(
        fn=None,
        js="() => document.getElementById('lab-time').formula()",
        outputs=inputs["formula"],
        api_visibility="private",
    )
    when_chosen(preset, fill, filled)
    inputs["context"].input(  # type: ignore[attr-defined]
        lambda context: visible({"context": context}),
        inputs["context"],
        by_context,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )


def _cited() -> list[dict[str, Any]]:
    """The published figures for the page: a row for each implementation on each machine."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for each in all_cited():
        key = (each.device, each.dtype, each.activation, each.implementation)
        row = rows.setdefault(
            key,
            {
                "device": each.device,
                "dtype": each.dtype,
                "activation": each.activation,
                "implementation": each.implementation,
                "title": each.source.title,
                "url": each.source.url,
                "year": each.source.year,
                "clock": each.source.clock,
            },
        )
        row[each.passes] = each.seconds
    return list(rows.values())
