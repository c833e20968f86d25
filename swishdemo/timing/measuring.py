"""Runs a timing: prepares, checks and times each variant, and yields measurements.

A long preparation runs in a thread, so that control comes back meanwhile. Nothing that is *timed*
may run so: in any thread but the first, glibc serves tensors from an arena that cannot grow beyond
64 MB, and larger ones are paid for in page faults again and again, whatever its thresholds say
(eager x·σ(βx) at 2^24 elements: 2.1 times as long).

The memory's limit is the least time for what a pass must move, at the best that was seen here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from swishdemo import host
from swishdemo.errors import is_lack_of_memory, lack_on_gpu
from swishdemo.hardware import failure, look, tried
from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Tick
from swishdemo.timing.host_card import HostCard
from swishdemo.timing.implementations import CheckResult, build, check
from swishdemo.timing.loop import Clock, Plan, Track, rounds, warm_up
from swishdemo.timing.measurement import MOVED, Measurement, ratio
from swishdemo.timing.request import LAYER_WIDTH, TimingRequest
from swishdemo.timing.variants import REGISTRY, Registry, Variant
from swishdemo.timing.workload import Stream, Workload, streams, workload


def limited(m: Measurement, per_tensor: Mapping[str, Sequence[float]]) -> Measurement:
    """The measurement with its limit, and with the limit's interval once it is final.

    The limit is the number of tensors that the pass must move, times what the fastest of the
    streams takes for one. The interval is that of the quotient of the two, over blocks that ran
    side by side: the limit as it is known beside this figure.

    Args:
        m: A timed measurement.
        per_tensor: Streams by name, and the seconds of each of their blocks for one tensor moved;
            empty where there is no limit.
    """
    if not per_tensor or not m.block_seconds:
        return m
    name = min(per_tensor, key=lambda each: float(np.median(per_tensor[each])))
    blocks = [MOVED[m.passes] * seconds for seconds in per_tensor[name]]
    limit = float(np.median(blocks))
    interval = None
    if m.final and (found := ratio(m.block_seconds, blocks)).has_interval:
        interval = (limit * found.value / found.high, limit * found.value / found.low)
    return replace(
        m, copy_limit_seconds=limit, copy_limit_interval_seconds=interval, limit_stream=name
    )


Result = TypeVar("Result")

_POLL_SECONDS = 0.05


def patiently(call: Callable[[], Result]) -> Generator[None, None, Result]:
    """Yield until ``call`` has returned in its thread; return its result, or raise its error.

    Closing the generator waits for the call, so that nothing runs on unseen.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call)
        while not wait([future], timeout=_POLL_SECONDS).done:
            yield
        return future.result()


_TICK_SECONDS = 0.05
_REPORT_SECONDS = 1.0
_SEED = 0

_logger = logging.getLogger(__name__)


def measure(
    request: TimingRequest,
    *,
    plan: Plan | None = None,
    registry: Registry = REGISTRY,
    clock: Clock = time.perf_counter,
) -> Iterator[HostCard | Measurement | Tick]:
    """Check and time the request's variants.

    First comes a host card, and once more at the end, with the load that others made meanwhile.
    Each variant gives a measurement as soon as it is warm, refined ones about once a second, and a
    final one for each size. Control comes back between any two blocks: a tick at least every 0.2 s
    unless one single operation takes longer, for nothing can interrupt that. Closing the generator
    stops it. Call it in the process's first thread (see `swishdemo.timing.measuring`).
    The number of threads is put back in any case.

    Args:
        request: What to time; its limits have been checked.
        plan: When blocks and rounds end; None for the request's budget.
        registry: Where the names of variants are looked up.
        clock: Seconds.
    """
    if request.device == "auto":
        request = request.replace(device="cpu" if tried().gap else "cuda")
    plan = plan or Plan.of(request.budget_seconds)
    threads = torch.get_num_threads()
    torch.set_num_threads(request.threads)
    try:
        last = clock()
        for item in _Session(request, plan, registry, clock).run():
            if item is not None or clock() - last >= _TICK_SECONDS:
                last = clock()
                yield TICK if item is None else item
    finally:
        torch.set_num_threads(threads)


class _Session:
    """One request being measured; its generators yield None wherever control may come back."""

    def __init__(
        self, request: TimingRequest, plan: Plan, registry: Registry, clock: Clock
    ) -> None:
        self._request = request
        self._plan = plan
        self._clock = clock
        self._variants = [registry.get(name) for name in request.variants]
        self._device = torch.device(request.device)
        self._dtype: torch.dtype = getattr(torch, request.dtype)
        self._verdicts: dict[str, CheckResult | Sentence] = {}
        self._built: dict[str, float] = {}

    def run(self) -> Iterator[HostCard | Measurement | None]:
        card = self._host_card()
        yield card
        busy, began, own = host.busy_seconds(), time.monotonic(), time.process_time()
        for elements in self._request.elements:
            yield from self._cell(elements)
        now = host.busy_seconds()
        passed = time.monotonic() - began
        if busy is not None and now is not None and passed > 0:
            others = (now - busy - (time.process_time() - own)) / passed
            load = host.load_average()
            yield replace(card, others_busy_cores=max(0.0, others), load_average=load)

    def _cell(self, elements: int) -> Iterator[Measurement | None]:
        """All variants at one size: each checked and warmed, then interleaved."""
        try:
            source, cotangent = self._tensors(elements)
            moving = self._streams(source, cotangent)
            for stream in moving.values():
                yield from warm_up(stream, self._plan, self._clock)
        except (RuntimeError, MemoryError) as error:  # other sizes may fit
            _end_if_lost(error)
            for variant in self._variants:
                yield replace(self._request.blank(variant, elements), unavailable=_failure(error))
            return
        running: dict[str, tuple[Track, Measurement]] = {}
        for variant in self._variants:
            blank, checked, built = self._request.blank(variant, elements), 0.0, 0.0
            if variant.name not in self._verdicts:
                # The definition is derived at its first use, which takes a while.
                began = self._clock()
                self._verdicts[variant.name] = yield from patiently(partial(self._judge, variant))
                checked = self._clock() - began
                built = self._built.get(variant.name, 0.0)
            verdict = self._verdicts[variant.name]
            if isinstance(verdict, Sentence):
                yield replace(blank, unavailable=verdict)
                continue
            known = replace(blank, max_error=verdict.max_error, gate=verdict.reason)
            if verdict.reason:
                yield known
                continue
            try:
                prepare = partial(self._prepare, variant, source, cotangent)
                began = self._clock()
                calls, saved, peak, first = yield from patiently(prepare)
                known = replace(
                    known,
                    saved_bytes=saved,
                    peak_bytes=peak,
                    preparation_seconds=checked + self._clock() - began,
                    build_seconds=built + first,
                )
                track = Track(calls)
                yield from warm_up(track, self._plan, self._clock)
            except Exception as error:  # of memory or of a kernel; the others go on
                _end_if_lost(error)
                yield replace(blank, unavailable=_failure(error))
                continue
            running[variant.name] = (track, known)
            yield self._figure(track, moving, known, final=False)
        if running:
            yield from self._interleave(running, moving)

    def _interleave(
        self, running: dict[str, tuple[Track, Measurement]], moving: Mapping[str, Track]
    ) -> Iterator[Measurement | None]:
        tracks = [*moving.values(), *(track for track, _ in running.values())]
        reported = self._clock()
        for done in rounds(tracks, self._plan, self._clock):
            yield None
            if done is None or done < 2 or self._clock() - reported < _REPORT_SECONDS:
                continue
            reported = self._clock()
            for track, known in running.values():
                yield self._figure(track, moving, known, final=False)
        for track, known in running.values():
            yield self._figure(track, moving, known, final=True)

    def _streams(self, source: Tensor, cotangent: Tensor) -> dict[str, Track]:
        """The streams by which the memory's limit is known; none where more than that is timed."""
        if self._request.context != "kernel":
            return {}
        found = streams(source, cotangent, self._clock)
        return {name: Track(stream) for name, stream in found.items()}

    def _figure(
        self, track: Track, moving: Mapping[str, Track], known: Measurement, *, final: bool
    ) -> Measurement:
        figure = replace(
            known,
            block_seconds=tuple(track.blocks),
            calls_per_block=track.calls,
            part_seconds=track.subject.part_seconds(track.calls),
            final=final,
        )
        per_tensor = {
            name: [seconds / stream.subject.tensors for seconds in stream.blocks]
            for name, stream in moving.items()
            if isinstance(stream.subject, Stream)
        }
        return limited(figure, per_tensor)

    def _prepare(
        self, variant: Variant, source: Tensor, cotangent: Tensor
    ) -> tuple[Workload, int, int, float]:
        began = self._clock()
        calls = workload(variant, self._request, source, cotangent, self._clock)
        calls.time(1)  # what only the first call needs is no part of the peak
        first = self._clock() - began
        return calls, calls.saved_bytes(), calls.peak_bytes(), first

    def _judge(self, variant: Variant) -> CheckResult | Sentence:
        reason = variant.unavailable_reason(self._request.device, self._request.dtype)
        if reason:
            return reason
        if self._device.type == "cuda" and not torch.cuda.is_available():
            return Sentence("time.unavailable.no_cuda")
        try:
            began = self._clock()
            build(variant, self._device, self._dtype)  # what it compiles is kept for the checks
            self._built[variant.name] = self._clock() - began
            return check(variant, self._device, self._dtype)
        except Exception as error:  # whatever one implementation does, the others go on
            _end_if_lost(error)
            return _failure(error)

    def _tensors(self, elements: int) -> tuple[Tensor, Tensor]:
        """The input and the gradient that arrives: normal, so free of denormals; one row a sample.

        The step's network makes inputs of its own.
        """
        device = self._device
        if device.type == "cuda" and not torch.cuda.is_available():
            device = torch.device("cpu")  # nothing will be timed; each variant says why
        generator = torch.Generator(device).manual_seed(_SEED)
        shape = self._request.shape or (-1,)
        if self._request.context == "layer":
            shape = (-1, LAYER_WIDTH)
        source, cotangent = (
            torch.randn(elements, device=device, generator=generator).to(self._dtype).view(shape)
            for _ in range(2)
        )
        return source.requires_grad_(), cotangent

    def _host_card(self) -> HostCard:
        found = tried() if self._device.type == "cuda" else look(torch, tries=False)
        return HostCard.collect(
            threads=self._request.threads,
            torch_simd=torch.backends.cpu.get_cpu_capability(),
            found=found,
        )


def _end_if_lost(error: Exception) -> None:
    """End the work where this process has lost its GPU: another one measures what is left."""
    if failure() is not None:
        raise error


def _failure(error: Exception) -> Sentence:
    if is_lack_of_memory(error):
        figures = lack_on_gpu(error) or {"asked": "?"}
        if "?" in figures.values():
            return Sentence("time.unavailable.out_of_memory")
        return Sentence("time.unavailable.gpu_out_of_memory", **figures)
    if not isinstance(error, RuntimeError | ImportError):
        _logger.error("an implementation failed", exc_info=error)
    line = str(error).partition("\n")[0][:200]
    return Sentence("time.unavailable.failed", message=line or type(error).__name__)
