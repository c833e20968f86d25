"""What the README says of the project is so."""

import argparse
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from importlib.metadata import requires
from pathlib import Path

import pytest

from swishdemo.__main__ import parser
from swishdemo.claims.claims_report import refused
from swishdemo.settings import Settings
from swishdemo.timing import TimingRequest
from swishdemo.training import TrainingConfig
from swishdemo.training.sweep import SweepRequest, grid_of, settings_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
HEAD, BODY = README.split("---\n", 2)[1:]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def head():
    """The front matter: flat keys, and the list of tags."""
    values = {}
    for line in HEAD.splitlines():
        if line.startswith("  - "):
            values["tags"].append(line[4:])
        else:
            key, _, value = line.partition(":")
            values[key] = [] if key == "tags" else value.strip()
    return values


def requirements():
    lines = (ROOT / "requirements.txt").read_text().split()
    return {re.match(r"[\w-]+", line)[0]: line for line in lines}


def test_the_front_matter_is_what_a_space_accepts():
    values = head()
    assert set(values) == {
        "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version",
        "app_file", "suggested_hardware", "license", "short_description", "tags",
    }  # fmt: skip
    assert values["sdk"] == "gradio"
    # YAML reads 3.10 as 3.1: both versions have to be strings.
    assert values["sdk_version"] == f'"{requirements()["gradio"].split("==")[1]}"'
    assert values["python_version"] == '"3.11"'
    assert (ROOT / values["app_file"]).is_file()
    assert values["suggested_hardware"] == "zero-a10g"  # ZeroGPU, whatever card it lends
    assert {values["colorFrom"], values["colorTo"]} <= COLOURS
    assert len(values["emoji"]) == 1 and ord(values["emoji"]) > 0x1F000
    assert values["license"] == "mit"
    assert len(values["short_description"].strip('"')) <= 60
    assert values["tags"] and all(re.fullmatch(r"[a-z0-9-]+", tag) for tag in values["tags"])


@pytest.mark.long
@pytest.mark.parametrize("version", re.findall(r"3\.1\d", BODY.split("## Run it")[1][:40]))
def test_every_package_has_a_wheel_for_the_versions_of_python(version, tmp_path):
    wanted = [line for name, line in requirements().items() if name != "torch"]  # gigabytes
    asked = ["download", "-q", "--no-deps", "--only-binary=:all:", "--python-version", version]
    command = [sys.executable, "-m", "pip", *asked, "-d", str(tmp_path), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == len(wanted)


def test_the_two_commands_are_those_that_ci_and_users_run():
    first = (
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
        " && .venv/bin/python app.py"
    )
    second = (
        "python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt"
        " && (command -v chromium || .venv/bin/playwright install --with-deps chromium)"
        " && .venv/bin/python -m pytest"
    )
    commands = re.findall(r"```\n(.*?)```", BODY, re.S)[0].splitlines()
    assert commands == [first, second]
    script = (ROOT / ".ci" / "run").read_text()
    *_, suite, journeys = [line for line in script.splitlines() if "python" in line]
    assert suite.replace("install -q", "install") == second
    assert journeys == ".venv/bin/python -m pytest -m journey"


def test_the_map_names_every_room_and_no_other():
    named = set(re.findall(r"`(?:swishdemo/)?([a-z_.]+)`", BODY.split("## Map")[1].split("##")[0]))
    rooms = {
        path.name
        for path in (ROOT / "swishdemo").iterdir()
        if path.name not in ("__pycache__", "__init__.py")
    }
    assert named == rooms | {"assets"}


def test_the_table_of_settings_is_the_settings():
    table = BODY.split("## Settings")[1].split("## REST")[0]
    rows = dict(re.findall(r"\| `(SWISHDEMO_\w+)` \| `?([^|`]+?)`? \|", table))
    own = {f.name for f in fields(Settings)} - {"server_name", "server_port", "root_path"}
    own -= {"ephemeral", "card", "zero_gpu"}  # found out, not set
    assert {name.removeprefix("SWISHDEMO_").lower() for name in rows} == own
    for name, default in rows.items():
        value = getattr(Settings(), name.removeprefix("SWISHDEMO_").lower())
        assert str(value).replace(str(Path.home()), "~") == default


def test_every_requirement_has_its_reason():
    table = BODY.split("## What it needs")[1]
    assert set(re.findall(r"^\| ([\w-]+) \| (?!why|-)", table, re.M)) == set(requirements())
    assert set(requirements()) >= {"gradio", "torch", "plotly", "numpy", "fastapi", "sympy"}


def test_the_commands_without_a_browser_are_read_as_they_stand():
    commands = re.findall(r"^\.venv/bin/python -m swishdemo (.*)$", BODY, re.M)
    assert len(commands) >= 2
    settings = Settings()
    assert {command.split()[0] for command in commands} == {"time", "sweep", "claims"}
    for command in commands:
        given = vars(parser(settings).parse_args(shlex.split(command)))
        if given["command"] == "claims":
            assert refused(argparse.Namespace(**given)) is None
            continue
        if given["command"] == "sweep":
            table = TrainingConfig.fields(settings)
            base = {"recipe": given["recipe"], **settings_of(given["set"], table)}
            SweepRequest.parse({"base": base, "grid": grid_of(given["grid"], table)}, settings)
            continue
        request = {name: given[name] for name in TimingRequest.fields(settings)}
        TimingRequest.parse({k: v for k, v in request.items() if v is not None}, settings)


def test_torch_is_a_range_that_a_space_can_keep():
    assert requirements()["torch"] == "torch>=2.8,<=2.13.0"
    assert requires("gradio"), "the pinned gradio is installed"


@pytest.mark.parametrize("link", re.findall(r"\]\((assets/[^)]+)\)", README))
def test_pictures_are_there(link):
    assert (ROOT / link).stat().st_size > 10_000


def test_it_shows_a_picture():
    assert re.search(r"!\[[^\]]+\]\(assets/[^)]+\.png\)", BODY)


def test_the_readme_counts_the_activations():
    from swishdemo.activations import names

    assert f"Swish, {len(names()) - 1} rivals" in README


def test_the_walks_name_files_that_are_there():
    walks = BODY.split("## Three walks")[1].split("\n## ")[0]
    assert "`beta_lr_factor`" in walks and "beta_lr_factor" in TrainingConfig.model_fields
    assert "`max_job_seconds`" in walks and "max_job_seconds" in {f.name for f in fields(Settings)}
    named = re.findall(r"`([\w./]+\.(?:py|js|css)|(?:swishdemo|assets)/[\w/]+)`", walks)
    assert len(named) > 20
    there = [path.as_posix() for path in ROOT.rglob("*") if not {".venv", ".git"} & {*path.parts}]
    for name in named:
        assert any(path.endswith(f"/{name}") for path in there), name
