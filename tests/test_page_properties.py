"""The property table and the landmarks of Explore, in a real browser."""

import json
import math
import re

import pytest
from playwright.sync_api import expect
from serving import ROOT
from visiting import PHONE, VIEWPORT

from swishdemo.activations import activations, get, names
from swishdemo.activations.analysis.properties import landmarks, properties

TABLE = "#lab-explore .property-table"
KNOWN = {
    name: json.loads(facts.rstrip(","))
    for name, facts in re.findall(
        r'^"(\w+)": (\{.*)$', (ROOT / "assets/js/generated/properties.js").read_text("utf-8"), re.M
    )
}
"""What the page is given; other tests hold it to the functions themselves."""


def rows(page):
    return page.locator(f"{TABLE} tbody tr").evaluate_all("all => all.map(r => r.dataset.row)")


def cell(page, name, column):
    return page.locator(f"{TABLE} tr[data-row={name}] [data-cell={column}]")


def beta(page, value):
    page.fill("#lab-beta-value", str(value))
    page.press("#lab-beta-value", "Enter")


def test_every_activation_has_its_row_and_its_facts(turn):
    page = turn("?rows=shown")
    page.locator(TABLE).scroll_into_view_if_needed()
    page.click("#lab-explore [data-rows=all]")
    expect(page.locator(f"{TABLE} tbody tr")).to_have_count(len(KNOWN))
    assert rows(page) == list(names()) == list(KNOWN)
    cells = page.locator(f"{TABLE} tbody tr").evaluate_all(
        """rows => Object.fromEntries(rows.map((row) => {
            const cells = [...row.querySelectorAll("[data-cell]")];
            const said = cells.map((e) => [e.dataset.cell, e.innerText]);
            return [row.dataset.row, Object.fromEntries(said)];
        }))"""
    )
    for activation in activations():
        found, shown = KNOWN[activation.name], cells[activation.name]
        mono = {"increasing": "↗", "decreasing": "↘", "constant": "→", "no": "·"}[found["monotone"]]
        assert mono in shown["monotone"], activation.name
        assert ("✓" if found["gate"] == "yes" else "·") in shown["gate"], activation.name
        text = shown["range"]
        assert text[0] == ("[" if found["low"]["kind"] == "attained" else "(")
        assert text[-1] == ("]" if found["high"]["kind"] == "attained" else ")")
    assert "-" not in page.locator(f"{TABLE} tbody [data-cell=range]").all_inner_texts()[0]
    expect(cell(page, "gelu", "range")).to_have_text("[−0.1700, ∞)")
    expect(cell(page, "relu", "slope")).to_have_text("0 | 1")
    expect(cell(page, "relu", "zeros")).to_have_text("≤ 0")


def test_a_heading_sorts_by_mouse_and_by_key(turn):
    page = turn()
    head = page.locator(f"{TABLE} th[data-column=lipschitz]")
    expect(head).to_have_attribute("aria-sort", "none")
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    bounds = {name: known["lipschitz"]["value"] for name, known in KNOWN.items()}
    values = {name: math.inf if bound is None else bound for name, bound in bounds.items()}
    order = [values[name] for name in rows(page)]
    assert order == sorted(order)
    head.locator("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    order = [values[name] for name in rows(page)]
    assert order == sorted(order, reverse=True)
    page.wait_for_function("location.search.includes('sort=-lipschitz')")
    head.locator("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "none")
    assert rows(page) == list(names())


def test_what_is_not_there_stands_last_both_ways(turn):
    page = turn("?sort=minimum")
    have = {name for name, known in KNOWN.items() if known["minimum"]}
    assert set(rows(page)[: len(have)]) == have
    page.locator(f"{TABLE} th[data-column=minimum] button").click()
    assert set(rows(page)[: len(have)]) == have


def test_search_and_choice_of_rows(turn):
    page = turn("?act=mish,relu")
    page.fill("#lab-explore .property-tools input", "elu")
    expect(page.locator(f"{TABLE} tbody tr")).to_have_count(sum("elu" in n for n in names()))
    page.fill("#lab-explore .property-tools input", "zzz")
    expect(page.locator(f"{TABLE} tbody")).to_have_text("No such activation")
    page.fill("#lab-explore .property-tools input", "")
    page.click("#lab-explore [data-rows=shown]")
    expect(page.locator(f"{TABLE} tbody tr")).to_have_count(3)
    assert set(rows(page)) == {"swish", "relu", "mish"}


def test_a_row_puts_its_curve_in_and_out(turn):
    page = turn("?act=relu")
    name = page.locator(f"{TABLE} tr[data-row=tanh] .property-name")
    expect(name).to_have_attribute("aria-pressed", "false")
    cell(page, "tanh", "range").click()
    expect(name).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("location.search.includes('act=relu%2Ctanh')")
    name.press("Enter")
    expect(name).to_have_attribute("aria-pressed", "false")
    expect(name).to_be_focused()


def test_arrows_walk_the_rows(turn):
    page = turn()
    first, second = (page.locator(f"{TABLE} .property-name >> nth={n}") for n in (0, 1))
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(f"{TABLE} .property-name >> nth=-1")).to_be_focused()


def test_swish_moves_with_beta(turn):
    page = turn()
    for value in (0, 0.5, -3):
        page.locator("[data-part=cards]").scroll_into_view_if_needed()
        check_swish_at(page, value)


def check_swish_at(page, value):
    beta(page, value)
    found = properties(get("swish"), {"beta": float(value)})
    low, high = (
        "−∞"
        if bound.value == -float("inf")
        else "∞"
        if bound.value == float("inf")
        else bound.value
        for bound in (found.low, found.high)
    )
    expect(cell(page, "swish", "range")).to_contain_text(
        re.compile(re.escape(f"{low:.4g}".replace("-", "−")) if value > 0 else re.escape(str(low)))
    )
    if value < 0:
        expect(cell(page, "swish", "range")).to_contain_text(f"{high:.4f}"[:6])
    expect(cell(page, "swish", "gate")).to_contain_text("✓" if value else "·")
    # What is off the screen is not kept up to date.
    page.locator("#lab-explore [data-part=landmarks]").scroll_into_view_if_needed()
    marks = page.locator("#lab-explore [data-part=landmarks] tr")
    expect(marks).to_have_count(len(landmarks(get("swish"), {"beta": float(value)})) + 1)


def test_other_parameters_are_asked_of_the_server(turn):
    page = turn("?act=elu&par=elu.alpha:2.5&mark=elu")
    expect(cell(page, "elu", "range")).to_have_text("(−2.5, ∞)")
    expect(cell(page, "elu", "lipschitz")).to_have_text("2.5")
    expect(page.locator(f"{TABLE} tr[data-row=elu] small")).to_have_text("α = 2.5")
    table = page.locator("#lab-explore [data-part=landmarks]")
    expect(table).to_contain_text("steepest slope")
    expect(table).to_contain_text("2.5 | 1")


def test_landmarks_of_any_that_is_shown(turn):
    page = turn("?act=gelu")
    select = page.locator("#lab-explore select[title='Any activation in the plot']")
    select.select_option("gelu")
    table = page.locator("#lab-explore [data-part=landmarks]")
    expect(table).to_contain_text("−0.7517915")
    expect(table).to_contain_text("−1.414214")
    page.wait_for_function("location.search.includes('mark=gelu')")


@pytest.mark.parametrize(
    ("query", "phone", "gate"),
    [
        ("", {}, "self-gated"),
        pytest.param("?lang=zh", PHONE, "自门控", marks=pytest.mark.long),
    ],
)
def test_a_narrow_page_scrolls_the_table_sideways_beside_the_names(turn, query, phone, gate):
    page = turn(query, **phone)
    page.set_viewport_size(PHONE["viewport"])
    page.locator("[data-part=cards]").scroll_into_view_if_needed()
    expect(page.locator(f"{TABLE} th[data-column=gate]")).to_have_text(gate)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("#lab-explore .property-scroll")
    box.evaluate("node => { node.scrollLeft = 300; }")
    name = page.locator(f"{TABLE} tbody tr:first-child th").bounding_box()
    frame = box.bounding_box()
    assert abs(name["x"] - frame["x"]) < 2
    box.evaluate("node => { node.scrollLeft = 0; }")
    if not phone:
        page.set_viewport_size(VIEWPORT)
