"""Every plot is taken along as a picture that says by itself what it shows, on white."""

import re
from datetime import date
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import expect
from visiting import PHONE, eventually

from swishdemo.text import text

SVG = "{http://www.w3.org/2000/svg}"
MAIN = "#lab-explore .explore-take .lab-picture"


def taken(page, menu, kind):
    """The file of a picture; the menu is opened by the keyboard."""
    shown = page.locator(menu).first
    if shown.get_attribute("open") is None:
        shown.locator("summary").press("Enter")
    with page.expect_download() as begun:
        shown.locator(f"[data-take={kind}]").press("Enter")
    return begun.value.path().read_bytes()


def texts(svg):
    """What is written in a picture, and what of it is drawn dotted or dashed."""
    root = ElementTree.fromstring(svg)
    return ["".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")]


def paper(png):
    image = Image.open(BytesIO(png)).convert("RGB")
    assert image.width >= 1280
    corners = [(2, 2), (image.width - 3, 2), (2, image.height - 3), (image.width // 2, 4)]
    assert {image.getpixel(at) for at in corners} == {(255, 255, 255)}
    colours = image.getcolors(1 << 24)
    assert max(colours)[1] == (255, 255, 255)  # most of it is paper
    return {pixel for _, pixel in colours}


def year_of(words):
    return any(str(date.today().year) in each for each in words)


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.long), "dark"])
def test_the_curves_picture_says_what_it_shows(turn, theme):
    page = turn(f"?beta=2.5&act=gelu,elu&par=elu.alpha:0.5&__theme={theme}")
    words = texts(taken(page, MAIN, "svg"))
    joined = " ".join(words)
    assert words[0] == "Swish, β = 2.5 · GELU · ELU, α = 0.5"
    assert {"x", "f(x)", "f′(x)"} <= set(words)
    for name in ("Swish, β = 2.5", "GELU", "ELU, α = 0.5"):
        assert words.count(name) == 1, name  # in the legend, once for both panels
    assert "ghost" not in joined
    link = "".join(words[-3:]).replace(" ", "")
    assert "beta=2.5" in link and page.url.split("?")[0] in link and year_of(words)
    colours = paper(taken(page, MAIN, "png"))
    assert (0xC2, 0x41, 0x0C) in colours  # Swish, as on paper
    assert (0xFB, 0x92, 0x3C) not in colours


def test_an_earlier_betas_curve_is_named(turn):
    page = turn("?beta=1&act=&show=f&trail=on")
    page.locator("#lab-beta").evaluate(
        """async (input) => { for (const value of ["3", "6"]) { input.value = value;
           input.dispatchEvent(new Event('input', { bubbles: true }));
           await new Promise((done) => setTimeout(done, 400)); } }"""
    )
    eventually(lambda: expect(page).to_have_url(re.compile("beta=6")))
    words = texts(taken(page, MAIN, "svg"))
    assert any(each.startswith(text("picture.trail", "en")) for each in words)
    assert "ghost" not in words and "Swish, β = 6" in words


def test_the_menu_speaks_chinese_and_escape_closes_it(turn):
    page = turn("?lang=zh&beta=2", **PHONE)
    menu = page.locator(MAIN)
    summary = menu.locator("summary")
    expect(summary).to_have_attribute("aria-label", text("picture.label", "zh"))
    summary.press("Enter")
    menu.locator("[data-take=png]").press("Escape")
    expect(summary).to_be_focused()
    assert menu.get_attribute("open") is None


def test_the_picture_is_copied_and_a_refusal_is_said(turn):
    page = turn("?beta=3")
    page.evaluate(
        """() => { navigator.clipboard.write = async ([item]) => {
             const blob = await item.getType("image/png");
             window.copied = [blob.type, blob.size]; }; }"""
    )
    menu = page.locator(MAIN)
    if menu.get_attribute("open") is None:
        menu.locator("summary").press("Enter")
    menu.locator("[data-take=copy]").press("Enter")
    expect(menu.locator("[role=status]")).to_have_text(text("picture.copied", "en"))
    kind, size = page.evaluate("window.copied")
    assert kind == "image/png" and size > 10_000
    page.evaluate(
        """() => { navigator.clipboard.write = () => Promise.reject(new DOMException("no")); }"""
    )
    menu.locator("[data-take=copy]").press("Enter")
    expect(menu.locator("[role=status]")).to_have_text(text("picture.not_copied", "en"))
    page.evaluate("() => { delete navigator.clipboard.write; }")
    menu.locator("summary").press("Escape")


def test_the_surface_is_a_picture_with_its_axes(explore):
    page = explore(".surface-card", "?beta=-2&of=df")
    page.wait_for_selector(".surface-xs b")
    words = texts(taken(page, ".surface-card .lab-picture", "svg"))
    assert {"x", "β"} <= set(words) and "β = −2" in words
    assert words[0].endswith("f′(x, β)") and year_of(words)
    assert len(paper(taken(page, ".surface-card .lab-picture", "png"))) > 500


@pytest.mark.parametrize("card", [".signal-card", ".precision-card"])
def test_a_cards_plot_is_a_picture(explore, card):
    page = explore(card, "?beta=2")
    page.wait_for_selector(f"{card} .lab-plot .main-svg")
    words = texts(taken(page, f"{card} .lab-picture", "svg"))
    assert words[0] and year_of(words) and any("β = 2" in each for each in words)


def test_a_claims_picture_has_its_sentence_verdict_and_link(turn, server):
    page = turn("?tab=claims")
    page.locator("#lab-tabs button[data-tab-id=claims]").click()
    page.locator("[data-tile=max-slope]").click()
    menu = "#claim-max-slope .claims-plot .lab-picture"
    page.wait_for_selector(menu)
    words = texts(taken(page, menu, "svg"))
    joined = " ".join(words)
    assert words[0].startswith("The largest gradient of Swish")
    assert text("claims.verdict.confirmed", "en") in joined
    assert f"{server}/claim/max-slope" in joined.replace(" ", "") and year_of(words)
    assert b"var(" not in taken(page, menu, "svg")
    paper(taken(page, menu, "png"))
    page.locator("[data-tile=max-slope]").click()


def test_every_plot_of_the_page_has_a_menu(turn):
    """The nearest plot of each menu is its own: none has two, and none is without."""
    page = turn()
    for tab in ("train", "time"):
        page.locator(f"#lab-tabs button[data-tab-id={tab}]").click()
        page.wait_for_selector(f"#lab-{tab} .lab-plot", state="attached")
    found = page.evaluate(
        """() => [...document.querySelectorAll("#lab-train .lab-plot, #lab-time .lab-plot")]
           .map((plot) => { let at = plot.parentElement;
             while (at && !at.querySelector(".lab-picture")) at = at.parentElement;
             return [plot.dataset.part, at?.querySelectorAll(".lab-picture").length ?? 0,
                     at?.querySelectorAll(".lab-plot").length]; })"""
    )
    assert len(found) >= 14
    assert [each for each in found if each[1:] != [1, 1]] == []
