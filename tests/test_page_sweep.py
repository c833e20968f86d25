"""A sweep in a real browser: begun, watched, found again, shared, refused, removed."""

import re

import pytest
from playwright.sync_api import expect
from visiting import leave

CARD = "#lab-sweep [data-part=card]"
ROWS = "#lab-sweep [data-part=table] tbody tr"
GRID = "#lab-sweep-grid textarea"


def state(page, name):
    expect(page.locator(f"#lab-sweep [data-state={name}]")).to_be_attached(timeout=180_000)


def part(page, name):
    return page.locator(f"#lab-sweep [data-part={name}]")


def begin(page, *lines):
    page.click("#lab-group-sweep .label-wrap")
    page.fill("#lab-steps input", "4")
    page.fill("#lab-seeds input", "1")
    page.fill(GRID, "\n".join(lines))
    page.click("#lab-sweep-start")
    state(page, "finished")


def test_a_sweep_is_begun_and_found_again(opens, server):
    page = opens(viewport={"width": 390, "height": 844})
    page.goto(f"{server}/?tab=train")
    expect(page.locator("#lab-group-sweep")).to_be_visible()
    expect(page.locator(CARD)).to_be_hidden()
    begin(page, "Hidden layers: 1, 2", "lr = 0.05, 0.1")
    assert page.locator(ROWS).count() == 4
    heads = page.locator("#lab-sweep [data-part=table] th").all_inner_texts()
    assert heads[:4] == ["run", "Hidden layers", "Learning rate", "Swish"]
    expect(page.locator("#lab-sweep .js-plotly-plot .points path").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.wait_for_url(re.compile(r"sweep=[\w-]{20,}"))
    page.reload()
    state(page, "finished")
    assert page.locator(ROWS).count() == 4
    none = page.locator("#lab-train [data-part=line]")
    expect(none).to_be_hidden()  # a run's cards take no room while a sweep is shown
    part(page, "close").click()
    expect(none).to_have_text("No run yet. Press Start to train the chosen recipe.")
    # A run's plots take no room while there is none.
    expect(page.locator("#lab-train [data-part=empty-beta]")).to_be_hidden()
    assert page.wrong == []
    leave(page)


@pytest.mark.journey
def test_a_sweep_is_refused_named_shared_taken_along_and_removed(opens, server):
    page = opens(viewport={"width": 1280, "height": 900})
    page.goto(f"{server}/?tab=train")
    page.click("#lab-group-sweep .label-wrap")
    page.fill(GRID, "depth = 2, 500")
    page.click("#lab-sweep-start")
    expect(page.locator("#lab-sweep-grid")).to_contain_text("Run 2 of 2 (depth = 500)")
    expect(page.locator(CARD)).to_be_hidden()
    page.click("#lab-group-sweep .label-wrap")
    begin(page, "seed+data_seed = 1, 2")
    page.wait_for_url(re.compile(r"sweep=[\w-]{20,}"))
    own = page.url
    with page.expect_download() as saved:
        page.click("#lab-sweep [data-format=markdown]")
    assert saved.value.suggested_filename.endswith(".md")
    part(page, "name").fill("Depths")
    part(page, "name").press("Enter")
    expect(part(page, "what")).to_have_text("Depths")
    part(page, "link").click()
    expect(part(page, "notice")).to_contain_text("sweep=")
    link = re.search(r"http\S+", part(page, "notice").inner_text())[0]

    other = opens(number=1, viewport={"width": 390, "height": 844})
    other.goto(link)
    state(other, "finished")
    expect(part(other, "foreign")).to_be_visible()
    expect(part(other, "stop")).to_be_hidden()
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    other.goto(own)
    expect(part(other, "notice")).to_contain_text("There is no job")
    expect(part(other, "shown")).to_be_hidden()
    assert [said for said in other.wrong if "404" not in said] == []
    leave(other)

    page.bring_to_front()
    part(page, "close").click()
    expect(part(page, "shown")).to_be_hidden()
    part(page, "earlier").select_option(index=1)
    state(page, "finished")
    part(page, "drop").click()
    expect(part(page, "shown")).to_be_hidden()
    assert [said for said in page.wrong if "422" not in said] == []
    leave(page)
