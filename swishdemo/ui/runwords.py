"""What is said of a training run: its state in one line, the figures that answer first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from swishdemo import datasets
from swishdemo.activations import formula_label, is_formula
from swishdemo.activations.registry import activations
from swishdemo.jobs.job import Job
from swishdemo.text import Language, text
from swishdemo.training import nearest
from swishdemo.training.config import TrainingConfig, replicas
from swishdemo.training.convergence import converged_step

_FEW = 3
"""Settings that may differ from a recipe for a run to be called by it."""

Reports = Sequence[Mapping[str, Any]]


def line(job: Job | None, reports: Reports, language: Language) -> str:
    """The run's state in one sentence."""
    if job is None:
        return text("run.state_none", language)
    if job.unreadable:
        return job.reason.sentence(language) if job.reason else ""
    device = reports[-1]["device"] if reports else ""
    if job.state == "waiting":
        seconds = job.estimate_seconds
        key = "run.state_waiting" if seconds is None else "run.state_waiting_estimate"
        return text(key, language, position=job.position or 1, seconds=round(seconds or 0))
    if job.state == "running":
        key = "run.state_running" if reports else "run.state_starting"
        return text(key, language, device=device) + _lost(job, reports, language)
    if job.state == "finished":
        words = text(
            "run.state_finished", language, seconds=f"{job.seconds:.1f}", device=device or "?"
        )
        ended = reports[-1].get("ended") if reports else None
        if ended and ended != "steps":
            words += " · " + text(f"run.ended_{ended}", language, step=reports[-1]["step"])
        return words + _lost(job, reports, language)
    if job.state == "stopped":
        words = text("run.state_stopped", language, step=job.step)
    else:
        words = text(f"run.state_{job.state}", language)
    why = job.reason.sentence(language) if job.reason else ""
    return f"{words} · {why}" if why else words


def _lost(job: Job, reports: Reports, language: Language) -> str:
    """Which network diverged first, and what to try; empty where none has."""
    steps = reports[-1]["diverged"] if reports else ()
    first = min(((step, row) for row, step in enumerate(steps) if step is not None), default=None)
    if first is None:
        return ""
    row = replicas(TrainingConfig.of_json(job.config))[first[1]]
    labels = {each.name: each.label for each in activations()}
    name = row.activation
    called = look_label(formula_label(name) if is_formula(name) else labels[name], row.beta_start)
    return " · " + text("run.diverged", language, name=called, seed=row.seed, step=first[0])


def stats(job: Job, reports: Reports, language: Language) -> list[dict[str, str]]:
    """The figures that answer first: step, rate, accuracy, convergence."""
    if not reports:
        return []
    last = reports[-1]
    own = len(last["loss"]) - len(job.config["rivals"]) * job.config["seeds"]
    rate = last["step"] / last["elapsed_seconds"] if last["elapsed_seconds"] > 0 else 0.0
    label = text(f"run.stat_{score(job.config)}", language)
    lost = sum(step is not None for step in last["diverged"])
    found = [
        {"value": f"{last['step']} / {last['steps']}", "label": text("run.stat_step", language)},
        {
            "value": f"{rate:.0f} /s",
            "label": text("run.stat_rate", language, count=len(last["loss"])),
        },
        {"value": _mean(last["accuracy"][:own]), "label": label},
    ]
    distances = [value for value in last["convergence"] if value is not None]
    if distances:
        met = converged_step(reports)
        words = (
            text("run.stat_convergence", language)
            if met is None
            else text("run.stat_converged", language, step=met)
        )
        tone = "" if met is None else "ok"
        found.append({"value": f"{max(distances):.2f}", "label": words, "tone": tone})
    if last["share"] is not None and job.config["beta_scope"] != "fixed":
        share = f"{100 * last['share']:.0f} %"
        found.append({"value": share, "label": text("run.stat_share", language)})
    if lost:
        first = min(step for step in last["diverged"] if step is not None)
        words = text("run.stat_diverged", language, count=len(last["loss"]), step=first)
        found.append({"value": str(lost), "label": words, "tone": "bad"})
    return found


def tie(job: Job, language: Language) -> str:
    """Which rivals of an activation with β did as well as it, by the spread over seeds; or none."""
    summary = job.summary or {}
    told = summary.get("activations", ())
    if job.state != "finished" or not told or summary["share"] is None:
        return ""
    labels = {each.name: each.label for each in activations()}
    own = told[0]["accuracy"]
    equal = [each["activation"] for each in told[1:] if _as_good(own, each["accuracy"])]
    others = [each["accuracy"] for each in told[1:] if each["activation"] not in equal]
    if any((each["mean"] or 0.0) > (own["mean"] or 0.0) for each in others):
        return ""  # one does better: that is no tie
    names = ", ".join(formula_label(name) if is_formula(name) else labels[name] for name in equal)
    return text("run.tie", language, rivals=names) if names else ""


def _as_good(one: Mapping[str, float | None], other: Mapping[str, float | None]) -> bool:
    """Whether two means are no farther apart than the larger of their deviations."""
    known = [each[name] for each in (one, other) for name in ("mean", "deviation")]
    if None in known:
        return False
    mean, deviation, other_mean, other_deviation = (value or 0.0 for value in known)
    return abs(mean - other_mean) <= max(deviation, other_deviation)


def time_left(job: Job, reports: Reports, language: Language) -> str:
    """The time that is left at the rate so far."""
    if job.state != "running" or not reports or not reports[-1]["step"]:
        return ""
    last = reports[-1]
    seconds = last["elapsed_seconds"] / last["step"] * (last["steps"] - last["step"])
    return text("run.left", language, seconds=max(1, round(seconds)))


def look_label(activation: str, start: float | None) -> str:
    """What a replica that is looked into is called."""
    return activation if start is None else f"{activation} · β₀ = {start:g}"


def row(job: Job, language: Language) -> dict[str, Any]:
    """One line of the list of runs; of one that cannot be read, why stands in its note's place."""
    summary = job.summary or {}
    own = next(iter(summary.get("activations", ())), None)
    accuracy = own["accuracy"]["mean"] if own else None
    share = prefix = None
    if not job.unreadable:
        share = summary.get("share") if job.config["beta_scope"] != "fixed" else None
        prefix = "R² " if is_regression(job.config) else ""
    lost = job.reason.sentence(language) if job.unreadable and job.reason else ""
    return {
        "run": job.id,
        "state": job.state,
        "label": text(f"run.short_{job.state}", language),
        "name": run_name(job, language),
        "note": " · ".join(words for words in (lost, job.note) if words),
        "share_token": job.share,
        "sparkline": list(job.sparkline),
        "device": job.device or "",
        "accuracy": "" if accuracy is None else f"{prefix}{accuracy:.3f}",
        "share": f"{100 * share:.0f} %" if share is not None else "",
        "seconds": job.seconds,
        "created": job.created_at,
    }


def run_name(job: Job, language: Language) -> str:
    """What a run is called: its name; else its recipe, or what it is in a few words."""
    if job.unreadable:
        return job.name or text("run.unreadable", language)
    return job.name or what(job.config, language)


def what(config: Mapping[str, Any], language: Language) -> str:
    """A run's recipe and what differs from it; where that is much, data, network and activation."""
    recipe, differing = nearest(config)
    if len(differing) <= _FEW:
        changed = (
            f"{text(f'train.field.{name}.label', language)} {told(config[name])}"
            for name in differing
        )
        return " · ".join([text(f"train.recipe.{recipe.name}.title", language), *changed])
    labels = {each.name: each.label for each in activations()}
    name = config["activation"]
    return text(
        "run.row",
        language,
        data=text(datasets.get(config["dataset"]).title, language),
        network=text(f"train.choice.network.{config['network']}", language),
        activation=formula_label(name) if is_formula(name) else labels[name],
        steps=config["steps"],
    )


def table_told(config: Mapping[str, Any], language: Language) -> str:
    """What a visitor's own table was taken for; empty where the run has another dataset."""
    table = config.get("csv")
    return datasets.Table.of_json(table).sentence(language) if table else ""


def told(value: object) -> str:
    """A field's value in a table."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(map(told, value))
    return str(value)


def score(config: Mapping[str, Any]) -> str:
    """What a run's networks are scored by: ``accuracy`` or ``r2``."""
    return "r2" if is_regression(config) else "accuracy"


def is_regression(config: Mapping[str, Any]) -> bool:
    """Whether a run's score is R² and not an accuracy; a visitor's table says it by its labels."""
    if config["csv"] is not None:
        return not config["csv"]["class_names"]
    return datasets.get(config["dataset"]).task == "regression"


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.3f}" if known else "–"
