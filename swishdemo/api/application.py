"""The FastAPI app of the REST interface, alone or beside the page.

``/docs`` and ``/openapi.json`` of our own routes alone; Swagger's files are served from here.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

import swishdemo
from swishdemo.api import (
    calculation,
    catalogue,
    claims,
    events,
    jobs,
    page_views,
    responses,
    small_pages,
)
from swishdemo.api.dependencies import HeadAsGet, StrictJSON, local_path
from swishdemo.api.guard import GradioGuard, is_below
from swishdemo.api.responses import FiniteJSON
from swishdemo.jobs.access import VisitorCookie
from swishdemo.ui.lab import Lab

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
            Middleware(VisitorCookie, unless=small_pages.is_small_page),
            Middleware(StrictJSON, larger={page_views.FILES: page_views.FILE_BYTES}),
        ],
    )
    responses.install(app)
    for part in (catalogue, calculation, events, page_views, jobs, claims, small_pages):
        app.include_router(part.routes(lab))
    app.include_router(documentation(app))
    app.openapi()  # FastAPI would read the signatures of all routes while the first asker waits
    return app


def page_routes(lab: Lab) -> list[BaseRoute]:
    """What Gradio's app is given in ``app_kwargs["routes"]``: the whole interface as one route."""
    return [_Beside(build_api(lab))]


def page_middleware() -> list[Middleware]:
    """What Gradio's app is given in ``app_kwargs["middleware"]``, outermost first.

    A request goes through Gradio's compression and CORS, ``ui.assets`` (which answers what lies
    under ``lab/``), these, and ``ui.assets`` (which adds to the page's head); then it comes
    to our routes, or to Gradio's.
    """
    return [
        Middleware(HeadAsGet),
        Middleware(VisitorCookie, unless=small_pages.is_small_page),
        Middleware(GradioGuard, beside=_PLACES),
    ]


class _Beside(BaseRoute):
    """Hands a request under our paths to our app as it is, and leaves all others alone.

    A mount would not do: it takes a prefix off the path, and ours are several.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the request is for the REST interface."""
        path = local_path(scope) if scope["type"] == "http" else ""
        return (Match.FULL if is_below(path, _PLACES) else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app(scope, receive, send)


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
