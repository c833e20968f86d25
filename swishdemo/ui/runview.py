"""A training run as the page shows it: its state in words, its figures, the other runs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from swishdemo.activations import activations, formula_label, is_formula
from swishdemo.figures import training as figures
from swishdemo.figures.series import Series
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.text import Language, text
from swishdemo.training.convergence import CONVERGED_BELOW

_KEPT = 16
_LISTED = 8
_LAYERS = 2
"""Layers whose β the page draws."""


@dataclass(slots=True)
class _Drawn:
    """What is known of one run: its reports so far, and the figures drawn of them."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[Language, tuple[int, dict[str, Any]]] = field(default_factory=dict)


class RunView:
    """Answers the page's questions after a run; many watchers of one run share what is drawn."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._drawn: OrderedDict[str, _Drawn] = OrderedDict()
        self._lock = Lock()

    def answer(
        self, run: str | None, after: int, visitor: str, language: Language
    ) -> dict[str, Any]:
        """The run's state, and its figures where there are reports beyond ``after``.

        Args:
            run: Its id; None for the visitor's latest.
            after: Index of the last report that the browser has drawn, −1 for none.
            visitor: Who asks.
            language: Of the words.

        Raises:
            UserError: There is no such run of this visitor.
        """
        runs = self._manager.list(visitor, kind="run")
        listed = [_row(each, language) for each in runs[:_LISTED]]
        if run is None:
            if not runs:
                return {"run": None, "done": True, "line": text("run.state_none", language)}
            run = runs[0].id
        job = self._manager.get(run, visitor)
        reports, drawn = self._figures(job, after, language)
        return {
            "run": run,  # as it was asked for: who has a link knows the run by its token
            "runs": listed,
            "state": job.state,
            "line": _line(job, reports, language),
            "stats": _stats(job, reports, language),
            "progress": job.step / job.steps if job.steps else 0,
            "left": _left(job, reports, language),
            "after": len(reports) - 1,
            "figures": drawn,
            "done": not job.active,
        }

    def _figures(
        self, job: Job, after: int, language: Language
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        with self._lock:
            known = self._drawn.setdefault(job.id, _Drawn())
            self._drawn.move_to_end(job.id)
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
            fresh = self._manager.reports(job.id, after=len(known.reports) - 1)
            known.reports.extend(report for name, report in fresh if name == "Report")
            count = len(known.reports)
            if count <= after + 1:
                return known.reports, None
            if known.figures.get(language, (0, {}))[0] != count:
                known.figures[language] = (count, _draw(job, known.reports, language))
            return known.reports, known.figures[language][1]


def _draw(job: Job, reports: list[dict[str, Any]], language: Language) -> dict[str, Any]:
    series = Series.of(job.config, reports)
    labels = {each.name: each.label for each in activations()}
    named = (job.config["activation"], *job.config["rivals"])
    labels |= {name: formula_label(name) for name in named if is_formula(name)}
    drawn = {
        f"beta{layer}": figures.beta_figure(series, layer, language)
        for layer in range(min(_LAYERS, len(series.beta)))
    }
    return {
        **drawn,
        "convergence": figures.convergence_figure(series, language),
        "band": figures.band_figure(series, language),
        "loss": figures.loss_figure(series, labels, language),
        "accuracy": figures.accuracy_figure(series, labels, language),
    }


def _line(job: Job, reports: list[dict[str, Any]], language: Language) -> str:
    """The run's state in one sentence."""
    device = reports[-1]["device"] if reports else ""
    if job.state == "waiting":
        seconds = job.estimate_seconds
        key = "run.state_waiting" if seconds is None else "run.state_waiting_estimate"
        return text(key, language, position=job.position or 1, seconds=round(seconds or 0))
    if job.state == "running":
        key = "run.state_running" if reports else "run.state_starting"
        return text(key, language, device=device)
    if job.state == "finished":
        return text(
            "run.state_finished", language, seconds=f"{job.seconds:.1f}", device=device or "?"
        )
    if job.state == "stopped":
        words = text("run.state_stopped", language, step=job.step)
    else:
        words = text(f"run.state_{job.state}", language)
    why = job.reason.sentence(language) if job.reason else ""
    return f"{words} · {why}" if why else words


def _stats(job: Job, reports: list[dict[str, Any]], language: Language) -> list[dict[str, str]]:
    """The figures that answer first: step, rate, accuracy, convergence."""
    if not reports:
        return []
    last = reports[-1]
    first = len(last["beta"][0])  # those that are no rivals
    accuracy = [value for value in last["accuracy"][:first] if value is not None]
    distances = [value for value in last["convergence"] if value is not None]
    rate = last["step"] / last["elapsed_seconds"] if last["elapsed_seconds"] > 0 else 0.0
    met = next((each["step"] for each in reports if _converged(each)), None)
    return [
        {"value": f"{last['step']} / {last['steps']}", "label": text("run.stat_step", language)},
        {
            "value": f"{rate:.0f} /s",
            "label": text("run.stat_rate", language, count=len(last["loss"])),
        },
        {
            "value": f"{sum(accuracy) / len(accuracy):.3f}" if accuracy else "–",
            "label": text("run.stat_accuracy", language),
        },
        {
            "value": f"{max(distances):.2f}" if distances else "–",
            "label": text("run.stat_convergence", language)
            if met is None
            else text("run.stat_converged", language, step=met),
            "tone": "" if met is None else "ok",
        },
        {
            "value": "–" if last["share"] is None else f"{100 * last['share']:.0f} %",
            "label": text("run.stat_share", language),
        },
    ]


def _converged(report: dict[str, Any]) -> bool:
    return all(value is not None and value < CONVERGED_BELOW for value in report["convergence"])


def _left(job: Job, reports: list[dict[str, Any]], language: Language) -> str:
    """The time that is left at the rate so far."""
    if job.state != "running" or not reports or not reports[-1]["step"]:
        return ""
    last = reports[-1]
    seconds = last["elapsed_seconds"] / last["step"] * (last["steps"] - last["step"])
    return text("run.left", language, seconds=max(1, round(seconds)))


def _row(job: Job, language: Language) -> dict[str, Any]:
    """One line of the list of runs."""
    config = job.config
    share = (job.summary or {}).get("share")
    return {
        "run": job.id,
        "state": job.state,
        "label": text(f"run.short_{job.state}", language),
        "what": text(
            "run.row",
            language,
            starts=len(config["beta_starts"]),
            seeds=config["seeds"],
            steps=config["steps"],
            decay=f"{config['weight_decay']:g}",
            factor=f"{config['beta_lr_factor']:g}",
        ),
        "key": "" if share is None else f"{100 * share:.0f} %",
        "created": job.created_at,
    }
