"""What the memory allows: bytes a second against bytes, beside the two roofs of this host."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from swishdemo.figures.timing.colours import colour_of, hover
from swishdemo.figures.timing.parts import (
    Figure,
    bytes_axis,
    cache_marks,
    dash_of,
    end_labels,
    label_of,
    legend_below,
    note,
    span,
)
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.quantities import seconds_of

HEIGHT = 330
NARROW_HEIGHT = 260

_DISPATCHED = 2**12
"""Elements up to which a call takes about as long as calling does, whatever it computes."""


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
    (`swishdemo.timing.caveats`). The floor of dispatch, where a call takes as long as the shortest
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
    timed = sorted(
        (m for m in measurements if m.is_timed and m.moved_bytes), key=lambda m: m.elements
    )
    sizes = sorted({_moved(m) for m in timed})
    if len(sizes) < 2:
        return None
    data: list[Figure] = []
    ends: list[tuple[float, str, str, str]] = []
    for name in variants:
        if points := [m for m in timed if m.variant == name]:
            data.append(_points(name, points, language))
            ends.append(
                (_rate(points[-1]), label_of(name, language), colour_of(name), dash_of(name))
            )
    limits: dict[float, float] = {
        _moved(m): _moved(m) / m.copy_limit_seconds for m in timed if m.copy_limit_seconds
    }
    if limits:
        data.append(_roof(text("time.ui.memory_limit", language), limits, "2px,3px"))
        ends.append(
            (list(limits.values())[-1], data[-1]["name"], "@muted", data[-1]["line"]["dash"])
        )
    extent = span([y for trace in data for y in trace["y"]])
    floor = min(seconds_of(m) for m in timed if _moved(m) == sizes[0])
    has_floor = timed[0].elements <= _DISPATCHED
    if has_floor:
        words = text("time.ui.dispatch_floor", language)
        data.append(_floor(floor, sizes, 10 ** extent[1], words))
    across = span(sizes, 0.08)
    marks = cache_marks(list((caches or {}).items()) if _on_cpu(timed) else [], across)
    names = end_labels([] if narrow else ends, extent)
    layout: Figure = {
        "height": HEIGHT,
        "hovermode": "closest",
        "margin": {"l": 56, "r": 168, "t": 10, "b": 44},
        "xaxis": {
            **bytes_axis(across),
            "title": text("time.ui.axis_bytes", language),
        },
        "yaxis": {
            "type": "log",
            "range": extent,
            "per": 1e9,
            "title": text("time.ui.axis_rate", language),
        },
        "shapes": marks["shapes"] + names["shapes"],
        "annotations": [
            *marks["annotations"],
            *([_floor_label(data[-1])] if has_floor and not narrow else []),
            *names["annotations"],
        ],
        "uirevision": "roofline",
    }
    if narrow:
        named = sum(trace.get("showlegend", True) for trace in data)
        layout |= legend_below(named, NARROW_HEIGHT)
    return {"data": data, "layout": layout}


def _moved(m: Measurement) -> int:
    assert m.moved_bytes is not None
    return m.moved_bytes


def _rate(m: Measurement) -> float:
    return _moved(m) / seconds_of(m)


def _on_cpu(timed: Sequence[Measurement]) -> bool:
    return all(m.device == "cpu" for m in timed)


def _points(name: str, points: Sequence[Measurement], language: Language) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label_of(name, language),
        "x": [_moved(m) for m in points],
        "y": [_rate(m) for m in points],
        "line": {"color": colour_of(name), "width": 1.4, "dash": dash_of(name)},
        "marker": {"color": colour_of(name), "size": 7},
        "text": [hover(m, language) for m in points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _roof(label: str, limits: Mapping[float, float], dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": list(limits),
        "y": list(limits.values()),
        "line": {"color": "@muted", "width": 1.6, "dash": dash},
        "hoverinfo": "skip",
    }


def _floor(seconds: float, sizes: Sequence[int], top: float, label: str) -> Figure:
    """The slanted roof: bytes over the shortest time of a call, up to the top of the plot."""
    ends = [float(sizes[0]), max(min(float(sizes[-1]), top * seconds), float(sizes[0]))]
    return _roof(label, {x: x / seconds for x in ends}, "6px,4px")


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
