"""The formulas of the registry, each as its authors wrote it. This module loads SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbols import (
    Constant,
    Expm1,
    NormalCdf,
    Sigmoid,
    Softplus,
    Softsign,
    Tanh,
    Where,
    X,
    symbol,
)


def swish() -> Any:
    """x·σ(βx)."""
    return X * Sigmoid(symbol("beta") * X)


def relu() -> Any:
    """The larger of x and 0."""
    return Where(X, 0, X, 0)


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


def leaky_relu() -> Any:
    """The line x for x > 0, slope·x elsewhere."""
    return Where(X, 0, X, symbol("slope") * X)


def prelu() -> Any:
    """The line x for x > 0, a·x elsewhere."""
    return Where(X, 0, X, symbol("a") * X)


def relu6() -> Any:
    """The line x, held between 0 and 6."""
    return Where(X, 6, 6, Where(X, 0, X, 0))


def elu() -> Any:
    """The line x for x > 0, α·(e^x − 1) elsewhere."""
    return Where(X, 0, X, symbol("alpha") * Expm1(X))


def selu() -> Any:
    """ELU, scaled so that mean 0 and variance 1 are kept."""
    scale = Constant(r"\lambda", "1.0507009873554804934193349852946")
    alpha = Constant(r"\alpha", "1.6732632423543772848170429916717")
    return Where(X, 0, scale * X, scale * alpha * Expm1(X))


def hardswish() -> Any:
    """x·hardsigmoid(x)."""
    return Where(X, 3, X, Where(X, -3, X * (X + 3) / 6, 0))


def hardsigmoid() -> Any:
    """(x + 3)/6, held between 0 and 1."""
    return Where(X, 3, 1, Where(X, -3, (X + 3) / 6, 0))


def hardtanh() -> Any:
    """The line x, held between −1 and 1."""
    return Where(X, 1, 1, Where(X, -1, X, -1))


def softplus() -> Any:
    """log(1 + e^x)."""
    return sympy.log(1 + sympy.exp(X))


def sigmoid() -> Any:
    """1/(1 + e^(−x))."""
    return 1 / (1 + sympy.exp(-X))


def tanh() -> Any:
    """The hyperbolic tangent."""
    return Tanh(X)


def softsign() -> Any:
    """x/(1 + |x|)."""
    return Softsign(X)
