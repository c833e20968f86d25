"""What is kept of a run, who may read it, and how much one visitor may ask for."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from api_server import ANNA, BERT, fake_lab, serving
from fake_work import TableConfig, fake_kinds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import swishdemo
from swishdemo.datasets.csv import read
from swishdemo.errors import UserError
from swishdemo.jobs.kinds import kinds
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.ui.lab import Lab

LONG = {"steps": 10_000, "seconds": 0.05}
READS = ("", "/reports", "/events", "/export?format=json")
WISHES = ("pause", "resume", "step", "stop")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return fake_lab(tmp_path_factory.mktemp("data"), max_active=3)


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


def start(client: httpx.Client, config: dict[str, Any]) -> str:
    answer = client.post("/api/runs", json=config)
    assert answer.status_code == 201, answer.text
    return f"/api/runs/{answer.json()['id']}"


def ended(client: httpx.Client, lab: Lab, config: dict[str, Any]) -> str:
    """A run that has ended and is settled."""
    address = start(client, config)
    while lab.manager._queue.snapshot():
        time.sleep(0.005)
    return address


def change(client: httpx.Client, address: str, **given: Any) -> dict[str, Any]:
    answer = client.patch(address, json=given)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("config", [{"steps": 2}, LONG], ids=["ended", "running"])
def test_a_run_is_named_and_a_note_made(
    client: httpx.Client, lab: Lab, config: dict[str, Any]
) -> None:
    address = start(client, config) if config is LONG else ended(client, lab, config)
    told = client.get(address).json()
    assert (told["name"], told["note"], told["share"], told["own"]) == ("", "", None, True)
    told = change(client, address, name="  β without \n decay ", note="\nfirst\nsecond ")
    assert (told["name"], told["note"]) == ("β without decay", "first\nsecond")
    assert change(client, address, note="")["name"] == "β without decay"
    assert change(client, address)["note"] == ""
    if config is LONG:
        client.post(f"{address}/stop")
        while lab.manager._queue.snapshot():
            time.sleep(0.005)
    told = client.get("/api/runs").json()[0]
    assert told["name"] == "β without decay", "the end of the run does not undo it"
    assert client.get(f"{address}/export").json()["name"] == "β without decay"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "x" * 81}, "name"),
        ({"note": "x" * 2001}, "note"),
        ({"name": 3}, "name"),
        ({"name": None}, "name"),
        ({"note": ["x"]}, "note"),
        ({"shared": "yes"}, "shared"),
        ({"shared": 1}, "shared"),
        ({"share": "a-token-of-my-own"}, "share"),
        ({"state": "finished"}, "state"),
        ({"name": "good", "visitor": "bert"}, "visitor"),
    ],
)
def test_what_cannot_be_said_of_a_run(
    client: httpx.Client, lab: Lab, given: dict[str, Any], field: str
) -> None:
    address = ended(client, lab, {"steps": 1})
    before = client.get(address).json()
    answer = client.patch(address, json=given)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    assert client.get(address).json() == before


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(max_size=120), note=st.text(max_size=60))
def test_any_words_come_back_or_are_refused(
    client: httpx.Client, lab: Lab, name: str, note: str
) -> None:
    runs = client.get("/api/runs").json()
    address = f"/api/runs/{runs[0]['id']}" if runs else start(client, {"steps": 1})
    body = json.dumps({"name": name, "note": note}).encode()
    answer = client.patch(address, content=body, headers={"content-type": "application/json"})
    if any("\ud800" <= sign <= "\udfff" for sign in name + note) or len(name) > 80:
        assert answer.status_code == 422
        return
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"].split() == name.split()
    assert answer.json()["note"] == note.strip()


def test_a_link_shares_a_run_for_reading_alone(client: httpx.Client, lab: Lab) -> None:
    address = ended(client, lab, {"steps": 3})
    token = change(client, address, shared=True)["share"]
    assert len(token) >= 20 and token not in address
    assert change(client, address, shared=True)["share"] == token, "it is shared already"
    shared = f"/api/runs/{token}"
    told = client.get(shared, headers=BERT).json()
    own = client.get(address).json()
    assert told == {**own, "own": False} and own["own"] is True
    reports = client.get(f"{address}/reports").json()
    assert client.get(f"{shared}/reports", headers=BERT).json() == reports
    assert client.get(f"{shared}/export", headers=BERT).json()["reports"] == reports
    assert client.get(f"{shared}/events", headers=BERT).text.count("event: report") == 3
    assert client.get("/api/runs", headers=BERT).json() == []
    for reader in (ANNA, BERT):
        for wish in WISHES:
            assert client.post(f"{shared}/{wish}", headers=reader).status_code == 404
        for said in ({"name": "bert was here"}, {"shared": False}):
            assert client.patch(shared, json=said, headers=reader).status_code == 404
        assert client.delete(shared, headers=reader).status_code == 404
    for path in READS:
        assert client.get(address + path, headers=BERT).status_code == 404, "the id shares nothing"
        assert client.get(f"/api/runs/{token[:-1]}{path}", headers=BERT).status_code == 404
        assert client.get(f"/api/timings/{token}", headers=BERT).status_code == 404
    change(client, address, shared=False)
    for path in READS:
        assert client.get(shared + path, headers=BERT).status_code == 404
    assert change(client, address, shared=True)["share"] != token, "the old link stays dead"
    assert client.get(shared, headers=BERT).status_code == 404


def test_a_run_that_goes_on_is_followed_by_its_link(client: httpx.Client) -> None:
    address = start(client, {"steps": 12, "seconds": 0.05})
    token = change(client, address, shared=True)["share"]
    with client.stream("GET", f"/api/runs/{token}/events", headers=BERT) as answer:
        heard = answer.read().decode()
    assert heard.count("event: report") == 12
    assert '"state":"finished"' in heard.rpartition("event: state")[2]


def test_what_is_taken_back_ends_the_readers_stream(client: httpx.Client) -> None:
    address = start(client, LONG)
    token = change(client, address, shared=True)["share"]
    with client.stream("GET", f"/api/runs/{token}/events", headers=BERT) as answer:
        lines = answer.iter_lines()
        assert next(lines)
        change(client, address, shared=False)
        assert "event: error" in list(lines)


def test_a_deleted_run_takes_its_link_along(client: httpx.Client, lab: Lab) -> None:
    address = ended(client, lab, {"steps": 1})
    token = change(client, address, shared=True)["share"]
    client.delete(address)
    assert client.get(f"/api/runs/{token}", headers=BERT).status_code == 404


@pytest.mark.parametrize("key", ["", "%00", "null", "x" * 5000, "' OR 1=1 --", "%F0%9F%8C%8A"])
def test_no_token_opens_what_is_not_shared(client: httpx.Client, lab: Lab, key: str) -> None:
    ended(client, lab, {"steps": 1})
    for path in READS:
        assert client.get(f"/api/runs/{key}{path}", headers=BERT).status_code in (200, 404)
    assert client.get("/api/runs", headers=BERT).json() == []


def test_one_visitor_cannot_take_the_whole_queue(client: httpx.Client) -> None:
    addresses = [start(client, LONG) for _ in range(3)]
    refused = client.post("/api/runs", json=LONG)
    assert refused.status_code == 429
    assert "3 jobs that have not ended" in refused.json()["detail"]
    assert int(refused.headers["retry-after"]) >= 1
    timing = client.post("/api/timings", json={"variants": ["silu"], "elements": [256]})
    assert timing.status_code == 429, "of either kind"
    assert client.post("/api/runs", json=LONG, headers=BERT).status_code == 201
    client.post(f"{addresses[1]}/stop")
    start(client, LONG)


def test_the_list_tells_what_a_row_of_a_table_needs(client: httpx.Client, lab: Lab) -> None:
    steps = 500
    ended(client, lab, {"steps": steps, "seed": 3})
    row = client.get("/api/runs").json()[0]
    numbers = random.Random(3)
    whole = [numbers.random() for _ in range(steps)]
    assert len(row["sparkline"]) == 40
    assert (row["sparkline"][0], row["sparkline"][-1]) == (whole[0], whole[-1])
    places = [whole.index(number) for number in row["sparkline"]]
    gaps = [later - sooner for sooner, later in pairwise(places)]
    assert set(gaps) == {12, 13}, "evenly spread"
    assert row["device"] == "cpu"
    assert row["summary"] == {"reports": steps, "last": steps - 1}
    assert 0 < row["elapsed_seconds"] < 600 and row["state"] == "finished"
    assert row["host"]["versions"]["swishdemo"] == swishdemo.__version__
    assert row["host"]["versions"]["torch"] and row["host"]["cpu"] and row["host"]["cores"] >= 1
    ended(client, lab, {"steps": 7, "seed": 1, "mode": "nan"})
    assert client.get("/api/runs").json()[0]["sparkline"] == []


def test_a_sparkline_grows_while_the_run_goes_on(client: httpx.Client, lab: Lab) -> None:
    address = start(client, {"steps": 60, "seconds": 0.01})
    lengths = set()
    while (told := client.get(address).json())["state"] == "running":
        assert len(told["sparkline"]) == min(told["reports"], 40)
        lengths.add(len(told["sparkline"]))
    assert len(lengths) > 2


def test_the_sparkline_of_a_real_run_is_its_loss(tmp_path: Path) -> None:
    trace = kinds()["run"].trace
    assert trace("Report", {"loss": [1.0, None, 2.0]}) == 1.5
    assert trace("Report", {"loss": [None, None]}) is None
    assert trace("Report", {"loss": [float("nan"), 3.0]}) == 3.0
    assert trace("HostCard", {"loss": [1.0]}) is None


def test_all_of_it_outlives_the_server(tmp_path: Path) -> None:
    lab = fake_lab(tmp_path)
    job = lab.manager.submit("run", {"steps": 3}, "anna")
    while lab.manager._queue.snapshot():
        time.sleep(0.005)
    lab.manager.annotate(job.id, "anna", {"name": "mine", "note": "n", "shared": True})
    before = lab.manager.get(job.id)
    lab.manager.close()
    again = fake_lab(tmp_path).manager
    assert again.get(job.id, "anna") == before and before.share
    assert again.get(before.share, "bert") == before
    again.close()


def test_what_is_said_at_the_very_end_is_not_lost(lab: Lab) -> None:
    for number in range(30):
        job = lab.manager.submit("run", {"steps": 1}, "anna")
        lab.manager.wait_for(job.id, after=0, timeout=1)
        time.sleep(random.Random(number).random() / 500)
        lab.manager.annotate(job.id, "anna", {"name": f"run {number}"})
        while lab.manager._queue.live(job.id):
            time.sleep(0.001)
        assert lab.manager.get(job.id).name == f"run {number}"


def test_a_locked_store_refuses_and_changes_nothing(lab: Lab) -> None:
    job = lab.manager.submit("run", LONG, "anna")
    connection = lab.manager._store._database.connection
    connection.execute("PRAGMA query_only = 1")
    with pytest.raises(UserError) as caught:
        lab.manager.annotate(job.id, "anna", {"name": "x"})
    connection.execute("PRAGMA query_only = 0")
    assert caught.value.status == 503 and caught.value.key == "jobs.unsaved.write"
    assert lab.manager.get(job.id).name == ""


def test_a_store_that_cannot_be_read_does_not_say_that_it_could_not_be_written(lab: Lab) -> None:
    job = lab.manager.submit("run", LONG, "anna")
    lab.manager._store._database.connection.execute("ALTER TABLE reports RENAME TO lost")
    with pytest.raises(UserError) as caught:
        lab.manager.reports(job.id, "anna")
    lab.manager._store._database.connection.execute("ALTER TABLE lost RENAME TO reports")
    assert caught.value.status == 503 and "cannot be read" in str(caught.value)


def test_a_table_reaches_the_worker_and_no_file(tmp_path: Path) -> None:
    numbers = [3.14159265 + n for n in range(20)]
    text = "".join(f"{number},{n % 2}\n" for n, number in enumerate(numbers))
    table = read({"name": "mine.csv", "text": text})
    kind = replace(fake_kinds()["run"], work="fake_work:sums_of_a_table")
    settings = Settings(data_dir=tmp_path)
    manager = JobManager(settings, Store(tmp_path), ProcessRunner(settings), known={"run": kind})
    job = manager.submit("run", TableConfig(table), "anna")
    while manager._queue.snapshot():
        time.sleep(0.005)
    job = manager.get(job.id)
    train = np.random.RandomState(0).permutation(20)[:16]
    ((_, report),) = manager.reports(job.id)
    assert report["number"] == pytest.approx(sum(numbers[row] for row in train), rel=1e-6)
    assert job.config["csv"] == table.as_json() and job.config["csv"]["rows"] == 20
    manager.close()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert table.digest.encode() in b"".join(files), "what is kept of it"
    assert b"14159265" not in b"".join(files), "and what is not"
