"""The linters, the formatters and the type checker are part of the test command."""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

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
        # Writing a cache takes a fifth of the time, and a clean clone has none to read.
        ["mypy", "--strict", f"--cache-dir={os.devnull}", "swishdemo"],
    ],
    ids=["ruff check", "ruff format", "mypy --strict"],
)
def test_the_code_is_clean(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_no_expression_of_ours_has_its_type_from_what_is_skipped(tmp_path):
    """mypy's reports, which count the expressions of no known type, with and without."""
    config = (ROOT / "pyproject.toml").read_text("utf-8")
    assert config.count('follow_imports = "skip"') == 1
    (tmp_path / "whole.toml").write_text(config.replace('"skip"', '"normal"'), "utf-8")
    (tmp_path / "less.toml").write_text(config, "utf-8")
    reports = []
    for name in ("whole", "less"):
        folder = tmp_path / name
        given = [f"--config-file={tmp_path / name}.toml", f"--any-exprs-report={folder}"]
        subprocess.run(
            [sys.executable, "-m", "mypy", f"--cache-dir={os.devnull}", *given, "swishdemo"],
            cwd=ROOT,
            check=True,
        )
        reports.append({path.name: path.read_text("utf-8") for path in folder.glob("*.txt")})
    assert reports[0] == reports[1] and len(reports[0]) == 2


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


def typescript():
    """The command of TypeScript's compiler, where there is one: it comes with npm, not with pip."""
    if found := shutil.which("tsc"):
        return [found]
    npx = shutil.which("npx")
    command = [npx, "--no-install", "tsc"]
    if npx and subprocess.run([*command, "--version"], capture_output=True).returncode == 0:
        return command
    return None


def test_the_scripts_types_agree():
    command = typescript()
    if command is None:
        pytest.skip("TypeScript is not installed: npm install --global typescript@7")
    done = subprocess.run(
        [*command, "-p", "tests/tsconfig.json"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def holding(pattern):
    """Our scripts in which a pattern is found, by their path under assets/js."""
    folder = ROOT / "assets" / "js"
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.js")
        if re.search(pattern, path.read_text("utf-8"))
    }


def test_one_script_has_each_duty():
    assert holding(r"(inner|outer)HTML = |insertAdjacentHTML|document\.write\b") == {"core/html.js"}
    assert holding(r"\bfetch\(|XMLHttpRequest|EventSource|WebSocket") == {"core/server.js"}
    assert holding(r"PerformanceObserver|validation-error") == {"core/gradio.js"}


def test_scripts_and_styles_have_short_lines_and_stand_in_folders():
    assets = ROOT / "assets"
    assert not list((assets / "js").glob("*.js"))
    files = [*assets.rglob("*.js"), *assets.rglob("*.css")]
    assert len(files) > 50
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path.parent.name != "generated" and "vendor" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 100
    ]
    assert long == []


def test_the_top_level_holds_what_it_may():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tops = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {top for top in tops if not top.startswith(".")} == ALLOWED


def test_the_app_is_short():
    assert len((ROOT / "app.py").read_text().splitlines()) <= 60


def test_plotly_is_what_npm_has_in_the_version_that_the_package_has():
    """To renew: npm pack plotly.js-{cartesian,gl3d}-dist-min, and sha256sum *.js > SHA256SUMS."""
    folder = ROOT / "assets" / "vendor" / "plotly"
    sums = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums.keys() == {path.name for path in folder.glob("*.js")}
    for name, digest in sums.items():
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert f"v{get_plotlyjs_version()}\n".encode() in content[:200]
    assert "MIT License" in (folder / "LICENSE").read_text()


SCRIPTS = [*sorted((ROOT / "tests/benchmarks").glob("*.py")), ROOT / "tests/way_of_data.py"]
BEGUN = """
import runpy, sys
sys.path[0] = sys.argv[1].rpartition("/")[0]  # as Python begins a script
runpy.run_path(sys.argv[1], run_name="begun")
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "script",
    [each for each in SCRIPTS if "__main__" in each.read_text("utf-8")],
    ids=lambda script: script.stem,
)
def test_a_script_begins_without_being_told_where_the_project_is(script):
    told = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", BEGUN, str(script)]
    done = subprocess.run(command, cwd="/", env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_what_a_script_takes_from_the_project_is_there(script):
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("swishdemo"):
            module = import_module(node.module)
            for each in node.names:
                if not hasattr(module, each.name):
                    import_module(f"{node.module}.{each.name}")
