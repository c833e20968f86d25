"""Writes figures as words in rows: on a terminal, and as files, CSV and Markdown.

And what a reader must know before trusting them. A table chooses its columns by name; what stands
in a cell is written here alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from swishdemo.activations.record import is_formula
from swishdemo.formats import as_csv as csv_of
from swishdemo.formats import as_markdown as markdown_table
from swishdemo.formats import plain
from swishdemo.text import Language, Sentence, text
from swishdemo.timing.host_card import HostCard, lines, threads_words
from swishdemo.timing.measurement import (
    STEP_PHASES,
    Measurement,
    byte_size,
    duration,
    duration_with_spread,
    figures,
    latest,
    place_of,
    quartiles,
    seconds_of,
)
from swishdemo.timing.variants import REGISTRY

NONE = "–"
"""Stands where there is no figure."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in words.

    Attributes:
        variants: The variant of each row.
        heads: A head for each column.
        rows: As many cells as heads, a row each.
    """

    variants: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grid(
    cell: Sequence[Measurement],
    baseline: str,
    columns: Sequence[str],
    language: Language = "en",
) -> Grid:
    """The figures of one setting, the fastest first.

    Args:
        cell: Timed measurements that can be compared with one another.
        baseline: The variant that counts as 1; where it has no time there are no ratios.
        columns: Names of columns, in order: ``variant ratio median spread iqr rate limit saved
            peak part_forward part_backward part_update error repeats prepared``. One in which no
            row has a figure is left out.
        language: Of the words.
    """
    ranked = sorted(cell, key=seconds_of)
    base = next((m for m in ranked if m.variant == baseline), None)
    label = label_of(base, language) if base else baseline
    written = {name: [_written(name, m, base, language) for m in ranked] for name in columns}
    kept = [name for name in columns if any(words != NONE for words in written[name])]
    return Grid(
        tuple(m.variant for m in ranked),
        tuple(text(f"timed.report.{name}", language, baseline=label) for name in kept),
        tuple(zip(*(written[name] for name in kept), strict=True)),
    )


def label_of(m: Measurement, language: Language = "en") -> str:
    """A variant's name for a reader; one that another host alone knows goes by its own."""
    return REGISTRY.get(m.variant).label(language) if REGISTRY.knows(m.variant) else m.variant


def ratio_words(m: Measurement, base: Measurement | None, *, interval: bool = True) -> str:
    """How many times as long as ``base`` it takes, such as ``1.51 (1.43–1.67)``.

    Args:
        m: A timed measurement.
        base: The one that counts as 1; None where it has no time.
        interval: Whether the 95 % interval is computed, which takes a while.
    """
    if base is None:
        return NONE
    if base is m or not interval:
        return f"{seconds_of(m) / seconds_of(base):.2f}"
    found = m.ratio(base)
    if not found.has_interval:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def rate_words(m: Measurement) -> str:
    """Gigabytes that move each second, at the least."""
    return NONE if m.bytes_per_second is None else figures(m.bytes_per_second / 1e9)


def limit_words(m: Measurement) -> str:
    """The share of the memory limit's speed that it reaches."""
    if m.bytes_per_second is None or not m.copy_limit_seconds:
        return NONE
    return f"{m.copy_limit_seconds / seconds_of(m) * 100:.0f} %"


def prepared_words(m: Measurement) -> str:
    """How long it was built and compiled, and checked, before it was timed: `31 s + 0.4 s`.

    The sum alone where the two are not known apart.
    """
    if m.preparation_seconds is None:
        return NONE
    if m.build_seconds is None:
        return duration(m.preparation_seconds)
    rest = max(0.0, m.preparation_seconds - m.build_seconds)
    return f"{duration(m.build_seconds)} + {duration(rest)}"


def _spread(m: Measurement) -> str:
    low, high = quartiles(m)
    half = (high - low) / 2 if m.repeats > 1 else None
    return duration_with_spread(seconds_of(m), half)


def _quartiles(m: Measurement) -> str:
    if m.repeats < 2:
        return NONE
    return " – ".join(map(duration, quartiles(m)))


def _error(error: float | None) -> str:
    if error is None:
        return NONE
    return f"{error:.1e}" if error else "0"


def _bytes(count: int | None) -> str:
    return NONE if count is None else byte_size(count)


_CELLS: Mapping[str, Callable[[Measurement], str]] = {
    "median": lambda m: duration(seconds_of(m)),
    "spread": _spread,
    "iqr": _quartiles,
    "rate": rate_words,
    "limit": limit_words,
    "saved": lambda m: _bytes(m.saved_bytes),
    "peak": lambda m: _bytes(m.peak_bytes),
    "error": lambda m: _error(m.max_error),
    "repeats": lambda m: str(m.repeats),
    "prepared": prepared_words,
}


def _written(name: str, m: Measurement, base: Measurement | None, language: Language) -> str:
    if name == "variant":
        return label_of(m, language)
    if name == "ratio":
        return ratio_words(m, base)
    part = name.removeprefix("part_")
    if part != name:
        return duration(m.part_seconds[part]) if m.part_seconds else NONE
    return _CELLS[name](m)


WIDE_SPREAD = 0.10
"""Interquartile range over median from which a figure is called rough."""

BUSY_CORES = 0.25
"""Cores kept busy by others from which a reader is told."""


def caveats(
    measurements: Sequence[Measurement],
    host: HostCard | None = None,
    language: Language = "en",
) -> tuple[Sentence, ...]:
    """Undecided orders, wide or unknown spreads, a limit exceeded, a busy machine: a sentence each.

    An order is looked at between neighbours in the ranking of one cell, and between figures that
    have at least two blocks.

    Args:
        measurements: Of several of one thing the latest holds.
        host: The machine; None where it is not known.
        language: Of the names within the sentences.
    """
    known = [m for m in latest(measurements) if m.is_timed]
    timed = [m for m in known if m.repeats > 1]
    found = []
    for group in _cells(known):
        single = [m for m in group if m.repeats < 2]
        if single:
            found.append(
                _reason("single", single[0], [label_of(m, language) for m in single], language)
            )
    for group in _cells(timed):
        cell = sorted(group, key=lambda m: m.median_seconds or 0.0)
        above = [f"{label_of(m, language)} ({limit_words(m)})" for m in cell if m.is_above_limit]
        if above:
            found.append(_reason("above_limit", cell[0], above, language))
        rough = [
            f"{label_of(m, language)} ({m.spread * 100:.0f} %)"
            for m in cell
            if m.spread > WIDE_SPREAD
        ]
        if rough:
            found.append(_reason("spread", cell[0], rough, language))
        found += [
            _reason("order", cell[0], [label_of(m, language) for m in tie], language)
            for tie in _ties(cell)
            if len(tie) > 1
        ]
    return (*found, *_about(host))


def _ties(ranked: Sequence[Measurement]) -> list[list[Measurement]]:
    """Runs of neighbours in the ranking, each undecided against the next."""
    ties = [[ranked[0]]]
    for faster, slower in pairwise(ranked):
        if slower.ratio(faster).is_decided:
            ties.append([slower])
        else:
            ties[-1].append(slower)
    return ties


def _reason(
    kind: str, measurement: Measurement, variants: Sequence[str], language: Language
) -> Sentence:
    place = place_of(measurement, language)
    return Sentence(f"time.warning.{kind}", variants=" · ".join(variants), place=place)


def _about(host: HostCard | None) -> list[Sentence]:
    if host is None:
        return []
    found = []
    if host.others_busy_cores is None:
        found.append(Sentence("time.warning.load_unknown"))
    elif host.others_busy_cores > BUSY_CORES:
        found.append(Sentence("time.warning.busy", cores=f"{host.others_busy_cores:.1f}"))
    if not host.allocator_is_tuned and (host.system or "").startswith("Linux"):
        found.append(Sentence("time.warning.allocator"))
    return found


_COLUMNS = (
    *("variant", "ratio", "median", "iqr", "rate", "limit", "saved", "peak"),
    *(f"part_{part}" for part in STEP_PHASES),
    *("error", "repeats", "prepared"),
)
_LEFT_TO_JSON = frozenset(
    {"block_seconds", "part_seconds", "unavailable_reason", "gate_reason", "final"}
)


@dataclass(frozen=True, slots=True)
class TimingReport:
    """What a report tells, before it is Markdown or stands on a terminal.

    Attributes:
        cells: The timed measurements, those of one size and setting together.
        host: Lines on the machine, each a name and a value; empty where it is not known.
        doubts: What to mind, a sentence each.
        left_out: A variant, its label and why it has no time, each once.
    """

    cells: tuple[tuple[Measurement, ...], ...]
    host: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]
    left_out: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(
        cls, measurements: Sequence[Measurement], host: HostCard | None, language: Language = "en"
    ) -> TimingReport:
        """The report of one timing; of several measurements of one thing the latest holds."""
        found = latest(measurements)
        timed = [m for m in found if m.is_timed]
        return cls(
            _cells(timed),
            tuple((name, value) for name, value in lines(host, language)) if host else (),
            tuple(reason.sentence(language) for reason in caveats(found, host, language)),
            left_out(found, language),
        )


def left_out(
    measurements: Sequence[Measurement], language: Language = "en"
) -> tuple[tuple[str, str, str], ...]:
    """A variant, its label and why it has no time, each once; and where, if not everywhere."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for m in measurements:
        if why := _why(m, language):
            found.setdefault((m.variant, label_of(m, language), why), []).append(
                place_of(m, language)
            )
    everywhere = {place_of(m, language) for m in measurements}
    return tuple(
        (variant, label, why)
        if set(places) == everywhere
        else (variant, label, text("time.ui.left_at", language, sizes=", ".join(places), why=why))
        for (variant, label, why), places in found.items()
    )


def as_csv(
    measurements: Sequence[Measurement], host: HostCard | None = None, baseline: str = "relu"
) -> str:
    """A row for each measurement, in full precision; single blocks are left to JSON.

    A row ends with how many times as long as the baseline it takes, the 95 % interval of that
    (where there are blocks enough for one), the baseline, and the machine. A cell is empty where
    something is not known.

    Args:
        measurements: Those of one timing; of several of one thing the latest holds.
        host: The machine; None where it is not known.
        baseline: The variant that counts as 1; where it has no time there are no ratios.
    """
    found = latest(measurements)
    bases = {m.cell: m for m in found if m.variant == baseline and m.is_timed}
    blank = Measurement("", "", 1, "float32", "both", "cpu", 1)
    rows = (_row(m, bases.get(m.cell), host) for m in found)
    return csv_of(rows, _row(blank, None, None))


def as_markdown(
    measurements: Sequence[Measurement],
    host: HostCard | None = None,
    baseline: str = "relu",
    language: Language = "en",
) -> str:
    """A table for each size and setting, then the host, what to mind, and what was left out.

    Args:
        measurements: Those of one timing; of several of one thing the latest holds.
        host: The machine; None where it is not known.
        baseline: The variant that counts as 1; where it has no time there are no ratios.
        language: Of the words.
    """
    told = TimingReport.of(measurements, host, language)
    parts = [f"# {text('timed.report.title', language)}"]
    for cell in told.cells:
        parts += [f"## {setting(cell[0], language)}", _table(cell, baseline, language)]
    if not told.cells:
        parts.append(text("timed.report.nothing", language))
    else:
        parts.append(text("timed.report.within", language))
    if told.host:
        heads = [text(f"timed.report.{name}", language) for name in ("host", "value")]
        pairs = [[plain(entry) for entry in pair] for pair in told.host]
        parts += [f"## {heads[0]}", markdown_table(heads, pairs)]
    parts += [f"## {text('time.ui.trust', language)}"]
    parts += [_list(map(plain, told.doubts)) or text("time.ui.trust_good", language)]
    if told.left_out:
        left = (f"{_name(name, label)}: {plain(why)}" for name, label, why in told.left_out)
        parts += [f"## {text('time.ui.left_out', language)}", _list(left)]
    return "\n\n".join(parts) + "\n"


def setting(m: Measurement, language: Language = "en") -> str:
    """What was measured in a line: pass, context, size, dtype, device, threads, allocator."""
    what = (text(f"time.ui.context.{m.context}", language),) if m.network is None else ()
    parts = (
        text(f"time.ui.passes.{m.passes}", language),
        *what,
        place_of(m, language),
        m.dtype + (" amp" if m.amp else ""),
        text(f"time.ui.device.{m.device}", language),
        threads_words(m.threads, language),
        text(f"timed.allocator.{m.allocator}", language),
    )
    return ", ".join(parts)


def _why(m: Measurement, language: Language) -> str | None:
    """Why it has no time; None where it has one."""
    if m.unavailable:
        return m.unavailable.sentence(language)
    return text("time.ui.left_gate", language, why=m.gate.sentence(language)) if m.gate else None


def _cells(timed: Iterable[Measurement]) -> tuple[tuple[Measurement, ...], ...]:
    """Those that can be compared together: by setting, and by size within one."""

    def place(m: Measurement) -> tuple[str, ...]:
        return (*(str(part) for part in m.cell[1:]), f"{m.elements:020d}")

    return tuple(tuple(group) for _, group in groupby(sorted(timed, key=place), key=place))


def _row(m: Measurement, base: Measurement | None, host: HostCard | None) -> dict[str, object]:
    record = {name: value for name, value in m.as_json().items() if name not in _LEFT_TO_JSON}
    spent = {f"{part}_seconds": m.part_seconds.get(part) for part in STEP_PHASES}
    against = m.ratio(base) if base and m.is_timed else None
    sure = against if against and against.has_interval and m is not base else None
    told = {
        "ratio": against and against.value,
        "ratio_low": sure and sure.low,
        "ratio_high": sure and sure.high,
        "baseline": base and base.variant,
        "host_cpu": host and host.cpu,
        "host_gpu": host and host.gpu,
        "host_torch": host and host.torch,
    }
    return {**record, **spent, **told}


def _table(cell: Sequence[Measurement], baseline: str, language: Language) -> str:
    found = grid(cell, baseline, _COLUMNS, language)
    rows = [
        [_name(variant, name), *figures]
        for variant, (name, *figures) in zip(found.variants, found.rows, strict=True)
    ]
    return markdown_table([plain(head) for head in found.heads], rows)


def _name(variant: str, label: str) -> str:
    # A formula is full of signs that Markdown reads as its own.
    return f"`{label.replace('|', '/')}`" if is_formula(variant) else plain(label)


def _list(entries: Iterable[str]) -> str:
    return "\n".join(f"- {entry}" for entry in entries)
