"""What figures share: lines, bands, notes, axes; colours and names of activations and variants.

Words are made such that Plotly finds no tags in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from swishdemo.activations import is_formula
from swishdemo.activations.registry import fixed_beta
from swishdemo.figures.series import Array
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.measurement import duration, figures, quartiles, seconds_of, size_label


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


def words_at(x: float, y: float, words: str, colour: str, xanchor: str, yanchor: str) -> Figure:
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


DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "6px,2px,2px,2px")
_LEGEND_ROW_PIXELS = 19
_LABEL_GAP = 0.065
"""The least distance of two labels at the right of a plot, a share of its height."""


def label_of(name: str, language: Language) -> str:
    """A variant's label for Plotly; the bare name of one that another host alone knows."""
    known = REGISTRY.knows(name)
    return plain(REGISTRY.get(name).label(language) if known else name)


def dash_of(name: str) -> str:
    """A line's dash, by the variant's place among the forms of its activation."""
    place = max(0, REGISTRY.get(name).shade) if REGISTRY.knows(name) else 0
    return DASHES[place % len(DASHES)]


def legend_below(entries: int, plot_height: int) -> Figure:
    """Layout of a narrow page's legend: a row for each entry under the plot, none of it hidden.

    Args:
        entries: Lines that have a name.
        plot_height: Pixels of the figure without the legend.
    """
    below = _LEGEND_ROW_PIXELS * entries + 8
    return {
        "height": plot_height + below,
        "margin": {"l": 56, "r": 12, "t": 10, "b": 44 + below},
        "showlegend": True,
        # Plotly's own limit is half the figure; beyond it the legend scrolls.
        "legend": {
            "x": 0,
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "maxheight": 2 * below,
        },
    }


def upright(x: float, colour: str, dash: str, width: float = 1.6) -> Figure:
    """A line from the foot to the top of the plot."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": width, "dash": dash},
        "layer": "below",
    }


def note(words: str, colour: str = "@muted", size: float = 12, **place: Any) -> Figure:
    """An annotation without an arrow."""
    font = {"color": colour, "size": size}
    return {"text": words, "showarrow": False, "font": font, **place}


def span(values: Iterable[float], margin: float = 0.15) -> list[float]:
    """The range of a logarithmic axis around ``values``, in powers of ten."""
    found = [math.log10(value) for value in values if value > 0] or [0.0]
    return [min(found) - margin, max(found) + margin]


def seconds_axis(extent: Sequence[float]) -> Figure:
    """A logarithmic axis of times."""
    return {"type": "log", "range": list(extent), "unit": "s"}


def bytes_axis(extent: Sequence[float]) -> Figure:
    """A logarithmic axis of bytes, ticked at powers of two."""
    return {"type": "log", "range": list(extent), "unit": "B"}


def end_labels(ends: Sequence[tuple[float, str, str, str]], extent: Sequence[float]) -> Figure:
    """Names at the right ends of lines, moved apart where they would lie on each other.

    Args:
        ends: Last value, label, colour and dash of each line.
        extent: The range of the logarithmic y axis.

    Returns:
        The names, and from each line's end to its name a stroke that looks as the line does.
    """
    low, high = extent
    shares = [(math.log10(value) - low) / (high - low) for value, *_ in ends]
    names, strokes = [], []
    for share, height, (_, label, colour, dash) in zip(
        shares, spread(shares, _LABEL_GAP), ends, strict=True
    ):
        place: Figure = {"xref": "paper", "yref": "paper", "x": 1, "y": height}
        side: Figure = {"xanchor": "left", "yanchor": "middle", "xshift": 26}
        names.append(note(label, "@text", **place, **side))
        strokes.append(
            {
                "type": "line",
                "xref": "paper",
                "xsizemode": "pixel",
                "xanchor": 1,
                "x0": 3,
                "x1": 22,
                "yref": "paper",
                "y0": share,
                "y1": height,
                "line": {"color": colour, "width": 2.2, "dash": dash},
            }
        )
    return {"annotations": names, "shapes": strokes}


def cache_marks(caches: Sequence[tuple[str, float]], extent: Sequence[float]) -> Figure:
    """Shapes and annotations that mark, on a logarithmic x axis, where caches are full.

    Args:
        caches: Name and place of each.
        extent: The axis' range; what lies outside is not drawn.
    """
    low, high = extent
    seen = [(name, x) for name, x in caches if low < math.log10(x) < high]
    return {
        "shapes": [upright(x, "@zero", "solid", 1) for _, x in seen],
        "annotations": [
            note(
                name,
                size=11,
                x=math.log10(x),
                yref="paper",
                y=1,
                xanchor="right",
                yanchor="top",
                xshift=-3,
            )
            for name, x in seen
        ],
    }


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights in [0, 1] moved apart to at least ``gap``, in the order that they had.

    Labels that would lie on each other form a block around their mean, held within [0, 1] where
    there is room; blocks that then touch are joined.
    """
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    blocks: list[list[int]] = []
    for index in order:
        blocks.append([index])
        while len(blocks) > 1 and (
            _foot(blocks[-2], heights, gap) + gap * len(blocks[-2])
            > _foot(blocks[-1], heights, gap)
        ):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    moved: dict[int, float] = {}
    for block in blocks:
        foot = _foot(block, heights, gap)
        moved |= {index: foot + gap * place for place, index in enumerate(block)}
    return [moved[index] for index in range(len(heights))]


def _foot(block: Sequence[int], heights: Sequence[float], gap: float) -> float:
    extent = gap * (len(block) - 1)
    mean = sum(heights[index] for index in block) / len(block)
    return max(0.0, min(1.0 - extent, mean - extent / 2))


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


ARTICLE_RATIO = 1.15
"""What the article says that Swish costs, in units of ReLU."""
ARTICLE_BASELINE = "relu"
"""The variant that the article compares with."""

Line = tuple[float, str, str, str]
"""Place, label, colour and dash."""


def reference_lines(
    timed: Mapping[str, Measurement], baseline: str, unit: float, suffix: str, language: Language
) -> list[Line]:
    """The memory limit and what the article says, from left to right.

    Args:
        timed: The timed measurements of one size, by variant.
        baseline: The variant that counts as 1.
        unit: Seconds that are 1 on the axis.
        suffix: What stands behind a number of the axis.
        language: Of the labels.
    """
    lines = []
    limits = [m.copy_limit_seconds for m in timed.values() if m.copy_limit_seconds]
    if limits:
        # They agree but for noise: each comes with the blocks that it was measured among.
        limit = float(np.median(limits)) / unit
        words = text("time.ui.line_limit", language, value=f"{figures(limit)}{suffix}")
        lines.append((limit, words, "@muted", "dot"))
    if ARTICLE_BASELINE in timed:
        place = ARTICLE_RATIO * seconds_of(timed[ARTICLE_BASELINE]) / unit
        key = "line_article" if baseline == ARTICLE_BASELINE else "line_article_relu"
        words = text(f"time.ui.{key}", language, value=ARTICLE_RATIO)
        lines.append((place, words, "@accent", "dash"))
    return sorted(lines)


def line_labels(lines: Sequence[Line], right: float, narrow: bool) -> list[Figure]:
    """The lines' names above the plot.

    Of two lines the left one has its name at the left, so that the names never meet; where there
    is no room for it, it stands a row higher instead.
    """
    narrow = narrow or (len(lines) > 1 and lines[0][0] < 0.1 * right)
    labels = []
    for place, (x, words, colour, _) in enumerate(lines):
        is_left = place + 1 < len(lines)
        to_the_left = x > 0.55 * right if narrow else is_left
        labels.append(
            note(
                words,
                colour,
                x=x,
                yref="paper",
                y=1,
                yanchor="bottom",
                yshift=15 if narrow and is_left else 0,
                xanchor="right" if to_the_left else "left",
            )
        )
    return labels
