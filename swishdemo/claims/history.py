"""Judges who was first: dated sources, and the verdict that their dates give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from swishdemo.claims.record import Evidence, Instant, Kind, Verdict, exact, verdict
from swishdemo.text import Sentence


@dataclass(frozen=True, slots=True)
class DatedSource:
    """A dated source that describes the function.

    Attributes:
        authors: Who wrote it.
        title: Its title.
        arxiv: Its number on arXiv.
        day: When its first version was submitted.
        trainable: Whether it has β, and not x·σ(x) alone.
    """

    authors: str
    title: str
    arxiv: str
    day: date
    trainable: bool

    @property
    def url(self) -> str:
        """The source's address."""
        return f"https://arxiv.org/abs/{self.arxiv}"

    def as_json(self) -> dict[str, str | bool]:
        """The source as JSON knows it."""
        return {
            "authors": self.authors,
            "title": self.title,
            "arxiv": self.arxiv,
            "url": self.url,
            "date": self.day.isoformat(),
            "trainable": self.trainable,
        }


GELU = DatedSource(
    "Hendrycks, Gimpel", "Gaussian Error Linear Units", "1606.08415", date(2016, 6, 27), False
)
SILU = DatedSource(
    "Elfwing, Uchibe, Doya",
    "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in "
    "Reinforcement Learning",
    "1702.03118",
    date(2017, 2, 10),
    False,
)
SWISH = DatedSource(
    "Ramachandran, Zoph, Le",
    "Searching for Activation Functions",
    "1710.05941",
    date(2017, 10, 16),
    True,
)
SOURCES = (GELU, SILU, SWISH)


@dataclass(frozen=True, slots=True)
class First(Instant):
    """Priority: that ``claimed`` described the function before everyone else.

    Attributes:
        claimed: The source that is said to be the first.
        known: The sources known.
    """

    kind: Kind = "cited"
    claimed: DatedSource = SWISH
    known: tuple[DatedSource, ...] = SOURCES

    def check(self) -> Evidence:
        """Order the sources by their dates."""
        ordered = sorted(self.known, key=lambda source: source.day)
        return {"steps": {}, "sources": [source.as_json() for source in ordered]}

    def rule(self, evidence: Evidence) -> Verdict:
        """An older source refutes; where β is what is older, too, nothing is left to claim."""
        day = self.claimed.day.isoformat()
        older = [source for source in evidence["sources"] if source["date"] < day]
        if not older:
            return verdict("confirmed", "first", authors=self.claimed.authors, day=day)
        listed = tuple(Sentence("claims.why.source", **source) for source in older)
        beta_is_new = self.claimed.trainable and not any(source["trainable"] for source in older)
        why = "older_without_beta" if beta_is_new else "older"
        return verdict("refuted", why, sources=listed, day=day, arxiv=self.claimed.arxiv)


@dataclass(frozen=True, slots=True)
class Year(Instant):
    """The date: that ``paper`` appeared in ``claimed_year``.

    Attributes:
        claimed_year: The year stated.
        paper: The paper that is meant.
    """

    kind: Kind = "cited"
    claimed_year: int = 2017
    paper: DatedSource = SWISH

    def check(self) -> Evidence:
        """Read the paper's date."""
        return {"steps": {}, "sources": [self.paper.as_json()]}

    def rule(self, evidence: Evidence) -> Verdict:
        """The year of the paper's first version counts."""
        (paper,) = evidence["sources"]
        same = date.fromisoformat(paper["date"]).year == self.claimed_year
        return exact(same, "year", claimed=self.claimed_year, **paper)
