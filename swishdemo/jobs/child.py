"""A worker process and the socket to it, as the process sees them that started it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from swishdemo.jobs.messages import Message, Reason
from swishdemo.jobs.runner import NOTHING, RunnerError

_LOG = logging.getLogger(__name__)

# PyTorch's profiler says so at each use; it is no dead worker's last word.
_CHATTER = (b"USDT:", b"ERROR: External init callback must run in same thread")

GLIBC_TUNABLES = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184"
"""With glibc's defaults every large tensor is mapped anew and pays page faults, up to 2.5 times
the time of the arithmetic; figures of a job are taken with this allocator, and say so."""


class Worker:
    """A process and the socket to it.

    Args:
        threads: CPU threads that numerical libraries take by default.
        environment: Variables beside, or in place of, the usual ones.

    Raises:
        RunnerError: It cannot be started.
    """

    def __init__(self, threads: int, environment: Mapping[str, str] = NOTHING) -> None:
        self.environment = environment
        ours, theirs = socket.socketpair()
        count = str(threads)
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
        message: Message = self._connection.recv()
        return message

    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def resident_bytes(self) -> int:
        """Memory that it holds; 0 where that is not told."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1])
        except (OSError, ValueError, IndexError):  # no Linux, or gone
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End it and all its children, and wait until it is gone."""
        if self.alive():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with self._sending, suppress(OSError):
            self._connection.close()

    def obituary(self) -> Reason:
        """Why the process ended, with the last line that it wrote; the log has more."""
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:  # it closed its socket and lives on
            self.kill()
            code = self.process.returncode
        self._reader.join(0.5)
        written = b"".join(self._tail).decode("utf-8", "replace").strip()
        output: dict[str, Any] | str = ""
        if written:
            _LOG.error("worker %d wrote before it ended:\n%s", self.process.pid, written)
            last = written.splitlines()[-1][-200:]
            output = Reason("jobs.worker_output", {"tail": last}).as_json()
        if code >= 0:
            return Reason("jobs.worker_ended", {"code": code, "output": output})
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        key = "jobs.worker_killed_memory" if name == "SIGKILL" else "jobs.worker_killed"
        return Reason(key, {"signal": name, "output": output})

    def _read_output(self) -> None:
        output = self.process.stdout
        if output is None:
            return
        with output:
            for line in output:
                if not line.startswith(_CHATTER):
                    self._tail.append(line[-400:])
