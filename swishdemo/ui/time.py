"""Time: what each implementation of Swish costs on this host, beside ReLU and the copy limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from swishdemo.activations.registry import is_formula
from swishdemo.activations.typed.formula import MAX_CHARACTERS
from swishdemo.activations.typed.workshop import checked_name
from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.settings import Settings
from swishdemo.timing import REGISTRY, TimingRequest, fields, host_summary
from swishdemo.timing.host import missing_cuda
from swishdemo.timing.quantities import size_label
from swishdemo.ui.components import live
from swishdemo.ui.handlers import answering, beside_field, field_text, internal, language
from swishdemo.ui.lab import Lab
from swishdemo.ui.timeview import TimeView, look_of
from swishdemo.ui.words import words

_POWERS = range(8, 27)
_FIELDS = (
    *("context", "pass", "elements", "network", "dtype", "threads", "device", "amp"),
    *("variants", "formula"),
)
_DEVICE = "cpu" if missing_cuda() else "cuda"
_DEFAULT: dict[str, Any] = {
    "context": "kernel",
    "pass": "both",
    "elements": [2**20],
    "network": "mlp",
    "amp": False,
    "variants": ["relu", *(n for n in REGISTRY.defaults("swish", _DEVICE) if n != "relu")],
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "article": _DEFAULT,
    "step": _DEFAULT | {"context": "step"},
    "sizes": _DEFAULT
    | {
        "elements": [2**power for power in range(8, 25, 2)],
        "variants": ["relu", "silu", "swish_eager", "memory_efficient", "parametric_tuned"],
    },
    "modules": _DEFAULT
    | {"variants": ["relu", "silu", "swish_module", "memory_efficient", "parametric_module"]},
    "rivals": _DEFAULT | {"variants": ["relu", "silu", "gelu", "gelu_tanh", "mish", "hardswish"]},
}
"""Questions that a reader may have, and the values of the fields that answer them."""
_PRESET_FIELDS = tuple(_DEFAULT)


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = TimeView(lab.manager)
    with gr.Row(elem_classes="lab-columns time-columns"):
        with gr.Column(elem_classes="lab-col", min_width=0):
            with gr.Column(elem_classes="lab-card", elem_id="lab-time-start", min_width=0):
                preset = gr.Dropdown(
                    [(words(f"time.ui.preset.{name}"), name) for name in PRESETS],
                    value="article",
                    filterable=False,
                    elem_id="lab-time-preset",
                    **_said("preset"),
                )
                start = gr.Button(
                    words("time.ui.measure"), variant="primary", elem_id="lab-time-measure"
                )
            with gr.Column(elem_classes="lab-card", elem_id="lab-time-fields", min_width=0):
                inputs = _controls(lab.settings)
        shown = live(
            "time",
            elem_id="lab-time",
            functions=(_poll(view), _ready(lab), _stop(lab), _export(view)),
            host=host_summary(),
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
        request = _request(dict(zip(_FIELDS, values, strict=True)), lab.settings)
        return TimingRequest.parse(request, lab.settings)

    def check(request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        try:
            read(values)
        except UserError as error:
            return beside_field(error, _FIELDS, request)
        return [gr.validate(True, "") for _ in _FIELDS]

    def begin(request: gr.Request, *values: Any) -> dict[str, Any]:
        try:
            job = lab.manager.submit("timing", read(values), visitor_of(request))
        except UserError as error:
            return {"error": error.sentence(language(request))}
        except Exception:
            return {"error": internal(request)}
        return {"id": job.id}

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
    preset.input(
        lambda name: [PRESETS[name][field] for field in _PRESET_FIELDS] + _visible(PRESETS[name]),
        preset,
        [inputs[field] for field in _PRESET_FIELDS] + [inputs["elements"], inputs["network"]],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    inputs["context"].input(  # type: ignore[attr-defined]
        lambda context: _visible({"context": context}),
        inputs["context"],
        [inputs["elements"], inputs["network"]],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )


def _visible(values: Mapping[str, Any]) -> list[Any]:
    """A training step's network fixes the elements, and matters to nothing else."""
    is_step = values["context"] == "step"
    return [gr.update(visible=not is_step), gr.update(visible=is_step)]


def _controls(settings: Settings) -> dict[str, gr.components.Component]:
    """The fields of a request, in the order of ``_FIELDS``."""
    known = {field.name: field for field in fields(settings)}
    sizes = [2**power for power in _POWERS if 2**power <= settings.max_elements]

    def choices(name: str) -> list[tuple[Any, str]]:
        return [(words(f"time.ui.{name}.{each}"), each) for each in known[name].choices]

    with gr.Column(min_width=0, elem_classes="time-fields"):
        controls: dict[str, gr.components.Component] = {
            "context": gr.Radio(
                choices("context"), value="kernel", elem_classes="time-seg", **_said("context")
            ),
            "pass": gr.Radio(
                choices("pass"), value="both", elem_classes="time-seg", **_said("pass")
            ),
            "elements": gr.Dropdown(
                [(size_label(size), size) for size in sizes],
                value=_DEFAULT["elements"],
                multiselect=True,
                **_said("elements"),
            ),
            "network": gr.Dropdown(
                choices("network"),
                value="mlp",
                visible=False,
                filterable=False,
                **_said("network"),
            ),
        }
        with gr.Row():
            controls["dtype"] = gr.Dropdown(
                list(known["dtype"].choices), value="float32", filterable=False, **_said("dtype")
            )
            controls["threads"] = gr.Number(1, **_said("threads"))
        controls["device"] = gr.Radio(
            [(words(f"time.ui.device.{each}"), each) for each in ("cpu", "cuda")],
            value="cpu",
            elem_classes="time-seg",
            **_said("device"),
        )
        controls["amp"] = gr.Checkbox(False, **_said("amp"))
        controls["variants"] = gr.CheckboxGroup(
            [(words(f"time.variant.{name}.label"), name) for name in REGISTRY.names()],
            value=_DEFAULT["variants"],
            **_said("variants"),
        )
        controls["formula"] = gr.Textbox(
            "", max_length=MAX_CHARACTERS, placeholder="x*sigmoid(2*x)", **_said("formula")
        )
    return controls


def _said(name: str) -> dict[str, Any]:
    return {
        "label": words(f"time.ui.{name}.label"),
        "info": words(f"time.ui.{name}.tip"),
        "min_width": 0,
        **({} if name == "preset" else {"elem_id": f"lab-time-{name}"}),
    }


def _request(given: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The page's values as REST would send them.

    The baselines are measured first, so that every other bar has its ratio from its start.

    Raises:
        UserError: The formula is none.
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
    if request["context"] == "step":
        del request["elements"]  # hidden: the network fixes them
    return request


def _poll(view: TimeView) -> Any:
    @answering
    def poll(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """A timing's state, and what has changed of it since the browser last asked."""
        job = field_text(given, "id") if given.get("id") is not None else None
        known = field_text(given, "mark", 400) if given.get("mark") is not None else ""
        return view.answer(job, known, look_of(given, language(request)), visitor_of(request))

    return poll


def _ready(lab: Lab) -> Any:
    @answering
    def ready(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Have a worker ready, for the reader is about to press Measure."""
        # Where something runs, a starting process would disturb its figures.
        if not any(lab.manager.counts().values()):
            lab.manager.prepare("timing")
        return {"done": True}

    return ready


def _stop(lab: Lab) -> Any:
    @answering
    def stop(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """End a timing."""
        lab.manager.stop(field_text(given, "id"), visitor_of(request))
        return {"done": True}

    return stop


def _export(view: TimeView) -> Any:
    @answering
    def export(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """All figures of a timing, for a file."""
        return view.export(field_text(given, "id"), visitor_of(request))

    return export
