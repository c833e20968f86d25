"""The upright lines over the bars: the memory limit, and what the article says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from swishdemo.figures.timing.parts import Figure, note
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.quantities import figures, seconds_of

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
