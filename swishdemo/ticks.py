"""A job's heartbeat, its progress, and what can be taken along: all that is no result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tick:
    """Carries no number and is never stored; a job yields one at least every 0.2 s.

    That is how control comes back often.
    """


TICK = Tick()


@dataclass(frozen=True, slots=True)
class Progress(Tick):
    """A tick that tells how far a job is, where its results are far apart.

    Attributes:
        step: As in `swishdemo.jobs.job.Job.step`.
    """

    step: int


class Attachment(ABC):
    """What can be taken along from a job, such as weights; it is no result, and has no index.

    The store keeps the last one of a job. It is yielded before the result to which it belongs, so
    that a job that goes from result to result has it when it rests.
    """

    __slots__ = ()

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """The attachment as a JSON object."""
