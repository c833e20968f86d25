"""Rewrites textbook forms into forms that keep their digits. This module loads SymPy.

Every rule is an identity of real analysis: log(1 + e^u) = softplus(u), 1/(1 + e^u) = σ(−u),
1 + tanh u = 2σ(2u), 1 + erf u = 2Φ(√2·u), 1 − σ(u) = σ(−u), 1 − tanh²u = sech²u,
e^u − 1 = expm1(u), e^u − e^(−u) = 2·sinh u, log(1 + u) = log1p(u), log σ(u) = −softplus(−u),
e^u·σ(−u) = σ(u), expm1(u)·σ(−u) = tanh(u/2), sinh u·sech u = tanh u. They
matter for typed formulas: (1 + tanh(x/2))/2 has no digit left at x = −40, σ(x) has all of them;
and e^x/(1 + e^x) is ∞/∞ from x = 710 on.

The derivative of a square root of a sum cancels as the rules of calculus leave it: that of
x/√(1 + x²) comes as 1/√w − x²/w^(3/2) with w = 1 + x², which has lost all digits at x = 10⁸;
brought to one fraction it is w^(−3/2). And u + √(u² + v) = v/(√(u² + v) − u) keeps its digits for
u < 0, √(1 + u) − 1 = u/(1 + √(1 + u)) near 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s


def bottom_up(expression: Any, rewrite: Callable[[Any], Any]) -> Any:
    """The expression with each part but its leaves rewritten, each distinct part once.

    Args:
        expression: A SymPy expression.
        rewrite: Gives what stands for a part whose own parts have been rewritten.
    """
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if not node.args:
            return node
        if node not in done:
            arguments = tuple(map(visit, node.args))
            done[node] = rewrite(node if arguments == node.args else node.func(*arguments))
        return done[node]

    return visit(expression)


# Of a longer formula's nodes, bringing it to one fraction would take long.
_LONGEST = 200


def tree_size(expression: Any) -> int:
    """The nodes of an expression as a tree, each part counted as often as it stands there."""
    sizes: dict[Any, int] = {}

    def size(node: Any) -> int:
        if node not in sizes:
            sizes[node] = 1 + sum(map(size, node.args))
        return sizes[node]

    return size(expression)


def collected(expression: Any, size: int) -> Any:
    """The expression, of ``size`` nodes, as one fraction where it has roots of sums."""
    if isinstance(expression, s.Where):
        left, right, *pieces = expression.args
        return s.Where(left, right, *(collected(piece, size) for piece in pieces))
    if size > _LONGEST:
        return expression
    # Terms with exponentials are left alone: over the denominator of the others, e^(−x²) would
    # stand as a quotient of what overflows.
    others = [term for term in sympy.Add.make_args(expression) if term.has(sympy.exp)]
    algebraic = expression - sympy.Add(*others)
    if not any(map(is_root, algebraic.atoms(sympy.Pow))):
        return expression
    numerator, denominator = sympy.fraction(sympy.together(algebraic))
    return sympy.Add(sympy.expand_mul(numerator) / denominator, *others)


def is_root(power: Any) -> bool:
    """Whether it is a power of a sum by a half."""
    return bool(power.is_Pow and power.base.is_Add and power.exp.is_Rational and power.exp.q == 2)


def parted(expression: Any) -> Any:
    """The same function, its sums of a term and a root in the form that keeps digits there.

    The last step before numbers: what it returns is not meant to be differentiated again, since
    the ``Where`` in it is no break.
    """
    return bottom_up(expression, lambda node: _parted(node) if node.is_Add else node)


def _parted(total: Any) -> Any:
    for term in total.args:
        factor, root = term.as_coeff_Mul()
        if not (is_root(root) and root.exp == sympy.Rational(1, 2)):
            continue
        for other in (each for each in total.args if each != term):
            rest = total - term - other
            u = other / factor
            v = sympy.expand(root.base - u**2)
            if u == -1 and v != root.base:
                return rest + factor * s.Where(v, 1, root - 1, v / (1 + root))
            if u.has(s.X) and not v.has(s.X):
                return rest + factor * s.Where(0, u, v / (root - u), u + root)
    return total


_COMPLEMENTS = (s.Tanh, s.Sech)  # whose squares add up to 1


def stable(expression: Any) -> Any:
    """The same function in forms that keep their digits, |u| as two pieces."""
    return in_pieces(bottom_up(expression, _rewrite))


def in_pieces(expression: Any) -> Any:
    """The same function with two pieces for each |u|, which SymPy takes out of √(u²·…)."""
    return expression.replace(sympy.Abs, s.absolute) if expression.has(sympy.Abs) else expression


def entropies(expression: Any) -> Any:
    """The same function, u·σ(u) − softplus(u) written by |u|, so that nothing cancels for u > 0.

    It is −softplus(−|u|) − |u|·σ(−|u|), minus the entropy of σ(u), and stands in derivatives of
    softplus(βx)/β by β. The function is smooth, though written in two pieces.
    """
    return bottom_up(expression, lambda node: _entropy(node) if node.is_Add else node)


def _entropy(node: Any) -> Any:
    for term in node.args:
        for function in sympy.Mul.make_args(term):
            if not isinstance(function, s.Softplus):
                continue
            (u,) = function.args
            partner = -(term / function) * u * s.Sigmoid(u)
            if partner not in node.args:
                continue
            size = s.absolute(u)
            joined = s.Softplus(-size) + size * s.Sigmoid(-size)
            return node - term - partner + term / function * joined
    return node


def _rewrite(node: Any) -> Any:
    if isinstance(node, sympy.Abs):
        return in_pieces(node)
    if isinstance(node, sympy.log):
        return _rewrite_log(node)
    if node.is_Add:
        return _rewrite_sum(node)
    if node.is_Mul:
        return _rewrite_product(node)
    if node.is_Pow and node.exp.is_negative:
        return _rewrite_inverse(node)
    if node.is_Pow and node.exp.is_Rational and node.exp.q > 1:
        # Of √max(x, 0) the slope would be 0·∞ where x < 0.
        base = _chosen(node.base)
        if isinstance(base, s.Where):
            left, right, *pieces = base.args
            if not any(piece.is_negative for piece in pieces):
                return s.Where(left, right, *(piece**node.exp for piece in pieces))
    return node


def _chosen(node: Any) -> Any:
    """A function of a choice as a choice between that function's values."""
    if isinstance(node, sympy.Function) and len(node.args) == 1:
        inner = _chosen(node.args[0])
        if isinstance(inner, s.Where):
            left, right, *pieces = inner.args
            return s.Where(left, right, *map(node.func, pieces))
    return node


def _rewrite_inverse(node: Any) -> Any:
    base, power = node.base, -node.exp
    argument = _one_plus_exp(base)
    if argument is not None:
        return s.Sigmoid(-argument) ** power
    return s.Sech(base.args[0]) ** power if isinstance(base, sympy.cosh) else node


def _rewrite_product(node: Any) -> Any:
    """Products of what overflows and what vanishes, as the bounded functions that they are."""
    powers: dict[Any, Any] = {}
    for factor in node.args:
        # A product may have come from a power: 1/(2·cosh u) is one of ½ and of (cosh u)⁻¹.
        inverse = factor.is_Pow and factor.exp.is_negative
        form = _rewrite_inverse(factor) if inverse else factor
        base, exponent = (form.base, form.exp) if form.is_Pow else (form, sympy.S.One)
        powers[base] = powers.get(base, 0) + exponent
    for base in list(powers):
        partner, product = _partner(base)
        if partner in powers and powers[partner].is_positive and powers[base] == 1:
            powers[base] -= 1
            powers[partner] -= 1
            powers[product] = powers.get(product, 0) + 1
    return sympy.Mul(*(base**exponent for base, exponent in powers.items()))


def _partner(base: Any) -> tuple[Any, Any]:
    """The factor that makes the base a bounded function, and that function; or twice None."""
    if isinstance(base, sympy.exp):
        return s.Sigmoid(-base.args[0]), s.Sigmoid(base.args[0])
    if isinstance(base, s.Expm1):
        return s.Sigmoid(-base.args[0]), s.Tanh(base.args[0] / 2)
    if isinstance(base, sympy.sinh):
        return s.Sech(base.args[0]), s.Tanh(base.args[0])
    return None, None


def _one_plus_exp(node: Any) -> Any:
    """The u of a node 1 + e^u; None for any other."""
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
    if isinstance(inner, s.Sigmoid):
        return -s.Softplus(-inner.args[0])
    if inner.is_Add and inner.args[0] == 1:
        return s.Log1p(inner - 1)
    return node


def _rewrite_sum(node: Any) -> Any:
    """The sum with its first two terms that a rule joins, joined."""
    terms = list(node.args)
    for place, one in enumerate(terms):
        for other in terms[place + 1 :]:
            joined = _join(one, other)
            if joined is not None:
                rest = [term for term in terms if term not in (one, other)]
                return sympy.Add(joined, *rest)
    return node


def _join(one: Any, other: Any) -> Any:
    coefficient, function = other.as_coeff_Mul()
    if one.is_Rational:
        return _join_number(one, coefficient, function)
    first, exponential = one.as_coeff_Mul()
    if not (isinstance(exponential, sympy.exp) and isinstance(function, sympy.exp)):
        return None
    (argument,) = exponential.args
    if function.args[0] != -argument or abs(first) != abs(coefficient):
        return None
    both = sympy.cosh if first == coefficient else sympy.sinh
    return 2 * first * both(argument)


def _join_number(number: Any, coefficient: Any, function: Any) -> Any:
    if number == -coefficient:
        if isinstance(function, sympy.exp):
            return coefficient * s.Expm1(function.args[0])
        if isinstance(function, s.Sigmoid):
            return number * s.Sigmoid(-function.args[0])
        if function.is_Pow and function.exp == 2 and isinstance(function.base, _COMPLEMENTS):
            other = s.Sech if isinstance(function.base, s.Tanh) else s.Tanh
            return number * other(function.base.args[0]) ** 2
    if abs(number) == abs(coefficient) and isinstance(function, (s.Tanh, s.Erf)):
        sign = 1 if number == coefficient else -1
        inner = sign * function.args[0]
        if isinstance(function, s.Tanh):
            return 2 * number * s.Sigmoid(2 * inner)
        return 2 * number * s.NormalCdf(sympy.sqrt(2) * inner)
    return None
