"""What a client may send to break the interface, alone and inside the page: never a 5xx."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import httpx
import pytest
from api_server import ANNA, fake_lab, idle_lab, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swishdemo.api.application import page_middleware
from swishdemo.jobs.access import visitor_of
from swishdemo.ui.lab import Lab

JSON = {"content-type": "application/json"}
FIELDS = ["activation", "x", "parameters", "formula", "steps", "seeds", "recipe", "elements"]
ADDRESSES = [
    *("/api/evaluate", "/api/runs", "/api/timings", "/api/sweeps", "/api/runs/none/stop"),
    *("/api/timings/none/stop", "/api/claims/none/check"),
]
FIELDS += ["name", "note", "shared", "base", "grid"]
BODIES: dict[str, bytes] = {
    "not JSON": b"{",
    "a word": b"swish",
    "NaN": b'{"x": [NaN]}',
    "Infinity": b'{"x": [-Infinity]}',
    "1e999": b'{"x": [1e999], "activation": "swish"}',
    "-1e999 as step": b'{"steps": -1e999}',
    "huge integer": b'{"steps": ' + b"9" * 5000 + b"}",
    "large integer": b'{"steps": 1' + b"0" * 300 + b', "seeds": 1' + b"0" * 300 + b"}",
    "deep list": b"[" * 100_000,
    "deep closed": b"[" * 900 + b"]" * 900,
    "deep object": b'{"a":' * 900 + b"1" + b"}" * 900,
    "bad UTF-8": b'{"activation": "\xff\xfe"}',
    "UTF-16": '{"steps": 1}'.encode("utf-16"),
    "BOM": b"\xef\xbb\xbf{}",
    "half a pair": b'{"\\ud800": 1}',
    "half a pair as value": b'{"activation": "\\udfff", "x": [1]}',
    "NUL": b'{"activation": "\\u0000", "recipe": "\\u0000"}',
    "long name": json.dumps({"a" * 100_000: 1}).encode(),
    "long value": json.dumps({"activation": "a" * 100_000, "x": [1]}).encode(),
    "braces": b'{"{0}": 1, "{name}": "{value.__class__}"}',
    "a list": b"[]",
    "null": b"null",
    "a number": b"3",
    "a string": b'"x"',
    "true": b"true",
    "trailing": b"{} {}",
    "twice": b'{"steps": 1, "steps": "x"}',
    "many lists": b'{"x": [' + b"[]," * 300_000 + b"[]]}",
    "many objects": b'{"x": [' + b"{}," * 300_000 + b"{}]}",
    "many keys": b'{"x": [1]' + b"".join(b',"k%d": 1' % n for n in range(60_000)) + b"}",
    "a long number": b'{"steps": 1.' + b"1" * 900_000 + b"}",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return idle_lab(tmp_path_factory.mktemp("data"), queue_limit=1)


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[httpx.Client]:
    with serving(lab) as url, httpx.Client(base_url=url, headers=ANNA, timeout=60) as client:
        yield client


def check_refusal(answer: httpx.Response, *statuses: int) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert not statuses or answer.status_code in statuses, answer.text[:300]
    detail = answer.json()["detail"]
    assert len(answer.content) < 4000, "what was sent comes back"
    if answer.status_code == 422:
        assert detail and all(set(entry) == {"type", "loc", "msg"} for entry in detail)
    else:
        assert isinstance(detail, str) and detail.endswith(".")


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body(client: httpx.Client, name: str) -> None:
    for address in ADDRESSES:
        check_refusal(client.post(address, content=BODIES[name], headers=JSON), 404, 422)


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_description_of_a_run(client: httpx.Client, lab: Lab, name: str) -> None:
    job = lab.manager.submit(
        "run", {"steps": 1}, visitor_of(httpx.Request("GET", "/", headers=ANNA))
    )
    address = f"/api/runs/{job.id}"
    check_refusal(client.patch(address, content=BODIES[name], headers=JSON), 422)
    assert client.get(address).json()["name"] == ""
    lab.manager.delete(job.id)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"]
)
def test_another_content_type(client: httpx.Client, kind: str) -> None:
    for address in ADDRESSES:
        answer = client.post(address, content=b'{"x": [1]}', headers={"content-type": kind})
        check_refusal(answer, 422)


def test_a_body_over_a_megabyte(client: httpx.Client) -> None:
    large = b'{"x": [' + b"1," * 600_000 + b"1]}"
    for address in ADDRESSES:
        check_refusal(client.post(address, content=large, headers=JSON), 413)

    def chunks() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 10_000

    check_refusal(client.post("/api/runs", content=chunks(), headers=JSON), 413)
    check_refusal(client.request("DELETE", "/api/runs/x", content=large, headers=JSON), 413)


def test_a_body_of_just_a_megabyte_is_read(client: httpx.Client) -> None:
    asked = b'{"activation": "relu", "x": [1]'
    body = asked + b" " * (1_000_000 - len(asked) - 1) + b"}"
    assert client.post("/api/evaluate", content=body, headers=JSON).json()["f"] == [1.0]
    check_refusal(client.post("/api/evaluate", content=body + b" ", headers=JSON), 413)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROBNICATE"])
def test_an_unknown_method(client: httpx.Client, method: str) -> None:
    for address in ("/api/health", "/api/runs", "/api/evaluate"):
        check_refusal(client.request(method, address), 405)


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/", "/api/zzz", "/api/runs/", "/api/runs/x/y/z", "/api/runs/%00"),
        *("/api/runs/%FF%FE", "/api/runs/..%2f..%2fetc", "/api/runs/" + "a" * 5000, "/docs/x"),
        *("/api/runs/'%20OR%201=1", "/api/runs/%25s/reports", "/api/timings/🙂", "/docs/%2e%2e"),
    ],
)
def test_an_address_that_is_none(client: httpx.Client, path: str) -> None:
    check_refusal(client.get(path), 404)


@pytest.mark.parametrize(
    "query", ["after=x", "after=-2", "after=1e3", "after=NaN", "after=" + "9" * 400, "after="]
)
def test_a_bad_query(client: httpx.Client, query: str) -> None:
    for address in ("/api/runs/x/reports", "/api/runs/x/events", "/api/timings/x/events"):
        check_refusal(client.get(f"{address}?{query}"), 404, 422)
    check_refusal(client.get("/api/runs/x/export?format=exe"), 404, 422)


def longest_wait(client: httpx.Client, body: bytes) -> float:
    """The longest that health waited, in seconds, while such bodies were being answered."""

    def send(_: int) -> int:
        return httpx.post(
            f"{client.base_url}/api/evaluate", content=body, headers=JSON | ANNA, timeout=120
        ).status_code

    waits = []
    with ThreadPoolExecutor(4) as threads:
        sent = [threads.submit(send, number) for number in range(12)]
        while not all(each.done() for each in sent):
            begun = time.perf_counter()
            assert client.get("/api/health").status_code == 200
            waits.append(time.perf_counter() - begun)
        assert {each.result() for each in sent} <= {404, 422}
    return max(waits)


@pytest.fixture(scope="module")
def plain_wait(client: httpx.Client) -> float:
    return longest_wait(client, json.dumps({"activation": "a" * 900_000, "x": [1]}).encode())


@pytest.mark.parametrize(
    "name",
    [
        "many lists",
        "many keys",
        *(pytest.param(each, marks=pytest.mark.long) for each in ("many objects", "deep closed")),
    ],
)
def test_health_answers_while_others_send_what_is_slow_to_read(
    client: httpx.Client, name: str, plain_wait: float
) -> None:
    assert longest_wait(client, BODIES[name]) < 5 * plain_wait + 0.5


def test_many_points_and_many_brackets_in_a_text_are_no_fault(client: httpx.Client) -> None:
    points = [n + 0.123456789 for n in range(20_000)]
    answer = client.post("/api/evaluate", json={"activation": "relu", "x": points})
    assert answer.json()["f"] == points
    told = client.post("/api/runs", json={"csv": '"[1, 2]\\"{"' * 20_000})
    check_refusal(told, 422)
    assert "lists and objects" not in told.text


def said(answer: httpx.Response) -> str:
    detail = answer.json()["detail"]
    return detail if isinstance(detail, str) else " ".join(entry["msg"] for entry in detail)


CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/zzz", b""),
        ("PUT", "/api/runs", b""),
        ("POST", "/api/runs", b"{"),
        ("POST", "/api/runs", b" " * 1_100_000),
        ("POST", "/api/runs", b'{"steps": -1}'),
        ("GET", "/api/runs/none", b""),
        ("POST", "/api/claims/none/check", b""),
        ("POST", "/api/runs/none/dance", b""),
        ("GET", "/api/runs/none/reports?after=x", b""),
        ("GET", "/api/runs/none/reports?after=-9", b""),
        ("GET", "/api/runs/none/reports?after=9999999999999999999", b""),
        ("GET", "/api/runs/none/export?format=exe", b""),
        ("GET", "/api/timings/none/export?baseline=" + "a" * 400, b""),
    ],
)
def test_a_refusal_is_in_the_language_asked_for(
    client: httpx.Client, method: str, path: str, body: bytes
) -> None:
    """By ``?lang=``, else by Accept-Language, else English."""
    both = path + ("&" if "?" in path else "?")
    for lang, accepted, chinese in [
        ("", "zh-CN,en;q=0.5", True),
        ("lang=zh", "en", True),
        ("lang=en", "zh", False),
        ("lang=fr", "zh", True),
        ("", "fr", False),
        ("", "", False),
    ]:
        headers = JSON | ANNA | {"accept-language": accepted}
        answer = client.request(method, both + lang, content=body, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text
        assert bool(CHINESE.search(said(answer))) == chinese, (lang, accepted, answer.text)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["swish", "float32", "beta-convergence", "x*sigmoid(beta*x)"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


WHATEVER = {
    "value": st.dictionaries(st.sampled_from(FIELDS), values, max_size=4) | values,
    "address": st.sampled_from(ADDRESSES[:4]),
}
ONE_LAB = [HealthCheck.function_scoped_fixture]


@settings(max_examples=100, deadline=None, suppress_health_check=ONE_LAB)
@given(**WHATEVER)
def test_any_json_at_all(client: httpx.Client, lab: Lab, value: Any, address: str) -> None:
    is_answered(client, lab, value, address)


@pytest.mark.long
@settings(max_examples=2000, deadline=None, suppress_health_check=ONE_LAB)
@given(**WHATEVER)
def test_much_more_json(client: httpx.Client, lab: Lab, value: Any, address: str) -> None:
    is_answered(client, lab, value, address)


def is_answered(client: httpx.Client, lab: Lab, value: Any, address: str) -> None:
    answer = client.post(address, content=json.dumps(value).encode(), headers=JSON)
    assert answer.status_code in (200, 201, 404, 422, 429), answer.text
    for job in lab.manager.list():
        lab.manager.delete(job.id)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_at_all(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/api/evaluate", content=body, headers=JSON)
    check_refusal(answer, 422)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /api/runs/\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /api/runs HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/runs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /api/runs HTTP/1.1\r\nhost: x\r\nx-visitor: \xff\xfe" + b"\xff" * 20 + b"\r\n\r\n",
        b"GET /api/runs HTTP/1.1\r\nhost: x\r\ncookie: \xff\xfe=;;;=\r\n\r\n",
        b"POST /api/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",
    ],
)
def test_raw_bytes_on_the_socket(client: httpx.Client, sent: bytes) -> None:
    port = urlsplit(str(client.base_url)).port or 0
    with socket.create_connection(("127.0.0.1", port), 60) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(100)
    assert b" 5" not in answer[:12]
    assert client.get("/api/health").status_code == 200


# The same routes within Gradio's own app, and Gradio's own routes.


@contextmanager
def launched(demo: gr.Blocks, lab: Lab) -> Iterator[httpx.Client]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    _, url, _ = demo.launch(
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        app_kwargs={"middleware": page_middleware(lab)},
    )
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client
    lab.manager.close()
    demo.close()


@pytest.fixture(scope="module")
def app() -> gr.Blocks:
    def whose(request: gr.Request) -> str:
        return visitor_of(request)

    with gr.Blocks() as demo:
        number, name = gr.Number(), gr.Textbox()
        number.change(lambda value: value, number, number, api_name="echo")
        number.submit(whose, None, name, api_name="whose")
    return demo


@pytest.fixture(scope="module")
def beside(app: gr.Blocks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with launched(app, idle_lab(tmp_path_factory.mktemp("data"))) as client:
        yield client


def test_events_come_live_beside_the_page(tmp_path: Path) -> None:
    lab = fake_lab(tmp_path)
    with gr.Blocks() as demo:
        gr.Number()
    with launched(demo, lab) as beside:
        run = beside.post("/api/runs", json={"steps": 1000, "seconds": 0.05}).json()["id"]
        with beside.stream("GET", f"/api/runs/{run}/events") as answer:
            lines = answer.iter_lines()
            assert any(line == "id: 2" for line in lines)
        assert beside.post(f"/api/runs/{run}/stop").json()["state"] == "stopped"


def test_the_interface_stands_beside_the_page(beside: httpx.Client) -> None:
    assert "gradio" in beside.get("/").text
    assert beside.get("/api/health").json()["status"] == "ok"
    assert beside.get("/docs").status_code == 200
    paths = beside.get("/openapi.json").json()["paths"]
    small_pages = ("/claim/", "/curve/", "/run/", "/preview.png", "/qr.svg")
    assert paths and all(path.startswith(("/api/", *small_pages)) for path in paths)
    run = beside.post("/api/runs", json={"steps": 3, "seeds": 1})
    assert run.status_code == 201
    assert beside.get(f"/api/runs/{run.json()['id']}").status_code == 200
    told = beside.post("/api/evaluate", json={"formula": "exp(x)", "x": [1000]}).json()
    assert told["f"] == [None]
    check_refusal(beside.get("/api/zzz"), 404)


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_beside_the_page(beside: httpx.Client, name: str) -> None:
    for address in ADDRESSES:
        check_refusal(beside.post(address, content=BODIES[name], headers=JSON), 404, 422)


def test_handlers_of_the_page_know_the_same_visitor(beside: httpx.Client) -> None:
    beside.get("/")
    told = beside.post("/gradio_api/run/whose", json={"data": []})
    handler = told.json()["data"][0]
    run = beside.post("/api/runs", json={"steps": 1}).json()["id"]
    jobs = {job["id"] for job in beside.get("/api/runs").json()}
    assert run in jobs
    cookie = httpx.Headers({"cookie": f"swishdemo_visitor={beside.cookies['swishdemo_visitor']}"})
    assert handler == visitor_of(httpx.Request("GET", "http://x", headers=cookie))


GRADIO = [
    *("queue/join", "call/x", "call/echo", "call/v2/echo", "call/v2/zzz", "run/x", "run/echo"),
    *("api/predict", "component_server", "component_server/", "reset", "cancel", "stream/x"),
]
CALLS: dict[str, bytes] = {
    "unknown number": b'{"data": [1], "fn_index": 999, "session_hash": "a"}',
    "negative number": b'{"data": [1], "fn_index": -1, "session_hash": "a"}',
    "no such number": b'{"data": [1], "fn_index": 1e400, "session_hash": "a"}',
    "no data": b'{"data": [], "fn_index": 0, "session_hash": "a"}',
    "data is text": b'{"data": "x", "fn_index": 0, "session_hash": "a"}',
    "session is a number": b'{"data": [1], "fn_index": 0, "session_hash": 5}',
    "no session": b'{"data": [1], "fn_index": 0}',
    "unknown component": b'{"data": [1], "fn_name": "f", "component_id": 99, "session_hash": "a"}',
    "component is text": b'{"data": {}, "fn_name": "f", "component_id": "q", "session_hash": []}',
    "unknown trigger": b'{"fn_index": 0, "data": [1], "session_hash": "a", "trigger_id": "z"}',
    "unknown event": b'{"event_id": "x", "session_hash": "a", "fn_index": 0}',
    "a file": b'{"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}',
    "empty": b"",
}


@pytest.mark.parametrize("name", [*BODIES, *CALLS])
def test_gradios_own_routes_never_answer_500(beside: httpx.Client, name: str) -> None:
    body = (BODIES | CALLS)[name]
    for path in GRADIO:
        answer = beside.post(f"/gradio_api/{path}", content=body, headers=JSON)
        assert answer.status_code < 500, (path, answer.status_code, answer.text[:200])
        if answer.status_code >= 400:
            assert not answer.content or "detail" in answer.text, (path, answer.text[:200])


BROWSERS = [
    *("/favicon.ico", "/robots.txt", "/apple-touch-icon.png", "/service-worker.js", "/sw.js"),
    *("/.well-known/security.txt", "/.well-known/appspecific/com.chrome.devtools.json"),
    *("/sitemap.xml", "/assets/index.js.map", "/theme.css", "/config", "/info", "/monitoring"),
    *(
        "/gradio_api/startup-events",
        "/startup-events",
        "/ads.txt",
        "/browserconfig.xml",
        "//",
        "/%00",
    ),
    *("/gradio_api/queue/data?session_hash=gone", "/static/img/none.svg", "/assets/%2e%2e/x"),
]
CLOSED = [
    "component_server",
    "upload",
    "file=/etc/passwd",
    "proxy=http://x",
    "stream/x",
    "call/x",
    "info",
    "token",
]


@pytest.mark.parametrize("path", BROWSERS)
def test_what_browsers_and_crawlers_ask_for_by_themselves(
    beside: httpx.Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        assert beside.request(method, path).status_code < 500
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/theme.css", "/manifest.json"])
def test_head_is_get_without_its_body(beside: httpx.Client, path: str) -> None:
    asked, answer = beside.get(path), beside.head(path)
    assert asked.status_code < 405
    assert (answer.status_code, answer.content) == (asked.status_code, b"")
    assert answer.headers["content-type"] == asked.headers["content-type"]


def gradios(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        within = getattr(route, "original_router", None)
        if within is not None:
            yield from gradios(within.routes)
        elif getattr(route, "path", None):
            yield re.sub(r"\{[^}]*\}", "x", route.path)


def test_no_route_of_gradios_breaks_and_only_what_the_page_needs_is_open(
    beside: httpx.Client, app: gr.Blocks
) -> None:
    paths = set(gradios(app.app.routes)) | {f"/gradio_api/{path}" for path in CLOSED}
    assert {"/config", "/gradio_api/upload", "/gradio_api/queue/join"} <= paths
    answered = set()
    for path in sorted(paths - {"/gradio_api/heartbeat/x"}):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            answer = beside.request(method, path)
            assert answer.status_code < 500, (method, path, answer.text[:200])
            if answer.status_code != 404:
                answered.add(path)
            elif answer.content and not path.startswith(("/static", "/assets")):
                check_refusal(answer, 404)
    for path in answered:
        assert path in (
            "/",
            "/openapi.json",
            "/favicon.ico",
            "/robots.txt",
            "/theme.css",
            "/manifest.json",
        ) or (
            path.startswith(("/static/", "/assets/"))
            or path.removeprefix("/gradio_api/").strip("/").split("/")[0]
            in ("queue", "cancel", "reset", "run", "app_id", "startup-events")
        ), path


def test_a_body_of_gradios_is_small_but_for_one_text(beside: httpx.Client) -> None:
    def sent(path: str, **given: Any) -> int:
        return beside.post(f"/gradio_api/{path}", json={"session_hash": "a"} | given).status_code

    table = "1,2\n" * 120_000
    assert sent("run/echo", data=["a" * 70_000]) == 413
    assert sent("queue/join", data=[table, table], fn_index=0) == 413
    assert sent("queue/join", data=[list(range(20_000))], fn_index=0) == 413
    assert sent("queue/join", data=[table], fn_index=0) != 413
    assert sent("queue/join", data=[table * 3], fn_index=0) == 413


def test_an_unknown_endpoint_is_told_in_a_sentence(beside: httpx.Client) -> None:
    for path in ("call/x", "run/x"):
        answer = beside.post(f"/gradio_api/{path}", json={"data": [1]})
        check_refusal(answer, 404)


def test_a_good_call_still_works(beside: httpx.Client) -> None:
    answer = beside.post("/gradio_api/run/echo", json={"data": [3], "session_hash": "a"})
    assert answer.json()["data"] == [3]
