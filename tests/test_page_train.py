"""The life of a training run in a real browser: started, streamed, stopped, found again, killed."""

import os
import re
import signal
import subprocess

import pytest
from playwright.sync_api import expect

STATE = "#lab-train [data-state]"
LINE = "#lab-train [data-part=line]"


@pytest.fixture
def visit(browser, server):
    """Opens the Train tab as a new visitor, and fails on any error that the console shows."""
    shown = []

    def visited(**options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(f"{server}/?tab=train")
        expect(page.locator("#lab-start")).to_be_visible()
        expect(page.locator(LINE)).not_to_have_text("")
        shown.append(page)
        return page

    yield visited
    for page in shown:
        stop(page)
        assert page.wrong == []
        page.context.close()


def stop(page):
    button = page.locator("[data-wish=stop]")
    if button.count():
        button.click()
        expect(page.locator(LINE)).to_contain_text(re.compile("stopped|finished|failed|停止|完成"))


def start(page, **fields):
    for name, value in fields.items():
        page.locator(f"#lab-{name} input").fill(str(value))
        page.locator(f"#lab-{name} input").blur()
    page.click("#lab-start")


def line(page, text, seconds=60):
    expect(page.locator(LINE)).to_contain_text(text, timeout=1000 * seconds)


def run_of(page):
    return re.search(r"run=([\w-]+)", page.url)[1]


def beta_lines(page, layer):
    """Name → the last drawn |β| of each line."""
    return page.evaluate(
        """layer => Object.fromEntries(
             document.querySelector(`#lab-train [data-part=beta${layer}]`).data
             .filter((trace) => trace.name?.startsWith('β₀'))
             .map((trace) => [trace.name, trace.y[trace.y.length - 1]]))""",
        layer,
    )


def test_one_button_trains_and_what_is_drawn_is_what_is_stored(visit, server):
    page = visit()
    start(page, steps=60, seeds=2)
    line(page, "finished")
    expect(page.locator("#lab-train .lab-stat b").first).to_have_text("60 / 60")
    page.wait_for_timeout(500)
    answer = page.request.get(f"{server}/api/runs/{run_of(page)}/reports")
    last = answer.json()[-1]
    for layer in range(2):
        drawn = beta_lines(page, layer)
        assert list(drawn) == ["β₀ = 0.1", "β₀ = 0.5", "β₀ = 1", "β₀ = 2", "β₀ = 5", "β₀ = 10"]
        for place, value in enumerate(drawn.values()):
            pair = [abs(beta) for beta in last["beta"][layer][2 * place : 2 * place + 2]]
            assert value == pytest.approx(sum(pair) / 2, rel=1e-4)
    for part in ("convergence", "band", "loss", "accuracy"):
        assert page.locator(f"#lab-train [data-part={part}] path.js-line").count() >= 1


def test_stop_ends_it_and_a_reload_finds_it(visit):
    page = visit()
    start(page, steps=5000)
    line(page, "running on")
    run = run_of(page)
    page.reload()
    line(page, "running on")
    assert run_of(page) == run
    page.click("[data-wish=stop]")
    line(page, "stopped at step", seconds=10)
    # Without the address too: the latest run is shown.
    page.goto(page.url.split("?")[0] + "?tab=train")
    line(page, "stopped at step", seconds=10)
    assert page.locator(".train-run").count() == 1


def test_a_second_visitor_waits_and_sees_none_of_the_first_ones_runs(visit):
    first, second = visit(), visit(locale="zh-CN")
    start(first, steps=5000)
    line(first, "running on")
    assert second.locator(".train-run").count() == 0
    start(second, steps=20, seeds=1)
    line(second, "队列中第 1 位")
    first.click("[data-wish=stop]")
    line(second, "已完成")


def test_another_visitors_run_in_the_address_is_told(visit, server):
    first, second = visit(), visit()
    start(first, steps=10, seeds=1)
    line(first, "finished")
    second.goto(f"{server}/?tab=train&run={run_of(first)}")
    line(second, "There is no")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("steps", "0", "from 1 to 5000"), ("lr", "-1", "from 0 to 10"), ("seeds", "999", "128")],
)
def test_a_bad_value_is_refused_beside_its_field(visit, field, value, said):
    page = visit()
    start(page, **{field: value})
    expect(page.locator(f"#lab-{field}")).to_contain_text(said)
    assert page.locator(".train-run").count() == 0
    assert page.locator(f"#lab-{field} input").input_value() == value


def test_starting_values_that_are_no_numbers_are_refused(visit):
    page = visit()
    page.locator("#lab-beta_starts textarea, #lab-beta_starts input").first.fill("0.1 one")
    page.click("#lab-start")
    expect(page.locator("#lab-beta_starts")).to_contain_text("0.1 1 10")


def test_a_killed_worker_is_a_failed_run_with_its_reason_and_the_next_one_works(visit, served):
    page = visit()
    start(page, steps=5000)
    line(page, "running on")
    found = subprocess.run(
        ["pgrep", "-P", str(served[1].pid), "-f", "swishdemo.jobs.worker"],
        capture_output=True,
        text=True,
        check=True,
    )
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    line(page, "failed · ", seconds=20)
    line(page, "SIGKILL", seconds=5)
    start(page, steps=20, seeds=1)
    line(page, "finished")


def test_a_recipe_fills_the_fields(visit):
    page = visit()
    page.click("#lab-recipe input")
    page.get_by_role("option", name="β without decay").click()
    expect(page.locator("#lab-weight_decay input")).to_have_value("0")
    expect(page.locator("#lab-seeds input")).to_have_value("3")


def test_a_phone_shows_start_then_the_plots_then_the_fields(visit):
    page = visit(viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(each).bounding_box()["y"]
        for each in ("#lab-start", "#lab-train [data-part=beta0]", "#lab-steps")
    ]
    assert tops == sorted(tops)
