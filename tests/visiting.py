"""Explore as a reader opens it, failing on any error that its console shows.

One browser serves all tests of a worker, so that scripts are read and compiled once; what a visitor
leaves behind is cleared between them.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import pytest
from browser import PLAYED, is_wrong
from playwright.sync_api import expect

from swishdemo.activations import get, names

FAULTS = (Path(__file__).parent / "layout_faults.js").read_text()
"""Finds what lies badly on the page as it is shown."""
PLOT = "#lab-explore .explore-plot"
PATIENCE = 90_000
"""Milliseconds that a browser may take for anything: a busy machine is slow, not wrong."""
VIEWPORT = {"width": 1280, "height": 800}
PHONE = {"viewport": {"width": 390, "height": 844}, "phone": True}


def eventually(check, seconds=90):
    """Calls ``check`` until it no longer fails: what it waits for comes in its own time."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)


def two_frames(page):
    """Waits for two frames of the page: what it was told before, it shows then."""
    page.evaluate('async () => { for (const _ of "ab") await new Promise(requestAnimationFrame); }')


def passed(page, menu):
    """Goes through a menu by key, and waits for what its server says of that."""
    with page.expect_response("**/run/predict**"):
        menu.focus()
        page.keyboard.press("Tab")
    two_frames(page)


def recipe(page, name="beta-convergence"):
    """Chooses a recipe by its picture, and waits until the fields have its settings."""
    tile = page.locator(f"#lab-recipes input[value={name}]")
    menu = page.locator("#lab-recipe input")
    before = menu.input_value()
    if not tile.is_checked():
        tile.click()
        expect(menu).not_to_have_value(before)


UNEXPLAINED = """() => {
  const places = ".lab label:not(:has([type=radio])), .lab-label, [data-testid=block-info],"
    + " .lab th:not([scope=row]), .train-head h2, .time-title :is(h2, h3), .lab-stats > *";
  const text = (each) => each.textContent.trim().replace(/\\s+/g, " ");
  const helped = (each) =>
    each.closest("[title], .lab-term, .lab-sr") || each.querySelector("[title], .lab-term")
    || each.closest(".block")?.querySelector(".info-text")
    || (each.matches(".lab-label") && each.parentElement.querySelector("[title]"));
  return [...document.querySelectorAll(places)]
    .filter((each) => each.offsetParent && text(each) && !helped(each)).map(text);
}"""


def unexplained(page):
    """Labels, heads and figures in sight that have no tip, and no term of the glossary in them."""
    page.wait_for_selector("#lab-gloss", state="attached")
    bare = {"x", "Swish", *(get(name).label for name in names())}

    def found():
        return [label for label in page.evaluate(UNEXPLAINED) if label not in bare]

    with suppress(AssertionError):  # terms are looked for where nothing else is to do
        eventually(lambda: none(found()), seconds=5)
    return found()


def none(found):
    assert not found


MOST = 4
"""Browsers that a worker keeps open; what one test opens at a time are fewer."""


@pytest.fixture(scope="session")
def browsers(playwright, browser_type_launch_args, tmp_path_factory):
    """Browsers by their options, and by a number where one test has several visitors.

    Each keeps its scripts compiled in a folder of its own, and one of its pages stays open: without
    one, every visit would open a window and start a process anew.
    """
    made = {}

    def browser(number=0, **options):
        key = repr((number, sorted(options.items())))
        if key not in made:
            if len(made) == MOST:
                made.pop(next(iter(made))).close()
            folder = tmp_path_factory.mktemp("browser")
            made[key] = playwright.chromium.launch_persistent_context(
                folder, **browser_type_launch_args, **options
            )
            made[key].set_default_timeout(PATIENCE)
            made[key].add_init_script(PLAYED)
        made[key] = made.pop(key)  # the latest one last
        return made[key]

    yield browser
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def opens(browsers, server):
    """Opens a tab as somebody who has never been here; ``wrong`` are its console's errors.

    It is one that a test before has left, where there is one. What is to be framed by another site
    has a browser of its language: there Chromium does not heed what one tab is to speak.
    """

    def opened(number=0, viewport=VIEWPORT, address=server, locale=None, framed=False, **options):
        phone = options.pop("phone", False)
        if framed:
            options, locale = {**options, "locale": locale}, None
        browser = browsers(number, **options)
        browser.clear_cookies()
        first, *others = browser.pages
        if not first.url.startswith(address):
            first.goto(f"{address}/api/health")
        first.evaluate("localStorage.clear()")
        idle = [page for page in others if getattr(page, "left", False)]
        page = idle[0] if idle else listened(browser.new_page())
        page.bring_to_front()
        page.wrong, page.left, page.elsewhere = [], False, False
        page.set_viewport_size(viewport)
        if phone:
            page.phone = held(page, viewport)
        if locale:
            page.locale = speaks(page, locale)
        return page

    return opened


def trade(page, cookies=()):
    """Has the browser be another visitor's, and returns the cookies of whose it was.

    A second browser would have to read all scripts anew.
    """
    before = page.context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies(cookies)
    return before


def listened(page):
    """The page, with what its console shows told to ``wrong``."""
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda said: is_wrong(said) and page.wrong.append(said.text))
    page.on("framenavigated", lambda frame: heads(page, frame.url))
    page.locale = page.phone = None
    return page


ELSEWHERE = re.compile(r"[?&]tab=(train|time)")


def heads(page, address):
    """Notes where a page goes: to a form, whose fields are none of the next module's."""
    page.elsewhere = page.elsewhere or ELSEWHERE.search(address) is not None


def held(page, viewport):
    """Has the page be a phone's, until the session that is returned ends."""
    session = page.context.new_cdp_session(page)
    screen = {f"screen{side.title()}": length for side, length in viewport.items()}
    metrics = {**viewport, **screen, "deviceScaleFactor": 1, "mobile": True}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    return session


def tap(page, x, y):
    """Taps a place of a phone's page."""
    finger = {"x": x, "y": y}
    page.phone.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    page.phone.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def speaks(page, locale):
    """Has the page's browser ask for a language, until the session that is returned ends."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setLocaleOverride", {"locale": locale})
    agent = page.evaluate("navigator.userAgent")
    asked = {"userAgent": agent, "acceptLanguage": locale}
    session.send("Emulation.setUserAgentOverride", asked)
    return session


def leave(page):
    """Leaves a tab to the next visitor: its process has read the scripts, which is half a visit."""
    page.unroute_all(behavior="ignoreErrors")
    if page.locale:
        page.locale.detach()
        page.locale = None
    if page.phone:
        page.phone.detach()
        page.phone = None
        page.set_viewport_size({"width": 640, "height": 480})  # what is the same is not set again
    page.mouse.move(0, 0)
    page.goto(urljoin(page.url, "/api/health"))
    page.evaluate("sessionStorage.clear()")
    page.left = True


@pytest.fixture(scope="session")
def desks():
    """The pages that a module leaves for the next, by a server that lasts and by how they came."""
    return {}


@pytest.fixture(scope="module")
def desk(desks, server):
    """The pages that a test leaves for the next to go on with, by how they came.

    Those that have shown nothing but Explore are for the next module too.
    """
    pages = desks.get(server, defaultdict(list))
    yield pages
    for each in pages.values():
        each[:] = [page for page in each if not page.is_closed()]
        for page in list(each):
            if server in desks and not page.elsewhere:
                page.mouse.move(0, 0)
            else:
                each.remove(page)
                leave(page)


LASTING = re.compile(r"lang=\w+")
"""What of an address the page heeds only as it comes."""


RETURN = """([address, dark]) => {
    localStorage.clear();
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
    if (document.body.classList.contains("dark") !== dark)
        document.querySelector("[data-theme-toggle]").click();
    scrollTo(0, 0);
}"""


@pytest.fixture
def visit(opens, server):
    """Opens the page anew, as a first visitor."""
    shown = []

    def visited(query="", script=None, **options):
        page = opens(**options)
        if script:
            page.add_init_script(script)
        shown.append((page, page.close if script else partial(leave, page)))
        page.goto(f"{server}/{query}")
        page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
        return page

    yield visited
    for page, end in shown:
        assert page.wrong == []
        end()


@pytest.fixture
def turn(desk, opens, server, request):
    """Turns the page of a test before to what an address says, as the back button would.

    It costs a tenth of a visit. It is a page of the same options and language, in one test the
    same one. What no address holds (a search, a width, a stopped request) is for a test to leave
    as it was found.
    """
    shown = {}

    def turned(query="", **options):
        key = repr((LASTING.findall(query), sorted(options.items())))
        page = shown.pop(key, None) or (desk[key].pop() if desk[key] else None)
        if page and not page.is_closed():  # its browser may have been closed for another
            page.bring_to_front()
            page.evaluate(RETURN, [f"/{query}", "__theme=dark" in query])
            two_frames(page)
        else:
            page = opens(**options)
            page.goto(f"{server}/{query}")
            if "tab=" not in query:
                page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
        shown[key] = page
        return page

    yield turned
    for key, page in shown.items():
        assert page.wrong == []
        if request.node.failed:
            page.close()
        else:
            desk[key].append(page)


@pytest.fixture
def explore(turn, visit):
    """Opens the page with the card of a class in view: that of a test before, or one anew."""

    def visited(card, query="", *, anew=False, **options):
        page = (visit if anew else turn)(query, **options)
        # The cards are made as they come near, and know their class then.
        page.locator("#lab-explore [data-part=cards]").evaluate(
            """async (grid, card) => {
                for (const host of grid.children) {
                    host.scrollIntoView();
                    while (!host.classList.contains("explore-made"))
                        await new Promise(requestAnimationFrame);
                    if (document.querySelector(card)?.closest(".explore-made")) return;
                }
            }""",
            card,
        )
        page.locator(card).scroll_into_view_if_needed()
        return page

    return visited
