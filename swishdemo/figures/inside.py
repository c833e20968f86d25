"""Draws the inside of a run: its learned parameters, the plane or the curve that it learns.

β over the steps, how far the starts have met, where it ends, what stays; the layers, their inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from swishdemo.figures.plotly import (
    LEGEND,
    Figure,
    band,
    dash_at,
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
_CLASSES = ("@b1", "@accent", "@band", "@b0", "@b4", "@b2", "@muted", "@ok", "@bad", "@b5")
_REACH = 6.0
_HEIGHT = (-0.5, 2.2)
"""The range of f and f′ that is drawn over the inputs."""
_SHARES = ("dead", "saturated")
BARRED_LAYERS = 20
"""Hidden layers up to which the figure by layer has bars."""


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
    low, high = _ends(np.append(means, first), signed)
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
        colour, dash = hue(trace["activation"]), dash_at(place)
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
            dash_at(place),
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
            "shapes": _bands(0.0, across="y"),
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


def _bands(low: float, across: str = "x") -> list[Figure]:
    """Where others have found β, from the least that is drawn on."""
    return [
        strip(max(PAPER_BAND[0], low), PAPER_BAND[1], "@band2/0.07", across=across),
        strip(*ARTICLE_BAND, "@band/0.16", across=across),
    ]


def _ends(shown: Array, signed: bool) -> tuple[float, float]:
    """The ends of an axis of β or |β|: the starts and mean lines fit, a stray seed need not."""
    shown = shown[np.isfinite(shown)]
    if signed:
        low, high = float(shown.min(initial=0.0)), float(shown.max(initial=1.5))
        return low - 0.08 * (high - low), high + 0.08 * (high - low)
    shown = np.abs(shown[shown != 0])
    return max(0.02, 0.6 * float(shown.min(initial=1.0))), 1.5 * float(shown.max(initial=1.5))


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


def fit_figure(
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
    now = _by_layer(series, last, name, labels)
    begun = [] if first is last else _by_layer(series, first, name, labels)
    at_first = text("run.looked_at", language, step=first["step"] if first else 0)
    few = len(series.beta) <= BARRED_LAYERS
    mode = "lines+markers" if few else "lines"
    data = [each | {"mode": mode, "error_y": each["error_y"] | {"visible": few}} for each in now]
    thin: Figure = {"mode": "lines", "legendgroup": "first"}
    dotted = {"width": 1.2, "dash": "dot"}
    for each in begun:
        del each["error_y"]
        name_then = {"name": f"{each['name']}, {at_first}", "showlegend": False}
        pale = dotted | {"color": f"{each['line']['color']}/0.8"}
        data.append(each | name_then | thin | {"line": pale})
    if begun:  # one entry of the legend stands for all of them, and hides them
        key = {"type": "scatter", "x": [None], "y": [None], "name": at_first, "hoverinfo": "skip"}
        data.append(key | thin | {"line": dotted | {"color": "@muted"}})
    drawn = np.array([y for each in (*now, *begun) for y in each["y"] if y and y > 0])
    axis: Figure = {"range": [-0.02, 1.02], "tickformat": ".0%"} if share else {}
    # What shrinks or grows by a factor a layer is seen as a line on a logarithmic axis.
    if not share and drawn.size and drawn.max() > 30 * drawn.min():
        axis = {"type": "log", "range": log_ends(drawn, float(drawn.min()), float(drawn.max()))}
    count = max((len(each["x"]) for each in now), default=1)
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


def _by_layer(
    series: Series, looked: Mapping[str, Any] | None, name: str, labels: Mapping[str, str]
) -> list[Figure]:
    """What one look found, a line for each activation; without those of which nothing is known."""
    if looked is None:
        return []
    values = np.array(looked["layers"][name], dtype=np.float64)
    found = []
    for place, group in enumerate(series.groups):
        rows = values[:, group.rows]
        if not np.isfinite(rows).any():
            continue
        middle = mean(rows, 1)
        found.append(
            {
                "type": "scatter",
                "x": list(range(1, len(middle) + 1)),
                "y": numbers(middle),
                "name": plain(labels.get(group.activation, group.activation)),
                "line": {"color": hue(group.activation), "dash": dash_at(place)},
                "hovertemplate": "%{y:.1%}" if name in _SHARES else "%{y:.3g}",
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": numbers(most(rows, 1) - middle),
                    "arrayminus": numbers(middle - least(rows, 1)),
                    "thickness": 1,
                    "width": 3,
                },
            }
        )
    return found
