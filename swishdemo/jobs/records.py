"""Reads stored jobs and reports of any version; what cannot be read is marked, and stays.

A row may be of an older version, of a later one, or damaged. Nobody but this module need mind: it
gives a `Job` whose `Job.unreadable` is set, and in a report's place one by the name `UNREADABLE`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter

from swishdemo.errors import UserError, unknown_choice
from swishdemo.jobs.job import Job, State
from swishdemo.jobs.kinds import Kind, Reports, measurements, rows_of
from swishdemo.text import Language, Sentence

if TYPE_CHECKING:
    from swishdemo.timing import HostCard, Measurement

_LOG = logging.getLogger(__name__)

UNREADABLE = "Unreadable"
"""The name of a report that cannot be read; of its JSON, ``reason`` is a `Sentence`'s."""

_LAST_MOMENT = 253_402_300_799
"""The end of the year 9999 in Unix seconds; a later one has no date."""


def job_of(row: Mapping[str, Any]) -> Job:
    """The job of a row, its configuration and summary as they are stored (see `understood`).

    A column that is damaged takes its default; where nothing can be told without it, the job is
    one that cannot be read.
    """
    values: dict[str, Any] = {"id": row["id"]}
    lost = None
    for column, (read, default) in COLUMNS.items():
        try:
            missing = row[column] is None and column not in _NEEDED
            values[column] = default if missing else read(row[column])
        except (ValueError, TypeError, KeyError, RecursionError):
            values[column] = default
            if column in _NEEDED:
                lost = lost or column
    return Job(**values) if lost is None else _lost(Job(**values), "column", column=lost)


def understood(job: Job, kinds: Mapping[str, Kind]) -> Job:
    """The job with the configuration and the summary that its kind has today.

    One of a kind that is gone counts among the runs, so that its owner finds it somewhere.
    """
    if job.unreadable:
        return job if job.kind in kinds else replace(job, kind=next(iter(kinds)))
    kind = kinds.get(job.kind)
    if kind is None:
        return _lost(replace(job, kind=next(iter(kinds))), "kind", kind=job.kind)
    try:
        config = kind.stored(job.config)
    except Exception as error:
        _LOG.info("the settings of job %s cannot be read: %r", job.id, error)
        return _lost(job, "config", why=_why(error))
    return replace(job, config=config, summary=kind.summary(job.summary) if job.summary else None)


def reports_of(job: Job, kind: Kind | None, stored: Reports) -> Reports:
    """The reports of a job, each as its kind has them today."""
    if job.unreadable or kind is None:
        return stored
    return [_report(job, kind, name, value) for name, value in stored]


def parsed(number: int, name: str, value: str | bytes) -> tuple[str, dict[str, Any]]:
    """A report from its row: its name and its JSON, with ``index``."""
    if name == UNREADABLE:  # what is stored by this name is none of ours
        return _unreadable(number, Sentence("jobs.unreadable.class", name=name))
    try:
        return _words(name), _object(value) | {"index": number}
    except (ValueError, RecursionError):
        return _unreadable(number, Sentence("jobs.unreadable.damaged"))


def attached(value: str | bytes) -> dict[str, Any]:
    """What can be taken along from a job, from its row.

    Raises:
        UserError: It is damaged (409).
    """
    try:
        return _object(value)
    except (ValueError, RecursionError):
        raise UserError("jobs.unreadable.attachment", status=409) from None


def unreadable_count(reports: Reports) -> int:
    """How many of them cannot be read."""
    return sum(name == UNREADABLE for name, _ in reports)


def _report(job: Job, kind: Kind, name: str, value: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if name == UNREADABLE:
        return name, value
    try:
        return name, kind.report(job.config, name, value) | {"index": value["index"]}
    except Exception as error:
        _LOG.info("report %s of job %s cannot be read: %r", value["index"], job.id, error)
        return _unreadable(value["index"], _why(error))


def _unreadable(number: int, why: Sentence) -> tuple[str, dict[str, Any]]:
    reason = Sentence("jobs.unreadable.it", why=why)
    return UNREADABLE, {"index": number, "reason": reason.as_json()}


def _lost(job: Job, what: str, **values: Any) -> Job:
    why = Sentence(f"jobs.unreadable.{what}", **values)
    reason = Sentence("jobs.unreadable.it", why=why)
    return replace(job, unreadable=True, reason=reason, summary=None)


def _why(error: Exception) -> Sentence:
    if isinstance(error, UserError):
        return Sentence(error.key, **error.filled)
    return Sentence("jobs.unreadable.shape")


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, str | bytes):
        raise ValueError("it is no text")
    words = value.decode("utf-8") if isinstance(value, bytes) else value
    found = json.loads(words)
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    if "\\ud" in words.lower():  # half a surrogate pair, which no answer can carry
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _strict(kind: Any) -> Callable[[object], Any]:
    return TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python


_words: Callable[[object], str] = _strict(str)
_count = _strict(Annotated[int, Field(ge=0)])
_number = Annotated[float, Field(allow_inf_nan=False)]
_moment = _strict(Annotated[_number, Field(ge=0, le=_LAST_MOMENT)])
_seconds = _strict(Annotated[_number, AfterValidator(lambda value: max(0.0, value))])
_sparkline = TypeAdapter(tuple[_number, ...], config=ConfigDict(strict=True)).validate_json


def _reason(value: object) -> Sentence:
    return Sentence.from_json(_object(value))


COLUMNS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "kind": (_words, ""),
    "visitor": (_words, ""),
    "state": (_strict(State), "failed"),
    "config": (_object, {}),
    "created_at": (_moment, 0.0),
    "purpose": (_words, None),
    "reason": (_reason, None),
    "placement": (_reason, None),
    "started_at": (_moment, None),
    "finished_at": (_moment, None),
    "reports": (_count, 0),
    "step": (_count, 0),
    "steps": (_count, None),
    "seconds": (_seconds, 0.0),
    "summary": (_object, None),
    "host": (_object, None),
    "device": (_words, None),
    "sparkline": (_sparkline, ()),
    "name": (_words, ""),
    "note": (_words, ""),
    "share": (_words, None),
}
"""What reads each column, and what stands for it where it is missing or damaged."""

_NEEDED = ("kind", "visitor", "state", "config", "created_at")
"""Columns without which nothing can be told of a job."""


def told(name: str, report: dict[str, Any], language: Language) -> dict[str, Any]:
    """A stored report called ``name`` with its sentences in ``language``.

    Of one that cannot be read, its index, why, and no numbers.
    """
    if name == UNREADABLE:
        return {
            "index": report["index"],
            **dict.fromkeys(("step", "elapsed_seconds")),
            **{series: [] for series in ("beta", "loss", "accuracy", "convergence")},
            "reason": Sentence.from_json(report["reason"]).sentence(language),
        }
    spoken = {}
    for reason in ("unavailable", "gate", "failure"):
        with suppress(ValueError):  # it has none, or is of a job that cannot be read
            spoken[reason] = Sentence.from_json(report.get(f"{reason}_reason")).sentence(language)
    return report | spoken


def timing_as_json(job: Job, reports: Reports, language: Language = "en") -> dict[str, Any]:
    """A timing with its host and its measurements: what REST, the page and the shell all tell.

    ``unreadable`` lists its results that cannot be read, each with its ``index`` and a ``reason``.
    """
    cards = [value for name, value in reports if name == "HostCard"]
    return {
        **job.as_json(language),
        "host": cards[-1] if cards else job.host,
        "measurements": [told("Measurement", each, language) for each in measurements(reports)],
        "unreadable": _lost_reports(reports, language),
    }


def timed(reports: Reports) -> tuple[list[Measurement], HostCard | None]:
    """What a timing has measured, and the machine; None where it is not known."""
    from swishdemo.timing import HostCard, Measurement

    cards = [value for name, value in reports if name == "HostCard"]
    host = HostCard.from_json(cards[-1]) if cards else None
    return [Measurement.from_json(value) for value in measurements(reports)], host


def timing_as_text(
    job: Job, reports: Reports, format: str, baseline: str, language: Language = "en"
) -> str:
    """A timing as ``csv`` or ``markdown`` (`swishdemo.timing.tables`).

    Raises:
        UserError: The baseline is none of the timing's variants (422).
    """
    from swishdemo.timing.tables import as_csv, as_markdown

    check_baseline(job, baseline)
    if format == "csv":
        return as_csv(*timed(reports), baseline)
    return as_markdown(*timed(reports), baseline, language)


def check_baseline(job: Job, baseline: str) -> None:
    """Refuse a variant that a timing has not to be the one that counts as 1.

    Raises:
        UserError: It is neither among them nor ReLU (422).
    """
    variants = tuple(job.config["variants"])
    if baseline not in (*variants, "relu"):
        raise unknown_choice("baseline", baseline, variants)


def run_as_text(job: Job, reports: Reports, format: str) -> str:
    """A run as ``csv`` (`swishdemo.training.summary.as_csv`) or ``code``, which repeats it."""
    from swishdemo.training.config import TrainingConfig
    from swishdemo.training.script import script
    from swishdemo.training.summary import as_csv

    if format == "code":
        return script(job.config, reports[-1][1] if reports else {})
    known = (value for name, value in reports if name == "Report")
    return as_csv(TrainingConfig.of_json(job.config), known)


def sweep_as_text(job: Job, reports: Reports, format: str, language: Language = "en") -> str:
    """A sweep as ``csv`` or ``markdown`` (`swishdemo.training.sweep_results`)."""
    from swishdemo.training.sweep_results import as_csv, as_markdown

    if format == "csv":
        return as_csv(job.config, rows_of(reports))
    return as_markdown(job.config, rows_of(reports), language)


def sweep_as_json(job: Job, reports: Reports, language: Language = "en") -> dict[str, Any]:
    """A sweep with a row for each run that has ended, and the effect of what was changed.

    ``lost`` lists its rows that cannot be read, each with its ``index`` and a ``reason``.
    """
    from swishdemo.training.sweep_results import effects

    rows = rows_of(reports)
    known = () if job.unreadable else effects(job.config, rows)
    return {
        **job.as_json(language),
        "rows": [told("SweepRow", each, language) for each in rows],
        "effects": [each.as_json() for each in known],
        "lost": _lost_reports(reports, language),
    }


def _lost_reports(reports: Reports, language: Language) -> list[dict[str, Any]]:
    lost = [told(name, value, language) for name, value in reports if name == UNREADABLE]
    return [{name: each[name] for name in ("index", "reason")} for each in lost]
