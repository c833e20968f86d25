"""Jobs on a CUDA device: `python -m pytest -m gpu` runs them where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch
from fake_work import FakeConfig
from test_jobs_runner import WORK, collect

from swishdemo import hardware
from swishdemo.jobs.job import Failed, Finished, Item
from swishdemo.jobs.process import HardwareProbe, ProcessRunner
from swishdemo.settings import Settings
from swishdemo.timing import TimingRequest
from swishdemo.timing.presets import PRESETS, request_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]
SERVER = Settings(max_elements=2**22)


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner(Settings())
    yield runner
    runner.close()


@pytest.fixture(autouse=True)
def known(runner: ProcessRunner) -> hardware.Hardware:
    """What the worker has found, told to this process."""
    probe = HardwareProbe(runner)
    probe.begin()
    assert probe._thread is not None
    probe._thread.join()
    found = hardware.told()
    assert found is not None and found.gap is None, found
    return found


def test_the_card_is_named_as_pytorch_names_it(known: hardware.Hardware) -> None:
    assert known.cards[0].name == torch.cuda.get_device_name(0)
    assert len(known.cards) == torch.cuda.device_count()
    assert known.cards[0].memory_bytes == torch.cuda.get_device_properties(0).total_memory


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_times_all_that_it_asks_for(runner: ProcessRunner, name: str) -> None:
    asked = {**request_of(name, SERVER), "budget_seconds": 0.05}
    if "elements" in asked:
        asked["elements"] = asked["elements"][:1] + asked["elements"][1:][-1:]
    request = TimingRequest.parse(asked, SERVER)
    assert request.device == "cuda"
    items = collect(runner.start("swishdemo.timing.measuring:measure", request))
    assert items[-1] == Finished(), items[-1]
    told = [each.value for each in items if isinstance(each, Item)]
    assert told[0]["gpu"] == hardware.gpu_name() and told[0]["gpu_memory_bytes"]
    final = [each for each in told if each.get("final")]
    assert len(final) == len(request.variants) * len(request.elements)
    for each in final:
        assert (each["unavailable"], each["gate"]) == (None, None), each["variant"]
        assert each["device"] == "cuda" and each["median_seconds"] > 0
        assert each["peak_bytes"] > 0 and each["saved_bytes"] >= 0


def test_a_context_that_died_costs_its_job_and_no_other(runner: ProcessRunner) -> None:
    handle = runner.start(WORK, FakeConfig(steps=1, mode="assert"))
    ending = collect(handle)[-1]
    assert isinstance(ending, Failed) and ending.died
    assert ending.reason.key == "jobs.gpu_failed"
    assert "assert" in ending.reason.sentence()
    with pytest.raises(ProcessLookupError):
        os.kill(handle.pid, 0)
    after = runner.start(WORK, FakeConfig(steps=1, mode="a gibibyte"))
    assert collect(after)[-1] == Finished() and after.pid != handle.pid


def test_a_lack_of_memory_is_told_in_figures(runner: ProcessRunner) -> None:
    handle = runner.start(WORK, FakeConfig(steps=1, mode="real gpu memory"))
    ending = collect(handle)[-1]
    assert isinstance(ending, Failed) and not ending.died
    assert ending.reason.key == "jobs.gpu_out_of_memory_figures", ending
    assert ending.reason.values["asked"] == "65536.00 GiB"


def test_a_worker_on_a_gpu_is_kept_and_gives_its_memory_back(runner: ProcessRunner) -> None:
    first = runner.start(WORK, FakeConfig(steps=1, mode="a gibibyte"))
    assert collect(first)[-1] == Finished()
    free, _ = torch.cuda.mem_get_info()
    for _ in range(3):
        again = runner.start(WORK, FakeConfig(steps=1, mode="a gibibyte"))
        assert collect(again)[-1] == Finished()
        assert again.pid == first.pid, "what a context takes is no reason to begin anew"
        assert torch.cuda.mem_get_info()[0] > free - 2**28
