"""A run or a timing as a file, from its start to what is read from the file."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import torch
from api_server import ANNA, BERT, serving
from test_timing_report import rows, tables

from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.timing import Measurement
from swishdemo.timing.elsewhere import parse
from swishdemo.training import TrainingConfig, reference, replicas
from swishdemo.training.script import script
from swishdemo.ui.lab import Lab

SMALL = {
    "steps": 20,
    "batch": 16,
    "seeds": 2,
    "beta_starts": [0.5, 2.0],
    "width": 4,
    "rivals": ["relu"],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    manager = JobManager.open(settings)
    with (
        serving(Lab(settings, manager, ClaimEvaluator(manager))) as url,
        httpx.Client(base_url=url, headers=ANNA, timeout=60) as client,
    ):
        yield client


def start(client: httpx.Client, **config: Any) -> str:
    answer = client.post("/api/runs", json=SMALL | config)
    assert answer.status_code == 201, answer.text
    return f"/api/runs/{answer.json()['id']}"


def until(client: httpx.Client, address: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + 180
    while (told := client.get(address).json())["state"] not in states:
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
    found: dict[str, Any] = told
    return found


@pytest.fixture(scope="module")
def finished(client: httpx.Client) -> str:
    address = start(client)
    until(client, address, "finished")
    return address


def test_the_weights_of_a_replica_load_into_its_network(
    client: httpx.Client, finished: str
) -> None:
    config = TrainingConfig.of_json(client.get(finished).json()["config"])
    last = client.get(f"{finished}/reports").json()[-1]
    split = config.described().load(config.data)
    for number, row in enumerate(replicas(config)):
        answer = client.get(f"{finished}/export?format=weights&replica={number}")
        assert answer.status_code == 200
        assert f"-replica-{number}-step-20.pt" in answer.headers["content-disposition"]
        network = reference.network(config, row).eval()
        network.load_state_dict(torch.load(io.BytesIO(answer.content), weights_only=True))
        with torch.no_grad():
            right = network(torch.tensor(split.test_inputs)).argmax(1).numpy() == split.test_labels
        assert right.mean() == pytest.approx(last["accuracy"][number], abs=1e-6)


def test_weights_are_no_report(client: httpx.Client, finished: str) -> None:
    told = client.get(finished).json()
    reports = client.get(f"{finished}/reports?after=-1").json()
    assert [report["index"] for report in reports] == list(range(told["reports"]))
    assert all("loss" in report for report in reports)
    assert len(told["sparkline"]) == len(reports)
    events = client.get(f"{finished}/events").text
    assert events.count("event: report") == len(reports)
    for text in (events, client.get(f"{finished}/export").text):
        assert "layouts" not in text and "hidden.0.weight" not in text


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def test_a_table_holds_all_that_is_traced(client: httpx.Client) -> None:
    address = start(
        client, network="mlp", depth=2, rivals=["prelu"], train_parameters=True, steps=20
    )
    until(client, address, "finished")
    reports = client.get(f"{address}/reports").json()
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/export?format=csv").text)))
    count = len(reports[-1]["loss"])
    assert len(rows) == count * len(reports)
    last, told = rows[-count:], reports[-1]
    (trace,) = [each for each in told["parameters"] if each["activation"] == "prelu"]
    for replica, row in enumerate(last):
        own = replica < trace["first"]
        for layer in (1, 2):
            assert number(row[f"dead_{layer}"]) == told["layers"]["dead"][layer - 1][replica]
            learned = row[f"prelu_{trace['parameter']}_{layer}"]
            if own:
                assert learned == ""
                assert number(row[f"beta_{layer}"]) == told["beta"][layer - 1][replica]
                assert number(row[f"convergence_{layer}"]) == told["convergence"][layer - 1]
            else:
                wanted = trace["values"][layer - 1][replica - trace["first"]]
                assert number(learned) == wanted
                assert row[f"convergence_{layer}"] == ""
        assert number(row["weight_norm_3"]) == told["layers"]["weight_norm"][2][replica]


def test_who_has_no_weights_is_told_so(client: httpx.Client, finished: str) -> None:
    answer = client.get(f"{finished}/export?format=weights&replica=6")
    assert answer.status_code == 404 and "from 0 to 5" in answer.json()["detail"]
    for format in ("weights", "code"):
        stranger = client.get(f"{finished}/export?format={format}", headers=BERT)
        assert stranger.status_code == 404
    blocking = start(client, steps=5000, network="mlp", width=64)
    until(client, blocking, "running")
    waiting = start(client)
    answer = client.get(f"{waiting}/export?format=weights")
    assert answer.status_code == 409 and "no weights yet" in answer.json()["detail"]
    client.post(f"{waiting}/stop")
    answer = client.get(f"{waiting}/export?format=weights")
    assert answer.status_code == 404 and "No weights were saved" in answer.json()["detail"]
    client.delete(blocking)


def test_a_stopped_run_has_the_weights_of_its_last_look(client: httpx.Client) -> None:
    address = start(client, steps=5000)
    while len(client.get(f"{address}/reports").json()) < 12:
        time.sleep(0.1)
    client.post(f"{address}/stop")
    answer = client.get(f"{address}/export?format=weights&replica=2")
    name = answer.headers["content-disposition"]
    step = int(name.partition("-step-")[2].partition(".pt")[0])
    looked = [r["step"] for r in client.get(f"{address}/reports").json() if r["layers"]]
    assert step >= looked[-1] > 0  # weights are there a moment before their report
    assert torch.load(io.BytesIO(answer.content), weights_only=True)


def test_the_script_is_that_of_the_run(client: httpx.Client, finished: str) -> None:
    answer = client.get(f"{finished}/export?format=code")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/x-python")
    assert answer.headers["content-disposition"].endswith('.py"')
    told = client.get(finished).json()
    last = client.get(f"{finished}/reports").json()[-1]
    assert answer.text == script(told["config"], last)
    compile(answer.text, "run.py", "exec")


def test_a_table_is_no_part_of_the_script(client: httpx.Client) -> None:
    rows = "\n".join(f"{n}.625,{n % 3}" for n in range(60))
    given = {"dataset": "csv", "csv": f"a,label\n{rows}", "network": "mlp"}
    address = start(client, **given)
    until(client, address, "finished")
    text = client.get(f"{address}/export?format=code").text
    assert "sys.argv[1]" in text and "17.625" not in text


def test_a_timing_is_exported_in_each_format_and_read_back(client: httpx.Client) -> None:
    asked = {"variants": ["relu", "silu"], "elements": [256, 1024], "budget_seconds": 0.05}
    address = f"/api/timings/{client.post('/api/timings', json=asked).json()['id']}"
    until(client, address, "finished")
    told = client.get(address).json()

    whole = client.get(f"{address}/export")
    assert whole.headers["content-type"].startswith("application/json")
    assert whole.json() == client.get(f"{address}/export?format=json").json() == told
    read = parse(whole.text)
    not_read = dict.fromkeys(
        (
            "max_error",
            "preparation_seconds",
            "build_seconds",
            "limit_stream",
            "copy_limit_interval_seconds",
        )
    ) | {"calls_per_block": 0}
    assert read.measurements == tuple(
        replace(m, **not_read) for m in map(Measurement.from_json, told["measurements"])
    )
    assert read.name == told["host"]["cpu"]

    table = client.get(f"{address}/export?format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [float(row["median_seconds"]) for row in rows(table.text)] == [
        m["median_seconds"] for m in told["measurements"]
    ]
    report = client.get(f"{address}/export?format=markdown")
    assert report.headers["content-type"] == "text/markdown; charset=utf-8"
    assert report.headers["content-disposition"].endswith('.md"')
    assert len(tables(report.text)) == 3 and "F.silu" in report.text
    assert "× F.relu" in report.text
    other = client.get(f"{address}/export?format=markdown&baseline=silu")
    assert "× F.silu" in other.text and "× F.relu" not in other.text
    table = client.get(f"{address}/export?format=csv&baseline=silu")
    assert {row["baseline"] for row in rows(table.text)} == {"silu"}
    assert {row["host_cpu"] for row in rows(table.text)} == {told["host"]["cpu"]}
    for form in ("csv", "markdown"):
        refused = client.get(f"{address}/export?format={form}&baseline=nosuch")
        assert refused.status_code == 422 and "“nosuch” is unknown" in refused.text

    assert client.get(address, headers=BERT).status_code == 404
    shared = client.patch(address, json={"shared": True, "name": "two sizes"}).json()
    assert (shared["name"], shared["own"]) == ("two sizes", True)
    link = f"/api/timings/{shared['share']}"
    assert client.get(link, headers=BERT).json()["measurements"] == told["measurements"]
    assert client.patch(link, json={"name": "mine"}, headers=BERT).status_code == 404
    client.patch(address, json={"shared": False})
    assert client.get(link, headers=BERT).status_code == 404

    for hostile in ("weights", "CSV", "", "../../etc/passwd", "json%00", "x" * 5000):
        assert client.get(f"{address}/export?format={hostile}").status_code == 422
    assert client.get(f"{address}/export", headers=BERT).status_code == 404
    assert client.get("/api/timings/nobody/export").status_code == 404
    run = address.replace("timings", "runs")
    assert client.get(f"{run}/export?format=csv").status_code == 404
    json.dumps(told, allow_nan=False)
