"""A job's reports and states as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse

from swishdemo.errors import UserError
from swishdemo.finite_json import dump
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import told
from swishdemo.text import Language

_KEEP_ALIVE_SECONDS = 15.0
_AT_ONCE = 200
_LARGEST = 2**53
_NAMES = {"HostCard": "host", "Measurement": "measurement", "Report": "report"}


def last_event(request: Request, after: int) -> int:
    """The index of the last report that the client has: by its header, else by ``after``.

    Raises:
        UserError: The header is no whole number (422).
    """
    given = request.headers.get("last-event-id", "").strip()
    if not given:
        return after
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15) or int(given) < -1:
        raise UserError("api.event_id", field="Last-Event-ID")
    return int(given)


def stream(
    manager: JobManager, job: Job, key: str, visitor: str, after: int, language: Language
) -> StreamingResponse:
    """The events of a job, past and live, until it has ended.

    A report comes as ``event: report`` (a timing's as ``measurement`` or ``host``), its index as
    the event's id; ``event: state`` brings the job whenever its state or place in the queue has
    changed. The last event is the state in which the job ended.

    ``key`` is what the visitor knows the job by: its id, or its share's token. Sentences are in
    ``language``.
    """
    return StreamingResponse(
        _events(manager, job.id, key, visitor, after, language),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    manager: JobManager, job_id: str, key: str, visitor: str, after: int, language: Language
) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def heard(changed_id: str) -> None:
        if changed_id in (job_id, ""):
            with suppress(RuntimeError):  # the loop is closed: the server goes down
                loop.call_soon_threadsafe(changed.set)

    end = manager.listen(heard)
    known: tuple[object, ...] = ()
    try:
        while True:
            changed.clear()
            try:
                job, reports = await to_thread.run_sync(_news, manager, key, visitor, after)
            except UserError as error:  # deleted meanwhile
                yield _event("error", {"detail": error.sentence(language)})
                return
            for name, value in reports:
                after = value["index"]
                yield _event(_NAMES.get(name, "report"), told(name, value, language), after)
            if len(reports) == _AT_ONCE:
                continue
            if (now := (job.state, job.position, job.reason)) != known:
                known = now
                yield _event("state", job.as_json(language))
            if not job.active or manager.closed:
                return
            try:
                await asyncio.wait_for(changed.wait(), _KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        end()


def _news(manager: JobManager, key: str, visitor: str, after: int) -> tuple[Job, Reports]:
    job = manager.get(key, visitor)  # first, so that an ended job has all its reports stored
    return job, manager.reports(key, visitor, after=after, limit=_AT_ONCE)


def _event(name: str, value: dict[str, Any], index: int | None = None) -> str:
    number = "" if index is None else f"id: {index}\n"
    return f"{number}event: {name}\ndata: {dump(value)}\n\n"
