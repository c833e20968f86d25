"""The table of a timing: every figure beside its unit, the fastest implementation first.

What timings have reported, and other hosts' figures that a visitor laid beside them.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from swishdemo.errors import UserError
from swishdemo.figures.plotly import colour_of
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import UNREADABLE
from swishdemo.text import Language, numeral, text
from swishdemo.timing import REGISTRY, HostCard, Measurement
from swishdemo.timing.elsewhere import ImportedTiming, parse
from swishdemo.timing.measurement import byte_size, duration, figures, quartiles, seconds_of
from swishdemo.timing.tables import (
    NONE,
    label_of,
    limit_words,
    rate_words,
    ratio_words,
)


def table(
    here: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str,
    language: Language,
    *,
    ended: bool,
    beside: Sequence[Measurement] = (),
    beside_name: str = "",
) -> dict[str, Any]:
    """Heads (with their tooltips) and rows of the table, the fastest first.

    Intervals of ratios are computed once a timing has ended, for they take a while.

    Args:
        here: The measurements of one size.
        variants: What was asked for.
        baseline: The variant that counts as 1.
        language: Of the words.
        ended: Whether no more will come.
        beside: Another timing's figures of the same question, for a column of their own.
        beside_name: What that timing is called.
    """
    timed = {m.variant: m for m in here if m.is_timed}
    known = {m.variant for m in here}
    rows = [timed[name] for name in variants if name in timed]
    if ended:
        rows.sort(key=seconds_of)
    base = timed.get(baseline)
    names = [
        "variant",
        "ratio",
        "median",
        "rate",
        "limit",
        "saved",
        "peak",
        "error",
        "repeats",
        "build",
    ]
    label = REGISTRY.get(baseline).label(language)
    theirs = {m.variant: m for m in beside}
    alone = sorted((m for m in beside if m.variant not in timed), key=seconds_of)
    heads = [
        [
            text(f"time.ui.col_{name}", language, baseline=label),
            "" if name == "variant" else text(f"time.ui.tip_{name}", language),
        ]
        for name in names
    ]
    made = [(m.variant, _cells(m, base, language, ended)) for m in rows]
    if not ended:  # nothing below jumps while figures come in: what has none yet has its row
        written = dict(made)
        made = [
            (name, written.get(name) or _pending(name, language, len(names)))
            for name in variants
            if name in written or name not in known
        ]
    made += [(m.variant, [label_of(m, language), *[NONE] * (len(names) - 1)]) for m in alone]
    if theirs:
        place = names.index("rate")  # next to one's own times
        heads.insert(place, [beside_name, text("time.ui.tip_beside", language, name=beside_name)])
        for name, cells in made:
            cells.insert(place, _there(theirs, name, baseline))
    return {
        "heads": heads,
        "rows": [
            {
                "variant": name,
                "note": REGISTRY.get(name).note(language) if REGISTRY.knows(name) else "",
                "colour": colour_of(name),
                "cells": cells,
            }
            for name, cells in made
        ],
    }


def _pending(name: str, language: Language, columns: int) -> list[str]:
    return [REGISTRY.get(name).label(language), "…", *[NONE] * (columns - 2)]


def _there(theirs: Mapping[str, Measurement], name: str, baseline: str) -> str:
    """Another timing's median, and its ratio to that timing's own baseline."""
    if name not in theirs:
        return NONE
    median = seconds_of(theirs[name])
    ratio = f"{median / seconds_of(theirs[baseline]):.2f} · " if baseline in theirs else ""
    return f"{ratio}{figures(median * 1e6)} µs"


def _cells(m: Measurement, base: Measurement | None, language: Language, ended: bool) -> list[str]:
    low, high = quartiles(m)
    spread = f" ± {figures((high - low) / 2e-6)}" if ended else ""
    return [
        label_of(m, language),
        ratio_words(m, base, interval=ended),
        f"{figures(seconds_of(m) * 1e6)} µs{spread}",
        rate_words(m),
        limit_words(m),
        _memory(m, m.saved_bytes, language),
        _memory(m, m.peak_bytes, language),
        NONE if m.max_error is None else _error(m.max_error),
        str(m.repeats),
        _build(m),
    ]


def _build(m: Measurement) -> str:
    return NONE if m.build_seconds is None else duration(m.build_seconds)


def _memory(m: Measurement, count: int | None, language: Language) -> str:
    if count is None:
        return NONE
    if m.context != "kernel":  # a layer's own input, or a network's, is among it
        return byte_size(count)
    return text("time.ui.unit_saved", language, count=f"{count / m.elements:.3g}")


def _error(error: float) -> str:
    return numeral(error, ".1e") if error else "0"


_KEPT = 32
_MOST_EACH = 4


@dataclass(slots=True)
class Evidence:
    """What a timing has reported so far; later reports of the same thing replace earlier ones.

    Of the reports up to index ``after``, ``lost`` cannot be read.
    """

    after: int = -1
    lost: int = 0
    measured: dict[tuple[object, ...], Measurement] = field(default_factory=dict)
    host: HostCard | None = None


class EvidenceBook:
    """Every timing's evidence; only reports that are new are read and parsed."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._evidence: OrderedDict[str, Evidence] = OrderedDict()
        self._lock = Lock()

    def read(self, job_id: str) -> Evidence:
        """The timing's evidence as it is now."""
        with self._lock:
            known = self._evidence.setdefault(job_id, Evidence())
            self._evidence.move_to_end(job_id)
            while len(self._evidence) > _KEPT:
                self._evidence.popitem(last=False)
            for name, value in self._manager.reports(job_id, after=known.after):
                known.after = value["index"]
                known.lost += name == UNREADABLE
                if name == "HostCard":
                    known.host = HostCard.from_json(value)
                elif name == "Measurement":
                    measurement = Measurement.from_json(value)
                    known.measured[measurement.key] = measurement
            return replace(known, measured=dict(known.measured))

    def known(self, job_id: str) -> list[Measurement]:
        """The measurements that are known, nothing new being read."""
        with self._lock:
            known = self._evidence.get(job_id)
            return list(known.measured.values()) if known else []


class Shelf:
    """Other hosts' figures, each known by a token to the visitor who brought it; in memory only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, ImportedTiming]] = OrderedDict()
        self._lock = Lock()

    def put(self, content: str, visitor: str) -> str:
        """Read a file and keep it, in place of the oldest where there is no room.

        Returns:
            Its token.

        Raises:
            UserError: It is no timing (`swishdemo.timing.elsewhere.parse`).
        """
        imported = parse(content)
        token = f"file-{secrets.token_urlsafe(16)}"
        with self._lock:
            self._kept[token] = (visitor, imported)
            own = [name for name, (owner, _) in self._kept.items() if owner == visitor]
            for name in own[:-_MOST_EACH]:
                del self._kept[name]
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return token

    def get(self, token: str, visitor: str) -> ImportedTiming:
        """The figures of a token.

        Raises:
            UserError: It is not (or no longer) there, or another's (404).
        """
        with self._lock:
            owner, imported = self._kept.get(token, ("", None))
        if imported is None or owner != visitor:
            raise UserError("timed.beside.gone", status=404)
        return imported

    def of(self, visitor: str) -> list[tuple[str, ImportedTiming]]:
        """All of a visitor's, the oldest first."""
        with self._lock:
            return [(name, kept) for name, (owner, kept) in self._kept.items() if owner == visitor]
