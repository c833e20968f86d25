"""The table of a timing: every figure beside its unit, the fastest implementation first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from swishdemo.figures.timing import colour_of
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.quantities import byte_size, figures, quartiles, seconds_of

_NONE = "–"


def table(
    here: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str,
    language: Language,
    *,
    ended: bool,
) -> dict[str, Any]:
    """Heads (with their tooltips) and rows of the table, the fastest first.

    Intervals of ratios are computed once a timing has ended, for they take a while.
    """
    timed = {m.variant: m for m in here if m.is_timed}
    rows = [timed[name] for name in variants if name in timed]
    if ended:
        rows.sort(key=seconds_of)
    base = timed.get(baseline)
    names = ["variant", "ratio", "median", "rate", "limit", "saved", "error", "repeats"]
    label = REGISTRY.get(baseline).label(language)
    return {
        "heads": [
            [
                text(f"time.ui.col_{name}", language, baseline=label),
                "" if name == "variant" else text(f"time.ui.tip_{name}", language),
            ]
            for name in names
        ],
        "rows": [
            {
                "variant": m.variant,
                "note": REGISTRY.get(m.variant).note(language),
                "colour": colour_of(m.variant),
                "cells": _cells(m, base, language, ended),
            }
            for m in rows
        ],
    }


def _cells(m: Measurement, base: Measurement | None, language: Language, ended: bool) -> list[str]:
    median = seconds_of(m)
    low, high = quartiles(m)
    quotient = _NONE
    if base is not None:
        quotient = f"{median / seconds_of(base):.2f}"
        if ended and base is not m and m.repeats > 1 and base.repeats > 1:
            interval = m.ratio(base)
            quotient += f" ({interval.low:.2f}–{interval.high:.2f})"
    rate = limit = _NONE
    if m.bytes_per_second is not None:
        rate = figures(m.bytes_per_second / 1e9)
        if m.copy_limit_seconds:
            limit = f"{m.copy_limit_seconds / median * 100:.0f} %"
    return [
        REGISTRY.get(m.variant).label(language),
        quotient,
        f"{figures(median * 1e6)} µs" + (f" ± {figures((high - low) / 2e-6)}" if ended else ""),
        rate,
        limit,
        _saved(m, language),
        _NONE if m.max_error is None else _error(m.max_error),
        str(m.repeats),
    ]


def _saved(m: Measurement, language: Language) -> str:
    if m.saved_bytes is None:
        return _NONE
    if m.context != "kernel":  # a layer's own input, or a network's, is among it
        return byte_size(m.saved_bytes)
    return text("time.ui.unit_saved", language, count=f"{m.saved_bytes_per_element:.3g}")


def _error(error: float) -> str:
    return f"{error:.1e}".replace("-", "−") if error else "0"
