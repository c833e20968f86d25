"""Jobs and a store with its archive, for tests and for the processes that these start.

It loads nothing else: what `test_archive` needs is a second of a process's start.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from swishdemo.jobs.archive import Archive
from swishdemo.jobs.job import Job
from swishdemo.jobs.store import Retention, Store

LIMITS = Retention(count=50, days=30, bytes=10**9, all_bytes=10**9)
JOB = Job("first", "run", "anna", {"steps": 3}, created_at=1000.0)
ENDED = replace(JOB, state="finished", visitor="a" * 40)


@contextmanager
def server(
    data: Path | None, folder: Path, *, now: float = 2000.0, **options: Any
) -> Iterator[tuple[Store, Archive]]:
    """A store with an archive; at its end all is written that can be."""
    store = Store(data)

    def tidy(visitor: str) -> None:
        store.prune(visitor, LIMITS, now=now)

    options = {"heard": lambda job_id: None, **options}
    kept = Archive(store.copies, folder, tidy=tidy, **options)
    try:
        yield store, kept
    finally:
        kept.close(20)
        store.close()


def until(condition: Callable[[], object]) -> None:
    """Wait for it, however busy the machine is."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def files(folder: Path) -> set[str]:
    """What lies in a folder beside its mark; nothing where it is not there."""
    found = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return found - {"archive.json"}


def copies(*ids: str) -> set[str]:
    return {f"job-{each}.jsonl.gz" for each in ids}


def content(folder: Path) -> bytes:
    """All bytes of a folder, unpacked, names too."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # just then removed, or renamed
            raw = path.read_bytes()
            found += [path.name.encode(), gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw]
    return b"\n".join(found)
