"""Runs jobs on a Space whose GPU is lent call by call (ZeroGPU), beside the CPU's runner.

A GPU is there only within a call of a function that the package `spaces` has decorated. Such a
call runs in a process that the package forks, whose only way in are its arguments, and the only
way out what it yields. It counts as the time of the visitor whose token came with the event of
Gradio's queue in whose context it is made, and a token soon expires. So a job takes leases of some
seconds, each of which ends at a checkpoint; the page asks for the next one by a new event, and
without a page the job rests. A job that nobody's token began uses the Space's own time, and takes
one lease after the other by itself.
"""

from __future__ import annotations

import logging
import math
import os
import pickle
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import MappingProxyType
from typing import Any

from swishdemo.hardware import Hardware, seen, tell
from swishdemo.jobs.job import (
    HOST,
    TASK,
    Assignment,
    Checkpoint,
    Ending,
    Failed,
    Finished,
    Handle,
    Message,
    Notice,
    Rested,
    Runner,
    RunnerError,
    Stopped,
    Task,
)
from swishdemo.jobs.worker import begun, failure, sent
from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Attachment, Progress, Tick

_LOG = logging.getLogger(__name__)

GPU = "gpu"
"""The place of jobs that take leases of a GPU."""

SLICE_SECONDS = 20.0
"""How long a lease is worked in."""

_SHORTEST_SECONDS = 5.0
_START_SECONDS = 5.0
"""What a lease may take before its work begins: CUDA's context, mostly."""

_LONGEST_SECONDS = 110.0
"""What a visitor without an account may ask for; work that cannot be left is given so much."""

_DOUBT = 1.5
"""So many times as long as is estimated is asked for."""

_TICK_SECONDS = 0.2
_SAFE_SECONDS = 5.0
"""How often, at most, a lease's work is made safe while it goes on."""

_SAFE_SHARE = 20
"""A checkpoint may take this part of the time that it makes safe."""

_SLICE_OVER = Sentence("jobs.gpu.slice")


@dataclass(frozen=True, slots=True)
class Lease:
    """What is worked on in one lease; picklable.

    Attributes:
        work: As `swishdemo.jobs.job.Runner.start` has it.
        config: What it works on, pickled.
        checkpoint: Where it goes on from.
        seconds: After so long it is left, where it can be.
        requested: Seconds that are asked for.
        wishes: A file in which it finds what is wished of it: ``pause``, ``resume``, ``step`` or
            ``stop``.
    """

    work: str
    config: bytes
    checkpoint: bytes | None
    seconds: float
    requested: int
    wishes: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The process that works in a lease, and what it finds there; told first of all.

    Attributes:
        pid: Its number.
        found: What PyTorch finds; None before it has looked.
    """

    pid: int
    found: Hardware | None = None


Told = Begun | Message
Lend = Callable[[Lease], Iterator[Told]]


def requested(lease: Lease) -> int:
    """The seconds that the package asks for."""
    return lease.requested


def work_in(lease: Lease) -> Iterator[Told]:
    """Work in a lease, in the process that has the GPU; an error is told and never raised.

    The package tells of an error nothing but the name of its class.
    """
    yield Begun(os.getpid())
    try:
        lessee = _Lessee(lease)
        yield Begun(os.getpid(), seen())
        yield from lessee.messages()
    except BaseException as error:
        if isinstance(error, GeneratorExit):
            raise
        yield failure(error)


class _Lessee:
    """The work of one lease, and what it tells."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._until = math.inf
        self._results = begun(lease.work, lease.config, lease.checkpoint)
        self._items = 0
        self._told_at = self._safe_at = time.monotonic()
        self._wish, self._looked_at = "", 0.0
        self._saving = 0.0
        self._stepping_from: int | None = None

    def messages(self) -> Iterator[Message]:
        for result in self._results:
            if math.isinf(self._until):  # what it needed to begin is not counted
                self._until = time.monotonic() + self._lease.seconds
            yield from self._message(result)
            wish = self._wished()
            if wish == "stop":
                self._close()
                yield Stopped()
                return
            if wish == "step" and self._stepping_from is None:
                self._stepping_from = self._items
            stepped = self._stepping_from is not None and self._items > self._stepping_from
            over = time.monotonic() > self._until
            leaves = over or stepped or wish == "pause"
            if not leaves and time.monotonic() - self._safe_at < self._safe_seconds():
                continue
            if (checkpoint := self._checkpoint()) is None:
                continue
            yield checkpoint
            if leaves:
                self._close()
                asked = stepped or wish == "pause"
                yield Rested(None if asked else _SLICE_OVER)
                return
        yield Finished()

    def _message(self, result: Any) -> Iterator[Message]:
        if isinstance(result, Tick):
            if time.monotonic() - self._told_at < _TICK_SECONDS:
                return
            yield result if isinstance(result, Progress) else TICK
        else:
            self._items += not isinstance(result, Attachment)
            yield sent(result)
        self._told_at = time.monotonic()

    def _wished(self) -> str:
        now = time.monotonic()
        if now - self._looked_at > _TICK_SECONDS / 2:
            self._looked_at = now
            with suppress(OSError):
                self._wish = Path(self._lease.wishes).read_text("ascii")
        return self._wish

    def _checkpoint(self) -> Checkpoint | None:
        take = getattr(self._results, "checkpoint", None)
        began = time.monotonic()
        state = take() if take is not None else None
        if state is None:
            return None
        pickled = pickle.dumps(state)
        self._safe_at = time.monotonic()
        self._saving = self._safe_at - began
        return Checkpoint(self._items, pickled)

    def _safe_seconds(self) -> float:
        return max(_SAFE_SECONDS, _SAFE_SHARE * self._saving)

    def _close(self) -> None:
        close = getattr(self._results, "close", None)
        if close is not None:
            close()


class ZeroGPURunner(Runner):
    """Runs jobs on a lent GPU, and those for the CPU where all others run them.

    Args:
        lend: `work_in`, decorated by the package.
        host: Where jobs for the CPU run; closed with this one.
        has_token: Whether a visitor's time stands behind what is done in this context.
        at_once: Jobs that may ask for a GPU at a time.
        slice_seconds: How long a lease is worked in; None for `SLICE_SECONDS`.
        grace_seconds: How long a stopped job may take to end before its process is killed.
    """

    name = "zerogpu"

    def __init__(
        self,
        lend: Lend,
        host: Runner,
        has_token: Callable[[], bool],
        *,
        at_once: int = 4,
        slice_seconds: float | None = None,
        grace_seconds: float = 2.0,
    ) -> None:
        super().__init__()
        self.lend = lend
        self.has_token = has_token
        self.slice_seconds = SLICE_SECONDS if slice_seconds is None else slice_seconds
        self.grace_seconds = grace_seconds
        self.folder = Path(tempfile.mkdtemp(prefix="swishdemo-leases-"))
        self.places: Mapping[str, int] = MappingProxyType({**host.places, GPU: at_once})
        self.abreast = host.abreast
        self._host = host

    def assign(self, device: str) -> Assignment:
        """On a GPU where it is asked for, or where a visitor's token is at hand."""
        if device == "cpu":
            return Assignment()
        if self.has_token():
            return Assignment(GPU, "cuda")
        if device == "cuda":
            return Assignment(GPU, "cuda", Sentence("jobs.gpu.own_quota"))
        return Assignment(HOST, "cpu", Sentence("jobs.gpu.no_token"))

    def start(self, work: str, config: object, task: Task = TASK) -> Handle:
        """Start ``work`` in a lease, or where its place is this machine, in a process."""
        if task.place != GPU:
            return self._host.start(work, config, task)
        with self._lock:
            if self._closed:
                raise RunnerError("the runner is closed")
            handle = LeaseHandle(self, work, pickle.dumps(config), task)
            self._handles.add(handle)
        return handle

    def prepare(self, work: str) -> None:
        """Have a process ready for a job on the CPU; a lease cannot be taken beforehand."""
        self._host.prepare(work)

    def close(self) -> None:
        """End all work and every worker."""
        super().close()
        self._host.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class LeaseHandle(Handle):
    """One piece of work in a lease; without a token, in one lease after the other.

    Made in the context of who asked (`swishdemo.jobs.job.Handle`).
    """

    _numbers = count()

    def __init__(self, runner: ZeroGPURunner, work: str, config: bytes, task: Task) -> None:
        super().__init__()
        self.pid: int | None = None
        self._runner = runner
        self._wishes = runner.folder / f"wishes-{next(self._numbers)}"
        self._messages: Queue[Message] = Queue()
        self._items = 0
        self._stopped = False
        self._closed = False
        self._endless = not runner.has_token()
        self._lease = self._with_seconds(
            Lease(work, config, task.checkpoint, 0, 0, str(self._wishes)), task
        )
        context = copy_context()
        self._thread = Thread(target=context.run, args=(self._take_leases,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the work, by force after the grace."""
        if self._closed:
            return
        self._closed = True
        if self._ending is None:
            self.stop()
            self._thread.join(self._runner.grace_seconds)
            if self._thread.is_alive() and self.pid not in (None, os.getpid()):
                assert self.pid is not None
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                self._thread.join(self._runner.grace_seconds)
            self._ending = Stopped()
        if not self._thread.is_alive():  # else a lease that still comes finds the wish there
            self._wishes.unlink(missing_ok=True)
        self._runner.forget(self)

    def _next(self, timeout: float) -> Message | None:
        try:
            return self._messages.get(timeout=max(timeout, 0.001))
        except Empty:
            return None

    def _wish(self, wish: str, *turn: int) -> None:
        if self._stopped:
            return
        self._stopped = wish == "stop"
        with suppress(OSError):  # the folder is gone where the runner is closed
            self._wishes.write_text(wish, "ascii")

    def _with_seconds(self, lease: Lease, task: Task) -> Lease:
        """A lease with the seconds that it needs, as far as they are known."""
        longest = self._runner.slice_seconds if task.divisible else _LONGEST_SECONDS
        left = longest if task.seconds is None else _DOUBT * task.seconds
        seconds = min(longest, max(_SHORTEST_SECONDS, left))
        return replace(lease, seconds=seconds, requested=round(seconds + _START_SECONDS))

    def _take_leases(self) -> None:
        """Work until the work ends, or until another event has to ask for the next lease."""
        while True:
            self._messages.put(Notice(Sentence("jobs.gpu.asked")))
            ending = self._work()
            if self._stopped or not self._endless or ending != Rested(_SLICE_OVER):
                self._messages.put(Stopped() if self._stopped else ending)
                return
            # Without a token none expires, and nobody else asks for the next lease.

    def _work(self) -> Ending:
        """Work in one lease, to its end."""
        before = self._items
        try:
            for told in self._runner.lend(self._lease):
                match told:
                    case Begun(pid, found):
                        self.pid = pid
                        if found is not None:
                            tell(found)
                        self._messages.put(Notice(None))
                    case Finished() | Stopped() | Failed() | Rested():
                        return told
                    case Checkpoint(items, state):
                        self._items = before + items
                        self._lease = replace(self._lease, checkpoint=state)
                        self._messages.put(Checkpoint(self._items, state))
                    case _:
                        self._messages.put(told)
        except Exception as error:
            return Rested(refusal(error))
        return Rested(Sentence("jobs.gpu.lost"))


_REFUSALS = (
    ("Expired ZeroGPU proxy token", "expired"),
    ("No GPU was available", "none_free"),
    ("larger than the maximum allowed", "too_long"),
    ("Space app has reached its GPU limit", "own_quota_gone"),
    ("too many ZeroGPU credits", "pending"),
    ("exceeded your ZeroGPU runs limit", "quota"),
    ("GPU task aborted", "lost"),
    ("Broken pipe", "lost"),  # its process ended just before it was handed the work
    ("handle is closed", "lost"),
    ("cannot be interpreted as an integer", "lost"),  # the same, in the midst of it
    ("Connection closed by visitor", "expired"),
)
_QUOTA = re.compile(
    r"\((\d+)s requested vs\. (-?\d+)s left\)\. Try again in (?:(\d+) days?, )?(\d+):(\d+):"
)


def refusal(error: Exception) -> Sentence:
    """Why there is no GPU, or no longer, in our words; the package says it in English alone."""
    said = str(getattr(error, "message", None) or error)
    found = _QUOTA.search(said)
    if found:
        wanted, left, days, hours, minutes = (int(each or 0) for each in found.groups())
        wait = 60 * (24 * days + hours) + minutes + 1
        return Sentence("jobs.gpu.quota", requested=wanted, left=left, minutes=wait)
    for words, key in _REFUSALS:
        if words in said:
            return Sentence(f"jobs.gpu.{key}")
    _LOG.error("a GPU could not be had", exc_info=error)
    return Sentence("jobs.gpu.failed", message=said[:200])
