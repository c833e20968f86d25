"""Judges what Swish costs in time and memory, from what Time's engine measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any, ClassVar

from swishdemo import host
from swishdemo.claims.record import (
    ON_GPU,
    Budget,
    Claim,
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
from swishdemo.hardware import missing_cuda
from swishdemo.settings import Settings
from swishdemo.text import Sentence

ELEMENTS = 2**20
_THOROUGH_SECONDS = 10
"""For the blocks of one implementation."""
_PAIR_SECONDS = 1.0
"""The same, where one is held against one other."""


@dataclass(frozen=True, slots=True)
class Timed(Measured):
    """A part that a timing job decides.

    Attributes:
        device: Where it is timed, if the server leaves a choice.
    """

    engine: ClassVar[Engine] = "timing"
    kind: Kind = "timed"
    job: str = "kernel"
    variants: tuple[str, ...] = ()
    context: str = "kernel"
    passes: str = "both"
    device: str = "cpu"

    def on_gpu(self) -> Part:
        """The same timed there."""
        return replace(self, job=self.job + ON_GPU, device="cuda")

    def seconds(self, budget: Budget = "quick") -> int:
        """As long as its variants take, and a process that starts."""
        return round(1 + (0.5 if budget == "quick" else 12) * len(self.variants))

    def request(self, settings: Settings, budget: Budget = "quick") -> dict[str, Any]:
        """All variants at one size, forward and backward."""
        longer = {} if budget == "quick" else {"budget_seconds": _THOROUGH_SECONDS}
        return {
            "activation": "swish",
            "variants": list(self.variants),
            "elements": [min(ELEMENTS, settings.max_elements)],
            "pass": self.passes,
            "context": self.context,
            "device": self.device if settings.device == "auto" else settings.device,
            **longer,
        }


@dataclass(frozen=True, slots=True)
class ExtraTime(Timed):
    """How much longer Swish takes than the baseline, for each implementation.

    Attributes:
        claimed_extra: The extra time stated, a fraction of the baseline's.
        about: How far off, in the same fraction, still counts as "about" that much.
        baseline: The variant compared with.
    """

    variants: tuple[str, ...] = ("relu", "silu", "swish_eager", "memory_efficient")
    claimed_extra: float = 0.15
    about: float = 0.05
    baseline: str = "relu"

    @property
    def claimed_percent(self) -> float:
        """The extra time stated, in percent."""
        return round(100 * self.claimed_extra, 6)

    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """Each variant's ratio to the baseline, with a 95 % interval."""
        timed = by_variant(stored, self.context, self.device)
        if self.baseline not in timed or len(timed) < 2:
            return None
        base = timed.pop(self.baseline)
        ratios = [
            {"variant": name, **measurement.ratio(base).as_json()}
            for name, measurement in timed.items()
        ]
        return {
            "context": self.context,
            "baseline": self.baseline,
            "elements": base.elements,
            "ratios": ratios,
            "claimed": 1 + self.claimed_extra,
        }

    def judge(self, evidence: Evidence) -> Verdict:
        """Inside the band about the number: true. Outside: false. Across its edge: undecided."""
        low = 1 + self.claimed_extra - self.about
        high = 1 + self.claimed_extra + self.about
        settings = [_within(entry, low, high) for entry in evidence["ratios"]]
        listed = tuple(
            Sentence("claims.why.extra_of", **_extra(entry)) for entry in evidence["ratios"]
        )
        return verdict(
            combine(settings),
            f"extra_{evidence['context']}",
            extras=listed,
            low=100 * (self.claimed_extra - self.about),
            high=100 * (self.claimed_extra + self.about),
        )


@dataclass(frozen=True, slots=True)
class TimeRatio(Timed):
    """How many times as long one variant takes as another.

    Attributes:
        variant: The one.
        baseline: The other.
        claimed_low: It takes at least so many times as long, as stated.
        claimed_high: It takes at most so many times as long; None where no bound is stated.
    """

    variants: tuple[str, ...] = ("swish_eager", "silu")
    variant: str = "swish_eager"
    baseline: str = "silu"
    claimed_low: float = 0.0
    claimed_high: float | None = None

    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """The ratio of the two times, with a 95 % interval."""
        return self._ratio(by_variant(stored, self.context, self.device))

    def _ratio(self, timed: Mapping[str, Any]) -> Evidence | None:
        """That of measurements by variant; None where one of the two has no time."""
        if self.variant not in timed or self.baseline not in timed:
            return None
        ratio = timed[self.variant].ratio(timed[self.baseline]).as_json()
        return {
            "context": self.context,
            "baseline": self.baseline,
            "elements": timed[self.variant].elements,
            "ratios": [{"variant": self.variant, **ratio}],
            "claimed": self.claimed_low or self.claimed_high or 1.0,
        }

    def judge(self, evidence: Evidence) -> Verdict:
        """Within the bounds: true. Outside: false. Across one of them: undecided."""
        (ratio,) = evidence["ratios"]
        high = inf if self.claimed_high is None else self.claimed_high
        bounded = (
            "between" if self.claimed_low and high < inf else "most" if high < inf else "least"
        )
        return verdict(
            _within(ratio, self.claimed_low, high),
            f"ratio_at_{bounded}",
            variant=_label(self.variant),
            baseline=_label(self.baseline),
            context=Sentence(f"time.ui.context.{evidence['context']}"),
            least=self.claimed_low,
            most=high,
            **_interval(ratio),
        )


@dataclass(frozen=True, slots=True)
class SavedBytes(Timed):
    """What a variant keeps for the backward, against another that keeps more.

    Attributes:
        variant: The variant that is said to save memory.
        plain: The one that it is compared with.
        builtin: PyTorch's own, shown beside them.
        claimed_bytes: What it keeps, as stated, in bytes an element: x alone in float32.
    """

    variants: tuple[str, ...] = ("silu", "swish_eager", "memory_efficient")
    variant: str = "memory_efficient"
    plain: str = "swish_eager"
    builtin: str = "silu"
    claimed_bytes: float = 4.0

    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """Each variant's saved bytes an element."""
        timed = by_variant(stored, self.context, self.device)
        saved = {name: measurement.saved_bytes_per_element for name, measurement in timed.items()}
        if any(saved.get(name) is None for name in (self.variant, self.plain, self.builtin)):
            return None
        return {"bytes": saved, "elements": timed[self.variant].elements}

    def judge(self, evidence: Evidence) -> Verdict:
        """Fewer bytes than the plain form's: true; precisely so where the number is right, too."""
        saved = evidence["bytes"]
        values = {
            "own": saved[self.variant],
            "plain": saved[self.plain],
            "builtin": saved[self.builtin],
            "claimed": self.claimed_bytes,
        }
        if saved[self.variant] >= saved[self.plain]:
            return verdict("refuted", "bytes_not_saved", **values)
        if saved[self.variant] == self.claimed_bytes:
            return verdict("confirmed", "bytes_saved", **values)
        return verdict("imprecise", "bytes_saved_but", **values)


@dataclass(frozen=True, slots=True)
class SavingsPrice(TimeRatio):
    """The time that saving memory takes, against PyTorch's own function, which saves as much.

    It is worth its while if it takes at most ``claimed_high`` times as long.
    """

    variants: tuple[str, ...] = ("silu", "swish_eager", "memory_efficient")
    variant: str = "memory_efficient"
    claimed_high: float = 1.0

    def judge(self, evidence: Evidence) -> Verdict:
        """Slower than PyTorch's own: the advice holds with that correction alone."""
        (ratio,) = evidence["ratios"]
        name = _within(ratio, 0.0, self.claimed_high)
        if name == "refuted":
            return verdict("imprecise", "price", **_interval(ratio))
        why = "price_none" if name == "confirmed" else "price_unclear"
        return verdict(name, why, **_interval(ratio))


@dataclass(frozen=True, slots=True)
class PriceAtMost(TimeRatio):
    """One takes at most ``claimed_high`` times as long as another, on whatever device."""

    job: str = "timing"
    variant: str = "silu"
    baseline: str = "relu"
    claimed_high: float = 1.2

    def seconds(self, budget: Budget = "quick") -> int:
        """As two take, and a process that starts."""
        return 8

    def request(self, settings: Settings, budget: Budget = "quick") -> dict[str, Any]:
        """The two in turn, forward and backward; a second for each, whose interval decides."""
        return {**super(PriceAtMost, self).request(settings), "budget_seconds": _PAIR_SECONDS}

    def evidence(self, config: Mapping[str, Any], stored: Stored) -> Evidence | None:
        """The ratio of the two times, or why the first that has none was not timed."""
        timed = by_variant(stored, self.context)
        missing = [name for name in (self.variant, self.baseline) if name not in timed]
        if not missing:
            return self._ratio(timed)
        reason = _untimed(stored, missing[0])
        return {"untimed": reason.as_json()} if reason else None

    def judge(self, evidence: Evidence) -> Verdict:
        """The whole interval on one side decides; what was not timed decides nothing."""
        if "untimed" in evidence:
            reason = Sentence.from_json(evidence["untimed"])
            return Verdict("undecided", Sentence("own.untimed", why=reason))
        (ratio,) = evidence["ratios"]
        name = _within(ratio, 0.0, self.claimed_high)
        why = {"confirmed": "within", "refuted": "above"}.get(name, "unclear")
        return Verdict(name, Sentence(f"own.cost_{why}", **_interval(ratio)))


def on_each_device(claim: Claim, server: Settings) -> Claim:
    """The claim as it is checked on this server: what takes time has a line for each device.

    Where the server uses a GPU alone, its line takes the place of the CPU's. One that is lent to
    visitors is no device of the server's: a check goes on when its visitor has gone.
    """
    if missing_cuda() is not None or host.lends_gpu() or server.device == "cpu":
        return claim
    parts: list[Part] = []
    for part in claim.parts:
        there = part.on_gpu()
        if there is None:
            parts.append(part)
            continue
        if server.device == "auto":
            parts.append(part)
            there = replace(there, name=part.name + ON_GPU, labels={})
        parts.append(there)
    return replace(claim, parts=tuple(parts))


def by_variant(stored: Stored, context: str, device: str | None = None) -> dict[str, Any]:
    """The latest measurement of each variant that has a time, in order.

    Args:
        stored: A timing's results.
        context: The context that is asked for.
        device: The device; None for any.
    """
    from swishdemo.timing.measurement import Measurement, latest

    measured = [Measurement.from_json(record) for record in stored if "variant" in record]
    return {
        measurement.variant: measurement
        for measurement in latest(measured)
        if measurement.is_timed
        and measurement.context == context
        and device in (None, measurement.device)
        and not measurement.gate
    }


def _within(ratio: Mapping[str, Any], low: float, high: float) -> VerdictName:
    """Whether an interval lies within bounds: confirmed; outside: refuted; else undecided."""
    if low <= ratio["low"] and ratio["high"] <= high:
        return "confirmed"
    return "refuted" if ratio["high"] < low or ratio["low"] > high else "undecided"


def _interval(ratio: Mapping[str, Any]) -> dict[str, float]:
    return {name: ratio[name] for name in ("value", "low", "high")}


def _untimed(stored: Stored, variant: str) -> Sentence | None:
    """Why a variant has no time; None where nothing is known of it."""
    from swishdemo.timing.measurement import Measurement

    measured = [Measurement.from_json(each) for each in stored if each.get("variant") == variant]
    reasons = [each.gate or each.unavailable for each in measured]
    return next((reason for reason in reversed(reasons) if reason), None)


def _extra(entry: Mapping[str, Any]) -> dict[str, Any]:
    percent = {name: 100 * (value - 1) for name, value in _interval(entry).items()}
    return {"label": _label(entry["variant"]), **percent}


def _label(variant: str) -> Sentence:
    return Sentence(f"time.variant.{variant}.label")
