"""A timing as a file: CSV in full precision, Markdown with the host."""

import csv
import io
import re
from dataclasses import replace

import pytest

from swishdemo.text import LANGUAGES, Sentence
from swishdemo.timing import HostCard, Measurement
from swishdemo.timing.tables import as_csv, as_markdown

HOST = HostCard.collect(threads=1)


def measured(variant, seconds, elements=4096, **more):
    activation = {"silu": "swish", "relu": "relu"}.get(variant, variant)
    blank = Measurement(variant, activation, elements, "float32", "both", "cpu", 1)
    blocks = tuple(seconds * factor for factor in (0.9, 0.95, 1.0, 1.0, 1.0, 1.05, 1.1))
    return replace(blank, **{"block_seconds": blocks, "max_error": 1e-7, **more})


RELU = measured("relu", 1e-5, saved_bytes=16384, peak_bytes=32768, copy_limit_seconds=8e-6)
SILU = measured("silu", 1.5e-5)
FORMULA = measured("=x*sigmoid(2*x)|1", 3e-5)
GONE = measured("mish", 1, block_seconds=(), unavailable=Sentence("time.unavailable.no_cuda"))
STEP = measured(
    "relu",
    9e-5,
    context="step",
    network="mlp",
    part_seconds={"forward": 2e-5, "backward": 4e-5, "update": 3e-5},
)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def tables(markdown):
    """Head → rows of every table, each a list of cells; checked to be of equal length."""
    found = []
    for block in markdown.split("\n\n"):
        lines = block.splitlines()
        if lines and lines[0].startswith("|"):
            cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines]
            assert len({len(line) for line in cells}) == 1
            found.append([[cell.strip() for cell in line] for line in cells])
    return found


def test_csv_has_every_measurement_in_full_precision():
    told = rows(as_csv([RELU, SILU, STEP, GONE]))
    assert [row["variant"] for row in told] == ["relu", "silu", "relu", "mish"]
    assert float(told[1]["median_seconds"]) == SILU.median_seconds
    assert float(told[1]["iqr_seconds"]) == SILU.iqr_seconds
    assert float(told[0]["bytes_per_second"]) == RELU.bytes_per_second
    assert [float(told[2][f"{part}_seconds"]) for part in STEP.part_seconds] == [2e-5, 4e-5, 3e-5]
    assert told[0]["forward_seconds"] == "" and told[3]["median_seconds"] == ""
    assert told[3]["unavailable"] == GONE.unavailable.sentence()
    assert told[0]["allocator"] == "tuned"


def test_csv_says_how_many_times_as_long_as_the_baseline_and_on_which_host():
    told = rows(as_csv([RELU, SILU, STEP, GONE, measured("silu", 1.0, 8192)], HOST))
    assert [row["ratio"] and float(row["ratio"]) for row in told] == [
        1,
        pytest.approx(1.5),
        1,
        "",
        "",
    ]
    assert float(told[1]["ratio_low"]) <= 1.5 <= float(told[1]["ratio_high"])
    assert told[0]["ratio_low"] == "" and [row["baseline"] for row in told][-1] == ""
    assert {row["host_cpu"] for row in told} == {HOST.cpu}
    [_, silu] = rows(as_csv([RELU, SILU], None, "silu"))
    assert float(silu["ratio"]) == 1 and silu["baseline"] == "silu" and silu["host_cpu"] == ""
    single = rows(as_csv([RELU, replace(SILU, block_seconds=(2e-5,))]))[1]
    assert float(single["ratio"]) == pytest.approx(2) and single["ratio_low"] == ""


def test_building_stands_apart_from_the_checks():
    built = replace(SILU, preparation_seconds=31.0, build_seconds=30.0)
    [table] = tables(as_markdown([RELU, built]))
    place = table[0].index("build + checks")
    assert [row[place] for row in table[2:]] == ["–", "30.0 s + 1.00 s"]


def test_a_later_measurement_replaces_an_earlier_one():
    later = measured("silu", 1.0)
    assert [float(row["median_seconds"]) for row in rows(as_csv([SILU, later]))] == [1.0]
    [table] = tables(as_markdown([SILU, later]))
    assert len(table) == 3 and table[2][1] == "1.00 s"


def test_no_cell_is_computed_by_a_spreadsheet():
    [row] = rows(as_csv([FORMULA]))
    assert row["variant"] == f"'{FORMULA.variant}" and row["activation"][0] == "'"


def test_an_empty_csv_has_its_head():
    assert as_csv([]).startswith("variant,activation,elements") and rows(as_csv([])) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_has_a_table_for_each_setting_and_the_host(language):
    text = as_markdown([SILU, RELU, STEP, GONE, FORMULA], HOST, "relu", language)
    kernel, step, host = tables(text)
    assert kernel[2][1] == "1.00"  # the fastest first
    assert kernel[3][1].startswith("1.50 (1.50–1.50)")
    assert [row[0] for row in kernel[2:]] == ["F.relu", "F.silu", "`x*sigmoid(2*x)/1`"]
    assert {"20.0 µs", "40.0 µs", "30.0 µs"} <= set(step[2])
    told = dict(row for row in host[2:])
    assert any(HOST.cpu in value for value in told.values())
    assert GONE.unavailable.sentence(language) in text
    assert "tuned" in text or "调优" in text


def test_markdown_without_the_baseline_has_no_ratios():
    [table] = tables(as_markdown([SILU], None, "relu"))
    assert not any("×" in head for head in table[0]) and "Host" not in as_markdown([SILU], None)


def test_markdown_of_nothing_says_so():
    assert "Nothing was timed." in as_markdown([GONE], HOST)


def test_a_hostile_name_breaks_no_table():
    odd = measured("their|own\nname_*<b>", 1e-5)
    [table] = tables(as_markdown([odd, RELU]))
    assert len(table) == 4 and "\n" not in table[2][0]
