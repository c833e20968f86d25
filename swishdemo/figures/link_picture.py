"""Draws the picture that a chat or a feed shows of a link: what it says, and a figure.

It is an SVG, of which resvg makes pixels, in the colours of the light.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import resvg_py
from PIL import Image, ImageFont

from swishdemo.figures.svg import escaped, natural_height, svg, wrapped

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

_ASSETS = Path(__file__).parents[2] / "assets"
FONT = _ASSETS / "vendor" / "noto" / "NotoSansSC-subset.otf"
_MEASURED = 40
"""The size at which letters are measured."""
_HIGH, _LOW = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "₀₁₂₃₄₅₆₇₈₉₋"
"""What the font lacks, and is written in small letters."""
_LIKE = str.maketrans({**dict(zip(_HIGH + _LOW, 2 * "0123456789−", strict=True)),
                       **dict(zip("⁄↦↥↧✗", "/→↑↓×", strict=True))})  # fmt: skip
_SMALLER = 0.62

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
    drawn = [
        _box((0, 0, WIDTH, HEIGHT), "panel"),
        _box((0, 0, WIDTH, 12), "accent"),
        _written(WIDTH - _EDGE, 62, _NAME, 28, "accent", bold=True, anchor="end"),
    ]
    y = _title(drawn, title)
    if badges:
        y = _badges(drawn, badges, y)
    if words:
        lines = wrapped(words, WIDTH - 2 * _EDGE, partial(_wide, size=_SMALL))
        y = _lines(drawn, _fitted(lines, 2 if figure else 6), y, _SMALL, "muted")
    if figure:
        drawn.append(_figure(figure, y + 14))
    return _png("".join(drawn))


def written(words: str, otherwise: str) -> str:
    """A text, or another where the font lacks some of its signs."""
    return words if can_write(words) else otherwise


def can_write(words: str) -> bool:
    """Whether the font has every sign of a text."""
    signs = words.translate(_LIKE)
    return all(sign.isspace() or _image(sign) != _image("\uffff") for sign in signs)


@cache
def colours() -> dict[str, str]:
    """The style sheet's colours in the light, by their names."""
    sheet = (_ASSETS / "css" / "colours.css").read_text("utf-8")
    light = re.search(r"^:root {(.*?)^}", sheet, re.M | re.S)
    assert light, "colours.css begins with the light"
    return dict(re.findall(r"--lab-([\w-]+): (#\w+);", light[1]))


def _fitted(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]} …"]


def _title(drawn: list[str], title: str) -> float:
    """Write the title; how far down it reaches."""
    for size, most in _TITLES:
        # On the first line stands the page's name too.
        lines = wrapped(title, WIDTH - 2 * _EDGE - 170, partial(_wide, size=size))
        if len(lines) <= most:
            break
    return _lines(drawn, _fitted(lines, most), 24.0, size, "text", bold=True)


def _lines(
    drawn: list[str], lines: Sequence[str], y: float, size: float, tone: Tone, *, bold: bool = False
) -> float:
    for line in lines:
        if (wide := _wide(line, size)) > (room := WIDTH - 2 * _EDGE):  # one long word
            line = f"{line[: int(len(line) * room / wide) - 1]}…"
        y += 1.28 * size
        drawn.append(_written(_EDGE, y, line, size, tone, bold=bold))
    return y + 0.3 * size


def _badges(drawn: list[str], badges: Sequence[tuple[str, Tone]], y: float) -> float:
    """Draw the badges in a row, as many as go there; how far down they reach."""
    x, high = _EDGE, 1.55 * _SMALL
    y += 8
    for words, tone in badges:
        wide = _wide(words, _SMALL) + 44
        if x > _EDGE and x + wide > WIDTH - _EDGE:
            break
        drawn.append(_box((x, y, wide, high), tone, high / 2))
        drawn.append(_written(x + 22, y + 1.12 * _SMALL, words, _SMALL, "panel", bold=True))
        x += wide + 16
    return y + high + 6


def _figure(figure: Mapping[str, Any], top: float) -> str:
    """The figure in what is left, its letters as large as they can be."""
    wide, high = WIDTH - 2 * _EDGE + 24, HEIGHT - 22 - top
    scale = max(_LEAST, min(_SCALE, high / natural_height(figure["data"])))
    drawn = svg(figure, "", width=wide / scale, height=high / scale)
    place = f'x="{_EDGE - 12:g}" y="{top:g}" width="{wide:g}" height="{high:g}"'
    # To cut off what reaches beyond, of which there is none, costs a third of the time.
    return drawn.replace("<svg ", f'<svg {place} overflow="visible" ', 1)


def _box(place: tuple[float, float, float, float], tone: Tone, radius: float = 0) -> str:
    x, y, wide, high = place
    corner = f'width="{wide:g}" height="{high:g}" rx="{radius:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {corner} style="fill:var(--lab-{tone})"/>'


def _written(
    x: float,
    y: float,
    words: str,
    size: float,
    tone: Tone,
    *,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """A text on its base line; the font has one weight, so that a bold one is drawn around too."""
    stroke = f";stroke:var(--lab-{tone});stroke-width:{size / 22:g}" if bold else ""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
    return f'<text {place} style="fill:var(--lab-{tone}){stroke}">{escaped(words)}</text>'


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, _MEASURED)


@cache
def _image(sign: str) -> bytes:
    return bytes(_font().getmask(sign))


def _wide(words: str, size: float) -> float:
    """Pixels that a text takes."""
    return sum(
        size / _MEASURED * share * float(_font().getlength(piece))
        for piece, share in _pieces(words)
    )


def _pieces(words: str) -> Iterator[tuple[str, float]]:
    """Parts of a text, as the font has them, and the size of each as a share."""
    for piece in re.findall(f"[{_HIGH}{_LOW}]+|[^{_HIGH}{_LOW}]+", words):
        yield piece.translate(_LIKE), _SMALLER if piece[0] in _HIGH + _LOW else 1.0


def _png(drawn: str) -> bytes:
    """The pixels of what stands in the picture's SVG."""
    for signs, raised in ((_HIGH, "0.55em"), (_LOW, "-0.23em")):
        small = f'<tspan font-size="{_SMALLER}em" baseline-shift="{raised}">\\g<0></tspan>'
        drawn = re.sub(f"[{signs}]+", small, drawn)
    drawn = re.sub(r";(fill|stroke):light-dark\(.*?\)", "", drawn.translate(_LIKE))
    drawn = re.sub(r"var\(--lab-([\w-]+)\)", lambda found: colours()[found[1]], drawn)
    whole = f'width="{WIDTH}" height="{HEIGHT}" color="{colours()["text"]}"'
    pixels = resvg_py.svg_to_bytes(
        f'<svg xmlns="http://www.w3.org/2000/svg" {whole}>{drawn}</svg>',
        skip_system_fonts=True,
        font_files=[str(FONT)],
        font_family=_font().getname()[0],
    )
    # A few colours and what lies between them: 255 are all that there are, for the eye.
    file = BytesIO()
    Image.open(BytesIO(pixels)).convert("RGB").quantize(
        255, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    ).save(file, "PNG", compress_level=6)
    return file.getvalue()
