"""Who is asking: a cookie that the browser keeps, or a header that a script sends.

The cookie itself is kept nowhere here; jobs are filed under its hash, so that the database does
not tell anyone how to pass for someone else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from swishdemo.errors import UserError

COOKIE = "swishdemo_visitor"
HEADER = "x-visitor"
_KEPT_SECONDS = 180 * 86_400
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SHORTEST, _LONGEST = 16, 200

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Request(Protocol):
    """What is needed of a request: Starlette's has it, and Gradio's passes it on."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, found without regard to case."""


def visitor_of(request: Request | None) -> str:
    """The visitor's name in the store.

    Args:
        request: Starlette's request or Gradio's; None where a handler is called without one.

    Raises:
        UserError: The header has fewer than 16 or more than 200 characters.
    """
    if request is None:
        return "local"
    header = request.headers.get(HEADER)
    if header is not None:
        if not _SHORTEST <= len(header) <= _LONGEST:
            raise UserError("jobs.visitor_header", field="X-Visitor", low=_SHORTEST, high=_LONGEST)
        return _hashed("header", header)
    token = _token(request.headers.get("cookie", ""))
    return _hashed("cookie", token) if token else "local"


class VisitorCookie:
    """ASGI middleware that gives a visitor without a cookie one, in the request and the answer.

    On HTTPS the cookie is ``SameSite=None; Secure; Partitioned``: a Space shows the page in a
    frame of another site, where a ``Lax`` cookie would not come back.

    Args:
        app: What is asked.
        unless: Tells which requests are left as they are.
    """

    def __init__(self, app: App, unless: Callable[[Scope], bool] = lambda scope: False) -> None:
        self._app = app
        self._unless = unless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._unless(scope):
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        cookies = b"; ".join(value for name, value in headers if name == b"cookie")
        if HEADER.encode() in {name for name, _ in headers} or _token(cookies.decode("latin-1")):
            await self._app(scope, receive, send)
            return
        token = secrets.token_urlsafe(32)
        given = f"{COOKIE}={token}".encode()
        kept = [(name, value) for name, value in headers if name != b"cookie"]
        both = cookies + b"; " + given if cookies else given
        scope = {**scope, "headers": [*kept, (b"cookie", both)]}
        cookie = _set_cookie(token, secure=_is_secure(scope))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie)]
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _token(cookies: str) -> str | None:
    found: str | None = None
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE and _TOKEN.fullmatch(value):
            found = value
    return found


def _set_cookie(token: str, *, secure: bool) -> bytes:
    site = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    return f"{COOKIE}={token}; Path=/; Max-Age={_KEPT_SECONDS}; HttpOnly; {site}".encode()


def _is_secure(scope: Scope) -> bool:
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"").split(b",")[0].strip()
    return bool((forwarded or str(scope.get("scheme", "http")).encode()) == b"https")


def _hashed(kind: str, token: str) -> str:
    return hashlib.sha256(f"{kind}:{token}".encode()).hexdigest()[:40]
