"""Another host's JSON: what was exported is accepted again, everything else is refused plainly."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES, Sentence
from swishdemo.timing import HostCard, Measurement
from swishdemo.timing.elsewhere import MOST_BYTES, parse

HOST = HostCard.collect(threads=2)
BLANK = Measurement("silu", "swish", 4096, "float32", "both", "cpu", 2)
TIMED = replace(
    BLANK,
    block_seconds=(1e-5, 1.1e-5, 1.2e-5),
    saved_bytes=16384,
    peak_bytes=32768,
    copy_limit_seconds=8e-6,
)
STEP = replace(
    TIMED,
    context="step",
    network="mlp",
    copy_limit_seconds=None,
    part_seconds={"forward": 1e-5, "backward": 2e-5, "update": 3e-6},
)
AGAIN = replace(TIMED, block_seconds=(2e-5,))


def exported(*measurements, host=HOST):
    return {"host": host and host.as_json(), "measurements": [m.as_json() for m in measurements]}


def refusal(content):
    words = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(UserError) as refused:
        parse(words)
    for language in LANGUAGES:
        assert "{" not in refused.value.sentence(language)
    return refused.value.sentence("en")


def changed(**fields):
    return {"measurements": [{**TIMED.as_json(), **fields}]}


def test_what_was_exported_is_read_back():
    gone = replace(BLANK, variant="mish", unavailable=Sentence("time.unavailable.no_cuda"))
    read = parse(json.dumps(exported(TIMED, STEP, gone)))
    kept = ("block_seconds", "part_seconds", "saved_bytes", "peak_bytes", "copy_limit_seconds")
    assert [m.key for m in read.measurements] == [TIMED.key, STEP.key]
    for theirs, ours in zip(read.measurements, (TIMED, STEP), strict=True):
        assert all(getattr(theirs, name) == getattr(ours, name) for name in kept)
    assert read.name == HOST.cpu and read.torch == HOST.torch


def test_a_gpu_s_figures_bear_the_gpu_s_name():
    host = replace(HOST, gpu="NVIDIA H100")
    assert parse(json.dumps(exported(replace(TIMED, device="cuda"), host=host))).name.endswith(
        "H100"
    )
    assert parse(json.dumps(exported(TIMED, host=host))).name == HOST.cpu


def test_of_several_of_one_thing_the_last_holds():
    assert parse(json.dumps(exported(TIMED, AGAIN))).measurements[0].block_seconds == (2e-5,)


def test_a_file_without_a_host_and_with_medians_alone_is_read():
    record = {k: v for k, v in TIMED.as_json().items() if k not in ("block_seconds", "allocator")}
    read = parse(json.dumps({"measurements": [record]}))
    assert read.name == "" and read.measurements[0].block_seconds == (1.1e-5,)
    assert read.measurements[0].allocator == "tuned"


def test_an_unknown_variant_keeps_its_name():
    [read] = parse(json.dumps(changed(variant="their_own", activation="theirs"))).measurements
    assert read.variant == "their_own"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"measurements": [NaN]}', "not JSON"),
        ('{"measurements": [-Infinity]}', "not JSON"),
        ("9" * 5000, "not JSON"),
        ("null", "holds no timing"),
        ("[]", "holds no timing"),
        ({}, "holds no timing"),
        ({"measurements": {}}, "holds no timing"),
        ({"measurements": []}, "holds no time:"),
        (exported(BLANK), "holds no time:"),
        ({"measurements": [3]}, "Measurement 1 in the file is not an object"),
        ({"measurements": [[]] * 2001}, "at most 2000"),
        (" " * (MOST_BYTES + 1), "larger than 1 MB"),
        ("é" * (MOST_BYTES // 2 + 1), "larger than 1 MB"),
    ],
)
def test_what_is_no_timing_is_refused(content, said):
    assert said in refusal(content)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("variant", value) for value in (None, 3, "", "x" * 300, "a\nb", "a\x00")),
        *(("activation", value) for value in ([], "")),
        *(("elements", value) for value in (0, -1, 1.5, True, 2**60, "4096", None)),
        *(("dtype", value) for value in ("int8", None, ["float32"])),
        *(("pass", value) for value in ("sideways", 1)),
        *(("device", value) for value in ("tpu", {})),
        *(("threads", value) for value in (0, 10**9, False)),
        *(("context", value) for value in ("kernels", 7)),
        *(("network", value) for value in (5, "n" * 400)),
        *(("amp", value) for value in (1, "no")),
        *(("allocator", value) for value in ("jemalloc", 0)),
        *(("block_seconds", value) for value in ("1", [0], [-1e-5], ["1e-5"], [True], [1e300])),
        ("block_seconds", [1e-5] * 20_001),
        *(("part_seconds", value) for value in ({"forward": 1}, [1], {"forward": "1"})),
        *(("saved_bytes", value) for value in (-1, 1.5, 10**30)),
        *(("peak_bytes", value) for value in ("much", -4)),
        *(("copy_limit_seconds", value) for value in (0, -1, "fast")),
    ],
)
def test_a_value_that_no_timing_has_is_named(field, value):
    assert refusal(changed(**{field: value})).startswith(
        f"Measurement 1 in the file: “{field}” is missing or"
    )


def test_a_number_beyond_float64_is_refused():
    words = json.dumps(changed()).replace("1.2e-05", "1e999")
    assert "1e999" in words and "block_seconds" in refusal(words)


def test_a_host_of_the_wrong_kind_has_no_name():
    for host in (3, "me", [], {"cpu": 7, "torch": {}}):
        read = parse(json.dumps({**changed(), "host": host}))
        assert (read.name, read.torch) == ("", "")
    long = parse(json.dumps({**changed(), "host": {"cpu": "a\n\x1b[31mb" + "c" * 500}}))
    assert long.name.isprintable() and len(long.name) <= 80


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TIMED.as_json())), JSON)
def test_whatever_stands_there_it_is_read_or_refused(field, value):
    try:
        read = parse(json.dumps(changed(**{field: value})))
    except UserError:
        return
    assert all(seconds > 0 for m in read.measurements for seconds in m.block_seconds)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused(value):
    with pytest.raises(UserError):
        parse(json.dumps(value))
    with pytest.raises(UserError):
        parse(json.dumps({"measurements": [value], "host": value}))
