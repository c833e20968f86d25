"""What a server holds of those who come: few sessions, and one that is lost loses nothing.

The page as it is served, but for jobs, which end at once (`test_page_train.py` has real ones); the
others that come are calls to Gradio's routes.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import count
from threading import Event

import gradio as gr
import httpx
import pytest
from browser import free_port
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from visiting import eventually, passed

from swishdemo.api.application import page_middleware
from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.jobs.kinds import kinds
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.ui.lab import Lab
from swishdemo.ui.page import build, launch

HELD = 3
"""Sessions that this server holds."""


class App:
    """The app in this process, and what others ask of it."""

    def __init__(self, folder):
        (folder / "file").touch()
        gone = folder / "file" / "archive"  # which the page says, beside all else
        settings = Settings(server_port=free_port(), data_dir=folder, archive_dir=gone)
        known = {name: replace(kind, work="fake_work:idle") for name, kind in kinds().items()}
        manager = JobManager(settings, Store(folder), ProcessRunner(settings), known=known)
        manager.archive_in(gone)
        self.lab = Lab(settings, manager, ClaimEvaluator(manager))
        self.demo = build(self.lab)
        beside = page_middleware(self.lab)
        launch(self.demo, self.lab.settings, sessions=HELD, middleware=beside)
        self.client = httpx.Client(base_url=self.demo.local_url, timeout=120)
        self.numbers = count(1)

    def close(self):
        self.client.close()
        self.demo.close(verbose=False)
        self.lab.close()

    @property
    def sessions(self):
        return self.demo.app.state_holder.session_data

    def call(self, path, **given):
        return self.client.post(f"/gradio_api/{path}", json=given)

    def direct(self):
        """A call of a handler that is answered at once."""
        direct = [fn for fn in self.demo.fns.values() if fn.fn is not None and not fn.queue]
        fn = min(direct, key=lambda each: len(each.outputs))
        return {"fn_index": fn._id, "data": [block.value for block in fn.inputs]}

    def others(self, number=HELD + 1):
        """As many other sessions come, each by all ways that there are, and fetch no answer."""
        for _ in range(number):
            session = f"other-{next(self.numbers)}"
            for path, asked in [
                ("queue/join", self.direct()),
                ("run/predict", self.direct()),
            ]:
                told = self.call(path, session_hash=session, **asked)
                assert told.status_code == 200, told.text


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = App(tmp_path_factory.mktemp("sessions"))
    yield app
    app.close()


def choose(page, field, option):
    page.locator(f"{field} input").click()
    page.get_by_role("option", name=option).first.click()


def test_a_lost_session_does_no_harm(app, opens):
    page = opens(viewport={"width": 1280, "height": 900}, address=app.demo.local_url.rstrip("/"))
    sessions = set()
    page.on("request", lambda asked: sessions.update(
        re.findall(r'"session_hash":"(\w+)"', asked.post_data or "")))  # fmt: skip
    page.goto(f"{app.demo.local_url}?tab=train")
    expect(page.locator("#lab-train [data-part=line]")).not_to_have_text("")
    expect(page.locator("#lab-footer")).to_contain_text("archive's folder does not answer")

    def lose():
        """Have so many others come that the page's session is no longer held."""
        app.others()
        assert len(app.sessions) <= HELD
        assert not sessions & set(app.sessions)

    line = page.locator("#lab-train [data-part=line]")
    lose()
    page.click("#lab-recipes [data-part=more]")
    choose(page, "#lab-recipe", "β without weight decay")
    expect(page.locator("#lab-seeds input")).to_have_value("3")
    assert sessions  # what the page is called
    steps = page.locator("#lab-steps input")
    steps.fill("0")
    lose()
    page.click("#lab-start")
    expect(page.locator("#lab-steps div.validation-error")).to_contain_text("must be")
    steps.fill("5")
    page.fill("#lab-seeds input", "1")
    lose()
    page.click("#lab-start")
    expect(line).to_contain_text("finished")
    before = page.url
    lose()
    page.click("[data-wish=again]")
    page.wait_for_url(lambda url: "run=" in url and url != before)
    expect(line).to_contain_text("finished")
    steps.fill("77")
    lose()
    page.click("[data-wish=use]")
    expect(steps).to_have_value("5")
    passed(page, page.locator("#lab-recipe input"))  # whose recipe a run's settings need not be
    expect(steps).to_have_value("5")

    page.click("button[data-tab-id=time]")
    lose()
    choose(page, "#lab-time-preset", "Time against size")
    expect(page.locator("#lab-time-elements .token")).to_have_count(9)
    expect(page.locator(".time-preset")).to_contain_text("2⁸ to 2²⁴")
    page.locator("#lab-time-budget input").fill("-1")
    lose()
    page.click("#lab-time-measure")
    expect(page.locator("#lab-time-budget div.validation-error")).to_be_visible()
    page.close()


def test_nothing_grows_with_the_number_of_those_who_come(app):
    for number in range(12):
        name = f"visitor-{number}"
        app.call("cancel", session_hash=name, event_id=name, fn_index=0)
        app.call("queue/join", data=[], fn_index=0, session_hash=name, event_id=name)
        app.client.get("/gradio_api/queue/data", params={"session_hash": name})
    app.others(12)
    queue = app.demo._queue
    for held in (app.sessions, queue.pending_messages_per_session, queue.pending_event_ids_session):
        assert len(held) == HELD
    assert len(app.demo.app.state_holder.time_last_used) == HELD
    assert len(queue.event_analytics) == 1
    assert not any("visitor" in event for event in app.demo.app.iterators)


def test_who_is_forgotten_while_waiting_does_not_end_the_queue(app):
    """Answers to sessions that are held no longer are lost; all other pages are answered on."""
    with ThreadPoolExecutor(24) as together:
        list(together.map(lambda _: app.others(1), range(24)))
    assert not app.demo._queue.stopped
    app.others(1)


def test_a_fault_of_the_queue_is_logged_and_costs_no_button(app, monkeypatch, caplog):
    queue = app.demo._queue
    fell = Event()

    def falls():
        monkeypatch.undo()
        fell.set()
        raise LookupError("of a kind that nobody has met")

    monkeypatch.setattr(queue, "get_events", falls)
    app.others(2)

    def answered():
        assert fell.is_set() and len(queue) == 0 and not any(queue.active_jobs)

    eventually(answered)
    assert not queue.stopped
    assert "of a kind that nobody has met" in caplog.text


def test_what_was_sent_is_not_kept(app):
    start = next(fn for fn in app.demo.fns.values() if fn.fn is not None and fn.queue)
    data = ["a text of a visitor's" if isinstance(block, gr.Textbox) else block.value
            for block in start.inputs]  # fmt: skip
    assert "a text of a visitor's" in data
    for path in ("queue/join", "run/predict"):
        app.call(path, session_hash="sender", data=data, fn_index=start._id)
    app.call("run/predict", session_hash="sender", **app.direct())
    assert "a text of a visitor's" not in repr(app.sessions["sender"].config_values)


def test_one_session_that_fetches_nothing_is_refused_in_the_end(app):
    asked = app.direct()
    for _ in range(100):
        told = app.call("queue/join", session_hash="greedy", **asked)
        if told.status_code != 200:
            break
    assert told.status_code == 429
    assert re.fullmatch(r"\d+ answers wait for this page already; .*", told.json()["detail"])
    assert int(told.headers["retry-after"]) >= 1
    for name in ("a" * 65, 5, ["a"]):
        assert app.call("queue/join", session_hash=name, **asked).status_code == 422
    assert app.call("queue/join", session_hash="b", event_id="mine", **asked).status_code == 422
    assert app.call("run/predict", session_hash="b", batched=True, **asked).status_code == 422
    assert app.call("run/predict", session_hash="b", **asked).status_code == 200


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["swish", "article", "long-run", "file", "_type", "path"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["path", "value", "meta", "_type", "use", "run", "id", "claim"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(draw=st.data())
def calls(app, told, draw):
    """Any call at all to the routes of the page, some fit to be answered but for one value."""
    path = draw.draw(st.sampled_from(["run/predict", "queue/join", "cancel"]))
    whole = {"session_hash": draw.draw(st.sampled_from(["a", "b", None]) | VALUES)}
    fn = app.demo.fns[draw.draw(st.sampled_from(list(app.demo.fns)))]
    data = [getattr(block, "value", None) for block in fn.inputs]
    if data:
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at] = draw.draw(VALUES)
    whole["fn_index"] = draw.draw(st.just(fn._id) | VALUES)
    whole["data"] = draw.draw(st.just(data) | VALUES)
    for name in ("trigger_id", "event_data", "simple_format", "oauth_token", "event_id"):
        if draw.draw(st.booleans()):
            whole[name] = draw.draw(VALUES)
    answer = app.client.post(f"/gradio_api/{path}", content=json.dumps(whole).encode(),
                             headers={"content-type": "application/json"})  # fmt: skip
    told.append((path, whole, answer))
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["detail"]


def test_nobody_fills_the_log_with_tracebacks(app, capfd, caplog):
    told = []
    calls(app, told)
    assert 422 in {answer.status_code for *_, answer in told}
    # Of what is drawn hardly anything is fit to be answered.
    assert app.call("run/predict", session_hash="a", **app.direct()).status_code == 200
    with suppress(httpx.HTTPError):
        app.client.get("/gradio_api/queue/data", params={"session_hash": "a"}, timeout=5)
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err, (out + err)[-4000:]
    assert not [record for record in caplog.records if record.exc_info]


def test_no_choice_in_a_menu_is_a_fault(app, caplog):
    menus = [
        fn for fn in app.demo.fns.values()
        if fn.fn and [type(block) for block in fn.inputs] == [gr.Dropdown]
    ]  # fmt: skip
    assert len(menus) >= 2
    for fn in menus:
        for value in (["article"], [], {"a": 1}, 3, None, "none", [[]]):
            app.call("run/predict", session_hash="menu", fn_index=fn._id, data=[value])
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(("lang", "said"), [("en", "There is nothing at"), ("zh", "处没有内容")])
def test_what_gradio_has_not_is_told_in_a_sentence(app, lang, said):
    for path in ("/assets/none.js", "/static/none.svg", "/assets/../../x", "/nothing"):
        answer = app.client.get(path, headers={"accept-language": lang})
        assert answer.status_code == 404
        assert said in answer.json()["detail"]
    for path in ("run/none", "run/predict", "queue/join"):
        answer = app.client.post(f"/gradio_api/{path}", json={}, headers={"accept-language": lang})
        assert answer.is_client_error
        words = json.dumps(answer.json()["detail"], ensure_ascii=False)
        assert bool(re.search("[\u4e00-\u9fff]", words)) == (lang == "zh"), words
