"""Formulas with a wave in them. This module loads SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic.symbols import Sigmoid, X, symbol


def sine() -> Any:
    """sin(ωx)."""
    return sympy.sin(symbol("omega") * X)


def snake() -> Any:
    """X + sin²(ax)/a."""
    a = symbol("a")
    return X + sympy.sin(a * X) ** 2 / a


def gcu() -> Any:
    """x·cos x."""
    return X * sympy.cos(X)


def sinlu() -> Any:
    """(x + a·sin(bx))·σ(x)."""
    return (X + symbol("a") * sympy.sin(symbol("b") * X)) * Sigmoid(X)
