"""A report made → drawn in a browser, alone and with 20 watchers; what watching costs; start, stop.

Run: ``python tests/benchmarks/bench_stream.py [rounds]`` (Chromium on PATH, or Playwright's own).

A report counts as made when the server's own event stream tells of it, and as drawn when the page
shows its step. The watchers are clients that ask for the reports four times a second. The cost is
the worker's processor time with a page and 20 watchers over that with nobody looking, in turns:
wall time tells how many cores the browser leaves. A start runs from the press of the button, by the
event's own time, to the first painted point on a warm worker; a stop to the painted state. What
Playwright takes to press and to look is not the page's time, and it waits for the page's drawing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
from browser import launch_options
from playwright.sync_api import Page, sync_playwright
from serving import serving

WATCHERS = 20
CONFIG = {"recipe": "beta-convergence"}
PRESSED = """() => {
  window.pressed = window.ended = null;
  const tab = document.querySelector("#lab-train");
  document.addEventListener("click", (event) => {
    window.pressed = performance.timeOrigin + event.timeStamp;
  }, { capture: true, once: true });
  const ends = new MutationObserver(() => {
    if (!tab.querySelector("[data-state=stopped]")) return;
    ends.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.ended = Date.now())));
  });
  ends.observe(tab, { attributes: true, attributeFilter: ["data-state"], subtree: true });
}"""
SEEN = """() => {
  window.seen = {};
  const stat = document.querySelector("#lab-train [data-part=stats]");
  new MutationObserver(() => {
    const step = stat.querySelector("b")?.textContent.split(" ")[0];
    requestAnimationFrame(() => setTimeout(() => (window.seen[step] ??= Date.now())));
  }).observe(stat, { childList: true, subtree: true });
}"""


def made(address: str, run: str, headers: dict[str, str]) -> dict[int, float]:
    """Milliseconds since 1970 at which each step's report was told, to the run's end."""
    found: dict[int, float] = {}
    with httpx.stream(
        "GET", f"{address}/api/runs/{run}/events", headers=headers, timeout=120
    ) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                told = json.loads(line[5:])
                if "loss" in told:
                    found[told["step"]] = 1000 * time.time()
    return found


def spent(server: int) -> float:
    """Processor seconds of the server's worker so far."""
    found = subprocess.run(
        ["pgrep", "-P", str(server), "-f", "swishdemo.jobs.worker"], capture_output=True, text=True
    )
    ticks = 0
    for pid in found.stdout.split():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def watch(page: Page, address: str, server: int, watchers: int) -> tuple[list[float], float]:
    """The delays in ms of a run's reports, and the worker's processor seconds."""
    before_it = spent(server)
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    page.evaluate(SEEN)
    before = page.url
    page.check("#lab-recipes input[value=beta-convergence]", force=True)
    page.wait_for_timeout(1000)
    page.click("#lab-start")
    page.wait_for_function("(before) => location.href !== before", arg=before)
    begun = page.evaluate("new URLSearchParams(location.search).get('run')")
    ended = threading.Event()
    threads = [
        threading.Thread(target=_ask, args=(page.url, address, begun, headers, ended))
        for _ in range(watchers)
    ]
    for thread in threads:
        thread.start()
    told: dict[int, float] = {}
    listener = threading.Thread(target=lambda: told.update(made(address, begun, headers)))
    listener.start()
    page.wait_for_selector("#lab-train [data-state=finished]", timeout=120_000)
    listener.join()
    ended.set()
    for thread in threads:
        thread.join()
    page.wait_for_timeout(500)
    seen = page.evaluate("window.seen")
    delays = [seen[str(step)] - at for step, at in told.items() if str(step) in seen and step]
    return delays, spent(server) - before_it


def _ask(url: str, address: str, run: str, headers: dict[str, str], ended: threading.Event) -> None:
    """What a page asks while it watches a run."""
    after = -1
    with httpx.Client(headers=headers, timeout=60) as client:
        while not ended.is_set():
            answer = client.get(f"{address}/api/runs/{run}/reports", params={"after": after})
            reports = answer.json()
            after = reports[-1]["index"] if reports else after
            time.sleep(0.25)


def alone(address: str, server: int, headers: dict[str, str]) -> float:
    """The worker's processor seconds of the same run that nobody watches."""
    before = spent(server)
    run = httpx.post(f"{address}/api/runs", json=CONFIG, headers=headers).json()["id"]
    while True:
        time.sleep(1)
        job: dict[str, Any] = httpx.get(f"{address}/api/runs/{run}", headers=headers).json()
        if job["state"] == "finished":
            return spent(server) - before


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder)) as (address, process),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**launch_options(playwright.chromium.executable_path))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/?tab=train")
        page.wait_for_selector("#lab-start")
        page.wait_for_timeout(1000)
        headers = {"X-Visitor": "a-visitor-of-the-benchmark"}
        alone(address, process.pid, headers)  # warms the worker
        rows = []
        for _ in range(rounds):
            unwatched = alone(address, process.pid, headers)
            one, seconds = watch(page, address, process.pid, 0)
            many, crowded = watch(page, address, process.pid, WATCHERS)
            rows.append(
                (
                    statistics.median(one),
                    statistics.median(many),
                    seconds / unwatched,
                    crowded / unwatched,
                )
            )
        starts, stops = [], []
        for _ in range(2 * rounds + 1):
            page.evaluate(SEEN)
            page.evaluate(PRESSED)
            page.check("#lab-recipes input[value=beta-convergence]", force=True)
            page.wait_for_timeout(1000)
            page.click("#lab-start")
            page.wait_for_function("() => Object.keys(window.seen).length")
            starts.append(page.evaluate("Math.min(...Object.values(seen)) - pressed"))
            page.evaluate(PRESSED)
            page.click("[data-wish=stop]")
            page.wait_for_function("() => window.ended")
            stops.append(page.evaluate("ended - pressed"))
            page.wait_for_timeout(500)
        browser.close()
    one, many, watched, crowded = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"a report told → drawn, median: {one:.0f} ms; with {WATCHERS} more watchers {many:.0f} ms"
    )
    print(f"the worker's time, watched ÷ not: {watched:.3f}; with {WATCHERS} more {crowded:.3f}")
    print(f"start → first point: {statistics.median(starts):.0f} ms, slowest {max(starts):.0f}")
    print(f"stop → stopped: {statistics.median(stops):.0f} ms, slowest {max(stops):.0f}")


if __name__ == "__main__":
    main()
