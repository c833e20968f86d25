"""What the page asks of properties and landmarks that are not shipped with it."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.ui.handlers import answering, field_text

# Of a formula of many waves all can take longer than a reader waits, or a server should work.
_PATIENCE_SECONDS = 4.0
# One is examined at a time, and so many may wait: threads stay for all else.
_examining = threading.Lock()
_asking = threading.BoundedSemaphore(16)
_LONGEST = 1000


@answering
def properties(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
    """Properties and landmarks of ``activation``, or of ``formula``, at ``parameters``."""
    kind = "formula" if "formula" in given else "activation"
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict):
        raise UserError(
            "error.wrong_type", field="parameters", name="parameters", expected="an object"
        )
    text = field_text(given, kind, _LONGEST)
    if not _asking.acquire(blocking=False):
        raise UserError("properties.error_busy", status=429)
    try:
        with _examining:
            return _described(kind, text, json.dumps(parameters, sort_keys=True))
    finally:
        _asking.release()


@lru_cache(maxsize=256)
def _described(kind: str, text: str, parameters: str) -> dict[str, Any]:
    # SymPy is loaded here, by the first request that needs it.
    from swishdemo.activations import get, parse_formula
    from swishdemo.activations.deadline import within
    from swishdemo.activations.properties import described

    activation = parse_formula(text) if kind == "formula" else get(text)
    with within(_PATIENCE_SECONDS):
        return described(activation, json.loads(parameters))
