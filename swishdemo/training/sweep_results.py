"""What a sweep tells: plain figures of each of its runs, and what mattered. Loads no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from swishdemo.text import Sentence
from swishdemo.training.config import Replica, TrainingConfig, learns_beta, replicas
from swishdemo.training.report import Report, Values
from swishdemo.training.summary import mean_and_deviation, summarise
from swishdemo.training.summary import stored as stored_summary
from swishdemo.training.sweep import SweepRequest, axis_of


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
    return _with_figures(row, config, reports) if reports else row


def _with_figures(row: SweepRow, config: TrainingConfig, reports: Sequence[Report]) -> SweepRow:
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


def stored(record: Mapping[str, Any], sweep: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a row that was stored, perhaps by another version, with today's fields.

    Args:
        record: The row.
        sweep: The JSON of its sweep, as `swishdemo.training.sweep.SweepRequest.stored` gives it.

    Raises:
        ValueError: A field is missing or of another type, or the numbers are not those of so many
            networks, or there is no such run.
    """
    row = _adapter().validate_python(record)
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
    plain: dict[str, Any] = _adapter().dump_python(row, mode="json")
    return {**plain, "summary": row.summary and stored_summary(row.summary)}


_OTHER_SEEDS = {"seed": 0, "data_seed": 0}
"""By these alone most runs of a sweep differ; a network is the same row whatever they are."""


@lru_cache(maxsize=128)
def _members(config: str) -> tuple[Replica, ...]:
    """The networks of a config's JSON; kept, for a sweep's rows are read one after the other."""
    return replicas(TrainingConfig.of_json(json.loads(config)))


@cache
def _adapter() -> TypeAdapter[SweepRow]:
    return TypeAdapter(SweepRow)


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


def effects(sweep: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """The effects of all axes, the largest first.

    The spread within a level is that of single networks: of seeds, and of what else was changed.

    Args:
        sweep: The JSON of a `swishdemo.training.sweep.SweepRequest`.
        rows: Those of the runs that have ended, as JSON.
    """
    found = [_effect(axis_of(name), entries, rows) for name, entries in sweep["grid"].items()]
    return tuple(sorted(found, key=lambda each: 1.0 if each.size is None else -each.size))


def _effect(
    axis: tuple[str, ...], entries: Sequence[Any], rows: Sequence[Mapping[str, Any]]
) -> Effect:
    levels = []
    for entry in entries:
        values = (entry,) if len(axis) == 1 else tuple(entry)
        here = [row for row in rows if tuple(row["values"][name] for name in axis) == values]
        if here:
            levels.append(_level(values, here))
    own = [each.accuracy["mean"] or 0.0 for level in levels for each in level.activations[:1]]
    return Effect(axis, tuple(levels), max(own) - min(own) if len(own) > 1 else None)


def _level(values: tuple[Any, ...], rows: Sequence[Mapping[str, Any]]) -> Level:
    members: dict[str | None, list[tuple[float | None, int | None]]] = {}
    for row in rows:
        told = zip(row["replicas"], row["accuracy"], row["diverged"], strict=False)
        for replica, accuracy, diverged in told:
            name = replica["activation"] if replica["rival"] else None
            members.setdefault(name, []).append((accuracy, diverged))
    return Level(
        values,
        len(rows),
        sum(row["state"] == "failed" for row in rows),
        tuple(
            LevelAccuracy(
                name,
                len(found),
                sum(diverged is not None for _, diverged in found),
                mean_and_deviation([each for each, _ in found if each is not None]),
            )
            for name, found in members.items()
        ),
    )
