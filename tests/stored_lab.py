"""A store as a past version left it, opened by the app of today, and all that is asked of it."""

from __future__ import annotations

import lzma
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from api_server import serving

from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.figures.series import Picked
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.ui.lab import Lab

KEPT = Path(__file__).parent / "stored" / "jobs-d66b917.sqlite.xz"
"""What the code at commit d66b917 kept of jobs of every sort, made by its own engines; the server
was killed while one run was under way and a timing waited. No visitor's data are in it."""

OWNER = {"X-Visitor": "visitor-of-the-fixture"}
STRANGER = {"X-Visitor": "another-visitor-there"}
RUN_FORMATS = ("json", "csv", "weights", "code")
TIMING_FORMATS = ("json", "csv", "markdown")


def kept(folder: Path) -> Path:
    """The database as it was kept, in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "jobs.sqlite"
    path.write_bytes(lzma.decompress(KEPT.read_bytes()))
    return path


@dataclass
class Opened:
    """The app on a folder: its REST at a real port, and what its page asks."""

    lab: Lab
    client: httpx.Client
    broken: list[str] = field(default_factory=list)

    def get(self, path: str) -> httpx.Response:
        answer = self.client.get(path)
        if answer.status_code >= 500:
            self.broken.append(f"GET {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.json()

    def shown(self, what: str, **given: Any) -> Any:
        known = {name: value for name, value in given.items() if value is not None}
        answer = self.get(f"/api/{what}?{urlencode(known, doseq=True)}")
        told = answer.json()
        return told if answer.status_code == 200 else {"error": told["detail"]}

    def run(self, language: str = "en", **given: Any) -> Any:
        return self.shown("runs/view", lang=language, **given)

    def compared(self, runs: list[str]) -> Any:
        return self.shown("runs/compare", run=runs)

    def timing(self, id: str | None = None, language: str = "en", **given: Any) -> Any:
        return self.shown("timings/view", timing=id, lang=language, **given)

    def cards(self, language: str = "en") -> dict[str, Any]:
        return {card["id"]: card for card in self.json(f"/api/claims/view?lang={language}")}


@contextmanager
def opened(folder: Path, headers: dict[str, str] = OWNER) -> Iterator[Opened]:
    """The app of today on a folder; no job of it is under way."""
    settings = Settings(data_dir=folder, keep_days=100_000)
    manager = JobManager.open(settings)
    lab = Lab(settings, manager, ClaimEvaluator(manager))
    try:
        with (
            serving(lab) as address,
            httpx.Client(base_url=address, headers=headers, timeout=120) as client,
        ):
            yield Opened(lab, client)
    finally:
        lab.close()


def jobs_in(path: Path) -> list[dict[str, Any]]:
    """Id, kind, state and purpose of every job in a database."""
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute("SELECT * FROM jobs")]
    database.close()
    return found


__all__ = ["OWNER", "STRANGER", "Opened", "Picked", "jobs_in", "kept", "opened"]
