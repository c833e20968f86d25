"""What is said in formulas: that two are one, what a family comes to, a series, a rate of growth.

A formula is text in the grammar of typed activations, without the sign ``=`` before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from swishdemo.claims.proofs import definition
from swishdemo.claims.record import Evidence, Instant, Verdict, VerdictName, combine, verdict

Sign = Literal["positive", "zero", "negative"]

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
        found: dict[str, Any] = {"identical": _vanishes(difference), "steps": {}}
        if not found["identical"]:
            tried = [sympy.nsimplify(each) for each in _BETAS]
            found["holds_at"] = [
                float(each) for each in tried if _vanishes(difference.subs(beta, each))
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
        places = {
            "positive": sympy.Symbol("p", positive=True),
            "zero": sympy.Integer(0),
            "negative": sympy.Symbol("n", negative=True),
        }
        limits, right = {}, {}
        for name, place in places.items():
            limit = sympy.limit(known.subs(x, place), beta, end, "+" if end == 0 else "-")
            limits[name] = str(limit.subs(place, x) if limit.free_symbols else limit)
            right[name] = _vanishes(limit - _at(stated, x, place))
        return {"limits": limits, "right": right, "steps": {}}

    def rule(self, evidence: Evidence) -> Verdict:
        """True for one sign of x and false for another: it depends."""
        right = list(evidence["right"].values())
        name = combine(["confirmed" if each else "refuted" for each in right])
        return verdict(
            name,
            f"family_{self.towards}",
            claimed=self.shown,
            **evidence["limits"],
        )


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
        return verdict(
            "confirmed" if right else "refuted",
            "series_right" if right else "series_wrong",
            found=_terms(found),
        )


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
        return verdict(
            "confirmed" if right else "refuted",
            "growth_right" if right else "growth_wrong",
            claimed=self.claimed_power,
            power=evidence["power"],
            factor=evidence["factor"],
        )


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
        return verdict(
            "confirmed" if right else "refuted",
            "pieces_right" if right else "pieces_wrong",
            claimed=self.claimed_degree,
            degree=evidence["degree"],
            piece=evidence["piece"],
        )


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

        x, beta, known = _expression("swish(x, beta)")
        signs: dict[Sign, Any] = {
            "positive": sympy.Symbol("b", positive=True),
            "zero": sympy.Integer(0),
            "negative": sympy.Symbol("b", negative=True),
        }
        found: dict[str, bool] = {}
        steps: dict[str, bool] = {}
        for sign, value in signs.items():
            f = known.subs(beta, value)
            left, right = (sympy.limit(f, x, end) for end in (-sympy.oo, sympy.oo))
            found[sign] = {
                "bounded above": sympy.oo not in (left, right),
                "bounded below": -sympy.oo not in (left, right),
                "non-monotonic": sign != "zero",
            }[self.claimed]
            if self.claimed == "non-monotonic" and sign != "zero":
                # f has the sign of x; it is 0 at 0, and comes back to 0 towards one end.
                steps[sign] = f.subs(x, 0) == 0 and 0 in (left, right)
        return {"found": found, "steps": steps}

    def rule(self, evidence: Evidence) -> Verdict:
        """True for one of the signs that are meant and false for another: it depends."""
        each: list[VerdictName] = [
            "confirmed" if evidence["found"][sign] == self.claimed_is else "refuted"
            for sign in self.claimed_for
        ]
        key = self.claimed.replace("-", "_").replace(" ", "_")
        return verdict(combine(each), f"shape_{key}")


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


def _vanishes(difference: Any) -> bool:
    """Whether an expression simplifies to 0."""
    import sympy

    return bool(sympy.simplify(difference.rewrite(sympy.exp)) == 0)


def _at(stated: Any, x: Any, place: Any) -> Any:
    """A formula at a place whose sign is known; of pieces, the one that it lies in."""
    from swishdemo.activations.symbolic import symbols

    filled = stated.subs(x, place)
    return filled.replace(
        lambda each: isinstance(each, symbols.Where),
        lambda each: each.args[2] if (each.args[0] - each.args[1]).is_positive else each.args[3],
    )


def _pieces(formula: Any) -> list[Any]:
    """The formulas that a function in pieces is made of."""
    from swishdemo.activations.symbolic import symbols

    if isinstance(formula, symbols.Where):
        return [piece for each in formula.args[2:] for piece in _pieces(each)]
    return [formula]


def _terms(found: dict[int, Fraction]) -> str:
    """A polynomial in letters: ``x/2 + x²/4 − x⁴/48``."""
    raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    written = ""
    for power, each in sorted(found.items()):
        size = abs(each)
        letter = "x" if power == 1 else f"x{str(power).translate(raised)}" if power else ""
        top = letter if letter and size.numerator == 1 else f"{size.numerator}{letter}"
        term = top if size.denominator == 1 else f"{top}/{size.denominator}"
        sign = "−" if each < 0 else "+" if written else ""
        written += f" {sign} {term}" if written else f"{sign}{term}"
    return written or "0"
