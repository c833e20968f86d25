"""Lecture mode in a real browser: views added, presented by keys, handed on; and their QR codes."""

import base64
import json
import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect
from visiting import FAULTS, eventually, leave

BAR = ".lecture-bar"
HIDDEN = """() => {
  const box = (each) => each.getBoundingClientRect();
  const meet = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const over = [...document.querySelectorAll(".explore-head")].map(box);
  const marks = [...document.querySelectorAll(".scatterlayer path.point")].map(box);
  const figures = [...document.querySelectorAll(".xtick text, .ytick text")];
  const labels = [...document.querySelectorAll(".explore-label:not([hidden])")];
  return [
    ...figures.filter((each) => over.some((head) => meet(head, box(each)))),
    ...labels.filter((each) => marks.some((mark) => meet(mark, box(each)))),
  ].map((each) => each.textContent);
}"""
"""Figures of an axis under a panel's head, and labels over a curve's marks."""


def seen(page, selector):
    """Whether a part of the page can be seen."""
    return page.locator(selector).first.is_visible()


def listed(page):
    return page.evaluate("JSON.parse(localStorage.getItem('swish-lab-lecture') ?? '[]')")


def test_a_teacher_adds_views_and_goes_through_them_by_keys(visit, server):
    page = visit("?beta=2&act=relu")
    page.get_by_role("button", name="Present", exact=True).click()
    menu = page.locator("dialog.lecture-menu")
    font = "each => getComputedStyle(each).fontFamily"
    assert menu.evaluate(font) == page.locator("#lab-header").evaluate(font)
    menu.get_by_role("button", name="Add this view").click()
    menu.get_by_role("button", name="+ The dip").click()
    menu.get_by_role("button", name="Move up: The dip").click()
    name = menu.get_by_label("Title of view 2")
    expect(name).to_have_value("Explore · β = 2")
    name.fill("<b>two</b>")
    name.blur()
    assert [title for title, _ in listed(page)] == ["The dip", "<b>two</b>"]
    assert dict(listed(page))["<b>two</b>"] == "beta=2&act=relu"
    menu.locator("[data-do=start]").click()
    bar = page.locator(BAR)
    expect(bar.locator("[data-title]")).to_have_text("The dip")
    expect(page.locator("#lab-explore .explore-main")).to_be_visible()
    for gone in ("#lab-header", "#lab-footer", "#lab-beta", "#lab-own", "#lab-explore .lab-btn"):
        assert not seen(page, gone), gone
    letters = page.locator("#lab-explore .xtick text").first
    expect(letters).to_be_visible()
    assert float(re.match(r"[\d.]+", letters.evaluate("n => getComputedStyle(n).fontSize"))[0]) > 18

    page.keyboard.press("ArrowRight")
    expect(bar.locator("[data-title]")).to_have_text("<b>two</b>")
    expect(bar.locator("[data-beta]")).to_have_text("β = 2")
    expect(page).to_have_url(re.compile(r"\?beta=2&act=relu&present=2"))
    page.set_viewport_size({"width": 1280, "height": 720})  # what a beamer has

    def lies_well():
        assert page.evaluate(FAULTS) == []
        assert page.evaluate(HIDDEN) == []

    eventually(lies_well, seconds=5)
    page.keyboard.press("ArrowRight")  # there is no third
    page.keyboard.press("ArrowUp")
    expect(bar.locator("[data-beta]")).to_have_text("β = 2.1")
    page.keyboard.press("q")
    source = bar.locator(".lecture-qr img").get_attribute("src")
    assert "state=beta%3D2.1" in source and "present" not in source
    assert bar.locator(".lecture-qr img").evaluate("n => n.decode().then(() => n.naturalWidth > 0)")
    (code,) = zxingcpp.read_barcodes(Image.open(BytesIO(bar.locator(".lecture-qr").screenshot())))
    assert code.text == f"{server}/?beta=2.1&act=relu"
    page.keyboard.press("ArrowLeft")
    expect(bar.locator("[data-title]")).to_have_text("The dip")
    page.keyboard.press("Escape")
    expect(page.locator("#lab-header")).to_be_visible()
    assert "present" not in page.url and "show=f" in page.url


def packed(given):
    return base64.urlsafe_b64encode(json.dumps(given).encode()).decode().rstrip("=")


def refused(page, server, *lectures):
    for hostile in lectures:
        page.goto(f"{server}/?present=99&lecture={hostile}")
        title = page.locator(f"{BAR} [data-title]")
        expect(title).to_have_text("A refuted claim")  # the last of the prepared ones


@pytest.mark.long
def test_what_is_no_lecture_is_refused(visit, server):
    refused(visit(), server, "%00", "x" * 300, packed({"a": 1}), packed([]))


def test_a_lectures_link_holds_its_views_and_refuses_what_is_none(visit, server):
    views = [
        ["Eins 一", "beta=0"],
        ["bad", 3],
        ["<img src=x onerror=alert(1)>", "beta=-1&present=9"],
    ]
    page = visit(f"?beta=0&present=1&lecture={packed(views)}")
    title = page.locator(f"{BAR} [data-title]")
    expect(title).to_have_text("Eins 一")
    expect(page.locator(f"{BAR} [data-count]")).to_have_text("1 of 2")
    page.keyboard.press("PageDown")
    expect(title).to_have_text("<img src=x onerror=alert(1)>")
    assert "beta=-1" in page.url and page.url.count("present") == 1 and "lecture=" in page.url
    refused(page, server, packed([[1, 2]]))


@pytest.mark.long
def test_the_prepared_views_show_one_card_each(visit, server):
    page = visit()
    page.goto(f"{server}/?card=formula&act=relu&present=1")
    shown = (
        ".explore-formulas", ".explore-main", ".signal-card", "#claim-cost", "#claim-max-slope",
    )  # fmt: skip
    for number, card in enumerate(shown, 1):
        expect(page.locator(f"{BAR} [data-count]")).to_have_text(f"{number} of 5")
        expect(page.locator(card)).to_be_visible()
        cards = page.locator("#lab-explore section:visible, #lab-claims article:visible")
        expect(cards).to_have_count(1)
        page.keyboard.press("ArrowRight")


def finished(state):
    assert state == "finished"


@pytest.mark.parametrize(
    ("dataset", "picture", "other"),
    [
        ("spiral", ".train-inside [data-part=inside]", "[data-part=beta]"),
        ("digits", "[data-part=beta]", ".train-inside"),
    ],
)
def test_a_run_is_its_sentence_and_one_picture_on_one_screen(
    opens, server, dataset, picture, other
):
    page = opens(viewport={"width": 1280, "height": 720})
    network = "cnn" if dataset == "digits" else "mlp"
    config = {"dataset": dataset, "network": network, "steps": 3, "seeds": 1}
    run = page.request.post(f"{server}/api/runs", data=config).json()["id"]
    told = f"{server}/api/runs/{run}"
    eventually(lambda: finished(page.request.get(told).json()["state"]))  # it is drawn once
    page.goto(f"{server}/?tab=train&run={run}&present=1")
    expect(page.locator("#lab-train .train-sentence")).to_be_visible()
    expect(page.locator(f"#lab-train {picture} .main-svg").first).to_be_in_viewport()
    bottom = page.locator(f"#lab-train {picture}").evaluate("n => n.getBoundingClientRect().bottom")
    assert bottom < page.locator(BAR).evaluate("n => n.getBoundingClientRect().top")
    for gone in (other, "[data-wish]", ".train-print", "[data-part=runs]", ".network-card"):
        assert not page.locator(f"#lab-train {gone}").first.is_visible(), gone
    assert page.wrong == []
    leave(page)
