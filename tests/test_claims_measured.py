"""Rules for what jobs measure, against made-up measurements and reports on every side."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from swishdemo.claims import CLAIMS, Measured, get
from swishdemo.claims.beta import BetaRange
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES
from swishdemo.timing.measurement import Measurement
from swishdemo.timing.request import TimingRequest
from swishdemo.training.config import report_steps
from swishdemo.training.intervals import mean_over_seeds
from swishdemo.training.request import parse_run

NOISE = np.random.default_rng(7).normal(size=30)


def measurement(variant, seconds, *, spread=0.002, saved=4.0, context="kernel", **more):
    elements = 2**20
    blocks = seconds * np.exp(spread * np.roll(NOISE, sum(map(ord, variant))))
    return Measurement(
        variant=variant,
        activation="swish",
        elements=elements,
        dtype="float32",
        passes="both",
        device="cpu",
        threads=1,
        context=context,
        block_seconds=tuple(map(float, blocks)),
        calls_per_block=1,
        saved_bytes=round(saved * elements),
        **more,
    ).as_json()


def cost(context, extras, *, spread=0.002, part=None):
    part = part or get("cost").part(context)
    stored = [measurement("relu", 1e-3, spread=spread, context=context)] + [
        measurement(name, 1e-3 * (1 + extra), spread=spread, context=context)
        for name, extra in extras.items()
    ]
    return part.judge(part.evidence({}, stored))


@pytest.mark.parametrize("context", ["kernel", "layer", "step"])
@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ({"silu": 0.15, "swish_eager": 0.14}, "confirmed"),
        ({"silu": 0.80, "swish_eager": 3.3}, "refuted"),
        ({"silu": 0.02, "swish_eager": -0.3}, "refuted"),
        ({"silu": 0.15, "swish_eager": 3.3}, "depends"),
        ({"silu": 0.20}, "undecided"),
        ({"silu": 0.10}, "undecided"),
        ({"silu": 0.20, "swish_eager": 3.3}, "undecided"),
    ],
)
def test_cost_against_the_stated_extra(context, extras, expected):
    assert cost(context, extras).verdict == expected


def test_a_wide_spread_leaves_the_cost_undecided():
    assert cost("kernel", {"silu": 0.15}, spread=0.001).verdict == "confirmed"
    assert cost("kernel", {"silu": 0.15}, spread=0.4).verdict == "undecided"


def test_cost_follows_the_claimed_number():
    part = get("cost").part("kernel")
    extras = {"silu": 0.5}
    assert cost("kernel", extras, part=part).verdict == "refuted"
    assert cost("kernel", extras, part=replace(part, claimed_extra=0.5)).verdict == "confirmed"
    assert cost("kernel", {"silu": 0.15}, part=replace(part, claimed_extra=0.5)).verdict == (
        "refuted"
    )


def test_cost_says_every_ratio_with_its_interval():
    why = cost("step", {"silu": 0.8, "parametric_eager": 3.3})
    for language in LANGUAGES:
        said = why.sentence(language).replace(" %", "%")
        assert "F.silu +80%" in said
        assert "x·σ(βx) +330%" in said
        assert "10" in said
        assert "20%" in said


def test_evidence_takes_the_latest_figures_of_its_own_context_alone():
    part = get("cost").part("kernel")
    stored = [
        {"cpu": "Xeon", "cores": 2},  # the host card
        measurement("relu", 1.0, final=False),
        measurement("relu", 1e-3),
        measurement("silu", 1.15e-3),
        measurement("silu", 9.0, context="layer"),
        measurement("swish_eager", 5e-3, gate=None),
    ]
    ratios = part.evidence({}, stored)["ratios"]
    assert [entry["variant"] for entry in ratios] == ["silu", "swish_eager"]
    assert ratios[0]["value"] == pytest.approx(1.15, rel=0.01)
    assert ratios[0]["low"] < ratios[0]["value"] < ratios[0]["high"]


def test_without_a_baseline_or_a_rival_there_is_no_evidence():
    part = get("cost").part("kernel")
    assert part.evidence({}, []) is None
    assert part.evidence({}, [measurement("silu", 1e-3)]) is None
    assert part.evidence({}, [measurement("relu", 1e-3)]) is None


def memory(part, *, own=4.0, plain=8.0, slower=3.0, spread=0.002):
    stored = [
        measurement("silu", 1e-3, spread=spread),
        measurement("swish_eager", 2e-3, saved=plain, spread=spread),
        measurement("memory_efficient", slower * 1e-3, saved=own, spread=spread),
    ]
    return part.judge(part.evidence({}, stored))


@pytest.mark.parametrize(
    ("own", "plain", "expected"),
    [(4.0, 8.0, "confirmed"), (6.0, 8.0, "imprecise"), (8.0, 8.0, "refuted"), (9, 8, "refuted")],
)
def test_saved_bytes(own, plain, expected):
    assert memory(get("memory").part("bytes"), own=own, plain=plain).verdict == expected


def test_saved_bytes_follow_the_claimed_number():
    part = replace(get("memory").part("bytes"), claimed_bytes=2.0)
    assert memory(part).verdict == "imprecise"
    assert memory(part, own=2.0).verdict == "confirmed"


@pytest.mark.parametrize(
    ("slower", "expected"), [(3.0, "imprecise"), (0.8, "confirmed"), (1.0, "undecided")]
)
def test_the_price_of_saving(slower, expected):
    assert memory(get("memory").part("time"), slower=slower, spread=0.01).verdict == expected


def test_the_price_follows_the_claimed_number():
    part = replace(get("memory").part("time"), claimed_high=4.0)
    assert memory(part, slower=3.0).verdict == "confirmed"
    assert memory(part, slower=5.0).verdict == "imprecise"


def test_memory_without_its_variants_is_no_evidence():
    for part in get("memory").parts:
        assert part.evidence({}, [measurement("silu", 1e-3)]) is None


CONFIG = {"seeds": 6}
STARTS = 6


def report(step, inside, *, seeds=6):
    """A report whose layers have, for each seed, the given number of β in the band (of 6)."""
    layers = []
    for counts in inside:
        betas = [
            (-1.2 if start % 2 else 1.2) if start < counts[seed] else 0.4
            for start in range(STARTS)
            for seed in range(seeds)
        ]
        layers.append(betas)
    return {"step": step, "beta": layers, "convergence": [0.03] * len(layers)}


ALL, NONE = [6] * 6, [0] * 6
HALF = [6, 0, 6, 0, 6, 0]


@pytest.mark.parametrize(
    ("early", "late", "expected"),
    [
        ([ALL, ALL], [ALL, ALL], "confirmed"),
        ([NONE, NONE], [NONE, NONE], "refuted"),
        ([ALL, ALL], [NONE, NONE], "depends"),
        ([ALL, ALL], [ALL, NONE], "depends"),  # one layer has left the band
        ([HALF, HALF], [HALF, HALF], "undecided"),
        ([ALL, ALL], [HALF, HALF], "undecided"),
    ],
)
def test_share_of_beta_in_the_band(early, late, expected):
    part = get("beta-range").part("share")
    stored = [report(200, early), report(300, early), report(2000, late), report(7, [NONE, NONE])]
    assert part.judge(part.evidence(CONFIG, stored)).verdict == expected


def test_shares_and_their_interval_over_seeds():
    part = get("beta-range").part("share")
    (mark,) = part.evidence(CONFIG, [report(300, [[6, 5, 6, 4, 6, 3], NONE])])["marks"]
    shares = [1, 5 / 6, 1, 4 / 6, 1, 3 / 6]
    first = mark["layers"][0]
    assert first["value"] == pytest.approx(np.mean(shares))
    half = special.stdtrit(5, 0.975) * np.std(shares, ddof=1) / np.sqrt(6)
    assert first["low"] == pytest.approx(np.mean(shares) - half)
    assert first["high"] == 1.0  # a share ends there
    assert mark["value"] == pytest.approx(np.mean(shares) / 2)
    assert mark["step"] == 300


def test_the_claimed_band_and_share_decide():
    part = get("beta-range").part("share")
    stored = [report(step, [ALL, ALL]) for step in part.marks]

    def judged(changed):
        return changed.judge(changed.evidence(CONFIG, stored)).verdict

    assert judged(part) == "confirmed"
    assert judged(replace(part, claimed_low=1.3)) == "refuted"
    assert judged(replace(part, claimed_high=1.1)) == "refuted"
    nowhere = replace(part, claimed_low=0.3, claimed_high=0.5)
    assert judged(nowhere) == "refuted"
    stored = [report(step, [NONE, NONE]) for step in part.marks]
    assert judged(nowhere) == "confirmed"


def test_a_diverged_beta_is_outside():
    part = get("beta-range").part("share")
    lost = report(300, [ALL, ALL])
    lost["beta"] = [[None] * 36, [None] * 36]
    assert part.judge(part.evidence(CONFIG, [lost])).verdict == "refuted"


def test_reports_without_a_mark_are_no_evidence():
    part = get("beta-range").part("share")
    assert part.evidence(CONFIG, []) is None
    assert part.evidence(CONFIG, [report(100, [ALL, ALL])]) is None


def test_the_share_is_told_at_each_mark_and_layer():
    part = get("beta-range").part("share")
    verdict = part.judge(
        part.evidence(CONFIG, [report(300, [ALL, ALL]), report(2000, [ALL, NONE])])
    )
    for language in LANGUAGES:
        said = verdict.sentence(language).replace(" %", "%")
        for number in ("300", "100%", "2000", "50%", "0%", "[1, 1.5]"):
            assert number in said


def test_one_seed_alone_decides_nothing():
    assert mean_over_seeds([0.7]) == (0.7, float("-inf"), float("inf"))
    with pytest.raises(ValueError, match="no values"):
        mean_over_seeds([])


def test_interval_over_seeds_is_students():
    mean, low, high = mean_over_seeds([1.0, 2.0, 3.0])
    half = special.stdtrit(2, 0.975) / 3**0.5
    assert (mean, low, high) == pytest.approx((2.0, 2 - half, 2 + half))
    many = [float(n % 2) for n in range(100)]
    mean, low, high = mean_over_seeds(many)
    assert high - mean == pytest.approx(1.984 * np.std(many, ddof=1) / 10, rel=0.001)


@pytest.mark.parametrize("settings", [Settings(), Settings(max_steps=400, max_elements=4096)])
def test_requests_are_valid_under_the_servers_limits(settings):
    for claim in CLAIMS:
        for part in claim.parts:
            if isinstance(part, Measured) and part.engine != "sweep":
                request = part.request(settings)
                read = parse_run if part.engine == "run" else TimingRequest.parse
                assert read(request, settings)
                assert part.seconds() > 0


def test_the_training_run_reports_at_every_mark():
    part = get("beta-range").part("share")
    assert isinstance(part, BetaRange)
    config = parse_run(part.request(Settings()), Settings())
    assert set(part.marks) <= set(report_steps(config.steps))
    assert config.beta_starts[0] == 0.1
    assert config.rivals == ()


def test_the_cost_jobs_time_what_the_parts_judge():
    for part in get("cost").parts:
        request = TimingRequest.parse(part.request(Settings()), Settings())
        assert request.context == part.name
        assert part.baseline in request.variants
        assert len(request.variants) >= 3
