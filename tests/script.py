"""ES modules of ours in a real browser, without the app: a blank page that may import them."""

from __future__ import annotations

import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from swishdemo.text import catalogue

ASSETS = Path(__file__).parents[1] / "assets"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        made = {
            "/blank": ("text/html", "<!doctype html><title>blank</title>"),
            "/catalogue.js": (
                "text/javascript",
                f"export const entries = {json.dumps(dict(catalogue()))};",
            ),
        }
        if self.path not in made:
            return super().do_GET()
        kind, text = made[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture(scope="module")
def modules_address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=ASSETS))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def modules_page(browser):
    """One page for all tests of a module: opening another costs more than most of them."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def modules(modules_page, modules_address):
    """Calls a function with the modules named and an argument, in a page that is loaded anew."""
    page = modules_page
    page.goto(f"{modules_address}/blank")

    def call(function, names, argument=None, query=None):
        if query is not None:
            page.goto(f"{modules_address}/blank{query}")
        return page.evaluate(
            f"""async ([names, argument]) => {{
                const all = await Promise.all(names.map((name) => import(`/js/${{name}}`)));
                return ({function})(all, argument);
            }}""",
            [names, argument],
        )

    return call
