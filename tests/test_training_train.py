import dataclasses
import gc
import io
import json
import math
from itertools import islice

import pytest
import torch

from swishdemo import activations, datasets
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.ticks import Tick
from swishdemo.training import (
    Report,
    TrainingConfig,
    reference,
    replicas,
    report_steps,
    summarise,
)
from swishdemo.training.config import evaluated_steps, view_steps
from swishdemo.training.probes import MOST_NUMBERS, snapshot_steps
from swishdemo.training.recipes import recipes
from swishdemo.training.request import parse_run
from swishdemo.training.run import Run, train
from swishdemo.training.summary import converged_step, share_in_band, spread

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
    other = timeless(reports(SHORT.replace(seed=1)))
    assert other[-1].loss != first[-1].loss


def test_two_runs_in_turns_do_not_touch_each_other():
    alone = timeless(reports(SHORT))
    torch.manual_seed(5)
    pairs = zip(train(SHORT), train(SHORT), strict=True)
    turns = [(one, two) for one, two in pairs if isinstance(one, Report)]
    assert timeless([one for one, _ in turns]) == alone
    assert timeless([two for _, two in turns]) == alone


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("end", ["closed", "forgotten"])
def test_a_run_left_half_done_changes_nothing_for_others(end):
    alone = timeless(reports(SHORT))
    left, whole = train(SHORT.replace(threads=1)), train(SHORT)
    next(left)
    assert torch.get_num_threads() == 2, "a run that rests leaves PyTorch as it was"
    first = list(islice(whole, 6))
    if end == "closed":
        left.close()
    else:
        del left
        gc.collect()
    assert torch.get_num_threads() == 2
    rest = [item for item in (*first, *whole) if isinstance(item, Report)]
    assert timeless(rest) == alone


@pytest.mark.parametrize("ends", [{}, {"target_accuracy": 0.3}, {"stop_when_converged": True}])
def test_a_brief_run_ends_as_the_whole_one_does(ends):
    config = SHORT.replace(**ends)
    items = list(Run(config, brief=True))
    assert {type(item) for item in items} == {Report, Tick}
    brief = timeless(item for item in items if isinstance(item, Report))
    whole = [dataclasses.replace(report, views=()) for report in timeless(reports(config))]
    assert (brief[0], brief[-1]) == (whole[0], whole[-1])
    course = ("step", "loss", "beta", "convergence", "share", "diverged", "parameters")
    for name in course:
        assert [getattr(each, name) for each in brief] == [getattr(each, name) for each in whole]
    tested = [each.tested_step for each in brief]
    assert (set(tested) == {0, config.steps}) == (not ends)


def test_swish_is_set_against_itself_with_a_fixed_beta():
    beside = SHORT.replace(rivals=("swish@2", "relu", "swish@-0.5"), train_parameters=True)
    found = reports(beside)
    for name, start in (("swish@2", 2.0), ("swish@-0.5", -0.5)):
        fixed = SHORT.replace(beta_starts=(start,), beta_scope="fixed", rivals=())
        alone = reports(fixed)[-1]
        rows = [at for at, each in enumerate(replicas(beside)) if each.activation == name]
        assert [found[-1].test_loss[at] for at in rows] == pytest.approx(alone.test_loss, rel=1e-4)
        assert [found[-1].accuracy[at] for at in rows] == pytest.approx(alone.accuracy, abs=0.01)
    assert found[-1].loss[2] != pytest.approx(found[-1].loss[4], rel=1e-4)  # β = 2 that learns
    told = summarise(beside, found)["activations"]
    assert [each["activation"] for each in told] == ["swish", "swish@2", "relu", "swish@-0.5"]
    assert [each["replicas"] for each in told] == [4, 2, 2, 2]


@pytest.mark.parametrize(
    "given, name",
    [("swish@1.50", "swish@1.5"), (" swish @ -0.0", "swish@0"), ("softplus@2.", "softplus@2")],
)
def test_a_fixed_beta_has_one_name(given, name):
    config = parse_run({"rivals": [given, "relu", name]}, Settings())
    assert config.rivals == (name, "relu")
    assert TrainingConfig.stored(config.as_json()) == config


@pytest.mark.parametrize(
    "name",
    [
        *("swish@", "swish@x", "swish@nan", "swish@inf", "swish@1e3", "swish@11", "softplus@0"),
        *("relu@1", "nothing@1", "@1", "swish@1@2", "swish@--1", "swish@.", "swish@" + "1" * 40),
    ],
)
def test_what_fixes_no_beta_is_refused(name):
    with pytest.raises(UserError) as refused:
        parse_run({"rivals": [name]}, Settings())
    assert (refused.value.field, refused.value.status) == ("rivals", 422)
    with pytest.raises(UserError):
        parse_run({"activation": "swish@1"}, Settings())  # a run's own learns, or has its starts


def test_a_run_leaves_pytorchs_global_state_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    run = train(SHORT.replace(threads=1))
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
        assert (report.layers is not None) == (report.step in view_steps(12))
        assert bool(report.views) == (report.step in snapshot_steps(SHORT))
        assert report.tested_step == max(s for s in evaluated_steps(12) if s <= report.step)
        assert report.ended == ("steps" if report.step == 12 else None)
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
    fine = reports(still.replace(steps=100))
    coarse = reports(still)
    assert coarse[1].step == 5
    assert coarse[1].loss[0] == pytest.approx(sum(r.loss[0] for r in fine[1:6]) / 5, rel=1e-5)
    assert fine[0].loss == fine[1].loss
    assert {report.accuracy for report in coarse} == {coarse[0].accuracy}


def test_blocks_of_replicas_change_nothing_but_rounding():
    # A large batch is computed a replica at a time, 24 × 64 samples at most.
    config = TrainingConfig(beta_starts=(0.5, 2.0), seeds=2, steps=3, batch=700)
    whole = reports(config)
    part = reports(config.replace(beta_starts=(2.0,)))
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


def test_elapsed_time_is_the_clocks_and_a_rest_does_not_count():
    now = [0.0]
    resting = []
    for item in train(SHORT, clock=lambda: now[0]):
        now[0] += 100.0
        if isinstance(item, Report):
            resting.append(item.elapsed_seconds)
    assert resting == [0.0] * len(report_steps(12))
    ticking = iter(range(10**6))
    found = [r for r in train(SHORT, clock=lambda: float(next(ticking))) if isinstance(r, Report)]
    times = [report.elapsed_seconds for report in found]
    assert times == sorted(set(times)) and times[0] > 0


def test_a_paused_run_equals_one_that_was_not():
    whole = timeless(reports(SHORT))
    paused = train(SHORT)
    first = list(islice(paused, 25))
    torch.manual_seed(3)
    reports(SHORT.replace(seed=5, network="mlp", steps=3))  # another run meanwhile
    rest = list(paused)
    assert timeless(each for each in (*first, *rest) if isinstance(each, Report)) == whole


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
        next(iter(train(SHORT.replace(device="cuda"))))
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


def test_rivals_do_not_change_the_swish_replicas():
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
    apart = max(r.index for r in convergence if max(r.convergence) >= 0.05)
    held = convergence[apart + 1 :]
    assert summary["converged_step"] == (held[0].step if len(held) >= 10 else None)
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
    config = parse_run({"beta_starts": [0, 1], "rivals": [], "seeds": 1, "steps": 5}, Settings())
    found = reports(config)
    assert found[0].convergence == (None, None)
    assert found[-1].beta[0][0] != 0.0
    assert summarise(config, found)["converged_step"] is None


MLP = TrainingConfig(
    network="mlp", dataset="moons", beta_starts=(0.5, 2.0), rivals=("tanh",), seeds=2, steps=60
)


def test_a_run_that_takes_too_long_ends_with_the_reports_of_one_that_does_not():
    whole = timeless(reports(MLP))
    ticks = iter(range(10**6))
    timed = [
        item
        for item in train(MLP.replace(max_seconds=1), clock=lambda: 0.005 * next(ticks))
        if isinstance(item, Report)
    ]
    last = timed[-1]
    assert 0 < last.step < 60 and last.ended == "max_seconds" and last.elapsed_seconds >= 1
    assert last.tested_step == last.step and last.layers is not None
    assert timeless(timed[:-1]) == whole[: len(timed) - 1]
    assert last.loss and last.beta == whole[last.step].beta


def test_a_run_ends_at_its_target():
    aimed = reports(MLP.replace(target_accuracy=0.84, steps=200))
    reached = [report for report in aimed if sum(report.accuracy[:4]) / 4 >= 0.84]
    assert aimed[-1].ended == "target_accuracy" and aimed[-1].step < 200
    assert reached == [aimed[-1]]


def test_a_run_ends_when_beta_has_met():
    config = TrainingConfig(rivals=(), seeds=3, steps=500, stop_when_converged=True)
    found = reports(config)
    assert found[-1].ended == "converged" and found[-1].step < 400
    below = [max(report.convergence) < 0.05 for report in found]
    assert all(below[-10:]) and not any(all(below[at : at + 10]) for at in range(len(below) - 10))
    assert summarise(config, found)["converged_step"] == found[-10].step


def test_lines_that_cross_have_not_converged():
    config = TrainingConfig(
        beta_scope="network", beta_starts=(0.5, 2.0), rivals=(), seeds=2, seed=5, steps=45
    )
    found = reports(config)
    assert min(report.convergence[0] for report in found) < 0.05 < 0.5 < found[-1].convergence[0]
    assert summarise(config, found)["converged_step"] is None
    ended = reports(config.replace(stop_when_converged=True))
    assert ended[-1].ended == "steps"
    # Met, parted for one report, and met again: what was before the parting does not count.
    met = [{"step": at, "convergence": [0.04]} for at in range(40)]
    told = [{"step": 0, "convergence": [1.0]}, *met[1:]]
    assert converged_step(told) == 1
    told[20] = {"step": 20, "convergence": [0.06]}
    assert converged_step(told) == 21
    assert converged_step(told[:30]) is None and converged_step(told[:31]) == 21


def test_layers_without_beta_do_not_keep_a_run_from_converging():
    mixed = TrainingConfig(
        rivals=(), seeds=2, layer_activations=("relu", "swish"), stop_when_converged=True
    )
    found = reports(mixed)
    assert found[0].beta[0] == (None,) * 12 and None not in found[0].beta[1]
    assert found[0].convergence == (None, 1.0)
    assert found[-1].ended == "converged"


def test_a_units_death_is_its_own_however_many_replicas_there_are():
    few = TrainingConfig(
        network="mlp", depth=2, width=256, batch=8, init_bias=-2, activation="relu", rivals=(),
        beta_starts=(1,), steps=1, seeds=2,
    )  # fmt: skip
    alone, among = (reports(few.replace(seeds=seeds))[-1].layers for seeds in (2, 60))
    for quantity in ("dead", "saturated", "variance"):
        for one, many in zip(getattr(alone, quantity), getattr(among, quantity), strict=True):
            assert one[:2] == pytest.approx(many[:2], rel=1e-5), quantity


def test_figures_of_layers_are_those_of_plain_networks():
    config = MLP.replace(activation="relu", rivals=("swish",), width=16)
    run = Run(config)
    last = [item for item in run if isinstance(item, Report)][-1]
    split = datasets.get("moons").load(config.data)
    inputs = torch.tensor(split.test_inputs).double()
    for index, row in enumerate(replicas(config)):
        network = reference.network(config, row)
        network.load_state_dict(run.weights(index))
        network.double()
        z = network.hidden[0](inputs)
        slope = torch.autograd.functional.jvp(network.activation[0], z, torch.ones_like(z))[
            1
        ].detach()
        dead = float((slope.abs().amax(0) < 1e-3).double().mean())
        saturated = float((slope.abs() < 0.05).double().mean())
        assert last.layers.dead[0][index] == pytest.approx(dead, abs=1e-6)
        assert last.layers.saturated[0][index] == pytest.approx(saturated, abs=2e-3)
        variance = float(z.detach().var(unbiased=False))
        assert last.layers.variance[0][index] == pytest.approx(variance, rel=1e-3)
        norms = [
            float(w.detach().norm()) for w in (network.hidden[0].weight, network.output.weight)
        ]
        told = [last.layers.weight_norm[layer][index] for layer in (0, 2)]
        assert told == pytest.approx(norms, rel=1e-5)
    assert all(0 < value < 100 for layer in last.layers.gradient_norm for value in layer)


def test_the_norm_of_the_gradient_is_that_of_the_last_batch():
    config = MLP.replace(rivals=(), steps=1, lr=0.0, batch=800, depth=1)
    found = reports(config)
    network = reference.network(config, replicas(config)[0])
    run = Run(config)
    next(item for item in run if isinstance(item, Report))
    network.load_state_dict(run.weights(0))
    split = datasets.get("moons").load(config.data)
    loss = torch.nn.functional.cross_entropy(
        network(torch.tensor(split.train_inputs)), torch.tensor(split.train_labels)
    )
    loss.backward()
    hidden = network.hidden[0]
    norm = float(torch.cat([hidden.weight.grad.flatten(), hidden.bias.grad]).norm())
    for report in found:
        assert report.layers.gradient_norm[0][0] == pytest.approx(norm, rel=1e-4)


def test_views_show_what_the_networks_say():
    run = Run(MLP)
    last = [item for item in run if isinstance(item, Report)][-1]
    assert [view.replica for view in last.views] == [0, 2, 4]
    split = datasets.get("moons").load(MLP.data)
    for view in last.views:
        network = reference.network(MLP, replicas(MLP)[view.replica])
        network.load_state_dict(run.weights(view.replica))
        (left, right), (low, high) = view.extent
        across = torch.linspace(left, right, view.size)
        up = torch.linspace(low, high, view.size)
        grid = torch.stack([across.repeat(view.size), up.repeat_interleave(view.size)], 1)
        with torch.no_grad():
            said = network(grid).softmax(1)[:, 1]
            hidden = network.activation[0](network.hidden[0](grid))
            first = network(torch.tensor(split.test_inputs[:16])).softmax(1).max(1)
        assert list(view.surface) == pytest.approx(said.tolist(), rel=6e-3, abs=1e-6)
        every_second = hidden.view(view.size, view.size, -1)[::2, ::2].flatten(0, 1).t()
        for unit, answers in zip(view.hidden[0], every_second, strict=True):
            assert list(unit) == pytest.approx(answers.tolist(), rel=6e-3, abs=1e-5)
        assert [pair[0] for pair in view.predictions] == first.indices.tolist()
        assert [pair[1] for pair in view.predictions] == pytest.approx(
            first.values.tolist(), abs=6e-4
        )
        assert all(sum(layer) == 8 * 64 for layer in view.histogram)
        for layer, told in enumerate(view.beta):
            if view.replica < 4:
                assert list(told) == pytest.approx([last.beta[layer][view.replica]], rel=6e-3)
            else:
                assert told == ()


def test_a_curve_is_followed():
    config = TrainingConfig(
        dataset="sine",
        network="mlp",
        objective="mse",
        optimiser="adam",
        lr=0.02,
        width=16,
        beta_starts=(1.0,),
        beta_lr_factor=1.0,
        weight_decay=0.0,
        rivals=("tanh",),
        seeds=1,
        steps=400,
    )
    last = reports(config)[-1]
    assert all(value > 0.95 for value in last.accuracy)  # R²
    (view, _) = last.views
    places = torch.linspace(*view.extent[0], view.size)
    split = datasets.get("sine").load(config.data)
    truth = torch.sin(2 * math.pi * (places * float(split.deviation[0]) + float(split.mean[0])))
    truth = (truth - split.label_mean) / split.label_deviation
    inside = slice(20, 108)
    error = torch.tensor(view.surface)[inside] - truth[inside]
    assert float(error.square().mean()) < 0.1


def test_other_parameters_learn_and_are_traced():
    config = MLP.replace(rivals=("prelu", "swish"), train_parameters=True)
    config = config.replace(activation="acon_c", beta_starts=(1.0,))
    found = reports(config)
    named = {(trace.activation, trace.parameter): trace for trace in found[-1].parameters}
    assert set(named) == {("acon_c", "p1"), ("acon_c", "p2"), ("prelu", "a"), ("swish", "beta")}
    assert [named[key].first for key in named] == [0, 0, 2, 4]
    for trace in found[0].parameters:
        default = activations.get(trace.activation).defaults()[trace.parameter]
        assert trace.values == ((pytest.approx(default),) * 2,) * 2
    for trace, start in zip(found[-1].parameters, found[0].parameters, strict=True):
        assert all(one != two for one, two in zip(trace.values[0], start.values[0], strict=True))
    assert len(found[-1].beta[0]) == 2


def test_with_the_labels_shuffled_nothing_is_learned_but_by_heart():
    last = reports(MLP.replace(shuffled_labels=True, steps=100))[-1]
    assert all(abs(value - 0.5) < 0.15 for value in last.accuracy)


def test_noise_and_samples_reach_the_data():
    run = Run(MLP.replace(samples=100, test_share=0.3, batch=70, steps=1))
    list(run)
    assert run._train.count == 70 and run._test.count == 30


def test_weights_can_be_loaded_without_trust():
    config = TrainingConfig(seeds=1, steps=3, normalisation="batch", beta_scope="channel")
    run = Run(config)
    last = [item for item in run if isinstance(item, Report)][-1]
    for index, row in enumerate(replicas(config)):
        file = io.BytesIO()
        torch.save(run.weights(index), file)
        file.seek(0)
        network = reference.network(config, row)
        network.load_state_dict(torch.load(file, weights_only=True))
        network.eval()
        split = datasets.get("digits").load(config.data)
        with torch.no_grad():
            found = network(torch.tensor(split.test_inputs)).argmax(1)
        right = float((found == torch.tensor(split.test_labels)).double().mean())
        assert right == pytest.approx(last.accuracy[index], abs=1 / 360 + 1e-6)


def test_a_heavy_network_gives_control_back_between_its_layers():
    config = TrainingConfig(
        network="mlp", depth=20, width=128, beta_starts=(1.0,), rivals=("relu",), seeds=3, steps=2,
        batch=512,
    )  # fmt: skip
    items = list(train(config))
    assert sum(isinstance(item, Tick) for item in items) > 2 * 20 * 4


CONSERVING = {
    "layer": {},
    "channel": {"beta_scope": "channel"},
    "network": {"beta_scope": "network"},
    "batch": {"normalisation": "batch"},
    "prelu": {"activation": "prelu", "rivals": ("relu",), "train_parameters": True},
    "cnn": {"network": "cnn", "dataset": "digits", "width": 4, "batch": 256},
}


@pytest.mark.parametrize(
    "name",
    [
        *("layer", "prelu"),
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("channel", "network", "batch", "cnn")
        ),
    ],
)
def test_gradient_flow_conserves_what_is_told(name):
    config = MLP.replace(
        depth=2,
        beta_starts=(0.5, 2.0),
        optimiser="sgd",
        lr=0.01,
        beta_lr_factor=20.0,
        batch=800,
        weight_decay=0.0,
        beta_decay=0.0,
        steps=40,
    )
    config = config.replace(**CONSERVING[name])
    drifts, moved = [], []
    for finer in (1, 4):
        found = reports(config.replace(lr=0.01 / finer, steps=40 * finer))
        first, last = found[0].layers, found[-1].layers
        pairs = [
            (one, two)
            for layers in zip(first.conserved, last.conserved, strict=True)
            for one, two in zip(*layers, strict=True)
            if one is not None
        ]
        assert len(pairs) >= len(replicas(config)) // 2
        drifts.append(max(abs(one - two) for one, two in pairs))
        moved.append(
            max(
                abs(one**2 - two**2)
                for one, two in zip(first.weight_norm[-1], last.weight_norm[-1], strict=True)
            )
        )
    # Its parts move, it does not: what is left is the step's size, and falls with it.
    assert drifts[1] < 0.4 * drifts[0] + 2e-4
    assert drifts[1] < 0.03 * moved[1]


def test_nothing_is_told_where_nothing_is_conserved():
    for changes in ({"beta_scope": "fixed"}, {"activation": "gelu"}, {"beta_form": "softplus"}):
        last = reports(MLP.replace(**changes, rivals=("tanh",), steps=1))[-1]
        assert all(value is None for layer in last.layers.conserved for value in layer)
    skipping = MLP.replace(network="residual_mlp", depth=4, steps=1)
    last = reports(skipping)[-1]
    assert all(value is None for layer in last.layers.conserved for value in layer)


def test_a_gpu_tells_the_same_up_to_rounding():
    if not torch.cuda.is_available():
        pytest.skip("PyTorch finds no CUDA device")
    for changes in ({}, {"network": "residual_cnn", "depth": 3, "normalisation": "batch"}):
        config = TrainingConfig(seeds=2, steps=10, **changes)
        pairs = zip(reports(config), reports(config.replace(device="cuda")), strict=True)
        for one, two in pairs:
            assert two.device == "cuda"
            assert two.loss == pytest.approx(one.loss, rel=1e-2, abs=1e-3)
            assert two.beta[0] == pytest.approx(one.beta[0], rel=1e-2)
    dropping = TrainingConfig(seeds=2, steps=5, dropout=0.3, amp=True, device="cuda")
    assert timeless(reports(dropping)) == timeless(reports(dropping))


@pytest.mark.parametrize("each", recipes(), ids=lambda each: each.name)
def test_looks_are_few_enough_to_be_kept(each):
    reported, looks = report_steps(each.config.steps), snapshot_steps(each.config)
    assert set(view_steps(each.config.steps)) <= looks <= set(reported)
    assert len(looks) <= 61


def test_the_numbers_of_a_look_are_bounded():
    spiral = next(each for each in recipes() if each.name == "playground-spiral").config
    many = spiral.replace(beta_starts=tuple(map(float, range(1, 30))), width=16, depth=4)
    assert len(snapshot_steps(many)) == len(view_steps(many.steps)) < len(snapshot_steps(spiral))
    short = spiral.replace(steps=4, seeds=1, width=3)
    views = reports(short)[-1].views
    numbers = sum(
        len(view.surface)
        + sum(len(unit) for layer in view.hidden for unit in layer)
        + sum(len(unit) for layer in view.weights for unit in layer)
        + 2 * len(view.predictions)
        + sum(map(len, view.histogram))
        for view in views
    )
    assert numbers * 61 < MOST_NUMBERS


def test_a_look_tells_the_weights_of_its_network():
    config = SHORT.replace(network="mlp", steps=3)
    run = Run(config)
    last = [item for item in run if isinstance(item, Report)][-1]
    for view in last.views:
        told = run.weights(view.replica)
        layers = [value for name, value in told.items() if name.endswith("weight")]
        for mine, theirs in zip(view.weights, layers, strict=True):
            cut = theirs[:8, :8]
            assert torch.allclose(torch.tensor(mine), cut, rtol=5e-3, atol=1e-6)
