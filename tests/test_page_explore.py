"""Explore in a real browser: what is drawn, what moves, what is refused."""

import csv
import re
from statistics import median
from urllib.parse import quote

import mpmath
import numpy as np
import pytest
from browser import numbers_of
from playwright.sync_api import expect
from visiting import PHONE, eventually, leave, two_frames

from swishdemo.activations import evaluate, get, names

PLOT = "#lab-explore .explore-plot"


def traces(page):
    """The drawn traces: name, axis, x and y."""
    return numbers_of(
        page,
        """() => document.querySelector('#lab-explore .explore-plot').data
           .map(({ name, xaxis, x, y, mode }) =>
             ({ name, axis: xaxis, x: [...x], y: [...y], mode }))""",
    )


def drag(page, beta):
    page.locator("#lab-beta").evaluate(
        """async (input, value) => { input.value = value;
           input.dispatchEvent(new Event('input', { bubbles: true }));
           for (const _ of "ab") await new Promise(requestAnimationFrame); }""",
        str(beta),
    )


def test_curves_stand_there_before_the_first_click(turn):
    page = turn()
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


def test_the_menu_has_at_least_twelve_rivals_and_draws_each(turn):
    rivals = [name for name in names() if name != "swish"]
    page = turn(f"?act={','.join(rivals[:-1])}")  # a press for each would draw all each time
    chips = page.locator("#lab-explore [data-menu] .lab-chip")
    assert chips.count() == len(names()) >= 13
    page.click(f"[data-menu] [data-name={rivals[-1]}]")
    expect(page.locator("[data-menu] .lab-chip[aria-pressed=true]")).to_have_count(len(names()))
    drawn = {trace["name"] for trace in traces(page) if any(y is not None for y in trace["y"])}
    assert {get(name).label for name in names()} <= drawn


def test_a_jump_of_the_slope_is_no_slanted_line(turn):
    page = turn("?act=relu")
    slope = next(t for t in traces(page) if t["name"] == "ReLU" and t["axis"] == "x2")
    at = slope["y"].index(None)
    assert slope["x"][at - 1 : at + 2] == [0, 0, 0]
    assert (slope["y"][at - 1], slope["y"][at + 1]) == (0, 1)


DRAG = """async () => {
    const slider = document.querySelector("#lab-beta");
    for (let beta = 0.5; beta < 2; beta += 0.1) {
        slider.value = beta;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
    }
}"""


def test_a_drag_restyles_what_it_moves_and_nothing_else(turn):
    """One selector that looks for what is far within the page has it all restyled at each frame."""
    page = turn()
    page.evaluate(DRAG)  # what is made once is made
    session = page.context.new_cdp_session(page)
    events, ended = [], []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: ended.append(told))
    session.send("Tracing.start", {"categories": "devtools.timeline"})
    page.evaluate(DRAG)
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    session.detach()
    counts = [
        each["args"]["elementCount"]
        for each in events
        if each["name"] == "UpdateLayoutTree" and "elementCount" in each.get("args", {})
    ]
    assert len(counts) > 5
    assert median(counts) < 60  # of some 2,800


@pytest.mark.parametrize(
    "beta", [2.5, *(pytest.param(beta, marks=pytest.mark.long) for beta in (0.3, 7))]
)
def test_dragging_moves_the_curve_and_its_landmarks_without_the_server(turn, beta):
    page = turn()
    asked = []  # of what is computed; files and the server's health are got
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    lines = """all => all.filter(p => p.style.strokeWidth !== '1.4px')
        .map(p => p.getAttribute('d'))"""
    before = page.locator(f"{PLOT} path.js-line").evaluate_all(lines)
    drag(page, beta)
    after = page.locator(f"{PLOT} path.js-line").evaluate_all(lines)
    # Swish's two lines moved (and its ghosts); no rival did.
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 2

    def held():
        swish = next(t for t in traces(page) if t["name"] == "Swish" and t["axis"] == "x")
        x, y = np.array([swish["x"], swish["y"]], dtype=float)
        expected = evaluate(get("swish"), x, {"beta": float(beta)}).f
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)

    eventually(held)
    assert asked == []
    page.locator("#lab-explore [data-part=cards]").scroll_into_view_if_needed()
    expect(page.locator("[data-part=landmark-title]")).to_have_text(f"Swish, β = {beta}")
    dip = page.locator("#lab-explore [data-part=landmarks] tr").first.locator("td")
    w = mpmath.lambertw(mpmath.exp(-1))
    shown = [float(text.replace("−", "-")) for text in dip.all_text_contents()[1:]]
    assert shown[0] == pytest.approx(float(-(1 + w) / beta), rel=1e-6)
    assert shown[1] == pytest.approx(float(-w / beta), rel=1e-6)
    markers = [t for t in traces(page) if t["mode"] == "markers"]
    assert shown[0] == pytest.approx(
        min(filter(None, markers[0]["x"]), key=lambda at: abs(at - shown[0])), rel=1e-6
    )


def test_the_crosshair_reads_all_curves_where_the_pointer_is(turn):
    page = turn("?act=relu,tanh")
    box = page.locator(PLOT).bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 100)
    for place in ("[data-reading=f]", "[data-part=box]"):
        shown = page.locator(f"#lab-explore {place}")
        expect(shown).to_contain_text(re.compile(r"x = [234]"))
        reading = shown.inner_text().replace("−", "-")
        x = float(re.search(r"x = (-?[\d.]+)", reading)[1])
        assert 2 < x < 4
        for name in ("swish", "relu", "tanh"):
            record = get(name)
            value = float(re.search(rf"{record.label}\s+(-?[\d.]+)", reading)[1])
            assert value == pytest.approx(float(evaluate(record, np.array([x])).f[0]), abs=0.02)
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] + 30)
    expect(page.locator("#lab-explore [data-part=box]")).to_be_hidden()


def test_formulas_are_set_as_mathematics(turn):
    page = turn("?act=mish")
    page.locator(".explore-formulas").scroll_into_view_if_needed()
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
    # The page's own scroll bar follows.
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    assert page.evaluate(scheme) == "dark"
    page.click("[data-lang=zh]")
    page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
    expect(page.locator("button[role=tab]").first).to_have_text("探索")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    hears(page, "极小值 −0.1392")
    # What was chosen is kept for the next visit.
    page.goto(page.url.split("?")[0] + "?tab=claims")
    expect(page.locator("button[role=tab]").first).to_have_text("探索")
    assert page.evaluate("document.body.classList.contains('dark')")


def test_the_address_keeps_the_state_and_refuses_junk(turn):
    page = turn("?beta=2.25&act=tanh&show=f,d2f&x=-3,4")
    assert page.locator("#lab-beta-value").input_value() == "2.25"
    assert {t["name"] for t in traces(page) if t["mode"] == "lines"} == {"Swish", "Tanh", "ghost"}
    assert traces(page)[0]["x"][0] == -3
    drag(page, 3.5)
    expect(page).to_have_url(re.compile(r"beta=3\.5\b"))
    page = turn("?beta=NaN&act=rm,relu&show=<b>&x=9,-9&scale=log&tab=nothing")
    assert page.locator("#lab-beta-value").input_value() == "1"
    expect(page.locator(".lab-banner")).to_contain_text("beta=NaN")
    assert len(traces(page)) >= 8


def test_a_bad_beta_is_refused_beside_its_field(turn):
    page = turn()
    error = page.locator("#lab-explore [data-part=beta] [data-error]")
    for word in ("abc", "NaN", "1e999", ""):
        page.fill("#lab-beta-value", word)
        page.press("#lab-beta-value", "Enter")
        expect(error).to_contain_text("finite number")
        assert page.locator("#lab-beta-value").get_attribute("aria-invalid") == "true"
        page.fill("#lab-beta-value", "-1.5")
        page.press("#lab-beta-value", "Enter")
        expect(error).to_have_text("")
    expect(page.locator("#lab-explore [data-part=beta-note]")).to_contain_text("mirrors")


def test_keys_move_beta_and_the_sweep_plays_and_pauses(turn):
    page = turn()
    page.focus("#lab-beta")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lab-beta-value")).to_have_value("1.01")
    page.click("[data-sweep]")
    page.wait_for_function("() => document.querySelector('#lab-beta-value').value !== '1.01'")
    page.click("[data-sweep]")
    rest = page.locator("#lab-beta-value").input_value()
    page.wait_for_timeout(300)
    assert page.locator("#lab-beta-value").input_value() == rest


def test_csv_holds_what_is_drawn(turn, tmp_path):
    page = turn("?act=softplus&beta=2")
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


def test_a_phone_shows_beta_then_the_plot_and_nothing_runs_over(turn):
    page = turn(**PHONE)
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


EVERYTHING = {
    "beta": "-2.5",
    "scale": "log",
    "speed": "2",
    "act": "tanh,prelu,elu",
    "par": "elu.alpha:2.5,prelu.a:-0.5",
    "show": "f,d2f,dtheta,diff",
    "theta": "elu.alpha",
    "base": "tanh",
    "x": "-3,4.5",
    "trail": "off",
}


def figure(page):
    """All that is drawn, but for ghosts: names, axes, points."""
    return [(t["name"], t["axis"], t["x"], t["y"]) for t in traces(page) if t["name"] != "ghost"]


def shows(page, wanted):
    """All that is drawn is this, or comes to be."""

    def drawn():
        assert figure(page) == wanted

    eventually(drawn)


def test_a_link_shows_what_its_sender_saw(turn):
    query = "&".join(f"{name}={value}" for name, value in EVERYTHING.items())
    page = turn(f"?{query}")
    assert page.locator("#lab-beta-value").input_value().replace("−", "-") == "-2.5"
    assert page.locator("[data-speed]").input_value() == "2"
    assert page.locator("[data-exact='elu.alpha']").input_value() == "2.5"
    assert page.locator("[data-part=theta]").input_value() == "elu.alpha"
    assert page.locator("[data-part=base]").input_value() == "tanh"
    assert page.locator("[data-part=trail]").get_attribute("aria-pressed") == "false"
    expect(page.locator(".lab-banner")).to_have_count(0)
    heads = page.locator(".explore-head h3").all_inner_texts()
    assert heads == ["f(x)", "f″(x)", "∂f/∂α", "f − Tanh"]
    # The address is not rewritten by looking at it, and shows the same elsewhere.
    assert all(f"{name}=" in page.url for name in EVERYTHING)
    sent, wanted = page.url.split("/", 3)[3], figure(page)
    assert figure(turn()) != wanted
    assert figure(turn(sent)) == wanted


def test_the_address_names_every_property_that_is_set_and_no_other(turn):
    page = turn()
    assert "?" not in page.url
    page.click("[data-menu] [data-name=tanh]")
    page.click("[data-panel=d2f]")
    page.click("[data-part=trail]")
    page.click("[data-scale=log]")
    page.locator("[data-slide='elu.alpha']").evaluate(
        "i => { i.value = 2; i.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    page.wait_for_url(re.compile("par="))
    url = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert url == {
        "act": "relu,gelu,mish,elu,tanh",
        "show": "f,df,d2f",
        "trail": "off",
        "scale": "log",
        "par": "elu.alpha:2",
    }
    page.click("[data-menu] [data-name=tanh]")
    page.wait_for_url(lambda url: "act=" not in url)


JUNK = [
    ("beta", "1e999"),
    ("scale", "cubic"),
    ("speed", "1000"),
    ("act", "nothing"),
    ("par", "elu.alpha:NaN"),
    ("par", "elu.nothing:1"),
    ("show", ""),
    ("show", "g"),
    ("theta", "swish.gamma"),
    ("base", "<img src=x onerror=alert(1)>"),
    ("x", "3"),
    ("x", "-1e9,1e9"),
    ("x", "1,1"),
    ("trail", "yes"),
    ("formula", "x" * 201),
]


def test_junk_is_refused_value_by_value(modules):
    good = {"beta": "3", "act": "tanh"}
    queries = [
        "&".join(f"{key}={quote(value)}" for key, value in (good | {name: junk}).items())
        for name, junk in JUNK
    ]
    found = modules(
        """async ([{ PROPERTIES }], queries) => {
            const found = [];
            window.setTimeout = () => 0;  // what rewrites the address later
            for (const [at, query] of queries.entries()) {
                history.replaceState(null, "", `?${query}`);
                // What reads the address reads it as it is loaded: for each address anew.
                const { store, onRefused } = await import(`/js/core/state.js?${at}`);
                const state = store(PROPERTIES);
                let told = [];
                onRefused((list) => (told = list));
                const names = Object.keys(PROPERTIES);
                found.push([names.map((name) => [name, state.get(name)]),
                  names.map((name) => [name, PROPERTIES[name].fallback]), told]);
            }
            return found;
        }""",
        ["explore/lab.js"],
        queries,
    )
    for (name, junk), (values, fallbacks, told) in zip(JUNK, found, strict=True):
        assert told == [f"{name}={junk[:40]}{'…' * (len(junk) > 40)}"]
        kept = {"beta": 3, "act": ["tanh"]} | {name: dict(fallbacks)[name]}
        assert dict(values) == dict(fallbacks) | kept


def test_of_a_list_what_is_known_is_kept_and_the_rest_is_told(modules):
    values, told = modules(
        """([{ store, onRefused }, { PROPERTIES }]) => {
            const state = store(PROPERTIES);
            let told = [];
            onRefused((list) => (told = list));
            return [[state.get("act"), state.get("show")], told];
        }""",
        ["core/state.js", "explore/lab.js"],
        query="?act=relu,nothing,tanh,relu&show=df,g",
    )
    assert values == [["relu", "tanh"], ["df"]]
    assert told == ["act=nothing", "show=g"]


def test_back_goes_back_and_forward_forth(turn):
    page = turn()
    first = figure(page)
    drag(page, 3)
    page.wait_for_url(re.compile("beta=3"))
    page.click("[data-menu] [data-name=tanh]")
    page.wait_for_url(re.compile("act="))
    last = figure(page)
    page.go_back()
    expect(page.locator("[data-menu] [data-name=tanh]")).to_have_attribute("aria-pressed", "false")
    assert page.locator("#lab-beta-value").input_value() == "3"
    page.go_back()
    expect(page.locator("#lab-beta-value")).to_have_value("1")
    shows(page, first)
    page.go_forward()
    page.go_forward()
    expect(page.locator("#lab-beta-value")).to_have_value("3")
    shows(page, last)
    page.get_by_role("tab", name="Claims").click()
    page.wait_for_url(re.compile("tab=claims"))
    page.go_back()
    expect(page.get_by_role("tab", name="Explore")).to_have_attribute("aria-selected", "true")


def test_every_panel_draws_what_it_says(turn):
    page = turn("?act=elu,tanh&show=f,df,d2f,dtheta,diff&theta=elu.alpha&base=tanh&par=elu.alpha:2")
    named = {}
    for name, axis, x, y in figure(page):
        points = [(a, b) for a, b in zip(x, y, strict=True) if b is not None and a != 0]
        if name and points:
            named[name, axis] = np.array(points).T
    panels = {"x": "f", "x2": "df", "x3": "d2f", "x4": "dtheta", "x5": "diff"}
    tanh = get("tanh")
    for label, record, values in (
        ("Swish", get("swish"), {"beta": 1.0}),
        ("ELU", get("elu"), {"alpha": 2.0}),
        ("Tanh", tanh, {}),
    ):
        for axis, panel in panels.items():
            if (panel == "dtheta" and label != "ELU") or (panel == "diff" and label == "Tanh"):
                assert (label, axis) not in named
                continue
            x, y = named[label, axis]
            exact = evaluate(record, x, values)
            wanted = {
                "f": exact.f,
                "df": exact.df,
                "d2f": exact.d2f,
                "dtheta": exact.dparameters.get("alpha"),
                "diff": exact.f - evaluate(tanh, x).f,
            }[panel]
            np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=4e-15)


def test_a_panel_more_or_less_is_drawn_in_the_height_that_there_is_then(turn):
    page = turn()
    frame = page.locator("#lab-explore .explore-frame")
    picture = page.locator(PLOT).locator("svg.main-svg").first
    two = frame.bounding_box()["height"]
    for chip in ("f″", "∂f/∂θ", "f − g", "f − g", "∂f/∂θ", "f″"):
        before = frame.bounding_box()["height"]
        page.get_by_role("button", name=chip, exact=True).click()
        eventually(lambda was=before: other(frame, was))
        height = frame.bounding_box()["height"]
        expect(picture).to_have_attribute("height", f"{height:g}")
    assert height == two


def other(frame, before):
    assert frame.bounding_box()["height"] != before


def test_earlier_betas_leave_ghosts_until_they_are_switched_off(turn):
    page = turn("?act=&trail=off")
    page.click("[data-part=trail]")

    def ghosts():
        lines = [t for t in traces(page) if t["name"] == "ghost" and t["axis"] == "x"]
        at = [np.interp(1, *np.array([t["x"], t["y"]], dtype=float)) for t in lines]
        assert len(at) == 5
        return at

    def swish(*betas):
        return [float(evaluate(get("swish"), [1.0], {"beta": beta}).f[0]) for beta in betas]

    for beta in (2, 4, 6):
        drag(page, beta)

    def left(*betas):
        assert ghosts() == pytest.approx(swish(*betas), abs=1e-3)

    # The latest first; where there is none yet, the present curve covers it.
    eventually(lambda: left(4, 2, 1, 6, 6))
    page.click("[data-part=trail]")
    eventually(lambda: left(6, 6, 6, 6, 6))


def test_dragging_in_the_plot_zooms_all_panels_and_heights_follow(turn):
    page = turn()
    box = page.locator(PLOT).bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 130, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("x="))
    ranges = page.evaluate(
        """() => { const l = document.querySelector(".explore-plot")._fullLayout;
           return [l.xaxis.range, l.xaxis2.range, l.yaxis.range].map((r) => [...r]); }"""
    )
    assert ranges[0] == ranges[1] and -2 < ranges[0][0] < ranges[0][1] < 1
    assert ranges[2][1] < 1.5, "the height fits what is seen now"
    x = traces(page)[0]["x"]
    assert len(x) > 200 and x[0] == ranges[0][0] and x[-1] == ranges[0][1]
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 120)
    page.wait_for_url(lambda url: "x=" not in url)
    page.fill("[data-part=low]", "5")
    page.fill("[data-part=high]", "2")
    page.press("[data-part=high]", "Enter")
    expect(page.locator("[data-part=range-error]")).to_contain_text("smaller one first")


def test_fingers_pinch_and_pan(turn):
    page = turn(**PHONE)
    page.locator(PLOT).scroll_into_view_if_needed()
    box = page.locator(PLOT).bounding_box()
    y = box["y"] + 100
    left, middle, right = (box["x"] + share * box["width"] for share in (0.35, 0.5, 0.65))
    ends = "() => document.querySelector('.explore-plot')._fullLayout.xaxis.range.map(Number)"
    session = page.context.new_cdp_session(page)

    def touch(kind, *points):
        fingers = [{"x": x, "y": y, "id": finger} for finger, x in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        two_frames(page)

    touch("touchStart", middle - 20, middle + 20)
    touch("touchMove", left, right)
    touch("touchEnd")
    low, high = page.evaluate(ends)
    assert 2 < high - low < 8
    touch("touchStart", left)
    touch("touchMove", left + 25)
    touch("touchMove", left + 50)
    touch("touchEnd")
    moved = page.evaluate(ends)
    assert moved[0] < low and moved[1] - moved[0] == pytest.approx(high - low, rel=1e-3)
    page.wait_for_url(re.compile("x="))


def test_beta_moves_finely_coarsely_and_plays_by_keys(turn):
    page = turn()
    page.focus("#lab-beta")
    for key, value in (("ArrowRight", "1.01"), ("Shift+ArrowRight", "1.51"), ("PageDown", "1.01")):
        page.keyboard.press(key)
        expect(page.locator("#lab-beta-value")).to_have_value(value)
    page.click("[data-scale=log]")
    page.focus("#lab-beta")
    page.keyboard.press("PageUp")
    expect(page.locator("#lab-beta-value")).to_have_value("1.271")
    page.keyboard.press(" ")
    expect(page.locator("[data-sweep]")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => document.querySelector('#lab-beta-value').value !== '1.271'")
    page.keyboard.press(" ")
    expect(page.locator("[data-sweep]")).to_have_attribute("aria-pressed", "false")


def test_less_motion_is_honoured(turn):
    page = turn()
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(
        """() => { window.seen = [];
           new MutationObserver(() => seen.push(performance.now())).observe(
             document.querySelector(".explore-plot path.js-line[style*='3.2']"),
             { attributes: true, attributeFilter: ["d"] }); }"""
    )
    page.click("[data-sweep]")
    page.wait_for_function("seen.length >= 6")
    page.click("[data-sweep]")
    page.emulate_media(reduced_motion="null")
    seen = page.evaluate("seen")
    assert seen[5] - seen[0] > 900, "once a second, with a redraw at rest, not once a frame"


def hears(page, said):
    """A screen reader hears what the plot shows."""
    spoken = page.locator("#lab-explore [data-part=spoken]")
    assert spoken.get_attribute("aria-live") == "polite"
    drag(page, 2)
    expect(spoken).to_contain_text(said)
    expect(spoken).to_contain_text("β = 2")
    page.locator("#lab-explore [data-part=frame]").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(spoken).to_contain_text("x = 1.00")


@pytest.mark.long
def test_a_screen_reader_hears_what_the_plot_shows(visit):
    hears(visit("?lang=en"), "minimum −0.1392 at x = −0.6392")


def test_beta_stays_at_hand_while_the_cards_are_read(turn):
    page = turn()
    page.evaluate("scrollTo(0, 1200)")
    expect(page.locator("#lab-beta")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 1200


def test_the_lens_shows_the_dip_with_its_place_and_depth(turn):
    page = turn()
    lens = page.locator("#lab-explore .explore-lens")

    def mark():
        """The marked point in x and y, by the lens's own ends: x from −5 to 1, y from −0.62."""
        return lens.evaluate(
            """(lens) => {
                const { x, y, width, height } = lens.querySelector("svg").getBoundingClientRect();
                const box = lens.querySelector("circle").getBoundingClientRect();
                return [((box.x + box.width / 2 - x) / width) * 6 - 5,
                    0.2 - ((box.y + box.height / 2 - y) / height) * 0.82];
            }"""
        )

    for beta in (1, 0.6, 3.7):
        drag(page, beta)
        w = float(mpmath.lambertw(mpmath.exp(-1)))
        x, y = -(1 + w) / beta, -w / beta
        np.testing.assert_allclose(mark(), (x, y), atol=0.02)
        expect(lens).to_contain_text(f"Lowest point: f(−{-x:.3f}) = −{-y:.3f}")
    drag(page, 0.3)
    expect(lens.locator("circle")).to_be_hidden()
    expect(lens).to_contain_text("f(−4.262) = −0.928")
    drag(page, -2)
    expect(lens).to_contain_text("No lowest point")
    page.locator("[data-part=lens-on]").click()
    expect(lens).to_be_hidden()
    expect(page).to_have_url(re.compile("lens=off"))
    page.locator("[data-part=lens-on]").click()
    expect(lens).to_be_visible()
    page.locator("[data-panel=f]").click()
    expect(lens).to_be_hidden()


def test_the_lens_hides_no_curve(turn):
    page = turn("?formula=x**2")
    lens = page.locator("#lab-explore .explore-lens")
    expect(page.locator("#lab-explore .explore-chosen [data-name='=x**2']")).to_be_visible()
    expect(lens).to_be_hidden()
    page.fill("#lab-own", "")
    expect(lens).to_be_visible()


FIRST = """
// What the page has kept by itself is kept; else this is a first visit, whatever other tests say.
sessionStorage.played
    ? localStorage.setItem("swish-lab-played", sessionStorage.played)
    : localStorage.removeItem("swish-lab-played");
addEventListener("pagehide", () => {
    sessionStorage.played = localStorage.getItem("swish-lab-played") ?? "";
});
// A third of the frames that there would be: each draws all curves.
window.requestAnimationFrame = (call) => setTimeout(() => call(performance.now()), 45);
window.cancelAnimationFrame = clearTimeout;
window.beta = () => Number(document.querySelector("#lab-beta-value")?.value);
window.seen = [];
(function look() {
    const said = document.querySelector(".explore-lens p")?.textContent;
    const [last] = seen.slice(-1);
    if (said && (beta() !== last?.[0] || said !== last[1])) seen.push([beta(), said]);
    requestAnimationFrame(look);
})();
"""


def test_beta_moves_by_itself_at_a_first_visit_and_never_again(opens, server):
    page = opens(viewport=PHONE["viewport"])  # few pixels to draw
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": FIRST})
    page.goto(server)
    page.wait_for_function("seen.some(([beta]) => beta > 1.5)")
    page.wait_for_function("beta() === 1")
    seen = page.evaluate("seen")
    assert min(seen)[0] < 0.9
    for value, said in seen:
        place = float(re.search(r"f\(−([\d.]+)\)", said)[1])
        # Its lowest point moves as 1/β, and is written a frame after β at the most.
        near = [beta for beta, _ in seen if abs(beta - value) < 0.3]
        assert min(abs(place - 1.2785 / beta) for beta in near) <= 6e-4
    assert len({said for _, said in seen}) > 3
    page.wait_for_timeout(600)
    # The reader has moved nothing: no trail is left of it.
    lines = {each["name"]: each["y"] for each in traces(page) if each["axis"] == "x"}
    assert lines["ghost"] == lines["Swish"]
    assert page.url.rstrip("/") == server.rstrip("/")
    # It moves before Gradio and Plotly have come, if at all.
    for late in ("**/assets/index-*.js", "**/plotly*"):
        page.route(late, lambda route: None)
    for forget, calm in ((False, "no-preference"), (True, "reduce")):
        if forget:
            page.evaluate("localStorage.removeItem('swish-lab-played')")
        page.emulate_media(reduced_motion=calm)
        page.reload(wait_until="commit")
        page.wait_for_function("window.seen?.length && beta() === 1")
        page.wait_for_timeout(500)
        assert {beta for beta, _ in page.evaluate("seen")} == {1}
    # What the reader does ends what moves by itself.
    page.evaluate("localStorage.removeItem('swish-lab-played')")
    page.emulate_media(reduced_motion="no-preference")
    page.reload(wait_until="commit")
    page.wait_for_function("window.seen?.some(([beta]) => beta !== 1)")
    page.keyboard.press("Tab")
    page.wait_for_function("beta() === 1")
    page.wait_for_timeout(300)
    assert page.evaluate("beta()") == 1
    session.detach()
    leave(page)
