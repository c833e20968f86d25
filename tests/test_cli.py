"""``python -m swishdemo time`` and ``sweep``, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from swishdemo.__main__ import _Sweep, changed, main, parser
from swishdemo.errors import UserError
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.timing import Measurement, TimingRequest
from swishdemo.timing.presets import request_of

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "swishdemo", "time"]
QUICK = ["--variants", "relu", "silu", "--elements", "64", "2^7", "--budget-seconds", "0.05"]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, **options
    )


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command says as it refuses, in this process."""

    def said(*arguments: str, command: str = "time") -> str:
        assert main([command, *arguments]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        return told.err

    return said


@pytest.fixture
def help_text(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit, match="0"):
        main(["time", "--help"])
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """What the command has told of a quick timing."""
    done = run(*QUICK, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def again(measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A timing has ended as soon as it is begun, with what was measured."""
    reports = [("Measurement", each) for each in measured["measurements"]]
    job = Job("x", "timing", "me", measured["config"], 0.0, "finished", host=measured["host"])
    monkeypatch.setattr(JobManager, "submit", lambda *asked: job)
    monkeypatch.setattr(JobManager, "reports", lambda *asked: reports)


def test_json_holds_every_measurement_and_the_host(measured: dict[str, Any]):
    told = measured
    found = [Measurement.from_json(record) for record in told["measurements"]]
    assert {(m.variant, m.elements) for m in found} == {
        (name, size) for name in ("relu", "silu") for size in (64, 128)
    }
    assert all(m.final and m.repeats >= 5 and m.median_seconds > 0 for m in found)
    assert told["host"]["allocator_is_tuned"] is True
    assert {m.allocator for m in found} == {"tuned"}
    assert told["host"]["others_busy_cores"] is not None
    assert told["config"]["budget_seconds"] == 0.05


PUBLISHED = ["--preset", "published", "--variants", "relu", "--budget-seconds", "0.05"]


def test_a_preset_is_what_the_page_offers_with_what_is_typed(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[str, dict[str, Any]]] = []

    def noted(manager: JobManager, kind: str, request: dict[str, Any], *rest: object) -> Job:
        asked.append((kind, request))
        raise UserError("error.unknown_choice", name="x", value="x", choices=())

    monkeypatch.setattr(JobManager, "submit", noted)
    assert main(["time", *PUBLISHED]) == 2
    [(kind, request)] = asked
    told = TimingRequest.parse(request, Settings())
    assert (kind, told.shape, told.variants) == ("timing", (16, 10, 256, 256), ("relu",))
    assert told.budget_seconds == 0.05


@pytest.mark.long
def test_a_preset_is_what_the_page_offers_and_options_change_it():
    done = run(*PUBLISHED, "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["config"]["shape"] == [16, 10, 256, 256]
    assert [(m["variant"], m["elements"]) for m in told["measurements"]] == [
        ("relu", 16 * 10 * 256 * 256)
    ]


def test_csv_goes_to_a_file_and_the_screen_stays_empty(
    tmp_path: Path, again: None, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "found.csv"
    assert main(["time", *QUICK, "--format", "csv", "--output", str(file)]) == 0
    assert capsys.readouterr().out == ""
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    assert len(rows) == 4
    assert all(float(row["median_seconds"]) > 0 for row in rows)


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_a_report_names_what_was_measured(
    format: str, again: None, capsys: pytest.CaptureFixture[str]
):
    assert main(["time", *QUICK, "--baseline", "silu", "--format", format]) == 0
    is_a_report(capsys.readouterr().out)


def is_a_report(shown: str) -> None:
    for words in ("F.relu", "F.silu", "float32", "tuned allocator"):
        assert words in shown, shown
    assert "\x1b" not in shown  # no colours where no terminal is


@pytest.mark.long
@pytest.mark.parametrize("format", ["table", "markdown"])
def test_a_report_is_printed_by_the_command(format: str):
    done = run(*QUICK, "--baseline", "silu", "--format", format)
    assert done.returncode == 0, done.stderr
    is_a_report(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--preset", "nope"], "preset “nope” is unknown; choose one of: article, quick"),
        (["--elements", "2^99"], "elements is 6.338253001e+29; it must be from 1 to"),
        (["--elements", "many"], "elements must be a whole number."),
        (["--threads", "1.5"], "threads must be a whole number."),
        (["--budget-seconds", "nan"], "budget_seconds must be a finite number."),
        (["--dtype", "int8"], "dtype “int8” is unknown"),
        (["--variants", "nope"], "variants “nope” is unknown"),
        (["--shape", "4", "4", "--context", "step"], "shape is for context kernel"),
    ],
)
def test_a_bad_value_gets_one_sentence(refused, arguments: list[str], sentence: str):
    said = refused(*arguments)
    assert said.startswith(sentence)
    assert said.count("\n") == 1


def test_every_field_of_a_request_is_an_option(help_text):
    for field in TimingRequest.fields(Settings()).values():
        assert f"--{field.name.replace('_', '-')} " in help_text, field.name


def test_an_interrupt_prints_what_was_measured(tmp_path: Path):
    file = tmp_path / "found.json"
    many = ["--variants", "relu", "silu", "--elements", *[str(2**n) for n in range(6, 20)]]
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *many, "--budget-seconds", "1", "--format", "json", "--output", str(file)],
        cwd=ROOT,
        stderr=end,
        # A shell gives what it runs in the background an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(end)
    shown = b""
    with suppress(OSError):  # the terminal's end
        while more := os.read(terminal, 4096):
            if b"F.relu" not in shown and b"F.relu" in shown + more:
                os.kill(process.pid, signal.SIGINT)
            shown += more
    os.close(terminal)
    assert process.wait(600) == 130, shown.decode()[-300:]
    told = json.loads(file.read_text())
    assert told["state"] == "stopped"
    assert 0 < len(told["measurements"]) < 28


@pytest.mark.parametrize(
    ("preset", "typed", "wanted"),
    [
        ("quick", {"shape": (4, 8)}, {"shape": (4, 8)}),
        ("published", {"elements": [1024]}, {"elements": [1024]}),
        ("published", {"context": "step"}, {}),
        ("step", {"context": "kernel"}, {}),
        ("published", {"dtype": "float64"}, {"shape": [16, 10, 256, 256]}),
    ],
)
def test_what_is_typed_takes_the_place_of_what_a_preset_says(preset, typed, wanted):
    settings = Settings()
    request = changed(request_of(preset, settings), typed)
    sizes = {"elements", "shape"}
    assert {name: request[name] for name in sizes & request.keys()} == wanted
    assert typed.items() <= request.items()
    read = TimingRequest.parse(request, settings)
    assert read.context == request["context"]


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_measured(
    refused, tmp_path: Path
):
    said = refused(*QUICK, "--output", str(tmp_path / "nowhere" / "found.csv"))
    assert said.strip().endswith("found.csv cannot be written: No such file or directory.")


def test_a_full_disk_sends_the_figures_to_the_screen(
    again: None, capsys: pytest.CaptureFixture[str]
):
    assert main(["time", *QUICK, "--format", "csv", "--output", "/dev/full"]) == 1
    told = capsys.readouterr()
    assert "No space left" in told.err
    assert len(list(csv.DictReader(io.StringIO(told.out)))) == 4


def test_an_unknown_baseline_is_refused(refused):
    said = refused(*QUICK, "--baseline", "nosuch")
    assert said.strip() == "baseline “nosuch” is unknown; choose one of: relu, silu."


def test_help_tells_choices_ranges_and_defaults(help_text):
    told = " ".join(help_text.split())
    assert "float32, float64, bfloat16, float16 (default float32)" in told
    assert "less where the figure settles earlier: 0.05 to 30 (default 0.35)" in told


def test_a_bad_setting_is_told_by_its_name():
    done = run(*QUICK, env={**os.environ, "SWISHDEMO_THREADS": "many"})
    assert done.returncode == 2
    assert "SWISHDEMO_THREADS" in done.stderr


TINY = ["network=mlp", "depth=1", "width=4", "steps=10", "seeds=2", "batch=16", "beta_starts=1"]
SWEEP = ["sweep", "--set", *TINY, "rivals=relu", "--grid"]


def test_a_sweep_goes_to_a_file_and_is_printed_in_every_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "found.json"
    grid = ["depth=1,2", "--grid", "seed+data_seed=0,1", "--format", "json"]
    assert main([*SWEEP, *grid, "--output", str(file)]) == 0
    assert capsys.readouterr().out == ""
    told = json.loads(file.read_text("utf-8"))
    assert told["state"] == "finished" and told["config"]["base"]["beta_starts"] == [1.0]
    assert [row["values"] for row in told["rows"]] == [
        {"depth": depth, "seed": seed, "data_seed": seed} for depth in (1, 2) for seed in (0, 1)
    ]
    assert all(len(row["accuracy"]) == 4 for row in told["rows"])
    job = Job("x", "sweep", "me", told["config"], 0.0, "finished")
    rows = [("SweepRow", row) for row in told["rows"]]
    for format in ("table", "markdown", "csv"):
        given = parser(Settings()).parse_args([*SWEEP, "depth=1", "--format", format])
        _Sweep(given, Settings()).print(sys.stdout, job, rows)
        shown = capsys.readouterr().out
        count = 16 if format == "csv" else 4
        lines = [line.strip("| ") for line in shown.splitlines()]
        assert sum(line.startswith(("1", "2", "3", "4")) for line in lines) >= count, shown
        assert ("elapsed_seconds" if format == "csv" else "Hidden") in shown
        assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--grid", "depth"], "“depth” is not a setting; write a field"),
        (["--grid", "depths=1"], "“depths” is not a field of a sweep's grid"),
        (["--grid", "depth="], "depth is empty"),
        (["--grid", "depth=1,500"], "Run 2 of 2 (depth = 500): depth is 500"),
        (["--grid", "depth=1,x"], "Run 2 of 2 (depth = x): depth must be a whole number."),
        (["--grid", "lr=1,1e0"], "Runs 1 and 2 are the same (lr = 1)"),
        (["--grid", "lr=nan"], "Run 1 of 1 (lr = nan): lr must be a finite number."),
        (["--grid", "lr=1", "--set", "steps=0"], "Run 1 of 1 (lr = 1): steps is 0"),
        (["--grid", "lr=1", "--recipe", "none"], "Run 1 of 1 (lr = 1): recipe “none” is unknown"),
        (["--grid", "seed=" + ",".join(map(str, range(65)))], "65 values are 65 runs"),
    ],
)
def test_a_bad_sweep_gets_one_sentence(refused, arguments: list[str], sentence: str):
    said = refused(*arguments, command="sweep")
    assert said.startswith(sentence), said
    assert said.count("\n") == 1
