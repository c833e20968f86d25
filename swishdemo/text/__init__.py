"""Every sentence that a user reads, in both languages: one catalogue, a TOML file for each area.

A file ``train.toml`` holds the keys ``train.…``; an entry names the languages side by side::

    [start]
    en = "Start"
    zh = "开始"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_LONGEST = 400  # characters of a header that are read
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All entries: key → language → sentence.

    Raises:
        ValueError: Two files or tables give the same key.
    """
    entries: dict[str, Mapping[str, str]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        area = file.name.removesuffix(".toml")
        for key, entry in _flatten(area, tomllib.loads(file.read_text("utf-8"))):
            if key in entries:
                raise ValueError(f"text key {key} is given twice")
            entries[key] = entry
    return entries


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words within a sentence, which follow its language.

    Attributes:
        key: Their key in the catalogue.
        values: Pairs of placeholder and what fills it.
    """

    key: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        """The words in English."""
        return text(self.key, "en", **dict(self.values))


def text(key: str, language: Language = "en", **values: object) -> str:
    """The sentence of ``key`` in ``language``, its ``{placeholders}`` filled from ``values``.

    Raises:
        KeyError: The catalogue has no such key, or a placeholder has no value.
    """
    filled = {
        name: text(value.key, language, **dict(value.values))
        if isinstance(value, Phrase)
        else value
        for name, value in values.items()
    }
    return catalogue()[key][language].format(**filled)


def language_of(accepted: object) -> Language:
    """The catalogue's language that a reader likes best; English where they like none of them.

    Args:
        accepted: A language tag, or an ``Accept-Language`` header such as ``fr, zh-CN;q=0.8``.
    """
    liked: list[tuple[float, Language]] = []
    for entry in accepted[:_LONGEST].split(",") if isinstance(accepted, str) else ():
        tag, _, weight = entry.partition(";")
        spoken = tag.strip().lower().partition("-")[0]
        share = _WEIGHT.fullmatch(weight.strip())
        liked += [(float(share[1]) if share else 1.0, each) for each in LANGUAGES if each == spoken]
    best, language = max(liked, key=lambda each: each[0], default=(0.0, "en"))
    return language if best else "en"


def _flatten(prefix: str, table: Mapping[str, object]) -> list[tuple[str, Mapping[str, str]]]:
    found: list[tuple[str, Mapping[str, str]]] = []
    for name, value in table.items():
        if not isinstance(value, dict):
            raise ValueError(f"text {prefix}: {name} is no table of languages")
        if set(value) & set(LANGUAGES):
            found.append((f"{prefix}.{name}", value))
        else:
            found.extend(_flatten(f"{prefix}.{name}", value))
    return found
