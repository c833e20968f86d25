"""What a timing of several sizes looks like: time against elements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from swishdemo.figures.timing.colours import colour_of, hover
from swishdemo.figures.timing.parts import (
    Figure,
    cache_marks,
    dash_of,
    end_labels,
    label_of,
    legend_below,
    seconds_axis,
    span,
)
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.quantities import seconds_of, size_label

HEIGHT = 330
NARROW_HEIGHT = 260


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
    data: list[Figure] = []
    ends: list[tuple[float, str, str, str]] = []
    for name in variants:
        if points := [m for m in timed if m.variant == name]:
            data.append(_line(name, points, language))
            ends.append(
                (seconds_of(points[-1]), label_of(name, language), colour_of(name), dash_of(name))
            )
    limits = {m.elements: m.copy_limit_seconds for m in timed if m.copy_limit_seconds}
    if limits:
        label = text("time.ui.memory_limit", language)
        data.append(_limit(label, limits))
        ends.append((list(limits.values())[-1], label, "@muted", data[-1]["line"]["dash"]))
    sizes = sorted({m.elements for m in timed}) or [1]
    theirs = sorted(
        (m for m in beside if m.is_timed and m.variant in variants), key=lambda m: m.elements
    )
    for name in variants:
        # Beyond the sizes measured here the axis would be drawn for the other host alone.
        if points := [m for m in theirs if m.variant == name and m.elements in sizes]:
            data.append(_dotted(name, points, language))
    extent = span([y for trace in data for y in trace["y"]] or [1e-5])
    across = [math.log10(sizes[0]) - 0.08, math.log10(sizes[-1]) + 0.08]
    shown = sizes[:: math.ceil(len(sizes) / (5 if narrow else 13))]
    marks = cache_marks(_cache_places(timed, caches or {}), across)
    names = end_labels([] if narrow else ends, extent)
    layout: Figure = {
        "height": HEIGHT,
        "hovermode": "closest",
        "margin": {"l": 56, "r": 168, "t": 10, "b": 44},
        "xaxis": {
            "type": "log",
            "range": across,
            "tickvals": shown,
            "ticktext": [size_label(n) for n in shown],
            "title": text("time.ui.axis_elements", language),
        },
        "yaxis": seconds_axis(extent),
        "shapes": marks["shapes"] + names["shapes"],
        "annotations": marks["annotations"] + names["annotations"],
        "uirevision": "sizes",
    }
    if narrow:
        named = sum(trace.get("showlegend", True) for trace in data)
        layout |= legend_below(named, NARROW_HEIGHT)
    return {"data": data, "layout": layout}


def _line(name: str, points: Sequence[Measurement], language: Language) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label_of(name, language),
        "x": [m.elements for m in points],
        "y": [seconds_of(m) for m in points],
        "line": {"color": colour_of(name), "width": 2.2, "dash": dash_of(name)},
        "marker": {"color": colour_of(name), "size": 5},
        "text": [hover(m, language) for m in points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _dotted(name: str, points: Sequence[Measurement], language: Language) -> Figure:
    line = _line(name, points, language)
    return line | {
        "line": {"color": colour_of(name), "width": 1.6, "dash": "1px,4px"},
        "marker": {"color": colour_of(name), "size": 6, "symbol": "circle-open"},
        "showlegend": False,
    }


def _limit(label: str, limits: Mapping[int, float]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": list(limits),
        "y": list(limits.values()),
        "line": {"color": "@muted", "width": 1.6, "dash": "2px,3px"},
        "hoverinfo": "skip",
    }


def _cache_places(
    timed: Sequence[Measurement], caches: Mapping[str, int]
) -> list[tuple[str, float]]:
    moved = next((m for m in timed if m.moved_bytes), None)
    if moved is None or moved.device != "cpu" or not moved.moved_bytes:
        return []
    each = moved.moved_bytes / moved.elements
    return [(name, size / each) for name, size in caches.items()]
