"""A job as a value: what was asked for, by whom, how far it has come, and what its runner streams.

The contract of a runner: it takes a generator, streams what it yields, and says how it ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

from swishdemo.errors import UserError
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
    position: int | None = None
    estimate_seconds: float | None = None

    @property
    def active(self) -> bool:
        """Whether it may still change."""
        return self.state in ACTIVE

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
            "reason": self.reason.sentence(language) if self.reason else None,
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
    values: dict[str, str | None] = {}
    for field, value in given.items():
        if field == "name":
            values[field] = " ".join(_said(field, value).split())
        elif field == "note":
            values[field] = _said(field, value).strip()
        elif field == "shared":
            if not isinstance(value, bool):
                raise UserError("error.not_a_flag", field=field, name=field)
            values["share"] = (share or secrets.token_urlsafe(16)) if value else None
        else:
            raise UserError(
                "error.unknown_field",
                field=field[:40],
                value=field[:40],
                name=Sentence("error.what.description"),
                choices="name, note, shared",
            )
    return values


def _said(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise UserError("error.not_text", field=field, name=field)
    if len(value) > LONGEST[field]:
        raise UserError("error.too_many_signs", field=field, name=field, limit=LONGEST[field])
    return value


NOTHING: Mapping[str, str] = MappingProxyType({})


class RunnerError(Exception):
    """A runner could not start the work at all."""


class Handle(Protocol):
    """One piece of work under way. Its methods may be called from any thread."""

    @property
    def turn(self) -> int:
        """How many times `pause`, `resume` and `step` were called, all together."""

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None where none came within ``timeout`` seconds.

        The last message is `Finished`, `Stopped` or `Failed`, and is repeated from then on.
        """

    def pause(self) -> None:
        """Let the work rest at its next item or tick; `Paused` tells when it does."""

    def resume(self) -> None:
        """Let resting work go on."""

    def step(self) -> None:
        """Let the work go on to its next item, and rest there."""

    def stop(self) -> None:
        """Ask the work to end at its next item or tick; does not wait."""

    def close(self) -> None:
        """Stop the work where it still goes on, by force if it must be, and wait until it is gone.

        Harmless when called twice.
        """


class Runner(Protocol):
    """Where jobs run."""

    name: str

    def start(self, work: str, config: object, environment: Mapping[str, str] = NOTHING) -> Handle:
        """Start ``work``, a generator function named ``"module:function"``, on ``config``.

        Its items have ``as_json()``; a `swishdemo.ticks.Tick` between them and a
        `swishdemo.ticks.Attachment` are no items.
        An error in the work, or the end of the process that it runs in, arrives as `Failed`.

        Args:
            work: The dotted name, because a function itself does not cross a process.
            config: A picklable value.
            environment: Variables that the process must have been started with.

        Raises:
            RunnerError: The work could not be started.
        """

    def prepare(self, work: str) -> None:
        """Have a worker ready in which ``work`` is imported, so that the next start is fast."""

    def close(self) -> None:
        """End all work and every worker."""


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


Ending = Finished | Stopped | Failed


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


Message = Item | Attached | Tick | Paused | Ending
