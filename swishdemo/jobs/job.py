"""A job as a value: what was asked for, by whom, how far it has come, and what its runner streams.

The contract of a runner: it takes a generator, streams what it yields, and says how it ended.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal

from swishdemo.errors import UserError, refuse_unknown
from swishdemo.hardware import Hardware
from swishdemo.text import Language, Sentence
from swishdemo.ticks import Tick

State = Literal["waiting", "running", "paused", "finished", "stopped", "failed"]
_SPARKLINE = 40
"""Points of a job's sparkline."""

ACTIVE: frozenset[State] = frozenset({"waiting", "running", "paused"})


@dataclass(frozen=True, slots=True)
class Job:
    """A snapshot of one job; the manager makes a new one at each change.

    Attributes:
        id: Unguessable name.
        kind: ``"run"``, ``"timing"`` or ``"sweep"``.
        visitor: Who asked for it.
        config: The validated configuration, as JSON.
        created_at: Unix time in seconds, as `started_at` and `finished_at`.
        purpose: What a part of the app wants it for, such as ``"claim:cost"``.
        reports: How many results are stored.
        steps: The last step, where the kind knows it beforehand.
        seconds: How long it has run, waiting and pauses left out, at the last change.
        device: Where it was computed: ``"cpu"`` or ``"cuda"``; None before it is known.
        sparkline: The quantity that `swishdemo.jobs.kinds.Kind.trace` follows, thinned out.
        name: What its owner calls it.
        note: What its owner says of it.
        share: The token by which anyone may read it; None where it is its owner's alone.
        unreadable: Whether this version cannot tell what is stored of it; ``reason`` says why.
        placement: Why it runs where it runs, where its owner should know.
        position: Place among the waiting jobs, from 1.
        estimate_seconds: About how long a waiting job will wait.
    """

    id: str
    kind: str
    visitor: str
    config: Mapping[str, Any]
    created_at: float
    state: State = "waiting"
    purpose: str | None = None
    reason: Sentence | None = None
    started_at: float | None = None
    finished_at: float | None = None
    reports: int = 0
    step: int = 0
    steps: int | None = None
    seconds: float = 0.0
    summary: Mapping[str, Any] | None = None
    host: Mapping[str, Any] | None = None
    device: str | None = None
    sparkline: tuple[float, ...] = ()
    name: str = ""
    note: str = ""
    share: str | None = None
    unreadable: bool = False
    placement: Sentence | None = None
    position: int | None = None
    estimate_seconds: float | None = None

    @property
    def active(self) -> bool:
        """Whether it may still change."""
        return self.state in ACTIVE

    @property
    def rests(self) -> Literal["page", "gpu"] | None:
        """What a job waits for that rests without a process.

        ``page``: an open page, which asks for its next seconds on a lent GPU; ``gpu``: its owner,
        for no GPU could be had. None where its owner has paused it, or it does not rest.
        """
        if self.state != "paused" or self.reason is None:
            return None
        return "page" if self.reason.key == "jobs.gpu.slice" else "gpu"

    def why(self, language: Language) -> str:
        """``reason`` in a sentence; empty where there is none."""
        return self.reason.sentence(language) if self.reason else ""

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """What a visitor may know, ``reason`` being a sentence in ``language``."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "note": self.note,
            "share": self.share,
            "purpose": self.purpose,
            "config": dict(self.config),
            "state": self.state,
            "reason": self.why(language) or None,
            "unreadable": self.unreadable,
            "created_at": _moment(self.created_at),
            "started_at": _moment(self.started_at),
            "finished_at": _moment(self.finished_at),
            "reports": self.reports,
            "step": self.step,
            "steps": self.steps,
            "summary": self.summary,
            "sparkline": list(self.sparkline),
            "device": self.device,
            "rests": self.rests,
            "placement": self.placement.sentence(language) if self.placement else None,
            "host": self.host,
            "position": self.position,
            "estimate_seconds": self.estimate_seconds,
            "elapsed_seconds": round(self.seconds, 3),
        }


def thinned(trace: Sequence[float]) -> tuple[float, ...]:
    """At most 40 numbers of a trace, evenly spread, the first and the last among them."""
    last = len(trace) - 1
    if last < _SPARKLINE:
        return tuple(trace)
    places = (round(place * last / (_SPARKLINE - 1)) for place in range(_SPARKLINE))
    return tuple(trace[place] for place in places)


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


LONGEST = {"name": 80, "note": 2000}
"""Characters that each text may have."""


def annotated(given: Mapping[str, object], share: str | None) -> dict[str, str | None]:
    """The columns of the store that a request changes.

    Args:
        given: ``name`` (one line), ``note`` and ``shared``, or some of them. ``shared`` gives the
            job a token that a link can carry, or takes it back: the link then leads nowhere.
        share: The token that the job has.

    Raises:
        UserError: A field is unknown, of the wrong type or too long (422).
    """
    refuse_unknown(given, ("name", "note", "shared"), "error.what.description")
    values: dict[str, str | None] = {}
    for name, value in given.items():
        if name == "name":
            values[name] = " ".join(_said(name, value).split())
        elif name == "note":
            values[name] = _said(name, value).strip()
        else:
            if not isinstance(value, bool):
                raise UserError("error.not_a_flag", field=name, name=name)
            values["share"] = (share or secrets.token_urlsafe(16)) if value else None
    return values


def _said(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise UserError("error.not_text", field=field, name=field)
    if len(value) > LONGEST[field]:
        raise UserError("error.too_many_signs", field=field, name=field, limit=LONGEST[field])
    return value


NOTHING: Mapping[str, str] = MappingProxyType({})

HOST = "host"
"""The place of jobs that run on this machine itself."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a job shall run.

    Attributes:
        place: One of the runner's places.
        device: What its work is told to compute on; None for what was asked.
        why: What its owner should know of the choice; None where there was none.
    """

    place: str = HOST
    device: str | None = None
    why: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """How a piece of work is started.

    Attributes:
        place: One of the runner's places.
        environment: Variables that its process must have been started with.
        checkpoint: Where the work goes on from; None for its beginning.
        seconds: About how long it takes from there; None where that is not known.
        divisible: Whether it can be left and continued.
    """

    place: str = HOST
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    checkpoint: bytes | None = None
    seconds: float | None = None
    divisible: bool = True


TASK = Task()


class RunnerError(Exception):
    """A runner could not start the work at all."""


class Handle(ABC):
    """One piece of work under way. Its methods may be called from any thread.

    Attributes:
        turn: How many times `pause`, `resume` and `step` were called, all together.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._turning = Lock()
        self._receiving = Lock()
        self._ending: Ending | None = None

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None where none came within ``timeout`` seconds.

        The last message is an `Ending`, and is repeated from then on.
        """
        with self._receiving:
            if self._ending is not None:
                return self._ending
            message = self._next(timeout)
            if isinstance(message, Ending):
                self._ending = message
            return message

    def pause(self) -> None:
        """Let the work rest at its next item or tick; `Paused` or `Rested` tells when it does."""
        self._turn_to("pause")

    def resume(self) -> None:
        """Let resting work go on."""
        self._turn_to("resume")

    def step(self) -> None:
        """Let the work go on to its next item, and rest there."""
        self._turn_to("step")

    def stop(self) -> None:
        """Ask the work to end at its next item or tick; does not wait."""
        self._wish("stop")

    @abstractmethod
    def close(self) -> None:
        """Stop the work where it still goes on, by force if it must be, and wait until it is gone.

        Harmless when called twice.
        """

    def _turn_to(self, wish: str) -> None:
        with self._turning:
            self.turn += 1
            self._wish(wish, self.turn)

    @abstractmethod
    def _next(self, timeout: float) -> Message | None: ...

    @abstractmethod
    def _wish(self, wish: str, *turn: int) -> None:
        """Have the work find a wish, which may come too late."""


class Runner(ABC):
    """Where jobs run."""

    name: str

    places: Mapping[str, int]
    """How many jobs run at a time in each place."""

    abreast: int
    """How many run at a time on this machine's processor of those that may (`LiveJob.shares`)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._handles: set[Handle] = set()
        self._closed = False

    @abstractmethod
    def assign(self, device: str) -> Assignment:
        """Where a job runs that asks for a device, ``auto``, ``cpu`` or ``cuda``.

        Like `start` it is called in the context of who asked
        (`swishdemo.jobs.queue.LiveJob.context`).
        """

    @abstractmethod
    def start(self, work: str, config: object, task: Task = TASK) -> Handle:
        """Start ``work``, a function named ``"module:function"`` that makes an iterator.

        Its items have ``as_json()``; a `swishdemo.ticks.Tick` between them and a
        `swishdemo.ticks.Attachment` are no items. Where the iterator has ``checkpoint()``, the
        work can be left between two items and continued from there, ``work(config,
        checkpoint=…)``. An error in the work, or the end of the process that it runs in, arrives
        as `Failed`.

        Args:
            work: The dotted name, because a function itself does not cross a process.
            config: A picklable value.
            task: What else is to be known of it.

        Raises:
            RunnerError: The work could not be started.
        """

    @abstractmethod
    def prepare(self, work: str) -> None:
        """Have a worker ready in which ``work`` is imported, so that the next start is fast."""

    def close(self) -> None:
        """End all work and every worker; a start that follows raises `RunnerError`."""
        with self._lock:
            self._closed = True
            handles = tuple(self._handles)
        for handle in handles:
            handle.stop()
        for handle in handles:
            handle.close()

    def forget(self, handle: Handle) -> None:
        """Drop a handle that is closed."""
        with self._lock:
            self._handles.discard(handle)


@dataclass(frozen=True, slots=True)
class Item:
    """One result: the name of its class and its JSON object."""

    name: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attached:
    """A `swishdemo.ticks.Attachment`, as JSON; it takes the place of the one before."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Paused:
    """The work rests until it is resumed, stepped or stopped.

    ``turn`` is that of the pause or step which it answers (`swishdemo.jobs.job.Handle.turn`).
    """

    turn: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What the work waits for while it counts as running; None when it waits no more."""

    reason: Sentence | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the work can go on from in another process.

    Attributes:
        items: How many results came before it, counted from this start.
        state: What `Task.checkpoint` takes.
    """

    items: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Rested:
    """The work has left its process; it is started again from its last `Checkpoint`.

    Attributes:
        reason: Why it does not go on by itself; None where a pause or a step was asked for.
    """

    reason: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The generator came to its end."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The generator was closed because a stop was asked for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ended by an error.

    Attributes:
        reason: For its owner.
        details: For the log alone, such as a traceback.
        died: Whether it was the process that ended, and not the work within it.
    """

    reason: Sentence
    details: str = ""
    died: bool = False


Ending = Finished | Stopped | Failed | Rested


@dataclass(frozen=True, slots=True)
class Last:
    """A worker process's last message of a job; its handle gives the ending alone.

    Attributes:
        ending: How the job ended.
        fit: Whether the process may do another.
        found: What it has found to compute on; None where it has not looked.
    """

    ending: Ending
    fit: bool
    found: Hardware | None = None


Message = Item | Attached | Tick | Checkpoint | Notice | Paused | Ending
