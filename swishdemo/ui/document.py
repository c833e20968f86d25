"""What is done to the page's HTML on its way out: our scripts stand before Gradio's.

Scripts run in the order in which they stand. Ours say which language and theme the reader chose,
which Gradio follows, and draw the first tab while Gradio loads; ``launch(head=…)`` comes too late
for both.
"""

from __future__ import annotations

import posixpath
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.ui.assets import ASSETS, address

# It says what holds without it; with it, Plotly writes the page's whole address into its clip
# paths, and they point nowhere as soon as the address changes.
_BASE = b'<base href="./" />'
# From the root of the host, where another app may be.
_MANIFEST = b'href="/manifest.json"'
# The scripts that run before a first click.
_FIRST = ("core/early", "explore/tab", "core/header", "core/footer")
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


def _head() -> bytes:
    preloads = [f'<link rel="modulepreload" href="{address(path)}">' for path in _scripts()]
    preloads.append(f'<link rel="stylesheet" href="{address("style.css")}">')
    preloads.append(f'<script type="module" src="{address("js/core/early.js")}"></script>')
    return "\n".join(preloads).encode()


def _is_page(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    return scope["path"].removeprefix(scope.get("root_path", "")) in ("", "/")


class Document:
    """ASGI middleware that puts the early script and the preloads into the page's head."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.head = _head()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through but the page itself, whose head grows."""
        if not _is_page(scope):
            await self.app(scope, receive, send)
            return
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
                body = body.replace(_BASE, self.head, 1)
                body = body.replace(_MANIFEST, _MANIFEST.replace(b"/", b"", 1), 1)
                headers["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, hold)
