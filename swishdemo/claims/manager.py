"""What the evaluator needs of the job manager, which lives in a room above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from swishdemo.settings import Settings


class Job(Protocol):
    """What the evaluator needs to know of a job."""

    @property
    def id(self) -> str:
        """The job's name."""

    @property
    def kind(self) -> str:
        """``run`` or ``timing``."""

    @property
    def visitor(self) -> str:
        """Who asked for it."""

    @property
    def state(self) -> str:
        """How far it is."""

    @property
    def active(self) -> bool:
        """Whether it may still change."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Its validated configuration, as JSON."""

    @property
    def unreadable(self) -> bool:
        """Whether this version cannot tell what is stored of it."""

    @property
    def created_at(self) -> float:
        """When it was asked for, in Unix seconds."""

    @property
    def finished_at(self) -> float | None:
        """When it ended, in Unix seconds."""

    @property
    def host(self) -> Mapping[str, Any] | None:
        """The machine that it ran on."""


class Manager(Protocol):
    """What the evaluator needs of the job manager."""

    @property
    def settings(self) -> Settings:
        """The server's limits."""

    def submit(
        self, kind: str, config: Mapping[str, Any], visitor: str, purpose: str | None = None
    ) -> Job:
        """Queue a job."""

    def list(
        self, visitor: str | None = None, kind: str | None = None, purpose: str | None = None
    ) -> Sequence[Job]:
        """The jobs that match, the newest first."""

    def reports(self, job_id: str) -> Sequence[tuple[str, dict[str, Any]]]:
        """Class name and JSON of a job's stored results."""
