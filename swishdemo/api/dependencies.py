"""Reads requests for the routes: who asks, in which language, and the object sent.

What a client sends is read strictly: its size, its encoding, JSON without NaN, few lists in lists.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.api.responses import language, refusal
from swishdemo.errors import UserError, wrong_type
from swishdemo.jobs.access import visitor_of
from swishdemo.text import Language


async def _visitor(request: Request) -> str:
    return visitor_of(request)


async def _language(request: Request) -> Language:
    return language(request)


Visitor = Annotated[str, Depends(_visitor)]
Tongue = Annotated[Language, Depends(_language)]


def short_text(given: Mapping[str, Any], name: str, longest: int = 64) -> str:
    """A short text among what was sent.

    Raises:
        UserError: It is absent, no text, or longer (422).
    """
    value = given.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise wrong_type(name, "short_text")
    return value


def object_of(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object among what was sent; an empty one where it is left out.

    Raises:
        UserError: It is something else (422).
    """
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise wrong_type(name, "object")
    return value


LIMIT_BYTES = 1_000_000
_DRAINED_BYTES = 32_000_000
_DEPTH = 32
_CONTAINERS = 2_000
_AT_ONCE_BYTES = 16_000  # read in less than a millisecond, on the event loop
_LONGEST_NUMBER = 1_100  # the digits of the longest float64, written out
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_READ = "swishdemo.json"
# Two at a time, so that what is large waits for what is large.
_reading = CapacityLimiter(2)


class StrictJSON:
    """ASGI middleware that lets only small, strict JSON through; no handler reads another body.

    Args:
        app: The app within.
        limit_bytes: The largest body.
        larger: The largest body of some paths that take a file.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit_bytes: int = LIMIT_BYTES,
        larger: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self._app(scope, receive, send)
            return
        try:
            limit = self._larger.get(local_path(scope), self._limit_bytes)
            body = await _read(receive, limit)
            if body is None:
                return  # the client is gone
            kind = dict(scope["headers"]).get(b"content-type", b"")
            value: Any = {}
            if len(body) > _AT_ONCE_BYTES:
                value = await to_thread.run_sync(self.read, scope, body, kind, limiter=_reading)
            elif body:
                value = self.read(scope, body, kind)
        except UserError as error:
            await refusal(error, language(Request(scope)))(scope, receive, send)
            return
        scope = {**scope, "state": {**scope.get("state", {}), _READ: value}}
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    def read(self, scope: Scope, body: bytes, content_type: bytes) -> Any:
        """The value of a body (`parse`)."""
        return parse(body, content_type)


_STREAMS = ("/events", "/queue/data")
"""How the paths of what goes on for ever end."""


class HeadAsGet:
    """ASGI middleware that has HEAD answered as GET; the server leaves the body out.

    What goes on until the client leaves has no answer to HEAD.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            path = local_path(scope)
            if not path.endswith(_STREAMS) and "/heartbeat/" not in path:
                scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


def local_path(scope: Scope) -> str:
    """The path below the address at which the app is mounted."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    return path[len(root) :] if root and path.startswith(root + "/") else path


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Whether a path is one of these places, or below one."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


async def json_object(request: Request) -> dict[str, Any]:
    """The body's JSON object, as `StrictJSON` read it; an empty body is an empty object.

    Raises:
        UserError: It is something else (422).
    """
    value = getattr(request.state, _READ)
    if not isinstance(value, dict):
        raise UserError("api.not_an_object")
    return value


Given = Annotated[dict[str, Any], Depends(json_object)]


def parse(body: bytes, content_type: bytes) -> Any:
    """The value of a body that is strict JSON.

    Raises:
        UserError: It says that it is not JSON, is not, or has NaN, an infinity, a number beyond
            float64, half a surrogate pair, more than 32 levels, or more than 2,000 lists and
            objects (422).
    """
    kind = content_type.split(b";")[0].strip().lower()
    if kind != b"application/json" and not kind.endswith(b"+json"):
        raise UserError("api.not_json")
    _count_containers(body)
    try:
        words = body.decode("utf-8")
        value = json.loads(
            words, parse_constant=_not_finite, parse_float=_float, parse_int=_integer
        )
    except RecursionError:
        raise UserError("api.too_deep", limit=_DEPTH) from None
    except ValueError:
        raise UserError("api.not_json") from None
    if _depth(value) > _DEPTH:
        raise UserError("api.too_deep", limit=_DEPTH)
    if "\\ud" in words.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise UserError("api.not_json") from None
    return value


def _count_containers(body: bytes) -> None:
    """Refuse a body of many lists and objects before they are made, for that is what takes long."""
    if body.count(b"[") + body.count(b"{") > _CONTAINERS:
        bare = _TEXT.sub(b"", body)  # a text may have as many brackets as it likes
        if bare.count(b"[") + bare.count(b"{") > _CONTAINERS:
            raise UserError("api.too_many_containers", limit=_CONTAINERS)


async def _read(receive: Receive, limit_bytes: int) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size <= limit_bytes:
            chunks.append(message.get("body", b""))
        # What is too large is read on for a while: a client that still sends would not read
        # the answer.
        more = message.get("more_body", False)
        if size > limit_bytes and (not more or size > _DRAINED_BYTES):
            raise UserError("api.too_large", status=413, limit=limit_bytes)
        if not more:
            return b"".join(chunks)


def _not_finite(word: str) -> NoReturn:
    raise UserError("api.not_finite", value=word)


def _float(word: str) -> float:
    number = float(word) if len(word) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        _not_finite(word[:40])
    return number


def _integer(word: str) -> int:
    # float(word) is infinite beyond float64, where float(int(word)) would raise.
    if len(word) > 309 or not math.isfinite(float(word)):
        _not_finite(word[:20] + "…")
    return int(word)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= _DEPTH:
        level = [
            entry
            for container in level
            if isinstance(container, dict | list)
            for entry in (container.values() if isinstance(container, dict) else container)
        ]
        depth += 1
    return depth - 1
