"""The REST interface over a real port, with a real worker process."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run
from typing import Any

import anyio
import httpx
import pytest
from api_server import ANNA, BERT, fake_lab, idle_lab, serving
from playwright.sync_api import Page, expect

from swishdemo import datasets
from swishdemo.activations import activations
from swishdemo.api.application import build_api
from swishdemo.timing import REGISTRY
from swishdemo.training.config import TrainingConfig
from swishdemo.training.recipes import recipes
from swishdemo.training.request import parse_run
from swishdemo.ui import page
from swishdemo.ui.lab import Lab

LONG = {"steps": 10_000, "seconds": 0.05}
DOTTED_KEYS = re.compile(r"\b[a-z]+\.[a-z_]+\.[a-z_.]+\b")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return fake_lab(tmp_path_factory.mktemp("data"), queue_limit=3)


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[httpx.Client]:
    with serving(lab) as url, httpx.Client(base_url=url, headers=ANNA, timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
def idle(lab: Lab) -> Iterator[None]:
    yield
    for job in lab.manager.list():
        lab.manager.delete(job.id)
    while lab.manager._queue.snapshot():
        time.sleep(0.005)


def start(client: httpx.Client, config: dict[str, Any], what: str = "runs") -> str:
    answer = client.post(f"/api/{what}", json=config)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] in ("running", "waiting")
    return str(answer.json()["id"])


def until(client: httpx.Client, address: str, *states: str) -> dict[str, Any]:
    for _ in range(5000):
        found: dict[str, Any] = client.get(address).json()
        if found["state"] in states:
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def events(client: httpx.Client, address: str, **headers: str) -> list[tuple[str, str, Any]]:
    """(event, id, data) up to the end of the stream."""
    found = []
    with client.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in "".join(answer.iter_text()).split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            if fields:
                entry = fields["event"], fields.get("id", ""), json.loads(fields["data"])
                found.append(entry)
    return found


def test_health(client: httpx.Client) -> None:
    told = client.get("/api/health").json()
    assert told["status"] == "ok" and told["runner"] == "process"
    assert told["jobs"] == {"running": 0, "waiting": 0}
    assert told["device"] in ("cpu", "cuda")
    jobs = [start(client, LONG) for _ in range(2)]
    assert client.get("/api/health").json()["jobs"] == {"running": 1, "waiting": 1}
    assert set(told) == {
        *("status", "version", "device", "hardware", "runner", "jobs", "kept", "unkept")
    }
    assert told["kept"] is True and told["unkept"] is None
    assert len(jobs) == 2


def test_activations_are_those_of_the_registry(client: httpx.Client) -> None:
    told = client.get("/api/activations").json()
    assert [entry["name"] for entry in told] == [a.name for a in activations()]
    for entry in told:
        assert {"label", "latex", "parameters", "year", "source", "landmarks"} <= set(entry)
    swish = told[0]
    assert swish["parameters"][0].keys() == {"name", "default", "min", "max"}
    minimum = next(mark for mark in swish["landmarks"] if mark["kind"] == "minimum")
    assert minimum["x"] == pytest.approx(-1.278464542761074, rel=1e-12)


@pytest.mark.parametrize(
    "what", [{"activation": "swish"}, {"formula": "x*sigmoid(beta*x)"}], ids=["named", "typed"]
)
def test_evaluate_swish(client: httpx.Client, what: dict[str, str]) -> None:
    points = [-300.0, -30.0, -1.0, 0.0, 1.0, 30.0]
    asked = {**what, "parameters": {"beta": 2.0}, "x": points}
    answer = client.post("/api/evaluate", json=asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"f", "df", "d2f", "dparameters"}
    for x, f in zip(points, told["f"], strict=True):
        e = math.exp(-abs(2 * x))
        sigmoid = 1 / (1 + e) if x >= 0 else e / (1 + e)
        assert f == pytest.approx(x * sigmoid, rel=1e-12, abs=0)
    for x, slope in zip(points, told["dparameters"]["beta"], strict=True):
        e = math.exp(-abs(2 * x))
        assert slope == pytest.approx(x * x * e / (1 + e) ** 2, rel=1e-12, abs=0)


def test_evaluate_takes_20000_points_and_no_more(client: httpx.Client) -> None:
    asked = {"activation": "relu", "x": [1] * 20_000}
    assert client.post("/api/evaluate", json=asked).json()["f"] == [1.0] * 20_000
    asked = {"activation": "relu", "x": [1] * 20_001}
    assert client.post("/api/evaluate", json=asked).status_code == 422


def test_a_value_beyond_float64_is_null(client: httpx.Client) -> None:
    told = client.post("/api/evaluate", json={"formula": "exp(x)", "x": [1000, 0]}).json()
    assert told["f"] == [None, 1.0]


@pytest.mark.parametrize(
    ("asked", "status", "where"),
    [
        ({"activation": "swish"}, 422, "x"),
        ({"activation": "swish", "x": []}, 422, "x"),
        ({"activation": "swish", "x": 1}, 422, "x"),
        ({"activation": "swish", "x": ["1"]}, 422, "x"),
        ({"activation": "swish", "x": ["NaN"]}, 422, "x"),
        ({"activation": "swish", "x": [True]}, 422, "x"),
        ({"activation": "swish", "x": [None]}, 422, "x"),
        ({"activation": "swish", "x": [[1]]}, 422, "x"),
        ({"activation": "swish", "x": [1], "parameters": {"beta": "inf"}}, 422, "parameters"),
        ({"activation": "swish", "x": [1], "parameters": {"beta": True}}, 422, "parameters"),
        ({"activation": "swish", "x": [1], "parameters": {"gamma": 1}}, 422, "parameters"),
        ({"activation": "swish", "x": [1], "parameters": [1]}, 422, "parameters"),
        ({"activation": "swish", "formula": "x", "x": [1]}, 422, "activation"),
        ({"x": [1]}, 422, "activation"),
        ({"activation": "swish", "x": [1], "colour": 1}, 422, "colour"),
        ({"activation": "gone", "x": [1]}, 404, None),
        ({"activation": ["swish"], "x": [1]}, 404, None),
        ({"formula": "__import__('os')", "x": [1]}, 422, "formula"),
        ({"formula": 3, "x": [1]}, 422, "formula"),
    ],
)
def test_evaluate_refuses(
    client: httpx.Client, asked: dict[str, Any], status: int, where: str | None
) -> None:
    answer = client.post("/api/evaluate", json=asked)
    assert answer.status_code == status, answer.text
    if where:
        assert answer.json()["detail"][0]["loc"] == ["body", where]


def test_recipes_and_datasets_can_be_run(client: httpx.Client, lab: Lab) -> None:
    told = client.get("/api/recipes").json()
    assert [entry["name"] for entry in told] == [recipe.name for recipe in recipes()]
    for entry in told:
        assert parse_run(entry["config"], lab.settings).as_json() == entry["config"]
        assert set(entry["title"]) == set(entry["notes"]) == {"en", "zh"}
    names = [entry["name"] for entry in client.get("/api/datasets").json()]
    assert told[0]["config"]["dataset"] in names


def test_datasets_are_listed_with_what_a_network_must_know(client: httpx.Client) -> None:
    told = {entry["name"]: entry for entry in client.get("/api/datasets").json()}
    assert list(told) == list(datasets.names())
    digits, sine, clothes = told["digits"], told["sine"], told["fashion-mnist"]
    assert (digits["train"], digits["test"], digits["most_samples"]) == (1437, 360, 1797)
    assert (digits["kind"], digits["task"], digits["shape"]) == (
        "image",
        "classification",
        [1, 8, 8],
    )
    assert (sine["kind"], sine["task"], sine["classes"]) == ("curve", "regression", 1)
    assert len(clothes["class_names"]) == clothes["classes"] == 10
    assert told["spiral"]["title"] == {"en": "Two spirals", "zh": "双螺旋"}


def test_variants_are_those_of_the_registry(client: httpx.Client) -> None:
    told = client.get("/api/variants").json()
    assert [entry["name"] for entry in told] == list(REGISTRY.names())
    assert all(set(entry["unavailable"]) == {"cpu", "cuda"} for entry in told)


def test_a_run_from_start_to_end(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, {'steps': 4, 'seed': 7})}"
    done = until(client, address, "finished")
    assert {"id", "config", "state", "reason", "step", "steps", "summary"} <= set(done)
    assert (done["step"], done["steps"], done["reason"]) == (4, 4, None)
    assert done["config"]["seed"] == 7
    reports = client.get(f"{address}/reports").json()
    assert [report["index"] for report in reports] == [0, 1, 2, 3]
    assert client.get(f"{address}/reports?after=1").json() == reports[2:]
    assert client.get(f"{address}/reports?after=3").json() == []
    assert [job["id"] for job in client.get("/api/runs").json()] == [done["id"]]
    assert client.get("/api/timings").json() == []
    exported = client.get(f"{address}/export?format=json")
    assert exported.json()["reports"] == reports
    assert "attachment" in exported.headers["content-disposition"]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_the_same_seed_gives_the_same_reports(client: httpx.Client) -> None:
    addresses = [f"/api/runs/{start(client, {'seed': 9})}" for _ in range(2)]
    for address in addresses:
        until(client, address, "finished")
    first, second = (client.get(f"{address}/reports").json() for address in addresses)
    assert first == second != []


def test_events_live_and_resumed(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, {'steps': 6, 'seconds': 0.05})}/events"
    live = events(client, address)
    reports = [entry for entry in live if entry[0] == "report"]
    assert [data["index"] for _, _, data in reports] == list(range(6))
    assert [number for _, number, _ in reports] == [str(index) for index in range(6)]
    assert live[-1][0] == "state" and live[-1][2]["state"] == "finished"
    resumed = events(client, address, **{"Last-Event-ID": "3"})
    assert [data["index"] for name, _, data in resumed if name == "report"] == [4, 5]
    assert resumed[-1] == live[-1]
    by_query = events(client, f"{address}?after=4")
    assert [data["index"] for name, _, data in by_query if name == "report"] == [5]


def test_events_of_a_run_that_is_deleted_end(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, LONG)}"
    with client.stream("GET", f"{address}/events") as answer:
        lines = answer.iter_lines()
        next(lines)
        with httpx.Client(base_url=client.base_url, headers=ANNA) as other:
            assert other.delete(address).status_code == 204
        assert any("stopped" in line or "no job" in line for line in lines)


def test_many_listeners_do_not_hold_up_the_others(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, LONG)}/events"
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(base_url=client.base_url, headers=ANNA, limits=limits) as other:
        streams = [other.stream("GET", address) for _ in range(60)]
        opened = [stream.__enter__() for stream in streams]
        assert client.get("/api/health").status_code == 200
        assert client.get("/api/variants").status_code == 200
        assert client.get(address.removesuffix("/events")).json()["state"] == "running"
        for stream, answer in zip(streams, opened, strict=True):
            assert answer.status_code == 200
            stream.__exit__(None, None, None)
    client.post(f"{address.removesuffix('/events')}/stop")


def heard(lines: Iterator[str], event: str) -> Any:
    """The data of the next event of this name."""
    for line in lines:
        if line == f"event: {event}":
            return json.loads(next(each for each in lines).removeprefix("data: "))
    raise AssertionError("the stream ended")


def test_one_stream_tells_of_several_jobs_and_claims(lab: Lab, client: httpx.Client) -> None:
    quiet = {"steps": 2, "seconds": 1000}
    first, second, others = (start(client, quiet) for _ in range(3))
    asked = {"job": [first, second, "no-such-job"], "claims": True}
    with client.stream("GET", "/api/events", params=asked) as answer:
        lines = answer.iter_lines()
        assert [heard(lines, "job")["id"] for _ in asked["job"]] == asked["job"]  # type: ignore
        assert heard(lines, "claim") == {"id": None}
        with httpx.Client(base_url=client.base_url, headers=ANNA) as other:
            other.post(f"/api/runs/{others}/stop")  # is not followed
            other.post(f"/api/runs/{second}/stop")
            while (told := heard(lines, "job")) != {"id": second}:
                assert told == {"id": first}  # which begins meanwhile
        lab.claims.check("memory", "another visitor")
        assert heard(lines, "claim") == {"id": "memory"}


def test_the_stream_of_others_says_nothing_of_one_s_jobs(client: httpx.Client) -> None:
    mine = start(client, LONG)
    shared = client.patch(f"/api/runs/{mine}", json={"shared": True}).json()["share"]
    with client.stream("GET", "/api/events", params={"job": [mine, shared]}, headers=BERT) as told:
        lines = told.iter_lines()
        assert [heard(lines, "job")["id"] for _ in range(2)] == [mine, shared]  # as was asked
        with httpx.Client(base_url=client.base_url, headers=ANNA) as other:
            other.post(f"/api/runs/{mine}/pause")
        assert heard(lines, "job") == {"id": shared}
    assert client.get("/api/events", params={"job": ["x"] * 17}).status_code == 422


@pytest.mark.parametrize("value", ["x", "1.5", "-2", "9" * 400, "--1", "²"])
def test_a_bad_event_id(client: httpx.Client, value: str) -> None:
    address = f"/api/runs/{start(client, {})}/events"
    answer = client.get(address, headers={"Last-Event-ID": value.encode()})
    assert answer.status_code == 422


def test_pause_step_resume_stop(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, LONG)}"
    until(client, address, "running")
    assert client.post(f"{address}/resume").status_code == 409
    assert client.post(f"{address}/pause").json()["state"] == "paused"
    assert client.post(f"{address}/pause").status_code == 409
    assert client.post(f"{address}/step").json()["state"] in ("running", "waiting", "paused")
    until(client, address, "paused")
    assert client.post(f"{address}/resume").json()["state"] in ("running", "waiting")
    assert client.post(f"{address}/stop").json()["state"] == "stopped"
    assert client.post(f"{address}/stop").status_code == 200
    refused = client.post(f"{address}/resume")
    assert refused.status_code == 409
    assert refused.json() == {"detail": "This job is stopped, so it cannot do this: resume."}
    refused = client.post(f"{address}/resume?lang=zh")
    assert refused.json() == {"detail": "任务已停止，无法继续。"}
    assert client.post(f"{address}/dance").status_code == 422


@pytest.fixture(scope="module")
def going_on(lab: Lab) -> Callable[..., dict[str, Any]]:
    """What the page's event answers Anna by which a run goes on."""
    handlers = [fn for fn in page.build(lab, ("train",)).fns.values() if fn.fn]
    event, _ = [fn for fn in handlers if fn.targets[0][1] == "submit"]
    assert event.queue, "only events of the queue bring whose time on a GPU it is"
    anna = httpx.Request("GET", "http://x", headers=ANNA)

    def answer(**asked: Any) -> dict[str, Any]:
        told = event.fn({**asked, "call": 7}, anna)
        assert told["call"] == 7
        return dict(told["answer"])

    return answer


def test_a_run_goes_on_by_an_event_of_the_page(going_on: Any, client: httpx.Client) -> None:
    run = start(client, LONG)
    address = f"/api/runs/{run}"
    until(client, address, "running")
    client.post(f"{address}/pause")
    assert going_on(run=run, wish="step") == {"run": run}
    until(client, address, "paused")
    assert going_on(run=run, wish="resume") == {"run": run}
    assert client.get(address).json()["state"] in ("running", "waiting")
    again = going_on(run=run, wish="again")["run"]
    assert again != run
    configs = [client.get(f"/api/runs/{each}").json()["config"] for each in (run, again)]
    assert configs[0] == configs[1]


def test_a_run_goes_on_for_its_owner_alone(going_on: Any, client: httpx.Client) -> None:
    theirs = client.post("/api/runs", json=LONG, headers=BERT).json()["id"]
    until(httpx.Client(base_url=client.base_url, headers=BERT), f"/api/runs/{theirs}", "running")
    client.post(f"/api/runs/{theirs}/pause", headers=BERT)
    for asked, wish in [
        *((theirs, each) for each in ("resume", "step", "again")),
        *(("nothing", "resume"), (None, "again"), (["x"], "step"), ("x" * 100_000, "resume")),
        *((theirs, each) for each in ("stop", "", None, ["resume"], {}, "x" * 100_000)),
    ]:
        told = going_on(run=asked, wish=wish)
        assert set(told) == {"error"} and len(told["error"]) < 500, (asked, wish)
        assert "internal" not in told["error"].lower(), told
    assert client.get("/api/runs").json() == []


@pytest.mark.parametrize(
    "asked",
    [
        *({"quantity": each} for each in ("", "dead", "x" * 10_000)),
        *({"layer": each} for each in (-1, 10_000, "x", 1.5, 10**400)),
        *({"smooth": each} for each in (1, -0.1, "nan", "inf", "x")),
        *({"per_layer": "size"}, {"log_loss": "perhaps"}, {"only": ["loss", "all"]}),
        *({"run": "x" * 65}, {"after": -2}, {"after": "x"}, {"figures": "x"}),
    ],
)
def test_a_hostile_look_at_a_run_is_refused(client: httpx.Client, asked: dict[str, Any]) -> None:
    answer = client.get("/api/runs/view", params=asked)
    assert answer.status_code == 422 and len(answer.text) < 2000, answer.text
    first = answer.json()["detail"][0]
    assert first["loc"][:2] == ["query", next(iter(asked))]
    chinese = client.get("/api/runs/view", params={**asked, "lang": "zh"}).json()["detail"][0]
    assert not DOTTED_KEYS.search(first["msg"]) and first["msg"] != chinese["msg"] != ""


def test_others_runs_are_neither_shown_nor_compared(client: httpx.Client) -> None:
    run = start(client, LONG)
    for path in (f"view?run={run}", f"view?run={run}&figures=false", f"compare?run={run}&run=x"):
        assert client.get(f"/api/runs/{path}", headers=BERT).status_code == 404, path
    assert client.get("/api/runs/view", headers=BERT).json()["run"] is None
    refused = client.get(f"/api/runs/compare?run={run}").json()["detail"][0]
    assert "6" in refused["msg"]


def test_a_failure_tells_its_reason(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, {'mode': 'kill'})}"
    failed = until(client, address, "failed")
    assert "SIGKILL" in failed["reason"]
    assert not DOTTED_KEYS.search(failed["reason"])


def test_others_see_nothing(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, LONG)}"
    for method, path in [
        *(("GET", ""), ("GET", "/reports"), ("GET", "/events"), ("GET", "/export")),
        *(("POST", "/stop"), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/step")),
        *(("DELETE", ""), ("PATCH", "")),
    ]:
        answer = client.request(method, address + path, headers=BERT)
        assert answer.status_code == 404, (method, path)
    assert client.get("/api/runs", headers=BERT).json() == []
    timing = address.replace("runs", "timings")
    assert client.get(timing).status_code == 404, "a run is no timing"
    assert client.get(address).json()["state"] == "running"


def test_too_busy(client: httpx.Client) -> None:
    ids = [start(client, LONG) for _ in range(4)]
    refused = client.post("/api/runs", json=LONG, headers=BERT)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert "3 jobs are waiting" in refused.json()["detail"]
    waiting = client.get(f"/api/runs/{ids[2]}").json()
    assert waiting["position"] == 2 and waiting["estimate_seconds"] > 0
    client.post(f"/api/runs/{ids[1]}/stop")
    assert client.post("/api/runs", json=LONG, headers=BERT).status_code == 201


def test_a_timing(client: httpx.Client) -> None:
    typed = "=x*sigmoid(2*x)"
    asked = {"variants": ["silu", typed], "elements": [256], "pass": "forward"}
    address = f"/api/timings/{start(client, asked, 'timings')}"
    done = until(client, address, "finished", "failed")
    assert done["state"] == "finished", done
    assert done["host"]["cores"] >= 1
    silu = next(found for found in done["measurements"] if found["variant"] == "silu")
    assert len({found["variant"] for found in done["measurements"]}) == len(done["measurements"])
    assert silu["median_seconds"] > 0 and silu["elements"] == 256 and silu["pass"] == "forward"
    mine = next(found for found in done["measurements"] if found["variant"] == typed)
    assert mine["median_seconds"] > 0 and mine["max_error"] < 1e-6
    told = events(client, f"{address}/events")
    assert {name for name, _, _ in told} == {"host", "measurement", "state"}
    assert (done["step"], done["steps"]) == (2, 2)
    assert client.get(address.replace("timings", "runs")).status_code == 404
    assert client.delete(address).status_code == 204


def test_claims(client: httpx.Client) -> None:
    told = client.get("/api/claims").json()
    assert {"id", "statement", "document", "source", "parts"} == set(told[0])
    assert client.post("/api/claims/nothing/check").status_code == 404
    assert client.post("/api/claims/" + "x" * 5000 + "/check").status_code == 404


def test_a_claim_that_takes_a_job(client: httpx.Client) -> None:
    answer = client.post("/api/claims/cost/check")
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == "cost"
    assert answer.json()["job"].startswith("/api/timings/")
    assert client.get(answer.json()["job"]).json()["purpose"].startswith("claim:cost")


def test_a_visitor_is_known_by_a_cookie(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url) as browser:
        first = browser.get("/api/health")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
        assert len(browser.cookies["swishdemo_visitor"]) == 43
        assert "set-cookie" not in browser.get("/api/health").headers
        address = f"/api/runs/{start(browser, {})}"
        assert browser.get(address).status_code == 200
        assert client.get(address).status_code == 404
    with httpx.Client(base_url=client.base_url) as other:
        assert other.get(address).status_code == 404


def test_the_first_request_already_has_its_visitor(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url) as browser:
        address = f"/api/runs/{start(browser, {})}"
        assert browser.get(address).status_code == 200


def test_the_cookie_comes_back_in_the_frame_of_a_space(client: httpx.Client) -> None:
    headers = {"x-forwarded-proto": "https"}
    answer = httpx.get(f"{client.base_url}/api/health", headers=headers)
    assert answer.headers["set-cookie"].endswith("SameSite=None; Secure; Partitioned")


@pytest.mark.parametrize(
    "cookie", ["swishdemo_visitor=", "swishdemo_visitor=guess", "swishdemo_visitor=" + "a" * 9999]
)
def test_a_cookie_of_ones_own_making_is_replaced(client: httpx.Client, cookie: str) -> None:
    answer = httpx.get(f"{client.base_url}/api/runs", headers={"cookie": cookie})
    assert answer.status_code == 200
    assert "swishdemo_visitor=" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("header", "status"), [("x" * 15, 422), ("x" * 16, 200), ("x" * 200, 200), ("x" * 201, 422)]
)
def test_the_length_of_the_header(client: httpx.Client, header: str, status: int) -> None:
    answer = client.get("/api/runs", headers={"X-Visitor": header})
    assert answer.status_code == status


def test_the_documentation_is_ours_and_offline(client: httpx.Client) -> None:
    page = client.get("/docs").text
    for address in re.findall(r"""(?:src|href)=["']([^"']+)["']""", page):
        assert "//" not in address, "the page asks a foreign host"
        assert client.get(f"/{address}").status_code == 200
    assert client.get("/docs/../application.py").status_code == 404
    assert client.get("/docs/redoc.standalone.js").status_code == 404
    told = client.get("/openapi.json").json()
    ours = ("/api/", "/claim/", "/curve/", "/run/", "/preview.png", "/qr.svg")
    assert all(path.startswith(ours) for path in told["paths"])
    body = told["paths"]["/api/runs"]["post"]["requestBody"]["content"]["application/json"]
    assert set(TrainingConfig().as_json()) <= set(body["schema"]["properties"])
    assert body["schema"]["properties"]["steps"]["default"] == TrainingConfig().steps


def test_answers_are_as_documented(client: httpx.Client) -> None:
    address = f"/api/runs/{start(client, {})}"
    done = until(client, address, "finished")
    paths = client.get("/openapi.json").json()["paths"]

    def documented(path: str, method: str = "get", status: str = "200") -> set[str]:
        content = paths[path][method]["responses"][status]["content"]["application/json"]
        return set(content["schema"].get("items", content["schema"])["properties"])

    assert documented("/api/runs/{job_id}") == set(done)
    assert documented("/api/runs") == set(client.get("/api/runs").json()[0])
    started = client.post("/api/timings", json={"variants": ["silu"], "elements": [256]}).json()
    assert documented("/api/timings", "post", "201") == set(started)
    timing = client.get(f"/api/timings/{started['id']}").json()
    assert documented("/api/timings/{job_id}") == set(timing)
    answer = client.post("/api/evaluate", json={"activation": "relu", "x": [1]}).json()
    assert documented("/api/evaluate", "post") == set(answer)


def test_the_answer_says_what_a_table_was_taken_for_and_what_was_fitted(tmp_path: Path) -> None:
    table = "0,1,2\n" + "".join(f"{n / 8:.3f},{n % 5},{n % 2}\n" for n in range(40))
    with (
        serving(idle_lab(tmp_path)) as url,
        httpx.Client(base_url=url, headers=ANNA, timeout=30) as client,
    ):
        answer = client.post("/api/runs", json={"csv": table, "csv_header": "auto"})
        assert answer.status_code == 201
        told = answer.json()
        paths = client.get("/openapi.json").json()["paths"]["/api/runs"]["post"]
        known = paths["responses"]["201"]["content"]["application/json"]["schema"]["properties"]
        assert set(known) == set(told) and set(known["table"]["properties"]) == set(told["table"])
        assert set(known["fitted"]["items"]["properties"]) == set(told["fitted"][0])
        assert (told["table"]["rows"], told["table"]["header"]) == (40, True)
        assert told["table"]["class_names"] == ["0", "1"]
        assert "40 rows, 3 columns" in told["table"]["said"] and "names" in told["table"]["said"]
        used = {each["field"]: each["used"] for each in told["fitted"]}
        assert used == {"dataset": "csv", "network": "mlp", "batch": 32}
        assert client.get(f"/api/runs/{told['id']}").json()["config"]["csv"]["header"] is True
        otherwise = client.post("/api/runs", json={"csv": table, "csv_header": "no"}).json()
        assert (otherwise["table"]["rows"], otherwise["table"]["header"]) == (41, False)
        refused = client.post("/api/runs", json={"csv": table, "batch": 64})
        assert refused.status_code == 422 and refused.json()["detail"][0]["loc"] == [
            "body",
            "batch",
        ]
        plain = client.post("/api/runs", json={}).json()
        assert plain["table"] is None and plain["fitted"] == []


def test_the_documentation_is_drawn_without_a_foreign_host(
    client: httpx.Client, modules_page: Page
) -> None:
    asked: list[str] = []
    modules_page.on("request", lambda request: asked.append(request.url))
    modules_page.goto(f"{client.base_url}/docs")
    expect(modules_page.locator(".opblock-summary-path").first).to_be_visible()
    assert modules_page.locator(".opblock").count() >= 20
    assert all(url.startswith((str(client.base_url), "data:")) for url in asked)


@pytest.mark.parametrize("prefix", ["", "/lab"], ids=["proxy strips", "proxy keeps"])
def test_under_a_sub_path(lab: Lab, prefix: str) -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(build_api(lab), root_path="/lab")
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as asking:
            for path in ("/api/health", "/docs", "/docs/swagger-ui.css"):
                assert (await asking.get(prefix + path)).status_code == 200
            told = (await asking.get(f"{prefix}/openapi.json")).json()
            assert told["servers"] == [{"url": "/lab"}]
            large = b" " * 1_000_001
            assert (await asking.post(f"{prefix}/api/runs", content=large)).status_code == 413

    with ThreadPoolExecutor(1) as other:  # Playwright keeps a loop running in this thread
        other.submit(anyio.run, ask).result()


def test_head_is_get_without_its_body(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    public = {path for path, methods in paths.items() if "get" in methods} | {"/docs"}
    assert {"/claim/{claim_id}/embed", "/curve/embed", "/run/{token}/embed"} <= public
    for path in sorted(public):
        address = re.sub(r"\{claim_id\}", "he", path)
        address = re.sub(r"\{\w+\}", "x", address)
        answer = client.head(address)
        if path.endswith("/events"):  # it would go on for ever
            assert answer.status_code == 405, path
            continue
        asked = client.get(address)
        assert (answer.status_code, answer.content) == (asked.status_code, b""), path
        for name in ("content-type", "content-length", "cache-control"):
            assert answer.headers.get(name) == asked.headers.get(name), path


def test_every_route_of_the_table_is_documented(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, routes in paths.items() for method in routes}
    jobs = {
        (method, f"/api/{what}{path}")
        for what in ("runs", "sweeps", "timings")
        for method, path in [
            *(("POST", ""), ("GET", ""), ("GET", "/{job_id}"), ("DELETE", "/{job_id}")),
            *(("GET", "/{job_id}/events"), ("POST", "/{job_id}/{wish}")),
            *(("GET", "/{job_id}/export"), ("PATCH", "/{job_id}")),
        ]
    }
    assert found == jobs | {
        *(("GET", "/api/health"), ("GET", "/api/activations"), ("POST", "/api/evaluate")),
        *(("GET", "/api/recipes"), ("GET", "/api/datasets"), ("GET", "/api/variants")),
        *(("GET", "/api/runs/{job_id}/reports"), ("GET", "/api/sweeps/{job_id}/reports")),
        *(("GET", "/api/claims"), ("POST", "/api/claims/{claim_id}/check")),
        *(("POST", "/api/claims/check"), ("GET", "/api/claims/report")),
        ("GET", "/api/claims/{claim_id}/badge.svg"),
        *(("POST", "/api/claims"), ("POST", "/api/claims/preview"), ("GET", "/api/claims/own")),
        *(("GET", "/api/claims/own/view"), ("GET", "/api/claims/{claim_id}")),
        *(("DELETE", "/api/claims/{claim_id}"), ("GET", "/api/claims/{claim_id}/report")),
        *(("GET", "/api/documents"), ("GET", "/api/documents/{document_id}")),
        *(("GET", "/api/claims/view"), ("GET", "/api/claims/{claim_id}/view")),
        *(("GET", "/api/claims/progress"), ("POST", "/api/claims/{claim_id}/stop")),
        *(("GET", "/api/events"), ("GET", "/api/timings/view"), ("POST", "/api/timings/files")),
        *(("GET", "/api/runs/view"), ("GET", "/api/runs/compare"), ("GET", "/api/sweeps/view")),
        *(("GET", "/claim/{claim_id}"), ("GET", "/claim/{claim_id}/embed")),
        *(("GET", "/curve/embed"), ("GET", "/run/{token}/embed"), ("GET", "/preview.png")),
        ("GET", "/qr.svg"),
        *(("POST", "/api/describe"), ("POST", "/api/properties"), ("POST", "/api/precision")),
        *(("POST", "/api/code"), ("POST", "/api/prepare")),
    }


def test_the_web_process_loads_nothing_heavy() -> None:
    heavy = ["torch", "sympy", "scipy", "sklearn", "plotly", "gradio", "pandas"]
    code = (
        "import sys, tempfile, pathlib\n"
        "from api_server import fake_lab\n"
        "from swishdemo.api.application import build_api\n"
        "lab = fake_lab(pathlib.Path(tempfile.mkdtemp())); app = build_api(lab); app.openapi()\n"
        f"print([name for name in {heavy} if name in sys.modules]); lab.manager.close()"
    )
    folder = Path(__file__).parent
    found = run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{folder}:{folder.parent}", "PATH": ""},
    )
    assert found.stdout.strip() == "[]"
