"""What Linux says of the machine: processor, caches, memory, container limits, load, GPU.

Every function takes the root of the file system, so that a test can give it another machine, and
answers None or nothing for what is not told there. Nothing here imports PyTorch.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

ROOT = Path("/")

_SIMD = (
    *("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"),
    *("avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"),
    *("asimd", "asimdhp", "bf16", "sve", "sve2"),
)
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def cpu_model(root: Path = ROOT) -> str:
    """The processor's marketing name; ``"unknown CPU"`` where none is told."""
    found = re.search(r"^model name\s*:\s*(.+)$", _read(root / "proc/cpuinfo"), re.MULTILINE)
    name = found[1] if found else _read(root / "sys/firmware/devicetree/base/model").strip("\0 ")
    return re.sub(r"\((?:R|TM|r|tm)\)|\s+CPU\b|\s+Processor\b", "", name).strip() or "unknown CPU"


def simd_flags(root: Path = ROOT) -> tuple[str, ...]:
    """Those vector instruction sets of the processor that matter here."""
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", _read(root / "proc/cpuinfo"), re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    return tuple(flag for flag in _SIMD if flag in flags)


def caches_bytes(root: Path = ROOT) -> dict[str, int]:
    """Sizes of the caches that the first processor sees, such as ``{"L1d": 49152}``."""
    sizes: dict[str, int] = {}
    for index in sorted((root / "sys/devices/system/cpu/cpu0/cache").glob("index*")):
        kind = _read(index / "type").strip()
        size = re.fullmatch(r"(\d+)([KMG])", _read(index / "size").strip())
        if size and kind != "Instruction":
            name = f"L{_read(index / 'level').strip()}{'d' if kind == 'Data' else ''}"
            sizes[name] = int(size[1]) * _UNITS[size[2]]
    return sizes


def usable_cores() -> int:
    """Processors that this process may use at once, by its affinity and its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = container_cpus()
    return max(1, min(cores or 1, int(quota))) if quota else cores or 1


def container_cpus(root: Path = ROOT) -> float | None:
    """Processors that the control group allows; None without a limit."""
    group = root / "sys/fs/cgroup"
    words = _read(group / "cpu.max").split()
    if len(words) != 2:  # version 1 of control groups
        words = [
            _read(group / "cpu" / f"cpu.cfs_{part}_us").strip() for part in ("quota", "period")
        ]
    quota, period = (int(word) if re.fullmatch(r"\d+", word) else 0 for word in words)
    return quota / period if quota and period else None


def container_memory_bytes(root: Path = ROOT) -> int | None:
    """Memory that the control group allows; None without a limit."""
    group = root / "sys/fs/cgroup"
    limit = _integer(group / "memory.max") or _integer(group / "memory/memory.limit_in_bytes")
    # Version 1 says "no limit" by a number near 2^63.
    return limit if limit and limit < 2**60 else None


def memory_bytes(root: Path = ROOT) -> int | None:
    """Memory of the machine."""
    return _meminfo("MemTotal", root)


def available_memory_bytes(root: Path = ROOT) -> int | None:
    """Memory that can still be had, by the machine and by the container's limit."""
    candidates = [_meminfo("MemAvailable", root)]
    limit = container_memory_bytes(root)
    group = root / "sys/fs/cgroup"
    used = _integer(group / "memory.current") or _integer(group / "memory/memory.usage_in_bytes")
    if limit is not None:
        candidates.append(max(0, limit - (used or 0)))
    known = [value for value in candidates if value is not None]
    return min(known) if known else None


def allocator(root: Path = ROOT) -> str | None:
    """``GLIBC_TUNABLES`` as this process was started with it; None where it was not set.

    Read from ``/proc`` and not from the variables of the process: the C library reads it once, at
    the start, so that what stands there later says nothing.
    """
    variables = iter(_read(root / "proc/self/environ").split("\0"))
    for variable in variables:
        name, _, value = variable.partition("=")
        if name == "GLIBC_TUNABLES":
            # Older C libraries cut the list in place, so that its entries stand one by one.
            rest = takewhile(lambda entry: entry.startswith("glibc."), variables)
            return ":".join((value, *rest)) or None
    return None


def load_average(root: Path = ROOT) -> float | None:
    """Processes that ran or waited to run, mean over the last minute."""
    words = _read(root / "proc/loadavg").split()
    return float(words[0]) if words else None


def busy_seconds(root: Path = ROOT) -> float | None:
    """Processor time since the start of the machine, of all processes on all cores."""
    words = _read(root / "proc/stat").partition("\n")[0].split()
    if len(words) < 9 or words[0] != "cpu":
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, words[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def gpu_model(root: Path = ROOT) -> str | None:
    """Name of the first NVIDIA GPU; None without one."""
    for card in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        found = re.search(r"^Model:\s*(.+)$", _read(card), re.MULTILINE)
        if found:
            return found[1].strip()
    # Some containers hide that folder, and show the device alone.
    if (root / "dev/nvidiactl").exists() and shutil.which("nvidia-smi"):
        return _nvidia_smi("name")
    return None


def gpu_driver(root: Path = ROOT) -> str | None:
    """Version of the NVIDIA driver; None without one."""
    found = re.search(
        r"Module\s+(?:for\s+\S+\s+)?([\d.]+)", _read(root / "proc/driver/nvidia/version")
    )
    return found[1] if found else None


def _nvidia_smi(field: str) -> str | None:
    try:
        answer = subprocess.check_output(
            ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"], timeout=5, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.partition("\n")[0].strip() or None


def _meminfo(name: str, root: Path) -> int | None:
    found = re.search(rf"^{name}:\s+(\d+) kB$", _read(root / "proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _integer(path: Path) -> int | None:
    content = _read(path).strip()
    return int(content) if content.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
