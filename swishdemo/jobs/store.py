"""Stores jobs and visitors' claims: in a database that outlives a restart, or in memory."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swishdemo.formats import dump
from swishdemo.jobs.copies import Copies
from swishdemo.jobs.database import (
    BYTES,
    Cause,
    Database,
    StoreError,
    insertion,
    living_servers,
    sign_of_life,
)
from swishdemo.jobs.job import Job
from swishdemo.jobs.records import COLUMNS, attached, job_of, parsed
from swishdemo.settings import Settings
from swishdemo.text import Sentence

_LOG = logging.getLogger(__name__)

_COLUMNS = ("id", *COLUMNS)
_JSON = ("config", "summary", "host", "sparkline")
_OWNERS = ("name", "note", "share")
"""What only the job's owner writes, by `Store.annotate`."""

_ATTACHMENT = -1
"""Its number among the reports: before the first."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept of ended jobs.

    Attributes:
        count: Jobs of one visitor.
        days: Since they have ended.
        bytes: Reports of one visitor's jobs; the newest stays whatever its size.
        all_bytes: Reports of everyone's jobs.
    """

    count: int
    days: int
    bytes: int
    all_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Retention:
        """Those that the server's settings name."""
        return cls(
            count=settings.max_runs,
            days=settings.keep_days,
            bytes=settings.max_megabytes * 1_000_000,
            all_bytes=settings.store_megabytes * 1_000_000,
        )


_FEW = 5
"""Jobs of one purpose that are kept, of those that finished on one machine and of the others."""
_MANY = 40
"""Those that finished, of all machines."""

_MACHINE = (
    "CASE WHEN json_valid(host) THEN json_extract(host, '$.cpu', '$.cores', '$.gpu') ELSE '' END"
)


class Store:
    """Jobs and their reports in ``folder``/jobs.sqlite; any thread may call it.

    Jobs that a server left behind when it went down are closed as failed at opening; those of
    another server that is alive on the same folder are left alone.

    Args:
        folder: Where the database lies, made where it is missing; None for a database in memory.
        busy_seconds: How long to wait for another process's lock.

    Attributes:
        interrupted: The ids of the jobs that were closed at opening.
        unkept: Why `open` did not keep them in the folder; None where nothing is amiss.
        claims: What visitors have claimed themselves.
        copies: What is known of copies in another folder.

    Raises:
        StoreError: The folder cannot be written, or another process keeps the database locked; so
            by each method.
    """

    def __init__(self, folder: Path | None, *, busy_seconds: float = 3.0) -> None:
        self._server = uuid.uuid4().hex
        self._alive = None if folder is None else sign_of_life(folder, self._server)
        self.interrupted: tuple[str, ...] = ()
        self.unkept: Cause | None = None
        try:
            self._database = Database(folder and folder / "jobs.sqlite", busy_seconds)
            self.claims = RegisteredClaims(self._database)
            self.copies = Copies(self._database, self._server)
            if folder is not None:
                try:
                    self._close_interrupted(folder)
                except StoreError as error:
                    if error.cause != "other":
                        raise
                    self._close_interrupted(folder)  # what was damaged has been put aside
        except StoreError:
            self._die()
            raise

    @classmethod
    def open(cls, folder: Path, *, busy_seconds: float = 3.0) -> Store:
        """The store in a folder; where there can be none, one in memory, which says why."""
        try:
            return cls(folder, busy_seconds=busy_seconds)
        except StoreError as error:
            _LOG.warning(
                "jobs are kept in memory and lost when the server ends: "
                "%s (SWISHDEMO_DATA_DIR) cannot be used: %s",
                folder,
                error,
            )
            store = cls(None)
            store.unkept = error.cause
            return store

    def close(self) -> None:
        """Close the database."""
        self._database.close()
        self._die()

    def _die(self) -> None:
        if self._alive is not None and not self._alive.closed:
            Path(self._alive.name).unlink(missing_ok=True)
            self._alive.close()

    def save(self, job: Job) -> None:
        """Write ``job`` as it stands."""
        row = {
            **{column: getattr(job, column) for column in _COLUMNS},
            **{column: _dump(getattr(job, column)) for column in _JSON},
            "reason": _dump(job.reason.as_json() if job.reason else None),
            "placement": _dump(job.placement.as_json() if job.placement else None),
            "server": self._server,
        }
        changed = [column for column in row if column not in ("id", *_OWNERS)]
        with self._database.writing() as database:
            database.execute(
                f"{insertion('jobs', row)} ON CONFLICT (id) DO UPDATE SET"
                f" {', '.join(f'{column} = excluded.{column}' for column in changed)}",
                tuple(row.values()),
            )
            if not job.active:
                database.execute(f"UPDATE jobs SET bytes = {BYTES} WHERE id = ?", (job.id,))

    def annotate(self, job_id: str, values: Mapping[str, str | None]) -> None:
        """Write what the owner says of a job: ``name``, ``note``, ``share``."""
        assert values.keys() <= set(_OWNERS)
        with self._database.writing() as database:
            database.execute(
                f"UPDATE jobs SET {', '.join(f'{column} = ?' for column in values)} WHERE id = ?",
                (*values.values(), job_id),
            )

    def append(self, job_id: str, number: int, name: str, value: Mapping[str, Any]) -> None:
        """Write report ``number`` of a job."""
        with self._database.writing() as database:
            database.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?)", (job_id, number, name, _dump(value))
            )

    def attach(self, job_id: str, value: Mapping[str, Any]) -> None:
        """Write what can be taken along from a job; it takes the place of the one before."""
        with self._database.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?)",
                (job_id, _ATTACHMENT, "Attachment", _dump(value)),
            )

    def attachment(self, job_id: str) -> dict[str, Any] | None:
        """What can be taken along from a job, or None where there is nothing.

        Raises:
            UserError: It is damaged (409).
        """
        with self._database.reading() as database:
            row = database.execute(
                "SELECT value FROM reports WHERE job = ? AND number = ?", (job_id, _ATTACHMENT)
            ).fetchone()
        return None if row is None else attached(row[0])

    def get(self, job_id: str) -> Job | None:
        """The job, or None where there is none."""
        return next(iter(self._select("WHERE id = ?", (job_id,))), None)

    def shared(self, share: str) -> Job | None:
        """The job that the token ``share`` shows, or None where there is none."""
        return next(iter(self._select("WHERE share = ?", (share,))), None)

    def find(
        self,
        *,
        visitor: str | None = None,
        kind: str | None = None,
        purpose: str | None = None,
        but_kinds: Sequence[str] = (),
    ) -> list[Job]:
        """The jobs that match all of what is given, the newest first.

        With ``but_kinds``, which go with a ``kind``, those of all other kinds than these too.
        """
        wanted = {"visitor": visitor, "kind": kind, "purpose": purpose}
        given = {column: value for column, value in wanted.items() if value is not None}
        clauses = {column: f"{column} = ?" for column in given}
        values: dict[str, tuple[str, ...]] = {name: (value,) for name, value in given.items()}
        if but_kinds and kind is not None:
            clauses["kind"] += f" OR kind NOT IN ({', '.join('?' * len(but_kinds))})"
            values["kind"] += tuple(but_kinds)
        where = " AND ".join(f"({clause})" for clause in clauses.values())
        return self._select(
            f"{'WHERE ' + where if where else ''} ORDER BY created_at DESC, rowid DESC",
            tuple(each for listed in values.values() for each in listed),
        )

    def reports(
        self, job_id: str, after: int = -1, limit: int | None = None
    ) -> list[tuple[str, dict[str, Any]]]:
        """Name and JSON of the reports with a number greater than ``after``, in order.

        One that is damaged is named `swishdemo.jobs.records.UNREADABLE`.
        """
        with self._database.reading() as database:
            rows = database.execute(
                "SELECT number, name, value FROM reports WHERE job = ? AND number > ?"
                " AND typeof(number) = 'integer' ORDER BY number LIMIT ?",
                (job_id, max(after, _ATTACHMENT), -1 if limit is None else limit),
            ).fetchall()
        return [parsed(*row) for row in rows]

    def delete(self, job_ids: Sequence[str]) -> None:
        """Remove jobs and their reports."""
        keys = [(job_id,) for job_id in job_ids]
        with self._database.writing() as database:
            database.executemany("DELETE FROM reports WHERE job = ?", keys)
            database.executemany("DELETE FROM jobs WHERE id = ?", keys)

    def prune(self, visitor: str, limits: Retention, now: float | None = None) -> None:
        """Remove ended jobs beyond the limits, the oldest first.

        Of each purpose (evidence for a claim) the newest few that finished on each machine stay,
        whatever else is there, and no more than a few others.
        """
        oldest = (time.time() if now is None else now) - limits.days * 86_400
        newest_first = "OVER (ORDER BY created_at DESC, rowid DESC)"
        kept = f"SELECT id, ROW_NUMBER() {newest_first} AS place, SUM(bytes) {newest_first} AS sum"
        # What has an unknown state, of another version, has ended too.
        ended = "FROM jobs WHERE state NOT IN ('waiting', 'running', 'paused')"
        machine = f"CASE WHEN state = 'finished' THEN {_MACHINE} END"
        ranked = (
            f"SELECT *, ROW_NUMBER() OVER (PARTITION BY purpose, state = 'finished', {machine}"
            f" ORDER BY created_at DESC, rowid DESC) AS place {ended} AND purpose IS NOT NULL"
        )
        few = (
            "SELECT id, state, ROW_NUMBER() OVER (PARTITION BY purpose, state = 'finished'"
            f" ORDER BY created_at DESC) AS place FROM ({ranked}) WHERE place <= :few"
        )
        evidence = f"SELECT id FROM ({few}) WHERE state = 'finished' AND place <= :many"
        with self._database.reading() as database:
            rows = database.execute(
                f"SELECT id FROM (SELECT id {ended} AND COALESCE(finished_at, created_at) < :oldest"
                f" UNION SELECT id FROM ({kept} {ended} AND visitor = :visitor AND purpose IS NULL)"
                " WHERE place > :count OR (place > 1 AND sum > :bytes)"
                f" UNION SELECT id FROM ({kept} {ended}) WHERE place > 1 AND sum > :all_bytes"
                f" UNION SELECT id {ended} AND purpose IS NOT NULL"
                f" AND id NOT IN (SELECT id FROM ({few}) WHERE place <= :many))"
                f" WHERE id NOT IN ({evidence})",
                {
                    "oldest": oldest,
                    "visitor": visitor,
                    "count": limits.count,
                    "bytes": limits.bytes,
                    "all_bytes": limits.all_bytes,
                    "few": _FEW,
                    "many": _MANY,
                },
            ).fetchall()
        if rows:
            self.delete([row[0] for row in rows])

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Job]:
        with self._database.reading() as database:
            query = f"SELECT {', '.join(_COLUMNS)} FROM jobs {where}"
            rows = database.execute(query, values).fetchall()
        found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        # Nobody can name a row whose id is no text.
        return [job_of(row) for row in found if isinstance(row["id"], str)]

    def _close_interrupted(self, folder: Path) -> None:
        living = living_servers(folder, self._server)
        left = (
            "state IN ('waiting', 'running', 'paused')"
            f" AND server NOT IN ({', '.join('?' * len(living))})"
        )
        with self._database.writing() as database:
            rows = database.execute(f"SELECT id FROM jobs WHERE {left}", tuple(living)).fetchall()
            self.interrupted = tuple(row[0] for row in rows)
            database.execute(
                f"UPDATE jobs SET state = 'failed', reason = ?, finished_at = ?, bytes = {BYTES},"
                " reports = (SELECT COUNT(*) FROM reports WHERE job = jobs.id AND number >= 0)"
                f" WHERE {left}",
                (_dump(Sentence("jobs.interrupted").as_json()), time.time(), *living),
            )


def _dump(value: object) -> str | None:
    return None if value is None else dump(value)


_CLAIM = (
    *("id", "visitor", "statement", "version", "registered_at"),
    *("evidence", "host", "checked_at"),
)


@dataclass(frozen=True, slots=True)
class Registered:
    """One visitor's claim, as it is stored.

    Attributes:
        id: Its name in addresses.
        visitor: Whose it is.
        statement: What is claimed, as JSON; whoever reads it knows its shape.
        version: The version of the app that it was registered with.
        registered_at: Unix seconds.
        evidence: What was found at once; None before that, and where a job decides.
        host: What found it.
        checked_at: When, in Unix seconds.
    """

    id: str
    visitor: str
    statement: Mapping[str, Any]
    version: str
    registered_at: float
    evidence: Mapping[str, Any] | None = None
    host: str | None = None
    checked_at: float | None = None


class RegisteredClaims:
    """The claims of all visitors; any thread may call it.

    Args:
        database: Where they lie.

    Raises:
        StoreError: By each method, where the database cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, claim: Registered) -> None:
        """Write a new one."""
        row = (
            *(claim.id, claim.visitor, dump(claim.statement), claim.version, claim.registered_at),
            *(claim.evidence and dump(claim.evidence), claim.host, claim.checked_at),
        )
        with self._database.writing() as database:
            database.execute(insertion("own_claims", _CLAIM), row)

    def get(self, claim_id: str) -> Registered | None:
        """The claim of that name; None where there is none, or it is damaged."""
        return next(iter(self._select("WHERE id = ?", (claim_id,))), None)

    def of(self, visitor: str) -> list[Registered]:
        """A visitor's claims, the newest first."""
        return self._select("WHERE visitor = ? ORDER BY registered_at DESC, rowid DESC", (visitor,))

    def decide(
        self, claim_id: str, evidence: Mapping[str, Any], host: str, checked_at: float
    ) -> None:
        """Write what was found of a claim; it takes the place of what was found before."""
        with self._database.writing() as database:
            database.execute(
                "UPDATE own_claims SET evidence = ?, host = ?, checked_at = ? WHERE id = ?",
                (dump(evidence), host, checked_at, claim_id),
            )

    def delete(self, claim_ids: Sequence[str]) -> None:
        """Remove some."""
        with self._database.writing() as database:
            database.executemany(
                "DELETE FROM own_claims WHERE id = ?", [(each,) for each in claim_ids]
            )

    def beyond(self, oldest: float, most: int) -> list[str]:
        """The ids of those registered before ``oldest``, and of all but the ``most`` newest."""
        with self._database.reading() as database:
            rows = database.execute(
                "SELECT id FROM (SELECT id, registered_at, ROW_NUMBER() OVER"
                " (ORDER BY registered_at DESC, rowid DESC) AS place FROM own_claims)"
                " WHERE registered_at < ? OR place > ?",
                (oldest, most),
            ).fetchall()
        return [row[0] for row in rows]

    def _select(self, where: str, values: tuple[str, ...]) -> list[Registered]:
        with self._database.reading() as database:
            rows = database.execute(
                f"SELECT {', '.join(_CLAIM)} FROM own_claims {where}", values
            ).fetchall()
        return [claim for row in rows if (claim := _claim(row)) is not None]


def _claim(row: Sequence[Any]) -> Registered | None:
    """The claim of a row; None where it is damaged."""
    values = dict(zip(_CLAIM, row, strict=True))
    try:
        values["statement"] = json.loads(values["statement"])
        values["evidence"] = values["evidence"] and json.loads(values["evidence"])
        moments = [float(values["registered_at"]), float(values["checked_at"] or 0)]
    except (ValueError, TypeError, RecursionError):
        return None
    sound = isinstance(values["statement"], dict) and all(0 <= each < 2**37 for each in moments)
    return Registered(**values) if sound else None
