"""Draws a figure as SVG: lines, points, bars, intervals and bands, where no script may run.

Colours are the style sheet's variables, so that a picture follows the page into the dark; an
activation's own are written out for both.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from swishdemo.activations import get
from swishdemo.activations.record import is_formula
from swishdemo.claims.record import typeset
from swishdemo.figures.axis import axis_of
from swishdemo.figures.series import Json

WIDTH = 360
_LETTER = 6.3
"""Pixels that a letter takes, about; a Chinese one takes twice as many."""
_LINE = 14.0
_FOOT = 20.0
_TITLE = 16.0
_DASHES = {
    "dash": "8 5",
    "dot": "2 4",
    "dashdot": "8 4 2 4",
    "longdash": "14 6",
    "longdashdot": "14 5 2 5",
}
_SEEN = 0.12
"""Pixels by which a line may be off."""
_PIECE = re.compile(r"(?:[\u2e80-\uffef“‘]|[^\s\u2e80-\uffef“‘]+)[，。、；：！？）》”’]*\s*")
"""What no line is broken within: a word, a Chinese sign with the punctuation behind it."""


def svg(figure: Json, label: str, *, width: float = WIDTH, height: float | None = None) -> str:
    """The figure as one ``svg`` element, as wide as it is let be.

    Args:
        figure: As Plotly has it: scatters and horizontal bars, in one plot or several under each
            other (``yaxis``, ``yaxis2`` …, each with its ``domain``).
        label: What it shows, for who cannot see it.
        width: Pixels at which its letters have their size.
        height: Pixels; what its bars need where it is left out.
    """
    data, layout = figure["data"], figure.get("layout", {})
    height = height or natural_height(data)
    legend, legend_height = _legend(data, layout, width)
    names = sorted(
        (key for key in layout if re.fullmatch(r"yaxis\d*", key)), key=lambda key: int(key[5:] or 1)
    ) or ["yaxis"]
    top = max(float(layout.get("margin", {}).get("t", 8)), legend_height + 6)
    foot = _FOOT + _TITLE * bool(_title(layout.get("xaxis", {})))
    plots = []
    for name in names:
        low, high = layout.get(name, {}).get("domain", (0, 1))
        inner = height - top - foot
        box = (top + (1 - high) * inner, top + (1 - low) * inner)
        traces = [trace for trace in data if _axis_name(trace) == name]
        told = layout if name == names[-1] else layout | {"xaxis": {**layout["xaxis"], "title": ""}}
        plots.append(_Plot(traces, told, name, width, box))
    left = max(plot.left for plot in plots)
    drawn = [plot.drawn(left) for plot in plots]
    return (
        f'<svg class="picture" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escaped(label)}" font-size="11.5">{legend}{"".join(drawn)}</svg>'
    )


def _axis_name(trace: Json) -> str:
    return f"yaxis{str(trace.get('yaxis', 'y'))[1:]}"


def natural_height(data: Sequence[Json]) -> float:
    """A picture is as high as its bars need."""
    rows = [set(trace["y"]) for trace in data if trace.get("orientation") == "h"]
    return 70 + 27 * len(set().union(*rows)) if rows else 190


# ---- Words and colours ----


def _wide(words: str) -> float:
    return sum(_LETTER if ord(letter) < 0x2E80 else 2 * _LETTER for letter in words)


def escaped(text: str) -> str:
    """A text within SVG, without the signs that no XML may hold."""
    return html.escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text))


def _words(text: object) -> str:
    """What Plotly would show of a text, in which some signs are written for it."""
    return html.unescape(re.sub(r"</?(b|i|sub|sup|span)\b[^<>]*>", "", str(text)))


def wrapped(words: str, room: float, wide: Callable[[str], float] = _wide) -> list[str]:
    """Words in lines no wider than the room, where they can be broken.

    Args:
        words: One paragraph.
        room: Pixels.
        wide: How many a text takes.
    """
    lines = [""]
    for piece in _PIECE.findall(words):
        if lines[-1] and wide(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _paint(token: str, what: Literal["fill", "stroke"]) -> str:
    """The style by which something is filled or drawn in a colour: ``@ok``, ``@act-gelu/0.5``."""
    found = re.fullmatch(r"@(act-=.*|[\w-]+)(?:/([\d.]+))?(?:\+[\d.]+)?", token, re.S)
    if not found:
        known = re.fullmatch(r"#[0-9a-fA-F]{3,8}|rgba?\([\d., ]+\)", token)
        return f"{what}:{token if known else 'currentColor'}"
    name, alpha = found.groups()
    style = f"{what}:var(--lab-{name})"
    if name.startswith("act-"):
        if is_formula(name[4:]):
            style = f"{what}:var(--lab-typed)"
        else:
            record = get(name[4:])
            light, dark = record.colour, record.colour_dark
            # A browser that knows no pair takes the first.
            style = f"{what}:{light};{what}:light-dark({light},{dark})"
    return style + (f";{what}-opacity:{alpha}" if alpha else "")


def _text(x: float, y: float, words: str, *, paint: str = "@muted", anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'style="{_paint(paint, "fill")}">{escaped(words)}</text>'
    )


def _stroke(line: Json, usual: float = 1.4) -> str:
    dash = str(line.get("dash", "solid"))
    dashes = _DASHES.get(dash, "" if dash == "solid" else re.sub(r"[^\d,]|px", "", dash))
    return (
        f'style="{_paint(line.get("color", "@muted"), "stroke")};fill:none" '
        f'stroke-width="{float(line.get("width", usual)):g}" stroke-linejoin="round"'
        + (f' stroke-dasharray="{dashes}"' if dashes else "")
    )


def _title(axis: Json) -> str:
    title = axis.get("title", "")
    return _words(title.get("text", "") if isinstance(title, Mapping) else title)


def _legend(data: Sequence[Json], layout: Json, width: float) -> tuple[str, float]:
    """The names of the lines in rows at the top, and how high these are."""
    if not layout.get("showlegend"):
        return "", 0.0
    x, y, drawn = 4.0, 12.0, []
    for trace in data:
        if not trace.get("name") or trace.get("showlegend") is False:
            continue
        name = _words(trace["name"])
        wide = 26 + _wide(name)
        if x > 4 and x + wide > width:
            x, y = 4.0, y + 16
        if "lines" in trace.get("mode", ""):
            drawn.append(f'<path d="M{x:.1f},{y - 4:g}h18" {_stroke(trace["line"])}/>')
        else:
            marker = trace.get("marker", {})
            drawn.append(_marker(x + 9, y - 4, marker, ""))
        drawn.append(_text(x + 22, y, name, paint="@text", anchor="start"))
        x += wide + 12
    return "".join(drawn), (y + 4 if drawn else 0.0)


def _marker(x: float, y: float, marker: Json, title: str) -> str:
    half = float(marker.get("size", 7)) / 2
    style = _paint(marker.get("color", "@text"), "fill")
    told = f"<title>{escaped(title)}</title>" if title else ""
    if marker.get("symbol") == "diamond":
        shape = f"M{x:.1f},{y - half:.1f}l{half:g},{half:g}l-{half:g},{half:g}l-{half:g},-{half:g}z"
        return f'<path class="mark" d="{shape}" style="{style}">{told}</path>'
    circle = f'cx="{x:.1f}" cy="{y:.1f}" r="{half:g}"'
    return f'<circle class="mark" {circle} style="{style}">{told}</circle>'


# ---- One plot ----


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without which a line would look different: Douglas and Peucker's algorithm."""
    if len(points) < 3:
        return points
    kept = {0, len(points) - 1}
    rest = [(0, len(points) - 1)]
    while rest:
        first, last = rest.pop()
        (x0, y0), (x1, y1) = points[first], points[last]
        length = math.hypot(x1 - x0, y1 - y0)
        farthest, at = _SEEN, 0
        for number in range(first + 1, last):
            x, y = points[number]
            across = abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0))
            off = across / length if length else math.hypot(x - x0, y - y0)
            if off > farthest:
                farthest, at = off, number
        if at:
            kept.add(at)
            rest += [(first, at), (at, last)]
    return [point for number, point in enumerate(points) if number in kept]


class _Plot:
    """A box with its axes, and what is drawn in it."""

    def __init__(
        self,
        traces: Sequence[Json],
        layout: Json,
        name: str,
        width: float,
        box: tuple[float, float],
    ) -> None:
        self.traces, self.width, self.name = traces, width, name
        self.told_x, self.told_y = layout.get("xaxis", {}), layout.get(name, {})
        own = f"y{name[5:]}"
        self.shapes = [each for each in layout.get("shapes", ()) if self._is_mine(each, own)]
        self.notes = [each for each in layout.get("annotations", ()) if self._is_mine(each, own)]
        self.top, self.foot = box
        self.y = axis_of(self.told_y, self._values("y"), self.foot, self.top)
        self.y_ticks = self.y.ticks(self.told_y, max(2, int((self.foot - self.top) / 34)))
        self.rows = [wrapped(_words(word), 0.36 * width) for _, word in self.y_ticks]
        widest = max((_wide(line) for lines in self.rows for line in lines), default=0.0)
        title = _title(self.told_y)
        self.left = 10 + widest + (_TITLE if title else 0)
        self.right = width - 12

    @staticmethod
    def _is_mine(each: Json, own: str) -> bool:
        """Whether a mark is of this plot; those of the whole picture are of the first."""
        ref = each.get("yref", "y")
        return bool(ref == own or (ref == "paper" and own == "y"))

    def _values(self, letter: str) -> Iterator[Any]:
        for trace in self.traces:
            yield from trace[letter]
            if errors := trace.get(f"error_{letter}"):
                for value, up, down in zip(
                    trace[letter], errors["array"], errors["arrayminus"], strict=True
                ):
                    yield from (value + up, value - down)

    def drawn(self, left: float) -> str:
        """The plot, from a place on that leaves room for the figures of all plots."""
        self.left = left
        self.x = axis_of(self.told_x, self._values("x"), self.left, self.right)
        inside = [self._grid(), *(self._shape(each) for each in self.shapes)]
        inside += [self._fill(at) for at in range(len(self.traces))]
        inside += [self._lines(trace) for trace in self.traces]
        inside += [self._bars(trace) for trace in self.traces]
        wide, high = self.right - self.left, self.foot - self.top
        # An svg within an svg cuts off what lies outside, and needs no name for it.
        box = (
            f'<svg x="{self.left:.1f}" y="{self.top:.1f}" width="{wide:.1f}" height="{high:.1f}" '
            f'viewBox="{self.left:.1f} {self.top:.1f} {wide:.1f} {high:.1f}">'
        )
        marks = [self._marks(trace) for trace in self.traces]
        notes = [self._note(each) for each in self.notes]
        return "".join([box, *inside, "</svg>", self._labels(), *marks, *notes])

    def _grid(self) -> str:
        lines = [
            f"M{place:.1f},{self.top:.1f}V{self.foot:.1f}"
            for place, _ in ([] if self.x.names else self._x_ticks())
        ]
        if not self.y.names:
            lines += [f"M{self.left:.1f},{place:.1f}H{self.right:.1f}" for place, _ in self.y_ticks]
        grid = f'<path d="{"".join(lines)}" {_stroke({"color": "@grid", "width": 1})}/>'
        zero = None if self.y.log or self.y.names else self.y.place(0.0)
        if zero is None or not self.top <= zero <= self.foot:
            return grid
        axis = _stroke({"color": "@zero", "width": 1})
        return grid + f'<path d="M{self.left:.1f},{zero:.1f}H{self.right:.1f}" {axis}/>'

    def _x_ticks(self) -> list[tuple[float, str]]:
        return self.x.ticks(self.told_x, max(2, int((self.right - self.left) / 48)))

    def _labels(self) -> str:
        """The figures along both axes, and what these are."""
        found = []
        end = -math.inf
        for place, word in self._x_ticks():
            half = _wide(word) / 2
            at = min(place, self.width - half - 1)
            if at - half > end + 4:
                found.append(_text(at, self.foot + 14, word))
                end = at + half
        for (place, _), lines in zip(self.y_ticks, self.rows, strict=True):
            first = place + 4 - _LINE * (len(lines) - 1) / 2
            paint = "@text" if self.y.names else "@muted"
            found += [
                _text(self.left - 7, first + _LINE * at, line, anchor="end", paint=paint)
                for at, line in enumerate(lines)
            ]
        middle = (self.left + self.right) / 2
        if title := _title(self.told_x):
            found.append(_text(middle, self.foot + 14 + _TITLE, title))
        if title := _title(self.told_y):
            turned = f"translate(11 {(self.top + self.foot) / 2:.1f}) rotate(-90)"
            found.append(f'<g transform="{turned}">{_text(0, 0, title)}</g>')
        return "".join(found)

    def _path(self, xs: Sequence[Any], ys: Sequence[Any]) -> str:
        path: list[str] = []
        piece: list[tuple[float, float]] = []
        for x, y in zip([*xs, None], [*ys, None], strict=True):
            right, down = self.x.place(x), self.y.place(y)
            if right is not None and down is not None:
                piece.append((right, down))
                continue
            for pen, (right, down) in zip("M" + "L" * len(piece), _thinned(piece), strict=False):
                path.append(f"{pen}{right:.1f},{down:.1f}")
            piece = []
        return "".join(path)

    def _lines(self, trace: Json) -> str:
        line = trace.get("line", {})
        if "lines" not in trace.get("mode", "") or line.get("width") == 0:
            return ""
        name = escaped(_words(trace.get("name", "")))
        path = self._path(trace["x"], trace["y"])
        return f'<path class="line" d="{path}" {_stroke(line, 2)}><title>{name}</title></path>'

    def _fill(self, at: int) -> str:
        trace = self.traces[at]
        if trace.get("fill") != "tonexty" or not at:
            return ""
        below = self.traces[at - 1]
        xs = [*trace["x"], *reversed(below["x"])]
        path = self._path(xs, [*trace["y"], *reversed(below["y"])])
        return f'<path d="{path}z" style="{_paint(trace["fillcolor"], "fill")}"/>' if path else ""

    def _bars(self, trace: Json) -> str:
        if trace.get("type") != "bar":
            return ""
        found = []
        zero = self.x.place(0.0) or self.left
        paint = _paint(trace["marker"]["color"], "fill")
        for value, name, words in zip(trace["x"], trace["y"], trace["text"], strict=True):
            end, middle = self.x.place(value), self.y.place(name)
            if end is None or middle is None:
                continue
            left, wide = min(zero, end), abs(end - zero)
            told = escaped(f"{_words(name)}: {_words(words)}")
            found.append(
                f'<rect class="mark" x="{left:.1f}" y="{middle - 9:.1f}" width="{wide:.1f}" '
                f'height="18" rx="2" style="{paint}"><title>{told}</title></rect>'
            )
        return "".join(found)

    def _marks(self, trace: Json) -> str:
        """Intervals, points and their words, which may reach beyond the box."""
        found = self._intervals(trace)
        if trace.get("type") == "bar":
            for name, words in zip(trace["y"], trace["text"], strict=True):
                middle = self.y.place(name) or 0.0
                place = (self.x.place(0.0) or self.left) + 5
                found.append(_text(place, middle + 4, _words(words), paint="@text", anchor="start"))
        if "markers" not in trace.get("mode", ""):
            return "".join(found)
        words = trace.get("text") or [trace.get("name", "")] * len(trace["x"])
        for x, y, word in zip(trace["x"], trace["y"], words, strict=False):
            right, down = self.x.place(x), self.y.place(y)
            if right is None or down is None or not self._is_inside(right, down):
                continue
            told = f"{_words(y)}: {x:.4g}" if self.y.names else f"{_words(word)} ({x:.6g}, {y:.6g})"
            found.append(_marker(right, down, trace.get("marker", {}), typeset(told)))
            if "text" in trace["mode"]:
                found.append(self._beside(right, down, _words(word), trace))
        return "".join(found)

    def _is_inside(self, x: float, y: float) -> bool:
        return self.left - 1 <= x <= self.right + 1 and self.top - 1 <= y <= self.foot + 1

    def _intervals(self, trace: Json) -> list[str]:
        errors = trace.get("error_x")
        if not errors:
            return []
        ends = []
        for x, y, up, down in zip(
            trace["x"], trace["y"], errors["array"], errors["arrayminus"], strict=True
        ):
            left, right, at = self.x.place(x - down), self.x.place(x + up), self.y.place(y)
            if left is None or right is None or at is None:
                continue
            left, right = max(left, self.left), min(right, self.right)
            half = float(errors.get("width", 4))
            ends.append(
                f"M{left:.1f},{at:.1f}H{right:.1f}M{left:.1f},{at - half:.1f}v{2 * half:g}"
                f"M{right:.1f},{at - half:.1f}v{2 * half:g}"
            )
        line = {"color": errors.get("color", "@text"), "width": errors.get("thickness", 1.4)}
        return [f'<path class="interval" d="{"".join(ends)}" {_stroke(line)}/>']

    def _beside(self, x: float, y: float, words: str, trace: Json) -> str:
        """A point's words, on the side where they are wanted, and within the picture."""
        where = trace.get("textposition", "top center")
        y += -9 if "top" in where else 18 if "bottom" in where else 4
        wide = _wide(words)
        start = x - wide - 4 if "left" in where else x + 4 if "right" in where else x - wide / 2
        start = max(2.0, min(start, self.width - wide - 2))
        paint = trace.get("textfont", {}).get("color", "@muted")
        return _text(start + wide / 2, y, words, paint=paint)

    def _shape(self, shape: Json) -> str:
        across = shape.get("xref") == "paper"
        upright = shape.get("yref") == "paper"
        wide, high = self.right - self.left, self.foot - self.top
        ends = []
        for end in ("0", "1"):
            x, y = shape[f"x{end}"], shape[f"y{end}"]
            right = self.left + x * wide if across else self.x.place(x)
            down = self.foot - y * high if upright else self.y.place(y)
            if right is None or down is None:
                return ""
            ends.append((right, down))
        (x0, y0), (x1, y1) = ends
        if shape["type"] == "rect":
            style = _paint(shape["fillcolor"], "fill")
            return (
                f'<rect x="{min(x0, x1):.1f}" y="{min(y0, y1):.1f}" '
                f'width="{abs(x1 - x0):.1f}" height="{abs(y1 - y0):.1f}" '
                f'style="{style}"/>'
            )
        return f'<path d="M{x0:.1f},{y0:.1f}L{x1:.1f},{y1:.1f}" {_stroke(shape["line"])}/>'

    def _note(self, note: Json) -> str:
        x, y = note["x"], note["y"]
        across = self.left + x * (self.right - self.left)
        right = across if note.get("xref") == "paper" else self.x.place(x)
        # Of a logarithmic axis a note names the power of ten.
        upright = self.foot - y * (self.foot - self.top)
        down = upright if note.get("yref") == "paper" else self.y.at(y)
        if right is None or not self.top - 1 <= down <= self.foot + 1:
            return ""
        down += {"bottom": -5, "top": 12}.get(note.get("yanchor", "middle"), 4)
        words = _words(note["text"])
        wide = _wide(words)
        start = {"left": right, "right": right - wide}.get(
            note.get("xanchor", ""), right - wide / 2
        )
        start = max(2.0, min(start + note.get("xshift", 0), self.width - wide - 2))
        paint = note.get("font", {}).get("color", "@muted")
        return _text(start, down, words, paint=paint, anchor="start")
