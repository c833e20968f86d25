"""Gradio's own routes, made polite: what a client got wrong is answered by 4xx, not by 500."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swishdemo.api.answers import refusal
from swishdemo.api.bodies import StrictBodies, local_path
from swishdemo.errors import UserError

_LOG = logging.getLogger(__name__)

_PATHS = ("/gradio_api/",)
_UPLOADS = ("/gradio_api/upload",)
_LIMIT_BYTES = 2_000_000


class GradioGuard:
    """ASGI middleware around Gradio's app.

    Bare Gradio answers 500 to an unknown endpoint's name or number, to NaN in JSON and to too few
    values. The handlers of the page do not raise (`swishdemo.ui.handlers`), so what escapes a
    route of Gradio's before it has answered is about the request: it is logged, and refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = StrictBodies(
            _Refusing(app), paths=_PATHS, but_not=_UPLOADS, limit_bytes=_LIMIT_BYTES
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app(scope, receive, send)


class _Refusing:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not local_path(scope).startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        started = broken = False

        async def noting(message: Message) -> None:
            nonlocal started, broken
            if message["type"] == "http.response.start":
                broken = message["status"] == 500
                started = not broken
            if not broken:
                await send(message)

        try:
            await self._app(scope, receive, noting)
            if broken:  # Gradio caught it itself
                await refusal(UserError("api.misfit"))(scope, receive, send)
        except Exception as error:
            if started:
                raise
            unknown = isinstance(error, KeyError) or type(error).__name__ == "FnIndexInferError"
            path = local_path(scope)[:80]
            _LOG.warning("%s %s was refused: %r", scope["method"], path, error)
            _LOG.debug("the traceback of that", exc_info=error)
            answer = (
                UserError("api.no_endpoint", status=404) if unknown else UserError("api.misfit")
            )
            await refusal(answer)(scope, receive, send)
