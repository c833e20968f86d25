"""Serves who watches jobs: server-sent events, and a job as the page shows it.

Events tell a job's reports and states, or which of several jobs have changed. What is told in words
of one language, with Plotly's figures, is made for the page, and follows it; scripts ask for the
job itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from swishdemo.api import responses
from swishdemo.api.dependencies import Given, Tongue, Visitor, short_text
from swishdemo.api.responses import FiniteJSON
from swishdemo.errors import UserError
from swishdemo.figures.series import PerLayer, Picked
from swishdemo.formats import dump
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import told
from swishdemo.text import Language
from swishdemo.timing.elsewhere import MOST_BYTES
from swishdemo.timing.presets import PRESETS, about
from swishdemo.ui.lab import Lab
from swishdemo.ui.run_view import RunView
from swishdemo.ui.several_runs import SweepView, compared
from swishdemo.ui.time_view import Look, TimeView

FILES = "/api/timings/files"
FILE_BYTES = 2 * MOST_BYTES + 1000
"""The largest body there: a file as a text of JSON, each of whose quotes has a backslash."""

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such job of yours."}}
Id = Annotated[str | None, Query(max_length=64, description="Your latest where it is left out.")]

_AT_ONCE = 200
_NAMES = {
    **{"HostCard": "host", "Measurement": "measurement", "Report": "report"},
    "SweepRow": "row",
}
_MOST_JOBS = 16
_REST_SECONDS = 0.1
"""Of several changes within so long, the page is told once."""
After = Annotated[int, Query(ge=-1, le=2**53, description="Only reports of a greater index.")]


async def last_event(request: Request, after: After = -1) -> int:
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


async def of_job(
    manager: JobManager, key: str, visitor: str, after: int, language: Language
) -> AsyncGenerator[ServerSentEvent]:
    """Tell a job's reports and states, past and live, until it has ended.

    A report comes as ``event: report`` (a sweep's as ``row``, a timing's as ``measurement`` or
    ``host``), its index as the event's id; ``event: state`` brings the job whenever its state or
    place in the queue has changed, ``event: progress`` how far one is between two reports. The last
    event is the state in which the job ended.

    Args:
        manager: Of the job.
        key: What the visitor knows the job by: its id, or its share's token.
        visitor: Who asks.
        after: The index of the last report that the client has.
        language: Of the sentences.
    """
    known: tuple[object, ...] = ()
    reached = (0, 0)
    named = await to_thread.run_sync(_names, manager, (key,), visitor)
    with _changes(manager, lambda changed: changed in named) as next_change:
        while True:
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
            elif job.reports == reached[0] and job.step != reached[1]:
                yield _event("progress", {"step": job.step, "steps": job.steps})
            reached = job.reports, job.step
            if not job.active or manager.closed:
                return
            await next_change()


def routes(lab: Lab) -> APIRouter:
    """What the page follows, and what it shows of each kind of job."""
    router = APIRouter()
    router.include_router(_events(lab.manager), tags=["events"])
    for part in (_runs, _sweeps, _timings):
        router.include_router(part(lab), tags=["page"])
    return router


def _events(manager: JobManager) -> APIRouter:
    router = APIRouter()

    @router.get("/api/events", response_class=EventSourceResponse)
    async def get_changes(
        visitor: Visitor,
        job: Annotated[list[str], Query(default_factory=list, max_length=_MOST_JOBS)],
        claims: bool = False,
    ) -> AsyncGenerator[ServerSentEvent]:
        """Tell that something has changed, and should be asked for: what a page needs of events.

        One stream for several jobs of either kind, each named by its id or its share's token:
        ``event: job`` with that as ``id``. With ``claims=true`` also ``event: claim`` with the
        ``id`` of a claim whose jobs have changed. All that you name is told once at first; the
        stream goes on until you leave it.
        """
        names = await to_thread.run_sync(_names, manager, tuple(job), visitor)
        with _changes(manager, lambda changed: claims or changed in names) as next_change:
            for key in job:
                yield _event("job", {"id": key})
            if claims:
                yield _event("claim", {"id": None})
            while not manager.closed:
                changed = await next_change()
                for key in sorted(key for each in changed for key in names.get(each, ())):
                    yield _event("job", {"id": key})
                if claims:
                    for claim in await to_thread.run_sync(_claims_of, manager, changed):
                        yield _event("claim", {"id": claim})
                await asyncio.sleep(_REST_SECONDS)

    return router


@contextmanager
def _changes(
    manager: JobManager, concerns: Callable[[str], bool]
) -> Iterator[Callable[[], Awaitable[Collection[str]]]]:
    """Listen for changes: what it gives waits for the next, and tells the ids of changed jobs."""
    loop = asyncio.get_running_loop()
    awake = asyncio.Event()
    news: set[str] = set()

    def tell(job_id: str) -> None:
        news.add(job_id)
        awake.set()

    def heard(job_id: str) -> None:
        if not job_id or concerns(job_id):  # without an id: the server goes down
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(tell, job_id)

    async def next_change() -> Collection[str]:
        await awake.wait()
        awake.clear()
        found = set(news)
        news.clear()
        return found

    end = manager.listen(heard)
    try:
        yield next_change
    finally:
        end()


def _names(manager: JobManager, keys: tuple[str, ...], visitor: str) -> dict[str, list[str]]:
    """The names by which a visitor knows jobs, by the jobs' ids; what is not there has none."""
    found: dict[str, list[str]] = {}
    for key in keys:
        with suppress(UserError):
            found.setdefault(manager.get(key, visitor).id, []).append(key)
    return found


def _claims_of(manager: JobManager, job_ids: Collection[str]) -> list[str | None]:
    """The claims whose checks these jobs are; None for a job that is gone, whichever it was."""
    found: dict[str | None, None] = {}
    for job_id in job_ids:
        try:
            start, _, rest = (manager.get(job_id).purpose or "").partition(":")
        except UserError:
            found[None] = None
        else:
            if start == "claim":
                found[rest.partition(":")[0]] = None
    return list(found)


def _news(manager: JobManager, key: str, visitor: str, after: int) -> tuple[Job, Reports]:
    job = manager.get(key, visitor)  # first, so that an ended job has all its reports stored
    return job, manager.reports(key, visitor, after=after, limit=_AT_ONCE)


def _event(name: str, value: dict[str, Any], index: int | None = None) -> ServerSentEvent:
    number = None if index is None else str(index)
    return ServerSentEvent(raw_data=dump(value), event=name, id=number)


class RunAsked(Picked, frozen=True):
    """Which run is asked for, what is known of it, and what is picked to be seen."""

    run: Annotated[str | None, Field(max_length=64)] = None
    after: Annotated[int, Field(ge=-1, le=2**53)] = -1
    figures: bool = True
    per_layer: PerLayer = ""

    @property
    def picked(self) -> Picked:
        """What is picked alone, by which watchers of a run share what is drawn."""
        return Picked(**self.model_dump(include=set(Picked.model_fields)))


def _runs(lab: Lab) -> APIRouter:
    router = APIRouter()
    view = RunView(lab.manager)

    @router.get("/api/runs/view", responses=_ABSENT)
    def view_run(
        asked: Annotated[RunAsked, Query()], visitor: Visitor, tongue: Tongue
    ) -> FiniteJSON:
        """A run in words and figures: your latest where no ``run`` is named.

        Figures are left out where no report has come after ``after``, or without ``figures``.
        """
        if asked.run is not None and not asked.figures:
            return FiniteJSON(view.state(asked.run, visitor, tongue))
        return FiniteJSON(view.answer(asked.run, asked.after, asked.picked, visitor, tongue))

    @router.get("/api/runs/compare", responses=_ABSENT)
    def compare(
        run: Annotated[list[str], Query(max_length=64)], visitor: Visitor, tongue: Tongue
    ) -> FiniteJSON:
        """Several runs over each other, and what differs between them."""
        return FiniteJSON(compared(lab.manager, run, visitor, tongue))

    return router


def _sweeps(lab: Lab) -> APIRouter:
    router = APIRouter()
    view = SweepView(lab.manager)

    @router.get("/api/sweeps/view", responses=_ABSENT)
    def view_sweep(
        visitor: Visitor,
        tongue: Tongue,
        sweep: Annotated[str | None, Query(max_length=64, description="None for the list.")] = None,
        mark: Annotated[str, Query(max_length=200)] = "",
    ) -> FiniteJSON:
        """A sweep in words, a figure and a table, which are left out where you know the ``mark``.

        ``earlier`` lists your sweeps.
        """
        return FiniteJSON(view.answer(sweep, mark, visitor, tongue))

    return router


def _timings(lab: Lab) -> APIRouter:
    router = APIRouter()
    view = TimeView(lab.manager)

    @router.get("/api/timings/view", responses=_ABSENT)
    def view_timing(
        visitor: Visitor,
        tongue: Tongue,
        timing: Id = None,
        mark: Annotated[str, Query(max_length=64)] = "",
        baseline: Annotated[str, Query(max_length=300)] = "relu",
        elements: Annotated[int | None, Query(ge=1, le=2**60)] = None,
        beside: Annotated[str | None, Query(max_length=64)] = None,
        narrow: bool = False,
    ) -> FiniteJSON:
        """A timing in words and figures, those of one size against one baseline.

        What is drawn is left out where it has the ``mark`` that you know already. ``beside`` is
        laid beside it: another timing, or the token of a file.
        """
        look = Look(baseline, elements, narrow, tongue, beside)
        answer = view.answer(timing, mark, look, visitor)
        if answer["done"]:  # what was built meanwhile need not be built again
            answer["presets"] = {name: about(name, lab.settings, tongue) for name in PRESETS}
        return FiniteJSON(answer)

    @router.post(
        FILES,
        status_code=201,
        openapi_extra=responses.body(responses.TIMING_FILE, required=True),
    )
    def lay(given: Given, visitor: Visitor) -> FiniteJSON:
        """Read another host's exported JSON, to be laid beside your own: its ``token``.

        It is kept in memory for a while, and for you alone.
        """
        content = short_text(given, "text", FILE_BYTES)  # its own limit has its own sentence
        return FiniteJSON({"token": view.lay(content, visitor)}, 201)

    return router
