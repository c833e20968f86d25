"""The C kernel: the one that was built for this processor, one that came along, or a new one.

PyTorch is not needed here. Nothing is built when this module is imported.

The processor here, and the levels of instructions that a kernel may be built for.
"""

from __future__ import annotations

import ctypes
import platform
import re
import shutil
import sys
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from swishdemo.kernels import libraries
from swishdemo.kernels.libraries import Build, BuildError
from swishdemo.settings import Toolchain

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

_lock = threading.Lock()
_outcomes: dict[str, ctypes.CDLL | BuildError] = {}


def library(element: str) -> ctypes.CDLL:
    """The kernel for elements of one type, built if need be; a failure is remembered.

    Args:
        element: One of `ELEMENTS`.

    Raises:
        BuildError: There is no compiler, it fails, or what it made cannot be loaded.
    """
    with _lock:
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
        tools = libraries.toolchain()
        return (tools.builds and bool(compiler(tools))) or found("float") is not None
    except BuildError:
        return False


def found(element: str) -> ctypes.CDLL | None:
    """A kernel that is there: built for this processor, or the best that came along."""
    tools = libraries.toolchain()
    native = libraries.find(recipe(element, tools), libraries.kept_in(tools))
    level = best_level()
    if native or not level:
        return native
    return libraries.find(recipe(element, tools, level), libraries.PREBUILT)


def native(element: str) -> ctypes.CDLL:
    """The kernel for this processor, built unless it is kept; raises as `library` does."""
    tools = libraries.toolchain()
    how, folder = recipe(element, tools), libraries.kept_in(tools)
    return libraries.find(how, folder) or libraries.build(_with_compiler(how), folder)


def prebuild(folder: Path) -> list[str]:
    """Build kernels for every processor of this kind into ``folder``, and return their names.

    Raises:
        BuildError: As `library`; a level that the compiler does not know is one of its failures.
    """
    recipes = [
        recipe(element, libraries.toolchain(), level) for level in LEVELS for element in ELEMENTS
    ]
    for each in recipes:
        libraries.build(_with_compiler(each), folder)
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
    return Build(name, SOURCE, compiler(tools), flags, level or description())


def node_recipe(tools: Toolchain) -> Build | None:
    """How the C++ node is compiled: against the headers of PyTorch and Python, for any processor.

    PyTorch is looked at, and not imported; None where it is not installed.
    """
    found = find_spec("torch")
    if found is None or not found.origin:
        return None
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
    return Build("node", NODE_SOURCE, cxx_compiler(tools), (flags,), serves)


def to_be_built(element: str) -> tuple[str, ...]:
    """What the first use of a kernel will build here: ``kernel``, ``node``, both or nothing.

    Only looks for files, without loading any.
    """
    tools = Toolchain.read()
    kept = libraries.kept_in(tools)
    made = [kept / recipe(element, tools).file_name]
    if level := best_level():
        made.append(libraries.PREBUILT / recipe(element, tools, level).file_name)
    missing = [] if any(path.exists() for path in made) else ["kernel"]
    node = node_recipe(tools)
    if not tools.builds:
        return ()
    if node is not None and node.compiler:
        folders = (libraries.PREBUILT, kept)
        if not any((folder / node.file_name).exists() for folder in folders):
            missing.append("node")
    return tuple(missing)


def cxx_compiler(tools: Toolchain) -> tuple[str, ...]:
    """The command that compiles C++; empty without one."""
    for command in (tools.cxx,) if tools.cxx else (("c++",), ("g++",), ("clang++",)):
        if shutil.which(command[0]):
            return tuple(command)
    return ()


def compiler(tools: Toolchain) -> tuple[str, ...]:
    """The command that compiles C; empty without one."""
    for command in (tools.cc,) if tools.cc else (("cc",), ("gcc",), ("clang",)):
        if shutil.which(command[0]):
            return tuple(command)
    return ()


def _with_compiler(recipe: Build) -> Build:
    if not recipe.compiler:
        wanted = " ".join(libraries.toolchain().cc) or "cc, gcc or clang"
        raise BuildError(f"there is no C compiler here ({wanted})")
    return recipe
