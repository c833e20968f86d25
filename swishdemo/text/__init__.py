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
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

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


@dataclass(frozen=True, slots=True, init=False)
class Sentence:
    """A sentence of the catalogue with what fills its placeholders, not yet in any language.

    Attributes:
        key: The sentence's key.
        values: Placeholder → what fills it: words, a number, a `Sentence`, or a tuple of these,
            which becomes a list in the language.
    """

    key: str
    values: Mapping[str, object] = field(hash=False)

    def __init__(self, key: str, /, **values: object) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        """The sentence in English."""
        return text(self.key, "en", **self.values)

    def sentence(self, language: Language = "en") -> str:
        """The sentence in ``language``; where its words are gone, one that says so.

        A stored sentence may be of another version; `text` raises for one that this code made.
        """
        try:
            return text(self.key, language, **self.values)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            return text("jobs.unreadable.reason", language, name=self.key[:80])

    def in_all_languages(self) -> dict[str, str]:
        """Language → sentence, for a page that lets its reader change the language."""
        return {language: self.sentence(language) for language in LANGUAGES}

    def as_json(self) -> dict[str, Any]:
        """The key and its values as JSON, other objects as their English words."""
        return {"key": self.key, "values": {n: _plain(value) for n, value in self.values.items()}}

    @classmethod
    def from_json(cls, record: object) -> Sentence:
        """Read what `as_json` wrote.

        Raises:
            ValueError: It wrote no such thing.
        """
        key, values = (
            (record.get("key"), record.get("values")) if isinstance(record, Mapping) else (0, 0)
        )
        if not isinstance(key, str) or not isinstance(values, Mapping):
            raise ValueError("it is no sentence")
        return cls(key, **{str(name): _read(value) for name, value in values.items()})


def _plain(value: object) -> Any:
    if isinstance(value, Sentence):
        return value.as_json()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _read(value: object) -> object:
    if isinstance(value, list):
        return tuple(map(_read, value))
    return Sentence.from_json(value) if isinstance(value, Mapping) else value


def text(key: str, language: Language = "en", **values: object) -> str:
    """The sentence of ``key`` in ``language``, its ``{placeholders}`` filled from ``values``.

    Raises:
        KeyError: The catalogue has no such key, or a placeholder has no value.
    """
    filled = {name: _spoken(value, language) for name, value in values.items()}
    return catalogue()[key][language].format(**filled)


def _spoken(value: object, language: Language) -> object:
    if isinstance(value, Sentence):
        return text(value.key, language, **value.values)
    if isinstance(value, tuple):
        separator = "；" if language == "zh" else "; "
        return separator.join(str(_spoken(each, language)) for each in value)
    return value


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
