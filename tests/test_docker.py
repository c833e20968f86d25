"""The image's recipe agrees with the README, the Space's head and what is ignored."""

import re
import shlex
from pathlib import Path

import pytest

from swishdemo.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
RECIPE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
STEPS = [line.split(None, 1) for line in RECIPE.splitlines() if line and line[0] != "#"]
COMMAND = shlex.split(re.search(r"docker build .*&& (docker run .*)", README)[1])


def step(name):
    (found,) = [rest for word, rest in STEPS if word == name]
    return found


def environment():
    return dict(pair.split("=", 1) for pair in shlex.split(step("ENV")))


def test_the_python_is_the_spaces():
    version = re.search(r'^python_version: "(.+)"$', README, re.M)[1]
    assert step("FROM") == f"python:{version}-slim"


def test_all_that_is_copied_is_there_and_not_ignored():
    rules = (ROOT / ".dockerignore").read_text().split()
    assert rules[0] == "*"
    copied = set()
    for word, rest in STEPS:
        if word == "COPY":
            copied |= {part for part in rest.split()[:-1] if not part.startswith("--")}
    assert copied == {rule[1:] for rule in rules if rule.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_nothing_of_the_image_is_written_but_one_folder_of_the_users():
    state = step("VOLUME")
    folders = {name: value for name, value in environment().items() if value.startswith("/")}
    assert {"HOME", "TMPDIR", "SWISHDEMO_DATA_DIR", "TORCHINDUCTOR_CACHE_DIR"} <= set(folders)
    assert all(Path(folder).is_relative_to(state) for folder in folders.values())
    assert step("USER").isdigit() and step("USER") != "0"
    assert f"chown {step('USER')} {state}" in RECIPE


def test_the_readmes_command_fits_the_image():
    folder, _, options = COMMAND[COMMAND.index("--tmpfs") + 1].partition(":")
    assert folder == step("VOLUME")
    # A tmpfs of docker's is mounted noexec, and what torch.compile builds could not be loaded.
    assert set(options.split(",")) == {f"uid={step('USER')}", "exec"}
    assert f"--tmpfs {folder}:{options}" in (ROOT / "Dockerfile").read_text("utf-8")
    assert "--read-only" in COMMAND
    port = environment()["GRADIO_SERVER_PORT"]
    assert COMMAND[COMMAND.index("-p") + 1].endswith(f":{port}") and step("EXPOSE") == port
    assert f":{port}/api/health" in step("HEALTHCHECK")


@pytest.mark.parametrize(
    "name", [n for n in environment() if n.startswith(("SWISHDEMO", "GRADIO"))]
)
def test_the_images_settings_are_ones_that_the_app_takes(tmp_path, name):
    known = {"GRADIO_TEMP_DIR", *re.findall(r"`((?:SWISHDEMO|GRADIO)_\w+)`", README)}
    assert name in known
    given = {**environment(), "SWISHDEMO_DATA_DIR": str(tmp_path)}
    settings = Settings.read(given)
    assert (settings.server_name, settings.server_port) == ("0.0.0.0", 7860)


def test_it_runs_the_app_as_process_1():
    assert step("CMD") == '["python", "app.py"]'  # no shell between a signal and the app
