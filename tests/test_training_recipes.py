"""What each recipe shows, with a margin of several standard errors over its seeds."""

import json
import math
from functools import cache
from statistics import fmean, median, stdev

import pytest

from swishdemo.figures.comparison import race_figure
from swishdemo.figures.inside import (
    beta_figure,
    conserved_figure,
    convergence_figure,
    ends_figure,
    inputs_figure,
    layers_figure,
    own_figure,
)
from swishdemo.figures.series import Picked, Series
from swishdemo.training import Report, TrainingConfig, nearest, recipes, replicas, summarise
from swishdemo.training.run import train
from swishdemo.training.summary import betas_of_layer

RECIPES = {recipe.name: recipe.config for recipe in recipes()}


@cache
def run(config):
    return [item for item in train(config) if isinstance(item, Report)]


def recipe(name, **changes):
    return RECIPES[name].replace(**changes)


def of(config, values, activation):
    """The values of one activation's replicas."""
    return [
        value
        for row, value in zip(replicas(config), values, strict=True)
        if row.activation == activation
    ]


def apart(more, less, errors=3.0):
    """Whether one mean is above another by some standard errors of their difference."""
    error = math.sqrt(sum(stdev(each) ** 2 / len(each) for each in (more, less)))
    return fmean(more) - fmean(less) > errors * error


def mean_beta(report):
    return [fmean(abs(value) for value in layer) for layer in report.beta]


def share_by_layer(report):
    return [betas_of_layer(layer).share for layer in report.beta]


def at(found, step):
    return next(report for report in found if report.step == step)


def test_the_recipes_are_these():
    assert list(RECIPES) == [
        "beta-convergence", "no-decay", "same-rate", "shuffled-labels", "batch-norm", "adam",
        "long-run", "depth-50", "depth-100", "low-init", "dying-relu", "activation-race",
        "playground-spiral",
    ]  # fmt: skip
    assert RECIPES["beta-convergence"] == TrainingConfig()


@pytest.fixture(scope="module")
def convergence():
    """The first recipe at step 300, by three seeds and without rivals, as the claims tell it."""
    return run(recipe("beta-convergence", seeds=3, rivals=(), steps=300))


def test_beta_convergence_brings_the_starts_together(convergence):
    last = convergence[-1]
    # Processors that round otherwise end at shares from 0.69 to 0.75.
    assert max(last.convergence) < 0.08 and last.share > 0.65
    assert min(share_by_layer(at(convergence, 200))) > 0.6
    assert fmean(last.accuracy) > 0.965


@pytest.mark.parametrize(("name", "times"), [("no-decay", 5), ("same-rate", 6)])
def test_without_decay_or_at_the_weights_rate_they_stay_apart(convergence, name, times):
    last = run(recipe(name, rivals=(), steps=300))[-1]
    for with_decay, without in zip(convergence[-1].convergence, last.convergence, strict=True):
        assert without > times * with_decay and without > 0.25
    assert last.share < 0.5 * convergence[-1].share and last.share < 0.4
    assert fmean(last.accuracy) > 0.96  # they learn as well all the same


def test_with_the_labels_shuffled_the_starts_meet_though_nothing_is_learned(convergence):
    last = run(recipe("shuffled-labels", rivals=(), steps=300))[-1]
    assert abs(fmean(last.accuracy) - 0.1) < 0.03
    assert max(last.convergence) < 0.25
    betas = zip(mean_beta(last), mean_beta(convergence[-1]), strict=True)
    assert all(shuffled > 1.2 * true and shuffled > 1.5 for shuffled, true in betas)


def test_with_batch_norm_they_meet_elsewhere(convergence):
    last = run(recipe("batch-norm", rivals=(), steps=300))[-1]
    assert max(last.convergence) < 0.3 and fmean(last.accuracy) > 0.96
    ratios = [
        one / two for one, two in zip(mean_beta(last), mean_beta(convergence[-1]), strict=True)
    ]
    assert ratios[1] > 1.15 > ratios[0] > 0.9
    assert last.convergence[0] > 2 * convergence[-1].convergence[0]


def test_with_adam_they_come_together_at_another_pace(convergence):
    last = run(recipe("adam", rivals=(), steps=300))[-1]
    assert fmean(last.accuracy) > 0.96
    assert 1.5 * max(convergence[-1].convergence) < max(last.convergence) < 0.8


@pytest.mark.long
def test_a_long_run_leaves_the_range_again_and_swish_leads_nowhere():
    config = recipe("long-run", seeds=2, steps=2000)
    found = run(config)
    shares = {report.step: report.share for report in found}
    for step in (500, 1000, 2000):  # the second layer leaves it, the first not yet
        first, second = share_by_layer(at(found, step))
        assert first > 0.75 and second < 0.5
    assert share_by_layer(at(found, 1000))[1] < 0.1
    assert max(shares.values()) > 0.75 and shares[2000] < max(shares.values()) - 0.2
    assert max(found[-1].convergence) < 0.05
    swish, relu = (of(config, found[-1].accuracy, name) for name in ("swish", "relu"))
    assert abs(fmean(swish) - fmean(relu)) < 0.015


def test_dead_relus_stay_dead_and_swish_comes_back():
    config = recipe("dying-relu")
    found = run(config)
    for layer in found[-1].layers.dead:
        assert of(config, layer, "relu") == [1.0] * 6
        assert max(of(config, layer, "swish")) < 0.1
    assert max(of(config, found[-1].accuracy, "relu")) < 0.2
    assert min(of(config, found[-1].accuracy, "swish")) > 0.8
    half = at(found, 150)
    assert apart(*(of(config, half.accuracy, name) for name in ("leaky_relu", "swish")))
    start = of(config, found[0].layers.gradient_norm[0], "swish")
    assert max(of(config, found[0].layers.gradient_norm[0], "relu")) == 0.0 < min(start) < 1e-3


@pytest.mark.parametrize("steps", [60, pytest.param(250, marks=pytest.mark.long)])
def test_at_50_layers_swish_learns_though_its_signal_fades(steps):
    config = recipe("depth-50", rivals=("relu",), steps=steps)
    found = run(config)
    variance = found[0].layers.variance
    assert all(value < 1e-8 for value in of(config, variance[-1], "swish"))
    assert all(value > 1e-4 for value in of(config, variance[-1], "relu"))
    learned = of(config, found[-1].accuracy, "swish")
    assert max(learned) > 0.2 and (steps < 250 or min(learned) > 0.3)


@pytest.mark.long
def test_at_100_layers_it_does_not_and_relu_does():
    config = recipe("depth-100", rivals=("relu", "tanh"), steps=250)
    found = run(config)
    variance = found[0].layers.variance
    assert all(value < 1e-20 for value in of(config, variance[-1], "swish"))
    left = {
        name: fmean(of(config, variance[-1], name)) / fmean(of(config, variance[0], name))
        for name in ("relu", "tanh")
    }
    assert 0.003 < left["relu"] < 0.03 < left["tanh"] < 1
    names = ("swish", "relu", "tanh")
    swish, relu, tanh = (of(config, found[-1].accuracy, name) for name in names)
    assert max(swish) < 0.15 < fmean(relu) - 0.05 and fmean(tanh) < 0.25


@pytest.mark.parametrize(
    "steps", [200, pytest.param(RECIPES["low-init"].steps, marks=pytest.mark.long)]
)
def test_small_initial_weights_trouble_swish_more_than_relu_in_twenty_layers(steps):
    config = recipe("low-init", rivals=("relu",), steps=steps)
    found = run(config)
    first, last = found[0], found[-1]
    for name, factor in (("relu", 4), ("swish", 8)):  # by which the variance falls, a layer
        top, *_, bottom = (fmean(of(config, layer, name)) for layer in first.layers.variance)
        assert (top / bottom) ** (1 / 19) == pytest.approx(factor, rel=0.15)
    swish, relu = (of(config, last.accuracy, name) for name in ("swish", "relu"))
    assert max(swish) < 0.15 < median(relu) and apart(relu, swish)


@pytest.mark.parametrize("steps", [120, pytest.param(200, marks=pytest.mark.long)])
def test_in_the_race_most_tie_and_sigmoid_comes_last(steps):
    config = recipe("activation-race", steps=steps)
    last = run(config)[-1]
    groups = {name: of(config, last.accuracy, name) for name in ("swish", *config.rivals)}
    sigmoid = groups.pop("sigmoid")
    assert all(apart(each, sigmoid, 5.0) for each in groups.values())
    means = [fmean(each) for each in groups.values()]
    assert max(means) - min(means) < 0.03


def test_the_spiral_is_bent_by_swish_before_sigmoid():
    config = recipe("playground-spiral", steps=1500)
    last = run(config)[-1]
    swish, sigmoid = (of(config, last.accuracy, name) for name in ("swish", "sigmoid"))
    assert median(swish) > 0.9 and apart(swish, sigmoid, 5.0)
    assert len(last.views) == 4 and all(view.surface for view in last.views)


def drawn(config, found):
    """Every figure of a run, by name."""
    series = Series.of(config.as_json(), [report.as_json() for report in found])
    view = series.latest("views")["views"][0]
    figures = {
        "convergence": convergence_figure(series),
        "ends": ends_figure(series),
        **{what: race_figure(series, what, Picked(), {}) for what in ("loss", "accuracy")},
        **{f"inputs {layer}": inputs_figure(view, Picked(layer=layer)) for layer in range(3)},
        **{f"beta {layer}": beta_figure(series, Picked(layer=layer)) for layer in range(3)},
        "own": own_figure(series, Picked(), {}),
        "conserved": conserved_figure(series, Picked()),
        "layers": layers_figure(series, Picked(), {}),
    }
    assert json.dumps(figures, allow_nan=False)
    return figures


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_can_draw_every_recipe(name):
    config = recipe(name, seeds=1, steps=2)
    figures = drawn(config, run(config))
    assert len(figures["accuracy"]["data"]) == 3 * (1 + len(config.rivals))


def test_the_page_can_draw_what_has_no_beta():
    config = TrainingConfig(activation="tanh", seeds=2, steps=3)
    found = run(config)
    figures = drawn(config, found)
    assert not any(trace["y"] for trace in figures["beta 0"]["data"])
    summary = summarise(config, found)
    assert summary["converged_step"] is None and summary["ended"] == "steps"
    assert [entry["activation"] for entry in summary["activations"]] == ["tanh", "relu", "gelu"]
    assert [entry["replicas"] for entry in summary["activations"]] == [2, 2, 2]


def test_a_run_is_called_by_the_recipe_it_is_nearest_to():
    for each in recipes():
        found, differing = nearest(each.config.as_json() | {"device": "cuda"})
        assert found == each and differing == ()
    changed = recipe("dying-relu", steps=7, seeds=1).as_json()
    found, differing = nearest(changed)
    assert found.name == "dying-relu" and set(differing) == {"steps", "seeds"}
