"""What a visitor of a Space that lends a GPU waits for: press → first point, lease → next lease.

Run: ``python tests/benchmarks/bench_zerogpu.py [presses]``. The rehearsal of `test_zerogpu`: the
real package `spaces` against a stand-in that answers at once, a pretended GPU, the page in its
frame. Goal: the first point within 5 s of the press.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import launch_options
from playwright.sync_api import Page, sync_playwright
from pretended_cuda import built
from serving import serving
from zerogpu.device_api import standing, token
from zerogpu.front import SHOWN, fronting

GOAL_SECONDS = 5.0
SLICE_SECONDS = 2.0


def press(page: Page) -> float:
    """Seconds from a press of Start to the first point on the page."""
    frame = page.frame_locator("iframe")
    page.goto(f"{SHOWN}?tab=train")
    frame.locator("#lab-start").wait_for()
    frame.locator("#lab-steps input").fill("5000")
    began = time.perf_counter()
    frame.locator("#lab-start").click()
    stats = frame.locator("#lab-train [data-part=stats]")
    while not re.search(r"\d+ / 5000", stats.inner_text()):
        page.wait_for_timeout(20)
    return time.perf_counter() - began


def main(presses: int = 5) -> None:
    """Print the medians."""
    firsts, rounds = [], []
    with TemporaryDirectory() as folder, standing() as stand:
        space = {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": stand.address}
        library = built(Path(folder))
        program = ("tests/zerogpu/space.py", str(library), str(SLICE_SECONDS))
        with (
            serving(Path(folder), program=program, **space) as (address, _),
            fronting(address) as arguments,
            sync_playwright() as playwright,
        ):
            options = launch_options(playwright.chromium.executable_path)
            browser = playwright.chromium.launch(
                **{**options, "args": [*options["args"], *arguments]}
            )
            context = browser.new_context(ignore_https_errors=True)
            context.expose_function("giveToken", token)
            page = context.new_page()
            for _ in range(presses):
                stand.asked.clear()
                firsts.append(press(page))
                while len(stand.asked) < 2:
                    page.wait_for_timeout(20)
                second = time.perf_counter()
                while len(stand.asked) < 4:
                    page.wait_for_timeout(20)
                rounds.append((time.perf_counter() - second) / 2)
                page.frame_locator("iframe").locator("[data-wish=stop]").click()
                while stand.leases:
                    page.wait_for_timeout(20)
    first, rest = firsts[0], statistics.median(firsts[1:] or firsts)
    said = "reached" if max(firsts) <= GOAL_SECONDS else "missed"
    print(f"press → first point: {first:.2f} s the first time, then {rest:.2f} s", end="")
    print(f" (goal {GOAL_SECONDS:g} s: {said})")
    between = statistics.median(rounds) - SLICE_SECONDS
    print(f"between two leases of {SLICE_SECONDS:g} s: {between:.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
