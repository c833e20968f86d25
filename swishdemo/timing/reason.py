"""Why something was not timed: a key of the text catalogue and what fills its placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from swishdemo.text import LANGUAGES, Language, text


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence for the reader, kept as its key so that it can be said in each language.

    Attributes:
        key: The sentence's key, such as ``"time.unavailable.no_cuda"``.
        values: Pairs of placeholder and what fills it.
    """

    key: str
    values: tuple[tuple[str, str], ...] = ()

    def sentence(self, language: Language = "en") -> str:
        """The sentence in ``language``; where its words are gone, one that says so."""
        try:
            return text(self.key, language, **dict(self.values))
        except (KeyError, IndexError, ValueError, TypeError):  # stored by another version
            return text("jobs.unreadable.reason", language, name=self.key[:80])

    def in_all_languages(self) -> dict[str, str]:
        """Language → sentence, for a page that lets its reader change the language."""
        return {language: self.sentence(language) for language in LANGUAGES}

    def as_json(self) -> dict[str, object]:
        """The key and its values; `from_json` reads them back."""
        return {"key": self.key, "values": dict(self.values)}

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> Reason:
        """Read what `as_json` wrote.

        Raises:
            ValueError: It wrote no such thing.
        """
        values = record.get("values")
        if not isinstance(values, Mapping) or not isinstance(record.get("key"), str):
            raise ValueError("it is no reason")
        return cls(str(record["key"]), tuple((str(k), str(v)) for k, v in values.items()))
