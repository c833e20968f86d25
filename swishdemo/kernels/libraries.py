"""A shared library, compiled by the system's compiler when it is wanted, and kept in a cache.

Two processes that want the same one build it once. Where ``SWISHDEMO_BUILD`` is 0, and in a forked
process, nothing is built. PyTorch is not needed here.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from swishdemo.settings import SettingsError, Toolchain

PREBUILT = Path(__file__).with_name("prebuilt")
"""Libraries that came with the installation: `python -m swishdemo.kernels prebuild` makes them."""

_COMPILE_SECONDS = 300
_SEAL = hashlib.sha256().digest_size  # bytes at the end of a kept library: the digest of the rest


class BuildError(RuntimeError):
    """A library cannot be had here; the first line says why, the compiler's output follows."""


class BuildRefused(BuildError):
    """Nothing is to be built here."""


@dataclass(frozen=True, slots=True)
class Build:
    """What is compiled, how, and for what.

    Attributes:
        name: The first part of the file's name.
        source: The one file that is compiled.
        compiler: The compiler and its first arguments; empty where there is none.
        flags: Sets of flags, the best first; the first that the compiler accepts is taken.
        serves: The processor and the software that the result is good for; empty for any.
    """

    name: str
    source: Path
    compiler: tuple[str, ...]
    flags: Sequence[tuple[str, ...]]
    serves: str = ""

    @property
    def file_name(self) -> str:
        """The library's name, which tells all that it depends on, but not who compiled it."""
        depends = f"{self.flags}\n{self.serves}\n".encode() + self.source.read_bytes()
        return f"{self.name}-{hashlib.sha256(depends).hexdigest()[:16]}.so"


def toolchain() -> Toolchain:
    """What the environment says of building.

    Raises:
        BuildError: It names a compiler by a command that cannot be read.
    """
    try:
        return Toolchain.read()
    except SettingsError as error:
        raise BuildError(str(error)) from error


def kept_in(tools: Toolchain) -> Path:
    """The folder in which libraries that were built here are kept."""
    return tools.cache_dir / "kernels"


def find(recipe: Build, *folders: Path) -> ctypes.CDLL | None:
    """The library from the first of ``folders`` that has it whole; None without one."""
    for folder in folders:
        path = folder / recipe.file_name
        if is_whole(path):
            with suppress(OSError):  # for a system other than this one
                return ctypes.CDLL(str(path))
    return None


def build(recipe: Build, folder: Path) -> ctypes.CDLL:
    """Compile, keep the result in ``folder`` and load it; where another process has, load that.

    Where it cannot be kept, that is said in a warning, and it is loaded all the same.

    Raises:
        BuildRefused: Nothing is to be built here.
        BuildError: The compiler fails, or what it made cannot be loaded.
    """
    if _forked:
        raise BuildRefused("nothing is built in a forked process")
    if not toolchain().builds:
        raise BuildRefused("SWISHDEMO_BUILD is 0: nothing is built")
    try:
        with _alone(recipe):
            return find(recipe, folder) or _built(recipe, folder)
    except OSError as error:
        raise BuildError(f"{recipe.source.name} cannot be built and loaded: {error}") from error


def _built(recipe: Build, folder: Path) -> ctypes.CDLL:
    with _aside() as aside:
        path = _compile(recipe, aside / "built.so")
        try:
            path = _keep(path, folder / recipe.file_name)
        except OSError as error:
            warnings.warn(
                f"{recipe.source.name} is built anew in each process: "
                f"its library cannot be kept ({error})",
                RuntimeWarning,
                stacklevel=3,
            )
        return ctypes.CDLL(str(path))  # a loaded file may be deleted


@contextmanager
def _aside() -> Iterator[Path]:
    """A folder that is deleted at the end, and where a thread is cut short by the process's end."""
    with _starting:  # none is made once this process ends
        made = tempfile.TemporaryDirectory(prefix="swishdemo-")
        _asides.add(made.name)
    try:
        with made as folder:
            yield Path(folder)
    finally:
        _asides.discard(made.name)


@contextmanager
def _alone(recipe: Build) -> Iterator[None]:
    """Wait while another process builds from the same source; it lets go even when it is killed."""
    with recipe.source.open("rb") as file:
        with suppress(OSError):  # not every file system has locks: then several may build
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_whole(path: Path) -> bool:
    """Whether the file is as it was kept: loading one that a crash cut short would kill us."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content[:-_SEAL]).digest() == content[-_SEAL:]


def _keep(built: Path, path: Path) -> Path:
    """Put a sealed copy at ``path``; other processes see all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = built.read_bytes()
    handle, name = tempfile.mkstemp(prefix=".building-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content + hashlib.sha256(content).digest())
        os.chmod(name, 0o755)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
    return path


def _compile(recipe: Build, target: Path) -> Path:
    compiler = recipe.compiler
    for flags in recipe.flags:
        status, said = _run([*compiler, str(recipe.source), *flags, "-o", str(target)])
        if status == 0 and target.exists():
            return target
    first = next((line for line in said.splitlines() if "error" in line.lower()), said[:200])
    raise BuildError(
        f"{compiler[0]} failed to build {recipe.source.name} (status {status}): {first}\n{said}"
    )


def _run(command: list[str]) -> tuple[int, str]:
    """The exit status of a compiler, and what it says; it ends when this process does."""
    try:
        with _starting:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                text=True, errors="replace", start_new_session=True,
            )  # fmt: skip
            _running.add(process.pid)
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error}") from error
    try:
        out, err = process.communicate(timeout=_COMPILE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{command[0]} cannot be run: {error}") from error
    finally:
        _stop(process.pid)
        process.wait()
        _running.discard(process.pid)
    return process.returncode, (err or out).strip()


def _stop(leader: int) -> None:
    """End a compiler and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _in_child() -> None:
    global _forked, _starting
    _forked, _starting = True, threading.Lock()
    _running.clear()  # the parent's
    _asides.clear()


def _at_exit() -> None:
    _starting.acquire()  # and nothing is started from here on
    for leader in tuple(_running):
        _stop(leader)
    for folder in tuple(_asides):
        shutil.rmtree(folder, ignore_errors=True)


_starting = threading.Lock()
_running: set[int] = set()
_asides: set[str] = set()
_forked = False
os.register_at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
