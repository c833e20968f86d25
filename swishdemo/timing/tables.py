"""One setting's figures as words in rows: what every table of measurements shows.

A table chooses its columns by name; what stands in a cell is written here alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from swishdemo.text import Language, text
from swishdemo.timing.measurement import Measurement
from swishdemo.timing.quantities import (
    byte_size,
    duration,
    duration_with_spread,
    figures,
    quartiles,
    seconds_of,
)
from swishdemo.timing.variants import REGISTRY

NONE = "–"
"""Stands where there is no figure."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in words.

    Attributes:
        variants: The variant of each row.
        heads: A head for each column.
        rows: As many cells as heads, a row each.
    """

    variants: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grid(
    cell: Sequence[Measurement],
    baseline: str,
    columns: Sequence[str],
    language: Language = "en",
) -> Grid:
    """The figures of one setting, the fastest first.

    Args:
        cell: Timed measurements that can be compared with one another.
        baseline: The variant that counts as 1; where it has no time there are no ratios.
        columns: Names of columns, in order: ``variant ratio median spread iqr rate limit saved
            peak part_forward part_backward part_update error repeats prepared``. One in which no
            row has a figure is left out.
        language: Of the words.
    """
    ranked = sorted(cell, key=seconds_of)
    base = next((m for m in ranked if m.variant == baseline), None)
    label = label_of(base, language) if base else baseline
    written = {name: [_written(name, m, base, language) for m in ranked] for name in columns}
    kept = [name for name in columns if any(words != NONE for words in written[name])]
    return Grid(
        tuple(m.variant for m in ranked),
        tuple(text(f"timed.report.{name}", language, baseline=label) for name in kept),
        tuple(zip(*(written[name] for name in kept), strict=True)),
    )


def label_of(m: Measurement, language: Language = "en") -> str:
    """A variant's name for a reader; one that another host alone knows goes by its own."""
    return REGISTRY.get(m.variant).label(language) if REGISTRY.knows(m.variant) else m.variant


def ratio_words(m: Measurement, base: Measurement | None, *, interval: bool = True) -> str:
    """How many times as long as ``base`` it takes, such as ``1.51 (1.43–1.67)``.

    Args:
        m: A timed measurement.
        base: The one that counts as 1; None where it has no time.
        interval: Whether the 95 % interval is computed, which takes a while.
    """
    if base is None:
        return NONE
    if base is m or not interval:
        return f"{seconds_of(m) / seconds_of(base):.2f}"
    found = m.ratio(base)
    if not found.has_interval:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def rate_words(m: Measurement) -> str:
    """Gigabytes that move each second, at the least."""
    return NONE if m.bytes_per_second is None else figures(m.bytes_per_second / 1e9)


def limit_words(m: Measurement) -> str:
    """The share of the memory limit's speed that it reaches."""
    if m.bytes_per_second is None or not m.copy_limit_seconds:
        return NONE
    return f"{m.copy_limit_seconds / seconds_of(m) * 100:.0f} %"


def prepared_words(m: Measurement) -> str:
    """How long it was built and compiled, and checked, before it was timed: `31 s + 0.4 s`.

    The sum alone where the two are not known apart.
    """
    if m.preparation_seconds is None:
        return NONE
    if m.build_seconds is None:
        return duration(m.preparation_seconds)
    rest = max(0.0, m.preparation_seconds - m.build_seconds)
    return f"{duration(m.build_seconds)} + {duration(rest)}"


def _spread(m: Measurement) -> str:
    low, high = quartiles(m)
    half = (high - low) / 2 if m.repeats > 1 else None
    return duration_with_spread(seconds_of(m), half)


def _quartiles(m: Measurement) -> str:
    if m.repeats < 2:
        return NONE
    return " – ".join(map(duration, quartiles(m)))


def _error(error: float | None) -> str:
    if error is None:
        return NONE
    return f"{error:.1e}" if error else "0"


def _bytes(count: int | None) -> str:
    return NONE if count is None else byte_size(count)


_CELLS: Mapping[str, Callable[[Measurement], str]] = {
    "median": lambda m: duration(seconds_of(m)),
    "spread": _spread,
    "iqr": _quartiles,
    "rate": rate_words,
    "limit": limit_words,
    "saved": lambda m: _bytes(m.saved_bytes),
    "peak": lambda m: _bytes(m.peak_bytes),
    "error": lambda m: _error(m.max_error),
    "repeats": lambda m: str(m.repeats),
    "prepared": prepared_words,
}


def _written(name: str, m: Measurement, base: Measurement | None, language: Language) -> str:
    if name == "variant":
        return label_of(m, language)
    if name == "ratio":
        return ratio_words(m, base)
    part = name.removeprefix("part_")
    if part != name:
        return duration(m.part_seconds[part]) if m.part_seconds else NONE
    return _CELLS[name](m)
