"""Draws in pixels what ``svg.py`` draws as SVG, where a reader takes a picture alone.

Of SVG it knows what stands there: paths of straight lines, rectangles, circles, texts, a box that
cuts off. Colours are those of the light, for a picture is shown on paper and in chats.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PIL import Image, ImageDraw, ImageFont

_ASSETS = Path(__file__).parents[2] / "assets"
_FONT = _ASSETS / "vendor" / "noto" / "NotoSansSC-subset.otf"
_FINER = 2
"""Pixels that are drawn for one of the picture, each way, so that lines are smooth."""
_LETTERS = 11.5
"""The size of letters in ``svg.py``."""
_HIGH, _LOW = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "₀₁₂₃₄₅₆₇₈₉₋"
"""What the font lacks, and is written in small letters."""
_LIKE = str.maketrans({**dict(zip(_HIGH + _LOW, 2 * "0123456789−", strict=True)),
                       **dict(zip("⁄↦↥↧✗", "/→↑↓×", strict=True))})  # fmt: skip
_RAISED, _LOWERED, _SMALLER = 0.34, 0.14, 0.62
_STEP = re.compile(r"([MLHVhvlz])|(-?[\d.]+(?:e-?\d+)?)")
_SPACE = "{http://www.w3.org/2000/svg}"

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Ink = tuple[int, int, int, int]


@cache
def _colours() -> dict[str, str]:
    sheet = (_ASSETS / "css" / "colours.css").read_text("utf-8")
    light = re.search(r"^:root {(.*?)^}", sheet, re.M | re.S)
    assert light, "colours.css begins with the light"
    return dict(re.findall(r"--lab-([\w-]+): (#\w+);", light[1]))


def ink(token: str, alpha: float = 1.0) -> Ink:
    """Red, green, blue and opacity of ``@name`` of the style sheet, ``#rrggbb`` or ``rgb(…)``."""
    token = _colours().get(token[1:], "#000000") if token.startswith("@") else token
    if token.startswith("#"):
        digits = token[1:] if len(token) >= 7 else "".join(2 * each for each in token[1:])
        red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
        return red, green, blue, round(255 * alpha)
    numbers = [float(each) for each in re.findall(r"[\d.]+", token)]
    if len(numbers) < 3:
        return ink("@text", alpha)
    opacity = numbers[3] if len(numbers) > 3 else 1.0
    return int(numbers[0]), int(numbers[1]), int(numbers[2]), round(255 * alpha * opacity)


@cache
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, pixels)


@cache
def _image(sign: str) -> bytes:
    return bytes(_font(40).getmask(sign))


def can_write(words: str) -> bool:
    """Whether the font has every sign of a text."""
    signs = "".join(piece for piece, _ in _pieces(words))
    return all(sign.isspace() or _image(sign) != _image("\uffff") for sign in signs)


def _pieces(words: str) -> Iterator[tuple[str, float]]:
    """Parts of a text on a line, and by how much of their letters' size each is raised."""
    for piece in re.findall(f"[{_HIGH}]+|[{_LOW}]+|[^{_HIGH}{_LOW}]+", words):
        raised = _RAISED if piece[0] in _HIGH else -_LOWERED if piece[0] in _LOW else 0.0
        yield piece.translate(_LIKE), raised


def _long(piece: str, size: float, raised: float) -> float:
    return float(_font(round(size * (_SMALLER if raised else 1))).getlength(piece))


def _put(
    draw: ImageDraw.ImageDraw,
    at: Point,
    words: str,
    size: float,
    colour: Ink | int,
    *,
    bold: bool = False,
) -> None:
    """A text that begins at a place on its base line."""
    x, y = at
    stroke = size / 44 if bold else 0
    for piece, raised in _pieces(words):
        font = _font(round(size * (_SMALLER if raised else 1)))
        place = (x, y - raised * size)
        draw.text(place, piece, colour, font, "ls", stroke_width=stroke, stroke_fill=colour)
        x += _long(piece, size, raised)


class Raster:
    """A picture that is drawn on, its lengths in pixels of the finished one."""

    def __init__(self, width: int, height: int, paper: str = "@panel") -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (_FINER * width, _FINER * height), ink(paper)[:3])
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def png(self) -> bytes:
        """The picture as a file."""
        # A few colours and what lies between them: 255 are all that there are, for the eye.
        small = self._image.reduce(_FINER).quantize(
            255, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        file = BytesIO()
        small.save(file, "PNG", compress_level=6)
        return file.getvalue()

    def wide(self, words: str, size: float) -> float:
        """Pixels that a text takes."""
        return sum(_long(piece, _FINER * size, up) for piece, up in _pieces(words)) / _FINER

    def write(
        self,
        at: Point,
        words: str,
        size: float,
        colour: Ink,
        *,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """A text on its base line."""
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        left = _FINER * (at[0] - share * self.wide(words, size))
        _put(self._draw, (left, _FINER * at[1]), words, _FINER * size, colour, bold=bold)

    def upright(self, at: Point, words: str, size: float, colour: Ink) -> None:
        """A text that is read from below, its middle and base line at a place."""
        long, high = round(_FINER * self.wide(words, size)) + 4, round(1.6 * _FINER * size)
        stamp = Image.new("L", (long, high), 0)
        base = round(1.2 * _FINER * size)
        _put(ImageDraw.Draw(stamp), (2, base), words, _FINER * size, 255)
        turned = stamp.rotate(90, expand=True)
        left, top = round(_FINER * at[0] - base), round(_FINER * at[1] - long / 2)
        self._image.paste(colour[:3], (left, top), turned)

    def line(
        self, points: Sequence[Point], width: float, colour: Ink, dashes: Sequence[float] = ()
    ) -> None:
        """A line through points."""
        pieces = _dashed(points, dashes) if dashes else [list(points)]
        thick = max(1, round(_FINER * width))
        for piece in pieces:
            scaled = [(_FINER * x, _FINER * y) for x, y in piece]
            if len(scaled) > 1:
                self._draw.line(scaled, fill=colour, width=thick, joint="curve")

    def area(self, points: Sequence[Point], colour: Ink) -> None:
        """What lies within points."""
        if len(points) > 2:
            self._draw.polygon([(_FINER * x, _FINER * y) for x, y in points], fill=colour)

    def box(self, box: Box, colour: Ink, radius: float = 0) -> None:
        """A rectangle from its left, top, right and foot, its corners round."""
        scaled = [_FINER * each for each in box]
        if scaled[2] >= scaled[0] and scaled[3] >= scaled[1]:
            self._draw.rounded_rectangle(scaled, _FINER * radius, fill=colour)

    def circle(self, at: Point, radius: float, colour: Ink) -> None:
        """A disc."""
        self._draw.circle((_FINER * at[0], _FINER * at[1]), _FINER * radius, fill=colour)

    def figure(self, drawn: str, at: Point, scale: float) -> None:
        """A picture of ``svg.py``.

        Args:
            drawn: The ``svg`` element.
            at: Its left and top here.
            scale: Pixels here for one there.
        """
        root = ElementTree.fromstring(drawn)
        for element in root:
            self._element(element, at, scale)

    def _element(self, element: Element, at: Point, scale: float) -> None:
        name = element.tag.removeprefix(_SPACE)
        if name == "svg":
            self._within(element, at, scale)
        elif name == "g":
            self._turned(element, at, scale)
        elif name == "text":
            place = _number(element, "x"), _number(element, "y")
            self.write(
                _moved(place, at, scale),
                element.text or "",
                scale * _LETTERS,
                _painted(element, "fill"),
                anchor=element.get("text-anchor", "start"),
            )
        elif name == "circle":
            centre = _number(element, "cx"), _number(element, "cy")
            radius = scale * _number(element, "r")
            self.circle(_moved(centre, at, scale), radius, _painted(element, "fill"))
        elif name == "rect":
            left, top = _moved((_number(element, "x"), _number(element, "y")), at, scale)
            wide, high = (scale * _number(element, each) for each in ("width", "height"))
            radius = scale * _number(element, "rx")
            self.box((left, top, left + wide, top + high), _painted(element, "fill"), radius)
        elif name == "path":
            self._path(element, at, scale)

    def _within(self, element: Element, at: Point, scale: float) -> None:
        """What stands in a box, and no more of it than lies there."""
        left, top = _moved((_number(element, "x"), _number(element, "y")), at, scale)
        wide, high = (scale * _number(element, each) for each in ("width", "height"))
        x0, y0 = round(_FINER * left), round(_FINER * top)
        x1, y1 = round(_FINER * (left + wide)), round(_FINER * (top + high))
        before, draw = self._image, self._draw
        self._image = before.copy()
        self._draw = ImageDraw.Draw(self._image, "RGBA")
        for each in element:
            self._element(each, at, scale)
        before.paste(self._image.crop((x0, y0, x1, y1)), (x0, y0))
        self._image, self._draw = before, draw

    def _turned(self, group: Element, at: Point, scale: float) -> None:
        found = re.match(r"translate\(([\d.]+) ([\d.]+)\)", group.get("transform", ""))
        text = next(iter(group), None)
        if found and text is not None:
            place = _moved((float(found[1]), float(found[2])), at, scale)
            self.upright(place, text.text or "", scale * _LETTERS, _painted(text, "fill"))

    def _path(self, element: Element, at: Point, scale: float) -> None:
        outlines = [
            [_moved(point, at, scale) for point in points]
            for points in _outlines(element.get("d", ""))
        ]
        style = element.get("style", "")
        if "stroke:" in style:
            width = scale * _number(element, "stroke-width", 1.0)
            dashes = [scale * float(each) for each in _numbers(element.get("stroke-dasharray"))]
            colour = _painted(element, "stroke")
            for points in outlines:
                self.line(points, width, colour, dashes)
        else:
            for points in outlines:
                self.area(points, _painted(element, "fill"))


def _moved(point: Point, at: Point, scale: float) -> Point:
    return at[0] + scale * point[0], at[1] + scale * point[1]


def _number(element: Element, name: str, usual: float = 0.0) -> float:
    return float(element.get(name, usual))


def _numbers(words: str | None) -> list[str]:
    return re.findall(r"[\d.]+", words or "")


def _painted(element: Element, what: str) -> Ink:
    style = element.get("style", "")
    alpha = re.search(rf"{what}-opacity:([\d.]+)", style)
    opacity = float(alpha[1]) if alpha else 1.0
    found = re.search(rf"(?:^|;){what}:(?:var\(--lab-([\w-]+)\)|(#\w+|rgba?\([^)]*\)))", style)
    if not found:
        return ink("@text", opacity)
    return ink(f"@{found[1]}" if found[1] else found[2], opacity)


def _outlines(path: str) -> Iterator[list[Point]]:
    """The points of each piece of a path."""
    points: list[Point] = []
    pen, given = "M", list[float]()
    for letter, number in _STEP.findall(path):
        if letter:
            pen, given = letter, []
            if letter == "z" and points:
                points.append(points[0])
            continue
        given.append(float(number))
        if len(given) < (1 if pen in "HVhv" else 2):
            continue
        if pen == "M" and points:
            yield points
            points = []
        points.append(_next(pen, given, points[-1] if points else (0.0, 0.0)))
        pen, given = ("L" if pen == "M" else pen), []
    if points:
        yield points


def _next(pen: str, given: Sequence[float], before: Point) -> Point:
    x, y = before
    steps = {"H": (given[0], y), "V": (x, given[0]), "h": (x + given[0], y), "v": (x, y + given[0])}
    if pen in steps:
        return steps[pen]
    return (x + given[0], y + given[1]) if pen == "l" else (given[0], given[1])


def _dashed(points: Sequence[Point], dashes: Sequence[float]) -> Iterator[list[Point]]:
    """The pieces of a line that are drawn."""
    at, rest, piece = 0, dashes[0], [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        length, gone = math.hypot(x1 - x0, y1 - y0), 0.0
        while length - gone > rest:
            gone += rest
            corner = (x0 + (x1 - x0) * gone / length, y0 + (y1 - y0) * gone / length)
            if at % 2 == 0:
                yield [*piece, corner]
            at, piece = at + 1, [corner]
            rest = max(0.5, dashes[at % len(dashes)])
        rest -= length - gone
        piece.append((x1, y1))
    if at % 2 == 0:
        yield piece
