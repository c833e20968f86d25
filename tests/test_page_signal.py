"""The cards of the signal and of low precision in a real browser: figures, words, what moves."""

import math
import re

import pytest
from browser import numbers_of
from playwright.sync_api import expect
from visiting import PHONE

from swishdemo.activations import get
from swishdemo.activations.precision import precision

SIGNAL = "#lab-explore .signal-card"
PRECISION = "#lab-explore .precision-card"


@pytest.fixture
def visit(explore):
    """Opens the page with one of the cards drawn."""

    def visited(query="", card=SIGNAL, **options):
        page = explore(card, query, **options)
        page.wait_for_selector(f"{card} .js-plotly-plot path.js-line", state="attached")
        return page

    return visited


def number(text):
    """A figure as the card writes it, 5.66·10⁻⁸ included."""
    plain = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--"))
    return float(re.sub(r"·10(?=-?\d)", "e", plain).removesuffix(" %").removeprefix("< "))


def column(page, row, label="Swish"):
    heads = page.locator(f"{SIGNAL} thead th").all_text_contents()
    return page.locator(f"{SIGNAL} [data-row={row}] td").nth(heads.index(label))


def says(page, card):
    return page.locator(f"{card} [data-part=says]")


def test_the_signals_card_says_what_swish_does(visit):
    page = visit()
    heads = page.locator(f"{SIGNAL} thead th").all_text_contents()
    assert heads[0] == "Swish" and set(heads[1:]) == {"ReLU", "GELU", "Mish", "ELU"}
    assert column(page, "gain").text_content() == "1.6765"
    assert column(page, "slope").text_content() == "1.173"
    assert column(page, "fixed").text_content() == "unstable"
    assert column(page, "fixed", "ReLU").text_content() == "marginal"
    assert column(page, "fixed", "ELU").text_content() == "stable"
    assert number(column(page, "flat", "ReLU").text_content()) == 50
    said = says(page, SIGNAL).text_content()
    assert "1.6765" in said and "unstable (slope 1.173 > 1)" in said
    # From 0.5 the variance decays; the factor of a layer tends to gain²/4.
    found = number(re.search(r"becomes (\S+) in 50 layers", said).group(1))
    assert (1.6765**2 / 4) ** 50 < found < 0.5 * (1.6765**2 / 2 * 0.62) ** 50 * 1e3
    assert said.endswith("with ReLU and its own gain, 0.5.")


def test_sigma_changes_the_figures_and_the_address(visit):
    page = visit()
    field = page.locator(f"{SIGNAL} [data-part=sigma-value]")
    field.fill("3")
    field.press("Enter")
    # ReLU halves the second moment, whatever it is.
    expect(column(page, "second", "ReLU")).to_have_text("4.5")
    expect(column(page, "gain")).to_have_text("1.6765")  # it is that of variance 1
    page.wait_for_url("**sigma=3**")
    page.locator(f"{SIGNAL} [data-part=sigma]").press("Home")
    expect(column(page, "second", "ReLU")).to_have_text("0.005")
    field.fill("30")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"{SIGNAL} [data-part=error]")).to_contain_text("from 0.1 to 10")
    expect(column(page, "second", "ReLU")).to_have_text("0.005")


def test_gain_start_layers_and_rival_decide_the_depth(visit):
    page = visit("?gain=he&q0=2&layers=10&against=elu&depth=layers")
    said = says(page, SIGNAL)
    expect(said).to_contain_text("With gain 1.4142, a variance of 2")
    expect(said).to_contain_text("in 10 layers of Swish (β = 1)")
    drawn = numbers_of(
        page,
        f"""() => document.querySelector('{SIGNAL} .signal-plot').data
            .map(({{ name, x, y }}) => [name, [...x], [...y]])""",
    )
    assert [name for name, _, _ in drawn] == ["ELU", "Swish"]
    (_, x, y) = drawn[1]
    assert x == list(range(11)) and y[0] == 2 and y[-1] < y[0]
    assert number(re.search(r"becomes (\S+) in", said.text_content()).group(1)) == pytest.approx(
        y[-1], rel=0.01
    )
    page.locator(f"{SIGNAL} [data-gain=own]").click()
    expect(said).to_contain_text("keeps the variance at 1")
    page.locator(f"{SIGNAL} [data-part=against]").select_option("mish")
    expect(said).to_contain_text("with Mish and its own gain")
    page.locator(f"{SIGNAL} [data-part=gain-value]").fill("0.9")
    page.locator(f"{SIGNAL} [data-part=gain-value]").press("Enter")
    expect(said).to_contain_text("With gain 0.9,")
    layers = page.locator(f"{SIGNAL} [data-part=layers]")
    for wrong in ("0", "101", "2.5", "many"):
        layers.fill(wrong)
        layers.press("Enter")
        expect(layers).to_have_attribute("aria-invalid", "true")
    expect(said).to_contain_text("in 10 layers")


def test_the_cobweb_steps_between_the_map_and_the_diagonal(visit):
    page = visit("?q0=0.5&layers=5")
    lines = numbers_of(
        page,
        f"""() => document.querySelector('{SIGNAL} .signal-plot').data
            .map(({{ x, y }}) => [[...x], [...y]])""",
    )
    assert len(lines) == 5  # the diagonal, and a map and a path of each
    (map_x, map_y), (x, y) = lines[3:]
    assert x[0] == y[0] == 0.5
    corners = list(zip(x, y, strict=True))
    # On the diagonal and on the map by turns.
    for at, (q, following) in enumerate(corners):
        if at % 2 == 0:
            assert following == q
        else:
            logs = [math.log(value) for value in map_x], [math.log(value) for value in map_y]
            nearest = min(range(len(map_x)), key=lambda k, q=q: abs(logs[0][k] - math.log(q)))
            assert following / q == pytest.approx(map_y[nearest] / map_x[nearest], rel=0.05)


def test_beta_moves_swish_at_once_and_the_words_at_rest(visit):
    page = visit()
    before = page.locator(f"{SIGNAL} .signal-plot path.js-line").evaluate_all(
        "all => all.map(p => p.getAttribute('d'))"
    )
    page.locator("#lab-beta").evaluate(
        """(input) => { input.value = '3';
           input.dispatchEvent(new Event('input', { bubbles: true })); }"""
    )
    expect(column(page, "gain")).not_to_have_text("1.6765")
    expect(says(page, SIGNAL)).to_contain_text("β = 3")
    after = page.locator(f"{SIGNAL} .signal-plot path.js-line").evaluate_all(
        "all => all.map(p => p.getAttribute('d'))"
    )
    assert [a != b for a, b in zip(before, after, strict=True)] == [False] * 3 + [True] * 2
    # Swish_β has a gain that tends to ReLU's.
    assert math.sqrt(2) < number(column(page, "gain").text_content()) < 1.6765


def test_what_the_precision_card_says_is_what_was_computed(visit):
    page = visit("?dtype=fp16", PRECISION)
    said = says(page, PRECISION)
    found = precision(get("swish"), None, -22, 22, "fp16")
    (loss,) = found.written.lost
    expect(said).to_contain_text(f"returns 0 from x = −{-loss.near:.4g}")
    expect(said).to_contain_text(f"largest error of {found.stable.worst:.3g} ulp elsewhere")
    expect(page.locator(f"{PRECISION} [data-part=tried]")).to_contain_text(
        re.compile(r"^All .* fp16 numbers from −22 to 22")
    )
    page.locator(f"{PRECISION} [data-dtype=bf16]").click()
    expect(said).to_contain_text("In bf16")
    page.wait_for_url("**dtype=bf16**")
    page.locator(f"{PRECISION} [data-reach=plot]").click()
    expect(page.locator(f"{PRECISION} [data-part=tried]")).to_contain_text("from −6 to 6")
    expect(said).not_to_contain_text("returns 0")


def choose_beta(page, beta):
    page.locator("#lab-beta-value").fill(beta)
    page.locator("#lab-beta-value").press("Enter")
    # A card that is off the screen waits until it is seen.
    page.locator(PRECISION).scroll_into_view_if_needed()


def test_the_precision_card_follows_beta_and_the_choice(visit):
    page = visit(card=PRECISION)
    choose_beta(page, "2")
    expect(says(page, PRECISION)).to_contain_text("Swish (β = 2)")
    page.locator(f"{PRECISION} [data-part=lossy]").select_option("relu")
    expect(says(page, PRECISION)).to_contain_text("same operations")
    expect(says(page, PRECISION)).to_contain_text("is exact at every number tested")


def test_only_the_last_question_is_answered(visit):
    page = visit(card=PRECISION)
    held = []
    # The first answer is held back until the second is there.

    page.route("**/api/precision", lambda route: held.append(route))
    for dtype, asked in (("fp32", 1), ("bf16", 2)):
        page.locator(f"{PRECISION} [data-dtype={dtype}]").click()
        for _ in range(1000):
            page.wait_for_timeout(20)  # lets Playwright see the request
            if len(held) == asked:
                break
    assert len(held) == 2
    held[1].continue_()
    expect(says(page, PRECISION)).to_contain_text("In bf16")
    held[0].continue_()
    page.wait_for_timeout(600)
    expect(says(page, PRECISION)).to_contain_text("In bf16")
    page.unroute("**/api/precision")


def test_a_refusal_stands_in_the_card(visit):
    page = visit(card=PRECISION)
    choose_beta(page, "1e6")
    expect(page.locator(f"{PRECISION} [data-part=error]")).to_contain_text("largest number")
    choose_beta(page, "1")
    expect(page.locator(f"{PRECISION} [data-part=error]")).to_be_empty()
    expect(says(page, PRECISION)).to_contain_text("β = 1)")


@pytest.mark.parametrize("card", [SIGNAL, PRECISION])
def test_a_narrow_page_in_chinese_has_all_of_it(visit, card):
    page = visit("?lang=zh", card, **PHONE)
    expect(says(page, card)).to_contain_text(re.compile("方差|按公式"))
    wide = page.locator(card).evaluate("card => card.scrollWidth - card.clientWidth")
    assert wide <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
