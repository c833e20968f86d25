"""A timing on a terminal: its figures, the host and what to mind, as wide as the terminal is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from swishdemo.text import text
from swishdemo.timing import HostCard, Measurement
from swishdemo.timing.grid import PARTS, Grid, grid
from swishdemo.timing.report import Report, setting

# What 80 columns hold, at the most: what is left out stands in every file.
_COLUMNS = ("variant", "ratio", "spread", "rate", "limit", "saved", "peak")
_WIDE_COLUMNS = (*_COLUMNS, *(f"part_{part}" for part in PARTS), "error", "repeats", "prepared")
_WIDE = 120
_NARROWEST_NAME = 14


def show(
    console: Console,
    measurements: Sequence[Measurement],
    host: HostCard | None,
    baseline: str = "relu",
) -> None:
    """Print a table for each size and setting, then the host, what to mind and what was left out.

    Args:
        console: Where to; from 120 columns the tables have their parts, errors and blocks too.
        measurements: Those of one timing; of several of one thing the latest holds.
        host: The machine; None where it is not known.
        baseline: The variant that counts as 1.
    """
    told = Report.of(measurements, host)
    columns = _WIDE_COLUMNS if console.width >= _WIDE else _COLUMNS
    for cell in told.cells:
        _head(console, setting(cell[0]))
        console.print(_table(grid(cell, baseline, columns), console.width))
    if not told.cells:
        console.print(Text(text("timed.report.nothing")))
    else:
        console.print()
        console.print(Text(text("timed.report.within"), style="dim"))
    if told.host:
        _head(console, text("timed.report.host"))
        console.print(_pairs(told.host))
    _head(console, text("time.ui.trust"))
    _listed(console, told.doubts or (text("time.ui.trust_good"),))
    if told.left_out:
        _head(console, text("time.ui.left_out"))
        _listed(console, (f"{label}: {why}" for _, label, why in told.left_out))


def _head(console: Console, words: str) -> None:
    console.print()
    console.print(Text(words, style="bold"))


def _table(found: Grid, width: int) -> Table:
    """Figures never wrap; heads do where they must, and names last of all."""
    figures = range(1, len(found.heads))
    widths = [_widest(found, place) for place in range(len(found.heads))]
    wanted = widths[0] + sum(max(widths[place], len(found.heads[place])) for place in figures)
    gap = 2 if wanted + 2 * len(figures) <= width else 1
    widths[1:] = (max(widths[place], *map(len, found.heads[place].split())) for place in figures)
    left = width - sum(widths) - gap * len(figures)
    for place in figures:
        more = max(0, min(left, len(found.heads[place]) - widths[place]))
        widths[place] += more
        left -= more
    widths[0] = max(_NARROWEST_NAME, widths[0] + min(0, left))  # a formula can be of any length
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    for place, head in enumerate(found.heads):
        justify: JustifyMethod = "right" if place else "left"
        table.add_column(Text(head), justify=justify, width=widths[place], overflow="fold")
    for row in found.rows:
        table.add_row(*map(Text, row))
    return table


def _widest(found: Grid, place: int) -> int:
    return max(Text(row[place]).cell_len for row in found.rows)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(Text(name), Text(value))
    return table


def _listed(console: Console, entries: Iterable[str]) -> None:
    table = Table.grid(padding=(0, 1, 0, 0))
    for entry in entries:
        table.add_row("-", Text(entry, overflow="fold"))
    console.print(table)
