"""What a first visit loads, and that nothing on the page jumps while it comes."""

import pytest
from visiting import leave

SHIFTS = """
window.shifts = [];
window.watch?.disconnect(); // the blank page before has the same window
window.watch = new PerformanceObserver((list) => {
  for (const { hadRecentInput, value } of list.getEntries())
    if (!hadRecentInput) window.shifts.push(value);
});
window.watch.observe({ type: "layout-shift", buffered: true });
"""
SHOWN = {
    "explore": "#lab-explore path.js-line >> visible=true",
    "train": "#lab-start >> visible=true",
    "time": "#lab-time [data-part=bars-empty] >> visible=true",
    "claims": "#lab-claims [data-ready]",
}
MOST_BYTES, MOST_REQUESTS = 1_100_000, 160


def cases():
    """Every tab at two widths; one of them each time."""
    for tab in SHOWN:
        for width in (1280, 390):
            quick = (tab, width) == ("explore", 1280)
            yield pytest.param(tab, width, marks=() if quick else pytest.mark.long)


@pytest.mark.parametrize(("tab", "width"), list(cases()))
def test_a_first_visit_is_light_and_does_not_jump(server, opens, tab, width):
    page = opens(viewport={"width": width, "height": 844 if width == 390 else 800})
    page.add_init_script(SHIFTS)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    addresses, sizes = [], []
    session.on("Network.responseReceived", lambda told: addresses.append(told["response"]["url"]))
    session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    page.goto(f"{server}/?tab={tab}")
    page.wait_for_selector(SHOWN[tab])
    page.wait_for_load_state("networkidle")
    assert sum(page.evaluate("window.shifts")) < 0.05
    assert 100_000 < sum(sizes) <= MOST_BYTES  # a browser may hold some in memory
    assert len(sizes) <= MOST_REQUESTS
    plotly = {each.rpartition("/")[2] for each in addresses if "/plotly-" in each}
    assert plotly == ({"plotly-cartesian.min.js"} if tab == "explore" else set())
    assert len({each for each in addresses if "/catalogue/" in each}) == 1
    leave(page)


OPENED = """
window.opened = new Set();
new MutationObserver(() => {
  for (const each of document.querySelectorAll("#lab-tabs [role=tab][aria-selected=true]"))
    window.opened.add(each.dataset.tabId);
  if (document.getElementById("lab-explore")) window.opened.add("explore");
}).observe(document, { childList: true, subtree: true, attributeFilter: ["aria-selected"] });
"""


@pytest.mark.parametrize(("address", "tab"), [("?tab=time", "time"), ("#claim-limits", "claims")])
def test_the_asked_tab_is_the_first_that_opens(server, opens, address, tab):
    """On a slow machine too: what another tab needs would be loaded for nothing."""
    page = opens()
    page.add_init_script(OPENED)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"{server}/{address}")
    page.wait_for_selector(SHOWN[tab])
    assert page.evaluate("[...window.opened]") == [tab]
    session.detach()
    leave(page)
