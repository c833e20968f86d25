"""Shows several runs: listed, compared in one picture, or as a sweep's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from swishdemo.errors import UserError
from swishdemo.figures.comparison import compare_figures, effects_figure
from swishdemo.figures.series import Series
from swishdemo.jobs.access import absent
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import rows_of
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import unreadable_count
from swishdemo.text import Language, text
from swishdemo.training.config import TrainingConfig, learns_beta
from swishdemo.training.in_words import told
from swishdemo.training.sweep import SweepRequest, axis_of
from swishdemo.training.sweep_results import effects, runs_table
from swishdemo.ui.run_text import is_regression, percents, run_name, seconds_words, waiting

MOST = 6
"""Runs that one picture holds."""


def row(job: Job, language: Language) -> dict[str, Any]:
    """One line of the list of runs; of one that cannot be read, why stands in its note's place."""
    summary = job.summary or {}
    own = next(iter(summary.get("activations", ())), None)
    accuracy = own["accuracy"]["mean"] if own else None
    prefix = ""
    if not job.unreadable:
        prefix = "R² " if is_regression(job.config) else ""
    lost = job.why(language) if job.unreadable else ""
    return {
        "run": job.id,
        "state": job.state,
        "rests": job.rests,
        "label": text(f"run.short_{job.state}", language),
        "name": run_name(job, language),
        "note": " · ".join(words for words in (lost, job.note) if words),
        "share_token": job.share,
        "sparkline": list(job.sparkline),
        "device": job.device or "",
        "accuracy": "" if accuracy is None else f"{prefix}{accuracy:.3f}",
        "share": share_of(job),
        "seconds": job.seconds,
        "created": job.created_at,
    }


def share_of(job: Job) -> str:
    """By layer the share of |β| in the article's band at the run's end; empty where none moves."""
    if job.unreadable:
        return ""
    summary, config = job.summary or {}, TrainingConfig.of_json(job.config)
    if not learns_beta(config):
        return ""
    told = [each for each in summary.get("betas", ()) if each]
    if config.beta_scope == "network":
        told = told[:1]
    if told:
        return percents([each["share"] for each in told])
    share = summary.get("share")  # of all layers: a run of before they were told apart
    return "" if share is None else percents([share])


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


_LISTED = 100
_OVERHEAD = 2e6
"""What a step of a layer costs beside its multiplications, as so many of them."""

Json = dict[str, Any]


class SweepView:
    """Answers the page's questions after a sweep; what was drawn once is kept."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._drawn = lru_cache(maxsize=32)(self._draw)
        self._costs = lru_cache(maxsize=32)(self._cost_of_runs)

    def answer(self, sweep: str | None, known: str, visitor: str, language: Language) -> Json:
        """A sweep's state, and what is drawn of it where that is not ``known`` already.

        Args:
            sweep: Its id, or its share's token; None for the list of the visitor's sweeps alone.
            known: The mark of what the browser has drawn.
            visitor: Who asks.
            language: Of the words.

        Raises:
            UserError: There is no such sweep of this visitor.
        """
        listed = [
            _entry(each, language) for each in self._manager.list(visitor, kind="sweep")[:_LISTED]
        ]
        if sweep is None:
            return {"sweep": None, "done": True, "earlier": listed}
        job = self._manager.get(sweep, visitor)
        if job.kind != "sweep":
            raise absent(sweep, "sweep")
        mark = f"{job.id} {job.reports} {job.state} {language}"
        drawn = {} if mark == known else {"drawn": self._drawn(job.id, mark, language)}
        return {
            "sweep": sweep,
            "id": job.id,
            "state": job.state,
            "rests": job.rests,
            "done": not job.active,
            "own": job.visitor == visitor,
            "what": what(job, language),
            "line": _line(job, language),
            "progress": job.step / job.steps if job.steps else 0,
            "left": self._left(job, language),
            "mark": mark,
            "earlier": listed,
            **drawn,
        }

    def _draw(self, job_id: str, mark: str, language: Language) -> Json | None:
        """The figure and the table; None where there is no row yet. ``mark`` tells of which."""
        job, reports = self._manager.get(job_id), self._manager.reports(job_id)
        rows = rows_of(reports)
        if job.unreadable or not rows:
            return None
        table = runs_table(job.config, rows, language)
        lost = unreadable_count(reports)
        missing = (text("jobs.unreadable.some", language, count=lost),) if lost else ()
        return {
            "figure": effects_figure(job.config, effects(job.config, rows), language),
            "table": asdict(table) | {"notes": [*table.notes, *missing]},
            "scores": text("sweep.ui.scores", language),
        }

    def _left(self, job: Job, language: Language) -> str:
        """The time that is left, by what the runs cost that are done."""
        if job.state != "running" or not job.step or job.unreadable:
            return ""
        done, whole = _spent(self._costs(job.id), job.step)
        return seconds_words("run.left", job.seconds * (whole / done - 1), language)

    def _cost_of_runs(self, job_id: str) -> tuple[tuple[int, float], ...]:
        """For each run its steps, and about what one of them costs."""
        from swishdemo.training.architecture import architecture, product_count
        from swishdemo.training.config import replicas

        request = SweepRequest.stored(self._manager.get(job_id).config)
        found = []
        for run in range(len(request.changes)):
            config = request.config(run)
            cost = 1.0
            if config.csv is None:  # of a table the columns alone are known here
                parts = architecture(config, config.described())
                products = product_count(parts) * config.batch * len(replicas(config))
                cost = products + _OVERHEAD * config.depth
            found.append((config.steps, cost))
        return tuple(found)


def _spent(costs: Sequence[tuple[int, float]], step: int) -> tuple[float, float]:
    """What the first so many steps cost, and what all do."""
    done, left = 0.0, step
    for steps, cost in costs:
        done += min(steps, left) * cost
        left -= min(steps, left)
    return done, sum(steps * cost for steps, cost in costs)


def what(job: Job, language: Language) -> str:
    """What a sweep is called: its name, or what changes in it."""
    if job.unreadable:
        return job.name or text("run.unreadable", language)
    fields = (name for axis in job.config["grid"] for name in axis_of(axis))
    labels = (text(f"train.field.{name}.label", language) for name in fields)
    listed = text("language.comma", language).join(labels)
    count = len(job.config["runs"])
    return job.name or text("sweep.ui.what", language, count=count, fields=listed)


def _entry(job: Job, language: Language) -> Json:
    """A sweep in the list."""
    return {
        "id": job.id,
        "name": job.name,
        "share": job.share,
        "what": what(job, language),
        "at": job.created_at,
    }


def _line(job: Job, language: Language) -> str:
    """The sweep's state in one sentence."""
    why = job.why(language)
    if job.unreadable:
        return why
    runs = job.config["runs"]
    if job.state == "waiting":
        return waiting(job, language)
    counts = {"ended": job.reports, "count": len(runs)}
    if job.active and why:  # it waits for a GPU
        return why
    if job.active:
        if not job.step and job.state == "running":
            return text("run.state_starting", language)
        now = min(job.reports, len(runs) - 1)
        names = (name for axis in job.config["grid"] for name in axis_of(axis))
        values = text("language.comma", language).join(
            f"{text(f'train.field.{name}.label', language)} {told(runs[now][name], name, language)}"
            for name in names
        )
        return text(f"sweep.ui.{job.state}", language, run=now + 1, values=values, **counts)
    failed = (job.summary or {}).get("failed", 0)
    words = text(f"sweep.ui.{job.state}", language, seconds=f"{job.seconds:.1f}", **counts)
    words += text("sweep.ui.runs_failed", language, count=failed) if failed else ""
    return f"{words} · {why}" if why else words
