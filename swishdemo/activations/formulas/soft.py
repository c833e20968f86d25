"""Formulas that bend where ReLU has its kink. This module loads SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic.symbols import Constant, Expm1, Sigmoid, Where, X, symbol


def elu() -> Any:
    """The line x for x > 0, α·(e^x − 1) elsewhere."""
    return Where(X, 0, X, symbol("alpha") * Expm1(X))


def selu() -> Any:
    """ELU, scaled so that mean 0 and variance 1 are kept."""
    scale = Constant(r"\lambda", "1.0507009873554804934193349852946")
    alpha = Constant(r"\alpha", "1.6732632423543772848170429916717")
    return Where(X, 0, scale * X, scale * alpha * Expm1(X))


def celu() -> Any:
    """The line x for x > 0, α·(e^(x/α) − 1) elsewhere."""
    alpha = symbol("alpha")
    return Where(X, 0, X, alpha * Expm1(X / alpha))


def pelu() -> Any:
    """The line a/b·x for x > 0, a·(e^(x/b) − 1) elsewhere."""
    a, b = symbol("a"), symbol("b")
    return Where(X, 0, a / b * X, a * Expm1(X / b))


def isrlu() -> Any:
    """The line x for x > 0, x/√(1 + αx²) elsewhere."""
    return Where(X, 0, X, X / sympy.sqrt(1 + symbol("alpha") * X**2))


def softplus() -> Any:
    """log(1 + e^(βx))/β."""
    beta = symbol("beta")
    return sympy.log(1 + sympy.exp(beta * X)) / beta


def squareplus() -> Any:
    """(x + √(x² + b))/2."""
    return (X + sympy.sqrt(X**2 + symbol("b"))) / 2


def smelu() -> Any:
    """The line x for x > β, 0 below −β, a parabola between."""
    beta = symbol("beta")
    return Where(X, beta, X, Where(X, -beta, (X + beta) ** 2 / (4 * beta), 0))


def bent_identity() -> Any:
    """(√(x² + 1) − 1)/2 + x."""
    return (sympy.sqrt(X**2 + 1) - 1) / 2 + X


def logsigmoid() -> Any:
    """The logarithm of σ(x)."""
    return sympy.log(Sigmoid(X))
