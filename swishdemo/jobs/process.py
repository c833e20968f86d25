"""Runs jobs in a spawned process, kept warm from one job to the next.

A worker process and the socket to it, as the process sees them that started it; and how one is
asked what PyTorch can compute on.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock, Thread, Timer
from types import MappingProxyType
from typing import Any

from swishdemo import hardware, host
from swishdemo.host import usable_cores
from swishdemo.jobs.job import (
    HOST,
    NOTHING,
    TASK,
    Assignment,
    Failed,
    Finished,
    Handle,
    Item,
    Last,
    Message,
    Runner,
    RunnerError,
    Stopped,
    Task,
)
from swishdemo.settings import Settings
from swishdemo.text import Sentence

_LOG = logging.getLogger(__name__)

# PyTorch's profiler says so at each use; it is no dead worker's last word.
_CHATTER = (b"USDT:", b"ERROR: External init callback must run in same thread")

GLIBC_TUNABLES = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184"
"""With glibc's defaults every large tensor is mapped anew and pays page faults, up to 2.5 times
the time of the arithmetic; figures of a job are taken with this allocator, and say so."""


_MOST_ABREAST = 4
"""Each takes half a gigabyte."""


class Worker:
    """A process and the socket to it.

    Args:
        settings: The server's, of which the environment has what libraries take from there.
        environment: Variables beside, or in place of, the usual ones.

    Raises:
        RunnerError: It cannot be started.
    """

    def __init__(self, settings: Settings, environment: Mapping[str, str] = NOTHING) -> None:
        self.environment = environment
        self.fit = True
        ours, theirs = socket.socketpair()
        count = str(min(settings.threads, usable_cores()))
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "swishdemo.jobs.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # so that it can be killed with all its children
                env={
                    **os.environ,  # handed on whole, not read
                    "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
                    "GLIBC_TUNABLES": GLIBC_TUNABLES,
                    "OMP_NUM_THREADS": count,
                    "MKL_NUM_THREADS": count,
                    "OPENBLAS_NUM_THREADS": count,
                    "HF_HUB_CACHE": str(settings.data_dir / "hub"),
                    **({"CUDA_VISIBLE_DEVICES": settings.card} if settings.card else {}),
                    **environment,
                },
            )
        except OSError as error:
            ours.close()
            raise RunnerError(str(error)) from error
        finally:
            theirs.close()
        self._connection: Connection[Any, Any] = Connection(ours.detach())
        self._sending = Lock()
        self._tail: deque[bytes] = deque(maxlen=30)
        self._reader = Thread(target=self._read_output, daemon=True)
        self._reader.start()

    def send(self, *order: object) -> None:
        """Send an order (`swishdemo.jobs.worker.Order`); an OSError where the process is gone."""
        with self._sending:
            self._connection.send(order)

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None where none came within ``timeout`` seconds."""
        if not self._connection.poll(timeout):
            return None
        message: Message | Last = self._connection.recv()
        if not isinstance(message, Last):
            return message
        self.fit = message.fit
        if message.found is not None and hardware.told() is None:
            hardware.tell(message.found)
        return message.ending

    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it and all its children, and wait until it is gone."""
        if self.alive():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with self._sending, suppress(OSError):
            self._connection.close()

    def obituary(self) -> Sentence:
        """Why the process ended, with the last line that it wrote; the log has more."""
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:  # it closed its socket and lives on
            self.kill()
            code = self.process.returncode
        self._reader.join(0.5)
        written = b"".join(self._tail).decode("utf-8", "replace").strip()
        output: Sentence | str = ""
        if written:
            _LOG.error("worker %d wrote before it ended:\n%s", self.process.pid, written)
            last = written.splitlines()[-1][-200:]
            output = Sentence("jobs.worker_output", tail=last)
        if code >= 0:
            return Sentence("jobs.worker_ended", code=code, output=output)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        key = "jobs.worker_killed_memory" if name == "SIGKILL" else "jobs.worker_killed"
        return Sentence(key, signal=name, output=output)

    def _read_output(self) -> None:
        output = self.process.stdout
        if output is None:
            return
        with output:
            for line in output:
                if not line.startswith(_CHATTER):
                    self._tail.append(line[-400:])


class ProcessRunner(Runner):
    """Runs each job in a worker process; see `swishdemo.jobs.job.Runner`.

    Args:
        settings: The server's, which its workers are handed.
        idle_seconds: How long a worker without a job is kept.
        grace_seconds: How long a stopped job may take to end before its process is killed.
    """

    name = "process"
    places: Mapping[str, int] = MappingProxyType({HOST: 1})

    def __init__(
        self, settings: Settings, *, idle_seconds: float = 900.0, grace_seconds: float = 2.0
    ) -> None:
        super().__init__()
        self.abreast = min(_MOST_ABREAST, max(1, usable_cores() // settings.threads))
        self._settings = settings
        self._idle_seconds = idle_seconds
        self._grace_seconds = grace_seconds
        self._idle: list[Worker] = []
        self._timer: Timer | None = None

    def assign(self, device: str) -> Assignment:
        """On this machine, whatever the device."""
        return Assignment()

    def start(self, work: str, config: object, task: Task = TASK) -> ProcessHandle:
        """Start ``work`` in the warm worker where there is one, else in a new one.

        One with an environment of its own is always new, and is not kept.
        """
        order = "start", work, pickle.dumps(config), task.checkpoint
        worker = self._take(task.environment)
        try:
            worker.send(*order)
        except OSError:  # the warm worker died while it was idle
            worker.kill()
            worker = Worker(self._settings, task.environment)
            worker.send(*order)
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
        """End every job and worker."""
        super().close()
        self._drop_idle()

    def release(self, handle: ProcessHandle, worker: Worker) -> None:
        """Take ``worker`` back from a handle whose job has ended."""
        self.forget(handle)
        self._keep(worker)

    def _take(self, environment: Mapping[str, str] = NOTHING) -> Worker:
        """A worker with this environment: warm ones are of the usual environment alone."""
        with self._lock:
            if self._closed:
                raise RunnerError("the runner is closed")
            if environment:
                return Worker(self._settings, environment)
            worker = self._idle.pop() if self._idle else None
        if worker is not None and worker.alive():
            return worker
        if worker is not None:
            worker.kill()
        return Worker(self._settings)

    def _keep(self, worker: Worker) -> None:
        keep = worker.alive() and worker.fit and not worker.environment
        with self._lock:
            keep = keep and not self._closed and len(self._idle) < self.abreast
            if keep:
                self._idle.append(worker)
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = Timer(self._idle_seconds, self._drop_idle)
                self._timer.daemon = True
                self._timer.start()
        if not keep:
            worker.kill()

    def _drop_idle(self) -> None:
        with self._lock:
            workers, self._idle = self._idle, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for worker in workers:
            worker.kill()


class ProcessHandle(Handle):
    """One job in a worker process; see `swishdemo.jobs.job.Handle`."""

    def __init__(self, runner: ProcessRunner, worker: Worker, grace_seconds: float) -> None:
        super().__init__()
        self._runner = runner
        self._worker = worker
        self._grace_seconds = grace_seconds
        self._closing = Lock()
        self._released = False

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._worker.process.pid

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

    def _next(self, timeout: float) -> Message | None:
        try:
            return self._worker.receive(timeout)
        except (EOFError, OSError, pickle.UnpicklingError):
            return Failed(self._worker.obituary(), died=True)

    def _wish(self, wish: str, *turn: int) -> None:
        with suppress(OSError):  # a dead worker is told of by `receive`
            self._worker.send(wish, *turn)


_ASKED_SECONDS = 60.0
"""PyTorch is imported, and a GPU's driver starts, which takes longest on a machine of many cards"""


class HardwareProbe:
    """Asks by a runner, in the background, and tells this process (`swishdemo.hardware.tell`).

    Args:
        runner: Where jobs run.
        seconds: After which the asking is given up.
    """

    def __init__(self, runner: Runner, seconds: float = _ASKED_SECONDS) -> None:
        self._runner = runner
        self._seconds = seconds
        self._lock = Lock()
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Ask, where nobody has; does not wait."""
        with self._lock:
            if self._thread is None and hardware.told() is None:
                self._thread = Thread(target=self._ask, daemon=True)
                self._thread.start()

    def settle(self) -> None:
        """Where the system shows a GPU, wait until it is known whether PyTorch can use it.

        Elsewhere there is nothing to wait for: what the system's files say is enough.
        """
        if hardware.missing_cuda() is None and not host.lends_gpu():
            self.begin()
            if self._thread is not None:
                self._thread.join(self._seconds)

    def _ask(self) -> None:
        try:
            handle = self._runner.start(hardware.PROBE, None)
        except RunnerError:
            _LOG.exception("the hardware could not be asked for")
            return
        deadline = time.monotonic() + self._seconds
        try:
            while time.monotonic() < deadline:
                match handle.receive(0.2):
                    case Item(_, value):
                        hardware.tell(hardware.Hardware.from_json(value))
                    case Failed(reason, details):
                        _LOG.error("the hardware is not known: %s\n%s", reason, details)
                        return
                    case Finished() | Stopped():
                        return
            _LOG.error("the hardware is not known: no answer in %s s", self._seconds)
        finally:
            handle.close()
