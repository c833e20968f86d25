"""What is kept of jobs: one SQLite database that outlives a restart."""

from __future__ import annotations

import fcntl
import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from swishdemo.jobs.finite import dump
from swishdemo.jobs.job import Job
from swishdemo.jobs.messages import Reason

_LOG = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, visitor TEXT NOT NULL, purpose TEXT,
    server TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, config TEXT NOT NULL,
    created_at REAL NOT NULL, started_at REAL, finished_at REAL,
    reports INTEGER NOT NULL, step INTEGER NOT NULL, steps INTEGER, seconds REAL NOT NULL,
    summary TEXT, host TEXT
);
CREATE INDEX IF NOT EXISTS jobs_of_visitor ON jobs (visitor, created_at);
CREATE INDEX IF NOT EXISTS jobs_of_purpose ON jobs (purpose, created_at);
CREATE TABLE IF NOT EXISTS reports (
    job TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
"""
_COLUMNS = (
    *("id", "kind", "visitor", "purpose", "state", "reason", "config"),
    *("created_at", "started_at", "finished_at", "reports", "step", "steps", "seconds"),
    *("summary", "host"),
)
_VERSION = 1


class StoreError(Exception):
    """The database could not be read or written; ``cause`` is a key of ``jobs.unsaved_cause``."""

    def __init__(self, cause: Literal["locked", "full", "other"], message: str) -> None:
        self.cause = cause
        super().__init__(message)


class Store:
    """Jobs and their reports in ``folder``/jobs.sqlite; any thread may call it.

    Jobs that a server left behind when it went down are closed as failed at opening; those of
    another server that is alive on the same folder are left alone.

    Args:
        folder: Where the database lies; it exists.
        busy_seconds: How long to wait for another process's lock.

    Raises:
        StoreError: The folder cannot be written, or another process keeps the database locked.
    """

    def __init__(self, folder: Path, *, busy_seconds: float = 3.0) -> None:
        self.path = folder / "jobs.sqlite"
        self._server = uuid.uuid4().hex
        try:
            self._alive = (folder / f"server-{self._server}.lock").open("w")
        except OSError as error:
            raise StoreError("other", f"{folder} cannot be written: {error}") from error
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(self._alive, fcntl.LOCK_EX)
        self._lock = RLock()
        try:
            self._database = self._open(busy_seconds)
        except StoreError as error:
            if error.cause != "other":
                raise
            aside = self.path.with_suffix(f".damaged-{int(time.time())}")
            _LOG.error("%s cannot be read (%s); it is kept as %s", self.path, error, aside)
            for suffix in ("-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            self.path.rename(aside)
            self._database = self._open(busy_seconds)
        self._close_interrupted(folder)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()
            if not self._alive.closed:
                Path(self._alive.name).unlink(missing_ok=True)
                self._alive.close()

    def save(self, job: Job) -> None:
        """Write ``job`` as it stands.

        Raises:
            StoreError: The database is locked, or the disk is full.
        """
        row = (
            job.id,
            job.kind,
            job.visitor,
            job.purpose,
            job.state,
            _dump(job.reason.as_json() if job.reason else None),
            dump(dict(job.config)),
            job.created_at,
            job.started_at,
            job.finished_at,
            job.reports,
            job.step,
            job.steps,
            job.seconds,
            _dump(job.summary),
            _dump(job.host),
            self._server,
        )
        marks = ", ".join("?" * len(row))
        with self._writing() as database:
            database.execute(
                f"INSERT OR REPLACE INTO jobs ({', '.join(_COLUMNS)}, server) VALUES ({marks})", row
            )

    def append(self, job_id: str, number: int, name: str, value: Mapping[str, Any]) -> None:
        """Write report ``number`` of a job.

        Raises:
            StoreError: The database is locked, or the disk is full.
        """
        with self._writing() as database:
            database.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?)", (job_id, number, name, _dump(value))
            )

    def get(self, job_id: str) -> Job | None:
        """The job, or None where there is none."""
        return next(iter(self._select("WHERE id = ?", (job_id,))), None)

    def find(
        self, *, visitor: str | None = None, kind: str | None = None, purpose: str | None = None
    ) -> list[Job]:
        """The jobs that match all of what is given, the newest first."""
        wanted = {"visitor": visitor, "kind": kind, "purpose": purpose}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in given)
        return self._select(
            f"{'WHERE ' + where if where else ''} ORDER BY created_at DESC, rowid DESC",
            tuple(given.values()),
        )

    def reports(
        self, job_id: str, after: int = -1, limit: int | None = None
    ) -> list[tuple[str, dict[str, Any]]]:
        """Name and JSON of the reports with a number greater than ``after``, in order."""
        with self._guarded() as database:
            rows = database.execute(
                "SELECT number, name, value FROM reports WHERE job = ? AND number > ?"
                " ORDER BY number LIMIT ?",
                (job_id, after, -1 if limit is None else limit),
            ).fetchall()
        return [(name, json.loads(value) | {"index": number}) for number, name, value in rows]

    def delete(self, job_ids: Sequence[str]) -> None:
        """Remove jobs and their reports."""
        keys = [(job_id,) for job_id in job_ids]
        with self._writing() as database:
            database.executemany("DELETE FROM reports WHERE job = ?", keys)
            database.executemany("DELETE FROM jobs WHERE id = ?", keys)

    def prune(self, visitor: str, keep: int, days: int, now: float | None = None) -> None:
        """Remove a visitor's ended jobs beyond the ``keep`` newest, and anyone's older than that.

        Jobs with a purpose (evidence for a claim) go by their age alone.
        """
        oldest = (time.time() if now is None else now) - days * 86_400
        ended = "state IN ('finished', 'stopped', 'failed')"
        with self._guarded() as database:
            rows = database.execute(
                f"SELECT id FROM jobs WHERE {ended} AND finished_at < ? UNION SELECT id FROM"
                f" (SELECT id FROM jobs WHERE {ended} AND visitor = ? AND purpose IS NULL"
                " ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
                (oldest, visitor, keep),
            ).fetchall()
        if rows:
            self.delete([row[0] for row in rows])

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Job]:
        with self._guarded() as database:
            query = f"SELECT {', '.join(_COLUMNS)} FROM jobs {where}"
            rows = database.execute(query, values).fetchall()
        return [_job(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    def _open(self, busy_seconds: float) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(
                self.path, timeout=busy_seconds, check_same_thread=False, isolation_level=None
            )
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise StoreError("other", f"its version is {version}, not {_VERSION}")
            database.executescript(_SCHEMA)
            database.execute(f"PRAGMA user_version = {_VERSION}")
        except sqlite3.Error as error:
            raise _store_error(error) from error
        return database

    def _close_interrupted(self, folder: Path) -> None:
        living = {self._server}
        for path in folder.glob("server-*.lock"):
            server = path.stem.removeprefix("server-")
            with suppress(OSError), path.open("r") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    living.add(server)
                else:
                    path.unlink(missing_ok=True)
        marks = ", ".join("?" * len(living))
        with self._writing() as database:
            database.execute(
                "UPDATE jobs SET state = 'failed', reason = ?, finished_at = ?, reports ="
                " (SELECT COUNT(*) FROM reports WHERE job = jobs.id) WHERE state IN"
                f" ('waiting', 'running', 'paused') AND server NOT IN ({marks})",
                (_dump(Reason("jobs.interrupted").as_json()), time.time(), *living),
            )

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._database
            except sqlite3.Error as error:
                raise _store_error(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._guarded() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise


def _store_error(error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError("locked", str(error))
    if code == sqlite3.SQLITE_FULL:
        return StoreError("full", str(error))
    return StoreError("other", str(error))


def _dump(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else dump(value)


def _job(row: dict[str, Any]) -> Job:
    for column in ("config", "summary", "host"):
        row[column] = json.loads(row[column]) if row[column] else None
    row["reason"] = Reason.from_json(json.loads(row["reason"])) if row["reason"] else None
    return Job(**row)
