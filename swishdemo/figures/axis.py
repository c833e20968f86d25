"""Places values on an axis of a figure: where each lies in pixels, its ticks and their words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from swishdemo.claims.record import typeset
from swishdemo.figures.series import Json

_LARGEST = 1e300
_NARROWEST = 1e-290
"""An axis narrower than this is widened: beside it, steps between its figures would be 0."""
_LIMIT = 9999.0
"""Pixels beyond which a line is not followed: what lies there is cut off."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to pixels.

    Attributes:
        low: The value at ``first``: the power of ten on a logarithmic axis, a category's number.
        high: That at ``last``.
        first: Pixels at its beginning.
        last: Pixels at its end.
        log: Whether it is logarithmic.
        names: Of a category axis; else empty.
    """

    low: float
    high: float
    first: float
    last: float
    log: bool
    names: tuple[str, ...]

    def place(self, value: Any) -> float | None:
        """Where a value lies; None where it has no place."""
        if self.names:
            value = self.names.index(str(value)) if str(value) in self.names else None
        elif self.log:
            value = math.log10(value) if value is not None and value > 0 else None
        return None if value is None or not math.isfinite(value) else self.at(float(value))

    def at(self, unit: float) -> float:
        """Where a power of ten, or a plain value, lies."""
        pixels = self.first + (unit - self.low) / (self.high - self.low) * (self.last - self.first)
        return max(-_LIMIT, min(_LIMIT, pixels))

    def ticks(self, told: Json, most: int) -> list[tuple[float, str]]:
        """Pixels and words of its figures, at most about ``most``."""
        if self.names:
            return [(self.at(number), name) for number, name in enumerate(self.names)]
        values = told.get("tickvals")
        if values is None:
            values = self._decades(most) if self.log else self._even(most)
            values = [*values, *told.get("marked", ())]
        words = told.get("ticktext") or [_figure(value, told.get("tickformat")) for value in values]
        found = [(self.place(value), str(word)) for value, word in zip(values, words, strict=False)]
        low, high = sorted((self.first, self.last))
        return [
            (place, word)
            for place, word in found
            if place is not None and low - 0.5 <= place <= high + 0.5
        ]

    def _even(self, most: int) -> list[float]:
        span = abs(self.high - self.low)
        step: float = 10.0 ** math.floor(math.log10(span / most))
        step *= next(many for many in (1, 2, 5, 10) if span / (many * step) <= most)
        low, high = sorted((self.low, self.high))
        first = math.ceil(low / step - 1e-9)
        count = math.floor(high / step + 1e-9) - first
        return [float(f"{(first + each) * step:.10g}") for each in range(count + 1)]

    def _decades(self, most: int) -> list[float]:
        low, high = (max(-307.0, min(307.0, end)) for end in sorted((self.low, self.high)))
        if high - low < 1.8:
            powers = range(math.floor(low), math.ceil(high) + 1)
            return [many * 10.0**power for power in powers for many in (1, 2, 5)]
        every = math.ceil((high - low) / most)
        first = math.ceil(low / every - 1e-9) * every
        return [10.0**power for power in range(first, math.floor(high + 1e-9) + 1, every)]


def _figure(value: float, form: str | None) -> str:
    if form:
        with suppress(ValueError):
            return typeset(format(value, form.removeprefix("~")))
    words = typeset(f"{value:.6g}")
    return words.removeprefix("1·") if value < 1e-4 else words


def axis_of(told: Json, values: Iterator[Any], first: float, last: float) -> Axis:
    """An axis as it is told, or as wide as its values are."""
    if told.get("type") == "category":
        names = tuple(dict.fromkeys(map(str, values)))
        ends = -0.5, len(names) - 0.5
        low, high = reversed(ends) if told.get("autorange") == "reversed" else ends
        return Axis(low, high, first, last, False, names or ("",))
    log = told.get("type") == "log"
    if told.get("range"):
        low, high = map(float, told["range"])
    else:
        known = [float(each) for each in values if each is not None and abs(each) < _LARGEST]
        known = [math.log10(each) for each in known if each > 0] if log else known
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        room = 0.06 * (high - low) or 0.5
        low, high = low - room, high + room
    if abs(high - low) <= max(_NARROWEST, 1e-9 * abs(low), 1e-9 * abs(high)):
        half = max(0.5, 1e-3 * abs(low))
        low, high = low - half, high + half
    return Axis(low, high, first, last, log, ())
