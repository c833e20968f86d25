"""The command line: ``python -m swishdemo time``, ``sweep``, ``claims`` and ``generate``.

A timing on a terminal: its figures, the host and what to mind, as wide as the terminal is.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from swishdemo.claims import claims_report
from swishdemo.errors import UserError
from swishdemo.figures.claims import illustrated
from swishdemo.form import Field
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports, measurements, rows_of
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import (
    check_baseline,
    sweep_as_json,
    sweep_as_text,
    timed,
    timing_as_json,
    timing_as_text,
)
from swishdemo.settings import Settings, SettingsError, Toolchain
from swishdemo.text import text
from swishdemo.timing import HostCard, Measurement, TimingRequest
from swishdemo.timing.measurement import STEP_PHASES, latest, place_of
from swishdemo.timing.presets import PRESETS, request_of, takes
from swishdemo.timing.tables import TimingReport, grid, label_of, setting
from swishdemo.training import TrainingConfig, recipes, sweep_results
from swishdemo.training.sweep import axis_of, grid_of, settings_of
from swishdemo.training.sweep import told as values_told

_FORMATS = ("table", "markdown", "csv", "json")
_VISITOR = "command line"
_BASELINE = "relu"
_LINES: Mapping[str, Any] = {"action": "extend", "default": []}
_ENDED, _FAILED, _REFUSED, _INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit status.

    0: done; 1: the job failed, or a generated file is stale; 2: the request is refused;
    130: interrupted, and what was found before is printed all the same.
    """
    try:
        Toolchain.read()
        settings = Settings.read()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return _REFUSED
    given = parser(settings).parse_args(arguments)
    if given.command == "generate":
        from swishdemo.generate import generate

        return generate(given.check)
    if given.command == "claims":
        return _check_claims(given, settings)
    work = (_Timing if given.command == "time" else _Sweep)(given, settings)
    if given.output:
        try:  # before minutes are spent on what could not be kept
            given.output.open("a", encoding="utf-8").close()
        except OSError as error:
            print(_unwritable(given.output, error), file=sys.stderr)
            return _REFUSED
    manager = JobManager.open(settings, kept=False)
    manager.hardware.settle()
    try:
        job = _watched(manager, work.begin(manager), work)
        reports = manager.reports(job.id)
    except UserError as error:
        print(error.sentence("en"), file=sys.stderr)
        return _REFUSED
    finally:
        manager.close()
    if not _write(given.output, lambda file: work.print(file, job, reports)):
        return _FAILED
    if job.reason:
        print(job.reason.sentence(), file=sys.stderr)
    return {"finished": _ENDED, "stopped": _INTERRUPTED}.get(job.state, _FAILED)


def _check_claims(given: argparse.Namespace, settings: Settings) -> int:
    if why := claims_report.refused(given):
        print(why, file=sys.stderr)
        return _REFUSED
    try:
        return _ENDED if claims_report.check(given, settings, illustrated) else _INTERRUPTED
    except OSError as error:
        print(_unwritable(given.report, error), file=sys.stderr)
        return _REFUSED


@dataclass(frozen=True, slots=True)
class _Timing:
    given: argparse.Namespace
    settings: Settings

    def begin(self, manager: JobManager) -> Job:
        given = self.given
        request = {name: getattr(given, name) for name in TimingRequest.fields(self.settings)}
        typed = {name: value for name, value in request.items() if value is not None}
        asked = given.device or "auto"
        preset = request_of(given.preset, self.settings, asked) if given.preset else None
        job = manager.submit("timing", changed(preset, typed) if preset else typed, _VISITOR)
        check_baseline(job, given.baseline)
        print(takes(job.config, "en"), file=sys.stderr)
        return job

    def progress(self, job: Job, reports: Reports) -> tuple[int, str]:
        done = latest(list(map(Measurement.from_json, measurements(reports))))
        return len(done), f"{label_of(done[-1])}, {place_of(done[-1])}" if done else "…"

    def print(self, file: TextIO, job: Job, reports: Reports) -> None:
        format, baseline = self.given.format, self.given.baseline
        if format == "json":
            file.write(json.dumps(timing_as_json(job, reports), indent=1) + "\n")
        elif format == "table":
            show(Console(file=file, highlight=False), *timed(reports), baseline)
        else:
            file.write(timing_as_text(job, reports, format, baseline))


@dataclass(frozen=True, slots=True)
class _Sweep:
    given: argparse.Namespace
    settings: Settings

    def begin(self, manager: JobManager) -> Job:
        given, fields = self.given, TrainingConfig.fields(self.settings)
        recipe = {"recipe": given.recipe} if given.recipe else {}
        base = recipe | settings_of(given.set, fields)
        return manager.submit(
            "sweep", {"base": base, "grid": grid_of(given.grid, fields)}, _VISITOR
        )

    def progress(self, job: Job, reports: Reports) -> tuple[int, str]:
        runs, ended = job.config["runs"], len(rows_of(reports))
        now = min(ended, len(runs) - 1)
        values = {name: runs[now][name] for axis in job.config["grid"] for name in axis_of(axis)}
        return job.step, f"run {now + 1} of {len(runs)}: {values_told(values)}"

    def print(self, file: TextIO, job: Job, reports: Reports) -> None:
        format = self.given.format
        if format == "json":
            file.write(json.dumps(sweep_as_json(job, reports), indent=1) + "\n")
        elif format == "table":
            console = Console(file=file, highlight=False)
            _show_sweep(console, job.config, rows_of(reports))
        else:
            file.write(sweep_as_text(job, reports, format))


def changed(preset: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """A preset's request with what was typed; what does not go with that is left out.

    A size belongs to one context, and is a number of elements or a shape, not both.
    """
    sizes = {"elements", "shape", "network"}
    if typed.get("context", preset["context"]) != preset["context"] or sizes & typed.keys():
        preset = {name: value for name, value in preset.items() if name not in sizes}
    return {**preset, **typed}


def _write(output: Path | None, print_to: Callable[[TextIO], None]) -> bool:
    """Print to a file, or to the screen where that fails: whether it stands where it was wanted."""
    if output:
        try:
            with output.open("w", encoding="utf-8", newline="") as file:
                print_to(file)
            return True
        except OSError as error:
            print(_unwritable(output, error), file=sys.stderr)
    try:
        print_to(sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        with suppress(OSError):
            sys.stdout.close()  # what is left in it would be tried again at the end
        return False
    return output is None


def _unwritable(output: Path, error: OSError) -> str:
    return f"{output} cannot be written: {error.strerror}."


def parser(settings: Settings) -> argparse.ArgumentParser:
    """Reads the words of a command; of ``time`` there is an option for each field."""
    whole = argparse.ArgumentParser(
        prog="python -m swishdemo", description="Swish Lab without a browser."
    )
    commands = whole.add_subparsers(required=True, metavar="command", dest="command")
    written = commands.add_parser(
        "generate",
        help="write the files that follow from the sources",
        description="Write the committed files that follow from the sources, where they are stale.",
    )
    written.add_argument("--check", action="store_true", help="only say which are stale")
    time = commands.add_parser(
        "time",
        help="time activations on this machine",
        description="Check and time implementations of activations on this machine.",
    )
    for field in TimingRequest.fields(settings).values():
        option = f"--{field.name.replace('_', '-')}"
        help = _help(field).replace("%", "%%")
        if field.kind == "flag":
            time.add_argument(option, help=help, action="store_true", default=None)
        elif field.kind.endswith("s"):
            time.add_argument(option, help=help, nargs="+", type=_reader(field), metavar="X")
        else:
            time.add_argument(option, help=help, type=_reader(field), metavar="X")
    time.add_argument("--preset", metavar="X", help=f"what the page offers: {', '.join(PRESETS)}")
    time.add_argument(
        "--baseline", default=_BASELINE, help=f"the variant that counts as 1 (default {_BASELINE})"
    )
    sweep = commands.add_parser(
        "sweep",
        help="train a grid of runs on this machine",
        description="Train all combinations of some settings, one run after another.",
    )
    names = ", ".join(recipe.name for recipe in recipes())
    sweep.add_argument("--recipe", metavar="X", help=f"what the runs start from: {names}")
    sweep.add_argument(
        "--set", metavar="FIELD=X", help="a setting of all runs", nargs="+", **_LINES
    )
    sweep.add_argument(
        "--grid",
        metavar="FIELD=X,X",
        help="values of a field, a list's entries with blanks between; fields that change together "
        "are joined by +, as are their values",
        nargs="+",
        required=True,
        **_LINES,
    )
    claims_report.add_options(
        commands.add_parser(
            "claims",
            help="check the article's claims on this machine",
            description="Prove, time and train what an article says about Swish.",
        )
    )
    for command in (time, sweep):
        command.add_argument("--format", choices=_FORMATS, default="table", help="how to print it")
        command.add_argument("--output", type=Path, help="a file to write to")
    return whole


def _help(field: Field) -> str:
    """What a field is, what it may be and what it is where it is left out."""
    told = text(f"time.ui.{field.name}.tip").removesuffix(".")
    if field.choices:
        told += f": {', '.join(field.choices)}"
    elif field.low is not None and field.high is not None:
        told += f": {field.low:.10g} to {field.high:.10g}"
    left_out = field.default
    if left_out not in (None, "", (), False):
        words = map(str, left_out) if isinstance(left_out, tuple) else [str(left_out)]
        told += f" (default {' '.join(words)})"
    return told


def _reader(field: Field) -> Callable[[str], object]:
    """Reads a word as the field's type; what is none stays a word, for the field to refuse."""
    kind = field.kind.removesuffix("s")

    def value(word: str) -> object:
        with suppress(ValueError):
            if kind == "integer":
                return _integer(word)
            if kind == "number":
                return float(word)
        return word

    return value


def _integer(word: str) -> int:
    """A whole number, which may be a power such as ``2^20``.

    Raises:
        ValueError: It is none.
    """
    power = re.fullmatch(r"(\d{1,3})\^(\d{1,3})", word)
    return int(power[1]) ** int(power[2]) if power else int(word)


def _watched(manager: JobManager, job: Job, work: _Timing | _Sweep) -> Job:
    """Show how far the job is until it has ended; an interrupt stops it."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    try:
        with bar:
            task = bar.add_task("", total=job.steps)
            while job.active:
                job = manager.wait_for(job.id, after=job.reports - 1, timeout=0.3)
                done, now = work.progress(job, manager.reports(job.id))
                bar.update(task, completed=done, description=escape(now))
    except KeyboardInterrupt:
        with suppress(UserError):  # it has ended meanwhile
            manager.stop(job.id)
        job = manager.get(job.id)
    return job


# What 80 columns hold, at the most: what is left out stands in every file.
_COLUMNS = ("variant", "ratio", "spread", "rate", "limit", "saved", "peak")
_PARTS = tuple(f"part_{part}" for part in STEP_PHASES)
_WIDE_COLUMNS = (*_COLUMNS, *_PARTS, "error", "repeats", "prepared")
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
    told = TimingReport.of(measurements, host)
    columns = _WIDE_COLUMNS if console.width >= _WIDE else _COLUMNS
    for cell in told.cells:
        _head(console, setting(cell[0]))
        found = grid(cell, baseline, columns)
        console.print(_table(found.heads, found.rows, console.width))
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


def _show_sweep(
    console: Console, sweep: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Print the table of runs, and one for each field of the grid."""
    console.print(Text(text("sweep.scores"), style="dim"))
    tables = sweep_results.runs_table(sweep, rows), *sweep_results.effect_tables(sweep, rows)
    for told in tables:
        _head(console, told.title)
        if told.rows:
            console.print(_table(told.heads, told.rows, console.width), crop=False)
        _listed(console, told.notes)


def _head(console: Console, words: str) -> None:
    console.print()
    console.print(Text(words, style="bold"))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Table:
    """Figures never wrap; heads do where they must, and the first column last of all.

    What is wider even so is left to the terminal.
    """
    figures = range(1, len(heads))
    widths = [max(Text(row[place]).cell_len for row in rows) for place in range(len(heads))]
    widths[0] = max(widths[0], *map(len, heads[0].split()))
    wanted = widths[0] + sum(max(widths[place], len(heads[place])) for place in figures)
    gap = 2 if wanted + 2 * len(figures) <= width else 1
    widths[1:] = (max(widths[place], *map(len, heads[place].split())) for place in figures)
    left = width - sum(widths) - gap * len(figures)
    for place in figures:
        more = max(0, min(left, len(heads[place]) - widths[place]))
        widths[place] += more
        left -= more
    narrowest = min(widths[0], _NARROWEST_NAME)
    widths[0] = max(narrowest, widths[0] + min(0, left))  # a formula can be of any length
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    table.width = max(width, sum(widths) + gap * len(figures))
    for place, head in enumerate(heads):
        justify: JustifyMethod = "right" if place else "left"
        table.add_column(Text(head), justify=justify, width=widths[place], overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


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


if __name__ == "__main__":
    sys.exit(main())
