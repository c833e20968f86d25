"""What is typed into the Time tab's fields becomes a request, and every preset is a valid one."""

import gradio as gr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo import host
from swishdemo.errors import UserError
from swishdemo.jobs.kinds import kinds
from swishdemo.kernels import libraries
from swishdemo.settings import Settings, Toolchain
from swishdemo.text import LANGUAGES, text
from swishdemo.timing import TimingRequest, variants
from swishdemo.timing.elsewhere import SHAPE
from swishdemo.timing.presets import BUILD_SECONDS, DEFAULT, PRESETS, about, estimate, values_of
from swishdemo.training import TrainingConfig
from swishdemo.ui import time
from swishdemo.ui.time import FIELDS, request_of, shape_of
from swishdemo.ui.train import _here, component, offered

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
    monkeypatch.setattr(host, "available_memory_bytes", lambda: 48 * 2**20)
    assert max(values_of("full", LIMITS)["elements"]) == 2**20
    monkeypatch.setattr(host, "available_memory_bytes", lambda: None)
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
        ("auto", "no_cuda", ("auto", "cpu"), ["auto"]),
        ("auto", None, ("auto", "cpu", "cuda"), ["auto", "cpu", "cuda", "both"]),
        ("cpu", None, ("auto", "cpu"), ["cpu"]),
        ("cuda", None, ("auto", "cuda"), ["cuda"]),
        ("cuda", "no_cuda_build", ("auto",), ["cuda"]),
    ],
)
def test_the_forms_offer_a_gpu_only_where_there_may_be_one(monkeypatch, server, gap, run, timing):
    monkeypatch.setattr(host, "missing_cuda", lambda: gap)
    monkeypatch.setattr(time, "missing_cuda", lambda: gap)
    settings = Settings(device=server)
    field = TrainingConfig.fields(settings)["device"]
    assert offered(field) == run
    assert [value for _, value in component(field).choices] == list(run)
    with gr.Blocks(analytics_enabled=False):
        device = time.controls(settings)["device"]
    assert [value for _, value in device.choices] == timing
    assert device.value == timing[0] and device.visible == (len(timing) > 1)


def test_a_run_from_elsewhere_is_shown_as_this_host_has_it(monkeypatch):
    table = TrainingConfig.fields(LIMITS)
    monkeypatch.setattr(host, "missing_cuda", lambda: "no_cuda")
    here = _here({"device": "cuda", "threads": 10_000}, table)
    assert here == {"device": "auto", "threads": host.usable_cores()}
    assert _here({"device": "cpu", "threads": 1}, table) == {"device": "cpu", "threads": 1}


def test_more_work_is_said_to_take_longer():
    quiet = {"missing": (), "slowed": 1.0}
    times = {name: estimate(values_of(name, LIMITS), **quiet).seconds for name in PRESETS}
    assert times["quick"] < times["article"] < times["sizes"] < times["full"]
    assert times["quick"] < 12


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(PRESETS)), st.sets(st.sampled_from(list(BUILD_SECONDS))))
def test_what_must_be_built_is_counted_and_a_busy_machine_is_slower(name, missing):
    values = values_of(name, LIMITS)
    warm = estimate(values, missing=(), slowed=1.0)
    cold = estimate(values, missing=sorted(missing), slowed=1.0)
    busy = estimate(values, missing=sorted(missing), slowed=3.0)
    assert warm.building_seconds == 0 and set(cold.missing) == missing
    least = sum(BUILD_SECONDS[each] for each in missing)
    assert cold.building_seconds >= least
    if "compile" not in missing:
        assert cold.seconds == pytest.approx(warm.seconds + least)
    assert cold.seconds <= busy.seconds <= 3 * cold.seconds


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_built_at_first_use_is_said_until_it_is_there(language, tmp_path, monkeypatch):
    """A cache that has nothing, and then the files that a build leaves; no compiler is run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(libraries, "PREBUILT", tmp_path / "none")
    monkeypatch.setattr(host, "load_average", lambda: 0.0)
    tools = Toolchain.read()
    kept = libraries.kept_in(tools)
    values = values_of("article", LIMITS)
    words = {each: text(f"timed.preset.build.{each}", language) for each in BUILD_SECONDS}

    def said() -> set[str]:
        told = about("article", LIMITS, language)
        return {each for each in BUILD_SECONDS if words[each] in told}

    assert said() == {"kernel", "node"}
    before = estimate(values).seconds
    kept.mkdir(parents=True)
    (kept / libraries.recipe("float", tools).file_name).touch()
    assert said() == {"node"}
    (kept / libraries.node_recipe(tools).file_name).touch()
    assert said() == set()
    assert estimate(values).seconds == pytest.approx(
        before - BUILD_SECONDS["kernel"] - BUILD_SECONDS["node"]
    )
    # Another type of elements has a kernel of its own, and a request without ours builds nothing.
    assert estimate({**values, "dtype": "float64"}).missing == ("kernel",)
    assert estimate({**values, "variants": ["relu", "silu"], "dtype": "float64"}).missing == ()


def test_what_torch_compile_needs_is_said_until_it_has_kept_something(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(variants, "missing_compiler", lambda device: None)  # whatever is here
    values = {**values_of("article", LIMITS, "cpu"), "variants": ["relu", "parametric_compiled"]}
    cold = estimate(values, slowed=1.0)
    assert cold.missing == ("compile",)
    (tmp_path / "fxgraph").mkdir()
    assert estimate(values, slowed=1.0) == cold
    (tmp_path / "fxgraph" / "ab").mkdir()
    warm = estimate(values, slowed=1.0)
    assert warm.missing == () and warm.seconds < cold.seconds


def test_a_job_that_waits_reckons_with_what_the_one_ahead_must_build():
    kind = kinds()["timing"]
    request = TimingRequest.parse({"elements": [1024]}, LIMITS).as_json()
    assert kind.estimate(request) == pytest.approx(estimate(request).seconds, rel=0.5)
    assert kinds()["run"].estimate({}) is None
