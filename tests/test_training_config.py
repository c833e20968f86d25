import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo import activations
from swishdemo.activations.registry import has_beta
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, text
from swishdemo.training import TrainingConfig, recipes, replicas, report_steps
from swishdemo.training.request import parse_run

SETTINGS = Settings()
TABLE = TrainingConfig.fields(SETTINGS)


def refused(request, settings=SETTINGS):
    with pytest.raises(UserError) as caught:
        parse_run(request, settings)
    error = caught.value
    for language in LANGUAGES:
        sentence = error.sentence(language)
        assert 0 < len(sentence) < 800  # all fields or activations may be named
        sentence.encode("utf-8")
    assert error.status == 422
    return error


DEFAULTS = {
    "csv": None,
    "csv_header": "auto",
    "samples": 0,
    "noise": 0,
    "test_share": 0.2,
    "data_seed": 0,
    "shuffled_labels": False,
    "depth": 2,
    "width": 8,
    "layer_activations": [],
    "normalisation": "none",
    "dropout": 0,
    "beta_form": "plain",
    "train_parameters": False,
    "init": "he_normal",
    "init_scale": 1,
    "init_bias": 0,
    "objective": "cross-entropy",
    "optimiser": "momentum",
    "schedule": "constant",
    "clip": 0,
    "amp": False,
    "max_seconds": 0,
    "target_accuracy": 0,
    "stop_when_converged": False,
}


def test_an_empty_request_is_the_recipe_of_the_claims():
    expected = DEFAULTS | {
        "dataset": "digits",
        "network": "cnn",
        "activation": "swish",
        "beta_starts": [0.1, 0.5, 1, 2, 5, 10],
        "beta_scope": "layer",
        "rivals": ["relu", "gelu"],
        "seeds": 6,
        "seed": 0,
        "steps": 500,
        "batch": 64,
        "lr": 0.05,
        "momentum": 0.9,
        "beta_lr_factor": 30,
        "weight_decay": 1e-3,
        "beta_decay": 1e-3,
        "device": "auto",
        "threads": 1,
    }
    assert parse_run({}, SETTINGS).as_json() == expected
    assert parse_run({"recipe": "beta-convergence"}, SETTINGS).as_json() == expected


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_a_recipe_is_a_valid_start_with_a_title_and_notes(recipe):
    parsed = parse_run({"recipe": recipe.name}, SETTINGS)
    assert parsed == recipe.config
    assert parse_run(recipe.as_json()["config"], SETTINGS) == recipe.config
    changed = parse_run({"recipe": recipe.name, "steps": 7, "seed": 3}, SETTINGS)
    assert changed.as_json() == recipe.config.as_json() | {"steps": 7, "seed": 3}
    assert all(
        recipe.as_json()[part][tongue] for part in ("title", "notes") for tongue in LANGUAGES
    )


def test_every_field_is_told_in_json_and_in_words():
    for name, field in TABLE.items():
        json.dumps(field.as_json(), allow_nan=False)
        for part in ("label", "tip"):
            assert all(text(f"train.field.{name}.{part}", language) for language in LANGUAGES)


HOSTILE = [None, True, False, "1", "NaN", math.nan, math.inf, -math.inf, 10**5000, -(10**400)]
HOSTILE += [{}, {"a": 1}, [[]], [None], [True], [math.nan], ["1"], [1e308], "x" * 10**6, "\ud800"]
ALLOWED = {kind: (bool,) for kind in ("flag",)} | {"table": (type(None),)}


@pytest.mark.parametrize("name", TABLE)
def test_hostile_values_are_refused_beside_their_field(name):
    for value in HOSTILE:
        if type(value) not in ALLOWED.get(TABLE[name].kind, ()):
            assert refused({name: value}).field == name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("steps", [0, -1, 5001, 1.0, 1.5]),
        ("seed", [-1, 2**32, 0.0]),
        ("seeds", [0, 129]),
        ("batch", [0, 1438]),
        ("lr", [-1e-9, 10.001]),
        ("momentum", [-0.1, 1, 1.0]),
        ("beta_lr_factor", [-1, 1001]),
        ("weight_decay", [-1e-6, 1.1]),
        ("beta_decay", [-1e-6, 1.1]),
        ("beta_starts", [[], [21], [-20.5], [1.0] * 13, 1.0, "1"]),
        ("rivals", [["swish"], ["nope"], "relu", ["relu"] * 1000]),
        ("device", ["gpu", "cuda:0", ""]),
        ("beta_scope", ["unit"]),
        ("depth", [0, 101]),
        ("width", [0, 257]),
        ("dropout", [-0.1, 0.91]),
        ("network", ["resnet"]),
        ("normalisation", ["group"]),
        ("layer_activations", [["relu", "nope"], ["relu"] * 101, "relu"]),
        ("test_share", [0, 1]),
        ("clip", [-1]),
        ("target_accuracy", [1.01]),
        ("max_seconds", [901]),
        ("threads", [0, 10_000]),
    ],
)
def test_what_is_out_of_range_is_refused(name, values):
    for value in values:
        assert refused({name: value}).field == name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("steps", [1, 5000]),
        ("seed", [0, 2**32 - 1]),
        ("batch", [1, 1437]),
        ("lr", [0, 10]),
        ("momentum", [0, 0.999]),
        ("beta_starts", [[0], [-20, 20], [1]]),
        ("rivals", [[], ["mish"]]),
    ],
)
def test_the_ends_of_a_range_are_allowed(name, values):
    for value in values:
        config = parse_run({name: value}, SETTINGS)
        json.dumps(config.as_json(), allow_nan=False)
        assert parse_run(config.as_json(), SETTINGS) == config


@pytest.mark.parametrize("request_", [None, [], "digits", 3, [("steps", 3)]])
def test_a_request_must_be_an_object(request_):
    refused(request_)


@pytest.mark.parametrize("name", ["stpes", "", "__class__", "x" * 10_000, "\ud800", "{lr}"])
def test_an_unknown_field_is_named(name):
    assert refused({name: 1}).field is not None


@pytest.mark.parametrize("name", [None, 3, [], [10**5000], "nope", "x" * 10_000])
def test_an_unknown_recipe_is_refused(name):
    assert refused({"recipe": name}).field == "recipe"


def test_the_server_limits_a_run():
    small = Settings(max_steps=100, max_replicas=12)
    assert refused({"steps": 101, "seeds": 1}, small).field == "steps"
    error = refused({"beta_starts": [1, 2, 3], "rivals": ["relu"], "seeds": 4}, small)
    assert error.field == "seeds" and "16" in str(error) and "12" in str(error)
    fits = parse_run({"beta_starts": [1, 2], "rivals": ["relu"], "seeds": 4}, small)
    assert len(replicas(fits)) == 12 and fits.steps == 100


def test_a_recipe_on_a_small_server_keeps_to_its_limits():
    small = Settings(max_steps=50)
    assert parse_run({"recipe": "beta-convergence"}, small).steps == 50


def test_the_server_decides_on_the_device():
    cpu = Settings(device="cpu")
    assert parse_run({"device": "auto"}, cpu).device == "cpu"
    assert parse_run({"recipe": "beta-convergence"}, cpu).device == "cpu"
    assert refused({"device": "cuda"}, cpu).field == "device"


@pytest.mark.parametrize("gap", ["no_cuda", "cuda_hidden", "no_cuda_build"])
def test_a_gpu_that_is_not_there_is_refused_at_once(monkeypatch, gap):
    monkeypatch.setattr("swishdemo.host.missing_cuda", lambda: gap)
    for request, server in [({"device": "cuda"}, SETTINGS), ({}, Settings(device="cuda"))]:
        error = refused(request, server)
        assert (error.field, error.status) == ("device", 422)
        assert error.sentence("en").startswith("device “cuda” cannot be used: ")
        assert error.sentence("en").endswith(" Choose auto or cpu.")
        assert error.sentence("zh").startswith("无法使用设备“cuda”：")
        assert error.sentence("zh").endswith("请选择 auto 或 cpu。")
    assert parse_run({"device": "auto"}, SETTINGS).device == "auto"
    monkeypatch.setattr("swishdemo.host.missing_cuda", lambda: None)  # only PyTorch can tell
    assert parse_run({"device": "cuda"}, SETTINGS).device == "cuda"


def test_threads_end_at_the_cores_of_the_containers_quota(monkeypatch):
    monkeypatch.setattr("swishdemo.host.container_cpus", lambda root: 1.5)
    assert parse_run({}, Settings(threads=64)).threads == 1
    assert refused({"threads": 2}).field == "threads"


def test_repeated_starts_and_rivals_count_once():
    config = parse_run({"beta_starts": [1, 1.0, 0.0, -0.0], "rivals": ["relu", "relu"]}, SETTINGS)
    assert config.beta_starts == (1.0, 0.0) and config.rivals == ("relu",)
    assert math.copysign(1, config.beta_starts[1]) == 1


def test_replicas_are_ordered_by_start_then_seed_then_rivals():
    config = TrainingConfig(beta_starts=(1.0, 5.0), rivals=("gelu",), seeds=2)
    rows = [(row.activation, row.beta_start, row.seed) for row in replicas(config)]
    assert rows == [
        ("swish", 1.0, 0),
        ("swish", 1.0, 1),
        ("swish", 5.0, 0),
        ("swish", 5.0, 1),
        ("gelu", None, 0),
        ("gelu", None, 1),
    ]


@settings(deadline=None)
@given(st.integers(1, 1_000_000))
def test_reports_fall_on_few_round_steps_and_on_both_ends(steps):
    reported = report_steps(steps)
    assert reported[0] == 0 and reported[-1] == steps
    assert list(reported) == sorted(set(reported))
    assert len(reported) <= 121 and len(reported) >= min(steps, 48) + 1


def test_the_steps_of_the_claims_are_reported():
    assert {100, 200, 300, 500, 1000, 2000} <= set(report_steps(2000))
    assert {50, 100, 150, 200} <= set(report_steps(200))
    assert 200 in report_steps(500)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


SENT = (
    st.dictionaries(st.sampled_from([*TABLE, "recipe"]) | st.text(max_size=5), json_values)
    | json_values
)


@settings(max_examples=40, deadline=None)
@given(SENT)
def test_any_json_is_read_or_refused_in_a_sentence(request_):
    check_request(request_)


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(SENT)
def test_more_json_is_read_or_refused_in_a_sentence(request_):
    check_request(request_)


def check_request(request_):
    try:
        config = parse_run(request_, SETTINGS)
    except UserError as error:
        assert error.sentence("en").encode() and error.sentence("zh").encode()
        return
    assert parse_run(config.as_json(), SETTINGS) == config
    assert 1 <= len(replicas(config)) <= SETTINGS.max_replicas


RIVALS = [name for name in TABLE["rivals"].choices if name != "swish"]


def numbers(field):
    inside = st.floats(field.low, field.high) | st.sampled_from([field.low, field.high])
    return inside.map(float)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "beta_starts": st.lists(numbers(TABLE["beta_starts"]), min_size=1, max_size=12),
            "rivals": st.lists(st.sampled_from(RIVALS), max_size=3),
            "seeds": st.integers(1, 8),
            "seed": st.integers(0, 2**32 - 1),
            "steps": st.integers(1, 5000),
            "batch": st.integers(1, 1437),
            **{
                name: numbers(TABLE[name])
                for name in ("lr", "momentum", "beta_lr_factor", "weight_decay", "beta_decay")
            },
        },
    )
)
def test_a_valid_request_is_read_as_it_was_meant(request_):
    config = parse_run(request_, SETTINGS)
    for name, value in request_.items():
        expected = tuple(dict.fromkeys(value)) if isinstance(value, list) else value
        assert getattr(config, name) == expected
    assert parse_run(json.loads(json.dumps(config.as_json())), SETTINGS) == config


def test_every_activation_may_be_a_rival_but_the_run_s_own():
    assert set(TABLE["rivals"].choices) == set(activations.names())
    assert refused({"rivals": ["swish"]}).field == "rivals"
    assert parse_run({"activation": "relu", "rivals": ["swish"]}, SETTINGS)
    mixed = {"layer_activations": ["relu", "swish"], "rivals": ["swish"]}
    assert refused(mixed).field == "rivals"  # reports tell activations by their names
    named = parse_run(mixed | {"activation": "gelu"}, SETTINGS)
    assert [row.beta_start for row in replicas(named)[::6]] == [*named.beta_starts, None]


@pytest.mark.parametrize(
    ("request_", "field", "word"),
    [
        ({"normalisation": "batch", "batch": 1}, "batch", "BatchNorm needs a batch of 2"),
        ({"normalisation": "layer", "width": 1, "network": "mlp"}, "width", "LayerNorm"),
        ({"dataset": "spiral", "network": "cnn"}, "network", "mlp"),
        ({"dataset": "sine", "objective": "cross-entropy"}, "objective", "mse"),
        (
            {"dataset": "sine", "network": "mlp", "objective": "mse", "target_accuracy": 0.9},
            "target_accuracy",
            "accuracy",
        ),
        ({"optimiser": "nesterov", "momentum": 0}, "momentum", "momentum above 0"),
        ({"network": "residual_mlp", "depth": 1}, "depth", "2 or more"),
        ({"layer_activations": ["relu"], "depth": 2}, "layer_activations", "1 activations"),
        ({"beta_form": "softplus", "beta_starts": [0, 1]}, "beta_starts", "above 0"),
        ({"stop_when_converged": True, "beta_starts": [1]}, "stop_when_converged", "two or more"),
        ({"stop_when_converged": True, "beta_scope": "fixed"}, "stop_when_converged", "trained"),
        ({"activation": "relu", "rivals": ["relu"]}, "rivals", "relu"),
        ({"network": "mlp", "depth": 100, "width": 256}, "width", "parameters"),
        ({"samples": 50, "batch": 64}, "batch", "40"),
        ({"samples": 1798}, "samples", "1797"),
        ({"csv": "a,b\n1,2\n"}, "csv", ""),
        ({"dataset": "csv", "network": "mlp"}, "csv", ""),
    ],
    ids=str,
)
def test_what_cannot_go_together_is_explained(request_, field, word):
    error = refused(request_)
    assert error.field == field and word in str(error)


def test_a_table_of_one_s_own_travels_beside_the_json_and_not_in_it():
    rows = "\n".join(f"{n / 7},{n % 5},{'ab'[n % 2]}" for n in range(40))
    table = f"u,v,label\n{rows}\n"
    asked = {"dataset": "csv", "csv": table, "network": "mlp", "batch": 8}
    config = parse_run(asked, SETTINGS)
    assert config.described().shape == (2,) and config.described().classes == 2
    assert config.csv.text == table and "0.142857" not in json.dumps(config.as_json())
    assert refused(config.as_json()).field == "csv"  # the text is gone
    assert replicas(TrainingConfig.of_json(config.as_json())) == replicas(config)


def test_parameters_of_all_networks_count_together():
    small = Settings(max_parameters=2000)
    sent = TrainingConfig().as_json() | {"seeds": 1}
    assert refused(sent, small).field == "width"
    one = {"seeds": 1, "beta_starts": [1], "rivals": []}
    assert parse_run(one, small).seeds == 1


def test_an_activation_without_beta_has_no_starts():
    config = parse_run({"activation": "tanh"}, SETTINGS)
    assert [row.beta_start for row in replicas(config)] == [None] * 18
    assert not any(row.rival for row in replicas(config)[:6])
    typed = parse_run({"activation": "=x*tanh(beta*x)", "beta_starts": [2]}, SETTINGS)
    assert replicas(typed)[0].beta_start == 2.0


def test_a_formula_has_beta_or_not():
    assert has_beta("=x*sigmoid(β*x)") and has_beta("=beta+x") and not has_beta("=x*betas")
