"""The numbers in a formula: where they stand, and the doubles that they come to.

A double is found by enclosures of as many digits as it takes, so that nothing cancels or overflows
on the way to it, whatever the number is a function of. This module loads SymPy.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.analysis.accurate import single
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.tape import record

UNREAL = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)
"""What SymPy answers where there is no real number."""


@lru_cache(maxsize=4096)
def double(number: Any) -> float:
    """The nearest double of an expression without symbols.

    Infinite where its size exceeds the largest double; NaN where it is no real number.
    """
    if number.is_Rational:
        try:
            return int(number.p) / int(number.q)
        except OverflowError:
            return math.inf if number > 0 else -math.inf
    if number.has(*UNREAL):
        return math.nan
    return float(single(record([number]), np.zeros(1), {})[0])


def is_held(number: Any) -> bool:
    """Whether a double holds an expression without symbols with all its digits."""
    size = abs(double(number))
    return number.is_zero or sys.float_info.min <= size < math.inf


def numbers(expression: Any, seen: set[Any]) -> Iterator[Any]:
    """The largest parts of an expression that have no symbols, and its factors and summands.

    Args:
        expression: A SymPy expression.
        seen: The parts whose numbers are not asked for again; grows.
    """
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node == s.UNDEFINED:
            continue
        if not node.free_symbols:
            yield node
            continue
        if node.is_Mul or node.is_Add:
            number, _ = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
            yield number
        waiting.extend(node.args)


def folded(expression: Any) -> Any:
    """The expression with a double for each number that is a sum, or a function of numbers."""
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if node.is_Atom:
            return node
        if node not in done:
            done[node] = _folded(node, visit)
        return done[node]

    return visit(expression)


def _folded(node: Any, visit: Callable[[Any], Any]) -> Any:
    if not node.free_symbols:
        return sympy.Float(double(node), 17) if node.has(sympy.Function, sympy.Add) else node
    arguments = node.args
    if node.is_Mul or node.is_Add:
        # From the number as a whole: its parts may cancel.
        number, rest = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
        arguments = (number, *node.func.make_args(rest))
    visited = tuple(map(visit, arguments))
    return node if visited == node.args else node.func(*visited)
