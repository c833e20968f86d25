"""How a formula with sines ends: what it swings between, and whether it has zeros without end.

The formula is written as Σ Aᵢ(x)·Tᵢ(x), the Tᵢ products of sines and cosines of lines in x. With D
the Aᵢ that grows most, it is D·(P + o(1)), where P = Σ cᵢ·Tᵢ is periodic and cᵢ = lim Aᵢ/D. So its
lower and upper limits are those of D·P; where P takes both signs, so does the formula, again and
again. What has another form is called unknown. This module loads SymPy.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np
import sympy

from swishdemo.activations.analysis.approach import UNKNOWN, Ends, Limit
from swishdemo.activations.analysis.crossing import BITS
from swishdemo.activations.analysis.search import changes
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import tree_size
from swishdemo.activations.symbolic.tape import record

_LONGEST = 400
_MOST_TERMS = 40
_POLE = 1e12
_WAVES = (sympy.sin, sympy.cos)


def has_waves(expression: Any) -> bool:
    """Whether x is in the argument of a sine or a cosine."""
    return any(wave.has(s.X) for wave in expression.atoms(*_WAVES))


def period(expression: Any) -> float:
    """The period of a formula in which x stands in sines and cosines of lines alone; NaN if not.

    Args:
        expression: A formula in x and numbers.
    """
    frequencies = []
    for wave in expression.atoms(*_WAVES):
        slope = wave.args[0].diff(s.X)
        if slope.has(s.X):
            return math.nan
        if slope != 0:
            frequencies.append(slope)
    still = expression.xreplace({wave: sympy.Dummy() for wave in expression.atoms(*_WAVES)})
    if not frequencies or still.has(s.X):
        return math.nan
    ratios = [sympy.nsimplify(each / frequencies[0]) for each in frequencies]
    if not all((each / frequencies[0]).is_Rational for each in frequencies):
        return math.nan
    base = frequencies[0] * reduce(sympy.gcd, ratios)
    return float(2 * sympy.pi / abs(base))


def ending(expression: Any, side: int, ends: Ends) -> tuple[Limit, bool]:
    """How a formula with waves in x ends at ±∞ (``side``); whether it has zeros without end there.

    Args:
        expression: A formula in x and numbers.
        side: −1 or 1.
        ends: For the limits of the parts without waves.
    """
    if not math.isnan(period(expression)):
        return _between(*_swing(expression))
    sums = _terms(expression)
    if sums is None:
        return UNKNOWN, False
    waves, heights = list(sums), list(sums.values())
    if all(_limit(height, side, ends).value == 0 for height in heights):
        vanishing = Limit("number", 0.0)
    else:
        vanishing = UNKNOWN
    largest = heights[0]
    for height in heights[1:]:
        ratio = _limit(height / largest, side, ends)
        if ratio.kind == "infinite":
            largest = height
        elif ratio.kind != "number":
            return vanishing, False
    shares = [_limit(height / largest, side, ends) for height in heights]
    if any(share.kind != "number" for share in shares):
        return vanishing, False
    wave = sum(
        (sympy.Rational(share.value) * each for share, each in zip(shares, waves, strict=True)),
        start=sympy.S.Zero,
    )
    low, high = _swing(wave)
    size = _limit(largest, side, ends)
    if size.kind == "number":
        found, endless = _between(*sorted((size.value * low, size.value * high)))
        return found, endless or low < 0 < high
    if size.kind == "infinite" and (low > 0 or high < 0):
        return Limit("infinite", size.value * (1 if low > 0 else -1)), False
    if size.kind == "infinite" and low < 0 < high:
        return Limit("oscillating", low=-math.inf, high=math.inf), True
    return UNKNOWN, False


def _between(low: float, high: float) -> tuple[Limit, bool]:
    """The ending of what swings between two numbers, or stands still."""
    if low != low:
        return UNKNOWN, False
    if low == high:
        return Limit("number", low + 0.0), False
    return Limit("oscillating", low=low, high=high), low < 0 < high


def _terms(expression: Any) -> dict[Any, Any] | None:
    """What each product of waves is multiplied by; None for what is no such sum."""
    if tree_size(expression) > _LONGEST:
        return None
    expanded = sympy.expand(expression, power_base=False, power_exp=False, log=False)
    terms = sympy.Add.make_args(expanded)
    if len(terms) > _MOST_TERMS:
        return None
    found: dict[Any, Any] = {}
    for term in terms:
        wave, height = sympy.S.One, sympy.S.One
        for factor in sympy.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if not has_waves(factor):
                height *= factor
            elif base.func in _WAVES and power.is_Integer and power > 0:
                if base.args[0].diff(s.X).has(s.X):
                    return None
                wave *= factor
            else:
                return None
        found[wave] = found.get(wave, sympy.S.Zero) + height
    return {wave: height for wave, height in found.items() if height != 0} or None


def _limit(expression: Any, side: int, ends: Ends) -> Limit:
    return ends.limit(record([expression]), side * math.inf, side)


def _swing(wave: Any) -> tuple[float, float]:
    """The least and the greatest value of a periodic formula; NaN where it has no one period."""
    if not wave.has(s.X):
        return float(wave), float(wave)
    length = period(wave)
    if length != length:
        return math.nan, math.nan
    tape = record([wave, wave.diff(s.X), wave.diff(s.X, 2)])
    found = changes(tape, 1, (-0.5123 * length, 0.5123 * length), {})
    if not found.at or found.reach < 0.5123 * length:
        return math.nan, math.nan
    exact = Ends({}, BITS)
    values = np.array([exact.value(tape.select((0,)), at) for at in found.exact])
    if not np.abs(values).max() < _POLE:
        return math.nan, math.nan
    # Where it only touches 0, rounding must not lift it off.
    values[np.abs(values) < 1e-15 * np.abs(values).max()] = 0.0
    return float(values.min()), float(values.max())
