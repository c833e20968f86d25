"""The whole app as a process of its own, for tests that are its clients."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import httpx
from browser import free_port

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(
    folder: Path,
    *,
    log: IO[bytes] | None = None,
    tree: Path = ROOT,
    program: Sequence[str] = ("app.py",),
    **environment: str,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address and the process of ``tree``'s app, which keeps its data in ``folder``.

    What it prints goes to ``log``, if there is one. SIGTERM ends it at the end, SIGKILL where that
    does not.
    """
    given = {
        **{name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"},
        "GRADIO_SERVER_PORT": str(free_port()),
        "SWISHDEMO_DATA_DIR": str(folder),
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, *program], cwd=tree, env=given, stdout=log, stderr=log
    )
    name = given.get("GRADIO_SERVER_NAME", "127.0.0.1")
    port = given["GRADIO_SERVER_PORT"]
    address = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
    try:
        while True:  # however busy the machine is
            assert process.poll() is None, "the app ended while it was starting"
            with suppress(httpx.TransportError):
                httpx.get(f"{address}/api/health", timeout=60)
                break
            time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
