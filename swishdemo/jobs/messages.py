"""What a runner's handle streams: the results of a job, and how the job ended.

The contract of a runner: it takes a generator and streams what it yields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from swishdemo.text import Sentence
from swishdemo.ticks import Tick

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

    ``turn`` is that of the pause or step which it answers (`swishdemo.jobs.messages.Handle.turn`).
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
Message = Item | Attached | Tick | Paused | Ending
