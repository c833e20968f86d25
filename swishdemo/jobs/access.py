"""Who may read which job, and what is told of one."""

from __future__ import annotations

import builtins
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, TypeVar

from swishdemo.errors import UserError
from swishdemo.jobs.database import StoreError
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Kind, Reports
from swishdemo.jobs.queue import JobQueue
from swishdemo.jobs.records import reports_of, understood
from swishdemo.jobs.store import Store
from swishdemo.text import Sentence

_LOG = logging.getLogger(__name__)

_KEPT = 500
"""Jobs that are kept as they were understood."""

Value = TypeVar("Value")


class JobAccess:
    """The jobs of the store, each as it stands now where it has not ended.

    Args:
        store: What is kept.
        device: What runs and waits.
        kinds: Those that this server knows; the first of them takes in jobs of all others.
    """

    def __init__(self, store: Store, device: JobQueue, kinds: Mapping[str, Kind]) -> None:
        self._store = store
        self._device = device
        self._kinds = kinds
        self._understood: OrderedDict[str, tuple[Job, Job]] = OrderedDict()
        self._lock = Lock()

    def get(self, job_id: str, visitor: str | None) -> Job:
        """The job as it stands: its owner reads it by its id, everyone by its share's token.

        One with a purpose, such as evidence for a claim, everyone reads by its id.

        Raises:
            UserError: There is none, or it is another visitor's (404).
        """
        job = self._known(job_id)
        if job is None or not (job.purpose or _may_change(job, visitor)):
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
        strays = tuple(self._kinds) if kind == next(iter(self._kinds)) else ()
        stored = asked(
            lambda: self._store.find(visitor=visitor, kind=kind, purpose=purpose, but_kinds=strays)
        )
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
            self._device.seen(live[job.id]) if job.id in live else self._read(job)
            for job in (*unstored, *stored)
            if job.id not in live or not live[job.id].deleted
        ]

    def reports(self, job_id: str, visitor: str | None, after: int, limit: int | None) -> Reports:
        """Class name and JSON of the job's stored reports with an index greater than ``after``."""
        job = self.get(job_id, visitor)
        stored = asked(lambda: self._store.reports(job.id, after, limit))
        return reports_of(job, self._kinds.get(job.kind), stored)

    def attachment(self, job_id: str, visitor: str | None) -> dict[str, Any] | None:
        """What can be taken along from the job, as it is now; None where there is nothing.

        Raises:
            UserError: It cannot be read (409).
        """
        job = self.get(job_id, visitor)
        value = asked(lambda: self._store.attachment(job.id))
        try:
            if value is not None and job.kind in self._kinds:
                self._kinds[job.kind].attachment(value)
        except Exception as error:
            _LOG.info("the attachment of job %s cannot be read: %r", job.id, error)
            raise UserError("jobs.unreadable.attachment", status=409) from error
        return value

    def _known(self, job_id: str) -> Job | None:
        driven = self._device.live(job_id)
        if driven is None:
            stored = asked(lambda: self._store.get(job_id))
            return None if stored is None else self._read(stored)
        return None if driven.deleted else self._device.seen(driven)

    def _read(self, stored: Job) -> Job:
        """The stored job as this version understands it; kept, for lists are asked for often."""
        with self._lock:
            known = self._understood.pop(stored.id, None)
            if known is None or known[0] != stored:
                known = stored, understood(stored, self._kinds)
            self._understood[stored.id] = known
            while len(self._understood) > _KEPT:
                self._understood.popitem(last=False)
            return known[1]


def asked(question: Callable[[], Value], *, writing: bool = False) -> Value:
    """The store's answer to a question, or to a wish to write something.

    Raises:
        UserError: The store fails (503).
    """
    try:
        return question()
    except StoreError as error:
        _LOG.error("the store failed: %s", error)
        key = f"jobs.unsaved.{error.cause}" if writing else "jobs.unread"
        raise UserError(key, status=503) from error


def _may_change(job: Job, visitor: str | None) -> bool:
    return visitor is None or job.visitor == visitor


def _absent(job_id: str) -> UserError:
    short = job_id if len(job_id) <= 40 else job_id[:39] + "…"
    return UserError("jobs.not_found", status=404, what=Sentence("jobs.what.job"), id=short)
