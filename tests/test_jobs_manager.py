"""The queue, the states, the visitors and the limits, with a real worker process."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fake_work import fake_kinds

from swishdemo import hardware
from swishdemo.errors import UserError
from swishdemo.jobs.job import Assignment, Job, Message, Paused, RunnerError
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessHandle, ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings

ANNA, BERT = "anna", "bert"
LONG = {"steps": 10_000, "seconds": 0.05}

Make = Callable[..., JobManager]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[JobManager] = []

    def make(*, busy_seconds: float = 3.0, pause_seconds: float = 900, **values: Any) -> JobManager:
        settings = replace(Settings(data_dir=tmp_path), **values)
        manager = JobManager(
            settings,
            Store(tmp_path, busy_seconds=busy_seconds),
            ProcessRunner(settings, grace_seconds=1.0),
            known=fake_kinds(),
            pause_seconds=pause_seconds,
        )
        made.append(manager)
        return manager

    yield make
    for manager in made:
        manager.close()


def until(manager: JobManager, job: Job, *states: str) -> Job:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        now = manager.get(job.id)
        if now.state in states:
            return now
        manager.wait_for(job.id, after=10**9, state=now.state, timeout=1)
    raise AssertionError(f"the job is {manager.get(job.id)}, not {states}")


def refused(call: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as caught:
        call()
    return caught.value


def test_a_job_runs_and_is_kept(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 4, "seed": 1}, ANNA, purpose="claim:cost")
    assert job.state == "running"
    done = until(manager, job, "finished")
    assert (done.step, done.steps, done.reports) == (4, 4, 4)
    assert done.summary == {"reports": 4, "last": 3}
    assert done.finished_at is not None and done.started_at is not None
    assert [report["index"] for _, report in manager.reports(job.id, ANNA)] == [0, 1, 2, 3]
    assert [report["index"] for _, report in manager.reports(job.id, ANNA, after=1)] == [2, 3]
    assert [job.id for job in manager.list(purpose="claim:cost")] == [done.id]
    assert manager.list(purpose="claim:other") == []
    assert manager.counts() == {"running": 0, "waiting": 0, "paused": 0}


def test_the_same_config_gives_the_same_reports(make: Make) -> None:
    manager = make()
    first, second = (manager.submit("run", {"seed": 5}, ANNA) for _ in range(2))
    until(manager, first, "finished")
    until(manager, second, "finished")
    assert manager.reports(first.id) == manager.reports(second.id)


def test_numbers_that_are_not_finite_are_stored_as_null(make: Make) -> None:
    manager = make()
    job = until(manager, manager.submit("run", {"mode": "nan"}, ANNA), "finished")
    assert [report["number"] for _, report in manager.reports(job.id)] == [None] * 5


def test_the_host_is_noted(make: Make) -> None:
    manager = make()
    job = until(manager, manager.submit("timing", {"mode": "host"}, ANNA), "finished")
    assert job.host == {"cpu": "a processor"}


def test_one_runs_the_others_wait_their_turn(make: Make) -> None:
    manager = make()
    first = manager.submit("run", LONG, ANNA)
    second = manager.submit("run", {}, BERT)
    third = manager.submit("timing", {}, ANNA)
    assert [manager.get(job.id).state for job in (first, second, third)] == [
        *("running", "waiting", "waiting")
    ]
    assert [manager.get(job.id).position for job in (first, second, third)] == [None, 1, 2]
    assert (manager.get(second.id).estimate_seconds or 0) > 0
    assert manager.counts() == {"running": 1, "waiting": 2, "paused": 0}
    manager.stop(second.id, BERT)
    assert manager.get(third.id).position == 1
    manager.stop(first.id, ANNA)
    assert until(manager, third, "finished").position is None
    assert manager.get(second.id).state == "stopped"
    assert manager.get(second.id).started_at is None


def test_those_that_may_share_the_processor_do_and_overtake_nobody(make: Make) -> None:
    manager = make()
    manager._queue._abreast = 2
    first, second = (manager.submit("run", LONG, ANNA, "claim:a", shares=True) for _ in "ab")
    until(manager, first, "running")
    until(manager, second, "running")
    third = manager.submit("run", LONG, ANNA, "claim:c", shares=True)
    alone = manager.submit("run", LONG, BERT)
    last = manager.submit("run", LONG, ANNA, "claim:d", shares=True)
    assert [manager.get(job.id).position for job in (third, alone, last)] == [1, 2, 3]
    manager.stop(first.id)
    until(manager, third, "running")
    manager.stop(second.id)
    time.sleep(0.5)
    assert [manager.get(job.id).state for job in (alone, last)] == ["waiting"] * 2
    manager.stop(third.id)
    until(manager, alone, "running")
    time.sleep(0.5)
    assert manager.get(last.id).state == "waiting"
    manager.stop(alone.id)
    until(manager, last, "running")


def test_on_a_gpu_nothing_is_shared(make: Make) -> None:
    manager = make()
    manager._queue._abreast = 2
    manager._kinds["run"] = replace(manager._kinds["run"], device=lambda config: "auto")
    hardware.tell(hardware.Hardware((hardware.Card("a card", 2**30, "sm_90"),), "CUDA 12.9"))
    first, second = (manager.submit("run", LONG, ANNA, shares=True) for _ in "ab")
    until(manager, first, "running")
    time.sleep(0.5)
    assert manager.get(second.id).state == "waiting"


def test_stopped_at_once_and_the_worker_goes_on_with_the_next(make: Make) -> None:
    manager = make()
    job = manager.submit("run", LONG, ANNA)
    manager.wait_for(job.id, after=0)
    assert manager.stop(job.id, ANNA).state == "stopped"
    count = manager.get(job.id).reports
    assert until(manager, manager.submit("run", {}, BERT), "finished")
    stopped = manager.get(job.id)
    assert stopped.reports - count <= 1
    assert stopped.reports == len(manager.reports(job.id))
    assert stopped.summary is not None
    assert manager.stop(job.id, ANNA).state == "stopped", "a second stop is harmless"


def test_a_stopped_job_that_hangs_gives_the_device_back(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 1, "mode": "hang"}, ANNA)
    manager.wait_for(job.id, after=-1)
    assert manager.stop(job.id, ANNA).state == "stopped"
    until(manager, manager.submit("run", {}, ANNA), "finished")


def test_other_visitors_see_nothing(make: Make) -> None:
    manager = make()
    job = manager.submit("run", LONG, ANNA)
    for wish in (
        *(manager.get, manager.reports, manager.stop, manager.pause, manager.resume),
        *(manager.step, manager.delete, manager.wait_for, manager.annotate),
    ):
        error = refused(lambda wish=wish: wish(job.id, BERT))  # type: ignore[misc]
        assert error.status == 404
        assert refused(lambda wish=wish: wish("x" * 10_000, BERT)).status == 404  # type: ignore[misc]
    assert manager.list(BERT) == []
    assert manager.get(job.id, ANNA).state == "running"


def test_a_full_queue_refuses(make: Make) -> None:
    manager = make(queue_limit=2)
    jobs = [manager.submit("run", LONG, ANNA) for _ in range(3)]
    error = refused(lambda: manager.submit("run", {}, BERT))
    assert error.status == 429
    assert isinstance(error.values["retry_seconds"], int) and error.values["retry_seconds"] >= 1
    manager.stop(jobs[1].id)
    manager.submit("run", {}, BERT)


def test_a_refused_request_leaves_no_job(make: Make) -> None:
    manager = make()
    assert refused(lambda: manager.submit("run", {"colour": 1}, ANNA)).status == 422
    assert refused(lambda: manager.submit("dance", {}, ANNA)).status == 503
    assert manager.list(ANNA) == []


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("crash", "Internal error"),
        ("user", "lr must be"),
        ("kill", "SIGKILL"),
        ("memory", "more memory"),
    ],
)
def test_a_failure_is_told_and_the_next_job_runs(make: Make, mode: str, words: str) -> None:
    manager = make()
    job = until(manager, manager.submit("run", {"mode": mode}, ANNA), "failed")
    assert job.reason is not None and words in job.reason.sentence()
    assert words in job.as_json()["reason"]
    assert len(manager.reports(job.id)) == 5, "what came before the failure is kept"
    until(manager, manager.submit("run", {}, ANNA), "finished")


def test_a_worker_killed_from_outside(make: Make, tmp_path: Path) -> None:
    manager = make()
    pid = tmp_path / "pid"
    until(manager, manager.submit("run", {"mode": "pid", "path": str(pid)}, ANNA), "finished")
    job = manager.submit("run", LONG, ANNA)
    until(manager, job, "running")
    assert manager.wait_for(job.id, after=-1, state="running").reports
    os.kill(int(pid.read_text("ascii")), signal.SIGKILL)
    failed = until(manager, job, "failed")
    assert failed.reason is not None and "SIGKILL" in failed.reason.sentence()
    until(manager, manager.submit("run", {}, ANNA), "finished")


def test_pause_lets_others_run_and_resume_goes_on(make: Make, tmp_path: Path) -> None:
    manager, gate = make(), tmp_path / "gate"
    first = manager.submit("run", {"steps": 30, "mode": "gate", "path": str(gate)}, ANNA)
    manager.wait_for(first.id, after=0)
    assert manager.pause(first.id, ANNA).state == "paused"
    second = manager.submit("run", {}, BERT)
    until(manager, second, "finished")
    rested = manager.get(first.id).reports
    assert rested < 30
    gate.touch()
    assert manager.resume(first.id, ANNA).state in ("running", "waiting")
    until(manager, first, "finished")
    assert [r["index"] for _, r in manager.reports(first.id)] == list(range(30))


def test_step_makes_one_report(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 10_000, "seconds": 0.02}, ANNA)
    manager.pause(job.id)
    for _ in range(3):
        until(manager, job, "paused")
        while any(manager._queue._holders.values()):  # it makes the report that it was about
            time.sleep(0.01)
        before = manager.get(job.id).reports
        manager.step(job.id)
        assert until(manager, job, "paused").reports == before + 1
    manager.stop(job.id)
    for wish in (manager.pause, manager.resume, manager.step):
        assert refused(lambda wish=wish: wish(job.id)).status == 409  # type: ignore[misc]


def test_a_rest_told_of_late_does_not_undo_the_step_asked_for_since(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, told, held = make(), threading.Event(), threading.Event()
    slow = threading.Event()
    job = manager.submit("run", {"steps": 10_000, "seconds": 0.5}, ANNA)
    until(manager, job, "running")
    while not manager.get(job.id).reports:
        time.sleep(0.01)
    handle = manager._queue.live(job.id).handle
    receive = handle.receive

    def slowly(timeout: float) -> Message | None:
        slow.set()
        message = receive(timeout)
        if isinstance(message, Paused) and not told.is_set():
            told.set()
            held.wait(30)
        return message

    monkeypatch.setattr(handle, "receive", slowly)
    assert slow.wait(30)
    manager.pause(job.id)
    assert told.wait(30)
    with manager._queue.changed:
        held.set()
        time.sleep(0.2)  # it is about to say that it rests
        before = manager.get(job.id).reports
        manager.step(job.id)
    assert until(manager, job, "paused").reports > before
    manager.stop(job.id)


def test_a_resumed_job_waits_for_the_device(make: Make) -> None:
    manager = make()
    first = manager.submit("run", LONG, ANNA)
    manager.pause(first.id)
    second = manager.submit("run", LONG, BERT)
    until(manager, second, "running")
    third = manager.submit("run", LONG, BERT)
    assert manager.resume(first.id).state == "waiting"
    assert [manager.get(job.id).position for job in (first, third)] == [1, 2]
    manager.stop(second.id)
    until(manager, first, "running")
    assert manager.get(third.id).position == 1


def test_too_many_paused(make: Make) -> None:
    manager = make()
    for _ in range(4):
        job = manager.submit("run", LONG, ANNA)
        until(manager, job, "running")
        manager.pause(job.id)
    job = manager.submit("run", LONG, ANNA)
    until(manager, job, "running")
    assert refused(lambda: manager.pause(job.id)).status == 409


def test_a_job_may_not_run_forever(make: Make) -> None:
    job = (manager := make(max_job_seconds=1)).submit("run", LONG, ANNA)
    stopped = until(manager, job, "stopped")
    assert stopped.reason is not None and "1 s" in stopped.reason.sentence()
    assert 1 <= stopped.seconds < 60, "not for ever"


def test_a_job_may_not_rest_forever(make: Make) -> None:
    manager = make(pause_seconds=0.3)
    job = manager.submit("run", LONG, ANNA)
    manager.pause(job.id)
    stopped = until(manager, job, "stopped")
    assert stopped.reason is not None and stopped.reason.key == "jobs.pause_limit"


@pytest.mark.parametrize("state", ["running", "waiting", "paused", "finished"])
def test_deleted_in_any_state(make: Make, state: str) -> None:
    manager = make()
    other = manager.submit("run", LONG, BERT) if state == "waiting" else None
    job = manager.submit("run", {} if state == "finished" else LONG, ANNA)
    if state == "paused":
        manager.pause(job.id)
    until(manager, job, state)
    manager.delete(job.id, ANNA)
    assert refused(lambda: manager.get(job.id, ANNA)).status == 404
    assert manager.list(ANNA) == []
    if other:
        manager.stop(other.id)
    until(manager, manager.submit("run", {}, BERT), "finished")
    assert refused(lambda: manager.get(job.id)).status == 404
    assert manager.list(ANNA) == []


def test_only_the_newest_are_kept(make: Make) -> None:
    manager = make(max_runs=2)
    jobs = []
    for _ in range(4):
        jobs.append(manager.submit("run", {"steps": 1}, ANNA))
        until(manager, jobs[-1], "finished")
        while manager._queue.snapshot():
            time.sleep(0.01)
    kept = manager.submit("run", {"steps": 1}, BERT)
    assert [job.id for job in manager.list(ANNA)] == [job.id for job in jobs[:0:-1]][:3]
    assert [job.id for job in manager.list(BERT)] == [kept.id]


def test_large_results_make_room_for_new_ones(make: Make) -> None:
    manager = make(max_megabytes=1)
    jobs = []
    for _ in range(3):  # 0.6 MB each
        jobs.append(manager.submit("run", {"steps": 30, "mode": "large"}, ANNA))
        until(manager, jobs[-1], "finished")
        while manager._queue.snapshot():
            time.sleep(0.01)
    manager.submit("run", {"steps": 1}, ANNA)
    assert [job.id for job in manager.list(ANNA)][1:] == [jobs[-1].id]


def test_waiting_for_a_report_or_a_change(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 3, "seconds": 0.1}, ANNA)
    assert manager.wait_for(job.id, ANNA, after=-1).reports >= 1
    assert manager.wait_for(job.id, ANNA, after=1).reports >= 3
    assert manager.wait_for(job.id, ANNA, after=50, state="running").state == "finished"
    assert manager.wait_for(job.id, ANNA, after=50).state == "finished"
    slow = manager.submit("run", {"steps": 1, "seconds": 600}, ANNA)
    assert manager.wait_for(slow.id, ANNA, timeout=0.1).reports == 0


def test_listeners_hear_of_changes_until_they_end(make: Make) -> None:
    manager = make()
    heard: list[str] = []
    end = manager.listen(heard.append)
    job = until(manager, manager.submit("run", {}, ANNA), "finished")
    assert heard.count(job.id) >= 6
    while manager._queue.snapshot():
        time.sleep(0.01)
    end()
    heard.clear()
    until(manager, manager.submit("run", {}, ANNA), "finished")
    assert heard == []


def test_a_locked_database_ends_the_job_and_refuses_the_next(make: Make, tmp_path: Path) -> None:
    manager = make(busy_seconds=0.2)
    job = manager.submit("run", LONG, ANNA)
    manager.wait_for(job.id, after=0)
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    failed = until(manager, job, "failed")
    assert failed.reason is not None and failed.reason.key == "jobs.unsaved.locked"
    rejected = manager.submit("run", {}, ANNA)
    assert rejected.state == "failed" and rejected.reason == failed.reason
    assert [found.id for found in manager.list(ANNA)] == [rejected.id, job.id]
    assert manager.list(BERT) == [] and manager.list(ANNA, purpose="claim:x") == []
    other.execute("ROLLBACK")
    other.close()
    until(manager, manager.submit("run", {}, ANNA), "finished")
    while manager._queue.snapshot():
        time.sleep(0.01)
    for known in (job, rejected):
        assert manager.get(known.id).state == "failed"
        stored = manager._store.get(known.id)
        assert stored is not None and stored.reason == failed.reason, "it is stored after all"


def test_only_so_many_unsaved_jobs_stand_in_memory(make: Make, tmp_path: Path) -> None:
    manager = make(busy_seconds=0.0)
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    jobs = [manager.submit("run", {}, ANNA) for _ in range(25)]
    assert [job.id for job in manager.list(ANNA)] == [job.id for job in jobs[:4:-1]]
    other.execute("ROLLBACK")
    other.close()
    until(manager, manager.submit("run", {}, BERT), "finished")
    assert len(manager._store.find(visitor=ANNA)) == 20


def test_a_full_disk_ends_the_job(make: Make) -> None:
    manager = make()
    job = manager.submit("run", LONG, ANNA)
    manager.wait_for(job.id, after=0)
    database = manager._store._database.connection
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    failed = until(manager, job, "failed")
    assert failed.reason is not None and failed.reason.key == "jobs.unsaved.full"
    database.execute("PRAGMA max_page_count = 1000000")
    until(manager, manager.submit("run", {}, ANNA), "finished")


class NoRunner:
    name, abreast = "none", 1

    def start(self, work: str, config: object, task: object = None) -> ProcessHandle:
        raise RunnerError("no processes left")

    places: ClassVar = {"host": 1}

    def assign(self, device: str) -> Assignment:
        return Assignment()

    def prepare(self, work: str) -> None: ...

    def close(self) -> None: ...


def test_without_a_worker_the_job_fails(tmp_path: Path) -> None:
    manager = JobManager(
        Settings(data_dir=tmp_path), Store(tmp_path), NoRunner(), known=fake_kinds()
    )
    for _ in range(2):
        job = until(manager, manager.submit("run", {}, ANNA), "failed")
        assert job.reason is not None and job.reason.key == "jobs.no_runner"
    manager.close()


def test_an_item_that_cannot_be_read_fails_the_job_alone(tmp_path: Path) -> None:
    def step(*given: object) -> int:
        raise KeyError("step")

    known = {"run": fake_kinds()["run"], "timing": replace(fake_kinds()["timing"], step=step)}
    settings = Settings(data_dir=tmp_path)
    manager = JobManager(settings, Store(tmp_path), ProcessRunner(settings), known=known)
    job = until(manager, manager.submit("timing", {}, ANNA), "failed")
    assert job.reason is not None and job.reason.key == "error.internal"
    until(manager, manager.submit("run", {}, ANNA), "finished")
    manager.close()


def test_closing_ends_everything_and_says_so(make: Make, tmp_path: Path) -> None:
    manager = make()
    jobs = [manager.submit("run", LONG, ANNA) for _ in range(2)]
    manager.wait_for(jobs[0].id, after=0)
    manager.close()
    assert refused(lambda: manager.submit("run", {}, ANNA)).status == 503
    again = Store(tmp_path)
    for job in jobs:
        kept = again.get(job.id)
        assert kept is not None and kept.state == "failed"
        assert kept.reason is not None and kept.reason.key == "jobs.interrupted"
    again.close()


def test_many_threads_at_once(make: Make) -> None:
    manager = make(queue_limit=1000)
    errors: list[BaseException] = []

    def visit(name: str) -> None:
        try:
            for number in range(6):
                job = manager.submit("run", {"steps": 3, "seed": number}, name)
                if number % 3 == 2:
                    manager.delete(job.id, name)
                elif number % 3 == 1:
                    with_state = manager.get(job.id, name)
                    if with_state.active:
                        with_suppressed(lambda job=job: manager.stop(job.id, name))  # type: ignore[misc]
                assert all(found.visitor == name for found in manager.list(name))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=visit, args=(f"visitor {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    last = manager.submit("run", {}, ANNA)
    until(manager, last, "finished")
    states = {job.state for n in range(8) for job in manager.list(f"visitor {n}")}
    assert states <= {"finished", "stopped"}


def with_suppressed(call: Callable[[], object]) -> None:
    try:
        call()
    except UserError as error:
        assert error.status == 409, error


def test_a_real_training_run_repeats_itself_but_for_the_clock(tmp_path: Path) -> None:
    manager = JobManager.open(Settings(data_dir=tmp_path))
    request = {"steps": 12, "seeds": 1, "rivals": ["relu"], "device": "cpu"}
    jobs = [manager.submit("run", request, ANNA) for _ in range(2)]
    first, second = (until(manager, job, "finished", "failed") for job in jobs)
    assert first.state == second.state == "finished", (first.reason, second.reason)
    assert (first.step, first.steps) == (12, 12)
    assert first.summary is not None and first.summary["step"] == 12

    def without_clock(job: Job) -> list[dict[str, Any]]:
        reports = [report for _, report in manager.reports(job.id)]
        clocks = ("_seconds", "_per_second")
        return [{k: v for k, v in r.items() if not k.endswith(clocks)} for r in reports]

    assert without_clock(first) == without_clock(second)
    assert {"index", "step", "beta", "loss", "accuracy"} <= set(without_clock(first)[0])
    manager.close()


def test_messages_are_what_the_contract_names() -> None:
    assert {kind.__name__ for kind in Message.__args__} == {  # type: ignore[attr-defined]
        *("Item", "Attached", "Tick", "Paused", "Finished", "Stopped", "Failed"),
        *("Checkpoint", "Notice", "Rested"),
    }
