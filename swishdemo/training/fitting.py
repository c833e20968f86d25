"""Fits what a request leaves open to its data and to the server's limits, and tells what it did.

One rule for every field: a value that was sent is used or refused, a default is used or fitted.
The rules are those of `swishdemo.training.checks`; here stands only what each refusal lets change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import Language, text
from swishdemo.training.architecture import architecture, product_count
from swishdemo.training.checks import MOST_PRODUCTS, check
from swishdemo.training.config import TrainingConfig
from swishdemo.training.recipes import recipes

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
            changes = _CHANGES.get(refusal.key, _none)(config, refusal.values)
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


def _dataset(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "dataset", "csv"


def _network(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "network", config.network.replace("cnn", "mlp")


def _objective(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "objective", "mse"


def _target(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "target_accuracy", 0.0


def _rivals(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "rivals", tuple(name for name in config.rivals if name != config.activation)


def _depth(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "depth", len(config.layer_activations)


def _batch(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield "batch", values["limit"]


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


def _none(config: TrainingConfig, values: Mapping[str, Any]) -> Iterator[Change]:
    yield from ()


_CHANGES: dict[str, Callable[[TrainingConfig, Mapping[str, Any]], Iterator[Change]]] = {
    "train.error.unused_table": _dataset,
    "train.error.no_image": _network,
    "train.error.needs_mse": _objective,
    "train.error.no_accuracy": _target,
    "train.error.own_rival": _rivals,
    "train.error.layer_activations": _depth,
    "train.error.large_batch": _batch,
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
