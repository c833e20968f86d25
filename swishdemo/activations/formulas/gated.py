"""Formulas of the form x times a gate. This module loads SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic.symbols import (
    Constant,
    Erf,
    Expm1,
    NormalCdf,
    Sigmoid,
    Softplus,
    Tanh,
    Where,
    X,
    symbol,
)


def swish() -> Any:
    """x·σ(βx)."""
    return X * Sigmoid(symbol("beta") * X)


def gelu() -> Any:
    """x·Φ(x)."""
    return X * NormalCdf(X)


def gelu_tanh() -> Any:
    """GELU with Φ(x) approximated by a tanh."""
    inner = X + Constant("0.044715", "0.044715") * X**3
    return X / 2 * (1 + Tanh(sympy.sqrt(2 / sympy.pi) * inner))


def quick_gelu() -> Any:
    """x·σ(1.702·x)."""
    return X * Sigmoid(Constant("1.702", "1.702") * X)


def mish() -> Any:
    """x·tanh(softplus(x))."""
    return X * Tanh(Softplus(X))


def hardswish() -> Any:
    """x·hardsigmoid(x)."""
    return Where(X, 3, X, Where(X, -3, X * (X + 3) / 6, 0))


def e_swish() -> Any:
    """β·x·σ(x)."""
    return symbol("beta") * X * Sigmoid(X)


def acon_c() -> Any:
    """A smooth maximum of the lines p₁x and p₂x."""
    p1, p2 = symbol("p1"), symbol("p2")
    return (p1 - p2) * X * Sigmoid(symbol("beta") * (p1 - p2) * X) + p2 * X


def flatten_t_swish() -> Any:
    """x·σ(x) + T for x > 0, T elsewhere."""
    t = symbol("T")
    return Where(X, 0, X * Sigmoid(X) + t, t)


def elish() -> Any:
    """x·σ(x) for x > 0, (e^x − 1)·σ(x) elsewhere."""
    return Where(X, 0, X * Sigmoid(X), Expm1(X) * Sigmoid(X))


def tanhexp() -> Any:
    """x·tanh(e^x)."""
    return X * Tanh(sympy.exp(X))


def serf() -> Any:
    """x·erf(softplus(x))."""
    return X * Erf(Softplus(X))


def logish() -> Any:
    """x·log(1 + σ(x))."""
    return X * sympy.log(1 + Sigmoid(X))


def smish() -> Any:
    """x·tanh(log(1 + σ(x)))."""
    return X * Tanh(sympy.log(1 + Sigmoid(X)))


def lisht() -> Any:
    """x·tanh(x)."""
    return X * Tanh(X)
