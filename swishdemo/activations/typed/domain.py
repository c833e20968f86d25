"""What a formula as written asks of its arguments, kept where simplifying would forget it.

SymPy makes x of exp(log(x)), and 1 of x/x: true where the left side has a value, and the right side
has one everywhere. So a builder notes what each function and quotient asks for, and in the end what
the built expression no longer asks for itself is put before it. This module loads SymPy.
"""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s

_CASES = 4
"""Choices of an expression that are looked into."""

Demand = tuple[str, Any]
"""``positive``, ``nonnegative`` or ``nonzero``, or that it has a ``value``; and of what."""


class Domain:
    """The demands of a formula, or of a piece that counts under a condition of its own."""

    def __init__(self) -> None:
        self._demands: dict[Demand, None] = {}

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing is asked for."""
        return not self._demands

    def include(self, other: Domain) -> None:
        """Note all that another notes."""
        self._demands.update(other._demands)

    def ask(self, kind: str, u: Any) -> None:
        """Note a demand, unless it always holds."""
        if u.free_symbols:
            self._demands.update(dict.fromkeys(_simplest(kind, u)))

    def power(self, base: Any, exponent: Any) -> None:
        """Note what a power asks of its base."""
        if exponent.is_integer:
            if exponent.is_negative:
                self.ask("nonzero", base)
        elif not exponent.free_symbols:
            self.ask("positive" if exponent.is_negative else "nonnegative", base)
        elif not base.is_positive:
            self.ask("value", base**exponent)

    def kept(self, built: Any) -> Any:
        """The built expression, without a value where a demand does not hold."""
        own = _Made().by(built)
        for kind, u in self._demands:
            # Floating point makes of 1/0 an infinity, and of that again a number.
            flat = kind in ("nonzero", "positive") and _vanishes(u)
            if flat or not _covered(kind, u, own):
                built = _within(kind, u, built)
        return built


def _simplest(kind: str, u: Any) -> list[Demand]:
    """A demand by the simplest ones that say the same together; none where it always holds."""
    if kind == "value":
        return [(kind, _modulo_whole(u) if u.is_Pow else u)]
    if getattr(u, f"is_{kind}") or is_above(u, kind != "nonnegative"):
        return []
    if kind == "nonzero" and is_above(-u, True):
        return []
    u = u.primitive()[1]
    if kind == "nonzero":
        if u.is_Mul:
            return [demand for factor in u.args for demand in _simplest(kind, factor)]
        if u.is_Pow:
            return _simplest(kind, u.base) if u.exp.is_positive else []
        return [(kind, -u if u.could_extract_minus_sign() else u)]
    if u.is_Mul:
        # A factor that may be 0 lets all others be below 0, where that is allowed.
        known = [factor for factor in u.args if is_above(factor, kind == "nonnegative")]
        rest = [factor for factor in u.args if factor not in known]
        beside = [each for factor in known for each in _simplest("nonzero", factor)]
        return [(kind, sympy.Mul(*rest)), *(beside if kind == "positive" else [])]
    if u.is_Pow and u.exp.is_Rational and not u.exp.is_Integer:
        return _simplest(kind, u.base) if kind == "positive" else []
    return [(kind, u)]


def is_above(u: Any, strictly: bool = False) -> bool:
    """Whether a real expression is known not to be below 0, or to be above it."""
    if u.is_positive or (u.is_nonnegative and not strictly) or isinstance(u, sympy.exp):
        return True
    if isinstance(u, s.Where):
        left, right, above, otherwise = u.args
        return (above == left - right or is_above(above, strictly)) and (
            (otherwise == right - left and not strictly) or is_above(otherwise, strictly)
        )
    if u.is_Add:
        return all(map(is_above, u.args)) and (
            not strictly or any(is_above(term, True) for term in u.args)
        )
    return bool(u.is_Mul) and all(is_above(factor, strictly) for factor in u.args)


def _vanishes(u: Any, depth: int = _CASES) -> bool:
    """Whether one of an expression's cases is 0 throughout, as one of max(x, 0) is."""
    choices = u.atoms(s.Where)
    if not choices or not depth:
        return bool(u.is_zero)
    outer = max(choices, key=lambda choice: choice.count_ops())
    return any(_vanishes(u.xreplace({outer: piece}), depth - 1) for piece in outer.args[2:])


def _modulo_whole(power: Any) -> Any:
    """The power less whole powers of its base, which have a value wherever the base has one."""
    number, rest = power.exp.as_coeff_Add()
    return power.base ** (rest + number - sympy.floor(number)) if rest else power


def _covered(kind: str, u: Any, by: frozenset[Demand]) -> bool:
    if (kind, u) in by:
        return True
    if kind == "positive":
        turned = -u if u.could_extract_minus_sign() else u
        return ("nonnegative", u) in by and ("nonzero", turned) in by
    if kind == "nonnegative":
        return ("positive", u) in by
    return kind == "nonzero" and (("positive", u) in by or ("positive", -u) in by)


class _Made:
    """What expressions ask for themselves: outside of that, none of them is a number."""

    def __init__(self) -> None:
        self._known: dict[Any, frozenset[Demand]] = {}

    def by(self, node: Any) -> frozenset[Demand]:
        """The demands of all parts that count everywhere."""
        if node not in self._known:
            self._known[node] = self._found(node)
        return self._known[node]

    def _found(self, node: Any) -> frozenset[Demand]:
        if isinstance(node, s.Where):
            above, otherwise = node.args[2:]
            itself = frozenset({("value", node)})
            if s.UNDEFINED in (above, otherwise):
                return self.by(otherwise if above == s.UNDEFINED else above) | itself
            # Comparing what has no value goes on with the second piece.
            return self.by(above) & self.by(otherwise) | itself
        own = Domain()
        if node.is_Pow:
            own.power(node.base, node.exp)
        elif isinstance(node, sympy.log):
            own.ask("positive", node.args[0])
        elif isinstance(node, s.Log1p):
            own.ask("positive", 1 + node.args[0])
        return frozenset(own._demands).union(*map(self.by, node.args))


def _within(kind: str, u: Any, built: Any) -> Any:
    """The expression where a demand holds."""
    if kind == "nonnegative":
        return s.Where(0, u, s.UNDEFINED, built)
    size = u
    if kind != "positive":
        size = s.Where(u, 0, u, -u)
    if kind == "value":
        size = 1 + size  # above 0 wherever it is a number
    return s.Where(size, 0, built, s.UNDEFINED)
