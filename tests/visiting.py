"""Explore as a reader opens it, failing on any error that its console shows.

One browser context serves a module's tests of one viewport, so that scripts are read and compiled
once; what a visitor leaves behind is cleared between them.
"""

from __future__ import annotations

import time

import pytest

PLOT = "#lab-explore .explore-plot"


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


@pytest.fixture(scope="module")
def contexts(browser, server):
    """Contexts by their options, and by a number where one test has several visitors.

    A page of each stays open: without one, every visit opens a window and starts a process anew.
    """
    made = {}

    def context(number=0, **options):
        key = repr((number, sorted(options.items())))
        if key not in made:
            made[key] = browser.new_context(**options)
            made[key].new_page().goto(f"{server}/api/health")
        made[key].clear_cookies()
        made[key].pages[0].evaluate("localStorage.clear()")
        return made[key]

    yield context
    for each in made.values():
        each.close()


@pytest.fixture
def visit(contexts, server):
    """Opens the page anew, as a first visitor."""
    shown = []

    def visited(query="", **options):
        context = contexts(**({"viewport": {"width": 1280, "height": 800}} | options))
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        shown.append(page)
        page.goto(f"{server}/{query}")
        page.wait_for_selector(f"{PLOT} path.js-line", state="attached")
        return page

    yield visited
    for page in shown:
        assert page.wrong == []
        page.close()


@pytest.fixture
def explore(visit):
    """Opens the page anew with the card of a class in view."""

    def visited(card, query="", **options):
        page = visit(query, **options)
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
