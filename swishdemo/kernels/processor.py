"""The processor here, and the levels of instructions that a kernel may be built for."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

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
