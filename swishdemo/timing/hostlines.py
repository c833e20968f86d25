"""The host card in words: pairs of what and what of it, for the page and for the report."""

from __future__ import annotations

from swishdemo.text import Language, text
from swishdemo.timing.host import HostCard
from swishdemo.timing.quantities import byte_size


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
