"""Drives Chromium by its own protocol, without Playwright, which changes what is measured.

Playwright listens to the page's console (``Runtime.enable``). While anybody does, V8 keeps the
whole stack of each exception, and reads whole scripts again for the line numbers: with Plotly's,
which catches some as it starts, 0.2 s of a visit on two slow cores.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from browser import ARGUMENTS, NoBrowser


@dataclass
class Chromium:
    """A running browser: commands, and what it tells meanwhile."""

    commands: BinaryIO
    answers: BinaryIO
    heard: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    rest: bytearray = field(default_factory=bytearray)

    def post(self, method: str, session: str = "", **given: Any) -> int:
        """Send a command, and wait for nothing."""
        self.asked += 1
        named = {"sessionId": session} if session else {}
        command = {"id": self.asked, "method": method, "params": given, **named}
        self.commands.write(json.dumps(command).encode() + b"\0")
        self.commands.flush()
        return self.asked

    def send(self, method: str, session: str = "", **given: Any) -> dict[str, Any]:
        """Send a command, and wait for its result."""
        asked = self.post(method, session, **given)
        return self.until(lambda told: told.get("id") == asked)["result"]

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is wanted; what comes before is ``heard``."""
        while True:
            told = json.loads(self._read())
            self.heard.append(told)
            if "error" in told:
                raise RuntimeError(told["error"])
            if wanted(told):
                return told

    def _read(self) -> bytes:
        while b"\0" not in self.rest:
            read = os.read(self.answers.fileno(), 1 << 20)
            if not read:
                raise EOFError("Chromium has ended")
            self.rest += read
        told, _, rest = self.rest.partition(b"\0")
        self.rest = bytearray(rest)
        return bytes(told)

    def evaluate(self, session: str, code: str) -> Any:
        """The value of a piece of JavaScript, a promise's once it is there."""
        asked = {"expression": code, "awaitPromise": True, "returnByValue": True}
        given = self.send("Runtime.evaluate", session, **asked)
        if "exceptionDetails" in given:
            raise RuntimeError(given["exceptionDetails"])
        return given["result"].get("value")

    def wait(self, session: str, code: str, seconds: float = 60) -> None:
        """Until an expression is true in the page."""
        end = time.monotonic() + seconds
        while not self.evaluate(session, code):
            if time.monotonic() > end:
                raise TimeoutError(code)
            time.sleep(0.05)

    @contextmanager
    def page(self, width: int, height: int, script: str = "") -> Iterator[str]:
        """The session of a new page with an empty cache; a script runs before its own."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        asked = {"url": "about:blank", "browserContextId": context}
        target = self.send("Target.createTarget", **asked)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        phone = {"deviceScaleFactor": 1, "mobile": False}
        self.send(
            "Emulation.setDeviceMetricsOverride", session, width=width, height=height, **phone
        )
        self.send("Page.enable", session)
        self.send("Page.addScriptToEvaluateOnNewDocument", session, source=script)
        self.heard.clear()
        try:
            yield session
        finally:
            self.send("Target.disposeBrowserContext", browserContextId=context)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A browser of its own, ended afterwards."""
    found = shutil.which("chromium")
    if found is None:
        raise NoBrowser("no chromium on PATH")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [found, *ARGUMENTS, "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        # Chromium reads commands from 3 and answers to 4.
        (read, commands), (answers, write) = os.pipe(), os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (read, write)]

        def place() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=place,
            pass_fds=(3, 4),
        )  # fmt: skip
        for end in (read, write, *ends):
            os.close(end)
        try:
            with os.fdopen(commands, "wb") as told, os.fdopen(answers, "rb", 0) as heard:
                yield Chromium(told, heard)
        finally:
            process.terminate()
            process.wait(20)
