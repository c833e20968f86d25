"""The C kernel: the one that was built for this processor, one that came along, or a new one.

PyTorch is not needed here. Nothing is built when this module is imported.
"""

from __future__ import annotations

import ctypes
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from swishdemo.kernels import libraries
from swishdemo.kernels.libraries import BuildError, Recipe
from swishdemo.kernels.processor import INTEL, LEVELS, best_level, description
from swishdemo.settings import Toolchain

SOURCE = Path(__file__).with_name("swish.c")
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
        return bool(compiler(libraries.toolchain())) or found("float") is not None
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


def recipe(element: str, tools: Toolchain, level: str | None = None) -> Recipe:
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
    return Recipe(name, SOURCE, compiler(tools), flags, level or description())


def compiler(tools: Toolchain) -> tuple[str, ...]:
    """The command that compiles C; empty without one."""
    for command in (tools.cc,) if tools.cc else (("cc",), ("gcc",), ("clang",)):
        if shutil.which(command[0]):
            return tuple(command)
    return ()


def _with_compiler(recipe: Recipe) -> Recipe:
    if not recipe.compiler:
        wanted = " ".join(libraries.toolchain().cc) or "cc, gcc or clang"
        raise BuildError(f"there is no C compiler here ({wanted})")
    return recipe
