"""Holds one implementation's figures: a value object that compares, prints and reads itself.

`ratio` tells how many times as long one takes as another, and how sure that is within one timing.
The functions at the end write times, sizes and bytes as a reader reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, Field, with_config

from swishdemo.formats import of_json
from swishdemo.text import Language, Sentence, numeral, raised, text

FEWEST_BLOCKS = 7
"""Blocks on both sides from which a ratio has an interval.

Of fewer, the 95 % interval of a resampled median reaches the outermost block (of 5, 5.8 % of the
resamples have their median there; of 7, 1.0 %), so that one stalled block makes it meaningless.
"""

WIDEST = 2.0
"""Upper over lower end of an interval from which it says nothing of use: twice is not 15 %."""

NOTABLE = 1.05
"""Factor between two timings' intervals from which they are said to disagree."""

_RESAMPLES = 2000
_SEED = 0
_FEWEST_IN_RUNS = 30  # of fewer blocks, too few runs would be left to draw from


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of two medians and its 95 % interval.

    The interval is that of the blocks it was made of: it says where the quotient lies while the
    machine stays as it was. Another timing, when the machine is in another state, can lie outside.

    Attributes:
        value: The quotient.
        low: The interval's lower end.
        high: Its upper end.
        blocks: Blocks behind it, on the side that has fewer.
    """

    value: float
    low: float
    high: float
    blocks: int

    @property
    def has_interval(self) -> bool:
        """Whether the blocks are enough for the interval to be told (`FEWEST_BLOCKS`)."""
        return self.blocks >= FEWEST_BLOCKS

    @property
    def is_decided(self) -> bool:
        """Whether the interval says which of the two is the faster one."""
        return self.has_interval and not self.low <= 1 <= self.high

    @property
    def is_vague(self) -> bool:
        """Whether the interval is so wide that the quotient says nothing (`WIDEST`)."""
        return self.has_interval and self.high >= WIDEST * self.low

    def agrees(self, other: Ratio) -> bool:
        """Whether the two intervals meet, but for a difference that nobody minds (`NOTABLE`)."""
        return self.low <= NOTABLE * other.high and other.low <= NOTABLE * self.high

    def as_json(self) -> dict[str, float]:
        """The three numbers."""
        return {"value": self.value, "low": self.low, "high": self.high}


def ratio(seconds: Sequence[float], baseline: Sequence[float]) -> Ratio:
    """The median of ``seconds`` over that of ``baseline``, with a bootstrap interval.

    Lists of one length are resampled in pairs: blocks of one round share the machine's mood, and
    what both have of it divides out. What is drawn are runs of neighbouring blocks, round the end
    (Politis & Romano 1992), so that a quotient that drifts while it is measured has an interval as
    wide as the drift, and not as narrow as if every block were news.

    Raises:
        ValueError: One of them is empty.
    """
    if not seconds or not baseline:
        raise ValueError("a ratio needs times on both sides")
    above, below = np.asarray(seconds), np.asarray(baseline)
    generator = np.random.default_rng(_SEED)
    drawn = _drawn(generator, above.size)
    against = drawn if above.size == below.size else _drawn(generator, below.size)
    resampled = np.median(above[drawn], axis=1) / np.median(below[against], axis=1)
    low, high = np.percentile(resampled, (2.5, 97.5))
    value = float(np.median(above) / np.median(below))
    return Ratio(value, float(low), float(high), min(above.size, below.size))


def _drawn(generator: np.random.Generator, count: int) -> NDArray[np.intp]:
    """Places of resampled blocks, a resample a row: runs of about the square root of ``count``."""
    length = round(count**0.5) if count >= _FEWEST_IN_RUNS else 1
    starts = generator.integers(count, size=(_RESAMPLES, -(-count // length)))
    runs = (starts[:, :, None] + np.arange(length)) % count
    return runs.reshape(_RESAMPLES, -1)[:, :count]


ITEM_BYTES: Mapping[str, int] = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2}
"""The dtypes and the size of one element."""

MOVED: Mapping[str, int] = {"forward": 2, "backward": 3, "both": 5}
"""Tensors that a pass reads and writes at the least: x → y, and x or y with g → g·f′."""

STEP_PHASES = ("forward", "backward", "update")
"""What a training step's time is made of, in order (`Measurement.part_seconds`)."""

CONTEXTS = ("kernel", "layer", "step")
"""What is timed: the activation alone, a layer with it, or a training step."""

NETWORKS = ("mlp", "mlp_small", "cnn", "transformer")
"""What a training step may be of."""

ALLOCATORS = ("tuned", "plain")
"""Whether the C library keeps large blocks in the process, or has its own settings."""

LONGEST_NAME = 210
"""Characters of a variant's name: a formula's, the sign before it, and blanks."""


def _in(*choices: str) -> AfterValidator:
    """What is stored, or comes from elsewhere, may name these alone."""

    def known(value: str) -> str:
        if value not in choices:
            raise ValueError("it names what is not known here")
        return value

    return AfterValidator(known)


def _phases(parts: dict[str, float]) -> dict[str, float]:
    if parts and parts.keys() != set(STEP_PHASES):
        raise ValueError("it has other parts than a step has")
    return {phase: parts[phase] for phase in STEP_PHASES if parts}


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("it is no name")
    return name


_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_printable)]
_Seconds = Annotated[float, Field(strict=True, gt=0, le=1e6)]
_Bytes = Annotated[int, Field(strict=True, ge=0, le=2**60)]


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class Measurement:
    """The time and the memory of one variant at one size.

    A running measurement grows: of several with the same `key`, the latest holds.

    Attributes:
        variant: Name of the variant.
        activation: Name of its activation.
        elements: Elements of the tensor that the activation is applied to; in context ``step``
            those of all layers together.
        dtype: Of the tensors.
        passes: One of `MOVED`; ``pass`` in JSON.
        device: ``cpu`` or ``cuda``.
        threads: CPU threads.
        context: One of `CONTEXTS`.
        network: The network of context ``step``; None elsewhere.
        amp: Whether the forward ran under autocast.
        allocator: One of `ALLOCATORS`.
        block_seconds: Mean seconds of one call, for each block of calls. Block *i* of all variants
            of one cell ran next to each other, so blocks of two variants can be paired.
        calls_per_block: Calls in a block.
        part_seconds: In context ``step`` with both passes, what a call's parts take: ``forward``,
            ``backward`` and ``update``, medians over the same blocks; empty elsewhere.
        peak_bytes: The most bytes that one call held at a time beyond its inputs and parameters;
            None before it is known.
        saved_bytes: Bytes kept from forward to backward, parameters excluded, a storage counted
            once; None before it is known.
        copy_limit_seconds: What moving the data once through memory takes: 2N elements for the
            forward and 3N for the backward, at the speed of the fastest of several streams that
            were timed in the same blocks (`swishdemo.timing.workload.streams`). None in other
            contexts than ``kernel``. The name is older than the streams that are not copies.
        copy_limit_interval_seconds: 95 % interval of the limit beside this median, from blocks
            that ran side by side; None before the end and where there are too few blocks.
        limit_stream: The stream that was the fastest: ``read``, ``fill``, ``copy`` or ``combine``.
        max_error: The largest error of value and derivative seen by the gate, a ratio to
            max(1, |x|).
        preparation_seconds: Building it, compiling it for this size where it is compiled, checking
            it and looking at its memory: never part of the time. What was built or checked for an
            earlier size is not told again.
        build_seconds: Of them, building and the first call, in which a compiler works.
        unavailable: Why it could not be timed.
        gate: Why it is wrong, and was not timed.
        final: False while more blocks may come.
    """

    variant: _Name
    activation: _Name
    elements: Annotated[int, Field(strict=True, ge=1, le=2**40)]
    dtype: Annotated[str, _in(*ITEM_BYTES)]
    passes: Annotated[str, _in(*MOVED)]
    device: Annotated[str, _in("cpu", "cuda")]
    threads: Annotated[int, Field(strict=True, ge=1, le=65_536)]
    context: Annotated[str, _in(*CONTEXTS)] = "kernel"
    network: _Name | None = None
    amp: Annotated[bool, Field(strict=True)] = False
    allocator: Annotated[str, _in(*ALLOCATORS)] = "tuned"
    block_seconds: Annotated[tuple[_Seconds, ...], Field(max_length=20_000)] = ()
    calls_per_block: int = 0
    part_seconds: Annotated[Mapping[str, _Seconds], AfterValidator(_phases)] = field(
        default_factory=dict
    )
    peak_bytes: _Bytes | None = None
    saved_bytes: _Bytes | None = None
    copy_limit_seconds: _Seconds | None = None
    copy_limit_interval_seconds: tuple[float, float] | None = None
    limit_stream: str | None = None
    max_error: float | None = None
    preparation_seconds: float | None = None
    build_seconds: float | None = None
    unavailable: Sentence | None = None
    gate: Sentence | None = None
    final: bool = True

    @property
    def cell(self) -> tuple[object, ...]:
        """What must be equal for two variants to be compared."""
        return (
            *(self.elements, self.dtype, self.passes, self.device, self.threads),
            *(self.context, self.network, self.amp, self.allocator),
        )

    @property
    def question(self) -> tuple[object, ...]:
        """What of `cell` must be equal where another host's figures are laid beside."""
        return (self.passes, self.context, self.network, self.dtype, self.amp)

    @property
    def setting(self) -> tuple[str, int, str]:
        """What of `cell` may differ there, for hosts do: device, threads and allocator."""
        return (self.device, self.threads, self.allocator)

    @property
    def key(self) -> tuple[object, ...]:
        """What it is a measurement of; later ones of the same key replace earlier ones."""
        return (self.variant, *self.cell)

    @property
    def is_timed(self) -> bool:
        """Whether it holds a time."""
        return bool(self.block_seconds)

    @property
    def repeats(self) -> int:
        """Blocks behind the median."""
        return len(self.block_seconds)

    @property
    def median_seconds(self) -> float | None:
        """Median over the blocks; None without one."""
        return float(np.median(self.block_seconds)) if self.block_seconds else None

    @property
    def iqr_seconds(self) -> float | None:
        """Distance between the quartiles of the blocks; None for fewer than two."""
        if self.repeats < 2:
            return None
        low, high = quartiles(self)
        return high - low

    @property
    def spread(self) -> float:
        """The interquartile range over the median; infinite where it is not known."""
        median, iqr = self.median_seconds, self.iqr_seconds
        return iqr / median if median and iqr is not None else math.inf

    @property
    def saved_bytes_per_element(self) -> float | None:
        """Saved bytes over elements: 4 where x alone is kept in float32."""
        return None if self.saved_bytes is None else self.saved_bytes / self.elements

    @property
    def moved_bytes(self) -> int | None:
        """Bytes that a pass of the activation alone reads and writes at the least.

        The forward moves 2N elements, the backward 3N. None in other contexts.
        """
        if self.context != "kernel":
            return None
        return MOVED[self.passes] * self.elements * ITEM_BYTES[self.dtype]

    @property
    def bytes_per_second(self) -> float | None:
        """`moved_bytes` over the median; None without either."""
        moved, median = self.moved_bytes, self.median_seconds
        return moved / median if moved is not None and median else None

    @property
    def is_above_limit(self) -> bool:
        """Whether it is faster than the limit, beyond the noise of both."""
        interval, median = self.copy_limit_interval_seconds, self.median_seconds
        return interval is not None and median is not None and median < interval[0]

    def ratio(self, baseline: Measurement) -> Ratio:
        """How many times as long as ``baseline`` it takes.

        Raises:
            ValueError: One of them has no time.
        """
        return ratio(self.block_seconds, baseline.block_seconds)

    def as_json(self) -> dict[str, object]:
        """The measurement as REST gives it; what is not known is None."""
        record: dict[str, object] = {}
        for name in _TOLD:
            value = getattr(self, name)
            record["pass" if name == "passes" else name] = value
            if name in _REASONS:
                record[name] = value and value.sentence()
                record[f"{name}_reason"] = value and value.as_json()
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> Measurement:
        """Read what `as_json` wrote, perhaps in another version: what is newer takes its default.

        Raises:
            ValueError: A field is missing or of another type, or names what is not known here.
        """
        reasons = {name: _reason(record.get(f"{name}_reason")) for name in _REASONS}
        found = cls.read({**record, **reasons})
        if found.network not in (None, *NETWORKS):
            raise ValueError("it names what is not known here")
        return found

    @classmethod
    def read(cls, record: Mapping[str, object]) -> Measurement:
        """A measurement of these fields alone.

        Raises:
            pydantic.ValidationError: One is missing, of another type, or as none can be.
        """
        known = {name: record[name] for name in cls.__slots__ if name in record}
        return of_json(cls, {**known, "passes": record.get("pass")})


_REASONS = ("unavailable", "gate")
_TOLD = (
    *("variant", "activation", "elements", "dtype", "passes", "device", "threads", "context"),
    *("network", "amp", "allocator", "median_seconds", "iqr_seconds", "repeats"),
    *("calls_per_block", "block_seconds", "part_seconds", "peak_bytes", "saved_bytes"),
    *("bytes_per_second", "copy_limit_seconds", "copy_limit_interval_seconds", "limit_stream"),
    *("max_error", "preparation_seconds", "build_seconds", *_REASONS, "final"),
)


def latest(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The last measurement of each key, in the order in which the keys first came."""
    return tuple({measurement.key: measurement for measurement in measurements}.values())


def _reason(record: object) -> Sentence | None:
    return Sentence.from_json(record) if isinstance(record, Mapping) else None


def seconds_of(measurement: Measurement) -> float:
    """The median of a measurement that holds a time, in seconds."""
    median = measurement.median_seconds
    assert median is not None
    return median


def quartiles(measurement: Measurement) -> tuple[float, float]:
    """The first and third quartile of the blocks of a timed measurement, in seconds."""
    low, high = np.percentile(measurement.block_seconds, (25, 75))
    return float(low), float(high)


def size_label(elements: int) -> str:
    """A number of elements as a reader reads it: ``2²⁰``, or ``131 072`` where it is no power."""
    if elements > 1 and elements & (elements - 1) == 0:
        return f"2{raised(elements.bit_length() - 1)}"
    return numeral(elements)


def place_of(measurement: Measurement, language: Language = "en") -> str:
    """What was measured at: ``2²⁰ elements``, or the network that a step was of."""
    if measurement.network is not None:
        context = text(f"time.ui.context.{measurement.context}", language)
        return f"{context} {text(f'time.ui.network.{measurement.network}', language)}"
    count = size_label(measurement.elements)
    return text("time.ui.note_elements", language, count=count)


def duration(seconds: float) -> str:
    """A time with three digits and a unit, such as ``1.06 ms``."""
    size, unit = _unit(seconds)
    return f"{figures(seconds / size)} {unit}"


def duration_with_spread(seconds: float, spread: float | None) -> str:
    """A time and what it varies by, both in one unit, such as ``1.06 ± 0.08 ms``."""
    if spread is None:
        return duration(seconds)
    size, unit = _unit(seconds)
    return f"{figures(seconds / size)} ± {figures(spread / size)} {unit}"


def _unit(seconds: float) -> tuple[float, str]:
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    return next(((size, unit) for size, unit in units if seconds >= size), (1e-9, "ns"))


def byte_size(count: float) -> str:
    """A number of bytes such as ``48 KiB``."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 2**power:
            value = count / 2**power
            return f"{value:.3g} {unit}"
    return f"{count:.0f} B"


def figures(value: float) -> str:
    """Three digits or so: ``0.72``, ``4.42``, ``28.3``, ``1 057``."""
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return numeral(value, f".{digits}f")
