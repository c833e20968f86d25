"""The worker process: ``python -m swishdemo.jobs.worker FD``, told what to do over a socket.

It is started anew rather than forked, so that no lock or thread of the web process comes along,
and it serves one job after the other. It dies when the other end of its socket is closed.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from queue import Empty, Queue
from threading import Thread
from typing import Any

from swishdemo import hardware
from swishdemo.errors import UserError, is_lack_of_memory, lack_of_memory
from swishdemo.jobs.job import Attached, Ending, Failed, Finished, Item, Last, Paused, Stopped
from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Attachment, Progress, Tick

Order = tuple[str] | tuple[str, str] | tuple[str, int] | tuple[str, str, bytes, bytes | None]
"""``("prepare", work)``, ``("start", work, pickled config, checkpoint)``, or one of
``("pause", turn) ("resume", turn) ("step", turn) ("stop",)``."""

RETIRE_BYTES = 2**30
"""A worker that holds more than this after a job is not kept: the tuned allocator gives nothing
back by itself."""


_TICK_SECONDS = 0.2
"""Of ticks that follow faster than this the latest news is sent."""


def main(descriptor: int) -> None:
    """Serve orders from the socket ``descriptor`` until its other end is closed."""
    connection: Connection[Any, Any] = Connection(descriptor)
    orders: Queue[Order] = Queue()
    Thread(target=_listen, args=(connection, orders), daemon=True).start()
    while True:
        match orders.get():
            case ("prepare", str(work)):
                _prepare(work)
            case ("start", str(work), bytes(config), checkpoint):
                begin = partial(begun, work, config, checkpoint)
                connection.send(_last(_perform(begin, connection, orders)))
            case _:
                pass  # a wish about a job that has ended meanwhile


def _listen(connection: Connection[Any, Any], orders: Queue[Order]) -> None:
    """Hand orders on; at the parent's death end this process and its children, whatever it does."""
    while True:
        try:
            orders.put(connection.recv())
        except (EOFError, OSError):
            os.killpg(0, signal.SIGKILL)


def _prepare(work: str) -> None:
    try:
        _resolve(work)
    except Exception:
        traceback.print_exc()  # the start that follows tells the visitor


def _last(ending: Ending) -> Last:
    """A job's ending, and what its process is fit for.

    A GPU's failure may show long after its cause. Where it has failed, the next job needs another
    process, and so does the rest of this one.
    """
    if message := hardware.failure():
        details = ending.details if isinstance(ending, Failed) else ""
        return Last(Failed(Sentence("jobs.gpu_failed", message=message), details, died=True), False)
    hardware.give_back()
    return Last(ending, hardware.private_bytes() <= RETIRE_BYTES, hardware.seen())


def _resolve(work: str) -> Callable[..., Iterator[Any]]:
    module, _, function = work.partition(":")
    resolved: Callable[..., Iterator[Any]] = getattr(import_module(module), function)
    return resolved


def begun(work: str, config: bytes, checkpoint: bytes | None) -> Iterator[Any]:
    """The results of a piece of work, from its beginning or from where it was left.

    Args:
        work: As `swishdemo.jobs.job.Runner.start` has it.
        config: What it works on, pickled.
        checkpoint: The same of where it goes on from.
    """
    given = pickle.loads(config)
    resolved = _resolve(work)
    if hardware.demands_gpu(given):
        hardware.refuse_without(given, hardware.tried().gap)
    if checkpoint is None:
        return iter(resolved(given))
    return iter(resolved(given, checkpoint=pickle.loads(checkpoint)))


def _perform(
    begin: Callable[[], Iterator[Any]], connection: Connection[Any, Any], orders: Queue[Order]
) -> Ending:
    """Run one job to its end, or to where it is stopped."""
    try:
        results = begin()
        if _Stream(connection, orders).run(results):
            return Finished()
        close = getattr(results, "close", None)
        if close is not None:
            close()
        return Stopped()
    except BaseException as error:
        return failure(error)


def failure(error: BaseException) -> Failed:
    """What is told of an error in the work, which is being handled."""
    if isinstance(error, UserError):
        return Failed(Sentence(error.key, **error.filled))
    if is_lack_of_memory(error):
        return Failed(lack_of_memory(error), traceback.format_exc())
    reason = Sentence("error.internal", id=uuid.uuid4().hex[:8])
    return Failed(reason, traceback.format_exc())


def sent(result: Any) -> Item | Attached:
    """What is told of a result, or of what can be taken along."""
    if isinstance(result, Attachment):
        return Attached(result.as_json())
    return Item(type(result).__name__, result.as_json())


class _Stream:
    """Sends what a job yields and obeys orders between."""

    def __init__(self, connection: Connection[Any, Any], orders: Queue[Order]) -> None:
        self._connection = connection
        self._orders = orders
        self._resting = self._stepping = False
        self._turn = 0
        self._news: Tick = TICK
        self._sent_at = 0.0

    def run(self, results: Iterator[Any]) -> bool:
        """Whether ``results`` came to its end."""
        for result in results:
            self._send(result)
            while self._resting or not self._orders.empty():
                try:
                    order = self._orders.get(block=self._resting)
                except Empty:
                    break
                if order == ("stop",):
                    return False
                self._obey(order)
        return True

    def _send(self, result: Any) -> None:
        if isinstance(result, Tick):
            self._news = result if isinstance(result, Progress) else self._news
            if time.monotonic() - self._sent_at >= _TICK_SECONDS:
                self._connection.send(self._news)
                self._news = TICK
                self._sent_at = time.monotonic()
            return
        self._connection.send(sent(result))
        if not isinstance(result, Attachment):
            self._news = TICK  # what was reached before is behind it
            self._sent_at = time.monotonic()
            if self._stepping:
                self._rest(self._turn)

    def _obey(self, order: Order) -> None:
        match order:
            case ("pause", int(turn)):
                self._rest(turn)
            case ("resume", int(turn)):
                self._turn, self._resting, self._stepping = turn, False, False
            case ("step", int(turn)):
                self._turn, self._resting, self._stepping = turn, False, True
            case _:
                pass

    def _rest(self, turn: int) -> None:
        self._turn, self._resting, self._stepping = turn, True, False
        self._connection.send(Paused(turn))


if __name__ == "__main__":
    main(int(sys.argv[1]))
