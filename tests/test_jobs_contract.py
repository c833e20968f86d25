"""What holds of jobs wherever they run: the same for worker processes and for a lent GPU.

The lent GPU is a thread here; `test_zerogpu` has the processes of the real package.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_work import fake_kinds
from test_jobs_manager import until
from visiting import eventually

from swishdemo.errors import UserError
from swishdemo.jobs.job import Item, Job
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.jobs.zerogpu import GPU, Lease, Told, ZeroGPURunner, refusal, work_in
from swishdemo.settings import Settings

ANNA = "anna"
SLOW = {"steps": 40, "seconds": 0.02}
Make = Callable[..., JobManager]


class Lender:
    """Lends a GPU that is none; at ``cuts`` it is taken away after so many reports."""

    def __init__(self) -> None:
        self.cuts: list[int] = []
        self.under_way = 0
        self.at_once = 0
        self.free = threading.Event()
        self.free.set()
        self.told: list[Told] = []
        self._lock = threading.Lock()

    def __call__(self, lease: Lease) -> Iterator[Told]:
        with self._lock:
            self.under_way += 1
            self.at_once = max(self.at_once, self.under_way)
            left = self.cuts.pop(0) if self.cuts else -1
        try:
            assert self.free.wait(60)
            for told in work_in(lease):
                self.told.append(told)
                yield told
                left -= isinstance(told, Item)
                if left == 0:
                    raise RuntimeError("GPU task aborted")
        finally:
            with self._lock:
                self.under_way -= 1


@pytest.fixture
def lender() -> Lender:
    return Lender()


@pytest.fixture(params=["process", "zerogpu"])
def make(request: Any, tmp_path: Path, lender: Lender) -> Iterator[Make]:
    made: list[JobManager] = []

    def build(*, token: bool = True, **options: Any) -> JobManager:
        settings = Settings(data_dir=tmp_path)
        runner: Any = ProcessRunner(settings, grace_seconds=1.0)
        if request.param == "zerogpu":
            options = {"slice_seconds": 0.3, "grace_seconds": 1.0, **options}
            runner = ZeroGPURunner(lender, runner, lambda: token, **options)
        kinds = {
            name: replace(kind, work="fake_work:Resumable", device=lambda config: "auto")
            for name, kind in fake_kinds().items()
        }
        manager = JobManager(settings, Store(tmp_path), runner, known=kinds)
        made.append(manager)
        return manager

    yield build
    before = threading.active_count()
    for manager in made:
        manager.close()
        folder = getattr(manager.runner, "folder", None)
        assert folder is None or not folder.exists()
    assert lender.under_way == 0
    assert threading.active_count() <= before


def page(manager: JobManager, job: Job) -> None:
    """Asks for the next lease whenever a job waits for that, as an open page does."""

    def ended() -> None:
        now = manager.get(job.id)
        if now.rests == "page":
            manager.resume(job.id)
        assert not now.active

    eventually(ended)


def reports(manager: JobManager, job: Job) -> list[dict[str, Any]]:
    return [value for _, value in manager.reports(job.id)]


def test_the_same_config_and_seed_give_the_same_reports(make: Make) -> None:
    manager = make()
    jobs = [manager.submit("run", {**SLOW, "seed": seed}, ANNA) for seed in (3, 3, 4)]
    for job in jobs:
        page(manager, job)
    first, again, other = (reports(manager, job) for job in jobs)
    assert first == again != other
    assert [report["index"] for report in first] == list(range(40))
    assert manager.get(jobs[0].id).state == "finished"


def test_reports_arrive_while_it_runs(make: Make) -> None:
    manager = make()
    job = manager.submit("run", SLOW, ANNA)

    def some() -> None:
        now = manager.get(job.id)
        assert now.active and 0 < now.reports < 40

    eventually(some)
    page(manager, job)


def test_stop_keeps_what_there_is(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 10_000, "seconds": 0.02}, ANNA)
    eventually(lambda: some_of(manager, job))
    assert manager.stop(job.id).state == "stopped"
    eventually(lambda: settled(manager))
    kept = reports(manager, job)
    assert [report["index"] for report in kept] == list(range(len(kept))) != []


def some_of(manager: JobManager, job: Job) -> None:
    if manager.get(job.id).rests == "page":
        manager.resume(job.id)
    assert manager.get(job.id).reports > 2


def settled(manager: JobManager) -> None:
    assert manager._queue.snapshot() == {}


def test_pause_step_and_resume_lose_and_repeat_nothing(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 40, "seconds": 0.025, "seed": 5}, ANNA)
    eventually(lambda: some_of(manager, job))
    if manager.get(job.id).state == "running":
        manager.pause(job.id)
    until(manager, job, "paused")
    eventually(lambda: rests(manager, job))
    before = manager.get(job.id).reports
    manager.step(job.id)
    until(manager, job, "paused")
    eventually(lambda: rests(manager, job))
    assert manager.get(job.id).reports == before + 1
    manager.resume(job.id)
    page(manager, job)
    whole = manager.submit("run", {"steps": 40, "seed": 5}, ANNA)
    page(manager, whole)
    assert reports(manager, job) == reports(manager, whole)


def rests(manager: JobManager, job: Job) -> None:
    """Whether a paused job holds no device."""
    assert not any(live.job.id == job.id for live in holders(manager))


def holders(manager: JobManager) -> list[Any]:
    return [live for each in manager._queue._holders.values() for live in each]


@pytest.mark.parametrize(
    ("mode", "words"), [("user", "lr must be a finite number"), ("crash", "Internal error, id ")]
)
def test_an_error_is_a_state_with_its_reason(make: Make, mode: str, words: str) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 3, "mode": mode}, ANNA)
    failed = until(manager, job, "failed")
    assert failed.reason is not None and failed.reason.sentence().startswith(words)
    assert failed.reports == 3


@pytest.mark.parametrize("make", ["process"], indirect=True)  # a thread cannot be killed
def test_a_job_that_hangs_is_stopped_all_the_same(make: Make) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 1, "mode": "hang"}, ANNA)
    eventually(lambda: one(manager, job))
    assert manager.stop(job.id).state == "stopped"


def one(manager: JobManager, job: Job) -> None:
    assert manager.get(job.id).reports


def test_closing_says_so(make: Make, tmp_path: Path) -> None:
    manager = make()
    job = manager.submit("run", {"steps": 10_000, "seconds": 0.02}, ANNA)
    eventually(lambda: some_of(manager, job))
    manager.close()
    kept = Store(tmp_path).get(job.id)
    assert kept is not None and kept.state == "failed" and kept.reason is not None
    assert kept.reason.key == "jobs.interrupted"


# ---- Of a lent GPU alone ----


only_lent = pytest.mark.parametrize("make", ["zerogpu"], indirect=True)


@only_lent
@pytest.mark.parametrize("cut", [1, 2, 9])
def test_what_a_cut_lease_repeats_is_told_once(make: Make, lender: Lender, cut: int) -> None:
    lender.cuts = [cut, cut]
    manager = make(slice_seconds=60.0)
    job = manager.submit("run", {"steps": 20, "seconds": 0.02, "seed": 2}, ANNA)
    for _ in range(2):
        cut_off = until(manager, job, "paused")
        assert cut_off.reason is not None and cut_off.reason.key == "jobs.gpu.lost"
        assert cut_off.rests == "gpu"
        manager.resume(job.id)
    until(manager, job, "finished")
    whole = manager.submit("run", {"steps": 20, "seed": 2}, ANNA)
    until(manager, whole, "finished")
    assert reports(manager, job) == reports(manager, whole)


@only_lent
def test_a_job_that_rests_goes_on_on_the_cpu(make: Make, lender: Lender) -> None:
    lender.cuts = [3]
    manager = make(slice_seconds=60.0)
    job = manager.submit("run", {"steps": 20, "seconds": 0.02, "seed": 2}, ANNA)
    until(manager, job, "paused")
    manager.resume(job.id, device="cpu")
    until(manager, job, "finished")
    assert [report["index"] for report in reports(manager, job)] == list(range(20))


@only_lent
def test_without_a_token_it_goes_to_the_cpu_and_says_so(make: Make, lender: Lender) -> None:
    manager = make(token=False)
    job = manager.submit("run", {"steps": 3}, ANNA)
    ended = until(manager, job, "finished")
    assert ended.placement is not None and ended.placement.key == "jobs.gpu.no_token"
    assert lender.at_once == 0


@only_lent
def test_few_ask_for_a_gpu_at_once_and_none_waits_for_the_cpu(make: Make, lender: Lender) -> None:
    manager = make(slice_seconds=60.0)
    jobs = [manager.submit("run", SLOW, f"visitor {n}") for n in range(6)]
    assert [manager.get(job.id).state for job in jobs] == ["running"] * 4 + ["waiting"] * 2
    assert manager.get(jobs[5].id).position == 2
    assert len(manager._queue._holders[GPU]) == 4
    for job in jobs:
        until(manager, job, "finished")
    assert lender.at_once == 4


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "You have exceeded your free ZeroGPU quota (30s requested vs. 12s left). "
            "Try again in 1 day, 2:05:10. ",
            "30 s were requested, 12 s are left. More is available in 1566 min.",
        ),
        (
            "You have exceeded your ZeroGPU quota (38s requested vs. -3s left). "
            "Try again in 0:00:20. ",
            "38 s were requested, -3 s are left. More is available in 1 min.",
        ),
        ("Expired ZeroGPU proxy token", "The page’s pass to a GPU has expired."),
        ("GPU task aborted", "The GPU was taken away"),
        ("[Errno 32] Broken pipe", "The GPU was taken away"),
        ("handle is closed", "The GPU was taken away"),
        ("ZeroGPU API /schedule error: 500", "No GPU could be had: ZeroGPU API /schedule"),
    ],
)
def test_refusals_are_told_in_our_words(said: str, told: str) -> None:
    assert told in refusal(RuntimeError(said)).sentence()
    assert refusal(RuntimeError(said)).sentence("zh")


@only_lent
def test_a_job_stopped_while_it_asks_uses_nothing_of_what_then_comes(
    make: Make, lender: Lender
) -> None:
    lender.free.clear()
    manager = make(slice_seconds=60.0, grace_seconds=0.1)
    job = manager.submit("run", {"steps": 200, "seconds": 0.05}, ANNA)
    eventually(lambda: asks(manager, job))
    assert manager.stop(job.id).state == "stopped"
    eventually(lambda: settled(manager))
    lender.free.set()

    def given_back() -> None:
        assert lender.told and not lender.under_way

    eventually(given_back)
    assert sum(isinstance(told, Item) for told in lender.told) <= 1


def asks(manager: JobManager, job: Job) -> None:
    reason = manager.get(job.id).reason
    assert reason is not None and reason.key == "jobs.gpu.asked"


@only_lent
def test_a_resting_job_may_be_stopped_and_deleted(make: Make, lender: Lender) -> None:
    lender.cuts = [1, 1]
    manager = make(slice_seconds=60.0)
    first, second = (manager.submit("run", SLOW, ANNA) for _ in range(2))
    for job in (first, second):
        until(manager, job, "paused")
    assert manager.stop(first.id).state == "stopped"
    manager.delete(second.id)
    eventually(lambda: settled(manager))
    assert manager.get(first.id).reports == 1
    with pytest.raises(UserError):
        manager.get(second.id)
