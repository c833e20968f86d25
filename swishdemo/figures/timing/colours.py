"""The colours of the timed variants, and what is told of a figure under the pointer.

The upright lines over the bars: the memory limit, and what the article says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from swishdemo.figures.plotly import Figure, hue, note, plain
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.quantities import duration, figures, quartiles, seconds_of, size_label

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

    Of two lines the left one has its name at the left, so that the names never meet; on a narrow
    page, which has no room beside the plot, it stands a row higher instead.
    """
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
