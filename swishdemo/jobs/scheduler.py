"""What is done with jobs: the wishes about one, and the thread that follows one that has begun."""

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
        self.device = JobQueue(runner.places, runner.abreast, *limits, self._drive)
        self._store = store
        self._runner = runner
        self._max_seconds = max_seconds
        self._pause_seconds = pause_seconds
        self._unsaved: list[LiveJob] = []

    def reject(self, driven: LiveJob, error: StoreError) -> Job:
        """End a job that could not be stored before it began."""
        _LOG.error("job %s could not be stored: %s", driven.job.id, error)
        self.device.end(driven, "failed", _unsaved(error))
        self._keep_unsaved(driven)
        return driven.job

    def save_the_unsaved(self) -> None:
        """Store what could not be stored when it ended, now that the store can be written."""
        with self.device.changed:
            unsaved, self._unsaved = self._unsaved, []
        for driven in unsaved:
            self._settle(driven)

    def stop(self, driven: LiveJob) -> None:
        """End a job because its owner wants it."""
        with self.device.changed:
            self.device.end(driven, "stopped")
            unbegun = driven.thread is None
        if unbegun:
            self._settle(driven)

    def delete(self, job_id: str) -> None:
        """Have an ended job that is not yet settled leave nothing behind."""
        with self.device.changed:
            driven = self.device.live(job_id)
            if driven is not None:
                driven.deleted = True
                if driven.thread is None:
                    self.device.forget(driven)
            self.device.tell(job_id)

    def pause(self, driven: LiveJob) -> None:
        """Let a running job rest."""
        with self.device.changed:
            _check(driven, "pause", "running")
            live = self.device.snapshot().values()
            here = [one for one in live if one.assignment.place == HOST]
            resting = sum(one.job.state == "paused" for one in here)
            if driven in here and resting >= _MOST_PAUSED:
                raise UserError("jobs.too_many_paused", status=409, count=resting)
            driven.stepping = False
            self.device.turn(driven, "paused")
            if driven.handle is not None:
                driven.handle.pause()

    def resume(self, driven: LiveJob, device: str | None = None) -> None:
        """Let a paused job go on, one that rests without a process on another device too."""
        with self.device.changed:
            _check(driven, "resume", "paused")
            if device is not None:
                self._move(driven, device)
            driven.stepping = False
            driven.context = copy_context()
            self.device.go_on(driven)

    def _move(self, driven: LiveJob, device: str) -> None:
        if driven.handle is not None:
            raise wrong_state(driven.job.state, "move")
        driven.assignment = self._runner.assign(device)
        driven.config = driven.kind.on(driven.config, device)
        driven.job = replace(driven.job, placement=driven.assignment.why)

    def step(self, driven: LiveJob) -> None:
        """Let a running or paused job go on to its next report, and rest there."""
        with self.device.changed:
            _check(driven, "step", "paused", "running")
            driven.stepping = True
            driven.context = copy_context()
            self.device.go_on(driven)

    def close(self) -> None:
        """End every job and wait until its results are stored."""
        with self.device.changed:
            self.device.closed = True
            live = tuple(self.device.snapshot().values())
            for driven in live:
                self.device.end(driven, "failed", Sentence("jobs.interrupted"))
            self.device.tell("")
        self._runner.close()
        for driven in live:
            if driven.thread is None:
                self._settle(driven)
            else:
                driven.thread.join(5.0)

    def _drive(self, driven: LiveJob) -> None:
        try:
            self._follow(driven)
        except RunnerError:
            _LOG.exception("job %s could not be started", driven.job.id)
            self.device.end(driven, "failed", Sentence("jobs.no_runner"))
        except Exception as error:
            self.device.end(driven, "failed", internal(error, f"job {driven.job.id}"))
        if driven.handle is not None:
            driven.handle.close()
        self.device.release(driven)
        self._settle(driven)

    def _follow(self, driven: LiveJob) -> None:
        while driven.job.active:
            if self._is_to_begin(driven):
                self._begin(driven)
            if driven.handle is not None:
                self._obey(driven, driven.handle)
            self._check_time(driven)

    def _is_to_begin(self, driven: LiveJob) -> bool:
        """Whether no process works on it and one should; waits a moment where none should."""
        with self.device.changed:
            if driven.handle is not None or driven.job.state == "running":
                return driven.handle is None
            self.device.release(driven)
            self.device.changed.wait(0.2)
            return False

    def _obey(self, driven: LiveJob, handle: Handle) -> None:
        match handle.receive(0.2):
            case Item() as item:
                self._record(driven, item)
            case Attached(value):
                self._attach(driven, value)
            case Progress(step):
                self._advance(driven, step)
            case Checkpoint(items, state):
                driven.checkpoint = driven.begun_at + items, state
            case Notice(reason):
                self._note(driven, reason)
            case Paused(turn):
                self._rest(driven, handle, turn)
            case Rested(reason):
                self._leave(driven, handle, reason)
            case Failed() as failed:
                self._fail(driven, handle, failed)
            case Finished() | Stopped() as ending:
                self._end(driven, isinstance(ending, Finished))

    def _end(self, driven: LiveJob, finished: bool) -> None:
        if finished:
            self._summarise(driven)
        self.device.end(driven, "finished" if finished else "stopped")

    def _fail(self, driven: LiveJob, handle: Handle, failed: Failed) -> None:
        reason = failed.reason
        _LOG.error("job %s: %s\n%s", driven.job.id, reason.sentence(), failed.details)
        if failed.died and self._is_to_go_on(driven, reason):
            handle.close()
            driven.handle = None
        else:
            self.device.end(driven, "failed", reason)

    def _leave(self, driven: LiveJob, handle: Handle, reason: Sentence | None) -> None:
        """Let a job rest that has left its process."""
        handle.close()
        with self.device.changed:
            driven.handle = None
            if driven.job.state == "running":
                driven.stepping = False
                self.device.turn(driven, "paused", reason)
            self.device.release(driven)

    def _begin(self, driven: LiveJob) -> None:
        with self.device.changed:
            begun_at, state = driven.checkpoint or (0, None)
            driven.begun_at, driven.repeats = begun_at, driven.job.reports - begun_at
        task = Task(
            driven.assignment.place,
            driven.kind.environment(driven.job.config),
            state,
            self.device.left(driven),
            driven.kind.divisible,
        )
        start = partial(self._runner.start, driven.kind.work, driven.config, task)
        handle = driven.context.copy().run(start)
        with self.device.changed:
            driven.handle = handle
            if driven.job.state == "paused":
                handle.pause()
            elif driven.stepping:
                handle.step()
            elif not driven.job.active:
                handle.stop()

    def _is_to_go_on(self, driven: LiveJob, why: Sentence) -> bool:
        """Whether something is left that another process can do; then it is what is to be done."""
        if not driven.job.active:
            return False
        reports = self._store.reports(driven.job.id)
        rest = driven.kind.remaining(driven.config, reports, why)
        if rest is None:
            return False
        items, driven.config = rest
        driven.checkpoint = driven.job.reports + len(items), None
        for item in items:
            self._record(driven, item)
        return driven.job.active

    def _record(self, driven: LiveJob, item: Item) -> None:
        if driven.repeats > 0:
            driven.repeats -= 1
            return
        job = driven.job
        try:
            self._store.append(job.id, job.reports, item.name, item.value)
        except StoreError as error:
            _LOG.error("job %s: a report could not be stored: %s", job.id, error)
            self.device.end(driven, "failed", _unsaved(error))
            return
        with self.device.changed:
            traced = driven.kind.trace(item.name, item.value)
            if traced is not None:
                driven.trace.append(traced)
            driven.job = driven.kind.advance(
                replace(driven.job, reports=job.reports + 1), item.name, item.value
            )
            self.device.tell(job.id)

    def _attach(self, driven: LiveJob, value: Mapping[str, Any]) -> None:
        try:
            self._store.attach(driven.job.id, value)
        except StoreError as error:
            _LOG.error("job %s: its attachment could not be stored: %s", driven.job.id, error)
            self.device.end(driven, "failed", _unsaved(error))

    def _advance(self, driven: LiveJob, step: int) -> None:
        with self.device.changed:
            driven.job = replace(driven.job, step=step)
            self.device.tell(driven.job.id)

    def _note(self, driven: LiveJob, reason: Sentence | None) -> None:
        with self.device.changed:
            if driven.job.state == "running":
                driven.job = replace(driven.job, reason=reason)
                self.device.tell(driven.job.id)

    def _rest(self, driven: LiveJob, handle: Handle, turn: int) -> None:
        with self.device.changed:
            if turn != handle.turn:  # it was told to go on since
                return
            if driven.stepping and driven.job.state == "running":
                driven.stepping = False
                self.device.turn(driven, "paused")
            if driven.job.state == "paused":
                self.device.release(driven)

    def _check_time(self, driven: LiveJob) -> None:
        state, limit = driven.job.state, self._max_seconds
        if state == "running" and self.device.ran(driven) > limit:
            reason = Sentence("jobs.time_limit", seconds=round(limit))
            self.device.end(driven, "stopped", reason)
        rests_here = driven.assignment.place == HOST
        limit = self._pause_seconds if rests_here else _RESTING_SECONDS
        if state == "paused" and time.monotonic() - driven.turned_at > limit:
            reason = Sentence("jobs.pause_limit", seconds=round(limit))
            self.device.end(driven, "stopped", reason)

    def _summarise(self, driven: LiveJob) -> None:
        try:
            reports = self._store.reports(driven.job.id)
            summary = driven.kind.summarise(driven.job.config, reports)
        except Exception:
            _LOG.exception("job %s could not be summed up", driven.job.id)
            return
        with self.device.changed:
            driven.job = replace(driven.job, summary=summary)

    def _settle(self, driven: LiveJob) -> None:
        """Store an ended job; where that fails, it stays in memory and says so."""
        if driven.job.summary is None and driven.job.reports:
            self._summarise(driven)
        try:
            if not driven.deleted:
                self._store.save(driven.job)
            if driven.deleted:  # perhaps while it was being saved
                self._store.delete([driven.job.id])
        except StoreError as error:
            _LOG.error("job %s could not be stored: %s", driven.job.id, error)
            with self.device.changed:
                driven.job = replace(driven.job, state="failed", reason=_unsaved(error))
                driven.thread = None
                self._keep_unsaved(driven)
                self.device.tell(driven.job.id)
            return
        self.device.forget(driven)
        self.save_the_unsaved()

    def _keep_unsaved(self, driven: LiveJob) -> None:
        with self.device.changed:
            self._unsaved.append(driven)
            if len(self._unsaved) > _MOST_UNSAVED:
                self.device.forget(self._unsaved.pop(0))


def wrong_state(state: State, wish: str) -> UserError:
    """Why a job cannot do what is wished of it, told in words of one language (409)."""
    told, wished = Sentence(f"jobs.state.{state}"), Sentence(f"jobs.wish.{wish}")
    return UserError("jobs.wrong_state", status=409, state=told, wish=wished)


def _check(driven: LiveJob, wish: str, *allowed: State) -> None:
    state = driven.job.state
    if state not in allowed or driven.deleted:
        raise wrong_state(state, wish)


def _unsaved(error: StoreError) -> Sentence:
    return Sentence(f"jobs.unsaved.{error.cause}")
