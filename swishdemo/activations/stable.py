"""Rewriting of textbook forms into forms that keep their digits.

Every rule is an identity of real analysis: log(1 + e^u) = softplus(u), 1/(1 + e^u) = σ(−u),
1 + tanh u = 2σ(2u), 1 + erf u = 2Φ(√2·u), e^u − 1 = expm1(u), log(1 + u) = log1p(u),
e^u + e^−u = 2 cosh u, e^u − e^−u = 2 sinh u, sinh u/cosh u = tanh u, 1/cosh u = sech u,
e^u·σ(−u) = σ(u), expm1(u)·σ(−u) = tanh(u/2). They matter for typed formulas: (1 + tanh(x/2))/2 has
no digit left at x = −40, σ(x) has all of them; e^x/(1 + e^x) is ∞/∞ at x = 800.
This module loads SymPy.
"""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations import symbols as s


def stable(expression: Any) -> Any:
    """The same function, rewritten bottom-up, each distinct part once."""
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if not node.args:
            return node
        if node not in done:
            arguments = tuple(map(visit, node.args))
            done[node] = _rewrite(node if arguments == node.args else node.func(*arguments))
        return done[node]

    return visit(expression)


def _rewrite(node: Any) -> Any:
    if isinstance(node, sympy.Abs):
        (inner,) = node.args
        return s.Where(inner, 0, inner, -inner)
    if isinstance(node, sympy.log):
        return _rewrite_log(node)
    if node.is_Add and len(node.args) == 2:
        return _rewrite_hyperbolic(node) or _rewrite_sum(node)
    if node.is_Mul:
        return _rewrite_product(node)
    if node.is_Pow and node.exp.is_negative and node.base.is_Add:
        argument = _one_plus_exp(node.base)
        if argument is not None:
            return s.Sigmoid(-argument) ** (-node.exp)
    return node


def _one_plus_exp(node: Any) -> Any:
    """U where the node is 1 + e^u, else None."""
    if node.is_Add and len(node.args) == 2 and node.args[0] == 1:
        other = node.args[1]
        if isinstance(other, sympy.exp):
            return other.args[0]
    return None


def _rewrite_log(node: Any) -> Any:
    (inner,) = node.args
    argument = _one_plus_exp(inner)
    if argument is not None:
        return s.Softplus(argument)
    if inner.is_Add and inner.args[0] == 1:
        return s.Log1p(inner - 1)
    return node


def _rewrite_hyperbolic(node: Any) -> Any:
    """A sum of e^u and ±e^−u as a hyperbolic function; None where it is no such sum."""
    (a, first), (b, second) = (term.as_coeff_Mul() for term in node.args)
    if not (isinstance(first, sympy.exp) and isinstance(second, sympy.exp) and abs(a) == abs(b)):
        return None
    u = first.args[0]
    if second.args[0] != -u:
        return None
    return 2 * a * (sympy.cosh(u) if a == b else sympy.sinh(u))


def _rewrite_product(node: Any) -> Any:
    """Quotients of exponentials, each of which overflows, as the bounded functions they are."""
    powers: dict[Any, Any] = {}
    for factor in node.args:
        base, exponent = (factor.base, factor.exp) if factor.is_Pow else (factor, sympy.S.One)
        powers[base] = powers.get(base, 0) + exponent
    rewritten = False
    for base in list(powers):
        if isinstance(base, sympy.cosh) and powers[base].is_negative:
            sech = s.Sech(base.args[0])
            powers[sech] = powers.get(sech, 0) - powers.pop(base)
            rewritten = True
    for base in list(powers):
        partner, result = _partner(base)
        if partner in powers and powers[partner].is_positive and powers[base] == 1:
            powers[base] -= 1
            powers[partner] -= 1
            powers[result] = powers.get(result, 0) + 1
            rewritten = True
    if not rewritten:
        return node
    return sympy.Mul(*(base**exponent for base, exponent in powers.items()))


def _partner(base: Any) -> tuple[Any, Any]:
    """The factor that makes the base a bounded function, and that function; None and None."""
    if isinstance(base, sympy.exp):
        return s.Sigmoid(-base.args[0]), s.Sigmoid(base.args[0])
    if isinstance(base, s.Expm1):
        return s.Sigmoid(-base.args[0]), s.Tanh(base.args[0] / 2)
    if isinstance(base, sympy.sinh):
        return s.Sech(base.args[0]), s.Tanh(base.args[0])
    return None, None


def _rewrite_sum(node: Any) -> Any:
    number, other = node.args
    coefficient, function = other.as_coeff_Mul()
    if not number.is_Rational:
        return node
    if isinstance(function, sympy.exp) and number == -coefficient:
        return coefficient * s.Expm1(function.args[0])
    if abs(number) == abs(coefficient) and isinstance(function, (s.Tanh, s.Erf)):
        sign = 1 if number == coefficient else -1
        inner = sign * function.args[0]
        if isinstance(function, s.Tanh):
            return 2 * number * s.Sigmoid(2 * inner)
        return 2 * number * s.NormalCdf(sympy.sqrt(2) * inner)
    return node
