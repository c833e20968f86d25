"""Who may read which job, and what is told of one."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from swishdemo.errors import UserError
from swishdemo.jobs.database import StoreError
from swishdemo.jobs.device import Device
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports
from swishdemo.jobs.store import Store
from swishdemo.text import Phrase

_LOG = logging.getLogger(__name__)

Value = TypeVar("Value")


class Reading:
    """The jobs of the store, each as it stands now where it has not ended.

    Args:
        store: What is kept.
        device: What runs and waits.
    """

    def __init__(self, store: Store, device: Device) -> None:
        self._store = store
        self._device = device

    def get(self, job_id: str, visitor: str | None) -> Job:
        """The job as it stands: its owner reads it by its id, everyone by its share's token.

        Raises:
            UserError: There is none, or it is another visitor's (404).
        """
        job = self._known(job_id)
        if job is None or not _may_change(job, visitor):
            shared = asked(lambda: self._store.shared(job_id))
            job = self._known(shared.id) if shared is not None else None
        if job is None:
            raise _absent(job_id)
        return job

    def own(self, job_id: str, visitor: str | None) -> Job:
        """The job where this visitor may change it, which a share's token does not allow.

        Raises:
            UserError: There is none, or it is another visitor's (404).
        """
        job = self._known(job_id)
        if job is None or not _may_change(job, visitor):
            raise _absent(job_id)
        return job

    def list(
        self, *, visitor: str | None, kind: str | None, purpose: str | None
    ) -> builtins.list[Job]:
        """The visitor's jobs, the newest first; with None for ``visitor`` everyone's."""
        live = self._device.snapshot()
        stored = asked(lambda: self._store.find(visitor=visitor, kind=kind, purpose=purpose))
        known = {job.id for job in stored}
        wanted = {"visitor": visitor, "kind": kind, "purpose": purpose}
        given = {name: value for name, value in wanted.items() if value is not None}
        unstored = [
            driven.job
            for driven in reversed(live.values())
            if driven.job.id not in known
            and all(getattr(driven.job, name) == value for name, value in given.items())
        ]
        return [
            self._device.seen(live[job.id]) if job.id in live else job
            for job in (*unstored, *stored)
            if job.id not in live or not live[job.id].deleted
        ]

    def reports(self, job_id: str, visitor: str | None, after: int, limit: int | None) -> Reports:
        """Class name and JSON of the job's stored reports with an index greater than ``after``."""
        job = self.get(job_id, visitor)
        return asked(lambda: self._store.reports(job.id, after, limit))

    def attachment(self, job_id: str, visitor: str | None) -> dict[str, Any] | None:
        """What can be taken along from the job, as it is now; None where there is nothing."""
        job = self.get(job_id, visitor)
        return asked(lambda: self._store.attachment(job.id))

    def _known(self, job_id: str) -> Job | None:
        driven = self._device.live(job_id)
        if driven is None:
            return asked(lambda: self._store.get(job_id))
        return None if driven.deleted else self._device.seen(driven)


def asked(question: Callable[[], Value]) -> Value:
    """The store's answer.

    Raises:
        UserError: The store fails (503).
    """
    try:
        return question()
    except StoreError as error:
        _LOG.error("the store failed: %s", error)
        raise UserError(f"jobs.unsaved.{error.cause}", status=503) from error


def _may_change(job: Job, visitor: str | None) -> bool:
    return visitor is None or job.visitor == visitor


def _absent(job_id: str) -> UserError:
    short = job_id if len(job_id) <= 40 else job_id[:39] + "…"
    return UserError("jobs.not_found", status=404, what=Phrase("jobs.what.job"), id=short)
