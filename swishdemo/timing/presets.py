"""Lists questions that a reader may have, the fields that answer them, and how long that takes.

Seconds are processor time on two cores, as if they had nothing else to do. What waits for a clock
takes as long anywhere; what computes takes longer where others keep the processors busy, a compiler
most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swishdemo import hardware, host
from swishdemo.errors import unknown_choice
from swishdemo.kernels import libraries
from swishdemo.settings import Settings, Toolchain
from swishdemo.text import Language, text
from swishdemo.timing.elsewhere import SHAPE
from swishdemo.timing.request import STEP_ELEMENTS
from swishdemo.timing.variants import REGISTRY

BUILD_SECONDS: Mapping[str, float] = {
    "kernel": 1.0, "node": 10.0, "compile": 35.0, "triton": 5.0
}  # fmt: skip
"""What is built at its first use: the C kernel, its node in C++, torch.compile's own parts, and
the Triton kernel, whose figure alone is a guess."""

_START_SECONDS = 3.0  # a worker that has PyTorch, where none is ready; the first definition
_CHECK_SECONDS = 0.1  # a variant's, against the definition
_CELL_SECONDS = 0.1  # warming up and looking at memory, beyond the blocks themselves
_COMPILED_SECONDS = 8.0  # of loading what torch.compile has kept, its checks included
_SHAPE_SECONDS = 3.0  # of compiling for one more size
_LARGE = 2**22
_LARGE_SECONDS = 0.1  # from here on a block, and the warm-up before it, are long by themselves
_STREAMS = 4  # timed beside the variants of a kernel
_MOST_SLOWED = 10.0
_SHARE = 0.5  # power of `slowed` that applies to our own short bursts, seen at loads to 20
_ELEMENTS = {"float32": "float", "float64": "double", "bfloat16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how long a timing will take.

    Attributes:
        seconds: All of it.
        building_seconds: Of them, building what is not there yet.
        missing: What that is: names of `BUILD_SECONDS`.
    """

    seconds: float
    building_seconds: float
    missing: tuple[str, ...]


def estimate(
    config: Mapping[str, Any], *, missing: Sequence[str] | None = None, slowed: float | None = None
) -> Estimate:
    """The estimate for a request.

    Args:
        config: A timing's fields by name, as `TimingRequest.as_json` or a preset has them.
        missing: What must be built; None to look.
        slowed: How many times as long a compiler takes as on a quiet machine; None to look.
    """
    slowed = slowdown() if slowed is None else slowed
    missing = to_be_built(config) if missing is None else tuple(missing)
    sizes = _sizes(config)
    variants = len(config["variants"])
    compiled = any(REGISTRY.get(name).by_torch_compile for name in config["variants"])
    building = sum(BUILD_SECONDS[name] for name in missing)
    computed = _START_SECONDS + _CHECK_SECONDS * variants
    if "compile" in missing:
        building += _SHAPE_SECONDS * len(sizes)
    elif compiled:
        computed += _COMPILED_SECONDS
    timed = variants + (_STREAMS if config["context"] == "kernel" else 0)
    waited = 0.0
    for size in sizes:
        waited += timed * float(config["budget_seconds"])
        computed += timed * (_CELL_SECONDS + _LARGE_SECONDS * size / _LARGE * (size >= _LARGE / 2))
    building *= slowed
    return Estimate(waited + slowed**_SHARE * computed + building, building, tuple(missing))


def to_be_built(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What a request's variants will build at their first use here; names of `BUILD_SECONDS`."""
    device, dtype = hardware.device_of(config.get("device", "cpu"), Settings()), config["dtype"]
    tools = Toolchain.read()
    found: list[str] = []
    for variant in map(REGISTRY.get, config["variants"]):
        if variant.unavailable_reason(device, dtype):
            continue
        if variant.built:
            found += libraries.to_be_built(_ELEMENTS[dtype])
        elif variant.by_torch_compile:
            found += [] if _holds(tools.inductor_dir / "fxgraph") else ["compile"]
        elif variant.compiled:
            found += [] if _holds(tools.triton_dir) else ["triton"]
    return tuple(dict.fromkeys(found))


def slowdown() -> float:
    """How many times as long a compiler takes here as alone: processes over cores."""
    load = host.load_average()
    return min(_MOST_SLOWED, max(1.0, (load + 1) / host.usable_cores())) if load else 1.0


def _sizes(config: Mapping[str, Any]) -> Sequence[int]:
    if config["context"] == "step":
        return (STEP_ELEMENTS[config["network"]],)
    shape = config.get("shape")
    return (_LARGE * 5 // 2,) if isinstance(shape, str) and shape else config["elements"]


def _holds(folder: Path) -> bool:
    """Whether anything is kept in a folder, which need not be there."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False


_EVERY = ("relu", *(name for name in REGISTRY.defaults("swish", "cpu") if name != "relu"))
_MAIN = ("relu", "silu", "swish_eager", "memory_efficient", "swish_fused_c")

_RIVALS = ("gelu", "gelu_tanh", "mish", "hardswish")

DEFAULT: Mapping[str, Any] = {
    "context": "kernel",
    "pass": "both",
    "elements": [2**20],
    "shape": "",
    "network": "mlp",
    "dtype": "float32",
    "device": "auto",
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


BOTH = "both"
"""The page's device of two timings that are laid into one picture."""

_FUSED = {"cpu": "swish_fused_c", "cuda": "swish_triton"}
_MADE_FOR_GPU = ("swish_triton", "parametric_compiled")


def forms_for(variants: Sequence[str], device: str) -> list[str]:
    """A preset's forms for a device, in the place of ``variants``, which are a CPU's.

    On a GPU the C kernel's place is taken by those that are compiled for it, where they can be.
    """
    if device == BOTH:
        return list(dict.fromkeys(forms_for(variants, "cpu") + forms_for(variants, "cuda")))
    if device != "cuda":
        return list(variants)
    names = [
        each for name in variants for each in (_MADE_FOR_GPU if name == _FUSED["cpu"] else (name,))
    ]
    return _able(dict.fromkeys(names), device)


def adapted(variants: Sequence[str], device: str) -> list[str]:
    """What is timed once another device is chosen: a preset's forms become that preset's there.

    Of another choice the fused form, in C or in Triton, becomes the device's own.
    """
    for preset in PRESETS.values():
        forms = {each: forms_for(preset["variants"], each) for each in ("cpu", "cuda", BOTH)}
        if any(set(variants) == set(each) for each in forms.values()):
            return forms[device]
    own = list(_FUSED.values()) if device == BOTH else [_FUSED[device]]
    names = [each for name in variants for each in (own if name in _FUSED.values() else [name])]
    return _able(dict.fromkeys(names), device) if device == "cuda" else list(dict.fromkeys(names))


def _able(names: Iterable[str], device: str) -> list[str]:
    """Those that are made for a device and, where they are compiled for it, can be here."""
    known = [(name, REGISTRY.get(name)) for name in names]
    return [
        name
        for name, variant in known
        if device in variant.devices and not variant.missing_tools(device)
    ]


def values_of(name: str, settings: Settings, device: str = "auto") -> dict[str, Any]:
    """A preset's values for a device, without the sizes that its free memory does not allow.

    Nor those that this server does not.
    """
    values = dict(PRESETS[name])
    values["device"] = settings.device if device == "auto" else device
    device = hardware.device_of(device, settings)
    values["variants"] = forms_for(values["variants"], device)
    free = _free_bytes(device)
    most = (
        settings.max_elements if free is None else min(settings.max_elements, free // _TENSOR_BYTES)
    )
    values["elements"] = [n for n in values["elements"] if n <= most] or [min(2**20, most)]
    return values


def _free_bytes(device: str) -> int | None:
    found = hardware.told()
    if device == "cpu" or found is None or not found.cards:
        return host.available_memory_bytes()
    return found.cards[0].memory_bytes


def request_of(name: str, settings: Settings, device: str = "auto") -> dict[str, Any]:
    """A preset as REST would ask for it on a device.

    Raises:
        UserError: There is no such preset.
    """
    if name not in PRESETS:
        raise unknown_choice("preset", name, PRESETS)
    values = values_of(name, settings, device)
    if not values.pop("shape"):
        return values
    del values["elements"]  # the shape has its own
    return values | {"shape": list(SHAPE)}


def about(name: str, settings: Settings, language: Language) -> str:
    """What a preset answers, and about how long that takes."""
    values = {**values_of(name, settings), "device": hardware.device_of("auto", settings)}
    return f"{text(f'timed.preset.{name}', language)} {takes(values, language)}"


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
