"""The figures of a timing are valid Plotly figures that show what was measured, and no more."""

import json
import math
import re
from dataclasses import replace
from itertools import pairwise

import plotly.graph_objects as go
import pytest

from swishdemo.figures.plotly import colour_of, label_of
from swishdemo.figures.timing_bars import bars_figure, memory_figure, steps_figure
from swishdemo.figures.timing_lines import roofline_figure, sizes_figure, spread
from swishdemo.text import LANGUAGES, Sentence
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.measurement import byte_size, duration, figures, size_label

ASKED = ("relu", "silu", "swish_eager", "parametric_tuned", "gelu")


def measured(variant, seconds, *, elements=1024, limit=0.5e-3, **more):
    """Five blocks around ``seconds``: quartiles at 0.9 and 1.2 times it."""
    blocks = tuple(seconds * factor for factor in (0.8, 0.9, 1.0, 1.2, 1.5))
    return Measurement(
        variant=variant,
        activation=REGISTRY.get(variant).activation,
        elements=elements,
        dtype="float32",
        passes="both",
        device="cpu",
        threads=1,
        block_seconds=blocks,
        calls_per_block=1,
        saved_bytes=4 * elements,
        copy_limit_seconds=limit,
        max_error=1e-7,
        **more,
    )


def refused(variant, **why):
    return Measurement(variant, "swish", 1024, "float32", "both", "cpu", 1, **why)


TIMED = [
    measured("silu", 1.4e-3),
    measured("relu", 1.0e-3),
    measured("parametric_tuned", 4.4e-3),
    measured("swish_eager", 2.1e-3),
]


def drawn(figure):
    """Plotly's own reading of a figure, after colour tokens have become colours."""
    return go.Figure(_resolved(json.loads(json.dumps(figure, allow_nan=False))))


def _resolved(value):
    if isinstance(value, str):
        return "#123456" if value.startswith("@") else value
    if isinstance(value, list):
        return [_resolved(part) for part in value]
    if isinstance(value, dict):
        own = {"unit", "per"} if value.get("type") == "log" else set()  # read by log_ticks.js
        return {key: _resolved(part) for key, part in value.items() if key not in own}
    return value


def rows(figure):
    """Label → value of each bar, from the top row down."""
    bars = figure["data"][0]
    labels = figure["layout"]["yaxis"]["ticktext"]
    pairs = sorted(zip(bars["y"], bars["x"], strict=True))
    return {labels[place]: x for place, x in pairs}


def label(variant):
    return REGISTRY.get(variant).label()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("measurements", [[], TIMED[:1], TIMED])
def test_bars_are_a_valid_figure(measurements, ended, narrow, language):
    figure = bars_figure(measurements, ASKED, "relu", language, ended=ended, narrow=narrow)
    assert len(drawn(figure).data[0].x) == len(measurements)


def test_a_bar_for_each_measurement_the_fastest_first():
    shown = rows(bars_figure(TIMED, ASKED))
    assert list(shown) == [
        "<b>F.relu</b>", label("silu"), label("swish_eager"), label("parametric_tuned"),
    ]  # fmt: skip
    assert list(shown.values()) == pytest.approx([1, 1.4, 2.1, 4.4])


def test_while_figures_come_in_rows_keep_their_places():
    one = bars_figure(TIMED[:1], ASKED, ended=False)
    all_of_them = bars_figure(TIMED, ASKED, ended=False)
    for figure in (one, all_of_them):
        names = [name.removeprefix("<b>").removesuffix("</b>") for name in
                 figure["layout"]["yaxis"]["ticktext"]]  # fmt: skip
        assert names == [label(name) for name in ASKED]
        assert figure["layout"]["height"] == one["layout"]["height"]
    assert one["data"][0]["y"] == [1]  # F.silu in the place asked for
    waiting = [note for note in one["layout"]["annotations"] if note["text"] == "…"]
    assert [note["y"] for note in waiting] == [0, 2, 3, 4]


def test_without_the_baseline_the_axis_is_time():
    figure = bars_figure([measured("silu", 1.4e-3)], ASKED)
    assert figure["layout"]["xaxis"]["ticksuffix"] == " µs"
    assert figure["data"][0]["x"] == pytest.approx([1400])


@pytest.mark.parametrize(("baseline", "place"), [("relu", 1.15), ("silu", 1.15 / 1.4)])
def test_the_article_s_line_follows_the_baseline(baseline, place):
    figure = bars_figure(TIMED, ASKED, baseline)
    [line] = [shape for shape in figure["layout"]["shapes"] if shape["line"]["dash"] == "dash"]
    assert line["x0"] == line["x1"] == pytest.approx(place)
    said = [note["text"] for note in figure["layout"]["annotations"] if "1.15" in note["text"]]
    assert len(said) == 1 and ("ReLU" in said[0]) == (baseline != "relu")


def test_no_article_s_line_without_relu():
    figure = bars_figure([measured("silu", 1e-3), measured("gelu", 2e-3)], ASKED, "gelu")
    assert [shape["line"]["dash"] for shape in figure["layout"]["shapes"]] == ["dot"]


def test_the_memory_limit_is_in_the_baseline_s_units():
    for baseline, place in (("relu", 0.5), ("parametric_tuned", 0.5 / 4.4)):
        shapes = bars_figure(TIMED, ASKED, baseline)["layout"]["shapes"]
        [line] = [shape for shape in shapes if shape["line"]["dash"] == "dot"]
        assert line["x0"] == pytest.approx(place)
    layers = [measured("relu", 1e-3, limit=None, context="layer")]
    shapes = bars_figure(layers, ASKED)["layout"]["shapes"]
    assert [shape["line"]["dash"] for shape in shapes] == ["dash"]


def test_line_labels_stand_outside_of_the_two_lines():
    notes = bars_figure(TIMED[:2], ASKED)["layout"]["annotations"][:2]
    assert [note["x"] for note in notes] == sorted(note["x"] for note in notes)
    assert [note["xanchor"] for note in notes] == ["right", "left"]


def test_a_line_at_the_plot_s_left_end_has_its_label_within():
    far = [measured("relu", 1e-3, limit=1e-4), measured("silu", 30e-3, limit=1e-4)]
    notes = bars_figure(far, ASKED)["layout"]["annotations"][:2]
    assert [note["xanchor"] for note in notes] == ["left", "left"]
    assert notes[0]["yshift"] > notes[1]["yshift"]


def test_on_a_narrow_page_the_legend_has_a_row_for_each_line_and_never_scrolls():
    few, many = ASKED[:2], ASKED
    for draw in (sizes_figure, roofline_figure):
        drawn = [draw(SIZES, asked, narrow=True) for asked in (few, many)]
        for figure in drawn:
            layout = figure["layout"]
            rows = len(figure["data"])
            assert layout["margin"]["b"] >= 19 * rows and layout["legend"]["maxheight"] > 20 * rows
        plots = [f["layout"]["height"] - f["layout"]["margin"]["b"] for f in drawn]
        assert plots[0] == plots[1] > 150


def test_the_last_line_s_label_has_room_beside_it_where_all_bars_are_short():
    short = [measured("relu", 1e-3, limit=None), measured("silu", 1.02e-3, limit=None)]
    spread_out = [replace(m, block_seconds=(m.block_seconds[2],) * 7) for m in short]
    layout = bars_figure(spread_out, ASKED)["layout"]
    [article] = [note for note in layout["annotations"] if "article" in note["text"]]
    assert article["xanchor"] == "left"
    assert article["x"] < 0.84 * layout["xaxis"]["range"][1]


def test_on_a_narrow_page_line_labels_stand_in_two_rows_within_the_plot():
    figure = bars_figure(TIMED, ASKED, narrow=True)
    left, right = figure["layout"]["annotations"][:2]
    assert left["xanchor"] == right["xanchor"] == "left"
    assert left["yshift"] > right["yshift"]
    alone = bars_figure([measured("relu", 1e-3)], ASKED, narrow=True)["layout"]
    assert [note["xanchor"] for note in alone["annotations"][:2]] == ["left", "right"]


def test_quartiles_are_the_whiskers():
    figure = bars_figure(TIMED, ASKED, "silu")
    assert len(figure["data"]) == 3
    for whisker in figure["data"][1:]:
        for median, above, below in zip(
            whisker["x"], whisker["error_x"]["array"], whisker["error_x"]["arrayminus"],
            strict=True,
        ):  # fmt: skip
            assert above == pytest.approx(0.2 * median)
            assert below == pytest.approx(0.1 * median)


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    "why",
    [
        {"unavailable": Sentence("time.unavailable.no_cuda")},
        {"gate": Sentence("time.gate.missing", parameter="x")},
    ],
)
def test_what_was_not_timed_has_no_row(why, ended):
    found = [*TIMED, refused("gelu", **why)]
    figure = bars_figure(found, ASKED, ended=ended)
    assert label("gelu") not in figure["layout"]["yaxis"]["ticktext"]
    assert len(figure["data"][0]["x"]) == len(TIMED)


def test_the_height_follows_the_number_of_bars():
    heights = [bars_figure(TIMED[:n], ASKED)["layout"]["height"] for n in (1, 2, 3, 4)]
    assert {b - a for a, b in pairwise(heights)} == {34}


def test_values_stand_behind_the_whiskers_and_within_the_axis():
    figure = bars_figure(TIMED, ASKED)
    right = figure["layout"]["xaxis"]["range"][1]
    values = [note for note in figure["layout"]["annotations"] if note["text"][0].isdigit()]
    assert {note["text"] for note in values} == {"1.00 ×", "1.40 ×", "2.10 ×", "4.40 ×"}
    for note in values:
        assert note["x"] == pytest.approx(1.2 * float(note["text"].removesuffix(" ×")))
        assert note["x"] < right


def test_forms_of_one_activation_share_a_hue_and_differ_in_lightness():
    swish = [v.name for v in REGISTRY.all() if v.activation == "swish"]
    colours = [colour_of(name) for name in swish]
    assert len(set(colours)) == len(swish)
    assert {re.split("[/+]", colour)[0] for colour in colours} == {"@act-swish"}
    # The fused form, which the page is about, is darker than all; none is so pale as to be lost.
    assert "+" in colour_of("swish_fused_c") and colour_of("silu") == "@act-swish"
    assert all(float(colour.partition("/")[2] or 1) >= 0.4 for colour in colours)
    assert colour_of("relu") == "@act-relu"


SIZES = [
    measured(variant, seconds * n, elements=n, limit=1e-9 * n)
    for n in (2**20, 2**10)
    for variant, seconds in (("relu", 2e-9), ("silu", 3e-9))
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("measurements", [[], SIZES[:1], SIZES])
def test_time_against_size_is_a_valid_figure(measurements, narrow, language):
    drawn(sizes_figure(measurements, ASKED, language, narrow=narrow))


def test_time_against_size_has_a_rising_line_each_and_the_memory_limit():
    figure = sizes_figure([*SIZES, refused("gelu", unavailable=Sentence("x"))], ASKED)
    assert [trace["name"] for trace in figure["data"]] == ["F.relu", "F.silu", "memory limit"]
    for trace, each in zip(figure["data"], (2e-9, 3e-9, 1e-9), strict=True):
        assert list(trace["x"]) == [2**10, 2**20]
        assert trace["y"] == pytest.approx([each * 2**10, each * 2**20])
    for axis, values in (("xaxis", [2**10, 2**20]), ("yaxis", [1e-9 * 2**10, 3e-9 * 2**20])):
        assert figure["layout"][axis]["type"] == "log"
        low, high = figure["layout"][axis]["range"]
        assert all(low < math.log10(value) < high for value in values)
    assert figure["layout"]["xaxis"]["ticktext"] == ["2¹⁰", "2²⁰"]


# Beside: another timing's bars


OTHER = [measured("silu", 3.0e-3), measured("relu", 1.5e-3), measured("gelu", 6e-3)]


def hatched(figure):
    found = [trace for trace in figure["data"] if trace.get("name") == "beside"]
    return found[0] if found else None


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_a_hatched_bar_is_the_other_s_in_units_of_its_own_baseline(ended, narrow):
    figure = bars_figure(TIMED, ASKED, ended=ended, narrow=narrow, beside=OTHER)
    drawn(figure)
    labels = [label_of(name, "en") for name in ASKED]
    names = figure["layout"]["yaxis"]["ticktext"] or [
        note["text"] for note in figure["layout"]["annotations"] if note.get("xref") == "paper"
    ]
    rows_of = [name.removeprefix("<b>").removesuffix("</b>") for name in names]
    shown = hatched(figure)
    found = {rows_of[place]: x for place, x in zip(shown["y"], shown["x"], strict=True)}
    assert found == pytest.approx({"F.relu": 1.0, "F.silu": 2.0, "F.gelu": 4.0})
    assert set(rows_of) == set(labels)
    assert max(shown["x"]) < figure["layout"]["xaxis"]["range"][1]
    assert figure["layout"]["height"] > bars_figure(TIMED, ASKED, ended=ended)["layout"]["height"]


def test_without_a_common_baseline_the_other_s_bars_are_not_drawn():
    assert hatched(bars_figure(TIMED, ASKED, beside=OTHER[:1])) is None
    in_time = bars_figure(TIMED[:1], ASKED, beside=OTHER[:1])
    assert hatched(in_time)["x"] == pytest.approx([3000])  # no ReLU here: both in microseconds


def test_an_implementation_that_is_unknown_here_has_a_row_by_its_name():
    odd = replace(OTHER[0], variant="their<kernel")
    figure = bars_figure(TIMED, ASKED, beside=[*OTHER[1:2], odd])
    assert figure["layout"]["yaxis"]["ticktext"][-1] == "their&lt;kernel"
    assert hatched(figure)["marker"]["line"]["color"][-1] == "@unk"


def test_dotted_lines_are_the_other_s_times_at_the_sizes_shown():
    theirs = [measured("silu", 5e-9 * n, elements=n) for n in (2**10, 2**20, 2**26)]
    figure = sizes_figure(SIZES, ASKED, beside=theirs)
    drawn(figure)
    dotted = figure["data"][-1]
    assert dotted["y"] == pytest.approx([5e-9 * n for n in dotted["x"]])
    assert dotted["x"] == [2**10, 2**20] and dotted["marker"]["color"] == colour_of("silu")


def strokes(figure):
    """From each line's end to its name."""
    return [shape for shape in figure["layout"]["shapes"] if "xsizemode" in shape]


def marked(figure):
    """Where caches are full."""
    shapes = figure["layout"]["shapes"]
    return [shape["x0"] for shape in shapes if "xsizemode" not in shape]


def test_a_stroke_of_the_lines_look_leads_from_its_end_to_its_name():
    many = [replace(m, variant=name) for m in SIZES for name in ASKED]
    figure = sizes_figure(many, ASKED)  # all end at one place
    named = [note["text"] for note in figure["layout"]["annotations"]]
    lines = {trace["name"]: trace for trace in figure["data"]}
    assert named == list(lines)
    for stroke, note in zip(strokes(figure), figure["layout"]["annotations"], strict=True):
        look = lines[note["text"]]["line"]
        assert (stroke["line"]["color"], stroke["line"]["dash"]) == (look["color"], look["dash"])
        assert stroke["y1"] == note["y"]
    assert len({stroke["y0"] for stroke in strokes(figure)[:-1]}) == 1
    heights = sorted(stroke["y1"] for stroke in strokes(figure))
    assert min(b - a for a, b in pairwise(heights)) > 0.03
    assert strokes(sizes_figure(SIZES, ASKED, narrow=True)) == []


# Caches and the roofline

CACHES = {"L1d": 20 * 2**10, "L2": 5 * 2**20, "L3": 2**40}


def test_a_cache_is_marked_where_the_tensors_of_a_call_fill_it():
    figure = sizes_figure(SIZES, ASKED, caches=CACHES)
    marks, places = figure["layout"], marked(figure)
    # Forward and backward move 5 tensors of 4 bytes an element; 2⁴⁰ bytes lie beyond the plot.
    assert places == pytest.approx([1024, 2**18])
    assert [n["text"] for n in marks["annotations"]][:2] == ["L1d", "L2"]
    layers = [replace(m, context="layer", copy_limit_seconds=None) for m in SIZES]
    assert marked(sizes_figure(layers, ASKED, caches=CACHES)) == []
    on_gpu = [replace(m, device="cuda") for m in SIZES]
    assert marked(sizes_figure(on_gpu, ASKED, caches=CACHES)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrow", [False, True])
def test_the_roofline_is_bytes_over_time_under_two_roofs(narrow, language):
    figure = roofline_figure(SIZES, ASKED, language, narrow=narrow, caches=CACHES)
    drawn(figure)
    relu, silu, limit, floor = figure["data"]
    for trace, each in ((relu, 2e-9), (silu, 3e-9), (limit, 1e-9)):
        assert list(trace["x"]) == [20 * 2**10, 20 * 2**20]
        assert trace["y"] == pytest.approx([20 / each] * 2)
    # The shortest call at the smallest size is ReLU's.
    assert [y / x for x, y in zip(floor["x"], floor["y"], strict=True)] == pytest.approx(
        [1 / (2e-9 * 2**10)] * 2
    )
    assert marked(figure) == [CACHES["L1d"], CACHES["L2"]]
    for axis, letter in (("xaxis", "x"), ("yaxis", "y")):
        low, high = figure["layout"][axis]["range"]
        values = [v for trace in figure["data"][:3] for v in trace[letter]]
        assert all(low <= math.log10(value) <= high for value in values)


def test_where_calls_compute_for_long_there_is_no_floor_of_dispatch():
    large = [replace(m, elements=m.elements * 2**10) for m in SIZES]
    for narrow in (False, True):
        figure = roofline_figure(large, ASKED, narrow=narrow)
        drawn(figure)
        assert [trace["name"] for trace in figure["data"]] == ["F.relu", "F.silu", "memory limit"]


def test_there_is_no_roofline_of_one_size_or_without_bytes():
    assert roofline_figure(SIZES[:2], ASKED) is None
    layers = [replace(m, context="layer") for m in SIZES]
    assert roofline_figure(layers, ASKED) is None


# Memory and a step's parts


@pytest.mark.parametrize("language", LANGUAGES)
def test_memory_bars_are_bytes_by_element_for_a_kernel(language):
    known = [replace(m, peak_bytes=(place + 1) * 4096) for place, m in enumerate(TIMED)]
    figure = memory_figure([*known, refused("gelu")], ASKED, language)
    drawn(figure)
    saved, peak = figure["data"]
    order = ["relu", "silu", "swish_eager", "parametric_tuned"]
    assert figure["layout"]["yaxis"]["ticktext"] == [label_of(n, language) for n in order]
    by_name = {m.variant: m for m in known}
    assert saved["x"] == [by_name[n].saved_bytes / 1024 for n in order]
    assert peak["x"] == [by_name[n].peak_bytes / 1024 for n in order]
    assert saved["xaxis"] == "x" and peak["xaxis"] == "x2"


def test_a_step_s_memory_is_told_whole_and_the_unknown_has_no_panel():
    steps = [replace(m, context="step", network="mlp", copy_limit_seconds=None) for m in TIMED]
    figure = memory_figure(steps, ASKED)
    assert len(figure["data"]) == 1 and set(figure["data"][0]["x"]) == {4096.0}
    assert memory_figure([replace(m, saved_bytes=None) for m in TIMED], ASKED) is None
    assert memory_figure([], ASKED) is None
    assert len(memory_figure([replace(TIMED[0], peak_bytes=1)], ASKED, narrow=True)["data"]) == 1


SPENT = {"forward": 2e-4, "backward": 5e-4, "update": 1e-4}
STEPS = [
    replace(m, context="step", network="mlp", copy_limit_seconds=None, part_seconds=SPENT)
    for m in TIMED
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_a_step_s_parts_are_stacked_to_the_whole(ended, narrow, language):
    figure = steps_figure(STEPS, ASKED, "relu", language, ended=ended, narrow=narrow)
    drawn(figure)
    assert figure["layout"]["barmode"] == "stack" and len(figure["data"]) == 3
    order = sorted(STEPS, key=lambda m: m.median_seconds) if ended else [
        next(m for m in STEPS if m.variant == name) for name in ASKED[:4]
    ]  # fmt: skip
    sums = [sum(xs) for xs in zip(*(trace["x"] for trace in figure["data"]), strict=True)]
    assert sums == pytest.approx([m.median_seconds * 1e3 for m in order])
    for trace, part in zip(figure["data"], SPENT, strict=True):
        assert trace["x"][0] / sums[0] == pytest.approx(SPENT[part] / sum(SPENT.values()))
    totals = [n["text"] for n in figure["layout"]["annotations"] if " ms ·" in n["text"]]
    assert totals == [
        f"{m.median_seconds * 1e3:.2f} ms · {m.median_seconds * 1e3:.2f} ×" for m in order
    ]


def test_a_step_without_parts_has_no_stack_and_without_the_baseline_no_ratio():
    assert steps_figure(TIMED, ASKED, "relu") is None
    figure = steps_figure(STEPS[:1], ASKED, "relu")
    assert [n["text"] for n in figure["layout"]["annotations"]][1:] == ["1.40 ms"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda found: bars_figure(found, ASKED, ended=False),
        lambda found: memory_figure(found, ASKED, ended=False),
        lambda found: steps_figure(found, ASKED, "relu", ended=False),
    ],
)
def test_nothing_jumps_while_figures_come_in(draw):
    shown = [draw(STEPS[:count])["layout"] for count in (1, 2, 4)]
    assert len({layout["height"] for layout in shown}) == 1
    assert len({json.dumps(layout["yaxis"]) for layout in shown}) == 1


@pytest.mark.parametrize("figure", [bars_figure, sizes_figure, memory_figure])
def test_zoom_and_hidden_lines_stay_while_figures_come_in(figure):
    revisions = {figure(TIMED[:n], ASKED)["layout"]["uirevision"] for n in (1, 2, 3)}
    assert len(revisions) == 1


def test_labels_are_moved_apart_within_the_plot():
    moved = spread([0.99, 0.98, 1.0, 0.2], 0.1)
    assert moved == pytest.approx([0.9, 0.8, 1.0, 0.2])
    assert spread([0.0, 0.01], 0.1) == pytest.approx([0.0, 0.1])
    assert spread([0.3, 0.7], 0.1) == [0.3, 0.7]
    assert spread([], 0.1) == []


def test_labels_keep_their_order_and_their_gap():
    heights = [0.5, 0.52, 0.4, 0.55, 0.1, 0.12, 0.95]
    moved = spread(heights, 0.08)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    steps = [moved[b] - moved[a] for a, b in pairwise(order)]
    assert min(steps) >= 0.08 - 1e-12


def test_numbers_as_a_reader_reads_them():
    assert [size_label(n) for n in (1, 2, 256, 2**20, 1000, 131073)] == [
        "1", "2¹", "2⁸", "2²⁰", "1\u202f000", "131\u202f073",
    ]  # fmt: skip
    assert [duration(s) for s in (2.5, 1.057e-3, 63e-6, 1e-7)] == [
        "2.50 s", "1.06 ms", "63.0 µs", "100 ns",
    ]  # fmt: skip
    assert [byte_size(n) for n in (500, 49152, 2**21, 24 * 2**30)] == [
        "500 B", "48 KiB", "2 MiB", "24 GiB",
    ]  # fmt: skip
    assert [figures(x) for x in (0.724, 28.34, 1057.2)] == ["0.72", "28.3", "1\u202f057"]


def test_the_hover_tells_what_building_took_apart():
    built = measured("silu", 1e-3, preparation_seconds=14.2)
    told = bars_figure([built], ["silu"], "silu")["data"][0]["text"][0]
    assert f"building beforehand took {duration(14.2)}" in told
    assert "beforehand" not in bars_figure([TIMED[0]], ["silu"], "silu")["data"][0]["text"][0]
