"""The linters, the formatters and the type checker are part of the test command."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "app.py", "swishdemo", "assets", "tests", "requirements.txt", "Dockerfile", "README.md",
    "pyproject.toml", "packages.txt", "LICENSE",
}  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", "--strict", "swishdemo"],
    ],
    ids=["ruff check", "ruff format", "mypy --strict"],
)
def test_the_code_is_clean(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_scripts_and_styles_are_clean():
    biome = Path(sys.executable).with_name("biome")
    done = subprocess.run(
        [biome, "check", "--config-path=tests/biome.json", "--error-on-warnings", "assets"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Checked" in done.stdout + done.stderr


def test_the_top_level_holds_what_it_may():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tops = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {top for top in tops if not top.startswith(".")} == ALLOWED


def test_the_app_is_short():
    assert len((ROOT / "app.py").read_text().splitlines()) <= 60
