"""What is done to the page's HTML on its way out: language, theme and early loading.

Gradio follows ``navigator.language`` and ``?__theme=``; a reader's own choice (``?lang=``, or the
one kept from the last visit) has to stand there before Gradio's bundle runs. ``launch(head=…)``
comes too late for that.
"""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.ui.assets import ASSETS, address

_EARLY = """
<script>
(() => {
  const url = new URL(location.href);
  const asked = url.searchParams.get("lang");
  let language = null, theme = null;
  try {
    if (asked === "en" || asked === "zh") localStorage.setItem("swish-lab-language", asked);
    language = localStorage.getItem("swish-lab-language");
    theme = localStorage.getItem("swish-lab-theme");
  } catch { language = asked; }
  if (language === "en" || language === "zh") {
    const tag = language === "zh" ? "zh-CN" : "en";
    document.cookie = "swishdemo_language=" + language + "; path=/; max-age=15552000; SameSite=Lax";
    Object.defineProperty(navigator, "language", { get: () => tag });
    Object.defineProperty(navigator, "languages", { get: () => [tag] });
  }
  if (!url.searchParams.has("__theme") && (theme === "light" || theme === "dark")) {
    url.searchParams.set("__theme", theme);
    history.replaceState(history.state, "", url);
  }
})();
</script>
"""
# It says what holds without it; with it, Plotly writes the page's whole address into its clip
# paths, and they point nowhere as soon as the address changes.
_BASE = b'<base href="./" />'
# The scripts that run before a first click.
_FIRST = ("early", "explore", "header", "footer")
_IMPORT = re.compile(r'from "\./(\w+)\.js"')


def _scripts() -> list[str]:
    """The first scripts and all that they import, so that none waits for another to be read."""
    found = list(_FIRST)
    for name in found:
        source = (ASSETS / "js" / f"{name}.js").read_text("utf-8")
        found += [other for other in _IMPORT.findall(source) if other not in found]
    return found


def _head() -> bytes:
    preloads = [
        f'<link rel="modulepreload" href="{address(f"js/{name}.js")}">' for name in _scripts()
    ]
    preloads.append(f'<link rel="modulepreload" href="{address("catalogue.js")}">')
    preloads.append(f'<link rel="stylesheet" href="{address("style.css")}">')
    preloads.append(f'<script type="module" src="{address("js/early.js")}"></script>')
    return (_EARLY + "\n".join(preloads)).encode()


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
                headers["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, hold)
