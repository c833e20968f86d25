"""Opens the store's SQLite file, brings an older one up to date, and mends a damaged one."""

from __future__ import annotations

import errno
import fcntl
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Literal, TextIO

from swishdemo.errors import UserError

_LOG = logging.getLogger(__name__)

_TABLES = """
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

BYTES = "(SELECT COALESCE(SUM(LENGTH(CAST(value AS BLOB))), 0) FROM reports WHERE job = jobs.id)"
"""The bytes of a job's reports, in SQL."""


def _numbered(table: str, kind: str, when: str = "") -> str:
    """Triggers by which each change of a row gets a number, later than all before."""
    forget = f"DELETE FROM archive_changes WHERE id = '{kind}-' ||"
    note = f"{forget} NEW.id; INSERT INTO archive_changes (id) VALUES ('{kind}-' || NEW.id);"
    return f"""
    CREATE TRIGGER {table}_added AFTER INSERT ON {table} {when} BEGIN {note} END;
    CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} {when} BEGIN {note} END;
    CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {forget} OLD.id; END;
    """


_CHANGES = (
    _TABLES,
    """
    ALTER TABLE jobs ADD COLUMN name TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN note TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN share TEXT;
    ALTER TABLE jobs ADD COLUMN sparkline TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE jobs ADD COLUMN device TEXT;
    ALTER TABLE jobs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
    """
    + f"UPDATE jobs SET bytes = {BYTES};"
    "CREATE UNIQUE INDEX jobs_by_share ON jobs (share);",
    """
    CREATE TABLE own_claims (
        id TEXT PRIMARY KEY, visitor TEXT NOT NULL, statement TEXT NOT NULL,
        version TEXT NOT NULL, registered_at REAL NOT NULL,
        evidence TEXT, host TEXT, checked_at REAL
    );
    CREATE INDEX own_claims_of_visitor ON own_claims (visitor, registered_at);
    """,
    "ALTER TABLE jobs ADD COLUMN placement TEXT;",
    """
    CREATE TABLE archive_changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL
    );
    CREATE TABLE archive_copies (
        id TEXT NOT NULL, folder TEXT NOT NULL, number INTEGER, PRIMARY KEY (id, folder)
    ) WITHOUT ROWID;
    INSERT INTO archive_changes (id) SELECT 'job-' || id FROM jobs
        WHERE state NOT IN ('waiting', 'running', 'paused') ORDER BY created_at;
    INSERT INTO archive_changes (id) SELECT 'claim-' || id FROM own_claims;
    """
    + _numbered("jobs", "job", "WHEN NEW.state NOT IN ('waiting', 'running', 'paused')")
    + _numbered("own_claims", "claim"),
)
"""What makes each version out of the one before; a file's own stands in its ``user_version``."""

Cause = Literal["locked", "full", "write", "other"]


class StoreError(UserError):
    """The database could not be read or written (503).

    Args:
        cause: A key of ``jobs.unsaved``.
        details: For the log.
        written: Whether something was to be written.
    """

    def __init__(self, cause: Cause, details: str, *, written: bool = True) -> None:
        self.cause, self._details = cause, details
        super().__init__(f"jobs.unsaved.{cause}" if written else "jobs.unread", status=503)

    def __str__(self) -> str:
        """What the log has: the sentence, and what SQLite or the disk says."""
        return f"{self.sentence('en')} ({self._details})"


class Database:
    """One connection for all threads, one at a time.

    A file that is no database, or of a later version, is put aside and a new one is begun; one in
    which a page turns out to be damaged too, and the new one has all rows that can still be read.
    One that is removed while it is open can still be read; it is written anew with the next change.

    Args:
        path: The file; None for a database in memory.
        busy_seconds: How long to wait for another process's lock.

    Attributes:
        heard: Called after each change, by the thread that made it.

    Raises:
        StoreError: It cannot be opened, or another process keeps it locked.
    """

    def __init__(self, path: Path | None, busy_seconds: float) -> None:
        self._lock = RLock()
        self._path = path
        self._busy_seconds = busy_seconds
        self.heard: Callable[[], None] = lambda: None
        try:
            self.connection = _open(path, busy_seconds)
        except StoreError as error:
            if path is None or error.cause != "other":
                raise
            _put_aside(path, error)
            self.connection = _open(path, busy_seconds)

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def reading(self, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone.

        Raises:
            StoreError: What is done with it fails.
        """
        with self._lock:
            try:
                yield self.connection
            except sqlite3.Error as error:
                if self._path and _code(error) == sqlite3.SQLITE_CORRUPT:
                    self._begin_anew(self._path, _store_error(error))
                raise _store_error(error, writes) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The same within a transaction, of which an error leaves nothing."""
        with self._lock:
            self._find_again()
        with self.reading(writes=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
                self.heard()
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _find_again(self) -> None:
        """See that what is written now is there later, though the file was removed meanwhile."""
        path = self._path
        try:
            if path is None or path.exists():
                return
            _LOG.warning("%s was removed; it is written anew", path)
            path.parent.mkdir(parents=True, exist_ok=True)
            anew = path.with_suffix(".anew")
            anew.unlink(missing_ok=True)
            with closing(sqlite3.connect(anew)) as copy:
                self.connection.backup(copy)
            anew.rename(path)
            # It takes files of its name with it, and the new one must not have any yet.
            self.connection.close()
            self.connection = _open(path, self._busy_seconds)
        except OSError as error:
            raise unwritten(error) from error
        except sqlite3.Error as error:
            raise _store_error(error) from error

    def _begin_anew(self, path: Path, why: StoreError) -> None:
        """Put the file aside, and go on with what can be read of it."""
        anew = path.with_suffix(".anew")
        try:
            anew.unlink(missing_ok=True)
            with closing(_open(anew, self._busy_seconds)) as copy:
                _copy_what_is_whole(self.connection, copy)
            self.connection.close()
            _put_aside(path, why)
            anew.rename(path)
        except (OSError, sqlite3.Error) as error:
            _LOG.error("%s could not be begun anew: %s", path, error)
        self.connection = _open(path, self._busy_seconds)


def _copy_what_is_whole(damaged: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """Copy the rows that can still be found: jobs that are named, their reports, own claims."""

    def found(select: str, *values: Any) -> Iterator[Any]:
        for order in ("ASC", "DESC"):  # up to the damage, from either end
            with suppress(sqlite3.Error):
                yield from damaged.execute(f"{select} {order}", values)

    for table, ids_in, select in (
        ("jobs", "jobs", "FROM jobs WHERE id = ? ORDER BY id"),
        ("reports", "jobs", "FROM reports WHERE job = ? ORDER BY number"),
        ("own_claims", "own_claims", "FROM own_claims WHERE id = ? ORDER BY id"),
        ("archive_copies", "archive_copies", "FROM archive_copies WHERE id = ? ORDER BY folder"),
    ):
        ids = {row[0]: None for row in found(f"SELECT id FROM {ids_in} ORDER BY id")}
        names = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
        columns, marks = ", ".join(names), ", ".join("?" * len(names))
        for each in ids:
            rows = list(found(f"SELECT {columns} {select}", each))
            copy.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", rows)
    copy.execute("UPDATE archive_copies SET number = 0")  # changes are numbered anew


def insertion(table: str, columns: Collection[str]) -> str:
    """The statement that adds a row with these columns to a table."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _put_aside(path: Path, why: StoreError) -> None:
    aside = path.with_suffix(f".damaged-{int(time.time())}")
    try:
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.rename(aside)
    except OSError as error:
        raise unwritten(error) from error
    _LOG.error("%s could not be read (%s); it is kept as %s", path, why, aside)


def _open(path: Path | None, busy_seconds: float) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            path or ":memory:", timeout=busy_seconds, check_same_thread=False, isolation_level=None
        )
        # A damaged text is told as far as it can be; one row must not take all others down.
        connection.text_factory = lambda stored: stored.decode("utf-8", "replace")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_CHANGES):
            raise StoreError("other", f"its version is {version}, not {len(_CHANGES)}")
        if version < len(_CHANGES):
            _bring_up_to_date(connection)
    except sqlite3.Error as error:
        raise _store_error(error) from error
    return connection


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make all changes or none, and each of them once, even where two servers start together."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    statement = ""
    for part in "".join(_CHANGES[version:]).split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):  # a trigger's ends with its END
            connection.execute(statement)
            statement = ""
    connection.execute(f"PRAGMA user_version = {len(_CHANGES)}")
    connection.execute("COMMIT")


def unwritten(error: OSError) -> StoreError:
    """What a folder or a file says that cannot be written."""
    return StoreError(
        "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "write", str(error)
    )


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _store_error(error: sqlite3.Error, written: bool = True) -> StoreError:
    cause: Cause = "other"
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            cause = "locked"
        case sqlite3.SQLITE_FULL:
            cause = "full"
        # A quota, a limit on a file's size or a worn disk: SQLite tells them all by this.
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            cause = "write"
    return StoreError(cause, str(error), written=written)


def sign_of_life(folder: Path, server: str) -> TextIO:
    """A file that is locked as long as this server lives.

    Raises:
        StoreError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / f"server-{server}.lock").open("w")
    except OSError as error:
        raise unwritten(error) from error
    with suppress(OSError):  # some network file systems have no locks
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


def living_servers(folder: Path, own: str) -> set[str]:
    """The servers that are alive on a folder, one's own among them; what the others left goes."""
    living = {own}
    for path in folder.glob("server-*.lock"):
        with suppress(OSError), path.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                living.add(path.stem.removeprefix("server-"))
            else:
                path.unlink(missing_ok=True)
    return living
