"""Finds out what PyTorch can compute on: asked once, in a worker, and told to the web process.

The web process must not load PyTorch. Before it has been told, it knows what the system's files
say (`swishdemo.host`), which neither knows PyTorch's order of cards nor whether it can use one.
"""

from __future__ import annotations

import gc
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from swishdemo import host
from swishdemo.errors import UserError
from swishdemo.settings import Settings, SettingsError
from swishdemo.text import Sentence

NO_CUDA = "time.unavailable.no_cuda"
"""Why nothing runs on a GPU where none is to be seen, which is no lack."""

PROBE = "swishdemo.hardware:probe"
"""The work of a runner that finds out, as `swishdemo.jobs.job.Runner.start` takes it."""


@dataclass(frozen=True, slots=True)
class Card:
    """One device as PyTorch names it.

    Attributes:
        name: Its name, such as ``"NVIDIA T4"``.
        memory_bytes: Its memory.
        architecture: What its code is compiled for, such as ``"sm_75"`` or ``"gfx942"``.
    """

    name: str
    memory_bytes: int
    architecture: str


@dataclass(frozen=True, slots=True)
class Hardware:
    """What PyTorch finds beside the processor.

    Attributes:
        cards: The devices that it may use, in its order; a job uses the first.
        runtime: What it is built for, such as ``"CUDA 12.9"`` or ``"ROCm 7.0"``; empty for none.
        gap: Why a job cannot use one; None where it can.
    """

    cards: tuple[Card, ...] = ()
    runtime: str = ""
    gap: Sentence | None = None

    @property
    def line(self) -> str:
        """The first card, and how many there are; empty without one."""
        names = [card.name for card in self.cards]
        alike = len(set(names)) == 1 and len(names) > 1
        return f"{len(names)} × {names[0]}" if alike else ", ".join(names)

    def as_json(self) -> dict[str, Any]:
        """The hardware as plain values."""
        return {
            "cards": [asdict(card) for card in self.cards],
            "runtime": self.runtime,
            "gap": self.gap and self.gap.as_json(),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Hardware:
        """Read what `as_json` wrote."""
        cards = tuple(Card(**card) for card in record["cards"])
        gap = record["gap"]
        return cls(cards, record["runtime"], gap and Sentence.from_json(gap))


def probe(_: object) -> Iterator[Hardware]:
    """The work of a job that finds out (`PROBE`)."""
    yield tried()


@cache
def tried() -> Hardware:
    """What this process can use, after it has been tried; from then on it is known here.

    This loads PyTorch.
    """
    import torch

    found = look(torch)
    tell(found)
    return found


def look(torch: Any, *, tries: bool = True) -> Hardware:
    """What PyTorch finds.

    Args:
        torch: The module.
        tries: Whether the first card computes something, which takes some of its memory. Else
            it is not touched: its name is told where this process uses it already.
    """
    version = torch.version
    hip = getattr(version, "hip", None)
    runtime = f"ROCm {hip}" if hip else f"CUDA {version.cuda}" if version.cuda else ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = bool(torch.cuda.is_available())
    if not found:
        said = " ".join(str(each.message) for each in caught)
        return Hardware(runtime=runtime, gap=_why_none(torch, runtime, said))
    if not tries and not torch.cuda.is_initialized():
        return Hardware(runtime=runtime)
    cards = tuple(
        _card(torch.cuda.get_device_properties(place)) for place in range(torch.cuda.device_count())
    )
    return Hardware(cards, runtime, _why_not(torch, cards[0]) if tries else None)


def failure() -> str | None:
    """What the GPU says where this process cannot use it any more; None where nothing is wrong.

    After some errors, an access beyond the memory or a failed assertion in a kernel, every further
    call fails as the first one did, until the process ends.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    try:
        torch.cuda.synchronize()
    except RuntimeError as error:
        return _first_line(str(error))
    return None


def give_back() -> None:
    """Hand back what memory of the GPU this process holds without need."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


_CONTEXT_BYTES = 2 * 2**30


def private_bytes() -> int:
    """Memory of this process's own, without what a GPU's driver and libraries take; 0 if unknown.

    Libraries are mapped from files, gigabytes of them for CUDA, and count for nothing. What a
    context takes beside is as much after every job, and no reason to begin anew.
    """
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_initialized()
    return max(0, host.anonymous_bytes() - (_CONTEXT_BYTES if on_gpu else 0))


def seen() -> Hardware | None:
    """What this process has found; None where that is nothing. No GPU is touched for it."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    if torch.cuda.is_initialized():
        return tried()
    found = look(torch, tries=False)
    return found if found.gap else None


def _card(properties: Any) -> Card:
    # A MIG slice has its profile in its name: "NVIDIA H200 MIG 1g.18gb".
    amd = str(getattr(properties, "gcnArchName", "")).partition(":")[0]
    sm = f"sm_{getattr(properties, 'major', 0)}{getattr(properties, 'minor', 0)}"
    return Card(str(properties.name), int(properties.total_memory), amd or sm)


def _why_not(torch: Any, card: Card) -> Sentence | None:
    """Why the first card cannot be used, which is known when it has computed something."""
    try:
        torch.ones(2, device="cuda").sum().item()
    except RuntimeError as error:
        told = str(error)
        if "no kernel image" in told:
            values = {"card": card.name, "architecture": card.architecture}
            return Sentence("hardware.no_kernels", torch=str(torch.__version__), **values)
        return Sentence("hardware.fails", card=card.name, message=_first_line(told))
    return None


def _why_none(torch: Any, runtime: str, said: str) -> Sentence:
    if old := re.search(r"driver on your system is too old \(found version (\d+)\)", said):
        driver = f"{int(old[1]) // 1000}.{int(old[1]) % 1000 // 10}"
        return Sentence("hardware.old_driver", driver=driver, runtime=runtime)
    gap = missing_in_files()
    if gap is None and not runtime:
        return Sentence("time.unavailable.no_cuda_build", version=str(torch.__version__))
    if gap is not None and gap.key != NO_CUDA:
        return gap
    if torch.backends.mps.is_available():
        return Sentence("hardware.other", name="Apple Metal (mps)")
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return Sentence("hardware.other", name="Intel (xpu)")
    if visible := host.started_with("CUDA_VISIBLE_DEVICES"):
        return Sentence("hardware.not_visible", value=visible[:80])
    if "CUDA initialization" in said and "no NVIDIA driver" not in said:
        return Sentence("hardware.unusable", message=_first_line(said))
    return gap or Sentence("hardware.unseen", torch=str(torch.__version__))


def _first_line(message: str) -> str:
    line = message.partition("\n")[0].partition(" (Triggered internally")[0]
    return line.removeprefix("CUDA initialization: ").removesuffix(".")[:200]


def missing_in_files() -> Sentence | None:
    """Why nothing can run on a GPU, as far as the system's files tell; None where they do not."""
    gap = host.missing_cuda()
    if gap == "no_cuda" and host.has_metal():
        return Sentence("hardware.other", name="Apple Metal (mps)")
    if gap == "no_cuda_build":
        values = {"version": host.torch_version()}
        card = host.gpu_model()
        key = "hardware.no_cuda_build_for" if card else f"time.unavailable.{gap}"
        return Sentence(key, **values, **({"card": card} if card else {}))
    return Sentence(f"time.unavailable.{gap}") if gap else None


class _Known:
    """What the web process has been told; it holds as long as the process lives."""

    told: Hardware | None = None


def tell(found: Hardware | None) -> None:
    """Have this process know what a worker has found; None forgets it."""
    if host.lends_gpu() and found is not None and found.gap is not None:
        return  # the worker had no lease
    _Known.told = found


def told() -> Hardware | None:
    """What a worker has found; None before one was asked."""
    return _Known.told


def missing_cuda() -> Sentence | None:
    """Why nothing can run on a GPU here, as far as this process knows; None where it may."""
    if host.lends_gpu():  # which no worker process finds
        return None
    return _Known.told.gap if _Known.told else missing_in_files()


def device_of(asked: str, server: Settings) -> str:
    """The device, ``"cpu"`` or ``"cuda"``, that a request gets: ``auto`` is a GPU where one is."""
    if asked == "auto":
        asked = server.device
    if asked == "auto":
        return "cpu" if missing_cuda() else "cuda"
    return asked


def refuse_without(config: object, gap: Sentence | None) -> None:
    """Refuse what demands a GPU where there is none.

    Args:
        config: What a job is asked for; a sweep's first run speaks for all.
        gap: Why there is none; None where there is one.

    Raises:
        UserError: It demands one.
    """
    if gap is not None and demands_gpu(config):
        raise UserError("hardware.refused", field="device", why=gap)


def demands_gpu(config: object) -> bool:
    """Whether a job's configuration leaves no other device."""
    return getattr(getattr(config, "base", config), "device", None) == "cuda"


def check(settings: Settings) -> None:
    """Refuse to serve by a GPU where none can be used, as far as this process knows.

    Raises:
        SettingsError: The settings want one.
    """
    if settings.device == "cuda" and (why := missing_cuda()):
        raise SettingsError(
            f"SWISHDEMO_DEVICE is 'cuda'; it must be auto or cpu on this host: {why}."
        )


def unused(settings: Settings) -> Sentence | None:
    """Why a GPU that may be here is not used; None where it is, or where there is none."""
    gap = missing_cuda()
    if gap is not None and gap.key == NO_CUDA:
        return None
    if settings.device == "cpu":
        return Sentence("time.unavailable.setting", device="cpu")
    return gap


def machine() -> dict[str, Any]:
    """The machine as a run notes it (`swishdemo.host.host`), with what is known of its GPU."""
    gap = missing_cuda()
    noted = gap.as_json() if gap is not None and gap.key != NO_CUDA else None
    return {**host.host(), "gpu": gpu_name(), "gpu_gap": noted}


def gpu_name() -> str | None:
    """The cards that a job may use; None without one, or where it is not known which."""
    if _Known.told is not None:
        return _Known.told.line or None
    return host.gpu_model()
