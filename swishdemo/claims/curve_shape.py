"""Checks what is said of a curve's shape: a slope that is zero or largest, smoothness, bounds.

Also what a chain of layers does to a gradient, as far as the activation's slope decides it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from swishdemo.claims.proofs import (
    Definition,
    definition,
    landmarks,
    of_each_sign,
    slope_at,
    vanishes,
)
from swishdemo.claims.record import Evidence, Instant, Verdict, combine, exact, verdict

Sign = Literal["positive", "zero", "negative"]


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
        return {**_found(self.claimed_beta), "interval": [self.claimed_low, self.claimed_high]}

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
        return _found(self.claimed_beta)

    def rule(self, evidence: Evidence) -> Verdict:
        """Compare the slope stated with the largest one."""
        values = {name: evidence[name] for name in ("largest", "smallest")}
        stated = self.claimed_max, evidence["largest"]
        return _close(stated, self.within, self.near, "max", **values)


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
        found = _found(self.claimed_beta)
        return {**found, "claimed_where": self.claimed_where, "slope_there": there}

    def rule(self, evidence: Evidence) -> Verdict:
        """Compare the place stated with the place of the largest slope."""
        values = {name: evidence[name] for name in ("beta", "steep", "largest")}
        values["there"] = evidence["slope_there"]
        stated = self.claimed_where, evidence["steep"]
        return _close(stated, self.within, self.near, "where", **values)


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
        found = _found(self.claimed_beta)
        return {**found, "where": -found["minimum"]}

    def rule(self, evidence: Evidence) -> Verdict:
        """Compare the place stated with the place where the slope is 1."""
        values = {name: evidence[name] for name in ("beta", "where")}
        stated = self.claimed_where, evidence["where"]
        return _close(stated, self.within, self.near, "crossing", **values)


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
        found = _found(self.claimed_beta)
        beta = of_each_sign()["positive"]
        slope = sympy.diff(swish.formula, swish.x).subs(swish.beta, beta)
        limit = sympy.limit(slope, swish.x, -sympy.oo)
        return {
            **found,
            "zeros": [zero for zero in (found["minimum"],) if zero < 0],
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


@dataclass(frozen=True, slots=True)
class Smooth(Instant):
    """A gradient that can be differentiated so many times.

    Attributes:
        claimed_order: How often, as stated.
        activation: The activation that is meant.
        shown: How many derivatives of f are looked at.
    """

    claimed_order: int = 2
    activation: str = "swish"
    shown: int = 3

    def check(self) -> Evidence:
        """Show that no order is too high, or find the one at which a kink's two sides differ."""
        from swishdemo.activations.symbolic import symbols

        found = definition(self.activation)
        if found.formula.has(symbols.Where):
            return {"order": self._order_at_kinks(found), "derivatives": [], "steps": {}}
        return self._in_the_ring(found)

    def rule(self, evidence: Evidence) -> Verdict:
        """``order`` None is every order."""
        order = evidence["order"]
        if order is None:
            return verdict("confirmed", "smooth", claimed=self.claimed_order, shown=self.shown)
        if order >= self.claimed_order:
            return verdict("confirmed", "smooth_enough", claimed=self.claimed_order, order=order)
        return verdict("refuted", "kinked", claimed=self.claimed_order, broken=order + 2)

    def _in_the_ring(self, found: Definition) -> Evidence:
        """Write the derivatives of f as polynomials in x and s = σ(βx), and compare them with f's.

        The rule s′ = β·s·(1 − s) turns a polynomial in x and s into one again; so every
        derivative exists, whatever its order. That is the induction; the derivatives written
        out hold the rule against the formula itself.
        """
        import sympy

        x, beta = found.x, found.beta if found.beta is not None else sympy.Integer(1)
        s = sympy.Symbol("s")
        sigma = 1 / (1 + sympy.exp(-beta * x))
        polynomial: Any = x * s
        steps = {"start": vanishes(found.formula - polynomial.subs(s, sigma))}
        written = []
        for order in range(1, self.shown + 1):
            rate = sympy.diff(polynomial, x) + sympy.diff(polynomial, s) * beta * s * (1 - s)
            polynomial = sympy.factor(sympy.expand(rate))
            derivative = sympy.diff(found.formula, x, order)
            steps[f"order {order}"] = bool(
                polynomial.is_polynomial(x, s) and vanishes(derivative - polynomial.subs(s, sigma))
            )
            written.append(sympy.latex(polynomial))
        return {"order": None, "derivatives": written, "steps": steps}

    def _order_at_kinks(self, found: Definition) -> int:
        """How often the gradient can be differentiated across the outermost kink.

        −1: the gradient jumps, so that it is not even continuous; −2: the function jumps.
        """
        import sympy

        from swishdemo.activations import get

        formula = found.formula.subs(
            {
                symbol: get(self.activation).defaults()[symbol.name]
                for symbol in found.formula.free_symbols - {found.x}
            }
        )
        left, right, above, otherwise = formula.args
        (kink,) = sympy.solve(left - right, found.x)
        for order in range(self.claimed_order + 2):
            jump = sympy.diff(above - otherwise, found.x, order).subs(found.x, kink)
            if sympy.simplify(jump) != 0:
                return order - 2
        return self.claimed_order


@dataclass(frozen=True, slots=True)
class PieceDegree(Instant):
    """A function that is put together of pieces of some degree: 1 for straight lines.

    Attributes:
        activation: The activation that is meant.
        claimed_degree: The degree stated.
    """

    activation: str = "hardswish"
    claimed_degree: int = 1

    def check(self) -> Evidence:
        """The highest degree of the polynomials that its formula is made of."""
        import sympy

        found = definition(self.activation)
        pieces = _pieces(found.formula)
        polynomials = [piece.is_polynomial(found.x) for piece in pieces]
        degrees = [int(sympy.degree(piece, found.x)) for piece in pieces if piece != 0]
        highest = max(pieces, key=lambda piece: sympy.degree(piece, found.x) if piece != 0 else -1)
        return {
            "degree": max(degrees),
            "piece": str(sympy.expand(highest)).replace("**2", "²").replace("*", "·"),
            "steps": {"polynomials": all(polynomials)},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """No piece is of another degree than stated or a lower one."""
        right = evidence["degree"] <= self.claimed_degree
        values = {name: evidence[name] for name in ("degree", "piece")}
        return exact(right, "pieces", claimed=self.claimed_degree, **values)


@dataclass(frozen=True, slots=True)
class SwishShape(Instant):
    """Whether Swish has a property, for a β of either sign and for 0.

    Attributes:
        claimed: The property.
        claimed_is: Whether it is said to have it.
        claimed_for: The signs of β that are meant.
    """

    claimed: Literal["non-monotonic", "bounded above", "bounded below"] = "non-monotonic"
    claimed_is: bool = True
    claimed_for: tuple[Sign, ...] = ("positive",)

    def check(self) -> Evidence:
        """Take the limits of f at both ends, and of the sign of f′, for each sign of β."""
        import sympy

        swish = definition("swish")
        found: dict[str, bool] = {}
        steps: dict[str, bool] = {}
        for sign, value in of_each_sign().items():
            f = swish.formula.subs(swish.beta, value)
            left, right = (sympy.limit(f, swish.x, end) for end in (-sympy.oo, sympy.oo))
            found[sign] = {
                "bounded above": sympy.oo not in (left, right),
                "bounded below": -sympy.oo not in (left, right),
                "non-monotonic": sign != "zero",
            }[self.claimed]
            if self.claimed == "non-monotonic" and sign != "zero":
                # f has the sign of x; it is 0 at 0, and comes back to 0 towards one end.
                steps[sign] = f.subs(swish.x, 0) == 0 and 0 in (left, right)
        return {"found": found, "steps": steps}

    def rule(self, evidence: Evidence) -> Verdict:
        """True for one of the signs that are meant and false for another: it depends."""
        right = [evidence["found"][sign] == self.claimed_is for sign in self.claimed_for]
        name = combine(["confirmed" if each else "refuted" for each in right])
        return verdict(name, f"shape_{self.claimed.replace('-', '_').replace(' ', '_')}")


def _found(beta: float) -> dict[str, Any]:
    return {"beta": beta, **asdict(landmarks(beta))}


def _close(
    stated: tuple[float, float], within: float, near: float, about: str, /, **values: object
) -> Verdict:
    """Right within so much of what was found, imprecise where a correction still mends it."""
    claimed, found = stated
    error = abs(claimed - found)
    return exact(error <= within, about, near=error <= near * found, claimed=claimed, **values)


def _pieces(formula: Any) -> list[Any]:
    """The formulas that a function in pieces is made of."""
    from swishdemo.activations.symbolic import symbols

    if isinstance(formula, symbols.Where):
        return [piece for each in formula.args[2:] for piece in _pieces(each)]
    return [formula]
