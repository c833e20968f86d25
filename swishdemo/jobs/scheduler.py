"""Who has the device: the queue before it, and the thread that follows each job that has begun."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Condition, Thread
from typing import Literal

from swishdemo.errors import UserError
from swishdemo.jobs.job import Job, State
from swishdemo.jobs.kinds import Config, Kind
from swishdemo.jobs.messages import Failed, Finished, Item, Paused, Reason, Stopped
from swishdemo.jobs.runner import Handle, Runner
from swishdemo.jobs.store import Store, StoreError

_LOG = logging.getLogger(__name__)

_MOST_PAUSED = 4
_GUESSED_SECONDS = 10.0
"""What a job is guessed to take before one of its kind has ended."""


@dataclass(slots=True, eq=False)
class Driven:
    """A job of this server that is not yet settled; changed under the scheduler's lock alone.

    Attributes:
        stored: Whether the store knows it, before which it may not start.
        deleted: Whether its owner has deleted it while it ran.
        stepping: Whether it rests after its next report.
        turned_at: When it began to run, or to rest, in monotonic seconds.
    """

    job: Job
    kind: Kind
    config: Config
    handle: Handle | None = None
    thread: Thread | None = None
    stored: bool = False
    deleted: bool = False
    stepping: bool = False
    turned_at: float = 0.0


class Scheduler:
    """Lets one job run at a time; a paused one leaves the device to others meanwhile.

    Args:
        store: Where reports and ended jobs go.
        runner: Where jobs run.
        queue_limit: Jobs that may wait.
        max_seconds: How long a job may run, pauses left out.
        pause_seconds: How long a job may rest.
    """

    def __init__(
        self,
        store: Store,
        runner: Runner,
        *,
        queue_limit: int,
        max_seconds: float,
        pause_seconds: float,
    ) -> None:
        self.changed = Condition()
        self.closed = False
        self._store = store
        self._runner = runner
        self._queue_limit = queue_limit
        self._max_seconds = max_seconds
        self._pause_seconds = pause_seconds
        self._live: dict[str, Driven] = {}
        self._queue: list[Driven] = []
        self._holder: Driven | None = None
        self._listeners: set[Callable[[str], None]] = set()
        self._usual_seconds: dict[str, float] = {}

    def add(self, driven: Driven) -> None:
        """Queue a job; it starts once `stored` tells that the store has it.

        Raises:
            UserError: Too many wait (429), or the server is closing (503).
        """
        with self.changed:
            if self.closed:
                raise UserError("jobs.closing", status=503)
            if self._holder is not None and len(self._queue) >= self._queue_limit:
                raise UserError(
                    "jobs.queue_full",
                    status=429,
                    count=len(self._queue),
                    retry_seconds=max(1, round(self._left(self._holder))),
                )
            self._live[driven.job.id] = driven
            self._queue.append(driven)

    def stored(self, driven: Driven) -> Job:
        """Let a job start that the store now has."""
        with self.changed:
            driven.stored = True
            self._dispatch()
            self.tell(driven.job.id)
            return self._seen(driven)

    def forget(self, driven: Driven) -> None:
        """Drop a job that has no thread."""
        with self.changed:
            self._live.pop(driven.job.id, None)
            if driven in self._queue:
                self._queue.remove(driven)

    def live(self, job_id: str) -> Driven | None:
        """The job where it is not yet settled."""
        return self._live.get(job_id)

    def seen(self, driven: Driven) -> Job:
        """The job as it stands now, with its place in the queue and the time that it has run."""
        with self.changed:
            return self._seen(driven)

    def snapshot(self) -> dict[str, Driven]:
        """All jobs that are not yet settled."""
        with self.changed:
            return dict(self._live)

    def counts(self) -> dict[str, int]:
        """How many jobs run, wait and are paused; takes no lock, so that it never waits."""
        states = [driven.job.state for driven in tuple(self._live.values())]
        return {state: states.count(state) for state in ("running", "waiting", "paused")}

    def listen(self, heard: Callable[[str], None]) -> Callable[[], None]:
        """Call ``heard`` with a job's id at each change; the result ends that."""
        with self.changed:
            self._listeners.add(heard)

        def end() -> None:
            with self.changed:
                self._listeners.discard(heard)

        return end

    def tell(self, *job_ids: str) -> None:
        """Wake everyone who waits for a change; the lock is held."""
        self.changed.notify_all()
        for heard in tuple(self._listeners):
            for job_id in job_ids:
                heard(job_id)

    # Wishes about a job.

    def end(self, driven: Driven, state: State, reason: Reason | None = None) -> None:
        """Put an active job into a state that it does not leave; its work is told to stop."""
        with self.changed:
            if not driven.job.active:
                return
            driven.job = replace(
                self._timed(driven), state=state, reason=reason, finished_at=time.time()
            )
            if driven in self._queue:
                self._queue.remove(driven)
            if driven.handle is not None:
                driven.handle.stop()
            self.tell(driven.job.id, *(other.job.id for other in self._queue))

    def stop(self, driven: Driven) -> None:
        """End a job because its owner wants it."""
        self.end(driven, "stopped")
        if driven.thread is None:
            self._settle(driven)

    def delete(self, job_id: str) -> None:
        """Have an ended job that is not yet settled leave nothing behind."""
        with self.changed:
            driven = self._live.get(job_id)
            if driven is not None:
                driven.deleted = True
                if driven.thread is None:
                    del self._live[job_id]
            self.tell(job_id)

    def wait_beyond(self, job: Job, seconds: float) -> bool:
        """Wait until ``job`` is no longer how it stands; False where that is of no use."""
        with self.changed:
            if seconds <= 0 or self.closed:
                return False
            driven = self._live.get(job.id)
            if driven and (driven.job.state, driven.job.reports) == (job.state, job.reports):
                self.changed.wait(seconds)
            return True

    def pause(self, driven: Driven) -> None:
        """Let a running job rest."""
        with self.changed:
            self._check(driven, "pause", "running")
            resting = sum(other.job.state == "paused" for other in self._live.values())
            if resting >= _MOST_PAUSED:
                raise UserError("jobs.too_many_paused", status=409, count=resting)
            driven.stepping = False
            self._turn(driven, "paused")
            if driven.handle is not None:
                driven.handle.pause()

    def resume(self, driven: Driven, *, step: bool = False) -> None:
        """Let a paused job go on; with ``step`` a running or paused one to its next report."""
        with self.changed:
            wish = "step" if step else "resume"
            self._check(driven, wish, "paused", *(("running",) if step else ()))
            driven.stepping = step
            if self._holder is driven:
                self._go_on(driven)
            else:
                self._turn(driven, "waiting")
                self._queue.insert(0, driven)
                self._dispatch()

    def close(self) -> None:
        """End every job and wait until its results are stored."""
        with self.changed:
            self.closed = True
            live = tuple(self._live.values())
            for driven in live:
                self.end(driven, "failed", Reason("jobs.interrupted"))
            self.tell("")
        self._runner.close()
        for driven in live:
            if driven.thread is not None:
                driven.thread.join(5.0)
            else:
                self._settle(driven)

    # One job, in its thread.

    def _drive(self, driven: Driven) -> None:
        try:
            self._follow(driven)
        except Exception:
            _LOG.exception("job %s could not be run", driven.job.id)
            self.end(driven, "failed", Reason("jobs.no_runner"))
        if driven.handle is not None:
            driven.handle.close()
        with self.changed:
            if self._holder is driven:
                self._holder = None
            self._dispatch()
        self._settle(driven)

    def _follow(self, driven: Driven) -> None:
        handle = self._runner.start(driven.kind.work, driven.config)
        with self.changed:
            driven.handle = handle
            if driven.job.state == "paused":
                handle.pause()
            elif driven.stepping:
                handle.step()
        while driven.job.active:
            message = handle.receive(0.2)
            match message:
                case Item():
                    self._record(driven, message)
                case Paused():
                    self._rest(driven, message.turn == handle.turn)
                case Finished():
                    self._summarise(driven)
                    self.end(driven, "finished")
                case Stopped():
                    self.end(driven, "stopped")
                case Failed(reason, details):
                    _LOG.error("job %s: %s\n%s", driven.job.id, reason.sentence(), details)
                    self.end(driven, "failed", reason)
            self._check_time(driven)

    def _record(self, driven: Driven, item: Item) -> None:
        number = driven.job.reports
        try:
            self._store.append(driven.job.id, number, item.name, item.value)
        except StoreError as error:
            _LOG.error("job %s: a report could not be stored: %s", driven.job.id, error)
            self.end(driven, "failed", _unsaved(error))
            return
        with self.changed:
            step = item.value.get("step", number + 1)
            driven.job = replace(
                driven.job,
                reports=number + 1,
                step=step if isinstance(step, int) else driven.job.step,
                host=item.value if item.name == "HostCard" else driven.job.host,
            )
            self.tell(driven.job.id)

    def _rest(self, driven: Driven, is_latest: bool) -> None:
        with self.changed:
            if not is_latest:
                return
            if driven.stepping and driven.job.state == "running":
                driven.stepping = False
                self._turn(driven, "paused")
            if driven.job.state == "paused" and self._holder is driven:
                self._holder = None
                self._dispatch()

    def _check_time(self, driven: Driven) -> None:
        now = time.monotonic()
        if driven.job.state == "running" and self._ran(driven) > self._max_seconds:
            reason = Reason("jobs.time_limit", {"seconds": round(self._max_seconds)})
            self.end(driven, "stopped", reason)
        elif driven.job.state == "paused" and now - driven.turned_at > self._pause_seconds:
            reason = Reason("jobs.pause_limit", {"seconds": round(self._pause_seconds)})
            self.end(driven, "stopped", reason)

    def _summarise(self, driven: Driven) -> None:
        try:
            reports = self._store.reports(driven.job.id)
            summary = driven.kind.summarise(driven.config, reports)
        except Exception:
            _LOG.exception("job %s could not be summed up", driven.job.id)
            return
        with self.changed:
            driven.job = replace(driven.job, summary=summary)

    def _settle(self, driven: Driven) -> None:
        """Store an ended job; where that fails, it stays in memory and says so."""
        if driven.job.summary is None and driven.job.reports:
            self._summarise(driven)
        with self.changed:
            if driven.job.state == "finished":
                self._usual_seconds[driven.job.kind] = driven.job.seconds
        try:
            if not driven.deleted:
                self._store.save(driven.job)
            if driven.deleted:  # perhaps while it was being saved
                self._store.delete([driven.job.id])
        except StoreError as error:
            _LOG.error("job %s could not be stored: %s", driven.job.id, error)
            with self.changed:
                driven.job = replace(driven.job, state="failed", reason=_unsaved(error))
                driven.thread = None
                self.tell(driven.job.id)
            return
        with self.changed:
            self._live.pop(driven.job.id, None)
            self.tell(driven.job.id)

    # Under the lock.

    def _dispatch(self) -> None:
        if self.closed or self._holder is not None:
            return
        driven = next((waiting for waiting in self._queue if waiting.stored), None)
        if driven is None:
            return
        self._queue.remove(driven)
        self._holder = driven
        self._go_on(driven)
        self.tell(*(other.job.id for other in self._queue))

    def _go_on(self, driven: Driven) -> None:
        self._turn(driven, "running")
        if driven.thread is None:
            driven.job = replace(driven.job, started_at=time.time())
            driven.thread = Thread(target=self._drive, args=(driven,), daemon=True)
            driven.thread.start()
        elif driven.handle is not None:
            (driven.handle.step if driven.stepping else driven.handle.resume)()

    def _turn(self, driven: Driven, state: Literal["running", "paused", "waiting"]) -> None:
        driven.job = replace(self._timed(driven), state=state)
        driven.turned_at = time.monotonic()
        self.tell(driven.job.id)

    def _check(self, driven: Driven, wish: str, *allowed: State) -> None:
        state = driven.job.state
        if state not in allowed or driven.deleted:
            raise UserError("jobs.wrong_state", status=409, state=state, wish=wish)

    def _ran(self, driven: Driven) -> float:
        running = driven.job.state == "running"
        return driven.job.seconds + (time.monotonic() - driven.turned_at if running else 0.0)

    def _timed(self, driven: Driven) -> Job:
        return replace(driven.job, seconds=self._ran(driven))

    def _left(self, driven: Driven) -> float:
        job, ran = driven.job, self._ran(driven)
        if job.steps and job.step:
            return ran * max(0, job.steps - job.step) / job.step
        return max(1.0, self._usual_seconds.get(job.kind, _GUESSED_SECONDS) - ran)

    def _seen(self, driven: Driven) -> Job:
        job = self._timed(driven)
        if driven not in self._queue:
            return job
        place = self._queue.index(driven)
        ahead = self._queue[:place] + ([self._holder] if self._holder else [])
        estimate = sum(self._left(other) for other in ahead)
        return replace(job, position=place + 1, estimate_seconds=round(estimate, 1))


def _unsaved(error: StoreError) -> Reason:
    return Reason(f"jobs.unsaved.{error.cause}")
