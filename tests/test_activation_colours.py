"""Lines that any number of which may stand in one plot: contrast, and differences that one sees.

Distances are those of OKLab (Ottosson, A perceptual color space for image processing, 2020), where
the distance between black and white is 1; colour blindness is that of Machado, Oliveira and
Fernandes, A Physiologically-Based Model for Simulation of Color Vision Deficiency (2009).
"""

from itertools import combinations, pairwise

import numpy as np
import pytest

from swishdemo.activations import activations, get

GROUNDS = {"colour": "#ffffff", "colour_dark": "#1b1d21"}
DASHES = {"solid", "dash", "dot", "dashdot", "longdash", "longdashdot"}
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
VISION = {
    "all colours": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
EACH = pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)


def linear(colour):
    channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(colour, vision="all colours"):
    seen = np.clip(VISION[vision] @ linear(colour), 0, 1)
    return _LAB @ np.cbrt(_LMS @ seen)


def distance(a, b, vision="all colours"):
    """The least over the light and the dark ground."""
    return min(
        float(np.linalg.norm(lab(getattr(a, ground), vision) - lab(getattr(b, ground), vision)))
        for ground in GROUNDS
    )


def contrast(a, b):
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def test_the_measures_are_right():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert lab("#ffffff") == pytest.approx([1, 0, 0], abs=1e-6)
    assert lab("#ff0000") == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    # Red and green of one lightness are far apart, but not without the red or the green.
    assert np.linalg.norm(lab("#b04040", "no green") - lab("#6e7325", "no green")) < 0.05
    assert np.linalg.norm(lab("#b04040") - lab("#6e7325")) > 0.15


@EACH
def test_a_line_stands_out_from_its_ground(activation):
    for ground, colour in GROUNDS.items():
        assert contrast(getattr(activation, ground), colour) >= 4.5
    assert activation.dash in DASHES


@pytest.mark.parametrize(
    ("vision", "least"), [("all colours", 0.1), ("no red", 0.027), ("no green", 0.027)]
)
def test_lines_of_one_dash_differ_in_colour(vision, least):
    close = [
        (a.name, b.name, round(distance(a, b, vision), 3))
        for a, b in combinations(activations(), 2)
        if a.dash == b.dash and distance(a, b, vision) < least
    ]
    assert close == []


def test_no_two_lines_have_one_colour():
    assert min(distance(a, b) for a, b in combinations(activations(), 2)) > 0.02


def test_neighbours_in_the_menu_differ_much():
    """In colour, or in dash and in colour."""
    listed = activations()
    for a, b in pairwise(listed):
        assert distance(a, b) > (0.12 if a.dash == b.dash else 0.03), (a.name, b.name)


@EACH
def test_orange_is_swishs(activation):
    """Nothing else is as vivid within 9° of its hue, but Hard Swish, which is dashed."""
    if activation.name in ("swish", "hardswish"):
        return
    for ground in GROUNDS:
        _, a, b = lab(getattr(activation, ground))
        _, p, q = lab(getattr(get("swish"), ground))
        turn = np.angle(complex(a, b) / complex(p, q), deg=True)
        assert abs(turn) > 9 or np.hypot(a, b) < 0.7 * np.hypot(p, q)
