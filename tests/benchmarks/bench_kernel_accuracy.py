"""The worst error of the fused kernel at β = 1 over all 2^32 float32 numbers, beside `F.silu`'s.

In units of the last place of the exact x·σ(x), which float64 gives with 29 bits to spare.

    python tests/benchmarks/bench_kernel_accuracy.py [part parts]

With `part` (from 0) and `parts`, that share of the numbers alone: all take some ten minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch import Tensor
from torch.nn import functional as F

from swishdemo import fused_swish

CHUNK = 2**22
SMALLEST = 2.0**-149
FORMS = {"fused C": lambda x: fused_swish(x, 1.0), "F.silu": F.silu}


def main(part: int = 0, parts: int = 1) -> None:
    torch.set_num_threads(1)
    one = torch.ones((), dtype=torch.float64)
    worst = {(name, where): (-1.0, 0.0) for name in FORMS for where in ("all", "|x| < 85")}
    steps = torch.arange(CHUNK, dtype=torch.int32)
    seen = 0
    for start in range(-(2**31) + part * CHUNK, 2**31, parts * CHUNK):
        x = (steps + start).view(torch.float32)
        if not torch.isfinite(x[-1]) and not torch.isfinite(x[0]):
            continue
        x = x[torch.isfinite(x)]
        seen += x.numel()
        exact = _exact(x.double())
        ulp = torch.ldexp(one.expand_as(exact), torch.frexp(exact).exponent - 24).clamp_(
            min=SMALLEST
        )
        for name, form in FORMS.items():
            error = (form(x).double() - exact).abs_().div_(ulp).nan_to_num_(nan=float("inf"))
            _note(worst, (name, "all"), error, x)
            _note(worst, (name, "|x| < 85"), torch.where(x.abs() < 85, error, 0), x)
    print(f"{seen} finite float32 numbers")
    for (name, where), (error, at) in worst.items():
        print(f"{name:8} {where:9} worst error {error:.4g} ulp at x = {at:.9g}")


def _exact(x: Tensor) -> Tensor:
    e = torch.exp(-x.abs())
    return torch.where(x < 0, x * e, x) / (1 + e)


def _note(
    worst: dict[tuple[str, str], tuple[float, float]],
    key: tuple[str, str],
    error: Tensor,
    x: Tensor,
) -> None:
    size, index = error.max(0)
    if size.item() > worst[key][0]:
        worst[key] = (size.item(), x[index].item())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
