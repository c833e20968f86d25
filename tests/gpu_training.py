"""Runs on a GPU, compared: on a real one by ``-m gpu``, on the pretended one by each test run."""

from __future__ import annotations

import gc
import math
import os
from typing import Any

import torch

from swishdemo.text import Sentence
from swishdemo.training.config import TrainingConfig
from swishdemo.training.recipes import recipes
from swishdemo.training.report import Report
from swishdemo.training.run import Run

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # as that asks for

RECIPES = {recipe.name: recipe.config for recipe in recipes()}


def reports(config: TrainingConfig, *, graphs: bool = True) -> tuple[list[Report], Any]:
    """A run's reports, and where it said that it was computed."""
    found = [item for item in Run(config, graphs=graphs) if isinstance(item, Report)]
    return found, [report.place for report in found if report.place][-1]


def farthest(one: list[Report], other: list[Report]) -> float:
    """The largest relative difference of two runs' losses; infinite where one has diverged."""
    assert [report.step for report in one] == [report.step for report in other]
    worst = 0.0
    for here, there in zip(one, other, strict=True):
        for first, second in zip(here.loss, there.loss, strict=True):
            if first is None or second is None:
                worst = worst if first is second else math.inf
            else:
                worst = max(worst, abs(first - second) / max(abs(second), 1e-9))
    return worst


def numbers(found: list[Report]) -> list[Any]:
    """What must be equal bit for bit."""
    told = [report.as_json() for report in found]
    return [
        {name: value for name, value in each.items() if name not in ("elapsed_seconds", "place")}
        for each in told
    ]


def compared(name: str, steps: int) -> dict[str, Any]:
    """A recipe by graphs, by graphs again, call by call, and on the CPU for its first steps."""
    torch.set_deterministic_debug_mode("error")  # it refuses what may vary
    try:
        config = RECIPES[name].replace(device="cuda", steps=steps)
        by_graph, place = reports(config)
        again, _ = reports(config)
        by_calls, plain = reports(config, graphs=False)
        few = config.replace(steps=5)
        on_card, on_cpu = reports(few)[0], reports(few.replace(device="cpu"))[0]
    finally:
        torch.set_deterministic_debug_mode("default")
    return {
        "graph": place.graph,
        "why": Sentence.from_json(place.graph_why).sentence() if place.graph_why else "",
        "plain": plain.graph,
        "repeats": numbers(by_graph) == numbers(again),
        "to calls": farthest(by_graph, by_calls),
        "to the CPU": farthest(on_card, on_cpu),
    }


def kept_memory() -> int:
    """Bytes that a run leaves behind on the device."""
    config = RECIPES["beta-convergence"].replace(device="cuda", steps=20)
    reports(config)
    gc.collect()
    before = torch.cuda.memory_allocated()
    reports(config)
    gc.collect()
    return torch.cuda.memory_allocated() - before


def continued() -> float:
    """How far a run with dropout that was left and continued is from one that was not."""
    config = TrainingConfig(
        seeds=2, steps=24, dropout=0.3, network="mlp", optimiser="adam", lr=0.003, device="cuda"
    )
    whole, _ = reports(config)
    run, before = Run(config), []
    while len(before) < 10 or run.checkpoint() is None:
        item = next(run)
        before += [item] if isinstance(item, Report) else []
    checkpoint = run.checkpoint()
    run.close()
    after = [i for i in Run(config, checkpoint=checkpoint) if isinstance(i, Report)]
    return farthest([*before, *after], whole)
