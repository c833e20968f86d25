"""What follows from one declaration of a field: default, control, schema, reading, refusal."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo.errors import UserError
from swishdemo.form import Form, declare
from swishdemo.settings import Settings
from swishdemo.timing import TimingRequest
from swishdemo.training import TrainingConfig

SERVER = Settings(max_steps=50)
FORMS = [TrainingConfig, TimingRequest]
EACH = [(form, name) for form in FORMS for name in form.fields(SERVER) if name != "csv"]


class Cake(Form):
    what, not_an_object = "error.what.run", "train.error.not_an_object"

    layers: int = declare(
        80, "dough", low=1, unit="layers", here=lambda server: {"high": server.max_steps}
    )
    tastes: tuple[str, ...] = declare((), "dough", choices=("plum", "nut"), longest=2)


def test_a_field_is_declared_in_one_place():
    layers, tastes = Cake.fields(SERVER).values()
    told = layers.as_json()
    assert (told["kind"], told["default"], told["low"], told["high"]) == ("integer", 50, 1, 50)
    assert tastes.kind == "choices" and tastes.group == "dough"
    assert Cake.schema_on(SERVER)["properties"] == {
        "layers": {"type": "integer", "minimum": 1, "maximum": 50, "default": 50},
        "tastes": {
            "type": "array",
            "items": {"type": "string", "enum": ["plum", "nut"]},
            "maxItems": 2,
            "default": [],
        },
    }
    assert Cake.read({}, SERVER) == Cake(layers=50)
    assert Cake.read({"tastes": ["nut", "nut"]}, SERVER).tastes == ("nut",)
    assert Cake.restored({"layers": 10**6, "gone": 1}).layers == 10**6
    for sent, key in (
        ({"layers": 51}, "error.out_of_range"),
        ({"layers": 2.0}, "error.not_an_integer"),
        ({"tastes": "nut"}, "error.not_a_list"),
        ({"tastes": ["salt"]}, "error.unknown_choice"),
        ({"tastes": ["nut"] * 3}, "error.too_long"),
        ({"taste": []}, "error.unknown_field"),
    ):
        with pytest.raises(UserError) as refused:
            Cake.read(sent, SERVER)
        assert refused.value.key == key and refused.value.field == next(iter(sent))


def anything():
    numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400)])
    single = st.none() | st.booleans() | numbers | st.text(max_size=5)
    return st.recursive(single, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def hold(place, value):
    form, name = place
    try:
        read = form.read({name: value}, SERVER)
    except UserError as refused:
        assert refused.field == name
        for language in ("en", "zh"):
            assert name in refused.sentence(language).encode().decode()
        return
    told = json.loads(json.dumps(read.as_json()))[name]
    assert form.read({name: told}, SERVER) == read


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(EACH), anything())
def test_any_json_is_read_or_refused_in_a_sentence(place, value):
    hold(place, value)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None)
@given(st.sampled_from(EACH), anything())
def test_more_json_is_read_or_refused_in_a_sentence(place, value):
    hold(place, value)
