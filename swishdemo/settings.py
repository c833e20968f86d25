"""The environment, read once and validated; nothing else in the project reads it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """An environment variable has a value that cannot be used; the sentence names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment sets.

    Attributes:
        server_name: Address to listen on (``GRADIO_SERVER_NAME``).
        server_port: Port to listen on (``GRADIO_SERVER_PORT``).
        root_path: Sub-path or full address under which a proxy serves the app
            (``GRADIO_ROOT_PATH``).
        data_dir: Folder of the run store, made where missing (``SWISHDEMO_DATA_DIR``).
        ephemeral: Whether ``data_dir`` is lost at a restart, as on a Space without storage.
        runner: Where jobs run; ``process`` is a spawned worker process (``SWISHDEMO_RUNNER``).
        device: ``auto``, ``cpu`` or ``cuda`` (``SWISHDEMO_DEVICE``).
        threads: CPU threads of a training run (``SWISHDEMO_THREADS``).
        queue_limit: Jobs that may wait for one device (``SWISHDEMO_QUEUE_LIMIT``).
        max_steps: Steps of one training run (``SWISHDEMO_MAX_STEPS``).
        max_replicas: Replicas of one training run, rivals included (``SWISHDEMO_MAX_REPLICAS``).
        max_parameters: Parameters of all networks of one training run together
            (``SWISHDEMO_MAX_PARAMETERS``).
        max_elements: Elements of one timed tensor (``SWISHDEMO_MAX_ELEMENTS``).
        max_job_seconds: Time after which a job is stopped (``SWISHDEMO_MAX_JOB_SECONDS``).
        max_active: Jobs of one visitor that may run, wait or rest (``SWISHDEMO_MAX_ACTIVE``).
        max_runs: Finished jobs kept for one visitor (``SWISHDEMO_MAX_RUNS``).
        max_megabytes: Results kept for one visitor (``SWISHDEMO_MAX_MEGABYTES``).
        store_megabytes: Results kept for all together (``SWISHDEMO_STORE_MEGABYTES``).
        keep_days: Days that a finished job is kept (``SWISHDEMO_KEEP_DAYS``).
        formula_seconds: Time in which a typed formula must be worked out
            (``SWISHDEMO_FORMULA_SECONDS``).
    """

    server_name: str = "127.0.0.1"
    server_port: int = 7860
    root_path: str = ""
    data_dir: Path = Path.home() / ".local" / "share" / "swishdemo"
    ephemeral: bool = False
    runner: str = "process"
    device: str = "auto"
    threads: int = 1
    queue_limit: int = 8
    max_steps: int = 5_000
    max_replicas: int = 128
    max_parameters: int = 4_000_000
    max_elements: int = 2**26
    max_job_seconds: int = 900
    max_active: int = 6
    max_runs: int = 50
    max_megabytes: int = 200
    store_megabytes: int = 2_000
    keep_days: int = 30
    formula_seconds: int = 2

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables of ``environ``; one that is absent or empty keeps its default.

        Raises:
            SettingsError: A variable's value is of the wrong type, out of range or unknown.
        """
        on_space = bool(environ.get("SPACE_ID"))
        storage = Path("/data")
        stored = on_space and storage.is_dir() and os.access(storage, os.W_OK)
        given = environ.get("SWISHDEMO_DATA_DIR")
        data_dir = Path(given) if given else storage / "swishdemo" if stored else cls().data_dir
        return cls(
            server_name=environ.get("GRADIO_SERVER_NAME") or cls().server_name,
            server_port=_integer(environ, "GRADIO_SERVER_PORT", cls().server_port, 0, 65_535),
            root_path=_root_path(environ),
            data_dir=_folder(data_dir),
            ephemeral=on_space and not (stored or given),
            runner=_choice(environ, "SWISHDEMO_RUNNER", ("process",)),
            device=_choice(environ, "SWISHDEMO_DEVICE", ("auto", "cpu", "cuda")),
            threads=_integer(environ, "SWISHDEMO_THREADS", cls().threads, 1, 1_024),
            queue_limit=_integer(environ, "SWISHDEMO_QUEUE_LIMIT", cls().queue_limit, 1, 1_000),
            max_steps=_integer(environ, "SWISHDEMO_MAX_STEPS", cls().max_steps, 1, 1_000_000),
            max_replicas=_integer(environ, "SWISHDEMO_MAX_REPLICAS", cls().max_replicas, 1, 10_000),
            max_parameters=_integer(
                environ, "SWISHDEMO_MAX_PARAMETERS", cls().max_parameters, 1_000, 10**10
            ),
            max_elements=_integer(
                environ, "SWISHDEMO_MAX_ELEMENTS", cls().max_elements, 256, 2**32
            ),
            max_job_seconds=_integer(
                environ, "SWISHDEMO_MAX_JOB_SECONDS", cls().max_job_seconds, 1, 86_400
            ),
            max_active=_integer(environ, "SWISHDEMO_MAX_ACTIVE", cls().max_active, 1, 1_000),
            max_runs=_integer(environ, "SWISHDEMO_MAX_RUNS", cls().max_runs, 1, 100_000),
            max_megabytes=_integer(
                environ, "SWISHDEMO_MAX_MEGABYTES", cls().max_megabytes, 1, 1_000_000
            ),
            store_megabytes=_integer(
                environ, "SWISHDEMO_STORE_MEGABYTES", cls().store_megabytes, 1, 1_000_000
            ),
            keep_days=_integer(environ, "SWISHDEMO_KEEP_DAYS", cls().keep_days, 1, 3_650),
            formula_seconds=_integer(
                environ, "SWISHDEMO_FORMULA_SECONDS", cls().formula_seconds, 1, 60
            ),
        )


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise SettingsError(f"{name} is {value!r}; it must be a whole number from {low} to {high}.")
    return number


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name, "").strip() or allowed[0]
    if value not in allowed:
        raise SettingsError(f"{name} is {value!r}; it must be one of: {', '.join(allowed)}.")
    return value


def _root_path(environ: Mapping[str, str]) -> str:
    value = environ.get("GRADIO_ROOT_PATH", "").strip()
    if value and not value.startswith(("/", "http://", "https://")):
        raise SettingsError(
            f"GRADIO_ROOT_PATH is {value!r}; it must start with '/', 'http://' or 'https://'."
        )
    return value


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise SettingsError(
            f"SWISHDEMO_DATA_DIR is {str(path)!r}; it must be a folder that can be written."
        )
    return path


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What the environment says of building code where it runs.

    Attributes:
        cc: The C compiler and its arguments (``CC``); empty where none is named.
        cxx: The same of C++ (``CXX``).
        cache_dir: Folder in which built code is kept (``XDG_CACHE_HOME``).
    """

    cc: tuple[str, ...]
    cxx: tuple[str, ...]
    cache_dir: Path

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Toolchain:
        """Read the variables of ``environ``."""
        caches = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        cc, cxx = (tuple(shlex.split(environ.get(name, ""))) for name in ("CC", "CXX"))
        return cls(cc, cxx, caches / "swishdemo")
