"""A drag → repaint: β's slider beside a bare Gradio slider echo and `gr.Plot`; and under load.

Run: ``python tests/benchmarks/bench_drag.py [rounds]`` (Chromium on PATH, or Playwright's own).

Each drag sends 60 moves a second for 3 s, each half a frame after a frame's begin: at its edge, two
would fall into one frame and none into the next, whatever the page does. Ours shows 12 activations
in 2 panels, with landmarks, ghosts and readouts. It is dragged at rest; while the Train tab of that
page follows a run of 48 networks; and by the line on the map of f(x, β). A repaint is a painted
frame whose content is new; its latency runs from the move to the end of that frame. Beside the
repaints stands the ideal: the frames before which a move had come, in each of which a page that
takes no time would repaint. All are taken in turn in each round; printed are the medians.

So far the moves are events that a script of the page makes. "input" is ours and "echo input" the
echo, dragged by events that are sent to the browser one by one, as a mouse's come: it holds each
until the next frame begins. Their latency runs from the event's own time stamp.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import free_port, launch_options
from devtools import Chromium, chromium
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
SECONDS = 3.0
REST = 2  # seconds before a drag
RIVALS = "relu,gelu,mish,elu,selu,softplus,tanh,sigmoid,hardswish,leaky_relu,gelu_tanh"

PEERS = """
import sys
import gradio as gr
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

X = np.linspace(-6, 6, 400)


def figure(beta):
    drawn = make_subplots(rows=2, cols=1, shared_xaxes=True)
    for k in range(12):
        b = beta + 0.1 * k
        s = 1 / (1 + np.exp(-b * X))
        drawn.add_trace(go.Scatter(x=X, y=X * s), row=1, col=1)
        drawn.add_trace(go.Scatter(x=X, y=s + b * X * s * (1 - s)), row=2, col=1)
    drawn.update_layout(title=f"value {beta:.4f}", height=560)
    return drawn


with gr.Blocks(analytics_enabled=False) as echo:
    slider = gr.Slider(-10, 10, value=1, step=0.0001, elem_id="slider")
    shown = gr.Number(elem_id="shown")
    slider.input(lambda x: x, slider, shown, show_progress="hidden")
with gr.Blocks(analytics_enabled=False) as plot:
    slider = gr.Slider(-10, 10, value=1, step=0.0001, elem_id="slider")
    shown = gr.Plot(figure(1.0), elem_id="shown")
    slider.input(figure, slider, shown, show_progress="hidden")
{"echo": echo, "plot": plot}[sys.argv[1]].launch(server_port=int(sys.argv[2]), quiet=True)
"""

# Our curve is written for the latest event, in the frame that paints it; the peers show the
# value itself, and the repaint answers the event that had it. A message posted in a frame arrives
# after its paint.
DRAG = """
async ({ dragged, watched, reading, vertical, seconds, real }) => {
  const handle = document.querySelector(dragged);
  const node = document.querySelector(watched);
  const read = eval(reading);
  const sent = [];
  const painted = new Set();
  const latencies = [];
  const see = (event) => {
    if (!event || painted.has(event)) return;
    painted.add(event);
    const channel = new MessageChannel();
    channel.port1.onmessage = () => latencies.push(performance.now() - event.time);
    channel.port2.postMessage(0);
  };
  let watch = null;
  if (!read) {
    watch = new MutationObserver(() => see(sent.at(-1)));
    watch.observe(node, { attributes: true, attributeFilter: ["d"] });
  }
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const box = handle.getBoundingClientRect();
  let running = true;
  const look = () => {
    see(sent.findLast(({ value }) => Number(value) === Number(read())));
    if (running) requestAnimationFrame(look);
  };
  if (read) requestAnimationFrame(look);
  let [ideal, counted] = [0, 0];
  const count = () => {
    if (sent.length > counted) ideal++;
    counted = sent.length;
    if (running) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  const frame = await new Promise(requestAnimationFrame);
  const begun = frame + 6.5 * 1000 / 60;
  if (real) {
    const heard = ({ timeStamp }) => sent.push({ value: handle.value, time: timeStamp });
    handle.addEventListener("input", heard, true);
    const { x, y, width, height } = box;
    window.drag = { begun: performance.timeOrigin + begun, x, y, width, height };
    await new Promise((done) => setTimeout(done, begun - frame + seconds * 1000 + 20));
    handle.removeEventListener("input", heard, true);
    seconds = 0;
  }
  for (let tick = 0; tick < seconds * 60; tick++) {
    const due = begun + (tick * 1000) / 60;
    while (performance.now() < due)
      await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
    const off = Math.sin(tick / 30);
    const value = (1 + 4 * off + tick * 0.0003).toFixed(4);
    sent.push({ value, time: performance.now() });
    if (vertical) {
      const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height * (0.5 + off / 3) };
      const given = { pointerId: 1, bubbles: true, isPrimary: true, buttons: 1, ...at };
      handle.dispatchEvent(new PointerEvent("pointermove", given));
    } else {
      set.call(handle, value);
      handle.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  const [repaints, frames] = [painted.size, ideal];
  await new Promise((done) => setTimeout(done, 2500));
  running = false;
  watch?.disconnect();
  return { latencies, repaints, frames };
}
"""


@dataclass(frozen=True)
class Dragged:
    """What is dragged on a page, and where its repaints are seen."""

    query: str
    handle: str
    watched: str
    reading: str = "null"
    vertical: bool = False


OURS = Dragged(f"?act={RIVALS}", "#lab-beta", "#lab-explore path.js-line[style*='3.2']")
KINDS = {
    "ours": OURS,
    "echo": Dragged("", "#slider input[type=range]", "#shown input", "() => node.value"),
    "plot": Dragged(
        "",
        "#slider input[type=range]",
        "#shown",
        "() => node.querySelector('.gtitle')?.textContent.replace('value ', '')",
    ),
    "training": OURS,
    "surface": Dragged(OURS.query, ".surface-map [role=slider]", OURS.watched, vertical=True),
}


BY_INPUT = {"input": "ours", "echo input": "echo"}
Figures = tuple[float, float, int, int]


def drag_by_input(browser: Chromium, address: str, what: Dragged) -> Figures:
    """As `drag`, by events that the browser is sent one by one."""
    with browser.page(1280, 800) as page:
        browser.send("Page.navigate", page, url=f"{address}{what.query}")
        found = f"document.querySelector({json.dumps(what.watched)})"
        browser.wait(page, f"Boolean({found})")
        time.sleep(REST)
        browser.evaluate(
            page, f"document.querySelector({json.dumps(what.handle)}).scrollIntoView()"
        )
        given = {**asdict(what), "dragged": what.handle, "seconds": SECONDS, "real": True}
        browser.evaluate(page, f"void (window.done = ({DRAG})({json.dumps(given)}))")
        browser.wait(page, "Boolean(window.drag)")
        place = browser.evaluate(page, "window.drag")
        mouse = {"y": place["y"] + place["height"] / 2, "button": "left", "buttons": 1}
        middle = place["x"] + place["width"] / 2
        pressed = {"type": "mousePressed", "x": middle, "clickCount": 1}
        browser.post("Input.dispatchMouseEvent", page, **pressed, **mouse)
        for tick in range(round(SECONDS * 60)):
            time.sleep(max(0, place["begun"] / 1000 + tick / 60 - time.time()))
            # Never twice at one place: a slider that stays where it is has nothing to tell.
            x = middle + (0.4 * math.sin(tick / 30) + 0.0005 * tick) * place["width"]
            browser.post("Input.dispatchMouseEvent", page, type="mouseMoved", x=x, **mouse)
        result = browser.evaluate(page, "window.done")
        released = {"type": "mouseReleased", "x": middle, "clickCount": 1}
        browser.send("Input.dispatchMouseEvent", page, **released, **mouse)
    return figures(result, what.handle)


def figures(result: dict[str, Any], handle: str) -> Figures:
    """p50 and p95 of the latencies in ms, the repaints within the drag, and the ideal page's."""
    latencies = sorted(result["latencies"])
    if not latencies:
        raise SystemExit(f"{handle}: nothing was repainted")
    p95 = latencies[int(0.95 * (len(latencies) - 1))]
    return statistics.median(latencies), p95, result["repaints"], result["frames"]


def drag(page: Page, what: Dragged) -> Figures:
    """The figures of a drag by events that the page makes itself."""
    handle = page.locator(what.handle)
    handle.scroll_into_view_if_needed()
    if what.vertical:
        handle.hover()
        page.mouse.down()
    given = {
        "dragged": what.handle,
        "watched": what.watched,
        "reading": what.reading,
        "vertical": what.vertical,
        "seconds": SECONDS,
    }
    result = page.evaluate(DRAG, given)
    page.mouse.up()
    return figures(result, what.handle)


def opened(page: Page, address: str, kind: str) -> None:
    """The page of a kind, at rest; for one of them a run streams into it."""
    what = KINDS[kind]
    page.goto(f"{address}{what.query}")
    page.wait_for_selector(what.watched, state="attached")
    if kind == "training":
        run = page.evaluate(
            """async () => (await (await fetch("api/runs", { method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ recipe: "beta-convergence", steps: 5000 }) })).json()).id"""
        )
        page.goto(f"{address}{what.query}&run={run}")
        page.wait_for_selector(what.watched, state="attached")
        page.wait_for_function(
            "async (run) => (await (await fetch(`api/runs/${run}`)).json()).step > 50", arg=run
        )
    if kind == "surface":
        # High enough that the map and the curves above it are on the screen together.
        page.set_viewport_size({"width": 1280, "height": 1400})
        page.locator("#lab-explore [data-part=cards]").scroll_into_view_if_needed()
        page.wait_for_selector(what.handle)
    page.wait_for_timeout(1000 * REST)


def wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"nothing serves on port {port}")


def measure(ports: dict[str, int], rounds: int) -> dict[str, list[Figures]]:
    """The figures of each kind, by round."""
    results: dict[str, list[Figures]] = {kind: [] for kind in (*BY_INPUT, *KINDS)}
    with sync_playwright() as playwright, chromium() as plain:
        browser = playwright.chromium.launch(**launch_options(playwright.chromium.executable_path))
        for _ in range(rounds):
            for kind, peer in BY_INPUT.items():
                address = f"http://127.0.0.1:{ports[peer]}/"
                results[kind].append(drag_by_input(plain, address, KINDS[peer]))
            for kind, what in KINDS.items():
                context = browser.new_context(viewport={"width": 1280, "height": 800})
                page = context.new_page()
                port = ports.get(kind, ports["ours"])
                opened(page, f"http://127.0.0.1:{port}/", kind)
                results[kind].append(drag(page, what))
                if kind == "training":
                    states = page.evaluate(
                        """async () => {
                            const runs = await (await fetch("api/runs")).json();
                            for (const { id } of runs)
                                await fetch(`api/runs/${id}`, { method: "DELETE" });
                            return runs.map(({ state }) => state);
                        }"""
                    )
                    assert states == ["running"], f"the run was {states} before the drag was over"
                context.close()
        browser.close()
    return results


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with TemporaryDirectory() as folder:
        peers = Path(folder) / "peers.py"
        peers.write_text(PEERS)
        ports = {kind: free_port() for kind in ("ours", "echo", "plot")}
        environment = {
            **os.environ,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "SWISHDEMO_DATA_DIR": folder,
        }
        ours = {**environment, "GRADIO_SERVER_PORT": str(ports["ours"])}
        servers = [subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=ours)]
        for kind in ("echo", "plot"):
            command = [sys.executable, str(peers), kind, str(ports[kind])]
            servers.append(subprocess.Popen(command, env=environment))
        try:
            for port in ports.values():
                wait(port)
            results = measure(ports, rounds)
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(20)
    summary = {}
    for kind, rows in results.items():
        p50, p95, repaints, ideal = (
            statistics.median(column) for column in zip(*rows, strict=True)
        )
        summary[kind] = {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "repaints": repaints}
        print(
            f"{kind:10}  p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   "
            f"{repaints:3.0f} of 180 repaints (ideal {ideal:.0f})"
        )
    for ours, echo in (("input", "echo input"), ("ours", "echo")):
        ratio = summary[ours]["p95_ms"] / summary[echo]["p95_ms"]
        print(f"p95, {ours} ÷ {echo}: {ratio:.2f}")
    print(f"p50, gr.Plot ÷ ours:     {summary['plot']['p50_ms'] / summary['ours']['p50_ms']:.1f}")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
