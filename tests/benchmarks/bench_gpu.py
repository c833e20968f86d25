"""How much of a GPU's copying speed do the forms of Swish with a trainable β reach?

Forward and backward of 2^26 elements, timed by CUDA events, all in turn in each round. Forward
moves two elements for each of the tensor and backward three, dβ's sums included, so that `copy_`,
which moves two, sets the limits 1 and 1.5 times its time. Prints each form's share of the limit,
the median of rounds; and of the Triton kernel what it misses of the goal.

    python tests/benchmarks/bench_gpu.py [log2 of elements]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch.nn import functional as F

from swishdemo import fused_swish

ROUNDS, CALLS = 30, 10
GOAL = 0.94
"""What PyTorch's own SiLU reaches of a card's bandwidth."""


def main(exponent: int) -> None:
    if not torch.cuda.is_available():
        sys.exit("there is no CUDA device here")
    print(torch.cuda.get_device_name(), f"torch {torch.__version__}, 2^{exponent} elements")
    missed = []
    for dtype in (torch.float32, torch.bfloat16):
        calls = _calls(2**exponent, dtype)
        seconds = {name: [] for name in calls}
        for call in calls.values():
            _seconds(call)  # compiles
        for _ in range(ROUNDS):
            for name, call in calls.items():
                seconds[name].append(_seconds(call))
        copy = median(seconds["copy_"])
        speed = 2 * 2**exponent * dtype.itemsize / copy / 1e9
        print(f"{dtype}: copy_ {copy * 1e6:.0f} µs, {speed:.0f} GB/s")
        for name, taken in seconds.items():
            limit = 1.5 if "backward" in name else 1
            share = median(limit * c / t for c, t in zip(seconds["copy_"], taken, strict=True))
            print(f"  {name:32} {median(taken) * 1e6:8.0f} µs  {share:6.1%} of the copy limit")
            if name.startswith("Triton") and share < GOAL:
                missed.append(f"{dtype} {name}: {share:.1%}")
    told = f"missed by {'; '.join(missed)}" if missed else "met by every pass of the Triton kernel"
    print(f"goal, {GOAL:.0%} of the copy limit: {told}")


def _calls(elements: int, dtype: torch.dtype) -> dict[str, Callable[[], object]]:
    x, g = (torch.randn(elements, device="cuda").to(dtype) for _ in range(2))
    target = torch.empty_like(x)
    beta = torch.ones((), device="cuda", requires_grad=True)
    compiled = torch.compile(lambda x, beta: x * torch.sigmoid(beta * x))
    forms = {
        "Triton, β": lambda x: fused_swish(x, beta),
        "Triton, no β": lambda x: fused_swish(x, beta.detach()),
        "F.silu, no β": F.silu,
        "torch.compile, β": lambda x: compiled(x, beta),
        "eager, β": lambda x: x * torch.sigmoid(beta * x),
    }
    calls: dict[str, Callable[[], object]] = {"copy_": lambda: target.copy_(x)}
    for name, form in forms.items():
        leaf = x.detach().requires_grad_()
        inputs = [leaf] if "no β" in name else [leaf, beta]
        y = form(leaf)
        calls[f"{name}, forward"] = torch.no_grad()(lambda form=form: form(x))
        calls[f"{name}, backward"] = lambda y=y, inputs=inputs: torch.autograd.grad(
            y, inputs, g, retain_graph=True
        )
    return calls


def _seconds(call: Callable[[], object]) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    for _ in range(CALLS):
        call()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3 / CALLS


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 26)
