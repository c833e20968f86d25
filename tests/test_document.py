"""The page's head on its way out: only the page grows, and only where it is HTML."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from swishdemo.ui.assets import ASSETS, Document

BASE = '<base href="./" />'
PAGE = f"<!doctype html><html><head>\n{BASE}\n<script>first()</script></head><body>β</body></html>"


async def page(request):
    return HTMLResponse(PAGE, headers={"etag": '"one"'})


async def parts(request):
    async def sent():
        for byte in PAGE.encode():
            yield bytes([byte])

    return StreamingResponse(sent(), media_type="text/html; charset=utf-8")


async def data(request):
    return JSONResponse({"html": PAGE})


def finished(work):
    # In a thread of its own: Playwright leaves a running loop in the tests' thread.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def answer(endpoint, path="/", root_path="", method="GET", **headers):
    routes = [Route("/", endpoint, methods=["GET"]), Route("/other", endpoint)]
    app = Document(Starlette(routes=routes))

    async def asked():
        transport = httpx.ASGITransport(app, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
            return await client.request(
                method, path, headers={"accept-encoding": "identity"} | headers
            )

    return finished(asked())


@pytest.mark.parametrize("endpoint", [page, parts], ids=["at once", "byte by byte"])
def test_the_page_is_given_its_head_before_the_first_script(endpoint):
    given = answer(endpoint)
    assert given.status_code == 200
    before, rest = given.text.split("<link", 1)
    assert PAGE.startswith(before)
    assert rest.index('start.js"></script>') < rest.index("first()")
    assert rest.endswith("<script>first()</script></head><body>β</body></html>")
    assert "modulepreload" in rest and "start.js" in rest and "style.css" in rest
    assert "plotly" not in rest  # it is asked for once the first curves stand
    assert BASE not in given.text


def test_every_script_of_the_first_tab_is_asked_for_at_once():
    early = set(re.findall(r'modulepreload" href="lab/\w+/([\w/]+\.js)"', answer(page).text))
    imported = set()
    for name in early - {"catalogue/en.js", "languages.js"}:
        folder = (ASSETS / name).parent
        for other in re.findall(
            r'(?:from|import) "(\..+\.js)"', (ASSETS / name).read_text("utf-8")
        ):
            imported.add((folder / other).resolve().relative_to(ASSETS).as_posix())
    asked_by_name = {f"js/{name}.js" for name in ("core/start", "core/footer", "explore/tab")}
    assert early == imported | asked_by_name | {"catalogue/en.js"}
    assert not any(name.startswith(("js/train/", "js/time/", "js/claims/")) for name in early)


@pytest.mark.parametrize(
    ("path", "liked", "language"),
    [("/", "zh-CN, en;q=0.8", "zh"), ("/", "fr", "en"), ("/?lang=zh", "en", "zh"),
     ("/?lang=fr", "zh", "zh")],
)  # fmt: skip
def test_the_sentences_of_the_readers_language_are_asked_for_at_once(path, liked, language):
    given = answer(page, path, **{"accept-language": liked}).text
    assert re.findall(r"catalogue/(\w+).js", given) == [language]


@pytest.mark.parametrize("endpoint", [page, parts], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
def test_the_page_is_packed_as_the_browser_takes_it(endpoint, coding):
    given = answer(endpoint, **{"accept-encoding": coding})
    assert given.headers.get("content-encoding", "identity") == coding
    assert given.headers["vary"] == "Accept-Encoding"
    length = int(given.headers["content-length"])
    assert given.text == answer(page).text
    # β takes two bytes; httpx tells how many came over the wire
    assert length == given.num_bytes_downloaded
    assert (length > len(given.text)) == (coding == "identity")


def test_the_answers_own_headers_stay():
    given = answer(page)
    assert given.headers["etag"] == '"one"'
    assert given.headers["content-type"].startswith("text/html")


def test_html_elsewhere_is_left_as_it_is():
    assert answer(page, "/other").text == PAGE
    assert answer(page, "/nothing").status_code == 404


def test_what_is_no_html_is_left_as_it_is():
    given = answer(data)
    assert given.json() == {"html": PAGE}
    assert given.headers["content-length"] == str(len(given.content))


def test_html_without_the_mark_is_left_as_it_is():
    async def bare(request):
        return HTMLResponse("<p>no head</p>")

    given = answer(bare)
    assert given.text == "<p>no head</p>"
    assert given.headers["content-length"] == "14"


def test_an_empty_answer_and_a_refused_method_pass():
    async def nothing(request):
        return Response(status_code=204)

    assert answer(nothing).status_code == 204
    assert answer(page, method="POST").status_code == 405


def test_the_page_under_a_root_path_is_the_page():
    routes = [Mount("/sub/path", routes=[Route("/", page), Route("/other", page)])]

    async def asked(path):
        app = Document(Starlette(routes=[*routes, Route("/", page)]))
        found = {}

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            found["body"] = found.get("body", b"") + message.get("body", b"")

        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "root_path": "/sub/path", "headers": [], "query_string": b"", "scheme": "http",
            "server": ("lab", 80), "client": ("lab", 1), "http_version": "1.1",
        }  # fmt: skip
        await app(scope, receive, send)
        return found["body"].decode()

    assert "modulepreload" in finished(asked("/sub/path/"))
    assert "modulepreload" not in finished(asked("/sub/path/other"))


def test_what_is_no_request_passes_untouched():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope, receive, send))

    given = ({"type": "lifespan"}, object(), object())
    finished(Document(app)(*given))
    assert seen == [given]


def test_an_error_of_the_app_is_not_swallowed():
    async def app(scope, receive, send):
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        finished(Document(app)({"type": "http", "path": "/"}, None, None))


def test_the_manifest_is_asked_for_beside_the_page():
    linked = PAGE.replace(BASE, f'{BASE}<link rel="manifest" href="/manifest.json" />')

    async def whole(request):
        return HTMLResponse(linked)

    assert '<link rel="manifest" href="manifest.json" />' in answer(whole).text
