"""Checks what is said in numbers: printed values, the lowest point, slopes at 0, the largest gap.

An activation is named, or written as a formula behind ``=`` in the grammar of typed ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations import evaluate, get
from swishdemo.activations.evaluation import Evaluation
from swishdemo.claims.record import Evidence, Instant, Verdict, combine, exact, verdict
from swishdemo.text import Sentence

Array = npt.NDArray[np.float64]
_GREEK = {"beta": "β"}
_POINTS = 4001
_SHOWN = 3  # printed values that are told to be wrong, of however many
_COARSE = 801
_DRAWN = 97
"""Points of a picture."""
_ZOOMS = 12
"""Each time the grid is laid anew between the two neighbours of the point that was best."""


def unit(printed: str) -> float:
    """One unit of the last digit of a printed number."""
    return float(Decimal((0, (1,), int(Decimal(printed).as_tuple().exponent))))


@dataclass(frozen=True, slots=True)
class PrintedValues(Instant):
    """Values that an example prints, in float32.

    Attributes:
        activation: Whose they are said to be.
        parameters: The parameters that the example names.
        claimed_at: Where they are taken.
        claimed_values: What is printed, digit by digit.
        tried: Parameters that are tried as well where the values are not right.
    """

    activation: str = "swish"
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    claimed_at: tuple[float, ...] = ()
    claimed_values: tuple[str, ...] = ()
    tried: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def printed(self) -> str:
        """The values as they are printed."""
        return ", ".join(f"{float(value):.8g}" for value in self.claimed_values)

    @property
    def places(self) -> str:
        """Where they are taken."""
        return ", ".join(f"{x:.8g}" for x in self.claimed_at)

    def check(self) -> Evidence:
        """Compute the values to 12 digits."""
        exact = self._values(self.parameters)
        return {
            "at": list(self.claimed_at),
            "printed": list(self.claimed_values),
            "exact": exact,
            "right": self._right(exact),
            "tried": self._right(self._values(self.tried)) if self.tried else [],
            "steps": {},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """Each is right to the last digit that is printed, or to float32's."""
        entries = zip(
            *(evidence[name] for name in ("at", "printed", "exact", "right")), strict=True
        )
        wrong = [
            Sentence("claims.why.value_at", x=x, printed=float(printed), exact=exact)
            for x, printed, exact, right in entries
            if not right
        ]
        if not wrong:
            return verdict("confirmed", "values_right", count=len(evidence["at"]))
        values = {
            "wrong": len(wrong),
            "count": len(evidence["at"]),
            "values": tuple(wrong[:_SHOWN]),
        }
        others = ", ".join(
            f"{_GREEK.get(name, name)} = {each:g}" for name, each in self.tried.items()
        )
        if evidence["tried"] and all(evidence["tried"]):
            return verdict("refuted", "values_of_others", others=others, **values)
        return verdict("refuted", "values_wrong", **values)

    def _values(self, parameters: Mapping[str, float]) -> list[float]:
        found = _function(self.activation, **parameters)(np.array(self.claimed_at))
        return [float(value) for value in found]

    def _right(self, exact: list[float]) -> list[bool]:
        return [
            abs(float(printed) - value)
            <= max(unit(printed), float(np.spacing(np.float32(abs(value)))))
            for printed, value in zip(self.claimed_values, exact, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class LowestPoint(Instant):
    """The lowest value of an activation, and where it lies.

    Attributes:
        activation: The activation that is meant.
        claimed_value: The lowest value, as it is printed.
        claimed_where: Its place, as it is printed; None where none is stated.
        near: How far off, relatively, a correction still mends it.
    """

    activation: str = "swish"
    claimed_value: str = "-0.28"
    claimed_where: str | None = None
    near: float = 0.05

    def check(self) -> Evidence:
        """Look for the lowest point on a grid over [−20, 20], and refine it."""
        of = _function(self.activation)
        where, value = _lowest(of, -20.0, 20.0)
        return {"where": where, "value": value, "points": _POINTS, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """Both right to the last digit that is printed."""
        stated = {"value": self.claimed_value, "where": self.claimed_where}
        errors = [
            (abs(float(printed) - evidence[name]), unit(printed), abs(evidence[name]))
            for name, printed in stated.items()
            if printed is not None
        ]
        values = {
            "where": evidence["where"],
            "value": evidence["value"],
            "claimed": " · ".join(filter(None, (self.claimed_value, self.claimed_where))),
        }
        right = all(error <= one for error, one, _ in errors)
        near = all(error <= self.near * size for error, _, size in errors)
        return exact(right, "lowest", near=near, **values)


@dataclass(frozen=True, slots=True)
class SlopesAtZero(Instant):
    """The slopes that some activations have at 0.

    Attributes:
        claimed_slopes: Activation → its slope there.
    """

    claimed_slopes: tuple[tuple[str, float], ...] = ()

    @property
    def listed(self) -> str:
        """The activations with their slopes."""
        return ", ".join(f"{name} {slope:g}" for name, slope in self.claimed_slopes)

    def check(self) -> Evidence:
        """Evaluate each derivative, in closed form, at 0."""
        slopes = {name: float(_evaluated(name, 0.0).df) for name, _ in self.claimed_slopes}
        return {"slopes": slopes, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """Each has to be right."""
        found = evidence["slopes"]
        right = [abs(found[name] - slope) < 1e-9 for name, slope in self.claimed_slopes]
        name = combine(["confirmed" if each else "refuted" for each in right])
        listed = ", ".join(f"{name} {slope:.6g}" for name, slope in found.items())
        return verdict(name, "slopes_right" if all(right) else "slopes_wrong", found=listed)


@dataclass(frozen=True, slots=True)
class LargestGap(Instant):
    """Two functions that differ by at most so much.

    Attributes:
        one: An activation.
        other: Another.
        claimed_gap: The largest distance, as stated.
        low: The low end of the interval that is meant.
        high: Its high end.
    """

    one: str = "swish"
    other: str = "relu"
    claimed_gap: float = 0.1
    low: float = -20.0
    high: float = 20.0

    def check(self) -> Evidence:
        """Look for the largest distance on a grid over the interval, and refine it."""
        first, second = _function(self.one), _function(self.other)
        where, least = _lowest(lambda x: -abs(first(x) - second(x)), self.low, self.high)
        x = np.linspace(self.low, self.high, _DRAWN)
        return {
            "where": where,
            "gap": -least,
            "claimed": self.claimed_gap,
            "points": _POINTS,
            "x": [round(float(each), 6) for each in x],
            "y": [round(float(each), 6) for each in abs(first(x) - second(x))],
            "steps": {},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """One point where they differ by more refutes it."""
        values = {name: evidence[name] for name in ("where", "gap")}
        within = evidence["gap"] <= self.claimed_gap
        return verdict(
            "confirmed" if within else "refuted",
            "gap_within" if within else "gap_above",
            claimed=self.claimed_gap,
            low=self.low,
            high=self.high,
            **values,
        )


@dataclass(frozen=True, slots=True)
class BestBeta(Instant):
    """The β at which Swish comes near another activation.

    Attributes:
        other: The other one.
        claimed_beta: The β stated.
        near: A distance up to which it is an approximation at all.
        best: How much more than the least possible distance still counts as the best, relatively.
    """

    other: str = "gelu"
    claimed_beta: float = 1.702
    near: float = 0.05
    best: float = 0.02

    def check(self) -> Evidence:
        """The largest distance at the β stated, and the β at which it is least."""
        x = np.linspace(-8.0, 8.0, _COARSE)
        target = _function(self.other)(x)

        def gap(beta: float) -> float:
            return float(np.max(np.abs(_function("swish", beta=beta)(x) - target)))

        betas = np.linspace(0.5, 4.0, 15)
        for _ in range(7):
            gaps = [gap(float(beta)) for beta in betas]
            place = int(np.argmin(gaps))
            ends = betas[max(0, place - 1)], betas[min(len(betas) - 1, place + 1)]
            best, least = float(betas[place]), gaps[place]
            betas = np.linspace(*ends, 9)
        return {
            "beta": self.claimed_beta,
            "gap": gap(self.claimed_beta),
            "best": best,
            "least": least,
            "steps": {},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """Near, and no β much nearer: true. Near, but another is nearer: imprecise."""
        values = {name: evidence[name] for name in ("beta", "gap", "best", "least")}
        if evidence["gap"] <= (1 + self.best) * evidence["least"]:
            return verdict("confirmed", "beta_best", **values)
        if evidence["gap"] <= self.near:
            return verdict("imprecise", "beta_near", **values)
        return verdict("refuted", "beta_far", near=self.near, **values)


def _function(activation: str, **parameters: float) -> Callable[[Any], Array]:
    """An activation's values at places, to 12 digits."""
    return lambda x: _evaluated(activation, x, **parameters).f


def _evaluated(activation: str, x: Any, **parameters: float) -> Evaluation:
    record = get(activation)
    return evaluate(record, x, {**record.defaults(), **parameters})


def _lowest(of: Callable[[Array], Array], low: float, high: float) -> tuple[float, float]:
    """Where a function is lowest in an interval, and its value there."""
    x = np.linspace(low, high, _POINTS)
    for _ in range(_ZOOMS):
        place = int(np.argmin(of(x)))
        x = np.linspace(x[max(0, place - 1)], x[min(len(x) - 1, place + 1)], 41)
    values = of(x)
    place = int(np.argmin(values))
    return float(x[place]), float(values[place])
