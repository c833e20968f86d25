"""The table of a training run's fields, with a server's limits.

The page draws it, REST documents it, `swishdemo.training.config.TrainingConfig.parse` reads by it.
"""

from __future__ import annotations

from typing import Any

from swishdemo import datasets, host
from swishdemo.activations import registry
from swishdemo.datasets.record import LARGEST_NOISE, TEST_SHARES
from swishdemo.fields import Field
from swishdemo.settings import Settings

MOST_FORMULAS = 4
"""How many entries of one list may be typed formulas."""

MOST_DEPTH = 100
MOST_WIDTH = 256
MOST_BATCH = 4096

NETWORKS = ("cnn", "mlp", "residual_mlp", "residual_cnn")
INITS = ("he_normal", "he_uniform", "xavier", "lecun", "orthogonal", "gain")
OPTIMISERS = ("momentum", "sgd", "nesterov", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "step", "warmup")
LARGEST_SEED = 2**32 - 1


def fields(settings: Settings) -> tuple[Field, ...]:
    """All fields, with this server's limits. The defaults are the recipe ``beta-convergence``."""
    return (*_data(), *_network(settings), *_replicas(settings), *_optimisation(settings))


def _data() -> tuple[Field, ...]:
    most = max(dataset.most_samples for dataset in datasets.datasets())
    return (
        Field("dataset", "choice", "digits", choices=datasets.names()),
        Field("csv", "table", None),
        Field("csv_header", "choice", "auto", choices=("auto", "yes", "no")),
        Field("samples", "integer", 0, low=0, high=most, unit="samples"),
        Field("noise", "number", 0.0, low=0, high=LARGEST_NOISE),
        Field("test_share", "number", 0.2, low=TEST_SHARES[0], high=TEST_SHARES[1]),
        Field("data_seed", "integer", 0, low=0, high=LARGEST_SEED),
        Field("shuffled_labels", "flag", False),
    )


def _network(settings: Settings) -> tuple[Field, ...]:
    typed: dict[str, Any] = {
        "choices": registry.names(),
        "formula_seconds": settings.formula_seconds,
    }
    return (
        Field("network", "choice", "cnn", choices=NETWORKS),
        Field("depth", "integer", 2, low=1, high=MOST_DEPTH, unit="layers"),
        Field("width", "integer", 8, low=1, high=MOST_WIDTH, unit="units"),
        Field("activation", "choice", "swish", formulas=1, **typed),
        Field(
            "layer_activations",
            "choices",
            (),
            longest=MOST_DEPTH,
            formulas=MOST_FORMULAS,
            repeats=True,
            **typed,
        ),
        Field("normalisation", "choice", "none", choices=("none", "batch", "layer")),
        Field("dropout", "number", 0.0, low=0, high=0.9),
    )


def _replicas(settings: Settings) -> tuple[Field, ...]:
    names = registry.names()
    most = settings.max_replicas
    return (
        Field(
            "beta_starts",
            "numbers",
            (0.1, 0.5, 1.0, 2.0, 5.0, 10.0),
            # A start at β·z far beyond float's useful range teaches nothing, it only diverges.
            low=-20,
            high=20,
            longest=12,
            shortest=1,
        ),
        Field("beta_scope", "choice", "layer", choices=("layer", "fixed", "network", "channel")),
        Field("beta_form", "choice", "plain", choices=("plain", "softplus")),
        Field("train_parameters", "flag", False),
        Field(
            "rivals",
            "choices",
            ("relu", "gelu"),
            choices=names,
            longest=len(names),
            formulas=MOST_FORMULAS,
            formula_seconds=settings.formula_seconds,
        ),
        Field("seeds", "integer", min(6, most), low=1, high=most, unit="seeds"),
        Field("seed", "integer", 0, low=0, high=LARGEST_SEED),
        Field("init", "choice", "he_normal", choices=INITS),
        Field("init_scale", "number", 1.0, low=0, high=10),
        Field("init_bias", "number", 0.0, low=-20, high=20),
    )


def _optimisation(settings: Settings) -> tuple[Field, ...]:
    cores = host.usable_cores()
    devices = ("auto", "cpu", "cuda") if settings.device == "auto" else ("auto", settings.device)
    steps = settings.max_steps
    batch = min(MOST_BATCH, max(dataset.most_samples for dataset in datasets.datasets()) - 1)
    return (
        Field("objective", "choice", "cross-entropy", choices=("cross-entropy", "mse")),
        Field("optimiser", "choice", "momentum", choices=OPTIMISERS),
        Field("steps", "integer", min(500, steps), low=1, high=steps, unit="steps"),
        Field("batch", "integer", 64, low=1, high=batch, unit="samples"),
        Field("lr", "number", 0.05, low=0, high=10),
        Field("schedule", "choice", "constant", choices=SCHEDULES),
        Field("momentum", "number", 0.9, low=0, high=0.999),
        Field("clip", "number", 0.0, low=0, high=1000),
        Field("beta_lr_factor", "number", 30.0, low=0, high=1000),
        Field("weight_decay", "number", 1e-3, low=0, high=1),
        Field("beta_decay", "number", 1e-3, low=0, high=1),
        Field("amp", "flag", False),
        Field("max_seconds", "integer", 0, low=0, high=settings.max_job_seconds, unit="seconds"),
        Field("target_accuracy", "number", 0.0, low=0, high=1),
        Field("stop_when_converged", "flag", False),
        Field("device", "choice", "auto", choices=devices),
        Field(
            "threads",
            "integer",
            min(settings.threads, cores),
            low=1,
            high=cores,
            unit="threads",
        ),
    )
