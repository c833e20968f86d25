"""Defines the records of claims: a document, what it says part by part, numbers, checks, rules.

Also what a check can come to, and the sentence that says why.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, ClassVar, Literal

from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import Language, Sentence, raised, say, text

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule made of a check's result; computed each time, never stored.

    Attributes:
        verdict: One of ``VERDICTS``.
        why: One line with the computed numbers.
    """

    verdict: VerdictName
    why: Sentence

    def sentence(self, language: Language = "en") -> str:
        """``why`` in ``language``, its numbers typeset.

        Raises:
            KeyError: A value or the sentence is missing, as with evidence of another version.
        """
        return worded(self.why, language)


def verdict(name: VerdictName, why: str, /, **values: object) -> Verdict:
    """A verdict whose reason is the sentence ``claims.why.<why>``."""
    return Verdict(name, Sentence(f"claims.why.{why}", **values))


def exact(right: bool, about: str, /, *, near: bool = False, **values: object) -> Verdict:
    """Confirmed by the sentence ``claims.why.<about>_right``, or refuted by ``…_wrong``.

    Where it is not right but near, it is imprecise, by ``…_near``.
    """
    if right:
        return verdict("confirmed", f"{about}_right", **values)
    if near:
        return verdict("imprecise", f"{about}_near", **values)
    return verdict("refuted", f"{about}_wrong", **values)


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


def worded(sentence: Sentence, language: Language) -> str:
    """A sentence in ``language``, its numbers typeset.

    Raises:
        KeyError: A value or the sentence is missing, as with evidence of another version.
    """
    return typeset(text(sentence.key, language, **sentence.values))


def verdict_label(name: str, language: Language) -> str:
    """What a verdict is called."""
    return text(f"claims.verdict.{name.replace(' ', '_')}", language)


def typeset(sentence: str) -> str:
    """Numbers as a reader writes them: −1.5 for -1.5, and 3.9·10⁻⁸ for 3.9e-08."""
    powers = re.sub(
        r"(?<=\d)e([+-])0*(\d+)",
        lambda found: f"·10{raised(found[1].strip('+') + found[2])}",
        sentence,
    )
    return re.sub(r"(?<![\w.])-(?=\d)", "−", powers)


def begun(sentence: str) -> str:
    """A sentence's first words, or all where they are few; a Chinese letter is two wide."""
    pieces = re.findall(r"(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)\s*", sentence)
    widths = accumulate(sum(1 + (letter > "\u2e80") for letter in piece) for piece in pieces)
    known = zip(pieces, widths, strict=True)
    begun = "".join(piece for piece, width in known if width <= _LONGEST_TITLE)
    begun = begun.rstrip(" ,.，。、；;（(")
    return begun if len(begun) >= len(sentence) - 1 else f"{begun} …"


Kind = Literal["proved", "cited", "searched", "timed", "trained"]
Engine = Literal["timing", "run", "sweep"]
"""The kind of job that a measured part needs, as the job manager names it."""
Budget = Literal["quick", "thorough"]
"""How much work a check may be: minutes for all of the article, or up to ten for one claim."""
BUDGETS: tuple[Budget, ...] = ("quick", "thorough")
Evidence = Mapping[str, Any]
"""What a check found: numbers, names and lists of them, as JSON knows them."""
Stored = Sequence[Mapping[str, Any]]
"""A job's stored results, in order."""

ON_GPU = "-gpu"
"""How a part's name ends that is timed on a GPU, beside the same on a CPU."""

_Words = Mapping[Language, str]
_LONGEST_TITLE = 40


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """Something that was published about Swish, which claims are taken from.

    Attributes:
        id: The document's name in addresses.
        address: Where it is read.
        authors: Who wrote it.
        year: Of the version that is meant.
        titles: Language → what it is called.
        opened: Whether the claims were read in it (or in a stored copy), rather than reported.
    """

    id: str
    address: str
    authors: str
    year: int
    titles: _Words = field(default_factory=dict, hash=False, repr=False)
    opened: bool = True

    def __post_init__(self) -> None:
        """Say its title."""
        say(f"claims.document.{self.id}", self.titles)

    def title(self, language: Language) -> str:
        """What it is called in ``language``."""
        return text(f"claims.document.{self.id}", language)


ARTICLE = SourceDocument(
    "article",
    "http://www.kler.cn/a/542810.html",
    authors="kler.cn",
    year=2025,
    titles={"en": "The article: Activation functions 05", "zh": "原文：激活函数 05 ——Swish"},
)


def budget_of(given: Mapping[str, Any]) -> Budget:
    """The budget that a request names; quick where it names none.

    Raises:
        UserError: There is no such budget (422).
    """
    named = given.get("budget", "quick")
    for budget in BUDGETS:
        if budget == named:
            return budget
    raise UserError("claims.error.budget", field="budget", choices=BUDGETS)


@dataclass(frozen=True, slots=True)
class Part(ABC):
    """One of the things that a claim says. A subclass holds the claimed numbers as fields.

    Attributes:
        name: The part's name within its claim, such as ``where``.
        kind: How the part is checked.
        labels: Language → what the part is called.
        proofs: Language → the proof in words and LaTeX, whose braces are doubled: single ones are
            places for the evidence's numbers; none where a measurement decides.
    """

    name: str
    kind: Kind = "proved"
    labels: _Words = field(default_factory=dict, hash=False, repr=False)
    proofs: _Words = field(default_factory=dict, hash=False, repr=False)

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """The verdict on what was claimed (this record's fields) given what was found."""

    def seconds(self, budget: Budget = "quick") -> int:
        """About how long a check takes on two CPU cores."""
        return 1

    def pending(self) -> Verdict:
        """The verdict before anything was found."""
        return verdict("not run", "not_run", seconds=self.seconds())

    def on_gpu(self) -> Part | None:
        """The part as it is checked on a GPU; None where it has no line of its own there."""
        return None


@dataclass(frozen=True, slots=True)
class Instant(Part):
    """A part that is decided here and now, within about a second."""

    @abstractmethod
    def check(self) -> Evidence:
        """Compute the evidence.

        ``steps`` in it names every step of the proof and says whether it held.
        """

    @abstractmethod
    def rule(self, evidence: Evidence) -> Verdict:
        """The verdict where every step of the proof held."""

    def judge(self, evidence: Evidence) -> Verdict:
        """The rule's verdict; ``undecided`` where a step of the proof failed."""
        failed = [name for name, held in evidence["steps"].items() if not held]
        if failed:
            return verdict("undecided", "step_failed", steps=", ".join(failed))
        return self.rule(evidence)


@dataclass(frozen=True, slots=True)
class Measured(Part):
    """A part that a job decides; parts of one claim with one ``job`` are judged from one job.

    Attributes:
        job: The job's name within its claim.
        engine: Which engine runs the job.
    """

    engine: ClassVar[Engine]
    job: str = ""

    @property
    def shares(self) -> bool:
        """Whether its job may share the processor: what it finds does not hang on time."""
        return False

    def engine_for(self, budget: Budget) -> Engine:
        """Which engine runs the job of a budget."""
        return self.engine

    def sized(self, settings: Settings, budget: Budget) -> Measured:
        """The part as it is checked on this server: another where more can be done, as on a GPU."""
        return self

    @abstractmethod
    def request(self, settings: Settings, budget: Budget = "quick") -> dict[str, Any]:
        """The request, in the form that REST takes, of the job that decides this part.

        Args:
            settings: The server's limits, to which a quick request keeps.
            budget: How much work it may be.
        """

    @abstractmethod
    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """What a job's results show of this part; None where they show nothing of it.

        Args:
            config: The job's configuration.
            stored: Its stored results, in order.
        """

    @abstractmethod
    def seconds(self, budget: Budget = "quick") -> int:
        """About how long the job takes on two CPU cores."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a document, stated in our own words.

    Attributes:
        id: The claim's name in addresses.
        parts: What it says, one by one.
        tab: The tab in which a reader goes on: ``explore``, ``train`` or ``time``; empty for none.
        setup: What the address of that tab holds, so that it shows what is meant.
        document: What says it.
        titles: Language → the same in about six words; the statement's beginning where left out.
        statements: Language → what is claimed, in our own words; ``{how_much.claimed_max:g}`` is a
            field of the part ``how-much``.
    """

    id: str
    parts: tuple[Part, ...]
    tab: str = ""
    setup: Mapping[str, str] = field(default_factory=dict, hash=False)
    document: SourceDocument = ARTICLE
    titles: _Words = field(default_factory=dict, hash=False, repr=False)
    statements: _Words = field(default_factory=dict, hash=False, repr=False)

    def __post_init__(self) -> None:
        """Say the words of the claim and of its parts.

        Raises:
            ValueError: Two parts share a name, or there is none.
        """
        names = [part.name for part in self.parts]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"claim {self.id} needs parts of different names, not {names}")
        said = {"title": self.titles, "statement": self.statements}
        for part in self.parts:
            said |= {f"part.{part.name}": part.labels, f"proof.{part.name}": part.proofs}
        for name, sentences in said.items():
            if sentences:
                say(f"claims.{self.id}.{name}", sentences)

    def statement(self, language: Language) -> str:
        """What is claimed, in our own words, with the claimed numbers of the parts' records."""
        return self._said("statement", language)

    def title(self, language: Language) -> str:
        """What is claimed in about six words."""
        if self.titles:
            return self._said("title", language)
        return begun(self.statement(language))

    def label(self, part: str, language: Language) -> str:
        """What the part called ``part`` is called by a reader."""
        if part.endswith(ON_GPU):
            what = self.label(part.removesuffix(ON_GPU), language)
            return text("check.on_gpu", language, what=what)
        return text(f"claims.{self.id}.part.{part}", language)

    def _said(self, what: str, language: Language) -> str:
        parts = {part.name.replace("-", "_"): part for part in self.parts}
        return typeset(text(f"claims.{self.id}.{what}", language, **parts))

    def part(self, name: str) -> Part:
        """The part called ``name``.

        Raises:
            KeyError: There is none.
        """
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)
