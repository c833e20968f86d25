"""What a training run looks like: β by starting value, how far the starts have met, the race."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from swishdemo.figures.quantities import hue, plain
from swishdemo.figures.series import Array, Series
from swishdemo.text import Language, text
from swishdemo.training.convergence import ARTICLE_BAND, CONVERGED_BELOW

Figure = dict[str, Any]

PAPER_BAND = (0.0, 1.5)
"""Where figure 7 of arXiv 1710.05941 shows the trained β of Mobile NASNet-A."""
_LEGEND: Figure = {
    "showlegend": True,
    "legend": {
        "orientation": "h",
        "traceorder": "normal",
        "x": 1,
        "xanchor": "right",
        "y": 1,
        "yanchor": "bottom",
    },
    "margin": {"t": 24},
}
_START_COLOURS = 6
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 5, 10, 20, 50, 100)


def beta_figure(series: Series, layer: int, language: Language = "en") -> Figure:
    """|β| of one layer over the steps: a line a start (mean over seeds), a band from least to most.

    Args:
        series: The run.
        layer: Index of the layer.
        language: Of the labels.
    """
    known = np.isfinite(series.beta[layer]).any(axis=(1, 2))
    beta = series.beta[layer][known]
    starts = tuple(np.array(series.starts)[known].tolist())
    means = np.nanmean(np.where(np.isfinite(beta), beta, np.nan), axis=1)
    low, high = _log_ends(means, starts)
    data: list[Figure] = []
    notes: list[Figure] = []
    for place, start in enumerate(starts):
        colour = _start_colour(place, len(starts))
        least, most = np.nanmin(beta[place], axis=0), np.nanmax(beta[place], axis=0)
        # A band that would reach 0 starts at the foot of the logarithmic axis.
        data += _band(series.steps, np.maximum(least, low), np.maximum(most, low), colour)
        mean = np.maximum(means[place], low)
        name = f"β₀ = {start:g}"
        data.append(_line(series.steps, mean, colour, name, digits="|β| = %{y:.3f}"))
        notes.append(
            _note(0.005, float(np.log10(max(abs(start), low))), name, colour, "left", "bottom")
        )
    article, paper = ARTICLE_BAND, (low, PAPER_BAND[1])
    return {
        "data": data,
        "layout": {
            "xaxis": {"range": [0, series.last], "title": text("run.axis_step", language)},
            "yaxis": {
                "type": "log",
                "range": [float(np.log10(low)), float(np.log10(high))],
                "tickvals": [tick for tick in _TICKS if low <= tick <= high],
                "ticktext": [f"{tick:g}" for tick in _TICKS if low <= tick <= high],
            },
            "shapes": [
                _strip(*paper, "@band2/0.07"),
                _strip(*article, "@band/0.16"),
            ],
            "annotations": notes,
            "margin": {"l": 36},
            "hovermode": "x unified",
            "uirevision": f"beta-{series.last}",
        },
    }


def _log_ends(means: Array, starts: tuple[float, ...]) -> tuple[float, float]:
    """The ends of the axis of |β|: the starts and the mean lines fit, a stray seed need not."""
    shown = np.concatenate([means[np.isfinite(means)], np.abs(starts)])
    shown = shown[shown > 0]
    return max(0.02, 0.6 * float(shown.min(initial=1.0))), 1.5 * float(shown.max(initial=1.5))


def convergence_figure(series: Series, language: Language = "en") -> Figure:
    """C(t) of each layer: how far apart the starts still are, 1 at step 0."""
    names = [text("run.layer", language, number=n + 1) for n in range(len(series.convergence))]
    data = [
        _line(series.steps, np.maximum(values, 1e-4), colour, name, dash, "C = %{y:.3f}")
        for values, name, colour, dash in zip(
            series.convergence, names, ("@accent", "@band2", "@text"), ("solid", "dash", "dot"),
            strict=False,
        )
    ]  # fmt: skip
    below = text("run.converged_below", language, limit=CONVERGED_BELOW)
    return {
        "data": data,
        "layout": {
            "xaxis": {"range": [0, series.last], "title": text("run.axis_step", language)},
            "yaxis": {
                "type": "log",
                "range": [-2.2, 0.15],
                "tickvals": [0.01, 0.05, 0.1, 0.5, 1],
                "ticktext": ["0.01", "0.05", "0.1", "0.5", "1"],
            },
            "shapes": [_level(CONVERGED_BELOW, "@ok")],
            "annotations": [
                _note(0.995, float(np.log10(CONVERGED_BELOW)), below, "@ok", "right", "bottom")
            ],
            **_LEGEND,
            "hovermode": "x unified",
            "uirevision": f"convergence-{series.last}",
        },
    }


def band_figure(series: Series, language: Language = "en") -> Figure:
    """The share of all |β|, both layers, that lies in the article's band."""
    data = _band(series.steps, np.zeros_like(series.share), series.share, "@band")
    data.append(_line(series.steps, series.share, "@band", "", digits="%{y:.0%}"))
    return {
        "data": data,
        "layout": {
            "xaxis": {"range": [0, series.last], "title": text("run.axis_step", language)},
            "yaxis": {"range": [0, 1.02], "tickformat": ".0%"},
            "hovermode": "x unified",
            "uirevision": f"band-{series.last}",
        },
    }


def loss_figure(series: Series, labels: Mapping[str, str], language: Language = "en") -> Figure:
    """Training loss by activation: mean and ± one standard deviation over replicas."""
    return _race(series, series.loss, labels, language, log=True, digits="%{y:.3f}")


def accuracy_figure(series: Series, labels: Mapping[str, str], language: Language = "en") -> Figure:
    """Test accuracy by activation: mean and ± one standard deviation over replicas."""
    accuracy = np.where(series.tested, series.accuracy, np.nan)
    return _race(series, accuracy, labels, language, log=False, digits="%{y:.3f}")


def _race(
    series: Series,
    values: Array,
    labels: Mapping[str, str],
    language: Language,
    *,
    log: bool,
    digits: str,
) -> Figure:
    data: list[Figure] = []
    dashes = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    for place, (name, replicas) in enumerate(series.groups.items()):
        group = values[replicas]
        told = np.isfinite(group).any(axis=0)
        steps, group = series.steps[told], group[:, told]
        mean, deviation = np.nanmean(group, axis=0), np.nanstd(group, axis=0)
        low = np.maximum(mean - deviation, 1e-4 if log else 0.0)
        colour = hue(name)
        data += _band(steps, low, mean + deviation, colour)
        label = plain(labels.get(name, name))
        data.append(_line(steps, mean, colour, label, dashes[place % len(dashes)], digits))
    return {
        "data": data,
        "layout": {
            "xaxis": {"range": [0, series.last], "title": text("run.axis_step", language)},
            "yaxis": _loss_axis(values) if log else _accuracy_axis(series, values),
            **_LEGEND,
            "hovermode": "x unified",
            "uirevision": f"race-{log}-{series.last}",
        },
    }


def _loss_axis(values: Array) -> Figure:
    finite = values[np.isfinite(values) & (values > 0)]
    low, high = finite.min(initial=2.0), finite.max(initial=2.5)
    ends = [float(np.log10(max(low, 1e-3))) - 0.1, float(np.log10(high)) + 0.1]
    return {"type": "log", "dtick": 1, "range": ends}


def _accuracy_axis(series: Series, values: Array) -> Figure:
    """From a little below what is reached after a tenth of the run: the rise itself says little."""
    late = values[:, series.steps >= 0.1 * series.last]
    shown = late[np.isfinite(late)] if late.size else values[np.isfinite(values)]
    return {"range": [max(0.0, float(shown.min(initial=0.95)) - 0.03), 1.005], "tickformat": ".2f"}


def _numbers(values: Array) -> list[float | None]:
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]


def _start_colour(place: int, count: int) -> str:
    """Starting values take a sequence of six colours, violet to orange, however many there are."""
    return f"@b{round(place * (_START_COLOURS - 1) / max(1, count - 1))}"


def _line(
    steps: Array, values: Array, colour: str, name: str, dash: str = "solid", digits: str = "%{y}"
) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": _numbers(steps),
        "y": _numbers(values),
        "name": name,
        "line": {"color": colour, "width": 2.2, "dash": dash},
        "hovertemplate": digits,
    }


def _band(steps: Array, low: Array, high: Array, colour: str) -> list[Figure]:
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": _numbers(steps),
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [
        edge | {"y": _numbers(low)},
        edge | {"y": _numbers(high), "fill": "tonexty", "fillcolor": f"{colour}/0.12"},
    ]


def _strip(low: float, high: float, colour: str) -> Figure:
    return {
        "type": "rect",
        "layer": "below",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": low,
        "y1": high,
        "fillcolor": colour,
        "line": {"width": 0},
    }


def _level(height: float, colour: str) -> Figure:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": colour, "width": 1.4, "dash": "dash"},
    }


def _note(x: float, y: float, words: str, colour: str, xanchor: str, yanchor: str) -> Figure:
    return {
        "xref": "paper",
        "x": x,
        "y": y,
        "text": words,
        "showarrow": False,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "font": {"color": colour, "size": 11.5},
        "bgcolor": "@panel/0.6",
    }
