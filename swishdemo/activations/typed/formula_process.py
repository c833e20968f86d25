"""Symbolic work on typed formulas, in a process of its own that is ended when it takes too long.

No limit on a formula's size bounds the time of every derivative. So the web process loads no
SymPy for what a visitor types: it asks a small process, which reads one formula after the other.
One that takes longer than the limit costs that process its life, and the next a fresh start.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import socket
import subprocess
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection
from threading import Condition, Lock, Thread
from typing import Any

from swishdemo.activations.record import formula_name
from swishdemo.errors import UserError

_LOG = logging.getLogger(__name__)
_STUDIES = 5
"""A study may take so many times as long as reading a formula."""
_START_SECONDS = 60.0
"""In which a worker must have loaded SymPy; a busy machine is slow."""


class FairLock:
    """A lock with a bounded queue that serves visitors in turn, however much one of them asks for.

    Args:
        waiting: How many may wait in all.
        each: How many of them may be one visitor's.
    """

    def __init__(self, waiting: int = 16, each: int = 4) -> None:
        self._limit = waiting
        self._each = each
        self._changed = Condition()
        # By visitor, in the order in which they come to their next turn.
        self._queues: OrderedDict[str, deque[object]] = OrderedDict()
        self._taken = False

    @contextmanager
    def taken(self, visitor: str = "") -> Iterator[None]:
        """Wait for the visitor's turn, and have it to oneself.

        Raises:
            UserError: Too many wait already (status 429).
        """
        ticket = object()
        with self._changed:
            mine = len(self._queues.get(visitor, ()))
            if mine >= self._each or sum(map(len, self._queues.values())) >= self._limit:
                raise UserError("formula.error_busy", field="formula", status=429, retry_seconds=2)
            self._queues.setdefault(visitor, deque()).append(ticket)
            self._changed.wait_for(lambda: not self._taken and self._next() is ticket)
            queue = self._queues.pop(visitor)
            queue.popleft()
            if queue:
                self._queues[visitor] = queue  # behind all others
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def _next(self) -> object:
        return next(iter(self._queues.values()))[0]


class FormulaProcess:
    """One worker process, started at its first use, and the queue before it.

    Args:
        seconds: How long one formula may take once its turn has come.
        lock: The queue.
    """

    def __init__(self, seconds: float, lock: FairLock | None = None) -> None:
        self.seconds = seconds
        self._lock = lock or FairLock()
        self._worker: _Worker | None = None
        self._starting = Lock()

    def ask(self, work: str, *arguments: Any, visitor: str = "") -> Any:
        """The result of a function of `formula_worker`, computed in the worker.

        Args:
            work: The function's name.
            arguments: What it is given.
            visitor: Who asks; visitors take turns.

        Raises:
            UserError: What the function raises; or it took too long, or the worker was killed
                (422), or too many wait (429).
        """
        with self._lock.taken(visitor):
            return self._perform(pickle.dumps((work, arguments)))

    def warm(self) -> None:
        """Have a worker ready soon; returns at once."""
        worker = self._worker
        if worker is None or not worker.alive():
            Thread(target=self._ready, daemon=True).start()

    def close(self) -> None:
        """End the worker."""
        with self._starting:
            self._drop()

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        worker = self._worker
        return worker.process.pid if worker else None

    def _perform(self, order: bytes) -> Any:
        worker = self._ready()
        try:
            worker.connection.send_bytes(order)
            if not worker.connection.poll(self.seconds):
                self.close()
                self.warm()  # the next does not wait for SymPy
                raise UserError("formula.error_slow", field="formula", seconds=f"{self.seconds:g}")
            result, error = pickle.loads(worker.connection.recv_bytes())
        except (EOFError, OSError):
            self.close()
            raise UserError("formula.error_ended", field="formula") from None
        if error is None:
            return result
        if isinstance(error, UserError):
            raise error
        raise RuntimeError(f"a formula's worker failed:\n{error}")

    def _ready(self) -> _Worker:
        """The worker, once it has loaded what it needs."""
        with self._starting:
            if self._worker is not None and not self._worker.alive():
                self._drop()
            if self._worker is None:
                self._worker = _Worker()
            worker = self._worker
            if not worker.ready():
                self._drop()
                raise RuntimeError("the worker for formulas did not start")
            return worker

    def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()


class _Worker:
    """A process and the socket to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "swishdemo.activations.typed.formula_worker",
                str(theirs.fileno()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env={
                **os.environ,  # handed on whole, not read
                "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
        theirs.close()
        self.connection: Connection[Any, Any] = Connection(ours.detach())
        self._is_ready = False

    def ready(self) -> bool:
        """Wait until it has said so; False where it has ended instead, or says nothing."""
        began = time.monotonic()
        if not self._is_ready:
            with suppress(EOFError, OSError):
                heard = self.connection.poll(_START_SECONDS)
                self._is_ready = heard and self.connection.recv_bytes() == b"ready"
            _LOG.info("a worker for formulas started in %.2f s", time.monotonic() - began)
        return self._is_ready

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.connection.close()


def checked_name(name: str, seconds: float, field: str) -> str:
    """The one name of a typed formula (``"=x*sigmoid(x)"``), worked out to see that it is one.

    Args:
        name: The name as it was given.
        seconds: The time limit, a setting.
        field: Where it was given, for the error.

    Raises:
        UserError: It is no formula, in the formula's own words; or it took too long (422), or too
            many wait (429).
    """
    try:
        found: str = formula_process(seconds).ask("check", formula_name(name)[1:])
    except UserError as error:
        raise UserError(error.key, field=field, status=error.status, **error.values) from None
    return found


@cache
def formula_process(seconds: float, room: str = "reading") -> FormulaProcess:
    """The process-wide formula_process of a time limit; other rooms have a worker of their own.

    Args:
        seconds: The limit, a setting.
        room: What it is for, so that long work of one kind does not keep up the other.
    """
    made = FormulaProcess(seconds)
    atexit.register(made.close)
    return made


def study_process(seconds: float) -> FormulaProcess:
    """Where what takes longer is worked out: many points, all landmarks, narrow types.

    Args:
        seconds: The limit of reading a formula, a setting.
    """
    return formula_process(_STUDIES * seconds, "studies")
