"""A formula typed → its curve painted, beside a bare Gradio textbox that is echoed by the server.

Run: ``python tests/benchmarks/bench_formula.py [formulas]`` (Chromium on PATH, or Playwright's).

Each formula is new to the server: it is parsed, differentiated, printed and drawn. The time runs
from the last key's event to the end of the frame that paints the new curve; for the echo, to the
frame that shows the text. One processor core serves both pages and the browser where ``taskset`` is
there.
"""

from __future__ import annotations

import json
import os
import shutil
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

ECHO = """
import sys
import gradio as gr

with gr.Blocks(analytics_enabled=False) as echo:
    field = gr.Textbox(elem_id="field")
    shown = gr.Textbox(elem_id="shown")
    field.change(lambda text: text, field, shown, show_progress="hidden")
echo.launch(server_port=int(sys.argv[1]), quiet=True)
"""

FORMS = (
    "x*sigmoid({0}*beta*x)",
    "max(x, a*x/{0})",
    "where(x>0, x, {0}*a*(exp(x)-1))",
    "x*tanh(log(1+exp({0}*x)))",
    "x/sqrt(1 + {0}*a*x**2)",
    "x + sin({0}*a*x)**2/a",
    "x*(1 + erf({0}*x/sqrt(2)))/2",
)

# The curve is a path of its own colour: its `d` changes when it is drawn anew. A message posted in
# a frame arrives after its paint.
TYPE = """
async ({ field, text, changed }) => {
  const input = document.querySelector(field);
  const look = eval(`(${changed})`);
  const before = look(text);
  const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value").set;
  const begun = performance.now();
  set.call(input, text);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  for (;;) {
    await new Promise((done) => requestAnimationFrame(done));
    const now = look(text);
    if (now && now !== before) break;
    if (performance.now() - begun > 20000) throw new Error(`never painted: ${text}`);
  }
  await new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  return performance.now() - begun;
}
"""

OURS = """() => [...document.querySelectorAll("#lab-explore .explore-plot path.js-line")]
    .filter((path) => path.style.stroke === "rgb(190, 18, 60)")
    .map((path) => path.getAttribute("d")).join()"""
PEER = """(text) => {
    const shown = document.querySelector("#shown textarea, #shown input");
    return shown.value === text ? text : "";
}"""


def typed(page: Page, field: str, changed: str, texts: list[str]) -> list[float]:
    found = []
    for text in texts:
        found.append(page.evaluate(TYPE, {"field": field, "text": text, "changed": changed}))
        page.wait_for_timeout(400)
    return found


def wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"nothing serves on port {port}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    texts = [FORMS[k % len(FORMS)].format(f"{1 + 0.01 * k:.2f}") for k in range(count)]
    if shutil.which("taskset"):
        subprocess.run(["taskset", "-pc", "0", str(os.getpid())], check=True, capture_output=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        peer = Path(folder) / "peer.py"
        peer.write_text(ECHO)
        ports = {"ours": free_port(), "echo": free_port()}
        environment = {
            **os.environ,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "SWISHDEMO_DATA_DIR": folder,
            "GRADIO_SERVER_PORT": str(ports["ours"]),
        }
        servers = [
            subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment),
            subprocess.Popen([sys.executable, str(peer), str(ports["echo"])], env=environment),
        ]
        try:
            for port in ports.values():
                wait(port)
            browser = playwright.chromium.launch(
                **launch_options(playwright.chromium.executable_path)
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"http://127.0.0.1:{ports['ours']}/?formula=x")
            page.wait_for_selector(".explore-own [data-good]:not(:empty)", timeout=60_000)
            page.wait_for_timeout(1000)
            ours = typed(page, "#lab-own", OURS, texts)
            page.close()
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"http://127.0.0.1:{ports['echo']}/")
            field = "#field textarea, #field input"
            page.wait_for_selector(field)
            page.wait_for_timeout(1000)
            echo = typed(page, field, PEER, texts)
            browser.close()
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(20)
    summary = {}
    for kind, times in (("ours", ours), ("echo", echo)):
        times.sort()
        p50, p95 = statistics.median(times), times[int(0.95 * (len(times) - 1))]
        summary[kind] = {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1)}
        print(f"{kind}  p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   of {len(times)} formulas")
    print(f"p50, ours ÷ textbox echo: {summary['ours']['p50_ms'] / summary['echo']['p50_ms']:.2f}")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
