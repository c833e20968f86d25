"""Keeps copies of what has ended in a folder that outlives the server's own disk.

A bucket's mount has no locks and uploads a file when it is closed: no database can lie there. So
each ended job, and each claim of a visitor's own, is one compressed file beside the others
(`swishdemo.jobs.copy_folder`), and a server that starts with an empty database has them again.

What is still to be written or removed is not queued: it follows from the database, whose triggers
number each change (`swishdemo.jobs.copies`). So it outlives a restart, and of several changes the
newest alone is written. A folder may be shared: each server reads in, at its start, what it has
not; what a server has in its database stays there until that server deletes it.
"""

from __future__ import annotations

import errno
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Literal

from swishdemo.jobs.copies import Copies
from swishdemo.jobs.copy_folder import SUFFIX, CopyFolder, DamagedRecord, Row, packed
from swishdemo.jobs.database import StoreError

_LOG = logging.getLogger(__name__)

Trouble = Literal["gone", "full", "write", "slow"]
"""Why the folder lacks something; a key of ``shell.unkept.archive``."""

_SLOW_SECONDS = 10.0
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_WRITE_SECONDS = 2.0
"""While all is read in, what is missing is written so often."""
_REST_SECONDS = 0.005
"""After each file that is read in: whoever asks for something comes first."""

_MOST_READ = 50_000_000
"""Bytes that are read in before it is seen to that no more is kept than may be."""

_MOST_TRIES = 5
"""Servers that start meanwhile, each of which removes once what others have half written."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


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
            self._put(name, packed(rows), mark, again=before)
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
            _LOG.warning("%s%s in %s is left out: %s", name, SUFFIX, self._place.folder, error)
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
