"""Square roots of sums, whose derivatives cancel as the rules of calculus leave them.

The derivative of x/√(1 + x²) comes as 1/√w − x²/w^(3/2) with w = 1 + x², which has lost all digits
at x = 10⁸; brought to one fraction it is w^(−3/2). And u + √(u² + v) = v/(√(u² + v) − u) keeps its
digits for u < 0, √(1 + u) − 1 = u/(1 + √(1 + u)) near 0. This module loads SymPy.
"""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.rewriting import bottom_up

# Of a longer formula's nodes, bringing it to one fraction would take long.
_LONGEST = 200


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
