"""The page where a browser denies storage and cookies, by a setting or in a frame."""

import re

import pytest
from playwright.sync_api import expect
from serving import ROOT
from visiting import eventually

TABS = {"explore": "path.js-line", "train": "#lab-start", "time": "#lab-time-measure",
        "claims": "[data-tile=limits]"}  # fmt: skip
THROWING = """
for (const [owner, name] of [[window, "localStorage"], [window, "sessionStorage"],
                             [Document.prototype, "cookie"]]) {
  const denied = () => { throw new DOMException(`${name} is denied`, "SecurityError"); };
  Object.defineProperty(owner, name, { get: denied, set: denied });
}
"""
KEPT = re.compile(r"\b(?:localStorage|sessionStorage|indexedDB|document\.cookie)\b")


def test_one_module_alone_asks_the_browser_to_keep_something():
    asking = {
        path.relative_to(ROOT).as_posix()
        for path in [*ROOT.glob("assets/js/**/*.js"), *ROOT.glob("swishdemo/**/*.py")]
        if KEPT.search(path.read_text("utf-8"))
    }
    assert asking == {"assets/js/core/storage.js"}


@pytest.fixture(scope="module")
def port(server):
    return server.rpartition(":")[2]


@pytest.fixture
def denied(opens, port):
    """Opens the page as a Chinese reader whose browser keeps nothing, in a way of three."""
    shown = []

    def opened(way, query):
        page = opens(viewport={"width": 1280, "height": 900}, locale="zh-CN", framed=True)
        shown.append(page)
        if way == "by a setting":
            page.add_init_script(THROWING)
        if way == "by a setting":
            page.goto(f"http://127.0.0.1:{port}/{query}")
            return page.main_frame
        # Another name of this host is another site, and one that Gradio does not take for local.
        page.goto(f"http://127.0.0.1:{port}/api/health")
        sandbox = 'sandbox="allow-scripts"' if way == "in a sandbox" else ""
        page.set_content(
            f'<iframe {sandbox} src="http://lab.localhost:{port}/{query}" width=1240 height=860>'
        )
        return page.frames[1]

    yield opened
    for page in shown:
        # Gradio answers a refused field by 422, which the console tells.
        assert [said for said in page.wrong if "422" not in said] == []
        page.close()


WAYS = ["by a setting", "in a sandbox", "in another site's frame"]
SETTING, SANDBOX, FRAME = WAYS
LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("way", "tabs"),
    [(SANDBOX, ["claims"]), *(pytest.param(way, TABS, marks=LONG) for way in (SANDBOX, FRAME))],
)
def test_tabs_open(denied, way, tabs):
    every_tab_opens(denied(way, f"?tab={min(tabs)}"), tabs)


def every_tab_opens(shown, tabs=TABS):
    for tab in tabs:
        shown.locator(f"button[data-tab-id={tab}] >> visible=true").click()
        expect(shown.locator(TABS[tab]).first).to_be_visible()
        chosen = shown.locator("#lab-tabs button[role=tab][aria-selected=true]")
        expect(chosen).to_have_attribute("data-tab-id", tab)
        expect(shown.locator("#lab-header")).to_contain_text("复制链接")


def test_where_a_setting_denies_all_tabs_open_and_what_is_chosen_holds(denied):
    shown = denied(SETTING, "?tab=claims")
    every_tab_opens(shown, reversed(TABS))
    assert saved(shown, "[data-save=csv]")[1].startswith(b"x,")
    what_a_reader_chooses_holds_while_the_page_is_open(shown)


def saved(shown, press):
    """A file's name and what is in it."""
    with shown.page.expect_download() as waiting:
        shown.locator(press).first.click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


@pytest.mark.long
def test_what_a_reader_chooses_holds_in_a_sandbox(denied):
    shown = denied(SANDBOX, "")
    expect(shown.locator("path.js-line").first).to_be_attached()
    what_a_reader_chooses_holds_while_the_page_is_open(shown)


def what_a_reader_chooses_holds_while_the_page_is_open(shown):
    shown.locator(".explore-hello [data-dismiss]").click()
    expect(shown.locator(".explore-hello")).to_be_hidden()
    shown.locator("[data-theme-toggle]").click()
    expect(shown.locator("body")).to_have_class(re.compile("dark"))
    shown.locator("[data-lang=en]").click()
    expect(shown.locator("#lab-header")).to_contain_text("Copy link")
    expect(shown.locator("body")).to_have_class(re.compile("dark"))


@pytest.mark.parametrize(
    "way", [pytest.param(SETTING, marks=LONG), pytest.param(SANDBOX, marks=LONG), FRAME]
)
def test_a_run_is_the_visitors_own_and_refusals_are_in_their_language(denied, way):
    shown = denied(way, "?tab=train")
    steps = shown.locator("#lab-steps input")
    expect(steps).to_be_visible()
    expect(shown.locator("#lab-train [data-part]").first).to_be_attached()
    steps.fill("0")
    shown.locator("#lab-start").click()
    reason = shown.locator("#lab-steps div.validation-error")
    expect(reason).to_contain_text("允许的范围")
    steps.fill("20")
    shown.locator("#lab-start").click()
    expect(shown.locator("#lab-train")).to_contain_text("20 / 20", timeout=120_000)
    if way == FRAME:  # a sandbox lets a page save nothing unless it says so
        name, content = saved(shown, "#lab-train [data-format=weights]")
        assert content.startswith(b"PK") and name.startswith("run-")


SMALL = {"variants": ["relu", "silu"], "elements": [1024], "budget_seconds": 0.05}


@pytest.mark.long
@pytest.mark.parametrize("way", [SETTING, FRAME])
def test_every_file_can_be_saved_and_what_is_chosen_holds(denied, way):
    shown = denied(way, "?tab=train")
    shown.locator("#lab-steps input").fill("10")
    shown.locator("#lab-start").click()
    expect(shown.locator("#lab-train [data-part=line]")).to_contain_text("已完成")
    begins = {"json": b"{", "csv": b"step,", "weights": b"PK", "code": b'"""'}
    for form, start in begins.items():
        name, content = saved(shown, f"#lab-train [data-format={form}]")
        assert content.startswith(start), (name, content[:80])
        assert name.startswith("run-") and "." in name

    started = shown.evaluate(
        """asked => fetch("api/timings", { method: "POST", body: JSON.stringify(asked),
             headers: { "Content-Type": "application/json" } }).then((told) => told.json())""",
        SMALL,
    )

    def ended():
        told = shown.evaluate("id => fetch(`api/timings/${id}`).then((told) => told.json())",
                              started["id"])  # fmt: skip
        assert told["state"] == "finished"

    eventually(ended)
    shown.locator("#lab-tabs button[data-tab-id=time]").click()
    for form, start in {"json": b"{", "csv": b"variant,", "markdown": b"#"}.items():
        name, content = saved(shown, f"#lab-time [data-file={form}]")
        assert content.startswith(start), (name, content[:80])
    shown.locator("#lab-time .lab-picture summary").first.click()
    assert saved(shown, "#lab-time [data-take=png]")[1].startswith(b"\x89PNG")

    shown.locator("#lab-tabs button[data-tab-id=explore]").click()
    for form, start in {"csv": b"x,", "json": b"{"}.items():
        assert saved(shown, f"[data-save={form}]")[1].startswith(start)
    what_a_reader_chooses_holds_while_the_page_is_open(shown)
