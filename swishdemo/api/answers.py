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

from swishdemo.errors import UserError
from swishdemo.jobs.finite import dump
from swishdemo.text import text

_LOG = logging.getLogger(__name__)


class FiniteJSON(JSONResponse):
    """JSON in which a number that is not finite is null."""

    def render(self, content: Any) -> bytes:
        """The content as UTF-8."""
        return dump(content).encode("utf-8", "replace")


def refusal(error: UserError) -> FiniteJSON:
    """The answer to a request that is refused.

    With 422 ``detail`` is a list, as FastAPI's own: where, and what was wrong. Else it is one
    sentence. What was sent is not repeated.
    """
    sentence = error.sentence("en")
    detail: Any = sentence
    if error.status == 422:
        where = ["body", error.field] if error.field else ["body"]
        detail = [{"type": "value_error", "loc": where, "msg": sentence}]
    retry = error.values.get("retry_seconds")
    headers = {"Retry-After": str(retry)} if error.status == 429 and retry else None
    return FiniteJSON({"detail": detail}, error.status, headers)


def internal(error: Exception) -> FiniteJSON:
    """The answer where something broke: an id, under which the log has the traceback."""
    name = uuid.uuid4().hex[:8]
    _LOG.error("internal error, id %s", name, exc_info=error)
    return FiniteJSON({"detail": text("error.internal", id=name)}, 500)


def install(app: FastAPI) -> None:
    """Give ``app`` the answers to all errors."""
    handlers: dict[Any, Callable[[Request, Any], Response]] = {
        UserError: lambda request, error: refusal(error),
        RequestValidationError: lambda request, error: _invalid(error),
        HTTPException: _refused,
        Exception: lambda request, error: internal(error),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _invalid(error: RequestValidationError) -> Response:
    detail = [{key: entry[key] for key in ("type", "loc", "msg")} for entry in error.errors()]
    return FiniteJSON({"detail": detail}, 422)


def _refused(request: Request, error: HTTPException) -> Response:
    path = request.url.path[:80]
    detail = str(error.detail)
    if error.status_code == 404:
        detail = text("api.not_found", path=path)
    elif error.status_code == 405:
        detail = text("api.wrong_method", path=path, method=request.method[:20])
    return FiniteJSON({"detail": detail}, error.status_code, error.headers)
