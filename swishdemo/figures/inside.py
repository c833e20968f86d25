"""What goes on inside: the plane or the curve as a network sees it, its layers, their inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swishdemo.figures.plotly import DASHES, LEGEND, Figure, hue, log_ends, numbers, plain
from swishdemo.figures.series import Array, Picked, Series, least, mean, most
from swishdemo.text import Language, text

_CLASSES = ("@b1", "@accent", "@band", "@b0", "@b4", "@b2", "@muted", "@ok", "@bad", "@b5")
_REACH = 6.0
_HEIGHT = (-0.5, 2.2)
"""The range of f and f′ that is drawn over the inputs."""
_SHARES = ("dead", "saturated")
BARRED_LAYERS = 20
"""Hidden layers up to which the figure by layer has bars."""


def surface_figure(
    view: Mapping[str, Any], classes: int, points: tuple[Sequence[Sequence[float]], Sequence[float]]
) -> Figure:
    """The plane as one replica divides it, with training points.

    Args:
        view: A `swishdemo.training.report.View` as JSON.
        classes: Number of classes; 1 for a regression.
        points: Training inputs, each two numbers, and their classes.
    """
    size = view["size"]
    grid = np.asarray(view["surface"], dtype=np.float64).reshape(size, size)
    axes = [np.linspace(low, high, size) for low, high in view["extent"]]
    heat: Figure = {
        "type": "heatmap",
        "x": numbers(axes[0]),
        "y": numbers(axes[1]),
        "z": [numbers(row) for row in grid],
        "showscale": False,
        "hoverinfo": "skip",
    }
    if classes == 2:
        ramp = [[0, "@b1/0.75"], [0.5, "@panel"], [1, "@accent/0.75"]]
        heat |= {"zmin": 0, "zmax": 1, "zsmooth": "best", "colorscale": ramp}
    else:
        steps = [
            [(place + side) / classes, f"{_CLASSES[place % len(_CLASSES)]}/0.4"]
            for place in range(classes)
            for side in (0, 1)
        ]
        heat |= {"zmin": -0.5, "zmax": classes - 0.5, "colorscale": steps}
    places, kinds = (np.asarray(part, dtype=np.float64) for part in points)
    places = places.reshape(-1, 2)
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": numbers(places[kinds == kind, 0]),
            "y": numbers(places[kinds == kind, 1]),
            "marker": {
                "color": _CLASSES[kind % len(_CLASSES)],
                "size": 5,
                "symbol": ("circle", "diamond", "square", "cross")[kind % 4],
                "line": {"color": "@panel", "width": 0.8},
            },
            "hoverinfo": "skip",
        }
        for kind in range(classes)
    ]
    return {
        "data": [heat, *dots],
        "layout": {
            "xaxis": {"range": view["extent"][0], "showgrid": False, "zeroline": False},
            "yaxis": {"range": view["extent"][1], "showgrid": False, "zeroline": False},
            "uirevision": "surface",
        },
    }


def curve_figure(
    view: Mapping[str, Any],
    activation: str,
    points: tuple[Sequence[Sequence[float]], Sequence[float]],
) -> Figure:
    """A regression of one input: what the network answers, over training points."""
    (low, high), size = view["extent"][0], view["size"]
    inputs, targets = (np.asarray(part, dtype=np.float64).ravel() for part in points)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": numbers(inputs),
                "y": numbers(targets),
                "marker": {"color": "@muted/0.55", "size": 4},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "x": numbers(np.linspace(low, high, size)),
                "y": numbers(np.asarray(view["surface"], dtype=np.float64)),
                "line": {"color": hue(activation), "width": 2.6},
                "hovertemplate": "%{y:.3f}",
            },
        ],
        "layout": {"xaxis": {"range": [low, high]}, "hovermode": "x", "uirevision": "curve"},
    }


def inputs_figure(view: Mapping[str, Any], picked: Picked, language: Language = "en") -> Figure:
    """What comes into one layer's activation, in bins; the browser draws f and f′ over it."""
    layers = view["histogram"]
    if not layers:
        return {"data": [], "layout": {}}
    counts = np.asarray(layers[min(picked.layer, len(layers) - 1)], dtype=np.float64)
    shares = counts / max(1.0, counts.sum())
    edges = np.linspace(-_REACH, _REACH, len(counts) + 1)
    top = 1.2 * float(shares.max()) or 1.0
    low, high = _HEIGHT
    return {
        "data": [
            {
                "type": "bar",
                "x": numbers((edges[:-1] + edges[1:]) / 2),
                "y": numbers(shares),
                "yaxis": "y2",
                "marker": {"color": "@band2/0.35", "line": {"width": 0}},
                "hovertemplate": "%{y:.1%}",
                "name": text("run.inputs", language),
            }
        ],
        "layout": {
            "bargap": 0.04,
            "xaxis": {"range": [-_REACH, _REACH], "title": "z"},
            "yaxis": {"range": [low, high]},
            # Both axes have their zero at the same height.
            "yaxis2": {
                "overlaying": "y",
                "side": "right",
                "showgrid": False,
                "zeroline": False,
                "showticklabels": False,
                "range": [top * low / high, top],
            },
            "uirevision": "inputs",
        },
    }


def layers_figure(
    series: Series, picked: Picked, labels: Mapping[str, str], language: Language = "en"
) -> Figure:
    """A figure of the layers, by layer, as it was looked at last, and dotted as it was at first.

    A line is the mean over replicas; bars run from the least to the most of the last look.
    """
    name = picked.per_layer
    share = name in _SHARES
    first, last = series.first("layers"), series.latest("layers")
    now = _by_layer(series, last, name)
    begun = [] if first is last else _by_layer(series, first, name)
    at_first = text("run.looked_at", language, step=first["step"] if first else 0)
    few = len(series.beta) <= BARRED_LAYERS
    data: list[Figure] = [
        _line_of_layers(each, share, labels)
        | {
            "mode": "lines+markers" if few else "lines",
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": numbers(each.high - each.mean),
                "arrayminus": numbers(each.mean - each.low),
                "thickness": 1,
                "width": 3,
                "visible": few,
            },
        }
        for each in now
    ]
    thin: Figure = {"mode": "lines", "legendgroup": "first"}
    dotted = {"width": 1.2, "dash": "dot"}
    for each in begun:
        line = _line_of_layers(each, share, labels)
        line |= {"name": f"{line['name']}, {at_first}", "showlegend": False}
        data.append(line | thin | {"line": dotted | {"color": f"{hue(each.activation)}/0.8"}})
    if begun:  # one entry of the legend stands for all of them, and hides them
        key = {"type": "scatter", "x": [None], "y": [None], "name": at_first, "hoverinfo": "skip"}
        data.append(key | thin | {"line": dotted | {"color": "@muted"}})
    means = np.concatenate([each.mean for each in (*now, *begun)] or [np.zeros(0)])
    drawn = means[means > 0]
    axis: Figure = {"range": [-0.02, 1.02], "tickformat": ".0%"} if share else {}
    # What shrinks or grows by a factor a layer is seen as a line on a logarithmic axis.
    if not share and drawn.size and drawn.max() > 30 * drawn.min():
        axis = {"type": "log", "range": log_ends(drawn, float(drawn.min()), float(drawn.max()))}
    count = max((len(each.mean) for each in now), default=1)
    across: Figure = {"range": [0.5, count + 0.5]} | ({"dtick": 1} if count <= 12 else {})
    return {
        "data": data,
        "layout": {
            "xaxis": across | {"title": text("run.axis_layer", language)},
            "yaxis": axis,
            **LEGEND,
            "hovermode": "x unified",
            "uirevision": f"layers-{name}",
        },
    }


@dataclass(frozen=True, slots=True)
class _OfLayers:
    """A figure of the layers over one activation's replicas, each of shape (layers,)."""

    place: int
    activation: str
    mean: Array
    low: Array
    high: Array


def _by_layer(series: Series, looked: Mapping[str, Any] | None, name: str) -> list[_OfLayers]:
    """What one look found, by activation; without those of which nothing is known."""
    if looked is None:
        return []
    values = np.array(looked["layers"][name], dtype=np.float64)
    found = []
    for place, group in enumerate(series.groups):
        rows = values[:, group.rows]
        if np.isfinite(rows).any():
            ends = mean(rows, 1), least(rows, 1), most(rows, 1)
            found.append(_OfLayers(place, group.activation, *ends))
    return found


def _line_of_layers(of: _OfLayers, share: bool, labels: Mapping[str, str]) -> Figure:
    return {
        "type": "scatter",
        "x": list(range(1, len(of.mean) + 1)),
        "y": numbers(of.mean),
        "name": plain(labels.get(of.activation, of.activation)),
        "line": {"color": hue(of.activation), "dash": DASHES[of.place % len(DASHES)]},
        "hovertemplate": "%{y:.1%}" if share else "%{y:.3g}",
    }
