"""Gradio's own routes: those that the page needs, and 4xx instead of 500 for what a client sent."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.api.answers import language, refusal
from swishdemo.api.bodies import StrictBodies, local_path, parse
from swishdemo.datasets.csv import MOST_BYTES as TABLE_BYTES
from swishdemo.errors import UserError
from swishdemo.timing.foreign import MOST_BYTES as TIMING_BYTES

_LOG = logging.getLogger(__name__)

_OPEN: dict[str, tuple[str, ...]] = {
    r"/": ("GET", "HEAD"),
    r"/(favicon\.ico|robots\.txt|theme\.css|manifest\.json)": ("GET",),
    r"/(assets|static)/[\w./-]+": ("GET",),
    r"/gradio_api/component_server/?": ("POST",),
    r"/gradio_api/(queue/join|cancel|reset)/?": ("POST",),
    r"/gradio_api/run/\w+/?": ("POST",),
    r"/gradio_api/queue/data": ("GET",),
    r"/gradio_api/heartbeat/\w+": ("GET",),
    r"/gradio_api/(app_id|startup-events)/?": ("GET",),
}
"""What the page, its launch and browsers by themselves ask for; Gradio has eighty routes more,
among them some that take, keep and give back anybody's files."""

_LIMIT_BYTES = 64_000
_ESCAPED = 2  # a text is written in JSON by at most so many bytes for each of its own, or nearly


class GradioGuard:
    """ASGI middleware around Gradio's app.

    Args:
        app: Gradio's.
        beside: Where our own routes begin; they pass.
    """

    def __init__(self, app: ASGIApp, beside: tuple[str, ...] = ()) -> None:
        self._app = app
        self._beside = beside
        self._guarded = _Bodies(_Refusing(app), limit_bytes=_ESCAPED * TIMING_BYTES + _LIMIT_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = local_path(scope) if scope["type"] == "http" else ""
        if not path or is_below(path, self._beside):
            await self._app(scope, receive, send)
            return
        methods = next((each for form, each in _OPEN.items() if re.fullmatch(form, path)), None)
        if methods is None:
            closed = UserError("api.not_found", status=404, path=path[:80])
        elif scope["method"] not in methods:
            named = {"path": path[:80], "method": scope["method"][:20]}
            closed = UserError("api.wrong_method", status=405, **named)
        else:
            await self._guarded(scope, receive, send)
            return
        await refusal(closed, language(Request(scope)))(scope, receive, send)


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Whether a path is one of these places, or below one."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


class _Bodies(StrictBodies):
    """Small bodies, but for one text: a visitor's table, or another host's timing."""

    def read(self, scope: Scope, body: bytes, content_type: bytes) -> Any:
        """The value of a body.

        Raises:
            UserError: It is no strict JSON (422), or too large (413).
        """
        value = parse(body, content_type)
        if len(body) > _LIMIT_BYTES:
            text_bytes = 0
            if local_path(scope).startswith("/gradio_api/queue/join"):
                text_bytes = TABLE_BYTES
            elif isinstance(value, dict) and value.get("fn_name") == "lay":
                text_bytes = TIMING_BYTES
            longest = max((json.dumps(each, ensure_ascii=False) for each in _texts(value)), key=len)
            spent = len(longest.encode("utf-8", "replace"))
            if spent > _ESCAPED * text_bytes or len(body) - spent > _LIMIT_BYTES:
                limit = text_bytes or _LIMIT_BYTES
                raise UserError("api.too_large", status=413, limit=limit)
        return value


def _texts(value: Any) -> list[str]:
    """Every text in a JSON value, an empty one with them."""
    found, rest = [""], [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each
    return found


class _Refusing:
    """Answers 4xx where bare Gradio answers 500.

    It does so to an unknown endpoint's name or number and to too few values. The handlers of the
    page do not raise (`swishdemo.ui.handlers`), so what escapes a route of Gradio's before it has
    answered is about the request: it is logged, and refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = broken = False

        async def noting(message: Message) -> None:
            nonlocal started, broken
            if message["type"] == "http.response.start":
                broken = message["status"] == 500
                started = not broken
            if not broken:
                await send(message)

        spoken = language(Request(scope))
        try:
            await self._app(scope, receive, noting)
            if broken:  # Gradio caught it itself
                await refusal(UserError("api.misfit"), spoken)(scope, receive, send)
        except Exception as error:
            # Of a session that is gone Gradio tells in the middle of the stream.
            if started and isinstance(error.__cause__ or error, HTTPException):
                await send({"type": "http.response.body", "body": b""})
                return
            if started:
                raise
            unknown = isinstance(error, KeyError) or type(error).__name__ == "FnIndexInferError"
            path = local_path(scope)[:80]
            _LOG.warning("%s %s was refused: %r", scope["method"], path, error)
            _LOG.debug("the traceback of that", exc_info=error)
            answer = (
                UserError("api.no_endpoint", status=404) if unknown else UserError("api.misfit")
            )
            await refusal(answer, spoken)(scope, receive, send)
