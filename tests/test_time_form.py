"""What is typed into the Time tab's fields becomes a request, and every preset is a valid one."""

import gradio as gr
import pytest

from swishdemo import hardware
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES
from swishdemo.timing import TimingRequest
from swishdemo.timing.cited import SHAPE
from swishdemo.timing.presets import DEFAULT, PRESETS, about, estimate, values_of
from swishdemo.training import fields as training_fields
from swishdemo.ui import timeform
from swishdemo.ui.runform import component, offered
from swishdemo.ui.timeform import FIELDS, request_of, shape_of
from swishdemo.ui.train import _here

LIMITS = Settings()


@pytest.mark.parametrize(
    ("typed", "shape"),
    [
        ("", None),
        (None, None),
        ("   ", None),
        ("16×10×256×256", [16, 10, 256, 256]),
        ("16 × 10 × 256 × 256", [16, 10, 256, 256]),
        ("16,10,256,256", [16, 10, 256, 256]),
        ("(16, 10, 256, 256)", [16, 10, 256, 256]),
        ("[2 3 4]", [2, 3, 4]),
        ("7", [7]),
        ("2x3X4*5;6", [2, 3, 4, 5, 6]),
    ],
)
def test_a_shape_is_read_as_it_is_typed(typed, shape):
    assert shape_of(typed) == shape


@pytest.mark.parametrize(
    "typed",
    [
        *("0", "2×0", "-3", "1.5", "a", "2××3", "2×", "1,2,3,4,5,6,7", "9" * 13, "２×３"),
        *(7, [2, 3], "1×" * 200, "1e3", "½"),
    ],
)
def test_what_is_no_shape_is_refused_beside_its_field(typed):
    with pytest.raises(UserError) as refused:
        shape_of(typed)
    assert refused.value.field == "shape"


def typed(**changed):
    values = {**DEFAULT, "threads": 1.0, "device": "cpu", "formula": ""}
    return {name: (values | changed)[name] for name in FIELDS}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_request(name):
    values = typed(**values_of(name, LIMITS))
    request = TimingRequest.parse(request_of(values, LIMITS), LIMITS)
    assert request.variants[0] == "relu"
    assert len(set(request.variants)) > 3
    assert set(PRESETS[name]) == set(DEFAULT)


def test_the_published_case_is_measured_in_its_shape():
    values = typed(**values_of("published", LIMITS))
    assert TimingRequest.parse(request_of(values, LIMITS), LIMITS).shape == SHAPE


def test_a_shape_takes_the_place_of_the_elements_in_a_kernel_only():
    assert "elements" not in request_of(typed(shape="2×3"), LIMITS)
    layer = request_of(typed(shape="2×3", context="layer"), LIMITS)
    assert layer["shape"] is None and layer["elements"] == DEFAULT["elements"]


def test_sizes_that_do_not_fit_are_left_out_of_a_preset(monkeypatch):
    monkeypatch.setattr(hardware, "available_memory_bytes", lambda: 48 * 2**20)
    assert max(values_of("full", LIMITS)["elements"]) == 2**20
    monkeypatch.setattr(hardware, "available_memory_bytes", lambda: None)
    assert max(values_of("full", LIMITS)["elements"]) == 2**26
    assert max(values_of("full", Settings(max_elements=2**12))["elements"]) == 2**12


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_answers_and_how_long_it_takes(name, language):
    told = about(name, LIMITS, language)
    assert any(sign.isdigit() for sign in told) and "{" not in told


@pytest.mark.parametrize(
    ("server", "gap", "run", "timing"),
    [
        ("auto", "no_cuda", ("auto", "cpu"), ["cpu"]),
        ("auto", None, ("auto", "cpu", "cuda"), ["cpu", "cuda"]),
        ("cpu", None, ("auto", "cpu"), ["cpu"]),
        ("cuda", None, ("auto", "cuda"), ["cuda"]),
        ("cuda", "no_cuda_build", ("auto",), ["cpu"]),
    ],
)
def test_the_forms_offer_a_gpu_only_where_there_may_be_one(monkeypatch, server, gap, run, timing):
    monkeypatch.setattr(hardware, "missing_cuda", lambda: gap)
    monkeypatch.setattr(timeform, "missing_cuda", lambda: gap)
    settings = Settings(device=server)
    field = next(field for field in training_fields(settings) if field.name == "device")
    assert offered(field) == run
    assert [value for _, value in component(field).choices] == list(run)
    with gr.Blocks(analytics_enabled=False):
        device = timeform.controls(settings)["device"]
    assert [value for _, value in device.choices] == timing
    assert device.value == timing[0] and device.visible == (len(timing) > 1)


def test_a_run_from_elsewhere_is_shown_as_this_host_has_it(monkeypatch):
    table = {field.name: field for field in training_fields(LIMITS)}
    monkeypatch.setattr(hardware, "missing_cuda", lambda: "no_cuda")
    here = _here({"device": "cuda", "threads": 10_000}, table)
    assert here == {"device": "auto", "threads": hardware.usable_cores()}
    assert _here({"device": "cpu", "threads": 1}, table) == {"device": "cpu", "threads": 1}


def test_more_work_is_said_to_take_longer():
    times = {name: estimate(values_of(name, LIMITS)) for name in PRESETS}
    assert times["quick"] < times["article"] < times["sizes"] < times["full"]
    assert times["quick"] < 12
