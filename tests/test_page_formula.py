"""A formula of one's own in a real browser: typed, mended, moved, kept, trained and timed."""

import os
import re
import signal
import subprocess

import numpy as np
import pytest
from playwright.sync_api import expect
from visiting import PHONE, eventually, leave, two_frames

from swishdemo.activations import evaluate, get

OWN = "#lab-explore .explore-own"
FIELD = "#lab-own"
GOOD = f"{OWN} [data-good]"
ERROR = f"{OWN} [data-error]"
ROSE = "rgb(190, 18, 60)"
ELU = "where(x>0, x, a*(exp(x)-1))"


def write(page, text):
    page.fill(FIELD, text)
    page.wait_for_function(
        """([own, text]) => {
            const said = (name) => document.querySelector(`${own} [data-${name}]`).textContent;
            return said("good") + said("error") !== "";
        }""",
        arg=[OWN, text],
    )


def curve(page, label, axis="y"):
    """The points of the typed formula's line in a panel."""
    return page.evaluate(
        """([label, axis]) => {
            const { data } = document.querySelector("#lab-explore .explore-plot");
            const found = data.filter((each) => each.name === label && each.yaxis === axis);
            return found.length ? [[...found[0].x], [...found[0].y]] : null;
        }""",
        [label, axis],
    )


def drawn(page, label, name, values=None):
    page.wait_for_function(
        """(label) => document.querySelector("#lab-explore .explore-plot").data
            .some((each) => each.name === label)""",
        arg=label,
    )

    def right():
        for axis, of in (("y", "f"), ("y2", "df")):
            pairs = [
                p for p in zip(*curve(page, label, axis), strict=True) if p[0] and p[1] is not None
            ]
            x, y = np.array(pairs).T
            expected = getattr(evaluate(get(name), x, values), of)
            np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-12)

    eventually(right)


def test_what_is_typed_is_drawn_summed_up_and_set(turn):
    page = turn()
    set_as = page.locator(f"{OWN} [data-understood] math")
    write(page, "2x^2 + |sin x|")
    expect(set_as.locator("msup")).to_have_text(["x2"])
    drawn(page, "2*x**2 + abs(sin(x))", "=2*x**2 + abs(sin(x))")
    write(page, "1/2x")
    expect(page.locator(ERROR)).to_contain_text("“x” at column 4 could belong")
    expect(set_as).to_have_count(0)
    write(page, ELU)
    expect(page.locator(GOOD)).to_have_text("✓ kink at x = 0 · 1 parameter")
    expect(page.locator(ERROR)).to_have_text("")
    drawn(page, ELU, f"={ELU}")
    strokes = page.locator("#lab-explore path.js-line").evaluate_all(
        "all => all.map((path) => path.style.stroke)"
    )
    assert strokes.count(ROSE) == 2
    expect(page.locator(f"#lab-explore .explore-chosen [data-name='={ELU}']")).to_be_visible()
    page.locator("#lab-formula").scroll_into_view_if_needed()
    expect(page.locator("#lab-formula")).to_contain_text("Your own formula")
    page.wait_for_function(
        "() => /a/.test([...document.querySelectorAll('#lab-formula .katex')].pop()?.textContent)"
    )
    assert page.locator("#lab-formula .katex-error").count() == 0


def test_a_parameter_has_a_slider_and_an_exact_entry(turn):
    page = turn()
    write(page, "x*sigmoid(c*x)")
    slider = page.locator(f"{OWN} input[type=range]")
    assert [slider.get_attribute(name) for name in ("min", "max")] == ["-5", "5"]
    slider.evaluate(
        "node => { node.value = 2.5; node.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    drawn(page, "x*sigmoid(c*x)", "=x*sigmoid(c*x)", {"c": 2.5})
    exact = page.locator(f"{OWN} [data-exact='formula.c']")
    expect(exact).to_have_value("2.5")
    exact.fill("-12.25")
    exact.blur()
    drawn(page, "x*sigmoid(c*x)", "=x*sigmoid(c*x)", {"c": -12.25})
    expect(page).to_have_url(re.compile(r"par=formula\.c%3A-12\.25"))


WRONG = [
    ("x*sigmod(x)", "Unknown function `sigmod` at column 3: did you mean `sigmoid`?", 3),
    ("sigmod*x", "Unknown name `sigmod` at column 1: did you mean `sigmoid`?", 1),
    ("x + (2*", "The bracket at column 5 is not closed.", 5),
    ("1/2x", "“x” at column 4 could belong", 4),
]


@pytest.mark.parametrize("wrong", [WRONG[::2], pytest.param(WRONG[1::2], marks=pytest.mark.long)])
def test_what_is_wrong_is_told_at_its_column_and_the_curve_stays(turn, wrong):
    page = turn()
    write(page, "x*x")
    for text, sentence, column in wrong:
        page.fill(FIELD, text)
        expect(page.locator(ERROR)).to_contain_text(sentence)
        expect(page.locator(FIELD)).to_have_attribute("aria-invalid", "true")
        caret = page.locator(f"{OWN} [data-column]")
        expect(caret).to_be_visible()
        # The caret stands under its character: in a field of one width, by a range of text.
        place = page.evaluate(
            """([own, column]) => {
                const input = document.querySelector("#lab-own");
                const style = getComputedStyle(input);
                const context = document.createElement("canvas").getContext("2d");
                context.font = `${style.fontSize} ${style.fontFamily}`;
                const before = context.measureText(input.value.slice(0, column - 1)).width;
                const inner = (node, style, ...sides) =>
                    sides.map((side) => parseFloat(style[side]))
                        .reduce((a, b) => a + b, node.getBoundingClientRect().left);
                const caret = document.querySelector(`${own} [data-column]`);
                return [
                    inner(input, style, "borderLeftWidth", "paddingLeft") + before,
                    inner(caret, getComputedStyle(caret), "borderLeftWidth"),
                ];
            }""",
            [OWN, column],
        )
        assert abs(place[0] - place[1]) < 2
        drawn(page, "x*x", "=x*x")
        page.fill(FIELD, "x*x")
        expect(page.locator(ERROR)).to_have_text("")
        expect(caret).to_be_hidden()


def test_typing_leaves_the_last_text_whatever_order_the_answers_have(turn):
    page = turn()
    page.locator(FIELD).press_sequentially("x*tanh(softplus(k*x))", delay=15)
    expect(page.locator(GOOD)).to_contain_text("smooth · 1 parameter")
    drawn(page, "x*tanh(softplus(k*x))", "=x*tanh(softplus(k*x))")
    expect(page).to_have_url(re.compile(re.escape("formula=x*tanh%28softplus%28k*x%29%29")))


def test_it_is_kept_in_the_address_and_the_back_button_goes_back(turn):
    page = turn("?formula=x*sigmoid(q*x)&par=formula.q:-2&theta=formula.q&show=f,df,dtheta")
    expect(page.locator(FIELD)).to_have_value("x*sigmoid(q*x)")
    drawn(page, "x*sigmoid(q*x)", "=x*sigmoid(q*x)", {"q": -2})
    x, y = curve(page, "x*sigmoid(q*x)", "y3")
    wanted = evaluate(get("=x*sigmoid(q*x)"), x, {"q": -2}).dparameters["q"]
    np.testing.assert_allclose(y, wanted, rtol=1e-10, atol=1e-12)
    write(page, "x*x*x")
    drawn(page, "x*x*x", "=x*x*x")
    expect(page).to_have_url(re.compile("formula=x\\*x\\*x"))
    page.go_back()
    expect(page.locator(FIELD)).to_have_value("x*sigmoid(q*x)")
    drawn(page, "x*sigmoid(q*x)", "=x*sigmoid(q*x)", {"q": -2})


GO = """address => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
}"""


def test_back_takes_away_what_is_still_being_read(turn):
    page = turn()
    held = []
    page.route("**/api/describe", lambda route: held.append(route))
    with page.expect_request("**/api/describe"):
        page.evaluate(GO, "/?formula=x*tanh(3*x)")
    expect(page.locator(FIELD)).to_have_value("x*tanh(3*x)")
    page.evaluate(GO, "/")
    with page.expect_response("**/api/describe"):
        held[0].continue_()
    page.unroute("**/api/describe")
    page.wait_for_timeout(300)  # its record is made from a module that it imports
    two_frames(page)
    assert page.input_value(FIELD) == ""
    assert "formula" not in page.url
    assert page.locator(f"{OWN} [data-use]").is_hidden()


def test_it_is_taken_out_by_its_chip_and_by_an_empty_field(turn):
    page = turn("?formula=x*x")
    expect(page.locator(GOOD)).to_contain_text("smooth")
    page.click("#lab-explore .explore-chosen [data-name='=x*x']")
    expect(page.locator(FIELD)).to_have_value("")
    assert curve(page, "x*x") is None
    write(page, "x+1")
    drawn(page, "x+1", "=x+1")
    page.fill(FIELD, "")
    page.wait_for_function("() => !location.search.includes('formula')")
    assert curve(page, "x+1") is None


def test_an_address_with_what_is_no_formula_is_told(turn):
    page = turn("?formula=x*sigmod(x)")
    expect(page.locator(ERROR)).to_contain_text("did you mean `sigmoid`")
    assert page.locator("#lab-explore path.js-line").count() > 4


def test_examples_and_help(turn):
    page = turn()
    choices = page.locator(f"{OWN} [data-examples] option").evaluate_all(
        "all => all.map((each) => each.value).filter(Boolean)"
    )
    for formula in choices[:2]:
        page.select_option(f"{OWN} [data-examples]", formula)
        expect(page.locator(FIELD)).to_have_value(formula)
        expect(page.locator(GOOD)).to_contain_text("✓")
        drawn(page, formula if len(formula) < 29 else formula[:27] + "…", f"={formula}")
    page.click(f"{OWN} summary")
    expect(page.locator(f"{OWN} details code").first).to_be_visible()


def test_a_link_names_it_and_as_it_stands_it_is_trained_and_timed(opens, server):
    page = opens()
    page.goto(f"{server}/?tab=train&rival==x*erf(x)&variant==x*sech(x)")
    rivals = page.locator("#lab-rivals")
    expect(rivals).to_contain_text("=x*erf(x)")
    page.click("#lab-tabs [role=tab][data-tab-id=time]")
    field = page.locator("#lab-time-formula").locator("textarea, input")
    expect(field).to_have_value("x*sech(x)")
    page.evaluate(GO, "/?formula=x*sigmoid(c*x)&par=formula.c:-0.5")
    page.click(f"{OWN} [data-hand=train]")
    expect(rivals).to_contain_text("=x*sigmoid((-0.5)*x)")
    expect(rivals).to_contain_text("tanh")
    for name, value in {"steps": 3, "seeds": 1}.items():
        page.locator(f"#lab-{name} input").fill(str(value))
        page.locator(f"#lab-{name} input").blur()
    page.click("#lab-start")
    expect(page.locator("#lab-train [data-part=line]")).to_contain_text("inished", timeout=300_000)
    legend = page.locator("#lab-train [data-part=loss] .legendtext")
    expect(legend.filter(has_text="x*sigmoid((-0.5)*x)")).to_have_count(1)

    page.click("#lab-tabs [role=tab][data-tab-id=explore]")
    page.click(f"{OWN} [data-hand=time]")
    expect(field).to_have_value("x*sigmoid((-0.5)*x)")
    field.fill("x*sigmod(x)")
    page.click("#lab-time-measure")
    expect(page.locator("#lab-time-formula")).to_contain_text("did you mean `sigmoid`")
    field.fill("max(x, 0.1*x)")
    boxes = page.locator("#lab-time-variants input:checked")
    while boxes.count() > 1:
        boxes.last.uncheck()
    page.click("#lab-time-measure")
    table = page.locator("#lab-time [data-part=rows]")
    expect(table).to_contain_text("max(x, 0.1*x)", timeout=300_000)
    assert [said for said in page.wrong if "422" not in said] == []  # how Gradio refuses
    leave(page)


def children(pid):
    listed = subprocess.run(
        ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()[1:]]
    return [int(row[0]) for row in rows if int(row[1]) == pid and "formula_worker" in row[2]]


def test_a_worker_that_is_killed_is_replaced_and_the_page_goes_on(turn, served):
    page = turn("?formula=x*x")
    expect(page.locator(GOOD)).to_contain_text("smooth")
    for pid in children(served[1].pid):
        os.kill(pid, signal.SIGKILL)
    write(page, "x*x*x + 1")
    drawn(page, "x*x*x + 1", "=x*x*x + 1")


@pytest.mark.parametrize(
    "query", [pytest.param("?lang=en", marks=pytest.mark.long), "?lang=zh&__theme=dark"]
)
def test_a_phone_in_the_dark_in_chinese(turn, query):
    page = turn(query, **PHONE)
    write(page, "x*sigmod(x)")
    wide = page.locator(OWN).evaluate("node => node.scrollWidth > node.clientWidth + 1")
    assert not wide
    expect(page.locator(ERROR)).to_contain_text("是否想写" if "zh" in query else "did you mean")
    assert page.evaluate("document.documentElement.scrollWidth <= 391")
