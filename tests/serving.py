"""The whole app as a process of its own, or its scripts alone, for tests that are clients."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
from browser import free_port

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address and the process of an app that keeps its data in ``folder``.

    SIGTERM ends it at the end, SIGKILL where that does not.
    """
    port = free_port()
    given = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "SWISHDEMO_DATA_DIR": str(folder),
        **environment,
    }
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=given)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the app ended while it was starting"
            try:
                httpx.get(f"{address}/api/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Scripts(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path != "/blank":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>blank</title>")


@contextmanager
def serving_scripts() -> Iterator[str]:
    """The address of the browser's modules alone, and of an empty page ``/blank``."""
    folder = Path(__file__).parents[1] / "assets" / "js"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Scripts, directory=folder))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
