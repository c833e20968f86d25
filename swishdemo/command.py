"""The command line: ``python -m swishdemo time`` measures as the page does, and prints a report.

Its options are the fields of a timing request (`swishdemo.timing.request.fields`).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from swishdemo.errors import UserError
from swishdemo.fields import Field
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import measurements
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings, SettingsError
from swishdemo.terminal import show
from swishdemo.text import text
from swishdemo.timing import HostCard, Measurement, fields
from swishdemo.timing.presets import PRESETS, request_of
from swishdemo.timing.report import as_csv, as_markdown

_FORMATS = ("table", "markdown", "csv", "json")
_VISITOR = "command line"
_ENDED, _FAILED, _REFUSED, _INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit status.

    0: measured; 1: the measuring failed; 2: the request is refused; 130: interrupted, and what
    was measured before is printed all the same.
    """
    try:
        settings = Settings.read()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return _REFUSED
    table = fields(settings)
    given = parser(table).parse_args(arguments)
    request = {field.name: getattr(given, field.name) for field in table}
    with TemporaryDirectory() as folder:
        manager = JobManager.open(replace(settings, data_dir=Path(folder)))
        try:
            chosen = request_of(given.preset, settings) if given.preset else {}
            chosen |= {name: value for name, value in request.items() if value is not None}
            job = manager.submit("timing", chosen, _VISITOR)
            job = _watched(manager, job)
            records = measurements(manager.reports(job.id))
        except UserError as error:
            print(error.sentence("en"), file=sys.stderr)
            return _REFUSED
        finally:
            manager.close()
    if given.output:
        with given.output.open("w", encoding="utf-8", newline="") as file:
            _print(file, job, records, given.format, given.baseline)
    else:
        _print(sys.stdout, job, records, given.format, given.baseline)
    if job.reason:
        print(job.reason.sentence(), file=sys.stderr)
    return {"finished": _ENDED, "stopped": _INTERRUPTED}.get(job.state, _FAILED)


def parser(table: Sequence[Field]) -> argparse.ArgumentParser:
    """Reads the words of a command; an option for each field."""
    whole = argparse.ArgumentParser(
        prog="python -m swishdemo", description="Swish Lab without a browser."
    )
    commands = whole.add_subparsers(required=True, metavar="command")
    time = commands.add_parser(
        "time",
        help="time activations on this machine",
        description="Check and time implementations of activations on this machine.",
    )
    for field in table:
        option = f"--{field.name.replace('_', '-')}"
        help = text(f"time.ui.{field.name}.tip").replace("%", "%%")
        if field.kind == "flag":
            time.add_argument(option, help=help, action="store_true", default=None)
        elif field.kind.endswith("s"):
            time.add_argument(option, help=help, nargs="+", type=_reader(field), metavar="X")
        else:
            time.add_argument(option, help=help, type=_reader(field), metavar="X")
    time.add_argument("--preset", metavar="X", help=f"what the page offers: {', '.join(PRESETS)}")
    time.add_argument("--baseline", default="relu", help="the variant that counts as 1")
    time.add_argument("--format", choices=_FORMATS, default="table", help="how to print it")
    time.add_argument("--output", type=Path, help="a file to write to")
    return whole


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


def _watched(manager: JobManager, job: Job) -> Job:
    """Show how far the job is until it has ended; an interrupt stops it."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    try:
        with bar:
            task = bar.add_task("", total=job.steps)
            while job.active:
                job = manager.wait_for(job.id, after=job.reports - 1, timeout=0.3)
                done = measurements(manager.reports(job.id))
                latest = f"{done[-1]['variant']}, {done[-1]['elements']}" if done else "…"
                bar.update(task, completed=sum(m["final"] for m in done), description=latest)
    except KeyboardInterrupt:
        with suppress(UserError):  # it has ended meanwhile
            manager.stop(job.id)
        job = manager.get(job.id)
    return job


def _print(
    file: TextIO, job: Job, records: Sequence[Mapping[str, Any]], format: str, baseline: str
) -> None:
    if format == "json":
        found = {"config": job.config, "state": job.state, "host": job.host}
        file.write(json.dumps(found | {"measurements": records}, indent=1) + "\n")
        return
    measured = [Measurement.from_json(record) for record in records]
    host = HostCard.from_json(job.host) if job.host else None
    if format == "csv":
        file.write(as_csv(measured))
    elif format == "markdown":
        file.write(as_markdown(measured, host, baseline))
    else:
        show(Console(file=file, highlight=False), measured, host, baseline)
