"""Copies of what has ended, each a closed file in a folder that outlives the server's own disk.

A bucket's mount has no locks and uploads a file when it is closed: no database can lie there. So
each ended job, and each claim of a visitor's own, is one compressed file beside the others, and a
server that starts with an empty database has them again.

What is still to be written or removed is not queued: it follows from the database, whose triggers
number each change (`swishdemo.jobs.database`). So it outlives a restart, and of several changes the
newest alone is written. A folder may be shared: each server reads in, at its start, what it has
not; what a server has in its database stays there until that server deletes it.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import logging
import os
import re
import secrets
import stat
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from threading import Event, Thread
from typing import Any, Literal

from swishdemo.formats import dump
from swishdemo.jobs.database import Database, StoreError
from swishdemo.jobs.job import ACTIVE

_LOG = logging.getLogger(__name__)

Trouble = Literal["gone", "full", "write", "slow"]
"""Why the folder lacks something; a key of ``shell.unkept.archive``."""

Row = tuple[str, dict[str, Any]]
"""The name of a table, and of a row the columns and their values."""

_SLOW_SECONDS = 10.0
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_WRITE_SECONDS = 2.0
"""While all is read in, what is missing is written so often."""
_REST_SECONDS = 0.005
"""After each file that is read in: whoever asks for something comes first."""

_FORMAT = "swishdemo"
_VERSION = 1
_MOST_BYTES = 128_000_000
"""Of one file, unpacked: the weights of the largest networks are a fifth of it."""
_MOST_LINES = 100_000
_MOST_READ = 50_000_000
"""Bytes that are read in before it is seen to that no more is kept than may be."""

_MOST_TRIES = 5
"""Servers that start meanwhile, each of which removes once what others have half written."""

_NAME = re.compile(r"(?:job|claim)-[A-Za-z0-9_-]{1,80}")
_SUFFIX = ".jsonl.gz"
_PART = re.compile(rf"\.({_NAME.pattern})\.[0-9a-f]+\.part")
_MARK = "archive.json"
"""The file that says which folder it is: without it a mount is missing, and its place is bare."""

_VALUE = rb'"(?:[^"\\]++|\\.)*+"|[-\w.+]{1,40}'
_LINE = re.compile(
    rb'\{"(?:jobs|reports|own_claims)":\{(?:"[a-z_]{1,40}":(?:' + _VALUE + rb"),?){1,60}+\}\}"
)
"""A row, and nothing within it that takes more memory than the line does."""

_NO_RENAMING = (errno.EXDEV, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class DamagedRecord(Exception):
    """A file that is no whole record, or none that this version reads; it says why."""


@dataclass(frozen=True, slots=True)
class CopyFolder:
    """A folder of copies; each call touches the disk, and may block as long as that does.

    Raises:
        OSError: By each method, where the folder is gone, full, or may not be written.
    """

    folder: Path
    server: str

    def mark(self, *, make: bool) -> str:
        """The folder's own id; with ``make`` it is given one where it has none."""
        path = self.folder / _MARK
        try:
            with path.open("rb") as file:
                return str(json.loads(file.read(1000))["archive"])
        except FileNotFoundError:
            if not make:
                raise
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if not make:
                raise OSError(errno.EIO, f"{path} is damaged") from error
        self.folder.mkdir(parents=True, exist_ok=True)
        self._put(_MARK, json.dumps({"archive": secrets.token_hex(16)}).encode())
        return self.mark(make=False)

    def names(self) -> list[str]:
        """What lies there, the newest first; what a killed server left half written is removed."""
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                name = entry.name.removesuffix(_SUFFIX)
                with suppress(OSError):  # it can be read in though it cannot be written
                    if _PART.fullmatch(entry.name):
                        self._unlink(entry.name)
                    elif name != entry.name and _NAME.fullmatch(name):
                        found.append((entry.stat(follow_symlinks=False).st_mtime, name))
        return [name for _, name in sorted(found, reverse=True)]

    def has(self, name: str) -> bool:
        """Whether there is a copy of that name."""
        try:
            os.lstat(self.folder / f"{name}{_SUFFIX}")
        except FileNotFoundError:
            return False
        return True

    def write(self, name: str, content: bytes, *, again: bool) -> None:
        """Put a copy in the place of the one before, whole or not at all.

        With ``again`` only where there is one: else another server has deleted it, perhaps while
        this one was writing.
        """
        self._put(f"{name}{_SUFFIX}", content, name, (lambda: self.has(name)) if again else None)

    def remove(self, names: Sequence[str]) -> None:
        """Remove copies, and what killed servers have half written of them."""
        for name in names:
            self._unlink(f"{name}{_SUFFIX}")
        with os.scandir(self.folder) as entries:
            left = [(_PART.fullmatch(entry.name), entry.name) for entry in entries]
        for match, file in left:
            if match and match[1] in names:
                self._unlink(file)

    def read(self, name: str) -> list[Row]:
        """The rows of a copy.

        Raises:
            DamagedRecord: It is none, or not whole.
        """
        path = self.folder / f"{name}{_SUFFIX}"
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise DamagedRecord("it is no file")
        with open(number, "rb") as file:
            try:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    head = unpacked.readline(1000)
                    length, digest = _head(head)
                    body = unpacked.read(length + 1)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DamagedRecord(str(error)) from error
        if len(body) != length or hashlib.sha256(body).hexdigest() != digest:
            raise DamagedRecord("it is not what was written")
        if body.count(b"\n") > _MOST_LINES:
            raise DamagedRecord("it has too many rows")
        return [_row(line) for line in body.splitlines()]

    def _put(
        self,
        file: str,
        content: bytes,
        name: str = "job-0",
        wanted: Callable[[], bool] | None = None,
    ) -> None:
        path, part = self.folder / file, self.folder / f".{name}.{self.server}.part"
        try:
            _write(part, content)
            if wanted and not wanted():
                self._unlink(part.name)
                return
            try:
                part.replace(path)
            except OSError as error:
                if error.errno not in _NO_RENAMING:
                    raise
                _write(path, content)  # whoever reads half of it sees that by its digest
                self._unlink(part.name)
        except OSError:
            with suppress(OSError):
                self._unlink(part.name)
            raise

    def _unlink(self, file: str) -> None:
        (self.folder / file).unlink(missing_ok=True)


def packed(rows: Sequence[Row]) -> bytes:
    """The content of a copy of these rows.

    Raises:
        DamagedRecord: It would be larger than is ever read, or cannot be told in JSON.
    """
    try:
        lines = [dump({table: row}).encode() for table, row in rows]
    except (TypeError, ValueError, RecursionError) as error:
        raise DamagedRecord(str(error)) from error
    body = b"\n".join(lines)
    if len(body) > _MOST_BYTES or len(lines) > _MOST_LINES:
        raise DamagedRecord("it is too large to be read again")
    digest = hashlib.sha256(body).hexdigest()
    head = dump({"format": _FORMAT, "version": _VERSION, "bytes": len(body), "sha256": digest})
    return gzip.compress(b"%s\n%s" % (head.encode(), body), 6, mtime=0)


def _head(line: bytes) -> tuple[int, str]:
    """The length and the digest of what follows."""
    try:
        told = json.loads(line)
        version, length, digest = told["version"], told["bytes"], told["sha256"]
        known = told["format"] == _FORMAT
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedRecord("it begins with no head of ours") from error
    if not known or type(length) is not int or not 0 < length <= _MOST_BYTES:
        raise DamagedRecord("it is none of ours, or too large")
    if version != _VERSION:
        raise DamagedRecord(f"its version is {str(version)[:20]}, not {_VERSION}")
    return length, digest


def _row(line: bytes) -> Row:
    if not _LINE.fullmatch(line):
        raise DamagedRecord("a line is no row")
    try:
        ((table, row),) = json.loads(line).items()
    except ValueError as error:
        raise DamagedRecord("a line is no JSON") from error
    return table, row


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        with suppress(OSError):  # some mounts know none; closing the file uploads it
            os.fsync(file.fileno())


class Copies:
    """What the database knows of copies: which there are, and what they should hold.

    Args:
        database: Where jobs and claims lie.
        server: Whose jobs those are that are read in.

    Raises:
        StoreError: By each method, where the database cannot be read or written.
    """

    def __init__(self, database: Database, server: str) -> None:
        self._database = database
        self._server = server

    def listen(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` after each change; it must be quick."""
        self._database.heard = heard

    def superfluous(self, folder: str) -> list[str]:
        """The copies in a folder of what was deleted."""
        return self._names(
            "SELECT id FROM archive_copies WHERE folder = ?"
            " AND id NOT IN (SELECT id FROM archive_changes)",
            folder,
        )

    def missing(self, folder: str) -> list[str]:
        """What a folder has not, or not as it is now; the change that is oldest comes first."""
        return self._names(
            "SELECT changed.id FROM archive_changes AS changed LEFT JOIN archive_copies AS copy"
            " ON copy.id = changed.id AND copy.folder = ? WHERE copy.number IS NOT changed.number"
            " ORDER BY changed.number",
            folder,
        )

    def state(self) -> tuple[int, int]:
        """What differs after each change."""
        with self._database.reading() as database:
            found = database.execute(
                "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'archive_changes'), COUNT(*)"
                " FROM archive_changes"
            )
            newest, count = found.fetchone()
        return newest or 0, count

    def begin(self, name: str, folder: str) -> tuple[int, bool, list[Row]] | None:
        """Note that a folder is to have a copy, before it has any of it.

        Returns:
            The number of the change, whether it was written there before, and what it is now;
            None where it was deleted.
        """
        with self._database.writing() as database:
            found = database.execute("SELECT number FROM archive_changes WHERE id = ?", (name,))
            change = found.fetchone()
            if change is None:
                return None
            known = (name, folder)
            database.execute("INSERT OR IGNORE INTO archive_copies VALUES (?, ?, NULL)", known)
            before = database.execute(
                "SELECT number FROM archive_copies WHERE id = ? AND folder = ?", known
            ).fetchone()
            return change[0], before[0] is not None, list(_rows(database, name))

    def done(self, name: str, folder: str, number: int) -> None:
        """Note that a folder has a copy of the change of this number."""
        with self._database.writing() as database:
            database.execute(
                "UPDATE archive_copies SET number = ? WHERE id = ? AND folder = ?",
                (number, name, folder),
            )

    def forget(self, names: Sequence[str], folder: str) -> None:
        """Note that a folder has copies no longer."""
        with self._database.writing() as database:
            database.executemany(
                "DELETE FROM archive_copies WHERE id = ? AND folder = ?",
                [(name, folder) for name in names],
            )

    def knows(self, name: str, folder: str) -> bool:
        """Whether it is here, or was deleted here and its copy is still to be removed."""
        with self._database.reading() as database:
            return bool(
                database.execute(
                    "SELECT 1 FROM archive_changes WHERE id = ?"
                    " UNION ALL SELECT 1 FROM archive_copies WHERE id = ? AND folder = ?",
                    (name, name, folder),
                ).fetchone()
            )

    def add(self, name: str, folder: str, rows: Sequence[Row]) -> None:
        """Write what a copy holds, and note that the folder has it.

        Raises:
            DamagedRecord: It is not what its name says.
        """
        _check(name, rows)
        with self._database.writing() as database:
            for table, row in rows:
                own = {"server": self._server} if table == "jobs" else {}
                known = [each[1] for each in database.execute(f"PRAGMA table_info({table})")]
                values = {column: row[column] for column in known if column in row} | own
                database.execute(
                    f"INSERT INTO {table} ({', '.join(values)})"
                    f" VALUES ({', '.join('?' * len(values))})",
                    tuple(values.values()),
                )
            database.execute(
                "UPDATE jobs SET bytes = (SELECT COALESCE(SUM(LENGTH(CAST(value AS BLOB))), 0)"
                " FROM reports WHERE job = jobs.id) WHERE 'job-' || id = ?",
                (name,),
            )
            database.execute(
                "INSERT OR REPLACE INTO archive_copies"
                " SELECT id, ?, number FROM archive_changes WHERE id = ?",
                (folder, name),
            )

    def _names(self, query: str, *values: str) -> list[str]:
        with self._database.reading() as database:
            rows = database.execute(query, values).fetchall()
        return [row[0] for row in rows if isinstance(row[0], str) and _NAME.fullmatch(row[0])]


def _rows(database: Connection, name: str) -> Iterator[Row]:
    """What is stored of a job or a claim, as it lies in the tables."""
    kind, _, key = name.partition("-")
    tables = {"jobs": "id", "reports": "job"} if kind == "job" else {"own_claims": "id"}
    for table, column in tables.items():
        order = "ORDER BY number" if table == "reports" else ""
        found = database.execute(f"SELECT * FROM {table} WHERE {column} = ? {order}", (key,))
        columns = [each[0] for each in found.description]
        for values in found.fetchall():
            row = dict(zip(columns, values, strict=True))
            yield table, {each: row[each] for each in row if each not in ("server", "bytes")}


def _for_others(rows: Sequence[Row]) -> list[Row]:
    """The rows as they may lie in a folder: without the words of a visitor's own table."""
    from swishdemo.datasets.table import wordless

    return [
        (table, row | {"config": wordless(row["config"])} if table == "jobs" else row)
        for table, row in rows
    ]


def _check(name: str, rows: Sequence[Row]) -> None:
    kind, _, key = name.partition("-")
    (first, row), *others = rows
    texts = ("kind", "visitor", "state", "config") if kind == "job" else ("visitor", "statement")
    sound = (
        first == ("jobs" if kind == "job" else "own_claims")
        and row.get("id") == key
        and all(isinstance(row.get(column), str) for column in texts)
        and row.get("state") not in ACTIVE
        and all(table == "reports" and each.get("job") == key for table, each in others)
        and (kind == "job" or not others)
    )
    if not sound:
        raise DamagedRecord("it is not what its name says")


class Archive:
    """Keeps a folder of copies as the database is, from a thread of its own.

    Nothing waits for the folder, whatever it does: it may be slow, full, or gone, and come back.

    Args:
        copies: What the database knows.
        folder: Where the copies lie; made where it is missing.
        tidy: Removes from the store what is more than may be kept; ``tidy("")`` looks at all
            visitors together.
        heard: Called with the id of each job that was read in.
        most_bytes: How much may be read in; None where `tidy` alone decides.
    """

    def __init__(
        self,
        copies: Copies,
        folder: Path,
        *,
        tidy: Callable[[str], None],
        heard: Callable[[str], None],
        most_bytes: int | None = None,
    ) -> None:
        self._copies = copies
        self._place = CopyFolder(folder, secrets.token_hex(8))
        self._tidy = tidy
        self._heard = heard
        self._most_bytes = most_bytes
        self._mark: str | None = None
        self._all_read = False
        self._settled: tuple[int, int] | None = None
        self._busy_since: float | None = None
        self._trouble: Trouble | None = None
        self._awake, self._closing = Event(), Event()
        copies.listen(self._awake.set)
        self._thread = Thread(target=self._run, name="archive", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> Trouble | None:
        """What keeps the folder from having everything; None where nothing does."""
        since = self._busy_since
        if since is not None and time.monotonic() - since > _SLOW_SECONDS:
            return "slow"
        return self._trouble

    def close(self, seconds: float = 5.0) -> None:
        """Write what is missing, and end; what takes longer is done after the next start."""
        self._closing.set()
        self._awake.set()
        self._thread.join(seconds)
        if self._thread.is_alive():
            _LOG.warning("%s does not answer; what it lacks is not written", self._place.folder)

    def _run(self) -> None:
        last, wait = False, _SHORTEST_WAIT
        while not last:
            last = self._closing.is_set()
            self._awake.clear()
            done = self._try_round()
            self._busy_since = None
            wait = _SHORTEST_WAIT if done else min(2 * wait, _LONGEST_WAIT)
            self._closing.wait(wait)
            if done and not self._closing.is_set():
                self._awake.wait(_LONGEST_WAIT)

    def _try_round(self) -> bool:
        try:
            self._round()
        except (OSError, StoreError) as error:
            self._fail(error)
        except Exception:
            _LOG.exception("the archive: internal error")
        else:
            if self._trouble:
                _LOG.warning("%s (SWISHDEMO_ARCHIVE_DIR) is written again", self._place.folder)
            self._trouble = None
            return True
        return False

    def _round(self) -> None:
        """Bring the folder up to date, once it is there and all in it has been read."""
        self._busy_since = time.monotonic()
        mark = self._place.mark(make=self._mark is None)
        if mark != self._mark:
            self._mark, self._all_read, self._settled = mark, False, None
        if not self._all_read and not self._closing.is_set():
            self._read_in(mark)
        self._catch_up(mark)

    def _still(self, mark: str) -> None:
        """See that the folder is the one that it was: where a mount is gone its place is bare.

        Raises:
            OSError: It is not.
        """
        self._busy_since = time.monotonic()
        if self._place.mark(make=False) != mark:
            raise OSError(errno.ESTALE, "another folder has taken its place")
        self._busy_since = time.monotonic()

    def _catch_up(self, mark: str) -> None:
        """Remove what is superfluous, and write what is missing."""
        state = self._copies.state()
        if state == self._settled:
            return
        self._remove(mark)
        failed: OSError | None = None
        for name in self._copies.missing(mark):
            try:
                self._write(name, mark)
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                failed = failed or error  # what is smaller may find room
            self._remove(mark)
        if failed:
            raise failed
        self._settled = state

    def _remove(self, mark: str) -> None:
        names = self._copies.superfluous(mark)
        if names:
            self._busy_since = time.monotonic()
            self._place.remove(names)
            self._still(mark)
            self._copies.forget(names, mark)

    def _write(self, name: str, mark: str) -> None:
        begun = self._copies.begin(name, mark)
        if begun is None:
            return
        number, before, rows = begun
        self._busy_since = time.monotonic()
        try:
            self._put(name, packed(_for_others(rows)), mark, again=before)
        except DamagedRecord as error:
            _LOG.warning("%s is not archived: %s", name, error)
            self._place.remove([name])
        self._still(mark)
        self._copies.done(name, mark, number)

    def _put(self, name: str, content: bytes, mark: str, *, again: bool) -> None:
        """Write a copy, anew where a server that started took the half of it for a dead one's."""
        for _ in range(_MOST_TRIES):
            with suppress(FileNotFoundError):
                self._place.write(name, content, again=again)
                return
            self._still(mark)
        raise OSError(errno.EAGAIN, f"{name} disappears while it is written")

    def _read_in(self, mark: str) -> None:
        """Read what is not here; the thread that also removes does it, so nothing comes back."""
        self._remove(mark)
        visitors, size, all_bytes, written = {""}, 0, 0, time.monotonic()
        for name in self._place.names():
            if self._closing.wait(_REST_SECONDS):
                return
            if self._most_bytes is not None and all_bytes > self._most_bytes:
                _LOG.warning("older runs stay in %s: there is no room", self._place.folder)
                break
            self._still(mark)
            if self._copies.knows(name, mark):
                continue
            rows = self._read(name, mark)
            visitors |= {row["visitor"] for table, row in rows if table == "jobs"}
            read = sum(len(str(row.get("value"))) for table, row in rows if table == "reports")
            size, all_bytes = size + read, all_bytes + read
            if size > _MOST_READ:
                self._tidy("")
                size = 0
            if time.monotonic() - written > _WRITE_SECONDS:
                self._catch_up_meanwhile(mark)
                written = time.monotonic()
        for visitor in visitors:
            self._tidy(visitor)
        self._all_read, self._settled = True, None

    def _catch_up_meanwhile(self, mark: str) -> None:
        try:
            self._catch_up(mark)
        except OSError as error:
            self._fail(error)

    def _read(self, name: str, mark: str) -> list[Row]:
        self._busy_since = time.monotonic()
        try:
            rows = self._place.read(name)
            self._copies.add(name, mark, rows)
        except FileNotFoundError:
            return []  # another server has removed it meanwhile
        except (
            DamagedRecord,
            OSError,
            StoreError,
            ValueError,
            OverflowError,
            MemoryError,
        ) as error:
            _LOG.warning("%s%s in %s is left out: %s", name, _SUFFIX, self._place.folder, error)
            return []
        kind, _, key = name.partition("-")
        if kind == "job":
            self._heard(key)
        return rows

    def _fail(self, error: OSError | StoreError) -> None:
        if isinstance(error, StoreError):
            if not self._closing.is_set():
                _LOG.warning("the archive waits for the store: %s", error)
            return
        found: Trouble = "gone"
        if error.errno in _NO_ROOM:
            found = "full"
        elif error.errno in _REFUSED:
            found = "write"
        if found != self._trouble:
            _LOG.warning(
                "%s (SWISHDEMO_ARCHIVE_DIR) cannot be used, and is tried again: %s",
                self._place.folder,
                error,
            )
        self._trouble = found
