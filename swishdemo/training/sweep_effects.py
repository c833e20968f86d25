"""What mattered in a sweep: how the test accuracy goes with each field that was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from swishdemo.training.summary import mean_and_deviation
from swishdemo.training.sweep import axis_of


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
