"""Servers on a real port for the tests of the REST interface."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_work
import uvicorn

from swishdemo.api.application import build_api
from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.jobs.kinds import Kind, kinds
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.ui.lab import Lab

ANNA = {"X-Visitor": "anna-anna-anna-anna"}
BERT = {"X-Visitor": "bert-bert-bert-bert"}


def fake_lab(folder: Path, *, busy_seconds: float = 3.0, **values: Any) -> Lab:
    """A lab whose runs are those of `fake_work`, and whose timings are the real ones."""
    settings = Settings(data_dir=folder, **values)
    known: dict[str, Kind] = {**kinds(), "run": fake_work.fake_kinds()["run"]}
    store = Store(folder, busy_seconds=busy_seconds)
    manager = JobManager(settings, store, ProcessRunner(settings), known=known)
    return Lab(settings, manager, ClaimEvaluator(manager))


def idle_lab(folder: Path, **values: Any) -> Lab:
    """A lab that reads requests as the real one does, and whose jobs end at once."""
    settings = Settings(data_dir=folder, **values)
    known = {name: replace(kind, work="fake_work:idle") for name, kind in kinds().items()}
    manager = JobManager(settings, Store(folder), ProcessRunner(settings), known=known)
    return Lab(settings, manager, ClaimEvaluator(manager))


@contextmanager
def serving(lab: Lab) -> Iterator[str]:
    """The interface of ``lab`` at an address of its own."""
    config = uvicorn.Config(build_api(lab), port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        lab.manager.close()
        server.should_exit = True
        thread.join(60)
