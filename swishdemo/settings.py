"""Reads the environment once and validates it; nothing else in the project reads it."""

from __future__ import annotations

import errno
import getpass
import os
import re
import shlex
import socket
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

_SHOWN_CHARACTERS = 80

# Gradio makes HTTP clients when it is imported, and asks its own server whether it is there. What
# is said of the way out into the world is not meant for that, and stops it: a proxy that does not
# lead here, a scheme or a file of certificates that is not there. The last is uvicorn's.
_WAY_OUT = (
    *("http_proxy", "https_proxy", "all_proxy"),
    *("ssl_cert_file", "ssl_cert_dir", "sslkeylogfile", "web_concurrency"),
)
_GRADIO_OWN = "GRADIO_TEMP_DIR"
_GRADIO_READ = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH")


def _home() -> Path:
    """The user's folder; where nobody knows it, the root, as containers give it to such users."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


class SettingsError(Exception):
    """An environment variable has a value that cannot be used; the sentence names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment sets.

    Attributes:
        server_name: Name or address to listen on, without brackets (``GRADIO_SERVER_NAME``).
        server_port: Port to listen on, 0 for any that is free (``GRADIO_SERVER_PORT``).
        root_path: Sub-path or full address under which a proxy serves the app
            (``GRADIO_ROOT_PATH``).
        data_dir: Folder of the run store, made where it is first used (``SWISHDEMO_DATA_DIR``).
        ephemeral: Whether ``data_dir`` is lost at a restart, as on a Space without storage.
        runner: Where jobs run; ``process`` is a spawned worker process (``SWISHDEMO_RUNNER``).
        device: ``auto``, ``cpu`` or ``cuda`` (``SWISHDEMO_DEVICE``).
        threads: CPU threads of a training run, at most the usable cores (``SWISHDEMO_THREADS``).
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
    data_dir: Path = _home() / ".local" / "share" / "swishdemo"
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
        given = _value(environ, "SWISHDEMO_DATA_DIR")
        data_dir = _folder(given) if given else storage / "swishdemo" if stored else cls().data_dir
        return cls(
            server_name=_server_name(environ) or cls().server_name,
            server_port=_integer(environ, "GRADIO_SERVER_PORT", cls().server_port, 0, 65_535),
            root_path=_root_path(environ),
            data_dir=data_dir,
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


@contextmanager
def gradios_part(
    host: str, environ: MutableMapping[str, str] = os.environ
) -> Iterator[tuple[str, ...]]:
    """Keep from Gradio, and from what it is built on, what it would read by itself.

    It reads some variables as it is imported, others as it serves, and a value that it cannot use
    ends in a traceback; others change what is served, such as a public link. So all of its own are
    taken out but the folder of its files, and what concerns the way out comes back at the end.

    Args:
        host: Where it will listen (`placed`). Gradio tries a port there before it takes it, which
            it can with IPv4 alone.
        environ: The variables.

    Yields:
        Gradio's variables that have no effect here, for the log.

    Raises:
        SettingsError: There is no folder for its files.
    """
    gradios = sorted(name for name in environ if name.startswith("GRADIO_") and name != _GRADIO_OWN)
    for name in gradios:
        del environ[name]
    environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    if not host.startswith("["):
        environ["GRADIO_SERVER_NAME"] = host
    environ[_GRADIO_OWN] = str(_gradios_folder(environ))
    aside = {name: environ.pop(name) for name in list(environ) if name.lower() in _WAY_OUT}
    unused = set(gradios) - {*_GRADIO_READ, "GRADIO_ANALYTICS_ENABLED"}
    try:
        yield tuple(sorted(unused))
    finally:
        environ.update(aside)


def _gradios_folder(environ: Mapping[str, str]) -> Path:
    """Where Gradio keeps files; its usual folder may be another user's on a shared machine."""
    given = environ.get(_GRADIO_OWN)
    try:
        usual = Path(tempfile.gettempdir(), "gradio")
    except OSError:
        raise SettingsError(
            f"TMPDIR is {_shown(environ.get('TMPDIR', ''))}; it must be a folder that can be "
            "written, for /tmp cannot."
        ) from None
    folder = Path(given) if given else usual
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        if given:
            raise SettingsError(
                f"{_GRADIO_OWN} is {_shown(given)}; it must be a folder that can be written."
            ) from None
        return Path(tempfile.mkdtemp(prefix="gradio-"))
    return folder


def placed(settings: Settings) -> Settings:
    """Find where to listen: a numeric address, an IPv6 one in brackets, and a port that is free.

    Of a name's several addresses the first is taken that is this machine's, IPv4 before IPv6.

    Raises:
        SettingsError: The name is none of this machine's, or the port is taken or not allowed.
    """
    name, port = settings.server_name, settings.server_port
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise _nowhere(name) from None
    refused: OSError | None = None
    for family, kind, protocol, _, address in sorted(found, key=lambda each: each[0]):
        if family == socket.AF_INET6 and address[-1]:
            continue  # an address of one link alone, which Gradio does not reach by its name
        try:
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:  # as asyncio does: IPv6 alone
                    tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                tried.bind(address)
                tried.listen(1)
                host, free = tried.getsockname()[:2]
        except OSError as error:
            if refused is None or error.errno != errno.EADDRNOTAVAIL:
                refused = error
            continue
        host = f"[{host}]" if family == socket.AF_INET6 else host
        return replace(settings, server_name=host, server_port=free)
    if refused is not None and refused.errno == errno.EADDRINUSE:
        raise SettingsError(
            f"GRADIO_SERVER_PORT is {port}; it must be a port that no other program uses."
        )
    if refused is not None and refused.errno in (errno.EACCES, errno.EPERM):
        raise SettingsError(
            f"GRADIO_SERVER_PORT is {port}; it must be a port that this user may listen on: "
            "those below 1024 are the administrator's."
        )
    raise _nowhere(name)


def _nowhere(name: str) -> SettingsError:
    return SettingsError(
        f"GRADIO_SERVER_NAME is {_shown(name)}; it must be a name or an address of this machine, "
        "such as 127.0.0.1, 0.0.0.0 (all of IPv4) or :: (all of IPv6), without scheme and port."
    )


def _value(environ: Mapping[str, str], name: str) -> str:
    """A variable without blanks around it; empty where it is absent."""
    return environ.get(name, "").strip()


def _shown(value: str) -> str:
    cut = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
    return repr(cut)


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = _value(environ, name)
    if not value:
        return default
    number = int(value) if re.fullmatch("[0-9]{1,18}", value) else low - 1
    if not low <= number <= high:
        raise SettingsError(
            f"{name} is {_shown(value)}; it must be a whole number from {low} to {high}."
        )
    return number


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = _value(environ, name) or allowed[0]
    if value not in allowed:
        raise SettingsError(f"{name} is {_shown(value)}; it must be one of: {', '.join(allowed)}.")
    return value


def _server_name(environ: Mapping[str, str]) -> str:
    value = _value(environ, "GRADIO_SERVER_NAME")
    return value[1:-1] if value.startswith("[") and value.endswith("]") else value


def _root_path(environ: Mapping[str, str]) -> str:
    value = _value(environ, "GRADIO_ROOT_PATH")
    host = r"https?://(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    if not re.fullmatch(rf"(?:{host})?(?:/[\w.~%!$&()*+,;=:@-]+)*/?", value, re.ASCII):
        raise SettingsError(
            f"GRADIO_ROOT_PATH is {_shown(value)}; it must start with '/', 'http://' or "
            "'https://' and be a path, or an address with one, as an address writes it."
        )
    return value.rstrip("/")


def _folder(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise SettingsError(
            f"SWISHDEMO_DATA_DIR is {_shown(value)}; it must be a folder: there is no such user."
        ) from None


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What the environment says of building code where it runs.

    Attributes:
        cc: The C compiler and its arguments (``CC``); empty where none is named.
        cxx: The same of C++ (``CXX``).
        builds: Whether anything may be built (``SWISHDEMO_BUILD``, 1 or 0).
        cache_dir: Folder in which built code is kept (``XDG_CACHE_HOME``).
        inductor_dir: Folder in which torch.compile keeps its own (``TORCHINDUCTOR_CACHE_DIR``).
        triton_dir: Folder in which Triton keeps its own (``TRITON_CACHE_DIR``, ``TRITON_HOME``).
    """

    cc: tuple[str, ...]
    cxx: tuple[str, ...]
    builds: bool
    cache_dir: Path
    inductor_dir: Path
    triton_dir: Path

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Toolchain:
        """Read the variables of ``environ``.

        Raises:
            SettingsError: A command is not one as a shell reads it, or another value is unknown.
        """
        caches = Path(environ.get("XDG_CACHE_HOME") or _home() / ".cache")
        home = Path(environ.get("TRITON_HOME") or _home())
        return cls(
            _command(environ, "CC"),
            _command(environ, "CXX"),
            _choice(environ, "SWISHDEMO_BUILD", ("1", "0")) == "1",
            caches / "swishdemo",
            _inductor_dir(environ),
            Path(environ.get("TRITON_CACHE_DIR") or home / ".triton" / "cache"),
        )


def _inductor_dir(environ: Mapping[str, str]) -> Path:
    """As `torch._inductor.runtime.cache_dir_utils` has it, which would import PyTorch."""
    named = environ.get("TORCHINDUCTOR_CACHE_DIR")
    if named is not None:
        return Path(named).absolute()
    try:
        user = getpass.getuser()
    except (KeyError, ModuleNotFoundError, OSError):  # nobody knows the user, as in containers
        user = f"uid_{os.getuid()}"
    name = re.sub(r'[\\/:*?"<>|]', "_", user)
    return Path(tempfile.gettempdir()) / f"torchinductor_{name}"


def _command(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    value = environ.get(name, "")
    try:
        return tuple(shlex.split(value))
    except ValueError:
        raise SettingsError(
            f"{name} is {_shown(value)}; it must be a command as a shell reads it, "
            "its quotation marks in pairs."
        ) from None
