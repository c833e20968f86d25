"""What does trainable β cost in the fused kernel, beside `F.silu`, which has none?

Forward and backward, float32, one thread, through autograd, in processor time; all that is compared
runs in turn in one process, whose allocator keeps large blocks (the script starts itself again with
GLIBC_TUNABLES set). Prints for each size the median of the ratios of rounds to `F.silu`'s with its
quartiles, and the share of the copy limit: 2.5 times the time that `copy_` takes for the tensor.

    python tests/benchmarks/bench_kernels.py [log2 of elements ...]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch.nn import functional as F

from swishdemo import fused_swish
from swishdemo.activations.functional import swish

TUNABLES = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184"
BASELINE, COPY = "F.silu", "2.5 × copy_"
ROUND_SECONDS = 0.03
ROUNDS = 25


def main(exponents: list[int]) -> None:
    torch.set_num_threads(1)
    for exponent in exponents:
        calls = _calls(2**exponent)
        processor = {name: [] for name in calls}
        wall = {name: [] for name in calls}
        repeats = {name: _repeats(call) for name, call in calls.items()}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                factor = (2.5 if name == COPY else 1) / repeats[name]
                began, began_wall = time.process_time(), time.perf_counter()
                for _ in range(repeats[name]):
                    call()
                processor[name].append((time.process_time() - began) * factor)
                wall[name].append((time.perf_counter() - began_wall) * factor)
        print(f"2^{exponent} elements: F.silu {median(processor[BASELINE]) * 1e6:.1f} µs")
        for name in calls:
            low, middle, high = quantiles(_ratios(processor, name, BASELINE), n=4)
            print(
                f"  {name:16} {middle:6.3f} × F.silu ({low:.3f}–{high:.3f}; wall "
                f"{median(_ratios(wall, name, BASELINE)):.3f})"
                f"   {median(_ratios(processor, name, COPY)):6.2f} × copy limit",
                flush=True,
            )


def _calls(elements: int) -> dict[str, Callable[[], object]]:
    generator = torch.Generator().manual_seed(0)
    x, g = (torch.randn(elements, generator=generator) for _ in range(2))
    source, target = x.clone(), torch.empty_like(x)
    x.requires_grad_()
    beta = torch.ones((), requires_grad=True)
    plain, both = (x,), (x, beta)
    grad = torch.autograd.grad
    return {
        BASELINE: lambda: grad(F.silu(x), plain, g),
        COPY: lambda: target.copy_(source),
        "F.relu": lambda: grad(F.relu(x), plain, g),
        "fused C, β": lambda: grad(fused_swish(x, beta), both, g),
        "tuned eager, β": lambda: grad(swish(x, beta), both, g),
        "eager, β": lambda: grad(x * torch.sigmoid(beta * x), both, g),
    }


def _ratios(seconds: dict[str, list[float]], name: str, base: str) -> list[float]:
    return [a / b for a, b in zip(seconds[name], seconds[base], strict=True)]


def _repeats(call: Callable[[], object]) -> int:
    call()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < ROUND_SECONDS:
        call()
        count += 1
    return count


if __name__ == "__main__":
    if os.environ.get("GLIBC_TUNABLES") != TUNABLES:
        os.environ["GLIBC_TUNABLES"] = TUNABLES
        os.execv(sys.executable, [sys.executable, *sys.argv])
    main([int(word) for word in sys.argv[1:]] or [8, 20, 22, 24])
