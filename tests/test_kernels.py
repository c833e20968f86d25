"""The fused kernel against autograd in float64 on x·σ(βx) written out, and at every edge."""

import copy
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from forking import Program
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from swishdemo import FusedSwish, fused_swish
from swishdemo.kernels import autograd, function, native
from swishdemo.kernels.autograd import swish_backward, swish_forward
from swishdemo.timing.implementations import check
from swishdemo.timing.variants import REGISTRY

ROOT = Path(__file__).parents[1]
DTYPES = [torch.float32, torch.float64, torch.bfloat16]
INF, NAN = float("inf"), float("nan")


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["C++", "Python"])
def no_eager(request, monkeypatch, built_node):
    """Nothing but the kernel may answer, under the autograd of one language or the other."""

    def forbidden(*_):
        raise AssertionError("the eager form was taken")

    calls = []
    fused = autograd.fused if request.param == "C++" else lambda x, beta: None
    monkeypatch.setattr(function, "channelwise_swish", forbidden)
    monkeypatch.setattr(autograd, "fused", lambda x, beta: calls.append(1) or fused(x, beta))
    return calls


def exact(x, beta, g):
    """y, dx, dβ by autograd in float64; and what roundings of 1 of the dtype, and those of the
    oracle's 1 − σ, may do to dβ, where that of βx counts as often as it is large."""
    x = x.detach().double().requires_grad_()
    beta = beta.detach().double().requires_grad_()
    if beta.numel() > 1:
        betas = beta.reshape(-1, *[1] * (x.dim() - 2)).expand_as(x)
    else:
        betas = beta.reshape(()).expand_as(x)
    y = x * torch.sigmoid(betas * x)
    dx, dbeta, terms = torch.autograd.grad(y, [x, beta, betas], g.double())
    axes = [axis for axis in range(x.dim()) if axis != 1 or beta.numel() == 1]
    sizes = terms.abs() * (1 + (betas * x).abs()), g.double().abs() * x * x
    size, oracle = (each.sum(axes).detach() if axes else each.detach() for each in sizes)
    return y.detach(), dx, dbeta, size, oracle


def agrees(x, beta, g=None):
    """Compare value and all gradients with `exact`, and that the layout is kept."""
    x = x.detach().requires_grad_()
    beta = beta.detach().requires_grad_()
    g = torch.randn_like(x) if g is None else g
    y = fused_swish(x, beta)
    dx, dbeta = torch.autograd.grad(y, [x, beta], g)
    wanted_y, wanted_dx, wanted_dbeta, size, oracle = exact(x, beta, g)
    eps = torch.finfo(x.dtype).eps
    assert y.dtype == dx.dtype == x.dtype and y.shape == dx.shape == x.shape
    assert dbeta.dtype == beta.dtype and dbeta.shape == beta.shape
    room = 4 * eps * torch.clamp(x.detach().double().abs(), min=1) * max(1, beta.abs().max())
    assert ((y.double() - wanted_y).abs() <= room).all()
    assert ((dx.double() - wanted_dx).abs() <= room * (1 + g.double().abs())).all()
    finest = max(torch.finfo(beta.dtype).eps, 1.2e-7 if x.dtype != torch.float64 else 0)
    assert ((dbeta.double() - wanted_dbeta).abs() <= 4 * finest * size + 1e-15 * oracle).all()
    return y, dx


SHAPES = [(), (1,), (7,), (0,), (3, 0, 2), (1023,), (1025,), (2, 3), (5, 4, 3, 2), (70_001,)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_beta(shape, dtype, no_eager):
    for beta in (1.0, 0.0, -1.7, 30.0):
        agrees(torch.randn(shape, dtype=dtype) * 4, torch.tensor(beta, dtype=dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "shape",
    [(2, 3), (5, 1), (1, 4), (700, 3), (3, 2000), (0, 3), (2, 3, 1, 1), (4, 3, 5), (2, 17, 9, 7),
     (2, 3, 40, 40), (3, 2, 2, 3, 4), (2, 4, 0), (2, 4, 0, 3), (2, 1, 0)],
)  # fmt: skip
def test_a_beta_for_each_channel(shape, dtype, no_eager):
    agrees(torch.randn(shape, dtype=dtype) * 3, torch.randn(shape[1], dtype=dtype))


@pytest.mark.parametrize("shape", [(3, 0), (0, 0, 2), (2, 0, 5)])
def test_no_channel_at_all(shape, no_eager):
    x = torch.randn(shape, requires_grad=True)
    beta = torch.randn(0, requires_grad=True)
    y = fused_swish(x, beta)
    dx, dbeta = torch.autograd.grad(y.sum(), [x, beta])
    assert y.shape == dx.shape == x.shape and dbeta.shape == (0,)


@pytest.mark.parametrize("channels", [1, 3, 16, 1500])
@pytest.mark.parametrize("per_channel", [False, True])
def test_channels_last_is_kept(channels, per_channel, no_eager):
    x = torch.randn(2, channels, 5, 7).to(memory_format=torch.channels_last)
    beta = torch.randn(channels if per_channel else ())
    y, dx = agrees(x, beta)
    for each in (y, dx):
        assert each.is_contiguous(memory_format=torch.channels_last)
    # A gradient in another format is no harm.
    agrees(x, beta, torch.randn(2, channels, 5, 7))
    volume = torch.randn(2, channels, 3, 2, 2).to(memory_format=torch.channels_last_3d)
    y, _ = agrees(volume, beta)
    assert y.is_contiguous(memory_format=torch.channels_last_3d)


@pytest.mark.parametrize("per_channel", [False, True])
def test_what_is_dense_is_read_in_place(per_channel, monkeypatch):
    seen = []
    functions = native._functions(torch.float32)

    def watched(dtype):
        return tuple(lambda *args, f=f: seen.extend(args[:2]) or f(*args) for f in functions)

    monkeypatch.setattr(native, "_functions", watched)
    beta = torch.randn(3 if per_channel else ())
    for form in (torch.contiguous_format, torch.channels_last):
        x, g = (torch.randn(2, 3, 4, 5).to(memory_format=form) for _ in range(2))
        native.forward(x, beta)
        native.backward(g, x, beta)
        assert seen[0] == x.data_ptr() and seen[2:4] == [g.data_ptr(), x.data_ptr()]
        seen.clear()


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.randn(6, 4).T,
        lambda: torch.randn(1, 6).expand(4, 6),
        lambda: torch.randn(48)[::2].view(4, 6),
        lambda: torch.randn(30)[1:25].view(4, 6),  # dense, but not aligned
        lambda: torch.randn(4, 5, 6).permute(2, 0, 1),
    ],
)
@pytest.mark.parametrize("per_channel", [False, True])
def test_other_strides(make, per_channel, no_eager):
    x = make()
    agrees(x, torch.randn(x.shape[1] if per_channel else ()))
    agrees(x.contiguous(), torch.tensor(1.5), torch.tensor(1.0).expand(x.shape))


@given(
    dtype=st.sampled_from(DTYPES),
    beta=st.floats(-30, 30),
    values=st.lists(st.floats(-400, 400, width=16), min_size=1, max_size=40),
    repeats=st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_near_and_far_elements_side_by_side(dtype, beta, values, repeats):
    x = torch.tensor(values * repeats, dtype=dtype)
    agrees(x, torch.tensor(beta, dtype=dtype))
    betas = torch.tensor([beta, -beta, 0.5], dtype=dtype)
    agrees(torch.stack([x, -x, x], dim=1), betas)
    agrees(torch.stack([x, -x, x]).unsqueeze(0), betas)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(300_001,), (3, 5, 150, 151), (90_000, 3)])
def test_threads_share_the_work_and_change_nothing_else(dtype, shape, no_eager):
    x, g = torch.randn(shape, dtype=dtype), torch.randn(shape, dtype=dtype)
    beta = torch.randn(shape[1] if len(shape) > 1 else (), dtype=dtype)
    runs = []
    for count in (1, 2, 3, 3):
        torch.set_num_threads(count)
        runs.append((swish_forward(x, beta), *swish_backward(g, x, beta)))
    for run in runs[1:]:
        assert torch.equal(run[0], runs[0][0]) and torch.equal(run[1], runs[0][1])
        assert torch.allclose(run[2], runs[0][2], rtol=1e-6 if dtype != torch.bfloat16 else 1e-2)
    assert torch.equal(runs[2][2], runs[3][2])
    agrees(x, beta, g)


def test_large_tensors_have_several_threads_and_small_ones_one():
    code = """if True:
        import os, torch
        from swishdemo.kernels.autograd import swish_forward
        torch.set_num_threads(3)
        count = lambda: len(os.listdir("/proc/self/task"))
        x, beta = torch.empty(200_000), torch.ones(())
        swish_forward(x[:40_000], beta)
        before = count()
        swish_forward(x, beta)
        print(count() - before)
    """
    without_node = {**os.environ, "CXX": "no-such-compiler"}
    out, err = Program(["-c", code], ROOT, without_node).communicate(600)
    assert out.strip() == "2", err  # beside the first


def test_the_gradient_of_beta_is_summed_in_float64(no_eager):
    """A float32 running sum of these equal terms stops growing, or is off by percents."""
    x = torch.ones(2**24)
    beta = torch.tensor(1.0, requires_grad=True)
    fused_swish(x, beta).sum().backward()
    s = 1 / (1 + np.exp(-1.0))
    assert beta.grad.item() == pytest.approx(2**24 * s * (1 - s), rel=3e-7)


def float32_sample():
    """Every exponent of float32 with both signs, 512 significands each; and the range of tails."""
    random = np.random.default_rng(0)
    exponents = np.arange(255, dtype=np.uint32)[:, None] << 23
    positive = (exponents | random.integers(0, 1 << 23, (255, 512), dtype=np.uint32)).ravel()
    everywhere = np.concatenate([positive, positive | np.uint32(1 << 31)]).view(np.float32)
    return np.concatenate([everywhere, random.uniform(-110, 110, 200_000).astype(np.float32)])


def ulps(got, x):
    """Errors of x·σ(x) in units of the last place of the exact value."""
    x = x.astype(np.float64)
    e = np.exp(-np.abs(x))
    wanted = np.where(x < 0, x * e / (1 + e), x / (1 + e))
    _, exponent = np.frexp(wanted)
    ulp = np.ldexp(1.0, np.maximum(exponent - 24, -149))
    return np.abs(got.astype(np.float64) - wanted) / ulp


def test_three_ulp_over_all_of_float32():
    x = float32_sample()
    ours = ulps(fused_swish(torch.from_numpy(x), 1.0).numpy(), x)
    theirs = ulps(torch.nn.functional.silu(torch.from_numpy(x)).numpy(), x)
    print(f"worst error in ulp: fused {ours.max():.2f}, F.silu {theirs.max():.3g}")
    print(f"where |x| < 85: fused {ours[abs(x) < 85].max():.2f}, "
          f"F.silu {theirs[abs(x) < 85].max():.2f}")  # fmt: skip
    assert ours.max() < 3
    # One far element in a block sends all of it the careful way: no element may notice.
    alone = np.concatenate([fused_swish(torch.from_numpy(x[i:i + 1]), 1.0).numpy()
                            for i in range(0, len(x), 997)])  # fmt: skip
    assert ulps(alone, x[::997]).max() < 3


def test_float64_keeps_all_its_digits_in_both_tails():
    x = torch.linspace(-744, 744, 20_001, dtype=torch.float64)
    z = x.numpy()
    e = np.exp(-np.abs(z).astype(np.longdouble))
    wanted = np.where(z < 0, z * e / (1 + e), z / (1 + e))
    got = fused_swish(x, 1.0).numpy()
    assert np.all(np.abs(got - wanted) <= 4 * np.finfo(float).eps * np.abs(wanted) + 5e-324)


@pytest.mark.parametrize("dtype", DTYPES)
def test_limits(dtype, no_eager):
    x = torch.tensor([INF, -INF, NAN, 0.0, 3e38, -3e38], dtype=dtype)
    for beta, wanted in (
        (1.0, [INF, 0, NAN, 0, 3e38, 0]),
        (-1.0, [0, -INF, NAN, 0, 0, -3e38]),
        (0.0, [INF, -INF, NAN, 0, 1.5e38, -1.5e38]),
        (NAN, [NAN] * 6),
    ):
        for at in range(len(x)):  # alone, and with the others
            assert fused_swish(x[at : at + 1], beta).equal(fused_swish(x, beta)[at : at + 1]) or (
                np.isnan(wanted[at])
            )
        got = fused_swish(x, beta)
        assert torch.equal(torch.isnan(got), torch.isnan(torch.tensor(wanted)))
        wanted = torch.tensor(wanted, dtype=dtype)
        assert torch.allclose(got, wanted, rtol=1e-2, atol=0, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_at_the_limits(dtype, no_eager):
    x = torch.tensor([INF, -INF, 3e38, -3e38, 0.0], dtype=dtype, requires_grad=True)
    beta = torch.tensor(1.0, dtype=dtype, requires_grad=True)
    fused_swish(x, beta).backward(torch.ones_like(x))
    assert x.grad.tolist() == [1, 0, 1, 0, 0.5] and beta.grad.item() == 0
    bad = torch.tensor([1.0, NAN], dtype=dtype, requires_grad=True)
    fused_swish(bad, beta).sum().backward()
    assert torch.isfinite(bad.grad[0]) and torch.isnan(bad.grad[1]) and torch.isnan(beta.grad)


def test_denormals_survive(no_eager):
    tiny = torch.tensor([1e-40, -1e-45, -95.0])
    assert (fused_swish(tiny, 1.0) != 0).tolist() == [True, False, True]
    # The process's own arithmetic still makes them too: no flush to zero was set on loading.
    assert (torch.tensor(1e-38) * 0.01).item() != 0
    assert np.float32(1e-38) * np.float32(0.01) != 0


def test_first_and_second_derivatives(no_eager):
    x = torch.linspace(-6, 6, 12, dtype=torch.float64).reshape(2, 3, 2).requires_grad_()
    for beta in (torch.tensor(1.3), torch.tensor([0.5, -1.0, 0.0])):
        beta = beta.double().requires_grad_()
        for call in (fused_swish, swish_forward):
            assert gradcheck(call, (x, beta))
            assert gradgradcheck(call, (x, beta))
    (slope,) = torch.autograd.grad(fused_swish(x, 1.0).sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(bend.sum(), x)
    step = 1e-5
    with torch.no_grad():
        s = lambda z: torch.sigmoid(z)  # noqa: E731
        second = lambda z: s(z) * s(-z) * (2 + z * (s(-z) - s(z)))  # noqa: E731
        assert torch.allclose(bend, second(x))
        assert torch.allclose(third, (second(x + step) - second(x - step)) / (2 * step), atol=1e-8)


@pytest.mark.parametrize(
    ("dtype", "make", "channels"),
    [
        (torch.float32, lambda: torch.randn(4, 3, 2, 2), ()),
        (
            torch.float64,
            lambda: torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last),
            (3,),
        ),
        (torch.bfloat16, lambda: torch.randn(3, 4).T, (3,)),
        (torch.float32, lambda: torch.randn(0, 3), (3,)),
    ],
)
def test_opcheck(dtype, make, channels):
    x = make().to(dtype).requires_grad_()
    beta = torch.randn(channels, dtype=dtype, requires_grad=True)
    torch.library.opcheck(swish_forward, (x, beta))
    torch.library.opcheck(swish_backward, (torch.randn_like(x), x, beta))


def test_only_x_and_beta_are_saved():
    saved = {}

    def keep(tensor):
        saved[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        FusedSwish()(torch.randn(10_000, requires_grad=True))
    assert sum(saved.values()) == 40_004


def test_under_torch_compile_the_operator_stands_in_the_graph():
    torch._dynamo.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(str(graph.graph))
        return graph

    module = FusedSwish(1.3, channels=3)
    x = torch.randn(4, 3, requires_grad=True)
    compiled = torch.compile(module, fullgraph=True, backend=backend)
    assert torch.equal(compiled(x), module(x))
    assert len(graphs) == 1 and "swishdemo.swish" in graphs[0]
    traced = torch.compile(module, fullgraph=True, backend="aot_eager")
    wanted = torch.autograd.grad(module(x).sum(), [x, module.beta])
    for got, want in zip(
        torch.autograd.grad(traced(x).sum(), [x, module.beta]), wanted, strict=True
    ):
        assert torch.allclose(got, want)


def test_an_exported_model_needs_nothing_of_this_project():
    module = FusedSwish(1.3, channels=3)
    x = torch.randn(4, 3)
    exported = torch.export.export(module, (x,))
    assert "swishdemo" not in str(exported.graph) and "sigmoid" in str(exported.graph)
    assert torch.allclose(exported.module()(x), module(x))


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_a_traced_model_needs_nothing_of_this_project():
    module, x = FusedSwish(1.3), torch.randn(4, 3)
    traced = torch.jit.trace(module, (x,))
    assert "PythonOp" not in str(traced.graph) and "sigmoid" in str(traced.graph)
    assert torch.allclose(traced(x), module(x))


def test_transforms_of_torch_func():
    x = torch.linspace(-3, 3, 9, dtype=torch.float64)
    beta = torch.tensor(1.3, dtype=torch.float64)
    _, dx, *_ = exact(x, beta, torch.ones_like(x))
    slope = torch.func.grad(lambda each: fused_swish(each, beta))
    assert torch.allclose(torch.func.vmap(slope)(x), dx)
    _, tangent = torch.func.jvp(lambda each: fused_swish(each, beta), (x,), (torch.ones_like(x),))
    assert torch.allclose(tangent, dx)


def test_under_autocast(no_eager):
    layer, function = torch.nn.Linear(8, 8), FusedSwish()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = function(layer(torch.randn(4, 8)))
    y.float().sum().backward()
    assert y.dtype == torch.bfloat16 and function.beta.grad.dtype == torch.float32
    assert all(torch.isfinite(p.grad).all() for p in (*layer.parameters(), *function.parameters()))


@pytest.mark.parametrize("module", [FusedSwish(1.5), FusedSwish(0.7, channels=4)])
def test_copies_pickles_and_state(module):
    x = torch.randn(3, 4)
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    twins = [
        copy.deepcopy(module),
        pickle.loads(pickle.dumps(module)),
        torch.load(file, weights_only=False),
        FusedSwish(channels=module.beta.numel() if module.beta.dim() else None),
    ]
    assert list(module.state_dict()) == ["beta"]
    twins[-1].load_state_dict(module.state_dict())
    for twin in twins:
        assert torch.equal(twin(x), module(x))


def test_the_module_says_what_it_is():
    assert repr(FusedSwish(1.5, trainable=False)) == "FusedSwish(beta=1.5, trainable=False)"
    assert repr(FusedSwish(channels=3)) == "FusedSwish(channels=3, trainable=True)"
    assert not FusedSwish(trainable=False).beta.requires_grad
    x = torch.ones(3, requires_grad=True)
    FusedSwish(2.0, trainable=False)(x).sum().backward()
    s = 1 / (1 + np.exp(-2.0))
    assert x.grad[0].item() == pytest.approx(s + 2 * s * (1 - s))


@pytest.mark.parametrize("beta", [torch.ones(2), torch.ones(3, 1), torch.ones(0)])
@pytest.mark.parametrize("shape", [(4, 3), (3,), ()])
def test_a_beta_of_another_shape_is_refused(beta, shape):
    with pytest.raises(ValueError, match="one element, or one for each channel"):
        fused_swish(torch.randn(shape), beta)


def test_what_the_kernel_does_not_serve_is_eager():
    x = torch.randn(6, dtype=torch.float16, requires_grad=True)
    y = fused_swish(x, torch.tensor(1.5, dtype=torch.float16))
    assert y.dtype == torch.float16
    assert torch.allclose(y, (x * torch.sigmoid(1.5 * x)), atol=2e-3)
    on_meta = fused_swish(torch.empty(3, 2, device="meta"), torch.ones(2, device="meta"))
    assert on_meta.shape == (3, 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_timing_variant_passes_the_gate_by_the_kernel(dtype, no_eager):
    variant = REGISTRY.get("swish_fused_c")
    assert variant.unavailable_reason("cpu") is None
    assert variant.unavailable_reason("cuda") is not None
    assert check(variant, torch.device("cpu"), dtype).reason is None
    assert no_eager


def test_bfloat16_is_float32_rounded_to_nearest_even(no_eager):
    x = (torch.randn(20_000) * 20).bfloat16().requires_grad_()
    wide = x.detach().float().requires_grad_()
    y, wanted = fused_swish(x, 1.3), fused_swish(wide, 1.3)
    assert torch.equal(y, wanted.bfloat16())
    g = torch.randn_like(x)
    y.backward(g)
    wanted.backward(g.float())
    assert torch.equal(x.grad, wide.grad.bfloat16())
