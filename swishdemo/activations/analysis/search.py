"""Finds all places where a smooth formula changes its sign, by enclosures of whole stretches of x.

A stretch on which interval arithmetic shows one sign holds no change of sign; one on which the
derivative keeps its sign holds one at most; what is neither is halved. So a narrow feature is not
stepped over, and one far out costs no fine grid. See Moore, Kearfott and Cloud, Introduction to
Interval Analysis (SIAM, 2009), chapter 8.

`root` finds a place to more digits than a double has. `underflown` tells signs where the values are
below all doubles, by numbers whose exponents have no bounds, at some points of each stretch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.analysis.accurate import Digits, single
from swishdemo.activations.analysis.enclosure import Doubles
from swishdemo.activations.symbolic.tape import Tape

BITS = 192


_DIGITS = 32
_TURNS = 3
_MOST_TURNS = 400


def root(
    tape: Tape,
    low: Any,
    high: Any,
    parameters: Mapping[str, float],
    *,
    bits: int = BITS,
    places: int = _DIGITS,
) -> Any:
    """The change of sign in a bracket, computed with ``bits`` to ``places`` decimal places.

    By the method of Anderson and Björck (BIT 13, 1973), a secant that keeps its bracket; to 32
    digits, or 10⁻⁴⁸ absolutely, or to half as many again as other ``places``.
    """
    digits = Digits(bits)
    make = digits.context.mpf

    def value(x: Any) -> Any:
        bottom, top = digits.bounds(tape, (x, x), parameters)[0]
        return (bottom + top) / 2

    a, b = make(low), make(high)
    if a < 0 < b and value(make(0)) == 0:
        return make(0)
    f, g = value(a), value(b)
    halved = abs(b - a)
    for turn in range(_MOST_TURNS):
        near = max(abs(b) * make(10) ** -places, make(10) ** (-3 * places // 2))
        if g == 0 or abs(b - a) <= near:
            break
        step = (a - b) * g / (g - f)
        # So short a step is taken a little too long: it closes the bracket from its other side.
        step = step if abs(step) > near / 2 else near / 2 * (1 if a > b else -1)
        c = b + step if min(a, b) < b + step < max(a, b) else (a + b) / 2
        if turn % _TURNS == _TURNS - 1:
            # Where the values differ by many powers of ten, a secant goes next to nowhere.
            c = (a + b) / 2 if abs(b - a) > halved / 2**_TURNS else c
            halved = abs(b - a)
        h = value(c)
        if h * g < 0:
            a, f = b, g
        else:
            weight = 1 - h / g
            f *= weight if weight > 0 else 0.5
        b, g = c, h
    return b if abs(b) > 10**-39 else make(0)


Array = npt.NDArray[np.float64]

# A sign needs few digits.
_FEW_BITS = 64


def underflown(
    tape: Tape, stretches: Array, parameters: Mapping[str, float]
) -> tuple[Array, Array]:
    """Brackets of changes of sign where doubles underflow, and the signs at their ends.

    Args:
        tape: One formula.
        stretches: Where doubles show no sign of it, as rows (low, high).
        parameters: All inputs but x.

    Returns:
        Rows (low, high), rising, and as many rows of the signs, −1 or 1, at those places.
    """
    digits = Digits(_FEW_BITS)
    rows: list[tuple[float, float]] = []
    signs: list[tuple[int, int]] = []
    for low, high in stretches:
        last: tuple[float, int] | None = None
        for x in _points_of(low, high):
            bottom, top = digits.bounds(tape, digits.number(x), parameters)[0]
            sign = int(bottom > 0) - int(top < 0)
            if not sign:
                continue
            if last and last[1] != sign:
                rows.append((last[0], x))
                signs.append((last[1], sign))
            last = x, sign
    return np.array(rows).reshape(-1, 2), np.array(signs).reshape(-1, 2)


def _points_of(low: float, high: float) -> list[float]:
    """Points of a stretch: its ends, points between, and some beside 0 on both its sides."""
    near = [side * size for side in (-1, 1) for size in (1e-3, 0.1, 3.0, 100.0, 1e4)]
    between = [low + share * (high - low) for share in (0.0, 0.237, 0.481, 0.763, 1.0)]
    return sorted({*between, *(x for x in near if low < x < high)})


# Beyond it a formula is known by its limits alone.
FARTHEST = 1e16
# Odd numbers, so that the zeros of textbook formulas lie inside a stretch and not on its end.
_STEPS = (
    1e-8, 1e-4, 0.011, 0.13, 0.37, 0.71, 1.13, 1.61, 2.17, 2.83, 3.61, 4.7, 6.3, 9.1, 13.7, 21,
)  # fmt: skip
_FAR = (43, 107, 1.1e3, 1.3e4, 1.3e6, 1.7e10, FARTHEST)
_SPLIT = 0.4831
_MOST_ZEROS = 12
# The most stretches that are kept, and where there are more, the width that is told by the signs
# at its ends. With waves there are always more, the far ones.
_MOST = (6000, 1e-4)
_MOST_WITH_WAVES = (400, 1e-3)
_LEVELS = 60
# A stretch as narrow as this is told by the signs at its ends.
_NARROW = 2.0**-44
_NARROW_AT_ZERO = 1e-9
# As near to an end of the piece, a change of sign is that of the end.
_AT_END = 1e-13
# What underflow leaves of a sign does not count.
_TINY = 1e-290
_SAMPLES = 24


@dataclass(frozen=True, slots=True)
class Changes:
    """Where a formula changes its sign between two ends.

    Attributes:
        at: The places, rising, as doubles.
        exact: The same places to 32 digits.
        signs: −1, 0 or 1 before, between and behind them: one more than places. 0 where the
            formula is 0 all over the stretch.
        reach: What |x| was searched; infinite where the ends were reached, or :data:`FARTHEST`.
    """

    at: tuple[float, ...]
    exact: tuple[Any, ...]
    signs: tuple[int, ...]
    reach: float


def changes(
    tape: Tape, which: int, ends: tuple[float, float], parameters: Mapping[str, float]
) -> Changes:
    """The changes of sign of one output of a tape whose next output is its derivative.

    Args:
        tape: A smooth formula and its derivatives, in order.
        which: The output; the last one is searched without a derivative.
        ends: The open stretch of x; an end may be infinite.
        parameters: All inputs but x.
    """
    followed = tape.select(tuple(range(which, min(which + 2, len(tape.outputs)))))
    alone = tape.select((which,))
    low, high = max(ends[0], -FARTHEST), min(ends[1], FARTHEST)
    low, high = low + _AT_END * abs(low), high - _AT_END * abs(high)
    search = _Search(followed, parameters)
    brackets = search.brackets(low, high)
    reach = search.reach
    if reach < FARTHEST and not search.waves:
        # Without waves a formula keeps its sign from some point on, so a sample tells the rest.
        brackets = np.concatenate([brackets, _sampled(reach, low, high)])
        brackets, reach = brackets[np.argsort(brackets[:, 0], kind="stable")], np.inf
    values = np.sign(single(alone, brackets.reshape(-1), parameters)).reshape(-1, 2)
    hidden, signs_there = underflown(alone, search.hidden(), parameters)
    if len(hidden):
        brackets, values = np.concatenate([brackets, hidden]), np.concatenate([values, signs_there])
        order = np.argsort(brackets[:, 0], kind="stable")
        brackets, values = brackets[order], values[order]
    changed = values[:, 0] * values[:, 1] < 0
    brackets, values = brackets[changed], values[changed]
    if len(brackets) > _MOST_ZEROS:
        near = np.argsort(np.abs(brackets.sum(axis=1)), kind="stable")[:_MOST_ZEROS]
        brackets, values = brackets[np.sort(near)], values[np.sort(near)]
        reach = min(reach, float(np.abs(brackets).max()))
    exact = tuple(root(alone, float(a), float(b), parameters) for a, b in brackets)
    if exact:
        signs = (int(values[0, 0]), *map(int, values[:, 1]))
    else:
        stretch = max(low, -reach), min(high, reach)
        signs = (_sign(alone, stretch, parameters) or search.sign(*stretch),)
    return Changes(tuple(map(float, exact)), exact, signs, float(reach))


class _Search:
    """A search by halving: what it found and how far it came."""

    def __init__(self, tape: Tape, parameters: Mapping[str, float]) -> None:
        self.reach = np.inf
        self._tape = tape
        self._arithmetic = Doubles()
        self._parameters = parameters
        self._told: list[Array] = []
        self._hidden: list[Array] = []
        self.waves = any(step.kind in ("sin", "cos") for step in tape.steps)

    def brackets(self, low_end: float, high_end: float) -> Array:
        """Stretches that may hold one change of sign each, as rows (low, high)."""
        low, high = _first(low_end, high_end)
        most, width = _MOST_WITH_WAVES if self.waves else _MOST
        kept: list[Array] = []
        for _ in range(_LEVELS):
            kept.append(self._done(low, high))
            low, high = self._next
            if low.size > most:
                size = np.minimum(np.abs(low), np.abs(high))
                narrow = high - low <= width * np.maximum(1.0, size)
                kept.append(np.stack([low, high, narrow], axis=-1)[narrow])
                low, high, size = low[~narrow], high[~narrow], size[~narrow]
            if low.size > most:
                self.reach = min(self.reach, float(np.partition(size, most)[most]))
                low, high = low[size < self.reach], high[size < self.reach]
            if not low.size:
                break
        rows = np.concatenate([*kept, np.stack([low, high, np.zeros(low.shape)], axis=-1)])
        # What crosses the end of what was searched counts up to there.
        rows[:, :2] = np.clip(rows[:, :2], -self.reach, self.reach)
        rows = rows[rows[:, 0] < rows[:, 1]]
        return _joined(rows[np.argsort(rows[:, 0], kind="stable")])

    def _done(self, low: Array, high: Array) -> Array:
        """The stretches that may hold one change, as rows (low, high, whether it is only narrow).

        Those that may hold more are halved.
        """
        g, *slopes = self._bounds(low, high)
        for slope in slopes:
            g = self._narrowed(g, slope, low, high)
        above, below = g[0] >= -_TINY, g[1] <= _TINY
        tags = np.where(above, 1.0, 0.0) - np.where(below, 1.0, 0.0)
        self._told.append(np.stack([low, high, tags], axis=-1)[tags != 0])
        under = above & below & ((g[0] != 0) | (g[1] != 0))
        self._hidden.append(np.stack([low, high, np.ones(low.shape)], axis=-1)[under])
        one = np.zeros(low.shape, dtype=bool)
        for slope in slopes:
            one |= (slope[0] >= 0) | (slope[1] <= 0)
        size = np.minimum(np.abs(low), np.abs(high))
        narrow = high - low <= np.maximum(_NARROW_AT_ZERO, _NARROW * size)
        open_ = ~(above | below)
        again = open_ & ~one & ~narrow
        self._next = _halves(low[again], high[again])
        return np.stack([low, high, ~one], axis=-1)[open_ & (one | narrow)]

    def _bounds(self, low: Array, high: Array) -> list[tuple[Array, Array]]:
        return self._arithmetic.bounds(self._tape, (low, high), self._parameters)

    def _narrowed(
        self, g: tuple[Array, Array], slope: tuple[Array, Array], low: Array, high: Array
    ) -> tuple[Array, Array]:
        """The bounds, and those of the mean value theorem: what both allow."""
        middle = low + (high - low) / 2
        centre = self._bounds(middle, middle)[0]
        with np.errstate(all="ignore"):
            half = np.maximum(high - middle, middle - low) * (1 + 1e-15)
            away = half * np.maximum(np.abs(slope[0]), np.abs(slope[1])) * (1 + 1e-15)
            bottom, top = centre[0] - away, centre[1] + away
            spread = (np.abs(centre[0]) + np.abs(centre[1]) + away) * 1e-15
        return np.fmax(g[0], bottom - spread), np.fmin(g[1], top + spread)

    def hidden(self) -> Array:
        """The stretches on which doubles underflow and show no sign, neighbours joined."""
        rows = np.concatenate(self._hidden)
        return _joined(rows[np.argsort(rows[:, 0], kind="stable")])

    def sign(self, low: float, high: float) -> int:
        """The sign that an enclosure has shown somewhere between two places; 0 where none has."""
        told = np.concatenate(self._told)
        tags = told[(told[:, 1] > low) & (told[:, 0] < high), 2]
        return int(tags[0]) if tags.size and (tags == tags[0]).all() else 0


def _sampled(reach: float, low: float, high: float) -> Array:
    """The stretches between sampled points beyond what was searched."""
    far = np.geomspace(max(reach, 1e-6), FARTHEST, _SAMPLES)
    rows = [np.stack([far[:-1], far[1:]], axis=-1), np.stack([-far[1:], -far[:-1]], axis=-1)]
    inside = np.clip(np.concatenate(rows), low, high)
    return inside[inside[:, 0] < inside[:, 1]]


def _first(low: float, high: float) -> tuple[Array, Array]:
    steps = np.array([*_STEPS, *_FAR])
    marks = np.concatenate([-1.07 * steps[::-1], steps])
    inner = marks[(marks > low) & (marks < high)]
    edges = np.concatenate([[low], inner, [high]])
    return edges[:-1], edges[1:]


def _halves(low: Array, high: Array) -> tuple[Array, Array]:
    """Both parts of every stretch: cut by the logarithm where it spans more than a factor of 4."""
    with np.errstate(all="ignore"):
        ratio = np.where(low > 0, high / low, np.where(high < 0, low / high, 1.0))
        root = np.sqrt(np.abs(low)) * np.sqrt(np.abs(high)) * np.sign(low)
    middle = np.where((ratio > 4) & np.isfinite(ratio), root, low + _SPLIT * (high - low))
    return np.concatenate([low, middle]), np.concatenate([middle, high])


def _joined(rows: Array) -> Array:
    """Narrow neighbours as one: none of them alone says whether the sign changes."""
    joined: list[list[float]] = []
    for low, high, narrow in rows:
        if joined and narrow and joined[-1][2] and joined[-1][1] == low:
            joined[-1][1] = high
        else:
            joined.append([low, high, narrow])
    return np.array([row[:2] for row in joined]).reshape(-1, 2)


def _sign(tape: Tape, stretch: tuple[float, float], parameters: Mapping[str, float]) -> int:
    """The sign on a stretch without changes, at the first point that has one; 0 where none has."""
    values = single(tape, np.array(_inside(*stretch)), parameters)
    return int(next((np.sign(value) for value in values if value and value == value), 0))


def _inside(low: float, high: float) -> tuple[float, ...]:
    """Some points between two ends, near to what is nearest to 0."""
    if low <= -1 and high >= 1:
        return 0.371, -0.93, 0.87, -0.107
    near, far = (low, high) if abs(low) < abs(high) else (high, low)
    span = math.copysign(min(abs(far - near), 4 * max(1.0, abs(near))), far - near)
    return tuple(near + part * span for part in (0.183, 0.023, 0.797, 1e-4))
