"""Shows a training run: its state in words, its figures, samples of its data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from swishdemo import datasets
from swishdemo.activations.registry import fixed_beta
from swishdemo.datasets import DataOptions
from swishdemo.errors import UserError
from swishdemo.figures import inside
from swishdemo.figures.comparison import race_figure
from swishdemo.figures.series import CurveGroup, Picked, Series
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import unreadable_count
from swishdemo.text import Language, text
from swishdemo.training.architecture import outputs
from swishdemo.training.config import TrainingConfig, replicas
from swishdemo.training.in_words import activation_label
from swishdemo.ui.run_text import (
    beta_note,
    found,
    line,
    look_label,
    network_note,
    recipe_of,
    run_name,
    stats,
    time_left,
    titles,
    watched,
    what,
)
from swishdemo.ui.several_runs import row

_OF_BETA = ("size", "signed", "effective")
_KEPT = 4
"""Runs of which all reports stay read, each with up to a million numbers of its looks."""
_LISTED = 100
_FIGURES_KEPT = 8


@dataclass(slots=True)
class _Drawn:
    """What is known of one run: its reports so far, and what was drawn of them last.

    Of the reports up to index ``after``, ``lost`` cannot be read.
    """

    lock: Lock = field(default_factory=Lock)
    after: int = -1
    lost: int = 0
    reports: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[tuple[Language, Picked], tuple[int, dict[str, Any]]] = field(
        default_factory=dict
    )


class RunView:
    """Answers the page's questions after a run; many watchers of one run share what is drawn."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._known = lru_cache(maxsize=_KEPT)(lambda run: _Drawn())

    def answer(
        self, run: str | None, after: int, picked: Picked, visitor: str, language: Language
    ) -> dict[str, Any]:
        """The run's state, and its pictures where there are reports beyond ``after``.

        Args:
            run: Its id; None for the visitor's latest.
            after: Index of the last report that the browser has drawn, −1 for none.
            picked: What the reader has picked to see.
            visitor: Who asks.
            language: Of the words.

        Raises:
            UserError: There is no such run of this visitor.
        """
        if run is None:
            runs = self._manager.list(visitor, kind="run")
            if not runs:
                return {"run": None, "done": True, "line": line(None, [], language)}
            run = runs[0].id
        job = self._manager.get(run, visitor)
        if job.unreadable:
            return self._state(run, job, [], visitor, language)
        reports, drawn = self._pictures(job, after, picked, language)
        return {**self._state(run, job, reports, visitor, language, picked), **drawn}

    def state(self, run: str, visitor: str, language: Language) -> dict[str, Any]:
        """What `answer` says of a run, but for its pictures and how far they are drawn.

        Raises:
            UserError: There is no such run of this visitor.
        """
        job = self._manager.get(run, visitor)
        # Without the run's lock: who stops a run does not wait until another answer is drawn.
        state = self._state(run, job, list(self._known(job.id).reports), visitor, language)
        return {name: value for name, value in state.items() if name != "after"}

    def _state(
        self,
        run: str,
        job: Job,
        reports: list[dict[str, Any]],
        visitor: str,
        language: Language,
        picked: Picked | None = None,
    ) -> dict[str, Any]:
        shown = picked.until(reports) if picked else reports
        runs = self._manager.list(visitor, kind="run")
        lost = self._known(job.id).lost
        missing = text("jobs.unreadable.some", language, count=lost) if lost else ""
        return {
            "run": run,  # as it was asked for: who has a link knows the run by its token
            "runs": [row(each, language) for each in runs[:_LISTED]],
            "state": job.state,
            "rests": job.rests,
            "line": " · ".join(part for part in (line(job, reports, language), missing) if part),
            "stats": stats(job, shown, language),
            "step": shown[-1]["step"] if shown else 0,
            "steps": job.steps,
            "reported": [report["step"] for report in reports],
            "pictured": [report["step"] for report in reports if report.get("views")],
            "progress": job.step / job.steps if job.steps else 0,
            "left": time_left(job, reports, language),
            "after": len(reports) - 1,
            "own": job.visitor == visitor,
            "created": job.created_at,
            "name": job.name,
            "note": job.note,
            "share": job.share if job.visitor == visitor else None,
            "done": not job.active,
            "sentence": found(job, shown, language, whole=len(shown) == len(reports)),
            **_settings(job, language),
        }

    def _pictures(
        self, job: Job, after: int, picked: Picked, language: Language
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        known = self._known(job.id)
        with known.lock:
            fresh = self._manager.reports(job.id, after=known.after)
            known.after = max((value["index"] for _, value in fresh), default=known.after)
            known.lost += unreadable_count(fresh)
            known.reports.extend(report for name, report in fresh if name == "Report")
            reports = list(known.reports)  # as they stand now: another answer may add to them
            count = len(reports)
            if count <= after + 1:
                return reports, {}
            drawn_of, drawn = known.pictures.pop((language, picked), (0, {}))
            if drawn_of != count:
                drawn = _draw(job, picked.until(reports), picked, language)
            known.pictures[language, picked] = count, drawn
            if len(known.pictures) > _FIGURES_KEPT:
                del known.pictures[next(iter(known.pictures))]
            return reports, drawn


def _settings(job: Job, language: Language) -> dict[str, Any]:
    """What is said of a run by its settings; little where they cannot be read."""
    if job.unreadable:
        return {
            "what": run_name(job, language),
            "table": None,
            "recipe": None,
            "first": "beta",
            "again": None,
        }
    table, (recipe, _) = job.config["csv"], recipe_of(job.config)
    return {
        "what": what(job.config, language),
        "table": datasets.Table.of_json(table).sentence(language) if table else "",
        "recipe": recipe and recipe.name,
        "first": watched(job.config).first,
        "again": table is None,
    }


def _draw(
    job: Job, reports: Sequence[Mapping[str, Any]], picked: Picked, language: Language
) -> dict[str, Any]:
    """All pictures of a run, and what may be picked of it."""
    config = job.config
    picked = picked.model_copy(update={"per_layer": picked.per_layer or watched(config).per_layer})
    members = replicas(TrainingConfig.of_json(config))
    series = Series.of(config, reports)
    labels = {
        name: activation_label(name)
        for name in (config["activation"], *config["rivals"], *config["layer_activations"])
    }
    has_beta = series.starts != (None,)
    has_own = any(report.get("parameters") for report in reports)
    shows_own = has_own and (picked.quantity == "own" or not has_beta)
    known = _OF_BETA if series.moves else ("effective",)
    shown = picked if picked.quantity in known else picked.model_copy(update={"quantity": known[0]})
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "loss": lambda: race_figure(series, "loss", picked, labels, language),
        "accuracy": lambda: race_figure(series, "accuracy", picked, labels, language),
        "layers": lambda: inside.layers_figure(series, picked, labels, language),
        "conserved": lambda: inside.conserved_figure(series, picked, language),
    }
    if shows_own:
        makers["beta"] = lambda: inside.own_figure(series, picked, labels, language)
    elif has_beta:
        makers["beta"] = lambda: inside.beta_figure(series, shown, language)
    if series.moves:
        makers["ends"] = lambda: inside.ends_figure(series, language)
    if series.moves and len(series.starts) > 1:
        makers["convergence"] = lambda: inside.convergence_figure(series, language)
    drawn = {name: make() for name, make in makers.items() if picked.wants(name)}
    conserves = _conserves(series)
    if not conserves:
        drawn.pop("conserved", None)  # no change of this network leaves its function as it is
    title = "own" if shows_own else "beta" if series.moves else "effective"
    return {
        "figures": drawn,
        "titles": titles(config, title, language),
        "beta_note": ""
        if shows_own
        else beta_note(config, reports[-1], conserves, bool(picked.seed), language),
        "per_layer": picked.per_layer,
        "layers": len(series.beta),
        "replicas": [
            f"{look_label(labels[each.activation], each.beta_start, series.moves)}"
            f" · {text('run.one_seed', language, seed=each.seed)}"
            for each in members
        ],
        "seeds": list(range(config["seed"], config["seed"] + config["seeds"])) if has_beta else [],
        "quantities": [
            *(("size", "signed") if series.moves else ()),
            *(["effective"] * has_beta),  # it moves with the weights where β does not
            *(["own"] * has_own),
        ],
        **(
            _inside(config, series, picked, labels, language)
            if picked.wants("inside") or picked.wants("inputs")
            else {}
        ),
    }


def _inside(
    config: Mapping[str, Any],
    series: Series,
    picked: Picked,
    labels: dict[str, str],
    language: Language,
) -> dict[str, Any]:
    """The look into one replica: its picture, what its units answer, its guesses."""
    looked = series.latest("views")
    if looked is None:
        return {}
    views = looked["views"]
    view = views[min(picked.look, len(views) - 1)]
    seeds = config["seeds"]
    described = datasets.get(config["dataset"])
    table = config["csv"]
    classes = len(table["class_names"]) if table else described.classes
    group = _group(series, view)
    own = group is series.groups[0]
    layer = min(picked.layer, max(0, len(view["histogram"]) - 1))
    used = config["layer_activations"] if own else ()
    name = used[layer] if used else group.activation
    learned = _learned(looked, name, view["replica"], layer, own)
    fixed = fixed_beta(name)
    shown = examples(config)
    drawn = {"inputs": inside.inputs_figure(view, picked, language)}
    if view["size"] and len(view["extent"]) == 2:
        drawn["inside"] = inside.surface_figure(view, classes, shown.points)
    elif view["size"]:
        drawn["inside"] = inside.fit_figure(view, group.activation, shown.points)
    return {
        "figures_inside": drawn,
        "looks": [
            look_label(
                labels[_group(series, each).activation], _start(series, each, seeds), series.moves
            )
            for each in views
        ],
        "step_looked": looked["step"],
        "network": _network(config, view),
        "replica": view["replica"],
        "kind": described.kind,
        "units": view["hidden"][layer] if layer < len(view["hidden"]) else [],
        "guesses": [
            {"class": round(kind), "probability": share, **example}
            for (kind, share), example in zip(view["predictions"], shown.images, strict=False)
        ],
        "activation": {
            "name": fixed[0] if fixed else name,
            "parameters": {"beta": fixed[1]} if fixed else learned,
            "note": network_note(config, name, learned, language),
        },
    }


def _network(config: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is drawn of a network: weights, what its units answer, how many units there are."""
    weights = view.get("weights")
    if not weights:
        return None
    run = TrainingConfig.of_json(config)
    dataset = run.described()
    depth = run.depth
    sizes = [math.prod(dataset.shape), *[run.width] * depth, outputs(run, dataset)]
    return {
        "weights": weights,
        "units": view["hidden"],
        "sizes": sizes[: len(weights) + 1],
        "more": max(0, depth + 1 - len(weights)),
        "plane": len(view["extent"]),
    }


def _conserves(series: Series) -> bool:
    """Whether the run's own networks have a Q."""
    looked = series.latest("layers")
    rows = series.groups[0].rows
    return looked is not None and any(
        value is not None for layer in looked["layers"]["conserved"] for value in layer[rows]
    )


def _learned(
    report: Mapping[str, Any], activation: str, replica: int, layer: int, own: bool
) -> dict[str, float]:
    """The parameters that a replica's activation has learned in a layer, by name."""
    found: dict[str, float | None] = {}
    if own and layer < len(report["beta"]):
        found["beta"] = report["beta"][layer][replica]
    for trace in report.get("parameters") or ():
        place = replica - trace["first"]
        values = trace["values"][layer] if layer < len(trace["values"]) else ()
        if trace["activation"] == activation and 0 <= place < len(values):
            found[trace["parameter"]] = values[place]
    return {name: value for name, value in found.items() if value is not None}


def _group(series: Series, view: Mapping[str, Any]) -> CurveGroup:
    """The networks of one activation to which the one that is looked into belongs."""
    return next(group for group in series.groups if view["replica"] < group.rows.stop)


def _start(series: Series, view: Mapping[str, Any], seeds: int) -> float | None:
    own = _group(series, view) is series.groups[0]
    return series.starts[view["replica"] // seeds] if own else None


MOST_POINTS = 300
MOST_IMAGES = 16
_SHOWN_IMAGES = ("digits",)
"""Image sets small enough for the web process; the others are loaded by workers alone."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Samples as the page shows them.

    Attributes:
        points: Training inputs of one or two numbers, and their classes or targets.
        images: Test images in the order of a view's predictions: ``pixels`` in rows, each from 0
            to 1, and ``label``.
    """

    points: tuple[list[list[float]], list[float]] = ((), ())  # type: ignore[assignment]
    images: tuple[dict[str, Any], ...] = ()


def examples(config: Mapping[str, Any]) -> Examples:
    """The samples of a run; none where its data are not at hand in this process."""
    if config["csv"] is not None:
        return Examples()
    names = ("dataset", "samples", "noise", "test_share", "data_seed")
    return _examples(*(config[name] for name in names))


@lru_cache(maxsize=16)
def _examples(name: str, samples: int, noise: float, test_share: float, data_seed: int) -> Examples:
    dataset = datasets.get(name)
    if dataset.kind not in ("points", "curve") and name not in _SHOWN_IMAGES:
        return Examples()
    try:
        split = dataset.load(
            DataOptions(samples or None, noise=noise, test_share=test_share, seed=data_seed)
        )
    except UserError:
        return Examples()
    if dataset.kind == "image":
        images = split.test_inputs[:MOST_IMAGES, 0]
        low, high = float(images.min()), float(images.max())
        return Examples(
            images=tuple(
                {"pixels": np.round((image - low) / (high - low), 2).tolist(), "label": int(label)}
                for image, label in zip(images, split.test_labels, strict=False)
            )
        )
    labels = split.train_labels[:MOST_POINTS].ravel()
    return Examples((split.train_inputs[:MOST_POINTS].tolist(), labels.tolist()))
