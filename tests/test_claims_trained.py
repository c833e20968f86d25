"""Claims that training decides: the designs, the rule and its error rates, what is stored."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from test_claims_evaluate import FakeManager

from swishdemo import hardware, host
from swishdemo.claims import CLAIMS, ClaimEvaluator
from swishdemo.claims.record import combine
from swishdemo.claims.trained import Arm, Contrast, Setting, Trained
from swishdemo.errors import UserError
from swishdemo.hardware import Card, Hardware
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Sentence, text
from swishdemo.training.architecture import architecture, parameter_count
from swishdemo.training.config import replicas
from swishdemo.training.intervals import paired, student
from swishdemo.training.run import Sweep
from swishdemo.training.sweep import SweepRequest
from swishdemo.training.sweep_results import SweepRow

PARTS = {
    f"{claim.id}.{part.name}": part
    for claim in CLAIMS
    for part in claim.parts
    if isinstance(part, Trained)
}
EACH = pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
SMALLEST = 0.02


@given(st.floats(0.01, 0.9999), st.integers(1, 200))
def test_students_t_is_scipys(level, freedom):
    assert student(level, freedom) == pytest.approx(
        special.stdtrit(freedom, (1 + level) / 2), rel=1e-8
    )


def rates(draw, count, **contrast):
    """How often each verdict comes when the rule is fed drawn differences."""
    judge = Contrast((Arm("a"),), smallest=SMALLEST, **contrast)
    found = {"confirmed": 0, "refuted": 0, "undecided": 0}
    for _ in range(count):
        came = paired(draw(), 0.95)
        finite = math.isfinite(came.low)
        told = {"blind": None, "mean": came.mean, "low": came.low if finite else None,
                "high": came.high if finite else None}  # fmt: skip
        found[judge.judged(told)] += 1
    return {name: number / count for name, number in found.items()}


def drawn(rng, mean, spread, outlier=0.0):
    def draw():
        values = rng.normal(mean, spread, 8)
        values[rng.integers(8)] += outlier
        return values.tolist()

    return draw


SIMULATED = [400, pytest.param(2000, marks=pytest.mark.long)]


@pytest.mark.parametrize("count", SIMULATED)
def test_the_rule_errs_as_seldom_as_it_says(count):
    rng = np.random.default_rng(11)
    for spread in (0.002, 0.01, 0.04):
        assert rates(drawn(rng, 0.0, spread), count)["confirmed"] <= 0.05
        assert rates(drawn(rng, 0.0, spread), count, either_way=True)["confirmed"] <= 0.07
        # At the smallest effect that matters, one that is smaller is hardly ever claimed.
        assert rates(drawn(rng, SMALLEST, spread), count)["refuted"] <= 0.05
        assert rates(drawn(rng, 0.0, spread, outlier=10 * spread), count)["confirmed"] <= 0.05
    assert rates(drawn(rng, 2 * SMALLEST, 0.01), count)["confirmed"] > 0.95
    assert rates(drawn(rng, 0.0, 0.01), count)["refuted"] > 0.9
    assert rates(drawn(rng, 0.0, 0.2), count)["undecided"] > 0.9


def test_what_would_have_been_seen_is_seen_with_that_power():
    rng = np.random.default_rng(5)
    visible = np.mean([paired(drawn(rng, 0, 0.01)(), 0.95).visible for _ in range(300)])
    seen = [paired(drawn(rng, visible, 0.01)(), 0.95).low > 0 for _ in range(600)]
    assert 0.7 < np.mean(seen) < 0.95


def test_no_spread_is_no_certainty():
    came = paired([0.3, 0.3, 0.3], 0.95)
    assert (came.mean, came.low, came.high) == (0.3, -math.inf, math.inf)
    assert paired([0.1], 0.95).high == math.inf
    with pytest.raises(ValueError, match="no differences"):
        paired([], 0.95)


@EACH
def test_a_design_is_a_sweep_that_this_server_takes(part):
    request = SweepRequest.parse(part.request(Settings()), Settings())
    assert len(request.changes) == len(part.runs) * part.repeats <= 64
    for number, name in enumerate([*part.runs] * part.repeats):
        values = request.values(number)
        assert values["seed"] == values["data_seed"] == number // len(part.runs)
        for arm in (arm for each in part.settings for c in each.contrasts for arm in c.arms):
            if arm.run == name:
                rows = replicas(request.config(number))
                fits = [row for row in rows if row.activation == arm.activation
                        and arm.start in (None, row.beta_start)]  # fmt: skip
                assert len(fits) == 1
    assert {arm.run for each in part.settings for c in each.contrasts for arm in c.arms} <= set(
        part.runs
    )
    assert part.seconds() > 0


@EACH
def test_a_thorough_design_has_as_many_runs_or_more_and_more_networks_in_each(part):
    request = SweepRequest.parse(part.request(Settings(), "thorough"), Settings())
    repeats = len(request.changes) // len(part.runs)
    assert part.repeats <= repeats and len(request.changes) <= 64
    assert request.base.seeds == part.networks > 1
    assert part.seconds() < part.seconds("thorough") <= 600


def config_of(part, budget="quick"):
    return SweepRequest.parse(part.request(Settings(), budget), Settings()).as_json()


def rows_of(part, figure, budget="quick"):
    """Rows as they are stored; ``figure(run, activation, start, repeat)`` gives their figures."""
    request = SweepRequest.parse(part.request(Settings(), budget), Settings())
    names = list(part.runs)
    stored = []
    for number in range(len(request.changes)):
        name, repeat = names[number % len(names)], number // len(names)
        config = request.config(number)
        networks = replicas(config)
        numbers = [figure(name, each.activation, each.beta_start, repeat)
                   for each in networks]  # fmt: skip
        stored.append(
            {
                "index": number,
                "values": json.loads(json.dumps(request.values(number))),
                "state": "finished",
                "summary": {"ended": "steps"},
                "replicas": [{name: getattr(each, name) for name in ("activation", "beta_start")}
                             for each in networks],
                "accuracy": numbers,
                "diverged": [None] * len(networks),
                "dead": [numbers] * config.depth,
                "first_gradient_norm": [[10**n for n in numbers]] * (config.depth + 1),
                "elapsed_seconds": math.exp(numbers[0]),
            }
        )  # fmt: skip
    return stored


def noise(*key):
    return 0.004 * math.sin(1e3 * hash(key) % 1e3)


TWO = Trained(
    "accuracy",
    base={"network": "mlp", "beta_starts": [1], "beta_scope": "fixed", "rivals": ["relu"]},
    runs={"a": {"depth": 2}, "b": {"depth": 5}},
    settings=tuple(
        Setting(f"claims.deep.{where}", (Contrast((Arm(run), Arm(run, "relu", weight=-1))),),
                labels=labels)
        for (where, run, labels) in (
            ("plain", "a", {"en": "50 layers, plain", "zh": "50 层，无捷径"}),
            ("skips", "b", {"en": "50 layers with skips", "zh": "50 层，有捷径"}),
        )
    ),
)  # fmt: skip


def lead(first, second):
    """Accuracies whose lead over ReLU is one in the first run, another in the second."""

    def figure(run, activation, start, repeat):
        more = (first if run == "a" else second) if activation == "swish" else 0.0
        return 0.8 + more + noise(run, activation, repeat)

    return figure


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (0.1, 0.06, "confirmed"),
        (0.0, -0.05, "refuted"),
        (0.1, 0.0, "depends"),
        (-0.2, 0.2, "depends"),
    ],
)
def test_the_verdict_follows_what_was_found(first, second, wanted):
    evidence = TWO.evidence(config_of(TWO), rows_of(TWO, lead(first, second)))
    json.dumps(evidence, allow_nan=False)
    told = TWO.judge(evidence)
    assert told.verdict == wanted
    for language in LANGUAGES:
        said = told.sentence(language)
        assert f"{100 * first:+.0f}".replace("-", "−")[:2] in said and "{" not in said


def test_the_verdict_follows_the_smallest_effect_that_matters():
    evidence = TWO.evidence(config_of(TWO), rows_of(TWO, lead(0.1, 0.06)))
    stricter = replace(
        TWO,
        settings=tuple(
            replace(each, contrasts=(replace(each.contrasts[0], smallest=0.3),))
            for each in TWO.settings
        ),
    )
    assert TWO.judge(evidence).verdict == "confirmed"
    assert stricter.judge(evidence).verdict == "refuted"


def test_one_setting_is_enough_for_what_is_said_to_be_possible():
    evidence = TWO.evidence(config_of(TWO), rows_of(TWO, lead(0.1, -0.1)))
    assert TWO.judge(evidence).verdict == "depends"
    assert replace(TWO, anywhere=True).judge(evidence).verdict == "confirmed"


def test_networks_that_learned_nothing_tell_nothing():
    def figure(run, activation, start, repeat):
        return 0.1 + noise(run, activation, repeat)

    evidence = TWO.evidence(config_of(TWO), rows_of(TWO, figure))
    assert [each["effects"][0]["blind"] for each in evidence["settings"]] == ["chance"] * 2
    told = TWO.judge(evidence)
    assert told.verdict == "undecided" and "at chance" in told.sentence("en")


def test_what_has_diverged_is_at_chance_and_dead():
    rows = rows_of(TWO, lead(0.1, 0.1))
    for row in rows:
        for place, each in enumerate(row["replicas"]):
            if each["activation"] == "swish":
                row["diverged"][place], row["accuracy"][place] = 7, None
    evidence = TWO.evidence(config_of(TWO), rows)
    assert evidence["settings"][0]["effects"][0]["arms"][0] == pytest.approx(0.1)
    assert TWO.judge(evidence).verdict == "refuted"


@pytest.mark.parametrize(
    "harm", [{"summary": {"ended": "time"}}, {"state": "failed", "summary": None}]
)
def test_a_run_that_was_cut_short_gives_no_verdict(harm):
    rows = rows_of(TWO, lead(0.1, 0.1))
    rows[0] |= harm
    evidence = TWO.evidence(config_of(TWO), rows)
    assert evidence["settings"][0]["effects"][0]["blind"] == "lost"
    assert TWO.judge(evidence).verdict == "undecided"
    short = TWO.evidence(config_of(TWO), rows_of(TWO, lead(0.1, 0.1))[:5])  # stopped
    assert TWO.judge(short).verdict == "undecided"
    assert TWO.evidence(config_of(TWO), []) is None


def test_rows_of_another_design_are_no_evidence():
    rows = rows_of(TWO, lead(0.1, 0.1))
    rows[1]["values"]["depth"] = 4
    assert TWO.evidence(config_of(TWO), rows) is None


@pytest.mark.parametrize(
    "level", [0.5, *(pytest.param(level, marks=pytest.mark.long) for level in (0.1, 0.95))]
)
@EACH
def test_every_design_is_judged_in_both_languages(part, level):
    def figure(run, activation, start, repeat):
        apart = 0.05 if activation == "swish" else 0.0
        return level + apart + noise(run, activation, start, repeat)

    evidence = part.evidence(config_of(part), rows_of(part, figure))
    json.dumps(evidence, allow_nan=False)
    for language in LANGUAGES:
        assert "{" not in part.judge(evidence).sentence(language)


# ---- On a GPU ----

LARGE = {name: part for name, part in PARTS.items() if part.large}
EACH_LARGE = pytest.mark.parametrize("part", LARGE.values(), ids=list(LARGE))


@pytest.fixture
def on_gpu(monkeypatch):
    """A host whose workers have told of a GPU, and whose files show one."""
    monkeypatch.setattr(host, "missing_cuda", lambda *_: None)
    hardware.tell(Hardware((Card("NVIDIA T4", 2**34, "sm_75"),), "CUDA 12.9"))


def test_claims_about_size_depth_and_time_have_a_large_design():
    assert set(LARGE) == {"beta-start.gain", "deep.accuracy", "long.gap"}


@EACH_LARGE
def test_a_large_design_is_for_jobs_on_a_gpu_alone(part, on_gpu):
    assert part.sized(Settings(), "thorough") is part.large
    assert part.sized(Settings(device="cuda"), "thorough") is part.large
    assert part.sized(Settings(), "quick") is part
    assert part.sized(Settings(device="cpu"), "thorough") is part
    hardware.tell(Hardware(gap=Sentence(hardware.NO_CUDA)))
    assert part.sized(Settings(), "thorough") is part


@EACH_LARGE
def test_a_large_design_has_the_size_that_is_spoken_of(part, on_gpu):
    request = SweepRequest.parse(part.large.request(Settings(), "thorough"), Settings())
    configs = [request.config(run) for run in range(len(part.large.runs))]
    assert {config.device for config in configs} == {"cuda"}
    passes = [config.steps * config.batch / config.described().train for config in configs]
    assert max(passes) > 100 and part.large.seconds("thorough") <= 600
    counts = [parameter_count(architecture(each, each.described())) for each in configs]
    if part.why == "gain":
        assert min(counts) > 1_000_000 and min(passes) > 100
    if part.why == "better":
        assert min(config.depth for config in configs) >= 50 and min(passes) > 100
    small = SweepRequest.parse(part.request(Settings()), Settings())
    assert not {str(small.values(n)) for n in range(len(small.changes))} & {
        str(request.values(n)) for n in range(len(request.changes))
    }, "their rows tell them apart"


@EACH_LARGE
def test_the_card_says_on_which_device_and_at_which_size(part, on_gpu):
    def figure(run, activation, start, repeat):
        return 0.8 + noise(run, activation, start, repeat)

    large = part.large
    rows = rows_of(large, figure, "thorough")
    evidence = part.evidence(config_of(large, "thorough"), rows)
    assert evidence["large"] == "cuda"
    json.dumps(evidence, allow_nan=False)
    told = part.judge(evidence)
    assert told.verdict == large.judge(evidence).verdict
    for language in LANGUAGES:
        said = told.sentence(language)
        assert "CUDA" in said and "{" not in said
        for setting in large.settings:
            assert text(setting.where, language) in said
    assert len(list(part.rows(evidence))) == len(large.settings)
    small = part.evidence(config_of(part), rows_of(part, figure))
    assert "large" not in small and "CUDA" not in part.judge(small).sentence("en")
    rows[0]["values"]["seed"] = 99
    assert part.evidence(config_of(large, "thorough"), rows) is None


OFFLINE = Sentence("data.hub.offline").as_json()


def test_a_run_whose_data_cannot_be_fetched_leaves_the_others_their_verdict(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://hub.invalid")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    base = {"network": "mlp", "depth": 1, "width": 2, "steps": 2, "seeds": 1, "rivals": ["relu"]}
    grid = {
        "seed+data_seed": [[0, 0], [1, 1]],
        "dataset+samples": [["cifar10", 200], ["digits", 200]],
    }
    request = SweepRequest.parse({"base": base, "grid": grid}, Settings())
    rows = [item.as_json() for item in Sweep(request) if isinstance(item, SweepRow)]
    assert [row["state"] for row in rows] == ["failed", "finished"] * 2
    part = Trained(
        "accuracy",
        base=base,
        runs={"far": {"dataset": "cifar10", "samples": 200},
              "here": {"dataset": "digits", "samples": 200}},
        settings=tuple(
            Setting("claims.deep.plain", (Contrast((Arm(run), Arm(run, "relu", weight=-1))),))
            for run in ("far", "here")
        ),
    )  # fmt: skip
    config = {"base": {**base, "device": "cpu"}, "grid": grid}
    far, here = part.evidence(config, json.loads(json.dumps(rows)))["settings"]
    assert far["effects"][0]["blind"] == "unfetched"
    assert here["effects"][0]["blind"] in (None, "chance")


@EACH_LARGE
def test_photographs_that_cannot_be_fetched_are_told_and_change_no_verdict(part, on_gpu):
    def figure(run, activation, start, repeat):
        return 0.8 + noise(run, activation, start, repeat)

    large = part.large
    photographs = next(s for s in large.settings if s.where.endswith(".photographs"))
    of = {arm.run for contrast in photographs.contrasts for arm in contrast.arms}
    assert {large.runs[run]["dataset"] for run in of} == {"cifar10"}
    whole, cut = rows_of(large, figure, "thorough"), rows_of(large, figure, "thorough")
    for row in cut:
        if row["values"]["dataset"] == "cifar10":
            row |= {"state": "failed", "summary": None, "failure_reason": OFFLINE}
    evidence = part.evidence(config_of(large, "thorough"), cut)
    told = part.judge(evidence)
    for language in LANGUAGES:
        said = told.sentence(language)
        assert text("claims.why.blind_unfetched", language) in said
        assert text(photographs.where, language) in said
    verdicts = [name for name, where, _ in part.rows(evidence) if where.key != photographs.where]
    assert told.verdict == combine(verdicts)
    assert "blind_unfetched" not in str(
        part.judge(part.evidence(config_of(large, "thorough"), whole))
    )
    for row in cut:
        row |= {"state": "failed", "summary": None, "failure_reason": OFFLINE}
    assert part.judge(part.evidence(config_of(large, "thorough"), cut)).verdict == "undecided"


def test_a_thorough_check_on_a_gpu_asks_for_the_large_design(on_gpu):
    manager = FakeManager()
    evaluator = ClaimEvaluator(manager)
    for name, part in LARGE.items():
        claim = name.partition(".")[0]
        _, [job] = evaluator.check(claim, "visitor-0123456789", budget="thorough")
        assert job.config["base"]["device"] == "cuda"
        (card,) = (each for each in evaluator.cards() if each["id"] == claim)
        assert card["thorough"] == {
            "seconds": part.large.seconds("thorough"),
            "refused": None,
        }
        _, [quick] = evaluator.check(claim, "visitor-0123456789")
        assert "device" not in quick.config["base"]
    short = FakeManager(Settings(max_job_seconds=100))
    with pytest.raises(UserError, match="SWISHDEMO_MAX_JOB_SECONDS"):
        ClaimEvaluator(short).check("deep", "visitor-0123456789", budget="thorough")
