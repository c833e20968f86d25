"""What the figures of a run are put together from: lines, bands, notes, axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from swishdemo.figures.series import Array

Figure = dict[str, Any]

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
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


def _thin(count: int) -> slice:
    """The places of at most 400 of so many points, the last among them: a browser draws no more."""
    stride = max(1, -(-count // _MOST_POINTS))
    return slice((count - 1) % stride, None, stride)


def line(
    steps: Array, values: Array, colour: str, name: str, dash: str = "solid", digits: str = "%{y}"
) -> Figure:
    """A line with a readout, gaps left out."""
    known = np.isfinite(values)
    steps, values = steps[known], values[known]
    kept = _thin(len(steps))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(steps[kept]),
        "y": numbers(values[kept]),
        "name": name,
        "line": {"color": colour, "width": 2.2, "dash": dash},
        "hovertemplate": digits,
    }


def band(steps: Array, low: Array, high: Array, colour: str) -> list[Figure]:
    """What lies between two lines."""
    known = np.isfinite(low) & np.isfinite(high)
    steps, low, high = steps[known], low[known], high[known]
    kept = _thin(len(steps))
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(steps[kept]),
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [
        edge | {"y": numbers(low[kept])},
        edge | {"y": numbers(high[kept]), "fill": "tonexty", "fillcolor": f"{colour}/0.12"},
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
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": colour, "width": 1.4, "dash": "dash"},
    }


def note(x: float, y: float, words: str, colour: str, xanchor: str, yanchor: str) -> Figure:
    """Words in the plot, x from 0 to 1 across it."""
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


def log_ends(values: Array, low: float, high: float) -> list[float]:
    """The ends of a logarithmic axis in powers of ten: all positive values, and some room."""
    shown = values[np.isfinite(values) & (values > 0)]
    least = float(shown.min(initial=high)) if shown.size else low
    most = float(shown.max(initial=low)) if shown.size else high
    return [float(np.log10(max(least, low))) - 0.1, float(np.log10(most)) + 0.1]
