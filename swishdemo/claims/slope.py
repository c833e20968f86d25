"""What is said about Swish's slope: where it is zero, how large it gets, whether it dies.

What a chain of layers does to a gradient, as far as the activation's slope decides it.
"""

from __future__ import annotations

from dataclasses import dataclass

from swishdemo.claims.proofs import Landmarks, definition, landmarks, slope_at
from swishdemo.claims.record import Evidence, Instant, Verdict, verdict


@dataclass(frozen=True, slots=True)
class VanishingGradient(Instant):
    """A slope so small that a product over layers goes to 0.

    Attributes:
        activation: The activation that is meant: a bounded one with a single steepest point.
        claimed_bound: A slope that always stays below this makes the product vanish.
        depth: The number of layers for which the product is shown.
        probe: A pre-activation at which the slope is shown beside the largest one.
    """

    activation: str = "sigmoid"
    claimed_bound: float = 1.0
    depth: int = 10
    probe: float = 2.0

    def check(self) -> Evidence:
        """Find the largest |f′|: at a zero of f″, or as a limit."""
        import sympy

        found = definition(self.activation)
        x = found.x
        slope = sympy.diff(found.formula, x)
        turns = sympy.solve(sympy.diff(slope, x), x)
        places = {str(turn): sympy.Abs(slope.subs(x, turn)) for turn in turns}
        ends = [sympy.Abs(sympy.limit(slope, x, end)) for end in (-sympy.oo, sympy.oo)]
        largest = sympy.simplify(sympy.Max(*places.values(), *ends))
        at_probe = float(slope.subs(x, sympy.nsimplify(self.probe)))
        return {
            "activation": self.activation,
            "largest": float(largest),
            "where": [float(sympy.sympify(place)) for place in places],
            "depth": self.depth,
            "product": float(largest) ** self.depth,
            "probe": self.probe,
            "slope_at_probe": at_probe,
            "product_at_probe": at_probe**self.depth,
            "steps": {"turns": len(places) == 1, "ends_flat": all(end < largest for end in ends)},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """Below the bound everywhere: it must vanish. Equal to it at one point: it depends."""
        largest = evidence["largest"]
        values = {**evidence, "bound": self.claimed_bound}
        if largest < self.claimed_bound:
            return verdict("confirmed", "vanishes", **values)
        if largest == self.claimed_bound:
            return verdict("depends", "vanishes_when_saturated", **values)
        return verdict("refuted", "need_not_vanish", **values)


@dataclass(frozen=True, slots=True)
class Minimum(Instant):
    """A local minimum inside an open interval.

    Attributes:
        claimed_low: The interval's low end.
        claimed_high: Its high end.
        claimed_beta: The β it is stated for, above 0.
        rounding: One unit of the last digit that is stated.
    """

    claimed_low: float = -1.278
    claimed_high: float = 0.0
    claimed_beta: float = 1.0
    rounding: float = 0.001

    def check(self) -> Evidence:
        """Find every zero of f′."""
        found = _json(landmarks(self.claimed_beta), self.claimed_beta)
        return {**found, "interval": [self.claimed_low, self.claimed_high]}

    def rule(self, evidence: Evidence) -> Verdict:
        """Outside by no more than the rounding of the end stated, it is imprecise."""
        where = evidence["minimum"]
        distance = max(self.claimed_low - where, where - self.claimed_high)
        values = {
            "low": self.claimed_low,
            "high": self.claimed_high,
            "beta": self.claimed_beta,
            "where": where,
            "value": evidence["minimum_value"],
            "distance": distance,
        }
        if distance < 0:
            return verdict("confirmed", "minimum_inside", **values)
        if distance <= self.rounding:
            return verdict("imprecise", "minimum_at_end", **values)
        return verdict("refuted", "minimum_outside", **values)


@dataclass(frozen=True, slots=True)
class LargestSlope(Instant):
    """How large the slope gets.

    Attributes:
        claimed_max: The largest slope stated.
        claimed_beta: The β it is stated for, above 0; the answer is the same for each.
        within: How far off "about" may be: one unit of the last digit stated.
        near: How far off, relatively, a correction still mends it.
    """

    claimed_max: float = 1.099
    claimed_beta: float = 1.0
    within: float = 0.001
    near: float = 0.05

    def check(self) -> Evidence:
        """Find the extremes of f′."""
        return _json(landmarks(self.claimed_beta), self.claimed_beta)

    def rule(self, evidence: Evidence) -> Verdict:
        """Compare the slope stated with the largest one."""
        largest = evidence["largest"]
        error = abs(self.claimed_max - largest)
        values = {"claimed": self.claimed_max, "largest": largest, "smallest": evidence["smallest"]}
        if error <= self.within:
            return verdict("confirmed", "max_right", **values)
        if error <= self.near * largest:
            return verdict("imprecise", "max_near", **values)
        return verdict("refuted", "max_wrong", **values)


@dataclass(frozen=True, slots=True)
class SteepestPoint(Instant):
    """Where the slope is largest.

    Attributes:
        claimed_where: The place stated.
        claimed_beta: The β it is stated for, above 0.
        within: How far off "about" may be: half a unit of the last digit stated.
        near: How far off, relatively, a correction still mends it.
    """

    claimed_where: float = 1.0
    claimed_beta: float = 1.0
    within: float = 0.05
    near: float = 0.05

    def check(self) -> Evidence:
        """Find the extremes of f′, and its value at the place stated."""
        there = slope_at(self.claimed_where, self.claimed_beta)
        found = _json(landmarks(self.claimed_beta), self.claimed_beta)
        return {**found, "claimed_where": self.claimed_where, "slope_there": there}

    def rule(self, evidence: Evidence) -> Verdict:
        """Compare the place stated with the place of the largest slope."""
        steep = evidence["steep"]
        error = abs(self.claimed_where - steep)
        values = {
            "claimed": self.claimed_where,
            "beta": self.claimed_beta,
            "steep": steep,
            "largest": evidence["largest"],
            "there": evidence["slope_there"],
        }
        if error <= self.within:
            return verdict("confirmed", "where_right", **values)
        if error <= self.near * steep:
            return verdict("imprecise", "where_near", **values)
        return verdict("refuted", "where_wrong", **values)


@dataclass(frozen=True, slots=True)
class SlopeOfOne(Instant):
    """Below which x the slope is less than 1.

    Attributes:
        claimed_where: The place stated.
        claimed_beta: The β it is stated for, above 0.
        within: How far off "about" may be: one unit of the last digit stated.
        near: How far off, relatively, a correction still mends it.
    """

    claimed_where: float = 1.25
    claimed_beta: float = 1.0
    within: float = 0.01
    near: float = 0.05

    def check(self) -> Evidence:
        """Reflect the zero of f′: f′(x) + f′(−x) = 1."""
        found = landmarks(self.claimed_beta)
        return {**_json(found, self.claimed_beta), "where": -found.minimum}

    def rule(self, evidence: Evidence) -> Verdict:
        """Compare the place stated with the place where the slope is 1."""
        where = evidence["where"]
        error = abs(self.claimed_where - where)
        values = {"claimed": self.claimed_where, "beta": self.claimed_beta, "where": where}
        if error <= self.within:
            return verdict("confirmed", "crossing_right", **values)
        if error <= self.near * where:
            return verdict("imprecise", "crossing_near", **values)
        return verdict("refuted", "crossing_wrong", **values)


@dataclass(frozen=True, slots=True)
class NegativeSide(Instant):
    """A slope that is never zero on the negative side.

    Attributes:
        claimed_zeros: At how many negative x the slope is zero, as stated.
        claimed_beta: The β it is stated for, above 0.
        probe: A place far out at which the slope is shown.
    """

    claimed_zeros: int = 0
    claimed_beta: float = 1.0
    probe: float = -20.0

    def check(self) -> Evidence:
        """Find the zeros of f′ below 0, its limit at −∞, and its value at the probe."""
        import sympy

        swish = definition("swish")
        found = landmarks(self.claimed_beta)
        beta = sympy.Symbol("b", positive=True)
        slope = sympy.diff(swish.formula, swish.x).subs(swish.beta, beta)
        limit = sympy.limit(slope, swish.x, -sympy.oo)
        return {
            **_json(found, self.claimed_beta),
            "zeros": [zero for zero in (found.minimum,) if zero < 0],
            "limit": float(limit),
            "probe": self.probe,
            "slope_at_probe": slope_at(self.probe, self.claimed_beta),
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """Single zeros that were not mentioned make it imprecise."""
        zeros = evidence["zeros"]
        values = {
            "zeros": ", ".join(f"{zero:.4f}" for zero in zeros),
            "count": len(zeros),
            "claimed": self.claimed_zeros,
            "limit": evidence["limit"],
            "probe": self.probe,
            "slope": evidence["slope_at_probe"],
        }
        if len(zeros) == self.claimed_zeros:
            return verdict("confirmed", "alive_right", **values)
        return verdict("imprecise", "alive_but", **values)


def _json(found: Landmarks, beta: float) -> dict[str, object]:
    return {
        "beta": beta,
        "omega": found.omega,
        "minimum": found.minimum,
        "minimum_value": found.minimum_value,
        "steep": found.steep,
        "largest": found.largest,
        "smallest": found.smallest,
        "steps": dict(found.steps),
    }
