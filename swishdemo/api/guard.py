"""Limits Gradio's routes to those that the page needs; what a client got wrong is 4xx, not 500."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.api.dependencies import StrictJSON, local_path, parse
from swishdemo.api.responses import FiniteJSON, language, refusal
from swishdemo.datasets.csv import MOST_BYTES as TABLE_BYTES
from swishdemo.errors import UserError

_LOG = logging.getLogger(__name__)

_OPEN: dict[str, tuple[str, ...]] = {
    r"/": ("GET",),
    r"/(favicon\.ico|robots\.txt|theme\.css|manifest\.json)": ("GET",),
    r"/(assets|static)/[\w./-]+": ("GET",),
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
_LONGEST_NAME = 64  # Gradio keeps the session's and the event's
_MOST_PENDING = 32
"""Calls of one session whose answers were not fetched; Gradio keeps each answer until it is."""


class GradioGuard:
    """ASGI middleware around Gradio's app.

    Args:
        app: Gradio's.
        beside: Where our own routes begin; they pass.
    """

    def __init__(self, app: ASGIApp, beside: tuple[str, ...] = ()) -> None:
        self._app = app
        self._beside = beside
        self._guarded = _LimitedJSON(
            _Refusing(app), limit_bytes=_ESCAPED * TABLE_BYTES + _LIMIT_BYTES
        )

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


class _LimitedJSON(StrictJSON):
    """Small bodies, but for one text: a visitor's table."""

    def read(self, scope: Scope, body: bytes, content_type: bytes) -> Any:
        """The value of a body.

        Raises:
            UserError: It is no strict JSON, or no call that the page makes (422), or too large
                (413), or of a session that fetches no answers (429).
        """
        value = parse(body, content_type)
        joins = local_path(scope).startswith("/gradio_api/queue/join")
        if isinstance(value, dict):
            _check_call(value, scope, joins=joins)
        if len(body) > _LIMIT_BYTES:
            text_bytes = TABLE_BYTES if joins else 0
            longest = max((json.dumps(each, ensure_ascii=False) for each in _texts(value)), key=len)
            spent = len(longest.encode("utf-8", "replace"))
            if spent > _ESCAPED * text_bytes or len(body) - spent > _LIMIT_BYTES:
                limit = text_bytes or _LIMIT_BYTES
                raise UserError("api.too_large", status=413, limit=limit)
        return value


def _check_call(value: dict[str, Any], scope: Scope, *, joins: bool) -> None:
    """Refuse what the page never sends, and Gradio would keep or break at.

    Raises:
        UserError: As `_LimitedJSON.read`.
    """
    session = value.get("session_hash")
    names = [each for each in (session, value.get("event_id")) if each is not None]
    if any(not isinstance(name, str) or len(name) > _LONGEST_NAME for name in names):
        raise UserError("api.misfit")
    # A caller's own event would stay among those that go on for ever.
    if value.get("batched") or (joins and value.get("event_id") is not None):
        raise UserError("api.misfit")
    if joins:
        pending = scope["app"].get_blocks()._queue.pending_event_ids_session.get(session, ())
        if len(pending) >= _MOST_PENDING:
            raise UserError("api.unfetched", status=429, count=len(pending), retry_seconds=2)


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
    """Answers in one sentence, in the reader's language, where bare Gradio refuses or answers 500.

    It answers 500 to an unknown endpoint's name or number and to too few values. The
    page's own events do not raise (`swishdemo.ui.in_gradio`), so what escapes a route of
    Gradio's is about the request: it is logged, and refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            if held or message.get("status", 0) >= 400:
                held.append(message)
            else:
                started = True
                await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            # Of a session that is gone Gradio tells in the middle of the stream.
            if not isinstance(error.__cause__ or error, HTTPException):
                path = local_path(scope)[:80]
                _LOG.warning("%s %s was refused: %r", scope["method"], path, error)
                _LOG.debug("the traceback of that", exc_info=error)
            if started:
                await send({"type": "http.response.body", "body": b""})
                return
            unknown = isinstance(error, KeyError) or type(error).__name__ == "FnIndexInferError"
            await _refusal(scope, 404 if unknown else 422)(scope, receive, send)
            return
        if held:
            body = b"".join(each.get("body", b"") for each in held)
            answer = _told(scope, held[0]["status"], body)
            if answer is not None:
                await answer(scope, receive, send)
                return
        for message in held:
            await send(message)


def _told(scope: Scope, status: int, body: bytes) -> FiniteJSON | None:
    """What is said in place of an answer of Gradio's; None where that is for the page."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    told = value if isinstance(value, dict) else {}
    fields = told.get("detail")
    if isinstance(fields, list) and all("is_valid" in each for each in fields):
        return None
    sentence = told.get("error")
    return _refusal(scope, status, sentence if isinstance(sentence, str) else None)


def _refusal(scope: Scope, status: int, sentence: str | None = None) -> FiniteJSON:
    """The refusal of a request.

    Args:
        scope: The request.
        status: What Gradio, or whatever it raised, answers; 5xx is 422 here.
        sentence: What the page is to show, where one of its handlers has said it.
    """
    spoken = language(Request(scope))
    if status == 404 and local_path(scope).startswith("/gradio_api/"):
        return refusal(UserError("api.no_endpoint", status=404), spoken)
    if status == 404:
        return refusal(UserError("api.not_found", status=404, path=local_path(scope)[:80]), spoken)
    if status == 503:
        return refusal(UserError("jobs.closing", status=503), spoken)
    if sentence is None:
        return refusal(UserError("api.misfit", status=status if status < 500 else 422), spoken)
    told = {"type": "value_error", "loc": ["body"], "msg": sentence}
    return FiniteJSON({"detail": [told], "error": sentence}, 422)
