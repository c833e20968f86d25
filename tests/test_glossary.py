"""The glossary: every label has help, every term is explained and used, and a tap opens it."""

import re

import pytest
from playwright.sync_api import expect
from visiting import two_frames, unexplained

from swishdemo.text import LANGUAGES, catalogue
from swishdemo.ui import in_gradio

LONGEST = {"en": 88, "zh": 46}
"""Signs of a line: two of them stand in the box beside the picture."""


assert in_gradio.translations  # the forms have said what their fields are called


def terms():
    """The terms by what they are called in code."""
    return [key.split(".")[1] for key in catalogue() if re.fullmatch(r"glossary\.\w+\.words", key)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_explanation_is_two_short_lines(language):
    for name in terms():
        for line in ("what", "more"):
            said = catalogue()[f"glossary.{name}.{line}"][language]
            assert 8 < len(said) <= LONGEST.get(language, 88), (name, said)
            assert "\n" not in said and said[-1] in ".。", (name, said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_has_two_explanations_and_each_is_said_somewhere(language):
    sentences = [
        said[language] for key, said in catalogue().items() if not key.startswith("glossary.")
    ]
    shown = "\n".join([*sentences, "f(x) f′(x) f″(x) ∂f/∂β"])
    seen = set()
    for name in terms():
        listed = catalogue()[f"glossary.{name}.words"][language].split(";")
        phrases = [phrase.removeprefix("=") for phrase in listed]
        assert not seen.intersection(phrases), name
        seen.update(phrases)
        # One that the page puts together is not in the catalogue; a term has others then.
        assert any(re.search(re.escape(phrase), shown, re.I) for phrase in phrases), name


def test_every_term_has_a_picture(modules):
    drawn = modules(
        """([{ TERMS }]) => Object.entries(TERMS).map(([name, picture]) => {
            const host = document.createElement("div");
            host.innerHTML = String(picture());
            const shapes = [...host.querySelectorAll("svg :is(path, rect, circle, text)")];
            return [name, shapes.length, host.innerHTML.includes("NaN")];
        })""",
        ["glossary/terms.js"],
    )
    assert [name for name, _, _ in drawn] and {name for name, _, _ in drawn} == set(terms())
    for name, shapes, wrong in drawn:
        assert shapes >= 1 and not wrong, name


THERE = {
    "explore": "#lab-explore path.js-line >> visible=true",
    "train": "#lab-train [data-part=line] >> text=/./",
    "time": "#lab-time [data-part=bars-empty]",
    "claims": "#lab-claims[data-ready], #lab-claims [data-ready]",
}
"""What each tab has when it has all that it asks for at first."""


@pytest.mark.parametrize("tab", THERE)
def test_no_label_is_without_help(turn, tab):
    page = turn()
    page.locator(f"#lab-tabs button[data-tab-id={tab}]").click()
    page.wait_for_selector(THERE[tab])
    two_frames(page)
    if tab == "explore":
        for host in page.locator("#lab-explore [data-part=cards] > *").all():
            host.scroll_into_view_if_needed()
    assert unexplained(page) == []


def test_a_plot_s_head_can_be_tapped(turn):
    page = turn()
    page.locator('.explore-head .lab-term[data-term="slope"]').click()
    expect(page.locator("#lab-gloss")).to_contain_text("first derivative")
    page.keyboard.press("Escape")


def test_a_tap_opens_two_lines_and_escape_or_a_tap_elsewhere_closes_them(turn):
    page = turn()
    page.locator("#lab-tabs button[data-tab-id=train]").click()
    term = page.locator('.lab-term[data-term="weight_decay"]').first
    term.click()
    box = page.locator("#lab-gloss")
    expect(box).to_be_visible()
    expect(box.locator("p")).to_have_count(2)
    expect(box.locator("svg")).to_have_count(1)
    expect(term).to_have_attribute("aria-expanded", "true")
    expect(term).to_have_attribute("aria-describedby", "lab-gloss")
    # The field that the label belongs to has not been meant.
    assert page.evaluate("document.activeElement.tagName") != "INPUT"
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(term).to_have_attribute("aria-expanded", "false")
    term.click()
    page.locator("#lab-header h1").click()
    expect(box).to_be_hidden()
    # By key: no Tab stop, but a way in and back.
    assert page.locator('.lab-term:not([tabindex="-1"])').count() == 0
    field = page.get_by_label("Weight decay of W")
    field.focus()
    page.keyboard.press("Alt+Slash")
    expect(page.locator(".lab-term:focus")).to_have_text("Weight decay")
    page.keyboard.press("Enter")
    expect(box).to_contain_text("towards 0 in every step")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
