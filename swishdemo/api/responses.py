"""What goes out: JSON in which every number is finite, errors of one form, and schemas of both."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from swishdemo import form
from swishdemo.errors import UserError
from swishdemo.form import Schema
from swishdemo.formats import dump
from swishdemo.jobs.job import LONGEST
from swishdemo.text import Language, language_of, text

_LOG = logging.getLogger(__name__)


class FiniteJSON(JSONResponse):
    """JSON in which a number that is not finite is null."""

    def render(self, content: Any) -> bytes:
        """The content as UTF-8."""
        return dump(content).encode("utf-8", "replace")


def language(request: Request) -> Language:
    """The language of an answer's sentences: ``?lang=``, else the ``Accept-Language``'s."""
    asked = request.query_params.get("lang")
    return language_of(request.headers.get("accept-language"), asked)


def refusal(error: UserError, language: Language) -> FiniteJSON:
    """The answer to a request that is refused.

    With 422 ``detail`` is a list, as FastAPI's own: where, and what was wrong; of a formula also
    the ``column``, from 1. Else it is one sentence. What was sent is not repeated.
    """
    if error.status == 503:
        _LOG.error("a request is refused: %s", error)
    sentence = error.sentence(language)
    detail: Any = sentence
    if error.status == 422:
        where = ["body", error.field] if error.field else ["body"]
        column = {name: error.values[name] for name in ("column",) if name in error.values}
        detail = [{"type": "value_error", "loc": where, "msg": sentence, **column}]
    retry = error.values.get("retry_seconds")
    headers = {"Retry-After": str(retry)} if error.status == 429 and retry else None
    return FiniteJSON({"detail": detail}, error.status, headers)


def internal(error: Exception, language: Language) -> FiniteJSON:
    """The answer where something broke: an id, under which the log has the traceback."""
    return FiniteJSON({"detail": text("error.internal", language, id=internal_id(error))}, 500)


def internal_id(error: Exception) -> str:
    """The id under which the log has the traceback of what broke."""
    name = uuid.uuid4().hex[:8]
    _LOG.error("internal error, id %s", name, exc_info=error)
    return name


def install(app: FastAPI) -> None:
    """Give ``app`` the answers to all errors."""
    handlers: dict[Any, Callable[[Request, Any], Response]] = {
        UserError: lambda request, error: refusal(error, language(request)),
        RequestValidationError: _invalid,
        HTTPException: _refused,
        Exception: lambda request, error: internal(error, language(request)),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    detail = []
    for entry in error.errors():
        sentence = form.refusal(entry, str(entry["loc"][-1])).sentence(language(request))
        detail.append({"type": entry["type"], "loc": entry["loc"], "msg": sentence})
    return FiniteJSON({"detail": detail}, 422)


def _refused(request: Request, error: HTTPException) -> Response:
    path = request.url.path[:80]
    detail = str(error.detail)
    if error.status_code == 404:
        detail = text("api.not_found", language(request), path=path)
    elif error.status_code == 405:
        method = request.method[:20]
        detail = text("api.wrong_method", language(request), path=path, method=method)
    return FiniteJSON({"detail": detail}, error.status_code, error.headers)


def body(schema: Schema, *, required: bool = False, example: Any = None) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads such a body."""
    content: Schema = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


_ACTIVATION: dict[str, Schema] = {
    "activation": {
        "type": "string",
        "description": "A name of GET /api/activations, or = and a formula.",
    },
    "formula": {
        "type": "string",
        "description": "In place of activation: a formula in x and named parameters.",
    },
    "parameters": {"type": "object", "additionalProperties": {"type": "number"}},
}

EVALUATION: Schema = {
    "type": "object",
    "required": ["x"],
    "additionalProperties": False,
    "properties": {
        **_ACTIVATION,
        "x": {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 1,
            "maxItems": 20_000,
        },
    },
}

STUDY: Schema = {"type": "object", "properties": _ACTIVATION}
FORMULA: Schema = {
    "type": "object",
    "required": ["formula"],
    "properties": {"formula": {"type": "string"}},
}
TIMING_FILE: Schema = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "description": "What was exported as JSON."}},
}
PREPARATION: Schema = {
    "type": "object",
    "required": ["what"],
    "properties": {"what": {"enum": ["formulas", "timing"]}},
}


def answers(schema: Schema, description: str, status: int = 200) -> dict[int | str, Schema]:
    """``responses`` of a route that answers so."""
    content = {"application/json": {"schema": schema}}
    return {status: {"description": description, "content": content}}


def listed(schema: Schema) -> Schema:
    """The schema of a list of such things."""
    return {"type": "array", "items": schema}


_NUMBERS: Schema = {"type": "array", "items": {"type": ["number", "null"]}}
_TEXT: Schema = {"type": ["string", "null"]}
_WHOLE: Schema = {"type": ["integer", "null"]}
_NUMBER: Schema = {"type": ["number", "null"]}
_OBJECT: Schema = {"type": ["object", "null"]}

EVALUATION_ANSWER: Schema = {
    "type": "object",
    "properties": {
        **{name: _NUMBERS for name in ("f", "df", "d2f")},
        "dparameters": {"type": "object", "additionalProperties": _NUMBERS},
    },
}

_WORDS = (
    *("purpose", "reason", "started_at", "finished_at", "device", "placement", "rests", "share"),
)

JOB: Schema = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("id", "kind", "created_at", "name", "note")},
        "state": {"enum": ["waiting", "running", "paused", "finished", "stopped", "failed"]},
        **{name: _TEXT for name in _WORDS},
        "unreadable": {
            "type": "boolean",
            "description": "Whether what is stored of it cannot be read; `reason` says why.",
        },
        "sparkline": {"type": "array", "items": {"type": "number"}},
        **{name: {"type": "integer"} for name in ("reports", "step")},
        **{name: _WHOLE for name in ("steps", "position")},
        "config": {"type": "object"},
        **{name: _OBJECT for name in ("summary", "host")},
        "estimate_seconds": _NUMBER,
        "elapsed_seconds": {"type": "number"},
    },
}

RUN: Schema = {
    "type": "object",
    "properties": {
        **JOB["properties"],
        "own": {"type": "boolean", "description": "Whether it is yours, and not only shared."},
    },
}

ONE_RUN: Schema = {
    "type": "object",
    "properties": {
        **RUN["properties"],
        "sentence": {"type": "string", "description": "What it has found, so far or at its end."},
    },
}

ANNOTATION: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": LONGEST["name"]},
        "note": {"type": "string", "maxLength": LONGEST["note"]},
        "shared": {"type": "boolean"},
    },
}

TIMING: Schema = {
    "type": "object",
    "properties": {**JOB["properties"], "measurements": listed({"type": "object"})},
}

SWEEP: Schema = {
    "type": "object",
    "properties": {
        **RUN["properties"],
        **{name: listed({"type": "object"}) for name in ("rows", "effects", "lost")},
    },
}

REPORT: Schema = {
    "type": "object",
    "properties": {
        **{name: {"type": "integer"} for name in ("index", "step")},
        "beta": listed({**_NUMBERS, "description": "By Swish replica, for each layer."}),
        "loss": {**_NUMBERS, "description": "By replica."},
        "accuracy": {**_NUMBERS, "description": "By replica."},
        "convergence": {**_NUMBERS, "description": "By layer."},
        "elapsed_seconds": {"type": "number"},
    },
}

STARTED: Schema = {
    "type": "object",
    "properties": {
        name: JOB["properties"][name]
        for name in ("id", "state", "position", "estimate_seconds", "placement")
    },
}

_SAID: Schema = {"type": "string", "description": "In a sentence."}

TABLE: Schema = {
    "type": ["object", "null"],
    "description": "What a table of your own was taken for.",
    "properties": {
        **{name: {"type": "string"} for name in ("name", "digest", "separator", "decimal")},
        "rows": {"type": "integer"},
        **{name: listed({"type": "string"}) for name in ("columns", "class_names")},
        "header": {"type": "boolean", "description": "Whether the first line holds names."},
        "used": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "The columns that are read, counted from 0.",
        },
        "row_names": {
            "type": "boolean",
            "description": "Whether a first column was left out since it only numbers the rows.",
        },
        "said": _SAID,
    },
}

FITTED: Schema = {
    "type": "object",
    "description": "A default that did not fit the data or the server's limits.",
    "properties": {"field": {"type": "string"}, "default": {}, "used": {}, "said": _SAID},
}

RUN_STARTED: Schema = {
    "type": "object",
    "properties": {**STARTED["properties"], "table": TABLE, "fitted": listed(FITTED)},
}

SWEEP_STARTED: Schema = {
    "type": "object",
    "properties": {**STARTED["properties"], "runs": {"type": "integer"}},
}
