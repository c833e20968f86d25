"""What does trainable β cost in the fused kernel, beside `F.silu`, which has none?

Forward and backward, float32, one thread, through autograd, in processor time; all that is compared
runs in turn in one process, whose allocator keeps large blocks (the script starts itself again with
GLIBC_TUNABLES set). Prints for each size the median of the ratios of rounds to `F.silu`'s with its
quartiles, and the share of the copy limit: 2.5 times the time that `copy_` takes for the tensor.
Then the same for whole training steps (loss, backward, fused SGD; batches of 128) of three small
networks, beside those of ReLU. The node of autograd is built first where it is not there.

    python tests/benchmarks/bench_kernels.py [log2 of elements ...] [nets]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch import nn
from torch.nn import functional as F

from swishdemo import FusedSwish, ParametricSwish, fused_swish
from swishdemo.activations.swish import swish
from swishdemo.kernels import autograd, function

TUNABLES = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184"
BASELINE, COPY = "F.silu", "2.5 × copy_"
ROUND_SECONDS = 0.03
ROUNDS = 25


def main(words: list[str]) -> None:
    torch.set_num_threads(1)
    autograd.build()
    for word in words or ["8", "20", "22", "24", "nets"]:
        if word == "nets":
            for title, network, shape in NETWORKS:
                steps = {name: _step(network, form, shape) for name, form in FORMS.items()}
                _compare(f"a step of {title}", steps, RELU)
        else:
            _compare(f"2^{word} elements", _calls(2 ** int(word)), BASELINE)


def _compare(title: str, calls: dict[str, Callable[[], object]], base: str) -> None:
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
    print(f"{title}: {base} {median(processor[base]) * 1e6:.1f} µs")
    for name in calls:
        low, middle, high = quantiles(_ratios(processor, name, base), n=4)
        limit = ""
        if COPY in calls:
            limit = f"   {median(_ratios(processor, name, COPY)):6.2f} × copy limit"
        print(
            f"  {name:18} {middle:6.3f} × {base} ({low:.3f}–{high:.3f}; wall "
            f"{median(_ratios(wall, name, base)):.3f}){limit}",
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
        "the same, Python": lambda: grad(function._Eager.apply(x, beta), both, g),
        "tuned eager, β": lambda: grad(swish(x, beta), both, g),
        "eager, β": lambda: grad(x * torch.sigmoid(beta * x), both, g),
    }


def _mlp(*widths: int) -> Callable[[type[nn.Module]], nn.Module]:
    def network(form: type[nn.Module]) -> nn.Module:
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), form()]
        return nn.Sequential(*layers[:-1])

    return network


def _cnn(form: type[nn.Module]) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), form(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), form(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


RELU = "ReLU"
FORMS = {
    RELU: nn.ReLU,
    "SiLU": nn.SiLU,
    "fused C, β": FusedSwish,
    "tuned eager, β": ParametricSwish,
}
NETWORKS = (
    ("MLP 64-64-64-10", _mlp(64, 64, 64, 10), (64,)),
    ("MLP 784-512-512-10", _mlp(784, 512, 512, 10), (784,)),
    ("CNN 8-16", _cnn, (1, 8, 8)),
)


def _step(
    network: Callable[[type[nn.Module]], nn.Module], form: type[nn.Module], shape: tuple[int, ...]
) -> Callable[[], object]:
    torch.manual_seed(0)
    model = network(form)
    x, labels = torch.randn(128, *shape), torch.randint(10, (128,))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


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
    main(sys.argv[1:])
