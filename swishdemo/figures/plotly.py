"""Makes what figures share: lines, bands, notes, axes, colours and names.

Words are made such that Plotly finds no tags in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from swishdemo.activations import is_formula
from swishdemo.activations.registry import fixed_beta
from swishdemo.figures.series import Array
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.measurement import duration, quartiles, seconds_of, size_label


def hue(activation: str) -> str:
    """An activation's colour token; all typed formulas have one, and all whose β is fixed."""
    own = is_formula(activation) or fixed_beta(activation)
    return "@typed" if own else f"@act-{activation}"


def plain(label: str) -> str:
    """A label in which Plotly finds no tags: a typed formula may hold a ``<``."""
    return label.replace("&", "&amp;").replace("<", "&lt;")


Figure = dict[str, Any]

LEGEND: Figure = {
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
_MOST_POINTS = 400
_START_COLOURS = 6


def numbers(values: Array) -> list[float | None]:
    """Values as JSON has them, to six digits."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]


def start_colour(place: int, count: int) -> str:
    """Starting values take a sequence of six colours, violet to orange, however many there are."""
    return f"@b{round(place * (_START_COLOURS - 1) / max(1, count - 1))}"


def _known(steps: Array, *lines: Array) -> list[Array]:
    """Steps and heights without gaps: at most 400, the last among them, as a browser draws them."""
    known = np.flatnonzero(np.isfinite(lines).all(0))
    stride = max(1, -(-len(known) // _MOST_POINTS))
    shown = known[(len(known) - 1) % stride :: stride]
    return [each[shown] for each in (steps, *lines)]


def line(
    steps: Array, values: Array, colour: str, name: str, dash: str = "solid", digits: str = "%{y}"
) -> Figure:
    """A line with a readout, gaps left out."""
    steps, values = _known(steps, values)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(steps),
        "y": numbers(values),
        "name": name,
        "line": {"color": colour, "width": 2.2, "dash": dash},
        "hovertemplate": digits,
    }


def band(steps: Array, low: Array, high: Array, colour: str) -> list[Figure]:
    """What lies between two lines."""
    steps, low, high = _known(steps, low, high)
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(steps),
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [
        edge | {"y": numbers(low)},
        edge | {"y": numbers(high), "fill": "tonexty", "fillcolor": f"{colour}/0.12"},
    ]


def strip(low: float, high: float, colour: str, *, across: str = "x") -> Figure:
    """A band over the whole plot, between two heights or (across ``y``) two places."""
    along = "y" if across == "x" else "x"
    return {
        "type": "rect",
        "layer": "below",
        f"{across}ref": "paper",
        f"{across}0": 0,
        f"{across}1": 1,
        f"{along}0": low,
        f"{along}1": high,
        "fillcolor": colour,
        "line": {"width": 0},
    }


def level(height: float, colour: str) -> Figure:
    """A dashed line over the whole width."""
    line = {"color": colour, "width": 1.4, "dash": "dash"}
    ends = {"x0": 0, "x1": 1, "y0": height, "y1": height}
    return {"type": "line", "xref": "paper", "line": line, **ends}


def log_ends(values: Array, low: float, high: float) -> list[float]:
    """The ends of a logarithmic axis in powers of ten: all positive values, and some room."""
    shown = values[np.isfinite(values) & (values > 0)]
    least = float(shown.min(initial=high)) if shown.size else low
    most = float(shown.max(initial=low)) if shown.size else high
    return [float(np.log10(max(least, low))) - 0.1, float(np.log10(most)) + 0.1]


def over_steps(
    last: int, data: Sequence[Figure], yaxis: Figure, language: Language, **rest: object
) -> Figure:
    """Lines over a run's steps, up to its last."""
    return {
        "data": list(data),
        "layout": {
            "xaxis": {"range": [0, last], "title": text("run.axis_step", language)},
            "yaxis": yaxis,
            "hovermode": "x unified",
            "uirevision": str(last),
            **rest,
        },
    }


_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "6px,2px,2px,2px")


def dash_at(place: int) -> str:
    """The dash of the line at a place, of which after seven the first comes again."""
    return _DASHES[place % len(_DASHES)]


def label_of(name: str, language: Language) -> str:
    """A variant's label for Plotly; the bare name of one that another host alone knows."""
    known = REGISTRY.knows(name)
    return plain(REGISTRY.get(name).label(language) if known else name)


def dash_of(name: str) -> str:
    """A line's dash, by the variant's place among the forms of its activation."""
    return dash_at(max(0, REGISTRY.get(name).shade) if REGISTRY.knows(name) else 0)


def upright(x: float, colour: str, dash: str, width: float = 1.6) -> Figure:
    """A line from the foot to the top of the plot."""
    line = {"color": colour, "width": width, "dash": dash}
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1}
    return {"type": "line", "yref": "paper", "line": line, "layer": "below", **ends}


def note(words: str, colour: str = "@muted", size: float = 12, **place: Any) -> Figure:
    """An annotation without an arrow."""
    font = {"color": colour, "size": size}
    return {"text": words, "showarrow": False, "font": font, **place}


def intervals(
    values: Sequence[float],
    ends: Iterable[Sequence[float]],
    colour: str = "@text",
    thickness: float = 1.2,
    width: float = 3,
) -> Figure:
    """Error bars from the low to the high end of each value's interval."""
    pairs = [(value - low, high - value) for value, (low, high) in zip(values, ends, strict=True)]
    return {
        "type": "data",
        "symmetric": False,
        "array": [above for _, above in pairs],
        "arrayminus": [below for below, _ in pairs],
        "color": colour,
        "thickness": thickness,
        "width": width,
    }


def rows_axis(labels: Sequence[str], *, hidden: bool = False, **own: Any) -> Figure:
    """A y axis whose rows have names; where they are hidden, names stand elsewhere."""
    return {
        "range": [len(labels) - 0.5, -0.5],
        "tickvals": [] if hidden else list(range(len(labels))),
        "ticktext": [] if hidden else list(labels),
        "ticklabelstandoff": 8,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        **own,
    }


_DARKER = 0.6  # of the way to the text's colour
_UNKNOWN = "@unk"
"""Of a variant that another host alone knows."""


def colour_of(name: str) -> str:
    """A variant's colour token: its activation's hue, as light as its place among the forms is."""
    if not REGISTRY.knows(name):
        return _UNKNOWN
    variant = REGISTRY.get(name)
    shades = [each.shade for each in REGISTRY.all() if each.activation == variant.activation]
    if variant.shade < 0:
        return f"{hue(variant.activation)}+{_DARKER * variant.shade / min(shades):.2f}"
    alpha = 1 - 0.6 * variant.shade / max([1, *shades])
    return hue(variant.activation) + (f"/{alpha:.2f}" if variant.shade else "")


def hue_of(name: str) -> str:
    """The hue of a variant's activation, whatever its form."""
    return hue(REGISTRY.get(name).activation) if REGISTRY.knows(name) else _UNKNOWN


def hover(measurement: Measurement, language: Language) -> str:
    """The lines shown when the pointer rests on a figure."""
    low, high = quartiles(measurement)
    name = measurement.variant
    known = REGISTRY.get(name) if REGISTRY.knows(name) else None
    lines = [
        f"<b>{plain(known.label(language) if known else name)}</b>",
        known.note(language) if known else "",
        text(
            "time.ui.hover",
            language,
            median=duration(seconds_of(measurement)),
            low=duration(low),
            high=duration(high),
            repeats=measurement.repeats,
            size=size_label(measurement.elements),
        ),
        text(f"timed.allocator.{measurement.allocator}", language),
        ""
        if measurement.preparation_seconds is None
        else text("timed.prepared", language, time=duration(measurement.preparation_seconds)),
    ]
    return "<br>".join(line for line in lines if line)
