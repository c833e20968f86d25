"""The numbers on logarithmic axes, as a real browser writes them: over any range there are some."""

import math
import re
from random import Random

import pytest

UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0} | {
    "B": 1.0, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
}  # fmt: skip
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(text):
    """The number that is written."""
    number, _, unit = text.replace("\u202f", "").replace("−", "-").partition(" ")
    if "10" in number and re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", number):
        head, _, exponent = number.rpartition("10")
        value = float(head.rstrip("·") or 1) * 10.0 ** int(exponent.translate(RAISED))
    else:
        value = float(number)
    return value * UNITS[unit] if unit else value


@pytest.fixture
def ticks(modules):
    def of(ranges):
        return modules(
            "([{ logTicks }], ranges) => ranges.map((each) => logTicks(...each))",
            ["plot/log_ticks.js"],
            ranges,
        )

    return of


AXES = [{}, {"unit": "s"}, {"unit": "B"}, {"per": 1e9}, {"marked": [1, 1.5]}]


def some(count):
    """Axes that show a point, a part of a decade, a few and many decades."""
    random = Random(count)
    for _ in range(count):
        axis = random.choice(AXES)
        low = random.uniform(*{"B": (0, 7), "s": (-9, 0)}.get(axis.get("unit"), (-20, 12)))
        width = random.choice([0.0, 1e-12, 10 ** random.uniform(-4, 1.5), random.uniform(0, 2)])
        width = min(width, 5) if "unit" in axis else width  # no host is timed for years
        yield low, low + width, random.randint(3, 9), axis


def test_every_range_has_round_numbers_that_fit_and_are_their_places(ticks):
    asked = list(some(4000))
    for (low, high, most, axis), found in zip(asked, ticks(asked), strict=True):
        if high - low < 1e-9:
            low, high = low - 0.05, high + 0.05
        values, texts = found["tickvals"], found["ticktext"]
        shown = (low, high, most, axis, values, texts)
        assert 2 <= len(values) <= max(5, most) + len(axis.get("marked", ())), shown
        assert values == sorted(values) and len(set(texts)) == len(texts), shown
        assert all(low - 1e-6 <= math.log10(value) <= high + 1e-6 for value in values), shown
        for value, text in zip(values, texts, strict=True):
            assert read(text) * axis.get("per", 1) == pytest.approx(value, rel=2e-5), shown
        if high - low > 0.02:
            assert max(map(len, texts)) <= 10, shown
        marks = [mark for mark in axis.get("marked", ()) if low <= math.log10(mark) <= high]
        assert set(marks) <= set(values), shown


@pytest.mark.parametrize(
    ("low", "high", "axis", "wanted"),
    [
        (0.021, 0.083, {}, ["0.03", "0.04", "0.05", "0.06", "0.07", "0.08"]),
        (0.3, 0.3, {}, ["0.27", "0.28", "0.29", "0.3", "0.31", "0.32", "0.33"]),
        (1e-9, 10, {}, ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1"]),
        (0.1, 15, {"marked": [1, 1.5]}, ["0.1", "0.2", "0.5", "1", "1.5", "5", "10"]),
        (2.1e-3, 8e-3, {"unit": "s"}, ["3 ms", "4 ms", "5 ms", "6 ms", "7 ms", "8 ms"]),
        (2**20.8, 2**21.2, {"unit": "B"}, ["1.8 MiB", "1.9 MiB", "2 MiB", "2.1 MiB", "2.2 MiB"]),
    ],
)
def test_numbers_are_written_as_people_write_them(ticks, low, high, axis, wanted):
    (found,) = ticks([[math.log10(low), math.log10(high), 7, axis]])
    assert found["ticktext"] == wanted
