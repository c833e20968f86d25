"""Sweeps: what is refused, what each run gives, and what becomes of a sweep that is cut short."""

from __future__ import annotations

import csv
import gc
import io
import json
import math
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from api_server import ANNA, BERT, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stored import changed

from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.errors import UserError
from swishdemo.figures.comparison import effects_figure
from swishdemo.formats import dump
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import kinds, rows_of
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.records import reports_of, sweep_as_json, told, understood
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Sentence
from swishdemo.ticks import Progress
from swishdemo.training import Report, TrainingConfig, replicas, summarise
from swishdemo.training.probes import Viewer
from swishdemo.training.request import parse_run
from swishdemo.training.run import sweep, train
from swishdemo.training.sweep import (
    MOST_RUNS,
    SAME_IN_ALL,
    SweepRequest,
    grid_of,
    settings_of,
    value_told,
)
from swishdemo.training.sweep_results import (
    SweepRow,
    as_csv,
    as_markdown,
    effects,
    row_of,
    runs_table,
    stored,
)
from swishdemo.ui.lab import Lab
from swishdemo.ui.several_runs import SweepView, what
from swishdemo.ui.train import _Tab, shown_value

HERE = Settings()
FIELDS = TrainingConfig.fields(HERE)
BASE = {
    **{"network": "mlp", "depth": 1, "width": 4, "steps": 12, "batch": 16, "seeds": 2},
    **{"beta_starts": [0.5, 2.0], "rivals": ["relu"], "test_share": 0.5},
}


def parsed(grid: Any, base: Any = BASE, here: Settings = HERE) -> SweepRequest:
    return SweepRequest.parse({"base": base, "grid": grid}, here)


def refused(given: Any, here: Settings = HERE) -> UserError:
    with pytest.raises(UserError) as caught:
        SweepRequest.parse(given, here)
    for language in LANGUAGES:
        assert 0 < len(caught.value.sentence(language)) < 900
    return caught.value


# What may be asked for.


def test_a_grid_is_all_combinations_the_last_field_the_fastest() -> None:
    request = parsed({"depth": [1, 2], "seed+data_seed": [[0, 0], [7, 8]]})
    assert [request.values(run) for run in range(4)] == [
        {"depth": depth, "seed": seed, "data_seed": data}
        for depth, (seed, data) in product([1, 2], [(0, 0), (7, 8)])
    ]
    assert request.steps == (12,) * 4
    assert json.loads(json.dumps(request.as_json())) == request.as_json()
    assert SweepRequest.stored(request.as_json()) == request


def test_what_the_grid_says_counts_and_what_does_not_fit_is_fitted_run_by_run() -> None:
    request = parsed({"depth": [2, 3]}, {**BASE, "depth": 500})
    assert [request.config(run).depth for run in (0, 1)] == [2, 3]
    networks = [
        each.network for each in map(parsed({"dataset": ["digits", "spiral"]}, {}).config, (0, 1))
    ]
    assert networks == ["cnn", "mlp"]


@pytest.mark.parametrize(
    ("given", "key", "words"),
    [
        (None, "not_an_object", ""),
        ([], "not_an_object", ""),
        ({"base": {}}, "no_grid", "at least one field"),
        ({"grid": {}}, "no_grid", ""),
        ({"grid": [1]}, "no_grid", ""),
        ({"grid": {"lr": [0.1]}, "base": [1]}, "run", "Run 1 of 1 (lr = 0.1): A run is"),
        ({"grid": {"csv": ["a"]}}, "same_in_all", "csv is the same"),
        ({"grid": {"seed+device": [[1, "cpu"]]}}, "same_in_all", "device is the same"),
        ({"grid": {"seed+seed": [[1, 1]]}}, "twice", "seed is in the grid twice"),
        ({"grid": {"seed": [1], "seed+lr": [[1, 1]]}}, "twice", "seed"),
        ({"grid": {"seed+lr": [1, 2]}}, "together", "a list of 2 values"),
        ({"grid": {"seed+lr": [[1, 2, 3]]}}, "together", ""),
        ({"grid": {"seed": list(range(65))}}, "too_many_runs", "65 values are 65 runs"),
        ({"grid": {"seed": [1, 2] * 9, "depth": [1] * 9}}, "too_many_runs", "18 × 9"),
        ({"grid": {"depth": [2, 500]}}, "run", "Run 2 of 2 (depth = 500): depth is 500; it must"),
        ({"grid": {"lr": [0.1]}, "base": {"steps": -1}}, "run", "steps is -1"),
        ({"grid": {"lr": [0.1]}, "base": {"recipe": "x"}}, "run", "recipe “x” is unknown"),
        ({"grid": {"lr": [1, 1.0]}}, "same", "Runs 1 and 2 are the same (lr = 1)"),
        ({"grid": {"noise": [0.0, -0.0]}}, "same", ""),
        ({"grid": {"rivals": [["relu"], ["relu", "relu"]]}}, "same", "rivals = relu relu"),
        ({"grid": {"activation": ["=x*tanh(x)", " = x*tanh(x) "]}}, "same", ""),
    ],
)
def test_a_sweep_is_refused_whole(given: Any, key: str, words: str) -> None:
    error = refused(given)
    assert error.key == f"sweep.error.{key}" and words in str(error), str(error)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"grid": {"depths": [1]}}, "unknown_field"),
        ({"grid": {"": [1]}}, "unknown_field"),
        ({"grid": {"seed+": [[1, 1]]}}, "unknown_field"),
        ({"grid": {"recipe": ["adam"]}}, "unknown_field"),
        ({"grid": {"lr": [0.1]}, "steps": 3}, "unknown_field"),
        ({"grid": {"lr": 0.1}}, "not_a_list"),
        ({"grid": {"lr": "0.1, 0.2"}}, "not_a_list"),
        ({"grid": {"lr": []}}, "empty"),
        ({"grid": {"activation": [f"=x*{n}" for n in range(1, 6)]}}, "formulas"),
    ],
)
def test_what_the_grid_is_not(given: Any, key: str) -> None:
    assert refused(given).key == f"error.{key}"


def test_all_runs_together_have_a_budget() -> None:
    count = 12 * 6 * 3
    few = replace(HERE, max_sweep_steps=count)
    assert len(parsed({"depth": [1, 2, 3]}, here=few).changes) == 3
    error = refused(
        {"base": BASE, "grid": {"depth": [1, 2, 3]}}, replace(few, max_sweep_steps=count - 1)
    )
    assert error.key == "sweep.error.too_much"
    assert "3 runs take 216 steps" in str(error) and "215 are allowed" in str(error)


def test_a_table_is_read_once_for_all_and_is_not_told() -> None:
    table = "a,b\n" + "".join(f"{n / 8},{n % 2}\n" for n in range(40))
    request = parsed({"lr": [0.1, 0.2], "depth": [1, 2]}, {"csv": table, "steps": 3})
    assert len({id(request.config(run).csv) for run in range(4)}) == 1
    assert request.base.csv is not None and request.base.csv.text
    assert "0.125" not in json.dumps(request.as_json())
    assert [request.config(run).batch for run in range(4)] == [32] * 4


VALUES: dict[str, list[Any]] = {
    "depth": [1, 2, 3, 0, 101, 2.0, "2", None, True, 10**400],
    "lr": [0.1, 1, 0, -1, 11, math.nan, math.inf, [], {}],
    "normalisation": ["none", "batch", "group", "\ud800", "x" * 10_000],
    "rivals": [[], ["relu"], ["relu", "gelu"], ["swish"], "relu", [[]]],
    "shuffled_labels": [True, False, 0, None],
    "batch": [1, 16, 1438],
    "seeds": [1, 40, 128],
}


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(VALUES)), st.lists(st.integers(0, 9), max_size=5), max_size=3
    ),
    st.sampled_from([{}, {"network": "mlp"}, {"seeds": 40}, {"lr": 99}]),
)
def test_a_grid_is_taken_where_each_of_its_runs_alone_would_be(places: Any, base: Any) -> None:
    grid = {
        name: [VALUES[name][place] for place in chosen if place < len(VALUES[name])]
        for name, chosen in places.items()
    }
    cells = [dict(zip(grid, cell, strict=True)) for cell in product(*grid.values())]
    configs: list[TrainingConfig] = []
    allowed = bool(grid) and 0 < len(cells) <= MOST_RUNS
    try:
        for cell in cells if allowed else ():
            configs.append(parse_run({**base, **cell}, HERE))
    except UserError:
        allowed = False
    work = sum(len(replicas(config)) * config.steps for config in configs)
    allowed = allowed and len(set(configs)) == len(cells) and work <= HERE.max_sweep_steps
    asked = {"base": base, "grid": grid}
    if not allowed:
        refused(asked)
        return
    request = SweepRequest.parse(asked, HERE)
    assert [request.config(run) for run in range(len(cells))] == configs
    assert SweepRequest.stored(json.loads(json.dumps(request.as_json()))) == request


# What is typed.


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_is_told_of_values_can_be_typed(data: st.DataObject) -> None:
    good = {
        "depth": st.integers(1, 100),
        "lr": st.floats(0, 10).map(lambda value: float(f"{value:.6g}")),
        "normalisation": st.sampled_from(FIELDS["normalisation"].choices),
        "activation": st.sampled_from(["swish", "relu", "=max(x, beta*x)"]),
        "rivals": st.lists(st.sampled_from(["relu", "gelu", "=x*tanh(x)"]), unique=True),
        "beta_starts": st.lists(st.sampled_from([-1.5, 0.25, 1.0, 20.0]), min_size=1, unique=True),
        "amp": st.booleans(),
    }
    name = data.draw(st.sampled_from(sorted(good)))
    values = data.draw(st.lists(good[name], min_size=1, max_size=4))
    between, is_ = (
        data.draw(st.sampled_from([",", ", ", "，", " , "])),
        data.draw(st.sampled_from("=:")),
    )
    line = f"{name} {is_} {between.join(map(value_told, values))}"
    assert grid_of(["", line, "  "], FIELDS) == {name: values}
    assert settings_of([f"{name}={value_told(values[0])}"], FIELDS) == {name: values[0]}


def test_fields_that_change_together_are_typed_with_a_plus() -> None:
    lines = ["seed + data-seed = 0, 1, 2+3", "network+depth: mlp+2, cnn + 3"]
    assert grid_of(lines, FIELDS) == {
        "seed+data_seed": [[0, 0], [1, 1], [2, 3]],
        "network+depth": [["mlp", 2], ["cnn", 3]],
    }
    for lines in (["depth"], ["= 3"], ["depth=1", "depth=2"]):
        with pytest.raises(UserError):
            grid_of(lines, FIELDS)
    assert refused({"grid": grid_of(["depth ="], FIELDS)}).key == "error.empty"
    assert refused({"grid": grid_of(["seed+lr = 1+2+3"], FIELDS)}).key == "sweep.error.together"
    assert refused({"grid": grid_of(["depth = 2, deep"], FIELDS)}).field == "depth"


# What each run gives.

WILD = {**BASE, "depth": 2, "init_scale": 10, "width": 64}


@pytest.fixture(scope="module")
def trained() -> tuple[SweepRequest, list[SweepRow], list[int]]:
    """A sweep of which some runs fail, in this process: its rows, and the progress it told."""
    request = parsed({"lr": [0.05, 10.0], "steps": [12, 40]}, WILD)
    items = list(sweep(request))
    rows = [item for item in items if isinstance(item, SweepRow)]
    return request, rows, [item.step for item in items if isinstance(item, Progress)]


def test_each_run_gives_what_it_gives_alone(trained: Any) -> None:
    request, rows, _ = trained
    assert [row.index for row in rows] == [0, 1, 2, 3]
    states = []
    for row in rows:
        config, failure = request.config(row.index), None
        reports: list[Report] = []
        try:
            for item in train(config):
                reports += [item] if isinstance(item, Report) else []
        except UserError as error:
            failure = error.sentence("en")
        last = reports[-1]
        assert (row.accuracy, row.loss, row.test_loss) == (last.accuracy, last.loss, last.test_loss)
        assert row.diverged == last.diverged and row.replicas == replicas(config)
        looks = [report.layers for report in reports if report.layers]
        assert row.dead == (() if failure else looks[-1].dead)
        assert row.first_gradient_norm == looks[0].gradient_norm
        assert row.beta == last.beta and len(row.beta) == 2 and len(row.beta[0]) == 4
        alone = summarise(config, reports)
        assert alone and row.summary
        for summary in (alone, row.summary):
            summary["elapsed_seconds"] = 0.0
            for each in summary["activations"] if failure else ():
                each["dead"] = None  # it was not looked at where it failed
        assert row.summary == alone
        assert (row.state, row.failure) == ("failed" if failure else "finished", failure)
        states.append(row.state)
    assert states == ["finished", "finished", "failed", "failed"], "of each some are tried"


def test_no_picture_is_made_that_nobody_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Viewer, "views", lambda *_: pytest.fail("pictures of a sweep's run"))
    request = parsed({"depth": [1, 2]}, {**BASE, "threads": 1})
    assert len([item for item in sweep(request) if isinstance(item, SweepRow)]) == 2


def test_a_row_tells_beta_where_it_is_trained_alone() -> None:
    request = parsed({"beta_scope": ["fixed", "network"]}, {**WILD, "steps": 5})
    rows = [item for item in sweep(request) if isinstance(item, SweepRow)]
    assert rows[0].beta == () and len(rows[1].beta) == 2


def test_progress_rises_to_all_steps(trained: Any) -> None:
    request, rows, told = trained
    assert told == sorted(told) and len(told) > 20
    assert [row.behind for row in rows] == [12, 52, 64, 104] and sum(request.steps) == 104


def test_a_row_is_read_again_as_it_was_stored(trained: Any) -> None:
    request, rows, _ = trained
    whole = request.as_json()
    for row in rows:
        record = json.loads(json.dumps(row.as_json()))
        assert stored(record, whole) == record
        older = {name: value for name, value in record.items() if name != "beta"}
        assert stored(older, whole) == {**record, "beta": []}
        with pytest.raises(ValueError, match="other networks"):
            stored({**record, "beta": [[1.0]]}, whole)
        strangers = [{**replica, "activation": "swish9"} for replica in record["replicas"]]
        for change in (
            *({"index": 4}, {"index": -1}, {"state": "lost"}, {"behind": None}),
            *({"values": {"lr": 3}}, {"values": {}}, {"values": {**row.values, "depth": 1}}),
            *({"accuracy": [0.5]}, {"dead": [[0.5]]}, {"loss": ["x"]}, {"failure_reason": {}}),
            *({"replicas": [3]}, {"replicas": []}, {"replicas": strangers}),
        ):
            with pytest.raises(ValueError):
                stored({**record, **change}, whole)


def test_a_sweep_that_is_closed_leaves_nothing_behind() -> None:
    threads = torch.get_num_threads()
    running = sweep(parsed({"depth": [1, 2]}, {**BASE, "threads": 1}))
    assert next(item for item in running if isinstance(item, Progress)).step == 0
    assert gc.get_freeze_count()
    running.close()  # type: ignore[attr-defined]
    assert torch.get_num_threads() == threads and gc.get_freeze_count() == 0


def test_effects_are_means_over_all_other_values(trained: Any) -> None:
    request, rows, _ = trained
    records = [row.as_json() for row in rows]
    first, second = effects(request.as_json(), records)
    assert (first.fields, second.fields) == (("lr",), ("steps",))
    assert [level.values for level in first.levels] == [(0.05,), (10.0,)]
    assert [(level.runs, level.failed) for level in first.levels] == [(2, 0), (2, 2)]
    for effect in (first, second):
        for level in effect.levels:
            here = [
                row for row in rows if tuple(row.values[n] for n in effect.fields) == level.values
            ]
            for found in level.activations:
                name = found.activation or "swish"
                members = [
                    pair
                    for row in here
                    for replica, *pair in zip(row.replicas, row.accuracy, row.diverged, strict=True)
                    if replica.activation == name
                ]
                known = [accuracy for accuracy, _ in members if accuracy is not None]
                assert (found.replicas, found.diverged) == (
                    len(members),
                    sum(step is not None for _, step in members),
                )
                assert found.accuracy["mean"] == (
                    pytest.approx(sum(known) / len(known)) if known else None
                )
    own = first.levels[0].activations[0].accuracy["mean"]
    assert first.size == own, "where all have diverged it counts as 0"


def test_the_files_of_a_sweep_hold_all_of_it(trained: Any) -> None:
    request, rows, _ = trained
    whole, records = request.as_json(), [row.as_json() for row in rows]
    found = list(csv.DictReader(io.StringIO(as_csv(whole, records))))
    assert len(found) == sum(len(row.replicas) for row in rows) == 24
    for line in found:
        row = rows[int(line["run"]) - 1]
        number = int(line["replica"])
        assert float(line["lr"]) == row.values["lr"] and line["state"] == row.state
        for name in ("accuracy", "loss", "test_loss"):
            told = getattr(row, name)[number]
            assert (float(line[name]) if line[name] else None) == told
        for layer, betas in enumerate(row.beta, 1):
            ended = betas[number] if number < len(betas) else None  # a rival has none
            assert line[f"beta_{layer}"] == ("" if ended is None else str(ended))
        assert line["replica_activation"] == row.replicas[number].activation
        assert line["failure"] == (row.failure or "")
    for language in LANGUAGES:
        told = as_markdown(whole, records, language)
        lines = [line for line in told.splitlines() if line.startswith("|")]
        assert len(lines) == (2 + 4) + 2 * (2 + 2)
        assert all(
            line.replace("\\|", "").count("|") == lines[0].replace("\\|", "").count("|")
            for line in lines[:6]
        )
        assert len(runs_table(whole, records, language).notes) == 2
    assert runs_table(whole, []).rows == () and as_csv(whole, []).startswith("run,lr,steps,state")


def test_the_picture_has_a_row_for_each_value_the_largest_effect_first(trained: Any) -> None:
    request, rows, _ = trained
    whole, records = request.as_json(), [row.as_json() for row in rows]
    drawn = effects_figure(whole, effects(whole, records), "zh")
    json.dumps(drawn, allow_nan=False)
    names = drawn["layout"]["yaxis"]["ticktext"]
    assert names == ["<b>学习率</b>", "0.05", "10", "<b>步数</b>", "12", "40"]
    own, rival = drawn["data"]
    assert (own["name"], rival["name"]) == ("Swish", "ReLU")
    assert [round(place) for place in own["y"]] == [1, 4, 5], "where all diverged there is no mark"
    low, high = drawn["layout"]["xaxis"]["range"]
    for trace in drawn["data"]:
        for mean, spread in zip(trace["x"], trace["error_x"]["array"], strict=True):
            assert low <= mean - spread and mean + spread <= high
    lost = {note["y"]: note["text"] for note in drawn["layout"]["annotations"]}
    assert lost[2] == "× 12/12"
    partly = effects_figure(whole, effects(whole, records[:2]), "en")
    assert partly["layout"]["yaxis"]["ticktext"] == ["<b>Steps</b>", "12", "40"]
    json.dumps(effects_figure(whole, effects(whole, records[:1])), allow_nan=False)


# What becomes of the job.


def manager_of(folder: Path, work: str = "fake_work:sweep") -> JobManager:
    here = Settings(data_dir=folder)
    known = {**kinds(), "sweep": replace(kinds()["sweep"], work=work)}
    return JobManager(here, Store(folder), ProcessRunner(here, grace_seconds=1.0), known=known)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[JobManager]:
    made = manager_of(tmp_path)
    yield made
    made.close()


def until(manager: JobManager, job: Job, *states: str, rows: int = 0) -> Job:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        job = manager.get(job.id)
        if job.state in states and job.reports >= rows:
            return job
        time.sleep(0.01)
    raise AssertionError(job)


# To the fake sweep: a network of this width takes its process down, or trains for ever.
DEADLY, ENDLESS = 13, 17


def widths(*values: int) -> dict[str, Any]:
    return {"base": BASE, "grid": {"width": list(values)}}


def test_a_killed_worker_costs_its_run_and_no_other(manager: JobManager) -> None:
    job = until(
        manager, manager.submit("sweep", widths(1, DEADLY, 2, 3), "anna"), "finished", "failed"
    )
    assert job.state == "finished" and (job.step, job.steps) == (48, 48)
    assert job.summary == {"runs": 4, "finished": 3, "failed": 1}
    rows = [row for _, row in manager.reports(job.id)]
    assert [(row["index"], row["state"]) for row in rows] == [
        *((0, "finished"), (1, "failed"), (2, "finished"), (3, "finished"))
    ]
    assert "SIGKILL" in rows[1]["failure"] and rows[1]["accuracy"] == []


def test_the_last_run_may_be_the_one_that_dies(manager: JobManager) -> None:
    job = until(manager, manager.submit("sweep", widths(1, DEADLY), "anna"), "finished", "failed")
    assert job.state == "finished" and job.summary == {"runs": 2, "finished": 1, "failed": 1}


def test_a_stop_stops_all_and_keeps_the_rows(manager: JobManager) -> None:
    job = until(manager, manager.submit("sweep", widths(1, ENDLESS, 2), "anna"), "running", rows=1)
    while manager.get(job.id).step < 17:  # its progress comes through
        time.sleep(0.01)
    for language, words in (("en", "run 2 of 3: Width 17"), ("zh", "第 2 次（共 3 次）：宽度 17")):
        told = SweepView(manager).answer(job.id, "", "anna", language)
        assert (told["line"], told["progress"], told["done"]) == (words, 17 / 36, False)
        assert told["left"] and told["what"] and told["drawn"]["table"]["rows"]
    assert manager.stop(job.id).state == "stopped"
    while manager._queue.snapshot():
        time.sleep(0.01)
    job = manager.get(job.id)
    assert job.summary == {"runs": 3, "finished": 1, "failed": 0} and job.reports == 1
    told = SweepView(manager).answer(job.id, "", "anna", "en")
    assert told["line"] == "stopped; 1 of 3 runs had ended" and told["left"] == ""


def test_it_rests_and_goes_on_run_by_run(manager: JobManager) -> None:
    blocker = manager.submit("sweep", widths(ENDLESS), "anna")
    until(manager, blocker, "running")
    job = manager.submit("sweep", widths(1, 2, 3), "anna")
    manager.pause(blocker.id)
    manager.stop(blocker.id)
    del blocker
    until(manager, job, "finished", rows=3)
    slow = until(manager, manager.submit("sweep", widths(ENDLESS, 1), "anna"), "running")
    manager.pause(slow.id)
    assert until(manager, slow, "paused").reports == 0
    manager.resume(slow.id)
    assert until(manager, slow, "running").reports == 0


def test_a_restart_keeps_what_there_is_and_says_so(tmp_path: Path) -> None:
    first = manager_of(tmp_path)
    done = until(first, first.submit("sweep", widths(1, 2), "anna"), "finished")
    cut = until(first, first.submit("sweep", widths(1, 2, ENDLESS), "anna"), "running", rows=2)
    # What a server leaves behind that is killed: nothing is settled.
    path = tmp_path / "jobs.sqlite"
    while first._queue.live(done.id):
        time.sleep(0.01)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE jobs SET server = 'gone' WHERE id = ?", (cut.id,))
        left = list(database.iterdump())
        (version,) = database.execute("PRAGMA user_version").fetchone()
    first.close()
    other = tmp_path / "again"
    other.mkdir()
    with closing(sqlite3.connect(other / "jobs.sqlite")) as database:
        database.executescript("\n".join(left))
        database.execute(f"PRAGMA user_version = {version}")
        hurt = "json_set(value, '$.accuracy', 3)"
        database.execute(
            f"UPDATE reports SET value = {hurt} WHERE job = ? AND number = 1", (done.id,)
        )
        database.commit()
    again = manager_of(other)
    try:
        told = again.get(cut.id)
        assert (told.state, told.step, told.reports) == ("failed", 24, 2)
        assert told.reason and told.reason.key == "jobs.interrupted"
        assert told.summary == {"runs": 3, "finished": 2, "failed": 0}
        assert [name for name, _ in again.reports(cut.id)] == ["SweepRow"] * 2
        assert again.get(done.id).summary == done.summary and not again.get(done.id).unreadable
        assert [name for name, _ in again.reports(done.id)] == ["SweepRow", "Unreadable"]
    finally:
        again.close()


def check_what_is_damaged(trained: Any, seed: int) -> None:
    """A part of what is stored is another: it is read and told, or says that it cannot be."""
    request, rows, _ = trained
    chance, kind = random.Random(seed), kinds()["sweep"]
    config = json.loads(json.dumps(request.as_json()))
    records = [("SweepRow", json.loads(json.dumps(row.as_json()))) for row in rows]
    summary = {"runs": 4, "finished": 2, "failed": 2}
    match chance.randrange(4):
        case 0:
            config = changed(config, chance)
        case 1:
            summary = changed(summary, chance)
        case _:
            at = chance.randrange(len(records))
            hurt = changed(records[at][1], chance)
            records[at] = ("SweepRow", (hurt if isinstance(hurt, dict) else {}) | {"index": at})
    config, summary = (each if isinstance(each, dict) else {} for each in (config, summary))
    job = understood(Job("x", "sweep", "me", config, 0.0, "finished", summary=summary), kinds())
    read = reports_of(job, kind, records)
    for language in LANGUAGES:
        told = sweep_as_json(job, read, language)
        assert len(told["rows"]) + len(told["lost"]) == 4 and what(job, language)
        dump(told)
    if job.unreadable:
        return
    whole, known = job.config, rows_of(read)
    dump(effects_figure(whole, effects(whole, known)))
    assert as_markdown(whole, known, "zh") and as_csv(whole, known)
    assert kind.steps(whole) and kind.summarise(whole, read)


@pytest.mark.parametrize("first", range(4))
def test_what_is_damaged_is_read_or_says_so(trained: Any, first: int) -> None:
    for seed in range(40 * first, 40 * first + 40):
        check_what_is_damaged(trained, seed)


@pytest.mark.long
@pytest.mark.parametrize("first", range(10, 60))
def test_what_is_damaged_is_read_or_says_so_however_it_is(trained: Any, first: int) -> None:
    for seed in range(40 * first, 40 * first + 40):
        check_what_is_damaged(trained, seed)


@pytest.mark.parametrize(
    "change",
    [
        *({"grid": {}}, {"grid": 3}, {"grid": {"depths": [1]}}, {"runs": []}, {"runs": [3]}),
        *({"runs": [{}]}, {"base": None}, {"base": {}}, {"runs": [{"depth": "x", "lr": 1}]}),
    ],
)
def test_a_stored_sweep_that_makes_no_sense_cannot_be_read(change: dict[str, Any]) -> None:
    whole = parsed({"depth": [1, 2], "lr": [0.1, 0.2]}).as_json()
    with pytest.raises((ValueError, UserError, KeyError, TypeError, AttributeError)):
        SweepRequest.stored({**whole, **change})


# Over REST, with a real worker.


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    here = Settings(data_dir=tmp_path_factory.mktemp("data"))
    manager = JobManager.open(here)
    return Lab(here, manager, ClaimEvaluator(manager))


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[httpx.Client]:
    with (
        serving(lab) as url,
        httpx.Client(base_url=url, headers=ANNA, timeout=60) as client,
    ):
        yield client


def test_events_tell_how_far_a_run_is(manager: JobManager) -> None:
    with (
        serving(Lab(manager.settings, manager, ClaimEvaluator(manager))) as url,
        httpx.Client(base_url=url, headers=ANNA, timeout=60) as client,
    ):
        address = f"/api/sweeps/{client.post('/api/sweeps', json=widths(1, ENDLESS)).json()['id']}"
        with client.stream("GET", f"{address}/events") as answer:
            lines = answer.iter_lines()
            assert any(line == "event: row" for line in lines)
            assert any(line == 'data: {"step":17,"steps":24}' for line in lines)
        client.post(f"{address}/stop")


@pytest.fixture(scope="module")
def finished(client: httpx.Client) -> dict[str, Any]:
    answer = client.post("/api/sweeps", json={"base": BASE, "grid": {"depth": [1, 2]}})
    assert answer.status_code == 201 and answer.json()["runs"] == 2, answer.text
    address = f"/api/sweeps/{answer.json()['id']}"
    deadline = time.monotonic() + 180
    while (told := client.get(address).json())["state"] not in ("finished", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return {"address": address, **told}


def test_a_sweep_from_start_to_files(client: httpx.Client, finished: dict[str, Any]) -> None:
    address, request = finished["address"], parsed({"depth": [1, 2]})
    assert finished["state"] == "finished" and finished["own"] and finished["lost"] == []
    assert (finished["step"], finished["steps"], finished["reports"]) == (24, 24, 2)
    assert finished["config"]["grid"] == {"depth": [1, 2]} and finished["device"] == "cpu"
    assert finished["effects"][0]["fields"] == ["depth"]
    here = [item for item in sweep(request) if isinstance(item, SweepRow)]
    for row, mine in zip(finished["rows"], here, strict=True):
        timeless = {"elapsed_seconds": 0.0, "summary": None}
        assert row | timeless == json.loads(json.dumps(mine.as_json())) | timeless
    reports = client.get(f"{address}/reports?after=0").json()
    assert reports == finished["rows"][1:]
    events = client.get(f"{address}/events").text
    assert events.count("event: row") == 2 and events.count("event: state") == 1
    listed = client.get("/api/sweeps").json()
    assert [each["id"] for each in listed] == [finished["id"]] and "rows" not in listed[0]
    exported = client.get(f"{address}/export")
    assert exported.json()["rows"] == finished["rows"]
    assert "attachment" in exported.headers["content-disposition"]
    found = client.get(f"{address}/export?format=csv").text
    assert found == as_csv(finished["config"], finished["rows"])
    told = client.get(f"{address}/export?format=markdown&lang=zh").text
    assert told == as_markdown(finished["config"], finished["rows"], "zh")
    documented = client.get("/openapi.json").json()["paths"]["/api/sweeps/{job_id}"]["get"]
    schema = documented["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == set(finished) - {"address"}


def test_a_sweep_is_its_owner_s_until_it_is_shared(
    client: httpx.Client, finished: dict[str, Any]
) -> None:
    address = finished["address"]
    for path in ("", "/reports", "/events", "/export"):
        assert client.get(address + path, headers=BERT).status_code == 404
    assert client.get(address.replace("sweeps", "runs")).status_code == 404, "it is no run"
    told = client.patch(address, json={"name": "Depths", "shared": True}).json()
    link = f"/api/sweeps/{told['share']}"
    seen = client.get(link, headers=BERT).json()
    assert (seen["name"], seen["own"], seen["rows"]) == ("Depths", False, finished["rows"])
    assert client.post(f"{link}/stop", headers=BERT).status_code == 404
    client.patch(address, json={"shared": False, "name": ""})
    assert client.get(link, headers=BERT).status_code == 404
    assert client.post(f"{address}/stop").status_code == 409


def test_the_page_is_told_what_is_new(client: httpx.Client, finished: dict[str, Any]) -> None:
    asked = f"/api/sweeps/view?sweep={finished['id']}"
    told = client.get(asked).json()
    assert told["line"].startswith("all 2 runs have ended") and told["own"] and told["done"]
    assert len(told["drawn"]["table"]["rows"]) == 2 and told["drawn"]["figure"]["data"]
    assert [each["id"] for each in told["earlier"]] == [finished["id"]]
    again = client.get(asked, params={"mark": told["mark"], "sweep": finished["id"]}).json()
    assert "drawn" not in again and again["mark"] == told["mark"]
    chinese = client.get(f"{asked}&lang=zh").json()
    assert chinese["what"] == "2 次训练：隐藏层数" and "drawn" in chinese
    assert client.get("/api/sweeps/view").json() == {
        "sweep": None, "done": True, "earlier": told["earlier"]
    }  # fmt: skip
    assert client.get(asked, headers=BERT).status_code == 404
    run = client.post("/api/runs", json={**BASE, "steps": 1}).json()["id"]
    refused = client.get(f"/api/sweeps/view?sweep={run}")
    assert refused.status_code == 404 and "no sweep" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ("Hidden layers: 1, 2\n\nnormalisation = none, BatchNorm", ""),
        ("隐藏层数：1，2", ""),
        ("seed + data_seed = 3, 4", ""),
        ("", "grid must be an object"),
        ("depth = 1, 500", "Run 2 of 2 (depth = 500)"),
        ("<script>", "is not a setting"),
        ("steps = 0", "Run 1 of 1 (steps = 0)"),
        (None, "grid must be an object"),
        ("x" * 100_000, "is not a setting"),
    ],
)
def test_the_page_s_button_begins_a_sweep_of_its_settings(
    client: httpx.Client, lab: Lab, grid: Any, said: str
) -> None:
    table = TrainingConfig.fields(lab.settings)
    tab = _Tab(lab, table, tuple(table))
    values = [shown_value(field.default) for field in table.values()]
    values[list(table).index("steps")] = 3
    request: Any = httpx.Request("GET", "http://x", headers=ANNA)
    given = ("beta-convergence", *values, grid)
    told, marks = tab.begin_sweep(request, *given), tab.check_sweep(request, *given)
    assert len(marks) == len(given)
    wrong = [mark["message"] for mark in marks if not mark["is_valid"]]
    if said:
        assert said in told["error"] and wrong == [told["error"]] and not marks[-1]["is_valid"]
        return
    config = lab.manager.get(told["sweep"]).config
    assert config["base"]["steps"] == 3 and wrong == []
    assert len(config["runs"]) == (4 if "BatchNorm" in grid else 2)
    lab.manager.delete(told["sweep"])


def test_a_refusal_tells_which_run_in_both_languages(client: httpx.Client) -> None:
    asked = {"grid": {"depth": [2, 500]}}
    for language, words in (("en", "Run 2 of 2 (depth = 500)"), ("zh", "第 2 次训练")):
        answer = client.post(f"/api/sweeps?lang={language}", json=asked)
        assert answer.status_code == 422
        (found,) = answer.json()["detail"]
        assert found["loc"] == ["body", "depth"] and found["msg"].startswith(words)
    schema = client.get("/openapi.json").json()["paths"]["/api/sweeps"]["post"]["requestBody"]
    grid = schema["content"]["application/json"]["schema"]["properties"]["grid"]
    assert set(grid["properties"]) == set(FIELDS) - set(SAME_IN_ALL)


def test_a_row_without_a_report_is_told_in_the_reader_s_language() -> None:
    row = row_of(parsed({"depth": [1]}), 0, (), Sentence("jobs.out_of_memory"))
    assert row.state == "failed" and asdict(row)["summary"] is None
    chinese = told("SweepRow", row.as_json(), "zh")["failure"]
    assert chinese != told("SweepRow", row.as_json(), "en")["failure"] == row.failure
