"""What the browser loads: our scripts and style, the text catalogue and Plotly, from this server.

Everything lies under ``lab/<version>/``, where the version is a digest of the contents: a browser
may keep a file for ever, and a new release is a new address.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version as installed
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from swishdemo.text import catalogue

ASSETS = (Path(__file__).parents[2] / "assets").resolve()
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def version() -> str:
    """A digest of everything served from here, in twelve hexadecimal digits."""
    digest = hashlib.sha256(installed("plotly").encode())
    digest.update(json.dumps(dict(catalogue()), sort_keys=True).encode())
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(ASSETS).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def address(path: str) -> str:
    """Where ``path`` of the assets lies, relative to the app's root."""
    return f"lab/{version()}/{path}"


def routes() -> list[BaseRoute]:
    """The routes that serve the assets."""
    return [
        Route("/lab/{version}/catalogue.js", _catalogue),
        Route("/lab/{version}/plotly.min.js", _plotly),
        # Not a mount of StaticFiles: under a root path that a proxy takes off, it finds nothing.
        Route("/lab/{version}/{path:path}", _asset),
    ]


async def _catalogue(request: Request) -> Response:
    text = f"export const entries = {json.dumps(dict(catalogue()), ensure_ascii=False)};\n"
    return Response(text, media_type="text/javascript", headers=_FOREVER)


async def _plotly(request: Request) -> Response:
    return FileResponse(_plotly_file(), media_type="text/javascript", headers=_FOREVER)


async def _asset(request: Request) -> Response:
    path = (ASSETS / request.path_params["path"]).resolve()
    if not path.is_relative_to(ASSETS) or not path.is_file():
        return Response(status_code=404)
    return FileResponse(path, headers=_FOREVER)


@cache
def _plotly_file() -> Path:
    # The specification tells where the package lies without importing it.
    spec = find_spec("plotly")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
