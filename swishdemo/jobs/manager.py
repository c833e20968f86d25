"""Begins, stops and continues this server's jobs, and tells how they are.

And what becomes of those that the server before it left in the middle.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from swishdemo.errors import UserError
from swishdemo.hardware import missing_cuda
from swishdemo.jobs.access import JobAccess
from swishdemo.jobs.archive import Archive
from swishdemo.jobs.database import StoreError
from swishdemo.jobs.job import Job, Runner, RunnerError, annotated, thinned
from swishdemo.jobs.kinds import Config, Kind, kinds
from swishdemo.jobs.process import HardwareProbe, ProcessRunner
from swishdemo.jobs.queue import LiveJob
from swishdemo.jobs.records import UNREADABLE, reports_of, understood
from swishdemo.jobs.scheduler import Scheduler, wrong_state
from swishdemo.jobs.store import RegisteredClaims, Retention, Store
from swishdemo.settings import Settings

_MEGABYTES_IN_MEMORY = 200
"""Results kept for all together where the disk takes none."""


class JobManager(JobAccess):
    """All jobs of this server; its methods may be called from any thread.

    One job runs at a time, because two would disturb each other's figures, but for those that say
    they may share the processor; a paused job does not run, so others go on meanwhile, and it waits
    in front of the queue when it is resumed.

    ``visitor`` in the methods is who asks (`swishdemo.jobs.access.visitor_of`); None is the app
    itself, which may see every job. A job that is another visitor's is as good as absent: 404.

    Args:
        settings: Retention.
        store: What outlives the server; the manager closes it.
        runner: Where jobs run; the manager closes it.
        known: The kinds of job.
        pause_seconds: How long a job may stay paused.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        runner: Runner,
        *,
        known: Mapping[str, Kind] | None = None,
        pause_seconds: float = 900.0,
    ) -> None:
        self.settings = settings
        self.runner = runner
        self.hardware = HardwareProbe(runner)
        self._limits = Retention.of(settings)
        self._scheduler = Scheduler(
            store,
            runner,
            queue_limit=settings.queue_limit,
            visitor_limit=settings.max_active,
            max_seconds=settings.max_job_seconds,
            pause_seconds=pause_seconds,
        )
        super().__init__(store, self._scheduler.queue, dict(kinds() if known is None else known))
        sum_up(store, self._kinds)
        self._archive: Archive | None = None

    @classmethod
    def open(
        cls, settings: Settings, runner: Runner | None = None, *, kept: bool = True
    ) -> JobManager:
        """The manager of a server with these settings; starts no process yet.

        Args:
            settings: The server's settings.
            runner: Where jobs run; None for worker processes.
            kept: Whether jobs outlive it, in the data folder and, where one is set, the archive.
        """
        store = Store.open(settings.data_dir) if kept else Store(None)
        if store.unkept:
            most = min(settings.store_megabytes, _MEGABYTES_IN_MEMORY)
            settings = replace(settings, store_megabytes=most)
        with suppress(StoreError):  # it can be read, and is tidied up another time
            store.prune("", Retention.of(settings))
        manager = cls(settings, store, runner or ProcessRunner(settings))
        if kept and settings.archive_dir:
            manager.archive_in(settings.archive_dir)
        return manager

    def archive_in(self, folder: Path) -> None:
        """Keep copies of all that has ended in a folder, and read in what it has."""
        self._archive = Archive(
            self._store.copies,
            folder,
            tidy=lambda visitor: self._store.prune(visitor, self._limits),
            heard=self._queue.tell,
            most_bytes=self._limits.all_bytes if self._store.unkept else None,
        )

    def submit(
        self,
        kind: str,
        config: Mapping[str, Any] | Config,
        visitor: str,
        purpose: str | None = None,
        *,
        shares: bool = False,
    ) -> Job:
        """Queue a job, and start it where the device is free.

        Where it cannot be stored it is not run: it comes back as failed, with that reason.

        Args:
            kind: ``"run"``, ``"timing"`` or ``"sweep"``.
            config: A request as REST takes it, or the value that it was read into.
            visitor: Who asks.
            purpose: What a part of the app wants it for, such as ``"claim:cost"``.
            shares: Whether none of its figures that matter tells how fast it was.

        Raises:
            UserError: The request is refused (422), too many jobs wait (429), or nothing can be
                run (503).
        """
        parsed = self.parse(kind, config) if isinstance(config, Mapping) else config
        chosen = self._kinds[kind]
        as_json = parsed.as_json()
        assignment = self.runner.assign(chosen.device(parsed))
        if assignment.device is not None:
            parsed = chosen.on(parsed, assignment.device)
        job = Job(
            id=secrets.token_urlsafe(16),
            kind=kind,
            visitor=visitor,
            purpose=purpose,
            config=as_json,
            created_at=time.time(),
            steps=chosen.steps(as_json),
            host=chosen.host(),
            placement=assignment.why,
        )
        estimate = chosen.estimate(as_json)
        on_processor = chosen.device(parsed) == "cpu" or missing_cuda() is not None
        live = LiveJob(
            job,
            chosen,
            parsed,
            estimate=estimate,
            assignment=assignment,
            shares=shares and on_processor,
        )
        self._queue.add(live)
        with suppress(StoreError):  # it is tidied up another time
            self._store.prune(visitor, self._limits)
        try:
            self._store.save(job)
        except StoreError as error:
            return self._scheduler.reject(live, error)
        self._scheduler.save_the_unsaved()
        return self._queue.admit(live)

    def parse(
        self, kind: str, request: Mapping[str, Any], settings: Settings | None = None
    ) -> Config:
        """Read a request, as REST takes it, within limits: those of the server, or others.

        Raises:
            UserError: It is refused (422), or nothing of its kind can be run (503).
        """
        if kind not in self._kinds:
            raise UserError("jobs.not_available", status=503, kind=kind)
        return self._kinds[kind].parse(request, settings or self.settings)

    def prepare(self, kind: str) -> None:
        """Have a worker ready for a job of this kind, so that the first one starts fast.

        Starts a process, which takes milliseconds, and does not wait for it.
        """
        with suppress(RunnerError):  # the job itself will tell
            self.runner.prepare(self._kinds[kind].work)

    def readable(self, job_id: str, visitor: str | None = None) -> Job:
        """The job of `get`, for who goes by its configuration and its reports.

        Raises:
            UserError: It is not there (404), or this version cannot read what is stored (409).
        """
        job = self.get(job_id, visitor)
        if job.unreadable:
            assert job.reason is not None
            raise UserError("jobs.unreadable.it", status=409, why=job.reason.values["why"])
        return job

    def summary(self, job: Job) -> Mapping[str, Any] | None:
        """Sum up what a job has reported so far; None where that is nothing."""
        reports = [each for each in self.reports(job.id) if each[0] != UNREADABLE]
        return self._kinds[job.kind].summarise(job.config, reports) if reports else None

    def annotate(
        self, job_id: str, visitor: str | None = None, given: Mapping[str, object] | None = None
    ) -> Job:
        """Change what its owner says of a job (`swishdemo.jobs.job.annotated`).

        Raises:
            UserError: A value is refused (422); the job is not there, or another's (404); it
                cannot be stored (503).
        """
        values = annotated(given or {}, self.own(job_id, visitor).share)
        if values:
            self._store.annotate(job_id, values)
            self._queue.annotate(job_id, values)
        return self.get(job_id, visitor)

    def stop(self, job_id: str, visitor: str | None = None) -> Job:
        """End the job; it counts as stopped at once. Harmless on one that is stopped already.

        Raises:
            UserError: It has finished or failed (409), or is not there (404).
        """
        job = self.own(job_id, visitor)
        live = self._queue.live(job_id)
        if live is not None and job.active:
            self._scheduler.stop(live)
            job = self.get(job_id, visitor)
        if job.state != "stopped":
            raise wrong_state(job.state, "stop")
        return job

    def pause(self, job_id: str, visitor: str | None = None) -> Job:
        """Let a running job rest, and the next one run.

        Raises:
            UserError: It does not run (409), or is not there (404).
        """
        self._scheduler.pause(self._under_way(job_id, visitor, "pause"))
        return self.get(job_id, visitor)

    def resume(self, job_id: str, visitor: str | None = None, device: str | None = None) -> Job:
        """Let a paused job go on, as soon as the device is free.

        Args:
            job_id: The job.
            visitor: Who asks.
            device: Where it shall go on, ``cpu`` or ``cuda``; None for where it was.

        Raises:
            UserError: It is not paused, or keeps its device (409), or is not there (404).
        """
        self._scheduler.resume(self._under_way(job_id, visitor, "resume"), device)
        return self.get(job_id, visitor)

    def step(self, job_id: str, visitor: str | None = None) -> Job:
        """Let a running or paused job go on to its next report, and rest there.

        Raises:
            UserError: It is neither running nor paused (409), or is not there (404).
        """
        self._scheduler.step(self._under_way(job_id, visitor, "step"))
        return self.get(job_id, visitor)

    def delete(self, job_id: str, visitor: str | None = None) -> None:
        """Remove the job and its reports; it is stopped first."""
        if self.own(job_id, visitor).active:
            self.stop(job_id, visitor)
        self._scheduler.delete(job_id)
        self._store.delete([job_id])

    def wait_for(
        self,
        job_id: str,
        visitor: str | None = None,
        *,
        after: int = -1,
        state: str | None = None,
        timeout: float = 20.0,
    ) -> Job:
        """Wait until there is a report with an index greater than ``after`` or the state changes.

        Args:
            job_id: The job.
            visitor: Who asks.
            after: The index of the last report that the caller has.
            state: The state that the caller knows; None is the state at the call.
            timeout: Seconds after which the job is returned as it stands.
        """
        job = self.get(job_id, visitor)
        known = job.state if state is None else state
        deadline = time.monotonic() + timeout
        while job.active and job.reports <= after + 1 and job.state == known:
            if not self._queue.wait_beyond(job, deadline - time.monotonic()):
                break
            job = self.get(job_id, visitor)
        return self.get(job_id, visitor)

    def listen(self, heard: Callable[[str], None]) -> Callable[[], None]:
        """Call ``heard`` with a job's id at each change of a job; the result ends that.

        It is called from other threads and under a lock: it must be quick.
        """
        return self._queue.listen(heard)

    def counts(self) -> dict[str, int]:
        """How many jobs are running, waiting and paused; never waits for anything."""
        return self._queue.counts()

    @property
    def claims(self) -> RegisteredClaims:
        """What visitors have claimed themselves."""
        return self._store.claims

    @property
    def unkept(self) -> str | None:
        """Why jobs may not outlive the server, of ``shell.unkept``; None where they do."""
        if self._archive is None:
            return self._store.unkept
        trouble = self._archive.trouble
        return trouble and f"archive.{trouble}"

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._queue.closed

    def close(self) -> None:
        """End every job, store how far it came, and end the workers."""
        self._scheduler.close()
        if self._archive is not None:
            self._archive.close()
        self._store.close()

    def _under_way(self, job_id: str, visitor: str | None, wish: str) -> LiveJob:
        job = self.own(job_id, visitor)
        live = self._queue.live(job_id)
        if live is None:
            raise wrong_state(job.state, wish)
        return live


_LOG = logging.getLogger(__name__)


def sum_up(store: Store, kinds: Mapping[str, Kind]) -> None:
    """Give each job that opening the store has closed what its stored reports tell of it.

    While a job runs the store has its reports alone: how far it came, and the sum of it, are
    written at its end, which these jobs did not live to see.
    """
    for job_id in store.interrupted:
        try:
            _sum_up(store, job_id, kinds)
        except StoreError as error:
            _LOG.error("job %s could not be summed up: %s", job_id, error)
        except Exception:  # a record of an older version, say: its reports are there all the same
            _LOG.warning("job %s could not be summed up", job_id, exc_info=True)


def _sum_up(store: Store, job_id: str, kinds: Mapping[str, Kind]) -> None:
    job = store.get(job_id)
    if job is None or job.kind not in kinds:
        return
    kind, known = kinds[job.kind], understood(job, kinds)
    reports = [
        each for each in reports_of(known, kind, store.reports(job_id)) if each[0] != UNREADABLE
    ]
    if known.unreadable or not reports:
        return  # what cannot be read stays as it is
    trace = [kind.trace(name, value) for name, value in reports]
    for name, value in reports:
        job = kind.advance(job, name, value)
    job = replace(
        job,
        sparkline=thinned([number for number in trace if number is not None]),
        seconds=kind.elapsed(reports) or job.seconds,
    )
    store.save(job)
    store.save(replace(job, summary=kind.summarise(known.config, reports)))
