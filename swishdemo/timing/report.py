"""Measurements as files: CSV for a spreadsheet, Markdown for an issue or a note."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import groupby

from swishdemo.activations.registry import is_formula
from swishdemo.text import Language, text
from swishdemo.timing.caveats import caveats
from swishdemo.timing.host import HostCard
from swishdemo.timing.hostlines import lines, threads_words
from swishdemo.timing.measurement import Measurement, latest
from swishdemo.timing.quantities import byte_size, duration, figures, quartiles, size_label
from swishdemo.timing.quantities import seconds_of as median_of
from swishdemo.timing.variants import REGISTRY

NONE = "–"
"""Stands where there is no figure."""
PARTS = ("forward", "backward", "update")
"""What a training step's time is made of, in order (`Measurement.part_seconds`)."""

_LEFT_TO_JSON = frozenset(
    {"block_seconds", "part_seconds", "unavailable_reason", "gate_reason", "final"}
)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(measurements: Sequence[Measurement]) -> str:
    """A row for each measurement, in full precision; single blocks are left to JSON.

    A cell is empty where something is not known. A text that a spreadsheet would compute, as the
    name of a typed formula is, has an apostrophe before it.
    """
    written = io.StringIO()
    rows = [_row(m) for m in latest(measurements)]
    blank = Measurement("", "", 1, "float32", "both", "cpu", 1)
    table = csv.DictWriter(written, list(_row(blank)), lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


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
    found = latest(measurements)
    timed = sorted((m for m in found if m.is_timed), key=_place)
    parts = [f"# {text('timed.report.title', language)}"]
    for _, group in groupby(timed, key=lambda m: m.cell):
        cell = sorted(group, key=median_of)
        parts += [f"## {setting(cell[0], language)}", _table(cell, baseline, language)]
    if not timed:
        parts.append(text("timed.report.nothing", language))
    if host is not None:
        heads = [text(f"timed.report.{name}", language) for name in ("host", "value")]
        pairs = [[_cell(entry) for entry in pair] for pair in lines(host, language)]
        parts += [f"## {heads[0]}", _markdown_table(heads, pairs)]
    doubts = [reason.sentence(language) for reason in caveats(found, host)]
    parts += [f"## {text('time.ui.trust', language)}"]
    parts += [_list(map(_cell, doubts)) or text("time.ui.trust_good", language)]
    if left := [pair for m in found if (pair := _left_out(m, language))]:
        parts += [f"## {text('time.ui.left_out', language)}", _list(dict.fromkeys(left))]
    return "\n\n".join(parts) + "\n"


def setting(m: Measurement, language: Language = "en") -> str:
    """What was measured in a line: pass, context, size, dtype, device, threads, allocator."""
    what = text(f"time.ui.context.{m.context}", language)
    if m.network is not None:
        what += f" {text(f'time.ui.network.{m.network}', language)}"
    else:
        what += f", {text('time.ui.note_elements', language, count=size_label(m.elements))}"
    parts = (
        text(f"time.ui.passes.{m.passes}", language),
        what,
        m.dtype + (" amp" if m.amp else ""),
        text(f"time.ui.device.{m.device}", language),
        threads_words(m.threads, language),
        text(f"timed.allocator.{m.allocator}", language),
    )
    return ", ".join(parts)


def _place(m: Measurement) -> tuple[str, ...]:
    """Sorts by setting, and by size within one."""
    return (*(str(part) for part in m.cell[1:]), f"{m.elements:020d}")


def _row(m: Measurement) -> dict[str, object]:
    record = {name: value for name, value in m.as_json().items() if name not in _LEFT_TO_JSON}
    spent = {f"{part}_seconds": m.part_seconds.get(part) for part in PARTS}
    return {name: _spreadsheet(value) for name, value in {**record, **spent}.items()}


def _spreadsheet(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_SIGNS):
        return f"'{value}"
    return value


def _table(cell: Sequence[Measurement], baseline: str, language: Language) -> str:
    base = next((m for m in cell if m.variant == baseline), None)
    has_parts = any(m.part_seconds for m in cell)
    label = _label(base, language) if base else baseline
    names = ["variant", "ratio", "median", "iqr", "rate", "limit", "saved", "peak"]
    names += [f"part_{part}" for part in PARTS] if has_parts else []
    heads = [text(f"timed.report.{name}", language, baseline=label) for name in names]
    heads += [text(f"time.ui.col_{name}", language) for name in ("error", "repeats")]
    return _markdown_table(heads, [_cells(m, base, language, has_parts) for m in cell])


def _cells(
    m: Measurement, base: Measurement | None, language: Language, has_parts: bool
) -> list[str]:
    ratio = rate = limit = NONE
    if base is m:
        ratio = "1"
    elif base is not None:
        quotient = m.ratio(base)
        ratio = f"{quotient.value:.2f}"
        if m.repeats > 1 and base.repeats > 1:
            ratio += f" ({quotient.low:.2f}–{quotient.high:.2f})"
    low, high = quartiles(m)
    if m.bytes_per_second is not None:
        rate = figures(m.bytes_per_second / 1e9)
        if m.copy_limit_seconds:
            limit = f"{m.copy_limit_seconds / median_of(m) * 100:.0f} %"
    spent = [duration(m.part_seconds[part]) if m.part_seconds else NONE for part in PARTS]
    return [
        _label(m, language),
        ratio,
        duration(median_of(m)),
        f"{duration(low)} – {duration(high)}" if m.repeats > 1 else NONE,
        rate,
        limit,
        NONE if m.saved_bytes is None else byte_size(m.saved_bytes),
        NONE if m.peak_bytes is None else byte_size(m.peak_bytes),
        *(spent if has_parts else []),
        NONE if m.max_error is None else f"{m.max_error:.1e}",
        str(m.repeats),
    ]


def _label(m: Measurement, language: Language) -> str:
    label = REGISTRY.get(m.variant).label(language) if REGISTRY.knows(m.variant) else m.variant
    # A formula is full of signs that Markdown reads as its own.
    return f"`{label.replace('|', '/')}`" if is_formula(m.variant) else _cell(label)


def _left_out(m: Measurement, language: Language) -> str | None:
    if m.unavailable:
        return f"{_label(m, language)}: {_cell(m.unavailable.sentence(language))}"
    if m.gate:
        why = text("time.ui.left_gate", language, why=m.gate.sentence(language))
        return f"{_label(m, language)}: {_cell(why)}"
    return None


def _markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    right = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, right, *rows))


def _cell(words: str) -> str:
    """Words that Markdown shows as they are, on one line."""
    for sign in "\\`*_|<":
        words = words.replace(sign, f"\\{sign}")
    return " ".join(words.split())


def _list(entries: Iterable[str]) -> str:
    return "\n".join(f"- {entry}" for entry in entries)
