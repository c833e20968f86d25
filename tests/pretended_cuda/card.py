"""The names of `torch.cuda` over the pretended device, and what it has counted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch

NAME, CAPABILITY = "Pretended T4", (7, 5)
_OPS = torch.ops.pretended


@dataclass(frozen=True)
class Counted:
    """What the device did.

    Attributes:
        launches: Kernels that were launched one by one, by their operator's name.
        captured: Kernels that went into graphs.
        replays: Graphs that were launched, each as one.
        synchronisations: How often the host waited for the device; copies to it among them.
        from_host: Copies from the host.
    """

    launches: dict[str, int] = field(default_factory=dict)
    captured: int = 0
    replays: int = 0
    synchronisations: int = 0
    from_host: int = 0

    @property
    def kernels(self) -> int:
        """Kernels that were launched one by one."""
        return sum(self.launches.values())


def counted() -> Counted:
    """What it did since the counts were forgotten."""
    found = json.loads(_OPS.counts())
    return Counted(
        found["launches"],
        found.get("captured", 0),
        found.get("replays", 0),
        found.get("synchronisations", 0),
        found.get("copies from the host", 0),
    )


def forget_counts() -> None:
    """Count from 0."""
    _OPS.forget_counts()


@contextmanager
def traced() -> Iterator[list[str]]:
    """A list, filled at the end: each kernel, and where its arguments lie.

    What was allocated meanwhile is called by its order, so that two equal steps have equal traces
    where all else lies in the same places.
    """
    lines: list[str] = []
    _OPS.begin_trace()
    try:
        yield lines
    finally:
        lines += _OPS.end_trace()


def set_memory(total: int) -> None:
    """Have so many bytes in all."""
    _OPS.set_memory(total)


def fail(how: str = "an illegal memory access was encountered") -> None:
    """Let all that follows fail, as after a kernel's fault: the context is dead."""
    _OPS.fail(how)


class Stream:
    """A stream: all of them run in the order of their calls."""

    def __init__(self, device: Any = None, priority: int = 0, **_: Any) -> None:
        self.device, self.priority = torch.device("cuda", 0), priority
        self.device_index, self.device_type = 0, 1
        self.stream_id = self.cuda_stream = id(self)

    def wait_stream(self, other: Stream) -> None:
        assert isinstance(other, Stream)

    def wait_event(self, event: Event) -> None:
        assert isinstance(event, Event)

    def record_event(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        synchronize()


class Event:
    """An event; its time is known to those who have waited for it."""

    _waited_for: float = 0.0

    def __init__(self, enable_timing: bool = False, blocking: bool = False, **_: Any) -> None:
        self._timed, self._at, self._known = enable_timing, None, False

    def record(self, stream: Stream | None = None) -> None:
        self._at, self._known = time.perf_counter(), False

    def wait(self, stream: Stream | None = None) -> None:
        pass

    def query(self) -> bool:
        self._known = True
        return True

    def synchronize(self) -> None:
        _OPS.synchronise("an event")
        self._known = True

    def elapsed_time(self, end: Event) -> float:
        if not (self._timed and end._timed) or self._at is None or end._at is None:
            raise ValueError("Both events must be recorded, and made to keep the time")
        for each in (self, end):
            if not (each._known or Event._waited_for >= each._at):
                raise RuntimeError("CUDA error: device not ready")
        return (end._at - self._at) * 1e3


class CUDAGraph:
    """A graph; what is captured runs at replays alone."""

    def __init__(self, keep_graph: bool = False) -> None:
        self._number: int | None = None

    def register_generator_state(self, generator: torch.Generator) -> None:
        _OPS.register_generator(generator)

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global", **_: Any) -> None:
        if current_stream() is _DEFAULT:
            raise RuntimeError("CUDA graphs must be captured on a non-default stream.")
        _OPS.begin_capture()

    def capture_end(self) -> None:
        self._number = _OPS.end_capture()

    def instantiate(self) -> None:
        pass

    def replay(self) -> None:
        if self._number is None:
            raise RuntimeError("Called CUDAGraph::replay without a preceding successful capture.")
        _OPS.replay(self._number)

    def reset(self) -> None:
        if self._number is not None:
            _OPS.forget_graph(self._number)
        self._number = None

    def __del__(self) -> None:
        self.reset()

    def pool(self) -> tuple[int, int]:
        return 0, id(self)


_DEFAULT = Stream()
_CURRENT = [_DEFAULT]


def current_stream(device: Any = None) -> Stream:
    return _CURRENT[0]


def set_stream(stream: Stream) -> None:
    _CURRENT[0] = stream


def synchronize(device: Any = None) -> None:
    _OPS.synchronise("the device")
    Event._waited_for = time.perf_counter()


def _memory(which: int) -> int:
    return int(_OPS.memory_bytes()[which])


def get_device_properties(device: Any = None) -> SimpleNamespace:
    major, minor = CAPABILITY
    total = _memory(2)
    return SimpleNamespace(
        **{"name": NAME, "major": major, "minor": minor, "total_memory": total},
        **{"multi_processor_count": 40, "warp_size": 32, "is_integrated": False},
        **{"L2_cache_size": 4 * 2**20, "max_threads_per_multi_processor": 1024},
        **{"is_multi_gpu_board": False, "uuid": "pretended", "gcnArchName": ""},
    )


def install() -> None:
    """Put the names in their places, for the rest of the process."""
    allocated = dict.fromkeys(
        ("memory_allocated", "memory_reserved"), lambda device=None: _memory(0)
    )
    peaks = dict.fromkeys(
        ("max_memory_allocated", "max_memory_reserved"), lambda device=None: _memory(1)
    )
    names: dict[str, Any] = {
        **allocated,
        **peaks,
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "init": lambda: None,
        "_lazy_init": lambda: None,
        "_is_in_bad_fork": lambda: False,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "_exchange_device": lambda device: 0,
        "_maybe_exchange_device": lambda device: 0,
        "get_device_name": lambda device=None: NAME,
        "get_device_capability": lambda device=None: CAPABILITY,
        "get_device_properties": get_device_properties,
        "get_arch_list": lambda: ["sm_75"],
        "is_bf16_supported": lambda including_emulation=True: including_emulation,
        "synchronize": synchronize,
        "current_stream": current_stream,
        "default_stream": lambda device=None: _DEFAULT,
        "set_stream": set_stream,
        "is_current_stream_capturing": lambda: bool(_OPS.is_capturing()),
        "Stream": Stream,
        "Event": Event,
        "CUDAGraph": CUDAGraph,
        "empty_cache": lambda: None,
        "mem_get_info": lambda device=None: (_memory(2) - _memory(0), _memory(2)),
        "reset_peak_memory_stats": lambda device=None: _OPS.forget_peak(),
        "manual_seed": lambda seed: _OPS.seed(seed),
        "manual_seed_all": lambda seed: _OPS.seed(seed),
    }
    for place in (torch.cuda, torch.cuda.memory, torch.cuda.graphs, torch.cuda.streams):
        for name, value in names.items():
            if place is torch.cuda or hasattr(place, name):
                setattr(place, name, value)
    torch.cuda._initialized = True
    torch.backends.cuda.is_built = lambda: True  # type: ignore[assignment]
    torch.version.cuda = "12.9"
    torch._C._host_emptyCache = lambda: None  # type: ignore[attr-defined]
