"""Explore in a real browser: what is drawn, what moves, what is refused."""

import csv
import re

import mpmath
import numpy as np
import pytest
from playwright.sync_api import expect

from swishdemo.activations import evaluate, get, names

PLOT = "#lab-explore .explore-plot"


@pytest.fixture
def visit(browser, server):
    """Opens the page anew, and fails on any error that its console shows."""
    shown = []

    def visited(query="", **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        page.goto(f"{server}/{query}")
        page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
        shown.append(page)
        return page

    yield visited
    for page in shown:
        assert page.wrong == []
        page.context.close()


def traces(page):
    """The drawn traces: name, axis, x and y."""
    return page.evaluate(
        """() => document.querySelector('#lab-explore .explore-plot').data
           .map(({ name, xaxis, x, y, mode }) =>
             ({ name, axis: xaxis, x: [...x], y: [...y], mode }))"""
    )


def drag(page, beta):
    page.locator("#lab-beta").evaluate(
        """(input, value) => { input.value = value;
           input.dispatchEvent(new Event('input', { bubbles: true })); }""",
        str(beta),
    )
    page.wait_for_timeout(400)


def test_curves_stand_there_before_the_first_click(visit):
    page = visit()
    drawn = traces(page)
    lines = {trace["name"] for trace in drawn if trace["mode"] == "lines"}
    assert lines == {"Swish", "ReLU", "GELU", "Mish", "ELU", "ghost"}
    for trace in drawn:
        if trace["mode"] != "lines" or trace["name"] == "ghost":
            continue
        record = next(get(name) for name in names() if get(name).label == trace["name"])
        points = [(x, y) for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None]
        # One-sided values at a break stand twice; everywhere else the definition decides.
        points = [(x, y) for x, y in points if x not in (0,)]
        x, y = np.array(points).T
        value = evaluate(record, x)
        expected = value.f if trace["axis"] == "x" else value.df
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)


def test_the_menu_has_at_least_twelve_rivals_and_draws_each(visit):
    page = visit()
    chips = page.locator("#lab-explore [data-menu] .lab-chip")
    assert chips.count() == len(names())
    for index in range(chips.count()):
        if chips.nth(index).get_attribute("aria-pressed") == "false":
            chips.nth(index).click()
    drawn = {trace["name"] for trace in traces(page) if any(y is not None for y in trace["y"])}
    assert {get(name).label for name in names()} <= drawn


def test_a_jump_of_the_slope_is_no_slanted_line(visit):
    page = visit("?act=relu")
    slope = next(t for t in traces(page) if t["name"] == "ReLU" and t["axis"] == "x2")
    at = slope["y"].index(None)
    assert slope["x"][at - 1 : at + 2] == [0, 0, 0]
    assert (slope["y"][at - 1], slope["y"][at + 1]) == (0, 1)


@pytest.mark.parametrize("beta", [0.3, 2.5, 7])
def test_dragging_moves_the_curve_and_its_landmarks_without_the_server(visit, beta):
    page = visit()
    page.wait_for_timeout(1000)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    lines = """all => all.filter(p => p.style.strokeWidth !== '1.4px')
        .map(p => p.getAttribute('d'))"""
    before = page.locator(f"{PLOT} path.js-line").evaluate_all(lines)
    drag(page, beta)
    after = page.locator(f"{PLOT} path.js-line").evaluate_all(lines)
    # Swish's two lines moved (and its ghosts); no rival did.
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 2
    assert asked == []
    swish = next(t for t in traces(page) if t["name"] == "Swish" and t["axis"] == "x")
    x = np.array(swish["x"], dtype=float)
    expected = evaluate(get("swish"), x, {"beta": float(beta)}).f
    np.testing.assert_allclose(np.array(swish["y"], dtype=float), expected, rtol=1e-12, atol=1e-14)
    page.locator("#lab-explore [data-part=landmarks]").scroll_into_view_if_needed()
    dip = page.locator("#lab-explore [data-part=landmarks] tr").first.locator("td")
    w = mpmath.lambertw(mpmath.exp(-1))
    shown = [float(text.replace("−", "-")) for text in dip.all_text_contents()[1:]]
    assert shown[0] == pytest.approx(float(-(1 + w) / beta), rel=1e-6)
    assert shown[1] == pytest.approx(float(-w / beta), rel=1e-6)
    markers = [t for t in traces(page) if t["mode"] == "markers"]
    assert shown[0] == pytest.approx(
        min(filter(None, markers[0]["x"]), key=lambda at: abs(at - shown[0])), rel=1e-6
    )


def test_the_crosshair_reads_all_curves_where_the_pointer_is(visit):
    page = visit("?act=relu,tanh")
    box = page.locator(PLOT).bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 100)
    for place in ("[data-reading=f]", "[data-part=box]"):
        reading = page.locator(f"#lab-explore {place}").inner_text().replace("−", "-")
        x = float(re.search(r"x = (-?[\d.]+)", reading)[1])
        assert 2 < x < 4
        for name in ("swish", "relu", "tanh"):
            record = get(name)
            value = float(re.search(rf"{record.label}\s+(-?[\d.]+)", reading)[1])
            assert value == pytest.approx(float(evaluate(record, np.array([x])).f[0]), abs=0.02)
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] + 30)
    expect(page.locator("#lab-explore [data-part=box]")).to_be_hidden()


def test_formulas_are_set_as_mathematics(visit):
    page = visit("?act=mish")
    expect(page.locator("#lab-formula .katex").nth(3)).to_be_attached()
    assert page.locator("#lab-formula .katex-error").count() == 0
    assert "σ" in page.locator("#lab-formula").text_content()


def test_theme_and_language_follow_their_switches(visit):
    page = visit()
    colour = """() => getComputedStyle(
        document.querySelector('#lab-explore path.js-line')).stroke"""
    light = page.evaluate(colour)
    page.click("[data-theme-toggle]")
    page.wait_for_function(f"was => ({colour})() !== was", arg=light)
    page.click("[data-lang=zh]")
    page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
    expect(page.locator("button[role=tab]").first).to_have_text("探索")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    # What was chosen is kept for the next visit.
    page.goto(page.url.split("?")[0])
    page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
    expect(page.locator("button[role=tab]").first).to_have_text("探索")
    assert page.evaluate("document.body.classList.contains('dark')")


def test_the_address_keeps_the_state_and_refuses_junk(visit):
    page = visit("?beta=2.25&act=tanh&show=f,d2f&x=-3,4")
    assert page.locator("#lab-beta-value").input_value() == "2.25"
    assert {t["name"] for t in traces(page) if t["mode"] == "lines"} == {"Swish", "Tanh", "ghost"}
    assert traces(page)[0]["x"][0] == -3
    drag(page, 3.5)
    expect(page).to_have_url(re.compile(r"beta=3\.5\b"))
    page = visit("?beta=NaN&act=rm,relu&show=<b>&x=9,-9&scale=log&tab=nothing")
    assert page.locator("#lab-beta-value").input_value() == "1"
    expect(page.locator(".lab-banner")).to_contain_text("beta=NaN")
    assert len(traces(page)) >= 8


@pytest.mark.parametrize("word", ["abc", "NaN", "1e999", ""])
def test_a_bad_beta_is_refused_beside_its_field(visit, word):
    page = visit()
    page.fill("#lab-beta-value", word)
    page.press("#lab-beta-value", "Enter")
    expect(page.locator("#lab-explore [data-error]")).to_contain_text("finite number")
    assert page.locator("#lab-beta-value").get_attribute("aria-invalid") == "true"
    page.fill("#lab-beta-value", "-1.5")
    page.press("#lab-beta-value", "Enter")
    expect(page.locator("#lab-explore [data-error]")).to_have_text("")
    expect(page.locator("#lab-explore [data-part=beta-note]")).to_contain_text("mirrors")


def test_keys_move_beta_and_the_sweep_plays_and_pauses(visit):
    page = visit()
    page.focus("#lab-beta")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lab-beta-value")).to_have_value("1.01")
    page.click("[data-sweep]")
    page.wait_for_function("() => document.querySelector('#lab-beta-value').value !== '1.01'")
    page.click("[data-sweep]")
    rest = page.locator("#lab-beta-value").input_value()
    page.wait_for_timeout(300)
    assert page.locator("#lab-beta-value").input_value() == rest


def test_csv_holds_what_is_drawn(visit, tmp_path):
    page = visit("?act=softplus&beta=2")
    with page.expect_download() as begun:
        page.click("[data-save=csv]")
    path = tmp_path / "curves.csv"
    begun.value.save_as(path)
    with path.open() as file:
        rows = list(csv.reader(file))
    assert rows[0][:2] == ["x", "f(x) swish (beta=2)"]
    assert rows[0][3] == "f′(x) swish (beta=2)"
    table = np.array(rows[1:], dtype=float)
    value = evaluate(get("swish"), table[:, 0], {"beta": 2.0})
    np.testing.assert_allclose(table[:, 1], value.f, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(table[:, 3], value.df, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures_are_files_of_their_kind(visit, tmp_path, kind):
    page = visit()
    with page.expect_download() as begun:
        page.click(f"[data-save={kind}]")
    path = tmp_path / f"plot.{kind}"
    begun.value.save_as(path)
    start = path.read_bytes()[:200]
    assert start.startswith(b"\x89PNG") if kind == "png" else b"<svg" in start


def test_a_phone_shows_beta_then_the_plot_and_nothing_runs_over(visit):
    page = visit(viewport={"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    top = {
        name: page.locator(selector).bounding_box()["y"]
        for name, selector in (
            ("beta", "#lab-beta"),
            ("plot", PLOT),
            ("menu", ".lab-chip >> nth=0"),
        )
    }
    assert top["beta"] < top["plot"] < top["menu"]
