"""What needs a CUDA device: `python -m pytest -m gpu` runs it all."""

from importlib.util import find_spec

import pytest
import torch
from test_kernels_triton import CHECK, SHAPES
from torch.autograd import gradcheck, gradgradcheck

from swishdemo import FusedSwish, fused_swish
from swishdemo.kernels.autograd import swish_backward, swish_forward
from swishdemo.kernels.native import dense_format
from swishdemo.timing.implementations import check
from swishdemo.timing.variants import REGISTRY

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
    pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed"),
]
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "channels"), eval(SHAPES))
def test_values_and_gradients(dtype, shape, channels):
    names = {"torch": torch, "dense_format": dense_format}
    exec(CHECK, names)
    x, g = ((torch.randn(shape, device="cuda") * 4).to(dtype) for _ in range(2))
    beta = torch.randn(() if channels is None else channels, device="cuda")
    forms = [torch.contiguous_format] + [torch.channels_last] * (x.dim() == 4)
    for form in forms:
        names["agrees"](swish_forward, swish_backward, x.to(memory_format=form), beta, g)


def test_autograd_twice_and_the_kernel_is_what_runs():
    x = torch.linspace(-6, 6, 12, dtype=torch.float64, device="cuda").reshape(2, 3, 2)
    beta = torch.tensor([0.5, -1.0, 0.0], dtype=torch.float64, device="cuda", requires_grad=True)
    assert gradcheck(fused_swish, (x.requires_grad_(), beta))
    assert gradgradcheck(fused_swish, (x, beta))
    assert "_Eager" in fused_swish(x, beta).grad_fn.name()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_sums_each_time(dtype):
    x, g = (torch.randn(3, 5, 300, 301, device="cuda").to(dtype) for _ in range(2))
    for beta in (torch.ones((), device="cuda"), torch.ones(5, device="cuda")):
        first, second = (swish_backward(g, x, beta)[1] for _ in range(2))
        assert torch.equal(first, second)


def test_under_autocast_compile_and_in_a_graph():
    layer, module = torch.nn.Linear(8, 8).cuda(), FusedSwish(1.3, channels=8).cuda()
    x = torch.randn(4, 8, device="cuda")
    with torch.autocast("cuda", dtype=torch.bfloat16):
        y = module(layer(x))
    y.float().sum().backward()
    assert y.dtype == torch.bfloat16 and module.beta.grad.isfinite().all()
    assert torch.allclose(torch.compile(module, fullgraph=True)(x), module(x), atol=1e-6)


@pytest.mark.parametrize("name", [v.name for v in REGISTRY.all() if "cuda" in v.devices])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_variant_passes_the_gate_or_says_why_it_is_unavailable(name, dtype):
    variant = REGISTRY.get(name)
    reason = variant.unavailable_reason("cuda")
    if reason:
        pytest.skip(reason.sentence())
    assert check(variant, torch.device("cuda"), dtype).reason is None


def test_more_elements_than_an_int32_counts():
    free, _ = torch.cuda.mem_get_info()
    if free < 12 * 2**30:
        pytest.skip("needs 12 GB of free GPU memory")
    x = torch.zeros(2**31 + 5, dtype=torch.bfloat16, device="cuda")
    x[-1] = 3
    assert fused_swish(x, 1.0)[-1].item() == pytest.approx(2.8577, rel=1e-2)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_it_runs_on_the_device_of_its_input():
    x = torch.randn(4, 3, device="cuda:1", requires_grad=True)
    with torch.cuda.device(0):
        y = FusedSwish(1.3).to("cuda:1")(x)
        y.sum().backward()
    assert y.device == x.grad.device == x.device
    assert torch.allclose(y, x * torch.sigmoid(1.3 * x), atol=1e-6)
