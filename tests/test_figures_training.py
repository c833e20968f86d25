"""The figures of a run: what is drawn is what was reported, whatever has diverged or is missing."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from swishdemo.activations import activations
from swishdemo.figures.comparison import compare_figures, race_figure
from swishdemo.figures.inside import (
    beta_figure,
    conserved_figure,
    convergence_figure,
    ends_figure,
    inputs_figure,
    layers_figure,
    own_figure,
    surface_figure,
)
from swishdemo.figures.series import Picked, Series
from swishdemo.training import Report, TrainingConfig
from swishdemo.training.run import train

LABELS = {each.name: each.label for each in activations()}


def run(**fields):
    config = TrainingConfig(**{"seeds": 2, "steps": 12, "beta_starts": (0.5, 2.0)} | fields)
    reports = [item.as_json() for item in train(config) if isinstance(item, Report)]
    return config, json.loads(json.dumps(reports)), Series.of(config.as_json(), reports)


@pytest.fixture(scope="module")
def digits():
    return run()


@pytest.fixture(scope="module")
def plane():
    return run(
        dataset="spiral", network="mlp", width=5, depth=3, rivals=("tanh",), beta_starts=(1.0,)
    )


def named(figure):
    return {trace["name"]: trace for trace in figure["data"] if trace.get("name")}


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(
    ("quantity", "field"), [("size", "beta"), ("signed", "beta"), ("effective", "beta_effective")]
)
def test_the_lines_of_beta_are_means_over_seeds(digits, layer, quantity, field):
    _config, reports, series = digits
    lines = named(beta_figure(series, Picked(quantity=quantity, layer=layer)))
    assert list(lines) == ["β₀ = 0.5", "β₀ = 2"]
    for place, line in enumerate(lines.values()):
        for step, value in zip(line["x"], line["y"], strict=True):
            report = next(each for each in reports if each["step"] == step)
            rows = report[field][layer][2 * place : 2 * place + 2]
            rows = rows if quantity == "signed" else list(map(abs, rows))
            assert value == pytest.approx(sum(rows) / 2, rel=1e-5)


@pytest.mark.parametrize("quantity", ["size", "signed", "effective"])
def test_a_seed_alone_is_each_of_its_networks(digits, quantity):
    _config, reports, series = digits
    field = "beta_effective" if quantity == "effective" else "beta"
    for seed in (0, 1):
        figure = beta_figure(series, Picked(quantity=quantity, layer=1, seed=seed + 1))
        assert not any("fill" in trace for trace in figure["data"])  # there is no range
        for place, line in enumerate(named(figure).values()):
            value = reports[-1][field][1][2 * place + seed]
            value = value if quantity == "signed" else abs(value)
            assert line["y"][-1] == pytest.approx(value, rel=1e-5)
    assert beta_figure(series, Picked(seed=99)) == beta_figure(series, Picked(seed=2))
    conserved = [conserved_figure(series, Picked(seed=seed)) for seed in (1, 2)]
    assert conserved[0] != conserved[1]


def test_a_layer_that_is_not_there_is_the_last_one(digits):
    series = digits[2]
    assert beta_figure(series, Picked(layer=99)) == beta_figure(series, Picked(layer=1))


def test_accuracy_is_drawn_where_it_was_evaluated_and_loss_everywhere(digits):
    _, reports, series = digits
    drawn = named(race_figure(series, "accuracy", Picked(), LABELS))["ReLU"]
    evaluated = [each["step"] for each in reports if each["tested_step"] == each["step"]]
    assert drawn["x"] == evaluated and len(evaluated) < len(reports)
    assert named(race_figure(series, "loss", Picked(), LABELS))["ReLU"]["x"] == [
        each["step"] for each in reports
    ]


def test_what_is_smoothed_is_the_corrected_exponential_mean(digits):
    series = digits[2]
    plain = named(race_figure(series, "loss", Picked(), LABELS))["GELU"]["y"]
    smooth = named(race_figure(series, "loss", Picked(smooth=0.5), LABELS))["GELU"]["y"]
    weights = [0.5 ** (len(plain) - 1 - k) for k in range(len(plain))]
    mean = sum(w * y for w, y in zip(weights, plain, strict=True)) / sum(weights)
    assert smooth[0] == plain[0]
    assert smooth[-1] == pytest.approx(mean, rel=1e-4)


def test_logarithmic_steps_leave_step_0_out(digits):
    figure = race_figure(digits[2], "loss", Picked(log_steps=True, log_loss=False), LABELS)
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert "type" not in figure["layout"]["yaxis"]
    assert min(x for trace in figure["data"] for x in trace["x"]) >= 1


def test_the_bins_hold_every_network_of_every_layer(digits):
    _, _reports, series = digits
    figure = ends_figure(series)
    assert [sum(trace["y"]) for trace in figure["data"]] == [4, 4]
    low, high = figure["data"][0]["x"][0], figure["data"][0]["x"][-1]
    assert low > 0 and high >= 1.5


def test_a_diverged_network_is_left_out_and_breaks_nothing():
    _config, reports, series = run(rivals=("relu",), lr=10.0, steps=40, optimiser="sgd")
    assert any(step is not None for step in reports[-1]["diverged"])
    picked = Picked()
    figures = [
        beta_figure(series, picked),
        ends_figure(series),
        convergence_figure(series),
        conserved_figure(series, picked),
        layers_figure(series, picked, LABELS),
        race_figure(series, "loss", picked, LABELS),
        race_figure(series, "accuracy", picked, LABELS),
    ]
    text = json.dumps(figures, allow_nan=False)
    assert "NaN" not in text


def test_what_has_no_beta_has_one_start_and_its_own_parameters():
    _config, reports, series = run(
        dataset="moons",
        network="mlp",
        activation="prelu",
        rivals=("elu",),
        train_parameters=True,
        beta_lr_factor=1.0,
        weight_decay=0.0,
    )
    assert series.starts == (None,)
    lines = named(own_figure(series, Picked(), LABELS))
    assert list(lines) == ["PReLU a", "ELU alpha"]
    told = reports[-1]["parameters"][0]["values"][0]
    assert lines["PReLU a"]["y"][-1] == pytest.approx(sum(told) / len(told), rel=1e-5)
    assert named(conserved_figure(series, Picked()))["Q"]["y"]


@pytest.mark.parametrize("name", ["dead", "saturated", "gradient_norm", "variance", "weight_norm"])
def test_a_figure_by_layer_is_the_mean_over_replicas(plane, name):
    _config, reports, series = plane
    lines = named(layers_figure(series, Picked(per_layer=name), LABELS))
    looks = [each["layers"][name] for each in reports if each["layers"]]
    for when, looked in (("", looks[-1]), (", at step 0", looks[0])):
        for label, rows in (("Swish", slice(0, 2)), ("Tanh", slice(2, 4))):
            assert len(lines[label + when]["y"]) == len(looked)
            for drawn, values in zip(lines[label + when]["y"], looked, strict=True):
                assert drawn == pytest.approx(np.mean(values[rows]), rel=1e-5)
    shown = [label for label, line in lines.items() if line.get("showlegend", True)]
    assert shown == ["Swish", "Tanh", "at step 0"]


def test_a_run_that_has_been_looked_at_once_shows_no_look_before(plane):
    config, reports, _ = plane
    series = Series.of(config.as_json(), reports[:1])
    assert list(named(layers_figure(series, Picked(), LABELS))) == ["Swish", "Tanh"]


@pytest.mark.parametrize("name", ["gradient_norm", "variance"])
def test_what_a_layer_scales_by_a_factor_has_room_for_its_start(plane, name):
    config, reports, _ = plane
    first = {**reports[0], "layers": {**reports[0]["layers"], name: [[1e-9] * 4] * 3}}
    series = Series.of(config.as_json(), [first, *reports[1:]])
    axis = layers_figure(series, Picked(per_layer=name), LABELS)["layout"]["yaxis"]
    assert axis["type"] == "log" and axis["range"][0] < -9


def test_the_plane_is_what_the_network_says(plane):
    view = [each for each in plane[1] if each["views"]][-1]["views"][0]
    heat, first, second = surface_figure(view, 2, ([[0.0, 1.0], [2.0, 3.0]], [0, 1]))["data"]
    assert np.ravel(heat["z"]) == pytest.approx(view["surface"], abs=1e-6)
    assert (first["x"], first["y"]) == ([0.0], [1.0])
    assert (second["x"], second["y"]) == ([2.0], [3.0])


def test_the_inputs_are_shares_and_share_their_zero_with_f(plane):
    view = [each for each in plane[1] if each["views"]][-1]["views"][0]
    figure = inputs_figure(view, Picked(layer=1))
    assert sum(figure["data"][0]["y"]) == pytest.approx(1, abs=1e-4)
    (low, high), (bottom, top) = (figure["layout"][axis]["range"] for axis in ("yaxis", "yaxis2"))
    assert low / high == pytest.approx(bottom / top)


def test_runs_are_compared_by_their_own_activations(digits, plane):
    figures = compare_figures([("a", digits[2]), ("b<i>", plane[2])])
    assert set(figures) == {"size", "loss", "accuracy", "convergence"}
    sizes = figures["size"]["data"][0]["y"]
    assert sizes[-1] == pytest.approx(np.mean(np.abs(digits[1][-1]["beta"])), rel=1e-5)
    first, second = figures["loss"]["data"]
    assert (first["name"], second["name"]) == ("a", "b&lt;i>")
    assert first["y"][-1] == pytest.approx(np.mean(digits[1][-1]["loss"][:4]), rel=1e-5)
    assert second["y"][-1] == pytest.approx(np.mean(plane[1][-1]["loss"][:2]), rel=1e-5)


def test_a_long_run_is_thinned_and_ends_where_it_ends(digits):
    config, reports, _ = digits
    many = [reports[0] | {"step": step, "tested_step": step} for step in range(5000)]
    figure = race_figure(Series.of(config.as_json(), many), "loss", Picked(), LABELS)
    for trace in figure["data"]:
        assert len(trace["x"]) <= 400 and trace["x"][-1] == 4999


@given(
    st.dictionaries(
        st.sampled_from(
            ["quantity", "layer", "seed", "look", "per_layer", "smooth", "log_loss", "only", "junk"]
        ),
        st.none()
        | st.booleans()
        | st.integers(-5, 20000)
        | st.floats()
        | st.sampled_from(["size", "own", "dead", "<script>", ""])
        | st.lists(st.integers() | st.sampled_from(["beta", "loss", "x"]), max_size=2),
    )
)
def test_whatever_is_picked_is_read_or_refused(given_):
    try:
        picked = Picked.model_validate(given_)
    except ValidationError:
        return
    assert 0 <= picked.smooth <= 0.98 and math.isfinite(picked.smooth)
    assert 0 <= picked.layer < 10_000 and 0 <= picked.seed < 10_000 and 0 <= picked.look < 10_000


@pytest.mark.parametrize("given_", [None, [], "size", 3])
def test_what_is_no_object_is_refused(given_):
    with pytest.raises(ValidationError):
        Picked.model_validate(given_)


def test_what_is_drawn_as_of_a_step_ends_there():
    reports = [{"step": step} for step in (0, 5, 10)]
    steps = {at: [each["step"] for each in Picked(at=at).until(reports)] for at in (0, 7, 10, 99)}
    assert steps == {0: [0], 7: [0, 5], 10: [0, 5, 10], 99: [0, 5, 10]}
    assert Picked().until(reports) is reports
