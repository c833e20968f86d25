"""Timing on a GPU, by a pretended one: what is timed, checked, counted, and told of its faults."""

from __future__ import annotations

import pytest
from pretended_cuda import card

from swishdemo import hardware
from swishdemo.settings import Settings
from swishdemo.timing import HostCard, Measurement, TimingRequest
from swishdemo.timing.loop import Plan
from swishdemo.timing.presets import PRESETS, request_of
from swishdemo.timing.variants import REGISTRY, Registry, Variant

QUICK = Plan(
    warm_up_seconds=0.001,
    block_seconds=0.0005,
    fewest_rounds=2,
    most_rounds=3,
    budget_seconds=0.01,
    settled=0.005,
)
SERVER = Settings(max_elements=2**20)


def measured(asked, registry=REGISTRY):
    """All that is told of a timing, as it would be sent."""
    from swishdemo.timing.measuring import measure

    hardware.tried()
    request = TimingRequest.parse(asked, SERVER)
    return [
        item.as_json()
        for item in measure(request, plan=QUICK, registry=registry)
        if isinstance(item, HostCard | Measurement)
    ]


def of_preset(name):
    """A preset as it is asked for there, in one size."""
    hardware.tried()
    asked = request_of(name, SERVER)
    if "elements" in asked:
        asked["elements"] = [4096]
    if "shape" in asked:
        asked["shape"] = [2, 3, 8, 8]
    return measured(asked)


def final(items):
    return {item["variant"]: item for item in items if item.get("final")}


ALL = ("full", "step", "modules")
"""Presets with all variants; what others ask for is among it."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name not in ALL)) for name in PRESETS]
)
def test_every_preset_times_on_a_gpu_all_that_it_asks_for(pretended, name):
    first, *items = pretended(of_preset, name)
    assert first["gpu"] == card.NAME and first["gpu_memory_bytes"] and first["gpu_gap"] is None
    found = final(items)
    assert "relu" in found and "silu" in found
    for variant, item in found.items():
        assert item["device"] == "cuda"
        assert (item["unavailable"], item["gate"]) == (None, None), variant
        assert item["median_seconds"] > 0 and item["peak_bytes"] > 0
        if item["context"] == "kernel":
            assert item["copy_limit_seconds"] > 0
    # The C kernel is a CPU's; Triton is not there.
    assert not {"swish_fused_c", "swish_triton", "parametric_compiled"} & set(found)


CONTEXTS = [
    *({"context": "kernel", "pass": each} for each in ("forward", "backward", "both")),
    {"context": "kernel", "dtype": "bfloat16"},
    {"context": "layer"},
    {"context": "layer", "amp": True},
    *({"context": "step", "network": each} for each in ("mlp_small", "cnn", "transformer")),
    {"context": "step", "network": "mlp_small", "amp": True},
]


DIFFERENT = ({"context": "kernel", "pass": "both"}, {"context": "layer", "amp": True}, CONTEXTS[6])


@pytest.mark.parametrize(
    "context",
    [pytest.param(each, marks=[pytest.mark.long] * (each not in DIFFERENT)) for each in CONTEXTS],
    ids=lambda each: "-".join(map(str, each.values())),
)
def test_what_is_kept_for_the_backward_is_as_much_as_on_a_cpu(pretended, context):
    names = ["relu", "silu", "swish_eager", "memory_efficient", "parametric_tuned"]
    sizes = {} if context["context"] == "step" else {"elements": [4096]}
    asked = {**context, **sizes, "variants": names}
    there = final(pretended(measured, {**asked, "device": "cuda"}))
    here = final(measured({**asked, "device": "cpu"}))
    assert set(there) == set(here) == set(names)
    # Attention, and a loss under autocast, have kernels of their own on each device.
    alike = context.get("network") != "transformer" and not context.get("amp")
    for name in names:
        saved = there[name]["saved_bytes"]
        assert saved == here[name]["saved_bytes"] if alike else saved > 0, name
        assert set(there[name]["part_seconds"]) == set(here[name]["part_seconds"])


def counted_in_blocks(context):
    """Launches, waits and copies of blocks of 3 and of 13 calls."""
    import torch

    from swishdemo.timing.workload import streams, workload

    hardware.tried()
    request = TimingRequest.parse({**context, "device": "cuda", "elements": [4096]}, SERVER)
    x, g = (torch.randn(4096, device="cuda") for _ in range(2))
    if request.context == "layer":
        x, g = x.view(-1, 512), g.view(-1, 512)
    subject = workload(REGISTRY.get("swish_eager"), request, x.requires_grad_(), g, lambda: 0.0)
    found = []
    for each in (subject, *streams(x, g, lambda: 0.0).values()):
        each.time(2)
        for calls in (3, 13):
            card.forget_counts()
            assert each.time(calls) > 0  # by events: the clock stands still
            told = card.counted()
            found.append((calls, told.kernels, told.synchronisations, told.from_host))
    return found


@pytest.mark.parametrize(
    "context",
    [{}, {"pass": "backward"}, {"context": "layer"}, {"context": "step", "network": "cnn"}],
    ids=str,
)
def test_a_block_is_timed_between_events_and_waits_for_nothing_within(pretended, context):
    if context.get("context") == "step":
        found = pretended(counted_in_a_step)
    else:
        found = pretended(counted_in_blocks, context)
    for few, many in zip(found[::2], found[1::2], strict=True):
        assert few[0] == 3 and many[0] == 13
        assert few[2:] == many[2:] == (2, 0), "it waits before and after, and copies nothing"
        assert (many[1] - few[1]) % 10 == 0 and many[1] > few[1] > 0


def counted_in_a_step():
    import torch

    from swishdemo.timing.workload import workload

    hardware.tried()
    asked = {"context": "step", "network": "cnn", "device": "cuda"}
    request = TimingRequest.parse(asked, SERVER)
    x = torch.randn(4, device="cuda")
    subject = workload(REGISTRY.get("swish_eager"), request, x, x, lambda: 0.0)
    subject.time(2)
    found = []
    for calls in (3, 13):
        card.forget_counts()
        assert subject.time(calls) > 0
        told = card.counted()
        found.append((calls, told.kernels, told.synchronisations, told.from_host))
    return found


def faulty(builder):
    return Registry(
        Variant(each.name, each.activation, f"{__name__}:{builder}")
        if each.name == "gelu"
        else each
        for each in REGISTRY.all()
    )


def kills(device, dtype):
    """Builds what writes beyond its memory: from then on every call fails."""
    import torch

    card.fail()
    torch.ones(1, device=device).add_(1)
    torch.cuda.synchronize()


def takes_all(device, dtype):
    import torch

    torch.empty(2**33, device=device)


def after_a_fault():
    asked = {"variants": ["relu", "gelu", "silu"], "elements": [64], "device": "cuda"}
    told = []
    try:
        for item in measured_one_by_one(asked, faulty("kills")):
            told.append(item.get("variant"))
    except RuntimeError as error:
        return told, str(error), hardware.failure()
    return told, "", hardware.failure()


def measured_one_by_one(asked, registry):
    from swishdemo.timing.measuring import measure

    hardware.tried()
    request = TimingRequest.parse(asked, SERVER)
    for item in measure(request, plan=QUICK, registry=registry):
        if isinstance(item, HostCard | Measurement):
            yield item.as_json()


def test_where_the_context_dies_the_work_ends_and_nobody_else_is_blamed(pretended):
    told, error, failure = pretended(after_a_fault)
    assert told == [None, "relu"]  # the host, and what was timed before
    assert "illegal memory access" in error and "illegal memory access" in failure
    assert "\n" not in failure


def short_of_memory():
    asked = {"variants": ["relu", "gelu", "silu"], "elements": [64], "device": "cuda"}
    return measured(asked, faulty("takes_all")), hardware.failure()


def test_what_finds_no_memory_says_how_much_was_asked_for_and_the_others_go_on(pretended):
    items, failure = pretended(short_of_memory)
    found = final(items)
    assert failure is None
    assert found["relu"]["median_seconds"] and found["silu"]["median_seconds"]
    reason = found["gelu"]["unavailable_reason"]
    assert reason["key"] == "time.unavailable.gpu_out_of_memory"
    assert reason["values"]["asked"] == "32768 MiB"
    assert reason["values"]["total"] == "16384 MiB"


def found_there():
    return hardware.tried().as_json()


def test_what_is_there_is_as_pytorch_says(pretended):
    found = pretended(found_there)
    assert found["cards"][0]["name"] == card.NAME
    assert found["cards"][0]["architecture"] == "sm_75"
    assert (found["runtime"], found["gap"]) == ("CUDA 12.9", None)
