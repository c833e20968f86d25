"""Measurements as files: CSV for a spreadsheet, Markdown for an issue or a note."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from swishdemo.activations.record import is_formula
from swishdemo.formats import as_csv as csv_of
from swishdemo.formats import as_markdown as markdown_table
from swishdemo.formats import plain
from swishdemo.text import Language, text
from swishdemo.timing.host_card import HostCard, lines, threads_words
from swishdemo.timing.measurement import STEP_PHASES, Measurement, latest, place_of
from swishdemo.timing.tables import caveats, grid, label_of

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
        timed = sorted((m for m in found if m.is_timed), key=_place)
        return cls(
            tuple(tuple(group) for _, group in groupby(timed, key=lambda m: m.cell)),
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


def _place(m: Measurement) -> tuple[str, ...]:
    """Sorts by setting, and by size within one."""
    return (*(str(part) for part in m.cell[1:]), f"{m.elements:020d}")


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
