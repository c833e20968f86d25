"""A first visit of each tab: bytes, requests, the longest tasks, and how far the layout jumps.

Run: ``python tests/benchmarks/bench_visit.py [rounds] [folder …]`` (Chromium on PATH). The folders
are checkouts that are measured in turn with this one, such as one of main.

A task's processor time is what it takes on a quiet machine, whatever runs beside it; its duration
is what a visitor waits. Printed are the medians of the rounds, for each tab at two widths.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import free_port
from devtools import Chromium, chromium

ROOT = Path(__file__).parents[2]
TABS = ("explore", "train", "time", "claims")
WIDTHS = {1280: 800, 390: 844}
REST = 5  # seconds after which a visit has all that it asks for

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { hadRecentInput, value } of list.getEntries())
    if (!hadRecentInput) window.shifts.push(value);
}).observe({ type: "layout-shift", buffered: true });
"""
LINE = (
    "{kB:6.0f} kB in {requests:3.0f} requests, longest task {longest_ms:5.0f} ms "
    "(processor {processor_ms:4.0f} ms), CLS {CLS:.3f}"
)
FRAME = ("toplevel", "devtools.timeline")


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a checkout's server."""
    with TemporaryDirectory() as folder:
        port = free_port()
        own = {"GRADIO_SERVER_PORT": str(port), "SWISHDEMO_DATA_DIR": folder}
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=root, env={**os.environ, **own},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}/"
            while True:
                try:
                    urllib.request.urlopen(address, timeout=20)
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def tasks(events: list[dict[str, Any]]) -> tuple[float, float]:
    """The longest task of the page's main thread: its duration and its processor time, in ms."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    runs = [
        each
        for each in events
        if each["name"].endswith("RunTask") and (each["pid"], each["tid"]) in mains
    ]
    return (
        max(each.get("dur", 0) for each in runs) / 1000,
        max(each.get("tdur", 0) for each in runs) / 1000,
    )


def visit(browser: Chromium, address: str, width: int) -> dict[str, float]:
    """The figures of one visit."""
    with browser.page(width, WIDTHS[width], SHIFTS) as session:
        browser.send("Network.enable", session)
        browser.send("Tracing.start", categories=",".join(FRAME))
        browser.send("Page.navigate", session, url=address)
        time.sleep(REST)
        shifts = browser.evaluate(session, "window.shifts")
        browser.send("Tracing.end")
        browser.until(lambda told: told.get("method") == "Tracing.tracingComplete")
        told = [each for each in browser.heard if "method" in each]
        events = [
            event
            for each in told
            if each["method"] == "Tracing.dataCollected"
            for event in each["params"]["value"]
        ]
        loaded = [each["params"] for each in told if each["method"] == "Network.loadingFinished"]
    longest, processor = tasks(events)
    return {
        "kB": sum(each["encodedDataLength"] for each in loaded) / 1000,
        "requests": len(loaded),
        "longest_ms": longest,
        "processor_ms": processor,
        "CLS": sum(shifts),
    }


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    roots = [ROOT, *map(Path, sys.argv[2:])]
    with ExitStack() as stack:
        addresses = [stack.enter_context(served(root)) for root in roots]
        browser = stack.enter_context(chromium())
        for tab in TABS:
            for width in WIDTHS:
                rows = [
                    [visit(browser, f"{address}?tab={tab}", width) for address in addresses]
                    for _ in range(rounds)
                ]
                for root, row in zip(roots, zip(*rows, strict=True), strict=True):
                    names = row[0].keys()
                    middle = {name: statistics.median(each[name] for each in row) for name in names}
                    print(f"{root.name:10} {tab:8} {width:5}  {LINE.format(**middle)}", flush=True)


if __name__ == "__main__":
    main()
