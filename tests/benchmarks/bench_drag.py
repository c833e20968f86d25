"""β drag → repaint, beside a bare Gradio slider echo and `gr.Plot` fed by a server event.

Run: ``python tests/benchmarks/bench_drag.py [rounds]`` (Chromium on PATH, or Playwright's own).

Each round drags for 3 s at 60 Hz in each of the three pages, one after the other, in one browser.
A repaint is a painted frame whose content is new; its latency runs from the slider's event to the
end of that frame. Printed are the p50 and p95 of the latencies and the repaints, medians over the
rounds, and the ratios asked for.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import free_port, launch_options
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
SECONDS = 3.0

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

# A page tells which value it shows: our curve is written for the latest event, in the frame that
# paints it; the peers show the value itself. A message posted in a frame arrives after its paint.
DRAG = """
async ({ slider, watched, reading, seconds }) => {
  const input = document.querySelector(slider);
  const node = document.querySelector(watched);
  const read = eval(reading);
  const sent = [];
  const latencies = [];
  const painted = new Set();
  const see = (event) => {
    if (!event || painted.has(event.value)) return;
    painted.add(event.value);
    const channel = new MessageChannel();
    channel.port1.onmessage = () => latencies.push(performance.now() - event.time);
    channel.port2.postMessage(0);
  };
  let running = true;
  let observer = null;
  if (reading === "null") {
    observer = new MutationObserver(() => see(sent[sent.length - 1]));
    observer.observe(node, { attributes: true, attributeFilter: ["d"] });
  } else {
    const look = () => {
      const value = Number(read()).toFixed(4);
      see(sent.find((each) => each.value === value));
      if (running) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const begun = performance.now();
  for (let tick = 0; tick < seconds * 60; tick++) {
    const due = begun + (tick * 1000) / 60;
    while (performance.now() < due)
      await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
    const value = (1 + 4 * Math.sin(tick / 30) + tick * 0.0003).toFixed(4);
    sent.push({ value, time: performance.now() });
    set.call(input, value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const inTime = painted.size;
  await new Promise((done) => setTimeout(done, 2500));
  running = false;
  observer?.disconnect();
  return { latencies, repaints: inTime };
}
"""

PAGES = {
    "ours": ("#lab-beta", "#lab-explore path.js-line[style*='3.2']", "null"),
    "echo": ("#slider input[type=range]", "#shown input", "() => node.value"),
    "plot": (
        "#slider input[type=range]",
        "#shown",
        "() => node.querySelector('.gtitle')?.textContent.replace('value ', '')",
    ),
}


def drag(page: Page, kind: str) -> tuple[float, float, int]:
    slider, watched, reading = PAGES[kind]
    argument = {"slider": slider, "watched": watched, "reading": reading, "seconds": SECONDS}
    result = page.evaluate(DRAG, argument)
    latencies = sorted(result["latencies"])
    if not latencies:
        raise SystemExit(f"{kind}: nothing was repainted")
    p95 = latencies[min(len(latencies) - 1, int(0.95 * len(latencies)))]
    return statistics.median(latencies), p95, result["repaints"]


def wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"nothing serves on port {port}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        peers = Path(folder) / "peers.py"
        peers.write_text(PEERS)
        ports = {kind: free_port() for kind in PAGES}
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
            browser = playwright.chromium.launch(
                **launch_options(playwright.chromium.executable_path)
            )
            names = "relu,gelu,mish,elu,selu,softplus,tanh,sigmoid,hardswish,leaky_relu,gelu_tanh"
            results: dict[str, list[tuple[float, float, int]]] = {kind: [] for kind in PAGES}
            for _ in range(rounds):
                for kind, port in ports.items():
                    page = browser.new_page(viewport={"width": 1280, "height": 800})
                    query = f"?act={names}" if kind == "ours" else ""
                    page.goto(f"http://127.0.0.1:{port}/{query}")
                    page.wait_for_selector(PAGES[kind][1], state="attached")
                    page.wait_for_timeout(2000)
                    results[kind].append(drag(page, kind))
                    page.close()
            browser.close()
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(20)
    summary = {}
    for kind, rows in results.items():
        p50, p95, repaints = (statistics.median(column) for column in zip(*rows, strict=True))
        summary[kind] = {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "repaints": repaints}
        print(f"{kind:5}  p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   {repaints:3.0f} of 180 repaints")
    print(f"p95, ours ÷ slider echo: {summary['ours']['p95_ms'] / summary['echo']['p95_ms']:.2f}")
    print(f"p50, gr.Plot ÷ ours:     {summary['plot']['p50_ms'] / summary['ours']['p50_ms']:.1f}")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
