"""Claims about Swish as a whole: its limits, its derivative's three forms, its smoothness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from swishdemo.claims.proofs import Definition, definition
from swishdemo.claims.record import Evidence, Instant, Verdict, combine, verdict

SIGNS = ("positive", "zero", "negative")


@dataclass(frozen=True, slots=True)
class Asymptote(Instant):
    """What Swish comes to at one end, for a β of either sign and for 0.

    Attributes:
        side: The end: ``right`` is x → +∞.
        claimed_slope: The line that Swish is said to approach is claimed_slope·x + claimed_offset.
        claimed_offset: See ``claimed_slope``.
    """

    side: Literal["right", "left"] = "right"
    claimed_slope: float = 1.0
    claimed_offset: float = 0.0

    def check(self) -> Evidence:
        """Take the limits of f/x and of what is left of f without that slope, symbolically."""
        import sympy

        swish = definition("swish")
        x, end = swish.x, sympy.oo if self.side == "right" else -sympy.oo
        betas = {
            "positive": sympy.Symbol("b", positive=True),
            "zero": sympy.Integer(0),
            "negative": sympy.Symbol("b", negative=True),
        }
        lines = {}
        for sign, beta in betas.items():
            formula = swish.formula.subs(swish.beta, beta)
            slope = sympy.limit(formula / x, x, end)
            offset = sympy.limit(formula - slope * x, x, end)
            lines[sign] = {"slope": float(slope), "offset": float(offset)}
        swapped = swish.formula.subs(swish.beta, -swish.beta) - (x - swish.formula)
        return {
            "side": self.side,
            "lines": lines,
            "steps": {"reflection": bool(sympy.simplify(swapped) == 0)},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """True for one sign of β and false for another is ``depends``."""
        claimed = {"slope": self.claimed_slope, "offset": self.claimed_offset}
        lines = evidence["lines"]
        name = combine(
            ["confirmed" if lines[sign] == claimed else "refuted" for sign in SIGNS],
        )
        why = {"depends": "limit_depends", "confirmed": "limit_right"}.get(name, "limit_wrong")
        return verdict(
            name,
            why,
            end="+∞" if self.side == "right" else "−∞",
            claimed=line(self.claimed_slope, self.claimed_offset),
            **{sign: line(lines[sign]["slope"], lines[sign]["offset"]) for sign in SIGNS},
        )


@dataclass(frozen=True, slots=True)
class AtZero(Instant):
    """Swish's value at 0.

    Attributes:
        claimed_value: The value stated.
    """

    claimed_value: float = 0.0

    def check(self) -> Evidence:
        """Put 0 into the formula, β left open."""
        swish = definition("swish")
        value = swish.formula.subs(swish.x, 0)
        return {"value": float(value), "steps": {"no_beta_left": not value.free_symbols}}

    def rule(self, evidence: Evidence) -> Verdict:
        """Exact equality."""
        right = evidence["value"] == self.claimed_value
        return verdict(
            "confirmed" if right else "refuted",
            "at_zero_right" if right else "at_zero_wrong",
            value=evidence["value"],
            claimed=self.claimed_value,
        )


def _first(x: Any, s: Any, f: Any, beta: Any) -> Any:
    return s + beta * x * s * (1 - s)


def _second(x: Any, s: Any, f: Any, beta: Any) -> Any:
    return s * (1 + beta * x - beta * x * s)


def _third(x: Any, s: Any, f: Any, beta: Any) -> Any:
    return beta * f + s * (1 - beta * f)


FORMS: tuple[Callable[[Any, Any, Any, Any], Any], ...] = (_first, _second, _third)


@dataclass(frozen=True, slots=True)
class Forms(Instant):
    """Three ways to write f′, stated without β.

    Attributes:
        claimed_beta: The β they are stated for.
    """

    claimed_beta: float = 1.0

    def check(self) -> Evidence:
        """Compare each form with f′, as stated and with β put in, symbolically."""
        import sympy

        swish = definition("swish")
        x, beta = swish.x, swish.beta
        s = 1 / (1 + sympy.exp(-beta * x))
        slope = sympy.diff(swish.formula, x)

        def same(difference: Any) -> bool:
            return bool(sympy.simplify(difference) == 0)

        at = sympy.nsimplify(self.claimed_beta)
        stated = [same((slope - form(x, s, swish.formula, 1)).subs(beta, at)) for form in FORMS]
        general = [same(slope - form(x, s, swish.formula, beta)) for form in FORMS]
        return {"beta": self.claimed_beta, "stated": stated, "general": general, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """Right only once β is put in is ``imprecise``."""
        if all(evidence["stated"]):
            return verdict("confirmed", "forms_right", beta=self.claimed_beta)
        if all(evidence["general"]):
            return verdict("imprecise", "forms_need_beta", beta=self.claimed_beta)
        return verdict("refuted", "forms_wrong", beta=self.claimed_beta)


def line(slope: float, offset: float) -> str:
    """A straight line in letters: ``x``, ``0``, ``0.5x + 1``."""
    rise = "" if slope == 0 else "x" if slope == 1 else f"{slope:g}x"
    if not rise:
        return f"{offset:g}"
    return rise if offset == 0 else f"{rise} {'+' if offset > 0 else '−'} {abs(offset):g}"


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
        steps = {"start": bool(sympy.simplify(found.formula - polynomial.subs(s, sigma)) == 0)}
        written = []
        for order in range(1, self.shown + 1):
            rate = sympy.diff(polynomial, x) + sympy.diff(polynomial, s) * beta * s * (1 - s)
            polynomial = sympy.factor(sympy.expand(rate))
            derivative = sympy.diff(found.formula, x, order)
            steps[f"order {order}"] = bool(
                polynomial.is_polynomial(x, s)
                and sympy.simplify(derivative - polynomial.subs(s, sigma)) == 0
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
