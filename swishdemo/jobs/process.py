"""The runner that works in a spawned process, kept warm from one job to the next."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock, Timer

from swishdemo.jobs.child import Worker
from swishdemo.jobs.messages import Ending, Failed, Finished, Message, Stopped
from swishdemo.jobs.runner import NOTHING, RunnerError

_RETIRE_BYTES = 2**30
"""A worker that holds more than this after a job is not kept: the tuned allocator gives nothing
back by itself."""


class ProcessRunner:
    """Runs each job in a worker process; see `swishdemo.jobs.runner.Runner`.

    Args:
        threads: CPU threads that numerical libraries take by default in a worker.
        idle_seconds: How long a worker without a job is kept.
        grace_seconds: How long a stopped job may take to end before its process is killed.
    """

    name = "process"

    def __init__(
        self, threads: int = 1, *, idle_seconds: float = 900.0, grace_seconds: float = 2.0
    ) -> None:
        self._threads = threads
        self._idle_seconds = idle_seconds
        self._grace_seconds = grace_seconds
        self._lock = Lock()
        self._idle: Worker | None = None
        self._timer: Timer | None = None
        self._handles: set[ProcessHandle] = set()
        self._closed = False

    def start(
        self, work: str, config: object, environment: Mapping[str, str] = NOTHING
    ) -> ProcessHandle:
        """Start ``work`` in the warm worker where there is one, else in a new one.

        One with an ``environment`` of its own is always new, and is not kept.
        """
        pickled = pickle.dumps(config)
        worker = self._take(environment)
        try:
            worker.send("start", work, pickled)
        except OSError:  # the warm worker died while it was idle
            worker.kill()
            worker = Worker(self._threads, environment)
            worker.send("start", work, pickled)
        handle = ProcessHandle(self, worker, self._grace_seconds)
        with self._lock:
            self._handles.add(handle)
        return handle

    def prepare(self, work: str) -> None:
        """Start a worker where none is idle, and have it import ``work``."""
        worker = self._take()
        with suppress(OSError):
            worker.send("prepare", work)
        self._keep(worker)

    def close(self) -> None:
        """End every job and worker; a start that follows raises `RunnerError`."""
        with self._lock:
            self._closed = True
            handles = tuple(self._handles)
        for handle in handles:
            handle.stop()
        for handle in handles:
            handle.close()
        self._drop_idle()

    def release(self, handle: ProcessHandle, worker: Worker) -> None:
        """Take ``worker`` back from a handle whose job has ended."""
        with self._lock:
            self._handles.discard(handle)
        self._keep(worker)

    def _take(self, environment: Mapping[str, str] = NOTHING) -> Worker:
        """A worker with this environment: the warm one is of the usual environment alone."""
        with self._lock:
            if self._closed:
                raise RunnerError("the runner is closed")
            if environment:
                return Worker(self._threads, environment)
            worker, self._idle = self._idle, None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if worker is not None and worker.alive():
            return worker
        if worker is not None:
            worker.kill()
        return Worker(self._threads)

    def _keep(self, worker: Worker) -> None:
        keep = worker.alive() and worker.resident_bytes() <= _RETIRE_BYTES
        keep = keep and not worker.environment
        with self._lock:
            keep = keep and not self._closed and self._idle is None
            if keep:
                self._idle = worker
                self._timer = Timer(self._idle_seconds, self._drop_idle)
                self._timer.daemon = True
                self._timer.start()
        if not keep:
            worker.kill()

    def _drop_idle(self) -> None:
        with self._lock:
            worker, self._idle = self._idle, None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if worker is not None:
            worker.kill()


class ProcessHandle:
    """One job in a worker process; see `swishdemo.jobs.runner.Handle`."""

    def __init__(self, runner: ProcessRunner, worker: Worker, grace_seconds: float) -> None:
        self._runner = runner
        self._worker = worker
        self._grace_seconds = grace_seconds
        self.turn = 0
        self._turning = Lock()
        self._receiving = Lock()
        self._closing = Lock()
        self._ending: Ending | None = None
        self._released = False

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._worker.process.pid

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None where none came within ``timeout`` seconds."""
        with self._receiving:
            if self._ending is not None:
                return self._ending
            try:
                message = self._worker.receive(timeout)
            except (EOFError, OSError, pickle.UnpicklingError):
                message = Failed(self._worker.obituary(), died=True)
            if isinstance(message, Finished | Stopped | Failed):
                self._ending = message
            return message

    def pause(self) -> None:
        """Let the work rest at its next item or tick."""
        self._turn_to("pause")

    def resume(self) -> None:
        """Let resting work go on."""
        self._turn_to("resume")

    def step(self) -> None:
        """Let the work go on to its next item, and rest there."""
        self._turn_to("step")

    def stop(self) -> None:
        """Ask the work to end at its next item or tick; does not wait."""
        self._order("stop")

    def close(self) -> None:
        """End the work, by force after the grace, and give the worker back."""
        with self._closing:
            if self._released:
                return
            self._released = True
            if self._ending is None:
                self.stop()
            deadline = time.monotonic() + self._grace_seconds
            while self._ending is None and (left := deadline - time.monotonic()) > 0:
                self.receive(min(left, 0.1))
            if self._ending is None:
                self._worker.kill()
                self._ending = Stopped()
        self._runner.release(self, self._worker)

    def _turn_to(self, order: str) -> None:
        with self._turning:
            self.turn += 1
            self._order(order, self.turn)

    def _order(self, *order: object) -> None:
        with suppress(OSError):  # a dead worker is told of by `receive`
            self._worker.send(*order)
