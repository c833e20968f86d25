"""Tells visitors apart, and decides which jobs each may read or change.

A visitor is known by a cookie that the browser keeps, or a header that a script sends. The cookie
itself is kept nowhere here; jobs are filed under its hash, so that the database does not tell
anyone how to pass for someone else.
"""

from __future__ import annotations

import builtins
import hashlib
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from swishdemo.errors import UserError, short
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Kind, Reports
from swishdemo.jobs.queue import JobQueue
from swishdemo.jobs.records import reports_of, understood
from swishdemo.jobs.store import Store
from swishdemo.text import Sentence

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "swishdemo_visitor"
HEADER = "x-visitor"
_KEPT_SECONDS = 180 * 86_400
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SHORTEST, _LONGEST = 16, 200


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

    def __init__(self, app: ASGIApp, unless: Callable[[Scope], bool] = lambda scope: False) -> None:
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


_LOG = logging.getLogger(__name__)

_KEPT = 500
"""Jobs that are kept as they were understood."""


class JobAccess:
    """The jobs of the store, each as it stands now where it has not ended.

    Args:
        store: What is kept.
        queue: What runs and waits.
        kinds: Those that this server knows; the first of them takes in jobs of all others.
    """

    def __init__(self, store: Store, queue: JobQueue, kinds: Mapping[str, Kind]) -> None:
        self._store = store
        self._queue = queue
        self._kinds = kinds
        self._understood: OrderedDict[str, tuple[Job, Job]] = OrderedDict()
        self._lock = Lock()

    def get(self, job_id: str, visitor: str | None = None) -> Job:
        """The job as it stands: its owner reads it by its id, everyone by its share's token.

        One with a purpose, such as evidence for a claim, everyone reads by its id.

        Raises:
            UserError: There is none, or it is another visitor's (404).
        """
        job = self._known(job_id)
        if job is None or not (job.purpose or _may_change(job, visitor)):
            shared = self._store.shared(job_id)
            job = self._known(shared.id) if shared is not None else None
        if job is None:
            raise absent(job_id)
        return job

    def own(self, job_id: str, visitor: str | None) -> Job:
        """The job where this visitor may change it, which a share's token does not allow.

        Raises:
            UserError: There is none, or it is another visitor's (404).
        """
        job = self._known(job_id)
        if job is None or not _may_change(job, visitor):
            raise absent(job_id)
        return job

    def list(
        self, visitor: str | None = None, kind: str | None = None, purpose: str | None = None
    ) -> builtins.list[Job]:
        """The visitor's jobs, the newest first; with None for ``visitor`` everyone's."""
        unsettled = self._queue.snapshot()
        strays = tuple(self._kinds) if kind == next(iter(self._kinds)) else ()
        stored = self._store.find(visitor=visitor, kind=kind, purpose=purpose, but_kinds=strays)
        known = {job.id for job in stored}
        wanted = {"visitor": visitor, "kind": kind, "purpose": purpose}
        given = {name: value for name, value in wanted.items() if value is not None}
        unstored = [
            live.job
            for live in reversed(unsettled.values())
            if live.job.id not in known
            and all(getattr(live.job, name) == value for name, value in given.items())
        ]
        return [
            self._queue.seen(unsettled[job.id]) if job.id in unsettled else self._read(job)
            for job in (*unstored, *stored)
            if job.id not in unsettled or not unsettled[job.id].deleted
        ]

    def reports(
        self, job_id: str, visitor: str | None = None, *, after: int = -1, limit: int | None = None
    ) -> Reports:
        """Class name and JSON of the job's stored reports with an index greater than ``after``."""
        job = self.get(job_id, visitor)
        stored = self._store.reports(job.id, after, limit)
        return reports_of(job, self._kinds.get(job.kind), stored)

    def attachment(self, job_id: str, visitor: str | None = None) -> dict[str, Any] | None:
        """What can be taken along from the job, as it is now; None where there is nothing.

        Raises:
            UserError: It cannot be read (409).
        """
        job = self.get(job_id, visitor)
        value = self._store.attachment(job.id)
        try:
            if value is not None and job.kind in self._kinds:
                self._kinds[job.kind].attachment(value)
        except Exception as error:
            _LOG.info("the attachment of job %s cannot be read: %r", job.id, error)
            raise UserError("jobs.unreadable.attachment", status=409) from error
        return value

    def _known(self, job_id: str) -> Job | None:
        live = self._queue.live(job_id)
        if live is None:
            stored = self._store.get(job_id)
            return None if stored is None else self._read(stored)
        return None if live.deleted else self._queue.seen(live)

    def _read(self, stored: Job) -> Job:
        """The stored job as this version understands it; kept, for lists are asked for often."""
        with self._lock:
            known = self._understood.pop(stored.id, None)
            if known is None or known[0] != stored:
                known = stored, understood(stored, self._kinds)
            self._understood[stored.id] = known
            while len(self._understood) > _KEPT:
                self._understood.popitem(last=False)
            return known[1]


def _may_change(job: Job, visitor: str | None) -> bool:
    return visitor is None or job.visitor == visitor


def absent(job_id: str, kind: str = "job") -> UserError:
    """The refusal of a job that is not there, or another visitor's, or not of this kind (404)."""
    what = Sentence(f"jobs.what.{kind}")
    return UserError("jobs.not_found", status=404, what=what, id=short(job_id))
