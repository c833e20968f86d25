"""β drag → repaint while a training run streams into the page, and by a drag on the surface.

Run: ``python tests/benchmarks/bench_drag_busy.py [rounds]`` (Chromium on PATH, or Playwright's).

Each round drags for 3 s at 60 Hz: the slider with the page at rest, the slider while the Train
tab of the same page follows a run of 48 networks, and the line on the map of f(x, β), whose events
come from the browser's own input. Printed are the repaints of Swish's curve, medians over the
rounds; a repaint is a painted frame in which it is new.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_drag import PAGES, ROOT, SECONDS, drag, wait
from browser import free_port, launch_options
from playwright.sync_api import Page, sync_playwright

RIVALS = "relu,gelu,mish,elu,selu,softplus,tanh,sigmoid,hardswish,leaky_relu,gelu_tanh"
CURVE = PAGES["ours"][1]
STATE = "async (run) => (await (await fetch(`api/runs/${run}`)).json()).state"
COUNT = """
(curve) => {
  window.repaints = 0;
  let asked = false;
  new MutationObserver(() => {
    if (asked) return;
    asked = true;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.repaints += 1; asked = false; };
    channel.port2.postMessage(0);
  }).observe(document.querySelector(curve), { attributes: true, attributeFilter: ["d"] });
}
"""


def at_rest(page: Page, address: str) -> int:
    """Repaints by the slider."""
    open_explore(page, f"{address}?act={RIVALS}")
    return drag(page, "ours")[2]


def while_training(page: Page, address: str) -> int:
    """Repaints by the slider while a run streams into the Train tab."""
    open_explore(page, f"{address}?act={RIVALS}")
    run = page.evaluate(
        """async () => (await (await fetch("api/runs", { method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ recipe: "beta-convergence", steps: 5000 }) })).json()).id"""
    )
    open_explore(page, f"{address}?act={RIVALS}&run={run}")
    page.wait_for_function(
        """async (run) => (await (await fetch(`api/runs/${run}`)).json()).step > 50""", arg=run
    )
    repaints = drag(page, "ours")[2]
    state = page.evaluate(STATE, run)
    assert state == "running", f"the run was {state} before the drag was over"
    page.evaluate("(run) => fetch(`api/runs/${run}`, { method: 'DELETE' })", run)
    return repaints


def on_the_surface(page: Page, address: str) -> int:
    """Repaints by the line on the map."""
    open_explore(page, f"{address}?act={RIVALS}")
    area = page.locator(".surface-map [role=slider]")
    page.evaluate("document.querySelector('.surface-map').scrollIntoView({ block: 'end' })")
    area.wait_for()
    page.wait_for_timeout(1000)
    box = area.bounding_box()
    assert box is not None
    page.evaluate(COUNT, CURVE)
    x, middle, reach = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["height"] / 3
    page.mouse.move(x, middle)
    page.mouse.down()
    begun = time.perf_counter()
    for tick in range(int(SECONDS * 60)):
        time.sleep(max(0.0, begun + tick / 60 - time.perf_counter()))
        page.mouse.move(x, middle + reach * math.sin(tick / 30))
        if time.perf_counter() - begun > SECONDS:
            break
    repaints = int(page.evaluate("window.repaints"))
    page.mouse.up()
    return repaints


def open_explore(page: Page, address: str) -> None:
    """The page, with its curves drawn and at rest."""
    page.goto(address)
    page.wait_for_selector(CURVE, state="attached")
    page.wait_for_timeout(2000)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kinds = {
        "at rest": at_rest,
        "while training": while_training,
        "on the surface": on_the_surface,
    }
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        environment = {
            **os.environ,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_SERVER_PORT": str(port),
            "SWISHDEMO_DATA_DIR": folder,
        }
        server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
        try:
            wait(port)
            browser = playwright.chromium.launch(
                **launch_options(playwright.chromium.executable_path)
            )
            found: dict[str, list[int]] = {kind: [] for kind in kinds}
            for _ in range(rounds):
                for kind, measured in kinds.items():
                    context = browser.new_context(viewport={"width": 1280, "height": 800})
                    found[kind].append(measured(context.new_page(), f"http://127.0.0.1:{port}/"))
                    context.close()
            browser.close()
        finally:
            server.terminate()
            server.wait(20)
    for kind, counts in found.items():
        print(
            f"{kind:15} {statistics.median(counts):4.0f} of {SECONDS * 60:.0f} repaints  {counts}"
        )


if __name__ == "__main__":
    main()
