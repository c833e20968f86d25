"""Measurements as value objects: statistics, comparing, printing, caveats."""

from __future__ import annotations

import itertools
import json
import math
import pickle
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo.text import Sentence
from swishdemo.timing import HostCard, Measurement, Ratio, caveats, latest, ratio
from swishdemo.timing.loop import Plan
from swishdemo.timing.measurement import FEWEST_BLOCKS, place_of
from swishdemo.timing.measuring import limited
from swishdemo.timing.variants import REGISTRY

BLANK = Measurement("silu", "swish", 4096, "float32", "both", "cpu", 1)


def sample(center: float, spread: float, count: int = 40, seed: int = 0) -> tuple[float, ...]:
    noise = np.random.default_rng(seed).standard_normal(count)
    return tuple(center * (1 + spread * noise))


def test_median_iqr_and_repeats():
    measured = replace(BLANK, block_seconds=(5.0, 1.0, 2.0, 4.0, 3.0))
    assert (measured.median_seconds, measured.iqr_seconds, measured.repeats) == (3.0, 2.0, 5)
    assert measured.spread == pytest.approx(2 / 3)
    assert (BLANK.median_seconds, BLANK.iqr_seconds, BLANK.repeats) == (None, None, 0)
    assert BLANK.spread == math.inf
    assert replace(BLANK, block_seconds=(1.0,)).iqr_seconds is None


def test_saved_bytes_per_element():
    assert replace(BLANK, saved_bytes=8 * 4096).saved_bytes_per_element == 8
    assert BLANK.saved_bytes_per_element is None


@pytest.mark.parametrize(
    "change",
    [
        {"variant": "relu"},
        {"elements": 1},
        {"dtype": "float64"},
        {"passes": "forward"},
        {"device": "cuda"},
        {"threads": 2},
        {"context": "layer"},
        {"network": "cnn"},
        {"amp": True},
    ],
)
def test_what_differs_in_anything_is_kept_apart(change):
    other = replace(BLANK, **change)
    assert latest([BLANK, other]) == (BLANK, other)


def test_latest_replaces_earlier_figures_in_place():
    early, late = (replace(BLANK, block_seconds=(seconds,)) for seconds in (1.0, 2.0))
    other = replace(BLANK, variant="relu")
    assert latest([early, other, late]) == (late, other)


def test_the_bootstrap_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(200):
        found = ratio(sample(2.0, 0.1, seed=2 * seed), sample(1.0, 0.1, seed=2 * seed + 1))
        covered += found.low <= 2.0 <= found.high
    assert 178 <= covered <= 200


def test_one_stalled_block_leaves_the_interval_narrow_and_too_few_blocks_have_none():
    calm = (1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.0)
    stalled = (*calm[:6], 100.0)
    for found in (ratio(stalled, calm), ratio(calm, stalled)):
        assert found.has_interval
        assert 0.9 < found.low <= found.value <= found.high < 1.1
    for few in (calm[1:], calm[2:], calm[:1]):
        found = ratio(tuple(2 * block for block in few), few)
        assert found.value == pytest.approx(2)
        assert not found.has_interval and not found.is_decided
        assert not ratio(calm, few).has_interval and not ratio(few, calm).has_interval


def test_every_finished_timing_has_as_many_blocks_as_an_interval_needs():
    assert Plan().fewest_rounds >= FEWEST_BLOCKS
    assert Plan.of(0.05).fewest_rounds >= FEWEST_BLOCKS


def test_noise_that_both_share_divides_out():
    mood = 1 + 0.5 * np.random.default_rng(1).random(40)
    slower = tuple(1.1 * mood)
    found = ratio(slower, tuple(mood))
    assert found.value == pytest.approx(1.1)
    assert found.low == pytest.approx(1.1) == found.high
    assert found.is_decided
    shuffled = tuple(np.random.default_rng(2).permutation(mood))
    apart = ratio(slower, shuffled)
    assert apart.low < 1.09 < 1.11 < apart.high


def test_a_ratio_needs_two_sides():
    with pytest.raises(ValueError, match="both sides"):
        ratio((), (1.0,))
    with pytest.raises(ValueError, match="both sides"):
        replace(BLANK, block_seconds=(1.0,)).ratio(BLANK)


blocks = st.lists(st.floats(1e-6, 1e-3), min_size=7, max_size=12)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([("forward", 2), ("backward", 3), ("both", 5)]),
    st.dictionaries(st.sampled_from(["read", "fill", "copy", "combine"]), blocks, min_size=1),
    blocks,
)
def test_the_limit_is_what_the_fastest_stream_takes_for_what_the_pass_moves(passes, seen, own):
    name, moved = passes
    plain = replace(BLANK, passes=name, block_seconds=tuple(own))
    found = limited(plain, seen)
    fastest = min(statistics.median(each) for each in seen.values())
    assert found.copy_limit_seconds == pytest.approx(moved * fastest)
    assert statistics.median(seen[found.limit_stream]) == pytest.approx(fastest)
    low, high = found.copy_limit_interval_seconds
    assert low <= high
    if found.is_above_limit:
        assert found.median_seconds < found.copy_limit_seconds
        (told,) = [r for r in caveats([found]) if r.key == "time.warning.above_limit"]
        assert "F.silu" in told.sentence("en") and "%" in told.sentence("zh")
    elif max(own) < moved * min(min(each) for each in seen.values()):
        pytest.fail("all blocks are faster than all of the streams', and that is not told")
    else:
        assert "time.warning.above_limit" not in [reason.key for reason in caveats([found])]
    assert limited(replace(plain, final=False), seen).copy_limit_interval_seconds is None
    assert limited(plain, {}) is plain


def test_a_quotient_that_drifts_while_it_is_measured_has_an_interval_as_wide_as_the_drift():
    """Against the interval of the same blocks in any order, which hides that they drift."""
    climbing = np.linspace(1.0, 3.0, 60)
    level = (1.0,) * 60
    found = ratio(tuple(climbing), level)
    mixed = ratio(tuple(np.random.default_rng(0).permutation(climbing)), level)
    assert found.high - found.low > 1.5 * (mixed.high - mixed.low)

    def covers(seed: int) -> bool:
        """Whether the interval of 60 blocks that hang together holds their true quotient, 1."""
        steps = np.random.default_rng(seed).standard_normal(60)
        mood = list(itertools.accumulate(steps, lambda last, step: 0.8 * last + 0.6 * step))
        interval = ratio(tuple(np.exp(0.1 * np.array(mood))), level)
        return interval.low <= 1 <= interval.high

    # Blocks drawn one by one cover it 119 times of 200.
    assert sum(map(covers, range(200))) > 140


def test_an_interval_that_reaches_from_a_fifth_to_six_is_called_vague():
    wild = Ratio(1.0, 0.20, 6.04, 60)
    assert wild.is_vague and not wild.is_decided
    assert not Ratio(1.15, 0.9, 1.4, 60).is_vague
    assert not replace(wild, blocks=3).is_vague  # it has no interval at all
    assert Ratio(2.54, 2.21, 3.13, 60).agrees(Ratio(3.2, 3.0, 3.5, 60))
    assert not Ratio(2.54, 2.21, 3.13, 60).agrees(Ratio(4.15, 3.59, 4.73, 60))


def test_json_holds_every_field_of_the_interface_and_comes_back():
    full = replace(
        BLANK,
        block_seconds=(1.0, 2.0),
        calls_per_block=3,
        saved_bytes=5,
        copy_limit_seconds=0.5,
        copy_limit_interval_seconds=(0.4, 0.6),
        limit_stream="read",
        max_error=1e-7,
        network="mlp",
        gate=Sentence("time.gate.missing", parameter="beta"),
        final=False,
    )
    wanted = {
        *("variant", "elements", "dtype", "pass", "device", "threads", "median_seconds"),
        *("iqr_seconds", "repeats", "saved_bytes", "copy_limit_seconds", "max_error"),
        *("unavailable", "context", "gate"),
    }
    for measured in (BLANK, full, replace(BLANK, unavailable=Sentence("time.unavailable.no_cuda"))):
        record = json.loads(json.dumps(measured.as_json(), allow_nan=False))
        assert wanted <= set(record)
        assert Measurement.from_json(record) == measured
        assert pickle.loads(pickle.dumps(measured)) == measured
    assert full.as_json()["gate"] == "no gradient reaches beta"
    assert BLANK.as_json()["gate"] is None
    assert all(
        name.endswith(("_seconds", "_per_second"))
        for name, value in full.as_json().items()
        if isinstance(value, float) and name != "max_error"
    )


def test_caveats_name_undecided_orders_once_and_only_those():
    fast, near, slow = (
        replace(BLANK, variant=name, block_seconds=sample(center, 0.03, seed=seed))
        for seed, (name, center) in enumerate(
            (("silu", 1.0), ("swish_eager", 1.001), ("gelu", 2.0))
        )
    )
    found = caveats([slow, fast, near])
    assert [reason.key for reason in found] == ["time.warning.order"]
    named = dict(found[0].values)["variants"]
    assert set(named.split(" · ")) == {"F.silu", "x·σ(x)"}
    assert caveats([fast, slow]) == ()
    # Figures of different cells are never compared.
    assert caveats([fast, replace(near, elements=1)]) == ()


def test_caveats_name_wide_spreads():
    rough = replace(BLANK, block_seconds=sample(1.0, 0.2))
    (found,) = caveats([rough])
    assert found.key == "time.warning.spread"
    assert "F.silu" in found.sentence() and "F.silu" in found.sentence("zh")


def test_caveats_come_by_size():
    sizes = [2**power for power in range(24, 7, -1)]
    rough = replace(BLANK, block_seconds=sample(1.0, 0.2))
    found = caveats([replace(rough, elements=size) for size in sizes])
    told = [dict(reason.values)["place"] for reason in found]
    assert told == [place_of(replace(rough, elements=size)) for size in reversed(sizes)]


@pytest.mark.parametrize(
    ("allocator", "first_thread", "tuned"),
    [
        (None, True, False),
        ("glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184", 1, True),
        ("glibc.malloc.mmap_threshold=4294967296", False, False),
        ("glibc.malloc.mmap_threshold=4294967296:glibc.malloc.arena_max=1", False, True),
    ],
)
def test_caveats_tell_of_a_busy_host_and_an_untuned_allocator(allocator, first_thread, tuned):
    host = replace(
        HostCard.collect(threads=1),
        allocator=allocator,
        first_thread=bool(first_thread),
        system="Linux",
        others_busy_cores=0.0,
    )
    assert host.allocator_is_tuned is tuned
    assert [reason.key for reason in caveats([], host)] == (
        [] if tuned else ["time.warning.allocator"]
    )
    unknown = caveats([], replace(host, others_busy_cores=None))
    assert unknown[0].sentence().startswith("How busy the machine was is not known")
    busy = caveats([], replace(host, others_busy_cores=1.3))
    assert busy[0].sentence() == "Other programs kept 1.3 cores busy while this was measured."


def test_a_failure_makes_no_caveat_and_a_single_block_is_told():
    assert caveats([BLANK]) == ()
    single = replace(BLANK, block_seconds=(1.0,))
    (told,) = caveats([BLANK, single])
    assert "single block" in told.sentence("en") and told.key == "time.warning.single"


def test_a_step_is_called_by_its_network():
    step = replace(BLANK, context="step", network="mlp", block_seconds=(1.0, 1.0, 2.0, 2.0))
    (told,) = caveats([step])
    assert told.sentence("en").startswith("training step MLP 784-512-512-10: these varied")


def test_every_variant_has_its_words_in_both_languages():
    for variant in REGISTRY.all():
        for language in ("en", "zh"):
            assert variant.label(language) and variant.note(language)


def test_a_doubt_names_the_implementations_in_its_readers_language():
    rough = replace(BLANK, variant="swish_fused_c", block_seconds=(1.0, 1.0, 2.0, 2.0))
    (found,) = caveats([rough], language="zh")
    assert "融合 C" in found.sentence("zh")
