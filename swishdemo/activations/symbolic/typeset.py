"""Formulas in LaTeX, without loading SymPy before the first is asked for."""

from __future__ import annotations

from swishdemo.activations.record import Activation


def latex(activation: Activation) -> str:
    """The right-hand side of f(x) = … in LaTeX, as its author wrote it."""
    from swishdemo.activations.symbolic import derive

    return derive.latex(activation)


def latex_derivative(activation: Activation) -> str:
    """The right-hand side of f′(x) = … in LaTeX."""
    from swishdemo.activations.symbolic import derive

    return derive.latex_derivative(activation)
