"""Reads the environment once and validates it; nothing else in the project reads it."""

from __future__ import annotations

import errno
import getpass
import os
import re
import shlex
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints

_SHOWN_CHARACTERS = 80

# Gradio makes HTTP clients when it is imported, and asks its own server whether it is there. What
# is said of the way out into the world is not meant for that, and stops it: a proxy that does not
# lead here, a scheme or a file of certificates that is not there. The last is uvicorn's.
_WAY_OUT = (
    *("http_proxy", "https_proxy", "all_proxy"),
    *("ssl_cert_file", "ssl_cert_dir", "sslkeylogfile", "web_concurrency"),
)
_CARD = re.compile(r"cuda(?::(?P<number>[0-9]{1,3}))?|(?:GPU|MIG)-[0-9A-Za-z/-]{4,80}")
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


def _given(form: type, environ: Mapping[str, str]) -> dict[str, Any]:
    """The fields that variables of ``environ`` set, and their values.

    A field's annotation has what reads a value, or says in a ValueError what it must do; and the
    variable's name, where that is not ``SWISHDEMO_`` and the field's.
    """
    values = {}
    for name, annotation in _annotations(form).items():
        read, *named = getattr(annotation, "__metadata__", (None,))
        variable = named[0] if named else f"SWISHDEMO_{name.upper()}"
        value = environ.get(variable, "").strip()
        if read is None or not value:
            continue
        try:
            values[name] = read(value)
        except ValueError as error:
            raise SettingsError(f"{variable} is {_shown(value)}; it must {error}.") from None
    return values


@cache
def _annotations(form: type) -> dict[str, Any]:
    return get_type_hints(form, include_extras=True)


def _shown(value: str) -> str:
    cut = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
    return repr(cut)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if re.fullmatch("[0-9]{1,18}", value) else low - 1
        if not low <= number <= high:
            raise ValueError(f"be a whole number from {low} to {high}")
        return number

    return read


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"be one of: {', '.join(allowed)}")
        return value

    return read


def _device(value: str) -> str:
    """The kind of device that a value of ``SWISHDEMO_DEVICE`` names."""
    if value in ("auto", "cpu"):
        return value
    if not _CARD.fullmatch(value):
        raise ValueError(
            "be one of: auto, cpu, cuda, a card such as cuda:1, or a card's or a MIG slice's UUID"
        )
    return "cuda"


def _card(environ: Mapping[str, str]) -> str:
    """The card that ``SWISHDEMO_DEVICE`` names, as CUDA_VISIBLE_DEVICES would name it.

    Raises:
        SettingsError: The environment hides it.
    """
    value = environ.get("SWISHDEMO_DEVICE", "").strip()
    known = _CARD.fullmatch(value)
    number = known and known["number"]
    if not number:
        return value if value.startswith(("GPU-", "MIG-")) else ""
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return number
    left = [each.strip() for each in visible.split(",") if each.strip()]
    if int(number) >= len(left):
        raise SettingsError(
            f"SWISHDEMO_DEVICE is {_shown(value)}; it must be a card that CUDA_VISIBLE_DEVICES "
            f"leaves, which is {_shown(visible)}."
        )
    return left[int(number)]


def _one_or_zero(value: str) -> bool:
    return _one_of("1", "0")(value) == "1"


def _is_set(value: str) -> bool:
    return value.lower() in ("1", "t", "true")


def _unbracketed(value: str) -> str:
    return value[1:-1] if re.fullmatch(r"\[.+\]", value) else value


def _root_path(value: str) -> str:
    host = r"https?://(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    if not re.fullmatch(rf"(?:{host})?(?:/[\w.~%!$&()*+,;=:@-]+)*/?", value, re.ASCII):
        raise ValueError(
            "start with '/', 'http://' or 'https://' and be a path, or an address with one, as an "
            "address writes it"
        )
    return value.rstrip("/")


def _folder(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError("be a folder: there is no such user") from None


def _command(value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError:
        raise ValueError("be a command as a shell reads it, its quotation marks in pairs") from None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment sets."""

    server_name: Annotated[str, _unbracketed, "GRADIO_SERVER_NAME"] = "127.0.0.1"
    """Name or address to listen on, without brackets."""
    server_port: Annotated[int, _whole(0, 65_535), "GRADIO_SERVER_PORT"] = 7860
    """Port to listen on, 0 for any that is free."""
    root_path: Annotated[str, _root_path, "GRADIO_ROOT_PATH"] = ""
    """Sub-path or full address under which a proxy serves the app."""
    data_dir: Annotated[Path, _folder] = _home() / ".local" / "share" / "swishdemo"
    """Folder of the run store and of fetched data, made where it is first used."""
    archive_dir: Annotated[Path | None, _folder] = None
    """Folder in which a copy is kept of what has ended, such as a bucket's mount."""
    ephemeral: bool = False
    """Whether all is lost at a restart, as on a Space without an archive."""
    runner: Annotated[str, _one_of("auto", "process", "zerogpu")] = "auto"
    """Where jobs run: ``process`` is a spawned worker process, ``zerogpu`` a lent GPU beside it."""
    zero_gpu: Annotated[bool, _is_set, "SPACES_ZERO_GPU"] = False
    """Whether this is a Space whose GPU is lent call by call."""
    device: Annotated[str, _device] = "auto"
    """Where jobs compute; with ``auto`` a request may choose."""
    card: str = ""
    """The card that ``cuda`` is, as CUDA_VISIBLE_DEVICES has it; empty for the first of all."""
    threads: Annotated[int, _whole(1, 1_024)] = 1
    """CPU threads of a training run, at most the usable cores."""
    queue_limit: Annotated[int, _whole(1, 1_000)] = 8
    """Jobs that may wait for one device."""
    max_steps: Annotated[int, _whole(1, 1_000_000)] = 5_000
    """Steps of one training run."""
    max_replicas: Annotated[int, _whole(1, 10_000)] = 128
    """Replicas of one training run, rivals included."""
    max_parameters: Annotated[int, _whole(1_000, 10**10)] = 4_000_000
    """Parameters of all networks of one training run together."""
    max_sweep_steps: Annotated[int, _whole(1, 10**12)] = 2_560_000
    """Steps of all networks of one sweep together."""
    max_elements: Annotated[int, _whole(256, 2**32)] = 2**26
    """Elements of one timed tensor."""
    max_job_seconds: Annotated[int, _whole(1, 86_400)] = 900
    """Time after which a job is stopped."""
    thorough: bool = False
    """Whether a thorough check of a claim may be more than a visitor's job."""
    max_active: Annotated[int, _whole(1, 1_000)] = 6
    """Jobs of one visitor that may run, wait or rest."""
    max_runs: Annotated[int, _whole(1, 100_000)] = 50
    """Finished jobs kept for one visitor."""
    max_megabytes: Annotated[int, _whole(1, 1_000_000)] = 200
    """Results kept for one visitor."""
    store_megabytes: Annotated[int, _whole(1, 1_000_000)] = 2_000
    """Results kept for all together."""
    keep_days: Annotated[int, _whole(1, 3_650)] = 30
    """Days that a finished job is kept."""
    formula_seconds: Annotated[int, _whole(1, 60)] = 2
    """Time in which a typed formula must be worked out."""

    @property
    def lends_gpu(self) -> bool:
        """Whether jobs take a GPU that is lent call by call."""
        return self.zero_gpu and self.runner != "process"

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables of ``environ``; one that is absent or blank keeps its default.

        Raises:
            SettingsError: A variable's value is of the wrong type, out of range or unknown.
        """
        given = {**_given(cls, environ), "card": _card(environ)}
        if given.get("runner") == "zerogpu" and not given.get("zero_gpu"):
            raise SettingsError(
                "SWISHDEMO_RUNNER is 'zerogpu'; it must be auto or process on this host: no GPU is "
                "lent here (SPACES_ZERO_GPU is not set)."
            )
        kept = {"data_dir", "archive_dir"} & given.keys()
        return cls(**given, ephemeral=bool(environ.get("SPACE_ID")) and not kept)


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


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What the environment says of building code where it runs."""

    cache_dir: Path
    """Folder in which built code is kept (``XDG_CACHE_HOME``)."""
    inductor_dir: Path
    """Folder in which torch.compile keeps its own (``TORCHINDUCTOR_CACHE_DIR``)."""
    triton_dir: Path
    """Folder in which Triton keeps its own (``TRITON_CACHE_DIR``, ``TRITON_HOME``)."""
    cc: Annotated[tuple[str, ...], _command, "CC"] = ()
    """The C compiler and its arguments; empty where none is named."""
    cxx: Annotated[tuple[str, ...], _command, "CXX"] = ()
    """The same of C++."""
    builds: Annotated[bool, _one_or_zero, "SWISHDEMO_BUILD"] = True
    """Whether anything may be built."""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Toolchain:
        """Read the variables of ``environ``.

        Raises:
            SettingsError: A command is not one as a shell reads it, or another value is unknown.
        """
        caches = Path(environ.get("XDG_CACHE_HOME") or _home() / ".cache")
        home = Path(environ.get("TRITON_HOME") or _home())
        return cls(
            caches / "swishdemo",
            _inductor_dir(environ),
            Path(environ.get("TRITON_CACHE_DIR") or home / ".triton" / "cache"),
            **_given(cls, environ),
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
