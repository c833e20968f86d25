"""What becomes of a worker process that has used a GPU, or lost it: errors as PyTorch tells them.

The processes are real ones; in them PyTorch says that it has a GPU.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_work import GPU_MEMORY, FakeConfig, torch_error
from test_jobs_runner import WORK, collect

from swishdemo import hardware
from swishdemo.errors import is_lack_of_memory, lack_of_memory
from swishdemo.jobs.job import Failed, Finished
from swishdemo.jobs.process import ProcessRunner
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES


@pytest.fixture
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner(Settings())
    yield runner
    runner.close()


def done(runner: ProcessRunner, mode: str, path: str = "") -> tuple[int, Finished | Failed]:
    """The process in which a job was done, and how it ended."""
    handle = runner.start(WORK, FakeConfig(steps=1, mode=mode, path=path))
    *_, ending = collect(handle)
    assert isinstance(ending, Finished | Failed)
    return handle.pid, ending


@pytest.mark.parametrize("mode", ["illegal", "late"])
def test_a_process_that_has_lost_its_gpu_says_so_and_does_no_other_job(
    runner: ProcessRunner, mode: str
) -> None:
    lost, ending = done(runner, mode)
    assert isinstance(ending, Failed) and ending.died
    for language in LANGUAGES:
        told = ending.reason.sentence(language)
        assert "CUDA error: an illegal memory access was encountered" in told
        assert "stacktrace" not in told
    assert ("illegal memory access" in ending.details) == (mode == "illegal")
    with pytest.raises(ProcessLookupError):
        os.kill(lost, 0)
    another, ending = done(runner, "finish")
    assert another != lost and ending == Finished()


def test_a_process_with_a_gpu_tells_of_it_gives_memory_back_and_survives_a_lack_of_it(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    first, _ = done(runner, "finish")  # without PyTorch nobody knows
    assert hardware.told() is None
    sign = tmp_path / "sign"
    assert done(runner, "gpu", str(sign))[0] == first
    assert hardware.gpu_name() == "NVIDIA T4" and hardware.missing_cuda() is None
    assert sign.read_text("ascii") == "given back"
    sign.unlink()
    assert done(runner, "finish")[0] == first
    assert sign.exists(), "after every job"
    sign.unlink()
    same, ending = done(runner, "gpu memory", str(sign))
    assert same == first and isinstance(ending, Failed) and not ending.died
    for language in LANGUAGES:
        told = ending.reason.sentence(language)
        for figure in ("20.00 GiB", "14.75 GiB", "13.06 GiB"):
            assert figure in told
    assert sign.read_text("ascii") == "given back"
    assert done(runner, "finish") == (first, Finished())


def test_a_process_that_has_grown_is_not_kept_but_what_a_gpus_driver_takes_is_no_growth(
    runner: ProcessRunner,
) -> None:
    grown, ending = done(runner, "grown")
    assert ending == Finished()
    with pytest.raises(ProcessLookupError):
        os.kill(grown, 0)
    on_gpu, _ = done(runner, "grown gpu")
    assert on_gpu != grown
    assert done(runner, "finish")[0] == on_gpu
    assert done(runner, "grown gpu")[0] == on_gpu
    assert done(runner, "finish")[0] != on_gpu, "another gigabyte is too much"


def test_a_job_that_brings_pytorch_tells_that_there_is_no_gpu(runner: ProcessRunner) -> None:
    done(runner, "torch")
    found = hardware.told()
    assert found is not None
    import torch

    assert (found.gap is None) == torch.cuda.is_available()


BARE = "CUDA out of memory."


@pytest.mark.parametrize(
    ("message", "key"),
    [
        (GPU_MEMORY, "jobs.gpu_out_of_memory_figures"),
        (GPU_MEMORY.replace("CUDA", "HIP"), "jobs.gpu_out_of_memory_figures"),
        (GPU_MEMORY.replace("20.00 GiB", "512 bytes"), "jobs.gpu_out_of_memory_figures"),
        (str(torch_error("out of memory")), "jobs.gpu_out_of_memory"),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `x`", "jobs.gpu_out_of_memory"),
        ("[enforce fail] DefaultCPUAllocator: can't allocate memory: 1", "jobs.out_of_memory"),
        ("DefaultCPUAllocator: not enough memory: you tried 1 bytes", "jobs.out_of_memory"),
    ],
)
def test_where_memory_ran_out_is_read_from_the_error(message: str, key: str) -> None:
    error = RuntimeError(message)
    assert is_lack_of_memory(error)
    found = lack_of_memory(error)
    assert found.key == key
    for language in LANGUAGES:
        assert "?" not in found.sentence(language)


def test_what_is_no_lack_of_memory_is_not_told_as_one() -> None:
    for message in ("an illegal memory access was encountered", "device-side assert triggered"):
        assert not is_lack_of_memory(torch_error(message))
