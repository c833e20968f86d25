"""Does our timer say what PyTorch's own says?

Ten pairs, interleaved in one run: the median of `swishdemo.timing` against
`torch.utils.benchmark` on the same statement, in the same process. Prints each pair's ratio and
their median, which should be within 3 % of 1.

    python tests/benchmarks/bench_timer.py [elements ...]
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch.utils.benchmark import Timer

from swishdemo.timing import REGISTRY, TimingRequest
from swishdemo.timing.loop import Plan, Track, rounds, warm_up
from swishdemo.timing.workload import workload

STATEMENTS = {
    "silu": "torch.autograd.grad(torch.nn.functional.silu(x), [x], g)",
    "swish_eager": "torch.autograd.grad(x * torch.sigmoid(x), [x], g)",
    "relu": "torch.autograd.grad(torch.nn.functional.relu(x), [x], g)",
}
PAIRS = 10
SECONDS = 0.4


def main(sizes: list[int]) -> None:
    torch.set_num_threads(1)
    for elements in sizes:
        generator = torch.Generator().manual_seed(0)
        x, g = (torch.randn(elements, generator=generator) for _ in range(2))
        x.requires_grad_()
        for name, statement in STATEMENTS.items():
            request = TimingRequest(activation="swish", variants=(name,), elements=(elements,))
            calls = workload(REGISTRY.get(name), request, x, g, time.perf_counter)
            theirs = Timer(statement, globals={"torch": torch, "x": x, "g": g}, num_threads=1)
            plan = Plan(fewest_rounds=9, most_rounds=200, budget_seconds=SECONDS, settled=0)
            ratios = []
            for pair in range(PAIRS):
                # Whoever is second profits, or suffers, from the first: take turns.
                if pair % 2:
                    other = theirs.blocked_autorange(min_run_time=SECONDS).median
                    ours = _ours(Track(calls), plan)
                else:
                    ours = _ours(Track(calls), plan)
                    other = theirs.blocked_autorange(min_run_time=SECONDS).median
                ratios.append(ours / other)
            middle = statistics.median(ratios)
            print(
                f"{name:12} {elements:>9} elements: ours ÷ torch.utils.benchmark "
                f"{middle:.3f}  (pairs {min(ratios):.3f} to {max(ratios):.3f})"
                f"{'' if abs(middle - 1) <= 0.03 else '  OUTSIDE 3 %'}",
                flush=True,
            )


def _ours(track: Track, plan: Plan) -> float:
    for _ in warm_up(track, plan, time.perf_counter):
        pass
    for _ in rounds([track], plan, time.perf_counter):
        pass
    return statistics.median(track.blocks)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [2**12, 2**20])
