"""Questions that a reader may have, and the values of the fields that answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swishdemo import hardware
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY
from swishdemo.timing.cited import SHAPE

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

_START_SECONDS = 5.0  # a worker that has PyTorch
_CELL_SECONDS = 0.25  # checking, warming up, memory, beyond the blocks themselves
_LARGE = 2**22
_LARGE_SECONDS = 0.9  # from here on a block, and the warm-up before it, are long by themselves
_TENSOR_BYTES = 12 * 4  # as many as a request reckons with, of float32


def values_of(name: str, settings: Settings) -> dict[str, Any]:
    """A preset's values, without the sizes that this server or its free memory do not allow."""
    values = dict(PRESETS[name])
    free = hardware.available_memory_bytes()
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
    seconds = estimate(values_of(name, settings))
    if seconds < 90:
        time = text("timed.preset.seconds", language, count=f"{5 * round(seconds / 5)}")
    else:
        time = text("timed.preset.minutes", language, count=f"{seconds / 60:.0f}")
    return f"{text(f'timed.preset.{name}', language)} {time}"


def estimate(values: Mapping[str, Any]) -> float:
    """Seconds that a request with such values takes, roughly: on a slow host it is twice that."""
    sizes: Sequence[int] = values["elements"] if values["context"] == "kernel" else [2**17]
    if values["shape"]:
        sizes = [_LARGE]
    each = float(values["budget_seconds"]) + _CELL_SECONDS
    cells = [each + (_LARGE_SECONDS if size >= _LARGE else 0.0) for size in sizes]
    return _START_SECONDS + len(values["variants"]) * sum(cells)
