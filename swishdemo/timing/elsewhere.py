"""Figures from elsewhere: another host's exported timing, and what others have published.

What stands in an exported file was written by anybody. It is read field by field into the same
value objects as one's own figures; what is not asked for is not looked at, sentences are not taken.

The published ones are for a tensor of 16 × 10 × 256 × 256, from other machines, other releases of
PyTorch and another procedure: the mean of 100 calls, each between two CUDA events, the backward
alone. So they are cited, never mixed with what is measured here. Each was read in its source, and
the shape in the script that made it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from swishdemo.errors import UserError
from swishdemo.timing.measurement import ITEM_BYTES, STEP_PHASES, Measurement, latest

MOST_BYTES = 1_000_000
"""Size of the largest file that is read."""

_MOST_MEASUREMENTS = 2_000
_MOST_BLOCKS = 20_000
_LONGEST = 210  # characters of a name: a typed formula's
_LONGEST_SECONDS = 1e6
_MOST_ELEMENTS = 2**40
_MOST_MEMORY = 2**60


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


class _Record:
    """One measurement's fields; each is asked for by its type, and refused with its name."""

    def __init__(self, fields: Mapping[str, Any], place: int) -> None:
        self._fields = fields
        self._place = place

    def fail(self, name: str) -> NoReturn:
        _refuse("field", name=name, number=self._place + 1)

    def name(self, field: str, *, default: str | None = None) -> str:
        value = self._fields.get(field, default)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
            self.fail(field)
        return value

    def choice(self, field: str, choices: Sequence[str], *, default: str | None = None) -> str:
        value = self._fields.get(field, default)
        if not isinstance(value, str) or value not in choices:
            self.fail(field)
        return value

    def whole(self, field: str, low: int, high: int) -> int:
        value = self._fields.get(field)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(field)
        return value

    def maybe_whole(self, field: str, high: int) -> int | None:
        return None if self._fields.get(field) is None else self.whole(field, 0, high)

    def maybe_seconds(self, field: str) -> float | None:
        value = self._fields.get(field)
        return None if value is None else self.seconds(value, field)

    def seconds(self, value: object, field: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(field)
        if not 0 < value <= _LONGEST_SECONDS:  # false for what is not finite, too
            self.fail(field)
        return float(value)

    def blocks(self) -> tuple[float, ...]:
        """Its blocks; its median alone where a file has no blocks."""
        value = self._fields.get("block_seconds")
        if value is None:
            median = self.maybe_seconds("median_seconds")
            return () if median is None else (median,)
        if not isinstance(value, list) or len(value) > _MOST_BLOCKS:
            self.fail("block_seconds")
        return tuple(self.seconds(each, "block_seconds") for each in value)

    def parts(self) -> dict[str, float]:
        value = self._fields.get("part_seconds")
        if not value and (value is None or isinstance(value, dict)):
            return {}
        if not isinstance(value, dict) or set(value) != set(STEP_PHASES):
            self.fail("part_seconds")
        return {part: self.seconds(value[part], "part_seconds") for part in STEP_PHASES}

    def flag(self, field: str) -> bool:
        value = self._fields.get(field, False)
        if not isinstance(value, bool):
            self.fail(field)
        return value


def _measurement(value: object, place: int) -> Measurement:
    if not isinstance(value, dict):
        _refuse("no_object", number=place + 1)
    record = _Record(value, place)
    network = value.get("network")
    return Measurement(
        variant=record.name("variant"),
        activation=record.name("activation"),
        elements=record.whole("elements", 1, _MOST_ELEMENTS),
        dtype=record.choice("dtype", tuple(ITEM_BYTES)),
        passes=record.choice("pass", ("forward", "backward", "both")),
        device=record.choice("device", ("cpu", "cuda")),
        threads=record.whole("threads", 1, 65_536),
        context=record.choice("context", ("kernel", "layer", "step"), default="kernel"),
        network=None if network is None else record.name("network"),
        amp=record.flag("amp"),
        allocator=record.choice("allocator", ("tuned", "plain"), default="tuned"),
        block_seconds=record.blocks(),
        part_seconds=record.parts(),
        peak_bytes=record.maybe_whole("peak_bytes", _MOST_MEMORY),
        saved_bytes=record.maybe_whole("saved_bytes", _MOST_MEMORY),
        copy_limit_seconds=record.maybe_seconds("copy_limit_seconds"),
    )


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
        and _question(m) == _question(here)
        and (at_all_sizes or m.elements == here.elements)
    ]
    settings = {_setting(m) for m in alike}
    if not settings:
        return ()

    def distance(setting: tuple[str, int, str]) -> tuple[bool, bool, int]:
        device, threads, allocator = setting
        return device != here.device, allocator != here.allocator, abs(threads - here.threads)

    nearest = min(sorted(settings), key=distance)
    return tuple(m for m in alike if _setting(m) == nearest)


def _question(m: Measurement) -> tuple[object, ...]:
    return (m.passes, m.context, m.network, m.dtype, m.amp)


def _setting(m: Measurement) -> tuple[str, int, str]:
    return (m.device, m.threads, m.allocator)


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


@dataclass(frozen=True, slots=True)
class Cited:
    """One published figure.

    Attributes:
        activation: Name of the activation.
        implementation: Which code computed it, as the source names it.
        device: The machine.
        dtype: Of the tensor.
        passes: ``forward`` or ``backward`` (alone).
        seconds: Mean of 100 calls.
        source: Where it stands.
    """

    activation: str
    implementation: str
    device: str
    dtype: str
    passes: str
    seconds: float
    source: CitedSource


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
    """Every cited figure, those of one machine and dtype together."""
    return tuple(
        Cited(activation, implementation, device, dtype, passes, microseconds * 1e-6, source)
        for (source, device, dtype), activations in _MICROSECONDS.items()
        for activation, implementations in activations.items()
        for implementation, forward, backward in implementations
        for passes, microseconds in (("forward", forward), ("backward", backward))
    )
