"""What goes out: JSON in which every number is finite, and errors of one form."""

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
from swishdemo.finite_json import dump
from swishdemo.text import LANGUAGES, Language, language_of, text

_LOG = logging.getLogger(__name__)


class FiniteJSON(JSONResponse):
    """JSON in which a number that is not finite is null."""

    def render(self, content: Any) -> bytes:
        """The content as UTF-8."""
        return dump(content).encode("utf-8", "replace")


def language(request: Request) -> Language:
    """The language of an answer's sentences: ``?lang=``, else the ``Accept-Language``'s."""
    asked = request.query_params.get("lang")
    for each in LANGUAGES:
        if asked == each:
            return each
    return language_of(request.headers.get("accept-language"))


def refusal(error: UserError, language: Language) -> FiniteJSON:
    """The answer to a request that is refused.

    With 422 ``detail`` is a list, as FastAPI's own: where, and what was wrong; of a formula also
    the ``column``, from 1. Else it is one sentence. What was sent is not repeated.
    """
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
