"""Time: what each implementation of Swish costs on this host, beside ReLU and the memory limit.

The tab, its fields, and the reading of what stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from swishdemo.activations.record import is_formula
from swishdemo.activations.typed.formula_process import checked_name
from swishdemo.activations.typed.syntax import MAX_CHARACTERS
from swishdemo.errors import UserError
from swishdemo.hardware import device_of, missing_cuda
from swishdemo.jobs.access import visitor_of
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES
from swishdemo.timing import REGISTRY, TimingRequest, host_summary
from swishdemo.timing.elsewhere import all_cited
from swishdemo.timing.measurement import size_label
from swishdemo.timing.presets import (
    BOTH,
    DEFAULT,
    PRESETS,
    about,
    adapted,
    forms_for,
    values_of,
)
from swishdemo.ui.assets import live
from swishdemo.ui.in_gradio import (
    answered,
    beginning,
    filling,
    in_browser,
    judged,
    pressed,
    when_chosen,
    words,
)
from swishdemo.ui.lab import Lab

FIELDS = (
    *("context", "pass", "elements", "shape", "network", "dtype", "threads", "device"),
    *("allocator", "budget_seconds", "amp", "variants", "formula"),
)
"""What is sent, in the order of the controls."""
SHOWN_BY_CONTEXT = ("elements", "shape", "network")
"""Fields that belong to some contexts only."""

_POWERS = range(8, 27)
_MOST_DIMENSIONS = 6
_LONGEST_SHAPE = 60


def controls(settings: Settings) -> dict[str, gr.components.Component]:
    """The controls by the names of their fields, in the order of `FIELDS`."""
    known = TimingRequest.fields(settings)
    sizes = [2**power for power in _POWERS if 2**power <= settings.max_elements]

    devices = offered_devices(settings)

    def choices(name: str) -> list[tuple[Any, str]]:
        return [(words(f"time.ui.{name}.{each}"), each) for each in known[name].choices]

    def radio(name: str) -> gr.Radio:
        return gr.Radio(
            choices(name), value=known[name].default, elem_classes="time-seg", **_said(name)
        )

    made: dict[str, gr.components.Component] = {}
    with gr.Column(min_width=0, elem_classes="time-fields"):
        made["context"] = radio("context")
        made["pass"] = radio("pass")
        made["elements"] = gr.Dropdown(
            [(size_label(size), size) for size in sizes],
            value=DEFAULT["elements"],
            multiselect=True,
            **_said("elements"),
        )
        made["shape"] = gr.Textbox(
            "", max_length=_LONGEST_SHAPE, placeholder="16 × 10 × 256 × 256", **_said("shape")
        )
        made["network"] = gr.Dropdown(
            choices("network"), value="mlp", visible=False, filterable=False, **_said("network")
        )
        with gr.Row():
            made["dtype"] = gr.Dropdown(
                list(known["dtype"].choices), value="float32", filterable=False, **_said("dtype")
            )
            made["threads"] = gr.Number(1, **_said("threads"))
        made["device"] = gr.Radio(
            [(words(f"time.ui.device.{each}"), each) for each in devices],
            value=devices[0],
            visible=len(devices) > 1,
            elem_classes="time-seg",
            **_said("device"),
        )
        with gr.Row():
            made["allocator"] = radio("allocator")
            made["budget_seconds"] = gr.Number(
                known["budget_seconds"].default, **_said("budget_seconds")
            )
        made["amp"] = gr.Checkbox(False, **_said("amp"))
        made["variants"] = gr.CheckboxGroup(
            [(words(f"time.variant.{name}.label"), name) for name in REGISTRY.names()],
            value=forms_for(DEFAULT["variants"], device_of("auto", settings)),
            **_said("variants"),
        )
        made["formula"] = gr.Textbox(
            "", max_length=MAX_CHARACTERS, placeholder="x*sigmoid(2*x)", **_said("formula")
        )
    return made


def offered_devices(settings: Settings) -> list[str]:
    """What the field of the device offers: a choice where the server leaves one, and has a GPU."""
    if settings.device != "auto" or missing_cuda():
        return [settings.device]
    return ["auto", "cpu", "cuda", BOTH]


def visible(values: Mapping[str, Any]) -> list[Any]:
    """Updates of `SHOWN_BY_CONTEXT`: a network fixes the elements, a typed shape is a kernel's."""
    context = values["context"]
    shown = (context != "step", context == "kernel", context == "step")
    return [gr.update(visible=each) for each in shown]


def request_of(given: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The page's values as REST would send them.

    The baselines are measured first, so that every other bar has its ratio from its start.

    Raises:
        UserError: The formula is none, or the shape.
    """
    request = dict(given)
    formula = request.pop("formula")
    if isinstance(formula, str) and formula.strip() and isinstance(request["variants"], list):
        name = formula if is_formula(formula) else f"={formula}"
        name = checked_name(name, settings.formula_seconds, "formula")
        request["variants"] = [*request["variants"], name]
    threads = request["threads"]
    if isinstance(threads, float) and threads.is_integer():
        request["threads"] = int(threads)
    variants = request["variants"]
    if isinstance(variants, list) and "relu" in variants:
        request["variants"] = ["relu", *(name for name in variants if name != "relu")]
    if isinstance(request["elements"], list) and all(type(n) is int for n in request["elements"]):
        request["elements"] = sorted(request["elements"])
    request["shape"] = shape_of(request["shape"]) if request["context"] == "kernel" else None
    if request["context"] == "step" or request["shape"]:
        del request["elements"]  # the network fixes them, or the shape
    return request


def requests_of(given: Mapping[str, Any], settings: Settings) -> list[TimingRequest]:
    """The timings that the page's values ask for: one, or the CPU's and the GPU's.

    Raises:
        UserError: One of them cannot be.
    """
    request = request_of(given, settings)
    if request["device"] != BOTH:
        return [TimingRequest.parse(request, settings)]
    variants = request["variants"]
    return [
        TimingRequest.parse(
            {
                **request,
                "device": device,
                "variants": adapted(variants, device) if isinstance(variants, list) else variants,
            },
            settings,
        )
        for device in ("cpu", "cuda")
    ]


def shape_of(given: object) -> list[int] | None:
    """A typed shape such as ``16 × 10 × 256 × 256`` or ``16,10,256,256``; None for an empty one.

    Raises:
        UserError: It is something else.
    """
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > _LONGEST_SHAPE:
        raise UserError("timed.shape", field="shape")
    sizes = re.split(r"\s*[×xX*,;]\s*|\s+", given.strip().strip("()[]").strip())
    if sizes == [""]:
        return None
    if len(sizes) > _MOST_DIMENSIONS or not all(re.fullmatch("[0-9]{1,12}", n) for n in sizes):
        raise UserError("timed.shape", field="shape")
    shape = [int(size) for size in sizes]
    if 0 in shape:
        raise UserError("timed.shape", field="shape")
    return shape


def said(name: str) -> dict[str, Any]:
    """Label, tooltip and smallest width of the control called ``name``."""
    return {
        "label": words(f"time.ui.{name}.label"),
        "info": words(f"time.ui.{name}.tip"),
        "min_width": 0,
    }


def _said(name: str) -> dict[str, Any]:
    return {**said(name), "elem_id": f"lab-time-{name.removesuffix('_seconds')}"}


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
            host=host_summary(settings=lab.settings),
            cited=[asdict(each) for each in all_cited()],
            presets={
                name: {tongue: about(name, lab.settings, tongue) for tongue in LANGUAGES}
                for name in PRESETS
            },
        )
    _wire(lab, preset, start, inputs, shown)

    def go_on(asked: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Have a timing go on, or the same be timed once more; the timing that goes on."""
        return {"id": lab.go_on(str(asked.get("run")), asked.get("wish"), visitor_of(request))}

    beginning(shown.submit, shown, go_on)


def begun(lab: Lab, requests: Sequence[TimingRequest], visitor: str) -> list[str]:
    """Start the timings, one after the other: all of them, or none. Their ids.

    Raises:
        UserError: One is refused.
    """
    jobs: list[str] = []
    try:
        for request in requests:
            jobs.append(lab.manager.submit("timing", request, visitor).id)
    except UserError:
        for job in jobs:
            lab.manager.delete(job, visitor)
        raise
    return jobs


def _wire(
    lab: Lab,
    preset: gr.Dropdown,
    start: gr.Button,
    inputs: Mapping[str, gr.components.Component],
    shown: gr.HTML,
) -> None:
    def read(values: tuple[Any, ...]) -> list[TimingRequest]:
        return requests_of(dict(zip(FIELDS, values, strict=True)), lab.settings)

    def check(request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        return judged(lambda: read(values), FIELDS, request)

    def begin(request: gr.Request, *values: Any) -> dict[str, Any]:
        def started() -> dict[str, Any]:
            first, *others = begun(lab, read(values), visitor_of(request))
            return {"id": first, "next": others}

        return answered(started, request)

    by_context = [inputs[field] for field in SHOWN_BY_CONTEXT]
    filled = [*(inputs[field] for field in DEFAULT), *by_context, shown]

    def fill(name: str | None) -> list[Any]:
        if name is None:
            return [gr.skip() for _ in filled]
        known = isinstance(name, str) and name in PRESETS
        values = values_of(name, lab.settings) if known else dict(DEFAULT)
        return [values[field] for field in DEFAULT] + visible(values) + [{"preset": name}]

    pressed(start, begin, [*inputs.values()], shown, check)
    in_browser(shown, "lab-time.formula", inputs["formula"])  # that another tab hands over
    when_chosen(preset, fill, filled)
    filling(
        inputs["device"].input,  # type: ignore[attr-defined]
        lambda device, variants: adapted(variants, device_of(device, lab.settings)),
        [inputs["device"], inputs["variants"]],
        inputs["variants"],
    )
    filling(
        inputs["context"].input,  # type: ignore[attr-defined]
        lambda context: visible({"context": context}),
        inputs["context"],
        by_context,
    )
