"""Describes the machine on which figures were taken: as values, in words, and as one line."""

from __future__ import annotations

import platform
import shutil
import sysconfig
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from swishdemo import hardware, host
from swishdemo.hardware import NO_CUDA, Hardware
from swishdemo.settings import Settings, Toolchain
from swishdemo.text import Language, Sentence, text
from swishdemo.timing.measurement import byte_size


@dataclass(frozen=True, slots=True)
class HostCard:
    """What a figure depends on beside the code; None where it is not known.

    Attributes:
        cpu: The processor's name.
        cores: Processors that the measuring process may use at once.
        simd: Its vector instruction sets, as Linux names them.
        caches_bytes: Cache sizes: ``L1d``, ``L2``, ``L3``.
        memory_bytes: Memory of the machine.
        available_memory_bytes: What of it was free when measuring began.
        container_cpus: Processors that the container allows; None without a limit.
        container_memory_bytes: Memory that the container allows; None without a limit.
        gpu: Name of the GPU; None without one.
        gpu_driver: Version of its driver.
        gpu_memory_bytes: Its memory.
        gpu_gap: Why a GPU that is here cannot be used, a `swishdemo.text.Sentence` as JSON.
        torch: Version of PyTorch.
        torch_simd: The instruction set that PyTorch's kernels were chosen for.
        threads: Threads that a timed operation used on the CPU.
        allocator: ``GLIBC_TUNABLES`` at the start of the measuring process. With glibc's defaults
            every large temporary is paid for again in page faults.
        first_thread: Whether measuring ran in the process's first thread: in the others, the C
            library cannot keep large temporaries unless ``glibc.malloc.arena_max`` is 1.
        python: Version of Python.
        system: Operating system and its release.
        load_average: Processes that ran or waited over the last minute, as Linux counts them.
        others_busy_cores: Cores that other processes kept busy while measuring; None before its
            end.
    """

    cpu: str | None = None
    cores: int | None = None
    simd: tuple[str, ...] = ()
    caches_bytes: Mapping[str, int] = field(default_factory=dict)
    memory_bytes: int | None = None
    available_memory_bytes: int | None = None
    container_cpus: float | None = None
    container_memory_bytes: int | None = None
    gpu: str | None = None
    gpu_driver: str | None = None
    gpu_memory_bytes: int | None = None
    gpu_gap: Mapping[str, Any] | None = None
    torch: str | None = None
    torch_simd: str | None = None
    threads: int | None = None
    allocator: str | None = None
    first_thread: bool = False
    python: str | None = None
    system: str | None = None
    load_average: float | None = None
    others_busy_cores: float | None = None

    @classmethod
    def collect(
        cls, *, threads: int, torch_simd: str | None = None, found: Hardware | None = None
    ) -> HostCard:
        """Describe this machine; what only PyTorch knows is given, for it is not imported here."""
        gap = found.gap if found else hardware.missing_cuda()
        return cls(
            cpu=host.cpu_model(),
            cores=host.usable_cores(),
            simd=host.simd_flags(),
            caches_bytes=host.caches_bytes(),
            memory_bytes=host.memory_bytes(),
            available_memory_bytes=host.available_memory_bytes(),
            container_cpus=host.container_cpus(),
            container_memory_bytes=host.container_memory_bytes(),
            gpu=(found.line if found else "") or hardware.gpu_name(),
            gpu_driver=host.gpu_driver(),
            gpu_memory_bytes=found.cards[0].memory_bytes if found and found.cards else None,
            gpu_gap=gap.as_json() if gap and gap.key != NO_CUDA else None,
            torch=host.torch_version(),
            torch_simd=torch_simd,
            threads=threads,
            allocator=host.allocator(),
            first_thread=threading.current_thread() is threading.main_thread(),
            python=platform.python_version(),
            system=f"{platform.system()} {platform.release()}",
            load_average=host.load_average(),
        )

    @property
    def allocator_is_tuned(self) -> bool:
        """Whether large temporaries are kept in the process and not given back each time."""
        tunables = (self.allocator or "").split(":")
        one_arena = self.first_thread or "glibc.malloc.arena_max=1" in tunables
        return one_arena and any("mmap_threshold" in tunable for tunable in tunables)

    def as_json(self) -> dict[str, object]:
        """The card as plain values."""
        return {
            **asdict(self),
            "simd": list(self.simd),
            "caches_bytes": dict(self.caches_bytes),
            "allocator_is_tuned": self.allocator_is_tuned,
        }

    @property
    def line(self) -> str | None:
        """One line such as ``"2 × Intel Xeon · torch 2.13.0"``; None where no processor is known.

        What is not known is left out, but for the number of cores, which is then ``?``.
        """
        if not self.cpu:
            return None
        cores = "?" if self.cores is None else self.cores
        torch = self.torch and f"torch {self.torch}"
        return " · ".join(part for part in (f"{cores} × {self.cpu}", self.gpu, torch) if part)

    @classmethod
    def from_json(cls, record: object) -> HostCard:
        """Read a stored host of whatever version: a timing's (`as_json`) or a training run's.

        What is missing or has another type is not known. Runs once told PyTorch's version among
        their ``versions`` alone.
        """
        if not isinstance(record, Mapping):
            return cls()
        versions = record.get("versions")
        read = {**(versions if isinstance(versions, Mapping) else {}), **record}
        known = {}
        for name, type_ in _field_types().items():
            with suppress(KeyError, ValidationError):
                known[name] = type_.validate_python(read[name])
        return cls(**known)


@cache
def _field_types() -> dict[str, TypeAdapter[Any]]:
    """A host card's fields, each with what reads it."""
    finite = ConfigDict(allow_inf_nan=False)
    hints = get_type_hints(HostCard)
    return {each.name: TypeAdapter(hints[each.name], config=finite) for each in fields(HostCard)}


def host_summary(language: Language = "en", settings: Settings | None = None) -> str:
    """One line such as ``"2 × Intel Xeon · no GPU · torch 2.13"``, without importing PyTorch."""
    gpu = hardware.gpu_name() or text("time.unavailable.no_gpu", language)
    if (settings or Settings()).lends_gpu:
        gpu = " · ".join(filter(None, (hardware.gpu_name(), text("hardware.lent", language))))
    elif hardware.unused(settings or Settings()):
        gpu = " · ".join(filter(None, (hardware.gpu_name(), text("hardware.not_used", language))))
    elif hardware.missing_cuda() is None and hardware.told() is None:
        gpu = " · ".join(filter(None, (hardware.gpu_name(), text("hardware.not_asked", language))))
    release = ".".join(host.torch_version().split(".")[:2])
    return f"{host.usable_cores()} × {host.cpu_model()} · {gpu} · torch {release}"


@cache
def missing_c_compiler() -> Sentence | None:
    """Why the C kernel can be neither built nor found here; None if it can be tried."""
    from swishdemo.kernels import libraries

    return None if libraries.is_possible() else Sentence("time.unavailable.no_c_compiler")


@cache
def missing_compiler(device: str) -> Sentence | None:
    """Why ``torch.compile`` cannot compile for ``device``; None if it can."""
    headers = Path(sysconfig.get_path("include"), "Python.h").exists()
    if device == "cuda":  # Triton compiles what launches a kernel by the system's C compiler
        if not find_spec("triton"):
            return Sentence("time.unavailable.no_triton")
        found = Toolchain.read().cc or any(map(shutil.which, ("gcc", "clang", "cc")))
        return None if found and headers else Sentence("time.unavailable.triton_compiler")
    torch = find_spec("torch")
    home = str(Path(torch.origin or "").parent) if torch else ""
    if any(sign.isspace() or sign in "'\"\\" for sign in home):  # it writes a command unquoted
        return Sentence("time.unavailable.compiler_path", path=home)
    found = any(map(shutil.which, ("g++", "clang++")))
    return None if found and headers else Sentence("time.unavailable.no_compiler")


def lines(
    card: HostCard | None, language: Language = "en", *, active: bool = False
) -> list[list[str]]:
    """Name and value of every line, those that are not known left out.

    Args:
        card: The host; without one there are no lines.
        language: Of the words.
        active: Whether the timing still goes on, so that the load while measuring is yet to come.
    """
    if card is None:
        return []
    pairs = (
        ("cpu", _processor(card, language)),
        ("simd", _simd(card, language)),
        ("caches", " · ".join(f"{k} {byte_size(n)}" for k, n in card.caches_bytes.items())),
        ("memory", _memory(card, language)),
        ("container", _container(card, language)),
        ("gpu", _gpu(card, language)),
        ("torch", _torch(card, language)),
        ("allocator", _say("tuned" if card.allocator_is_tuned else "default", language)),
        ("load", _load(card, language, active)),
        ("system", _system(card)),
    )
    return [[_say(name, language), value] for name, value in pairs if value]


def threads_words(count: int, language: Language = "en") -> str:
    """A number of threads, such as ``2 threads``."""
    if count == 1:
        return text("time.ui.one_thread", language)
    return text("time.ui.threads_count", language, count=count)


def _say(name: str, language: Language, **values: object) -> str:
    return text(f"timed.host.{name}", language, **values)


def _processor(card: HostCard, language: Language) -> str:
    if card.cpu is None or card.cores is None:
        return card.cpu or ""
    return _say("core" if card.cores == 1 else "cores", language, cpu=card.cpu, cores=card.cores)


def _simd(card: HostCard, language: Language) -> str:
    used = _say("uses", language, simd=card.torch_simd) if card.torch_simd else ""
    return " · ".join(part for part in (used, " ".join(card.simd)) if part)


def _memory(card: HostCard, language: Language) -> str:
    whole = byte_size(card.memory_bytes) if card.memory_bytes else ""
    free = card.available_memory_bytes
    told = _say("free", language, size=byte_size(free)) if free else ""
    return " · ".join(part for part in (whole, told) if part)


def _container(card: HostCard, language: Language) -> str:
    parts = []
    if card.container_cpus:
        parts.append(_say("container_cpus", language, cores=f"{card.container_cpus:.3g}"))
    if card.container_memory_bytes:
        parts.append(byte_size(card.container_memory_bytes))
    return " · ".join(parts) or _say("container_none", language)


def _gpu(card: HostCard, language: Language) -> str:
    with suppress(ValueError):
        if card.gpu_gap is not None:
            why = Sentence.from_json(card.gpu_gap).sentence(language)
            return text("hardware.line_gap", language, why=why)
    if not card.gpu:
        return text("time.unavailable.no_gpu", language)
    driver = _say("driver", language, version=card.gpu_driver) if card.gpu_driver else ""
    memory = byte_size(card.gpu_memory_bytes) if card.gpu_memory_bytes else ""
    return " · ".join(part for part in (card.gpu, memory, driver) if part)


def _torch(card: HostCard, language: Language) -> str:
    threads = "" if card.threads is None else threads_words(card.threads, language)
    return " · ".join(part for part in (card.torch, threads) if part)


def _system(card: HostCard) -> str:
    python = f"Python {card.python}" if card.python else ""
    return " · ".join(part for part in (card.system, python) if part)


def _load(card: HostCard, language: Language, active: bool) -> str:
    if card.others_busy_cores is not None:
        busy = _say("quiet", language, cores=f"{card.others_busy_cores:.1f}")
    else:
        busy = _say("later" if active else "unknown", language)
    if card.load_average is None:
        return busy
    return f"{busy} · {_say('average', language, load=f'{card.load_average:.2f}')}"
