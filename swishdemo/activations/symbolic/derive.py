"""What follows from a record's formula by symbolic calculus: derivatives, breaks, LaTeX.

This module loads SymPy: import it inside functions. Derivations are cached.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from swishdemo.activations.record import Activation
from swishdemo.activations.registry import is_formula
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.constants import double, numbers
from swishdemo.activations.symbolic.decimals import Decimals
from swishdemo.activations.symbolic.roots import collected, parted
from swishdemo.activations.symbolic.stable import entropies, in_pieces, stable

_LONG = 1500
"""Nodes of a derivative."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The formulas that follow from one record, in a form that keeps its digits.

    Attributes:
        f: The function.
        df: Its first derivative by x.
        d2f: Its second derivative by x.
        dparameters: Its derivative by each parameter, by the parameter's name.
        breaks: The places x where f or a derivative jumps, as formulas in the parameters.
        shown: f as its author wrote it.
    """

    f: Any
    df: Any
    d2f: Any
    dparameters: dict[str, Any]
    breaks: tuple[Any, ...]
    shown: Any


@lru_cache(maxsize=64)
def derive(activation: Activation) -> Derived:
    """Derive all that the tabs need from the record's expression."""
    shown = activation.expression()
    f, df = slope(activation)
    d2f = _collected(stable(_differentiate(_plain_slope(activation), s.X)))
    return Derived(
        f=_finished(f),
        df=_finished(df),
        d2f=_finished(d2f),
        dparameters={
            parameter.name: _finished(
                _collected(entropies(stable(_differentiate(f, s.symbol(parameter.name)))))
            )
            for parameter in activation.parameters
        },
        breaks=_breaks(f, df, d2f),
        shown=shown,
    )


def _finished(expression: Any) -> Any:
    """The last form before numbers."""
    return in_pieces(parted(expression))


@lru_cache(maxsize=64)
def slope(activation: Activation) -> tuple[Any, Any]:
    """F and f′ alone, for those who must know how long they are before f″ is asked for."""
    return _function(activation), _collected(_plain_slope(activation))


@lru_cache(maxsize=64)
def _function(activation: Activation) -> Any:
    return stable(sympy.sympify(activation.expression()))


@lru_cache(maxsize=64)
def _plain_slope(activation: Activation) -> Any:
    """F′ before its roots are collected, which would be longer to differentiate again."""
    return stable(_differentiate(_function(activation), s.X))


def tree_size(expression: Any) -> int:
    """The nodes of an expression as a tree, each part counted as often as it stands there."""
    sizes: dict[Any, int] = {}

    def size(node: Any) -> int:
        if node not in sizes:
            sizes[node] = 1 + sum(map(size, node.args))
        return sizes[node]

    return size(expression)


def _differentiate(expression: Any, variable: Any) -> Any:
    found = expression.diff(variable)
    # Of what is longer than any formula of the literature, taking factors out costs seconds.
    return found if tree_size(found) > _LONG else sympy.factor_terms(found, fraction=False)


def _collected(expression: Any) -> Any:
    found = collected(expression, tree_size(expression))
    return expression if found is expression else sympy.factor_terms(found, fraction=False)


def _breaks(*expressions: Any) -> tuple[Any, ...]:
    found = set()
    for where in set().union(*(expression.atoms(s.Where) for expression in expressions)):
        difference = where.args[0] - where.args[1]
        slope = difference.diff(s.X)
        if slope != 0 and not slope.has(s.X):
            # The zero of a line; 0 from the quotient, so that no x stays in it uncancelled.
            place = -difference.subs(s.X, 0) / slope
            if all(math.isfinite(double(number)) for number in numbers(place, set())):
                found.add(place)
    return tuple(sorted(found, key=sympy.default_sort_key))


def breaks(
    activation: Activation, parameters: Mapping[str, float] | None = None
) -> tuple[float, ...]:
    """The places x at which f, f′ or f″ may jump, in order; those that are no number left out.

    Args:
        activation: A registered record or a typed formula's.
        parameters: Finite values by name; one left out takes its default.
    """
    values = {**activation.defaults(), **(parameters or {})}
    exact = {s.symbol(name): sympy.Float(value) for name, value in values.items()}
    places = (place.subs(exact) for place in derive(activation).breaks)
    found = {float(place) for place in places if place.is_finite}
    return tuple(sorted(place for place in found if math.isfinite(place)))


class _Printer(LatexPrinter):  # type: ignore[misc]
    """LaTeX as a mathematician writes it: e^x, and the parameters' own symbols."""


def _print(expression: Any, activation: Activation) -> str:
    names = {s.symbol(parameter.name): parameter.symbol for parameter in activation.parameters}
    printer = _Printer({"symbol_names": names, "ln_notation": False})
    return str(printer.doprint(expression))


def latex(activation: Activation) -> str:
    """The right-hand side of f(x) = … in LaTeX."""
    return _print(_decimals(activation).shown(derive(activation).shown), activation)


def latex_derivative(activation: Activation) -> str:
    """The right-hand side of f′(x) = … in LaTeX."""
    decimals = _decimals(activation)
    kept = activation
    if decimals.typed:
        written = decimals.kept(activation.expression())
        kept = replace(activation, expression=lambda: written)
    return _print(decimals.shown(slope(kept)[1]), activation)


def _decimals(activation: Activation) -> Decimals:
    """The decimals of a typed formula; none of a record's, which names its own."""
    return Decimals.of(activation.name if is_formula(activation.name) else "")
