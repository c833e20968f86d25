"""The Triton kernels: in Triton's interpreter on the CPU, compiled without a GPU, and on one."""

import importlib
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from swishdemo import kernels
from swishdemo.timing.variants import REGISTRY

ROOT = Path(__file__).parents[1]
needs_triton = pytest.mark.skipif(
    find_spec("triton") is None,
    reason="Triton is not installed: pip install -r tests/requirements-triton.txt",
)
SHAPES = """[
    ((), None), ((1,), None), ((0,), None), ((2047,), None), ((2048,), None), ((5001,), None),
    ((4, 3), None), ((7, 3), 3), ((0, 3), 3), ((1, 1), 1), ((70, 130), 130), ((33, 64), 64),
    ((2, 5, 9, 7), 5), ((2, 3, 40, 70), 3), ((3, 2, 2, 3, 4), 2), ((2, 17, 1), 17),
]"""
CHECK = """
def exact(x, beta, g):
    x, beta = (each.detach().double().requires_grad_() for each in (x, beta))
    betas = beta.reshape(-1, *[1] * (x.dim() - 2)) if beta.numel() > 1 else beta.reshape(())
    betas = betas.expand_as(x)
    y = x * torch.sigmoid(betas * x)
    dx, dbeta, terms = torch.autograd.grad(y, [x, beta, betas], g.double())
    axes = [axis for axis in range(x.dim()) if axis != 1 or beta.numel() == 1]
    size = terms.abs() * (1 + (betas * x).abs())
    return y, dx, dbeta, size.sum(axes) if axes else size


def close(got, wanted, room):
    assert got.shape == wanted.shape, (got.shape, wanted.shape)
    assert ((got.double() - wanted).abs() <= room).all(), (got.double() - wanted).abs().max()


def agrees(forward, backward, x, beta, g):
    eps, real = torch.finfo(x.dtype).eps, 1e-15 if x.dtype == torch.float64 else 1.2e-7
    y, (dx, dbeta) = forward(x, beta), backward(g, x, beta)
    wanted_y, wanted_dx, wanted_dbeta, size = exact(x, beta, g)
    assert y.dtype == dx.dtype == x.dtype and dbeta.dtype == beta.dtype
    assert y.stride() == dx.stride() == torch.empty_like(x, memory_format=dense_format(x)).stride()
    room = 4 * eps * x.double().abs().clamp(min=1) * max(1, beta.abs().max())
    close(y, wanted_y, room)
    close(dx, wanted_dx, room * (1 + g.double().abs()))
    finest = max(torch.finfo(beta.dtype).eps, real)
    close(dbeta, wanted_dbeta, 8 * finest * size + 1e-14)
"""
INTERPRETED = f"""
import torch
from swishdemo.kernels import cuda
from swishdemo.kernels.native import dense_format
{CHECK}
torch.manual_seed(0)
for dtype in cuda.DTYPES:
    for shape, channels in {SHAPES}:
        x, g = (torch.randn(shape) * 4).to(dtype), torch.randn(shape).to(dtype)
        one = [torch.tensor(value) for value in (1.3, 0.0, -30.0)]
        betas = [torch.randn(channels)] if channels else one
        for beta in betas:
            agrees(cuda.forward, cuda.backward, x, beta.to(dtype), g)
            agrees(cuda.forward, cuda.backward, x, beta, g)
        if x.dim() == 4:
            last = x.to(memory_format=torch.channels_last)
            for beta in (*betas, torch.tensor(0.7)):
                agrees(cuda.forward, cuda.backward, last, beta.to(dtype), g)
    x = (torch.randn(6, 4) * 4).to(dtype).T
    g, beta = torch.randn(4, 6).to(dtype), torch.randn(6).to(dtype)
    agrees(cuda.forward, cuda.backward, x, beta, g)
"""
IN_THE_ENGINE = """
import torch
from swishdemo.training.engine.activations import _swish, fused_swish, Operand
from swishdemo.training.engine.batch import Arena, CallTape

torch.manual_seed(0)
for replicas, groups, values, channels in ((3, 1, 700, 1), (4, 5, 33, 5), (2, 6, 40, 1)):
    for learned in (True, False):
        memory, sums, turned = [], [], []
        z, slope = torch.randn(replicas, groups, values) * 4, torch.randn(replicas, groups, values)
        beta = torch.randn(replicas, channels, 1)
        for form in (_swish, fused_swish):
            padded = torch.zeros(replicas, groups, values + 7)
            out, gradient = padded[..., :values], slope.clone()
            by_beta = torch.empty(replicas, groups, 1) if learned else None
            tape = CallTape(replicas, values, Arena(z), True)
            bound = form([Operand(beta, by_beta)], z, out, gradient, tape)
            for call in (*bound.forward, *bound.backward):
                call()
            assert not padded[..., values:].any()
            memory.append(out), turned.append(gradient), sums.append(by_beta)
        torch.testing.assert_close(*memory, rtol=2e-6, atol=2e-6)
        torch.testing.assert_close(*turned, rtol=2e-6, atol=2e-6)
        if learned:
            torch.testing.assert_close(*sums, rtol=2e-5, atol=2e-5)
"""
AUTOGRAD = """
import torch
from swishdemo.kernels import cuda, function
from swishdemo.kernels.function import _Eager
function._kernel = lambda x: cuda
x = torch.linspace(-6, 6, 12, dtype=torch.float64).reshape(2, 3, 2).requires_grad_()
for beta in (torch.tensor(1.3).double(), torch.tensor([0.5, -1.0, 0.0]).double()):
    beta.requires_grad_()
    assert torch.autograd.gradcheck(_Eager.apply, (x, beta))
    assert torch.autograd.gradgradcheck(_Eager.apply, (x, beta))
"""
LIMITS = """
import torch
from swishdemo.kernels import cuda
inf = float("inf")
for dtype in cuda.DTYPES:
    most = torch.finfo(dtype).max
    x = torch.tensor([inf, -inf, most, -most, 0.0], dtype=dtype)
    one = torch.tensor(1.0, dtype=dtype)
    assert cuda.forward(x, one).tolist() == [inf, 0, most, 0, 0]
    assert cuda.forward(x, -one).tolist() == [0, -inf, 0, -most, 0]
    dx, dbeta = cuda.backward(torch.ones_like(x), x, one)
    assert dx.tolist() == [1, 0, 1, 0, 0.5] and dbeta.item() == 0
    bad = torch.tensor([1.0, float("nan")], dtype=dtype)
    assert cuda.forward(bad, one).isnan().tolist() == [False, True]
    dx, dbeta = cuda.backward(torch.ones_like(bad), bad, one)
    assert dx.isnan().tolist() == [False, True] and dbeta.isnan()
"""
COMPILED = r"""
import re
import sys
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from swishdemo.kernels import cuda_tiles
for kind in ("fp32", "fp64", "bf16", "fp16"):
    real = "fp64" if kind == "fp64" else "fp32"
    pointers = {name: "*" + kind for name in ("g", "x", "y", "dx")}
    pointers |= {name: "*" + real for name in ("beta", "parts")}
    for tile in ((1, 2048, False), (32, 64, False), (32, 64, True)):
        constants = dict(zip(("ROWS", "COLUMNS", "DOWN"), tile))
        for kernel in (cuda_tiles.forward, cuda_tiles.backward):
            types = {name: pointers.get(name, "constexpr" if name in constants else "i32")
                     for name in kernel.arg_names}
            aligned = {(at,): [["tt.divisibility", 16]] for at, name in enumerate(types)
                       if name in pointers or name in ("columns", "stride")}
            source = ASTSource(kernel, types, constexprs=constants, attrs=aligned)
            text = triton.compile(source, target=GPUTarget("cuda", int(sys.argv[1]), 32)).asm["ptx"]
            words = set(re.findall(r"(?:ld|st)[.]global[.]v[24][.]b[36][24]", text))
            print(kind, *tile, len(words))
            assert not re.search(r"[^a-z](atom|red)[.]", text)
"""


GPUS = {75: "T4", 80: "A100", 86: "A10", 89: "L4", 90: "H200", 100: "B200", 120: "RTX Pro 6000"}
"""Each compute capability that PyTorch's builds serve, and a card that has it."""


def run(code, tmp_path, *arguments, **environ):
    environ = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path), **environ}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environ,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_triton
@pytest.mark.parametrize(
    "code",
    [INTERPRETED, AUTOGRAD, LIMITS, IN_THE_ENGINE],
    ids=["all", "twice", "limits", "in the engine"],
)
def test_values_and_gradients_in_the_interpreter(code, tmp_path):
    run(code, tmp_path, TRITON_INTERPRET="1")


@needs_triton
@pytest.mark.parametrize("capability", GPUS, ids=[f"sm_{each}" for each in GPUS])
def test_it_compiles_for_a_gpu_that_is_not_here_and_moves_16_bytes_at_once(tmp_path, capability):
    lines = run(COMPILED, tmp_path, str(capability)).splitlines()
    assert len(lines) == 24
    assert all(line.endswith(" 2") for line in lines), lines  # loads, and stores


class Launches:
    """What stands for a Triton kernel: each launch tells on what device it is."""

    def __init__(self):
        self.device, self.on = None, []

    def __getitem__(self, grid):
        return lambda *_: self.on.append(self.device)

    @contextmanager
    def of(self, tensor):
        self.device = tensor.device
        yield
        self.device = None


def test_a_launch_is_on_the_device_of_its_input(monkeypatch):
    """Without a GPU: the device that is current when the kernel is launched."""
    launches = Launches()
    triton = SimpleNamespace(cdiv=lambda a, b: -(-a // b), next_power_of_2=lambda n: n)
    tiles = SimpleNamespace(forward=launches, backward=launches)
    monkeypatch.setitem(sys.modules, "triton", triton)
    monkeypatch.setitem(sys.modules, "swishdemo.kernels.cuda_tiles", tiles)
    monkeypatch.setattr(kernels, "cuda_tiles", tiles, raising=False)
    monkeypatch.delitem(sys.modules, "swishdemo.kernels.cuda", raising=False)
    monkeypatch.setattr(torch.cuda, "device_of", launches.of)
    cuda = importlib.import_module("swishdemo.kernels.cuda")
    x, beta = torch.randn(4, 3), torch.ones(())
    cuda.forward(x, beta)
    cuda.backward(x, x, beta)
    monkeypatch.delitem(sys.modules, "swishdemo.kernels.cuda")
    assert launches.on == [x.device] * 2


def test_the_timing_variant_is_for_gpus_and_says_why_not():
    variant = REGISTRY.get("swish_triton")
    assert variant.unavailable_reason("cpu").key == "time.unavailable.not_on_device"
    assert variant.trainable == ("beta",)
    if not torch.cuda.is_available():
        assert variant.unavailable_reason("cuda") is not None


def test_without_triton_its_variant_says_so(monkeypatch):
    from swishdemo.timing import host_card, variants

    monkeypatch.setattr(variants, "missing_cuda", lambda: None)
    monkeypatch.setattr(host_card, "find_spec", lambda name: None)
    reason = REGISTRY.get("swish_triton").unavailable_reason("cuda")
    assert reason.sentence() == "Triton is not installed"


def test_a_build_of_torch_with_cuda_brings_a_triton_that_is_admitted():
    wanted = (ROOT / "tests" / "requirements-triton.txt").read_text().strip()
    assert re.fullmatch(r"triton>=3\.\d+,<4", wanted)
