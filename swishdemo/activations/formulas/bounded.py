"""Formulas whose values stay between bounds. This module loads SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic.symbols import Softsign, Tanh, Where, X, symbol


def sigmoid() -> Any:
    """1/(1 + e^(−x))."""
    return 1 / (1 + sympy.exp(-X))


def tanh() -> Any:
    """The hyperbolic tangent."""
    return Tanh(X)


def softsign() -> Any:
    """x/(1 + |x|)."""
    return Softsign(X)


def isru() -> Any:
    """x/√(1 + αx²)."""
    return X / sympy.sqrt(1 + symbol("alpha") * X**2)


def sqnl() -> Any:
    """Two parabolas between −2 and 2, ±1 beyond."""
    below = Where(X, -2, X + X**2 / 4, -1)
    return Where(X, 2, 1, Where(X, 0, X - X**2 / 4, below))


def hardsigmoid() -> Any:
    """(x + 3)/6, held between 0 and 1."""
    return Where(X, 3, 1, Where(X, -3, (X + 3) / 6, 0))


def hardtanh() -> Any:
    """The line x, held between two limits."""
    low, high = symbol("low"), symbol("high")
    return Where(X, high, high, Where(X, low, X, low))


def gaussian() -> Any:
    """e^(−x²)."""
    return sympy.exp(-(X**2))
