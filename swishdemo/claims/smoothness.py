"""How often an activation's gradient can be differentiated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from swishdemo.claims.record import Evidence, Instant
from swishdemo.claims.symbolic import Definition, definition
from swishdemo.claims.verdicts import Verdict, verdict


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
