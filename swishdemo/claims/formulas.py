"""Checks what is said in formulas: that two are one, limits and values, a series, a rate of growth.

A formula is text in the grammar of typed activations, without the sign ``=`` before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from swishdemo.claims.proofs import definition, of_each_sign, vanishes
from swishdemo.claims.record import Evidence, Instant, Verdict, combine, exact, verdict
from swishdemo.text import raised

_BETAS = (0.5, 1.0, 2.0, -1.0)
"""The β at which an identity is tried that does not hold for all."""
_PLACES = (-3.0, -1.0, 0.0, 0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Identity(Instant):
    """Two formulas, in x and β, that are said to be the same.

    Attributes:
        formula: The one, which is known.
        claimed_formula: The other, which is stated.
        derivative: How often the first is differentiated by x before it is compared.
    """

    formula: str = "swish(x, beta)"
    claimed_formula: str = "x*sigmoid(beta*x)"
    derivative: int = 0

    @property
    def shown(self) -> str:
        """What is stated, as a reader writes it."""
        return _written(self.claimed_formula)

    def check(self) -> Evidence:
        """Simplify the difference, β left open; where it is not 0, also at some β, and a place."""
        import sympy

        x, beta, known = _expression(self.formula)
        known = sympy.diff(known, x, self.derivative)
        _, _, stated = _expression(self.claimed_formula)
        difference = known - stated
        found: dict[str, Any] = {"identical": vanishes(difference), "steps": {}}
        if not found["identical"]:
            tried = [sympy.nsimplify(each) for each in _BETAS]
            found["holds_at"] = [
                float(each) for each in tried if vanishes(difference.subs(beta, each))
            ]
            at = next(each for each in tried if float(each) not in found["holds_at"])
            apart = {
                place: abs(float(difference.subs(beta, at).subs(x, sympy.nsimplify(place))))
                for place in _PLACES
            }
            place = max(apart, key=lambda each: apart[each])
            point = {beta: at, x: sympy.nsimplify(place)}
            found |= {
                "x": place,
                "beta": float(at) if difference.has(beta) else None,
                "known": float(known.subs(point)),
                "stated": float(stated.subs(point)),
            }
        return found

    def rule(self, evidence: Evidence) -> Verdict:
        """The same for one β and another for the next: it depends."""
        if evidence["identical"]:
            return verdict("confirmed", "identical")
        values = {name: evidence[name] for name in ("x", "beta", "known", "stated")}
        if evidence["holds_at"]:
            holds = ", ".join(f"{each:g}" for each in evidence["holds_at"])
            return verdict("depends", "identical_at", holds=holds, **values)
        if evidence["beta"] is None:
            return verdict("refuted", "not_identical", **values)
        return verdict("refuted", "not_identical_at", **values)


@dataclass(frozen=True, slots=True)
class FamilyLimit(Instant):
    """What Swish comes to, at each x, as β goes somewhere.

    Attributes:
        towards: Where β goes: to 0 or to +∞.
        claimed_formula: What Swish comes to.
    """

    towards: Literal["zero", "infinity"] = "infinity"
    claimed_formula: str = "max(0, x)"

    @property
    def shown(self) -> str:
        """What is stated, as a reader writes it."""
        return _written(self.claimed_formula)

    def check(self) -> Evidence:
        """Take the limit for a positive and a negative x and for 0, symbolically."""
        import sympy

        x, beta, known = _expression("swish(x, beta)")
        _, _, stated = _expression(self.claimed_formula)
        end = sympy.Integer(0) if self.towards == "zero" else sympy.oo
        limits, right = {}, {}
        for name, place in of_each_sign().items():
            limit = sympy.limit(known.subs(x, place), beta, end, "+" if end == 0 else "-")
            limits[name] = str(limit.subs(place, x) if limit.free_symbols else limit)
            right[name] = vanishes(limit - _at(stated, x, place))
        return {"limits": limits, "right": right, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """True for one sign of x and false for another: it depends."""
        right = list(evidence["right"].values())
        name = combine(["confirmed" if each else "refuted" for each in right])
        values = evidence["limits"]
        return verdict(name, f"family_{self.towards}", claimed=self.shown, **values)


@dataclass(frozen=True, slots=True)
class PowerSeries(Instant):
    """The first terms of a power series about 0.

    Attributes:
        formula: Of what.
        claimed_terms: Power → coefficient, as a fraction; a power below the last that is left out
            is said to have none.
    """

    formula: str = "swish(x)"
    claimed_terms: tuple[tuple[int, str], ...] = ()

    @property
    def terms(self) -> str:
        """The terms as they are stated."""
        return _terms({power: Fraction(each) for power, each in self.claimed_terms})

    def check(self) -> Evidence:
        """Differentiate at 0, exactly, up to the last power that is stated."""
        import sympy

        x, _, known = _expression(self.formula)
        last = max(power for power, _ in self.claimed_terms)
        found = {}
        derivative = known
        for power in range(last + 1):
            coefficient = sympy.nsimplify(derivative.subs(x, 0) / sympy.factorial(power))
            if coefficient:
                found[str(power)] = str(coefficient)
            derivative = sympy.diff(derivative, x)
        return {"terms": found, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """Every coefficient is as stated, and no other is there."""
        found = {int(power): Fraction(each) for power, each in evidence["terms"].items()}
        right = found == {power: Fraction(each) for power, each in self.claimed_terms}
        return exact(right, "series", found=_terms(found))


@dataclass(frozen=True, slots=True)
class Growth(Instant):
    """How fast a formula grows for large x.

    Attributes:
        formula: Of what.
        claimed_power: It grows like this power of x.
    """

    formula: str = "x*swish(x)"
    claimed_power: float = 2.0

    def check(self) -> Evidence:
        """Find the power of x by which the formula has a limit that is neither 0 nor infinite."""
        import sympy

        x, _, known = _expression(self.formula)
        power = sympy.limit(x * sympy.diff(known, x) / known, x, sympy.oo)
        factor = sympy.limit(known / x**power, x, sympy.oo)
        grows = bool(factor.is_finite and factor != 0)
        return {"power": float(power), "factor": float(factor), "steps": {"factor": grows}}

    def rule(self, evidence: Evidence) -> Verdict:
        """The power has to be that one."""
        right = abs(evidence["power"] - self.claimed_power) < 1e-12
        values = {name: evidence[name] for name in ("power", "factor")}
        return exact(right, "growth", claimed=self.claimed_power, **values)


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
        lines = {}
        for sign, beta in of_each_sign().items():
            formula = swish.formula.subs(swish.beta, beta)
            slope = sympy.limit(formula / x, x, end)
            offset = sympy.limit(formula - slope * x, x, end)
            lines[sign] = {"slope": float(slope), "offset": float(offset)}
        swapped = swish.formula.subs(swish.beta, -swish.beta) - (x - swish.formula)
        return {
            "side": self.side,
            "lines": lines,
            "steps": {"reflection": vanishes(swapped)},
        }

    def rule(self, evidence: Evidence) -> Verdict:
        """True for one sign of β and false for another is ``depends``."""
        claimed = {"slope": self.claimed_slope, "offset": self.claimed_offset}
        lines = evidence["lines"]
        name = combine(["confirmed" if each == claimed else "refuted" for each in lines.values()])
        why = {"depends": "limit_depends", "confirmed": "limit_right"}.get(name, "limit_wrong")
        end = "+∞" if self.side == "right" else "−∞"
        found = {sign: _line(**each) for sign, each in lines.items()}
        return verdict(name, why, end=end, claimed=_line(**claimed), **found)


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
        value, claimed = evidence["value"], self.claimed_value
        return exact(value == claimed, "at_zero", value=value, claimed=claimed)


_FORMS: tuple[Callable[[Any, Any, Any, Any], Any], ...] = (
    lambda x, s, f, beta: s + beta * x * s * (1 - s),
    lambda x, s, f, beta: s * (1 + beta * x - beta * x * s),
    lambda x, s, f, beta: beta * f + s * (1 - beta * f),
)
"""f′ by x, s = σ(βx), f and β."""


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

        at = sympy.nsimplify(self.claimed_beta)
        stated = [
            vanishes((slope - form(x, s, swish.formula, 1)).subs(beta, at)) for form in _FORMS
        ]
        general = [vanishes(slope - form(x, s, swish.formula, beta)) for form in _FORMS]
        return {"beta": self.claimed_beta, "stated": stated, "general": general, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """Right only once β is put in is ``imprecise``."""
        if all(evidence["stated"]):
            return verdict("confirmed", "forms_right", beta=self.claimed_beta)
        if all(evidence["general"]):
            return verdict("imprecise", "forms_need_beta", beta=self.claimed_beta)
        return verdict("refuted", "forms_wrong", beta=self.claimed_beta)


def _line(slope: float, offset: float) -> str:
    """A straight line in letters: ``x``, ``0``, ``0.5x + 1``."""
    rise = "" if slope == 0 else "x" if slope == 1 else f"{slope:g}x"
    if not rise:
        return f"{offset:g}"
    return rise if offset == 0 else f"{rise} {'+' if offset > 0 else '−'} {abs(offset):g}"


def _written(formula: str) -> str:
    """A formula's text as a reader writes it: β for beta, σ for sigmoid, · for *."""
    return formula.replace("beta", "β").replace("sigmoid", "σ").replace("*", "·")


def _expression(formula: str) -> tuple[Any, Any, Any]:
    """The symbols of x and β, and a formula's expression in exponentials, where it is defined."""
    from swishdemo.activations.symbolic import symbols

    found = definition(f"={formula}")
    undefined = symbols.Undefined()
    defined = found.formula.replace(
        lambda each: isinstance(each, symbols.Where) and each.args[3] == undefined,
        lambda each: each.args[2],
    )
    return found.x, symbols.symbol("beta"), defined


def _at(stated: Any, x: Any, place: Any) -> Any:
    """A formula at a place whose sign is known; of pieces, the one that it lies in."""
    from swishdemo.activations.symbolic import symbols

    filled = stated.subs(x, place)
    return filled.replace(
        lambda each: isinstance(each, symbols.Where),
        lambda each: each.args[2] if (each.args[0] - each.args[1]).is_positive else each.args[3],
    )


def _terms(found: dict[int, Fraction]) -> str:
    """A polynomial in letters: ``x/2 + x²/4 − x⁴/48``."""
    written = ""
    for power, each in sorted(found.items()):
        size = abs(each)
        letter = "x" if power == 1 else f"x{raised(power)}" if power else ""
        top = letter if letter and size.numerator == 1 else f"{size.numerator}{letter}"
        term = top if size.denominator == 1 else f"{top}/{size.denominator}"
        sign = "−" if each < 0 else "+" if written else ""
        written += f" {sign} {term}" if written else f"{sign}{term}"
    return written or "0"
