"""What a timing of several sizes looks like: time against elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from swishdemo.figures.labels import hue, plain
from swishdemo.figures.timing.colours import colour_of, hover
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.quantities import seconds_of, size_label

Figure = dict[str, Any]

_LABEL_GAP = 0.065
"""The least distance of two labels at the right of the plot, a share of its height."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "6px,2px,2px,2px")
_SECONDS = {1e-7: "100 ns", 1e-6: "1 µs", 1e-5: "10 µs", 1e-4: "100 µs", 1e-3: "1 ms"} | {
    1e-2: "10 ms", 1e-1: "100 ms", 1.0: "1 s", 10.0: "10 s",
}  # fmt: skip


def sizes_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    language: Language = "en",
    *,
    narrow: bool = False,
) -> Figure:
    """Median time of one call against elements, both logarithmic, beside the copy limit.

    Args:
        measurements: Those of all sizes.
        variants: What was asked for; it gives the order.
        language: Of the labels.
        narrow: Whether a legend takes the place of names at the ends of the lines.
    """
    timed = sorted((m for m in measurements if m.is_timed), key=lambda m: m.elements)
    data: list[Figure] = []
    ends: list[tuple[float, str, str]] = []
    for name in variants:
        points = [m for m in timed if m.variant == name]
        if not points:
            continue
        variant = REGISTRY.get(name)
        label = plain(variant.label(language))
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label,
                "x": [m.elements for m in points],
                "y": [seconds_of(m) for m in points],
                "line": {
                    "color": colour_of(name),
                    "width": 2.2,
                    "dash": _DASHES[variant.shade % len(_DASHES)],
                },
                "marker": {"color": colour_of(name), "size": 5},
                "text": [hover(m, language) for m in points],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
        ends.append((seconds_of(points[-1]), label, hue(variant.activation)))
    limits = {m.elements: m.copy_limit_seconds for m in timed if m.copy_limit_seconds}
    if limits:
        label = text("time.ui.copy_limit", language)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": label,
                "x": list(limits),
                "y": list(limits.values()),
                "line": {"color": "@muted", "width": 1.6, "dash": "2px,3px"},
                "hoverinfo": "skip",
            }
        )
        ends.append((list(limits.values())[-1], label, "@muted"))
    every = [y for trace in data for y in trace["y"]] or [1e-5]
    low, high = math.log10(min(every)) - 0.15, math.log10(max(every)) + 0.15
    ticks = [tick for tick in _SECONDS if low <= math.log10(tick) <= high]
    sizes = sorted({m.elements for m in timed}) or [1]
    heights = spread([(math.log10(y) - low) / (high - low) for y, *_ in ends], _LABEL_GAP)
    layout: Figure = {
        "height": 380 if narrow else 340,
        "hovermode": "closest",
        "margin": {"l": 56, "r": 12 if narrow else 168, "t": 10, "b": 44},
        "xaxis": {
            "type": "log",
            "range": [math.log10(sizes[0]) - 0.08, math.log10(sizes[-1]) + 0.08],
            "tickvals": sizes[:: math.ceil(len(sizes) / (5 if narrow else 13))],
            "ticktext": [
                size_label(n) for n in sizes[:: math.ceil(len(sizes) / (5 if narrow else 13))]
            ],
            "title": text("time.ui.axis_elements", language),
        },
        "yaxis": {
            "type": "log",
            "range": [low, high],
            "tickvals": ticks,
            "ticktext": [_SECONDS[tick] for tick in ticks],
        },
        "uirevision": "sizes",
    }
    if narrow:
        layout |= {"showlegend": True, "legend": {"orientation": "h", "y": -0.25, "x": 0}}
    else:
        layout["annotations"] = [
            {
                "xref": "paper",
                "yref": "paper",
                "x": 1,
                "y": height,
                "yanchor": "middle",
                "text": label,
                "xanchor": "left",
                "xshift": 10,
                "showarrow": False,
                "font": {"color": colour, "size": 12},
            }
            for height, (_, label, colour) in zip(heights, ends, strict=True)
        ]
    return {"data": data, "layout": layout}


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
