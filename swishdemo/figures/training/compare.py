"""Several runs over each other: the size of β, how far it has met, loss and accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swishdemo.figures.labels import plain
from swishdemo.figures.series import Array, Series
from swishdemo.figures.training.parts import DASHES, LEGEND, Figure, line, log_ends, start_colour
from swishdemo.text import Language, text


def compare_figures(
    runs: Sequence[tuple[str, Series]], language: Language = "en"
) -> dict[str, Figure]:
    """``loss``, ``accuracy`` and, where a run has β, ``size`` and ``convergence``: a line a run.

    Args:
        runs: Their names and reports.
        language: Of the labels.
    """
    found = {
        "size": [(name, series.steps, _size(series)) for name, series in runs],
        "loss": [(name, series.steps, _own(series, series.loss)) for name, series in runs],
        "accuracy": [(name, series.steps, _own(series, series.accuracy)) for name, series in runs],
        "convergence": [(name, series.steps, _farthest(series)) for name, series in runs],
    }
    last = max(series.last for _, series in runs)
    drawn: dict[str, Figure] = {}
    for what, lines in found.items():
        values = np.concatenate([each for _, _, each in lines])
        if not np.isfinite(values).any():
            continue
        axis: Figure = {"tickformat": ".2f"} if what == "accuracy" else {"type": "log"}
        if what != "accuracy":
            axis["range"] = log_ends(values, 1e-3, 1.0)
        drawn[what] = {
            "data": [
                line(
                    steps,
                    each,
                    start_colour(place, len(lines)),
                    plain(name),
                    DASHES[place % len(DASHES)],
                    "%{y:.3f}",
                )
                for place, (name, steps, each) in enumerate(lines)
            ],
            "layout": LEGEND
            | {
                "xaxis": {"range": [0, last], "title": text("run.axis_step", language)},
                "yaxis": axis,
                "hovermode": "x unified",
                "uirevision": "compare",
            },
        }
    return drawn


def _own(series: Series, values: Array) -> Array:
    """The mean over the replicas of the run's own activation."""
    return _mean(values[series.groups[0].rows])


def _size(series: Series) -> Array:
    """The mean of |β| over layers, starts and seeds; NaN where it does not move."""
    if not series.moves:
        return np.full(len(series.steps), np.nan)
    return _mean(np.abs(series.beta).reshape(-1, len(series.steps)))


def _mean(rows: Array) -> Array:
    """By report; those that have diverged left out."""
    known = np.isfinite(rows)
    return np.where(
        known.any(0), np.where(known, rows, 0.0).sum(0) / np.maximum(known.sum(0), 1), np.nan
    )


def _farthest(series: Series) -> Array:
    """The layer in which the starts are farthest apart; NaN where β does not move."""
    convergence = series.convergence
    if not len(convergence) or not series.moves:
        return np.full(len(series.steps), np.nan)
    known = np.where(np.isfinite(convergence), convergence, -np.inf).max(0)
    return np.where(np.isfinite(known), np.maximum(known, 1e-4), np.nan)
