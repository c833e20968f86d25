"""Figures from elsewhere: another host's exported timing, and what others have published.

What stands in an exported file was written by anybody. It is read into the same value objects as
one's own figures; what is not asked for is not looked at, sentences are not taken.

The published ones are for a tensor of 16 × 10 × 256 × 256, from other machines, other releases of
PyTorch and another procedure: the mean of 100 calls, each between two CUDA events, the backward
alone. So they are cited, never mixed with what is measured here. Each was read in its source, and
the shape in the script that made it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NoReturn

from pydantic import ValidationError

from swishdemo.errors import UserError
from swishdemo.timing.measurement import Measurement, latest

MOST_BYTES = 1_000_000
"""Size of the largest file that is read."""

_MOST_MEASUREMENTS = 2_000
_TAKEN = (
    *("variant", "activation", "elements", "dtype", "pass", "device", "threads", "context"),
    *("network", "amp", "allocator", "block_seconds", "part_seconds", "peak_bytes", "saved_bytes"),
    "copy_limit_seconds",
)


@dataclass(frozen=True, slots=True)
class ImportedTiming:
    """Another host's figures.

    Attributes:
        name: What the host is called: its GPU where that was timed, else its processor.
        torch: Its version of PyTorch; empty where the file does not say.
        measurements: Those that hold a time; of several of one thing the last.
    """

    name: str
    torch: str
    measurements: tuple[Measurement, ...]


def parse(text: str) -> ImportedTiming:
    """Read an exported timing.

    Args:
        text: The file's content.

    Raises:
        UserError: It is too large, not JSON, not a timing, or has a value that none can have; the
            sentence names the field.
    """
    # Every character takes a byte at least: what is far too long is not encoded first.
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "replace")) > MOST_BYTES:
        _refuse("too_large", limit=MOST_BYTES // 1_000_000)
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        _refuse("not_json")
    if not isinstance(value, dict) or not isinstance(value.get("measurements"), list):
        _refuse("not_a_timing")
    records = value["measurements"]
    if len(records) > _MOST_MEASUREMENTS:
        _refuse("too_many", count=len(records), limit=_MOST_MEASUREMENTS)
    found = [_measurement(record, place) for place, record in enumerate(records)]
    timed = latest([m for m in found if m.is_timed])
    if not timed:
        _refuse("no_times")
    host = value.get("host")
    card = host if isinstance(host, Mapping) else {}
    on_gpu = any(m.device == "cuda" for m in timed) and isinstance(card.get("gpu"), str)
    return ImportedTiming(
        _words(card.get("gpu" if on_gpu else "cpu")), _words(card.get("torch")), timed
    )


def _measurement(value: object, place: int) -> Measurement:
    if not isinstance(value, dict):
        _refuse("no_object", number=place + 1)
    taken = {name: value[name] for name in _TAKEN if value.get(name) is not None}
    median = value.get("median_seconds")
    if "block_seconds" not in taken and median is not None:
        taken["block_seconds"] = [median]
    try:
        return Measurement.read(taken)
    except ValidationError as error:
        name = error.errors()[0]["loc"][0]
        _refuse("field", name="pass" if name == "passes" else name, number=place + 1)


def _words(value: object) -> str:
    """A name from the file as one may show it: short and printable; empty where there is none."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value[:80]).split())


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)  # NaN and the infinities are no JSON


def _refuse(key: str, **values: object) -> NoReturn:
    raise UserError(f"timed.foreign.{key}", **values)  # type: ignore[arg-type]


def comparable(
    theirs: Sequence[Measurement], here: Measurement, *, at_all_sizes: bool = False
) -> tuple[Measurement, ...]:
    """The timed ones of the same pass, context, network, dtype, autocast and size.

    Device, threads and allocator may differ, for hosts do. Of several such settings, the one that
    is nearest to ``here`` is taken whole, so that its figures compare among themselves.

    Args:
        theirs: The other timing's measurements.
        here: One of one's own.
        at_all_sizes: Whether those of other sizes are taken too.
    """
    alike = [
        m
        for m in theirs
        if m.is_timed
        and m.question == here.question
        and (at_all_sizes or m.elements == here.elements)
    ]

    def distance(setting: tuple[str, int, str]) -> tuple[bool, bool, int]:
        device, threads, allocator = setting
        return device != here.device, allocator != here.allocator, abs(threads - here.threads)

    nearest = min(sorted({m.setting for m in alike}), key=distance, default=None)
    return tuple(m for m in alike if m.setting == nearest)


SHAPE = (16, 10, 256, 256)
"""Of the tensor in all of them."""


@dataclass(frozen=True, slots=True)
class CitedSource:
    """Where figures were published.

    Attributes:
        title: What it is.
        url: Its address, at the version that was read.
        year: Of the figures.
        clock: ``events``: CUDA events; ``processor``: processor time of all threads.
    """

    title: str
    url: str
    year: int
    clock: str = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited(CitedSource):
    """What was published of one implementation on one machine, and where.

    Attributes:
        activation: Name of the activation.
        implementation: Which code computed it, as the source names it.
        device: The machine.
        dtype: Of the tensor.
        forward: Mean seconds of 100 calls.
        backward: The same of the backward alone.
    """

    activation: str
    implementation: str
    device: str
    dtype: str
    forward: float
    backward: float


_POSTS = (
    "https://github.com/warner-benjamin/code_for_blog_posts/blob/"
    "aeeb7f4d6ec1c7a5314121a5e0b65568a386538c/2021/benchmarking_mish/Native_Mish_Benchmark_{}.ipynb"
)
_WARNER = "B. Warner, Benchmarking PyTorch's Native Mish"
_V100 = CitedSource(_WARNER, _POSTS.format("V100"), 2021)
_P100 = CitedSource(_WARNER, _POSTS.format("P100"), 2021)
_SKYLAKE = CitedSource(_WARNER, _POSTS.format("CPU"), 2021, clock="processor")
_BRANDON = CitedSource(
    "T. Brandon, mish-cuda",
    "https://github.com/thomasbrandon/mish-cuda/blob/"
    "25412ed711cb73e482b65089ec997a27ccd8a255/README.md",
    2019,
)
# A third source, hytana's README for an RTX 2070 SUPER, is left out: its backward means have a
# deviation of more than half their size. For an H100 no published figure of this tensor was found.

# (source, device, dtype) -> activation -> implementation, forward and backward in microseconds.
_MICROSECONDS: Mapping[
    tuple[CitedSource, str, str], Mapping[str, tuple[tuple[str, float, float], ...]]
] = {
    (_V100, "Tesla V100-SXM2", "float32"): {
        "relu": (("F.relu", 132.7, 235.3),),
        "swish": (("F.silu", 127.4, 217.9), ("fastai, TorchScript", 305.7, 974.2)),
        "mish": (("F.mish", 128.3, 220.5),),
    },
    (_V100, "Tesla V100-SXM2", "float16"): {
        "relu": (("F.relu", 100.4, 179.6),),
        "swish": (("F.silu", 86.78, 158.8), ("fastai, TorchScript", 114.3, 249.7)),
        "mish": (("F.mish", 84.57, 168.2),),
    },
    (_P100, "Tesla P100-PCIE", "float32"): {
        "relu": (("F.relu", 189.9, 468.4),),
        "swish": (("F.silu", 181.3, 447.2), ("fastai, TorchScript", 433.0, 1574.0)),
        "mish": (("F.mish", 208.9, 497.6),),
    },
    (_BRANDON, "GeForce RTX 2070", "float32"): {
        "relu": (("F.relu", 234.2, 419.3),),
        "mish": (("mish-cuda", 282.9, 496.3), ("eager", 797.4, 1689.0)),
    },
    (_SKYLAKE, "Xeon 2.00 GHz (Skylake)", "float32"): {
        "relu": (("F.relu", 9791.0, 26250.0),),
        "swish": (("F.silu", 13830.0, 30660.0), ("fastai, TorchScript", 27550.0, 95210.0)),
        "mish": (("F.mish", 113900.0, 142700.0),),
    },
}


def all_cited() -> tuple[Cited, ...]:
    """Every cited implementation, those of one machine and dtype together."""
    return tuple(
        Cited(
            activation=activation,
            implementation=implementation,
            device=device,
            dtype=dtype,
            forward=forward * 1e-6,
            backward=backward * 1e-6,
            **asdict(source),
        )
        for (source, device, dtype), activations in _MICROSECONDS.items()
        for activation, implementations in activations.items()
        for implementation, forward, backward in implementations
    )
