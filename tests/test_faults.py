"""Real faults of a real server: a full disk, a lock, a killed process, no memory.

Each time the run ends in a named state with its reports kept up to there, the next one starts,
and the interface answers without a 5xx.
"""

from __future__ import annotations

import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_server import ANNA
from visiting import eventually

TESTS = Path(__file__).parent
SERVER = """
import os, resource, signal, sys, time
from pathlib import Path
from api_server import fake_lab, serving
folder = Path(sys.argv[1])
filler = folder / "filler"
{before}
with serving(fake_lab(folder, busy_seconds=0.3)) as url:
    print(url, flush=True)
    time.sleep(600)
"""
FILL = """
signal.signal(signal.SIGUSR1, lambda *_: (filler.unlink(), print("free", flush=True)))
filler.write_bytes(bytes({size}))
"""
LIMIT = """
unlimited = resource.RLIM_INFINITY
signal.signal(signal.SIGUSR1, lambda *_: (resource.setrlimit(
    resource.RLIMIT_FSIZE, (unlimited, unlimited)), print("free", flush=True)))
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, unlimited))
"""
LARGE = {"steps": 200, "mode": "large"}
LONG = {"steps": 10_000, "seconds": 0.02}


class Client(httpx.Client):
    """A client that lets no 5xx pass."""

    def send(self, *given: Any, **named: Any) -> httpx.Response:
        answer = super().send(*given, **named)
        assert answer.status_code < 500, answer.text
        return answer


Served = tuple[Client, subprocess.Popen[str]]


@contextmanager
def served(folder: Path, before: str = "", *within: str) -> Iterator[Served]:
    """A client of a server in a process of its own, and that process."""
    code = SERVER.format(before=before)
    process = subprocess.Popen(
        [*within, sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "the server did not start"
        with Client(base_url=url, headers=ANNA, timeout=60) as client:
            yield client, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def start(client: Client, config: dict[str, Any]) -> str:
    answer = client.post("/api/runs", json=config)
    assert answer.status_code == 201, answer.text
    return f"/api/runs/{answer.json()['id']}"


def until(client: Client, address: str, *states: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def there() -> None:
        found.update(client.get(address).json())
        assert found["state"] in states, found

    eventually(there)
    return found


def check_ended(client: Client, address: str, words: str) -> dict[str, Any]:
    """A run that has failed is told with its reason and with what it has reported."""
    failed = until(client, address, "failed")
    assert words in failed["reason"], failed["reason"]
    reports = client.get(f"{address}/reports").json()
    assert [report["index"] for report in reports] == list(range(failed["reports"]))
    assert failed["id"] in [run["id"] for run in client.get("/api/runs").json()]
    assert "event: state" in client.get(f"{address}/events").text
    return failed


def runs_to_its_end(client: Client) -> None:
    done = until(client, start(client, {"steps": 3}), "finished", "failed", "stopped")
    assert done["state"] == "finished", done["reason"]


def fill_and_free(
    client: Client, process: subprocess.Popen[str], pid: int, words: str
) -> tuple[str, str]:
    """Run into the limit, see that nothing breaks, and go on when there is room again."""
    address = start(client, LARGE)
    failed = check_ended(client, address, words)
    assert 0 < failed["reports"] < 400
    assert client.get("/api/health").json()["status"] == "ok"
    rejected = start(client, LARGE)
    check_ended(client, rejected, words)
    os.kill(pid, signal.SIGUSR1)
    assert process.stdout is not None and process.stdout.readline() == "free\n"
    runs_to_its_end(client)
    again = client.get(address).json()
    for fact in ("state", "reason", "reports", "step"):
        assert again[fact] == failed[fact]
    client.delete(rejected)
    assert client.get(rejected).status_code == 404
    return address, words


def test_a_full_disk(tmp_path: Path) -> None:
    """On a small file system of the server's own; where none may be mounted, this is told."""
    within = ("unshare", "--map-root-user", "--mount", "--kill-child", "bash", "-c")
    mount = f'mount -t tmpfs -o size=2m tmpfs {shlex.quote(str(tmp_path))} && exec "$@"'
    if subprocess.run([*within, mount, "-", "true"], capture_output=True).returncode:
        pytest.skip("this host lets no user mount a file system (unshare --map-root-user)")
    fill = FILL.format(size=1_400_000)
    with served(tmp_path, fill, *within, mount, "-") as (client, process):
        pid = process.pid
        child = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        fill_and_free(client, process, int(child[0]) if child else pid, "the disk is full")


def locked_out(client: Client, folder: Path) -> tuple[str, str]:
    """Run while another process has locked the database, and go on when it no longer does."""
    address = start(client, LONG)
    while client.get(address).json()["reports"] < 3:
        time.sleep(0.1)
    lock = (
        "import sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); input()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", lock, str(folder / "jobs.sqlite")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None and other.stdout.readline() == "locked\n"
    words = "locked by another process"
    check_ended(client, address, words)
    rejected = start(client, LONG)
    check_ended(client, rejected, words)
    other.communicate("\n")
    runs_to_its_end(client)
    return address, words


def test_a_lock_a_limit_on_files_and_a_kill_in_mid_run_are_told_after_a_restart(
    tmp_path: Path,
) -> None:
    """One after the other in one server, as each goes on when its fault is gone."""
    with served(tmp_path, LIMIT.format(size=400_000)) as (client, process):
        kept = [fill_and_free(client, process, process.pid, "the disk cannot be written")]
        kept += [locked_out(client, tmp_path)]
        running, waiting = start(client, LONG), start(client, LONG)
        while client.get(running).json()["reports"] < 5:
            time.sleep(0.1)
        process.kill()
    with served(tmp_path) as (client, _):
        for address, words in kept:
            check_ended(client, address, words)
        failed = check_ended(client, running, "restarted")
        assert failed["host"]["versions"]["torch"]
        assert failed["step"] == failed["reports"] >= 5 and failed["device"] == "cpu"
        assert failed["summary"] == {"reports": failed["reports"], "last": failed["reports"] - 1}
        told = [report["number"] for report in client.get(f"{running}/reports").json()]
        assert failed["sparkline"][0] == told[0] and failed["sparkline"][-1] == told[-1]
        assert check_ended(client, waiting, "restarted")["reports"] == 0
        runs_to_its_end(client)


@pytest.mark.parametrize("moments", [2, pytest.param(8, marks=pytest.mark.long)])
def test_a_server_that_is_killed_while_it_writes_leaves_whole_reports(
    tmp_path: Path, moments: int
) -> None:
    """At several moments: what was told as stored is there, whole and in order."""
    address, seen = "", 0
    for number in range(moments):
        with served(tmp_path) as (client, process):
            if address:
                ended = client.get(address).json()
                assert ended["state"] in ("failed", "finished") and ended["reports"] >= seen
                reports = client.get(f"{address}/reports").json()
                assert [report["index"] for report in reports] == list(range(ended["reports"]))
            address = start(client, LARGE)
            for _ in range(number + 1):
                seen = client.get(address).json()["reports"]
            process.kill()
        database = sqlite3.connect(tmp_path / "jobs.sqlite")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("kill", "SIGKILL"),
        ("segv", "SIGABRT"),
        ("exit", "exit code 3"),
        ("bytes", "more memory"),
        ("torch", "more memory"),
        ("limited", "more memory"),
        ("crash", "Internal error"),
    ],
)
def test_a_worker_that_falls(shared: Client, mode: str, words: str) -> None:
    failed = check_ended(shared, start(shared, {"steps": 5, "mode": mode}), words)
    assert failed["reports"] == 5
    runs_to_its_end(shared)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with served(tmp_path_factory.mktemp("data")) as (client, _):
        yield client
