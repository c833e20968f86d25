"""How much of a GPU's copying speed do the forms of Swish reach, and what is training worth there?

Forward and backward of 2^26 elements, timed by CUDA events, all in turn in each round. Forward
moves two elements for each of the tensor and backward three, dβ's sums included, so that `copy_`,
which moves two, sets the limits 1 and 1.5 times its time. Prints each form's share of the limit,
the median of rounds; and of the Triton kernel what it misses of the goal.

Then training steps of β convergence, as a CUDA graph, call by call and on one thread of the CPU, in
turn; and of the spiral, for more and more networks. A replica·step is a step of one network, a
sample·replica a sample that one network learns from. Goals stand beside what was reached.

    python tests/benchmarks/bench_gpu.py [log2 of elements]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch.nn import functional as F

from swishdemo import fused_swish
from swishdemo.training import Report, TrainingConfig, recipes, replicas
from swishdemo.training.engine import activations
from swishdemo.training.run import Run

ROUNDS, CALLS = 30, 10
GOAL = 0.94
"""What PyTorch's own SiLU reaches of a card's bandwidth."""
TURNS, GOAL_FACTOR, GOAL_SAMPLES = 5, 5.0, 1e8
WIDTHS = (128, 512, 2048, 4096)
"""Networks on the spiral."""


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
    training("cuda")


def training(device: str, turns: int = TURNS, steps: int = 200) -> dict[str, float]:
    """Print and return how fast training is: replica·steps/s, and samples·replicas/s."""
    configs = {recipe.name: recipe.config for recipe in recipes()}
    found = {}
    wide = configs["beta-convergence"]
    sides = {
        "graph": Stepper(wide, device),
        "calls": Stepper(wide, device, graphs=False),
        "cpu": Stepper(wide, "cpu"),
    }
    if find_spec("triton"):
        with patch.object(activations, "FUSED_ON_CUDA", True):
            sides["fused"] = Stepper(wide, device)
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, side in sides.items():
            count = steps if name != "cpu" else max(1, steps // 5)
            rates[name].append(len(replicas(wide)) * count / side.seconds(count))
    found |= {name: median(of) for name, of in rates.items()}
    print(f"β convergence, {len(replicas(wide))} networks; {sides['graph'].how}")
    for name in ("calls", "cpu"):
        factor = median(a / b for a, b in zip(rates["graph"], rates[name], strict=True))
        told = f"{found['graph']:.3g} against {found[name]:.3g} replica·steps/s, {factor:.1f} ×"
        print(f"  a graph against {name:6} {told}{_goal(factor, GOAL_FACTOR, ' ×')}")
    if "fused" in sides:
        gain = median(a / b for a, b in zip(rates["fused"], rates["graph"], strict=True))
        print(f"  with the fused kernel of Swish: {gain:.2f} × (FUSED_ON_CUDA, off)")
    spiral = configs["playground-spiral"]
    groups = len(replicas(spiral)) // spiral.seeds
    for width in WIDTHS:
        config = spiral.replace(seeds=max(1, width // groups))
        side, count = Stepper(config, device), len(replicas(config))
        seconds = min(side.seconds(steps) for _ in range(turns))
        found[f"spiral {width}"] = rate = config.batch * count * steps / seconds
        print(f"  the spiral, {count:5} networks: {rate / 1e6:8.1f} M samples·replicas/s")
    best = max(rate for name, rate in found.items() if "spiral" in name)
    print(f"  the best: {best / 1e6:.1f} M/s{_goal(best / 1e6, GOAL_SAMPLES / 1e6, ' M/s')}")
    return found


class Stepper:
    """A run that takes steps when it is told to, and makes no reports meanwhile."""

    def __init__(self, config: TrainingConfig, device: str, *, graphs: bool = True) -> None:
        steps = 10**5  # more than are taken
        self._run = Run(config.replace(device=device, steps=steps), graphs=graphs)
        while not isinstance(next(self._run), Report):
            pass
        self._device, self._taken = device, 0
        self.seconds(10)  # warms up, and captures

    @property
    def how(self) -> str:
        """Whether a step is a graph."""
        steps = self._run._steps
        return "each step is one CUDA graph" if steps.graph else f"no graph: {steps.no_graph}"

    def seconds(self, count: int) -> float:
        """Of so many steps."""
        self._wait()
        start = time.perf_counter()
        for _ in range(count):
            for _ in self._run._steps.take(self._taken, measured=False):
                pass
            self._taken += 1
        self._wait()
        return time.perf_counter() - start

    def _wait(self) -> None:
        if self._device == "cuda":
            torch.cuda.synchronize()


def _goal(reached: float, goal: float, unit: str) -> str:
    return f"  (goal {goal:g}{unit}{'' if reached >= goal else ': missed'})"


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
