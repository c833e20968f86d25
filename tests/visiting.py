"""Explore as a reader opens it, failing on any error that its console shows."""

from __future__ import annotations

import pytest


@pytest.fixture
def explore(browser, server):
    """Opens the page anew with the card of a class in view."""
    shown = []

    def visited(card, query="", **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        shown.append(page)
        page.goto(f"{server}/{query}")
        page.wait_for_selector("#lab-explore path.js-line", state="attached")
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

    yield visited
    for page in shown:
        assert page.wrong == []
        page.context.close()
