"""A typed formula is an activation like all others: by its name in Train, Time and REST."""

import json
import pickle
import re

import httpx
import numpy as np
import pytest
import torch
from api_server import fake_lab, idle_lab, serving
from test_timing_measure import QUICK, final

from swishdemo.activations import evaluate, formula_label, get, is_formula, torch_function
from swishdemo.errors import UserError
from swishdemo.figures.comparison import race_figure
from swishdemo.figures.plotly import colour_of, hue
from swishdemo.figures.series import Picked, Series
from swishdemo.figures.timing_bars import bars_figure
from swishdemo.settings import Settings
from swishdemo.timing import REGISTRY, Measurement, TimingRequest, implementations
from swishdemo.timing.measuring import measure
from swishdemo.training import Report, TrainingConfig, replicas, summarise
from swishdemo.training.request import parse_run
from swishdemo.training.run import train

SETTINGS = Settings(formula_seconds=60)
SWISH2 = "=x*sigmoid(2*x)"
ELU = "=where(x>0, x, a*(exp(x)-1))"
CPU = torch.device("cpu")


def refused(call, *arguments, **named):
    with pytest.raises(UserError) as caught:
        call(*arguments, **named)
    return caught.value


# --- the name


def test_the_name_of_a_formula_is_its_record():
    record = get("  = x*sigmoid(beta*x) ")
    assert record.name == "=x*sigmoid(beta*x)"
    assert get(record.name) is record
    x = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(evaluate(record, x).f, evaluate(get("swish"), x).f, rtol=1e-15)
    assert torch_function(record.name)(torch.ones(2), 2.0).tolist() == pytest.approx([0.880797] * 2)


def test_what_is_no_formula_has_no_record():
    assert "`sigmod` at column 3" in str(refused(get, "=x*sigmod(x)"))
    assert refused(get, "x*sigmoid(x)").status == 404
    assert "empty" in str(refused(get, "="))
    assert not is_formula(None) and not is_formula("swish") and is_formula(" =(")


def test_a_label_is_short():
    assert formula_label("= x*x ") == "x*x"
    long = get("=x*sigmoid(beta*x) + 0.125*sin(omega*x)")
    assert len(long.label) == 28 and long.label.endswith("…")


def test_a_name_close_to_a_functions_is_no_parameter():
    for text, near in [
        ("sigmod*x", "sigmoid"),
        ("x*Sigmoid", "sigmoid"),
        ("softplu + x", "softplus"),
    ]:
        assert f"did you mean `{near}`" in str(refused(get, f"={text}"))
    for text in ["a*x", "alpha*x", "theta*x", "beta*x", "cost*x", "scale*x", "slope*x", "k1*x"]:
        assert len(get(f"={text}").parameters) == 1


# --- Train


def test_a_run_has_formulas_among_its_rivals():
    given = {"rivals": ["relu", f" {SWISH2} ", SWISH2, ELU], "seeds": 1}
    config = parse_run(given, SETTINGS)
    assert config.rivals == ("relu", SWISH2, ELU)
    again = parse_run(json.loads(json.dumps(config.as_json())), SETTINGS)
    assert again == config == pickle.loads(pickle.dumps(config))


@pytest.mark.parametrize(
    ("rivals", "sentence"),
    [
        (["=x*sigmod(x)"], "Unknown function `sigmod` at column 3"),
        (["="], "The formula is empty"),
        (["=__import__('os')"], "not allowed"),
        ([f"=x*{k}" for k in range(5)], "at most 4"),
        (["x*x"], "rivals"),
    ],
)
def test_a_run_with_what_is_no_formula_is_refused_at_its_field(rivals, sentence):
    error = refused(parse_run, {"rivals": rivals}, SETTINGS)
    assert (error.field, error.status) == ("rivals", 422)
    assert sentence in str(error)


def test_a_formula_learns_as_the_rival_that_it_is():
    """The same function under two names gives the same losses, step by step."""
    config = TrainingConfig(
        beta_starts=(1.0,), seeds=2, steps=20, rivals=("=max(x, 0)", "relu", "elu", ELU)
    )
    last = [item for item in train(config) if isinstance(item, Report)][-1]
    by = {}
    for replica, loss in zip(replicas(config), last.loss, strict=True):
        by.setdefault(replica.activation, []).append(loss)
    assert by["=max(x, 0)"] == pytest.approx(by["relu"], rel=1e-4)
    assert by[ELU] == pytest.approx(by["elu"], rel=1e-4)
    assert by["relu"] != by["elu"]
    summary = summarise(config, [last.as_json()])
    assert [entry["activation"] for entry in summary["activations"]][1] == "=max(x, 0)"


def test_a_formula_in_a_figure_of_training_is_text_and_has_its_colour():
    config = TrainingConfig(beta_starts=(1.0,), seeds=1, steps=4, rivals=("=where(x<0, a*x/2, x)",))
    found = [item.as_json() for item in train(config) if isinstance(item, Report)]
    labels = {config.rivals[0]: formula_label(config.rivals[0])}
    figure = race_figure(Series.of(config.as_json(), found), "loss", Picked(), labels)
    line = figure["data"][-1]
    assert line["name"] == "where(x&lt;0, a*x/2, x)"
    assert line["line"]["color"] == "@typed"
    assert not any("@act-=" in json.dumps(trace) for trace in figure["data"])


# --- Time


def test_a_timing_has_formulas_among_its_variants():
    request = TimingRequest.parse({"variants": ["relu", " = x*x "]}, SETTINGS)
    assert request.variants == ("relu", "=x*x")
    assert TimingRequest.parse(request.as_json(), SETTINGS) == request
    own = TimingRequest.parse({"activation": SWISH2}, SETTINGS)
    assert own.variants == (SWISH2, "relu", "gelu")
    error = refused(TimingRequest.parse, {"variants": ["=x*sigmod(x)"]}, SETTINGS)
    assert error.field == "variants" and "did you mean" in str(error)
    assert "at most 4" in str(
        refused(TimingRequest.parse, {"variants": [f"=x*{k}" for k in range(5)]}, SETTINGS)
    )
    assert refused(TimingRequest.parse, {"activation": "=("}, SETTINGS).field == "activation"


def test_the_registry_makes_a_variant_of_a_formula():
    variant = REGISTRY.get(SWISH2)
    assert (variant.name, variant.activation, variant.trainable) == (SWISH2, SWISH2, ())
    assert variant.label() == "x*sigmoid(2*x)" and variant.note("zh") != variant.note("en")
    assert REGISTRY.knows(SWISH2) and not REGISTRY.knows("gone") and not REGISTRY.knows(["relu"])
    assert not REGISTRY.knows("=" + "x" * 1000)
    assert SWISH2 not in REGISTRY.names()
    assert colour_of("=x/2") == hue("=x/2") == "@typed"


RIGHT = [
    *("x*sigmoid(2*x)", "where(x>0, x, exp(x)-1)", "x**3", "sin(30*x)*x", "log(x)", "1/x"),
    *("x*exp(x)/(1+exp(x))", "(exp(x)-exp(-x))/(exp(x)+exp(-x))", "x*exp(-x)", "3", "beta*x"),
    *("where(x>0.35, 1, 0)", "x*tanh(log(1+exp(x)))", "x**a*sigmoid(x)", "sqrt(abs(x))"),
]
SLOW = {"x**a*sigmoid(x)"}
"""Five seconds a type: each value has to be looked for with many digits."""


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        # In all types those whose digits cancel; of the others each in one.
        pytest.param(
            text,
            dtype,
            marks=[pytest.mark.long]
            * (text in SLOW or (number != place % 3 and place not in (3, 6, 7))),
        )
        for place, text in enumerate(RIGHT)
        for number, dtype in enumerate([torch.bfloat16, torch.float32, torch.float64])
    ],
)
def test_the_gate_lets_a_right_formula_through(text, dtype):
    """Though it may lose more digits than any activation of the registry."""
    assert implementations.check(REGISTRY.get(f"={text}"), CPU, dtype).reason is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("log(sin(x) - 2)", marks=pytest.mark.long),
        pytest.param("x + sqrt(min(x, -1))", marks=pytest.mark.long),
        "2/relu(-1 - x*x)",
    ],
)
def test_where_nothing_can_be_checked_the_gate_says_so(text):
    """And does not tell of an error of 0."""
    found = implementations.check(REGISTRY.get(f"={text}"), CPU, torch.float32)
    assert found.max_error is None
    assert "nothing could be checked" in found.reason.sentence("en")


@pytest.mark.parametrize("text", ["x*sigmoid(2*x)", "x**3", "sin(30*x)*x", "x*exp(-x)"])
@pytest.mark.parametrize("factor", [1.01, 0.99])
def test_the_gate_stops_a_wrong_one(monkeypatch, text, factor):
    from swishdemo.timing.implementations import Implementation

    right = torch_function(f"={text}")
    wrong = lambda name, device, dtype: Implementation(lambda x: right(x) * factor)  # noqa: E731
    monkeypatch.setattr(implementations, "formula", wrong)
    reason = implementations.check(REGISTRY.get(f"={text}"), CPU, torch.float32).reason
    assert reason is not None and "wrong value" in reason.sentence("en")


def test_a_formula_is_timed_beside_the_others():
    request = TimingRequest.parse({"variants": ["relu", ELU], "elements": [4096]}, SETTINGS)
    found = final(request)
    assert found[ELU].is_timed and found[ELU].gate is None and found[ELU].max_error < 1e-6
    assert Measurement.from_json(found[ELU].as_json()) == found[ELU]
    figure = bars_figure(list(found.values()), request.variants)
    assert figure["data"][0]["marker"]["color"].count("@typed") == 1
    step = TimingRequest.parse(
        {"variants": [SWISH2], "context": "step", "network": "cnn"}, SETTINGS
    )
    items = [m for m in measure(step, plan=QUICK) if isinstance(m, Measurement)]
    assert items[-1].is_timed


# --- REST


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    lab = fake_lab(tmp_path_factory.mktemp("lab"), formula_seconds=60)
    with serving(lab) as address, httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


@pytest.mark.parametrize(
    "named", [{"activation": "= x*sigmoid(beta*x)"}, {"formula": "x*sigmoid(beta*x)"}]
)
def test_rest_evaluates_a_formula_by_name(client, named):
    asked = {**named, "parameters": {"beta": 2.0}, "x": [-30.0, 0.0, 1.0]}
    told = client.post("/api/evaluate", json=asked).json()
    wanted = evaluate(get("swish"), asked["x"], {"beta": 2.0})
    assert told["f"] == pytest.approx(wanted.f.tolist(), rel=1e-12)
    assert told["dparameters"]["beta"] == pytest.approx(wanted.dparameters["beta"].tolist())


def test_rest_refuses_what_is_no_formula(client):
    answer = client.post("/api/evaluate", json={"activation": "=x*sigmod(x)", "x": [1]})
    assert answer.status_code == 422
    assert "did you mean `sigmoid`" in answer.json()["detail"][0]["msg"]


def test_rest_runs_formulas_and_refuses_what_is_none(tmp_path):
    lab = idle_lab(tmp_path, formula_seconds=60)
    with serving(lab) as address, httpx.Client(base_url=address, timeout=60) as opened:
        answer = opened.post("/api/runs", json={"rivals": ["=x*sigmod(x)"]})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "rivals"]
        answer = opened.post("/api/runs", json={"rivals": [SWISH2], "seeds": 1})
        assert answer.status_code == 201, answer.text
        told = opened.get(f"/api/runs/{answer.json()['id']}").json()
        assert told["config"]["rivals"] == [SWISH2]


def test_the_documentation_tells_of_formulas(client):
    schema = client.get("/openapi.json").json()
    text = json.dumps(schema["paths"]["/api/timings"]["post"])
    assert re.search(r'"pattern": "\^="', text)
