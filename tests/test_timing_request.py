"""Requests: what is allowed, and what is refused with which sentence."""

from __future__ import annotations

import json

import pytest

from swishdemo.errors import UserError
from swishdemo.hardware import missing_cuda
from swishdemo.settings import Settings
from swishdemo.text import Sentence
from swishdemo.timing import BASELINES, REGISTRY, Registry, TimingRequest, Variant
from swishdemo.timing import request as module
from swishdemo.timing.host_card import missing_c_compiler, missing_compiler

LIMITS = Settings()


def parse(mapping: object, limits: Settings = LIMITS) -> TimingRequest:
    return TimingRequest.parse(mapping, limits)


def test_defaults():
    request = parse({})
    assert request.activation == "swish"
    assert request.variants == REGISTRY.defaults("swish", "cpu")
    assert set(BASELINES) < set(request.variants)
    assert (request.elements, request.dtype, request.passes) == ((2**20,), "float32", "both")
    assert (request.device, request.threads, request.context) == ("cpu", 1, "kernel")
    assert (request.network, request.amp) == ("mlp", False)


def test_the_interface_documents_example():
    request = parse(
        {
            "activation": "swish",
            "variants": ["silu", "relu"],
            "elements": [1048576],
            "dtype": "float32",
            "pass": "forward",
            "device": "cpu",
            "threads": 1,
        }
    )
    assert (request.variants, request.passes) == (("silu", "relu"), "forward")


@pytest.mark.parametrize("activation", REGISTRY.activations())
def test_the_activation_chooses_the_variants(activation):
    chosen = parse({"activation": activation, "variants": None}).variants
    offered = [v for v in REGISTRY.all() if v.by_default and "cpu" in v.devices]
    own = {v.name for v in offered if v.activation == activation}
    assert set(chosen) == own | set(BASELINES)


def test_variants_may_come_from_any_activation_and_count_once():
    request = parse({"variants": ["mish", "silu", "mish"]})
    assert request.variants == ("mish", "silu")


def test_a_shape_gives_the_elements():
    request = parse({"shape": [16, 10, 256, 256]})
    assert (request.shape, request.elements) == ((16, 10, 256, 256), (16 * 10 * 256 * 256,))
    assert parse(request.as_json()) == request
    assert parse({"shape": [2, 2]}).shape == (2, 2)  # a size may occur twice
    assert parse({"shape": None}).shape is None


def test_json_round_trip():
    request = parse({"variants": ["silu"], "elements": [512, 1024], "context": "layer"})
    record = json.loads(json.dumps(request.as_json()))
    assert set(record) == set(TimingRequest.fields(LIMITS))
    assert parse(record) == request


def test_the_table_of_fields_is_what_parse_accepts():
    for field in TimingRequest.fields(LIMITS).values():
        for choice in field.choices:
            if choice == "cuda":
                continue
            value = [choice] if field.kind == "choices" else choice
            parse({field.name: value})
        if field.kind == "integer":
            for end in (field.low, field.high):
                assert getattr(parse({field.name: end}), field.name) == end


@pytest.mark.parametrize(
    ("mapping", "field", "key"),
    [
        (None, None, "time.error.not_an_object"),
        ([], None, "time.error.not_an_object"),
        ("silu", None, "time.error.not_an_object"),
        ({"seconds": 1}, "seconds", "error.unknown_field"),
        ({"x" * 10_000_000: 1}, "x" * 39 + "…", "error.unknown_field"),
        ({1: 1}, "int", "error.unknown_field"),
        ({"passes": "both"}, "passes", "error.unknown_field"),
        ({"activation": "nope"}, "activation", "error.unknown_choice"),
        ({"activation": None}, "activation", "error.not_text"),
        ({"activation": ["swish"]}, "activation", "error.not_text"),
        ({"activation": "s" * 10_000_000}, "activation", "error.unknown_choice"),
        ({"variants": []}, "variants", "error.empty"),
        ({"variants": "silu"}, "variants", "error.not_a_list"),
        ({"variants": {"silu": 1}}, "variants", "error.not_a_list"),
        ({"variants": ["silu", "nope"]}, "variants", "error.unknown_choice"),
        ({"variants": [None]}, "variants", "error.not_text"),
        ({"variants": ["silu"] * 1000}, "variants", "error.too_long"),
        ({"elements": 1048576}, "elements", "error.not_a_list"),
        ({"elements": None}, "elements", "error.not_a_list"),
        ({"elements": []}, "elements", "error.empty"),
        ({"elements": [0]}, "elements", "error.out_of_range"),
        ({"elements": [-1]}, "elements", "error.out_of_range"),
        ({"elements": [LIMITS.max_elements + 1]}, "elements", "error.out_of_range"),
        ({"elements": [10**5000]}, "elements", "error.out_of_range"),
        ({"elements": [1024.0]}, "elements", "error.not_an_integer"),
        ({"elements": [float("nan")]}, "elements", "error.not_an_integer"),
        ({"elements": ["1024"]}, "elements", "error.not_an_integer"),
        ({"elements": [True]}, "elements", "error.not_an_integer"),
        ({"elements": [1024] * 20}, "elements", "error.too_long"),
        ({"shape": [0, 4]}, "shape", "error.out_of_range"),
        ({"shape": []}, "shape", "error.empty"),
        ({"shape": [1] * 7}, "shape", "error.too_long"),
        ({"shape": "4x4"}, "shape", "error.not_a_list"),
        ({"shape": [4, 2.5]}, "shape", "error.not_an_integer"),
        ({"shape": [LIMITS.max_elements, 2]}, "shape", "time.error.shape"),
        ({"shape": [4, 4], "context": "layer"}, "shape", "time.error.shape_context"),
        ({"shape": [4, 4], "elements": [7]}, "shape", "time.error.shape_elements"),
        ({"shape": [4, 4], "elements": [16, 32]}, "shape", "time.error.shape_elements"),
        ({"allocator": "jemalloc"}, "allocator", "error.unknown_choice"),
        ({"budget_seconds": 0}, "budget_seconds", "error.out_of_range"),
        ({"budget_seconds": float("nan")}, "budget_seconds", "error.not_a_number"),
        ({"budget_seconds": "1"}, "budget_seconds", "error.not_a_number"),
        ({"dtype": "int8"}, "dtype", "error.unknown_choice"),
        ({"dtype": 32}, "dtype", "error.not_text"),
        ({"pass": "sideways"}, "pass", "error.unknown_choice"),
        ({"device": "tpu"}, "device", "error.unknown_choice"),
        ({"device": "cuda:1"}, "device", "error.unknown_choice"),
        ({"threads": 0}, "threads", "error.out_of_range"),
        ({"threads": 100_000}, "threads", "error.out_of_range"),
        ({"threads": True}, "threads", "error.not_an_integer"),
        ({"threads": float("inf")}, "threads", "error.not_an_integer"),
        ({"context": "house"}, "context", "error.unknown_choice"),
        ({"network": "resnet"}, "network", "error.unknown_choice"),
        ({"amp": 1}, "amp", "error.not_a_flag"),
        ({"amp": True}, "amp", "time.error.amp_kernel"),
        ({"amp": True, "context": "step", "dtype": "float64"}, "amp", "time.error.amp_dtype"),
    ],
)
def test_refused(mapping, field, key):
    with pytest.raises(UserError) as refused:
        parse(mapping)
    assert (refused.value.key, refused.value.field, refused.value.status) == (key, field, 422)
    for language in ("en", "zh"):
        assert len(refused.value.sentence(language)) < 600


def test_threads_end_at_the_cores_of_this_process(monkeypatch):
    monkeypatch.setattr(module.host, "usable_cores", lambda: 3)
    assert parse({"threads": 3}).threads == 3
    with pytest.raises(UserError, match="threads is 4; it must be from 1 to 3"):
        parse({"threads": 4})


def test_memory_is_looked_at_beforehand(monkeypatch):
    monkeypatch.setattr(module.host, "available_memory_bytes", lambda: 10**8)
    assert parse({"elements": [2**20]})
    with pytest.raises(UserError, match=r"need about 0\.101 GB of memory; 0\.1 GB are free here"):
        parse({"elements": [2**10, 2**20], "dtype": "float64"})
    monkeypatch.setattr(module.host, "available_memory_bytes", lambda: None)
    assert parse({"elements": [2**20], "dtype": "float64"})


def test_a_gpu_that_is_not_there_is_refused_and_auto_falls_back(monkeypatch):
    gone = Sentence("time.unavailable.no_cuda")
    monkeypatch.setattr(module.hardware, "missing_cuda", lambda: gone)
    with pytest.raises(UserError, match="device “cuda” cannot be used: no CUDA device"):
        parse({"device": "cuda"})
    assert parse({"device": "auto"}).device == "cpu"
    monkeypatch.setattr(module.hardware, "missing_cuda", lambda: None)
    assert parse({"device": "auto"}).device == parse({"device": "cuda"}).device == "cuda"
    with pytest.raises(UserError, match="set to use “cpu” alone"):
        parse({"device": "cuda"}, Settings(device="cpu"))


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_the_server_is_set_to_is_taken_where_none_is_asked_for(monkeypatch, device):
    monkeypatch.setattr(module.hardware, "missing_cuda", lambda: None)
    for request in ({}, {"device": "auto"}, {"device": device}):
        assert parse(request, Settings(device=device)).device == device


def test_a_layer_takes_whole_rows_and_a_step_has_its_own_size():
    assert parse({"context": "layer", "elements": [1, 513, 600, 4096]}).elements == (
        512,
        1024,
        4096,
    )
    assert parse({"context": "step", "elements": [7, 9]}).elements == (128 * 1024,)
    assert parse({"context": "step", "network": "mlp_small"}).elements == (128 * 128,)
    assert parse({"context": "step", "network": "cnn"}).elements == (128 * (8 * 16 + 16 * 4),)


def test_default_size_stays_below_the_servers_limit():
    assert parse({}, Settings(max_elements=4096)).elements == (4096,)


def test_a_name_is_registered_once_and_unknown_ones_are_told():
    variant = Variant("one", "swish", "swishdemo.timing.implementations:silu")
    registry = Registry((variant,))
    with pytest.raises(ValueError, match="'one' is registered twice"):
        registry.add(variant)
    with pytest.raises(UserError) as unknown:
        registry.get("two")
    assert unknown.value.status == 404


def test_by_default_a_kernel_is_timed_only_where_it_is_made_for():
    cpu, cuda = (REGISTRY.defaults("swish", device) for device in ("cpu", "cuda"))
    assert set(cpu) - set(cuda) == {"swish_fused_c"}
    assert set(cuda) - set(cpu) == {"swish_triton"}


def test_the_list_of_variants_for_the_interface():
    listed = [variant.as_json() for variant in REGISTRY.all()]
    assert [record["name"] for record in listed] == list(REGISTRY.names())
    for record in listed:
        variant = REGISTRY.get(record["name"])
        compiled = variant.compiled
        here = missing_compiler("cpu") if compiled else None
        there = missing_cuda() or (missing_compiler("cuda") if compiled else None)
        if variant.built:
            here = missing_c_compiler()
        if "cuda" not in variant.devices:
            there = Sentence("time.unavailable.not_on_device", device="cuda")
        if "cpu" not in variant.devices:
            here = Sentence("time.unavailable.not_on_device", device="cpu")
        assert record["unavailable"] == {
            "cpu": here and here.sentence(),
            "cuda": there and there.sentence(),
        }
    bound = Variant("silu", "swish", "x:y", devices=("cpu",))
    assert bound.as_json()["unavailable"]["cuda"] == "it does not run on cuda"
