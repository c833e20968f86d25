"""A timing whose worker dies goes on with what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from swishdemo.jobs.kinds import kinds, measurements
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.timing import REGISTRY, TimingRequest
from swishdemo.timing.request import remaining

REQUEST = TimingRequest(
    activation="swish", variants=("relu", "gelu", "silu"), elements=(64, 128, 256)
)
WHY = "jobs.worker_killed_memory"


def told(elements: int, *names: str, final: bool = True):
    blanks = [REQUEST.blank(REGISTRY.get(name), elements) for name in names]
    return [replace(blank, block_seconds=(1.0,), final=final) for blank in blanks]


def test_the_variant_that_was_being_prepared_is_left_out_from_there_on():
    done = told(64, "relu", "gelu", "silu") + told(128, "relu", final=False)
    lost, rest = remaining(REQUEST, done, WHY)
    assert [(m.variant, m.elements) for m in lost] == [("gelu", 128), ("gelu", 256)]
    assert all(m.unavailable.key == "time.unavailable.killed" and m.final for m in lost)
    assert rest == REQUEST.replace(variants=("relu", "silu"), elements=(128, 256))


def test_other_ends_are_told_otherwise():
    (lost, *_), _ = remaining(REQUEST, [], "jobs.worker_ended")
    assert (lost.variant, lost.unavailable.key) == ("relu", "time.unavailable.died")
    (lost, *_), _ = remaining(REQUEST, [], "jobs.gpu_failed")
    assert (lost.variant, lost.unavailable.key) == ("relu", "time.unavailable.gpu_failed")


def test_among_the_blocks_of_all_nobody_is_blamed():
    done = told(64, "relu", "gelu", "silu", final=False)
    lost, rest = remaining(REQUEST, done, WHY)
    assert lost == ()
    assert rest == REQUEST.replace(elements=(128, 256))


def test_in_the_end_nothing_is_left():
    whole = [m for size in REQUEST.elements for m in told(size, "relu", "gelu", "silu")]
    assert remaining(REQUEST, whole, WHY) is None
    cut = whole[:-3] + told(256, "relu", "gelu", "silu", final=False)
    assert remaining(REQUEST, cut, WHY) is None
    assert remaining(REQUEST.replace(variants=("relu",)), [], WHY) is None


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobManager]:
    """Timings as they are, and as ``deadly`` and ``lossy``, in one warm worker for all tests."""
    folder, known = tmp_path_factory.mktemp("data"), dict(kinds())
    for work in ("deadly", "lossy"):
        known[work] = replace(known["timing"], work=f"fake_work:{work}")
    settings = Settings(data_dir=folder)
    manager = JobManager(settings, Store(folder), ProcessRunner(settings), known=known)
    yield manager
    manager.close()


@pytest.mark.parametrize(
    ("work", "told"),
    [
        ("deadly", "killed by the system"),
        # `test_jobs_gpu` has such a process, and `test_other_ends_are_told_otherwise` its reason.
        pytest.param(
            *("lossy", "it left the GPU in a state from which only"), marks=pytest.mark.long
        ),
    ],
)
def test_a_killed_worker_costs_one_variant_and_no_other(
    manager: JobManager, work: str, told: str
) -> None:
    wanted = {"variants": ["relu", "gelu", "silu"], "elements": [64, 128]}
    job = manager.submit(work, {**wanted, "budget_seconds": 0.05}, "anna")
    until = time.monotonic() + 300
    while (job := manager.get(job.id)).active and time.monotonic() < until:
        time.sleep(0.05)
    assert job.state == "finished", job.reason and job.reason.sentence()
    found = measurements(manager.reports(job.id))
    timed = {(m["variant"], m["elements"]) for m in found if m["median_seconds"]}
    assert timed == {(name, size) for name in ("relu", "silu") for size in (64, 128)}
    lost = {(m["variant"], m["elements"]): m["unavailable"] for m in found}
    for size in (64, 128):
        assert told in lost["gelu", size]


def test_the_plain_allocator_is_measured_in_a_process_without_tunables(manager: JobManager) -> None:
    for allocator, is_tuned in (("tuned", True), ("plain", False)):
        wanted = {"variants": ["relu"], "elements": [64], "budget_seconds": 0.05}
        job = manager.submit("timing", {**wanted, "allocator": allocator}, "anna")
        while (job := manager.get(job.id)).active:
            time.sleep(0.05)
        assert job.state == "finished"
        assert job.host["allocator_is_tuned"] is is_tuned
        (found,) = measurements(manager.reports(job.id))
        assert found["allocator"] == allocator


def test_what_pytorch_s_profiler_says_is_no_dead_worker_s_last_word(manager: JobManager) -> None:
    wanted = {"variants": ["relu", "silu"], "elements": [64], "budget_seconds": 20.0}
    job = manager.submit("timing", wanted, "anna")
    until = time.monotonic() + 300
    while len(measurements(manager.reports(job.id))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    mine = ["pgrep", "-P", str(os.getpid()), "-f", "swishdemo.jobs.worker"]
    for pid in subprocess.run(mine, capture_output=True, text=True).stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    while (job := manager.get(job.id)).active and time.monotonic() < until:
        time.sleep(0.05)
    assert job.state == "failed" and job.reason is not None
    assert job.reason.sentence() == (
        "The worker process was killed by signal SIGKILL, most often because memory ran out."
    )
    assert len(measurements(manager.reports(job.id))) == 2
