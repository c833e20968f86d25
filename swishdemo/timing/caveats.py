"""What a reader must know before trusting the figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from swishdemo.text import Language, Sentence
from swishdemo.timing.host_card import HostCard
from swishdemo.timing.measurement import Measurement, latest
from swishdemo.timing.quantities import place_of
from swishdemo.timing.tables import limit_words
from swishdemo.timing.variants import REGISTRY

WIDE_SPREAD = 0.10
"""Interquartile range over median from which a figure is called rough."""

BUSY_CORES = 0.25
"""Cores kept busy by others from which a reader is told."""


def caveats(
    measurements: Sequence[Measurement],
    host: HostCard | None = None,
    language: Language = "en",
) -> tuple[Sentence, ...]:
    """Undecided orders, wide or unknown spreads, a limit exceeded, a busy machine: a sentence each.

    An order is looked at between neighbours in the ranking of one cell, and between figures that
    have at least two blocks.

    Args:
        measurements: Of several of one thing the latest holds.
        host: The machine; None where it is not known.
        language: Of the names within the sentences.
    """

    def label(m: Measurement) -> str:
        return REGISTRY.get(m.variant).label(language) if REGISTRY.knows(m.variant) else m.variant

    known = [m for m in latest(measurements) if m.is_timed]
    timed = [m for m in known if m.repeats > 1]
    found = []
    for _, group in groupby(sorted(known, key=_cell), key=_cell):
        single = [m for m in group if m.repeats < 2]
        if single:
            found.append(_reason("single", single[0], [label(m) for m in single], language))
    for _, group in groupby(sorted(timed, key=_cell), key=_cell):
        cell = sorted(group, key=lambda m: m.median_seconds or 0.0)
        above = [f"{label(m)} ({limit_words(m)})" for m in cell if m.is_above_limit]
        if above:
            found.append(_reason("above_limit", cell[0], above, language))
        rough = [f"{label(m)} ({m.spread * 100:.0f} %)" for m in cell if m.spread > WIDE_SPREAD]
        if rough:
            found.append(_reason("spread", cell[0], rough, language))
        found += [
            _reason("order", cell[0], [label(m) for m in tie], language)
            for tie in _ties(cell)
            if len(tie) > 1
        ]
    return (*found, *_about(host))


def _ties(ranked: Sequence[Measurement]) -> list[list[Measurement]]:
    """Runs of neighbours in the ranking, each undecided against the next."""
    ties = [[ranked[0]]]
    for faster, slower in pairwise(ranked):
        if slower.ratio(faster).is_decided:
            ties.append([slower])
        else:
            ties[-1].append(slower)
    return ties


def _cell(measurement: Measurement) -> tuple[int, str]:
    return measurement.elements, str(measurement.cell)


def _reason(
    kind: str, measurement: Measurement, variants: Sequence[str], language: Language
) -> Sentence:
    place = place_of(measurement, language)
    return Sentence(f"time.warning.{kind}", variants=" · ".join(variants), place=place)


def _about(host: HostCard | None) -> list[Sentence]:
    if host is None:
        return []
    found = []
    if host.others_busy_cores is None:
        found.append(Sentence("time.warning.load_unknown"))
    elif host.others_busy_cores > BUSY_CORES:
        found.append(Sentence("time.warning.busy", cores=f"{host.others_busy_cores:.1f}"))
    if not host.allocator_is_tuned and (host.system or "").startswith("Linux"):
        found.append(Sentence("time.warning.allocator"))
    return found
