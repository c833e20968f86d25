"""Counts the files that a value passes on its way: ``python tests/way_of_data.py [FOLDER]``.

Three walks through the app of a source tree (this one, or FOLDER's), in a real browser: β from the
slider to its pixels, a typed formula to its curve, a run from the form to its report and picture.
A file is on the way if one of its functions is called between the event and the answer: Chromium
counts the calls of scripts, Python those of the server and its workers. To import it is no call,
nor is what a module does while it is imported.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import PLAYED, launch_options
from playwright.sync_api import CDPSession, Page, sync_playwright
from serving import ROOT, serving
from visiting import recipe

_WATCH = """
import atexit, json, os, sys, threading, time

entered = {}

def is_import(frame):
    while frame is not None:
        code = frame.f_code
        if code.co_name == "<module>" and "/swishdemo/" in code.co_filename:
            return frame.f_globals["__name__"] != "__main__"
        frame = frame.f_back
    return False

def called(frame, event, argument):
    if event == "call":
        name = frame.f_code.co_filename
        if "/swishdemo/" in name and not is_import(frame):
            entered[name] = time.monotonic()

def tell():
    path = os.path.join(os.environ["WAY_OF_DATA"], f"{os.getpid()}.json")
    with open(path + ".new", "w") as file:
        json.dump(dict(entered), file)
    os.replace(path + ".new", path)

def telling():
    while True:
        tell()
        time.sleep(0.1)

threading.Thread(target=telling, daemon=True).start()
atexit.register(tell)
threading.setprofile(called)
sys.setprofile(called)
"""
"""Told to each process as its ``sitecustomize``: when each file was last entered."""

PATIENCE = 180_000
"""Milliseconds that an answer may take: what is watched is slow."""


class Watch:
    """What is entered from now on, in the browser and in the app's processes."""

    def __init__(self, browser: CDPSession, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        browser.send("Profiler.enable")
        browser.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})

    def of(self, walk: Callable[[], None]) -> list[str]:
        """The files of a walk, from the root of the tree."""
        time.sleep(3)  # what was before is over
        self._browser.send("Profiler.takePreciseCoverage")
        begin = time.monotonic()
        walk()
        scripts = self._browser.send("Profiler.takePreciseCoverage")["result"]
        time.sleep(0.3)  # until all processes have told theirs
        found = {
            re.sub(r"^.*/lab/\w+/", "assets/", script["url"])
            for script in scripts
            if "/lab/" in script["url"] and "/vendor/" not in script["url"]
            if any(
                part["functionName"] and part["ranges"][0]["count"] for part in script["functions"]
            )
        }
        for path in self._folder.glob("*.json"):
            entered = json.loads(path.read_text())
            found |= {
                f"swishdemo/{name.rpartition('/swishdemo/')[2]}"
                for name, moment in entered.items()
                if moment > begin
            }
        return sorted(found - {"assets/plotly.min.js"})


def beta(page: Page) -> Callable[[], None]:
    """β by the slider's key, to the curve that has moved."""
    line = """() => [...document.querySelectorAll("#lab-explore path.js-line")]
        .map((path) => path.outerHTML).join()"""
    slider = page.locator("#lab-explore [data-part=beta] input[type=range]")

    def walk() -> None:
        before = page.evaluate(line)
        slider.press("ArrowRight")
        page.wait_for_function(f"before => ({line})() !== before", arg=before)

    slider.focus()
    return walk


def formula(page: Page) -> Callable[[], None]:
    """A formula by its field, to its curve."""

    def walk() -> None:
        page.fill("#lab-own", "x*tanh(exp(beta*x))")
        page.wait_for_function(
            """() => document.querySelector("#lab-explore .explore-plot").data
                .some((each) => /tanh/.test(each.name) && each.y.length)""",
            timeout=PATIENCE,
        )

    return walk


def run(page: Page) -> Callable[[], None]:
    """A run by the form's button, to the last report's picture."""
    recipe(page)
    page.locator("#lab-steps input").fill("5")
    page.locator("#lab-steps input").blur()

    def walk() -> None:
        page.click("#lab-start")
        state = page.locator("#lab-train [data-part=line]", has_text="finished")
        state.wait_for(timeout=PATIENCE)
        page.wait_for_function("() => document.querySelector('#lab-train [data-part=beta]').data")

    return walk


WALKS: dict[str, tuple[str, Callable[[Page], Callable[[], None]]]] = {
    "β from the slider to its pixels": ("", beta),
    "a typed formula to its curve": ("", formula),
    "a run from the form to its report and picture": ("?tab=train", run),
}


def main(tree: Path) -> None:
    """Count, and print."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "sitecustomize.py").write_text(_WATCH)
        (told := folder / "told").mkdir()
        environment = {"PYTHONPATH": name, "WAY_OF_DATA": str(told)}
        options: dict[str, Any] = launch_options(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(**options)
        with serving(folder / "data", tree=tree, **environment) as (address, _):
            for title, (query, prepare) in WALKS.items():
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.set_default_timeout(PATIENCE)
                page.add_init_script(PLAYED)  # else β moves by itself meanwhile
                page.goto(f"{address}/{query}")
                page.wait_for_selector("#lab-explore path.js-line, #lab-start >> visible=true")
                page.wait_for_timeout(4000)
                watch = Watch(page.context.new_cdp_session(page), told)
                files = watch.of(prepare(page))
                scripts = sum(each.startswith("assets/") for each in files)
                print(f"{title}: {len(files)} files, {scripts} of them scripts")
                for each in files:
                    print(f"    {each}")
                page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
