"""A claim of the article as a record: what it says, its numbers as data, its checks and rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from swishdemo.claims.verdicts import Phrase, Verdict, typeset, verdict
from swishdemo.settings import Settings
from swishdemo.text import Language, text

Kind = Literal["proved", "cited", "timed", "trained"]
Engine = Literal["timing", "run"]
"""The kind of job that a measured part needs, as the job manager names it."""
Evidence = Mapping[str, Any]
"""What a check found: numbers, names and lists of them, as JSON knows them."""

ARTICLE = "http://www.kler.cn/a/542810.html"


@dataclass(frozen=True, slots=True)
class Part(ABC):
    """One of the things that a claim says. A subclass holds the claimed numbers as fields.

    Attributes:
        name: The part's name within its claim, such as ``where``.
        kind: How the part is checked.
    """

    name: str
    kind: Kind = "proved"

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """The verdict on what was claimed (this record's fields) given what was found."""


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
    """

    job: str = ""

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """Which engine runs the job."""

    @abstractmethod
    def request(self, settings: Settings) -> dict[str, Any]:
        """The request, in the form that REST takes, of the job that decides this part.

        Args:
            settings: The server's limits, to which the request keeps.
        """

    @abstractmethod
    def evidence(
        self, config: Mapping[str, Any], stored: Sequence[Mapping[str, Any]]
    ) -> Evidence | None:
        """What a job's results show of this part; None where they show nothing of it.

        Args:
            config: The job's configuration.
            stored: Its stored results, in order.
        """

    @property
    @abstractmethod
    def seconds(self) -> int:
        """About how long the job takes on two CPU cores."""

    def pending(self) -> Verdict:
        """The verdict while no job has finished."""
        return verdict("not run", "not_run", seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Unbuilt(Part):
    """A part whose check is described but cannot be run by this version.

    Attributes:
        plan: Key of the sentence that says what the check would measure and by which rule.
    """

    plan: str = ""

    def judge(self, evidence: Evidence) -> Verdict:
        """Always ``not run``, and the reason says so."""
        return verdict("not run", "unbuilt", plan=Phrase(self.plan))


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the article, stated in our own words.

    Attributes:
        id: The claim's name in addresses.
        parts: What it says, one by one.
        tab: The tab in which a reader goes on: ``explore``, ``train`` or ``time``; empty for none.
        source: Where it is said.
    """

    id: str
    parts: tuple[Part, ...]
    tab: str = ""
    source: str = ARTICLE

    def __post_init__(self) -> None:
        """Refuse two parts of one name.

        Raises:
            ValueError: Two parts share a name, or there is none.
        """
        names = [part.name for part in self.parts]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"claim {self.id} needs parts of different names, not {names}")

    def statement(self, language: Language) -> str:
        """What is claimed, in our own words, with the claimed numbers of the parts' records."""
        parts = {part.name.replace("-", "_"): part for part in self.parts}
        return typeset(text(f"claims.{self.id}.statement", language, **parts))

    def part(self, name: str) -> Part:
        """The part called ``name``.

        Raises:
            KeyError: There is none.
        """
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)
