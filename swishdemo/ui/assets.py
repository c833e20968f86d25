"""Serves what the browser loads: our scripts and style, the text catalogue, Plotly.

Everything lies under ``lab/<version>/``, where the version is a digest of the contents: a browser
may keep a file for ever, and a new release is a new address.

In the page's HTML our scripts stand before Gradio's, and run in that order: they say which language
and theme the reader chose, which Gradio follows, and draw the first tab while Gradio loads;
``launch(head=…)`` comes too late for both.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import brotli
import gradio as gr
from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.text import LANGUAGES, Language, catalogue, language_of


def live(module: str, *, elem_id: str, **props: Any) -> gr.HTML:
    """A component whose content ``assets/js/<module>.js`` makes and keeps up to date.

    Args:
        module: Path of an ES module ("train/tab") with
            ``mount({element, props, trigger, watch})``. The one called ``tab`` is its tab's own
            part: when it stands, the tab and what holds all tabs have ``data-made``.
        elem_id: The element's id on the page.
        props: Values that the module reads as ``props.<name>``.
    """
    own = json.dumps(module.endswith("/tab"))
    start = f"""
    const root = window.gradio_config.root.replace(/[/]$/, "");
    const component = {{ element, props, trigger, watch }};
    import(root + "/{address(_START)}")
      .then((start) => start.load("{module}"))
      .then((lab) => lab.mount(component))
      .finally(() => {{
        const tab = {own} && element.closest(".tabitem");
        if (tab) for (const made of [tab, tab.parentElement]) made.dataset.made = "";
      }});
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
_STYLE = "style.css"
_START = "js/core/start.js"
STYLES = (
    "colours",
    "page",
    "parts",
    "explore",
    "explore_cards",
    "train",
    "claims",
    "time",
    "lecture",
)
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
    coding = _coding(request)
    headers = {**_FOREVER, "Content-Encoding": coding} if coding else _FOREVER
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    return Response(_held(name, _changed(name), coding), media_type=kind, headers=headers)


def _coding(request: Request) -> str:
    # Browsers take Brotli over HTTPS and from this machine, and gzip everywhere.
    accepted = request.headers.get("accept-encoding", "")
    return next((known for known in _PACK if known in accepted), "")


def _file(name: str) -> Path | None:
    if "\0" in name:
        return None
    # A file has one name only, for what is packed is held by it.
    path = (ASSETS / name).resolve()
    return path if str(path) == f"{ASSETS}/{name}" and path.is_file() else None


def _changed(name: str) -> int:
    paths = _sheets() if name == _STYLE else [_file(name)]
    return max((path.stat().st_mtime_ns for path in paths if path), default=0)


# A large script is compiled while it comes, off the page's own thread, which was blocked by it for
# 0.2 s. A comment to browsers other than Chromium.
_EAGER = b"//# allFunctionsCalledOnLoad\n"
_LARGE = "vendor/plotly/"


@cache
def _held(name: str, changed: int, coding: str) -> bytes:
    """A file's bytes in a content coding, as they were at its last change."""
    path = _file(name)
    plain = path.read_bytes() if path else _MADE[name]()
    if name.startswith(_LARGE):
        plain = _EAGER + plain
    return _PACK[coding](plain) if coding else plain


def _module(name: str, value: Mapping[str, object]) -> bytes:
    return f"export const {name} = {json.dumps(value, ensure_ascii=False)};\n".encode()


def _catalogue(language: Language) -> bytes:
    return _module("entries", {key: each[language] for key, each in catalogue().items()})


def _languages() -> bytes:
    entries = catalogue()
    own = ("tag", "name", "short")
    return _module(
        "languages",
        {each: {key: entries[f"language.{key}"][each] for key in own} for each in LANGUAGES},
    )


def _sheets() -> list[Path]:
    return [ASSETS / "css" / f"{name}.css" for name in STYLES]


def _style() -> bytes:
    return b"\n".join(path.read_bytes() for path in _sheets())


# What is made as it is served.
_MADE: dict[str, Callable[[], bytes]] = {
    "languages.js": _languages,
    _STYLE: _style,
    **{f"catalogue/{each}.js": partial(_catalogue, each) for each in LANGUAGES},
}
# Brotli 5 packs Plotly by 9 % better than Gradio's 4, in 0.12 s instead of 0.09; 9 wins 4 % more,
# in 0.38.
_PACK: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: brotli.compress(plain, quality=5),
    "gzip": lambda plain: gzip.compress(plain, 5),
}


# It says what holds without it; with it, Plotly writes the page's whole address into its clip
# paths, and they point nowhere as soon as the address changes.
_BASE = b'<base href="./" />'
# From the root of the host, where another app may be.
_MANIFEST = b'href="/manifest.json"'
# Gradio's own: two sets, of its name.
_PREVIEWS = re.compile(rb"""<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*""")
# The scripts that run before a first click.
_FIRST = ("core/start", "explore/tab", "core/header", "core/footer")
_IMPORT = re.compile(r'(?:from|import) "(\.[\w./]+\.js)"')


def _scripts() -> list[str]:
    """The first scripts and all that they import, so that none waits for another to be read."""
    found = [f"js/{name}.js" for name in _FIRST]
    for path in found:
        if not (ASSETS / path).is_file():  # made as it is served
            continue
        for named in _IMPORT.findall((ASSETS / path).read_text("utf-8")):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
            found += [other] if other not in found else []
    return found


@cache
def _head(language: Language) -> bytes:
    paths = [f"catalogue/{language}.js", *_scripts()]
    preloads = [f'<link rel="modulepreload" href="{address(path)}">' for path in paths]
    preloads.append(f'<link rel="stylesheet" href="{address(_STYLE)}">')
    preloads.append(f'<script type="module" src="{address(_START)}"></script>')
    return "\n".join(preloads).encode()


def _is_page(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    return scope["path"].removeprefix(scope.get("root_path", "")) in ("", "/")


class Document:
    """ASGI middleware that puts our start and the preloads into the page's head, and packs it.

    Gradio leaves its page as it is, for its address has no ending: 210 kB, packed 37.

    Args:
        app: The app within.
        preview: Makes the tags by which a link is previewed, in the place of Gradio's; None leaves
            those.
    """

    def __init__(self, app: ASGIApp, preview: Callable[[Request], str] | None = None) -> None:
        self.app = app
        self._preview = preview

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through but the page itself, whose head grows."""
        if not _is_page(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        start: Message = {}
        body = b""

        async def hold(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=start["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                head = _head(language_of(request.headers, request.query_params))
                if self._preview and start["status"] == 200:
                    body = _PREVIEWS.sub(b"", body)
                    told = await to_thread.run_sync(self._preview, request)
                    head = told.encode("utf-8", "replace") + b"\n" + head
                body = body.replace(_BASE, head, 1)
                body = body.replace(_MANIFEST, _MANIFEST.replace(b"/", b"", 1), 1)
                headers.add_vary_header("Accept-Encoding")
                if coding := _coding(request):
                    body = _PACK[coding](body)
                    headers["content-encoding"] = coding
                headers["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, hold)
