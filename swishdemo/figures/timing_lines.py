"""Draws a timing of several sizes: time against elements, bytes a second against bytes.

A line for each implementation, beside what the memory of this host allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from swishdemo.figures.plotly import (
    Figure,
    colour_of,
    dash_of,
    hover,
    label_of,
    note,
    upright,
)
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.measurement import seconds_of, size_label

_HEIGHT, _NARROW_HEIGHT = 330, 260
_DISPATCHED = 2**12
"""Elements up to which a call takes about as long as calling does, whatever it computes."""
_LEGEND_ROW_PIXELS = 19
_LABEL_GAP = 0.065
"""The least distance of two labels at the right of a plot, a share of its height."""

_Place = Callable[[Measurement], float]


def sizes_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    language: Language = "en",
    *,
    narrow: bool = False,
    caches: Mapping[str, int] | None = None,
    beside: Sequence[Measurement] = (),
) -> Figure:
    """Median time of one call against elements, both logarithmic, beside the memory limit.

    Args:
        measurements: Those of all sizes.
        variants: What was asked for; it gives the order.
        language: Of the labels.
        narrow: Whether a legend takes the place of names at the ends of the lines.
        caches: Sizes of the host's caches in bytes, by name. A cache is marked at the elements
            with which the tensors of a pass (`Measurement.moved_bytes`) fill it.
        beside: Another host's, drawn dotted in the colours of the same variants.
    """
    timed = sorted((m for m in measurements if m.is_timed), key=lambda m: m.elements)
    sizes = sorted({m.elements for m in timed}) or [1]
    named = _lines(timed, variants, _elements, seconds_of, language, width=2.2, size=5)
    limits = {m.elements: m.copy_limit_seconds for m in timed if m.copy_limit_seconds}
    named += _memory_limit(limits, language)
    # Beyond the sizes measured here the axis would be drawn for the other host alone.
    theirs = [m for m in beside if m.is_timed and m.elements in sizes]
    theirs.sort(key=lambda m: m.elements)
    dotted = _lines(theirs, variants, _elements, seconds_of, language, width=1.6, size=6)
    for line in dotted:
        line["line"]["dash"], line["marker"]["symbol"] = "1px,4px", "circle-open"
        line["showlegend"] = False
    data = named + dotted
    shown = sizes[:: math.ceil(len(sizes) / (5 if narrow else 13))]
    axes = (
        {
            "type": "log",
            "range": _span(sizes, 0.08),
            "tickvals": shown,
            "ticktext": [size_label(n) for n in shown],
            "title": text("time.ui.axis_elements", language),
        },
        _log_axis([y for trace in data for y in trace["y"]] or [1e-5], unit="s"),
    )
    moved = next((m for m in timed if m.moved_bytes), None)
    each = _moved(moved) / moved.elements if moved else 0.0
    full = [(name, size / each) for name, size in _caches(timed, caches) if each]
    return _figure(data, named, axes, full, narrow=narrow, name="sizes")


def roofline_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    language: Language = "en",
    *,
    narrow: bool = False,
    caches: Mapping[str, int] | None = None,
) -> Figure | None:
    """Bytes that a pass must move over its time, against those bytes, both logarithmic.

    The memory limit is measured at each size; a point above it beyond the noise is told of
    (`swishdemo.timing.tables`). The floor of dispatch, where a call takes as long as the shortest
    one at the smallest size, is drawn where calling is what takes the time there.

    Args:
        measurements: Those of all sizes; only context ``kernel`` has a number of bytes.
        variants: What was asked for; it gives the order.
        language: Of the labels.
        narrow: Whether a legend takes the place of names at the ends of the lines.
        caches: Sizes of the host's caches in bytes, by name.

    Returns:
        The figure; None where fewer than two sizes have a time.
    """
    timed = [m for m in measurements if m.is_timed and m.moved_bytes]
    timed.sort(key=lambda m: m.elements)
    sizes = sorted({_moved(m) for m in timed})
    if len(sizes) < 2:
        return None
    named = _lines(timed, variants, _moved, _rate, language, width=1.4, size=7)
    limits = {_moved(m): _moved(m) / m.copy_limit_seconds for m in timed if m.copy_limit_seconds}
    named += _memory_limit(limits, language)
    rates = _log_axis([y for trace in named for y in trace["y"]], per=1e9)
    axes = (
        _log_axis(sizes, 0.08, unit="B", title=text("time.ui.axis_bytes", language)),
        rates | {"title": text("time.ui.axis_rate", language)},
    )
    floor = []
    if timed[0].elements <= _DISPATCHED:
        shortest = min(seconds_of(m) for m in timed if _moved(m) == sizes[0])
        # The slanted roof: bytes over that time, up to the top of the plot.
        last = max(min(sizes[-1], 10 ** rates["range"][1] * shortest), sizes[0])
        ends = {float(x): x / shortest for x in (sizes[0], last)}
        floor = [_roof(text("time.ui.dispatch_floor", language), ends, "6px,4px")]
    notes = [] if narrow else [_floor_label(each) for each in floor]
    return _figure(
        named + floor, named, axes, _caches(timed, caches), notes, narrow=narrow, name="roofline"
    )


def _elements(m: Measurement) -> int:
    return m.elements


def _moved(m: Measurement) -> int:
    assert m.moved_bytes is not None
    return m.moved_bytes


def _rate(m: Measurement) -> float:
    return _moved(m) / seconds_of(m)


def _caches(
    timed: Sequence[Measurement], caches: Mapping[str, int] | None
) -> list[tuple[str, float]]:
    """The host's caches, where they are what was used."""
    on_cpu = all(m.device == "cpu" for m in timed)
    return list(caches.items()) if caches and on_cpu else []


def _lines(
    timed: Sequence[Measurement],
    variants: Sequence[str],
    across: _Place,
    up: _Place,
    language: Language,
    **look: float,
) -> list[Figure]:
    """A line for each variant, as wide and with marks as large as is said."""
    found = []
    for name in variants:
        if points := [m for m in timed if m.variant == name]:
            colour = colour_of(name)
            found.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": label_of(name, language),
                    "x": [across(m) for m in points],
                    "y": [up(m) for m in points],
                    "line": {"color": colour, "width": look["width"], "dash": dash_of(name)},
                    "marker": {"color": colour, "size": look["size"]},
                    "text": [hover(m, language) for m in points],
                    "hovertemplate": "%{text}<extra></extra>",
                }
            )
    return found


def _memory_limit(limits: Mapping[int, float], language: Language) -> list[Figure]:
    return [_roof(text("time.ui.memory_limit", language), limits, "2px,3px")] if limits else []


def _roof(label: str, limits: Mapping[int, float] | Mapping[float, float], dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": list(limits),
        "y": list(limits.values()),
        "line": {"color": "@muted", "width": 1.6, "dash": dash},
        "hoverinfo": "skip",
    }


def _floor_label(floor: Figure) -> Figure:
    """The slanted roof's name, at its left, where no point can be."""
    (start, end), (low, high) = floor["x"], floor["y"]
    return note(
        floor["name"],
        x=math.log10(start) + 0.3 * math.log10(end / start),
        y=math.log10(low) + 0.3 * math.log10(high / low),
        xanchor="right",
        yanchor="bottom",
        xshift=-4,
        bgcolor="@panel",
    )


def _span(values: Iterable[float], margin: float = 0.15) -> list[float]:
    """The range of a logarithmic axis around ``values``, in powers of ten."""
    found = [math.log10(value) for value in values if value > 0] or [0.0]
    return [min(found) - margin, max(found) + margin]


def _log_axis(values: Iterable[float], margin: float = 0.15, **own: object) -> Figure:
    """A logarithmic axis; of bytes (``unit``) it is ticked at powers of two."""
    return {"type": "log", "range": _span(values, margin), **own}


def _figure(
    data: Sequence[Figure],
    named: Sequence[Figure],
    axes: tuple[Figure, Figure],
    caches: Sequence[tuple[str, float]],
    notes: Sequence[Figure] = (),
    *,
    narrow: bool,
    name: str,
) -> Figure:
    """Lines over two logarithmic axes.

    Args:
        data: All lines.
        named: Those that have their names at their right ends.
        axes: Of x and of y.
        caches: Name and place of each.
        notes: Other words in the plot.
        narrow: Whether a legend takes the place of the names.
        name: The figure's.
    """
    xaxis, yaxis = axes
    marks, marked = _cache_marks(caches, xaxis["range"])
    strokes, names = _end_labels([] if narrow else named, yaxis["range"])
    layout: Figure = {
        "height": _HEIGHT,
        "hovermode": "closest",
        "margin": {"l": 56, "r": 168, "t": 10, "b": 44},
        "xaxis": xaxis,
        "yaxis": yaxis,
        "shapes": marks + strokes,
        "annotations": [*marked, *notes, *names],
        "uirevision": name,
    }
    if narrow:
        layout |= _legend_below(sum(trace.get("showlegend", True) for trace in data))
    return {"data": data, "layout": layout}


def _legend_below(entries: int) -> Figure:
    """Layout of a narrow page's legend: a row for each entry under the plot, none of it hidden."""
    below = _LEGEND_ROW_PIXELS * entries + 8
    return {
        "height": _NARROW_HEIGHT + below,
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


def _end_labels(
    named: Sequence[Figure], extent: Sequence[float]
) -> tuple[list[Figure], list[Figure]]:
    """Names at the right ends of lines, moved apart where they would lie on each other.

    Args:
        named: The lines.
        extent: The range of the logarithmic y axis.

    Returns:
        From each line's end to its name a stroke that looks as the line does, and the names.
    """
    low, high = extent
    shares = [(math.log10(line["y"][-1]) - low) / (high - low) for line in named]
    names, strokes = [], []
    for share, height, line in zip(shares, spread(shares, _LABEL_GAP), named, strict=True):
        place: Figure = {"xref": "paper", "yref": "paper", "x": 1, "y": height}
        side: Figure = {"xanchor": "left", "yanchor": "middle", "xshift": 26}
        names.append(note(line["name"], "@text", **place, **side))
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
                "line": line["line"] | {"width": 2.2},
            }
        )
    return strokes, names


def _cache_marks(
    caches: Sequence[tuple[str, float]], extent: Sequence[float]
) -> tuple[list[Figure], list[Figure]]:
    """Lines and names that mark, on a logarithmic x axis, where caches are full.

    Args:
        caches: Name and place of each.
        extent: The axis' range; what lies outside is not drawn.
    """
    low, high = extent
    seen = [(name, x) for name, x in caches if low < math.log10(x) < high]
    side: Figure = {"xanchor": "right", "yanchor": "top", "xshift": -3}
    return (
        [upright(x, "@zero", "solid", 1) for _, x in seen],
        [note(name, size=11, x=math.log10(x), yref="paper", y=1, **side) for name, x in seen],
    )


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
