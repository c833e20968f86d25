"""Has a worker find out what PyTorch can compute on, once in a server's life."""

from __future__ import annotations

import logging
import time
from threading import Lock, Thread

from swishdemo import hardware, host
from swishdemo.jobs.job import Failed, Finished, Item, Runner, RunnerError, Stopped

_LOG = logging.getLogger(__name__)

_SECONDS = 60.0
"""PyTorch is imported, and a GPU's driver starts, which takes longest on a machine of many cards"""


class HardwareProbe:
    """Asks by a runner, in the background, and tells this process (`swishdemo.hardware.tell`).

    Args:
        runner: Where jobs run.
        seconds: After which the asking is given up.
    """

    def __init__(self, runner: Runner, seconds: float = _SECONDS) -> None:
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
