"""The controls of a training run's fields, and what they hold as REST would send it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gradio as gr

from swishdemo import host
from swishdemo.errors import UserError
from swishdemo.form import Field
from swishdemo.settings import Settings
from swishdemo.ui.labels import words

_LONGEST_CSV = 1_000_000


def component(field: Field) -> gr.components.Component:
    """The control of one field of the table."""
    common: dict[str, Any] = {
        "label": words(f"train.field.{field.name}.label"),
        "info": words(f"train.field.{field.name}.tip") + _range(field),
        "elem_id": f"lab-{field.name}",
        "elem_classes": None if field.kind in ("number", "integer") else "lab-wide",
    }
    value = shown_value(field.default)
    if field.kind == "table":
        return gr.Textbox(
            lines=3, max_lines=6, max_length=_LONGEST_CSV, placeholder="x, y, label", **common
        )
    if field.kind == "flag":
        return gr.Checkbox(value, **common)
    if field.kind == "choices":
        return gr.Dropdown(
            list(field.choices),
            value=value,
            multiselect=True,
            allow_custom_value=field.formulas > 0,
            **common,
        )
    if field.kind == "choice":
        return _choice(field, value, common)
    if field.kind == "numbers":
        return gr.Textbox(value, max_length=400, **common)
    return gr.Number(value, **common)


def offered(field: Field) -> tuple[str, ...]:
    """The choices of a field that can be had on this host: a GPU only where there may be one."""
    absent = "cuda" if field.name == "device" and host.missing_cuda() else None
    return tuple(choice for choice in field.choices if choice != absent)


def caps(settings: Settings) -> str:
    """What this server allows one run, in a line."""
    limits = (
        settings.max_steps,
        settings.max_replicas,
        settings.max_parameters,
        settings.max_job_seconds,
    )
    # Gradio translates one text of a string.
    return f"{words('train.caps')} {' · '.join(f'{limit:,}' for limit in limits)}"


def shown_value(value: Any) -> Any:
    """A field's value as its control holds it: numbers as a text, names as a list."""
    if not isinstance(value, list | tuple):
        return value
    if all(isinstance(each, str) for each in value):
        return list(value)
    return " ".join(f"{each:g}" for each in value)


def request_of(given: Mapping[str, Any], table: Mapping[str, Field]) -> dict[str, Any]:
    """The page's values as REST would send them: a text of numbers as a list, 6.0 as 6.

    Raises:
        UserError: A list of numbers holds something else.
    """
    request: dict[str, Any] = {}
    for name, value in given.items():
        kind = table[name].kind if name in table else "choice"
        if kind == "numbers":
            request[name] = _numbers(name, value)
        elif kind == "table":
            request[name] = value or None
        elif kind == "integer" and isinstance(value, float) and value.is_integer():
            request[name] = int(value)
        else:
            request[name] = value
    if request.get("dataset") != "csv":
        request["csv"] = None  # what stands in the field waits for its dataset
    return request


def _range(field: Field) -> str:
    """The allowed numbers, behind the tip."""
    if field.kind not in ("integer", "number", "numbers"):
        return ""
    return f" ({field.low:,.10g} – {field.high:,.10g})"


def _choice(field: Field, value: Any, common: dict[str, Any]) -> gr.components.Component:
    if field.formulas:
        return gr.Dropdown(list(field.choices), value=value, allow_custom_value=True, **common)
    key = "data.title" if field.name == "dataset" else f"train.choice.{field.name}"
    choices = [(words(f"{key}.{choice}"), choice) for choice in offered(field)]
    if field.name == "beta_scope":
        return gr.Radio(choices, value=value, **common)
    return gr.Dropdown(choices, value=value, **common)


def _numbers(name: str, value: object) -> list[float]:
    try:
        numbers = [float(part) for part in str(value)[:400].replace(",", " ").split()]
    except ValueError:
        raise UserError("run.error_starts", field=name) from None
    if not numbers or not all(map(math.isfinite, numbers)):
        raise UserError("run.error_starts", field=name)
    return numbers
