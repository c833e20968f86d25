"""What is calculated of an activation: in a worker, refused in a sentence that names its field."""

import json
import math

import httpx
import pytest
from api_server import ANNA, serving

from swishdemo.settings import Settings
from swishdemo.ui.lab import Lab

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
    """Asks a route of /api; as a refusal in one entry, the field and the sentence."""
    lab = Lab.open(Settings(data_dir=tmp_path_factory.mktemp("questions"), formula_seconds=20))
    with serving(lab) as url, httpx.Client(base_url=url, headers=ANNA, timeout=120) as client:

        def ask(name, given):
            body = json.dumps(given)  # with NaN, as some clients send it
            headers = {"Content-Type": "application/json"}
            answer = client.post(f"/api/{name}", content=body, headers=headers)
            assert answer.status_code in (200, 404, 422), answer.text
            if answer.status_code == 200:
                return answer.json()
            if answer.status_code == 404:  # one sentence, which names it
                return {"error": answer.json()["detail"], "field": "nothing with this name"}
            (entry,) = answer.json()["detail"]
            return {"error": entry["msg"], "field": (entry["loc"] + [None])[1]} | {
                key: entry[key] for key in ("column",) if key in entry
            }

        yield ask
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
        ({"activation": "nothing"}, "nothing with this name"),
        ({"activation": ["swish"]}, "activation"),
        ({"activation": "x" * 10**5}, "activation"),
        ({"activation": "=__import__('os')"}, "formula"),
        ({"activation": "="}, "formula"),
        ({"parameters": [1]}, "parameters"),
        ({"parameters": {"gamma": 1}}, "parameters"),
        ({"parameters": {"beta": "1"}}, "parameters"),
        ({"parameters": {"beta": math.nan}}, None),
        ({"parameters": {"beta": 10**400}}, None),
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
        ("precision", {"low": math.nan}, None),
        ("precision", {"high": math.inf}, None),
        ("precision", {"high": 10**400}, None),
        ("precision", {"high": 1e5}, "high"),
        ("precision", {"high": -6}, "high"),
        ("precision", {"type": "fp8"}, "type"),
        ("precision", {"type": ["fp16"]}, "type"),
        ("precision", {"type": "x" * 10**5}, "type"),
        ("code", {"language": "cobol"}, "nothing with this name"),
        ("code", {"language": None}, "language"),
        ("code", {"trainable": "yes"}, "trainable"),
        ("describe", {"formula": None}, "formula"),
        ("describe", {"formula": "x*"}, "formula"),
        ("describe", {"formula": "x" * 10_000}, "formula"),
        ("prepare", {"what": None}, "what"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(ask, name, wrong, field):
    refused(ask(name, {**GOOD.get(name, {}), **wrong}), field)


def test_a_formula_is_described_and_its_fault_has_a_column(ask):
    told = ask("describe", {"formula": "x*sigmoid(gain*x)"})
    assert "gain" in told["module"] and told["shape"] == "smooth"
    wrong = ask("describe", {"formula": "x*sigmoid(x"})
    assert wrong["column"] >= 1 and wrong["field"] == "formula"


def test_either_a_name_or_a_formula(ask):
    for name, given in GOOD.items():
        both = ask(name, {**given, "formula": "x*sigmoid(beta*x)"})
        assert both["field"] == "activation"
        del (alone := {**given, "formula": "x*sigmoid(beta*x)"})["activation"]
        assert ask(name, alone) == ask(name, {**given, "activation": "=x*sigmoid(beta*x)"})


def refused(answer, field):
    assert answer["field"] == field
    assert "internal" not in answer["error"].lower() and len(answer["error"]) < 1500
