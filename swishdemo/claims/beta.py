"""Judges where a trained β ends, from the reports of a training run over many replicas.

Its intervals are 95 %, over seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from swishdemo.claims.record import (
    Budget,
    Engine,
    Evidence,
    Kind,
    Measured,
    Stored,
    Verdict,
    VerdictName,
    combine,
    verdict,
)
from swishdemo.claims.trained import Trained
from swishdemo.settings import Settings
from swishdemo.text import Sentence
from swishdemo.training.intervals import mean_over_seeds
from swishdemo.training.recipes import recipes
from swishdemo.training.summary import NEAR, betas_of_layer

_THOROUGH_SEEDS = 20
"""Of each start: their 95 % interval is half as wide as that of the recipe's 6."""


@dataclass(frozen=True, slots=True)
class BetaRange(Measured):
    """Most trained |β| lie in a band.

    Attributes:
        claimed_low: The band's low end.
        claimed_high: Its high end.
        claimed_share: "Often" is more than this share of all |β|.
        marks: The steps at which the shares are taken: from where the starts have met.
        recipe: The recipe that is run.
        elsewhere: Where thorough, the same is asked of other networks, data and rates, each a
            setting; None for more seeds of the recipe.
    """

    engine: ClassVar[Engine] = "run"
    kind: Kind = "trained"
    job: str = "convergence"
    claimed_low: float = 1.0
    claimed_high: float = 1.5
    claimed_share: float = 0.5
    marks: tuple[int, ...] = (200, 300, 500, 1000, 2000)
    recipe: str = "beta-convergence"
    elsewhere: Trained | None = None

    @property
    def design(self) -> Trained | None:
        """What is trained elsewhere, with this part's band and share."""
        if self.elsewhere is None:
            return None
        settings = tuple(
            replace(
                each,
                contrasts=tuple(replace(of, smallest=self.claimed_share) for of in each.contrasts),
            )
            for each in self.elsewhere.settings
        )
        band = self.claimed_low, self.claimed_high
        return replace(self.elsewhere, band=band, settings=settings)

    @property
    def claimed_percent(self) -> float:
        """The share stated, in percent."""
        return round(100 * self.claimed_share, 6)

    @property
    def shares(self) -> bool:
        """β is the same however long it takes."""
        return True

    def engine_for(self, budget: Budget) -> Engine:
        """A sweep, where other settings are looked at."""
        return "sweep" if budget == "thorough" and self.elsewhere else self.engine

    def seconds(self, budget: Budget = "quick") -> int:
        """About 250 steps a second, or half of that with more seeds."""
        if budget == "thorough" and self.elsewhere:
            return self.elsewhere.seconds(budget)
        return max(self.marks) // (250 if budget == "quick" else 120)

    def request(self, settings: Settings, budget: Budget = "quick") -> dict[str, Any]:
        """The recipe without its rivals, up to the last mark; where thorough, more of it."""
        if budget == "thorough" and self.elsewhere:
            return self.elsewhere.request(settings, budget)
        steps = min(max(self.marks), settings.max_steps)
        request = {"recipe": self.recipe, "rivals": [], "steps": steps}
        if budget == "quick":
            return request
        (config,) = (each.config for each in recipes() if each.name == self.recipe)
        starts = list(config.beta_starts)  # said, so that none is left out to make room
        return {**request, "beta_starts": starts, "seeds": _THOROUGH_SEEDS}

    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """At each mark that was reached: the share in the band, of all |β| and of each layer's.

        Of a layer also the mean |β|, and how many are near an edge or negative.

        A seed is the unit that repeats: the starts of one seed share weights and batches, so
        each interval is over the seeds' own shares.
        """
        if "grid" in config:
            return self.design.evidence(config, stored) if self.design else None
        seeds = int(config["seeds"])
        reports = {report["step"]: report for report in stored if "beta" in report}
        found = []
        for mark in self.marks:
            if mark not in reports:
                continue
            betas = reports[mark]["beta"]
            layers = [self._by_seed(layer, seeds) for layer in betas]
            pooled = [sum(seed) / len(seed) for seed in zip(*layers, strict=True)]
            found.append(
                {
                    "step": mark,
                    **_interval(pooled),
                    "layers": [
                        {**_interval(shares), **self._counted(layer)}
                        for shares, layer in zip(layers, betas, strict=True)
                    ],
                    "convergence": list(reports[mark]["convergence"]),
                }
            )
        if not found:
            return None
        return {
            "band": [self.claimed_low, self.claimed_high],
            "share": self.claimed_share,
            "seeds": seeds,
            "marks": found,
        }

    def judge(self, evidence: Evidence) -> Verdict:
        """Each mark and each layer is a setting; inside in one and outside in another: depends."""
        if self.design and "settings" in evidence:
            return self.design.judge(evidence)
        marks = evidence["marks"]
        settings = [self._setting(entry) for mark in marks for entry in (mark, *mark["layers"])]
        listed = tuple(Sentence("claims.why.share_at", **_percent(mark)) for mark in marks)
        layers = tuple(
            phrase
            for index, layer in enumerate(marks[-1]["layers"], 1)
            for phrase in _of_layer(index, layer)
        )
        return verdict(
            combine(settings),
            "share",
            low=self.claimed_low,
            high=self.claimed_high,
            shares=listed,
            last=marks[-1]["step"],
            layers=layers,
            seeds=evidence["seeds"],
        )

    def _counted(self, betas: Sequence[float | None]) -> dict[str, Any]:
        found = betas_of_layer(betas, (self.claimed_low, self.claimed_high))
        return found.as_json() if found else {}

    def _setting(self, entry: Mapping[str, Any]) -> VerdictName:
        if entry["low"] > self.claimed_share:
            return "confirmed"
        return "refuted" if entry["high"] < self.claimed_share else "undecided"

    def _by_seed(self, betas: Sequence[float | None], seeds: int) -> list[float]:
        """Each seed's share of |β| in the band; a β that is no number any more is outside."""
        inside = [
            beta is not None and self.claimed_low <= abs(beta) <= self.claimed_high
            for beta in betas
        ]
        return [
            sum(inside[seed::seeds]) / len(inside[seed::seeds])
            for seed in range(seeds)  # replicas are in order of their start, then of their seed
        ]


def _interval(shares: Sequence[float]) -> dict[str, float]:
    mean, low, high = mean_over_seeds(shares)
    return {"value": mean, "low": max(0.0, low), "high": min(1.0, high)}


def _of_layer(index: int, layer: Mapping[str, Any]) -> Iterator[Sentence]:
    """A layer's share and mean; how many are near an edge, and how many β are mirrored."""
    if not layer.get("count"):
        yield Sentence("claims.why.share_of_lost_layer", layer=index, **_percent(layer))
        return
    values = {name: layer[name] for name in ("mean", "count", "negative")}
    near = layer["near_inside"] + layer["near_outside"]
    yield Sentence("claims.why.share_of_layer", layer=index, **values, **_percent(layer))
    if near:
        yield Sentence("claims.why.share_near", near=near, edge=NEAR, **values)
    if layer["negative"]:
        yield Sentence("claims.why.share_mirrored", **values)


def _percent(entry: Mapping[str, Any]) -> dict[str, Any]:
    shares = {name: 100 * entry[name] for name in ("value", "low", "high")}
    return {**shares, "step": entry.get("step")}
