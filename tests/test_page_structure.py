"""The page's structure, as its kinds: landmarks, headings, names, groups, and ways by key alone."""

import re
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from visiting import eventually, leave, two_frames

TABS = ("explore", "train", "time", "claims")
THERE = {
    "explore": "#lab-explore path.js-line",
    "train": "#lab-start",
    "time": "#lab-time-variants",
    "claims": "[data-ready]",
}
MOST_STOPS = 25


@pytest.fixture
def opened(turn):
    """Opens a tab of the page, its first cards made."""

    def opens(tab, query="", **options):
        named = [] if tab == "explore" else [f"tab={tab}"]
        page = turn("?" + "&".join([*named, *filter(None, [query])]), **options)
        page.wait_for_selector(f"#lab-tabs button[data-tab-id={tab}][aria-selected=true]")
        page.wait_for_selector(THERE[tab], state="attached")
        expect(page.locator("[role=main]:visible")).to_have_count(1)
        two_frames(page)
        return page

    return opens


def seen(page, selector):
    """What a selector finds that is rendered."""
    return page.evaluate_handle(
        "selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility())",
        selector,
    )


OUTLINE = """all => all.map((e) => [Number(e.tagName[1]), e.textContent.trim()])"""
BARE = """all => all.filter((card) => ![...card.querySelectorAll("h2, h3")].some((h) =>
    h.checkVisibility() && h.textContent.trim())).map((card) => card.outerHTML.slice(0, 160))"""


def landmarks_and_headings_tell_where_things_are(page):
    for role in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)
    assert page.get_by_role("banner").locator("#lab-tabs").count() == 0
    assert page.get_by_role("main").locator("[role=banner], [role=contentinfo]").count() == 0
    outline = seen(page, "h1, h2, h3, h4, h5, h6").evaluate(OUTLINE)
    levels = [level for level, _ in outline]
    assert outline[0] == [1, "Swish Lab"] and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(text for _, text in outline)
    assert levels.count(2) > 2
    assert seen(page, ".lab-card:not(.claims-none)").evaluate(BARE) == []


EMPTY_GROUPS = """() => {
    const rows = [...document.querySelectorAll("[data-part=tiles] > :is(h2, [data-tile])")]
        .filter((e) => !e.hidden);
    return rows.filter((e, at) => e.tagName === "H2" && rows[at + 1]?.tagName !== "BUTTON")
        .map((e) => e.textContent);
}"""


def test_each_claim_that_is_opened_has_a_heading(opened):
    page = opened("claims")
    groups = page.locator("[data-part=tiles] h2:not([hidden])").all_inner_texts()
    assert groups[0] == "confirmed" and len(groups) > 2
    assert page.evaluate(EMPTY_GROUPS) == []
    page.click("[data-kind=cited]")
    assert page.evaluate(EMPTY_GROUPS) == []
    assert page.locator("[data-part=tiles] h2:not([hidden])").count() < len(groups)
    page.click("[data-kind='']")
    page.click("[data-tile=max-slope]")
    assert page.locator("[data-claim=max-slope] h3").is_visible()
    page.click("[data-tile=max-slope]")


NAMES = """groups => groups.flatMap((group) => {
    const names = [...group.querySelectorAll("button, [role=button], input[type=radio]")]
        .filter((e) => e.checkVisibility())
        .map((e) => [e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent,
                     e.title].find((name) => name?.trim()) ?? "");
    return [[group.getAttribute("aria-label") ?? document.getElementById(
        group.getAttribute("aria-labelledby"))?.textContent ?? "", names.map((n) => n.trim())]];
})"""
GROUPS = "[role=group], [role=radiogroup], fieldset, .wrap-inner:has(.token-remove)"


def groups_have_names_and_their_buttons_names_of_their_own(page):
    found = seen(page, GROUPS).evaluate(NAMES)
    assert found
    for group, names in found:
        assert all(names), group
        assert len({*names}) == len(names), names
        assert not any(re.fullmatch(r"Remove \d+", name) for name in names)
    for group, _ in seen(page, "[role=radiogroup], fieldset, [role=group]").evaluate(NAMES):
        assert group


FOCUS = """(wanted) => {
    const e = document.activeElement;
    const name = e.id || e.dataset.part || e.dataset.act || e.dataset.tile || e.tagName;
    return [name, e === document.body, e.getBoundingClientRect().width > 0,
        e === document.querySelector(wanted)];
}"""


def stops(page, wanted, most=MOST_STOPS):
    """Real Tab presses from the page's beginning until what is wanted has the focus."""
    page.evaluate("getSelection().removeAllRanges(); document.activeElement.blur()")
    page.evaluate("document.body.tabIndex = -1; document.body.focus();"
                  "document.body.removeAttribute('tabindex')")  # fmt: skip
    for count in range(1, most + 1):
        page.keyboard.press("Tab")
        name, nowhere, wide, there = page.evaluate(FOCUS, wanted)
        assert not nowhere, f"stop {count} is nothing"
        assert wide, f"stop {count}, {name}, is not seen"
        if there:
            return count
    raise AssertionError(f"not within {most} stops")


def the_main_job_is_few_tab_stops_away(page, wanted):
    counts = [stops(page, each) for each in wanted]
    assert counts == sorted(counts)


def the_first_stop_skips_to_the_contents(page):
    stops(page, ".lab-skip", 1)
    assert page.locator(".lab-skip").bounding_box()["y"] >= 0
    before = page.url
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('[role=main]') !== null")
    assert page.url == before


WANTED = {
    "explore": ["#lab-beta", "[data-part=frame]"],
    "train": ["#lab-start"],
    "time": ["#lab-time-measure"],
    "claims": ["[data-act=all]", "[data-tile]:not([tabindex='-1'])"],
}


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_has_landmarks_headings_and_named_groups_and_its_job_few_stops_away(opened, tab):
    page = opened(tab)
    landmarks_and_headings_tell_where_things_are(page)
    groups_have_names_and_their_buttons_names_of_their_own(page)
    the_main_job_is_few_tab_stops_away(page, WANTED[tab])
    the_first_stop_skips_to_the_contents(page)


def focused(page, name="textContent"):
    return page.evaluate(f"document.activeElement.{name}")


def test_arrows_move_within_chips_and_delete_removes_one(opened):
    page = opened("explore", "act=relu,gelu,elu")
    chosen = page.locator("[data-chosen] button")
    assert chosen.count() == 4
    assert page.locator("[data-chosen] [tabindex='0']").count() == 1
    chosen.first.focus()
    for key, name in [("ArrowRight", "gelu"), ("End", "elu"), ("Home", "swish"),
                      ("ArrowLeft", "elu"), ("ArrowLeft", "relu")]:  # fmt: skip
        page.keyboard.press(key)
        assert focused(page, "dataset.name") == name
    page.keyboard.press("Delete")
    expect(chosen).to_have_count(3)
    eventually(lambda: check(focused(page, "dataset.name") == "elu"))
    page.keyboard.press("Tab")
    assert focused(page, "type") == "search"
    page.wait_for_timeout(100)  # what has been removed is gone by then, and the focus is here still
    assert focused(page, "type") == "search"
    # Rows of the menu are rows to the arrows.
    page.keyboard.press("Tab")
    before = page.evaluate(PLACE)
    page.keyboard.press("ArrowDown")
    after = page.evaluate(PLACE)
    assert after[0] > before[0] and abs(after[1] - before[1]) < 90  # pixels
    assert page.locator("[data-menu] [tabindex='0']").count() == 1


def test_enter_takes_the_activation_of_that_name_or_the_one_that_is_left(opened):
    page = opened("explore")
    search = page.locator(".explore-picker input[type=search]")
    chosen = page.locator("[data-chosen]")
    for typed, added in (("softplus", "Softplus"), ("squarepl", "Squareplus"), ("s", None)):
        before = chosen.inner_text()
        search.fill(typed)
        search.press("Enter")
        if added:  # others are found by "softplus" too
            expect(chosen).to_contain_text(added)
        else:
            assert chosen.inner_text() == before
    search.fill("")


PLACE = """() => {
    const chip = document.activeElement;
    return chip.closest("[data-menu]") && [chip.offsetTop, chip.offsetLeft];
}"""


def check(fits):
    assert fits


def test_radio_buttons_are_a_group_that_arrows_walk(opened):
    page = opened("time")
    context = page.locator("#lab-time-context")

    def has_focus():
        context.locator("[value=kernel]").focus()
        assert focused(page, "value") == "kernel"

    eventually(has_focus)  # nothing has it that is not drawn yet
    for value in ("layer", "step"):
        page.keyboard.press("ArrowRight")
        expect(context.locator(f"[value={value}]")).to_be_checked()
        assert focused(page, "value") == value
    # A second key may come before the next frame, though Gradio gives what is chosen a new name.
    names = context.evaluate(
        """async (group) => {
          group.querySelector("[value=layer]").click();
          await new Promise((done) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = done;
            port2.postMessage("the next task");
          });
          const names = [...group.querySelectorAll("input")].map(({ name }) => name);
          group.querySelector("[value=step]").click();
          return names;
        }"""
    )
    assert len(names) == 3 and len(set(names)) == 1, names
    # Gradio has heard it: the field of that context is shown.
    expect(page.locator("#lab-time-network")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#lab-time-pass') !== null")
    context.locator("[value=step]").focus()
    page.keyboard.press("ArrowRight")  # from the last to the first
    assert focused(page, "value") == "kernel"
    expect(page.locator("#lab-time-shape")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "word"), [pytest.param("en", "Remove", marks=pytest.mark.long), ("zh", "移除")]
)
def test_a_chosen_entry_is_removed_by_its_name(opened, language, word):
    page = opened("time", f"lang={language}")
    field = page.locator("#lab-time-elements")
    remove = field.get_by_role("button", name=f"{word} 2²⁰", exact=True)
    expect(remove).to_have_count(1)
    remove.focus()
    page.keyboard.press("Delete")
    expect(remove).to_have_count(0)
    field.locator("input").click()
    field.get_by_role("option", name="2²⁰").click()
    page.keyboard.press("Escape")
    expect(remove).to_have_count(1)


def test_tab_goes_on_from_a_menu_that_was_open(opened):
    page = opened("train")
    page.locator("#lab-activation input").focus()
    expect(page.locator("#lab-activation [role=listbox]")).to_be_visible()
    page.keyboard.press("Tab")
    two_frames(page)
    assert page.evaluate("document.activeElement.closest('#lab-rivals') !== null")


def test_a_tip_goes_by_escape_and_covers_nothing_that_has_the_focus(opened):
    page = opened("train")
    tip = page.locator("#lab-weight_decay .info-text")
    field = page.locator("#lab-weight_decay input")
    field.focus()
    expect(tip).to_be_visible()
    assert tip.get_attribute("id") == field.get_attribute("aria-describedby")
    page.locator("#lab-beta_starts").hover()
    expect(page.locator("#lab-beta_starts .info-text")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.locator("#lab-beta_decay input").focus()
    field.focus()
    expect(tip).to_be_visible()


GRADIOS = {"aria-allowed-role"}
"""Gradio's own `main` holds head and foot too: it is taken its role, which HTML would not have."""


LOOKS = """() => {
    const seen = new Set();
    const ground = (each) => {
        const own = getComputedStyle(each).backgroundColor;
        return /, 0\\)$/.test(own) && each.parentElement ? ground(each.parentElement) : own;
    };
    for (const each of document.querySelectorAll("body *")) {
        each.removeAttribute("data-look");
        const words = [...each.childNodes].some((at) => at.nodeType === 3 && at.data.trim());
        if (!words || !each.checkVisibility()) continue;
        const { color, opacity, fontSize, fontWeight } = getComputedStyle(each);
        const look = [each.tagName, each.getAttribute("class"), each.parentElement.className,
            color, opacity, fontSize, fontWeight, ground(each)].join();
        if (!seen.has(look)) each.dataset.look = "";
        seen.add(look);
    }
}"""
"""Marks one text of each look."""

FOUND = """async ([within, texts]) => {
    axe.configure({ rules: [{ id: "color-contrast", selector: texts }] });
    const shown = [...document.querySelectorAll(within)].find((each) => each.checkVisibility());
    const { violations } = await axe.run(shown, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) => [id, impact, nodes[0].html.slice(0, 200)]);
}"""


@pytest.mark.parametrize(
    ("theme", "texts"),
    [
        ("dark", "[data-look]"),  # contrast takes half of all the time
        pytest.param("light", "*", marks=pytest.mark.long),
        pytest.param("dark", "*", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_but_what_is_gradios(opened, tab, theme, texts):
    page = opened(tab, f"__theme={theme}&show=f,df,dtheta,diff")
    if tab == "explore":
        page.locator("[data-part=cards] > *").evaluate_all(
            """async (cards) => {
                for (const card of cards) {
                    card.scrollIntoView();
                    while (!card.classList.contains("explore-made"))
                        await new Promise(requestAnimationFrame);
                    // What is made already is coloured anew as it is seen.
                    for (const _ of "ab") await new Promise(requestAnimationFrame);
                }
            }"""
        )
    page.evaluate(LOOKS)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    # What is around the tabs is the same for each.
    whole = tab == "train" or texts == "*"
    found = page.evaluate(FOUND, ["html" if whole else "[role=main]", texts])
    assert [each for each in found if each[0] not in GRADIOS] == []


def test_the_title_tells_of_a_run_and_a_screen_reader_of_its_end(opens, server):
    page = opens()
    page.goto(f"{server}/?tab=train")
    expect(page.locator("#lab-start")).to_be_visible()
    page.evaluate(SLOW_RUN)
    eventually(lambda: check(re.fullmatch(r"\d+ % · .+ – Swish Lab", page.title())))
    # What streams is not read out at each step.
    assert page.locator("#lab-train [data-part=line][aria-live]").count() == 0
    # Where another tab is looked at, the title goes on.
    page.evaluate(HIDDEN, True)
    page.click("[data-wish=stop]")
    eventually(lambda: check(re.fullmatch(r"■ .+ – Swish Lab", page.title())))
    news = page.locator("#lab-news[role=status][aria-live=polite]")
    expect(news).to_contain_text("Stopped: ")
    page.evaluate(HIDDEN, False)
    leave(page)


SLOW_RUN = """async () => {
    const body = JSON.stringify({ recipe: "beta-convergence", steps: 5000 });
    const headers = { "Content-Type": "application/json" };
    await fetch("/api/runs", { method: "POST", headers, body });
    dispatchEvent(new Event("swish-lab-back"));
}"""
HIDDEN = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


FORCED = """selectors => selectors.map((selector) => {
    const style = getComputedStyle(document.querySelector(selector));
    return [style.backgroundColor, style.color].join();
})"""


@pytest.mark.parametrize(
    ("tab", "pairs"),
    [
        (
            "explore",
            [
                ("[data-beta='1']", "[data-beta='10']"),
                ("[data-scale=linear]", "[data-scale=log]"),
                ("[data-menu] [data-name=relu]", "[data-menu] [data-name=elish]"),
                ("[data-tab-id=explore]", "[data-tab-id=train]"),
            ],
        ),
        ("time", [("#lab-time-pass label.selected", "#lab-time-pass label:not(.selected)")]),
    ],
)
def test_in_forced_colours_what_is_on_is_told(opened, tab, pairs):
    page = opened(tab)
    page.emulate_media(forced_colors="active")
    try:
        for on, off in pairs:
            pressed, others = page.evaluate(FORCED, [on, off])
            ground, ink = re.findall(r"rgba?\([^)]*\)", pressed)
            assert pressed != others and ground != ink, on
    finally:
        page.emulate_media(forced_colors="none")


def test_with_less_motion_nothing_moves_by_itself(opened):
    page = opened("explore")
    page.emulate_media(reduced_motion="reduce")
    try:
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((e) => {
                const style = getComputedStyle(e);
                return style.transitionDuration.split(", ").some((s) => s !== "0s")
                    || style.animationName !== "none";
            }).map((e) => e.outerHTML.slice(0, 100))"""
        )
        assert moving == []
    finally:
        page.emulate_media(reduced_motion="no-preference")
