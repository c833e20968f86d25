"""What a chain of layers does to a gradient, as far as the activation's slope decides it."""

from __future__ import annotations

from dataclasses import dataclass

from swishdemo.claims.record import Evidence, Instant
from swishdemo.claims.symbolic import definition
from swishdemo.claims.verdicts import Verdict, verdict


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
