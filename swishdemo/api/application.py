"""The FastAPI app of the REST interface, and how it stands beside the page.

``/docs`` and ``/openapi.json`` tell of our own routes alone; Swagger's files are served from here.
Of Gradio's routes those are open that the page needs, and what a client got wrong is 4xx, not 500.
"""

from __future__ import annotations

import json
import logging
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import swishdemo
from swishdemo.api import (
    catalogue,
    claims,
    jobs,
    responses,
    small_pages,
    watching,
)
from swishdemo.api.dependencies import HeadAsGet, StrictJSON, is_below, local_path, parse
from swishdemo.api.responses import FiniteJSON, language, refusal
from swishdemo.datasets.csv import MOST_BYTES as TABLE_BYTES
from swishdemo.errors import UserError
from swishdemo.jobs.access import VisitorCookie
from swishdemo.ui.lab import Lab

_LOG = logging.getLogger(__name__)

_PLACES = ("/api", "/docs", "/openapi.json", *small_pages.PLACES)

_ABOUT = """Same validation, same jobs, same store as the page.

An error is `{"detail": "one sentence"}`; with 422 `detail` is a list that says where and what.
A number that is not finite is `null`. A field that holds wall time ends in `_seconds`.
You are known by a cookie, or by a header `X-Visitor` of 16 to 200 characters that you choose and
keep to yourself: who has it sees your runs."""


def build_api(lab: Lab) -> FastAPI:
    """The app with its full paths, ``/api/…``, ``/docs`` and ``/openapi.json``."""
    app = FastAPI(
        title="Swish Lab",
        version=swishdemo.__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        default_response_class=FiniteJSON,
        redirect_slashes=False,
        middleware=[
            Middleware(HeadAsGet),
            Middleware(VisitorCookie, unless=_is_small_page),
            Middleware(StrictJSON, larger={watching.FILES: watching.FILE_BYTES}),
        ],
    )
    responses.install(app)
    for part in (catalogue, watching, jobs, claims, small_pages):
        app.include_router(part.routes(lab))
    app.include_router(documentation(app))
    app.openapi()  # FastAPI would read the signatures of all routes while the first asker waits
    return app


def _is_small_page(scope: Scope) -> bool:
    """Whether a request is for one of the pages by which nobody is to be known."""
    return is_below(local_path(scope), small_pages.PLACES)


def page_middleware(lab: Lab) -> list[Middleware]:
    """What Gradio's app is given in ``app_kwargs["middleware"]``: the whole interface beside it.

    A request goes through Gradio's compression and CORS, ``ui.assets`` (which answers what lies
    under ``lab/``), and this, which hands it to our routes; or else on to ``ui.assets`` (which adds
    to the page's head) and Gradio's.
    """
    return [Middleware(BesideThePage, api=build_api(lab))]


class BesideThePage:
    """ASGI middleware that hands a request under our paths to our app, and guards Gradio's.

    Args:
        app: Gradio's.
        api: Ours.
    """

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._api = api
        self._page = HeadAsGet(VisitorCookie(GradioGuard(app)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        ours = scope["type"] == "http" and is_below(local_path(scope), _PLACES)
        await (self._api if ours else self._page)(scope, receive, send)


_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")


def documentation(app: FastAPI) -> APIRouter:
    """The routes that document ``app``; all addresses in the page are relative."""
    router = APIRouter(include_in_schema=False)
    folder = _swagger()

    @router.get("/openapi.json")
    def openapi(request: Request) -> FiniteJSON:
        root = str(request.scope.get("root_path", "")).rstrip("/")
        servers = [{"url": root}] if root else [{"url": "/"}]
        return FiniteJSON({**app.openapi(), "servers": servers})

    @router.get("/docs")
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=app.title,
            swagger_js_url="docs/swagger-ui-bundle.js",
            swagger_css_url="docs/swagger-ui.css",
            swagger_favicon_url="docs/favicon.png",
        )

    @router.get("/docs/{name}")
    def file(name: str) -> FileResponse:
        if name not in _FILES:
            raise HTTPException(404)
        return FileResponse(folder / name, headers={"Cache-Control": "public, max-age=86400"})

    return router


def _swagger() -> Path:
    """Where the package fastapi-offline keeps Swagger's files; its code is not needed."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("fastapi-offline is not installed; it holds the files of /docs")
    return Path(spec.origin).parent / "static"


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
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._guarded = _LimitedJSON(
            _Refusing(app), limit_bytes=_ESCAPED * TABLE_BYTES + _LIMIT_BYTES
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = local_path(scope)
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
