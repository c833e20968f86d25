"""Tells of a sweep: figures of each of its runs, what mattered, and both in tables and files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from pydantic import ConfigDict, with_config

from swishdemo import formats
from swishdemo.text import Language, Sentence, catalogue, text
from swishdemo.training.config import Replica, TrainingConfig, learns_beta, replicas
from swishdemo.training.in_words import activation_label, rounded, told, with_deviation
from swishdemo.training.report import Report, Values
from swishdemo.training.summary import mean_and_deviation, summarise
from swishdemo.training.summary import stored as stored_summary
from swishdemo.training.sweep import SweepRequest, axis_of

Json = Mapping[str, Any]


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class SweepRow:
    """One run of a sweep, when it has ended.

    Where a run has failed, its figures are those of its last report, or empty; those of the test
    set and of the layers are known where it came to its end.

    Attributes:
        index: Which run, from 0.
        values: What the grid sets in it: field → value.
        state: ``finished``, or ``failed``.
        failure: Why it has failed, in English; None where it has not.
        failure_reason: The same as a `Sentence`'s JSON.
        behind: Steps of the sweep that are behind it, those that it left out among them.
        replicas: Its networks; a network's number here is the same in what follows.
        accuracy: Test accuracy at the end, ``[replica]``; of a regression R².
        loss: Training loss at the end, likewise.
        test_loss: Test loss at the end, likewise.
        diverged: The step at which the network diverged, likewise; None where it has not.
        dead: Share of dead units at the end, ``[layer][replica]``
            (`swishdemo.training.report.LayerFigures`).
        first_gradient_norm: Norm of the gradient before the first step, ``[layer][replica]``, the
            output layer last.
        beta: β at the end where it is trained, ``[layer][replica that is no rival]``, of channels
            their mean; empty where it is not, and in rows of older versions.
        summary: What is said of an ended run (`swishdemo.training.summary.summarise`); None
            before the first report.
        elapsed_seconds: Wall time of its training.
        device: Where it was computed, ``cpu`` or ``cuda``.
    """

    index: int
    values: Mapping[str, Any]
    state: Literal["finished", "failed"]
    behind: int
    failure: str | None = None
    failure_reason: Mapping[str, Any] | None = None
    replicas: tuple[Replica, ...] = ()
    accuracy: Values = ()
    loss: Values = ()
    test_loss: Values = ()
    diverged: tuple[int | None, ...] = ()
    dead: tuple[Values, ...] = ()
    first_gradient_norm: tuple[Values, ...] = ()
    beta: tuple[Values, ...] = ()
    summary: Mapping[str, Any] | None = None
    elapsed_seconds: float = 0.0
    device: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


def row_of(
    request: SweepRequest, index: int, reports: Sequence[Report], failure: Sentence | None = None
) -> SweepRow:
    """The row of a run that has ended.

    Args:
        request: The sweep.
        index: Which of its runs.
        reports: All of its reports, as far as it came.
        failure: Why it has failed; None where it has not.
    """
    config = request.config(index)
    row = SweepRow(
        index=index,
        values=request.values(index),
        state="failed" if failure else "finished",
        failure=failure.sentence() if failure else None,
        failure_reason=failure.as_json() if failure else None,
        behind=sum(request.steps[: index + 1]),
        replicas=replicas(config),
    )
    if not reports:
        return row
    first, last = reports[0], reports[-1]
    if last.step and not last.tested_step:  # what it was before the first step is not its end
        reports = [replace(report, layers=None) for report in reports]
        unknown = (None,) * len(last.accuracy)
        reports[-1] = last = replace(reports[-1], accuracy=unknown, test_loss=unknown)
    looks = [report.layers for report in reports if report.layers]
    return replace(
        row,
        accuracy=last.accuracy,
        loss=last.loss,
        test_loss=last.test_loss,
        diverged=last.diverged,
        dead=looks[-1].dead if looks else (),
        first_gradient_norm=first.layers.gradient_norm if first.layers else (),
        beta=last.beta if learns_beta(config) else (),
        summary=summarise(config, reports),
        elapsed_seconds=last.elapsed_seconds,
        device=last.device,
    )


def stored(record: Json, sweep: Json) -> dict[str, Any]:
    """The JSON of a row that was stored, perhaps by another version, with today's fields.

    Args:
        record: The row.
        sweep: The JSON of its sweep, as `swishdemo.training.sweep.SweepRequest.stored` gives it.

    Raises:
        ValueError: A field is missing or of another type, or the numbers are not those of so many
            networks, or there is no such run.
    """
    row = formats.of_json(SweepRow, record)
    changes = dict(enumerate(sweep["runs"])).get(row.index)
    names = {name for axis in sweep["grid"] for name in axis_of(axis)}
    if changes is None or row.values != {name: changes[name] for name in names}:
        raise ValueError("there is no such run")
    members = _members(json.dumps({**sweep["base"], **changes, **_OTHER_SEEDS}))
    by_replica = (row.accuracy, row.loss, row.test_loss, row.diverged, *row.dead)
    if row.replicas != members or any(
        len(values) not in (0, len(members)) for values in (*by_replica, *row.first_gradient_norm)
    ):
        raise ValueError("its numbers are of other networks")
    own = sum(not member.rival for member in members)
    if any(len(values) != own for values in row.beta):
        raise ValueError("its β are of other networks")
    if row.failure_reason is not None:
        Sentence.from_json(row.failure_reason)
    return {**formats.as_json(row), "summary": row.summary and stored_summary(row.summary)}


_OTHER_SEEDS = {"seed": 0, "data_seed": 0}
"""By these alone most runs of a sweep differ; a network is the same row whatever they are."""


@lru_cache(maxsize=128)
def _members(config: str) -> tuple[Replica, ...]:
    """The networks of a config's JSON; kept, for a sweep's rows are read one after the other."""
    return replicas(TrainingConfig.of_json(json.loads(config)))


@dataclass(frozen=True, slots=True)
class LevelAccuracy:
    """The networks of one activation where an axis has one of its values.

    Attributes:
        activation: Its name; None for the one that each run has as its own.
        replicas: How many networks, of all runs there.
        diverged: How many of them have diverged; these have no accuracy.
        accuracy: ``mean`` and sample ``deviation`` over the others, None where they are too few.
    """

    activation: str | None
    replicas: int
    diverged: int
    accuracy: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Level:
    """All runs in which an axis has one of its values.

    Attributes:
        values: Of the axis's fields.
        runs: How many have ended.
        failed: How many of them have failed.
        activations: The runs' own first, then their rivals.
    """

    values: tuple[Any, ...]
    runs: int
    failed: int
    activations: tuple[LevelAccuracy, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """The main effect of an axis: over all values of the other ones.

    Attributes:
        fields: What changes along it.
        levels: In the order of the grid; those that no run has come to yet are left out.
        size: Between the best and the worst of the levels' mean accuracies, of the runs' own
            activation; where all of its networks have diverged it counts as 0. None with fewer
            than two levels.
    """

    fields: tuple[str, ...]
    levels: tuple[Level, ...]
    size: float | None

    def as_json(self) -> dict[str, Any]:
        """The effect as a JSON object."""
        return asdict(self)


def effects(sweep: Json, rows: Sequence[Json]) -> tuple[Effect, ...]:
    """The effects of all axes, the largest first.

    The spread within a level is that of single networks: of seeds, and of what else was changed.

    Args:
        sweep: The JSON of a `swishdemo.training.sweep.SweepRequest`.
        rows: Those of the runs that have ended, as JSON.
    """
    found = [_effect(axis_of(name), entries, rows) for name, entries in sweep["grid"].items()]
    return tuple(sorted(found, key=lambda each: 1.0 if each.size is None else -each.size))


def _effect(axis: tuple[str, ...], entries: Sequence[Any], rows: Sequence[Json]) -> Effect:
    levels = []
    for entry in entries:
        values = (entry,) if len(axis) == 1 else tuple(entry)
        here = [row for row in rows if tuple(row["values"][name] for name in axis) == values]
        if here:
            levels.append(_level(values, here))
    own = [each.accuracy["mean"] or 0.0 for level in levels for each in level.activations[:1]]
    return Effect(axis, tuple(levels), max(own) - min(own) if len(own) > 1 else None)


def _level(values: tuple[Any, ...], rows: Sequence[Json]) -> Level:
    members: dict[str | None, list[tuple[float | None, int | None]]] = {}
    for row in rows:
        figures = zip(row["replicas"], row["accuracy"], row["diverged"], strict=False)
        for replica, accuracy, diverged in figures:
            name = replica["activation"] if replica["rival"] else None
            members.setdefault(name, []).append((accuracy, diverged))
    accuracies = []
    for name, found in members.items():
        gone = sum(diverged is not None for _, diverged in found)
        known = mean_and_deviation([each for each, _ in found if each is not None])
        accuracies.append(LevelAccuracy(name, len(found), gone, known))
    failed = sum(row["state"] == "failed" for row in rows)
    return Level(values, len(rows), failed, tuple(accuracies))


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
    found = (each for each in effects(sweep, rows) if len(each.levels) > 1)
    return tuple(_effect_table(sweep, effect, language) for effect in found)


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
            "diverged_step" if name == "diverged" else name: row[name][number]
            for name in ("accuracy", "loss", "test_loss", "diverged")
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
