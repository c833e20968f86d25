"""Questions that a reader may have, and the values of the fields that answer them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swishdemo import host
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY
from swishdemo.timing.cited import SHAPE
from swishdemo.timing.estimate import estimate

_EVERY = ("relu", *(name for name in REGISTRY.defaults("swish", "cpu") if name != "relu"))
_MAIN = tuple(
    name
    for name in ("relu", "silu", "swish_eager", "memory_efficient", "swish_fused_c")
    if REGISTRY.knows(name)
)

_RIVALS = ("gelu", "gelu_tanh", "mish", "hardswish")

DEFAULT: Mapping[str, Any] = {
    "context": "kernel",
    "pass": "both",
    "elements": [2**20],
    "shape": "",
    "network": "mlp",
    "dtype": "float32",
    "amp": False,
    "allocator": "tuned",
    "budget_seconds": 0.35,
    "variants": list(_EVERY),
}
"""The fields that a preset sets, with the values of the article's question."""

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "article": DEFAULT,
    "quick": {**DEFAULT, "variants": [*_MAIN, "parametric_tuned"], "budget_seconds": 0.2},
    "step": {**DEFAULT, "context": "step"},
    "sizes": {
        **DEFAULT,
        "elements": [2**power for power in range(8, 25, 2)],
        "variants": [*_MAIN, "parametric_tuned"],
    },
    "modules": {
        **DEFAULT,
        "variants": ["relu", "silu", "swish_module", "memory_efficient", "parametric_module"],
    },
    "rivals": {**DEFAULT, "variants": ["relu", "silu", *_RIVALS]},
    "published": {
        **DEFAULT,
        "shape": " × ".join(map(str, SHAPE)),
        "variants": ["relu", "silu", "swish_fused_c", "mish"],
    },
    "full": {
        **DEFAULT,
        "elements": [2**power for power in range(8, 27, 2)],
        "variants": [*_EVERY, "parametric_compiled", *_RIVALS],
    },
}
"""By name; each is told about in the catalogue."""

_TENSOR_BYTES = 12 * 4  # as many as a request reckons with, of float32


def values_of(name: str, settings: Settings) -> dict[str, Any]:
    """A preset's values, without the sizes that this server or its free memory do not allow."""
    values = dict(PRESETS[name])
    free = host.available_memory_bytes()
    most = (
        settings.max_elements if free is None else min(settings.max_elements, free // _TENSOR_BYTES)
    )
    values["elements"] = [n for n in values["elements"] if n <= most] or [min(2**20, most)]
    return values


def request_of(name: str, settings: Settings) -> dict[str, Any]:
    """A preset as REST would ask for it.

    Raises:
        UserError: There is no such preset.
    """
    if name not in PRESETS:
        choices = ", ".join(PRESETS)
        raise UserError(
            "error.unknown_choice", field="preset", name="preset", value=name[:40], choices=choices
        )
    values = values_of(name, settings)
    if not values.pop("shape"):
        return values
    del values["elements"]  # the shape has its own
    return values | {"shape": list(SHAPE)}


def about(name: str, settings: Settings, language: Language) -> str:
    """What a preset answers, and about how long that takes."""
    return f"{text(f'timed.preset.{name}', language)} {takes(values_of(name, settings), language)}"


def takes(config: Mapping[str, Any], language: Language) -> str:
    """About how long a timing takes, and what of it goes into building what is not there yet."""
    found = estimate(config)
    told = _about(found.seconds, language)
    if not found.missing:
        return told
    what = text("time.ui.answer_join", language).join(
        text(f"timed.preset.build.{each}", language) for each in found.missing
    )
    return told + text("timed.preset.building", language, what=what)


def _about(seconds: float, language: Language) -> str:
    if seconds < 90:
        return text("timed.preset.seconds", language, count=f"{max(5, 5 * round(seconds / 5))}")
    return text("timed.preset.minutes", language, count=f"{seconds / 60:.0f}")
