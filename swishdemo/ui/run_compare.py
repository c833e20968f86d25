"""Several runs held together: one picture for all, and a table of what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swishdemo.errors import UserError
from swishdemo.figures.series import Series
from swishdemo.figures.training import compare_figures
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.text import Language, text
from swishdemo.training.in_words import told
from swishdemo.ui.run_text import run_name, share_of

MOST = 6
"""Runs that one picture holds."""


def compared(
    manager: JobManager, runs: Sequence[str], visitor: str, language: Language
) -> dict[str, Any]:
    """Two to six runs over each other.

    Returns:
        ``figures``, ``names``, and ``rows``: label and each run's value of every field and key
        result that differs.

    Raises:
        UserError: They are too few or too many, or one is not this visitor's.
    """
    if not 2 <= len(runs) <= MOST:
        raise UserError("run.error_compare", most=MOST)
    jobs = [manager.readable(run, visitor) for run in dict.fromkeys(runs)]
    reports = {
        job.id: [value for name, value in manager.reports(job.id) if name == "Report"]
        for job in jobs
    }
    begun = [job for job in jobs if reports[job.id]]
    if len(begun) < 2:
        raise UserError("run.error_compare_empty")
    names = _names(begun, language)
    series = [Series.of(job.config, reports[job.id]) for job in begun]
    return {
        "figures": compare_figures(list(zip(names, series, strict=True)), language),
        "names": names,
        "rows": [*_differences(begun, language), *_results(begun, language)],
    }


def _names(jobs: Sequence[Job], language: Language) -> list[str]:
    """Their names, numbered where two are alike."""
    names = [run_name(job, language) for job in jobs]
    return [
        f"{name} ({names[:place].count(name) + 1})" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def _differences(jobs: Sequence[Job], language: Language) -> list[dict[str, Any]]:
    fields = dict.fromkeys(name for job in jobs for name in job.config)
    rows = []
    for name in fields:
        values = [told(job.config.get(name), name, language) for job in jobs]
        if len(set(values)) > 1:
            label = text(f"train.field.{name}.label", language)
            rows.append({"label": label, "values": values})
    return rows


def _results(jobs: Sequence[Job], language: Language) -> list[dict[str, Any]]:
    summaries = [job.summary or {} for job in jobs]
    own: list[Mapping[str, Any]] = [
        next(iter(summary.get("activations", ())), {}) for summary in summaries
    ]
    found = {
        "accuracy": [_number(each.get("accuracy", {}).get("mean"), 4) for each in own],
        "share": [share_of(job) or "–" for job in jobs],
        "converged": [
            told(summary.get("converged_step"), "converged", language) for summary in summaries
        ],
        "seconds": [f"{job.seconds:.1f}" for job in jobs],
    }
    return [
        {"label": text(f"run.result_{name}", language), "values": values, "result": True}
        for name, values in found.items()
    ]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
