"""What an earlier version has stored, and what is damaged: read, or named, and all else stands."""

from __future__ import annotations

import pytest
from stored_lab import OWNER, RUN_FORMATS, TIMING_FORMATS, jobs_in, kept, opened


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
                assert told["reason"] == "The server was restarted before this job had finished."


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
                assert shown["figure"]


def test_a_link_that_was_shared_still_leads_there(past):
    app, stored = past
    shared = [job for job in stored if job["share"]]
    assert {job["kind"] for job in shared} == {"run", "timing"}
    stranger = {"X-Visitor": "a-stranger-who-follows-a-link"}
    for job in shared:
        answer = app.client.get(f"/api/{job['kind']}s/{job['share']}", headers=stranger)
        assert answer.status_code == 200 and answer.json()["name"] == job["name"]
    assert app.client.headers["X-Visitor"] == OWNER["X-Visitor"]
