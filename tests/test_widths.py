"""The page at every width: nothing lies over another, is cut without a sign, or leaves its card.

`layout_faults.js` looks at what is shown, in the page. One page is resized, with everything open.
"""

import re
import sqlite3
import time
from contextlib import closing

import httpx
import pytest
from serving import serving
from stored_lab import OWNER, kept
from visiting import FAULTS, PLOT, eventually, two_frames

from swishdemo.jobs.store import Store

FEW = (320, 390, 768, 820, 1280)
ALL = range(320, 1281, 40)
TALL = 900
RUN, DIGITS, FAILED = "o8QbJqmoK-rpKPHOjnnsig", "2oS3_qenLRxQthG_epsUoQ", "Vhlyf-P8BSBSt4HSl_JYiA"
TIMING = "jMJABpAwjzr--JpKC-0aCA"
CURVES = "act=relu,gelu,mish,elu,hardswish,gelu_tanh&formula=x*tanh(k*x)"
STATES = {
    "explore": ("", {}),
    "explore, a formula and a surface": (f"?{CURVES}&surface=3d", {}),
    "train, empty": ("?tab=train", {}),
    "train, a run": (f"?tab=train&run={RUN}", OWNER),
    "train, digits": (f"?tab=train&run={DIGITS}", OWNER),
    "train, an error": (f"?tab=train&run={FAILED}", OWNER),
    "train, a sweep": ("?tab=train&sweep={sweep}", OWNER),
    "time, empty": ("?tab=time", {}),
    "time, a timing": (f"?tab=time&timing={TIMING}", OWNER),
    "claims": ("?tab=claims", {}),
    "claims, proved": ("?tab=claims#claim-max-slope", {}),
    "claims, timed": ("?tab=claims#claim-cost", {}),
    "claims, one's own": ("?tab=claims", {}),
}

THERE = {
    "explore": f"{PLOT} path.js-line",
    "train": "#lab-train .train-state",
    "time": "#lab-time .time-answer",
    "claims": "[data-tile]",
}
"""What each tab has once it stands."""


@pytest.fixture(scope="module")
def past(server, kept_in, tmp_path_factory):
    """The app of all tests, with a past visitor's own jobs, as if they had ended just now."""
    folder = tmp_path_factory.mktemp("past")
    path = kept(folder)
    Store(folder).close()  # which has today's tables then
    jobs = "past.jobs WHERE purpose IS NULL"
    with closing(sqlite3.connect(kept_in / "jobs.sqlite", timeout=60)) as store, store:
        store.execute("ATTACH ? AS past", [str(path)])
        store.execute("UPDATE past.jobs SET finished_at = ?", [time.time()])
        store.execute(f"INSERT INTO jobs SELECT * FROM {jobs}")
        ours = f"SELECT * FROM past.reports WHERE job IN (SELECT id FROM {jobs})"
        store.execute(f"INSERT INTO reports {ours}")
    return server


@pytest.fixture(scope="module")
def whole_past(tmp_path_factory):
    """An app on all that a past version left, claims' evidence too."""
    folder = tmp_path_factory.mktemp("kept")
    kept(folder)
    with serving(folder, SWISHDEMO_KEEP_DAYS="3650") as (address, _):
        yield address


@pytest.fixture(scope="module")
def sweep(whole_past):
    """A sweep of two short runs that has ended."""
    grid = {"base": {"recipe": "depth-50", "steps": 5, "seeds": 1}, "grid": {"depth": [2, 3]}}
    with httpx.Client(base_url=whole_past, headers=OWNER, timeout=120) as client:
        made = client.post("/api/sweeps", json=grid).json()["id"]

        def ended():
            state = client.get(f"/api/sweeps/{made}").json()["state"]
            assert state == "finished"

        eventually(ended)
    return made


def name_of(query):
    """The tab that an address opens."""
    asked = re.search(r"tab=(\w+)", query)
    return asked[1] if asked else "explore"


def shown(page, server, query, headers=None):
    """Opens a state anew, with all of its lazy cards made and all details open."""
    page.set_extra_http_headers(headers or {})
    page.set_viewport_size({"width": 1280, "height": TALL})
    page.goto(f"{server}/api/health")
    page.goto(f"{server}/{query}")
    tab = name_of(query)
    page.wait_for_selector(f"#lab-tabs button[data-tab-id={tab}].selected")
    page.wait_for_selector(THERE[tab], state="attached")
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate(
        """async () => {
            const cards = document.querySelectorAll("#lab-explore [data-part=cards] > *");
            for (const card of cards) {
                while (card.checkVisibility() && !card.classList.contains("explore-made")) {
                    card.scrollIntoView();
                    await new Promise(requestAnimationFrame);
                }
            }
            for (const each of document.querySelectorAll("details")) each.open = true;
            scrollTo(0, 0);
        }"""
    )


def faults_at(page, width):
    """What is wrong at a width, once the plots have taken it."""
    page.set_viewport_size({"width": width, "height": TALL})
    two_frames(page)

    def none():
        page.wait_for_timeout(100)
        assert (found := page.evaluate(FAULTS)) == [], found

    try:
        eventually(none, seconds=5)
    except AssertionError:
        return [f"{width}: {fault}" for fault in page.evaluate(FAULTS)]
    return []


@pytest.fixture(scope="module")
def everything(opens, past):
    """A page with everything open: what is drawn, a run, a timing, and later a claim."""
    page = opens(address=past)
    shown(page, past, f"?{CURVES}&run={RUN}&timing={TIMING}", OWNER)
    yield page
    page.close()


@pytest.mark.parametrize("widths", [(320, 1280), pytest.param(FEW, marks=pytest.mark.long)])
def test_everything_open_lies_well_from_phone_to_desk(everything, widths):
    page, found = everything, []
    for tab in ("explore", "train", "time", "claims"):
        page.locator(f"#lab-tabs button[role=tab][data-tab-id={tab}]").click()
        page.wait_for_selector(THERE[tab], state="attached")
        if tab == "train":
            page.wait_for_selector("#lab-train [data-state=finished]")
        if tab == "claims" and not page.locator("#claim-max-slope").is_visible():
            page.locator("[data-tile=max-slope]").click()
        found += [f"{tab} {fault}" for width in widths for fault in faults_at(page, width)]
    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", STATES)
def test_every_state_lies_well_at_every_width(name, language, opens, whole_past, sweep):
    query, headers = STATES[name]
    page = opens(address=whole_past, locale={"en": "en-US", "zh": "zh-CN"}[language])
    shown(page, whole_past, query.format(sweep=sweep), headers)
    if name.endswith("own"):
        page.locator("#lab-claims [data-part=opener]").click()
        page.wait_for_selector("#own-form")
    found = [fault for width in ALL for fault in faults_at(page, width)]
    page.close()
    assert found == []


PLANTED = """<body style="margin:0"><style>
  .lab-card { width: 200px; height: 60px; margin: 8px; border: 1px solid; font: 16px monospace }
  p { margin: 0; white-space: nowrap }
  #cut { overflow: hidden }
  #rolls { overflow: auto }
  #off { position: absolute; top: 500px; left: -50px }
</style>
<div class="lab-card" id="over"><p style="height:0">Over</p><p>Under</p></div>
<div class="lab-card" id="cut"><p>What is far too long for its card</p></div>
<div class="lab-card" id="rolls"><p>What is far too long for its card</p></div>
<div class="lab-card" id="leaves"><p>What is far too long for its card</p></div>
<div class="lab-card" id="off"><p>Off the screen</p></div>
<div class="lab-card" id="good" style="overflow:hidden;text-overflow:ellipsis"><p
  style="overflow:hidden;text-overflow:ellipsis">What is far too long, and ends with dots</p></div>
</body>"""


def test_each_kind_of_fault_is_found(opens):
    page = opens()
    page.set_content(PLANTED)
    found = "\n".join(page.evaluate(FAULTS))
    page.close()
    assert "over one another: “Over” at #over and “Under”" in found
    assert "cut without a sign: “What is far too long for its card” at #cut by #cut" in found
    assert "scrolls unsigned by #rolls" in found
    assert "leaves its frame: “What is far too long for its card” at #leaves" in found
    assert "leaves the screen: “Off the screen” at #off" in found
    assert "#good" not in found and len(found.splitlines()) == 5


COVERED = """() => {
    const found = [];
    const all = "#lab-explore :is(button, input, select, summary, a, [tabindex='0'])";
    for (const each of document.querySelectorAll(all)) {
        if (!each.checkVisibility({ visibilityProperty: true })) continue;
        if (each.disabled || each.closest(".main-svg")) continue;
        each.focus();
        if (document.activeElement !== each) continue;
        const box = each.getBoundingClientRect();
        const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2);
        const hit = document.elementFromPoint(box.left + Math.min(box.width / 2, 40), y);
        if (!hit || each.contains(hit) || hit.contains(each) || each.labels?.[0]?.contains(hit))
            continue;
        for (let over = hit; over; over = over.parentElement)
            if (/sticky|fixed/.test(getComputedStyle(over).position) && !over.contains(each))
                found.push(`${each.outerHTML.slice(0, 80)} under ${over.className}`);
    }
    return found;
}"""


@pytest.mark.parametrize("size", [(1280, 800), (844, 390), (640, 400)])
def test_nothing_that_stays_covers_what_has_focus(size, everything):
    page = everything
    page.locator("#lab-tabs button[role=tab][data-tab-id=explore]").click()
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    two_frames(page)
    assert page.evaluate(COVERED) == []


PANEL = ".explore-frame .main-svg .cartesianlayer .subplot.xy"


def boxes(page, size, *selectors):
    """Where something lies at a size of the window, once the plots have taken it."""
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    two_frames(page)
    page.locator(".explore-frame").evaluate("frame => frame.scrollIntoView({block: 'end'})")
    two_frames(page)
    return [page.locator(each).bounding_box() for each in selectors]


def test_the_curve_is_in_sight_while_beta_is_dragged_and_the_lens_in_its_panel(turn):
    page = turn()
    sizes = [(640, 400), (844, 390), (320, 568), (932, 430), (1280, 800)]
    found = [boxes(page, size, "#lab-beta", ".explore-lens", PANEL) for size in sizes]
    page.set_viewport_size({"width": 1280, "height": 800})
    for (width, height), (slider, lens, curve) in zip(sizes, found, strict=True):
        size = width, height
        assert slider["y"] >= 0 and slider["y"] + slider["height"] <= height, size
        assert curve["y"] >= 0 and curve["y"] + curve["height"] <= height, size
        beside = slider["x"] + slider["width"] <= curve["x"]
        assert beside or slider["y"] + slider["height"] <= curve["y"], size
        if 390 <= height <= 430:  # a low screen
            assert 0 < lens["height"] < curve["height"] / 2, size
            assert lens["y"] + lens["height"] <= curve["y"] + curve["height"], size


PLACES = """
window.places = {};
requestAnimationFrame(function look() {
    const [tab, card] = ["#lab-train", "[data-group=beta]"].map((each) =>
        document.querySelector(each));
    const state = tab?.querySelector("[data-state]")?.dataset.state ?? tab?.dataset.state;
    if (state && card) window.places[state] ??= card.getBoundingClientRect().top;
    requestAnimationFrame(look);
});
"""


def test_a_run_that_is_opened_anew_moves_no_picture(opens, past):
    page = opens(address=past)
    page.add_init_script(PLACES)
    page.route("**/api/runs/view*", lambda route: (two_frames(page), route.continue_()))
    shown(page, past, f"?tab=train&run={RUN}", OWNER)
    page.wait_for_function("window.places.finished")
    places = page.evaluate("window.places")
    page.close()
    # A run that was kept by a past version has a line of its own below its bar.
    assert abs(places["coming"] - places["finished"]) < 30, places


def test_all_claims_are_on_two_screens_of_a_phone(turn):
    page = turn()
    page.locator("#lab-tabs button[role=tab][data-tab-id=claims]").click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("#lab-claims [data-ready=true]")
    page.wait_for_function(
        """most => [...document.querySelectorAll("[data-tile]")].at(-1)
            .getBoundingClientRect().bottom + scrollY <= most""",
        arg=2 * 844,
    )
    page.set_viewport_size({"width": 1280, "height": 800})
