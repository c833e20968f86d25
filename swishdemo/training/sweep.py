"""What a sweep is: one job of many training runs, a grid over the fields of a config.

A request has a ``base``, as a single run is asked for, and a ``grid``: field → list of values.
Fields that change together are one entry, ``seed+data_seed``, each of whose values is a list. All
combinations are read, by the rules of a single run, before the first of them begins.

Both may be typed, as ``steps=200`` and ``depth = 2, 5, 10``: a field goes by its name or by what
the page calls it, in any language, and so does a choice. What does not fit a field stays a word,
for the field to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from swishdemo.activations.record import is_formula
from swishdemo.errors import UserError, refuse_unknown, short
from swishdemo.form import Field, Schema
from swishdemo.settings import Settings
from swishdemo.text import Sentence, catalogue, numeral
from swishdemo.training.config import MOST_FORMULAS, TrainingConfig, replicas
from swishdemo.training.request import parse_run

MOST_RUNS = 64
SAME_IN_ALL = ("csv", "csv_header", "device", "threads")
"""Fields that no grid has: the table that was sent, and where all is computed."""

TOGETHER = "+"
"""Stands between the names of fields that change together."""

Axis = tuple[str, ...]
"""Fields that change together; most often one."""

_MOST_STORED = 10_000
"""More runs than any version has allowed."""

_SHOWN = 60
"""Characters of a value that a refusal repeats."""


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """The runs of a sweep, in order; a valid one is made by `parse`.

    Attributes:
        base: The config of the first run.
        axes: What changes from run to run; the last of them the fastest.
        changes: For each run the fields in which it differs from ``base``, as JSON, and those of
            ``axes`` in any case.
        first: The run to begin with: those before it have been done.
    """

    base: TrainingConfig
    axes: tuple[Axis, ...]
    changes: tuple[Mapping[str, Any], ...]
    first: int = 0

    @classmethod
    def parse(cls, given: object, settings: Settings) -> SweepRequest:
        """Read a request; what the grid says of a field counts, whatever ``base`` says.

        Args:
            given: The request's JSON, of any type.
            settings: The server's settings: its limits and its device.

        Raises:
            UserError: The grid is none, or too large; a run is refused, and which; two runs are
                the same; or all of them together are too much.
        """
        if not isinstance(given, Mapping):
            raise UserError("sweep.error.not_an_object")
        refuse_unknown(given, ("base", "grid"), "error.what.sweep")
        base = given.get("base", {})
        cells = _cells(given.get("grid"), settings)
        if isinstance(base, Mapping):
            base = {name: value for name, value in base.items() if name not in cells[0]}
        configs = list(_configs(base, cells, settings))
        _check_work(configs, settings)
        axes = tuple(map(axis_of, given["grid"]))
        return cls(configs[0], axes, _changes(configs, axes))

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> SweepRequest:
        """Read a request that was stored, perhaps by another version. Limits are not asked.

        Raises:
            UserError: A value is of another type, or names what this version does not know.
            ValueError: It has no runs, or more than there ever were; or they do not tell all
                that the grid names.
        """
        base, grid, changes = (record[name] for name in ("base", "grid", "runs"))
        axes = tuple(map(axis_of, grid))
        if not axes or not 0 < len(changes) <= _MOST_STORED:
            raise ValueError("so many runs there never were")
        if not all(each.keys() >= {name for axis in axes for name in axis} for each in changes):
            raise ValueError("a run does not tell what is its own")
        configs = [TrainingConfig.stored({**base, **each}) for each in changes]
        return cls(configs[0], axes, _changes(configs, axes))

    def as_json(self) -> dict[str, Any]:
        """The request as a JSON object; without the text of a visitor's table."""
        return {
            "base": self.base.as_json(),
            "grid": {
                TOGETHER.join(axis): [_entry(level) for level in self.levels(axis)]
                for axis in self.axes
            },
            "runs": [dict(each) for each in self.changes],
        }

    def config(self, run: int) -> TrainingConfig:
        """The config of a run."""
        return self.base.replace(**self.changes[run])

    def values(self, run: int) -> dict[str, Any]:
        """What the grid sets in a run: field → value, as JSON."""
        return {name: self.changes[run][name] for axis in self.axes for name in axis}

    def levels(self, axis: Axis) -> list[tuple[Any, ...]]:
        """The values that the fields of an axis take, each once, in order."""
        found: list[tuple[Any, ...]] = []
        for each in self.changes:
            level = tuple(each[name] for name in axis)
            if level not in found:
                found.append(level)
        return found

    @property
    def steps(self) -> tuple[int, ...]:
        """The optimiser steps of each run."""
        return tuple(int(each.get("steps", self.base.steps)) for each in self.changes)

    def from_run(self, first: int) -> SweepRequest:
        """What is left of it from a run on."""
        return replace(self, first=first)


def sweep_schema(run: Schema, settings: Settings) -> Schema:
    """The JSON schema of a request to a server, from that of a single run."""
    fields = TrainingConfig.fields(settings)
    listed = {
        name: {"type": "array", "minItems": 1, "maxItems": MOST_RUNS, "items": field.schema()}
        for name, field in fields.items()
        if name not in SAME_IN_ALL
    }
    together = {
        "type": "array",
        "items": {"type": "array"},
        "description": "Fields that change together, such as seed+data_seed: [[0, 0], [1, 1]].",
    }
    return {
        "type": "object",
        "required": ["grid"],
        "additionalProperties": False,
        "properties": {
            "base": run,
            "grid": {
                "type": "object",
                "minProperties": 1,
                "properties": listed,
                "additionalProperties": together,
                "description": f"All combinations are trained, {MOST_RUNS} at the most.",
            },
        },
    }


def axis_of(name: str) -> Axis:
    """The fields of an entry of a grid, such as ``seed+data_seed``."""
    return tuple(part.strip() for part in name.split(TOGETHER))


def _entry(level: tuple[Any, ...]) -> Any:
    """A level as a request has it: of one field its value, of several a list."""
    return level[0] if len(level) == 1 else list(level)


def _cells(grid: object, settings: Settings) -> list[dict[str, Any]]:
    """All combinations of a grid: what each run sets.

    Raises:
        UserError: It is no grid, or has more than `MOST_RUNS` combinations.
    """
    if not isinstance(grid, Mapping):
        raise UserError("sweep.error.no_grid", field="grid")
    axes = {str(name): axis_of(str(name)) for name in grid}
    fields = [name for axis in axes.values() for name in axis]
    _check_fields(fields, settings)
    for name, axis in axes.items():
        _check_values(short(name), axis, grid[name])
    sizes = [len(values) for values in grid.values()]
    if prod(sizes) > MOST_RUNS:
        raise UserError(
            "sweep.error.too_many_runs",
            field="grid",
            sizes=" × ".join(map(str, sizes)),
            count=prod(sizes),
            limit=MOST_RUNS,
        )
    levels = [
        [entry if len(axis) > 1 else (entry,) for entry in grid[name]]
        for name, axis in axes.items()
    ]
    return [
        dict(zip(fields, (value for level in chosen for value in level), strict=True))
        for chosen in product(*levels)
    ]


def _check_fields(fields: Sequence[str], settings: Settings) -> None:
    if not fields:
        raise UserError("sweep.error.no_grid", field="grid")
    known = [name for name in TrainingConfig.fields(settings) if name not in SAME_IN_ALL]
    for name in fields:
        if name in SAME_IN_ALL:
            raise UserError("sweep.error.same_in_all", field="grid", name=name)
        refuse_unknown((name,), known, "error.what.grid")
        if fields.count(name) > 1:
            raise UserError("sweep.error.twice", field="grid", name=name)


def _check_values(name: str, axis: Axis, values: object) -> None:
    if not isinstance(values, list | tuple):
        raise UserError("error.not_a_list", field="grid", name=name)
    if not values:
        raise UserError("error.empty", field="grid", name=name)
    if len(axis) > 1 and not all(
        isinstance(entry, list | tuple) and len(entry) == len(axis) for entry in values
    ):
        raise UserError("sweep.error.together", field="grid", name=name, count=len(axis))
    # Each takes up to some seconds to be read.
    if len({entry for entry in _flat(values) if is_formula(entry)}) > MOST_FORMULAS:
        raise UserError("error.formulas", field="grid", name=name, limit=MOST_FORMULAS)


def _flat(values: Sequence[Any]) -> Iterator[str]:
    """The words within lists, at whatever depth."""
    for each in values:
        if isinstance(each, str):
            yield each
        elif isinstance(each, list | tuple):
            yield from _flat(each)


def _configs(
    base: object, cells: Sequence[Mapping[str, Any]], settings: Settings
) -> Iterator[TrainingConfig]:
    """The config of each cell; none is the same as another.

    Raises:
        UserError: One is refused, or is the same as an earlier one.
    """
    seen: dict[TrainingConfig, int] = {}
    table: dict[str, Any] = {}
    for number, cell in enumerate(cells, 1):
        asked = {**base, **table, **cell} if isinstance(base, Mapping) else base
        try:
            config = parse_run(asked, settings)
        except UserError as error:
            raise UserError(
                "sweep.error.run",
                field=error.field,
                status=error.status,
                number=number,
                count=len(cells),
                cell=told(cell),
                why=Sentence(error.key, **error.filled),
            ) from None
        if config in seen:
            first = seen[config]
            raise UserError(
                "sweep.error.same", field="grid", first=first, second=number, cell=told(cell)
            )
        seen[config] = number
        if config.csv is not None:
            table = {"csv": config.csv}  # as it was read: once for all
        yield config


def _check_work(configs: Sequence[TrainingConfig], settings: Settings) -> None:
    count = sum(len(replicas(config)) * config.steps for config in configs)
    if count > settings.max_sweep_steps:
        raise UserError(
            "sweep.error.too_much",
            field="grid",
            runs=len(configs),
            count=numeral(count),
            limit=numeral(settings.max_sweep_steps),
        )


def _changes(
    configs: Sequence[TrainingConfig], axes: Sequence[Axis]
) -> tuple[Mapping[str, Any], ...]:
    own = {name for axis in axes for name in axis}
    base = configs[0].as_json()
    return tuple(
        {name: v for name, v in each.as_json().items() if name in own or v != base[name]}
        for each in configs
    )


def told(values: Mapping[str, Any]) -> str:
    """What a run sets, in a line: ``depth = 5, rivals = relu gelu``; cut where it is long."""
    return ", ".join(f"{name} = {value_told(value)}" for name, value in values.items())


def value_told(value: Any) -> str:
    """A value of a field as `swishdemo.training.sweep` reads it; cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return short(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, int):
        # Python refuses to print integers of more than 4300 digits; JSON can carry them.
        return str(value) if abs(value) < 10**30 else "±10³⁰…"
    if isinstance(value, list | tuple):
        words = " ".join(map(value_told, value[:_SHOWN])) or "[]"
        return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
    return type(value).__name__


_LINE = re.compile(r"\s*([^=:：\s][^=:：]*?)\s*[=:：]\s*(.*?)\s*", re.DOTALL)
_COMMA = re.compile(r"[,，、]\s*(?![^()]*\))")
"""Between values; not within the brackets of a formula."""


def settings_of(lines: Iterable[str], fields: Mapping[str, Field]) -> dict[str, Any]:
    """The settings that lines such as ``steps=200`` make; a list is written with blanks.

    Raises:
        UserError: A line is no setting.
    """
    parts = (_parts(line, fields) for line in lines)
    return {name: _value(words, fields.get(name)) for name, words in parts}


def grid_of(lines: Iterable[str], fields: Mapping[str, Field]) -> dict[str, list[Any]]:
    """The grid that lines such as ``depth = 2, 5, 10`` make; blank ones count for nothing.

    A list is written with blanks, ``rivals = relu, relu gelu``, an empty one ``[]``. Of fields that
    change together, ``network+depth = mlp+2, cnn+3``, or all take the same: ``seed+data_seed = 1``.

    Raises:
        UserError: A line is none of these, or a field has two lines.
    """
    grid: dict[str, list[Any]] = {}
    for name, words in (_parts(line, fields) for line in lines if line.strip()):
        if name in grid:
            raise UserError("sweep.error.twice", field="grid", name=name)
        axis = axis_of(name)
        entries = [each.strip() for each in _COMMA.split(words)] if words else []
        if len(axis) == 1:
            grid[name] = [_value(entry, fields.get(name)) for entry in entries]
        else:
            grid[name] = [_together(entry, axis, fields) for entry in entries]
    return grid


def _parts(line: str, fields: Mapping[str, Field]) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise UserError("sweep.error.line", field="grid", line=short(line.strip()))
    names = (_name(part.strip(), fields) for part in found[1].split(TOGETHER))
    return TOGETHER.join(names), found[2]


def _name(words: str, fields: Mapping[str, Field]) -> str:
    plain = words.lower().replace("-", "_")
    labels = {name: f"train.field.{name}.label" for name in fields}
    return plain if plain in fields else _called(words, labels) or plain


def _called(words: str, keys: Mapping[str, str]) -> str | None:
    """The name whose text, under its key, is these words in some language."""
    said = words.casefold()
    return next(
        (
            name
            for name, key in keys.items()
            if said in {each.casefold() for each in catalogue().get(key, {}).values()}
        ),
        None,
    )


def _together(entry: str, axis: tuple[str, ...], fields: Mapping[str, Field]) -> list[Any]:
    words = [each.strip() for each in entry.split(TOGETHER)]
    if len(words) == 1:
        words *= len(axis)
    values = [_value(each, fields.get(name)) for name, each in zip(axis, words, strict=False)]
    return values if len(words) == len(axis) else [*values, *words[len(axis) :]]


def _value(words: str, field: Field | None) -> Any:
    kind = field.kind if field else "choice"
    if kind.endswith("s"):
        entries = () if words == "[]" else words.split()
        return [_single(each, kind.removesuffix("s")) for each in entries]
    if field and kind == "choice" and words not in field.choices:
        keys = {each: f"train.choice.{field.name}.{each}" for each in field.choices}
        return _called(words, keys) or words
    return _single(words, kind)


def _single(word: str, kind: str) -> Any:
    with suppress(ValueError):
        if kind == "integer":
            return int(word)
        if kind == "number":
            return float(word)
    if kind == "flag":
        return {"true": True, "false": False}.get(word.lower(), word)
    return word
