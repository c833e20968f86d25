"""What a timing of one size looks like: a bar for each implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from swishdemo.figures.labels import plain
from swishdemo.figures.timing.colours import colour_of, hover
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.quantities import figures, quartiles, seconds_of

Figure = dict[str, Any]

ARTICLE_RATIO = 1.15
"""What the article says that Swish costs, in units of ReLU."""
ARTICLE_BASELINE = "relu"
"""The variant that the article compares with."""

_ROW_PIXELS = 34
_TOP_PIXELS, _BOTTOM_PIXELS = 26, 26


def bars_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str = ARTICLE_BASELINE,
    language: Language = "en",
    *,
    ended: bool = True,
    narrow: bool = False,
) -> Figure:
    """The median of each variant in units of the baseline's, with quartiles.

    Without a time of the baseline the axis is in microseconds. A variant that could not be timed
    has no row; one that has no figure yet has an empty row while the timing goes on.

    Args:
        measurements: Those of one size, one a variant.
        variants: What was asked for, in that order.
        baseline: The variant whose median is 1.
        language: Of the labels.
        ended: Whether no more will come: then the rows are in order of time. Before, they keep
            the order asked for, so that nothing jumps while figures come in.
        narrow: Whether the names stand above the bars rather than beside them.
    """
    known = {m.variant: m for m in measurements}
    timed = {name: m for name, m in known.items() if m.is_timed}
    rows = [name for name in variants if name in timed or (name not in known and not ended)]
    if ended:
        rows.sort(key=lambda name: seconds_of(timed[name]))
    unit, suffix = (seconds_of(timed[baseline]), " ×") if baseline in timed else (1e-6, " µs")
    places = [place for place, name in enumerate(rows) if name in timed]
    shown = [timed[rows[place]] for place in places]
    quarters = [quartiles(m) for m in shown]
    medians = [seconds_of(m) / unit for m in shown]
    lines = _reference_lines(timed, baseline, unit, suffix, language)
    ends = [high / unit for _, high in quarters]
    furthest = max([*ends, *(x for x, *_ in lines)], default=1.0)
    right = furthest * (1.24 if narrow else 1.1)  # room for the figure behind the longest bar
    labels = [plain(REGISTRY.get(name).label(language)) for name in rows]
    labels = [
        f"<b>{label}</b>" if name == baseline else label
        for name, label in zip(rows, labels, strict=True)
    ]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": medians,
        "y": places,
        "width": 0.4 if narrow else 0.62,
        "offset": 0.0 if narrow else -0.31,
        "marker": {"color": [colour_of(m.variant) for m in shown], "line": {"width": 0}},
        "text": [hover(m, language) for m in shown],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }
    centres = [place + (0.2 if narrow else 0) for place in places]
    above = [high / unit - x for (_, high), x in zip(quarters, medians, strict=True)]
    below = [x - low / unit for (low, _), x in zip(quarters, medians, strict=True)]
    whiskers = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": medians,
            "y": centres,
            "marker": {"size": 0.1, "color": colour},
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": above,
                "arrayminus": below,
                "color": colour,
                "thickness": thickness,
                "width": 0,
            },
            "hoverinfo": "skip",
        }
        for colour, thickness in (("@panel/0.8", 4), ("@text", 1.8))  # a line seen on dark bars too
    ]
    values = [
        {
            "x": end,
            "y": centre,
            "text": f"{figures(x)}{suffix}",
            "xanchor": "left",
            "xshift": 6,
            "showarrow": False,
            "bgcolor": "@panel",
            "borderpad": 1,
            "font": {"color": "@text", "size": 12.5},
        }
        for x, end, centre in zip(medians, ends, centres, strict=True)
    ]
    pending = [
        {
            "x": 0,
            "y": place + (0.2 if narrow else 0),
            "text": "…",
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "font": {"color": "@muted", "size": 13},
        }
        for place, name in enumerate(rows)
        if name not in timed
    ]
    names = [
        {
            "xref": "paper",
            "x": 0,
            "y": place - 0.2,
            "text": label,
            "xanchor": "left",
            "showarrow": False,
            "bgcolor": "@panel",
            "borderpad": 1,
            "font": {"color": "@text", "size": 12},
        }
        for place, label in enumerate(labels)
    ]
    row = _ROW_PIXELS + (8 if narrow else 0)
    top = _TOP_PIXELS + (15 if narrow else 0)
    return {
        "data": [bars, *whiskers],
        "layout": {
            "height": top + row * max(1, len(rows)) + _BOTTOM_PIXELS,
            "margin": {
                "l": 4 if narrow else 12, "r": 8, "t": top, "b": _BOTTOM_PIXELS,
            },
            "barcornerradius": 4,
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                "range": [0, right],
                "ticksuffix": suffix,
                "showgrid": False,
                "zeroline": True,
                "fixedrange": True,
                "nticks": 4 if narrow else 8,
                "showticklabels": bool(shown),
            },
            "yaxis": {
                "range": [len(rows) - 0.5, -0.5],
                "tickvals": [] if narrow else list(range(len(rows))),
                "ticktext": [] if narrow else labels,
                "tickfont": {"color": "@text", "size": 13},
                "ticklabelstandoff": 8,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            "shapes": [_upright(x, colour, dash) for x, _, colour, dash in lines],
            "annotations": [
                *_line_labels(lines, right, narrow), *values, *pending, *(names if narrow else []),
            ],
            "uirevision": "bars",
        },
    }  # fmt: skip


def _reference_lines(
    timed: Mapping[str, Measurement],
    baseline: str,
    unit: float,
    suffix: str,
    language: Language,
) -> list[tuple[float, str, str, str]]:
    """Place, label, colour and dash of the copy limit and of what the article says."""
    lines = []
    limits = [m.copy_limit_seconds for m in timed.values() if m.copy_limit_seconds]
    if limits:
        # They agree but for noise: each comes with the blocks that it was measured among.
        limit = float(np.median(limits)) / unit
        words = text("time.ui.line_copy", language, value=f"{figures(limit)}{suffix}")
        lines.append((limit, words, "@muted", "dot"))
    if ARTICLE_BASELINE in timed:
        place = ARTICLE_RATIO * seconds_of(timed[ARTICLE_BASELINE]) / unit
        key = "line_article" if baseline == ARTICLE_BASELINE else "line_article_relu"
        words = text(f"time.ui.{key}", language, value=ARTICLE_RATIO)
        lines.append((place, words, "@accent", "dash"))
    return sorted(lines)


def _line_labels(
    lines: Sequence[tuple[float, str, str, str]], right: float, narrow: bool
) -> list[Figure]:
    """The lines' names above the plot.

    Of two lines the left one has its name at the left, so that the names never meet; on a narrow
    page, which has no room beside the plot, it stands a row higher instead.
    """
    labels = []
    for place, (x, words, colour, _) in enumerate(lines):
        is_left = place + 1 < len(lines)
        to_the_left = x > 0.55 * right if narrow else is_left
        labels.append(
            {
                "x": x,
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "yshift": 15 if narrow and is_left else 0,
                "xanchor": "right" if to_the_left else "left",
                "text": words,
                "showarrow": False,
                "font": {"color": colour, "size": 12},
            }
        )
    return labels


def _upright(x: float, colour: str, dash: str) -> Figure:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.6, "dash": dash},
    }
