"""Several runs over each other: the size of β, how far it has met, loss and accuracy.

Loss and accuracy by activation, with bands over the replicas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from swishdemo.figures.plotly import (
    DASHES,
    LEGEND,
    Figure,
    band,
    hue,
    line,
    log_ends,
    plain,
    start_colour,
)
from swishdemo.figures.series import Array, Picked, Series
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


_FOOT = 1e-4


def race_figure(
    series: Series,
    what: Literal["loss", "accuracy"],
    picked: Picked,
    labels: Mapping[str, str],
    language: Language = "en",
) -> Figure:
    """Training loss or test accuracy: mean and ± one sample deviation over replicas.

    A replica that has diverged counts for nothing from there on.

    Args:
        series: The run.
        what: Which of both.
        picked: Smoothing and axes.
        labels: The activations' names as they are shown.
        language: Of the labels.
    """
    values = series.loss if what == "loss" else series.accuracy
    log = what == "loss" and picked.log_loss
    known = np.isfinite(values).any(axis=0)
    steps, values = series.steps[known], values[:, known]
    if picked.log_steps:
        steps, values = steps[steps > 0], values[:, steps > 0]
    data: list[Figure] = []
    drawn = []
    for place, group in enumerate(series.groups):
        mean, deviation = _moments(values[group.rows])
        mean, deviation = (_smoothed(each, picked.smooth) for each in (mean, deviation))
        low = np.maximum(mean - deviation, _FOOT) if log else mean - deviation
        colour = hue(group.activation)
        data += band(steps, low, mean + deviation, colour)
        label = plain(labels.get(group.activation, group.activation))
        data.append(line(steps, mean, colour, label, DASHES[place % len(DASHES)], "%{y:.3f}"))
        drawn.append(mean)
    means = np.concatenate(drawn) if drawn else values.ravel()
    axis = (
        {"type": "log", "range": log_ends(means, 1e-3, 2.5)}
        if log
        else ({} if what == "loss" else _accuracy_axis(series, steps, values))
    )
    first = float(steps[0]) if len(steps) else 1.0
    across: Figure = {"range": [0, series.last]}
    if picked.log_steps:
        across = {
            "type": "log",
            "range": [float(np.log10(max(1.0, first))), float(np.log10(max(2, series.last)))],
        }
    return {
        "data": data,
        "layout": {
            "xaxis": across | {"title": text("run.axis_step", language)},
            "yaxis": axis,
            **LEGEND,
            "hovermode": "x unified",
            "uirevision": f"{what}-{log}-{picked.log_steps}-{series.last}",
        },
    }


def _moments(values: Array) -> tuple[Array, Array]:
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    square = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0) / np.maximum(count - 1, 1)
    mean[~known.any(axis=0)] = np.nan
    return mean, np.sqrt(square)


def _smoothed(values: Array, weight: float) -> Array:
    """An exponential mean, as TensorBoard has it: corrected for its start."""
    if not weight:
        return values
    out = np.empty_like(values)
    total = norm = 0.0
    for place, value in enumerate(values):
        if np.isfinite(value):
            total, norm = weight * total + value, weight * norm + 1.0
        out[place] = total / norm if norm else np.nan
    return out


def _accuracy_axis(series: Series, steps: Array, values: Array) -> Figure:
    """From a little below what is reached after a tenth of the run: the rise itself says little."""
    late = values[:, steps >= 0.1 * series.last]
    shown = late[np.isfinite(late)] if late.size else values[np.isfinite(values)]
    low = max(0.0, float(shown.min(initial=0.95)) - 0.03)
    return {"range": [low, 1.005], "tickformat": ".2f"}
