"""Reads settings that are typed as text: ``steps=200``, and a grid's ``depth = 2, 5, 10``.

A field goes by its name or by what the page calls it, in any language, and so does a choice. What
does not fit a field stays a word, for the field to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from swishdemo.errors import UserError
from swishdemo.form import Field, short
from swishdemo.text import catalogue
from swishdemo.training.sweep import TOGETHER, axis_of

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
