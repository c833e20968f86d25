"""The Time tab in a real browser, on the real job manager and the real timing engine."""

import json
import re

import pytest
from browser import free_port
from playwright.sync_api import Page, expect
from starlette.middleware import Middleware

from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.jobs.visitor import VisitorCookie
from swishdemo.settings import Settings
from swishdemo.ui import page as pages
from swishdemo.ui.lab import Lab
from swishdemo.ui.launch import launch

SOON = 30_000
"""Milliseconds that a worker may take to start and to measure something small."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    settings = Settings(server_port=free_port(), data_dir=tmp_path_factory.mktemp("store"))
    manager = JobManager(settings, Store(settings.data_dir), ProcessRunner(1))
    demo = pages.build(Lab(settings, manager, None), ("time",))
    launch(demo, settings, middleware=[Middleware(VisitorCookie)])
    yield f"http://127.0.0.1:{settings.server_port}/"
    demo.close()
    manager.close()


@pytest.fixture
def tab(page: Page, address):
    """The tab, opened by a visitor who has measured nothing yet."""
    page.goto(address)
    expect(page.locator("#lab-time [data-part=bars-empty]")).to_be_visible(timeout=SOON)
    return page


def choose(page, sizes, variants):
    """Set elements and implementations as a reader does."""
    page.locator("#lab-time-elements .remove-all").click()
    field = page.locator("#lab-time-elements input")
    field.click()
    for size in sizes:
        page.get_by_role("option", name=size, exact=True).click()
    field.press("Escape")
    for box in page.locator("#lab-time-variants input").all():
        box.set_checked(box.get_attribute("name") in variants)


def measure(page):
    page.locator("#lab-time-measure").click()
    expect(page).to_have_url(re.compile("timing="), timeout=SOON)


def state(page):
    return page.locator("#lab-time [data-state], #lab-time[data-state]").first


def rows(page):
    return [
        text.strip() for text in page.locator("#lab-time .time-table tbody th").all_inner_texts()
    ]


def drawn(page):
    """What Plotly holds of the bars, once it has drawn them: the sentence above is there first."""
    expect(page.locator("#lab-time [data-part=bars] .main-svg").first).to_be_visible(timeout=SOON)
    return page.locator("#lab-time [data-part=bars]").evaluate(
        "node => ({x: [...node.data[0].x], height: node.clientHeight,"
        " labels: [...node.layout.yaxis.ticktext], points: node.querySelectorAll('.point').length})"
    )


def test_before_the_first_timing_the_page_says_what_to_do(tab: Page):
    expect(tab.locator("#lab-time")).to_contain_text("press Measure")
    expect(tab.locator("#lab-time .time-answer")).to_contain_text("1.15 ×")
    for part in ("bars", "lines-card", "table-card", "facts"):
        expect(tab.locator(f"#lab-time [data-part={part}]")).to_be_hidden()
    expect(tab.get_by_role("button", name="Stop")).to_be_hidden()


def test_measuring_draws_a_bar_each_and_a_reload_finds_it(tab: Page, address):
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    choose(tab, ["2⁸", "2¹⁰"], {"relu", "silu", "swish_eager"})
    measure(tab)
    expect(state(tab)).to_have_attribute("data-state", "finished", timeout=SOON)
    assert set(rows(tab)) == {"F.relu", "F.silu", "x·σ(x)"}
    shown = drawn(tab)
    assert len(shown["x"]) == 3 and shown["x"] == sorted(shown["x"])
    assert shown["x"][shown["labels"].index("<b>F.relu</b>")] == 1
    answer = tab.locator("#lab-time .time-answer")
    silu = shown["x"][shown["labels"].index("F.silu")]
    expect(answer).to_have_text(
        f"On this host F.silu costs {silu:.2f} × ReLU as a kernel. The article says about 1.15 ×."
    )
    expect(tab.locator("#lab-time [data-part=note]")).to_contain_text("2¹⁰ elements")
    expect(tab.locator("#lab-time [data-part=lines] .scatterlayer .trace")).to_have_count(4)
    expect(tab.locator("#lab-time [data-part=host]")).to_contain_text("PyTorch")
    expect(tab.locator("#lab-time [data-part=left-out]")).to_contain_text("Nothing")

    # Another unit and another size: the same measurement, drawn anew.
    was = tab.url
    tab.locator("#lab-time [data-part=baseline]").select_option("silu")
    expect(tab.locator("#lab-time [data-part=title]")).to_have_text("Forward + backward, × F.silu")
    again = drawn(tab)
    assert again["x"][again["labels"].index("<b>F.silu</b>")] == 1
    assert again["x"][again["labels"].index("F.relu")] == pytest.approx(1 / silu)
    tab.locator("#lab-time [data-part=sizes]").select_option("256")
    expect(tab.locator("#lab-time [data-part=title-note]")).to_contain_text("2⁸")
    assert tab.url == was

    with tab.expect_download() as waiting:
        tab.locator("#lab-time [data-part=json]").click()
    saved = json.loads(waiting.value.path().read_text("utf-8"))
    assert len(saved["measurements"]) == 6 and saved["host"]["cores"] >= 1
    assert all(m["block_seconds"] for m in saved["measurements"])
    with tab.expect_download() as waiting:
        tab.locator("#lab-time [data-part=csv]").click()
    lines = waiting.value.path().read_text("utf-8").splitlines()
    assert lines[0].startswith("variant,activation,elements") and len(lines) == 7

    for url in (tab.url, address):  # by its id, and as the visitor's latest
        tab.goto(url)
        expect(answer).to_contain_text(f"{silu:.2f} ×", timeout=SOON)
        assert len(drawn(tab)["x"]) == 3
    assert not errors


def test_stop_ends_it_and_keeps_what_was_measured(tab: Page):
    tab.locator("#lab-time-preset input").click()
    tab.get_by_role("option", name="Time against size").click()
    expect(tab.locator("#lab-time-elements .token")).to_have_count(9)
    measure(tab)
    stop = tab.get_by_role("button", name="Stop")
    expect(tab.locator("#lab-time .time-table tbody tr").first).to_be_visible(timeout=SOON)
    assert state(tab).get_attribute("data-state") == "running"
    assert len(drawn(tab)["labels"]) == 5  # a row for each that was asked for
    stop.click()
    expect(state(tab)).to_have_attribute("data-state", "stopped", timeout=3000)
    expect(stop).to_be_hidden()
    expect(tab.locator(".time-status [data-part=line]")).to_contain_text("Stopped after")
    assert drawn(tab)["x"]


def test_a_refused_value_is_told_beside_its_field(tab: Page):
    tab.locator("#lab-time-threads input").fill("100000")
    tab.locator("#lab-time-measure").click()
    expect(tab.locator("#lab-time-threads")).to_contain_text("threads is 100000; it must be from 1")
    tab.locator("#lab-time-threads input").fill("1")
    tab.locator("#lab-time-amp input").check()
    tab.locator("#lab-time-measure").click()
    expect(tab.locator("#lab-time-amp")).to_contain_text("Choose dtype bfloat16")
    assert "timing=" not in tab.url


def test_another_visitor_s_timing_is_not_shown(tab: Page, address):
    tab.goto(f"{address}?timing=AAAAAAAAAAAAAAAAAAAAAA")
    notice = tab.locator(".time-status [data-part=notice]")
    expect(notice).to_contain_text("not among yours")
    expect(tab).not_to_have_url(re.compile("timing="))
    expect(tab.locator("#lab-time [data-part=bars-empty]")).to_be_visible()


def test_a_phone_shows_button_answer_bars_then_fields(tab: Page):
    tab.set_viewport_size({"width": 390, "height": 844})
    tops = [
        tab.locator(place).bounding_box()["y"]
        for place in ("#lab-time-measure", "#lab-time .time-answer", "#lab-time-fields")
    ]
    assert tops == sorted(tops)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
