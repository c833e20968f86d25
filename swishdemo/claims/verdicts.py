"""What a check can come to, and the sentence that says why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from swishdemo.text import Language, text

VerdictName = Literal["confirmed", "imprecise", "refuted", "depends", "undecided", "not run"]
"""``imprecise``: true with a correction, which is shown. ``depends``: true in some of the settings
shown and false in others. ``undecided``: the measurement's interval covers both."""

VERDICTS: tuple[VerdictName, ...] = (
    "confirmed",
    "imprecise",
    "refuted",
    "depends",
    "undecided",
    "not run",
)

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the catalogue with its numbers, not yet in any language.

    Attributes:
        key: The sentence's key.
        values: What fills its placeholders; a tuple of phrases becomes a list in the language.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, language: Language) -> str:
        """The sentence in ``language``, numbers filled in."""
        filled = {name: _spoken(value, language) for name, value in self.values.items()}
        return typeset(text(self.key, language, **filled))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule made of a check's result; computed each time, never stored.

    Attributes:
        verdict: One of ``VERDICTS``.
        why: One line with the computed numbers.
    """

    verdict: VerdictName
    why: Phrase


def verdict(name: VerdictName, why: str, /, **values: object) -> Verdict:
    """A verdict whose reason is the sentence ``claims.why.<why>``."""
    return Verdict(name, Phrase(f"claims.why.{why}", values))


def combine(settings: list[VerdictName]) -> VerdictName:
    """One verdict for several settings, each ``confirmed``, ``refuted`` or ``undecided``.

    A setting that is plainly true beside one that is plainly false makes ``depends``; where all
    agree, that is the verdict; anything else stays ``undecided``.
    """
    if "confirmed" in settings and "refuted" in settings:
        return "depends"
    if settings and all(name == settings[0] for name in settings):
        return settings[0]
    return "undecided"


def typeset(sentence: str) -> str:
    """Numbers as a reader writes them: −1.5 for -1.5, and 3.9·10⁻⁸ for 3.9e-08."""
    powers = re.sub(
        r"(?<=\d)e([+-])0*(\d+)",
        lambda found: "·10" + (found[1].strip("+") + found[2]).translate(_RAISED),
        sentence,
    )
    return re.sub(r"(?<![\w.])-(?=\d)", "−", powers)


def _spoken(value: object, language: Language) -> object:
    if isinstance(value, Phrase):
        return value.sentence(language)
    if isinstance(value, tuple):
        separator = "；" if language == "zh" else "; "
        return separator.join(str(_spoken(entry, language)) for entry in value)
    return value
