"""A timing on a terminal: every figure whole and on its variant's line, however narrow it is."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from swishdemo.__main__ import show
from swishdemo.text import Sentence
from swishdemo.timing import REGISTRY, HostCard, Measurement

HOST = HostCard.collect(threads=1)
STEP = {"context": "step", "network": "mlp", "elements": 131072}
PARTS = {"forward": 0.004, "backward": 0.005, "update": 0.0006}


def measured(variant, seconds, **more):
    blocks = tuple(seconds * factor for factor in (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2))
    blank = Measurement(
        *(variant, "swish", 2**20, "float32", "both", "cpu", 1),
        block_seconds=blocks,
        saved_bytes=8 * 2**20,
        peak_bytes=20 * 2**20,
        max_error=1e-7,
        copy_limit_seconds=270e-6,
    )
    return replace(blank, **more)


RELU = measured("relu", 778e-6)
LONGEST = measured("memory_efficient", 3935e-6)
FORMULA = measured("=x*sigmoid(2*x)" + "+0*x" * 40, 5e-3)


def printed(measurements, width, host=None, baseline="relu"):
    file = io.StringIO()
    show(Console(file=file, width=width, highlight=False), measurements, host, baseline)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def line_of(lines, name):
    [found] = [line for line in lines if line.startswith(name)]
    return found


@pytest.mark.parametrize("width", [80, 100, 140])
def test_every_figure_stands_whole_on_its_line(width):
    lines = printed([LONGEST, RELU], width, HOST)
    assert max(map(len, lines)) <= width
    fast = line_of(lines, "F.relu")
    assert re.match(r"F\.relu +1\.00 +778 ± 58.3 µs +27\.0 +35 % +8 MiB +20 MiB", fast)
    slow = line_of(lines, "MemoryEfficientSwish")
    assert re.search(r" 5\.06 \(\d\.\d\d–\d\.\d\d\) +3\.94 ± 0\.30 ms +5\.33 +7 % ", slow)
    assert lines.index(line_of(lines, "F.relu")) < lines.index(slow)


def test_a_wide_terminal_has_parts_errors_and_blocks_and_a_step_no_memory_limit():
    steps = [
        measured(name, 0.0096, copy_limit_seconds=None, part_seconds=PARTS, **STEP)
        for name in ("relu", "silu")
    ]
    wide, narrow = printed(steps, 140), printed(steps, 80)
    assert re.search(r"4\.00 ms +5\.00 ms +600 µs +1\.0e-07 +7$", line_of(wide, "F.silu"))
    for lines in (wide, narrow):
        assert not any("GB/s" in line or "–  " in line for line in lines)
    assert "600 µs" not in line_of(narrow, "F.silu")


def test_a_long_formula_is_folded_and_nothing_else():
    lines = printed([RELU, FORMULA], 80)
    assert max(map(len, lines)) <= 80
    start = next(place for place, line in enumerate(lines) if line.startswith("x*sigmoid"))
    assert "5.00 ± 0.37 ms" in lines[start] and "20 MiB" in lines[start]
    figures_begin = lines[start].index(" 6.43")
    name = "".join(line[:figures_begin].strip() for line in lines[start : lines.index("", start)])
    assert name == REGISTRY.get(FORMULA.variant).label()


def test_without_the_baseline_there_are_no_ratios():
    assert not any("×" in line for line in printed([RELU], 80, baseline="mish"))


def test_what_was_left_out_is_told_once_and_nothing_says_so():
    gone = measured("mish", 1, block_seconds=(), unavailable=Sentence("time.unavailable.no_cuda"))
    lines = printed([gone, replace(gone, elements=64)], 80)
    assert "Nothing was timed." in lines
    assert [line for line in lines if "F.mish" in line] == [
        f"- F.mish: {gone.unavailable.sentence()}"
    ]
