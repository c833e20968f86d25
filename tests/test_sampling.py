"""How curves are made into points: bends, breaks, jumps, poles and narrow features."""

from itertools import pairwise

import numpy as np
import pytest

DRAW = """([{ sample }], [body, breaks, range, height]) =>
    sample(new Function("x", `return ${body}`), breaks, range, height)"""


@pytest.fixture
def draw(modules):
    def drawn(body, low=-6.0, high=6.0, breaks=(), height=6.0):
        line = modules(DRAW, ["plot/sampling.js"], [body, list(breaks), [low, high], height])
        return line["x"], line["y"]

    return drawn


def gaps(x, y):
    return [at for at, value in zip(x, y, strict=True) if value is None]


@pytest.mark.parametrize(
    ("body", "function"),
    [
        ("x * x", lambda x: x * x),
        ("Math.sin(20 * x)", lambda x: np.sin(20 * x)),
        ("x / (1 + Math.exp(-50 * x))", lambda x: x / (1 + np.exp(-np.clip(50 * x, -700, 700)))),
        ("Math.exp(-1e4 * x * x)", lambda x: np.exp(-1e4 * x * x)),
        ("Math.tanh(1e6 * x)", lambda x: np.tanh(1e6 * x)),
    ],
)
def test_the_polyline_keeps_to_the_curve(draw, body, function):
    x, y = draw(body, height=2.0)
    assert None not in y and x == sorted(x)
    dense = np.linspace(-6, 6, 200_001)
    off = np.abs(np.interp(dense, x, y) - function(dense))
    steep = np.abs(np.gradient(function(dense), dense)) > 1e3  # a vertical line on the screen
    # Under half a pixel of a plot 300 pixels high, on the whole; 3 pixels at the worst.
    assert np.quantile(off[~steep], 0.99) < 2.0 / 600
    assert off[~steep].max() < 2.0 / 100


def test_a_narrow_bump_at_zero_is_not_passed_over(draw):
    _, y = draw("1 / (1 + (x * 1e7) ** 2)")
    assert max(y) == 1


def test_a_kink_has_both_its_sides(draw):
    x, y = draw("x > 0 ? 1 : 0", breaks=[0])
    at = y.index(None)
    assert x[at - 1 : at + 2] == [0, 0, 0] and (y[at - 1], y[at + 1]) == (0, 1)
    x, y = draw("Math.abs(x - 1)", breaks=[1])
    assert None not in y and y[x.index(1)] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("body", ["1 / x", "1 / (x - 1.2345)", "Math.tan(x / 2)", "Math.log(x)"])
def test_a_pole_is_no_line(draw, body):
    x, y = draw(body)
    between = [(a, b) for a, b in pairwise(y) if a is not None and b is not None and a * b < 0]
    assert all(abs(a - b) < 6 for a, b in between), "a line from one end to the other"
    assert gaps(x, y)


def test_a_jump_that_no_one_announced_is_a_gap(draw):
    x, y = draw("x > Math.SQRT2 ? 1 : -1")
    (at,) = gaps(x, y)
    assert at == pytest.approx(2**0.5, abs=1e-6)


def test_no_number_is_a_gap_and_points_are_bounded(draw):
    x, y = draw("Math.sqrt(x)")
    assert all((value is None) == (at < 0) for at, value in zip(x, y, strict=True) if at != 0)
    for body in ("Math.sin(1e6 * x)", "Math.random()", "NaN", "x % 1e-3"):
        x, _ = draw(body)
        assert len(x) < 30_000


def test_points_are_within_the_range_and_start_and_end_there(draw):
    for low, high in ((-6, 6), (2, 3), (-1000, 1000), (0.5, 0.500001), (-3, 0)):
        x, _ = draw("x * x * x", low, high, breaks=[0, 2.5])
        assert (x[0], x[-1]) == (low, high) and x == sorted(x)


@pytest.mark.parametrize("times", [30, 100, 268.0825731062, 1000])
def test_a_fast_wave_is_drawn_to_both_ends(draw, times):
    x, y = draw(f"Math.sin({times} * x)", -10, 10, height=2.0)
    known = [(at, value) for at, value in zip(x, y, strict=True) if value is not None]
    # Every hundredth of the width shows the wave's full height, and no stretch is left out.
    for low in np.linspace(-10, 9.8, 100):
        inside = [value for at, value in known if low <= at <= low + 0.21]
        assert min(inside) < -0.8 and max(inside) > 0.8, low
    assert max(b[0] - a[0] for a, b in pairwise(known)) < 0.1


@pytest.mark.parametrize(
    ("body", "least", "most"),
    [
        ("1 / (x - 1)", 1, 8),
        ("-1 / (x - 1) ** 2", 0.5, 20),
        ("Math.tan(x)", 1, 12),
        ("Math.exp(-1e4 * x * x)", 0.9, 1.5),  # narrow, but no pole: seen whole
    ],
)
def test_a_pole_does_not_decide_the_height(modules, body, least, most):
    low, high = modules(
        """([{ sample, heightOf }], [body]) =>
            heightOf([sample(new Function("x", `return ${body}`), [], [-6, 6], 6)], 0.02)""",
        ["plot/sampling.js"],
        [body],
    )
    assert least < max(-low, high) < most
