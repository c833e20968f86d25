"""Reads and writes a folder of copies: compressed files, each with a digest of its content."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import re
import secrets
import stat
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swishdemo.formats import dump

Row = tuple[str, dict[str, Any]]
"""The name of a table, and of a row the columns and their values."""

_FORMAT = "swishdemo"
_VERSION = 1
_MOST_BYTES = 128_000_000
"""Of one file, unpacked: the weights of the largest networks are a fifth of it."""
_MOST_LINES = 100_000

NAME = re.compile(r"(?:job|claim)-[A-Za-z0-9_-]{1,80}")
SUFFIX = ".jsonl.gz"
_PART = re.compile(rf"\.({NAME.pattern})\.[0-9a-f]+\.part")
_MARK = "archive.json"
"""The file that says which folder it is: without it a mount is missing, and its place is bare."""

_VALUE = rb'"(?:[^"\\]++|\\.)*+"|[-\w.+]{1,40}'
_LINE = re.compile(
    rb'\{"(?:jobs|reports|own_claims)":\{(?:"[a-z_]{1,40}":(?:' + _VALUE + rb"),?){1,60}+\}\}"
)
"""A row, and nothing within it that takes more memory than the line does."""

_NO_RENAMING = (errno.EXDEV, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


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
                name = entry.name.removesuffix(SUFFIX)
                with suppress(OSError):  # it can be read in though it cannot be written
                    if _PART.fullmatch(entry.name):
                        self._unlink(entry.name)
                    elif name != entry.name and NAME.fullmatch(name):
                        found.append((entry.stat(follow_symlinks=False).st_mtime, name))
        return [name for _, name in sorted(found, reverse=True)]

    def has(self, name: str) -> bool:
        """Whether there is a copy of that name."""
        try:
            os.lstat(self.folder / f"{name}{SUFFIX}")
        except FileNotFoundError:
            return False
        return True

    def write(self, name: str, content: bytes, *, again: bool) -> None:
        """Put a copy in the place of the one before, whole or not at all.

        With ``again`` only where there is one: else another server has deleted it, perhaps while
        this one was writing.
        """
        self._put(f"{name}{SUFFIX}", content, name, (lambda: self.has(name)) if again else None)

    def remove(self, names: Sequence[str]) -> None:
        """Remove copies, and what killed servers have half written of them."""
        for name in names:
            self._unlink(f"{name}{SUFFIX}")
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
        path = self.folder / f"{name}{SUFFIX}"
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
