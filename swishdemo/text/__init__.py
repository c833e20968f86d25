"""Every sentence that a user reads: a folder a language, in it a TOML file an area.

``en/train.toml`` holds the keys ``train.…`` in English, ``zh/train.toml`` the same in Chinese.
Sentences that belong to one record stand in that record's file, which gives them to `say`. A
further language is a folder: what it lacks is said in English, and it may translate a record's
sentences under the record's keys. Its ``language.toml`` tells what the language is called.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

Language = str
"""The name of a folder here, such as "zh"."""

_HERE = Path(__file__).parent
ENGLISH: Language = "en"
LANGUAGES: tuple[Language, ...] = (
    ENGLISH,
    *sorted({path.parent.name for path in _HERE.glob("*/language.toml")} - {ENGLISH}),
)
_GROUPS = str.maketrans({",": "\u202f", "-": "−"})
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST = 400  # characters of a header that are read
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)")
_OF_RECORDS: dict[str, Mapping[Language, str]] = {}


@cache
def folder(language: Language) -> Mapping[str, str]:
    """What a language's folder says: key → sentence.

    Raises:
        ValueError: A value is no text.
    """
    return {
        key: sentence
        for path in sorted((_HERE / language).glob("*.toml"))
        for key, sentence in _flat(path.stem, tomllib.loads(path.read_text("utf-8")))
    }


def say(key: str, sentences: Mapping[Language, str]) -> None:
    """Add a record's sentences to the catalogue.

    Args:
        key: Under which they are found.
        sentences: Language → sentence, English among them.

    Raises:
        ValueError: The key has another sentence already.
    """
    if _OF_RECORDS.setdefault(key, sentences) != sentences or key in folder(ENGLISH):
        raise ValueError(f"text key {key} is given twice")
    catalogue.cache_clear()


@cache
def catalogue() -> Mapping[str, Mapping[Language, str]]:
    """All sentences: key → language → sentence, English where a language lacks one."""
    folders = {language: folder(language) for language in LANGUAGES}
    entries: dict[str, Mapping[Language, str]] = {}
    for key in (*folders[ENGLISH], *_OF_RECORDS):
        own = _OF_RECORDS.get(key, {})
        english = own.get(ENGLISH) or folders[ENGLISH][key]
        entries[key] = {
            language: folders[language].get(key) or own.get(language, english)
            for language in LANGUAGES
        }
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
        return text("language.semicolon", language).join(
            str(_spoken(each, language)) for each in value
        )
    return value


def numeral(value: float, form: str = "") -> str:
    """A number as a reader reads it: a true minus sign, thousands apart: ``−1 057.5``.

    Args:
        value: The number.
        form: How many digits, as Python's format says it: ``.3g``.
    """
    return f"{value:,{form}}".translate(_GROUPS)


def raised(number: object) -> str:
    """A whole number as an exponent: ``⁻¹²``."""
    return str(number).translate(_RAISED)


def language_of(
    headers: Mapping[str, str], query: Mapping[str, str] = MappingProxyType({})
) -> Language:
    """The catalogue's language that a reader likes best; English where they like none of them.

    Args:
        headers: A request's; ``accept-language`` is a tag, or a list such as ``fr, zh-CN;q=0.8``.
        query: Its parameters; what ``lang`` says goes before if it is one of the catalogue's.
    """
    for each in LANGUAGES:
        if query.get("lang") == each:
            return each
    accepted = headers.get("accept-language")
    liked: list[tuple[float, Language]] = []
    for entry in accepted[:_LONGEST].split(",") if isinstance(accepted, str) else ():
        tag, _, weight = entry.partition(";")
        spoken = tag.strip().lower().partition("-")[0]
        share = _WEIGHT.fullmatch(weight.strip())
        liked += [(float(share[1]) if share else 1.0, each) for each in LANGUAGES if each == spoken]
    best, language = max(liked, key=lambda each: each[0], default=(0.0, "en"))
    return language if best else "en"


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            yield from _flat(key, value)
        elif isinstance(value, str):
            yield key, value
        else:
            raise ValueError(f"text {key} is no text")
