"""Carries out what is wished of jobs, and follows each that has begun in a thread of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Any

from swishdemo.errors import UserError, internal
from swishdemo.jobs.database import StoreError
from swishdemo.jobs.job import (
    HOST,
    Attached,
    Checkpoint,
    Failed,
    Finished,
    Handle,
    Item,
    Job,
    Notice,
    Paused,
    Rested,
    Runner,
    RunnerError,
    State,
    Stopped,
    Task,
)
from swishdemo.jobs.queue import JobQueue, LiveJob
from swishdemo.jobs.store import Store
from swishdemo.text import Sentence
from swishdemo.ticks import Progress

_LOG = logging.getLogger(__name__)

_MOST_PAUSED = 4
"""Each paused job on this machine keeps a worker process."""

_RESTING_SECONDS = 86_400.0
"""How long a job may rest that keeps no process."""

_MOST_UNSAVED = 20
"""Ended jobs that are kept in memory because the store cannot be written."""


class Scheduler:
    """Runs jobs on one device, stores what they report, and obeys their owners.

    Args:
        store: Where reports and ended jobs go.
        runner: Where jobs run.
        queue_limit: Jobs that may wait.
        visitor_limit: Jobs of one visitor that may run, wait or rest.
        max_seconds: How long a job may run, pauses left out.
        pause_seconds: How long a job may rest.
    """

    def __init__(
        self,
        store: Store,
        runner: Runner,
        *,
        queue_limit: int,
        visitor_limit: int,
        max_seconds: float,
        pause_seconds: float,
    ) -> None:
        limits = queue_limit, visitor_limit
        self.queue = JobQueue(runner.places, runner.abreast, *limits, self._drive)
        self._store = store
        self._runner = runner
        self._max_seconds = max_seconds
        self._pause_seconds = pause_seconds
        self._unsaved: list[LiveJob] = []

    def reject(self, live: LiveJob, error: StoreError) -> Job:
        """End a job that could not be stored before it began."""
        _LOG.error("job %s could not be stored: %s", live.job.id, error)
        self.queue.end(live, "failed", _unsaved(error))
        self._keep_unsaved(live)
        return live.job

    def save_the_unsaved(self) -> None:
        """Store what could not be stored when it ended, now that the store can be written."""
        with self.queue.changed:
            unsaved, self._unsaved = self._unsaved, []
        for live in unsaved:
            self._settle(live)

    def stop(self, live: LiveJob) -> None:
        """End a job because its owner wants it."""
        with self.queue.changed:
            self.queue.end(live, "stopped")
            unbegun = live.thread is None
        if unbegun:
            self._settle(live)

    def delete(self, job_id: str) -> None:
        """Have an ended job that is not yet settled leave nothing behind."""
        with self.queue.changed:
            live = self.queue.live(job_id)
            if live is not None:
                live.deleted = True
                if live.thread is None:
                    self.queue.forget(live)
            self.queue.tell(job_id)

    def pause(self, live: LiveJob) -> None:
        """Let a running job rest."""
        with self.queue.changed:
            _check(live, "pause", "running")
            known = self.queue.snapshot().values()
            here = [one for one in known if one.assignment.place == HOST]
            resting = sum(one.job.state == "paused" for one in here)
            if live in here and resting >= _MOST_PAUSED:
                raise UserError("jobs.too_many_paused", status=409, count=resting)
            live.stepping = False
            self.queue.turn(live, "paused")
            if live.handle is not None:
                live.handle.pause()

    def resume(self, live: LiveJob, device: str | None = None) -> None:
        """Let a paused job go on, one that rests without a process on another device too."""
        with self.queue.changed:
            _check(live, "resume", "paused")
            if device is not None:
                self._move(live, device)
            live.stepping = False
            live.context = copy_context()
            self.queue.go_on(live)

    def _move(self, live: LiveJob, device: str) -> None:
        if live.handle is not None:
            raise wrong_state(live.job.state, "move")
        live.assignment = self._runner.assign(device)
        live.config = live.kind.on(live.config, device)
        live.job = replace(live.job, placement=live.assignment.why)

    def step(self, live: LiveJob) -> None:
        """Let a running or paused job go on to its next report, and rest there."""
        with self.queue.changed:
            _check(live, "step", "paused", "running")
            live.stepping = True
            live.context = copy_context()
            self.queue.go_on(live)

    def close(self) -> None:
        """End every job and wait until its results are stored."""
        with self.queue.changed:
            self.queue.closed = True
            unsettled = tuple(self.queue.snapshot().values())
            for live in unsettled:
                self.queue.end(live, "failed", Sentence("jobs.interrupted"))
            self.queue.tell("")
        self._runner.close()
        for live in unsettled:
            if live.thread is None:
                self._settle(live)
            else:
                live.thread.join(5.0)

    def _drive(self, live: LiveJob) -> None:
        try:
            self._follow(live)
        except RunnerError:
            _LOG.exception("job %s could not be started", live.job.id)
            self.queue.end(live, "failed", Sentence("jobs.no_runner"))
        except Exception as error:
            self.queue.end(live, "failed", internal(error, f"job {live.job.id}"))
        if live.handle is not None:
            live.handle.close()
        self.queue.release(live)
        self._settle(live)

    def _follow(self, live: LiveJob) -> None:
        while live.job.active:
            if self._is_to_begin(live):
                self._begin(live)
            if live.handle is not None:
                self._obey(live, live.handle)
            self._check_time(live)

    def _is_to_begin(self, live: LiveJob) -> bool:
        """Whether no process works on it and one should; waits a moment where none should."""
        with self.queue.changed:
            if live.handle is not None or live.job.state == "running":
                return live.handle is None
            self.queue.release(live)
            self.queue.changed.wait(0.2)
            return False

    def _obey(self, live: LiveJob, handle: Handle) -> None:
        match handle.receive(0.2):
            case Item() as item:
                self._record(live, item)
            case Attached(value):
                self._attach(live, value)
            case Progress(step):
                self._advance(live, step)
            case Checkpoint(items, state):
                live.checkpoint = live.begun_at + items, state
            case Notice(reason):
                self._note(live, reason)
            case Paused(turn):
                self._rest(live, handle, turn)
            case Rested(reason):
                self._leave(live, handle, reason)
            case Failed() as failed:
                self._fail(live, handle, failed)
            case Finished() | Stopped() as ending:
                self._end(live, isinstance(ending, Finished))

    def _end(self, live: LiveJob, finished: bool) -> None:
        if finished:
            self._summarise(live)
        self.queue.end(live, "finished" if finished else "stopped")

    def _fail(self, live: LiveJob, handle: Handle, failed: Failed) -> None:
        reason = failed.reason
        _LOG.error("job %s: %s\n%s", live.job.id, reason.sentence(), failed.details)
        if failed.died and self._is_to_go_on(live, reason):
            handle.close()
            live.handle = None
        else:
            self.queue.end(live, "failed", reason)

    def _leave(self, live: LiveJob, handle: Handle, reason: Sentence | None) -> None:
        """Let a job rest that has left its process."""
        handle.close()
        with self.queue.changed:
            live.handle = None
            if live.job.state == "running":
                live.stepping = False
                self.queue.turn(live, "paused", reason)
            self.queue.release(live)

    def _begin(self, live: LiveJob) -> None:
        with self.queue.changed:
            begun_at, state = live.checkpoint or (0, None)
            live.begun_at, live.repeats = begun_at, live.job.reports - begun_at
        task = Task(
            live.assignment.place,
            live.kind.environment(live.job.config),
            state,
            self.queue.left(live),
            live.kind.divisible,
        )
        start = partial(self._runner.start, live.kind.work, live.config, task)
        handle = live.context.copy().run(start)
        with self.queue.changed:
            live.handle = handle
            if live.job.state == "paused":
                handle.pause()
            elif live.stepping:
                handle.step()
            elif not live.job.active:
                handle.stop()

    def _is_to_go_on(self, live: LiveJob, why: Sentence) -> bool:
        """Whether something is left that another process can do; then it is what is to be done."""
        if not live.job.active:
            return False
        reports = self._store.reports(live.job.id)
        rest = live.kind.remaining(live.config, reports, why)
        if rest is None:
            return False
        items, live.config = rest
        live.checkpoint = live.job.reports + len(items), None
        for item in items:
            self._record(live, item)
        return live.job.active

    def _record(self, live: LiveJob, item: Item) -> None:
        if live.repeats > 0:
            live.repeats -= 1
            return
        job = live.job
        try:
            self._store.append(job.id, job.reports, item.name, item.value)
        except StoreError as error:
            _LOG.error("job %s: a report could not be stored: %s", job.id, error)
            self.queue.end(live, "failed", _unsaved(error))
            return
        with self.queue.changed:
            traced = live.kind.trace(item.name, item.value)
            if traced is not None:
                live.trace.append(traced)
            live.job = live.kind.advance(
                replace(live.job, reports=job.reports + 1), item.name, item.value
            )
            self.queue.tell(job.id)

    def _attach(self, live: LiveJob, value: Mapping[str, Any]) -> None:
        try:
            self._store.attach(live.job.id, value)
        except StoreError as error:
            _LOG.error("job %s: its attachment could not be stored: %s", live.job.id, error)
            self.queue.end(live, "failed", _unsaved(error))

    def _advance(self, live: LiveJob, step: int) -> None:
        with self.queue.changed:
            live.job = replace(live.job, step=step)
            self.queue.tell(live.job.id)

    def _note(self, live: LiveJob, reason: Sentence | None) -> None:
        with self.queue.changed:
            if live.job.state == "running":
                live.job = replace(live.job, reason=reason)
                self.queue.tell(live.job.id)

    def _rest(self, live: LiveJob, handle: Handle, turn: int) -> None:
        with self.queue.changed:
            if turn != handle.turn:  # it was told to go on since
                return
            if live.stepping and live.job.state == "running":
                live.stepping = False
                self.queue.turn(live, "paused")
            if live.job.state == "paused":
                self.queue.release(live)

    def _check_time(self, live: LiveJob) -> None:
        state, limit = live.job.state, self._max_seconds
        if state == "running" and self.queue.ran(live) > limit:
            reason = Sentence("jobs.time_limit", seconds=round(limit))
            self.queue.end(live, "stopped", reason)
        rests_here = live.assignment.place == HOST
        limit = self._pause_seconds if rests_here else _RESTING_SECONDS
        if state == "paused" and time.monotonic() - live.turned_at > limit:
            reason = Sentence("jobs.pause_limit", seconds=round(limit))
            self.queue.end(live, "stopped", reason)

    def _summarise(self, live: LiveJob) -> None:
        try:
            reports = self._store.reports(live.job.id)
            summary = live.kind.summarise(live.job.config, reports)
        except Exception:
            _LOG.exception("job %s could not be summed up", live.job.id)
            return
        with self.queue.changed:
            live.job = replace(live.job, summary=summary)

    def _settle(self, live: LiveJob) -> None:
        """Store an ended job; where that fails, it stays in memory and says so."""
        if live.job.summary is None and live.job.reports:
            self._summarise(live)
        try:
            if not live.deleted:
                self._store.save(live.job)
            if live.deleted:  # perhaps while it was being saved
                self._store.delete([live.job.id])
        except StoreError as error:
            _LOG.error("job %s could not be stored: %s", live.job.id, error)
            with self.queue.changed:
                live.job = replace(live.job, state="failed", reason=_unsaved(error))
                live.thread = None
                self._keep_unsaved(live)
                self.queue.tell(live.job.id)
            return
        self.queue.forget(live)
        self.save_the_unsaved()

    def _keep_unsaved(self, live: LiveJob) -> None:
        with self.queue.changed:
            self._unsaved.append(live)
            if len(self._unsaved) > _MOST_UNSAVED:
                self.queue.forget(self._unsaved.pop(0))


def wrong_state(state: State, wish: str) -> UserError:
    """Why a job cannot do what is wished of it, told in words of one language (409)."""
    told, wished = Sentence(f"jobs.state.{state}"), Sentence(f"jobs.wish.{wish}")
    return UserError("jobs.wrong_state", status=409, state=told, wish=wished)


def _check(live: LiveJob, wish: str, *allowed: State) -> None:
    state = live.job.state
    if state not in allowed or live.deleted:
        raise wrong_state(state, wish)


def _unsaved(error: StoreError) -> Sentence:
    return Sentence(f"jobs.unsaved.{error.cause}")
