"""How tests and benchmarks find a browser and a port."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

PLAYED = "try { localStorage.setItem('swish-lab-played', 'yes') } catch {}"
"""A script for a page's beginning: β has moved by itself already, as at a first visit alone."""


class NoBrowser(Exception):
    """There is no Chromium to drive."""


def launch_options(executable: str) -> dict[str, Any]:
    """Arguments of ``chromium.launch``: Playwright's own Chromium if it is there, else PATH's.

    Of PATH's the headless shell comes first: it has no window to draw, which is a tenth of a
    visit's processor time.

    Args:
        executable: Where Playwright would have its own.
    """
    if Path(executable).exists():
        return {"args": ARGUMENTS}
    found = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
    if found is None:
        raise NoBrowser("no Chromium found; install one: playwright install --with-deps chromium")
    return {"args": ARGUMENTS, "executable_path": found}


def is_wrong(said: Any) -> bool:
    """Whether what a page's console says is an error.

    Chromium writes a line for each answer of 4xx; where REST refuses, the page tells the reader.
    """
    refused = "/api/" in said.location["url"] and "status of 4" in said.text
    return said.type == "error" and not refused


EXACT = """(key, value) => typeof value !== "number" ? value ?? null
    : Number.isFinite(value) && !Object.is(value, -0) ? value
    : { number: Object.is(value, -0) ? "-0" : String(value) }"""
"""What of a number JSON would lose, as a word; what is not defined is null."""


def numbers_of(page: Any, function: str, argument: Any = None) -> Any:
    """What a function returns that is called in a page.

    It comes as JSON: thousands of numbers one by one take Playwright a second of the processor.

    Args:
        page: Where it is called.
        function: Its source.
        argument: What it is called with.
    """
    asked = f"async (given) => JSON.stringify(await ({function})(given), {EXACT})"
    return json.loads(page.evaluate(asked, argument), object_hook=_exact)


def _exact(read: dict[str, Any]) -> Any:
    return float(read["number"]) if read.keys() == {"number"} else read


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
