"""What an earlier version has stored, and what is damaged: read, or named, and all else stands."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from contextlib import closing, suppress
from typing import get_args

import pytest
from stored_lab import OWNER, RUN_FORMATS, TIMING_FORMATS, jobs_in, kept, opened
from visiting import eventually

from swishdemo.claims import ClaimEvaluator
from swishdemo.jobs.job import State
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.ui.lab import Lab


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """The app of today on the store of d66b917, and the jobs that were in it."""
    folder = tmp_path_factory.mktemp("past")
    stored = jobs_in(kept(folder))
    with opened(folder) as app:
        yield app, stored
        assert app.broken == []


def ours(stored, kind):
    return [job for job in stored if job["kind"] == kind and job["visitor"] == stored[0]["visitor"]]


def test_every_list_has_what_was_kept(past):
    app, stored = past
    for kind, path in (("run", "/api/runs"), ("timing", "/api/timings")):
        listed = {job["id"]: job for job in app.json(path)}
        assert set(listed) == {job["id"] for job in ours(stored, kind)}
        for job in ours(stored, kind):
            told = listed[job["id"]]
            active = job["state"] in ("waiting", "running", "paused")
            assert told["state"] == ("failed" if active else job["state"])
            assert told["name"] == job["name"] and told["purpose"] == job["purpose"]
            assert "read" not in (told["reason"] or "")
            if active:
                assert told["reason"] == "The server was restarted before this job finished."


def test_every_job_has_its_results_and_its_files(past):
    app, stored = past
    for job in ours(stored, "run"):
        path = f"/api/runs/{job['id']}"
        reports = app.json(f"{path}/reports")
        assert [each["index"] for each in reports] == list(range(len(reports)))
        assert len(reports) == app.json(path)["reports"] >= 3
        assert all(each["loss"] and "reason" not in each for each in reports)
        for form in RUN_FORMATS:
            answer = app.get(f"{path}/export?format={form}")
            assert answer.status_code == 200, (form, answer.text)
        if job["state"] == "finished":
            assert app.json(path)["summary"]["activations"]
    for job in ours(stored, "timing"):
        told = app.json(f"/api/timings/{job['id']}")
        assert told["unreadable"] == []
        if job["state"] == "finished":
            assert all(each["median_seconds"] for each in told["measurements"])
        for form in TIMING_FORMATS:
            baseline = told["config"]["variants"][0]
            answer = app.get(f"/api/timings/{job['id']}/export?format={form}&baseline={baseline}")
            assert answer.status_code == 200, (form, answer.text)


def test_the_run_that_a_crash_cut_short_is_summed_up(past):
    app, stored = past
    (cut,) = (job for job in stored if job["name"] == "Interrupted")
    told = app.json(f"/api/runs/{cut['id']}")
    assert told["summary"] and told["step"] and told["sparkline"] and told["elapsed_seconds"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_them(past, language):
    app, stored = past
    runs, timings = ours(stored, "run"), ours(stored, "timing")
    for job in runs:
        shown = app.run(run=job["id"], after=-1, language=language)
        assert shown["figures"] and {each["run"] for each in shown["runs"]} == {
            each["id"] for each in runs
        }
    for job in timings:
        shown = app.timing(id=job["id"], language=language)
        assert {each["id"] for each in shown["earlier"]} == {each["id"] for each in timings}
        if job["state"] == "finished":
            assert shown["drawn"]["figures"] and len(shown["drawn"]["answer"][0]) > 10
    compared = app.compared([job["id"] for job in runs[:3]])
    assert compared["figures"] and len(compared["names"]) == 3
    first, second, *_ = (job["id"] for job in timings if job["state"] == "finished")
    assert app.timing(id=first, beside=second)["drawn"]["beside"]


def test_the_claims_have_their_verdicts(past):
    app, stored = past
    asked = {job["purpose"] for job in stored if job["purpose"]}
    assert len(asked) == 5
    listed = {claim["id"]: claim for claim in app.json("/api/claims")}
    for language in ("en", "zh"):
        cards = app.cards(language)
        for claim, parts in {"beta-range": 1, "cost": 3, "memory": 2}.items():
            measured = listed[claim]["parts"]
            assert len(measured) == parts
            for part, shown in zip(measured, cards[claim]["parts"], strict=True):
                assert part["verdict"] != "not run" and part["evidence"]
                assert part["host"].endswith("torch 2.13.0+cpu") and part["checked_at"]
                assert shown["picture"]


def test_a_link_that_was_shared_still_leads_there(past):
    app, stored = past
    shared = [job for job in stored if job["share"]]
    assert {job["kind"] for job in shared} == {"run", "timing"}
    stranger = {"X-Visitor": "a-stranger-who-follows-a-link"}
    for job in shared:
        answer = app.client.get(f"/api/{job['kind']}s/{job['share']}", headers=stranger)
        assert answer.status_code == 200 and answer.json()["name"] == job["name"]
    assert app.client.headers["X-Visitor"] == OWNER["X-Visitor"]


NAMED = {
    "config = 'junk'": ("run", "damaged (config)", "已损坏"),
    "config = replace(config, '\"spiral\"', '\"swirl\"')": ("run", "swirl", "swirl"),
    "config = replace(config, '\"swish\"', '\"swish9\"')": ("run", "swish9", "swish9"),
    "kind = 'survey'": ("run", "jobs of the kind “survey”", "“survey”这类任务"),
    "state = 'resting'": ("run", "damaged (state)", "已损坏"),
    "created_at = 'yesterday'": ("run", "damaged (created_at)", "已损坏"),
    "config = replace(config, '\"variants\"', '\"kinds\"')": ("timing", "form", "格式"),
    "config = replace(config, '\"float32\"', '\"float9\"')": ("timing", "float9", "float9"),
}


REPORTS = {
    "value = '{\"step\"'": "damaged",
    "value = replace(value, '\"loss\"', '\"losses\"')": "form",
    'value = replace(value, \'"loss":[\', \'"loss":["x",\')': "form",
    "value = replace(value, '\"loss\":[', '\"loss\":[NaN,')": "form",
    "value = replace(value, '\"loss\":[', '\"loss\":[1.5,')": "form",
    "name = 'Bulletin'": "results of the kind “Bulletin”",
}


def copied(database, job, id):
    """A job once more, under another id, with all that it has reported."""
    for table, given in (("jobs", {"id": "?", "share": "NULL"}), ("reports", {"job": "?"})):
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(given.get(each, each) for each in columns)
        mine = "id" if table == "jobs" else "job"
        database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"
            f" WHERE {mine} = ?",
            (id, job),
        )
    return id


@pytest.fixture(scope="module")
def hurt(tmp_path_factory):
    """The app of today on a store with a damaged copy of a job for each change, and their ids."""
    folder = tmp_path_factory.mktemp("hurt")
    jobs = {change: f"damaged-copy-number-{at}" for at, change in enumerate((*NAMED, *REPORTS))}
    with closing(sqlite3.connect(kept(folder))) as database, database:
        for change, (kind, *_) in NAMED.items():
            (job,) = database.execute(
                "SELECT id FROM jobs WHERE kind = ? AND state = 'finished' AND purpose IS NULL"
                " AND config NOT LIKE '%digits%' ORDER BY rowid",
                (kind,),
            ).fetchone()
            id = copied(database, job, jobs[change])
            database.execute(f"UPDATE jobs SET {change} WHERE id = ?", (id,))
        (job,) = database.execute("SELECT id FROM jobs WHERE name = 'The first'").fetchone()
        for change in REPORTS:
            id = copied(database, job, jobs[change])
            database.execute(f"UPDATE reports SET {change} WHERE job = ? AND number = 7", (id,))
    with opened(folder) as app:
        yield app, jobs
        assert app.broken == []


MORE = ("swish9", "created_at", "float9")
"""What another of those named tries too: a record that is gone, a column that is damaged."""


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, marks=[pytest.mark.long] * any(each in change for each in MORE))
        for change in NAMED
    ],
)
def test_a_job_that_cannot_be_read_says_so_and_can_be_deleted(hurt, change):
    app, jobs = hurt
    kind, english, chinese = NAMED[change]
    job = jobs[change]
    path = f"/api/{kind}s/{job}"
    (told,) = (each for each in app.json(f"/api/{kind}s") if each["id"] == job)
    assert told["unreadable"] and told["state"] in ("finished", "failed")
    assert told["reason"].startswith("Cannot be read: ") and english in told["reason"]
    assert app.json(path)["reason"] == told["reason"]
    for form in ("csv", "code") if kind == "run" else ("csv", "markdown"):
        refused = app.get(f"{path}/export?format={form}")
        assert refused.status_code == 409 and refused.json()["detail"] == told["reason"]
    assert app.get(f"{path}/export").status_code == 200
    assert told["reason"] in app.get(f"{path}/events").text
    for language, word in (("en", english), ("zh", chinese)):
        ask = app.run if kind == "run" else app.timing
        shown = ask(**{"run" if kind == "run" else "id": job}, after=-1, language=language)
        assert word in shown["line"]
        if kind == "run":
            (row,) = (each for each in shown["runs"] if each["run"] == job)
            assert word in row["note"] and row["name"] and not shown["again"]
        else:
            assert word in shown["drawn"]["answer"][0]
    listed = {each["id"] for each in app.json(f"/api/{kind}s")}
    other = min(listed - set(jobs.values()))
    if kind == "run":
        assert english in app.compared([job, other])["error"]
    else:
        assert english in app.timing(id=other, beside=job)["beside_gone"]
    renamed = app.client.patch(path, json={"name": "the lost one"})
    assert renamed.status_code == 200 and renamed.json()["name"] == "the lost one"
    stranger = app.client.delete(path, headers={"X-Visitor": "no-owner-of-anything"})
    assert stranger.status_code == 404
    assert app.client.delete(path).status_code == 204
    assert job not in {each["id"] for each in app.json(f"/api/{kind}s")}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            change, marks=[pytest.mark.long] * any(each in change for each in ('"x"', "NaN"))
        )
        for change in REPORTS
    ],
)
def test_a_report_that_cannot_be_read_says_so(hurt, change):
    app, jobs = hurt
    job = jobs[change]
    reports = app.json(f"/api/runs/{job}/reports")
    assert [each["index"] for each in reports] == list(range(31))
    (lost,) = (each for each in reports if "reason" in each)
    assert lost["index"] == 7 and REPORTS[change] in lost["reason"] and lost["step"] is None
    assert lost["reason"].startswith("Cannot be read: ")
    shown = app.run(run=job, after=-1)
    assert shown["figures"] and "1 of its results cannot be read" in shown["line"]
    assert "1 项结果无法读取" in app.run(run=job, after=-1, language="zh")["line"]
    assert len(app.get(f"/api/runs/{job}/export?format=csv").text.splitlines()) == 1 + 30 * 6
    assert app.json("/api/runs/" + job)["summary"]


def test_a_measurement_that_cannot_be_read_says_so(tmp_path):
    with closing(sqlite3.connect(kept(tmp_path))) as database, database:
        (job,) = database.execute("SELECT id FROM jobs WHERE name = 'A small timing'").fetchone()
        database.execute(
            "UPDATE reports SET value = replace(value, '\"silu\"', '\"silu9\"') WHERE job = ?",
            (job,),
        )
    with opened(tmp_path) as app:
        told = app.json(f"/api/timings/{job}")
        assert {each["variant"] for each in told["measurements"]} == {"relu", "swish_eager"}
        assert told["unreadable"] and all(
            "“silu9”" in each["reason"] for each in told["unreadable"]
        )
        count = len(told["unreadable"])
        for form in ("json", "csv", "markdown"):
            assert app.get(f"/api/timings/{job}/export?format={form}").status_code == 200
        shown = app.timing(id=job)
        assert f"{count} of its results cannot be read" in shown["drawn"]["doubts"][0]
        assert app.broken == []


def test_evidence_that_cannot_be_read_says_so_and_older_evidence_counts(tmp_path):
    with closing(sqlite3.connect(kept(tmp_path))) as database, database:
        purposes = "('claim:memory:kernel', 'claim:beta-range:convergence')"
        database.execute(
            "UPDATE reports SET name = 'Gone' WHERE number >= 0 AND job IN"
            f" (SELECT id FROM jobs WHERE purpose IN {purposes})"
        )
        database.execute("UPDATE jobs SET purpose = 'claim:gone:job' WHERE purpose LIKE '%:step'")
        (job,) = database.execute(
            "SELECT id FROM jobs WHERE purpose = 'claim:cost:layer'"
        ).fetchone()
        columns = [row[1] for row in database.execute("PRAGMA table_info(jobs)")]
        values = {"id": "'newer'", "config": "'{}'", "created_at": "created_at + 60"}
        database.execute(
            f"INSERT INTO jobs ({', '.join(columns)}) SELECT"
            f" {', '.join(values.get(each, each) for each in columns)} FROM jobs WHERE id = ?",
            (job,),
        )
    with opened(tmp_path) as app:
        claims = {claim["id"]: claim["parts"] for claim in app.json("/api/claims")}
        for part in (*claims["memory"], *claims["beta-range"]):
            assert part["verdict"] == "not run" and part["evidence"] is None
            assert part["why"].startswith("Cannot be read: the check of 2")
        parts = {part["name"]: part for part in claims["cost"]}
        assert parts["step"]["verdict"] == "not run" and "Not run" in parts["step"]["why"]
        assert parts["layer"]["evidence"] and "Cannot be read" in parts["layer"]["why"]
        assert parts["kernel"]["evidence"] and "annot be read" not in parts["kernel"]["why"]
        assert "无法读取" in app.cards("zh")["memory"]["parts"][0]["why"]
        assert app.broken == []


def test_the_first_who_asks_for_the_claims_waits_for_nothing_to_be_read(tmp_path, monkeypatch):
    kept(tmp_path)
    asked = []
    reports = JobManager.reports

    def counted(manager, job, *given, **named):
        asked.append(job)
        return reports(manager, job, *given, **named)

    monkeypatch.setattr(JobManager, "reports", counted)
    lab = Lab.open(Settings(data_dir=tmp_path))
    try:
        eventually(lambda: is_through("claims evidence"), seconds=30)
        ahead = len(asked)
        told = {claim["id"]: claim["parts"] for claim in lab.claims.listing()}
        assert told["cost"][0]["evidence"] and told["beta-range"][0]["evidence"]
        assert 0 < ahead == len(asked)
        assert told == {
            claim["id"]: claim["parts"] for claim in ClaimEvaluator(lab.manager).listing()
        }
        assert len(asked) == 2 * ahead  # as many as without it
    finally:
        lab.close()


def is_through(thread):
    assert thread not in {each.name for each in threading.enumerate()}


# Damage: rows and values of other shapes, put into the same store.

TEXTS = ("", "junk", "[", "[" * 100_000, "null", "[]", '"x"', "7", "NaN", '{"a": NaN}', "{}")
VALUES = (
    *(None, True, -1, 0, 10**30, 2**53 + 1, 1.5, -0.5, float("nan"), float("inf"), 1e300),
    *("", "junk", "relu2", "=x*beta*", "\ud800", [], [[]], [None], {}, {"key": "gone"}),
    *([1, "two", None], {"en": 1}, "x" * 3000),
)
COLUMNS = (
    *("kind", "purpose", "state", "reason", "config", "created_at", "started_at", "finished_at"),
    *("reports", "step", "steps", "seconds", "summary", "host", "device", "sparkline"),
    *("name", "note", "share", "bytes"),
)
RAW = (
    *(
        "junk",
        "",
        "-1",
        "0.5",
        "9e999",
        "-9e999",
        "1e18",
        "NULL",
        "x'00ff'",
        "CAST(x'ff22' AS TEXT)",
    ),
    *("'done'", "'sweep'", "'claim:gone:job'", "'2026-01-01 00:00'", "123456789012345678"),
)


def damage(database, chance):
    """One thing that is not as today's code would write it, at a place drawn by chance."""
    jobs = [row[0] for row in database.execute("SELECT id FROM jobs ORDER BY id")]
    job = chance.choice(jobs)
    with suppress(sqlite3.IntegrityError):
        match chance.randrange(6):
            case 0:
                raw = chance.choice(RAW)
                raw = f"'{raw}'" if raw in ("junk", "") else raw
                column = chance.choice(COLUMNS)
                database.execute(f"UPDATE jobs SET {column} = {raw} WHERE id = ?", (job,))
            case 1:
                column = chance.choice(("config", "summary", "host", "sparkline", "reason"))
                text = chance.choice(TEXTS)
                database.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (text, job))
            case 2:
                column = chance.choice(("config", "config", "summary", "host", "reason"))
                (stored,) = database.execute(
                    f"SELECT {column} FROM jobs WHERE id = ?", (job,)
                ).fetchone()
                with suppress(ValueError, RecursionError, TypeError):
                    text = json.dumps(changed(json.loads(stored), chance))
                    database.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (text, job))
            case 3:
                where = one_report(database, job, chance)
                text = chance.choice((*TEXTS, b"\x00\xff", None))
                database.execute(f"UPDATE reports SET value = ? WHERE {where}", (text,))
            case 4:
                where = one_report(database, job, chance)
                row = database.execute(f"SELECT value FROM reports WHERE {where}").fetchone()
                with suppress(ValueError, RecursionError, TypeError):
                    text = json.dumps(changed(json.loads(row[0]), chance))
                    database.execute(f"UPDATE reports SET value = ? WHERE {where}", (text,))
            case 5:
                where = one_report(database, job, chance)
                name = chance.choice(
                    ("Gone", "", "Report", "Measurement", "HostCard", "Unreadable")
                )
                what = chance.choice(
                    (
                        "DELETE FROM reports",
                        f"UPDATE reports SET name = '{name}'",
                        "UPDATE reports SET number = 'many'",
                        "UPDATE reports SET number = 1000",
                    )
                )
                database.execute(f"{what} WHERE {where}")
    return job


def one_report(database, job, chance):
    numbers = [
        row[0]
        for row in database.execute("SELECT number FROM reports WHERE job = ? ORDER BY 1", (job,))
        if isinstance(row[0], int)
    ] or [0]
    place = chance.choice((numbers[0], numbers[-1], chance.choice(numbers)))
    return f"job = '{job}' AND number = {place}"


def changed(value, chance):
    """A JSON value with one part of it taken away, put in another's place, or added."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        match chance.randrange(5):
            case 0:
                return {name: entry for name, entry in value.items() if name != key}
            case 1:
                return {**value, chance.choice(("of_another_version", "key", "index")): 3}
            case 2:
                return {**value, key: chance.choice(VALUES)}
            case _:
                return {**value, key: changed(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        part = chance.choice(([], [chance.choice(VALUES)], [changed(value[place], chance)]))
        return value[:place] + part + value[place + 1 :]
    return chance.choice(VALUES)


def everything(app, stored, scripts=()):
    """All that REST and the page tell of each job, but for scripts of other runs: id → told."""
    told = {}
    lists = {kind: {job["id"]: job for job in app.json(f"/api/{kind}s")} for kind in KINDS}
    page = {
        "run": {each["run"]: each for each in app.run(after=-1).get("runs", ())},
        "timing": {each["id"]: each for each in app.timing().get("earlier", ())},
    }
    for job in stored:
        kind = next((kind for kind in KINDS if job["id"] in lists[kind]), None)
        if kind is None:
            continue
        path = f"/api/{kind}s/{job['id']}"
        formats = RUN_FORMATS if kind == "run" else TIMING_FORMATS
        files = {
            form: app.get(f"{path}/export?format={form}")
            for form in formats
            if form != "code" or job["id"] in scripts
        }
        whole = app.json(path)
        shown = app.run(run=job["id"], after=-1) if kind == "run" else app.timing(id=job["id"])
        events = app.get(f"{path}/events").text
        told[job["id"]] = {
            "listed": lists[kind][job["id"]],
            "whole": whole,
            "reports": app.json(f"{path}/reports") if kind == "run" else None,
            "row": page[kind].get(job["id"]),
            # A zip archive holds the time at which it was made.
            "files": {
                form: (answer.status_code, answer.content if form != "weights" else "")
                for form, answer in files.items()
            },
            "shown": {name: part for name, part in shown.items() if name not in NOT_OF_ONE},
            "events": events,
        }
        assert "event: state" in events.rsplit("\n\n", 2)[-2]
        assert "line" in shown, shown
    runs = [job for job in told if job in lists["run"]]
    app.compared(runs[:6])
    for job in lists["timing"]:
        app.timing(id=job, beside=next(iter(lists["timing"])))
    return told


KINDS = ("run", "timing")
NOT_OF_ONE = ("runs", "earlier", "files", "presets")
"""What the page is told beside one job: lists of others, and what a preset would take here now."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A smaller store, and what is told of each of its jobs while nothing is damaged."""
    folder = tmp_path_factory.mktemp("whole")
    path = kept(folder)
    with closing(sqlite3.connect(path)) as database, database:
        spared = ("claim:cost:layer", "claim:cost:step")
        database.execute("DELETE FROM jobs WHERE state != 'finished' OR purpose IN (?, ?)", spared)
        database.execute(
            "DELETE FROM jobs WHERE visitor != (SELECT visitor FROM jobs WHERE name = 'The first')"
        )
        database.execute("DELETE FROM reports WHERE job NOT IN (SELECT id FROM jobs)")
        database.execute(
            "DELETE FROM reports WHERE number > 12 AND number % 20 != 0 AND job IN"
            " (SELECT id FROM jobs WHERE kind = 'run')"
        )
    content = path.read_bytes()
    stored = jobs_in(path)
    with opened(folder) as app:
        told = everything(app, stored)
        claims = app.json("/api/claims")
        assert app.broken == []
    assert set(told) == {job["id"] for job in stored}
    return content, stored, told, claims


def check_damaged(folder, whole, seed):
    """Damage a few jobs: what is told of the others does not change, and nothing breaks."""
    content, stored, before, claims = whole
    folder.mkdir()
    path = folder / "jobs.sqlite"
    path.write_bytes(content)
    chance = random.Random(seed)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        hurt = {damage(database, chance) for _ in range(chance.choice((1, 3, 8)))}
    with opened(folder) as app:
        after = everything(app, stored, scripts=hurt)
        assert set(after) == set(before), "every job is listed"
        for job in set(before) - hurt:
            assert after[job] == before[job]
        for job in hurt:
            listed = after[job]["listed"]
            assert listed["state"] in get_args(State)
            assert after[job]["files"]["json"][0] == 200
            for form, (status, _) in after[job]["files"].items():
                assert status in (200, 404, 409, 422), form
        now = app.json("/api/claims")
        assert [claim["id"] for claim in now] == [claim["id"] for claim in claims]
        assert set(app.cards()) == {claim["id"] for claim in claims} == set(app.cards("zh"))
        purposes = {job["purpose"] for job in stored if job["id"] in hurt}
        for claim, known in zip(now, claims, strict=True):
            if not any((purpose or "").startswith(f"claim:{claim['id']}:") for purpose in purposes):
                assert claim == known
        for job in hurt:
            kind = "timing" if job in {each["id"] for each in app.json("/api/timings")} else "run"
            assert app.client.delete(f"/api/{kind}s/{job}").status_code == 204
        assert app.broken == []


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3))]
)
def test_what_is_damaged_takes_nothing_else_down(tmp_path, whole, seed):
    check_damaged(tmp_path / "damaged", whole, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1060))
def test_what_is_damaged_takes_nothing_else_down_however_it_is(tmp_path, whole, seed):
    check_damaged(tmp_path / "damaged", whole, seed)
