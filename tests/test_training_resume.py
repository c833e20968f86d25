"""A run that is left between two steps and continued elsewhere is the run that was not left."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import islice

import pytest

from swishdemo.training import TrainingConfig
from swishdemo.training.recipes import recipes
from swishdemo.training.report import Report
from swishdemo.training.run import Run, train

VARIED = {
    "adam": {"optimiser": "adam", "weight_decay": 1e-3},
    "adamw": {"optimiser": "adamw", "weight_decay": 1e-3},
    "nesterov": {"optimiser": "nesterov", "momentum": 0.9, "clip": 0.5},
    "sgd": {"optimiser": "sgd"},
    "dropout": {"dropout": 0.3, "network": "mlp", "depth": 3},
    "batch": {"normalisation": "batch", "network": "mlp", "depth": 3},
    "layer": {"normalisation": "layer", "network": "residual_mlp", "depth": 4},
    "channel": {"beta_scope": "channel"},
    "softplus": {"beta_form": "softplus"},
    "typed": {"rivals": ("=x*tanh(a*x)", "relu")},
    "schedule": {"schedule": "cosine"},
    "amp": {"amp": True},
    "regression": {"dataset": "sine", "network": "mlp", "objective": "mse"},
    "diverging": {"lr": 2.0, "beta_starts": (0.5, 10.0), "rivals": ("relu",)},
    "watched": {"stop_when_converged": True, "target_accuracy": 0.5},
}
FEW = {"steps": 14, "seeds": 2, "beta_starts": (0.5, 2.0)}


def told(items: object) -> list[Report]:
    reports = [item for item in items if isinstance(item, Report)]
    return [replace(report, elapsed_seconds=0.0, place=None) for report in reports]


def left_after(config: TrainingConfig, count: int) -> tuple[list[Report], bytes]:
    """The reports before a checkpoint, and the checkpoint as it crosses processes."""
    run, seen = train(config), []
    while True:
        item = next(run)
        seen.append(item)
        reached = sum(isinstance(each, Report) for each in seen)
        if reached >= count and (checkpoint := run.checkpoint()) is not None:
            run.close()
            return told(seen), pickle.dumps(checkpoint)


def known(given: dict[str, object]) -> TrainingConfig:
    fields = TrainingConfig().as_json().keys()
    missing = given.keys() - fields
    assert not missing, missing
    return TrainingConfig(**given)


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.long), 7])
def test_what_follows_a_checkpoint_is_what_would_have_followed(name: str, count: int) -> None:
    config = known(FEW | VARIED[name])
    whole = told(train(config))
    count = min(count, len(whole) - 1)
    before, checkpoint = left_after(config, count)
    after = told(train(config, checkpoint=pickle.loads(checkpoint)))
    assert before + after == whole
    assert name != "diverging" or 0 < sum(step is None for step in whole[-1].diverged) < 6


DIFFERENT = ("beta-convergence", "activation-race", "depth-50")


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(each.name, marks=[pytest.mark.long] * (each.name not in DIFFERENT))
        for each in recipes()
    ],
)
def test_every_recipe_can_be_left_and_continued(recipe: str) -> None:
    config = next(each.config for each in recipes() if each.name == recipe)
    config = config.replace(steps=12, seeds=1)
    whole = told(train(config))
    before, checkpoint = left_after(config, 3)
    after = told(train(config, checkpoint=pickle.loads(checkpoint)))
    assert before + after == whole


def test_a_run_can_be_left_many_times() -> None:
    config = known(FEW)
    found: list[Report] = []
    checkpoint = None
    while True:
        run = train(config, checkpoint=checkpoint)
        items, checkpoint = [], None
        for item in run:
            items.append(item)
            if len(items) > 5 and (checkpoint := run.checkpoint()) is not None:
                break
        found += told(items)
        if checkpoint is None:
            break
        checkpoint = pickle.loads(pickle.dumps(checkpoint))
    assert found == told(train(config))


def test_the_time_of_what_went_before_counts() -> None:
    config = known(FEW | {"max_seconds": 50, "steps": 30})
    now = iter(range(100_000))
    run = Run(config, clock=lambda: float(next(now)))
    checkpoint = next(c for item in run if (c := run.checkpoint()) and c["elapsed_seconds"] > 20)
    later = iter(range(100_000))
    reports = told(Run(config, lambda: float(next(later)), checkpoint))
    assert reports[-1].ended == "max_seconds"
    at_once = iter(range(100_000))
    whole = told(Run(config, lambda: float(next(at_once))))
    assert abs(reports[-1].step - whole[-1].step) <= 2


def test_within_a_step_there_is_no_checkpoint() -> None:
    run = train(known(FEW | {"steps": 5}))
    found = [(isinstance(item, Report), run.checkpoint() is not None) for item in run]
    assert (True, True) not in found
    assert sum(has for _, has in found) == 5
    assert not any(run.checkpoint() for _ in islice(train(known(FEW)), 3))
