"""What Explore asks the server: answered in a worker, refused in a sentence beside its field."""

import math
from types import SimpleNamespace

import pytest

from swishdemo.settings import Settings
from swishdemo.ui.explore import questions
from swishdemo.ui.lab import Lab

REQUEST = SimpleNamespace(headers={}, scope={"state": {}})
GOOD = {
    "properties": {"activation": "swish", "parameters": {"beta": 2}},
    "code": {"activation": "swish", "parameters": {"beta": 2}, "language": "numpy"},
    "precision": {
        "activation": "swish",
        "parameters": {"beta": 1},
        "low": -6,
        "high": 6,
        "type": "bf16",
    },
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    lab = Lab.open(Settings(data_dir=tmp_path_factory.mktemp("questions"), formula_seconds=20))
    functions = {function.__name__: function for function in questions(lab)}
    yield lambda name, given: functions[name](given, REQUEST)
    lab.close()


@pytest.mark.parametrize("name", GOOD)
def test_a_formula_and_its_record_have_one_answer(ask, name):
    named = ask(name, GOOD[name])
    typed = ask(name, {**GOOD[name], "activation": "=x*sigmoid(beta*x)"})
    assert "error" not in named and "error" not in typed
    assert named.keys() == typed.keys()
    if name == "precision":
        assert len(named["x"]) == len(named["stable"]["ulp"]) and named["type"] == "bf16"
        assert typed["stable"]["worst"] == pytest.approx(named["stable"]["worst"], rel=0.2)
    if name == "properties":
        lowest = next(mark for mark in typed["landmarks"] if mark["kind"] == "minimum")
        assert lowest["x"] == pytest.approx(-1.278464542761074 / 2, rel=1e-12)
    if name == "code":
        assert "2" in named["code"] and "def " in typed["code"]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"activation": "nothing"}, "activation"),
        ({"activation": ["swish"]}, "activation"),
        ({"activation": "x" * 10**6}, "activation"),
        ({"activation": "=__import__('os')"}, "formula"),
        ({"activation": "="}, "formula"),
        ({"parameters": [1]}, "parameters"),
        ({"parameters": {"gamma": 1}}, "parameters"),
        ({"parameters": {"beta": "1"}}, "parameters"),
        ({"parameters": {"beta": math.nan}}, "parameters"),
        ({"parameters": {"beta": 10**400}}, "parameters"),
    ],
)
def test_what_is_no_activation_is_refused(ask, name, wrong, field):
    refused(ask(name, {**GOOD[name], **wrong}), field)


@pytest.mark.parametrize(
    ("name", "wrong", "field"),
    [
        ("precision", {"parameters": {"beta": 1e39}}, "parameters"),
        ("precision", {"low": None}, "low"),
        ("precision", {"low": "−6"}, "low"),
        ("precision", {"low": True}, "low"),
        ("precision", {"low": math.nan}, "low"),
        ("precision", {"high": math.inf}, "high"),
        ("precision", {"high": 10**400}, "high"),
        ("precision", {"high": 1e5}, "high"),
        ("precision", {"high": -6}, "high"),
        ("precision", {"type": "fp8"}, "type"),
        ("precision", {"type": ["fp16"]}, "type"),
        ("precision", {"type": "x" * 10**6}, "type"),
        ("code", {"language": "cobol"}, "language"),
        ("code", {"language": None}, "language"),
        ("code", {"trainable": "yes"}, None),
        ("formula", {"text": None}, "text"),
        ("formula", {"text": "x*"}, "formula"),
        ("formula", {"text": "x" * 10_000}, "formula"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(ask, name, wrong, field):
    refused(ask(name, {**GOOD.get(name, {}), **wrong}), field)


def refused(answer, field):
    assert answer["field"] == field
    assert "internal" not in answer["error"].lower() and len(answer["error"]) < 1500
