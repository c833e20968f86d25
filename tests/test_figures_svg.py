"""Figures as SVG: whole XML, all that is drawn lies in the picture, and colours that there are."""

import math
import re
from functools import cache
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_claims_figures import DRAWN, evidence_of

from swishdemo.figures.claims import claim_figure
from swishdemo.figures.svg import WIDTH, svg
from swishdemo.formats import _colours
from swishdemo.text import LANGUAGES

evidence = cache(evidence_of)
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")


def drawn(figure, label="a picture"):
    """The picture's elements by their kind: what it holds is whole, finite and named."""
    words = svg(figure, label)
    assert not re.search(r"\bnan\b|\binf\b|None", words)
    picture = ElementTree.fromstring(words)
    assert picture.get("role") == "img" and picture.get("aria-label") == label
    known = set(re.findall(r"(--lab-[\w-]+):", _colours(None)))
    assert set(re.findall(r"var\((--lab-[\w-]+)\)", words)) <= known
    return picture


def of_class(picture, name):
    return [each for each in picture.iter() if each.get("class") == name]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", DRAWN)
def test_every_part_of_a_claims_figure_is_drawn_within_the_picture(place, language):
    figure = claim_figure(evidence(*place), language)
    picture = drawn(figure)
    data = figure["data"]
    assert len(of_class(picture, "line")) == sum(each.get("mode") == "lines" for each in data)
    points = sum(len(each["x"]) for each in data if "markers" in each.get("mode", ""))
    bars = sum(len(each["x"]) for each in data if each["type"] == "bar")
    assert len(of_class(picture, "mark")) == points + bars
    assert len(of_class(picture, "interval")) == sum("error_x" in each for each in data)
    said = [each.text for each in picture.iter("text")]
    for axis in ("xaxis", "yaxis"):
        if title := figure["layout"][axis].get("title"):
            assert title["text"] in said
    for trace in data:
        for word in trace.get("text", []):
            assert word in said
    _, _, width, height = map(float, picture.get("viewBox").split())
    for each in picture.iter("text"):
        assert -1 <= float(each.get("x")) <= width and -height <= float(each.get("y")) <= height
    for each in of_class(picture, "mark"):
        x = float(each.get("cx") or each.get("x") or each.get("d")[1:].split(",")[0])
        assert 0 <= x <= width


def test_a_line_that_is_thinned_is_the_same_to_the_eye():
    x = [at / 50 for at in range(-300, 301)]
    y = [math.sin(at) for at in x]
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": "",
        "line": {"color": "@ok"},
    }
    ranges = {"xaxis": {"range": [-6, 6]}, "yaxis": {"range": [-1, 1]}}
    [path] = of_class(drawn({"data": [line], "layout": ranges}), "line")
    kept = [tuple(map(float, each.split(","))) for each in re.split("[ML]", path.get("d"))[1:]]
    assert 20 < len(kept) < 120
    left, right = kept[0][0], kept[-1][0]
    foot, top = max(down for _, down in kept), min(down for _, down in kept)
    for (x0, y0), (x1, y1) in pairwise(kept):
        middle = -6 + 12 * ((x0 + x1) / 2 - left) / (right - left)
        there = foot + (top - foot) * (math.sin(middle) + 1) / 2
        assert abs(there - (y0 + y1) / 2) < 0.5  # pixels


def test_what_a_name_says_is_text():
    name = "<script>alert(1)</script>&\x00\ud800 \"'"
    figure = {
        "data": [
            {"type": "bar", "orientation": "h", "x": [1.0], "y": [name], "text": [name],
             "marker": {"color": "@ok"}},
            {"type": "scatter", "mode": "lines+markers", "x": [0, 1], "y": [name, name],
             "name": name, "line": {"color": '"><script>', "dash": '" onload="x'},
             "marker": {"color": "@act-=<b>"}},
        ],
        "layout": {"yaxis": {"type": "category"}, "xaxis": {"title": name}, "showlegend": True},
    }  # fmt: skip
    picture = drawn(figure, "x")
    kinds = {each.tag for each in picture.iter()}
    assert kinds <= {"svg", "path", "text", "title", "circle", "rect", "g"}
    assert not any(key.startswith("on") for each in picture.iter() for key in each.attrib)


numbers = st.one_of(st.floats(), st.none(), st.integers(-(10**6), 10**6))


@settings(max_examples=150, deadline=None)
@given(
    points=st.lists(st.tuples(numbers, numbers), max_size=30),
    ends=st.tuples(*[st.floats(-1e6, 1e6)] * 4),
    log=st.booleans(),
    ranged=st.booleans(),
)
@example(points=[], ends=(0.0, 0.0, 0.0, 5e-324), log=False, ranged=True)
@example(points=[(0.0, 0.0), (1e-322, 1e-322)], ends=(0.0, 0.0, 0.0, 0.0), log=False, ranged=False)
def test_any_numbers_make_a_picture(points, ends, log, ranged):
    x, y = [each for each, _ in points], [each for _, each in points]
    trace = {"type": "scatter", "mode": "lines+markers", "x": x, "y": y, "name": "a",
             "line": {"color": "@accent"}, "marker": {"color": "@text"}}  # fmt: skip
    kind = {"type": "log"} if log else {}
    if log:
        ends = [max(-300.0, min(300.0, end)) for end in ends]
    axes = {
        "xaxis": {**kind, **({"range": ends[:2]} if ranged else {})},
        "yaxis": {**kind, **({"range": ends[2:]} if ranged else {})},
    }
    picture = drawn({"data": [trace], "layout": axes})
    assert len(list(picture.iter("text"))) < 60
    for path in of_class(picture, "line"):
        assert all(abs(float(each)) < 1e5 for each in NUMBER.findall(path.get("d")))
    assert float(picture.get("viewBox").split()[2]) == WIDTH
