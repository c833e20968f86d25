"""What the browser loads: our scripts and style, the text catalogue and Plotly, from this server.

Everything lies under ``lab/<version>/``, where the version is a digest of the contents: a browser
may keep a file for ever, and a new release is a new address.

The one kind of component that lives in the browser: a ``gr.HTML`` run by a module of ours.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import brotli
import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from swishdemo.text import catalogue


def live(module: str, *, elem_id: str, **props: Any) -> gr.HTML:
    """A component whose content ``assets/js/<module>.js`` makes and keeps up to date.

    Args:
        module: Path of an ES module ("train/tab") with
            ``mount({element, props, trigger, watch})``.
        elem_id: The element's id on the page.
        props: Values that the module reads as ``props.<name>``.
    """
    start = f"""
    const root = window.gradio_config.root.replace(/[/]$/, "");
    const component = {{ element, props, trigger, watch }};
    import(root + "/{address(f"js/{module}.js")}").then((lab) => lab.mount(component));
    """
    return gr.HTML(
        html_template="<div></div>",
        js_on_load=start,
        elem_id=elem_id,
        apply_default_css=False,
        **props,
    )


ASSETS = (Path(__file__).parents[2] / "assets").resolve()
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_CATALOGUE = "catalogue.js"
_STYLE = "style.css"
STYLES = ("colours", "page", "parts", "explore", "explore_cards", "train", "claims", "time")
"""The style sheets of ``assets/css``, in the order in which they are served as one."""


@cache
def version() -> str:
    """A digest of everything served from here, in twelve hexadecimal digits."""
    digest = hashlib.sha256(json.dumps(dict(catalogue()), sort_keys=True).encode())
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(ASSETS).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def address(path: str) -> str:
    """Where ``path`` of the assets lies, relative to the app's root."""
    return f"lab/{version()}/{path}"


class Assets:
    """ASGI middleware that answers what lies under ``lab/``, before anything else is asked.

    A first visit asks for some forty small files. Through Gradio's middleware each takes 7 ms, and
    is compressed anew; from here 1 ms, compressed once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            # Under a root path that a proxy takes off, the path is without it.
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            start, _, rest = path.lstrip("/").partition("/")
            if start == "lab":
                await _answer(Request(scope), rest.partition("/")[2])(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _answer(request: Request, name: str) -> Response:
    if name not in _MADE and _file(name) is None:
        return Response(status_code=404)
    accepted = request.headers.get("accept-encoding", "")
    # Browsers take Brotli over HTTPS and from this machine, and gzip everywhere.
    coding = next((known for known in _PACK if known in accepted), "")
    headers = {**_FOREVER, "Content-Encoding": coding} if coding else _FOREVER
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    return Response(_held(name, _changed(name), coding), media_type=kind, headers=headers)


def _file(name: str) -> Path | None:
    if "\0" in name:
        return None
    # A file has one name only, for what is packed is held by it.
    path = (ASSETS / name).resolve()
    return path if str(path) == f"{ASSETS}/{name}" and path.is_file() else None


def _changed(name: str) -> int:
    paths = _sheets() if name == _STYLE else [_file(name)]
    return max((path.stat().st_mtime_ns for path in paths if path), default=0)


@cache
def _held(name: str, changed: int, coding: str) -> bytes:
    """A file's bytes in a content coding, as they were at its last change."""
    path = _file(name)
    plain = path.read_bytes() if path else _MADE[name]()
    return _PACK[coding](plain) if coding else plain


def _catalogue() -> bytes:
    return f"export const entries = {json.dumps(dict(catalogue()), ensure_ascii=False)};\n".encode()


def _sheets() -> list[Path]:
    return [ASSETS / "css" / f"{name}.css" for name in STYLES]


def _style() -> bytes:
    return b"\n".join(path.read_bytes() for path in _sheets())


# What is made as it is served.
_MADE: dict[str, Callable[[], bytes]] = {_CATALOGUE: _catalogue, _STYLE: _style}
# Brotli 5 packs Plotly by 9 % better than Gradio's 4, in 0.12 s instead of 0.09; 9 wins 4 % more,
# in 0.38.
_PACK: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: brotli.compress(plain, quality=5),
    "gzip": lambda plain: gzip.compress(plain, 5),
}
