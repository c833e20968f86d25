"""Milliseconds of each first answer of facts after a start, alone and with every core kept busy.

Run: ``python tests/benchmarks/bench_facts.py [starts]``. Each is asked once, one after the other,
of a server that has just come up: the lists of REST, its documentation, the page, and what the
page's tabs ask first. The median over the starts and the slowest are printed, and the server's
processor time, which other work on the machine does not stretch.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
from serving import serving

LISTS = (
    *("/api/activations", "/api/claims", "/api/recipes", "/api/datasets", "/api/variants"),
    *("/openapi.json", "/docs", "/api/runs", "/api/timings", "/api/health"),
    *("/api/claims/view", "/api/timings/view", "/api/runs/view", "/"),
)


@contextmanager
def busy(load: bool) -> Iterator[None]:
    """Keep every core busy, where ``load`` says so."""
    count = len(os.sched_getaffinity(0)) if load else 0
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


def processor(pid: int) -> float:
    """Seconds for which the threads of a process have been on a processor."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def answers(address: str, pid: int) -> Iterator[tuple[str, float, float]]:
    """Each answer's name, its seconds, and those of the server's processor time."""
    with httpx.Client(base_url=address, timeout=120) as client:

        def timed(ask: Callable[[], httpx.Response]) -> tuple[httpx.Response, float, float]:
            before, began = processor(pid), time.perf_counter()
            answer = ask()
            took, spent = time.perf_counter() - began, processor(pid) - before
            assert answer.status_code == 200, answer.text[:200]
            return answer, took, spent

        for path in LISTS:
            yield path, *timed(lambda path=path: client.get(path))[1:]


def main() -> None:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for load in (False, True):
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(starts):
            with (
                TemporaryDirectory() as folder,
                serving(Path(folder)) as (address, server),
                busy(load),
            ):
                for name, *took in answers(address, server.pid):
                    found.setdefault(name, []).append((1000 * took[0], 1000 * took[1]))
        print("with every core kept busy" if load else "alone")
        for name, each in found.items():
            wall, spent = zip(*each, strict=True)
            print(
                f"  {name:18} {statistics.median(wall):7.1f} ms, slowest {max(wall):7.1f} ms;"
                f" processor {statistics.median(spent):6.1f} ms"
            )


if __name__ == "__main__":
    main()
