"""Describes the machine: processor, memory, GPU, its container's limits, versions."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import swishdemo

ROOT = Path("/")

_SIMD = (
    *("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"),
    *("avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"),
    *("asimd", "asimdhp", "bf16", "sve", "sve2"),
)
# Of NVIDIA's driver, of Windows beneath Linux, of NVIDIA's boards for robots, and of AMD.
_GPU_DEVICES = ("dev/nvidiactl", "dev/nvidia0", "dev/dxg", "dev/nvhost-gpu", "dev/kfd")
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


def usable_cores(root: Path = ROOT) -> int:
    """Processors that this process may use at once, by its affinity and its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = container_cpus(root)
    return max(1, min(cores or 1, int(quota))) if quota else cores or 1


def container_cpus(root: Path = ROOT) -> float | None:
    """Processors that the control groups allow, the strictest of them; None without a limit."""
    quotas = [_quota(*_read(group / "cpu.max").split()) for group in _groups("cpu", root)]
    quotas += [  # version 1 of control groups
        _quota(*(_read(group / f"cpu.cfs_{part}_us").strip() for part in ("quota", "period")))
        for group in _groups("cpu", root)
    ]
    return min((quota for quota in quotas if quota), default=None)


def container_memory_bytes(root: Path = ROOT) -> int | None:
    """Memory that the control groups allow, the strictest of them; None without a limit."""
    return min((limit for limit, _ in _memory_limits(root)), default=None)


def memory_bytes(root: Path = ROOT) -> int | None:
    """Memory of the machine."""
    return _meminfo("MemTotal", root)


def available_memory_bytes(root: Path = ROOT) -> int | None:
    """Memory that can still be had, by the machine and by the container's limits."""
    candidates = [_meminfo("MemAvailable", root)]
    candidates += [max(0, limit - used) for limit, used in _memory_limits(root)]
    known = [value for value in candidates if value is not None]
    return min(known) if known else None


def anonymous_bytes(root: Path = ROOT) -> int:
    """Memory of this process that no file holds; 0 where that is not told."""
    found = re.search(r"^RssAnon:\s+(\d+) kB$", _read(root / "proc/self/status"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def allocator(root: Path = ROOT) -> str | None:
    """``GLIBC_TUNABLES`` as this process was started with it; None where it was not set.

    The C library reads it once, at the start, so that what stands there later says nothing.
    """
    first, *rest = _started_with("GLIBC_TUNABLES", root) or ("",)
    # Older C libraries cut the list in place, so that its entries stand one by one.
    return ":".join((first, *takewhile(lambda entry: entry.startswith("glibc."), rest))) or None


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
    """Name of the NVIDIA GPU; None without one, where all are hidden, or of several that differ.

    Which of several a job uses PyTorch alone can tell, for its order is not the system's.
    """
    if _hides_all(root):
        return None
    found = {
        match[1].strip()
        for card in (root / "proc/driver/nvidia/gpus").glob("*/information")
        if (match := re.search(r"^Model:\s*(.+)$", _read(card), re.MULTILINE))
    }
    # Some containers hide that folder, and show the device alone.
    if not found and (root / "dev/nvidiactl").exists() and shutil.which("nvidia-smi"):
        found = _nvidia_smi("name")
    return found.pop() if len(found) == 1 else None


@cache
def torch_version() -> str:
    """PyTorch's version as installed, such as ``"2.13.0+cpu"``; ``"missing"`` without it."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return "missing"


def lends_gpu(root: Path = ROOT) -> bool:
    """Whether this is a Space whose GPU is lent to a job, and is nowhere to be seen before."""
    given = started_with("SPACES_ZERO_GPU", root)
    return given is not None and given.lower() in ("1", "t", "true")


CudaGap = Literal["no_cuda", "cuda_hidden", "no_cuda_build"]


def missing_cuda(root: Path = ROOT, torch: str | None = None) -> CudaGap | None:
    """Why nothing can run on a GPU here; None where it can, or only PyTorch itself can tell.

    Args:
        root: The root of the file system.
        torch: PyTorch's version; None for the installed one's.

    Returns:
        ``no_cuda``: no driver shows a device; ``cuda_hidden``: ``CUDA_VISIBLE_DEVICES`` hides
        all; ``no_cuda_build``: PyTorch is built without CUDA.
    """
    if lends_gpu(root):
        return None
    cards = root / "proc/driver/nvidia/gpus"
    if not any((root / device).exists() for device in _GPU_DEVICES) and not any(cards.glob("*")):
        return "no_cuda"
    if _hides_all(root):
        return "cuda_hidden"
    return "no_cuda_build" if (torch or torch_version()).endswith("+cpu") else None


def has_metal() -> bool:
    """Whether this is a Mac with a GPU of Apple's own."""
    return (platform.system(), platform.machine()) == ("Darwin", "arm64")


def started_with(variable: str, root: Path = ROOT) -> str | None:
    """A variable's value as this process was started with it; None where it was not set."""
    found = _started_with(variable, root)
    return found[0].strip() if found else None


def _hides_all(root: Path) -> bool:
    return started_with("CUDA_VISIBLE_DEVICES", root) in ("", "-1")


def gpu_driver(root: Path = ROOT) -> str | None:
    """Version of the NVIDIA driver; None without one."""
    found = re.search(
        r"Module\s+(?:for\s+\S+\s+)?([\d.]+)", _read(root / "proc/driver/nvidia/version")
    )
    return found[1] if found else None


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of the control groups that hold this process, for both versions of them.

    A container mostly sees its own group as the outermost; a service sees all around its own.
    """
    mounts = root / "sys/fs/cgroup"
    yield from (mounts, mounts / controller)
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = mounts / (controller if controllers else "")
        for part in path.strip("/").split("/"):
            if part == "..":  # the group lies outside of what the container sees
                break
            group /= part
            yield group


def _quota(quota: str = "", period: str = "") -> float | None:
    known = quota.isdecimal() and period.isdecimal() and int(period)
    return int(quota) / int(period) if known else None


def _memory_limits(root: Path) -> list[tuple[int, int]]:
    """Limit and use of each control group that has a limit, in bytes."""
    files = (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    )
    return [
        (limit, _integer(group / used) or 0)
        for group in _groups("memory", root)
        for most, used in files
        # Version 1 says "no limit" by a number near 2^63.
        if (limit := _integer(group / most)) and limit < 2**60
    ]


def _started_with(variable: str, root: Path) -> list[str]:
    """A variable's value as this process was started with it, and all that follows; else none."""
    entries = _read(root / "proc/self/environ").split("\0")
    for place, entry in enumerate(entries):
        name, equals, value = entry.partition("=")
        if equals and name == variable:
            return [value, *entries[place + 1 :]]
    return []


def _nvidia_smi(field: str) -> set[str]:
    """What NVIDIA's tool says of each card; empty where it does not."""
    try:
        answer = subprocess.check_output(
            ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"], timeout=5, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return set()
    return {line.strip() for line in answer.splitlines() if line.strip()}


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


@cache
def host() -> dict[str, Any]:
    """The machine and the versions of what computes, found without importing any of it.

    What a timing tells too has the same name here (`swishdemo.timing.host_card.HostCard`).
    """
    return {
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "memory_bytes": memory_bytes(),
        "gpu": gpu_model(),
        "system": f"{platform.system()} {platform.release()}",
        "torch": torch_version(),
        "python": platform.python_version(),
        "versions": {
            "swishdemo": swishdemo.__version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in ("torch", "numpy", "scikit-learn")},
        },
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
