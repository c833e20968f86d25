"""A formula cut at its breaks: between two cuts it is one smooth formula without cases.

Cuts are where a case ends, and where a root, a logarithm or an inverse has the argument 0. So the
values on both sides of a break are those of two smooth formulas, exactly.
This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.analysis.accurate import UNREAL, single
from swishdemo.activations.analysis.ends import Cut
from swishdemo.activations.analysis.search import changes, root
from swishdemo.activations.evaluation import tape as tape_of
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.stable import stable
from swishdemo.activations.symbolic.tape import Tape, record

# Digits of a cut: far more than those of the nearest places beside it that are looked at.
_BITS, _PLACES = 2600, 400
_SHORT = 10**6
_NOWHERE = (s.Log1p(sympy.Integer(-2)),) * 3
"""What has no value anywhere."""
# As many cuts at most; further ones (there is one a period of |sin x|) are left out.
MOST_CUTS = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A smooth formula on an open stretch of x.

    Attributes:
        low: The lower end, −∞ possibly.
        high: The upper end, ∞ possibly.
        formulas: f, f′ and f″, their cases resolved.
        tape: The steps that give them.
        defined: Whether f has a value on the stretch.
    """

    low: float
    high: float
    formulas: tuple[Any, Any, Any]
    tape: Tape
    defined: bool


@dataclass(frozen=True, slots=True)
class Pieces:
    """All pieces from left to right, and the cuts.

    Attributes:
        pieces: The pieces; those beyond ``reach`` are left out.
        cuts: The cuts, rising.
        reach: Beyond this |x| there are more cuts; infinite where all are known.
    """

    pieces: tuple[Piece, ...]
    cuts: tuple[Cut, ...]
    reach: float


def pieces(activation: Activation, parameters: Mapping[str, float]) -> Pieces:
    """Cut the activation's formula at given parameter values."""
    derived = derive(activation)
    formulas = (derived.f, derived.df, derived.d2f)
    cases, singular = _borders(formulas)
    cuts: dict[float, Cut] = {}
    reach = math.inf
    for border in (*cases, *singular):
        found, searched = _zeros(border, parameters)
        reach = min(reach, searched)
        # Where two borders meet, the one whose place is known exactly says it.
        cuts.update((cut.at, cut) for cut in found if cut.certain or cut.at not in cuts)
    near = sorted(cuts.values(), key=lambda cut: abs(cut.at))
    if len(near) > MOST_CUTS:
        reach = min(reach, abs(near[MOST_CUTS].at))
    ordered = sorted((cut for cut in near if abs(cut.at) <= reach), key=lambda cut: cut.at)
    edges = [cut.at for cut in ordered]
    if reach == math.inf:
        edges = [-math.inf, *edges, math.inf]
    whole = tape_of(activation).select((0,))
    made = tuple(
        _piece(formulas, cases, whole, low, high, parameters)
        for low, high in itertools.pairwise(edges)
    )
    return Pieces(made, tuple(ordered), reach)


def inside(low: float, high: float) -> float:
    """A point between two ends, no round number."""
    if math.isfinite(low) and math.isfinite(high):
        return low + 0.4831 * (high - low)
    if math.isfinite(low):
        return low + 0.731 * max(1.0, abs(low))
    if math.isfinite(high):
        return high - 0.731 * max(1.0, abs(high))
    return 0.371


@lru_cache(maxsize=128)
def _borders(formulas: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What is 0 where a case ends, and where a formula is singular."""
    cases: dict[Any, None] = {}
    singular: dict[Any, None] = {}
    for node in (node for formula in formulas for node in sympy.preorder_traversal(formula)):
        if isinstance(node, s.Where):
            cases[node.args[0] - node.args[1]] = None
        elif node.is_Pow and not (node.exp.is_Integer and node.exp >= 0):
            singular[node.base] = None
        elif isinstance(node, (sympy.log, s.CubeRoot)):
            singular[node.args[0]] = None
        elif isinstance(node, s.Log1p):
            singular[1 + node.args[0]] = None
    used = [each for each in singular if each.has(s.X) and not each.is_positive]
    return tuple(cases), tuple(each for each in used if each not in cases)


def _zeros(border: Any, parameters: Mapping[str, float]) -> tuple[list[Cut], float]:
    """Where a border is 0, and what |x| was searched."""
    known = filled(border, parameters)
    if not known.has(s.X):
        return [], math.inf
    slope = known.diff(s.X)
    if slope.is_Rational and slope != 0 and (known - slope * s.X).expand().is_number:
        at = -known.subs(s.X, 0) / slope
        # Floats are exact here, and so is their quotient.
        return [Cut(float(at), _digits(at), True)], math.inf
    tape = record([border, border.diff(s.X)])
    cuts: list[Cut] = []
    stretches, reach = _domain(border, tape, parameters)
    for ends in stretches:
        found = changes(tape, 0, ends, parameters)
        cuts += [
            _cut(at, exact, known, tape, parameters)
            for at, exact in zip(found.at, found.exact, strict=True)
        ]
        # A border that only touches 0, as x² does, has its derivative change there.
        turns = changes(tape, 1, ends, parameters)
        values = single(tape.select((0,)), np.array(turns.at), parameters)
        for at, exact, value in zip(turns.at, turns.exact, values, strict=True):
            if not abs(value) > 1e-15:
                cuts.append(Cut(at, exact, at == 0))
        reach = min(reach, found.reach, turns.reach)
    return cuts, reach


def _domain(
    border: Any, tape: Tape, parameters: Mapping[str, float]
) -> tuple[list[tuple[float, float]], float]:
    """The stretches on which a border has values, and what |x| was searched for their ends."""
    cases, singular = _borders((border,))
    edges: set[float] = set()
    reach = math.inf
    for inner in (*cases, *singular):
        found, searched = _zeros(inner, parameters)
        edges.update(cut.at for cut in found)
        reach = min(reach, searched)
    near = sorted(edges, key=abs)[:MOST_CUTS]
    stretches = list(itertools.pairwise([-math.inf, *sorted(near), math.inf]))
    middles = np.array([inside(low, high) for low, high in stretches])
    values = single(tape.select((0,)), middles, parameters)
    return [ends for ends, y in zip(stretches, values, strict=True) if not math.isnan(y)], reach


def _cut(at: float, exact: Any, known: Any, tape: Tape, parameters: Mapping[str, float]) -> Cut:
    """A zero of a border as a cut: exactly where that can be told, else with very many digits.

    Beside it, at any distance that is looked at, one is then on the side that is meant.
    """
    rational = sympy.Rational(at)
    # Of a number with few digits SymPy tells at once, as that log(1) is 0.
    short = rational.q <= _SHORT and abs(rational.p) <= _SHORT
    if at == 0 or (short and known.xreplace({s.X: rational}) == 0):
        return Cut(at, _digits(rational), True)
    off = abs(exact) * 1e-28
    ends = (exact - off, exact + off)
    return Cut(at, root(tape.select((0,)), *ends, parameters, bits=_BITS, places=_PLACES), False)


def _digits(number: Any) -> Any:
    """A SymPy number as mpmath writes one, with 1200 digits."""
    return sympy.Float(sympy.N(number, 1200), 1200)._mpf_


def filled(expression: Any, parameters: Mapping[str, float]) -> Any:
    """The expression with its parameters' values, as exact numbers."""
    return expression.xreplace(
        {s.symbol(name): sympy.Rational(value) for name, value in parameters.items()}
    )


def _piece(
    formulas: tuple[Any, Any, Any],
    cases: tuple[Any, ...],
    whole: Tape,
    low: float,
    high: float,
    parameters: Mapping[str, float],
) -> Piece:
    middle = np.array([inside(low, high)])
    above = frozenset(case for case in cases if single(record([case]), middle, parameters)[0] > 0)
    resolved, tape = _resolved(formulas, above)
    # By the whole formula: where a case has no value, neither of its branches is one.
    value = single(whole, middle, parameters)[0]
    return Piece(low, high, resolved, tape, not math.isnan(value))


@lru_cache(maxsize=256)
def _resolved(
    formulas: tuple[Any, Any, Any], above: frozenset[Any]
) -> tuple[tuple[Any, Any, Any], Tape]:
    """The formulas with the given borders above 0 and all others not, and their tape."""
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if not node.args:
            return node
        if node not in done:
            if isinstance(node, s.Where):
                left, right, more, otherwise = node.args
                done[node] = visit(more if left - right in above else otherwise)
            else:
                arguments = tuple(map(visit, node.args))
                done[node] = node if arguments == node.args else node.func(*arguments)
        return done[node]

    f, df, d2f = map(visit, formulas)
    if f.has(*UNREAL, s.Undefined):
        # As log(0) is, which is left of log(max(x, 0)) for x < 0.
        return _NOWHERE, record(_NOWHERE)
    if df.has(*UNREAL) or d2f.has(*UNREAL):
        df = stable(f.diff(s.X))
        d2f = stable(df.diff(s.X))
    return (f, df, d2f), record([f, df, d2f])
