"""A drag on the map of f(x, β) → repaints of the curves above, and what its line costs to move.

Run: ``python tests/benchmarks/bench_surface.py [rounds]`` (Chromium on PATH, or Playwright's own).

Each round drags on the map for 3 s at 60 Hz, the pointer sent by the browser's own protocol, with
12 activations in 2 panels; a repaint is a frame with another Swish. The line is then moved 2000
times by ``update("beta")`` on a card of its own.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import launch_options
from playwright.sync_api import Page, sync_playwright
from serving import serving

SECONDS = 3.0
NAMES = "relu,gelu,mish,elu,selu,softplus,tanh,sigmoid,hardswish,leaky_relu,gelu_tanh"

WATCH = """() => {
  const node = document.querySelector("#lab-explore path.js-line[style*='3.2']");
  let last = node.getAttribute("d");
  window.repaints = 0;
  const look = () => {
    const now = node.getAttribute("d");
    if (now !== last) window.repaints++;
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

LINE = """async () => {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const root = loaded.find((name) => name.endsWith("/js/explore.js")).replace("explore.js", "");
  const { surfaceCard } = await import(`${root}surfacecard.js`);
  const { activations } = await import(`${root}activations.js`);
  const values = { beta: 1, of: "f", surface: "map", x: [-6, 6], scale: "linear" };
  const lab = {
    swish: activations.find(({ name }) => name === "swish"),
    scale: { low: -10, high: 10, coarse: 0.5, toBeta: (at) => at, toSlider: (beta) => beta },
    state: { get: (name) => values[name], set() {}, subscribe() {} },
    tune() {},
  };
  const host = document.createElement("div");
  document.querySelector("#lab-explore .lab-pair").append(host);
  const card = surfaceCard(host, lab);
  card.update("shown");
  const begun = performance.now();
  for (let turn = 0; turn < 2000; turn++) {
    values.beta = 5 * Math.sin(turn / 50);
    card.update("beta");
  }
  const each = (performance.now() - begun) / 2000;
  host.remove();
  return each;
}"""


def drag(page: Page) -> int:
    """The repaints of a drag of three seconds."""
    area = page.locator(".surface-area")
    area.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    box = area.bounding_box()
    assert box is not None
    x, middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, middle)
    page.mouse.down()
    page.evaluate(WATCH)
    begun = time.perf_counter()
    for tick in range(int(SECONDS * 60)):
        pause = begun + tick / 60 - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        page.mouse.move(x, middle + 0.4 * box["height"] * math.sin(tick / 20) + 0.01 * tick)
    repaints: int = page.evaluate("repaints")
    page.mouse.up()
    return repaints


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    repaints, costs = [], []
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder)) as (address, _),
        sync_playwright() as playwright,
    ):
        options = launch_options(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(**options)
        for _ in range(rounds):
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            page.goto(f"{address}/?act={NAMES}")
            page.wait_for_selector("#lab-explore path.js-line", state="attached")
            page.locator("#lab-explore [data-part=cards]").scroll_into_view_if_needed()
            repaints.append(drag(page))
            costs.append(page.evaluate(LINE))
            page.close()
        browser.close()
    print(f"repaints in a drag on the map: {statistics.median(repaints):.0f} of 180 {repaints}")
    print(f"moving the line: {1000 * statistics.median(costs):.1f} µs")


if __name__ == "__main__":
    main()
