import dataclasses
import json
from itertools import islice

import pytest
import torch

from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.training import Report, Tick, TrainingConfig, replicas, report_steps, summarise
from swishdemo.training.convergence import share_in_band, spread
from swishdemo.training.train import train

SHORT = TrainingConfig(beta_starts=(0.5, 2.0), seeds=2, steps=12)


def reports(config):
    return [item for item in train(config) if isinstance(item, Report)]


def timeless(found):
    return [dataclasses.replace(report, elapsed_seconds=0.0) for report in found]


@pytest.fixture(scope="module")
def convergence():
    """Three seeds of the recipe, up to step 200."""
    return reports(TrainingConfig(seeds=3, steps=200))


def test_the_same_seed_gives_the_same_reports_and_another_does_not():
    first = timeless(reports(SHORT))
    assert timeless(reports(SHORT)) == first
    other = timeless(reports(dataclasses.replace(SHORT, seed=1)))
    assert other[-1].loss != first[-1].loss


def test_two_runs_in_turns_do_not_touch_each_other():
    alone = timeless(reports(SHORT))
    torch.manual_seed(5)
    pairs = zip(train(SHORT), train(SHORT), strict=True)
    turns = [(one, two) for one, two in pairs if isinstance(one, Report)]
    assert timeless([one for one, _ in turns]) == alone
    assert timeless([two for _, two in turns]) == alone


def test_a_run_leaves_pytorchs_global_state_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    run = train(dataclasses.replace(SHORT, threads=1))
    for _ in islice(run, 30):
        assert torch.is_grad_enabled()
    run.close()
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == before[1:]


def test_reports_fall_on_the_fixed_steps_and_tell_all_replicas():
    found = reports(SHORT)
    assert tuple(report.step for report in found) == report_steps(12)
    assert [report.index for report in found] == list(range(len(found)))
    for report in found:
        assert len(report.loss) == len(report.accuracy) == len(replicas(SHORT)) == 8
        assert [len(layer) for layer in report.beta] == [4, 4]
        assert [len(layer) for layer in report.beta_effective] == [4, 4]
        assert len(report.convergence) == 2 and report.steps == 12
        json.dumps(report.as_json(), allow_nan=False)
    assert found[0].beta == ((0.5, 0.5, 2.0, 2.0),) * 2
    assert found[0].convergence == (1.0, 1.0) and found[0].share == 0.0


def test_the_loss_of_a_report_is_the_mean_since_the_one_before():
    # Learning at rate 0, every step's loss is that of the initial network on its batch.
    still = TrainingConfig(beta_starts=(1.0,), rivals=(), seeds=1, lr=0.0, steps=300, batch=8)
    fine = reports(dataclasses.replace(still, steps=100))
    coarse = reports(still)
    assert coarse[1].step == 5
    assert coarse[1].loss[0] == pytest.approx(sum(r.loss[0] for r in fine[1:6]) / 5, rel=1e-5)
    assert fine[0].loss == fine[1].loss
    assert {report.accuracy for report in coarse} == {coarse[0].accuracy}


def test_blocks_of_replicas_change_nothing_but_rounding():
    # A large batch is computed a replica at a time, 24 × 64 samples at most.
    config = TrainingConfig(beta_starts=(0.5, 2.0), seeds=2, steps=3, batch=700)
    whole = reports(config)
    part = reports(dataclasses.replace(config, beta_starts=(2.0,)))
    for one, two in zip(whole, part, strict=True):
        assert one.loss[2:] == pytest.approx(two.loss, rel=1e-5)
        assert one.beta[1][2:] == pytest.approx(two.beta[1], rel=1e-5)


def test_control_comes_back_between_steps_and_blocks():
    items = list(train(TrainingConfig(seeds=6, steps=20)))
    longest = run = 0
    for item in items:
        run = run + 1 if isinstance(item, Report) else 0
        longest = max(longest, run)
    assert longest == 1
    assert sum(isinstance(item, Tick) for item in items) >= 40


def test_closing_stops_the_run_and_restores_the_threads():
    threads = torch.get_num_threads()
    run = train(SHORT)
    list(islice(run, 20))
    run.close()
    assert torch.get_num_threads() == threads
    assert next(run, None) is None


def test_elapsed_time_is_the_clocks():
    ticking = iter(range(10_000))
    found = [r for r in train(SHORT, clock=lambda: float(next(ticking))) if isinstance(r, Report)]
    assert [report.elapsed_seconds for report in found] == [1.0 + n for n in range(len(found))]


def test_a_diverging_replica_is_marked_and_the_others_go_on():
    # At rate 50 a decay of 1 multiplies β by −49 a step; a rival has no β and trains as ever.
    config = TrainingConfig(
        beta_starts=(0.5, 1.0),
        rivals=("relu",),
        seeds=2,
        beta_lr_factor=1000.0,
        beta_decay=1.0,
        steps=60,
    )
    calm = reports(TrainingConfig(beta_starts=(1.0,), rivals=("relu",), seeds=2, steps=60))
    found = reports(config)
    last = found[-1]
    marked = [index for index, step in enumerate(last.diverged) if step is not None]
    assert marked == [0, 1, 2, 3]
    assert last.accuracy[4:] == pytest.approx(calm[-1].accuracy[2:], abs=0.02)
    for index in marked:
        assert last.loss[index] is last.accuracy[index] is last.beta[0][index] is None
        assert 1 <= last.diverged[index] <= 60
        for report in found:  # from that step on, and not before
            assert (report.diverged[index] is None) == (report.step < last.diverged[index])
    json.dumps(last.as_json(), allow_nan=False)


def test_a_run_in_which_all_diverge_ends_with_its_reason():
    run = train(TrainingConfig(beta_starts=(1.0,), rivals=("relu",), seeds=1, lr=10.0, steps=200))
    found = []
    with pytest.raises(UserError) as caught:
        found.extend(item for item in run)
    last = [item for item in found if isinstance(item, Report)][-1]
    assert last.loss == last.accuracy == (None, None)
    assert caught.value.field == "lr"
    assert f"step {max(last.diverged)}" in str(caught.value)
    assert last.step < 200 and last.share is None and last.convergence == (None, None)


def test_a_missing_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError) as caught:
        next(iter(train(dataclasses.replace(SHORT, device="cuda"))))
    assert caught.value.field == "device"


def test_all_starts_meet_in_the_articles_range_at_step_200(convergence):
    last = convergence[-1]
    assert last.step == 200
    assert all(value < 0.06 for value in last.convergence)
    assert last.share > 0.6
    swish, relu, gelu = (
        sum(last.accuracy[first:end]) / (end - first)
        for first, end in ((0, 18), (18, 21), (21, 24))
    )
    assert swish > 0.96
    assert abs(swish - relu) < 0.02 and abs(swish - gelu) < 0.02


def test_the_loss_falls_and_accuracy_rises(convergence):
    first, last = convergence[0], convergence[-1]
    assert all(then > 1.5 and now < 0.3 for then, now in zip(first.loss, last.loss, strict=True))
    assert all(now > 0.9 for now in last.accuracy)


def test_without_decay_the_starts_stay_apart(convergence):
    free = reports(TrainingConfig(seeds=3, rivals=(), steps=200, weight_decay=0.0, beta_decay=0.0))[
        -1
    ]
    for with_decay, without in zip(convergence[-1].convergence, free.convergence, strict=True):
        assert without > 4 * with_decay
    assert free.share < 0.4


def test_rivals_do_not_change_the_swish_replicas(convergence):
    alone = reports(TrainingConfig(seeds=3, rivals=(), steps=20))
    beside = reports(TrainingConfig(seeds=3, steps=20))
    for one, two in zip(alone, beside, strict=True):
        assert one.loss == pytest.approx(two.loss[:18], rel=1e-3)


def test_spread_is_the_deviation_of_log_means():
    assert spread([1.0, 3.0, 4.0, 4.0], seeds=2) == pytest.approx(0.34657359027997264)  # ln(2)/2
    assert spread([-1.0, 3.0, None, -4.0], seeds=2) == pytest.approx(0.34657359027997264)
    assert spread([2.0, 2.0], seeds=2) is None  # one start
    assert spread([None, None, 1.0, 1.0], seeds=2) is None
    assert spread([0.0, 0.0, 1.0, 1.0], seeds=2) is None


def test_share_counts_both_layers_and_both_signs():
    assert share_in_band([[1.0, -1.5, 1.51], [0.99, None, -1.2]]) == 3 / 5
    assert share_in_band([[None], [None]]) is None
    assert share_in_band([[0.5]], band=(0.4, 0.6)) == 1.0


def test_a_summary_follows_from_the_reports_or_their_json(convergence):
    config = TrainingConfig(seeds=3, steps=200)
    summary = summarise(config, convergence)
    assert summary == summarise(config, [report.as_json() for report in convergence])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["step"] == summary["steps"] == 200
    expected = [r.step for r in convergence if max(r.convergence) < 0.05]
    assert summary["converged_step"] == (expected[0] if expected else None)
    assert summary["best_share"] == max(report.share for report in convergence)
    named = {entry["activation"]: entry for entry in summary["activations"]}
    assert {name: entry["replicas"] for name, entry in named.items()} == {
        "swish": 18,
        "relu": 3,
        "gelu": 3,
    }
    relu = torch.tensor(convergence[-1].accuracy[18:21], dtype=torch.float64)
    assert named["relu"]["accuracy"]["mean"] == pytest.approx(float(relu.mean()))
    assert named["relu"]["accuracy"]["deviation"] == pytest.approx(float(relu.std()))


def test_a_run_without_reports_has_no_summary():
    assert summarise(SHORT, []) is None


def test_a_start_at_zero_is_trained_though_its_logarithm_is_not_known():
    config = TrainingConfig.parse(
        {"beta_starts": [0, 1], "rivals": [], "seeds": 1, "steps": 5}, Settings()
    )
    found = reports(config)
    assert found[0].convergence == (None, None)
    assert found[-1].beta[0][0] != 0.0
    assert summarise(config, found)["converged_step"] is None
