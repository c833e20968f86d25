"""The C kernel, compiled by the system's compiler at first use and kept in a cache.

PyTorch is not needed here. Nothing is built when this module is imported.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from swishdemo.settings import Toolchain

SOURCE = Path(__file__).with_name("swish.c")

# No flag here changes the state of the floating-point unit, as -ffast-math does when gcc links.
_PLAIN = ("-std=gnu11", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math")
_TUNED = ("-march=native", "-ffp-contract=fast")
_WIDE = ("-mprefer-vector-width=512",) if platform.machine() in ("x86_64", "AMD64") else ()
FLAGS: Sequence[tuple[str, ...]] = (
    (*_PLAIN, *_TUNED, *_WIDE, "-fopenmp"),
    (*_PLAIN, *_TUNED, *_WIDE, "-fopenmp-simd"),
    (*_PLAIN, "-fopenmp-simd"),
    _PLAIN,
)
"""Sets of flags, the best first; the first that the compiler accepts is taken."""

_COMPILE_SECONDS = 120
_lock = threading.Lock()
_outcomes: dict[str, ctypes.CDLL | BuildError] = {}


class BuildError(RuntimeError):
    """The kernel cannot be had here; the first line says why, the compiler's output follows."""


def library(element: str) -> ctypes.CDLL:
    """The kernel for elements of one type, built if need be; a failure is remembered.

    Args:
        element: ``"float"``, ``"double"`` or ``"bfloat16"``.

    Raises:
        BuildError: There is no compiler, it fails, or what it made cannot be loaded.
    """
    with _lock:
        if element not in _outcomes:
            try:
                _outcomes[element] = _load(element, Toolchain.read())
            except BuildError as error:
                _outcomes[element] = error
        outcome = _outcomes[element]
    if isinstance(outcome, BuildError):
        raise outcome
    return outcome


def is_possible() -> bool:
    """Whether there is a compiler, or a kernel built before; building may fail all the same."""
    tools = Toolchain.read()
    return bool(_compiler(tools)) or _kept(tools, "float").exists()


def _load(element: str, tools: Toolchain) -> ctypes.CDLL:
    kept = _kept(tools, element)
    try:
        return ctypes.CDLL(str(kept))
    except OSError:
        pass  # not built yet, or no library
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=kept.parent) as folder:
            built = _build(element, tools, Path(folder))
            with built.open("rb+") as file:
                os.fsync(file.fileno())  # loading a file that a crash cut short would kill us
            built.replace(kept)  # others see all of it or nothing
        return _opened(kept)
    except OSError:
        pass  # the cache cannot be written
    try:
        with tempfile.TemporaryDirectory(prefix="swishdemo-") as folder:
            return _opened(_build(element, tools, Path(folder)))  # a loaded file may be deleted
    except OSError as error:
        raise BuildError(f"no folder to build the kernel in: {error}") from error


def _kept(tools: Toolchain, element: str) -> Path:
    """The kernel's place in the cache, by all that it depends on."""
    depends = f"{FLAGS}\n{_cpu()}\n".encode() + SOURCE.read_bytes()
    key = hashlib.sha256(depends).hexdigest()[:16]
    return tools.cache_dir / "kernels" / f"swish-{element}-{key}.so"


def _build(element: str, tools: Toolchain, folder: Path) -> Path:
    compiler = _compiler(tools)
    if not compiler:
        wanted = " ".join(tools.compiler) or "cc, gcc or clang"
        raise BuildError(f"there is no C compiler here ({wanted})")
    target = folder / "swish.so"
    for flags in FLAGS:
        command = [*compiler, *flags, f"-DELEMENT={element}", str(SOURCE), "-o", str(target)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_COMPILE_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BuildError(f"{compiler[0]} cannot be run: {error}") from error
        if done.returncode == 0 and target.exists():
            return target
    said = (done.stderr or done.stdout).strip()
    first = next((line for line in said.splitlines() if "error" in line.lower()), said[:200])
    raise BuildError(
        f"{compiler[0]} failed to build the kernel (status {done.returncode}): {first}\n{said}"
    )


def _opened(path: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"the kernel was built and cannot be loaded: {error}") from error


def _compiler(tools: Toolchain) -> tuple[str, ...]:
    """The command that compiles C; empty without one."""
    for command in (tools.compiler,) if tools.compiler else (("cc",), ("gcc",), ("clang",)):
        if shutil.which(command[0]):
            return tuple(command)
    return ()


@cache
def _cpu() -> str:
    """What ``-march=native`` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()} {os.name}"
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(wanted)))
