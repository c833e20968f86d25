"""What a timing looks like: pure functions from measurements to Plotly figures.

A bar for each implementation (`bars`), time against size (`sizes`).
"""

from swishdemo.figures.timing.bars import ARTICLE_BASELINE, ARTICLE_RATIO, bars_figure
from swishdemo.figures.timing.colours import colour_of
from swishdemo.figures.timing.sizes import sizes_figure

__all__ = ["ARTICLE_BASELINE", "ARTICLE_RATIO", "bars_figure", "colour_of", "sizes_figure"]
