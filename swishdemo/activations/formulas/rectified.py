"""Formulas of ReLU and its kin, in pieces with a kink at 0. This module loads SymPy."""

from __future__ import annotations

from typing import Any

from swishdemo.activations.symbolic.symbols import Where, X, symbol


def relu() -> Any:
    """The larger of x and 0."""
    return Where(X, 0, X, 0)


def leaky_relu() -> Any:
    """The line x for x > 0, slope·x elsewhere."""
    return Where(X, 0, X, symbol("slope") * X)


def prelu() -> Any:
    """The line x for x > 0, a·x elsewhere."""
    return Where(X, 0, X, symbol("a") * X)


def rrelu() -> Any:
    """As it is after training: the line x for x > 0, the mean slope times x elsewhere."""
    return Where(X, 0, X, (symbol("lower") + symbol("upper")) / 2 * X)


def relu6() -> Any:
    """The line x, held between 0 and 6."""
    return Where(X, 6, 6, Where(X, 0, X, 0))


def threshold() -> Any:
    """The line x for x > θ, one value elsewhere."""
    return Where(X, symbol("theta"), X, symbol("value"))


def relu_squared() -> Any:
    """x² for x > 0, 0 elsewhere."""
    return Where(X, 0, X**2, 0)


def star_relu() -> Any:
    """s·x² + b for x > 0, b elsewhere."""
    s, b = symbol("s"), symbol("b")
    return Where(X, 0, s * X**2 + b, b)
