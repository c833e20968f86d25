"""About how long a timing will take: starting, building what is not there yet, checking, timing.

The figures are processor time on two cores, as if they had nothing else to do. What waits for a
clock takes as long anywhere; what computes takes longer where others keep the processors busy, a
compiler most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swishdemo import host
from swishdemo.kernels import build
from swishdemo.settings import Toolchain
from swishdemo.timing.request import STEP_ELEMENTS
from swishdemo.timing.variants import REGISTRY, Variant

BUILD_SECONDS: Mapping[str, float] = {
    "kernel": 1.0, "node": 10.0, "compile": 35.0, "triton": 5.0
}  # fmt: skip
"""What is built at its first use: the C kernel, its node in C++, torch.compile's own parts, and
the Triton kernel, whose figure alone is a guess."""

_START_SECONDS = 3.0  # a worker that has PyTorch, where none is ready; the first definition
_CHECK_SECONDS = 0.1  # a variant's, against the definition
_CELL_SECONDS = 0.1  # warming up and looking at memory, beyond the blocks themselves
_COMPILED_SECONDS = 8.0  # of loading what torch.compile has kept, its checks included
_SHAPE_SECONDS = 3.0  # of compiling for one more size
_LARGE = 2**22
_LARGE_SECONDS = 0.1  # from here on a block, and the warm-up before it, are long by themselves
_STREAMS = 4  # timed beside the variants of a kernel
_MOST_SLOWED = 10.0
_SHARE = 0.5  # power of `slowed` that applies to our own short bursts, seen at loads to 20
_ELEMENTS = {"float32": "float", "float64": "double", "bfloat16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how long a timing will take.

    Attributes:
        seconds: All of it.
        building_seconds: Of them, building what is not there yet.
        missing: What that is: names of `BUILD_SECONDS`.
    """

    seconds: float
    building_seconds: float
    missing: tuple[str, ...]


def estimate(
    config: Mapping[str, Any], *, missing: Sequence[str] | None = None, slowed: float | None = None
) -> Estimate:
    """The estimate for a request.

    Args:
        config: A timing's fields by name, as `TimingRequest.as_json` or a preset has them.
        missing: What must be built; None to look.
        slowed: How many times as long a compiler takes as on a quiet machine; None to look.
    """
    slowed = slowdown() if slowed is None else slowed
    missing = to_be_built(config) if missing is None else tuple(missing)
    sizes = _sizes(config)
    variants = len(config["variants"])
    compiled = any(_is_by_torch_compile(REGISTRY.get(name)) for name in config["variants"])
    building = sum(BUILD_SECONDS[name] for name in missing)
    computed = _START_SECONDS + _CHECK_SECONDS * variants
    if "compile" in missing:
        building += _SHAPE_SECONDS * len(sizes)
    elif compiled:
        computed += _COMPILED_SECONDS
    timed = variants + (_STREAMS if config["context"] == "kernel" else 0)
    waited = 0.0
    for size in sizes:
        waited += timed * float(config["budget_seconds"])
        computed += timed * (_CELL_SECONDS + _LARGE_SECONDS * size / _LARGE * (size >= _LARGE / 2))
    building *= slowed
    return Estimate(waited + slowed**_SHARE * computed + building, building, tuple(missing))


def to_be_built(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What a request's variants will build at their first use here; names of `BUILD_SECONDS`."""
    device, dtype = config.get("device", "cpu"), config["dtype"]
    tools = Toolchain.read()
    found: list[str] = []
    for variant in map(REGISTRY.get, config["variants"]):
        if variant.unavailable_reason(device, dtype):
            continue
        if variant.built:
            found += build.to_be_built(_ELEMENTS[dtype])
        elif _is_by_torch_compile(variant):
            found += [] if _holds(tools.inductor_dir / "fxgraph") else ["compile"]
        elif variant.compiled:
            found += [] if _holds(tools.triton_dir) else ["triton"]
    return tuple(dict.fromkeys(found))


def slowdown() -> float:
    """How many times as long a compiler takes here as alone: processes over cores."""
    load = host.load_average()
    return min(_MOST_SLOWED, max(1.0, (load + 1) / host.usable_cores())) if load else 1.0


def _sizes(config: Mapping[str, Any]) -> Sequence[int]:
    if config["context"] == "step":
        return (STEP_ELEMENTS[config["network"]],)
    shape = config.get("shape")
    return (_LARGE * 5 // 2,) if isinstance(shape, str) and shape else config["elements"]


def _is_by_torch_compile(variant: Variant) -> bool:
    return variant.compiled and "cpu" in variant.devices  # the other one is Triton's


def _holds(folder: Path) -> bool:
    """Whether anything is kept in a folder, which need not be there."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False
