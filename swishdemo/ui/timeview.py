"""A timing as the page shows it: the answer in a sentence, figures, table, host and doubts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

from swishdemo.figures.timing import ARTICLE_BASELINE, bars_figure, sizes_figure
from swishdemo.jobs.job import ACTIVE, Job, State
from swishdemo.jobs.manager import JobManager
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, HostCard, Measurement, caveats, hostlines
from swishdemo.timing.quantities import size_label
from swishdemo.ui import timewords as words
from swishdemo.ui.timetable import table

_KEPT = 32
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
    """

    baseline: str = ARTICLE_BASELINE
    elements: int | None = None
    narrow: bool = False
    language: Language = "en"


@dataclass(slots=True)
class _Evidence:
    """What a timing has reported so far; later reports of the same thing replace earlier ones."""

    after: int = -1
    measured: dict[tuple[object, ...], Measurement] = field(default_factory=dict)
    host: HostCard | None = None


class TimeView:
    """Answers the page's questions after a timing; what was drawn once is kept."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._evidence: OrderedDict[str, _Evidence] = OrderedDict()
        self._lock = Lock()
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
        if job_id is None:
            latest = self._manager.list(visitor, kind="timing")
            if not latest:
                line = text("time.ui.state_none", look.language)
                drawn = words.nothing_yet(look.language)
                return {"id": None, "done": True, "line": line, "drawn": drawn}
            job_id = latest[0].id
        job = self._manager.get(job_id, visitor)
        mark = f"{job.id} {job.reports} {job.state} {look}"
        answer: _Json = {
            "id": job.id,
            "done": not job.active,
            "state": job.state,
            "mark": mark,
        }
        if mark != known:
            others: tuple[Job, ...] = ()
            if not job.active:
                listed = self._manager.list(visitor, kind="timing")
                answer["earlier"] = [words.entry(each, look.language) for each in listed[:_LISTED]]
                others = tuple(each for each in listed if each.state == "finished")[:_LISTED]
            drawn_with = tuple(other.id for other in others if other.id != job.id)
            answer["drawn"] = self._drawn(job.id, job.reports, job.state, drawn_with, look)
        return answer | words.progress(job, self._counted(job), look.language)

    def export(self, job_id: str, visitor: str) -> _Json:
        """All that is known of a timing: the request, the host and every measurement."""
        job = self._manager.get(job_id, visitor)
        evidence = self._read(job.id)
        return {
            "id": job.id,
            "state": job.state,
            "config": dict(job.config),
            "host": evidence.host.as_json() if evidence.host else None,
            "measurements": [m.as_json() for m in evidence.measured.values()],
        }

    def _counted(self, job: Job) -> int:
        with self._lock:
            known = self._evidence.get(job.id)
        return len(known.measured) if known else 0

    def _read(self, job_id: str) -> _Evidence:
        """The timing's evidence; only reports that are new are read and parsed."""
        with self._lock:
            known = self._evidence.setdefault(job_id, _Evidence())
            self._evidence.move_to_end(job_id)
            while len(self._evidence) > _KEPT:
                self._evidence.popitem(last=False)
            for name, value in self._manager.reports(job_id, after=known.after):
                known.after = value["index"]
                if name == "HostCard":
                    known.host = HostCard.from_json(value)
                elif name == "Measurement":
                    measurement = Measurement.from_json(value)
                    known.measured[measurement.key] = measurement
            return _Evidence(known.after, dict(known.measured), known.host)

    def _draw(
        self, job_id: str, reports: int, state: State, others: tuple[str, ...], look: Look
    ) -> _Json:
        job = self._manager.get(job_id)
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
        bars = None
        if have or active:
            bars = bars_figure(
                here, variants, baseline, language, ended=not active, narrow=look.narrow
            )
        lines = None
        if len(sizes) > 1:
            lines = sizes_figure(timed, variants, language, narrow=look.narrow)
        beside = [self._comparable(other, here, evidence.host) for other in others]
        return {
            "answer": words.answer(here, [each for each in beside if each], state, language),
            "title": words.title(here, job, baseline if baseline in have else None, language),
            "bars": bars,
            "lines": lines,
            "baseline": baseline,
            "baselines": [
                [name, REGISTRY.get(name).label(language)] for name in variants if name in have
            ],
            "elements": shown,
            "sizes": [[size, size_label(size)] for size in sizes] if len(sizes) > 1 else [],
            "table": table(here, variants, baseline, language, ended=not active),
            "host": hostlines.lines(evidence.host, language, active=active),
            "left_out": words.left_out(measured, language),
            "doubts": words.doubts(caveats(here, evidence.host), language) if not active else [],
            "active": active,
        }

    def _comparable(
        self, other: str, here: Sequence[Measurement], host: HostCard | None
    ) -> list[Measurement] | None:
        """The largest size of another timing, where only its context differs from this one's."""
        evidence = self._read(other)
        measured = list(evidence.measured.values())
        if not here or not measured or host is None or evidence.host is None:
            return None
        if (host.cpu, host.torch) != (evidence.host.cpu, evidence.host.torch):
            return None
        if _setting(here[0]) != _setting(measured[0]) or here[0].context == measured[0].context:
            return None
        largest = max(m.elements for m in measured)
        return [m for m in measured if m.elements == largest]


def _setting(measurement: Measurement) -> tuple[object, ...]:
    return (
        *(measurement.dtype, measurement.passes, measurement.device),
        *(measurement.threads, measurement.amp),
    )


def _first_choice(sizes: Sequence[int], measured: Sequence[Measurement], active: bool) -> int:
    """While figures come in the size that is being measured, afterwards the largest."""
    return measured[-1].elements if active and measured else sizes[-1]


def _baseline(have: set[str], variants: Sequence[str]) -> str:
    if ARTICLE_BASELINE in have:
        return ARTICLE_BASELINE
    return next((name for name in variants if name in have), ARTICLE_BASELINE)


def look_of(given: Mapping[str, Any], language: Language) -> Look:
    """A reader's look from what the browser sent; what is no such thing takes its default."""
    baseline, elements = given.get("baseline"), given.get("elements")
    return Look(
        baseline=baseline if REGISTRY.knows(baseline) else ARTICLE_BASELINE,
        elements=elements if type(elements) is int and 0 < elements < 2**60 else None,
        narrow=given.get("narrow") is True,
        language=language,
    )
