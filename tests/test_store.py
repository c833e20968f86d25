"""What outlives a restart, and what a damaged or busy database does."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest
from archived import JOB, LIMITS
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo.formats import dump, finite
from swishdemo.jobs.database import StoreError
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.store import Retention, Store
from swishdemo.settings import Settings
from swishdemo.text import Sentence


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path, busy_seconds=0.1)
    yield store
    store.close()


def filled() -> Job:
    """A job in which no field has its default."""
    return Job(
        id="all",
        kind="timing",
        visitor="bert",
        config={"elements": [1, 2], "β": "σ"},
        created_at=1.5,
        state="failed",
        purpose="claim:cost",
        reason=Sentence("error.not_a_number", name="lr"),
        started_at=2.5,
        finished_at=3.5,
        reports=4,
        step=5,
        steps=6,
        seconds=7.5,
        summary={"best": None},
        host={"cpu": "x"},
        device="cuda",
        sparkline=(1.5, 0.5),
        name="first try",
        note="two\nlines",
        share="token",
    )


def test_a_job_is_read_as_it_was_written(store: Store) -> None:
    for job in (JOB, filled()):
        store.save(job)
        assert store.get(job.id) == job
    store.save(replace(JOB, state="running", step=2))
    assert store.get("first") == replace(JOB, state="running", step=2)
    assert store.get("absent") is None


def test_found_by_what_is_given_and_newest_first(store: Store) -> None:
    jobs = [
        replace(JOB, id=str(n), created_at=float(n % 3), visitor="ab"[n % 2], purpose=purpose)
        for n, purpose in enumerate([None, "claim:x", None, "claim:x"])
    ]
    for job in jobs:
        store.save(job)
    assert [job.id for job in store.find()] == ["2", "1", "3", "0"]
    assert [job.id for job in store.find(visitor="b")] == ["1", "3"]
    assert [job.id for job in store.find(visitor="b", purpose="claim:x", kind="run")] == ["1", "3"]
    assert store.find(kind="timing") == []
    assert store.find(visitor="' OR 1=1 --") == []


def test_reports_are_kept_in_order_and_numbered(store: Store) -> None:
    for number in range(12):
        store.append("first", number, "Report", {"loss": [number, float("nan"), float("-inf")]})
    store.append("second", 0, "HostCard", {"index": 77})
    found = store.reports("first", after=8)
    assert found == [("Report", {"loss": [n, None, None], "index": n}) for n in (9, 10, 11)], (
        "what is not finite is null"
    )
    assert [value["index"] for _, value in store.reports("first", limit=2)] == [0, 1]
    assert store.reports("second") == [("HostCard", {"index": 0})]
    with pytest.raises(StoreError):
        store.append("first", 3, "Report", {})
    store.delete(["first"])
    assert store.reports("first") == [] and len(store.reports("second")) == 1


def test_an_attachment_replaces_the_one_before_and_is_no_report(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(replace(JOB, state="running"))
    assert store.attachment("first") is None
    store.append("first", 0, "Report", {"step": 0})
    for step in range(3):
        store.attach("first", {"step": step, "content": "β" * 100})
    assert store.attachment("first") == {"step": 2, "content": "β" * 100}
    for after in (-1, -2, -100):
        assert [value["step"] for _, value in store.reports("first", after)] == [0]
    store.close()
    again = Store(tmp_path)
    job = again.get("first")
    assert job is not None and (job.state, job.reports) == ("failed", 1)
    assert again.attachment("first") == {"step": 2, "content": "β" * 100}
    again.save(job)
    with again._database.reading() as database:
        (size,) = database.execute("SELECT bytes FROM jobs").fetchone()
    assert 200 < size < 300, "the last attachment counts, and no earlier one"
    again.delete(["first"])
    assert again.attachment("first") is None
    again.close()


def test_what_has_ended_outlives_a_restart_and_the_rest_is_closed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    states = ("waiting", "running", "paused", "finished", "stopped", "failed")
    for state in states:
        store.save(replace(JOB, id=state, state=state))
        for number in range(3):
            store.append(state, number, "Report", {})
    store.close()
    again = Store(tmp_path)
    for state in states[3:]:
        assert again.get(state) == replace(JOB, id=state, state=state)
    for state in states[:3]:
        job = again.get(state)
        assert job is not None
        assert (job.state, job.reports) == ("failed", 3)
        assert job.reason is not None and "restarted" in job.reason.sentence()
        assert job.finished_at is not None
        assert len(again.reports(state)) == 3
    again.close()
    assert list(tmp_path.glob("server-*.lock")) == []


def test_another_living_servers_jobs_are_left_alone(store: Store, tmp_path: Path) -> None:
    store.save(replace(JOB, state="running"))
    other = Store(tmp_path)
    assert (found := other.get("first")) is not None and found.state == "running"
    other.save(replace(JOB, id="second"))
    other.close()
    third = Store(tmp_path)
    assert (found := third.get("first")) is not None and found.state == "running"
    assert (found := third.get("second")) is not None and found.state == "failed"
    third.close()


def die_with_a_running_job(folder: Path) -> None:
    Store(folder).save(replace(JOB, state="running"))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_servers_job_is_closed(tmp_path: Path) -> None:
    server = multiprocessing.get_context("spawn").Process(
        target=die_with_a_running_job, args=(tmp_path,)
    )
    server.start()
    server.join()
    assert server.exitcode == -signal.SIGKILL
    store = Store(tmp_path)
    assert (found := store.get("first")) is not None and found.state == "failed"
    store.close()


def test_only_the_newest_of_a_visitor_are_kept(store: Store) -> None:
    now = time.time()
    for n in range(6):
        ended = replace(JOB, id=str(n), state="finished", created_at=now + n, finished_at=now + n)
        store.save(ended)
        store.append(str(n), 0, "Report", {})
    store.save(replace(JOB, id="evidence", purpose="claim:x", state="finished", finished_at=now))
    store.save(replace(JOB, id="running", state="running", created_at=now - 99))
    store.save(replace(JOB, id="bert's", visitor="bert", state="finished", finished_at=now))
    store.prune("anna", replace(LIMITS, count=2))
    kept = {job.id for job in store.find()}
    assert kept == {"4", "5", "evidence", "running", "bert's"}
    assert store.reports("3") == [] and store.reports("5") != []


def test_what_is_too_old_goes_whoever_it_belongs_to(store: Store) -> None:
    now = time.time()
    for name, days in (("old", 31), ("young", 29)):
        ended = now - days * 86_400
        store.save(replace(JOB, id=name, visitor=name, state="failed", finished_at=ended))
    store.save(replace(JOB, id="evidence", purpose="c", state="finished", finished_at=1.0))
    store.save(replace(JOB, id="failed", purpose="c", state="failed", finished_at=1.0))
    store.prune("anna", LIMITS)
    assert {job.id for job in store.find()} == {"young", "evidence"}


def test_of_each_purpose_the_newest_evidence_stays_whatever_else_is_there(store: Store) -> None:
    now = time.time()
    for n in range(9):
        for purpose, state in (("a", "finished"), ("b", "finished"), ("a", "failed")):
            job = replace(JOB, id=f"{purpose} {state} {n}", purpose=purpose, state=state)
            store.save(replace(job, created_at=now + n, finished_at=now + n))
            store.append(job.id, 0, "Report", {"x": "y" * 100})
    store.prune("anna", LIMITS)
    kept = {f"{each} {n}" for each in ("a finished", "b finished", "a failed") for n in range(4, 9)}
    assert {job.id for job in store.find()} == kept
    store.prune("anna", replace(LIMITS, all_bytes=1, count=0, bytes=1))
    left = {job.id for job in store.find()}
    assert left >= {each for each in kept if "finished" in each}
    assert store.reports("a finished 8") and not store.reports("a finished 3")


def test_one_machines_evidence_does_not_drive_out_anothers(store: Store) -> None:
    now = time.time()
    old, new = ({"cpu": "a", "cores": cores, "load_average": 1.0} for cores in (2, 8))
    card = {"cpu": "a", "cores": 2, "gpu": "T4", "load_average": 2.0}
    for n in range(30):
        for name, host in {"old": old, "new": new, "card": card, "unknown": None}.items():
            started = now + n + 100 * (name != "old")
            own = {**host, "load_average": float(n)} if host else None
            job = replace(JOB, id=f"{name} {n}", purpose="c", state="finished", host=own)
            store.save(replace(job, created_at=started, finished_at=started))
    store.prune("anna", LIMITS)
    names = ("old", "new", "card", "unknown")
    assert {job.id for job in store.find()} == {
        f"{name} {n}" for name in names for n in range(25, 30)
    }


def test_evidence_of_countless_machines_is_bounded(store: Store) -> None:
    for n in range(60):
        job = replace(JOB, id=str(n), purpose="c", state="finished", host={"cpu": str(n)})
        store.save(replace(job, created_at=time.time() + n, finished_at=time.time()))
    store.prune("anna", LIMITS)
    assert {job.id for job in store.find()} == {str(n) for n in range(20, 60)}


def kept_of(
    store: Store, sizes: dict[str, int], limits: Retention, visitor: str = "anna"
) -> set[str]:
    """What a prune leaves of ended jobs with reports of these sizes, the oldest first."""
    for place, (name, size) in enumerate(sizes.items()):
        ended = replace(JOB, id=name, visitor=name.split()[0], created_at=float(place))
        store.append(name, 0, "Report", {"x": "é" * ((size - 8) // 2)})
        store.save(replace(ended, state="finished", finished_at=time.time()))
    store.prune(visitor, limits)
    return {job.id for job in store.find()}


def test_a_visitors_results_are_kept_up_to_their_size(store: Store) -> None:
    sizes = {"anna 1": 400, "anna 2": 400, "bert 1": 900, "anna 3": 500, "anna 4": 90}
    kept = kept_of(store, sizes, replace(LIMITS, bytes=1000))
    assert kept == {"anna 2", "anna 3", "anna 4", "bert 1"}, "bytes, not characters, are counted"
    assert store.reports("anna 1") == []
    store.prune("anna", replace(LIMITS, bytes=1))
    assert {job.id for job in store.find()} == {"anna 4", "bert 1"}, "the newest always stays"


def test_the_whole_store_has_a_size_too(store: Store) -> None:
    sizes = {"anna 1": 400, "bert 1": 400, "anna 2": 400, "cleo 1": 400}
    assert kept_of(store, sizes, replace(LIMITS, all_bytes=900), "dora") == {"anna 2", "cleo 1"}


def test_limits_are_those_of_the_settings() -> None:
    values = Settings(max_runs=1, keep_days=2, max_megabytes=3, store_megabytes=4)
    assert Retention.of(values) == Retention(count=1, days=2, bytes=3_000_000, all_bytes=4_000_000)


def test_results_of_an_interrupted_job_count(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for place, name in enumerate(("old", "new")):
        store.save(replace(JOB, id=name, state="running", created_at=float(place)))
        store.append(name, 0, "Report", {"x": "y" * 500})
    store.close()
    again = Store(tmp_path)
    again.prune("anna", replace(LIMITS, bytes=900))
    assert [job.id for job in again.find()] == ["new"]
    again.close()


def test_what_the_owner_says_is_not_lost_to_the_jobs_own_saves(store: Store) -> None:
    store.save(JOB)
    store.annotate("first", {"name": "mine", "note": "a note", "share": "token"})
    store.save(replace(JOB, state="finished", finished_at=2000.0))
    found = store.shared("token")
    assert found is not None and found.state == "finished"
    assert (found.name, found.note, found.share) == ("mine", "a note", "token")
    store.annotate("first", {"share": None})
    assert store.shared("token") is None
    assert store.get("first") == replace(found, share=None)


def test_two_jobs_never_have_one_token(store: Store) -> None:
    for name in ("one", "two"):
        store.save(replace(JOB, id=name))
    store.annotate("one", {"share": "token"})
    with pytest.raises(StoreError):
        store.annotate("two", {"share": "token"})
    assert (found := store.shared("token")) is not None and found.id == "one"


def old_database(path: Path) -> None:
    """A database as its first version wrote it, with one job."""
    database = sqlite3.connect(path)
    database.executescript(
        """CREATE TABLE jobs (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, visitor TEXT NOT NULL, purpose TEXT,
            server TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, config TEXT NOT NULL,
            created_at REAL NOT NULL, started_at REAL, finished_at REAL,
            reports INTEGER NOT NULL, step INTEGER NOT NULL, steps INTEGER, seconds REAL NOT NULL,
            summary TEXT, host TEXT
        );
        CREATE TABLE reports (
            job TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (job, number)
        ) WITHOUT ROWID;
        INSERT INTO jobs VALUES ('first', 'run', 'anna', NULL, 'gone', 'finished', NULL,
            '{"steps": 3}', 1000.0, NULL, NULL, 1, 0, NULL, 0.0, NULL, NULL);
        INSERT INTO reports VALUES ('first', 0, 'Report', '{"loss":[1.0]}');
        PRAGMA user_version = 1;"""
    )
    database.close()


def test_runs_of_an_earlier_version_are_kept(tmp_path: Path) -> None:
    old_database(tmp_path / "jobs.sqlite")
    for _ in range(2):  # the second opening finds nothing to change
        store = Store(tmp_path)
        assert store.get("first") == replace(JOB, state="finished", reports=1)
        assert store.reports("first") == [("Report", {"loss": [1.0], "index": 0})]
        store.close()
    assert list(tmp_path.glob("jobs.damaged-*")) == []


def test_two_servers_bring_one_database_up_to_date(tmp_path: Path) -> None:
    old_database(tmp_path / "jobs.sqlite")
    stores: list[Store] = []
    threads = [Thread(target=lambda: stores.append(Store(tmp_path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 6 and all(store.get("first") for store in stores)
    assert list(tmp_path.glob("jobs.damaged-*")) == []
    for store in stores:
        store.close()


@pytest.mark.parametrize("damage", [b"this is no database" * 100, b"SQLite format 3\0" + b"x" * 99])
def test_a_damaged_database_is_put_aside(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(damage)
    store = Store(tmp_path)
    store.save(JOB)
    assert store.get("first") == JOB
    store.close()
    aside = list(tmp_path.glob("jobs.damaged-*"))
    assert [path.read_bytes() for path in aside] == [damage]


def test_a_database_of_another_version_is_put_aside(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "jobs.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    store = Store(tmp_path)
    store.save(JOB)
    store.close()
    assert len(list(tmp_path.glob("jobs.damaged-*"))) == 1


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "absent" / "folder")
    assert store.unkept is None and (tmp_path / "absent" / "folder" / "jobs.sqlite").exists()
    store.close()


def only_its_files(folder: Path) -> None:
    for file in folder.glob("jobs.sqlite*"):
        file.unlink()


@pytest.mark.parametrize("remove", [shutil.rmtree, only_its_files])
def test_a_database_that_is_removed_while_it_is_open_is_written_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, remove: Callable[[Path], None]
) -> None:
    folder = tmp_path / "data"
    store = Store(folder)
    store.save(filled())
    store.append("all", 0, "Report", {"step": 0})
    for step in range(1, 3):
        remove(folder)
        assert store.get("all") == filled(), "what was there can still be read"
        store.append("all", step, "Report", {"step": step})
        assert "was removed; it is written anew" in caplog.messages[-1]
    store.annotate("all", {"name": "named"})
    assert len(caplog.messages) == 2
    store.close()
    again = Store(folder)
    assert again.get("all") == replace(filled(), name="named")
    assert [report["step"] for _, report in again.reports("all")] == [0, 1, 2]
    again.close()


def test_where_it_cannot_be_written_anew_what_was_there_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store = Store(folder)
    store.save(filled())
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(StoreError) as caught:
        store.append("all", 0, "Report", {"step": 0})
    assert caught.value.cause == "write" and store.get("all") == filled()
    folder.unlink()
    store.append("all", 0, "Report", {"step": 0})
    store.close()
    again = Store(folder)
    assert again.get("all") == filled() and len(again.reports("all")) == 1
    again.close()


def a_file(folder: Path) -> None:
    folder.touch()


def in_a_file(folder: Path) -> Path:
    folder.touch()
    return folder / "deeper"


def nowhere(folder: Path) -> Path:
    return Path("/proc/nothing")


def a_long_name(folder: Path) -> Path:
    return folder / ("x" * 300)


def a_link_to_nothing(folder: Path) -> None:
    folder.symlink_to("/proc/nothing")


def a_folder_for_a_database(folder: Path) -> None:
    (folder / "jobs.sqlite").mkdir(parents=True)


def no_file_may_grow(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


@pytest.mark.parametrize(
    "fault",
    [
        *(a_file, in_a_file, nowhere, a_long_name, a_link_to_nothing),
        *(a_folder_for_a_database, no_file_may_grow),
    ],
)
def test_where_nothing_can_be_written_jobs_are_kept_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Callable[[Path], Path | None]
) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = tmp_path / "data"
    try:
        folder = fault(folder) or folder
        store = Store.open(folder)
        assert store.unkept == "write"
        (logged,) = caplog.messages
        assert f"{folder} (SWISHDEMO_DATA_DIR) cannot be used" in logged
        works(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def works(store: Store) -> None:
    """A store holds a job and its reports, as one on disk does."""
    job = replace(filled(), purpose=None)
    store.save(job)
    store.append("all", 0, "Report", {"step": 0})
    store.annotate("all", {"name": "named"})
    assert store.get("all") == replace(job, name="named")
    assert store.reports("all") == [("Report", {"step": 0, "index": 0})]
    store.prune("bert", Retention(0, 0, 0, 0))
    assert store.find() == []
    store.close()


@pytest.mark.parametrize("mode", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_database_that_is_locked_at_the_start_is_left_alone(tmp_path: Path, mode: str) -> None:
    Store(tmp_path).close()
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute(f"BEGIN {mode}")
    store = Store.open(tmp_path, busy_seconds=0.1)
    assert store.unkept == "locked"
    works(store)
    other.execute("ROLLBACK")
    other.close()
    assert list(tmp_path.glob("server-*.lock")) == [], "it left no sign of life"
    again = Store.open(tmp_path)
    assert again.unkept is None
    works(again)


ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from random import Random
from test_store import Store, works
store = Store.open(Path(sys.argv[1]))
print(store.unkept)
works(store)
"""


@pytest.mark.parametrize(
    ("options", "before", "unkept"),
    [
        ("size=1m", 'dd if=/dev/zero of="$0/filler" bs=4096 2>/dev/null', "full"),
        ("nr_inodes=1", "true", "full"),
        ("size=1m", 'mount -o remount,bind,ro "$0"', "write"),
        ("size=1m", "true", "None"),
    ],
)
def test_a_disk_that_is_full_or_may_only_be_read_at_the_start(
    tmp_path: Path, options: str, before: str, unkept: str
) -> None:
    within = ("unshare", "--map-root-user", "--mount", "bash", "-c")
    mount = f'mount -t tmpfs -o {options} tmpfs "$0" && {{ {before}; true; }} && exec "$@"'
    if subprocess.run([*within, mount, tmp_path, "true"], capture_output=True).returncode:
        pytest.skip("this host lets no user mount a file system (unshare --map-root-user)")
    done = subprocess.run(
        [*within, mount, tmp_path, sys.executable, "-c", ON_A_SMALL_DISK, tmp_path],
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[1]}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, unkept), done.stderr


def test_a_damaged_database_that_cannot_be_put_aside_is_left(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(b"no database " * 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        store = Store.open(tmp_path)
    assert store.unkept == "write"
    works(store)


def test_in_memory_less_is_kept_than_on_a_disk(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    manager = JobManager.open(Settings(data_dir=tmp_path / "file", store_megabytes=2_000))
    assert manager.unkept == "write" and manager.settings.store_megabytes == 200
    manager.close()


def refuse(path: Path, target: Path) -> Path:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_a_locked_database_is_told_and_recovers(store: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        store.save(JOB)
    assert caught.value.cause == "locked"
    assert store.find() == [], "it can still be read"
    other.execute("ROLLBACK")
    other.close()
    store.save(JOB)
    assert store.get("first") == JOB


def test_a_full_disk_is_told_and_leaves_no_half(store: Store) -> None:
    store.save(JOB)
    pages = store._database.connection.execute("PRAGMA page_count").fetchone()[0]
    store._database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as caught:
        for number in range(10_000):
            store.append("first", number, "Report", {"text": "x" * 1000})
    assert caught.value.cause == "full"
    assert [value["index"] for _, value in store.reports("first")] == list(range(number))
    store._database.connection.execute("PRAGMA max_page_count = 100000")
    store.append("first", number, "Report", {})


def test_many_threads_write_and_read(store: Store) -> None:
    errors: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(50):
                store.append(name, number, "Report", {"n": number})
                store.save(replace(JOB, id=name, reports=number + 1))
                assert len(store.reports(name)) == number + 1
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=write, args=(f"job {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {job.reports for job in store.find()} == {50}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=30, deadline=None)
@given(value=ANYTHING)
def test_json_of_anything_is_strict(value: Any) -> None:
    check_strict(value)


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(value=ANYTHING)
def test_json_of_much_else_is_strict(value: Any) -> None:
    check_strict(value)


def check_strict(value: Any) -> None:
    def refuse(word: str) -> float:
        raise AssertionError(word)

    assert json.loads(dump(value), parse_constant=refuse) == finite(value)


def test_every_field_of_a_job_is_told_but_its_owner() -> None:
    told = filled().as_json()
    assert "bert" not in json.dumps(told)
    assert told["created_at"] == "1970-01-01T00:00:01+00:00"
    assert told["reason"] == "lr must be a finite number."
    assert filled().as_json("zh")["reason"] == "lr 必须是有限的数。"
    assert "jobs.unknown_key" in Sentence("jobs.unknown_key").sentence()


@pytest.mark.parametrize("seed", [*range(5), *range(6, 9)])
def test_of_a_database_with_damaged_pages_what_is_whole_goes_on(tmp_path: Path, seed: int) -> None:
    path, page = tmp_path / "jobs.sqlite", 4096
    store = Store(tmp_path)
    for number in range(60):
        store.save(replace(JOB, id=f"job {number}", created_at=float(number)))
        for report in range(4):
            store.append(f"job {number}", report, "Tick", {"step": report, "text": "x" * 900})
    store.close()
    whole = bytearray(path.read_bytes())
    random = Random(seed)
    for at in random.sample(range(1, len(whole) // page), 3):  # the first holds the schema
        whole[at * page : (at + 1) * page] = random.randbytes(page)
    path.write_bytes(whole)
    store = Store(tmp_path)
    refused = 0
    while True:  # once for what is found only as it is read
        try:
            jobs = store.find()
            read = [store.reports(job.id) for job in jobs]
            store.save(replace(JOB, id="new"))
            break
        except StoreError:
            refused += 1
            assert refused == 1
    assert len(jobs) >= 30 and sum(map(len, read)) >= 120  # of 60 and 240
    store.close()
    again = Store(tmp_path)
    assert {job.id for job in again.find()} == {job.id for job in jobs} | {"new"}
    again.close()
