"""What a timing of one size looks like: a bar for each implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swishdemo.figures.plotly import (
    ARTICLE_BASELINE,
    Figure,
    colour_of,
    hover,
    label_of,
    line_labels,
    note,
    reference_lines,
    upright,
)
from swishdemo.text import Language
from swishdemo.timing import Measurement
from swishdemo.timing.measurement import figures, quartiles, seconds_of

_ROW_PIXELS = 34
_BESIDE_PIXELS = 14
_TOP_PIXELS, _BOTTOM_PIXELS = 41, 26


def bars_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str = ARTICLE_BASELINE,
    language: Language = "en",
    *,
    ended: bool = True,
    narrow: bool = False,
    beside: Sequence[Measurement] = (),
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
        beside: Another timing's figures of the same question: a hatched bar under each, in units
            of that timing's own baseline. What it alone has stands in rows at the end.
    """
    known = {m.variant: m for m in measurements}
    timed = {name: m for name, m in known.items() if m.is_timed}
    rows = [name for name in variants if name in timed or (name not in known and not ended)]
    if ended:
        rows.sort(key=lambda name: seconds_of(timed[name]))
    is_ratio = baseline in timed
    unit, suffix = (seconds_of(timed[baseline]), " ×") if is_ratio else (1e-6, " µs")
    theirs, their_unit = _theirs(beside, baseline if is_ratio else None)
    rows += [name for name in theirs if name not in rows and (ended or name not in variants)]
    shown = [(place, timed[name]) for place, name in enumerate(rows) if name in timed]
    others = [(place, theirs[name]) for place, name in enumerate(rows) if name in theirs]
    lines = reference_lines(timed, baseline, unit, suffix, language)
    ends = [quartiles(m)[1] / unit for _, m in shown]
    other_ends = [seconds_of(m) / their_unit for _, m in others]
    furthest = max([*ends, *other_ends, *(x for x, *_ in lines)], default=1.0)
    right = furthest * (1.24 if narrow else 1.1)  # room for the figure behind the longest bar
    if lines and not narrow:  # and for the name at the right of the last line
        right = max(right, lines[-1][0] * 1.2)
    width = (0.4 if narrow else 0.62) * (0.68 if others else 1)
    offset = (0.0 if narrow else -0.31) - (0.04 if others and not narrow else 0)
    centre = offset + width / 2
    labels = [label_of(name, language) for name in rows]
    labels = [
        f"<b>{label}</b>" if name == baseline else label
        for name, label in zip(rows, labels, strict=True)
    ]
    values = [
        note(
            f"{figures(seconds_of(m) / unit)}{suffix}",
            "@text",
            12.5,
            x=end,
            y=place + centre,
            xanchor="left",
            xshift=6,
            bgcolor="@panel",
            borderpad=1,
        )
        for (place, m), end in zip(shown, ends, strict=True)
    ]
    data = [_bars(shown, unit, width, offset, language), *_whiskers(shown, unit, centre)]
    if others:
        data.append(_hatched(others, their_unit, offset + width + 0.02, language))
        values += [
            note(
                f"{figures(end)}{suffix}",
                "@muted",
                11.5,
                x=end,
                y=place + offset + width + 0.13,
                xanchor="left",
                xshift=6,
                bgcolor="@panel",
                borderpad=0,
            )
            for (place, _), end in zip(others, other_ends, strict=True)
        ]
    pending = [
        note("…", "@muted", 13, x=0, y=place + centre, xanchor="left", xshift=4)
        for place, name in enumerate(rows)
        if name not in timed and name not in theirs
    ]
    names = [
        note(
            label,
            "@text",
            xref="paper",
            x=0,
            y=place - 0.2,
            xanchor="left",
            bgcolor="@panel",
            borderpad=1,
        )
        for place, label in enumerate(labels)
    ]
    row = _ROW_PIXELS + (8 if narrow else 0) + (_BESIDE_PIXELS if others else 0)
    return {
        "data": data,
        "layout": {
            "height": _TOP_PIXELS + row * max(1, len(rows)) + _BOTTOM_PIXELS,
            "margin": {
                "l": 4 if narrow else 12, "r": 8, "t": _TOP_PIXELS, "b": _BOTTOM_PIXELS,
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
                "showticklabels": bool(shown or others),
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
            "shapes": [
                upright(x, colour, dash) | {"layer": "above"} for x, _, colour, dash in lines
            ],
            "annotations": [
                *line_labels(lines, right, narrow), *values, *pending, *(names if narrow else []),
            ],
            "uirevision": "bars",
        },
    }  # fmt: skip


def _theirs(
    beside: Sequence[Measurement], baseline: str | None
) -> tuple[Mapping[str, Measurement], float]:
    """The other timing's figures by variant, the fastest first, and the seconds that are 1.

    Where ratios are shown and its baseline is unknown, there is nothing to draw.
    """
    known = {m.variant: m for m in sorted(filter(lambda m: m.is_timed, beside), key=seconds_of)}
    if baseline is None:
        return known, 1e-6
    return (known, seconds_of(known[baseline])) if baseline in known else ({}, 1.0)


def _bars(
    shown: Sequence[tuple[int, Measurement]],
    unit: float,
    width: float,
    offset: float,
    language: Language,
) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [seconds_of(m) / unit for _, m in shown],
        "y": [place for place, _ in shown],
        "width": width,
        "offset": offset,
        "marker": {"color": [colour_of(m.variant) for _, m in shown], "line": {"width": 0}},
        "text": [hover(m, language) for _, m in shown],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hatched(
    others: Sequence[tuple[int, Measurement]], unit: float, offset: float, language: Language
) -> Figure:
    """Another timing's bars: outlined and hatched in the colour of the same variant."""
    colours = [colour_of(m.variant) for _, m in others]
    return {
        "type": "bar",
        "orientation": "h",
        "name": "beside",
        "x": [seconds_of(m) / unit for _, m in others],
        "y": [place for place, _ in others],
        "width": 0.22,
        "offset": offset,
        "marker": {
            "color": "@panel",
            "line": {"width": 1.2, "color": colours},
            "pattern": {
                "shape": "/",
                "size": 5,
                "solidity": 0.3,
                "fillmode": "replace",
                "bgcolor": "@panel",
                "fgcolor": colours,
            },
        },
        "text": [hover(m, language) for _, m in others],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }


def _whiskers(shown: Sequence[tuple[int, Measurement]], unit: float, centre: float) -> list[Figure]:
    medians = [seconds_of(m) / unit for _, m in shown]
    quarters = [quartiles(m) for _, m in shown]
    above = [high / unit - x for (_, high), x in zip(quarters, medians, strict=True)]
    below = [x - low / unit for (low, _), x in zip(quarters, medians, strict=True)]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": medians,
            "y": [place + centre for place, _ in shown],
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
