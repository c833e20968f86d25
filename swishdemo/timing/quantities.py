"""Times, sizes and bytes as a reader reads them."""

from __future__ import annotations

import numpy as np

from swishdemo.text import Language, text
from swishdemo.timing.measurement import Measurement

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW_SPACE = "\u202f"


def seconds_of(measurement: Measurement) -> float:
    """The median of a measurement that holds a time, in seconds."""
    median = measurement.median_seconds
    assert median is not None
    return median


def quartiles(measurement: Measurement) -> tuple[float, float]:
    """The first and third quartile of the blocks of a timed measurement, in seconds."""
    low, high = np.percentile(measurement.block_seconds, (25, 75))
    return float(low), float(high)


def size_label(elements: int) -> str:
    """A number of elements as a reader reads it: ``2²⁰``, or ``131 072`` where it is no power."""
    if elements > 1 and elements & (elements - 1) == 0:
        return "2" + str(elements.bit_length() - 1).translate(_SUPERSCRIPTS)
    return f"{elements:,}".replace(",", _NARROW_SPACE)


def place_of(measurement: Measurement, language: Language = "en") -> str:
    """What was measured at: ``2²⁰ elements``, or the network that a step was of."""
    if measurement.network is not None:
        context = text(f"time.ui.context.{measurement.context}", language)
        return f"{context} {text(f'time.ui.network.{measurement.network}', language)}"
    count = size_label(measurement.elements)
    return text("time.ui.note_elements", language, count=count)


def duration(seconds: float) -> str:
    """A time with three digits and a unit, such as ``1.06 ms``."""
    size, unit = _unit(seconds)
    return f"{figures(seconds / size)} {unit}"


def duration_with_spread(seconds: float, spread: float | None) -> str:
    """A time and what it varies by, both in one unit, such as ``1.06 ± 0.08 ms``."""
    if spread is None:
        return duration(seconds)
    size, unit = _unit(seconds)
    return f"{figures(seconds / size)} ± {figures(spread / size)} {unit}"


def _unit(seconds: float) -> tuple[float, str]:
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    return next(((size, unit) for size, unit in units if seconds >= size), (1e-9, "ns"))


def byte_size(count: float) -> str:
    """A number of bytes such as ``48 KiB``."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 2**power:
            value = count / 2**power
            return f"{value:.3g} {unit}"
    return f"{count:.0f} B"


def figures(value: float) -> str:
    """Three digits or so: ``0.72``, ``4.42``, ``28.3``, ``1 057``."""
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{digits}f}".replace(",", _NARROW_SPACE)
