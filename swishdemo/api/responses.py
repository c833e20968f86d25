"""Writes responses: JSON in which every number is finite, errors of one form, their schemas."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from swishdemo import form
from swishdemo.errors import UserError, internal
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
    return language_of(request.headers, request.query_params)


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


def install(app: FastAPI) -> None:
    """Give ``app`` the answers to all errors."""
    handlers: dict[Any, Callable[[Request, Any], Response]] = {
        UserError: lambda request, error: refusal(error, language(request)),
        RequestValidationError: _invalid,
        HTTPException: _refused,
        Exception: _broken,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _broken(request: Request, error: Exception) -> Response:
    return FiniteJSON({"detail": internal(error).sentence(language(request))}, 500)


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


def answers(schema: Schema, description: str, status: int = 200) -> dict[int | str, Schema]:
    """``responses`` of a route that answers so."""
    content = {"application/json": {"schema": schema}}
    return {status: {"description": description, "content": content}}


def listed(schema: Schema) -> Schema:
    """The schema of a list of such things."""
    return {"type": "array", "items": schema}


def thing(beside: Schema | None = None, /, **properties: Schema) -> Schema:
    """The schema of an object with these properties, beside those of another."""
    return {"type": "object", "properties": {**(beside or {}).get("properties", {}), **properties}}


def _said(description: str, schema: Schema) -> Schema:
    return {**schema, "description": description}


def _all(schema: Schema, *names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, schema)


_WORD: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": "boolean"}
_OBJECT: Schema = {"type": "object"}
_NUMBERS = listed({"type": ["number", "null"]})
_SENTENCE = _said("In a sentence.", _WORD)


def _or_null(schema: Schema) -> Schema:
    return {"type": [schema["type"], "null"]}


STUDY = thing(
    activation=_said("A name of GET /api/activations, or = and a formula.", _WORD),
    formula=_said("In place of activation: a formula in x and named parameters.", _WORD),
    parameters={**_OBJECT, "additionalProperties": _NUMBER},
)
EVALUATION: Schema = {
    **thing(STUDY, x={**listed(_NUMBER), "minItems": 1, "maxItems": 20_000}),
    "required": ["x"],
    "additionalProperties": False,
}
EVALUATION_ANSWER = thing(
    **_all(_NUMBERS, "f", "df", "d2f"),
    dparameters={**_OBJECT, "additionalProperties": _NUMBERS},
)
FORMULA: Schema = {**thing(formula=_WORD), "required": ["formula"]}
TIMING_FILE: Schema = {
    **thing(text=_said("What was exported as JSON.", _WORD)),
    "required": ["text"],
}
PREPARATION: Schema = {**thing(what={"enum": ["formulas", "timing"]}), "required": ["what"]}

JOB = thing(
    **_all(_WORD, "id", "kind", "created_at", "name", "note"),
    state={"enum": ["waiting", "running", "paused", "finished", "stopped", "failed"]},
    **_all(_or_null(_WORD), "purpose", "reason", "started_at", "finished_at", "device"),
    **_all(_or_null(_WORD), "placement", "rests", "share"),
    unreadable=_said("Whether what is stored of it cannot be read; `reason` says why.", _FLAG),
    sparkline=listed(_NUMBER),
    **_all(_WHOLE, "reports", "step"),
    **_all(_or_null(_WHOLE), "steps", "position"),
    config=_OBJECT,
    **_all(_or_null(_OBJECT), "summary", "host"),
    estimate_seconds=_or_null(_NUMBER),
    elapsed_seconds=_NUMBER,
)
RUN = thing(JOB, own=_said("Whether it is yours, and not only shared.", _FLAG))
ONE_RUN = thing(RUN, sentence=_said("What it has found, so far or at its end.", _WORD))
TIMING = thing(JOB, measurements=listed(_OBJECT))
SWEEP = thing(RUN, **_all(listed(_OBJECT), "rows", "effects", "lost"))
ANNOTATION: Schema = {
    **thing(**{name: {**_WORD, "maxLength": most} for name, most in LONGEST.items()}, shared=_FLAG),
    "additionalProperties": False,
}
REPORT = thing(
    **_all(_WHOLE, "index", "step"),
    beta=listed(_said("By Swish replica, for each layer.", _NUMBERS)),
    **_all(_said("By replica.", _NUMBERS), "loss", "accuracy"),
    convergence=_said("By layer.", _NUMBERS),
    elapsed_seconds=_NUMBER,
)

STARTED = thing(
    id=_WORD,
    state=JOB["properties"]["state"],
    position=_or_null(_WHOLE),
    estimate_seconds=_or_null(_NUMBER),
    placement=_or_null(_WORD),
)
_FITTED = thing(field=_WORD, default={}, used={}, said=_SENTENCE)
_TABLE = thing(
    **_all(_WORD, "name", "digest", "separator", "decimal"),
    rows=_WHOLE,
    **_all(listed(_WORD), "columns", "class_names"),
    header=_said("Whether the first line holds names.", _FLAG),
    used=_said("The columns that are read, counted from 0.", listed(_WHOLE)),
    row_names=_said("Whether a first column was left out since it only numbers the rows.", _FLAG),
    said=_SENTENCE,
)
RUN_STARTED = thing(
    STARTED,
    table=_said("What a table of your own was taken for.", {**_TABLE, "type": ["object", "null"]}),
    fitted=listed(_said("A default that did not fit the data or the server's limits.", _FITTED)),
)
SWEEP_STARTED = thing(STARTED, runs=_WHOLE)
