"""Queues jobs: which run, which wait for the device, and what each looks like now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from threading import Condition, Thread
from typing import Any, Literal

from swishdemo.errors import UserError
from swishdemo.jobs.job import HOST, Assignment, Handle, Job, State, thinned
from swishdemo.jobs.kinds import Config, Kind
from swishdemo.text import Sentence

_GUESSED_SECONDS = 10.0
"""What a job is guessed to take before one of its kind has ended."""


@dataclass(slots=True, eq=False)
class LiveJob:
    """A job of this server that is not yet settled; changed under the queue's lock alone.

    Attributes:
        stored: Whether the store knows it, before which it may not start.
        deleted: Whether its owner has deleted it while it ran.
        stepping: Whether it rests after its next report.
        turned_at: When it began to run, or to rest, in monotonic seconds.
        trace: What `Kind.trace` has found so far.
        estimate: About how many seconds it takes; None where its kind cannot tell.
        assignment: Where it runs.
        shares: Whether others of this sort may run beside it: no figure of theirs tells how fast
            they were, and they compute on the processor.
        context: Of who last asked for it to run: a visitor's time on a lent GPU hangs on it.
        checkpoint: How many reports came before what it goes on from in another process, and
            that; None for its beginning.
        begun_at: How many reports there were where its process went on from.
        repeats: Reports that it makes once more, since its last checkpoint came before them.
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
    trace: list[float] = field(default_factory=list)
    estimate: float | None = None
    assignment: Assignment = field(default_factory=Assignment)
    shares: bool = False
    context: Context = field(default_factory=copy_context)
    checkpoint: tuple[int, bytes | None] | None = None
    begun_at: int = 0
    repeats: int = 0


class JobQueue:
    """Lets few jobs run at a time; every method takes the lock ``changed``, which is re-entrant.

    Args:
        places: How many jobs run at a time in each place.
        abreast: How many do on this machine of those that may.
        queue_limit: Jobs that may wait.
        visitor_limit: Jobs of one visitor that may run, wait or rest.
        drive: What the thread of a job that begins does.
    """

    def __init__(
        self,
        places: Mapping[str, int],
        abreast: int,
        queue_limit: int,
        visitor_limit: int,
        drive: Callable[[LiveJob], None],
    ) -> None:
        self.changed = Condition()
        self.closed = False
        self._queue_limit = queue_limit
        self._visitor_limit = visitor_limit
        self._drive = drive
        self._live: dict[str, LiveJob] = {}
        self._waiting: list[LiveJob] = []
        self._places = places
        self._abreast = abreast
        self._holders: dict[str, list[LiveJob]] = {place: [] for place in places}
        self._listeners: set[Callable[[str], None]] = set()
        self._usual_seconds: dict[str, float] = {}

    # What is there.

    def live(self, job_id: str) -> LiveJob | None:
        """The job where it is not yet settled."""
        return self._live.get(job_id)

    def snapshot(self) -> dict[str, LiveJob]:
        """All jobs that are not yet settled."""
        with self.changed:
            return dict(self._live)

    def seen(self, live: LiveJob) -> Job:
        """The job as it stands now, with its place in the queue and the time that it has run."""
        with self.changed:
            job = self._timed(live)
            if live not in self._waiting:
                return job
            place = live.assignment.place
            waiting = [other for other in self._waiting if other.assignment.place == place]
            before = waiting[: waiting.index(live)]
            estimate = sum(map(self.left, before))
            estimate += min(map(self.left, self._holders[place]), default=0.0)
            return replace(job, position=len(before) + 1, estimate_seconds=round(estimate, 1))

    def counts(self) -> dict[str, int]:
        """How many jobs run, wait and are paused; takes no lock, so that it never waits."""
        states = [live.job.state for live in tuple(self._live.values())]
        return {state: states.count(state) for state in ("running", "waiting", "paused")}

    def ran(self, live: LiveJob) -> float:
        """Seconds that the job has run, waiting and pauses left out."""
        running = live.job.state == "running"
        return live.job.seconds + (time.monotonic() - live.turned_at if running else 0.0)

    def holds(self, live: LiveJob) -> bool:
        """Whether the job has the device, which a paused one keeps until it really rests."""
        return live in self._holders[live.assignment.place]

    # Who is told of changes.

    def listen(self, heard: Callable[[str], None]) -> Callable[[], None]:
        """Call ``heard`` with a job's id at each change; the result ends that."""
        with self.changed:
            self._listeners.add(heard)

        def end() -> None:
            with self.changed:
                self._listeners.discard(heard)

        return end

    def tell(self, *job_ids: str) -> None:
        """Wake everyone who waits for a change of these jobs."""
        with self.changed:
            self.changed.notify_all()
            for heard in tuple(self._listeners):
                for job_id in job_ids:
                    heard(job_id)

    def wait_beyond(self, job: Job, seconds: float) -> bool:
        """Wait until ``job`` is no longer how it stands; False where that is of no use."""
        with self.changed:
            if seconds <= 0 or self.closed:
                return False
            live = self._live.get(job.id)
            if live and (live.job.state, live.job.reports) == (job.state, job.reports):
                self.changed.wait(seconds)
            return True

    # How a job comes, changes and goes.

    def add(self, live: LiveJob) -> None:
        """Queue a job, which may start once it is `admitted`.

        Raises:
            UserError: Too many wait, or its visitor has too many that have not ended (429), or
                the server is closing (503).
        """
        with self.changed:
            if self.closed:
                raise UserError("jobs.closing", status=503)
            visitor = live.job.visitor
            own = [other for other in self._live.values() if other.job.visitor == visitor]
            active = [other for other in own if other.job.active]
            # What has a purpose is nobody's own: whoever hands it in sees to its number.
            if live.job.purpose is None and len(active) >= self._visitor_limit:
                raise UserError(
                    "jobs.too_many_own",
                    status=429,
                    count=len(active),
                    retry_seconds=max(1, round(min(map(self.left, active)))),
                )
            if not self._has_room(live) and len(self._waiting) >= self._queue_limit:
                holders = self._holders[live.assignment.place]
                raise UserError(
                    "jobs.queue_full",
                    status=429,
                    count=len(self._waiting),
                    retry_seconds=max(1, round(min(map(self.left, holders)))),
                )
            self._live[live.job.id] = live
            self._waiting.append(live)

    def admit(self, live: LiveJob) -> Job:
        """Let a job start that the store now has."""
        with self.changed:
            live.stored = True
            self._dispatch()
            self.tell(live.job.id)
            return self.seen(live)

    def turn(
        self,
        live: LiveJob,
        state: Literal["running", "paused", "waiting"],
        reason: Sentence | None = None,
    ) -> None:
        """Put an active job into another state that it can leave."""
        with self.changed:
            live.job = replace(self._timed(live), state=state, reason=reason)
            live.turned_at = time.monotonic()
            self.tell(live.job.id)

    def go_on(self, live: LiveJob) -> None:
        """Let a job run now where it has the device, else as the next one."""
        with self.changed:
            if self.holds(live):
                self._run(live)
            else:
                self.turn(live, "waiting")
                self._waiting.insert(0, live)
                self._dispatch()

    def end(self, live: LiveJob, state: State, reason: Sentence | None = None) -> None:
        """Put an active job into a state that it does not leave; its work is told to stop."""
        with self.changed:
            if not live.job.active:
                return
            job = self._timed(live)
            live.job = replace(job, state=state, reason=reason, finished_at=time.time())
            if state == "finished":
                self._usual_seconds[job.kind] = job.seconds
            if live in self._waiting:
                self._waiting.remove(live)
            if live.handle is not None:
                live.handle.stop()
            self.tell(live.job.id, *(other.job.id for other in self._waiting))

    def release(self, live: LiveJob) -> None:
        """Give the device to the next job, where this one has it."""
        with self.changed:
            if self.holds(live):
                self._holders[live.assignment.place].remove(live)
                self._dispatch()

    def annotate(self, job_id: str, values: Mapping[str, Any]) -> None:
        """Have a job that is not yet settled show what its owner says of it."""
        with self.changed:
            live = self._live.get(job_id)
            if live is not None:
                live.job = replace(live.job, **values)
            self.tell(job_id)

    def forget(self, live: LiveJob) -> None:
        """Drop a job that is settled, or never began."""
        with self.changed:
            self._live.pop(live.job.id, None)
            if live in self._waiting:
                self._waiting.remove(live)
            self.tell(live.job.id)

    def _dispatch(self) -> None:
        full: set[str] = set()  # who waits there is not overtaken
        for live in tuple(self._waiting):
            if self.closed or not live.stored or live.assignment.place in full:
                continue
            if not self._has_room(live):
                full.add(live.assignment.place)
                continue
            self._waiting.remove(live)
            self._holders[live.assignment.place].append(live)
            self._run(live)
            self.tell(*(other.job.id for other in self._waiting))

    def _has_room(self, live: LiveJob) -> bool:
        place = live.assignment.place
        holders = self._holders[place]
        alike = place == HOST and live.shares and all(other.shares for other in holders)
        return len(holders) < (self._abreast if alike else self._places[place])

    def _run(self, live: LiveJob) -> None:
        self.turn(live, "running")
        if live.thread is None:
            live.job = replace(live.job, started_at=time.time())
            live.thread = Thread(target=self._drive, args=(live,), daemon=True)
            live.thread.start()
        elif live.handle is not None:
            (live.handle.step if live.stepping else live.handle.resume)()

    def _timed(self, live: LiveJob) -> Job:
        return replace(live.job, seconds=self.ran(live), sparkline=thinned(live.trace))

    def left(self, live: LiveJob) -> float:
        """About how many seconds a job will still run."""
        job, ran = live.job, self.ran(live)
        if job.steps and job.step:
            return ran * max(0, job.steps - job.step) / job.step
        usual = self._usual_seconds.get(job.kind, _GUESSED_SECONDS)
        return max(1.0, (usual if live.estimate is None else live.estimate) - ran)
