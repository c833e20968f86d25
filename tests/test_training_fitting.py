"""What is left open never stands in the way: defaults are fitted and told, what is sent is not."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo import datasets
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES
from swishdemo.training import TrainingConfig, recipes, replicas
from swishdemo.training.request import fitted, parse_run

SETTINGS = Settings()
CLASSES = "a,b,kind\n" + "".join(f"{math.sin(n):.3f},{n % 7},{'uv'[n % 2]}\n" for n in range(40))
TARGETS = "a,b,y\n" + "".join(f"{math.sin(n):.3f},{n % 7},{n / 8:.3f}\n" for n in range(40))


def told(request, limits=SETTINGS):
    config = parse_run(request, limits)
    return config, {each.field: each for each in fitted(request, config, limits)}


@pytest.mark.parametrize(
    ("request_", "limits", "changed"),
    [
        (
            {"dataset": "csv", "csv": CLASSES},
            SETTINGS,
            {"network": "mlp", "batch": 32},
        ),
        (
            {"csv": TARGETS},
            SETTINGS,
            {"dataset": "csv", "network": "mlp", "objective": "mse", "batch": 32},
        ),
        ({"samples": 50}, SETTINGS, {"batch": 40}),
        ({"samples": 10, "test_share": 0.9}, SETTINGS, {"batch": 1}),
        ({"dataset": "sine"}, SETTINGS, {"network": "mlp", "objective": "mse"}),
        ({"dataset": "moons", "network": "residual_mlp"}, SETTINGS, {}),
        ({"recipe": "long-run"}, Settings(max_steps=100), {"steps": 100}),
        ({"recipe": "depth-100"}, Settings(max_parameters=100_000), {"seeds": 1, "width": 16}),
        ({}, Settings(max_steps=100), {"steps": 100}),
        ({}, Settings(max_replicas=20), {"seeds": 2}),
        ({"seeds": 3}, Settings(max_replicas=20), {"rivals": ()}),
        ({}, Settings(max_replicas=1), {"seeds": 1, "rivals": (), "beta_starts": (0.1,)}),
        ({"activation": "relu"}, SETTINGS, {"rivals": ("gelu",)}),
        ({"layer_activations": ["relu"] * 3}, SETTINGS, {"depth": 3}),
        ({"dataset": "mnist", "samples": 50_000, "test_share": 0.2}, SETTINGS, {}),
        ({"dataset": "mnist", "width": 256, "depth": 40, "beta_starts": [1]}, SETTINGS, None),
    ],
    ids=str,
)
def test_a_default_that_does_not_fit_is_fitted_and_told(request_, limits, changed):
    if changed is None:
        with pytest.raises(UserError):
            parse_run(request_, limits)
        return
    config, found = told(request_, limits)
    assert {name: each.used for name, each in found.items()} == changed
    for each in found.values():
        assert each.default != each.used == getattr(config, each.field)
        assert each.reason is not None
        for language in LANGUAGES:
            assert 0 < len(each.sentence(language)) < 300
        assert each.as_json()["said"] == each.sentence()


@pytest.mark.parametrize(
    ("request_", "limits"),
    [
        ({"dataset": "csv", "csv": CLASSES, "batch": 64}, SETTINGS),
        ({"dataset": "csv", "csv": CLASSES, "network": "cnn"}, SETTINGS),
        ({"dataset": "csv", "csv": TARGETS, "objective": "cross-entropy"}, SETTINGS),
        ({"dataset": "digits", "csv": CLASSES}, SETTINGS),
        ({"samples": 50, "batch": 64}, SETTINGS),
        ({"recipe": "long-run", "steps": 5000}, Settings(max_steps=100)),
        ({"seeds": 6}, Settings(max_replicas=5)),
        ({"activation": "relu", "rivals": ["relu"]}, SETTINGS),
    ],
    ids=str,
)
def test_what_was_sent_is_refused_though_it_be_the_default(request_, limits):
    with pytest.raises(UserError) as caught:
        parse_run(request_, limits)
    assert caught.value.field in request_


@settings(deadline=None, max_examples=80)
@given(
    recipe=st.sampled_from([recipe.name for recipe in recipes()]),
    data=st.sampled_from(["digits", "spiral", "sine", "checkerboard", CLASSES, TARGETS]),
    sent=st.fixed_dictionaries(
        {},
        optional={
            "samples": st.integers(10, 40),
            "test_share": st.floats(0.05, 0.9),
            "activation": st.sampled_from(["relu", "swish", "tanh"]),
            "width": st.integers(1, 16),
            "seed": st.integers(0, 9),
        },
    ),
    limits=st.builds(
        Settings,
        max_steps=st.integers(1, 5000),
        max_replicas=st.integers(1, 128),
        max_parameters=st.integers(200_000, 4_000_000),
        threads=st.integers(1, 64),
    ),
)
def test_no_default_ever_stops_a_run(recipe, data, sent, limits):
    request = {"recipe": recipe, **sent}
    request |= {"dataset": data} if data in datasets.names() else {"dataset": "csv", "csv": data}
    try:
        config, found = told(request, limits)
    except UserError as error:  # of one sample BatchNorm makes nothing; the recipe is about it
        assert error.key == "train.error.batch_norm" and recipe == "batch-norm"
        return
    assert all(getattr(config, name) == value for name, value in sent.items())
    assert config.batch <= config.described().train and config.steps <= limits.max_steps
    assert len(replicas(config)) <= limits.max_replicas
    start = next(each.config for each in recipes() if each.name == recipe)
    open_fields = set(TrainingConfig.fields(limits)) - set(request)
    different = {name for name in open_fields if getattr(start, name) != getattr(config, name)}
    assert set(found) == different - {"device", "threads"}
