"""A stand-in of the API by which the package `spaces` asks for a GPU, with faults to order."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN_SECONDS = 60


def token(visitor: str = "somebody", age: float = 0.0) -> str:
    """A token as the page's frame gives it out: a JWT, of which the payload alone is read."""
    told = {"user": visitor, "issued": time.time() - age, "once": os.urandom(8).hex()}
    body = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    return f"head.{body}.sign"


@dataclass
class Stand:
    """How the stand-in behaves, and what it was asked.

    Attributes:
        address: Where it is asked.
        refuse: What answers the next schedules: ``quota``, ``none_free``, ``too_long``,
            ``queue`` (a moment in a queue), ``queue_failed``; those that follow are granted.
        quota: Seconds that each visitor has.
        pid: The process that the last lease was allowed to.
        asked: The parameters of each schedule, the token read.
        leases: Tokens of leases under way.
        released: Whether each lease that was given back had failed.
        reports: How often the start was reported.
    """

    address: str = ""
    refuse: list[str] = field(default_factory=list)
    quota: float = 1000.0
    pid: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    leases: set[str] = field(default_factory=set)
    released: list[bool] = field(default_factory=list)
    reports: int = 0
    used: set[str] = field(default_factory=set)

    def cut(self) -> None:
        """Take the last lease away, in the middle of its work; nobody has one of its process."""
        os.kill(self.pid, signal.SIGKILL)
        self.leases.clear()


@contextmanager
def standing() -> Iterator[Stand]:
    """The stand-in, served by threads of this process."""
    stand = Stand()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand))
    server.daemon_threads = True
    stand.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()


def _handler(stand: Stand) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            given = dict(parse_qsl(parts.query))
            getattr(self, parts.path.strip("/").replace("-", "_"))(given)

        def log_message(self, *_: Any) -> None: ...

        def answer(self, status: int, told: Any = None, **headers: str) -> None:
            body = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def startup_report(self, given: dict[str, str]) -> None:
            stand.reports += 1
            self.answer(200)

        def schedule(self, given: dict[str, str]) -> None:
            payload = _payload(given.get("token"))
            stand.asked.append({**given, "payload": payload})
            if payload and not _is_good(stand, payload):
                return self.answer(401)
            how = stand.refuse.pop(0) if stand.refuse else ""
            if how == "none_free":
                return self.answer(503)
            if how == "too_long":
                return self.answer(429, {"left": 100, "wait": -1})
            if how == "quota" or float(given["durationSeconds"]) > stand.quota:
                return self.answer(429, {"left": int(stand.quota), "wait": 3600})
            if how.startswith("queue"):
                return self.queue(how == "queue_failed")
            return self.answer(200, self.lease())

        def lease(self) -> dict[str, Any]:
            allow = os.urandom(8).hex()
            stand.leases.add(allow)
            told = {"idle": True, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0"}
            return {**told, "allowToken": allow}

        def queue(self, failed: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for _ in range(3):
                self.wfile.write(b"event: ping\n\n")
                self.wfile.flush()
                time.sleep(0.3)
            last = "failed" if failed else f"succeeded\ndata: {json.dumps(self.lease())}"
            self.wfile.write(f"event: {last}\n\n".encode())

        def allow(self, given: dict[str, str]) -> None:
            stand.pid = int(given["pid"])
            self.answer(200)

        def release(self, given: dict[str, str]) -> None:
            known = given["allowToken"] in stand.leases
            stand.leases.discard(given["allowToken"])
            stand.released.append(given["fail"] == "true")
            self.answer(200 if known else 404)

    return Handler


def _payload(given: str | None) -> dict[str, Any] | None:
    if given is None:
        return None
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(given.split(".")[1] + "=="))
    return told


def _is_good(stand: Stand, payload: dict[str, Any]) -> bool:
    """Whether a token is young enough, and was not used before."""
    if time.time() - payload["issued"] > TOKEN_SECONDS or payload["once"] in stand.used:
        return False
    stand.used.add(payload["once"])
    return True
