"""The surface over x and β in a real browser: its values, its line, what sets β on it."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from visiting import PHONE, eventually, two_frames

from swishdemo.activations import evaluate, get

CARD = ".surface-card"
AREA = ".surface-area"
LINEAR = "{low: -10, high: 10, toBeta: (at) => at}"
LOG = "{low: -2, high: 2, toBeta: (at) => 10 ** at}"


def number(text):
    return float(text.replace("−", "-"))


def shown_beta(page):
    return number(page.locator("#lab-beta-value").input_value())


def wait_for_beta(page, beta, relative):
    """A busy browser handles an event after the one who sent it goes on."""
    page.wait_for_function(
        """([beta, by]) => {
            const shown = document.querySelector("#lab-beta-value").value.replace("−", "-");
            return Math.abs(shown - beta) <= by * Math.abs(beta);
        }""",
        arg=[beta, relative],
    )


def line(page):
    """Where the line is, from 0 at the top of the map to 1 at its foot."""
    box = page.locator(AREA).bounding_box()
    at = page.locator(f"{AREA} i").evaluate("i => i.getBoundingClientRect().top + 1")
    return (at - box["y"]) / box["height"]


def at(page, across, down):
    box = page.locator(AREA).bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


# -- the grid and its lines, without the app -------------------------------------------------------


@pytest.mark.parametrize("of", ["f", "df"])
@pytest.mark.parametrize(
    ("scale", "betas"),
    [(LINEAR, np.linspace(10, -10, 21)), (LOG, 10 ** np.linspace(2, -2, 21))],
)
def test_the_cells_are_the_definitions_values(modules, of, scale, betas):
    grid = modules(
        f"""([{{ gridOf }}, {{ activations }}], of) => {{
            const f = (x, beta) => activations[0][of](x, {{ beta }});
            const grid = gridOf(f, [-7, 5], {scale}, 33, 21);
            return {{ ...grid, values: [...grid.values] }};
        }}""",
        ["explore/surface_map.js", "generated/activations.js"],
        of,
    )
    values = np.array(grid["values"]).reshape(21, 33)
    x = np.linspace(-7, 5, 33)
    for row, beta in zip(values, betas, strict=True):
        expected = getattr(evaluate(get("swish"), x, {"beta": float(beta)}), of)
        np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12)
    assert (grid["low"], grid["high"]) == (values.min(), values.max())


@pytest.mark.parametrize("radius", [3.0, 7.5])
def test_a_contour_is_where_the_value_is(modules, radius):
    """That of a cone is a circle, all the way round."""
    segments = np.array(
        modules(
            """([{ contour, gridOf }], radius) => {
                const scale = { low: -10, high: 10, toBeta: (at) => at };
                return contour(gridOf(Math.hypot, [-10, 10], scale, 101, 101), radius);
            }""",
            ["explore/surface_map.js"],
            radius,
        )
    )
    ends = segments.reshape(-1, 2) / 5 - 10
    assert np.abs(np.hypot(*ends.T) - radius).max() < 0.01
    length = np.hypot(*(segments[:, :2] - segments[:, 2:]).T).sum() / 5
    assert length == pytest.approx(2 * np.pi * radius, rel=1e-3)


def test_every_level_lies_between_the_ends_once(modules):
    levels = modules(
        """([{ levelsOf }]) =>
            [levelsOf("f", { low: -0.3, high: 6 }), levelsOf("df", { low: 0, high: 1 })]""",
        ["explore/surface_map.js"],
    )
    assert levels[0] == [-0.2, -0.1, 0, 0.1, 0.2, 0.5, 1, 2, 5]
    assert levels[1] == [0.25, 0.5, 0.75]


def test_the_ramp_turns_about_zero_and_is_even_in_both_directions(modules):
    shares, colours = modules(
        """([{ ramp }]) => {
            const root = document.body.style;
            root.setProperty("--lab-band2", "#0000ff");
            root.setProperty("--lab-soft", "#ffffff");
            root.setProperty("--lab-accent", "#ff0000");
            const { share, of } = ramp(-1, 4);
            return [[-4, -1, 0, 1, 4].map(share), [-4, 0, 4].map(of)];
        }""",
        ["plot/colour_ramp.js"],
    )
    assert shares == [-1, -0.5, 0, 0.5, 1]
    assert colours == [[0, 0, 255], [255, 255, 255], [255, 0, 0]]


# -- the card --------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [pytest.param("f", marks=pytest.mark.long), "df"])
def test_what_is_under_the_pointer_is_the_definitions(explore, of):
    page = explore(CARD, f"?of={of}&x=-4,8")
    for across, down in [(0.2, 0.1), (0.71, 0.43), (0.5, 0.9)]:
        page.mouse.move(*at(page, across, down))
        expect(page.locator(".surface-reading")).to_contain_text("x =")
        words = page.locator(".surface-reading").text_content()
        x, beta, value = map(number, re.findall(r"= (−?[\d.e−]+)", words))
        assert x == pytest.approx(-4 + 12 * across, abs=0.05)
        assert beta == pytest.approx(10 - 20 * down, abs=0.12)
        expected = getattr(evaluate(get("swish"), [x], {"beta": beta}), of)[0]
        assert value == pytest.approx(expected, rel=1e-5, abs=1e-12)
    page.mouse.move(5, 5)
    expect(page.locator(".surface-reading")).not_to_contain_text("x =")


def pixel(page, across, down):
    return page.locator(f"{AREA} canvas").evaluate(
        """(canvas, [across, down]) => {
            const at = [across * canvas.width, down * canvas.height].map(Math.floor);
            return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
        }""",
        [across, down],
    )


def variable(page, name):
    colour = page.evaluate(
        "name => getComputedStyle(document.body).getPropertyValue(`--lab-${name}`).trim()", name
    )
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def test_the_colours_are_the_values_and_follow_the_theme(explore):
    page = explore(CARD)

    def coloured(before=None):
        neutral, above, below = (variable(page, name) for name in ("soft", "accent", "band2"))
        for across, down in [(0.93, 0.2), (0.06, 0.8), (0.3, 0.1)]:
            value = evaluate(get("swish"), [-6 + 12 * across], {"beta": 10 - 20 * down}).f[0]
            share = np.sqrt(min(1, abs(value) / 6))
            end = above if value > 0 else below
            wanted = [a + (b - a) * share for a, b in zip(neutral, end, strict=True)]
            assert pixel(page, across, down)[:3] == pytest.approx(wanted, abs=4)
        assert neutral != before
        return neutral

    light = eventually(coloured)
    page.click("[data-theme-toggle]")
    page.locator(CARD).scroll_into_view_if_needed()
    eventually(lambda: coloured(before=light))


@pytest.mark.parametrize(("query", "betas"), [("", [5, -5]), ("?scale=log", [10, 0.1])])
def test_a_click_sets_beta(explore, query, betas):
    page = explore(CARD, query)
    for down, beta in zip((0.25, 0.75), betas, strict=True):
        page.mouse.click(*at(page, 0.3, down))
        wait_for_beta(page, beta, 0.03)
        two_frames(page)
        assert line(page) == pytest.approx(down, abs=0.01)
        label = page.locator(f"{AREA} b").text_content()
        assert number(label.removeprefix("β = ")) == pytest.approx(shown_beta(page), rel=1e-3)
        expect(page).to_have_url(re.compile("beta="))


@pytest.mark.parametrize("query", ["", pytest.param("?scale=log", marks=pytest.mark.long)])
def test_a_drag_moves_the_curves_and_the_line_alone(explore, query):
    page = explore(CARD, query)
    swish = page.locator("#lab-explore path.js-line[style*='3.2']").first
    before = swish.get_attribute("d")
    # The map of this address, not of the one before.
    expect(page.locator(".surface-betas span").first).to_have_text("0.01" if query else "−10")
    drawn = pixel(page, 0.9, 0.1), pixel(page, 0.1, 0.9)
    page.evaluate(
        """() => { window.painted = 0;
            const put = CanvasRenderingContext2D.prototype.drawImage;
            CanvasRenderingContext2D.prototype.drawImage = function (...all) {
                window.painted++; return put.apply(this, all); }; }"""
    )
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.down()
    places = []
    for down in np.linspace(0.5, 0.2, 4):
        page.mouse.move(*at(page, 0.5, down))
        two_frames(page)
        places.append(line(page))
    # Beyond the map, β stays at its end.
    page.mouse.move(*at(page, 0.5, -3))
    page.mouse.up()
    assert places == pytest.approx(np.linspace(0.5, 0.2, 4), abs=0.02)
    assert shown_beta(page) == (100 if query else 10)
    page.mouse.move(*at(page, 0.5, 0.8))
    assert shown_beta(page) == (100 if query else 10)
    assert swish.get_attribute("d") != before
    assert (pixel(page, 0.9, 0.1), pixel(page, 0.1, 0.9)) == drawn
    assert page.evaluate("window.painted") == 0


@pytest.mark.parametrize(
    ("query", "cases"),
    [
        (
            "",
            [
                (["ArrowUp"], 1.2),
                (["ArrowDown", "ArrowLeft"], 0.8),
                (["PageUp"], 1.3),
                (["Shift+ArrowRight"], 1.8),
                (["Home", "ArrowDown"], -10),
                (["End"], 10),
            ],
        ),
        (
            "?scale=log",
            [(["ArrowUp"], 10**0.04), (["PageDown"], 10**-0.06), (["End", "PageUp"], 100)],
        ),
        ("?scale=log&beta=-2", [(["ArrowUp"], 10**-1.96)]),
    ],
    ids=["linear", "log", "log from below 0"],
)
def test_keys_set_beta(explore, query, cases):
    page = explore(CARD, query)
    area = page.get_by_role("slider", name="β, on the map")
    for keys, beta in cases:  # each from where the one before has ended
        area.focus()
        for key in keys:
            area.press(key)
        wait_for_beta(page, beta, 1e-3)
        shows(page, area, beta)


def shows(page, area, beta):
    """The map has come to stand at a β: it follows in the next frame in which it is seen."""
    area.scroll_into_view_if_needed()
    page.wait_for_function(
        "([area, beta]) => Math.abs(area.getAttribute('aria-valuenow') / beta - 1) < 1e-3",
        arg=[area.element_handle(), beta],
    )


@pytest.mark.parametrize(
    ("query", "words", "place"),
    [
        ("?beta=1e6", "↑ β = 1000000", 0),
        pytest.param("?beta=-12", "↓ β = −12", 1, marks=pytest.mark.long),
        pytest.param("?beta=0&scale=log", "↓ β = 0", 1, marks=pytest.mark.long),
        ("?beta=-3&scale=log", "↓ β = −3", 1),
    ],
)
def test_a_beta_beyond_the_map_stands_at_its_edge(explore, query, words, place):
    page = explore(CARD, query)
    expect(page.locator(f"{AREA} b")).to_have_text(words)
    assert line(page) == pytest.approx(place, abs=0.01)
    page.click("[data-beta='1']")
    page.locator(CARD).scroll_into_view_if_needed()
    expect(page.locator(f"{AREA} b")).to_have_text("β = 1")


def test_the_axes_follow_x_and_the_scale(explore):
    page = explore(CARD)
    betas, xs = page.locator(".surface-betas span"), page.locator(".surface-xs span")
    expect(betas).to_have_text(["−10", "−5", "0", "5", "10"])
    page.click("[data-scale=log]")
    page.locator(CARD).scroll_into_view_if_needed()
    expect(betas).to_have_text(["0.01", "0.1", "1", "10", "100"])
    page.fill("#lab-low", "-2")
    page.press("#lab-low", "Enter")
    page.locator(CARD).scroll_into_view_if_needed()
    expect(xs.first).to_have_text("−2")
    bar = page.locator(".surface-bar span").all_text_contents()
    assert "0" in bar and len(bar) == len(set(bar)) >= 4


def test_what_is_shown_stands_in_the_address_and_comes_back(explore):
    page = explore(CARD)
    page.click("[data-of=df]")
    expect(page).to_have_url(re.compile("of=df"))
    page.go_back()
    expect(page.locator("[data-of=f]")).to_have_attribute("aria-pressed", "true")
    page.go_forward()
    expect(page.locator("[data-of=df]")).to_have_attribute("aria-pressed", "true")


def test_without_webgl_a_sentence_says_so(explore):
    page = explore(CARD, "?of=df")
    expect(page.locator("[data-of=df]")).to_have_attribute("aria-pressed", "true")
    page.evaluate(
        """() => { const canvas = HTMLCanvasElement.prototype, make = canvas.getContext;
            canvas.getContext = function (kind, ...rest) {
                return kind.startsWith("webgl") ? null : make.call(this, kind, ...rest); };
            window.withWebGl = () => { canvas.getContext = make; }; }"""
    )
    page.click("[data-view='3d']")
    expect(page.locator(".surface-none")).to_contain_text("WebGL")
    assert page.locator(".surface-scene canvas").count() == 0
    page.click("[data-view=map]")
    expect(page.locator(".surface-none")).to_be_hidden()
    expect(page.locator(f"{AREA} canvas")).to_be_visible()
    page.evaluate("withWebGl()")


def test_in_three_dimensions_the_curve_lies_on_the_surface(explore):
    page = explore(CARD, "?surface=3d&beta=2")
    scene = page.locator(".surface-scene")
    page.wait_for_function("() => document.querySelector('.surface-scene canvas')")
    expect(page.locator(".surface-map")).to_be_hidden()

    def curve():
        return scene.evaluate(
            "node => [...node.data[1].x].map((x, i) => [x, node.data[1].y[i], node.data[1].z[i]])"
        )

    def check(beta):
        x, y, z = np.array(curve()).T
        assert set(y) == {beta}
        expected = evaluate(get("swish"), x, {"beta": beta}).f
        # Lifted by less than a hundredth of the height, so that it is not drawn through.
        assert (np.abs(z - expected) < 0.01 * 12).all() and (z > expected).all()
        assert f"β = {beta:g}" in scene.evaluate("node => node.data[1].text")

    check(2)
    page.click("[data-beta='10']")
    page.wait_for_function("() => document.querySelector('.surface-scene').data[1].y[0] === 10")
    check(10)
    z = np.array(scene.evaluate("node => node.data[0].z.map((row) => [...row])"))
    x, y = (np.array(scene.evaluate(f"node => [...node.data[0].{axis}]")) for axis in "xy")
    for row in (0, 30, 60):
        expected = evaluate(get("swish"), x, {"beta": y[row]}).f
        np.testing.assert_allclose(z[row], expected, rtol=1e-9, atol=1e-12)
    # The map alone is there then, and the scene again as it was turned.
    turned = {"x": 1, "y": 2, "z": 1}
    scene.evaluate("(node, eye) => Plotly.relayout(node, { 'scene.camera.eye': eye })", turned)
    page.click("[data-view=map]")
    expect(scene).to_be_hidden()
    expect(scene.locator("canvas")).to_have_count(0)
    expect(page.locator(f"{AREA} b")).to_contain_text("β = 10")
    page.click("[data-view='3d']")
    page.wait_for_function("() => document.querySelector('.surface-scene canvas')")
    assert scene.evaluate("node => node.layout.scene.camera.eye") == turned
    check(10)
    # Nor does a scene that is out of sight, on another tab or far below, go on to be drawn.
    page.get_by_role("tab", name="Time").click()
    expect(scene.locator("canvas")).to_have_count(0)
    page.get_by_role("tab", name="Explore").click()
    page.locator(CARD).scroll_into_view_if_needed()
    expect(scene.locator("canvas")).not_to_have_count(0)
    assert scene.evaluate("node => node.layout.scene.camera.eye") == turned
    page.evaluate("scrollTo(0, 0)")
    expect(scene.locator("canvas")).to_have_count(0)
    page.set_viewport_size({"width": 1100, "height": 720})
    page.wait_for_timeout(200)  # more than a change of size waits to be drawn
    expect(scene.locator("canvas")).to_have_count(0)
    page.locator(CARD).scroll_into_view_if_needed()
    expect(scene.locator("canvas")).not_to_have_count(0)
    check(10)
    page.click("[data-view=map]")


@pytest.mark.long  # tests/test_widths.py looks at it among all else
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_sticks_out_on_a_phone(explore, language):
    page = explore(CARD, f"?lang={language}", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card = page.locator(CARD).bounding_box()
    for part in page.locator(f"{CARD} span").all():
        box = part.bounding_box()
        assert box is None or (card["x"] - 8 <= box["x"] and box["x"] + box["width"] <= 390 - 8)
