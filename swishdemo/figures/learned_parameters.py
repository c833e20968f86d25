"""What becomes of β: over the steps, how far the starts have met, where it ends, what stays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from swishdemo.figures.plotly import (
    DASHES,
    LEGEND,
    Figure,
    band,
    hue,
    level,
    line,
    log_ends,
    note,
    numbers,
    over_steps,
    plain,
    start_colour,
    strip,
)
from swishdemo.figures.series import Array, Picked, Series, least, mean, most
from swishdemo.text import Language, text
from swishdemo.training.summary import ARTICLE_BAND, CONVERGED_BELOW

PAPER_BAND = (0.0, 1.5)
"""Where figure 7 of arXiv 1710.05941 shows the trained β of Mobile NASNet-A."""
_BINS = 24
_LEAST = 1e-4
"""A smaller C is drawn there."""
_MOST_NAMED = 6
"""Layers that a legend has room for."""


def beta_figure(series: Series, picked: Picked, language: Language = "en") -> Figure:
    """β of one layer over the steps: a line a start (mean over seeds), a band from least to most.

    Args:
        series: The run.
        picked: The layer, the seed, and whether |β|, β or β_eff is drawn.
        language: Of the labels.
    """
    values = series.beta_effective if picked.quantity == "effective" else series.beta
    values = _of_seed(values[min(picked.layer, len(values) - 1)], picked)
    if picked.quantity != "signed":
        values = np.abs(values)
    means = mean(values, 1)
    signed = picked.quantity == "signed"
    starts = np.array([np.nan if start is None else start for start in series.starts])
    first = starts if picked.quantity != "effective" else means[:, 0]
    low, high = _ends(means, first) if signed else _log_ends(means, np.abs(first))
    symbol = {"size": "|β|", "signed": "β", "effective": "β_eff"}[picked.quantity]
    data: list[Figure] = []
    notes: list[Figure] = []
    for place, start in enumerate(series.starts):
        colour = start_colour(place, len(series.starts))
        low_line, high_line = least(values[place], 0), most(values[place], 0)
        # A band that would reach 0 starts at the foot of the logarithmic axis.
        if values.shape[1] > 1:
            data += band(
                series.steps, np.maximum(low_line, low), np.maximum(high_line, low), colour
            )
        name = _start_name(series, start)
        shown = means[place] if signed else np.maximum(means[place], low)
        data.append(line(series.steps, shown, colour, name, digits=f"{symbol} = %{{y:.3f}}"))
        height = float(first[place]) if np.isfinite(first[place]) else low
        height = height if signed else float(np.log10(max(abs(height), low)))
        notes.append(_words_at(0.005, height, name, colour, "left"))
    axis: Figure = {"range": [low, high]}
    if not signed:
        axis = {
            "type": "log",
            "range": [float(np.log10(low)), float(np.log10(high))],
            "marked": list(ARTICLE_BAND),
        }
    bands = [] if picked.quantity == "effective" else _bands(low)
    return over_steps(
        series.last, data, axis, language, shapes=bands, annotations=notes, margin={"l": 36}
    )


def _start_name(series: Series, start: float | None) -> str:
    """The β₀ of a line, or its β where that is fixed; empty without any."""
    return "" if start is None else f"{'β₀' if series.moves else 'β'} = {start:g}"


def own_figure(
    series: Series, picked: Picked, labels: Mapping[str, str], language: Language = "en"
) -> Figure:
    """The other learned parameters of one layer's activations: mean and range over replicas."""
    data: list[Figure] = []
    traces = [report.get("parameters") or () for report in series.reports]
    for place, trace in enumerate(traces[-1] if traces else ()):
        layer = min(picked.layer, len(trace["values"]) - 1)
        rows = [one[place]["values"][layer] if place < len(one) else [] for one in traces]
        if not any(rows):
            continue
        width = max(map(len, rows))
        values = np.array([row or [None] * width for row in rows], dtype=np.float64).T
        colour, dash = hue(trace["activation"]), DASHES[place % len(DASHES)]
        name = plain(f"{labels.get(trace['activation'], trace['activation'])} {trace['parameter']}")
        data += band(series.steps, least(values, 0), most(values, 0), colour)
        data.append(line(series.steps, mean(values, 0), colour, name, dash, digits="%{y:.3f}"))
    return over_steps(series.last, data, {}, language, **LEGEND)


_OF_LAYERS = ("@accent", "@band2", "@text", "@b0", "@b3", "@b4")


def _layer_colour(layer: int) -> str:
    """The same in every plot that has a colour for each layer."""
    return _OF_LAYERS[layer % len(_OF_LAYERS)]


def convergence_figure(series: Series, language: Language = "en") -> Figure:
    """C(t) of each layer: how far apart the starts still are, 1 at step 0."""
    data = [
        line(
            series.steps,
            np.maximum(values, _LEAST),
            _layer_colour(place),
            text("run.layer", language, number=place + 1),
            DASHES[place % len(DASHES)],
            "C = %{y:.3f}",
        )
        for place, values in enumerate(series.convergence)
    ]
    below = text("run.converged_below", language, limit=CONVERGED_BELOW)
    seen = np.append(series.convergence, [0.5 * CONVERGED_BELOW, 1.0])
    axis = {"type": "log", "range": log_ends(seen, _LEAST, 1.0), "marked": [CONVERGED_BELOW]}
    mark = _words_at(0.995, float(np.log10(CONVERGED_BELOW)), below, "@ok", "right")
    return over_steps(
        series.last,
        data,
        axis,
        language,
        shapes=[level(CONVERGED_BELOW, "@ok")],
        annotations=[mark],
        **(LEGEND if 1 < len(data) <= _MOST_NAMED else {}),
    )


def ends_figure(series: Series, language: Language = "en") -> Figure:
    """|β| of all layers and replicas as the last report has it, in bins, beside both bands."""
    last = np.abs(series.beta[..., -1])
    shown = last[np.isfinite(last)]
    high = max(2.0, float(np.quantile(shown, 0.95)) * 1.25) if shown.size else 2.0
    edges = np.linspace(0.0, high, _BINS + 1)
    data: list[Figure] = []
    for layer, values in enumerate(last):
        # What lies beyond is counted in the last bin.
        counts, _ = np.histogram(np.minimum(values[np.isfinite(values)], high), edges)
        data.append(
            {
                "type": "bar",
                "x": numbers((edges[:-1] + edges[1:]) / 2),
                "y": counts.tolist(),
                "name": text("run.layer", language, number=layer + 1),
                "marker": {"color": _layer_colour(layer), "line": {"width": 0}},
                "hovertemplate": "|β| ≈ %{x:.2f}: %{y}",
            }
        )
    return {
        "data": data,
        "layout": {
            "barmode": "stack",
            "bargap": 0.06,
            "xaxis": {"range": [0, high], "title": "|β|"},
            "yaxis": {"title": text("run.axis_networks", language), "rangemode": "tozero"},
            "shapes": [
                strip(*PAPER_BAND, "@band2/0.07", across="y"),
                strip(*ARTICLE_BAND, "@band/0.16", across="y"),
            ],
            **(LEGEND if 1 < len(last) <= _MOST_NAMED else {}),
            "uirevision": "ends",
        },
    }


def conserved_figure(series: Series, picked: Picked, language: Language = "en") -> Figure:
    """What gradient flow conserves, in one layer: a line a start, its seed or mean over seeds."""
    steps, values = series.history("conserved")
    data: list[Figure] = []
    if len(values):
        own = series.groups[0].rows
        layer = values[min(picked.layer, len(values) - 1), own]
        by_start = _of_seed(layer.reshape(len(series.starts), -1, len(steps)), picked)
        for place, start in enumerate(series.starts):
            colour = start_colour(place, len(series.starts))
            name = _start_name(series, start) or "Q"
            values_of = mean(by_start[place], 0)
            data.append(line(steps, values_of, colour, name, digits="Q = %{y:.4g}"))
    return over_steps(series.last, data, {}, language)


def _words_at(x: float, y: float, words: str, colour: str, side: str) -> Figure:
    """Words in the plot, x from 0 to 1 across it."""
    place: Figure = {"xref": "paper", "x": x, "xanchor": side, "y": y, "yanchor": "bottom"}
    return note(words, colour, 11.5, bgcolor="@panel/0.6", **place)


def _of_seed(values: Array, picked: Picked) -> Array:
    """Of shape (starts, seeds, reports), the seed alone that is picked; all where none is."""
    if not picked.seed:
        return values
    seed = min(picked.seed, values.shape[1])
    return values[:, seed - 1 : seed]


def _bands(low: float) -> list[Figure]:
    return [
        strip(max(PAPER_BAND[0], low), PAPER_BAND[1], "@band2/0.07"),
        strip(*ARTICLE_BAND, "@band/0.16"),
    ]


def _ends(means: Array, starts: Array) -> tuple[float, float]:
    shown = np.concatenate([means[np.isfinite(means)], starts[np.isfinite(starts)]])
    low, high = float(shown.min(initial=0.0)), float(shown.max(initial=1.5))
    return low - 0.08 * (high - low), high + 0.08 * (high - low)


def _log_ends(means: Array, starts: Array) -> tuple[float, float]:
    """The ends of the axis of |β|: the starts and the mean lines fit, a stray seed need not."""
    shown = np.concatenate([means[np.isfinite(means)], starts[np.isfinite(starts)]])
    shown = shown[shown > 0]
    return max(0.02, 0.6 * float(shown.min(initial=1.0))), 1.5 * float(shown.max(initial=1.5))
