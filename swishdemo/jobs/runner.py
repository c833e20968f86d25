"""The contract of a runner: it takes a generator and streams what it yields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from swishdemo.jobs.messages import Message

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

        Its items have ``as_json()``; a `swishdemo.ticks.Tick` between them carries nothing, and a
        `swishdemo.ticks.Attachment` is no item.
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
