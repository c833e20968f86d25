"""Draws the picture that a chat or a feed shows of a link: what it says, and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from swishdemo.figures.raster import Ink, Raster, can_write, ink
from swishdemo.figures.svg import natural_height, svg, wrapped

WIDTH, HEIGHT = 1200, 630
"""Pixels, as such pictures are asked for."""
_EDGE = 48.0
_SCALE = 2.5
"""Pixels for one of the figure's: its letters are read where the picture is 400 wide."""
_LEAST = 1.6
_TITLES = ((54.0, 1), (48.0, 2), (40.0, 3))
"""Sizes of the title's letters, and on how many lines at most each is tried."""
_SMALL = 30.0
_NAME = "Swish Lab"

Tone = str
"""A colour of the style sheet: ok, mid, bad, unk."""


def link_picture(
    title: str,
    *,
    badges: Sequence[tuple[str, Tone]] = (),
    words: str = "",
    figure: Mapping[str, Any] | None = None,
) -> bytes:
    """A PNG of 1200 × 630 pixels.

    Args:
        title: What the link is about.
        badges: Verdicts, each in its colour.
        words: A sentence under the title; left out where there is no room for it.
        figure: As `swishdemo.figures.svg.svg` draws it.
    """
    raster = Raster(WIDTH, HEIGHT)
    raster.box((0, 0, WIDTH, 12), ink("@accent"))
    raster.write((WIDTH - _EDGE, 62), _NAME, 28, ink("@accent"), anchor="end", bold=True)
    y = _title(raster, title)
    if badges:
        y = _badges(raster, badges, y)
    lines = wrapped(words, WIDTH - 2 * _EDGE, partial(raster.wide, size=_SMALL))
    most = 2 if figure else 6
    if words:
        y = _lines(raster, _fitted(lines, most), y, _SMALL, ink("@muted"))
    if figure:
        _figure(raster, figure, y + 14)
    return raster.png()


def written(words: str, otherwise: str) -> str:
    """A text, or another where the font lacks some of its signs."""
    return words if can_write(words) else otherwise


def _fitted(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]} …"]


def _title(raster: Raster, title: str) -> float:
    """The title; how far down it reaches."""
    room = WIDTH - 2 * _EDGE
    for size, most in _TITLES:
        # On the first line stands the page's name too.
        lines = wrapped(title, room - 170, partial(raster.wide, size=size))
        if len(lines) <= most:
            break
    lines = _fitted(lines, most)
    return _lines(raster, lines, 24.0, size, ink("@text"), bold=True)


def _lines(
    raster: Raster, lines: Sequence[str], y: float, size: float, colour: Ink, *, bold: bool = False
) -> float:
    for line in lines:
        if (wide := raster.wide(line, size)) > (room := WIDTH - 2 * _EDGE):  # one long word
            line = f"{line[: int(len(line) * room / wide) - 1]}…"
        y += 1.28 * size
        raster.write((_EDGE, y), line, size, colour, bold=bold)
    return y + 0.3 * size


def _badges(raster: Raster, badges: Sequence[tuple[str, Tone]], y: float) -> float:
    """The badges in a row, as many as go there."""
    x, high = _EDGE, 1.55 * _SMALL
    y += 8
    for words, tone in badges:
        wide = raster.wide(words, _SMALL) + 44
        if x > _EDGE and x + wide > WIDTH - _EDGE:
            break
        raster.box((x, y, x + wide, y + high), ink(f"@{tone}"), high / 2)
        raster.write((x + 22, y + 1.12 * _SMALL), words, _SMALL, ink("@panel"), bold=True)
        x += wide + 16
    return y + high + 6


def _figure(raster: Raster, figure: Mapping[str, Any], top: float) -> None:
    """The figure in what is left, its letters as large as they can be."""
    high = HEIGHT - 22 - top
    scale = max(_LEAST, min(_SCALE, high / natural_height(figure["data"])))
    drawn = svg(figure, "", width=(WIDTH - 2 * _EDGE + 24) / scale, height=high / scale)
    raster.figure(drawn, (_EDGE - 12, top), scale)
