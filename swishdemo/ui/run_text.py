"""Says in words how a training run stands: its state, its figures, the titles of its pictures.

No sentence supposes what the run's config does not have: a β that moves, several starts or seeds,
rivals, a decay, classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from swishdemo import datasets
from swishdemo.figures.inside import BARRED_LAYERS
from swishdemo.jobs.job import Job
from swishdemo.text import Language, Sentence, text
from swishdemo.training import Recipe, nearest
from swishdemo.training.architecture import MIRRORED
from swishdemo.training.config import TrainingConfig, learns_beta, replicas, starts
from swishdemo.training.in_words import activation_label, result, told, with_deviation
from swishdemo.training.summary import (
    ARTICLE_BAND,
    NEAR,
    LayerBetas,
    betas_of_layer,
    converged_step,
    summarise,
)

_FEW = 3
"""Settings that may differ from a recipe for a run to be called by it."""

_LISTED_LAYERS = 4
"""Layers whose figures are told one by one; of more, the least and the most."""
_LISTED_RIVALS = 3
_RATE_REPORTS = 20
"""Reports behind the last one from which the rate is taken: its first steps are slower."""
_MINUTE = 90
"""Seconds from which a time is told in minutes."""
_ADAPTIVE = ("adam", "adamw")

Reports = Sequence[Mapping[str, Any]]


class Watch(NamedTuple):
    """What stands first on a run's page, and what is drawn by layer unless the reader picks.

    Both as a `swishdemo.training.Recipe` has them.
    """

    first: str
    per_layer: str


def watched(config: Mapping[str, Any]) -> Watch:
    """What the run's recipe says to watch; of a run of one's own, what there is to see."""
    recipe, _ = recipe_of(config)
    if recipe is not None:
        return Watch(recipe.watch, recipe.per_layer)
    if learns_beta(TrainingConfig.of_json(config)):
        return Watch("beta", "dead")
    plane = datasets.get(config["dataset"]).kind in ("points", "curve")
    return Watch("inside" if plane else "race", "dead")


def line(job: Job | None, reports: Reports, language: Language) -> str:
    """The run's state in one sentence."""
    if job is None:
        return text("run.state_none", language)
    why = job.why(language)
    if job.unreadable or (job.state == "running" and why):  # it waits for a GPU
        return why
    if job.state == "waiting":
        return waiting(job, language)
    device, place = reports[-1]["device"] if reports else "", placed(reports, language)
    gap, lost = _without_gpu(job, device, language), _lost(job, reports, language)
    if job.state == "running":
        key = "run.state_running" if reports else "run.state_starting"
        told = [text(key, language, device=device), gap, place, lost]
    elif job.state == "finished":
        seconds = f"{job.seconds:.1f}"
        words = text("run.state_finished", language, seconds=seconds, device=device or "?")
        told = [words, place, _early(reports, language), gap, lost]
    else:
        told = [text(f"run.state_{job.state}", language, step=job.step), why]
    return " · ".join(filter(None, told))


def waiting(
    job: Job,
    language: Language,
    key: str = "run.state_waiting",
    timed: str = "run.state_waiting_estimate",
) -> str:
    """The place of a job in the queue, and about how long it takes from there."""
    seconds = job.estimate_seconds
    return text(
        key if seconds is None else timed,
        language,
        position=job.position or 1,
        seconds=round(seconds or 0),
    )


def _early(reports: Reports, language: Language) -> str:
    """Why a run ended before its last step; empty where it did not."""
    ended = reports[-1].get("ended") if reports else None
    if not ended or ended == "steps":
        return ""
    return text(f"run.ended_{ended}", language, step=reports[-1]["step"])


def placed(reports: Reports, language: Language) -> str:
    """Why it is computed where it is, and whether a step is one graph; empty without a choice."""
    told = [report["place"] for report in reports if report.get("place")]
    if not told:
        return ""
    last, said = told[-1], []
    why = Sentence.from_json(last["why"])
    # Who chose knows why; why there is no GPU, the worker's own account tells better.
    if why.key not in ("train.place.asked", "train.place.no_gpu"):
        said.append(why)
    if last["graph"]:
        said.append(Sentence("train.graph.captured"))
    elif last["graph_why"]:
        said.append(Sentence.from_json(last["graph_why"]))
    return " · ".join(each.sentence(language) for each in said)


def _without_gpu(job: Job, device: str, language: Language) -> str:
    """Why a run that left the device open was not computed on the GPU that is there."""
    gap = (job.host or {}).get("gpu_gap")
    if device != "cpu" or job.config["device"] != "auto" or not isinstance(gap, dict):
        return ""
    try:
        why = Sentence.from_json(gap).sentence(language)
    except ValueError:
        return ""
    return text("hardware.line_gap", language, why=why)


def _lost(job: Job, reports: Reports, language: Language) -> str:
    """Which network diverged first, and what to try; empty where none has."""
    steps = reports[-1]["diverged"] if reports else ()
    first = min(((step, row) for row, step in enumerate(steps) if step is not None), default=None)
    if first is None:
        return ""
    row = replicas(TrainingConfig.of_json(job.config))[first[1]]
    label = activation_label(row.activation)
    called = look_label(label, row.beta_start, learns_beta(TrainingConfig.of_json(job.config)))
    key = "run.diverged_at_once" if first[0] == 1 else "run.diverged"
    return text(key, language, name=called, seed=row.seed, step=first[0])


def stats(job: Job, reports: Reports, language: Language) -> list[dict[str, str]]:
    """The figures that answer first: step, rate, score, how near the starts are, where β lies."""
    if not reports:
        return []
    last, config = reports[-1], TrainingConfig.of_json(job.config)
    rate = last["step"] / last["elapsed_seconds"] if last["elapsed_seconds"] > 0 else 0.0
    count = len(last["loss"])
    found = [
        {"value": f"{last['step']} / {last['steps']}", "label": text("run.stat_step", language)},
        {
            "value": f"{rate:.0f} /s" if rate >= 10 else f"{rate:.2g} /s",
            "label": text(
                "run.stat_rate" if count > 1 else "run.stat_rate_one", language, count=count
            ),
        },
        *_scores(job.config, last, language),
    ]
    if learns_beta(config):
        found += _of_beta(config, reports, language)
    lost = [step for step in last["diverged"] if step is not None]
    if lost:
        words = text("run.stat_diverged", language, count=count, step=min(lost))
        found.append({"value": str(len(lost)), "label": words, "tone": "bad"})
    return found


def _scores(
    config: Mapping[str, Any], last: Mapping[str, Any], language: Language
) -> Iterator[dict[str, str]]:
    """The score of the run's own networks; where it is a matter of rivals, theirs too."""
    what = text(f"run.stat_{score(config)}", language)
    names = [config["activation"], *config["rivals"]]
    seeds = config["seeds"]
    own = len(last["accuracy"]) - len(config["rivals"]) * seeds
    scores = [last["accuracy"][:own]] + [
        last["accuracy"][first : first + seeds]
        for first in range(own, len(last["accuracy"]), seeds)
    ]
    if watched(config).first == "beta" or len(names) == 1:
        yield _score(scores[0], what, language)
        return
    listed = len(names) if len(names) <= 1 + _LISTED_RIVALS else 1
    for name, values in zip(names[:listed], scores, strict=False):
        of = text("run.stat_of", language, what=what, name=activation_label(name))
        yield _score(values, of, language)
    means = [fmean(known) for values in scores[listed:] if (known := _known(values))]
    if means:
        words = text("run.stat_rivals", language, what=what, count=len(names) - 1)
        yield {"value": f"{min(means):.3f}–{max(means):.3f}", "label": words}


def _score(values: Sequence[float | None], what: str, language: Language) -> dict[str, str]:
    """Mean and deviation over the networks that have not diverged, as a tile."""
    known, count = _known(values), len(values)
    if not known:
        return {"value": "–", "label": text("run.stat_none_left", language, what=what)}
    value = with_deviation(known)
    given = {"what": what, "count": len(known), "all": count}
    if len(known) < count:
        key = "left" if len(known) > 1 else "one_left"
    else:
        key = "spread" if count > 1 else "alone"
    return {"value": value, "label": text(f"run.stat_{key}", language, **given)}


def _of_beta(
    config: TrainingConfig, reports: Reports, language: Language
) -> Iterator[dict[str, str]]:
    """How near the starts are to each other, and of each layer how many |β| lie in the band."""
    last = reports[-1]
    layers = _betas(config, last)
    distances = [value for value in last["convergence"] if value is not None]
    if distances:
        met = converged_step(reports)
        key = "convergence_one" if len(layers) == 1 else "convergence"
        key = key if met is None else "converged"
        words = text(f"run.stat_{key}", language, step=met)
        yield {
            "value": f"{max(distances):.2f}",
            "label": words,
            "tone": "" if met is None else "ok",
        }
    if not layers:
        return
    low, high = ARTICLE_BAND
    several = "by_layer" if len(layers) > 1 else "share"
    key = several if len(layers) <= _LISTED_LAYERS else "by_layers"
    said = [
        text(f"run.stat_{key}", language, low=low, high=high, count=len(layers)),
        text(
            "run.stat_sizes",
            language,
            mean=_listed([f"{each.mean:.2f}" for each in layers.values()]),
        ),
        *_edges(layers, language),
    ]
    yield {"value": percents([each.share for each in layers.values()]), "label": " · ".join(said)}


def _betas(config: TrainingConfig, last: Mapping[str, Any]) -> dict[int, LayerBetas]:
    """By the layer's number where its β lie; one layer stands for all where they share one."""
    found = {
        number: counted
        for number, layer in enumerate(last["beta"], 1)
        if (counted := betas_of_layer(layer)) is not None
    }
    if config.beta_scope == "network":
        return dict(list(found.items())[:1])
    return found


def percents(shares: Sequence[float]) -> str:
    """Shares, layer by layer; of many layers the least and the most."""
    return f"{_listed([f'{100 * share:.0f}' for share in shares])} %"


def _listed(values: Sequence[str]) -> str:
    if len(values) <= _LISTED_LAYERS:
        return " · ".join(values)
    numbers = sorted(values, key=float)
    return f"{numbers[0]}–{numbers[-1]}"


def _edges(layers: Mapping[int, LayerBetas], language: Language) -> Iterator[str]:
    """In which layers it hangs on the β near an end of the band whether most lie within."""
    close = {number: each for number, each in layers.items() if each.edge_decides}
    if len(close) > 2:
        yield text("run.stat_edges", language, count=len(close), edge=NEAR)
        return
    for number, each in close.items():
        key = "edge" if len(layers) > 1 else "edge_one"
        given = {"layer": number, "near": each.near, "count": each.count, "edge": NEAR}
        yield text(f"run.stat_{key}", language, **given)


def titles(config: Mapping[str, Any], title: str, language: Language) -> dict[str, str]:
    """What the pictures are called; that of parameters by ``beta``, ``effective`` or ``own``."""
    most = max(len(starts(TrainingConfig.of_json(config))), 1) * config["seeds"]
    found = {
        "beta": text(f"run.plot_{title}", language),
        "layers": text("run.plot_layers", language),
        "loss": text("run.plot_loss", language),
        "accuracy": text(f"run.plot_{score(config)}", language),
    }
    if most > 1:
        barred = "range" if config["depth"] <= BARRED_LAYERS else "mean"
        found |= {
            "layers": text(f"run.plot_layers_{barred}", language),
            **{
                name: text("run.plot_spread", language, what=found[name])
                for name in ("loss", "accuracy")
            },
        }
    return found


def beta_note(
    config: Mapping[str, Any],
    last: Mapping[str, Any],
    conserved: bool,
    one_seed: bool,
    language: Language,
) -> str:
    """What to know of the picture of β; ``conserved``: whether the run's own networks have a Q."""
    parsed = TrainingConfig.of_json(config)
    begun = starts(parsed)
    if begun == (None,):
        return ""
    moves, seeds = learns_beta(parsed), 1 if one_seed else parsed.seeds
    words = []
    if len(begun) > 1:
        kind = ("starts_seeds" if moves else "values_seeds") if seeds > 1 else ""
        kind = kind or ("starts" if moves else "values")
        words.append(text(f"run.note_{kind}", language, seeds=seeds))
    elif seeds > 1:
        words.append(text("run.note_seeds", language, seeds=seeds))
    if not moves:
        words.append(text("run.note_fixed", language))
    elif conserved:
        scale = "weights" if parsed.normalisation == "none" else "scale"
        words.append(text(f"run.note_{scale}", language))
    if moves and conserved and len(begun) > 1:
        decays = parsed.weight_decay > 0 or parsed.beta_decay > 0
        kind = "adaptive" if parsed.optimiser in _ADAPTIVE else "decay" if decays else "no_decay"
        words.append(text(f"run.note_{kind}", language))
    mirrored = {number: each for number, each in _betas(parsed, last).items() if each.negative}
    if mirrored:
        listed = text("language.comma", language).join(
            text(
                "run.note_of_layer",
                language,
                layer=number,
                negative=each.negative,
                count=each.count,
            )
            for number, each in list(mirrored.items())[:_LISTED_LAYERS]
        )
        more = "" if len(mirrored) <= _LISTED_LAYERS else " …"
        used = parsed.layer_activations or (parsed.activation,)
        kind = "mirrored" if MIRRORED.issuperset(used) else "negative"
        words.append(text(f"run.note_{kind}", language, layers=listed + more))
    return text("language.space", language).join(words)


def network_note(
    config: Mapping[str, Any], activation: str, learned: Mapping[str, float], language: Language
) -> str:
    """What to know of the function that one network has in one layer: whether it is mirrored."""
    beta = learned.get("beta", 0.0)
    if beta >= 0 or activation not in MIRRORED or config["beta_scope"] == "channel":
        return ""
    return text(
        "run.note_network", language, size=f"{-beta:.2g}", name=activation_label(activation)
    )


def found(job: Job, reports: Reports, language: Language, *, whole: bool = True) -> str:
    """What the run has found, by all or the first of its reports; empty before there is one."""
    if job.unreadable:
        return ""
    over = None if job.active or not whole else job.summary
    summary = over or summarise(TrainingConfig.of_json(job.config), reports)
    return result(job.config, summary, job.state if whole else "running", language)


def time_left(job: Job, reports: Reports, language: Language) -> str:
    """The time that is left at the rate of the last reports; the most where it may end earlier."""
    if job.state != "running" or len(reports) < 3:
        return ""
    last, before = reports[-1], reports[max(0, len(reports) - 1 - _RATE_REPORTS)]
    steps = last["step"] - before["step"]
    if not steps:
        return ""
    passed = last["elapsed_seconds"] - before["elapsed_seconds"]
    seconds = passed / steps * (last["steps"] - last["step"])
    config = job.config
    if config["max_seconds"]:
        seconds = min(seconds, config["max_seconds"] - last["elapsed_seconds"])
    early = config["target_accuracy"] > 0 or config["stop_when_converged"]
    return seconds_words("run.left_most" if early else "run.left", seconds, language)


def seconds_words(key: str, seconds: float, language: Language) -> str:
    """What is said of a time, in seconds or, by the key with ``_minutes``, in minutes."""
    if seconds >= _MINUTE:
        return text(f"{key}_minutes", language, minutes=round(seconds / 60))
    return text(key, language, seconds=max(1, round(seconds)))


def look_label(activation: str, start: float | None, moves: bool = True) -> str:
    """What a replica is called: by its activation, and its β₀, or its β where that is fixed."""
    return activation if start is None else f"{activation} · {'β₀' if moves else 'β'} = {start:g}"


def run_name(job: Job, language: Language) -> str:
    """What a run is called: its name; else its recipe, or what it is in a few words."""
    if job.unreadable:
        return job.name or text("run.unreadable", language)
    return job.name or what(job.config, language)


def what(config: Mapping[str, Any], language: Language) -> str:
    """A run's recipe and what differs from it; where that is much, data, network and activation."""
    recipe, differing = recipe_of(config)
    if recipe is not None:
        changed = (
            f"{text(f'train.field.{name}.label', language)} {told(config[name], name, language)}"
            for name in differing
        )
        return " · ".join([text(f"train.recipe.{recipe.name}.title", language), *changed])
    return text(
        "run.row",
        language,
        data=text(datasets.get(config["dataset"]).title, language),
        network=text(f"train.choice.network.{config['network']}", language),
        activation=activation_label(config["activation"]),
        steps=config["steps"],
    )


def recipe_of(config: Mapping[str, Any]) -> tuple[Recipe | None, tuple[str, ...]]:
    """The recipe that a run is called by, and what differs; none where much or its point does."""
    recipe, differing = nearest(config)
    same = learns_beta(recipe.config) == learns_beta(TrainingConfig.of_json(config))
    return (recipe, differing) if same and len(differing) <= _FEW else (None, differing)


def score(config: Mapping[str, Any]) -> str:
    """What a run's networks are scored by: ``accuracy`` or ``r2``."""
    return "r2" if is_regression(config) else "accuracy"


def is_regression(config: Mapping[str, Any]) -> bool:
    """Whether a run's score is R² and not an accuracy; a visitor's table says it by its labels."""
    if config["csv"] is not None:
        return not config["csv"]["class_names"]
    return datasets.get(config["dataset"]).task == "regression"


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
