"""ES modules of ours in a real browser, without the app: a blank page that may import them."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser import numbers_of

ASSETS = Path(__file__).parents[1] / "assets"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        from swishdemo.ui import assets

        made = assets._MADE.get(self.path.lstrip("/"))
        if self.path != "/blank" and made is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if made else "text/html")
        self.end_headers()
        self.wfile.write(made() if made else b"<!doctype html><title>blank</title>")


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
def modules_page(browsers):
    """One page for all tests of a module: opening another costs more than most of them."""
    page = browsers().new_page()
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
        return numbers_of(
            page,
            f"""async ([names, argument]) => {{
                await (await import("/js/core/language.js")).spoken;
                const all = await Promise.all(names.map((name) => import(`/js/${{name}}`)));
                return ({function})(all, argument);
            }}""",
            [names, argument],
        )

    return call
