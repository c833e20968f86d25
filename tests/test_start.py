"""The app as a process: what it serves, under a sub-path too, and how it ends."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest
from browser import free_port
from gradio import networking
from playwright.sync_api import expect
from serving import serving
from visiting import eventually, leave

from swishdemo.settings import Settings
from swishdemo.ui import assets
from swishdemo.ui.assets import address as address_of
from swishdemo.ui.page import launch

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "assets" / "vendor" / "plotly"
PATIENT = httpx.Client(headers={"X-Visitor": "a-visitor-of-the-tests"}, timeout=60)
# What a tab shows when it has all that it asks for at first.
LAST = {
    "explore": "#lab-explore path.js-line >> visible=true",
    "train": "#lab-train [data-part=line] >> text=/./",
    "time": "#lab-time [data-part=bars-empty]",
    "claims": "#lab-claims[data-ready], #lab-claims [data-ready]",
}


def start_long_run(address):
    asked = {"steps": 5000}
    run = PATIENT.post(f"{address}/api/runs", json=asked).json()["id"]

    def begun():
        assert PATIENT.get(f"{address}/api/runs/{run}").json()["step"] > 0

    eventually(begun)
    return run


def modules(address, name, found):
    """All ES modules that ``name`` leads to, and what else they name from where they stand."""
    if name in found:
        return
    answer = PATIENT.get(name)
    found[name] = answer
    for path in re.findall(r'new URL\("(\.[^"]+)", import', answer.text):
        named = str(httpx.URL(name).join(path))
        # Of a folder, that of REST, what everybody may ask.
        asked = f"{named}health" if named.endswith("/") else named
        assert PATIENT.get(asked).status_code == 200, asked
    for path in re.findall(r'(?:from |import |import\()"(\.[^"]+)"', answer.text):
        modules(address, str(httpx.URL(name).join(path)), found)


def test_everything_the_page_loads_comes_from_here_and_may_be_kept(server):
    page = PATIENT.get(f"{server}/")
    assert page.status_code == 200
    assert "<base" not in page.text
    paths = re.findall(r'(?:href|src)="(lab/[^"]+)"', page.text)
    paths.append(address_of("vendor/plotly/plotly-cartesian.min.js"))
    found = {}
    for path in paths:
        if path.endswith(".js") and not path.endswith(".min.js"):
            modules(server, f"{server}/{path}", found)
        else:
            found[path] = PATIENT.get(f"{server}/{path}")
    for part in ("train/tab", "train/sweep", "time/tab", "claims/tab"):
        base = next(path for path in paths if path.endswith("js/explore/tab.js"))
        modules(server, f"{server}/{base.replace('explore/tab', part)}", found)
    for name, answer in found.items():
        assert answer.status_code == 200, name
        assert "immutable" in answer.headers["cache-control"]
    # Every file of ours is reached: none is dead.
    reached = {name.rpartition("/js/")[2] for name in found}
    scripts = ROOT / "assets" / "js"
    assert {path.relative_to(scripts).as_posix() for path in scripts.rglob("*.js")} <= reached
    for name in ("nothing.js", "../../app.py", "%2e%2e/%2e%2e/app.py", "js%00", "js", ""):
        assert PATIENT.get(f"{server}/lab/0/{name}").status_code in (404, 400)


def test_a_file_has_one_name_and_is_held_once():
    often = (1, 2, 3, 50, 1999)
    names = [f"{'js/../' * n}style.css" for n in often]
    names += [f"{'./' * n}style.css" for n in often]
    names += [
        "style.css\0",
        "//style.css",
        "js//core/html.js",
        "js/core//html.js",
        "js/",
        "../assets/style.css",
    ]

    async def status(name):
        sent = []
        scope = {"type": "http", "method": "GET", "path": f"/lab/0/{name}", "headers": []}

        async def send(message):
            sent.append(message)

        await assets.Assets(None)(scope, None, send)
        return sent[0]["status"]

    async def all_of_them():
        assert await status("style.css") == 200
        held = assets._held.cache_info().currsize
        assert {await status(name) for name in names} == {404}
        assert assets._held.cache_info().currsize == held

    # In a thread of its own: Playwright leaves a running loop in the tests' thread.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, all_of_them()).result()


@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
def test_an_asset_is_the_same_in_every_coding(server, coding):
    sheets = [ROOT / "assets" / "css" / f"{name}.css" for name in assets.STYLES]
    assert sorted(sheets) == sorted((ROOT / "assets").rglob("*.css"))
    kept = {
        "style.css": b"\n".join(path.read_bytes() for path in sheets),
        "vendor/plotly/plotly-gl3d.min.js": (
            # Chromium compiles it as a whole, beside the page's own work.
            b"//# allFunctionsCalledOnLoad\n" + (VENDOR / "plotly-gl3d.min.js").read_bytes()
        ),
        "js/explore/tab.js": (ROOT / "assets/js/explore/tab.js").read_bytes(),
        "favicon.svg": (ROOT / "assets/favicon.svg").read_bytes(),
    }
    for name, content in kept.items():
        answer = PATIENT.get(f"{server}/{address_of(name)}", headers={"accept-encoding": coding})
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.content == content


@pytest.mark.parametrize(
    ("width", "query"),
    [
        (1280, ""),
        pytest.param(390, "?__theme=dark&lang=zh", marks=pytest.mark.long),
        pytest.param(1700, "", marks=pytest.mark.long),
    ],
)
def test_the_first_curves_stand_before_gradio_and_plotly_have_come(server, opens, width, query):
    page = opens(viewport={"width": width, "height": 800})
    held, plotly = [], []
    page.route("**/assets/index-*.js", lambda route: held.append(route))
    page.route("**/plotly*", lambda route: plotly.append(route))
    page.goto(f"{server}/{query}", wait_until="commit")
    page.wait_for_selector("#lab-early path.still-line")
    places = """() => [".explore-plot", "[data-part=beta]", "[data-part=picker]", "[data-part=own]"]
        .map((name) => document.querySelector(name).getBoundingClientRect().toJSON())"""
    line = "() => [...document.querySelectorAll('path.still-line')].at(-1).getAttribute('d')"
    before, shape = page.evaluate(places), page.evaluate(line)
    stroke = "(path) => getComputedStyle(path).stroke"
    colour = page.locator("path.still-line").first.evaluate(stroke)
    page.locator("#lab-early [data-part=beta] input[type=range]").fill("3")
    page.wait_for_function(f"(was) => ({line})() !== was", arg=shape)
    page.locator("#lab-early [data-part=beta] input[type=range]").fill("1")
    for route in held:
        route.continue_()
    page.unroute("**/assets/index-*.js")
    page.wait_for_selector("#lab-explore path.still-line", state="attached")
    still = page.locator("path.still-line")
    wide = still.evaluate_all("all => all.map((path) => path.getBoundingClientRect().width)")
    assert len(wide) == 10 and min(wide) > width / 4
    corners = """all => all.map((path) => { const b = path.getBoundingClientRect();
        return [b.left, b.right, b.bottom].map(Math.round); })"""
    swish = page.locator("path.still-line[stroke-width='3.2']").evaluate_all(corners)
    [asked] = plotly
    asked.continue_()
    page.wait_for_selector("#lab-explore path.js-line", state="attached")
    expect(page.locator("#lab-early, path.still-line")).to_have_count(0)
    assert page.evaluate(places) == before  # nothing has jumped
    assert page.locator("#lab-explore path.js-line").first.evaluate(stroke) == colour
    # Plotly draws the same lines in the same place.
    drawn = page.locator("#lab-explore path.js-line[style*='3.2px']").evaluate_all(corners)
    np.testing.assert_allclose(drawn, swish, atol=1.5)  # pixels
    assert plotly == [asked]
    assert page.wrong == []
    leave(page)


FRAMES = """
let asked = 0;
const onFrame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (call) => { asked += 1; return onFrame(call); };
window.asks = async () => {
    const before = asked;
    await new Promise((done) => setTimeout(done, 250));
    return asked - before;
};
"""


def test_a_first_tab_of_ones_own_rests_and_no_other_host_is_asked_for_anything(server, opens):
    page = opens()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": FRAMES})
    page.goto(f"{server}/?tab=train")
    page.wait_for_selector("#lab-start")
    assert page.locator("#lab-early").count() == 0

    def rests():
        """Nothing moves, and no frame is asked for: each would draw and lay out the page anew."""
        assert page.evaluate("asks()") == 0

    eventually(rests)
    session.detach()
    for tab, last in LAST.items():
        page.click(f"button[data-tab-id={tab}] >> visible=true")
        page.wait_for_selector(last)
    assert len(asked) > 50
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []
    leave(page)


STUBS = """
import os, signal, sys, threading, time
stubs = []

def look(event, given):
    if event == "open" and str(given[0]).endswith(".pyi"):
        stubs.append(given[0])

def end():
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        time.sleep(.05)
    os.kill(os.getpid(), signal.SIGTERM)

sys.addaudithook(look)
threading.Thread(target=end).start()
import app
app.main()
print(stubs)
"""


def test_gradio_writes_no_stubs_while_it_is_imported(tmp_path):
    settings = {"GRADIO_SERVER_PORT": str(free_port()), "SWISHDEMO_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", STUBS], cwd=ROOT, env={**os.environ, **settings}, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")


def test_a_machine_that_is_slow_to_answer_itself_serves_and_rests_all_the_same(monkeypatch):
    sleep, slept = asyncio.sleep, []

    async def counted(seconds, *rest):
        slept.append(seconds)
        return await sleep(seconds, *rest)

    def often():
        assert len(slept) > 10

    monkeypatch.setattr(networking, "url_ok", lambda url: False)  # what Gradio gives three seconds
    with gr.Blocks() as demo:
        launch(demo, Settings(server_port=0))
    assert PATIENT.get(f"{demo.local_url}config").status_code == 200
    # An idle server looks for work now and then.
    monkeypatch.setattr(asyncio, "sleep", counted)
    eventually(often)
    demo.close(verbose=False)
    assert min(slept) >= 0.02


@pytest.mark.journey
def test_sigterm_in_mid_run_ends_all_in_order(tmp_path):
    with serving(tmp_path) as (address, process):
        run = start_long_run(address)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with serving(tmp_path) as (address, _):
        job = PATIENT.get(f"{address}/api/runs/{run}").json()
        assert job["state"] == "failed" and "server" in job["reason"]
        reports = PATIENT.get(f"{address}/api/runs/{run}/reports").json()
        assert reports[-1]["step"] > 0


@pytest.mark.journey
def test_a_server_that_was_killed_in_mid_run_closes_it_with_a_reason(tmp_path):
    with serving(tmp_path) as (address, process):
        run = start_long_run(address)
        process.kill()
        process.wait()
    with serving(tmp_path) as (address, _):
        job = PATIENT.get(f"{address}/api/runs/{run}").json()
        assert job["state"] == "failed" and job["reason"]
        again = PATIENT.post(f"{address}/api/runs", json={"steps": 5, "seeds": 1})
        assert again.status_code == 201


class Proxy(BaseHTTPRequestHandler):
    """Serves the app under /sub/path, as a proxy would: the prefix is taken off."""

    target = ""

    def relay(self):
        if not self.path.startswith("/sub/path"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {key: value for key, value in self.headers.items() if key.lower() != "host"}
        headers |= {"accept-encoding": "identity", "host": self.headers["host"]}
        url = self.target + (self.path.removeprefix("/sub/path") or "/")
        # It has no certificate to verify, and reading all that one could have takes long.
        asked = {"content": body, "headers": headers, "timeout": 60, "verify": False}
        with httpx.stream(self.command, url, **asked) as answer:
            self.send_response(answer.status_code)
            for key, value in answer.headers.items():
                if key not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(key, value)
            self.send_header("connection", "close")
            self.end_headers()
            for part in answer.iter_raw():
                self.wfile.write(part)
                self.wfile.flush()

    do_GET = do_POST = relay

    def log_message(self, *_):
        pass


@pytest.mark.journey
def test_it_works_under_a_sub_path(tmp_path, browser):
    with serving(tmp_path, GRADIO_ROOT_PATH="/sub/path") as (address, _):
        handler = type("Handler", (Proxy,), {"target": address})
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        failed = []
        page.on("response", lambda r: r.status >= 400 and failed.append(r.url))
        page.goto(f"http://127.0.0.1:{proxy.server_address[1]}/sub/path/")
        page.wait_for_selector("#lab-explore path.js-line", state="attached")
        page.click("button[data-tab-id=train] >> visible=true")
        page.fill("#lab-steps input", "10")
        page.click("#lab-start")
        page.wait_for_selector("#lab-train [data-state=finished]", timeout=120_000)
        assert failed == []
        context.close()
        proxy.shutdown()
