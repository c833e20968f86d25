"""Work of a process that believes in a GPU: figures that are made up, and PyTorch is not loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from swishdemo import hardware
from swishdemo.hardware import Card, Hardware
from swishdemo.timing import REGISTRY, HostCard, Measurement, TimingRequest

FOUND = Hardware((Card("NVIDIA T4", 2**34, "sm_75"),) * 2, "CUDA 12.9")
hardware.tried = lambda: FOUND  # type: ignore[assignment]


def measure(request: TimingRequest) -> Iterator[HostCard | Measurement]:
    """Each variant a tenth slower than the one before; on the GPU ten times as fast."""
    yield HostCard.collect(threads=1, found=FOUND)
    call = 1e-5 if request.device == "cuda" else 1e-4
    for place, name in enumerate(request.variants):
        blank = request.blank(REGISTRY.get(name), request.elements[0])
        yield replace(blank, block_seconds=(call * (1 + place / 10),) * 9, calls_per_block=1)
