"""The whole engine on real tensors: the gate, the bytes, the stream."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from swishdemo.kernels.native import ELEMENTS
from swishdemo.settings import Settings
from swishdemo.ticks import Tick
from swishdemo.timing import (
    REGISTRY,
    HostCard,
    Measurement,
    Registry,
    TimingRequest,
    Variant,
    latest,
    measuring,
)
from swishdemo.timing.host_card import missing_compiler
from swishdemo.timing.implementations import Implementation, build, check
from swishdemo.timing.loop import Plan
from swishdemo.timing.measuring import measure, patiently
from swishdemo.timing.request import STEP_ELEMENTS
from swishdemo.timing.tables import left_out
from swishdemo.timing.workload import peak_bytes, step, streams, timed, workload

CPU = torch.device("cpu")
STREAMS = ("read", "fill", "copy", "combine")
QUICK = Plan(
    warm_up_seconds=0.001, block_seconds=0.0005, fewest_rounds=2, most_rounds=3, budget_seconds=0.02
)


def request(**fields: object) -> TimingRequest:
    return TimingRequest.parse(fields, Settings())


def final(wanted: TimingRequest, registry: Registry = REGISTRY) -> dict[str, Measurement]:
    items = list(measure(wanted, plan=QUICK, registry=registry))
    measurements = [item for item in items if isinstance(item, Measurement)]
    return {measurement.variant: measurement for measurement in latest(measurements)}


# --- deliberately wrong implementations; the builder's reference points into this module


def wrong_value(device, dtype):
    return Implementation(lambda x: F.silu(x) + 1e-4 * (x > 5))


class _WrongGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.silu(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * s * (1 + x * (1 - s) * 0.999)


def wrong_gradient(device, dtype):
    return Implementation(_WrongGradient.apply)


class _WrongBeta(torch.autograd.Function):
    factor = 1.0001

    @staticmethod
    def forward(ctx, x, beta):
        ctx.save_for_backward(x, beta)
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def backward(ctx, g):
        x, beta = ctx.saved_tensors
        s = torch.sigmoid(beta * x)
        slope = s * torch.sigmoid(-beta * x)
        return g * (s + beta * x * slope), _WrongBeta.factor * (g * x * x * slope).sum()


def wrong_beta(device, dtype):
    beta = torch.ones((), device=device, dtype=dtype, requires_grad=True)
    return Implementation(lambda x: _WrongBeta.apply(x, beta), {"beta": beta})


def ignores_beta(device, dtype):
    beta = torch.ones((), device=device, dtype=dtype, requires_grad=True)
    return Implementation(lambda x: F.silu(x) + 0 * beta, {"beta": beta})


def detached_beta(device, dtype):
    beta = torch.ones((), device=device, dtype=dtype, requires_grad=True)
    return Implementation(lambda x: x * torch.sigmoid(beta.detach() * x), {"beta": beta})


def nan_far_out(device, dtype):
    return Implementation(lambda x: x * torch.exp(x) / (1 + torch.exp(x)))


def wrong_shape(device, dtype):
    return Implementation(lambda x: F.silu(x)[None])


def widens(device, dtype):
    return Implementation(lambda x: F.silu(x.double()))


def crashes(device, dtype):
    raise RuntimeError("no such kernel\nlong story")


def stumbles(device, dtype):
    return {}["a mistake of its own"]


def no_memory(device, dtype):
    raise torch.OutOfMemoryError("much")


def takes_all_memory(device, dtype):
    return Implementation(lambda x: x * torch.empty(2**58))


def wrong(function, trainable: tuple[str, ...] = ()) -> Variant:
    reference = f"{__name__}:{function.__name__}"
    return Variant("wrong", "swish", reference, {"beta": 1.0}, trainable)


# --- the gate


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(
    "variant", [v for v in REGISTRY.all() if not v.compiled], ids=lambda variant: variant.name
)
def test_every_variant_passes_the_gate(variant, dtype):
    verdict = check(variant, CPU, dtype)
    assert verdict.reason is None
    assert verdict.max_error < 3.5 * torch.finfo(dtype).eps


@pytest.mark.parametrize(
    ("function", "trainable", "key"),
    [
        (wrong_value, (), "value"),
        (wrong_gradient, (), "gradient"),
        (wrong_beta, ("beta",), "parameter"),
        (ignores_beta, ("beta",), "parameter"),
        (detached_beta, ("beta",), "missing"),
        (nan_far_out, (), "value"),
        (wrong_shape, (), "shape"),
        (widens, (), "shape"),
    ],
)
def test_the_gate_finds_what_is_wrong(function, trainable, key):
    verdict = check(wrong(function, trainable), CPU, torch.float32)
    assert verdict.reason is not None
    assert verdict.reason.key == f"time.gate.{key}"
    assert verdict.reason.sentence("en") and verdict.reason.sentence("zh")


def test_the_gate_passes_the_same_function_when_it_is_right(monkeypatch):
    monkeypatch.setattr(_WrongBeta, "factor", 1.0)
    assert check(wrong(wrong_beta, ("beta",)), CPU, torch.float32).reason is None


def test_a_record_that_misnames_its_parameters_is_refused():
    with pytest.raises(ValueError, match=r"trains \['beta'\]; its record says \[\]"):
        build(wrong(wrong_beta), CPU, torch.float32)


def test_a_wrong_variant_is_shown_and_not_timed_and_the_others_are():
    registry = Registry((wrong(wrong_value), REGISTRY.get("silu")))
    found = final(
        TimingRequest(activation="swish", variants=("wrong", "silu"), elements=(4096,)),
        registry,
    )
    assert not found["wrong"].is_timed
    assert found["wrong"].gate and "wrong value" in found["wrong"].gate.sentence()
    assert found["wrong"].as_json()["median_seconds"] is None
    assert found["silu"].is_timed and found["silu"].gate is None


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (crashes, "it failed here: no such kernel"),
        (stumbles, "it failed here: 'a mistake of its own'"),
        (no_memory, "not enough memory"),
        (takes_all_memory, "not enough memory"),
    ],
)
def test_what_cannot_run_is_unavailable_with_its_reason(function, sentence):
    found = final(
        TimingRequest(activation="swish", variants=("wrong",), elements=(64,)),
        Registry((wrong(function),)),
    )
    assert found["wrong"].as_json()["unavailable"] == sentence
    assert not found["wrong"].is_timed


def test_what_is_compiled_passes_the_gate_and_reports_its_compilation_apart():
    (found,) = final(request(variants=["parametric_compiled"], elements=[4096])).values()
    why = missing_compiler("cpu")
    if why:
        assert found.unavailable == why and not found.is_timed
    else:
        assert found.is_timed and found.gate is None
        assert found.saved_bytes_per_element == 4
        assert 0 < found.build_seconds < found.preparation_seconds


def test_what_a_builder_takes_is_told_apart_from_the_checks(monkeypatch):
    (found,) = final(request(variants=["relu"], elements=[64])).values()
    assert 0 < found.build_seconds < found.preparation_seconds

    def slow(*given):
        time.sleep(0.3)
        return build(*given)

    monkeypatch.setattr(measuring, "build", slow)
    (found,) = final(request(variants=["relu"], elements=[64])).values()
    assert found.build_seconds > 0.3


# --- bytes

SAVED = {
    "relu": 4,
    "gelu": 4,
    "silu": 4,
    "swish_eager": 8,
    "swish_module": 8,
    "memory_efficient": 4,
    "parametric_eager": 8,
}


def test_saved_bytes_an_element():
    found = final(request(variants=list(SAVED), elements=[4096]))
    assert {name: one.saved_bytes_per_element for name, one in found.items()} == SAVED
    half = final(request(variants=["silu", "swish_eager"], elements=[4096], dtype="bfloat16"))
    assert [one.saved_bytes_per_element for one in half.values()] == [2, 4]


def test_saved_bytes_of_a_step_leave_out_parameters():
    found = final(request(variants=["relu", "silu", "swish_eager"], context="step"))
    hidden = 128 * 512 * 4
    # The batch and each layer's input; logits' softmax and labels are the rest.
    relu = found["relu"].saved_bytes
    assert 128 * 784 * 4 + 2 * hidden <= relu < 128 * 784 * 4 + 2 * hidden + 20_000
    # ReLU saves its result, which the next layer saves anyway; SiLU saves its input beside it.
    assert found["silu"].saved_bytes - relu == 2 * hidden
    assert found["swish_eager"].saved_bytes - relu == 4 * hidden


# --- the stream


@pytest.mark.parametrize("passes", ["forward", "backward", "both"])
def test_all_default_variants_run_end_to_end(passes):
    wanted = request(elements=[2**12]).replace(passes=passes)
    items = list(measure(wanted, plan=QUICK))
    cards = [item for item in items if isinstance(item, HostCard)]
    assert items[0] is cards[0] and items[-1] is cards[-1] and len(cards) == 2
    assert cards[0].others_busy_cores is None and cards[1].others_busy_cores is not None
    found = {m.variant: m for m in items if isinstance(m, Measurement)}
    assert tuple(found) == wanted.variants
    for one in found.values():
        assert one.gate is None and one.unavailable is None
        assert one.final and one.repeats >= 2
        assert one.median_seconds > 0 and one.saved_bytes > 0 and one.max_error < 1e-6
        assert one.copy_limit_seconds > 0 and one.limit_stream in STREAMS
    assert len({one.repeats for one in found.values()}) == 1  # so that blocks can be paired


def test_a_size_whose_inputs_do_not_fit_costs_that_size_alone(monkeypatch):
    made = torch.randn

    def randn(count, *shape, **options):
        return made(2**58 if count == 128 else count, *shape, **options)

    monkeypatch.setattr(torch, "randn", randn)
    wanted = request(variants=["silu", "relu"], elements=[64, 128, 256])
    items = [m for m in measure(wanted, plan=QUICK) if isinstance(m, Measurement)]
    ended = {(m.elements, m.variant): m for m in items if m.final or m.unavailable}
    assert {key for key, m in ended.items() if m.is_timed} == {
        (size, name) for size in (64, 256) for name in ("silu", "relu")
    }
    for name in ("silu", "relu"):
        assert ended[128, name].unavailable.key == "time.unavailable.out_of_memory"
    told = left_out(list(ended.values()))
    assert [entry[1:] for entry in told] == [
        (label, "at 2⁷ elements: not enough memory") for label in ("F.silu", "F.relu")
    ]


def test_each_variant_is_reported_as_soon_as_it_is_warm():
    items = list(measure(request(variants=["silu", "relu"], elements=[64, 128]), plan=QUICK))
    seen = [(m.elements, m.variant, m.final) for m in items if isinstance(m, Measurement)]
    assert seen == [
        (size, name, final)
        for size in (64, 128)
        for final in (False, True)
        for name in ("silu", "relu")
    ]


@pytest.mark.parametrize(
    ("place", "passes", "amp"),
    [
        # Each pair of two of the three; all threes in the long tests.
        pytest.param(place, passes, amp, marks=[pytest.mark.long] * ((i + j + amp) % 2))
        for i, place in enumerate(("layer", "step"))
        for j, passes in enumerate(("forward", "backward", "both"))
        for amp in (False, True)
    ],
)
def test_layers_and_steps(place, passes, amp):
    wanted = request(
        variants=["silu", "parametric_eager", "parametric_tuned"],
        context=place,
        elements=[4096],
        network="mlp_small",
        amp=amp,
        **{"pass": passes},
    )
    for one in final(wanted).values():
        assert one.is_timed, one.unavailable and one.unavailable.sentence()
        assert one.copy_limit_seconds is None
        assert one.elements == (4096 if place == "layer" else 128 * 128)
        assert one.network == (None if place == "layer" else "mlp_small")


@pytest.mark.parametrize("network", ["cnn", "transformer"])
def test_other_networks_step(network):
    names = ["silu", "parametric_module", "parametric_tuned"]
    found = final(request(variants=names, context="step", network=network))
    for one in found.values():
        assert one.is_timed, one.unavailable and one.unavailable.sentence()


def test_the_elements_of_a_network_are_those_that_its_activations_see():
    seen = []

    class Seeing(torch.nn.Module):
        def forward(self, x):
            seen.append(x.numel())
            return x

    for network, elements in STEP_ELEMENTS.items():
        seen.clear()
        wanted = request(variants=["silu"], context="step", network=network)
        made = step(lambda: Implementation(Seeing()), wanted, torch.device("cpu"), torch.float32)
        made.forward()
        made.backward()
        assert sum(seen) == elements


def test_every_parameter_of_a_step_learns_and_counts_once():
    beta = torch.ones((), requires_grad=True)
    wanted = request(variants=["parametric_tuned"], context="step", network="transformer")
    made = step(
        lambda: Implementation(lambda x: x * torch.sigmoid(beta * x), {"beta": beta}),
        wanted,
        torch.device("cpu"),
        torch.float32,
    )
    assert len({id(p) for p in made.parameters}) == len(made.parameters)
    before = [p.detach().clone() for p in made.parameters]
    first = made.forward().item()
    for _ in range(3):
        made.backward()
        made.update()
        made.forward()
    assert made.forward().item() < first
    assert all((p != old).any() for p, old in zip(made.parameters, before, strict=True))


def test_a_steps_parts_are_its_whole():
    found = final(request(variants=["silu", "parametric_tuned"], context="step"))
    for one in found.values():
        assert set(one.part_seconds) == {"forward", "backward", "update"}
        assert all(seconds > 0 for seconds in one.part_seconds.values())
    ticks = iter(range(10_000))
    wanted = request(variants=["silu"], context="step", network="cnn")
    x = torch.zeros(1, requires_grad=True)
    calls = workload(REGISTRY.get("silu"), wanted, x, x, lambda: next(ticks))
    assert calls.part_seconds(4) == {}
    assert calls.time(4) == 12  # the clock is read once after each part
    assert calls.part_seconds(4) == {"forward": 1, "backward": 1, "update": 1}
    alone = final(request(variants=["silu"], context="step", **{"pass": "forward"}))["silu"]
    assert alone.part_seconds == {}
    assert final(request(variants=["silu"]))["silu"].part_seconds == {}


def test_parts_of_a_block_on_a_clock_of_ones():
    ticks = iter(range(100))
    spent = timed([lambda: None, lambda: next(ticks)], 3, torch.device("cpu"), lambda: next(ticks))
    assert spent == [3, 6]


def test_peak_bytes_are_the_tensors_alive_at_once():
    """x·σ(βx) in steps: what stands beside the input at the worst moment, counted by hand."""
    size = 2**20
    x = torch.ones(size, requires_grad=True)

    def three_then_one():
        kept = [torch.empty(size), torch.empty(size), torch.empty(size)]
        kept.clear()
        return torch.empty(size)

    assert peak_bytes(three_then_one, x.device) == 3 * 4 * size
    assert peak_bytes(lambda: torch.relu(x), x.device) == 4 * size
    found = final(request(variants=["relu", "swish_eager"], elements=[2**16]))
    # The result and the input's gradient; eager code keeps σ, and holds two terms of the gradient.
    assert found["relu"].peak_bytes == 2 * 4 * 2**16
    assert found["swish_eager"].peak_bytes == 5 * 4 * 2**16
    forward = final(request(variants=["relu"], elements=[2**16], **{"pass": "forward"}))
    assert forward["relu"].peak_bytes == 4 * 2**16


def test_a_shape_is_what_the_activation_sees():
    seen = set()
    variant = Variant("seeing", "relu", f"{__name__}:seeing")
    seeing.shapes = seen
    wanted = request(shape=[2, 3, 4], variants=["silu"]).replace(variants=("seeing",))
    list(measure(wanted, plan=QUICK, registry=Registry((variant,))))
    assert torch.Size((2, 3, 4)) in seen


def seeing(device, dtype):
    def call(x):
        seeing.shapes.add(x.shape)
        return torch.relu(x)

    return Implementation(call)


def test_a_type_that_one_lacks_is_said_and_the_others_go_on():
    found = final(request(variants=["relu", "swish_fused_c", "mish"], dtype="float16"))
    assert found["relu"].is_timed and found["mish"].is_timed
    fused = found["swish_fused_c"]
    assert not fused.is_timed
    assert fused.unavailable.sentence() == (
        "it does not support float16, only float32, float64, bfloat16"
    )


def test_the_kernel_s_types_are_those_that_it_is_built_for():
    built = [variant for variant in REGISTRY.all() if variant.built]
    assert [set(v.dtypes) for v in built] == [{str(d).removeprefix("torch.") for d in ELEMENTS}]


def test_half_precision_passes_the_gate():
    for one in final(request(variants=["relu", "silu", "gelu"], dtype="float16")).values():
        assert one.is_timed, one.unavailable or one.gate


class Moved(TorchDispatchMode):
    """Counts the bytes of all tensors that operations are given or give, views left out."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        given = [*arguments, *(keywords or {}).values()]
        if "zero_" in str(function) or "copy_" in str(function):
            given = [*arguments[1:], arguments[0]]  # the target is written, not read
        tensors = [one for one in given if isinstance(one, torch.Tensor)]
        self.bytes += sum(one.nbytes for one in tensors)
        return function(*arguments, **(keywords or {}))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("shape", [(1,), (3,), (64,), (5, 7), (4, 4, 4)])
def test_a_stream_moves_as_many_tensors_as_it_says(dtype, shape):
    source, cotangent = (torch.randn(shape).to(dtype) for _ in range(2))
    source[0], cotangent[-1] = float("nan"), 1e-7  # bytes that are slow or strange as numbers
    kept = source.clone(), cotangent.clone()
    found = streams(source.requires_grad_(), cotangent, time.perf_counter)
    assert tuple(found) == STREAMS
    for stream in found.values():
        with Moved() as moved:
            stream.call()
        assert moved.bytes == stream.tensors * source.nbytes
    for tensor, before in zip((source, cotangent), kept, strict=True):
        assert torch.equal(tensor.detach().view(torch.uint8), before.view(torch.uint8))


def test_the_figures_of_a_timing_end_with_the_limit_s_interval():
    """Seven blocks on a clock of our own: the streams take 1 s a tensor, the variant twice that."""
    wanted = request(variants=["relu"], elements=[64])
    seven = replace(QUICK, fewest_rounds=7, most_rounds=7)
    now = [0.0]

    def clock() -> float:
        now[0] += 1.0
        return now[0]

    items = list(measure(wanted, plan=seven, clock=clock))
    early, *_, last = (item for item in items if isinstance(item, Measurement))
    assert early.copy_limit_interval_seconds is None and last.final
    low, high = last.copy_limit_interval_seconds
    assert low <= last.copy_limit_seconds <= high
    # Each call takes a second, so that combining three tensors is the fastest.
    assert last.limit_stream == "combine"
    assert last.copy_limit_seconds == pytest.approx(5 / 3 * last.median_seconds)
    assert last.is_above_limit


def test_backward_alone_is_neither_forward_nor_both():
    calls = {"forward": 0, "backward": 0}

    class Counted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            calls["forward"] += 1
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            calls["backward"] += 1
            return g

    from swishdemo.timing.workload import Workload

    x = torch.zeros(4, requires_grad=True)
    moments = iter(range(100))

    def clock() -> float:
        return float(next(moments)) + 1000 * calls["forward"]

    work = Workload(
        forward=lambda: Counted.apply(x),
        differentiate=lambda y: torch.autograd.grad(y, [x], torch.ones(4), retain_graph=True),
        whole=lambda: None,
        parameters=(),
        passes="backward",
        device=CPU,
        clock=clock,
    )
    assert work.time(7) == 1.0  # no forward between the two readings of the clock
    assert calls == {"forward": 1, "backward": 7}


def test_threads_are_those_asked_for_and_put_back():
    before = torch.get_num_threads()
    wanted = request(variants=["silu"], elements=[64]).replace(threads=before + 1)
    stream = measure(wanted, plan=QUICK)
    next(stream)
    assert torch.get_num_threads() == before + 1
    stream.close()
    assert torch.get_num_threads() == before
    for _ in measure(wanted, plan=QUICK):
        pass
    assert torch.get_num_threads() == before


def test_closing_stops_at_any_point():
    wanted = request(elements=[4096, 8192])
    total = sum(1 for _ in measure(wanted, plan=QUICK))
    threads = threading.active_count()
    for stop in (1, 2, total // 2, total - 1):
        stream = measure(wanted, plan=QUICK)
        for _, _item in zip(range(stop), stream, strict=False):
            pass
        stream.close()
        assert next(stream, None) is None
        assert threading.active_count() == threads


def test_control_comes_back_often_by_the_given_clock():
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.011  # each look at the clock, and so each call, takes this long
        return now

    moments = []
    ticks = 0
    for item in measure(request(variants=["silu", "relu"], elements=[64]), clock=clock):
        moments.append(now)
        ticks += isinstance(item, Tick)
    assert ticks > 10
    assert max(later - earlier for earlier, later in pairwise(moments)) < 0.2


def test_patience_yields_meanwhile_and_passes_on_result_and_error():
    gate_open = threading.Event()
    waiting = patiently(lambda: gate_open.wait() and "done")
    assert next(waiting) is None
    gate_open.set()
    with pytest.raises(StopIteration) as end:
        while True:
            next(waiting)
    assert end.value.value == "done"

    def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError):
        list(patiently(fail))
