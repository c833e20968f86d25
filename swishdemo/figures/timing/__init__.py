"""What a timing looks like: pure functions from measurements to Plotly figures.

- `bars`: a bar for each implementation; `sizes`: time against size, and a training step's parts.
- `roofline`: bytes a second against bytes, and what is kept in memory.
"""

from swishdemo.figures.plotly import ARTICLE_BASELINE, ARTICLE_RATIO, colour_of
from swishdemo.figures.timing.bars import bars_figure
from swishdemo.figures.timing.roofline import memory_figure, roofline_figure
from swishdemo.figures.timing.sizes import sizes_figure, steps_figure

__all__ = [
    "ARTICLE_BASELINE",
    "ARTICLE_RATIO",
    "bars_figure",
    "colour_of",
    "memory_figure",
    "roofline_figure",
    "sizes_figure",
    "steps_figure",
]
