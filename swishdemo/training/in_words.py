"""A run's settings and scores in words, and a sweep's rows as words, tables and files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from swishdemo import datasets, formats
from swishdemo.activations import formula_label, is_formula
from swishdemo.activations.registry import registered
from swishdemo.text import Language, Sentence, catalogue, text
from swishdemo.training.config import TrainingConfig, learns_beta
from swishdemo.training.sweep import axis_of
from swishdemo.training.sweep_results import Effect, LevelAccuracy, effects

_ACTIVATION_FIELDS = ("activation", "rivals", "layer_activations")


def told(value: object, field: str, language: Language) -> str:
    """A field's value in words: a choice as the field's menu has it, a table by its name."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        between = (
            text("language.comma", language)
            if any(isinstance(each, str) for each in value)
            else " "
        )
        return between.join(told(each, field, language) for each in value)
    if isinstance(value, Mapping):
        return value["name"] or f"{value['rows']} × {len(value['columns'])}"
    if field in _ACTIVATION_FIELDS:
        return activation_label(str(value))
    if field == "dataset":
        return text(datasets.get(str(value)).title, language)
    choice = f"train.choice.{field}.{value}"
    return text(choice, language) if choice in catalogue() else str(value)


def activation_label(activation: str) -> str:
    """What an activation is called, a typed formula too."""
    return formula_label(activation) if is_formula(activation) else registered(activation).label


def with_deviation(values: Sequence[float]) -> str:
    """Mean ± sample deviation, to no more digits than the deviation lets stand."""
    mean = fmean(values)
    if len(values) < 2:
        return rounded(mean, 3)
    deviation = stdev(values)
    digits = min(3, max(0, 1 - math.floor(math.log10(deviation)))) if deviation > 0 else 3
    return f"{rounded(mean, digits)} ± {rounded(deviation, digits)}"


def rounded(value: float, digits: int) -> str:
    """A number with so many digits behind its point; a very large one in three."""
    return f"{value:.{digits}f}" if abs(value) < 1e4 else f"{value:.3g}"


Json = Mapping[str, Any]
NONE = "–"
"""Stands where there is no figure."""

_LISTED_LAYERS = 4
"""Layers whose β are told one by one; of more, the least and the most."""


@dataclass(frozen=True, slots=True)
class WordTable:
    """A table in words.

    Attributes:
        title: What it is of.
        heads: A head for each column.
        rows: As many cells as heads, a row each.
        notes: What stands below it, a sentence each.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def runs_table(sweep: Json, rows: Sequence[Json], language: Language = "en") -> WordTable:
    """A row for each run that has ended; a column in which no row has a figure is left out.

    Args:
        sweep: The JSON of a `swishdemo.training.sweep.SweepRequest`.
        rows: Those of the runs that have ended, as JSON.
        language: Of the words.
    """
    rivals = dict.fromkeys(
        each["activation"] for row in rows for each in row["replicas"] if each["rival"]
    )
    columns: dict[str, list[str]] = {
        text("sweep.column.run", language): [str(row["index"] + 1) for row in rows],
        **{
            text(f"train.field.{name}.label", language): [
                told(row["values"][name], name, language) for row in rows
            ]
            for axis in sweep["grid"]
            for name in axis_of(axis)
        },
        _own_label(sweep, language): [_score(row, None) for row in rows],
        **{activation_label(name): [_score(row, name) for row in rows] for name in rivals},
        text("sweep.column.diverged", language): [_diverged(row) for row in rows],
        text("sweep.column.beta", language): [_betas(sweep, row) for row in rows],
        text("sweep.column.seconds", language): [f"{row['elapsed_seconds']:.1f}" for row in rows],
    }
    kept = {head: cells for head, cells in columns.items() if set(cells) - {NONE}}
    title = text("sweep.runs", language)
    ends = ((row["index"] + 1, _end(row, language)) for row in rows)
    notes = tuple(text("sweep.end", language, run=run, how=how) for run, how in ends if how)
    return WordTable(title, tuple(kept), tuple(zip(*kept.values(), strict=True)), notes)


def effect_tables(
    sweep: Json, rows: Sequence[Json], language: Language = "en"
) -> tuple[WordTable, ...]:
    """A table for each axis, the one with the largest effect first; those of one value not."""
    found = effects(sweep, rows)
    return tuple(
        _effect_table(sweep, effect, language) for effect in found if len(effect.levels) > 1
    )


def as_csv(sweep: Json, rows: Sequence[Json]) -> str:
    """A row for each network of each run, in full precision; one alone for a run without any.

    What is told of a run stands in each of its rows: what the grid sets, how it ended, and by layer
    the mean |β|, the share in [1.0, 1.5] and C(t).
    """
    names = [name for axis in sweep["grid"] for name in axis_of(axis)]
    return formats.as_csv(
        (record for row in rows for record in _records(row)), ("run", *names, "state")
    )


def as_markdown(sweep: Json, rows: Sequence[Json], language: Language = "en") -> str:
    """The tables, with what they tell."""
    parts = [f"# {text('sweep.title', language)}", text("sweep.scores", language)]
    for table in (runs_table(sweep, rows, language), *effect_tables(sweep, rows, language)):
        body = formats.as_markdown(
            [formats.plain(head) for head in table.heads],
            [[formats.plain(cell) for cell in row] for row in table.rows],
        )
        notes = "\n".join(f"- {formats.plain(note)}" for note in table.notes)
        parts += [f"## {formats.plain(table.title)}", body, *([notes] if notes else ())]
    return "\n\n".join(parts) + "\n"


def _own_label(sweep: Json, language: Language) -> str:
    varies = any("activation" in axis_of(axis) for axis in sweep["grid"])
    return text("sweep.own", language) if varies else activation_label(sweep["base"]["activation"])


def _score(row: Json, rival: str | None) -> str:
    """Mean ± deviation of the test accuracy, over the networks that have not diverged."""
    known = [
        accuracy
        for replica, accuracy in zip(row["replicas"], row["accuracy"], strict=False)
        if accuracy is not None and (replica["activation"] if replica["rival"] else None) == rival
    ]
    return with_deviation(known) if known else NONE


def _diverged(row: Json) -> str:
    count = sum(step is not None for step in row["diverged"])
    return f"{count} / {len(row['diverged'])}" if count else NONE


def _betas(sweep: Json, row: Json) -> str:
    config = TrainingConfig.of_json({**sweep["base"], **sweep["runs"][row["index"]]})
    layers = row["summary"]["betas"] if row["summary"] and learns_beta(config) else []
    means = [each["mean"] for each in layers if each]
    if len(means) > _LISTED_LAYERS:
        return f"{rounded(min(means), 2)}–{rounded(max(means), 2)}"
    return " · ".join(rounded(mean, 2) for mean in means) or NONE


def _end(row: Json, language: Language) -> str:
    """Why a run has failed, or ended before its last step; empty where it has not."""
    if row["failure_reason"]:
        return Sentence.from_json(row["failure_reason"]).sentence(language)
    key = f"run.ended_{row['summary']['ended']}" if row["summary"] else ""
    return text(key, language, step=row["summary"]["step"]) if key in catalogue() else ""


def _effect_table(sweep: Json, effect: Effect, language: Language) -> WordTable:
    names = dict.fromkeys(each.activation for level in effect.levels for each in level.activations)
    labels = [activation_label(name) if name else _own_label(sweep, language) for name in names]
    heads = [text(f"train.field.{name}.label", language) for name in effect.fields]
    rows = []
    for level in effect.levels:
        found = {each.activation: each for each in level.activations}
        values = zip(level.values, effect.fields, strict=True)
        cells = [told(value, name, language) for value, name in values]
        rows.append((*cells, *(_level_score(found.get(name), language) for name in names)))
    size = NONE if effect.size is None else f"{100 * effect.size:.1f}"
    title = text("sweep.effect", language, fields=" + ".join(heads), size=size)
    return WordTable(title, (*heads, *labels), tuple(rows))


def _level_score(level: LevelAccuracy | None, language: Language) -> str:
    if level is None:
        return NONE
    mean, deviation = level.accuracy["mean"], level.accuracy["deviation"]
    score = NONE if mean is None else f"{mean:.3f}"
    score += "" if deviation is None else f" ± {deviation:.3f}"
    if not level.diverged:
        return score
    counts = {"count": level.diverged, "all": level.replicas}
    return text("sweep.level_diverged", language, score=score, **counts)


_OF_REPLICA = {
    "accuracy": "accuracy",
    "loss": "loss",
    "test_loss": "test_loss",
    "diverged": "diverged_step",
}
"""Figures of a row that each network has, and their columns."""


def _records(row: Json) -> Iterator[dict[str, Any]]:
    values = {
        name: " ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in row["values"].items()
    }
    before = {"run": row["index"] + 1, **values, "state": row["state"]}
    after = _of_run(row)
    for number, replica in enumerate(row["replicas"]):
        of_replica = {f"replica_{name}": value for name, value in replica.items()}
        figures = {
            column: row[name][number]
            for name, column in _OF_REPLICA.items()
            if number < len(row[name])
        }
        figures |= {
            f"beta_{layer}": values[number]
            for layer, values in enumerate(row["beta"], 1)
            if number < len(values)
        }
        yield {**before, "replica": number, **of_replica, **figures, **after}
    if not row["replicas"]:
        yield before | after


def _of_run(row: Json) -> dict[str, Any]:
    summary = row["summary"] or {"betas": (), "convergence": ()}
    betas = {layer: each for layer, each in enumerate(summary["betas"], 1) if each}
    return {
        "ended": summary.get("ended"),
        "converged_step": summary.get("converged_step"),
        "elapsed_seconds": row["elapsed_seconds"],
        **{f"beta_size_mean_{layer}": each["mean"] for layer, each in betas.items()},
        **{f"beta_in_band_share_{layer}": each["share"] for layer, each in betas.items()},
        **{f"convergence_{layer}": c for layer, c in enumerate(summary["convergence"], 1)},
        "failure": row["failure"],
    }
