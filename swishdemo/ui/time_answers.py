"""What the page asks of timings: how one stands, files, another host's figures, names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.timing.imported import MOST_BYTES
from swishdemo.timing.presets import PRESETS, about
from swishdemo.ui.handlers import answering, field_text, language
from swishdemo.ui.lab import Lab
from swishdemo.ui.time_view import TimeView, look_of

_FORMS = ("json", "csv", "markdown")
_Json = dict[str, Any]


def answers(lab: Lab) -> tuple[Callable[..., _Json], ...]:
    """The server functions of the Time tab."""
    view = TimeView(lab.manager)
    return (
        _poll(lab, view),
        _ready(lab),
        _stop(lab),
        _export(view),
        _lay(view),
        _annotate(lab),
        _drop(lab),
    )


def _poll(lab: Lab, view: TimeView) -> Callable[..., _Json]:
    @answering
    def poll(given: _Json, request: gr.Request) -> _Json:
        """A timing's state, and what has changed of it since the browser last asked."""
        job = field_text(given, "id") if given.get("id") is not None else None
        known = field_text(given, "mark", 600) if given.get("mark") is not None else ""
        tongue = language(request)
        answer = view.answer(job, known, look_of(given, tongue), visitor_of(request))
        if answer["done"]:  # what was built meanwhile need not be built again
            answer["presets"] = {name: about(name, lab.settings, tongue) for name in PRESETS}
        return answer

    return poll


def _ready(lab: Lab) -> Callable[..., _Json]:
    @answering
    def ready(given: _Json, request: gr.Request) -> _Json:
        """Have a worker ready, for the reader is about to press Measure."""
        # Where something runs, a starting process would disturb its figures.
        if not any(lab.manager.counts().values()):
            lab.manager.prepare("timing")
        return {"done": True}

    return ready


def _stop(lab: Lab) -> Callable[..., _Json]:
    @answering
    def stop(given: _Json, request: gr.Request) -> _Json:
        """End a timing."""
        lab.manager.stop(field_text(given, "id"), visitor_of(request))
        return {"done": True}

    return stop


def _export(view: TimeView) -> Callable[..., _Json]:
    @answering
    def export(given: _Json, request: gr.Request) -> _Json:
        """A timing as a file's content."""
        form = field_text(given, "format")
        if form not in _FORMS:
            raise UserError(
                "error.unknown_choice",
                field="format",
                name="format",
                value=form,
                choices=tuple(_FORMS),
            )
        tongue = language(request)
        baseline = look_of(given, tongue).baseline
        job = field_text(given, "id")
        return {"text": view.export(job, form, baseline, tongue, visitor_of(request))}

    return export


def _lay(view: TimeView) -> Callable[..., _Json]:
    @answering
    def lay(given: _Json, request: gr.Request) -> _Json:
        """Read another host's exported JSON, to be laid beside one's own figures."""
        content = field_text(given, "text", 2 * MOST_BYTES)  # its own limit has its own sentence
        return {"token": view.lay(content, visitor_of(request))}

    return lay


def _annotate(lab: Lab) -> Callable[..., _Json]:
    @answering
    def annotate(given: _Json, request: gr.Request) -> _Json:
        """Call a timing by another name, or share it by a link, or take that back."""
        fields = ("name", "shared")
        values: dict[str, object] = {each: given[each] for each in fields if each in given}
        job = lab.manager.annotate(field_text(given, "id"), visitor_of(request), values)
        return {"name": job.name, "share": job.share}

    return annotate


def _drop(lab: Lab) -> Callable[..., _Json]:
    @answering
    def drop(given: _Json, request: gr.Request) -> _Json:
        """Remove a timing and its figures."""
        lab.manager.delete(field_text(given, "id"), visitor_of(request))
        return {"done": True}

    return drop
