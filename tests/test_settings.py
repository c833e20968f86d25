"""The environment: each variable is read, and a bad value stops the start with one sentence."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from swishdemo.settings import Settings, SettingsError, Toolchain

ROOT = Path(__file__).parents[1]
NUMBERS = (
    "threads",
    "queue_limit",
    "max_steps",
    "max_replicas",
    "max_job_seconds",
    "max_runs",
    "max_active",
    "max_megabytes",
    "store_megabytes",
)


def read(tmp_path, **given):
    return Settings.read({"SWISHDEMO_DATA_DIR": str(tmp_path / "data"), **given})


def test_defaults(tmp_path):
    settings, default = read(tmp_path), Settings()
    for field in fields(Settings):
        if field.name != "data_dir":
            assert getattr(settings, field.name) == getattr(default, field.name)
    assert settings.data_dir.is_dir()


@pytest.mark.parametrize("name", [*NUMBERS, "keep_days", "max_elements"])
def test_a_number_is_read_and_an_empty_one_is_left_out(tmp_path, name):
    variable = f"SWISHDEMO_{name.upper()}"
    assert getattr(read(tmp_path, **{variable: "300"}), name) == 300
    assert getattr(read(tmp_path, **{variable: ""}), name) == getattr(Settings(), name)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *((f"SWISHDEMO_{name.upper()}", value) for name in NUMBERS for value in ("0", "x", "1.5")),
        ("SWISHDEMO_RUNNER", "thread"),
        ("SWISHDEMO_DEVICE", "tpu"),
        ("GRADIO_SERVER_PORT", "70000"),
        ("GRADIO_ROOT_PATH", "lab"),
        ("SWISHDEMO_DATA_DIR", "/proc/nothing"),
    ],
)
def test_a_bad_value_is_named(tmp_path, variable, value):
    with pytest.raises(SettingsError, match=f"^{variable} is '.*'; it must .*\\.$"):
        read(tmp_path, **{variable: value})


def test_the_listening_address_is_gradios(tmp_path):
    given = {
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": "7999",
        "GRADIO_ROOT_PATH": "/lab",
    }
    settings = read(tmp_path, **given)
    assert (settings.server_name, settings.server_port) == ("0.0.0.0", 7999)
    assert settings.root_path == "/lab"


def test_a_space_without_storage_is_told_to_forget():
    assert Settings.read({"SPACE_ID": "someone/lab"}).ephemeral or os.access("/data", os.W_OK)
    assert not Settings.read({}).ephemeral


def test_the_app_stops_with_that_sentence_and_no_traceback(tmp_path):
    environment = {
        **os.environ,
        "SWISHDEMO_DATA_DIR": str(tmp_path),
        "SWISHDEMO_QUEUE_LIMIT": "many",
    }
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "SWISHDEMO_QUEUE_LIMIT is 'many'; it must be a whole number from 1 to 1000."
    )


def test_the_toolchain_is_the_environments_or_found():
    assert Toolchain.read({}) == Toolchain((), (), Path.home() / ".cache" / "swishdemo")
    named = Toolchain.read(
        {"CC": "ccache 'my gcc' -m64", "CXX": "g++ -m64", "XDG_CACHE_HOME": "/somewhere"}
    )
    assert named == Toolchain(
        ("ccache", "my gcc", "-m64"), ("g++", "-m64"), Path("/somewhere/swishdemo")
    )
    assert Toolchain.read({"CC": "", "XDG_CACHE_HOME": ""}) == Toolchain.read({})
