"""Shared libraries: one that was built for this processor, one that came along, or a new one.

The system's compiler makes them when they are wanted, and they are kept in a cache. Two processes
that want the same one build it once. Where ``SWISHDEMO_BUILD`` is 0, and in a forked process,
nothing is built, nor when this module is imported. PyTorch is not needed here.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

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
        compilers: Compilers, each with its first arguments; the first that is here is taken.
        flags: Sets of flags, the best first; the first that the compiler accepts is taken.
        serves: The processor and the software that the result is good for; empty for any.
    """

    name: str
    source: Path
    compilers: Sequence[tuple[str, ...]]
    flags: Sequence[tuple[str, ...]]
    serves: str = ""

    @property
    def compiler(self) -> tuple[str, ...]:
        """The command that compiles; empty without one."""
        return next((each for each in self.compilers if shutil.which(each[0])), ())

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
        BuildError: There is no compiler, it fails, or what it made cannot be loaded.
    """
    if not recipe.compiler:
        language = "C" if recipe.source.suffix == ".c" else "C++"
        *others, last = map(" ".join, recipe.compilers)
        wanted = f"{', '.join(others)} or {last}" if others else last
        raise BuildError(f"there is no {language} compiler here ({wanted})")
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


INTEL = platform.machine() in ("x86_64", "AMD64")

_V2 = frozenset(["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"])
_V3 = _V2 | set(["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"])
_V4 = _V3 | set(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])
_INTEL_LEVELS = {"x86-64-v4": _V4, "x86-64-v3": _V3, "x86-64-v2": _V2, "x86-64": frozenset[str]()}
LEVELS: Mapping[str, frozenset[str]] = MappingProxyType(
    _INTEL_LEVELS if INTEL else {"armv8-a": frozenset()} if platform.machine() == "aarch64" else {}
)
"""What ``-march`` calls each level of this kind of processor → what Linux calls the instructions
that it needs; the widest first (the x86-64 psABI's levels)."""


def best_level(flags: frozenset[str] | None = None) -> str | None:
    """The widest level that this processor has, or one with ``flags``; None where none is known."""
    flags = _flags() if flags is None else flags
    return next((level for level, needed in LEVELS.items() if needed <= flags), None)


@cache
def description() -> str:
    """What ``-march=native`` depends on."""
    lines = _cpuinfo()
    if not lines:
        return f"{platform.machine()} {platform.processor()} {platform.system()}"
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(wanted)))


def _flags() -> frozenset[str]:
    line = next((line for line in _cpuinfo() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return []


SOURCE = Path(__file__).with_name("swish.c")
NODE_SOURCE = Path(__file__).with_name("node.cpp")
ELEMENTS = ("float", "double", "bfloat16")
"""Types of elements that there is a kernel for."""

# No flag here changes the state of the floating-point unit, as -ffast-math does when gcc links.
_PLAIN = ("-std=gnu11", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math")
_WIDE = ("-mprefer-vector-width=512",) if INTEL else ()

_loading = threading.Lock()
_outcomes: dict[str, ctypes.CDLL | BuildError] = {}


def library(element: str) -> ctypes.CDLL:
    """The kernel for elements of one type, built if need be; a failure is remembered.

    Args:
        element: One of `ELEMENTS`.

    Raises:
        BuildError: There is no compiler, it fails, or what it made cannot be loaded.
    """
    with _loading:
        if element not in _outcomes:
            try:
                _outcomes[element] = found(element) or native(element)
            except BuildError as error:
                _outcomes[element] = error
        outcome = _outcomes[element]
    if isinstance(outcome, BuildError):
        raise outcome
    return outcome


def is_possible() -> bool:
    """Whether there is a compiler, or a kernel built before; building may fail all the same."""
    try:
        tools = toolchain()
        can_build = tools.builds and recipe("float", tools).compiler
        return bool(can_build) or found("float") is not None
    except BuildError:
        return False


def found(element: str) -> ctypes.CDLL | None:
    """A kernel that is there: built for this processor, or the best that came along."""
    tools = toolchain()
    native = find(recipe(element, tools), kept_in(tools))
    level = best_level()
    if native or not level:
        return native
    return find(recipe(element, tools, level), PREBUILT)


def native(element: str) -> ctypes.CDLL:
    """The kernel for this processor, built unless it is kept; raises as `library` does."""
    tools = toolchain()
    how, folder = recipe(element, tools), kept_in(tools)
    return find(how, folder) or build(how, folder)


def prebuild(folder: Path) -> list[str]:
    """Build kernels for every processor of this kind into ``folder``, and return their names.

    Raises:
        BuildError: As `library`; a level that the compiler does not know is one of its failures.
    """
    recipes = [recipe(element, toolchain(), level) for level in LEVELS for element in ELEMENTS]
    for each in recipes:
        build(each, folder)
    return [each.file_name for each in recipes]


def recipe(element: str, tools: Toolchain, level: str | None = None) -> Build:
    """How the kernel is compiled: for this processor, or for all that have a ``level``."""
    tuned = (f"-march={level or 'native'}", "-ffp-contract=fast")
    flags: Sequence[tuple[str, ...]] = (
        (*_PLAIN, *tuned, *_WIDE, "-fopenmp"),
        (*_PLAIN, *tuned, *_WIDE, "-fopenmp-simd"),
        (*_PLAIN, "-fopenmp-simd"),
        _PLAIN,
    )
    flags = tuple((*each, f"-DELEMENT={element}") for each in (flags[:1] if level else flags))
    name = f"swish-{element}-{level or 'native'}"
    compilers = (tools.cc,) if tools.cc else (("cc",), ("gcc",), ("clang",))
    return Build(name, SOURCE, compilers, flags, level or description())


def node_recipe(tools: Toolchain) -> Build:
    """How the C++ node is compiled: against the headers of PyTorch and Python, for any processor.

    PyTorch is looked at, and not imported.
    """
    found = find_spec("torch")
    assert found and found.origin
    root = Path(found.origin).parent
    include, release = root / "include", root / "version.py"
    words = dict(re.findall(r"^(\w+) = '(.*)'$", release.read_text("utf-8"), re.MULTILINE))
    flags = (
        # PyTorch's builds have had the new strings since 2.7. Nearly all of the time goes to its
        # headers, which hold all of its operators unless they are asked not to.
        "-std=c++20", "-O1", "-fPIC", "-shared", "-D_GLIBCXX_USE_CXX11_ABI=1",
        "-DAT_PER_OPERATOR_HEADERS", f"-I{sysconfig.get_path('include')}",
        f"-I{include}", f"-I{include / 'torch' / 'csrc' / 'api' / 'include'}",
        f"-L{root / 'lib'}", "-lc10", "-ltorch_cpu", "-ltorch_python",
    )  # fmt: skip
    torch = f"{words.get('__version__')} {words.get('git_version')}"
    serves = f"{torch} {sys.implementation.cache_tag} {sys.abiflags}"
    compilers = (tools.cxx,) if tools.cxx else (("c++",), ("g++",), ("clang++",))
    return Build("node", NODE_SOURCE, compilers, (flags,), serves)


def to_be_built(element: str) -> tuple[str, ...]:
    """What the first use of a kernel will build here: ``kernel``, ``node``, both or nothing.

    Only looks for files, without loading any.
    """
    tools = Toolchain.read()
    if not tools.builds:
        return ()
    kept, node = kept_in(tools), node_recipe(tools)
    kernels = [kept / recipe(element, tools).file_name]
    if level := best_level():
        kernels.append(PREBUILT / recipe(element, tools, level).file_name)
    made = {"kernel": kernels}
    if node.compiler:
        made["node"] = [folder / node.file_name for folder in (PREBUILT, kept)]
    return tuple(what for what, there in made.items() if not any(map(Path.exists, there)))
