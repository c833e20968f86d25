"""The fields of a timing: Gradio's controls, and the reading of what stands in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import gradio as gr

from swishdemo.activations.record import is_formula
from swishdemo.activations.typed.formula_process import checked_name
from swishdemo.activations.typed.syntax import MAX_CHARACTERS
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.timing import REGISTRY, TimingRequest
from swishdemo.timing.host_card import missing_cuda
from swishdemo.timing.presets import DEFAULT
from swishdemo.timing.quantities import size_label
from swishdemo.ui.labels import words

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

    devices = [each for each in ("cpu", "cuda") if each == "cpu" or not missing_cuda()]
    if settings.device in devices:
        devices = [settings.device]

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
            value=DEFAULT["variants"],
            **_said("variants"),
        )
        made["formula"] = gr.Textbox(
            "", max_length=MAX_CHARACTERS, placeholder="x*sigmoid(2*x)", **_said("formula")
        )
    return made


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
