"""Draws what trained better: several runs, the activations of a run, the values of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from swishdemo.figures.plotly import (
    LEGEND,
    Figure,
    band,
    dash_at,
    hue,
    line,
    log_ends,
    note,
    over_steps,
    plain,
    rows_axis,
    start_colour,
)
from swishdemo.figures.series import Array, Picked, Series, mean, most
from swishdemo.text import Language, text
from swishdemo.training.in_words import activation_label, told
from swishdemo.training.sweep import axis_of
from swishdemo.training.sweep_results import Effect, Level, LevelAccuracy

_FOOT = 1e-4
"""Where a line ends that would reach 0 on a logarithmic axis."""
_ROW_PIXELS, _TOP_PIXELS, _BOTTOM_PIXELS = 27, 30, 40
_LEAST_ROW_PIXELS, _MOST_PIXELS = 15, 600
_LONGEST_NAME = 26
_NOTE = 0.3
"""The room of the words at the right, a share of what the marks take."""
_APART = 0.56
"""The room that the marks of one row take, a share of the row."""


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
        data = [
            line(
                steps,
                each,
                start_colour(place, len(lines)),
                plain(name),
                dash_at(place),
                "%{y:.3f}",
            )
            for place, (name, steps, each) in enumerate(lines)
        ]
        drawn[what] = over_steps(last, data, axis, language, **LEGEND | {"uirevision": "compare"})
    return drawn


def _own(series: Series, values: Array) -> Array:
    """The mean over the replicas of the run's own activation."""
    return mean(values[series.groups[0].rows], 0)


def _size(series: Series) -> Array:
    """The mean of |β| over layers, starts and seeds; NaN where it does not move."""
    if not series.moves:
        return np.full(len(series.steps), np.nan)
    return mean(np.abs(series.beta).reshape(-1, len(series.steps)), 0)


def _farthest(series: Series) -> Array:
    """The layer in which the starts are farthest apart; NaN where β does not move."""
    if not len(series.convergence) or not series.moves:
        return np.full(len(series.steps), np.nan)
    return np.maximum(most(series.convergence, 0), _FOOT)


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
        replicas = np.ma.masked_invalid(values[group.rows])
        middle = _smoothed(replicas.mean(0).filled(np.nan), picked.smooth)
        # Of one replica there is none.
        deviation = _smoothed(replicas.std(0, ddof=1).filled(0.0), picked.smooth)
        low = middle - deviation
        low = np.maximum(low, _FOOT) if log else low
        colour = hue(group.activation)
        data += band(steps, low, middle + deviation, colour)
        label = plain(labels.get(group.activation, group.activation))
        data.append(line(steps, middle, colour, label, dash_at(place), "%{y:.3f}"))
        drawn.append(middle)
    means = np.concatenate(drawn) if drawn else values.ravel()
    axis = (
        {"type": "log", "range": log_ends(means, 1e-3, 2.5)}
        if log
        else ({} if what == "loss" else _accuracy_axis(series, steps, values))
    )
    first = float(steps[0]) if len(steps) else 1.0
    figure = over_steps(series.last, data, axis, language, **LEGEND)
    figure["layout"]["uirevision"] = f"{what}-{log}-{picked.log_steps}-{series.last}"
    if picked.log_steps:
        ends = max(1.0, first), max(2, series.last)
        across = {"type": "log", "range": [float(np.log10(end)) for end in ends]}
        figure["layout"]["xaxis"] |= across
    return figure


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


def effects_figure(
    sweep: Mapping[str, Any], effects: Sequence[Effect], language: Language = "en"
) -> Figure:
    """A row for each value, those of one field under its name, the largest effect first.

    A mark is the mean over all networks there, its bar ± one sample deviation. Networks that have
    diverged have no accuracy; their number stands at the right. Of a field of which one value alone
    has been tried nothing is drawn, where another has more.

    Args:
        sweep: The JSON of a `swishdemo.training.sweep.SweepRequest`.
        effects: Those of its fields.
        language: Of the labels.
    """
    effects = [effect for effect in effects if len(effect.levels) > 1] or effects[:1]
    rows: list[tuple[str, Level | None]] = []
    for effect in effects:
        fields = " + ".join(text(f"train.field.{name}.label", language) for name in effect.fields)
        rows.append((f"<b>{plain(_cut(fields))}</b>", None))
        rows += [(_level_name(effect, level, language), level) for level in effect.levels]
    shown = [level for effect in effects for level in effect.levels]
    names = dict.fromkeys(each.activation for level in shown for each in level.activations)
    places = {name: place for place, name in enumerate(names)}
    steps = _APART / max(1, len(places))
    row_pixels = max(_LEAST_ROW_PIXELS, min(_ROW_PIXELS, _MOST_PIXELS / max(1, len(rows))))
    varied = any("activation" in axis_of(axis) for axis in sweep["grid"])
    data = [
        _marks(
            [
                (row + steps * (place - (len(places) - 1) / 2), words, found)
                for row, (words, level) in enumerate(rows)
                if level and (found := _of(level, name)) and found.accuracy["mean"] is not None
            ],
            _name(sweep, name, varied, language),
            "@accent" if name is None and varied else hue(name or sweep["base"]["activation"]),
        )
        for name, place in places.items()
    ]
    return {
        "data": data,
        "layout": LEGEND
        | {
            "height": _TOP_PIXELS + round(row_pixels * max(1, len(rows))) + _BOTTOM_PIXELS,
            "margin": {"l": 12, "r": 12, "t": _TOP_PIXELS, "b": _BOTTOM_PIXELS},
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                "title": text("sweep.axis", language),
                "range": _extent(shown),
                "fixedrange": True,
            },
            "yaxis": rows_axis(
                [plain(_cut(words)) if level else words for words, level in rows], automargin=True
            ),
            "annotations": [
                _lost(row, level)
                for row, (_, level) in enumerate(rows)
                if level and any(each.diverged for each in level.activations)
            ],
            "uirevision": "effects",
        },
    }


def _extent(levels: Sequence[Level]) -> list[float]:
    """All means with their bars; and room for what stands at the right, where something does."""
    marks = [each for level in levels for each in level.activations]
    known = [each.accuracy for each in marks if each.accuracy["mean"] is not None]
    ends = [
        (each["mean"] or 0.0) + side * (each["deviation"] or 0.0)
        for each in known
        for side in (-1, 1)
    ]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = max(high - low, 0.02)
    lost = any(each.diverged for each in marks)
    return [low - 0.05 * room, high + (_NOTE if lost else 0.05) * room]


def _level_name(effect: Effect, level: Level, language: Language) -> str:
    values = zip(level.values, effect.fields, strict=True)
    return " + ".join(told(value, name, language) for value, name in values)


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1] + "…"


def _name(sweep: Mapping[str, Any], rival: str | None, varied: bool, language: Language) -> str:
    if rival is None and varied:
        return text("sweep.own", language)
    return plain(activation_label(rival or sweep["base"]["activation"]))


def _of(level: Level, activation: str | None) -> LevelAccuracy | None:
    return next((each for each in level.activations if each.activation == activation), None)


def _marks(found: Sequence[tuple[float, str, LevelAccuracy]], name: str, colour: str) -> Figure:
    means = [each.accuracy["mean"] for *_, each in found]
    spreads = [each.accuracy["deviation"] or 0.0 for *_, each in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": means,
        "y": [place for place, *_ in found],
        "marker": {"size": 9, "color": colour},
        "error_x": {
            "type": "data",
            "array": spreads,
            "color": colour,
            "thickness": 1.6,
            "width": 0,
        },
        "customdata": [[plain(words), each.replicas - each.diverged] for _, words, each in found],
        "hovertemplate": f"%{{customdata[0]}}<br>{name}: %{{x:.3f}} ± %{{error_x.array:.3f}}, "
        "n = %{customdata[1]}<extra></extra>",
    }  # fmt: skip


def _lost(row: int, level: Level) -> Figure:
    count = sum(each.diverged for each in level.activations)
    words = f"× {count}/{sum(each.replicas for each in level.activations)}"
    place = {"xref": "paper", "x": 1, "xanchor": "right", "y": row, "bgcolor": "@panel"}
    return note(words, "@bad", 11.5, **place)
