"""How a run's replicas are computed in parts, so that what is at work fits the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swishdemo.training.architecture import Convolution, Part, sites, weighted
from swishdemo.training.config import Replica

MOST_REPLICAS = 256
LAYER_NUMBERS = 750_000
"""Numbers that the largest layer of a part may work on at a time on a CPU."""

ALL_NUMBERS = 12_000_000
"""Numbers that all layers of a part may hold on a CPU, five for each value."""

EVALUATED_TOGETHER = 120
"""Samples whose values stand in memory at a time when a network is evaluated."""


def layer_numbers(parts: tuple[Part, ...]) -> tuple[int, int]:
    """Numbers for one replica and sample: of the largest layer, and of all layers."""
    found = []
    for part, site in zip(weighted(parts), (*sites(parts), None), strict=True):
        values = 2 * site.channels * site.positions if site else part.outputs
        if isinstance(part, Convolution) and part.name != "hidden.0":
            values += part.fan_in * part.out_height * part.out_width
        found.append(values)
    return max(found), sum(found)


def in_parts(
    rows: Sequence[Replica], parts: tuple[Part, ...], batch: int, *, on_cpu: bool
) -> Iterator[Sequence[Replica]]:
    """The replicas in parts of about equal size; all in one on a GPU."""
    largest, total = layer_numbers(parts)
    most = min(MOST_REPLICAS, LAYER_NUMBERS // (batch * largest), ALL_NUMBERS // (batch * total))
    most = max(1, most) if on_cpu else len(rows)
    size = -(-len(rows) // -(-len(rows) // most))
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def evaluated_together(parts: tuple[Part, ...], replicas: int) -> int:
    """Samples to evaluate at a time."""
    largest, _ = layer_numbers(parts)
    return max(1, min(EVALUATED_TOGETHER, 2 * LAYER_NUMBERS // (replicas * largest)))
