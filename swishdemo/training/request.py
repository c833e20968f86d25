"""Reads a request for a run: refuses what cannot be run, and fits what was left open.

One rule for every field: a value that was sent is used or refused, a default is used or fitted to
the data and to the server's limits. What `check` refuses says what may be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from swishdemo import hardware
from swishdemo.activations.registry import has_beta
from swishdemo.datasets import Dataset, Table
from swishdemo.datasets.csv import read as read_table
from swishdemo.errors import UserError, unknown_choice
from swishdemo.settings import Settings
from swishdemo.text import Language, text
from swishdemo.training.architecture import architecture, parameter_count, product_count
from swishdemo.training.config import TrainingConfig, replicas, starts
from swishdemo.training.recipes import recipes

MOST_PRODUCTS = 2 * 10**9
"""Multiplications of one replica's forward pass over one batch."""


def check(config: TrainingConfig, settings: Settings) -> None:
    """Refuse what cannot be run.

    Raises:
        UserError: About the field that is best changed.
    """
    if config.csv is not None and config.dataset != "csv":
        raise UserError("train.error.unused_table", field="csv", dataset=config.dataset)
    hardware.refuse_without(config, hardware.missing_cuda())
    dataset = config.described()
    _check_network(config, dataset)
    _check_replicas(config, settings)
    _check_size(config, dataset, settings)
    _check_optimisation(config, dataset)


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


_OF_THE_SERVER = ("device", "threads", "csv")
"""Fields whose defaults are the server's, not a recipe's; and the table, which has none."""

Change = tuple[str, Any]
"""A field, and a value that brings the config nearer to what is allowed."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A default that was changed.

    Attributes:
        field: Its name.
        default: The value of the recipe, or the default.
        used: The value that the run has.
        reason: What was wrong with the default.
    """

    field: str
    default: Any
    used: Any
    reason: UserError | None = None

    def sentence(self, language: Language = "en") -> str:
        """What was changed, and why."""
        label = text(f"train.field.{self.field}.label", language)
        told = text(
            "train.fitted",
            language,
            label=label,
            used=_told(self.used),
            default=_told(self.default),
        )
        why = self.reason.sentence(language) if self.reason else ""
        return text("language.space", language).join(filter(None, (told, why)))

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The change as a JSON object."""
        return {
            "field": self.field,
            "default": self.default,
            "used": self.used,
            "said": self.sentence(language),
        }


def parse_run(given: object, settings: Settings) -> TrainingConfig:
    """Read a request; a field that is left out takes the recipe's value, or its default.

    What is left out never stands in the way: where its value does not fit the data or the server's
    limits, it is fitted. What was sent is refused.

    Args:
        given: The request's JSON, of any type. ``"recipe"`` names what it starts from. A table may
            be one that has been read.
        settings: The server's settings: its limits and its device.

    Raises:
        UserError: A field is unknown, of the wrong type, not finite or out of range; or the fields
            that were sent cannot go together.
    """
    sent = dict(given) if isinstance(given, Mapping) else {}
    table = sent.get("csv")
    config = TrainingConfig.read(
        {**sent, "csv": None} if isinstance(given, Mapping) else given,
        settings,
        start=_start(sent["recipe"], settings) if "recipe" in sent else {},
        beside=("recipe",),
    )
    if table is not None:
        known = isinstance(table, Table)
        config = config.replace(csv=table if known else read_table(table, config.csv_header))
    if config.device == "auto":
        config = config.replace(device=settings.device)
    return fit(config, frozenset(sent), settings)


def _start(name: object, settings: Settings) -> dict[str, Any]:
    """The values of the recipe called ``name``, within a server's limits."""
    known = {recipe.name: recipe for recipe in recipes()}
    if not isinstance(name, str):
        raise UserError("error.not_text", field="recipe", name="recipe")
    if name not in known:
        raise unknown_choice("recipe", name, known)
    fields, values = TrainingConfig.fields(settings), known[name].config.as_json()
    # Where a run is computed is the server's matter, not the recipe's.
    values = {key: value for key, value in values.items() if key not in ("device", "threads")}
    for key in ("steps", "seeds", "depth", "width"):
        values[key] = min(values[key], int(fields[key].high or 1))
    return values


def fit(config: TrainingConfig, sent: frozenset[str], settings: Settings) -> TrainingConfig:
    """The config with its defaults fitted, as far as that is needed.

    Args:
        config: As it was asked for.
        sent: The fields that must stay as they are.
        settings: The server's limits.

    Raises:
        UserError: What was sent cannot be run, whatever the defaults are.
    """
    while True:
        try:
            check(config, settings)
            return config
        except UserError as refusal:
            change = _CHANGES.get(refusal.key)
            changes = change(config, refusal.values) if change else ()
            for name, value in changes:
                if name not in sent and value != getattr(config, name):
                    config = config.replace(**{name: value})
                    break
            else:
                raise


def fitted(
    request: Mapping[str, Any], config: TrainingConfig, settings: Settings
) -> tuple[Fitted, ...]:
    """What `fit` and the server's limits have changed, from a request and the config it became."""
    known = {recipe.name: recipe.config for recipe in recipes()}
    start = known.get(str(request.get("recipe")), TrainingConfig())
    found = []
    for name, field in TrainingConfig.fields(settings).items():
        default, used = getattr(start, name), getattr(config, name)
        if name in request or name in _OF_THE_SERVER or default == used:
            continue
        reason = None
        try:
            field.allowed(default)
            check(config.replace(**{name: default}), settings)
        except UserError as error:
            reason = error
        found.append(Fitted(name, default, used, reason))
    return tuple(found)


def _test_share(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    if config.samples:
        yield "test_share", values["limit"] * 1000 // config.samples / 1000


def _replicas(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    """Fewer seeds first; where one of each is still too many, fewer rivals, then fewer starts."""
    starts, rivals, limit = values["starts"], values["rivals"], values["limit"]
    groups = limit // config.seeds
    yield "seeds", max(1, limit // (starts + rivals))
    yield "rivals", config.rivals[: max(0, groups - starts)]
    yield "beta_starts", config.beta_starts[: max(1, groups - rivals)]


def _parameters(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    """Fewer seeds first, then narrower networks, then fewer of them."""
    groups = values["replicas"] // config.seeds
    yield "seeds", max(1, min(config.seeds, values["limit"] // (values["parameters"] * groups)))
    yield "width", max(1, config.width // 2)
    yield "rivals", config.rivals[:-1]
    yield "beta_starts", config.beta_starts[: max(1, len(config.beta_starts) - 1)]


def _products(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    products = product_count(architecture(config, config.described()))
    yield "batch", max(1, MOST_PRODUCTS // products)
    yield "width", max(1, config.width // 2)


_CHANGES: dict[str, Callable[[TrainingConfig, Mapping[str, Any]], Iterable[Change]]] = {
    "train.error.unused_table": lambda c, v: (("dataset", "csv"),),
    "train.error.no_image": lambda c, v: (("network", c.network.replace("cnn", "mlp")),),
    "train.error.needs_mse": lambda c, v: (("objective", "mse"),),
    "train.error.no_accuracy": lambda c, v: (("target_accuracy", 0.0),),
    "train.error.own_rival": lambda c, v: (
        ("rivals", tuple(name for name in c.rivals if name != c.activation)),
    ),
    "train.error.layer_activations": lambda c, v: (("depth", len(c.layer_activations)),),
    "train.error.large_batch": lambda c, v: (("batch", v["limit"]),),
    "data.test_part": _test_share,
    "train.error.too_many_replicas": _replicas,
    "train.error.too_many_parameters": _parameters,
    "train.error.too_heavy": _products,
}
"""For each refusal the changes that help, the gentlest first; each may be taken again and again."""


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_told, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
