"""Explore as a reader opens it, failing on any error that its console shows.

One browser context serves a module's tests of one viewport, so that scripts are read and compiled
once; what a visitor leaves behind is cleared between them.
"""

from __future__ import annotations

import pytest

PLOT = "#lab-explore .explore-plot"


@pytest.fixture(scope="module")
def contexts(browser):
    """Contexts by their options."""
    made = {}

    def context(**options):
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = browser.new_context(**options)
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
        context.clear_cookies()
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        shown.append(page)
        page.goto(f"{server}/api/health")
        page.evaluate("localStorage.clear()")
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
        # The cards are made as they come into view.
        page.locator("#lab-explore [data-part=cards]").evaluate(
            """async (grid) => {
                for (const card of grid.children) {
                    card.scrollIntoView();
                    await new Promise((done) => setTimeout(done, 100));
                }
            }"""
        )
        page.locator(card).scroll_into_view_if_needed()
        return page

    return visited
