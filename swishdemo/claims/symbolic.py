"""Swish as SymPy knows it, and what every proof about its slope rests on.

SymPy is imported when the first proof runs, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

DIGITS = 40
"""Working precision, in decimal digits, of every number that is computed rather than derived."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An activation's formula, written out in exponentials.

    Attributes:
        formula: The SymPy expression.
        x: Its variable, real.
        beta: The symbol of its β, real; None where it has none.
    """

    formula: Any
    x: Any
    beta: Any


@cache
def definition(name: str) -> Definition:
    """The registry's formula of the activation called ``name``, its named functions written out.

    Raises:
        UserError: The registry has no such activation.
    """
    import sympy

    from swishdemo.activations import get
    from swishdemo.activations.symbolic import symbols
    from swishdemo.activations.typed.expressions import expression_of

    formula = expression_of(get(name))
    written_out = {
        symbols.Sigmoid: lambda z: 1 / (1 + sympy.exp(-z)),
        symbols.Softplus: lambda z: sympy.log(1 + sympy.exp(z)),
        symbols.Tanh: sympy.tanh,
        symbols.Expm1: lambda z: sympy.exp(z) - 1,
    }
    for named, plain in written_out.items():
        formula = formula.replace(named, plain)
    beta = symbols.symbol("beta")
    return Definition(formula, symbols.X, beta if formula.has(beta) else None)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where Swish's slope is zero and where it is extreme, at one β > 0.

    Attributes:
        omega: W(1/e), from Lambert's function.
        minimum: The only zero of f′.
        minimum_value: f there.
        steep: The positive root z of z·tanh(z/2) = 2, over β.
        largest: f′ there.
        smallest: f′ at ``-steep``.
        steps: Each step of the proof, and whether it held.
    """

    omega: float
    minimum: float
    minimum_value: float
    steep: float
    largest: float
    smallest: float
    steps: dict[str, bool]


@cache
def landmarks(beta: float) -> Landmarks:
    """Derive the landmarks of Swish at ``beta``, and check every step of the derivation.

    With z = βx, f′ = eᶻ·(1 + z + eᶻ)/(1 + eᶻ)², whose bracket rises all the way (its derivative is
    1 + eᶻ), so that f′ has one zero, at z = −1 − W(1/e). And f″ = β·σ(z)·σ(−z)·(2 − z·tanh(z/2)),
    in which z·tanh(z/2) is even and rises for z > 0: f′ rises between the two roots and falls
    beyond them, towards 1 on the right and 0 on the left.

    Raises:
        ValueError: ``beta`` is not above 0.
    """
    import mpmath  # type: ignore[import-untyped]  # it ships no types
    import sympy

    if not beta > 0:
        raise ValueError(f"beta is {beta}; it must be above 0")
    swish = definition("swish")
    slope, steps = _identities()
    with mpmath.workdps(DIGITS):
        omega = mpmath.lambertw(mpmath.exp(-1)).real
        z = mpmath.findroot(lambda z: z * mpmath.tanh(z / 2) - 2, 2.4)
        exact_beta = mpmath.mpf(beta)
        minimum, steep = -(1 + omega) / exact_beta, z / exact_beta
        value = sympy.lambdify((swish.x, swish.beta), swish.formula, "mpmath")
        rise = sympy.lambdify((swish.x, swish.beta), slope, "mpmath")
        tiny = mpmath.mpf(10) ** (5 - DIGITS)
        steps = steps | {
            "zero": bool(abs(rise(minimum, exact_beta)) < tiny),
            "extremes": bool(rise(steep, exact_beta) > 1 and rise(-steep, exact_beta) < 0),
        }
        return Landmarks(
            omega=float(omega),
            minimum=float(minimum),
            minimum_value=float(value(minimum, exact_beta)),
            steep=float(steep),
            largest=float(rise(steep, exact_beta)),
            smallest=float(rise(-steep, exact_beta)),
            steps=steps,
        )


def slope_at(x: float, beta: float) -> float:
    """f′ of Swish at ``x``, every digit of it right, far tails included."""
    import mpmath
    import sympy

    swish = definition("swish")
    slope, _ = _identities()
    rise = sympy.lambdify((swish.x, swish.beta), slope, "mpmath")
    with mpmath.workdps(DIGITS):
        return float(rise(mpmath.mpf(x), mpmath.mpf(beta)))


@cache
def _identities() -> tuple[Any, dict[str, bool]]:
    """f′ of Swish, and the identities that hold for every β, each checked symbolically."""
    import sympy

    swish = definition("swish")
    x, beta = swish.x, swish.beta
    slope = sympy.diff(swish.formula, x)
    bend = sympy.diff(slope, x)
    z = beta * x

    def sigma(argument: Any) -> Any:
        return 1 / (1 + sympy.exp(-argument))

    def same(left: Any, right: Any) -> bool:
        return bool(sympy.simplify((left - right).rewrite(sympy.exp)) == 0)

    factored = sympy.exp(z) * (1 + z + sympy.exp(z)) / (1 + sympy.exp(z)) ** 2
    u = sympy.Symbol("u", real=True)
    p = sympy.Symbol("p", positive=True)
    rate = sympy.tanh(p / 2) + p / (2 * sympy.cosh(p / 2) ** 2)
    steps = {
        "slope": same(slope, factored),
        "one_zero": bool(sympy.diff(1 + u + sympy.exp(u), u).is_positive),
        "bend": same(bend, beta * sigma(z) * sigma(-z) * (2 - z * sympy.tanh(z / 2))),
        "rising": same(sympy.diff(p * sympy.tanh(p / 2), p), rate) and bool(rate.is_positive),
        "symmetry": same(slope + slope.subs(x, -x), sympy.Integer(1)),
    }
    return slope, steps
