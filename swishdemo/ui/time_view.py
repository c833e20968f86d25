"""A timing as the page shows it: the answer in a sentence, figures, table, host and doubts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from swishdemo.errors import UserError
from swishdemo.figures.timing_bars import (
    ARTICLE_BASELINE,
    bars_figure,
    memory_figure,
    steps_figure,
)
from swishdemo.figures.timing_lines import roofline_figure, sizes_figure
from swishdemo.jobs.job import ACTIVE, Job, State
from swishdemo.jobs.manager import JobManager
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, HostCard, Measurement, caveats, export, host_card
from swishdemo.timing.elsewhere import ImportedTiming, comparable
from swishdemo.timing.measurement import size_label
from swishdemo.ui import time_text as words
from swishdemo.ui.time_table import EvidenceBook, Shelf, table

_LISTED = 10
_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """How a reader looks at a timing.

    Attributes:
        baseline: The variant that counts as 1.
        elements: The size of the bars and the table; None for the largest.
        narrow: Whether the page is as narrow as a phone.
        language: Of the words.
        beside: What is laid beside: another timing's id or a file's token; None for nothing.
    """

    baseline: str = ARTICLE_BASELINE
    elements: int | None = None
    narrow: bool = False
    language: Language = "en"
    beside: str | None = None


class TimeView:
    """Answers the page's questions after a timing; what was drawn once is kept."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._book = EvidenceBook(manager)
        self._shelf = Shelf()
        self._drawn = lru_cache(maxsize=64)(self._draw)

    def answer(self, job_id: str | None, known: str, look: Look, visitor: str) -> _Json:
        """A timing's state, and what is drawn of it where that is not ``known`` already.

        Args:
            job_id: The timing; None for the visitor's latest.
            known: The mark of what the browser has drawn.
            look: How it is looked at.
            visitor: Who asks.

        Raises:
            UserError: There is no such timing of this visitor.
        """
        if not REGISTRY.knows(look.baseline):
            look = replace(look, baseline=ARTICLE_BASELINE)
        if job_id is None:
            latest = self._manager.list(visitor, kind="timing")
            if not latest:
                line = text("time.ui.state_none", look.language)
                drawn = words.nothing_yet(look.language)
                return {"id": None, "done": True, "line": line, "drawn": drawn}
            job_id = latest[0].id
        job = self._manager.get(job_id, visitor)
        # By the name that it was asked for: who has a link knows the timing by its token.
        answer: _Json = {
            "id": job_id,
            "done": not job.active,
            "state": job.state,
            "rests": job.rests,
            "own": job.visitor == visitor,
        }
        try:
            self._beside(look, visitor)
        except UserError as error:
            look = replace(look, beside=None)
            answer["beside_gone"] = error.sentence(look.language)
        shown = f"{job.id} {job.reports} {job.state} {job.name} {job.share} {look}"
        mark = answer["mark"] = sha256(shown.encode()).hexdigest()[:32]
        if mark != known:
            others: tuple[Job, ...] = ()
            if not job.active:
                listed = self._manager.list(visitor, kind="timing")
                answer["earlier"] = [words.entry(each, look.language) for each in listed[:_LISTED]]
                answer["files"] = [
                    [token, words.host_name(each, look.language)]
                    for token, each in self._shelf.of(visitor)
                ]
                whole = (each for each in listed if not each.unreadable)
                others = tuple(each for each in whole if each.state == "finished")[:_LISTED]
            drawn_with = tuple(other.id for other in others if other.id != job.id)
            answer["drawn"] = self._drawn(job.id, job.reports, job.state, drawn_with, look, visitor)
        return answer | words.progress(job, self._book.known(job.id), look.language)

    def lay(self, content: str, visitor: str) -> str:
        """Read another host's file, to be laid beside one's own figures; its token.

        Raises:
            UserError: It is no timing.
        """
        return self._shelf.put(content, visitor)

    def _beside(self, look: Look, visitor: str) -> ImportedTiming | None:
        """What is laid beside, checked to be this visitor's.

        Raises:
            UserError: It is not there, another's, or not at its end.
        """
        if look.beside is None:
            return None
        if look.beside.startswith("file-"):
            found = self._shelf.get(look.beside, visitor)
            return replace(found, name=words.host_name(found, look.language))
        job = self._manager.readable(look.beside, visitor)
        if job.active:
            raise UserError("timed.beside.active")
        evidence = self._book.read(job.id)
        name = job.name or words.entry(job, look.language)["what"]
        torch = (evidence.host.torch if evidence.host else None) or ""
        return ImportedTiming(name, torch, tuple(evidence.measured.values()))

    def _draw(
        self,
        job_id: str,
        reports: int,
        state: State,
        others: tuple[str, ...],
        look: Look,
        visitor: str,
    ) -> _Json:
        job = self._manager.get(job_id)
        if job.unreadable:
            return words.unreadable(job, look.language)
        beside = self._beside(look, visitor)
        active = state in ACTIVE
        evidence = self._book.read(job_id)
        measured = [m for m in evidence.measured.values() if REGISTRY.knows(m.variant)]
        timed = [m for m in measured if m.is_timed]
        sizes = sorted({m.elements for m in timed}) or [max(job.config["elements"])]
        shown = look.elements if look.elements in sizes else _first_choice(sizes, measured, active)
        here = [m for m in measured if m.elements == shown]
        variants = tuple(name for name in job.config["variants"] if REGISTRY.knows(name))
        have = {m.variant for m in here if m.is_timed}
        baseline = look.baseline if look.baseline in have or active else _baseline(have, variants)
        language = look.language
        theirs = comparable(beside.measurements, here[0]) if beside and here else ()
        answers = [self._comparable(other, here, evidence.host) for other in others]
        return {
            "answer": words.answer(
                here,
                [each for each in answers if each],
                state,
                language,
                [self._again(other, here, evidence.host) for other in others],
            ),
            "interval": None if active else words.hero(here, evidence.host, language),
            "title": words.title(here, job, baseline if baseline in have else None, language),
            "beside": words.beside(beside, theirs, here, baseline, language),
            "figures": _figures(
                here, timed, variants, baseline, beside, evidence.host, look, active=active
            ),
            "baseline": baseline,
            "baselines": [
                [name, REGISTRY.get(name).label(language)] for name in variants if name in have
            ],
            "elements": shown,
            "sizes": [[size, size_label(size)] for size in sizes] if len(sizes) > 1 else [],
            "table": table(
                here,
                variants,
                baseline,
                language,
                ended=not active,
                beside=theirs,
                beside_name=beside.name if beside else "",
            ),
            "host": host_card.lines(evidence.host, language, active=active),
            "left_out": [
                *(list(entry[1:]) for entry in export.left_out(measured, language)),
                *([] if active else words.unreached(variants, measured, language)),
            ],
            "doubts": [
                *words.lost(evidence.lost, language),
                *([] if active else words.doubts(caveats(here, evidence.host, language), language)),
            ],
            "shape": job.config.get("shape"),
            "active": active,
        }

    def _again(
        self, other: str, here: Sequence[Measurement], host: HostCard | None
    ) -> list[Measurement]:
        """What another timing on such a machine found for the very setting and size of ``here``."""
        evidence = self._book.read(other)
        if not here or host is None or evidence.host is None:
            return []
        if (host.cpu, host.torch) != (evidence.host.cpu, evidence.host.torch):
            return []
        return [m for m in evidence.measured.values() if m.cell == here[0].cell]

    def _comparable(
        self, other: str, here: Sequence[Measurement], host: HostCard | None
    ) -> list[Measurement] | None:
        """The largest size of another timing, where only its context differs from this one's."""
        evidence = self._book.read(other)
        measured = list(evidence.measured.values())
        if not here or not measured or host is None or evidence.host is None:
            return None
        if (host.cpu, host.torch) != (evidence.host.cpu, evidence.host.torch):
            return None
        if _setting(here[0]) != _setting(measured[0]) or here[0].context == measured[0].context:
            return None
        largest = max(m.elements for m in measured)
        return [m for m in measured if m.elements == largest]


def _figures(
    here: Sequence[Measurement],
    timed: Sequence[Measurement],
    variants: tuple[str, ...],
    baseline: str,
    beside: ImportedTiming | None,
    host: HostCard | None,
    look: Look,
    *,
    active: bool,
) -> dict[str, _Json | None]:
    """Every picture by its name; None for one that has no data yet, or never will."""
    language, narrow = look.language, look.narrow
    caches = host.caches_bytes if host else {}
    others = beside.measurements if beside else ()
    several = len({m.elements for m in timed}) > 1
    made: dict[str, _Json | None] = {"bars": None, "sizes": None}
    if active or any(m.is_timed for m in here):
        made["bars"] = bars_figure(
            here,
            variants,
            baseline,
            language,
            ended=not active,
            narrow=narrow,
            beside=comparable(others, here[0]) if here else (),
        )
    if several:
        made["sizes"] = sizes_figure(
            timed,
            variants,
            language,
            narrow=narrow,
            caches=caches,
            beside=comparable(others, timed[0], at_all_sizes=True),
        )
    made["steps"] = steps_figure(
        here, variants, baseline, language, ended=not active, narrow=narrow
    )
    made["roofline"] = roofline_figure(timed, variants, language, narrow=narrow, caches=caches)
    made["memory"] = memory_figure(here, variants, language, ended=not active, narrow=narrow)
    return made


def _setting(measurement: Measurement) -> tuple[object, ...]:
    return (
        *(measurement.dtype, measurement.passes, measurement.device),
        *(measurement.threads, measurement.amp, measurement.allocator),
    )


def _first_choice(sizes: Sequence[int], measured: Sequence[Measurement], active: bool) -> int:
    """While figures come in the size that is being measured, afterwards the largest."""
    return measured[-1].elements if active and measured else sizes[-1]


def _baseline(have: set[str], variants: Sequence[str]) -> str:
    if ARTICLE_BASELINE in have:
        return ARTICLE_BASELINE
    return next((name for name in variants if name in have), ARTICLE_BASELINE)
