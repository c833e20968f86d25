"""Shows a timing: the answer in a sentence, figures, table, host and doubts.

What timings have reported, and other hosts' figures that a visitor laid beside them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from threading import Lock
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
from swishdemo.jobs.records import UNREADABLE
from swishdemo.text import Language, Sentence, text
from swishdemo.timing import REGISTRY, HostCard, Measurement, caveats, host_card, tables
from swishdemo.timing.elsewhere import ImportedTiming, comparable, parse
from swishdemo.timing.measurement import size_label
from swishdemo.ui import time_text as words

_LISTED = 10
_KEPT = 32
_MOST_EACH = 4
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


@dataclass(slots=True)
class Evidence:
    """What a timing has reported so far; later reports of the same thing replace earlier ones.

    Of the reports up to index ``after``, ``lost`` cannot be read.
    """

    after: int = -1
    lost: int = 0
    measured: dict[tuple[object, ...], Measurement] = field(default_factory=dict)
    host: HostCard | None = None

    @property
    def machine(self) -> tuple[object, ...] | None:
        """What two timings must share to be compared; None where it is not known."""
        return None if self.host is None else (self.host.cpu, self.host.torch)


class Shelf:
    """Other hosts' figures, each known by a token to the visitor who brought it; in memory only."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, ImportedTiming]] = {}
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
            for name in {*own[:-_MOST_EACH], *[*self._kept][:-_KEPT]}:
                del self._kept[name]
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


class TimeView:
    """Answers the page's questions after a timing; what was drawn once is kept."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._evidence = lru_cache(maxsize=_KEPT)(lambda job_id: Evidence())
        self._lock = Lock()
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
                told = ("time.ui.answer_none", "time.ui.answer_none_note")
                drawn = {"answer": [text(key, look.language) for key in told], "figures": {}}
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
        measured = [*self._read(job.id, anew=False).measured.values()]
        return answer | words.progress(job, measured, look.language)

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
        evidence = self._read(job.id)
        name = job.name or words.entry(job, look.language)["what"]
        torch = (evidence.host.torch if evidence.host else None) or ""
        return ImportedTiming(name, torch, tuple(evidence.measured.values()))

    def _read(self, job_id: str, *, anew: bool = True) -> Evidence:
        """The timing's evidence, with what it has reported since, or as it was known last."""
        with self._lock:
            known = self._evidence(job_id)
            for name, value in self._manager.reports(job_id, after=known.after) if anew else ():
                known.after = value["index"]
                known.lost += name == UNREADABLE
                if name == "HostCard":
                    known.host = HostCard.from_json(value)
                elif name == "Measurement":
                    measurement = Measurement.from_json(value)
                    known.measured[measurement.key] = measurement
            return replace(known, measured=dict(known.measured))

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
            return {"answer": [job.why(look.language), ""], "figures": {}}
        beside = self._beside(look, visitor)
        active = state in ACTIVE
        evidence = self._read(job_id)
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
        known = [self._read(other) for other in others] if here and evidence.machine else []
        alike = [each for each in known if each.machine == evidence.machine]
        doubts = [Sentence("jobs.unreadable.some", count=evidence.lost)] * bool(evidence.lost)
        doubts += () if active else caveats(here, evidence.host, language)
        return {
            "answer": words.answer(
                here,
                [found for each in alike if (found := _in_another_context(each, here[0]))],
                state,
                language,
                [[m for m in each.measured.values() if m.cell == here[0].cell] for each in alike],
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
            "table": words.table(
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
                *(list(entry[1:]) for entry in tables.left_out(measured, language)),
                *([] if active else words.unreached(variants, measured, language)),
            ],
            "doubts": [why.sentence(language) for why in doubts],
            "shape": job.config.get("shape"),
            "active": active,
        }


def _in_another_context(evidence: Evidence, here: Measurement) -> list[Measurement]:
    """The largest size of another timing, where only its context differs from that of ``here``."""
    measured = list(evidence.measured.values())
    if not measured or _setting(here) != _setting(measured[0]):
        return []
    largest = max(m.elements for m in measured)
    return [m for m in measured if m.elements == largest and m.context != here.context]


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
    return (measurement.dtype, measurement.passes, measurement.amp, *measurement.setting)


def _first_choice(sizes: Sequence[int], measured: Sequence[Measurement], active: bool) -> int:
    """While figures come in the size that is being measured, afterwards the largest."""
    return measured[-1].elements if active and measured else sizes[-1]


def _baseline(have: set[str], variants: Sequence[str]) -> str:
    if ARTICLE_BASELINE in have:
        return ARTICLE_BASELINE
    return next((name for name in variants if name in have), ARTICLE_BASELINE)
