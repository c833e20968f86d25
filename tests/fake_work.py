"""Generators and configurations for the tests of jobs; a worker process imports this module.

What one of them alone needs it imports by itself: at the top it would be most of a worker's start.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swishdemo import hardware
from swishdemo.errors import UserError
from swishdemo.hardware import Card, Hardware
from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Attachment, Progress, Tick

if TYPE_CHECKING:
    from swishdemo.datasets import Table
    from swishdemo.jobs.kinds import Kind
    from swishdemo.timing import Measurement, TimingRequest
    from swishdemo.training.sweep import SweepRequest
    from swishdemo.training.sweep_results import SweepRow


@dataclass(frozen=True, slots=True)
class FakeConfig:
    """How the fake work behaves: ``mode`` says what it does after ``steps`` reports.

    As a ``gate`` it makes the last one when there is something at ``path``.
    """

    seed: int = 0
    steps: int = 5
    seconds: float = 0.0
    mode: str = "finish"
    path: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def parse(cls, request: Any, settings: Any) -> FakeConfig:
        unknown = set(request) - set(cls.__slots__)
        if unknown:
            raise UserError(
                "error.unknown_field", field="x", value=unknown.pop(), name="a", choices="b"
            )
        return cls(**request)


@dataclass(frozen=True, slots=True)
class Report:
    index: int
    step: int
    number: float
    device: str = "cpu"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class HostCard:
    cpu: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Luggage(Attachment):
    step: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def work(config: FakeConfig, begun: int = 0) -> Iterator[Report | Tick | HostCard | Luggage]:
    """Reports, ``seconds`` apart, with ticks between; then what the mode says.

    The first ``begun`` of them come at once.
    """
    numbers = random.Random(config.seed)
    try:
        if config.mode == "host":
            yield HostCard("a processor")
        for index in range(config.steps):
            while config.mode == "gate" and index == config.steps - 1:
                if Path(config.path).exists():
                    break
                time.sleep(0.01)
                yield TICK
            end = time.monotonic() + (config.seconds if index >= begun else 0.0)
            while time.monotonic() < end:
                time.sleep(0.01)
                yield TICK
            if config.mode == "large":
                yield HostCard("x" * 20_000)
            if config.mode == "attach":
                yield Luggage(index + 1)
            number = float("nan") if config.mode == "nan" else numbers.random()
            yield Report(index, index + 1, number)
        _misbehave(config)
    except GeneratorExit:
        if config.path:
            Path(config.path).write_text("closed", "ascii")
        raise


class Resumable:
    """The fake work as what can be left between two reports and continued elsewhere."""

    def __init__(self, config: FakeConfig, checkpoint: Mapping[str, Any] | None = None) -> None:
        self._begun = 0 if checkpoint is None else checkpoint["done"]
        self._done = 0
        self._items = work(config, self._begun)

    def __iter__(self) -> Resumable:
        return self

    def __next__(self) -> Report | Tick | HostCard | Luggage:
        while True:
            item = next(self._items)
            self._done += isinstance(item, Report)
            if self._done > self._begun or not isinstance(item, Report):
                return item

    def close(self) -> None:
        self._items.close()

    def checkpoint(self) -> dict[str, Any]:
        return {"done": max(self._done, self._begun)}


def _misbehave(config: FakeConfig) -> None:
    match config.mode:
        case "crash":
            raise ZeroDivisionError("a secret path /home/x")
        case "user":
            raise UserError("error.not_a_number", field="lr", name="lr")
        case "memory":
            raise MemoryError
        case "bytes":
            bytearray(2**62)
        case "torch":
            import torch

            torch.empty(2**50)
        case "limited":
            resource.setrlimit(resource.RLIMIT_AS, (2**31, resource.RLIM_INFINITY))
            kept = []
            while True:
                kept.append(b"x" * 2**26)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segv":
            sys.stderr.write("about to fall\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGABRT)
        case "exit":
            sys.stderr.write("last words\n")
            sys.stderr.flush()
            os._exit(3)
        case "hang":
            if config.path:
                Path(config.path).write_text("hangs", "ascii")
            time.sleep(600)  # control never comes back
        case "illegal":
            lose_gpu()
            raise torch_error("an illegal memory access was encountered")
        case "late":  # the failure shows once the work is done
            lose_gpu()
        case "gpu memory":
            use_gpu(config.path)
            raise torch_module().OutOfMemoryError(GPU_MEMORY)
        case "gpu":
            use_gpu(config.path)
        case "assert":  # on a GPU in earnest: an index beyond the end
            torch = torch_module()
            torch.zeros(2, device="cuda")[torch.tensor([5], device="cuda")].sum().item()
        case "real gpu memory":
            torch_module().empty(2**44, device="cuda")
        case "a gibibyte":
            torch_module().ones(2**28, device="cuda").sum().item()
        case "grown":
            grow()
        case "grown gpu":
            use_gpu(config.path)
            hardware._CONTEXT_BYTES = 2**29
            grow()
        case "pid":
            Path(config.path).write_text(str(os.getpid()), "ascii")


def grow() -> None:
    """By as much as a worker is kept with, which here is half of what it is elsewhere."""
    sys.modules["__main__"].RETIRE_BYTES = 2**29  # type: ignore[attr-defined]
    held.append(b"x" * 2**29)


GPU_MEMORY = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 14.75 GiB of "
    "which 13.06 GiB is free. Process 2401 has 1.69 GiB memory in use. Of the allocated memory "
    "1.55 GiB is allocated by PyTorch, and 38.95 MiB is reserved by PyTorch but unallocated."
)
held: list[bytes] = []


def torch_module() -> Any:
    import torch

    return torch


def torch_error(what: str) -> RuntimeError:
    """As PyTorch tells an error of CUDA."""
    return RuntimeError(
        f"CUDA error: {what}\nCUDA kernel errors might be asynchronously reported at some other "
        "API call, so the stacktrace below might be incorrect."
    )


def use_gpu(path: str = "") -> None:
    """Have this process be one that has used a GPU; what it gives back is noted at ``path``."""
    cuda = torch_module().cuda
    cuda.is_initialized = lambda: True
    cuda.synchronize = lambda *_: None
    cuda.empty_cache = lambda: Path(path or os.devnull).write_text("given back", "ascii")
    hardware.tried = lambda: Hardware((Card("NVIDIA T4", 2**34, "sm_75"),), "CUDA 12.9")


def lose_gpu() -> None:
    """Have this process be one whose GPU no longer answers."""

    def fail(*_: object) -> None:
        raise torch_error("an illegal memory access was encountered")

    use_gpu()
    torch_module().cuda.synchronize = fail


def loses(device: object, dtype: object) -> None:
    """Builds an implementation whose kernel writes beyond its memory."""
    lose_gpu()
    raise torch_error("an illegal memory access was encountered")


def lossy(request: TimingRequest) -> Iterator[HostCard | Measurement | Tick]:
    """Measures in earnest, but one of the implementations loses the GPU for its process."""
    yield from _with("loses", request)


def deadly(request: TimingRequest) -> Iterator[HostCard | Measurement | Tick]:
    """Measures in earnest, but one of the implementations takes its process down."""
    yield from _with("dies", request)


def _with(builder: str, request: TimingRequest) -> Iterator[HostCard | Measurement | Tick]:
    from swishdemo.timing import REGISTRY, Registry
    from swishdemo.timing.loop import Plan
    from swishdemo.timing.measuring import measure

    records = [
        replace(variant, builder=f"fake_work:{builder}") if variant.name == "gelu" else variant
        for variant in REGISTRY.all()
    ]
    plan = Plan(warm_up_seconds=0.001, block_seconds=0.0005, most_rounds=3, budget_seconds=0.02)
    yield from measure(request, plan=plan, registry=Registry(records))


def dies(device: object, dtype: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def idle(config: object) -> Iterator[Tick]:
    """Ends at once, whatever the configuration."""
    yield TICK


def waiting(config: object) -> Iterator[Tick]:
    """Ends when it is stopped, whatever the configuration."""
    while True:
        yield TICK
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class TableConfig:
    """A config with a visitor's table, as a training run's has it."""

    table: Table
    steps: int = 1

    def as_json(self) -> dict[str, Any]:
        return {"csv": self.table.as_json(), "steps": self.steps}


def sums_of_a_table(config: TableConfig) -> Iterator[Report]:
    """What the worker reads out of the text that came with the config: the sum of each column."""
    from swishdemo.datasets import DataOptions, get

    split = get("csv").load(DataOptions(table=config.table))
    whole = split.train_inputs.astype(float) * split.deviation + split.mean
    yield Report(0, 1, float(whole.sum()))


def no_generator(config: FakeConfig) -> int:
    return 3


def summarise(config: Any, reports: Any) -> dict[str, Any]:
    return {"reports": len(reports), "last": reports[-1][1]["index"]}


def fake_kinds() -> Mapping[str, Kind]:
    """Both kinds of job, done by the fake work."""
    from swishdemo.host import host
    from swishdemo.jobs.kinds import Kind

    return {
        name: Kind(
            name=name,
            work="fake_work:work",
            parse=FakeConfig.parse,
            steps=lambda config: config["steps"],
            step=lambda step, _, value: value.get("step", step),
            summarise=summarise,
            trace=lambda _, value: number if isfinite(number := value.get("number", nan)) else None,
            host=host,
        )
        for name in ("run", "timing")
    }


def sweep(request: SweepRequest) -> Iterator[SweepRow | Tick]:
    """Rows without figures; a network of width 13 takes its process down, one of 17 never ends."""
    from swishdemo.training.sweep_results import row_of

    for index in range(request.first, len(request.changes)):
        width = request.config(index).width
        yield Progress(sum(request.steps[:index]))
        if width == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        while width == 17:
            yield Progress(sum(request.steps[:index]) + 5)
            time.sleep(0.01)
        yield row_of(request, index, ())


def two_cards(_: object) -> Iterator[Hardware]:
    """What a worker on another machine finds (`swishdemo.hardware.PROBE`)."""
    yield Hardware((Card("NVIDIA T4", 2**34, "sm_75"),) * 2, "CUDA 12.9")


def an_old_driver(_: object) -> Iterator[Hardware]:
    why = Sentence("hardware.old_driver", driver="11.4", runtime="CUDA 12.9")
    yield Hardware(runtime="CUDA 12.9", gap=why)


def no_answer(_: object) -> Iterator[Hardware]:
    os._exit(3)
    yield
