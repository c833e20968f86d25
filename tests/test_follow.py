"""What a page follows: one stream of news at most, and none where it is not looked at."""

from __future__ import annotations

import pytest
from browser import free_port
from playwright.sync_api import expect
from serving import serving
from visiting import PATIENCE, eventually

WATCHED = """
window.streams = { now: 0, most: 0, made: 0 };
window.EventSource = class extends EventSource {
  constructor(...given) {
    super(...given);
    streams.made += 1;
    streams.now += 1;
    streams.most = Math.max(streams.most, streams.now);
  }
  close() {
    if (this.readyState !== EventSource.CLOSED) streams.now -= 1;
    super.close();
  }
};
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
window.hide = (wanted) => {
  hidden = wanted;
  document.dispatchEvent(new Event("visibilitychange"));
};
const plain = window.fetch;
window.asked = 0;
window.fetch = (...given) => {
  if (String(given[0]).includes("/view")) asked += 1;
  return plain(...given);
};
"""
POST = """
async ([path, given]) => {
  const headers = { "Content-Type": "application/json" };
  const told = await fetch(path, { method: "POST", headers, body: JSON.stringify(given) });
  if (!told.ok) throw new Error(await told.text());
  return told.json();
}"""


def check(held):
    assert held


def begin(page):
    """A run that rests, and is under way for as long as a test takes."""
    asked = {"recipe": "beta-convergence", "steps": 5000, "seeds": 1, "batch": 1024}
    run = page.evaluate(POST, ["/api/runs", asked])["id"]
    told = "run => fetch(`/api/runs/${run}`).then((it) => it.json()).then((it) => it.state)"
    eventually(lambda: check(page.evaluate(told, run) == "running"))
    wish(page, run, "pause")
    return run


def wish(page, run, what):
    page.evaluate(POST, [f"/api/runs/{run}/{what}", {}])


def press(page, run, what):
    page.bring_to_front()  # a tab behind others paints nothing, and a press waits for that
    page.click(f"[data-wish={what}]")


def streams(page):
    return page.evaluate("streams.now")


def state(page, wanted):
    expect(page.locator("#lab-train [data-state], #lab-train[data-state]").first).to_have_attribute(
        "data-state",
        wanted,
        timeout=2 * PATIENCE,  # six pages share two cores with all else
    )


FOLLOWING = """
async (run) => {
  const html = await fetch("/").then((it) => it.text());
  const { untilDone } = await import(`/${html.match(/lab\\/[^/"]+/)[0]}/js/core/follow.js`);
  const question = async () => {
    asked += 1;
    const { state } = await fetch(`/api/runs/${run}`).then((it) => it.json());
    return { state, done: !/waiting|running|paused/.test(state) };
  };
  const place = document.body.appendChild(document.createElement("p"));
  place.id = "lab-train";
  const heard = ({ state }) => Object.assign(place.dataset, { state });
  untilDone(question, heard, { topics: () => [run] });
}
"""
"""Has a page that is empty follow a run as Train does: of its state it makes an attribute."""
WHOLE = [False, pytest.param(True, marks=pytest.mark.long)]
"""Whether all of Train is drawn, or the module that follows is in pages that are empty."""


@pytest.fixture
def shown(opens, server):
    """Follows a run that is under way as one visitor, in as many tabs as are asked for."""
    pages = []

    def opened(tabs=1, address=server, before=lambda page: None, whole=True):
        first = opens(address=address)
        first.goto(f"{address}/api/health")
        run = begin(first)
        pages.extend([first, *(first.context.new_page() for _ in range(tabs - 1))])
        for page in pages:
            before(page)
            page.add_init_script(WATCHED)
            page.goto(f"{address}/?tab=train&run={run}" if whole else f"{address}/api/health")
            if not whole:
                page.evaluate(FOLLOWING, run)
        for page in pages:
            state(page, "paused")
        return pages, run

    yield opened
    for page in pages:
        page.close()


@pytest.mark.parametrize("whole", WHOLE)
def test_tabs_of_one_browser_share_two_streams(shown, whole):
    pages, run = shown(6, whole=whole)
    eventually(lambda: check(sum(map(streams, pages)) == 2))  # more would keep the others waiting
    asks = press if whole else wish
    asks(pages[0], run, "resume")
    for page in pages:
        state(page, "running")
    asks(pages[-1], run, "pause")
    for page in pages:
        state(page, "paused")
    seated = next(page for page in pages if streams(page))
    seated.evaluate("hide(true)")  # its seat is another's then
    eventually(lambda: check(not streams(seated) and sum(map(streams, pages)) == 2))
    seated.evaluate("hide(false)")
    wish(pages[1], run, "stop")
    for page in pages:
        state(page, "stopped")
        assert page.evaluate("streams.most") <= 1
    eventually(lambda: check(not any(map(streams, pages))))  # nothing is under way


def test_news_is_told_and_not_asked_for_all_the_time_and_hidden_not_at_all(shown):
    [page], run = shown()
    eventually(lambda: check(streams(page) == 1))
    before = page.evaluate("asked")
    page.wait_for_timeout(2000)
    assert page.evaluate("asked") - before <= 4  # each second, for the time that is shown
    before = page.evaluate("hide(true), asked")
    eventually(lambda: check(streams(page) == 0))
    wish(page, run, "stop")
    page.wait_for_timeout(1500)
    assert page.evaluate("asked") == before
    state(page, "paused")
    page.evaluate("hide(false)")
    state(page, "stopped")


@pytest.mark.parametrize("whole", WHOLE)
def test_without_a_stream_it_asks_again_and_again(shown, whole):
    [page], run = shown(
        before=lambda page: page.route("**/api/events*", lambda it: it.abort()), whole=whole
    )
    eventually(lambda: check(page.evaluate("streams.made") >= 1))
    before = page.evaluate("asked")
    eventually(lambda: check(page.evaluate("asked") > before + 5))
    wish(page, run, "stop")
    state(page, "stopped")


@pytest.mark.long
def test_a_server_that_is_started_anew_is_followed_again(shown, tmp_path):
    port = str(free_port())
    with serving(tmp_path, GRADIO_SERVER_PORT=port) as (address, _):
        [page], _ = shown(address=address)
        eventually(lambda: check(streams(page) == 1))
    with serving(tmp_path, GRADIO_SERVER_PORT=port):
        state(page, "failed")
        expect(page.locator("#lab-train [data-part=line]")).to_contain_text("restarted")
        run = begin(page)
        page.goto(f"{address}/?tab=train&run={run}")
        state(page, "paused")
        eventually(lambda: check(streams(page) == 1))
        wish(page, run, "stop")
        state(page, "stopped")


def test_who_draws_for_long_asks_more_seldom(modules):
    """Each rest is thrice as long as the drawing, a second at most; another question ends it."""
    drew, rests, hurried = modules(
        """async ([{ untilDone }]) => {
            const [drew, rests] = [[], []];
            let at = 0;
            const draw = (milliseconds) => {
                at = performance.now();
                while (performance.now() < at + milliseconds);
                drew.push(performance.now() - at);
                at = performance.now();
            };
            await new Promise((done) => {
                const question = async () => {
                    if (drew.length) rests.push(performance.now() - at);
                    return { done: drew.length === 3 };
                };
                const heard = ({ done: last }) => (last ? done() : draw(150));
                untilDone(question, heard, { topics: () => [] });
            });
            at = 0;
            await new Promise((done) => {
                const question = async () => ({ done: at > 0 });
                const heard = ({ done: last }) => (last ? done() : draw(350));
                const following = untilDone(question, heard, { topics: () => [] });
                setTimeout(() => following.now(), 500);
            });
            return [drew, rests, performance.now() - at];
        }""",
        ["core/follow.js"],
    )
    assert len(rests) == 3
    for took, rest in zip(drew, rests, strict=False):
        assert rest >= min(1000, 3 * took) - 10
    assert hurried < 1000 - 10
