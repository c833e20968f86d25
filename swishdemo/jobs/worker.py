"""The worker process: ``python -m swishdemo.jobs.worker FD``, told what to do over a socket.

It is started anew rather than forked, so that no lock or thread of the web process comes along,
and it serves one job after the other. It dies when the other end of its socket is closed.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from importlib import import_module
from multiprocessing.connection import Connection
from queue import Empty, Queue
from threading import Thread
from typing import Any

from swishdemo.errors import UserError
from swishdemo.jobs.messages import Attached, Ending, Failed, Finished, Item, Paused, Stopped
from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Attachment, Tick

Order = tuple[str] | tuple[str, str] | tuple[str, int] | tuple[str, str, bytes]
"""``("prepare", work)``, ``("start", work, pickled config)``, or one of
``("pause", turn) ("resume", turn) ("step", turn) ("stop",)``."""

_TICK_SECONDS = 0.2
"""Ticks that follow faster than this are not sent: they carry nothing."""


def main(descriptor: int) -> None:
    """Serve orders from the socket ``descriptor`` until its other end is closed."""
    connection: Connection[Any, Any] = Connection(descriptor)
    orders: Queue[Order] = Queue()
    Thread(target=_listen, args=(connection, orders), daemon=True).start()
    while True:
        match orders.get():
            case ("prepare", str(work)):
                _prepare(work)
            case ("start", str(work), bytes(config)):
                connection.send(_perform(work, config, connection, orders))
                gc.collect()
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


def _resolve(work: str) -> Callable[[Any], Iterator[Any]]:
    module, _, function = work.partition(":")
    resolved: Callable[[Any], Iterator[Any]] = getattr(import_module(module), function)
    return resolved


def _perform(
    work: str, config: bytes, connection: Connection[Any, Any], orders: Queue[Order]
) -> Ending:
    """Run one job to its end, or to where it is stopped."""
    try:
        results = iter(_resolve(work)(pickle.loads(config)))
        if _stream(results, connection, orders):
            return Finished()
        close = getattr(results, "close", None)
        if close is not None:
            close()
        return Stopped()
    except UserError as error:
        return Failed(Sentence(error.key, **error.filled))
    except BaseException as error:
        if _is_memory_error(error):
            return Failed(Sentence("jobs.out_of_memory"), traceback.format_exc())
        reason = Sentence("error.internal", id=uuid.uuid4().hex[:8])
        return Failed(reason, traceback.format_exc())


def _stream(results: Iterator[Any], connection: Connection[Any, Any], orders: Queue[Order]) -> bool:
    """Send what ``results`` yields and obey orders between; whether it came to its end."""
    resting = stepping = False
    turn = 0
    sent_at = 0.0
    for result in results:
        if isinstance(result, Tick):
            if time.monotonic() - sent_at >= _TICK_SECONDS:
                connection.send(TICK)
                sent_at = time.monotonic()
        elif isinstance(result, Attachment):
            connection.send(Attached(result.as_json()))
        else:
            connection.send(Item(type(result).__name__, result.as_json()))
            sent_at = time.monotonic()
            if stepping:
                resting, stepping = True, False
                connection.send(Paused(turn))
        while resting or not orders.empty():
            try:
                order = orders.get(block=resting)
            except Empty:
                break
            match order:
                case ("stop",):
                    return False
                case ("pause", int(turn)):
                    resting, stepping = True, False
                    connection.send(Paused(turn))
                case ("resume", int(turn)):
                    resting = stepping = False
                case ("step", int(turn)):
                    resting, stepping = False, True
                case _:
                    pass
    return True


def _is_memory_error(error: BaseException) -> bool:
    # torch tells a lack of memory on the CPU by a plain RuntimeError, and on CUDA by a class of
    # its own, which this module must not import.
    told = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in told)
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
