"""What is read off the curves: all of it, by mouse, by finger and by the address."""

import csv
import re

import numpy as np
import pytest
from browser import numbers_of
from playwright.sync_api import expect
from visiting import PHONE, PLOT, eventually, tap

from swishdemo.activations import activations, evaluate, get, names, parse_formula

RIVALS = [name for name in names() if name != "swish"]
BOX = "#lab-explore [data-part=box]"


def tap_in(page, place, across=0.5, down=0.5):
    """Taps somewhere in a place, in shares of its width and its height."""
    page.locator(place).scroll_into_view_if_needed()
    box = page.locator(place).bounding_box()
    tap(page, box["x"] + across * box["width"], box["y"] + down * box["height"])


def inside(page):
    """The box of values lies within the plot's frame."""
    box, frame = (page.locator(each).bounding_box() for each in (BOX, "[data-part=frame]"))
    assert box["x"] >= frame["x"] - 1
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    assert box["y"] >= frame["y"] - 1
    assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1


ALSO = pytest.mark.long
SEEN = """all => all.filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .map((each) => each.getBoundingClientRect().toJSON()).filter(({ width }) => width)"""
"""Where those lie that are seen."""


@pytest.mark.parametrize(
    ("count", "options"),
    [
        pytest.param(4, {}, id="4-desktop"),
        pytest.param(4, PHONE, id="4-phone", marks=ALSO),
        pytest.param(11, {}, id="11-desktop", marks=ALSO),
        pytest.param(11, PHONE, id="11-phone", marks=ALSO),
        pytest.param(len(RIVALS), {}, id="all-desktop", marks=ALSO),
        pytest.param(len(RIVALS), PHONE, id="all-phone"),
    ],
)
def test_every_name_is_shown_or_counted(turn, options, count):
    page = turn(f"?act={','.join(RIVALS[:count])}", **options)
    for panel in ("f", "df"):
        head = page.locator(f"[data-reading={panel}]")
        room = head.bounding_box()
        seen = head.locator("span").evaluate_all(SEEN)
        for box in seen:
            assert box["y"] < room["y"] + 4 and box["x"] >= room["x"] - 1
            assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
        everything = count + 1 + (panel == "f")  # Swish, and x
        more = page.locator(f"[data-more={panel}]")
        left = int(more.inner_text().removeprefix("+")) if more.is_visible() else 0
        assert len(seen) + left == everything
    if count == len(RIVALS):
        assert left
        more.click()
        expect(page.locator(BOX).locator("span")).to_have_count(count + 1)
        inside(page)
        page.locator("[data-part=frame]").press("Escape")
        expect(page.locator(BOX)).to_be_hidden()


def test_a_tap_reads_all_curves_and_a_pan_does_not(turn):
    page = turn(**PHONE)
    box = page.locator(BOX)
    expect(box).to_be_hidden()
    tap_in(page, PLOT, 0.3, 0.2)
    expect(box).to_be_visible()
    inside(page)
    words = box.inner_text().replace("−", "-").split()
    x = float(words[2])
    assert -6 < x < 0
    value = float(words[words.index("Swish") + 1])
    assert value == pytest.approx(evaluate(get("swish"), [x]).f[0], abs=2e-3)
    assert len(words) == 3 + 2 * 5
    tap_in(page, PLOT, 0.8, 0.7)  # the other panel
    eventually(lambda: _reads(page, "ELU", 1.0))
    tap_in(page, "#lab-beta-value")
    expect(box).to_be_hidden()


def _reads(page, name, value):
    words = page.locator(BOX).inner_text().split()
    assert name in words and float(words[words.index(name) + 1]) == value


@pytest.mark.parametrize("across", [0.15, pytest.param(0.5, marks=pytest.mark.long), 0.97])
def test_the_box_of_all_curves_stays_in_the_frame(turn, across):
    page = turn(f"?act={','.join(RIVALS)}")
    plot = page.locator(PLOT).bounding_box()
    page.mouse.move(plot["x"] + across * plot["width"], plot["y"] + 0.7 * plot["height"])
    expect(page.locator(BOX).locator("span")).to_have_count(len(activations()))
    inside(page)


def test_what_is_read_lies_in_the_range_that_is_shown(turn):
    page = turn("?x=2,3")
    expect(page.locator("[data-reading=f]")).to_contain_text("x = 2.500")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?beta=0", "β = 0: a straight line, x/2."),
        ("?beta=1e9&act=", "minimum −2.78e−10 at x = −1.28e−9"),
    ],
)
def test_what_is_small_is_not_said_to_be_nothing(turn, query, said):
    page = turn(query)
    expect(page.locator("[data-part=spoken]")).to_contain_text(said)


def test_a_parameter_is_called_by_its_sign(turn):
    page = turn("?act=acon_c")
    labels = page.locator("[data-parameters] label").all_inner_texts()
    assert labels == ["ACON-C · p₁", "ACON-C · p₂", "ACON-C · β"]


def test_the_signals_table_of_the_first_curves_is_whole(explore):
    page = explore(".signal-card")
    page.wait_for_function(
        """() => {
            const table = document.querySelector(".signal-card .lab-scroll");
            return table.textContent && table.scrollWidth <= table.clientWidth;
        }"""
    )


BUMP = "x*sigmoid(x)+exp(-1000000*(x-1)**2)"


def test_a_narrow_bump_is_drawn_wherever_it_is(turn):
    page = turn(f"?act=&formula={BUMP.replace('+', '%2B')}")
    top = evaluate(parse_formula(BUMP), [1.0]).f[0]

    def drawn():
        drawn = f"document.querySelector('{PLOT}').data"
        lines = numbers_of(page, f"() => {drawn}.map(({{name, y}}) => [name, [...y]])")
        typed = [ys for name, ys in lines if (name or "").startswith("x*")]
        assert typed and max(typed[0]) >= top - 0.02

    eventually(drawn)


def test_a_file_has_both_sides_of_a_break_and_the_top_of_a_bump(turn, tmp_path):
    page = turn(f"?act=relu,hardswish&formula={BUMP.replace('+', '%2B')}&show=df&mark=formula")
    expect(page.locator("[data-part=landmarks]")).to_contain_text("maximum")
    with page.expect_download() as download:
        page.click("[data-save=csv]")
    path = tmp_path / "curves.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    x = np.array([float(row[0]) for row in rows])
    assert (np.diff(x) > 0).all()
    relu, hard = (head.index(f"f′(x) {name}") for name in ("relu", "hardswish"))
    columns = {at: np.array([float(row[at]) for row in rows]) for at in (relu, hard)}
    below, above = x < 0, x > 0
    assert 0 > x[below][-1] > -1e-300 and 0 < x[above][0] < 1e-300
    assert columns[relu][below][-1] == 0 and columns[relu][above][0] == 1
    for edge, left, right in ((-3, 0, -0.5), (3, 1.5, 1)):
        beside = [np.abs(x - edge) < 1e-14]
        assert columns[hard][beside[0]][[0, -1]] == pytest.approx([left, right], abs=1e-12)
    found = next(at for at in range(len(head)) if head[at].startswith("f′(x) =x*sig"))
    tops = [row for row in rows if abs(float(row[0]) - 1) < 1e-6 and float(row[0]) != 1]
    assert any(abs(float(row[found])) < 1e-3 for row in tops), "the bump's top, where f′ is 0"


# -- What the address says -----------------------------------------------------------------------


# What stands at the page's foot for some seconds, for whoever looks later.
TOLD = """window.told = [];
    new MutationObserver(() => {
        for (const each of document.querySelectorAll(".lab-banner")) told.push(each.textContent);
    }).observe(document, { childList: true, subtree: true });"""


def test_what_is_refused_leaves_the_address(visit):
    kept = "beta=0.1&scale=log&act=relu,foo&par=elu.alpha:3,foo.bar:1,elu.alpha:x&depth=layers"
    junk = ["sigma=99", "gain=big", "q0=-1", "layers=1.5", "dtype=fp8"]
    page = visit(f"?{kept}&{'&'.join(junk)}", script=TOLD)
    page.wait_for_function("told.length")
    banner = page.evaluate("told[0]")
    for said in ("act=foo", "par=foo.bar:1", *junk):
        assert said in banner
    page.wait_for_url(lambda url: "foo" not in url)
    left = ["beta=0.1", "act=relu", "par=elu.alpha%3A3", "scale=log", "depth=layers"]
    assert sorted(page.url.split("?")[1].split("&")) == sorted(left)
    page.locator("#lab-explore .signal-card").scroll_into_view_if_needed()
    layers = page.locator("#lab-explore .signal-card [data-depth=layers]")
    expect(layers).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    "formula", [pytest.param("", marks=ALSO), pytest.param("a*x", marks=ALSO), "x*sigmod(x)"]
)
def test_what_a_formula_does_not_have_is_refused(visit, formula):
    page = visit(f"?formula={formula}&theta=formula.zz&show=f,dtheta&act=")
    banner = page.locator(".lab-banner")
    expect(banner).to_contain_text("theta=formula.zz")
    expect(page.locator(".explore-head h3").nth(1)).to_have_text("∂f/∂β")
    page.wait_for_url(lambda url: "theta=" not in url)
    if formula == "x*sigmod(x)":
        expect(banner).to_contain_text("formula=x*sigmod(x)")
        expect(page.locator("#lab-own")).to_have_value(formula)


def test_a_formula_may_be_what_differences_are_to(turn):
    page = turn("?formula=a*tanh(x)&base=formula&show=f,diff&act=gelu&par=formula.a:2")
    expect(page.locator(".explore-head h3").nth(1)).to_have_text("f − a*tanh(x)")
    base = parse_formula("a*tanh(x)")

    def drawn():
        lines = numbers_of(
            page,
            f"""() => document.querySelector('{PLOT}').data
                .filter(({{yaxis}}) => yaxis === 'y2')
                .map(({{name, x, y}}) => [name, [...x], [...y]])""",
        )
        gelu = [(np.array(x), np.array(y)) for name, x, y in lines if name == "GELU"]
        assert gelu
        x, y = gelu[0]
        exact = evaluate(get("gelu"), x).f - evaluate(base, x, {"a": 2.0}).f
        np.testing.assert_allclose(y.astype(float), exact, rtol=1e-12, atol=4e-15)

    eventually(drawn)
    page.fill("#lab-own", "")
    expect(page.locator(".explore-head h3").nth(1)).to_have_text("f − ReLU")


def test_back_does_not_stop_at_half_a_formula(turn):
    page = turn()
    page.click("#lab-own")
    page.locator("#lab-own").press_sequentially("x*x", delay=300)
    page.wait_for_url(re.compile(r"formula=x\*x"))
    page.go_back()
    page.wait_for_url(lambda url: "formula" not in url)
    expect(page.locator("#lab-own")).to_have_value("")
    # The cursor is still in the field: what is typed now is a step of its own all the same.
    page.locator("#lab-own").press_sequentially("x*x", delay=300)
    page.wait_for_url(re.compile(r"formula=x\*x"))
    page.go_back()
    page.wait_for_url(lambda url: "formula" not in url)
    page.go_forward()
    expect(page.locator("#lab-own")).to_have_value("x*x")
    page.locator("#lab-own").press("End")
    page.locator("#lab-own").press("Enter")
    page.locator("#lab-own").press_sequentially("*2", delay=300)
    page.wait_for_url(re.compile(r"x\*x\*2"))
    page.go_back()
    expect(page.locator("#lab-own")).to_have_value("x*x")
