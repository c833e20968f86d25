"""What follows from a record's formula by symbolic calculus: derivatives, breaks, LaTeX.

This module loads SymPy: import it inside functions. Derivations are cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from swishdemo.activations import symbols as s
from swishdemo.activations.record import Activation
from swishdemo.activations.stable import stable


@dataclass(frozen=True, slots=True)
class Derived:
    """The formulas that follow from one record, in a form that keeps its digits.

    Attributes:
        f: The function.
        df: Its first derivative by x.
        d2f: Its second derivative by x.
        dparameters: Its derivative by each parameter, by the parameter's name.
        breaks: The places x where a derivative jumps, where they are plain numbers.
        shown: f as its author wrote it.
    """

    f: Any
    df: Any
    d2f: Any
    dparameters: dict[str, Any]
    breaks: tuple[float, ...]
    shown: Any


@lru_cache(maxsize=64)
def derive(activation: Activation) -> Derived:
    """Derive all that the tabs need from the record's expression."""
    shown = activation.expression()
    f, df = slope(activation)
    return Derived(
        f=f,
        df=df,
        d2f=_differentiate(df, s.X),
        dparameters={
            parameter.name: _differentiate(f, s.symbol(parameter.name))
            for parameter in activation.parameters
        },
        breaks=_breaks(f),
        shown=shown,
    )


@lru_cache(maxsize=64)
def slope(activation: Activation) -> tuple[Any, Any]:
    """F and f′ alone, for those who must know how long they are before f″ is asked for."""
    f = stable(sympy.sympify(activation.expression()))
    return f, stable(_differentiate(f, s.X))


def tree_size(expression: Any) -> int:
    """The nodes of an expression as a tree, each part counted as often as it stands there."""
    sizes: dict[Any, int] = {}

    def size(node: Any) -> int:
        if node not in sizes:
            sizes[node] = 1 + sum(map(size, node.args))
        return sizes[node]

    return size(expression)


def _differentiate(expression: Any, variable: Any) -> Any:
    return sympy.factor_terms(expression.diff(variable), fraction=False)


def _breaks(expression: Any) -> tuple[float, ...]:
    found = set()
    for where in expression.atoms(s.Where):
        difference = where.args[0] - where.args[1]
        slope = difference.diff(s.X)
        if slope.is_Number and slope != 0:
            at = s.X - difference / slope
            at = sympy.expand(at)
            if at.is_Number:
                found.add(float(at))
    return tuple(sorted(found))


class _Printer(LatexPrinter):  # type: ignore[misc]
    """LaTeX as a mathematician writes it: e^x, and the parameters' own symbols."""


def _print(expression: Any, activation: Activation) -> str:
    names = {s.symbol(parameter.name): parameter.symbol for parameter in activation.parameters}
    printer = _Printer({"symbol_names": names, "ln_notation": False})
    return str(printer.doprint(expression))


def latex(activation: Activation) -> str:
    """The right-hand side of f(x) = … in LaTeX."""
    return _print(derive(activation).shown, activation)


def latex_derivative(activation: Activation) -> str:
    """The right-hand side of f′(x) = … in LaTeX."""
    return _print(derive(activation).df, activation)
