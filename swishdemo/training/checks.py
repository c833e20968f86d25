"""What a config must not combine, each told in one sentence. Loads no torch."""

from __future__ import annotations

from swishdemo import host
from swishdemo.datasets import Dataset
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.training.architecture import architecture, has_beta, parameter_count, product_count
from swishdemo.training.config import TrainingConfig, replicas, starts

MOST_PRODUCTS = 2 * 10**9
"""Multiplications of one replica's forward pass over one batch."""


def check(config: TrainingConfig, settings: Settings) -> None:
    """Refuse what cannot be run.

    Raises:
        UserError: About the field that is best changed.
    """
    if config.csv is not None and config.dataset != "csv":
        raise UserError("train.error.unused_table", field="csv", dataset=config.dataset)
    _check_device(config)
    dataset = config.described()
    _check_network(config, dataset)
    _check_replicas(config, settings)
    _check_size(config, dataset, settings)
    _check_optimisation(config, dataset)


def _check_device(config: TrainingConfig) -> None:
    gap = host.missing_cuda() if config.device == "cuda" else None
    if gap:
        version = host.torch_version()
        raise UserError(f"train.error.{gap}", field="device", version=version)


def _check_network(config: TrainingConfig, dataset: Dataset) -> None:
    if "cnn" in config.network and dataset.kind != "image":
        raise UserError(
            "train.error.no_image", field="network", network=config.network, dataset=dataset.name
        )
    if config.network.startswith("residual") and config.depth < 2:
        raise UserError("train.error.no_skip", field="depth", network=config.network)
    given = len(config.layer_activations)
    if given not in (0, config.depth):
        raise UserError(
            "train.error.layer_activations",
            field="layer_activations",
            count=given,
            depth=config.depth,
        )
    if config.normalisation == "batch" and config.batch < 2:
        raise UserError("train.error.batch_norm", field="batch")
    if config.normalisation == "layer" and config.width < 2 and "mlp" in config.network:
        raise UserError("train.error.layer_norm", field="width")


def _check_replicas(config: TrainingConfig, settings: Settings) -> None:
    if config.activation in config.rivals:
        raise UserError("train.error.own_rival", field="rivals", activation=config.activation)
    count = len(replicas(config))
    if count > settings.max_replicas:
        raise UserError(
            "train.error.too_many_replicas",
            field="seeds",
            starts=len(starts(config)),
            rivals=len(config.rivals),
            seeds=config.seeds,
            count=count,
            limit=settings.max_replicas,
        )
    has_starts = any(map(has_beta, config.layer_activations or (config.activation,)))
    if config.beta_form == "softplus" and has_starts and min(config.beta_starts) <= 0:
        raise UserError(
            "train.error.softplus", field="beta_starts", value=f"{min(config.beta_starts):g}"
        )
    if config.stop_when_converged and (len(starts(config)) < 2 or config.beta_scope == "fixed"):
        raise UserError("train.error.never_converges", field="stop_when_converged")


def _check_size(config: TrainingConfig, dataset: Dataset, settings: Settings) -> None:
    if config.batch > dataset.train:
        raise UserError(
            "train.error.large_batch", field="batch", batch=config.batch, limit=dataset.train
        )
    parts = architecture(config, dataset)
    one, count = parameter_count(parts), len(replicas(config))
    if one * count > settings.max_parameters:
        raise UserError(
            "train.error.too_many_parameters",
            field="width",
            parameters=one,
            replicas=count,
            count=one * count,
            limit=settings.max_parameters,
        )
    if product_count(parts) * config.batch > MOST_PRODUCTS:
        raise UserError("train.error.too_heavy", field="batch", batch=config.batch)


def _check_optimisation(config: TrainingConfig, dataset: Dataset) -> None:
    if config.optimiser == "nesterov" and config.momentum == 0:
        raise UserError("train.error.nesterov", field="momentum")
    regression = dataset.task == "regression"
    if regression and config.objective != "mse":
        raise UserError("train.error.needs_mse", field="objective", dataset=dataset.name)
    if regression and config.target_accuracy > 0:
        raise UserError("train.error.no_accuracy", field="target_accuracy", dataset=dataset.name)
