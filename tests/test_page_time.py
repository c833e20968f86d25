"""The Time tab in a real browser, on the real job manager and the real timing engine."""

import json
import re
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Page, expect
from visiting import leave, passed, trade, unexplained

SOON = 120_000
"""Milliseconds that a worker may take to start and to measure something small."""


@pytest.fixture(scope="module")
def address(server):
    return f"{server}/?tab=time"


def choose(page, sizes, variants):
    """Set elements, implementations and a small budget as a reader does."""
    page.locator("#lab-time-budget input").fill("0.05")
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
        text.strip() for text in page.locator("#lab-time [data-part=rows] th").all_inner_texts()
    ]


def drawn(page):
    """What Plotly holds of the bars, once it has drawn them: the sentence above is there first."""
    expect(page.locator("#lab-time [data-part=bars] .main-svg").first).to_be_visible(timeout=SOON)
    return page.locator("#lab-time [data-part=bars]").evaluate(
        "node => ({x: [...node.data[0].x], height: node.clientHeight,"
        " labels: [...node.layout.yaxis.ticktext], points: node.querySelectorAll('.point').length})"
    )


def test_of_a_first_visit_to_another_visitors_timing(opens, address):
    """What to do is said, what is wrong refused, and what is stopped kept as far as it is."""
    tab = opens(viewport={"width": 1280, "height": 720})
    tab.goto(f"{address}&timing=AAAAAAAAAAAAAAAAAAAAAA")
    expect(tab.locator(".time-status [data-part=notice]")).to_contain_text("not among yours")
    expect(tab).not_to_have_url(re.compile("timing="))
    expect(tab.locator("#lab-time [data-part=bars-empty]")).to_be_visible()
    expect(tab.locator("#lab-time")).to_contain_text("press Measure")
    expect(tab.locator("#lab-time .time-answer")).to_contain_text("1.15 ×")
    for part in ("bars", "sizes-card", "roofline-card", "memory-card", "table-card", "facts"):
        expect(tab.locator(f"#lab-time [data-part={part}]")).to_be_hidden()
    expect(tab.get_by_role("button", name="Stop")).to_be_hidden()

    card = tab.locator("#lab-time .time-cited")
    card.locator("summary").click()
    rows = card.locator("tbody tr")
    expect(rows.filter(has_text="Swish · F.silu").first).to_contain_text(
        re.compile("127.4 µs.*217.9 µs.*0.94", re.DOTALL)
    )
    links = card.locator("a").evaluate_all("all => all.map(({ href }) => href)")
    assert len(links) >= 5 and all(link.startswith("https://github.com/") for link in links)

    # A phone shows the button, the answer, and the fields below.
    tab.set_viewport_size({"width": 390, "height": 844})
    tops = [
        tab.locator(place).bounding_box()["y"]
        for place in ("#lab-time-measure", "#lab-time .time-answer", "#lab-time-fields")
    ]
    assert tops == sorted(tops)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.set_viewport_size({"width": 1280, "height": 720})
    stop_ends_it_and_keeps_what_was_measured(tab)
    a_refused_value_is_told_beside_its_field(tab)
    leave(tab)


def a_refused_value_is_told_beside_its_field(tab: Page):
    was = tab.url
    tab.set_viewport_size({"width": 390, "height": 700})
    tab.locator("#lab-time-threads input").fill("100000")
    tab.locator("#lab-time-measure").click()
    expect(tab.locator("#lab-time-threads")).to_contain_text("threads is 100000; it must be from 1")
    expect(tab.locator("#lab-time-threads input")).to_be_in_viewport()
    expect(tab.locator(".time-status [data-part=notice]")).to_contain_text("threads is 100000;")
    tab.locator("#lab-time-threads input").fill("1")
    tab.locator("#lab-time-amp input").check()
    tab.locator("#lab-time-measure").click()
    expect(tab.locator("#lab-time-amp")).to_contain_text("Choose dtype bfloat16")
    tab.locator("#lab-time-amp input").uncheck()
    tab.locator("#lab-time-shape input, #lab-time-shape textarea").first.fill("16 × banana")
    tab.locator("#lab-time-measure").click()
    expect(tab.locator("#lab-time-shape")).to_contain_text("A shape is 1 to 6 whole numbers")
    assert tab.url == was


def test_measuring_draws_a_bar_each_and_a_reload_finds_it(opens, address):
    """Then it is deleted, and a shape and a step are measured in the same page."""
    tab = opens(viewport={"width": 1280, "height": 720})
    tab.goto(address)
    expect(tab.locator("#lab-time [data-part=bars-empty]")).to_be_visible(timeout=SOON)
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
    costs = re.escape(f"On this host F.silu costs {silu:.2f} × ReLU as a kernel. ")
    noisy = "This timing does not tell what F.silu costs here"  # where others keep the cores busy
    expect(answer).to_contain_text(re.compile(f"{costs}.*article.* 1.15 ×|{noisy}"))
    said = answer.inner_text()
    expect(tab.locator("#lab-time [data-part=note]")).to_contain_text("2¹⁰ elements")
    expect(tab.locator("#lab-time [data-part=sizes] .scatterlayer .trace")).to_have_count(4)
    expect(tab.locator("#lab-time [data-part=roofline] .scatterlayer .trace")).to_have_count(5)
    expect(tab.locator("#lab-time [data-part=memory] .point")).to_have_count(6)
    assert unexplained(tab) == []
    expect(tab.locator("#lab-time [data-part=steps-card]")).to_be_hidden()
    expect(tab.locator("#lab-time [data-part=host]")).to_contain_text("PyTorch")
    expect(tab.locator("#lab-time [data-part=left-out]")).to_contain_text("Nothing")

    bar = tab.locator("#lab-time .time-interval")
    expect(bar).to_have_attribute("aria-label", re.compile(r"× ReLU, 95 % interval [0-9.]+ to"))
    assert bar.get_attribute("data-separates") == str(answer.locator("b").count() > 0).lower()
    places = bar.evaluate(
        """(bar) => Object.fromEntries([["one", "[data-line=base]"], ["article",
            "[data-line=article]"], ["bar", "b"]].map(([name, which]) => {
                const box = bar.querySelector(`.time-track ${which}`).getBoundingClientRect();
                return [name, [box.left, box.right]];
            }))"""
    )
    low = float(re.findall(r"[0-9.]+", bar.get_attribute("aria-label"))[2])
    assert (places["bar"][0] > places["one"][1]) == (low > 1) or abs(low - 1) < 0.02
    assert (places["bar"][0] > places["article"][1]) == (low > 1.15) or abs(low - 1.15) < 0.02

    # Another unit and another size: the same measurement, drawn anew.
    was = tab.url
    tab.locator("#lab-time [data-part=baseline]").select_option("silu")
    expect(tab.locator("#lab-time [data-part=title]")).to_have_text("Forward + backward, × F.silu")
    again = drawn(tab)
    assert again["x"][again["labels"].index("<b>F.silu</b>")] == 1
    assert again["x"][again["labels"].index("F.relu")] == pytest.approx(1 / silu)
    tab.locator("#lab-time [data-part=sizes-pick]").select_option("256")
    expect(tab.locator("#lab-time [data-part=title-note]")).to_contain_text("2⁸")
    assert tab.url == was

    with tab.expect_download() as waiting:
        tab.locator("#lab-time [data-file=json]").click()
    saved = json.loads(waiting.value.path().read_text("utf-8"))
    assert len(saved["measurements"]) == 6 and saved["host"]["cores"] >= 1
    assert all(m["block_seconds"] for m in saved["measurements"])
    with tab.expect_download() as waiting:
        tab.locator("#lab-time [data-file=csv]").click()
    lines = waiting.value.path().read_text("utf-8").splitlines()
    assert lines[0].startswith("variant,activation,elements") and len(lines) == 7
    with tab.expect_download() as waiting:
        tab.locator("#lab-time [data-file=markdown]").click()
    assert "× F.silu (95 %)" in waiting.value.path().read_text("utf-8")
    menu = tab.locator("#lab-time [data-part=roofline-card] .lab-picture")
    menu.locator("summary").click()
    with tab.expect_download() as waiting:
        menu.locator("[data-take=png]").click()
    picture = waiting.value.path().read_bytes()
    plot = tab.locator("#lab-time [data-part=roofline]")
    width, height = plot.evaluate("node => [node.clientWidth, node.clientHeight]")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20]) == 2 * max(640, width)
    assert int.from_bytes(picture[20:24]) >= 2 * (height + 50)  # a heading stands over it

    # Another host's file, hatched beside one's own; what is no timing is refused in a sentence.
    tab.locator("#lab-time [data-part=baseline]").select_option("relu")
    given = tab.locator("[data-part=beside-pick] input[type=file]")
    notice = tab.locator(".time-status [data-part=notice]")
    given.set_input_files({"name": "a.json", "mimeType": "text/plain", "buffer": b"<html>"})
    expect(notice).to_contain_text("not JSON")
    given.set_input_files({"name": "a.json", "mimeType": "text/plain", "buffer": b"0" * 1_000_001})
    expect(notice).to_contain_text("larger than 1 MB")
    saved["host"]["cpu"] = "Another <b>CPU"
    for each in saved["measurements"]:
        if each["variant"] == "silu":
            each["block_seconds"] = [2 * seconds for seconds in each["block_seconds"]]
    buffer = json.dumps(saved).encode()
    given.set_input_files({"name": "a.json", "mimeType": "application/json", "buffer": buffer})
    beside = tab.locator("#lab-time [data-part=beside]")
    expect(beside).to_contain_text("Another <b>CPU hatched")
    expect(notice).to_have_text("")
    ratios = tab.locator("#lab-time [data-part=bars]").evaluate(
        "node => [node.data[0], node.data.find(({ name }) => name === 'beside')]"
        ".map(({ x, y }) => Object.fromEntries([...y].map((row, at) => [row, x[at]])))"
    )
    factors = {round(ratios[1][row] / ratios[0][row], 3) for row in ratios[0]}
    assert factors == {1.0, 2.0}
    tab.locator("[data-part=beside-pick] select").select_option("")
    expect(beside).to_be_hidden()

    # Its name, and its end.
    tab.locator(".time-status [data-part=name]").fill("two sizes")
    tab.locator(".time-status [data-part=name]").press("Enter")
    expect(tab.locator(".time-status [data-part=earlier]")).to_contain_text("two sizes")

    tab.goto(address)  # as the visitor's latest; by its address a reader finds one that is shared
    expect(answer).to_have_text(said, timeout=SOON)
    assert len(drawn(tab)["x"]) == 3
    assert not errors
    expect(tab.locator(".time-status [data-part=name]")).to_have_value("two sizes")
    tab.locator(".time-status [data-part=drop]").click()
    expect(tab.locator(".time-status [data-undo]")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator(".time-status [data-undo]")).to_have_count(0)
    tab.locator(".time-status [data-part=drop]").click()
    tab.evaluate("dispatchEvent(new Event('pagehide'))")  # or ten seconds later
    expect(tab.locator("#lab-time [data-part=bars-empty]")).to_be_visible()
    a_shape_is_measured_and_shared_and_a_step_has_its_parts(tab, opens)
    leave(tab)


def stop_ends_it_and_keeps_what_was_measured(tab: Page):
    tab.locator("#lab-time-preset input").click()
    tab.get_by_role("option", name="Time against size").click()
    expect(tab.locator("#lab-time-elements .token")).to_have_count(9)
    measure(tab)
    stop = tab.get_by_role("button", name="Stop")
    expect(tab.locator("#lab-time [data-part=rows]")).to_contain_text("µs", timeout=SOON)
    assert state(tab).get_attribute("data-state") == "running"
    assert len(drawn(tab)["labels"]) == 6  # a row for each that was asked for
    stop.press("Enter")
    expect(state(tab)).to_have_attribute("data-state", "stopped", timeout=SOON)
    expect(stop).to_be_hidden()
    expect(tab.locator("#lab-time-measure")).to_be_focused()
    expect(tab.locator(".time-status [data-part=line]")).to_contain_text("Stopped after")
    assert drawn(tab)["x"]


def shown_to_others_by_its_link_alone(tab: Page, opens):
    own = re.search(r"timing=([\w-]+)", tab.url)[1]
    share = tab.locator(".time-status [data-part=link]")
    share.click()
    notice = tab.locator(".time-status [data-part=notice]")
    expect(notice).to_contain_text("timing=")
    link = re.search(r"http\S+", notice.inner_text())[0]
    assert own not in link
    mine = tab.context.cookies()
    reader = opens()  # another visitor's, as a page that is opened always is
    reader.goto(link)
    expect(state(reader)).to_have_attribute("data-state", "finished", timeout=SOON)
    said = tab.locator("#lab-time .time-answer").inner_text()
    expect(reader.locator("#lab-time .time-answer")).to_have_text(said)
    assert own not in reader.content()
    expect(reader.locator(".time-status .lab-kept")).to_be_hidden()
    trade(tab, mine)
    tab.bring_to_front()
    expect(share).to_have_text("Stop sharing")
    share.click()
    expect(share).to_have_text("Share")
    trade(reader)
    leave(reader)
    trade(tab, mine)
    refused = httpx.get(urljoin(link, f"/api/timings/view?timing={link.rpartition('timing=')[2]}"))
    assert refused.status_code == 404


def the_table_is_copied_on_a_page_without_a_clipboard_too(tab: Page):
    tab.evaluate(
        """() => {
            Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
            const note = () => { window.copied = document.activeElement.value; };
            document.addEventListener("copy", note, { once: true });
        }"""
    )
    copy = tab.locator("#lab-time [data-part=copy]")
    words = copy.inner_text()
    copy.click()
    expect(copy).to_have_text("Copied")
    expect(copy).to_have_text(words)
    heads, *rows = (line.split("\t") for line in tab.evaluate("window.copied").splitlines())
    assert len(rows) == 2 and {len(row) for row in rows} == {len(heads)}
    tab.evaluate("delete navigator.clipboard")


def a_shape_is_measured_and_shared_and_a_step_has_its_parts(tab: Page, opens):
    tab.locator("#lab-time-preset input").click()
    tab.get_by_role("option", name="16 × 10 × 256 × 256").click()
    shape = tab.locator("#lab-time-shape input, #lab-time-shape textarea").first
    expect(shape).to_have_value("16 × 10 × 256 × 256")
    expect(tab.locator(".time-preset")).to_contain_text("others have published")
    shape.fill("2,3,4")
    passed(tab, tab.locator("#lab-time-preset input"))
    expect(shape).to_have_value("2,3,4")
    choose(tab, [], {"relu", "silu"})
    measure(tab)
    expect(state(tab)).to_have_attribute("data-state", "finished", timeout=SOON)
    expect(tab.locator("#lab-time [data-part=title-note]")).to_contain_text("2 × 3 × 4")
    the_table_is_copied_on_a_page_without_a_clipboard_too(tab)
    shown_to_others_by_its_link_alone(tab, opens)
    tab.bring_to_front()
    first = tab.url

    tab.locator("#lab-time-context").get_by_text("training step").click()
    expect(shape).to_be_hidden()
    tab.locator("#lab-time-measure").click()
    expect(tab).not_to_have_url(first, timeout=SOON)
    expect(state(tab)).to_have_attribute("data-state", "finished", timeout=SOON)
    expect(tab.locator("#lab-time [data-part=steps] .point")).to_have_count(6)
