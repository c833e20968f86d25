"""Judges claims by trainings: paired differences over runs, in settings that are named before.

Each part is one sweep. Its settings, the networks that are set against each other, how often all is
done, and the smallest effect that matters are all fixed in the record: nobody looks and then
decides whether to go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from math import expm1, isfinite, log, log10
from statistics import fmean
from typing import Any, ClassVar, Literal

from swishdemo.claims.record import (
    ON_GPU,
    Budget,
    Engine,
    Evidence,
    Kind,
    Measured,
    Part,
    Stored,
    Verdict,
    VerdictName,
    combine,
    verdict,
)
from swishdemo.settings import Settings
from swishdemo.text import Language, Sentence, say
from swishdemo.training.intervals import paired, told
from swishdemo.training.summary import ARTICLE_BAND
from swishdemo.training.sweep import MOST_RUNS

Quantity = Literal["accuracy", "learned", "dead", "gradient", "seconds", "inside"]
"""``accuracy`` at the end; ``learned``: what it is above chance; ``dead``: share of hidden units
that are; ``gradient``: log₁₀ of its norm in the first layer before the first step; ``seconds``: the
natural logarithm of what the training took; ``inside``: share of trained |β| in a range."""

_REPEATED = "seed+data_seed"
"""The axis along which all is done again: with other weights, batches and split."""

LEVEL = 0.95
"""Of all intervals of a part together; each setting gives away its share of what is left."""

NEAR_CHANCE = 0.05
"""Networks whose mean accuracy is no farther from chance have learned nothing."""

_OPPOSITE: Mapping[VerdictName, VerdictName] = {"confirmed": "refuted", "refuted": "confirmed"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arm:
    """Networks of one run, and the weight with which they stand in a difference.

    Attributes:
        run: Name of one of the part's runs.
        activation: Theirs.
        start: Their β₀; None for whichever there is.
        weight: Of their figure.
    """

    run: str
    activation: str = "swish"
    start: float | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference between networks of equal seeds, and when it counts.

    Attributes:
        arms: What is added up, with its weights.
        of: Of what the difference is.
        smallest: The smallest that matters, in the quantity's own unit.
        either_way: Whether it matters to whichever side it is.
        absent: Whether what is claimed is that there is none that matters.
    """

    arms: tuple[Arm, ...]
    of: Quantity = "accuracy"
    smallest: float = 0.02
    either_way: bool = False
    absent: bool = False

    def judged(self, found: Mapping[str, Any]) -> VerdictName:
        """Whether what is claimed of the difference is so, is not so, or neither is shown."""
        there = self._is_there(found)
        return _OPPOSITE.get(there, there) if self.absent else there

    def _is_there(self, found: Mapping[str, Any]) -> VerdictName:
        """Whether the difference is there, is smaller than what matters, or neither is shown."""
        mean, low, high = (found[name] for name in ("mean", "low", "high"))
        if found["blind"] or low is None or high is None:
            return "undecided"
        if self.either_way:
            if -self.smallest < low and high < self.smallest:
                return "refuted"
            clear = low > 0 or high < 0
            return "confirmed" if clear and abs(mean) >= self.smallest else "undecided"
        if high < self.smallest:
            return "refuted"
        return "confirmed" if low > 0 and mean >= self.smallest else "undecided"


@dataclass(frozen=True, slots=True)
class AtLeast(Contrast):
    """A difference that is said to be at least the smallest one: all of its interval counts."""

    def judged(self, found: Mapping[str, Any]) -> VerdictName:
        """True where the whole interval is there, false where it lies below."""
        low, high = found["low"], found["high"]
        if found["blind"] or low is None or high is None:
            return "undecided"
        if high < self.smallest or high <= 0:
            return "refuted"
        return "confirmed" if low >= self.smallest and low > 0 else "undecided"


@dataclass(frozen=True, slots=True)
class Setting:
    """Circumstances in which the claim is tried.

    Attributes:
        where: Key of what they are called.
        contrasts: What has to hold in them, all of it.
        labels: Language → what they are called.
    """

    where: str
    contrasts: tuple[Contrast, ...]
    labels: Mapping[Language, str] = field(default_factory=dict, hash=False, repr=False)

    def __post_init__(self) -> None:
        """Say what they are called."""
        if self.labels:
            say(self.where, self.labels)

    def judged(self, effects: Sequence[Mapping[str, Any]]) -> VerdictName:
        """One verdict for all that has to hold."""
        each = [
            contrast.judged(found) for contrast, found in zip(self.contrasts, effects, strict=True)
        ]
        if "refuted" in each:
            return "refuted"
        return "confirmed" if set(each) == {"confirmed"} else "undecided"


@dataclass(frozen=True, slots=True)
class Trained(Measured):
    """A part that paired trainings decide.

    Attributes:
        base: What all runs have in common, as a run is asked for.
        runs: Name → what is a run's own; all name the same fields.
        settings: Where the claim is tried.
        why: Which sentence says what is compared, of ``claims.why.trained_…``.
        compared: Language → that sentence, where the record says it itself.
        chance: The accuracy of a network that has learned nothing.
        band: The range in which |β| is looked for, ends included.
        anywhere: Whether one setting is enough, as where it is said that something can happen.
        repeats: How often all is done, each time with other weights, batches and split; twice as
            often where thorough, as far as a sweep goes.
        networks: Of each arm in a run, where thorough; it is their mean that stands for the run.
        cost: About how many seconds all takes on two CPU cores.
        large: The same at the size that the claim speaks of, for a GPU, which takes about ``cost``
            seconds of it; only where thorough. A run's own fields tell it from the others.
        on_each_device: Whether it has a line of its own on a GPU.
    """

    engine: ClassVar[Engine] = "sweep"
    kind: Kind = "trained"
    job: str = "training"
    base: Mapping[str, Any] = field(default_factory=dict, hash=False)
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    settings: tuple[Setting, ...] = ()
    why: str = "better"
    compared: Mapping[Language, str] = field(default_factory=dict, hash=False, repr=False)
    chance: float = 0.1
    band: tuple[float, float] = ARTICLE_BAND
    anywhere: bool = False
    repeats: int = 8
    networks: int = 4
    cost: int = 10
    large: Trained | None = None
    on_each_device: bool = False

    def __post_init__(self) -> None:
        """Say what is compared."""
        if self.compared:
            say(f"claims.why.trained_{self.why}", self.compared)

    @property
    def shares(self) -> bool:
        """Where it is not the time of training that is compared."""
        contrasts = (each for setting in self.settings for each in setting.contrasts)
        return all(contrast.of != "seconds" for contrast in contrasts)

    def on_gpu(self) -> Part | None:
        """The same trained there, where it is to have a line of its own."""
        if not self.on_each_device:
            return None
        return replace(self, job=self.job + ON_GPU, base={**self.base, "device": "cuda"})

    def sized(self, settings: Settings, budget: Budget) -> Measured:
        """The large one where jobs run on a GPU."""
        from swishdemo.hardware import device_of

        if budget == "thorough" and self.large and device_of("auto", settings) == "cuda":
            return self.large
        return self

    def seconds(self, budget: Budget = "quick") -> int:
        """As its record has it; where thorough, more: small networks hardly cost by number."""
        if budget == "quick":
            return self.cost
        return round(self.cost * (1 + self.networks) / 2 * self._repeats(budget) / self.repeats)

    def _repeats(self, budget: Budget) -> int:
        if budget == "quick":
            return self.repeats
        return max(self.repeats, min(2 * self.repeats, MOST_RUNS // len(self.runs)))

    def request(self, settings: Settings, budget: Budget = "quick") -> dict[str, Any]:
        """All runs with one seed, then with the next: what is compared runs side by side."""
        first = next(iter(self.runs.values()))
        entries = [[own[name] for name in first] for own in self.runs.values()]
        bases = [[number, number] for number in range(self._repeats(budget))]
        return {
            "base": {**self.base, "seeds": 1 if budget == "quick" else self.networks},
            "grid": {
                _REPEATED: bases,
                "+".join(first): entries if len(first) > 1 else [entry for (entry,) in entries],
            },
        }

    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """Each setting's effects; None where a run is as neither size of the record has it.

        A network that has diverged is at chance, and its units are dead: left out, it would make
        the others look better than they are.
        """
        rows = {row["index"]: row for row in stored if "index" in row}
        names = list(self.runs)
        seeds = [seed for seed, _ in config["grid"][_REPEATED]]
        repeats = len(seeds)
        found: dict[str, list[Row | None]] = {name: [] for name in names}
        unfetched: set[str] = set()
        for number in range(repeats):
            for place, name in enumerate(names):
                row = rows.get(number * len(names) + place)
                if row and not _is_of(row, {**self.runs[name], "seed": seeds[number]}):
                    return self._larger(config, stored)
                found[name].append(row if row and _is_whole(row) else None)
                if row and _is_unfetched(row):
                    unfetched.add(name)
        if not rows:
            return None
        level = 1 - (1 - LEVEL) / len(self.settings)
        return {
            "settings": [
                {
                    "where": setting.where,
                    "effects": [
                        self._effect(contrast, found, level, unfetched)
                        for contrast in setting.contrasts
                    ],
                }
                for setting in self.settings
            ],
            "level": level,
            "repeats": repeats,
            "seeds": config["base"]["seeds"],
        }

    def _larger(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """What a job of the large size shows; ``large`` is the device on which it was done."""
        found = self.large.evidence(config, stored) if self.large else None
        return {**found, "large": config["base"]["device"]} if found else None

    def judge(self, evidence: Evidence) -> Verdict:
        """True in one setting and false in another: depends, unless one is enough.

        A setting whose data could not be fetched was not tried, and does not count.
        """
        settings = [
            setting.judged(found["effects"])
            for setting, found in zip(self._tried(evidence), evidence["settings"], strict=True)
            if all(effect["blind"] != "unfetched" for effect in found["effects"])
        ]
        enough = self.anywhere and "confirmed" in settings
        listed = tuple(
            Sentence(f"claims.why.setting_{name}", where=where, effects=effects)
            for name, where, effects in self.rows(evidence)
        )
        return verdict(
            "confirmed" if enough else combine(settings),
            "trained",
            settings=listed,
            **self.summary(evidence).values,
        )

    def summary(self, evidence: Evidence) -> Sentence:
        """What was compared, and how; without what came out."""
        values = {"repeats": evidence["repeats"], "seeds": evidence.get("seeds", 1)}
        many = "_many" if values["seeds"] > 1 else ""
        how = Sentence(f"claims.why.trained_how{many}", level=100 * evidence["level"], **values)
        if device := evidence.get("large"):
            how = Sentence("claims.why.trained_large", how=how, device=device.upper())
        what = Sentence(f"claims.why.trained_{self.why}")
        return Sentence("claims.why.trained_summary", what=what, how=how)

    def _tried(self, evidence: Evidence) -> tuple[Setting, ...]:
        """The settings that evidence is of."""
        return self.large.settings if self.large and evidence.get("large") else self.settings

    def rows(
        self, evidence: Evidence
    ) -> Iterator[tuple[VerdictName, Sentence, tuple[Sentence, ...]]]:
        """Each setting's verdict, what it is called, and what its differences came to."""
        for setting, found in zip(self._tried(evidence), evidence["settings"], strict=True):
            effects = tuple(
                _sentence(contrast, each)
                for contrast, each in zip(setting.contrasts, found["effects"], strict=True)
            )
            yield setting.judged(found["effects"]), Sentence(setting.where), effects

    def _effect(
        self,
        contrast: Contrast,
        found: Mapping[str, Sequence[Row | None]],
        level: float,
        unfetched: Set[str],
    ) -> dict[str, Any]:
        if not unfetched.isdisjoint(arm.run for arm in contrast.arms):
            return {**_NOTHING, "of": contrast.of, "blind": "unfetched"}
        arms = [
            [
                self._figure(row, arm, contrast.of)
                for row, arm in zip(rows, contrast.arms, strict=True)
                if row is not None
            ]
            for rows in zip(*(found[arm.run] for arm in contrast.arms), strict=True)
            if None not in rows
        ]
        if not arms:
            return {**_NOTHING, "of": contrast.of, "blind": "lost"}
        weights = [arm.weight for arm in contrast.arms]
        means = [fmean(arm) for arm in zip(*arms, strict=True)]
        came = paired(
            [
                sum(weight * value for weight, value in zip(weights, run, strict=True))
                for run in arms
            ],
            level,
        )
        share = contrast.of == "inside" and isfinite(came.low)
        return {
            "of": contrast.of,
            "blind": self._blindness(contrast, means, len(arms) < len(found[contrast.arms[0].run])),
            "arms": means,
            "mean": came.mean,
            "low": told(max(0.0, came.low) if share else came.low),
            "high": told(min(1.0, came.high) if share else came.high),
            "count": came.count,
            "visible": told(came.visible),
            "smallest": contrast.smallest,
        }

    def _blindness(self, contrast: Contrast, means: Sequence[float], lost: bool) -> str | None:
        """Why the difference says nothing; None where it does."""
        if lost:
            return "lost"
        if contrast.of != "accuracy":
            return None
        learned: dict[str, list[bool]] = {}
        for arm, mean in zip(contrast.arms, means, strict=True):
            learned.setdefault(arm.run, []).append(abs(mean - self.chance) > NEAR_CHANCE)
        idle = any(len(arms) > 1 and not any(arms) for arms in learned.values())
        return "chance" if idle or not any(map(any, learned.values())) else None

    def _figure(self, row: Row, arm: Arm, of: Quantity) -> float:
        """The quantity of an arm's networks in a run: their mean."""
        if of == "seconds":
            return log(max(row["elapsed_seconds"], 1e-6))
        return fmean(
            self._figure_of(row, place, of)
            for place, each in enumerate(row["replicas"])
            if each["activation"] == arm.activation and arm.start in (None, each["beta_start"])
        )

    def _figure_of(self, row: Row, place: int, of: Quantity) -> float:
        lost = row["diverged"][place] is not None
        if of in ("accuracy", "learned"):
            value = row["accuracy"][place]
            found = self.chance if lost or value is None else float(value)
            return found - self.chance if of == "learned" else found
        if of == "dead":
            shares = [layer[place] for layer in row["dead"]]
            return fmean(1.0 if lost or share is None else share for share in shares)
        if of == "inside":
            low, high = self.band
            betas = [layer[place] for layer in row["beta"]]
            return fmean(beta is not None and low <= abs(beta) <= high for beta in betas)
        norm = row["first_gradient_norm"][0][place]
        return log10(max(norm or 0.0, 1e-45))  # the smallest number of float32


def _is_of(row: Row, wanted: Mapping[str, Any]) -> bool:
    """Whether a row is of a run that was asked for so."""
    return all(row["values"].get(name) == value for name, value in wanted.items())


def _is_whole(row: Row) -> bool:
    """Whether a run came to the end of its steps: one that was cut short is another experiment."""
    return row["state"] == "finished" and (row["summary"] or {}).get("ended") == "steps"


def _is_unfetched(row: Row) -> bool:
    """Whether a run's data could not be fetched, as where the hub cannot be reached."""
    reason = row.get("failure_reason") or {}
    return str(reason.get("key", "")).startswith("data.hub.")


_NOTHING: Mapping[str, Any] = {"mean": None, "low": None, "high": None}
_PERCENT = ("accuracy", "learned", "dead", "inside")


def _sentence(contrast: Contrast, found: Mapping[str, Any]) -> Sentence:
    """What a difference came to, in the unit in which it is spoken of."""
    if found["blind"]:
        return Sentence(f"claims.why.blind_{found['blind']}")
    unit = 100 if contrast.of in _PERCENT else 1
    values = {name: found[name] for name in ("mean", "low", "high", "visible")}
    if values["low"] is None or values["high"] is None:
        return Sentence(f"claims.why.{contrast.of}_alone", mean=unit * values["mean"])
    if contrast.of == "seconds":
        values = {name: 100 * expm1(value) for name, value in values.items()}
    said = "unclear" if contrast.judged(found) == "undecided" else "effect"
    return Sentence(
        f"claims.why.{contrast.of}_{said}",
        **{name: unit * value for name, value in values.items()},
    )
