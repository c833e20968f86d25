"""Formulas that take something off the size of x. This module loads SymPy."""

from __future__ import annotations

from typing import Any

from swishdemo.activations.symbolic.symbols import Tanh, Where, X, symbol


def hardshrink() -> Any:
    """The line x, but 0 from −λ to λ."""
    lambd = symbol("lambd")
    return Where(X, lambd, X, Where(-lambd, X, X, 0))


def softshrink() -> Any:
    """x, moved towards 0 by λ, and 0 from −λ to λ."""
    lambd = symbol("lambd")
    return Where(X, lambd, X - lambd, Where(-lambd, X, X + lambd, 0))


def tanhshrink() -> Any:
    """What tanh x leaves of x."""
    return X - Tanh(X)
