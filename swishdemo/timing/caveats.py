"""What a reader must know before trusting the figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from swishdemo.timing.host import HostCard
from swishdemo.timing.measurement import Measurement, latest
from swishdemo.timing.reason import Reason
from swishdemo.timing.variants import REGISTRY

WIDE_SPREAD = 0.10
"""Interquartile range over median from which a figure is called rough."""

BUSY_CORES = 0.25
"""Cores kept busy by others from which a reader is told."""


def caveats(
    measurements: Sequence[Measurement], host: HostCard | None = None
) -> tuple[Reason, ...]:
    """Undecided orders, wide spreads, a busy machine, an untuned allocator: a sentence each.

    An order is looked at between neighbours in the ranking of one cell, and between figures that
    have at least two blocks.
    """
    timed = [m for m in latest(measurements) if m.repeats > 1]
    found = [
        Reason(
            "time.warning.spread",
            (
                ("variant", _label(m)),
                ("elements", str(m.elements)),
                ("percent", f"{m.spread * 100:.0f}"),
            ),
        )
        for m in timed
        if m.spread > WIDE_SPREAD
    ]
    ranked = sorted(timed, key=lambda m: (str(m.cell), m.median_seconds))
    for _, group in groupby(ranked, key=lambda m: m.cell):
        found += [
            _undecided(faster, slower)
            for faster, slower in pairwise(group)
            if not slower.ratio(faster).is_decided
        ]
    return (*found, *_about(host))


def _undecided(faster: Measurement, slower: Measurement) -> Reason:
    interval = slower.ratio(faster)
    return Reason(
        "time.warning.order",
        (
            ("first", _label(faster)),
            ("second", _label(slower)),
            ("elements", str(faster.elements)),
            ("low", f"{interval.low:.2f}"),
            ("high", f"{interval.high:.2f}"),
        ),
    )


def _about(host: HostCard | None) -> list[Reason]:
    if host is None:
        return []
    found = []
    if (host.others_busy_cores or 0) > BUSY_CORES:
        found.append(Reason("time.warning.busy", (("cores", f"{host.others_busy_cores:.1f}"),)))
    if not host.allocator_is_tuned and host.system.startswith("Linux"):
        found.append(Reason("time.warning.allocator"))
    return found


def _label(measurement: Measurement) -> str:
    known = measurement.variant in REGISTRY.names()
    return REGISTRY.get(measurement.variant).label() if known else measurement.variant
