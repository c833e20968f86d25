"""``/docs`` and ``/openapi.json`` of our own routes alone; Swagger's files are served from here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse

from swishdemo.api.answers import FiniteJSON

_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")


def routes(app: FastAPI) -> APIRouter:
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
