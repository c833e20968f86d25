"""Process start → first curve painted, beside a bare Gradio page; and what the page weighs.

Run: ``python tests/benchmarks/bench_first_curve.py [pairs]`` (Chromium on PATH, or Playwright's).

Server and page are started in turn, ours and a page with one slider, each in a browser context
with an empty cache. Printed are the medians of the time up to the bare page's first contentful
paint and up to its slider; and up to our first curve; with their ratios, pair by pair. Then the
bytes that our page loads, as they come over the wire, until Plotly has drawn.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_start import BARE, ROOT
from browser import free_port, launch_options
from playwright.sync_api import Browser, sync_playwright

# From the moment it stands in the page: a message posted in the frame that paints it arrives after.
WATCH = """
(selector) => {
  const seen = () => {
    if (!document.querySelector(selector)) return;
    watch.disconnect();
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => (window.seen = performance.now());
      channel.port2.postMessage(0);
    });
  };
  const watch = new MutationObserver(seen);
  watch.observe(document, { childList: true, subtree: true, attributes: true });
}
"""
CURVE = "path.still-line[d], path.js-line[d]"


def open_page(
    browser: Browser, command: list[str], port: int, folder: str, selector: str
) -> tuple[float, float]:
    """Seconds from the process's start to the first contentful paint, and to ``selector``'s."""
    environment = {
        **os.environ,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_SERVER_PORT": str(port),
        "SWISHDEMO_DATA_DIR": folder,
    }
    address = f"http://127.0.0.1:{port}/"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(f"({WATCH})({selector!r})")
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}config", timeout=20)
                break
            except HTTPError:  # ours has no such route: it answers
                break
            except OSError:
                time.sleep(0.005)
        served = time.perf_counter() - begun
        page.goto(address, wait_until="commit")
        page.wait_for_function("() => window.seen")
        seen = page.evaluate("() => window.seen") / 1000
        painted = page.evaluate(
            "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
        )
        return served + painted / 1000, served + seen
    finally:
        context.close()
        process.terminate()
        process.wait(20)


def weigh(browser: Browser, folder: str) -> dict[str, int]:
    """Bytes over the wire by kind, until Plotly has drawn."""
    port = free_port()
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "SWISHDEMO_DATA_DIR": folder,
    }
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
                break
            except OSError:
                time.sleep(0.05)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        urls: dict[str, str] = {}
        sizes = {"Plotly": 0, "ours": 0, "Gradio": 0}

        def count(event: dict[str, Any]) -> None:
            url = urls.get(str(event["requestId"]), "")
            kind = "Plotly" if "/plotly-" in url else "ours" if "/lab/" in url else "Gradio"
            sizes[kind] += int(event["encodedDataLength"])

        session.on(
            "Network.requestWillBeSent",
            lambda e: urls.update({e["requestId"]: e["request"]["url"]}),
        )
        session.on("Network.loadingFinished", count)
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector("path.js-line", state="attached")
        page.wait_for_timeout(1000)
        context.close()
        return sizes
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        browser = playwright.chromium.launch(**launch_options(playwright.chromium.executable_path))
        rows = []
        for pair in range(pairs + 1):
            port = free_port()
            ours = open_page(browser, [sys.executable, "app.py"], port, folder, CURVE)
            port = free_port()
            command = [sys.executable, str(bare), str(port)]
            peer = open_page(browser, command, port, folder, "input[type=range]")
            if pair:  # the first pair warms the file caches
                rows.append((ours[1], *peer))
        sizes = weigh(browser, folder)
        browser.close()
    curve, painted, slider = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"ours: first curve {curve:.2f} s")
    print(f"bare: first contentful paint {painted:.2f} s, slider {slider:.2f} s")
    for name, at in (("first contentful paint", 1), ("slider", 2)):
        ratio = statistics.median(row[0] / row[at] for row in rows)
        print(f"our first curve ÷ the bare page's {name}, median of pairs: {ratio:.3f}")
    print(", ".join(f"{kind} {size / 1e3:.0f} kB" for kind, size in sizes.items()))


if __name__ == "__main__":
    main()
