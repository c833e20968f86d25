"""Copies of ended jobs and claims in a folder that may do anything."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import api_server
import httpx
import pytest
from archived import ENDED, JOB, LIMITS, content, copies, files, server, until
from playwright.sync_api import expect
from serving import serving
from test_store import filled

from swishdemo.formats import dump
from swishdemo.jobs import archive, copy_folder
from swishdemo.jobs.archive import Archive
from swishdemo.jobs.copy_folder import CopyFolder, DamagedRecord, packed
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.store import Registered, Retention, Store
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, text
from swishdemo.ui.lab import Lab

CLAIM = Registered("own-1", "a" * 40, {"kind": "differs"}, "1.0", 5.0, {"gap": 1.5}, "cpu", 6.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits as long as it would for a bucket."""
    for name, seconds in (("_SHORTEST_WAIT", 0.01), ("_LONGEST_WAIT", 0.1)):
        monkeypatch.setattr(archive, name, seconds)


def write(folder: Path, *jobs: Job) -> None:
    with server(None, folder) as (store, _):
        for job in jobs:  # its reports are there when it ends, as everywhere
            store.append(job.id, 0, "Report", {"step": 1})
            store.save(job)


def found(folder: Path, data: Path | None = None, **options: Any) -> list[Job]:
    """The jobs of a server that starts on a folder, once it has read all."""
    with server(data, folder, **options) as (store, kept):
        until(lambda: kept._all_read)
        return store.find()


def test_a_server_with_an_empty_database_has_all_again(tmp_path: Path) -> None:
    share = replace(filled(), share="a-token")
    with server(tmp_path / "one", tmp_path / "archive") as (store, _):
        for job in (share, ENDED, replace(JOB, id="runs", state="running")):
            store.save(job)
        store.annotate("all", {"name": share.name, "note": share.note, "share": "a-token"})
        for number in range(3):
            store.append("first", number, "Report", {"step": number, "words": 'β\n\u2028\\"'})
        store.attach("first", {"content": "=" * 100})
        store.save(ENDED)
        store.claims.add(replace(CLAIM, evidence=None, host=None, checked_at=None))
        store.claims.decide("own-1", {"gap": 1.5}, "cpu", 6.0)
        was = {job.id: store.reports(job.id) for job in store.find()}
    assert files(tmp_path / "archive") == {*copies("all", "first"), "claim-own-1.jsonl.gz"}
    heard: list[str] = []
    with server(tmp_path / "two", tmp_path / "archive", heard=heard.append) as (store, kept):
        until(lambda: kept._all_read)
        until(lambda: kept._settled)
        assert {job.id: job for job in store.find()} == {"all": share, "first": ENDED}
        assert {job.id: store.reports(job.id) for job in store.find()} == {
            name: was[name] for name in ("all", "first")
        }
        assert store.attachment("first") == {"content": "=" * 100}
        assert store.shared("a-token") == share
        assert store.claims.of("a" * 40) == [CLAIM]
        assert store.get("first").visitor == "a" * 40
        with store._database.reading() as database:
            sizes = dict(database.execute("SELECT id, bytes FROM jobs"))
        assert sizes["first"] > 100, "they count among what is kept"
    assert sorted(heard) == ["all", "first"]


def test_what_is_read_in_is_not_written_again_nor_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "archive", ENDED)
    (path,) = (tmp_path / "archive").glob("job-*")
    before = path.stat().st_ino
    for _ in range(2):
        found(tmp_path / "archive", tmp_path / "data")
    assert path.stat().st_ino == before and caplog.messages == []


def test_what_an_older_database_has_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    store.save(ENDED)
    store.close()
    with server(tmp_path / "data", tmp_path / "archive"):
        until(lambda: files(tmp_path / "archive") == copies("first"))
    with server(tmp_path / "data", tmp_path / "other"):
        until(lambda: files(tmp_path / "other") == copies("first"))


def test_deleted_expired_evicted_and_unshared_leave_nothing(tmp_path: Path) -> None:
    jobs = [replace(ENDED, id=f"job{n}", created_at=1000.0 + n, note=f"note{n}") for n in range(6)]
    old = replace(ENDED, id="old", created_at=1.0, finished_at=1.0, note="expired")
    folder = tmp_path / "archive"
    with server(tmp_path / "data", folder) as (store, _):
        for job in (*jobs, old):
            store.save(job)
        store.annotate("job5", {"share": "a-token"})
        store.claims.add(CLAIM)
        until(lambda: b"a-token" in content(folder) and len(files(folder)) == 8)
        store.annotate("job5", {"share": None})
        until(lambda: b"a-token" not in content(folder))
        store.delete(["job0"])
        store.claims.delete(["own-1"])
        until(lambda: len(files(folder)) == 6)
        store.prune("a" * 40, replace_limits(count=3), now=1e6)
        until(lambda: files(folder) == copies("job3", "job4", "job5"))
        store.prune("", replace_limits(days=1), now=1e9)
        until(lambda: not files(folder))
    assert b"note" not in content(folder) and b"expired" not in content(folder)


def replace_limits(**changes: int) -> Retention:
    return replace(LIMITS, **changes)


def test_what_has_expired_meanwhile_is_removed_at_the_start(tmp_path: Path) -> None:
    write(tmp_path, ENDED, replace(ENDED, id="old", created_at=1.0, finished_at=1.0))
    now = 30 * 86_400 + 500.0
    assert [job.id for job in found(tmp_path, now=now)] == ["first"]
    assert files(tmp_path) == copies("first")


def gone(folder: Path) -> None:
    folder.rename(folder.with_name("away"))


def bare(folder: Path) -> None:
    """As where a mount is missing: its place is there, and is empty."""
    gone(folder)
    folder.mkdir()


def back(folder: Path) -> None:
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    folder.with_name("away").rename(folder)


@pytest.mark.parametrize("vanish", [gone, bare])
def test_what_is_done_while_the_folder_is_gone_is_done_when_it_is_back(
    tmp_path: Path, vanish: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "archive"
    with server(tmp_path / "data", folder) as (store, kept):
        for name in ("first", "second", "third"):
            store.save(replace(ENDED, id=name))
        store.annotate("second", {"share": "a-token"})
        until(lambda: len(files(folder)) == 3 and b"a-token" in content(folder))
        vanish(folder)
        store.delete(["first"])
        until(lambda: kept.trouble == "gone")
        store.annotate("second", {"share": None})
        store.save(replace(ENDED, id="fourth"))
        assert {job.id for job in store.find()} == {"second", "third", "fourth"}
        if vanish is bare:
            assert not copies("first", "second", "third", "fourth") & files(folder)
        back(folder)
        until(lambda: files(folder) == copies("second", "third", "fourth"))
        until(lambda: b"a-token" not in content(folder))
        until(lambda: kept.trouble is None)
        vanish(folder)
        store.delete(["third"])
        until(lambda: kept.trouble == "gone")
    assert {job.id for job in found(tmp_path / "nowhere", tmp_path / "data")} == {
        "second",
        "fourth",
    }
    back(folder)
    assert {job.id for job in found(folder, tmp_path / "data")} == {"second", "fourth"}
    assert files(folder) == copies("second", "fourth")
    told = [message for message in caplog.messages if "cannot be used" in message]
    assert len(told) == 2 and "SWISHDEMO_ARCHIVE_DIR" in told[0], "once each, not at each attempt"


def test_nothing_waits_for_a_folder_that_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, written = Event(), CopyFolder.write

    def blocked(self: CopyFolder, name: str, packed: bytes, *, again: bool) -> None:
        free.wait(60)
        written(self, name, packed, again=again)

    monkeypatch.setattr(CopyFolder, "write", blocked)
    monkeypatch.setattr(archive, "_SLOW_SECONDS", 0.1)
    store = Store(None)
    kept = Archive(store.copies, tmp_path, tidy=lambda visitor: None, heard=lambda job_id: None)
    for number in range(200):
        store.save(replace(ENDED, id="first", note=f"note {number}"))
    store.annotate("first", {"note": "the last", "share": "a-token"})
    store.save(replace(ENDED, id="gone"))
    until(lambda: kept.trouble == "slow")
    store.delete(["gone"])
    store.annotate("first", {"share": None})
    assert [job.note for job in store.find()] == ["the last"]
    kept.close(0.05)
    assert not free.is_set() and kept._thread.is_alive(), "it is not waited for"
    free.set()
    kept._thread.join(60)
    assert files(tmp_path) == copies("first")
    assert b"the last" in content(tmp_path) and b"a-token" not in content(tmp_path)
    store.close()


def test_what_was_deleted_while_it_was_being_written_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_it, free, written = Event(), Event(), CopyFolder.write

    def slow(self: CopyFolder, name: str, packed: bytes, *, again: bool) -> None:
        at_it.set()
        free.wait(60)
        written(self, name, packed, again=again)

    monkeypatch.setattr(CopyFolder, "write", slow)
    with server(tmp_path / "data", tmp_path / "archive") as (store, kept):
        store.save(ENDED)
        assert at_it.wait(60)
        store.delete(["first"])
        free.set()
        until(lambda: kept._settled == store.copies.state())
    assert files(tmp_path / "archive") == set()


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from archived import ENDED, Archive, Store, replace, until
from swishdemo.jobs import archive, copy_folder
archive._SHORTEST_WAIT = 0.01
plain = copy_folder._write
def killed(path, content):
    if path.name.startswith(sys.argv[3]):
        path.write_bytes(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    plain(path, content)
copy_folder._write = killed
def refuse(path, target):
    raise PermissionError(1, "Operation not permitted")
if not sys.argv[3].startswith("."):
    Path.replace = refuse
store = Store(Path(sys.argv[2]) / "data")
Archive(store.copies, Path(sys.argv[2]) / "archive", tidy=print, heard=print)
store.save(ENDED)
until(lambda: (Path(sys.argv[2]) / "archive" / "job-first.jsonl.gz").exists())
store.save(replace(ENDED, id="second", note="half a note"))
until(lambda: False)
"""


@pytest.mark.parametrize("where", [".job-second", "job-second"])
def test_of_a_process_killed_while_it_writes_nothing_half_is_read(
    tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", KILLED, here, tmp_path, where],
        cwd=here.parent,
        env={**os.environ, "PYTHONPATH": str(here.parent)},
        stdout=subprocess.DEVNULL,
    )
    assert done.returncode == -signal.SIGKILL
    folder = tmp_path / "archive"
    left = files(folder) - copies("first")
    assert len(left) > 0, "it was killed in the middle"
    caplog.clear()
    assert [job.id for job in found(folder)] == ["first"]
    if where.startswith("."):
        assert files(folder) == copies("first"), "the half is removed"
    else:
        assert any("job-second.jsonl.gz" in each and "left out" in each for each in caplog.messages)
    # Its own database has it whole, and writes it again.
    assert {job.id for job in found(folder, tmp_path / "data")} == {"first", "second"}
    assert {job.id for job in found(folder)} == {"first", "second"}


def test_where_nothing_can_be_renamed_copies_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(Path, "replace", refuse)
    write(tmp_path, ENDED)
    assert files(tmp_path) == copies("first")
    assert [job.id for job in found(tmp_path)] == ["first"]


def test_a_half_that_a_server_which_starts_takes_for_a_dead_ones_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, swept = copy_folder._write, []

    def meanwhile(path: Path, content: bytes) -> None:
        plain(path, content)
        if path.name.startswith(".job-first") and not swept:
            swept.append(CopyFolder(tmp_path, "another").names())

    with server(None, tmp_path) as (store, kept):
        until(lambda: kept._all_read)
        monkeypatch.setattr(copy_folder, "_write", meanwhile)
        store.save(ENDED)
        until(lambda: kept._settled == store.copies.state())
        assert swept == [[]] and files(tmp_path) == copies("first")


BESIDE = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from archived import ENDED, replace, server
from swishdemo.jobs import archive
archive._SHORTEST_WAIT = 0.001
name, folder = sys.argv[2], Path(sys.argv[3])
with server(None, folder) as (store, kept):
    for number in range(60):
        job = replace(ENDED, id=f"{name}-{number}", visitor=name, note="x" * 5000)
        store.append(job.id, 0, "Report", {"step": number})
        store.save(job)
        if number % 3 == 0:
            store.delete([f"{name}-{number // 2}"])
        for each in store.find()[number % 7 :: 9]:
            store.annotate(each.id, {"note": f"{name} was here"})
"""


def test_two_processes_write_and_delete_in_one_folder(tmp_path: Path) -> None:
    here = Path(__file__).parent
    running = [
        subprocess.Popen(
            [sys.executable, "-c", BESIDE, here, name, tmp_path],
            cwd=here.parent,
            env={**os.environ, "PYTHONPATH": str(here.parent)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for process in running:
        _, complained = process.communicate(timeout=120)
        assert process.returncode == 0 and "Traceback" not in complained, complained
    gone = {number // 2 for number in range(0, 60, 3)}
    left = {f"{name}-{number}" for name in ("one", "two") for number in {*range(60)} - gone}
    assert files(tmp_path) == copies(*left), "no half, and nothing that was deleted"
    assert {job.id for job in found(tmp_path)} == left


def test_what_another_server_has_deleted_does_not_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with server(tmp_path / "one", folder) as (one, at_one):
        one.save(ENDED)
        until(lambda: files(folder) == copies("first"))
        with server(tmp_path / "two", folder) as (two, _):
            until(lambda: two.get("first"))
            two.delete(["first"])
            until(lambda: not files(folder))
        one.annotate("first", {"note": "seen late"})
        until(lambda: at_one._settled == one.copies.state())
        assert files(folder) == set()


def test_what_another_server_deletes_while_it_is_written_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, other = copy_folder._write, CopyFolder(tmp_path, "another")

    def meanwhile(path: Path, content: bytes) -> None:
        plain(path, content)
        other.remove(["job-first"])

    with server(None, tmp_path) as (store, kept):
        store.save(ENDED)
        until(lambda: files(tmp_path) == copies("first"))
        monkeypatch.setattr(copy_folder, "_write", meanwhile)
        store.annotate("first", {"note": "seen late"})
        until(lambda: kept._settled == store.copies.state())
        assert files(tmp_path) == set()


def framed(body: bytes, **changes: Any) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    head = {"format": "swishdemo", "version": 1, "bytes": len(body), "sha256": digest, **changes}
    return gzip.compress(json.dumps(head).encode() + b"\n" + body, 1)


def lines(*rows: tuple[str, dict[str, Any]]) -> bytes:
    return b"\n".join(dump({table: row}).encode() for table, row in rows)


ROW = {
    **{"id": "bad", "kind": "run", "visitor": "anna", "state": "finished", "config": "{}"},
    **{"created_at": 1.0, "reports": 0, "step": 0, "seconds": 0.0, "summary": None},
}
WHOLE = framed(lines(("jobs", ROW)))
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no gzip": b"no gzip at all",
    "truncated": WHOLE[:-9],
    "one byte": WHOLE[:60] + bytes([WHOLE[60] ^ 1]) + WHOLE[61:],
    "no head": gzip.compress(lines(("jobs", ROW))),
    "a list for a head": gzip.compress(b"[]\n"),
    "a deep head": gzip.compress(b"[" * 900 + b"\n"),
    "a digest of another": framed(lines(("jobs", ROW)), sha256="0" * 64),
    "shorter than told": framed(lines(("jobs", ROW)), bytes=10**6),
    "longer than told": framed(lines(("jobs", ROW)), bytes=10),
    "larger than any": framed(lines(("jobs", ROW)), bytes=10**12),
    "a negative length": framed(lines(("jobs", ROW)), bytes=-1),
    "a later version": framed(lines(("jobs", ROW)), version=2),
    "another's": framed(lines(("jobs", ROW)), format="else"),
    "no rows": framed(b"{}"),
    "deep": framed(b'{"jobs":{"id":' + b"[" * 10**6 + b"]" * 10**6 + b"}}"),
    "many rows": framed(b"\n".join([b'{"reports":{"job":"bad"}}'] * 200_000)),
    "another table": framed(lines(("sqlite_master", {"name": "jobs"}))),
    "another column": framed(lines(("jobs", ROW | {"id) VALUES ('x'); --": 1}))),
    "another id": framed(lines(("jobs", ROW | {"id": "../../etc/passwd"}))),
    "active": framed(lines(("jobs", ROW | {"state": "running"}))),
    "no state": framed(lines(("jobs", ROW | {"state": None}))),
    "a number for a config": framed(lines(("jobs", ROW | {"config": 5}))),
    "a huge number": framed(lines(("jobs", ROW | {"step": 10**30}))),
    "half a letter": framed(lines(("jobs", ROW)).replace(b"anna", b"\\ud800")),
    "no date": framed(lines(("jobs", ROW | {"created_at": None}))),
    "two jobs": framed(lines(("jobs", ROW), ("jobs", ROW | {"id": "worse"}))),
    "another's report": framed(
        lines(("jobs", ROW), ("reports", {"job": "good", "number": 9, "name": "R", "value": "{}"}))
    ),
    "a token that is taken": framed(lines(("jobs", ROW | {"share": "a-token"}))),
    "a report twice": framed(
        lines(
            ("jobs", ROW),
            *[("reports", {"job": "bad", "number": 1, "name": "R", "value": "{}"})] * 2,
        )
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_record_is_left_out_alone(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, replace(ENDED, id="good"), replace(ENDED, id="fine"))
    with server(None, tmp_path) as (store, kept):
        until(lambda: kept._all_read)
        store.annotate("good", {"share": "a-token"})
    (tmp_path / "job-bad.jsonl.gz").write_bytes(HOSTILE[name])
    os.utime(tmp_path / "job-bad.jsonl.gz", (1, 1))  # read last
    with server(tmp_path / "data", tmp_path) as (store, kept):
        until(lambda: kept._all_read)
        assert {job.id for job in store.find()} == {"good", "fine"}
        assert [len(store.reports(each)) for each in ("good", "fine")] == [1, 1]
        assert kept.trouble is None
    (told,) = [each for each in caplog.messages if "left out" in each]
    assert "job-bad.jsonl.gz" in told
    assert "job-bad.jsonl.gz" in files(tmp_path), "it is left as it is"


def test_the_whole_one_of_them_is_read(tmp_path: Path) -> None:
    (tmp_path / "job-bad.jsonl.gz").write_bytes(WHOLE)
    assert [job.id for job in found(tmp_path)] == ["bad"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bombs = {"told": framed(b" " * 10**8, bytes=100), "untold": gzip.compress(b"x" * 10**8, 1)}
    tracemalloc.start()
    for name, bomb in bombs.items():
        (tmp_path / f"job-{name}.jsonl.gz").write_bytes(bomb)
        with pytest.raises(DamagedRecord):
            CopyFolder(tmp_path, "0").read(f"job-{name}")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
    assert found(tmp_path) == []


def test_what_is_no_file_and_what_is_not_ours_is_passed_by(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, ENDED)
    os.mkfifo(tmp_path / "job-pipe.jsonl.gz")
    (tmp_path / "job-folder.jsonl.gz").mkdir()
    (tmp_path / "whole").write_bytes(WHOLE)
    (tmp_path / "job-link.jsonl.gz").symlink_to("/dev/zero")
    (tmp_path / "job-bad.jsonl.gz").symlink_to("whole")
    for name in ("notes.txt", "job-.jsonl.gz", "job-a b.jsonl.gz", ".job-x.part", "claim.jsonl.gz"):
        (tmp_path / name).write_bytes(WHOLE)
    before = files(tmp_path)
    assert [job.id for job in found(tmp_path)] == ["first"]
    assert files(tmp_path) == before
    told = " ".join(each for each in caplog.messages if "left out" in each)
    assert all(name in told for name in ("job-pipe", "job-folder", "job-link"))


def test_what_a_server_that_was_killed_meanwhile_left_goes_with_the_job(tmp_path: Path) -> None:
    with server(None, tmp_path) as (store, kept):
        store.save(ENDED)
        until(lambda: kept._all_read and files(tmp_path) == copies("first"))
        for name in ("first", "other"):
            (tmp_path / f".job-{name}.0a.part").write_bytes(WHOLE[:50])
        store.delete(["first"])
        until(lambda: files(tmp_path) == {".job-other.0a.part"})
    assert [job.id for job in found(tmp_path)] == [] and files(tmp_path) == set()


def test_an_id_that_is_a_path_is_never_a_files_name(tmp_path: Path) -> None:
    with server(None, tmp_path / "archive") as (store, kept):
        for name in ("../out", "a/b", "", "x" * 300, "nul\0"):
            store.save(replace(ENDED, id=name))
        store.save(ENDED)
        until(lambda: kept._settled == store.copies.state())
        store.delete(["../out"])
        until(lambda: kept._settled == store.copies.state())
    assert files(tmp_path / "archive") == copies("first")
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_what_is_too_large_is_not_written_and_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(copy_folder, "_MOST_BYTES", 5000)
    with server(None, tmp_path) as (store, kept):
        store.save(replace(ENDED, id="large", note="x" * 6000))
        store.save(ENDED)
        until(lambda: kept._settled == store.copies.state())
        assert kept.trouble is None
    assert files(tmp_path) == copies("first")
    assert [each for each in caplog.messages if "job-large is not archived" in each]


FULL = """
import logging, resource, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from random import Random
from archived import ENDED, content, copies, files, replace, server, until
from swishdemo.jobs import archive
archive._SHORTEST_WAIT, archive._LONGEST_WAIT = 0.01, 0.1
logging.basicConfig()
folder = Path(sys.argv[2])
noise = Random(0).randbytes(400_000).hex()
with server(None, folder) as (store, kept):
    store.save(replace(ENDED, id="second"))
    until(lambda: files(folder) == copies("second"))
    if sys.argv[3] == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    store.save(replace(ENDED, note=noise))
    store.save(replace(ENDED, id="third"))
    until(lambda: kept.trouble == "full")
    until(lambda: files(folder) == copies("second", "third"))
    store.delete(["second"])
    until(lambda: files(folder) == copies("third"))
    assert len(store.find()) == 2
    if sys.argv[3] == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        Path(folder, "../filler").unlink()
    until(lambda: kept.trouble is None)
    assert files(folder) == copies("third", "first")
print("well")
"""
WITHIN = ("unshare", "--map-root-user", "--mount", "bash", "-c")


def within_a_mount(
    tmp_path: Path, mount: str, *command: object
) -> subprocess.CompletedProcess[str]:
    if subprocess.run([*WITHIN, f"{mount}; true", tmp_path], capture_output=True).returncode:
        pytest.skip("this host lets no user mount a file system (unshare --map-root-user)")
    here = Path(__file__).parent
    return subprocess.run(
        [*WITHIN, f'{mount} && exec "$@"', tmp_path, sys.executable, "-c", *command],
        cwd=here.parent,
        env={**os.environ, "PYTHONPATH": str(here.parent)},
        capture_output=True,
        text=True,
    )


def test_a_folder_that_is_full_has_what_finds_room(tmp_path: Path) -> None:
    here = Path(__file__).parent
    command = [sys.executable, "-c", FULL, here, tmp_path / "archive", "limit"]
    environment = {**os.environ, "PYTHONPATH": str(here.parent)}
    done = subprocess.run(
        command, cwd=here.parent, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "well\n", done.stderr
    assert done.stderr.count("cannot be used") == 1, done.stderr


def test_a_disk_that_is_full_has_what_finds_room(tmp_path: Path) -> None:
    mount = (
        'mount -t tmpfs -o size=1m tmpfs "$0" && mkdir "$0/archive" && '
        'dd if=/dev/zero of="$0/filler" bs=4096 count=200 2>/dev/null'
    )
    done = within_a_mount(
        tmp_path, mount, FULL, Path(__file__).parent, tmp_path / "archive", "disk"
    )
    assert done.stdout == "well\n", done.stderr


READ_ONLY = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from archived import ENDED, replace, server, until
from swishdemo.jobs import archive
archive._SHORTEST_WAIT = 0.01
with server(None, Path(sys.argv[2])) as (store, kept):
    until(lambda: store.get("first"))
    store.save(replace(ENDED, id="second"))
    until(lambda: kept.trouble == "write")
    assert len(store.find()) == 2
print("well")
"""


def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    write(tmp_path / "archive", ENDED)
    (tmp_path / "archive" / ".job-x.00.part").touch()
    mount = 'mount --bind "$0/archive" "$0/archive" && mount -o remount,bind,ro "$0/archive"'
    done = within_a_mount(tmp_path, mount, READ_ONLY, Path(__file__).parent, tmp_path / "archive")
    assert done.stdout == "well\n", done.stderr
    assert copies("first") < files(tmp_path / "archive")


def test_in_memory_no_more_is_read_in_than_finds_room_and_the_rest_stays(tmp_path: Path) -> None:
    jobs = [replace(ENDED, id=f"job{n}", created_at=1000.0 + n) for n in range(5)]
    with server(None, tmp_path) as (store, _):
        for job in jobs:
            store.append(job.id, 0, "Report", {"text": "x" * 1000})
            store.save(job)
    for number, job in enumerate(jobs):
        os.utime(tmp_path / f"job-{job.id}.jsonl.gz", (number, number))
    assert [job.id for job in found(tmp_path, most_bytes=1500)] == ["job4", "job3"]
    assert len(files(tmp_path)) == 5


def test_a_database_that_was_damaged_has_its_copies_written_again(tmp_path: Path) -> None:
    from swishdemo.jobs.database import _copy_what_is_whole, _open

    with server(tmp_path / "data", tmp_path / "archive") as (store, _):
        store.save(ENDED)
        store.annotate("first", {"share": "a-token"})
        until(lambda: b"a-token" in content(tmp_path / "archive"))
    store = Store(tmp_path / "data")
    store.annotate("first", {"share": None})
    anew = _open(tmp_path / "jobs.sqlite", 1.0)
    with store._database.reading() as database:
        _copy_what_is_whole(database, anew)
    anew.close()
    store.close()
    found(tmp_path / "archive", tmp_path)
    assert b"a-token" not in content(tmp_path / "archive")


def test_the_manager_tells_it_in_every_language(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    manager = JobManager.open(Settings(data_dir=tmp_path / "data", archive_dir=tmp_path / "file"))
    until(lambda: manager.unkept)
    assert manager.unkept == "archive.gone"
    manager.close()
    for trouble in ("gone", "full", "write", "slow"):
        assert len({text(f"shell.unkept.archive.{trouble}", each) for each in LANGUAGES}) == 2
    manager = JobManager.open(
        Settings(data_dir=tmp_path / "file", archive_dir=tmp_path / "archive")
    )
    assert manager.unkept is None, "what is in memory alone is archived"
    manager.close()
    command_line = JobManager.open(Settings(archive_dir=tmp_path / "other"), kept=False)
    command_line.close()
    assert not (tmp_path / "other").exists()


def test_no_word_of_a_table_is_in_a_copy(tmp_path: Path) -> None:
    from swishdemo.datasets.csv import read
    from swishdemo.training import TrainingConfig

    rows = "\n".join(
        f"{n}.25,{n}.75,{'ada-lovelace' if n % 2 else 'mary-shelley'}" for n in range(40)
    )
    table = read({"name": "patients.csv", "text": f"stature,mass_kg,patient\n{rows}\n"})
    config = TrainingConfig().replace(dataset="csv", csv=table)
    sweep = {"base": config.as_json(), "runs": []}
    with server(None, tmp_path) as (store, _):
        store.save(replace(ENDED, config=config.as_json()))
        store.save(replace(ENDED, id="sweep", kind="sweep", config=sweep))
        store.save(replace(ENDED, id="odd", config={"csv": {"columns": ["stature"]}}))
    assert len(files(tmp_path)) == 3
    told = content(tmp_path)
    for word in ("lovelace", "shelley", "patient", "stature", "mass_kg", "0.25,0.75"):
        assert word.encode() not in told
    kept = {job.id: job for job in found(tmp_path)}
    again = TrainingConfig.stored(kept["first"].config).csv
    assert again and (again.rows, len(again.columns), len(again.class_names)) == (40, 3, 2)
    assert TrainingConfig.stored(kept["sweep"].config["base"]).csv == again


def test_a_copy_holds_the_row_as_it_lies_in_the_table(tmp_path: Path) -> None:
    write(tmp_path, ENDED)
    told = content(tmp_path).decode()
    assert re.search(r'^\{"jobs":\{"id":"first","kind":"run","visitor":"a{40}"', told, re.M)
    assert '"server"' not in told and '"bytes":0' not in told
    assert packed([("jobs", {"id": "x"})]) == packed([("jobs", {"id": "x"})]), "the same each time"


class Visitor:
    """Asks a server as one visitor does."""

    def __init__(self, address: str, name: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=60, headers={"X-Visitor": name * 16})

    def __call__(self, path: str, given: Any = None, method: str | None = None) -> Any:
        """The answer's JSON, or its status where it has none or refuses."""
        method = method or ("GET" if given is None else "POST")
        answer = self._client.request(method, f"/api/{path}", json=given)
        return answer.json() if answer.is_success and answer.content else answer.status_code

    def ended(self, path: str) -> Any:
        """A job as it has ended."""
        with self._client.stream("GET", f"/api/{path}/events") as events:
            list(events.iter_lines())  # to its end
        ended = self(path)
        assert ended["finished_at"]
        return ended


TABLE = "stature,mass_kg,patient\n" + "\n".join(
    f"{n}.25,{n % 5}.75,{'lovelace' if n % 2 else 'shelley'}" for n in range(40)
)
SHORT = {"steps": 4, "seeds": 1, "rivals": []}


def asked_for(ask: Visitor) -> list[str]:
    """Start one of each kind; their addresses, once they have ended."""
    own = {"dataset": "csv", "csv": {"name": "patients.csv", "text": TABLE}}
    sweep = {"base": SHORT, "grid": {"depth": [2, 3]}}
    timing = {"variants": ["relu"], "elements": [256], "budget_seconds": 0.05}
    started = [
        *(f"runs/{ask('runs', given)['id']}" for given in (SHORT, {**SHORT, **own})),
        f"sweeps/{ask('sweeps', sweep)['id']}",
        f"timings/{ask('timings', timing)['id']}",
    ]
    for path in started:
        assert ask.ended(path)["state"] == "finished"
    return started


@contextmanager
def interface(folder: Path, **setting: str) -> Iterator[tuple[str, Lab]]:
    """The address of REST alone, on a lab of this process with its real engines."""
    lab = Lab.open(Settings.read({**os.environ, "SWISHDEMO_DATA_DIR": str(folder), **setting}))
    try:
        with api_server.serving(lab) as address:
            yield address, lab
    finally:
        lab.close()


@pytest.mark.parametrize(
    ("serving", "measured"),
    [(interface, "memory"), pytest.param(serving, "dead-relu", marks=pytest.mark.long)],
)
def test_a_restarted_space_has_all_of_its_visitors(
    tmp_path: Path, serving: Callable[..., AbstractContextManager[tuple[str, Any]]], measured: str
) -> None:
    folder = tmp_path / "archive"
    setting = {"SWISHDEMO_ARCHIVE_DIR": str(folder), "SPACE_ID": "someone/lab"}
    with serving(tmp_path / "one", **setting) as (address, _):
        ask, other = Visitor(address, "a"), Visitor(address, "b")
        started = asked_for(ask)
        shown = ask(started[0], {"shared": True, "name": "mine"}, "PATCH")["share"]
        hidden = ask(started[1], {"shared": True, "note": "a secret"}, "PATCH")["share"]
        assert other(f"runs/{shown}")["name"] == "mine"
        checked = ask(f"claims/{measured}/check", {})["jobs"]
        for path in checked:
            ask.ended(path.removeprefix("/api/"))
        verdicts = ask(f"claims/{measured}")["parts"]
        assert all(part["verdict"] != "not run" and part["evidence"] for part in verdicts)
        if measured == "dead-relu":
            assert all(part["evidence"]["settings"] for part in verdicts)
        stated = {"kind": "differs", "activation": "swish", "against": "relu", "at_most": 1}
        claim = ask("claims", stated)["id"]
        decided = ask(f"claims/{claim}/check", {})["parts"]
        until(lambda: len(files(folder)) == len(started) + len(checked) + 1)
        was = {path: ask(path) for path in started}
        reports = ask(f"{started[0]}/reports")
    with serving(tmp_path / "two", **setting) as (address, _):
        ask, other = Visitor(address, "a"), Visitor(address, "b")
        until(lambda: ask(f"claims/{claim}") != 404 and all(ask(path) != 404 for path in started))
        until(lambda: ask(f"claims/{measured}")["parts"] == verdicts)
        assert ask("health")["kept"] is True
        for path in (started[0], *started[2:]):
            assert ask(path) == was[path]
        assert ask(f"{started[0]}/reports") == reports
        assert ask(f"{started[0]}/export?format=json")["config"] == was[started[0]]["config"]
        assert {run["id"] for run in ask("runs")} == {
            each.partition("/")[2] for each in started[:2]
        }
        assert other("runs") == [] and other(started[0]) == 404
        assert other(f"runs/{shown}")["name"] == "mine"
        assert ask(f"claims/{claim}")["parts"] == decided
        assert [each["id"] for each in ask("claims/own")] == [claim] and other("claims/own") == []
        assert other(f"claims/{claim}", method="DELETE") == 404
        assert ask(started[1], {"shared": False}, "PATCH")["share"] is None
        assert ask(started[0], method="DELETE") == ask(f"claims/{claim}", method="DELETE") == 204
        told = content(folder)
        for word in (*TABLE.splitlines(), "lovelace", "stature", "patients", "a" * 16, "b" * 16):
            assert word.encode() not in told
        until(lambda: len(files(folder)) == len(started) + len(checked) - 1)
        until(lambda: hidden.encode() not in content(folder))
    for word in (shown, hidden, started[0].partition("/")[2], claim):
        assert word.encode() not in content(folder)
    assert b"a secret" in content(folder)
    with serving(tmp_path / "three", **setting) as (address, _):
        ask, other = Visitor(address, "a"), Visitor(address, "b")
        until(lambda: len(ask("runs")) == len(ask("sweeps")) == len(ask("timings")) == 1)
        assert ask(started[0]) == ask(f"claims/{claim}") == other(f"runs/{hidden}") == 404


@pytest.mark.long
def test_the_page_says_that_the_archive_is_gone(tmp_path: Path, browser: Any) -> None:
    (tmp_path / "file").touch()
    setting = {"SWISHDEMO_ARCHIVE_DIR": str(tmp_path / "file")}
    with (
        (tmp_path / "log").open("wb") as log,
        serving(tmp_path / "data", log=log, **setting) as (address, _),
    ):
        ask = Visitor(address, "a")
        until(lambda: ask("health")["kept"] is False)
        assert "folder does not answer" in ask("health")["unkept"]
        assert ask("runs", SHORT)["id"], "it costs no job"
        page = browser.new_page()
        page.goto(f"{address}/?lang=zh")
        expect(page.locator("#lab-footer")).to_contain_text("归档文件夹没有响应")
        page.close()
    assert (tmp_path / "log").read_text().count("(SWISHDEMO_ARCHIVE_DIR) cannot be used") == 1
