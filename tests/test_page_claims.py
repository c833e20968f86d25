"""The Claims tab in a real browser: sentences, verdicts, filters, proofs, checks, anchors."""

import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs

import httpx
import pytest
from playwright.sync_api import expect
from visiting import VIEWPORT, leave, speaks

from swishdemo.api.application import page_middleware
from swishdemo.claims import CLAIMS, VERDICTS, get
from swishdemo.claims.documents import DOCUMENTS
from swishdemo.claims.proofs import kept, provers
from swishdemo.errors import UserError
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import kinds
from swishdemo.settings import Settings
from swishdemo.text import Sentence, text
from swishdemo.ui import page as whole
from swishdemo.ui.assets import address as address_of
from swishdemo.ui.lab import Lab
from swishdemo.ui.page import launch

JOB_SECONDS = 300_000
READY = "#lab-claims[data-ready], #lab-claims [data-ready]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    lab = Lab.open(Settings(server_port=0, data_dir=folder, ephemeral=True))
    yield lab
    lab.close()


@contextmanager
def serving(lab, *tabs):
    demo = whole.build(lab, tabs)
    launch(demo, lab.settings, middleware=page_middleware(lab))
    yield demo.local_url
    demo.close(verbose=False)


@pytest.fixture(scope="module")
def address(lab):
    with serving(lab, "explore", "claims") as address:
        yield address


@pytest.fixture(scope="module")
def server(address):
    """What `opens` visits."""
    return address.rstrip("/")


@pytest.fixture(scope="module")
def tab(opens, address):
    """One page for all tests; ``wrong`` are the errors that its console shows."""
    shown = opens()
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.goto(f"{address}?tab=claims")
    shown.wait_for_selector(READY)
    shown.stale = False
    yield shown
    leave(shown)


UNTOUCHED = """() => {
    const touched = "[data-tile][aria-expanded=true], [data-verdict][aria-pressed=true]";
    for (const each of document.querySelectorAll(touched)) each.click();
    document.querySelector("[data-kind='']").click();
    const menu = document.querySelector("#lab-claims [data-part=document]");
    menu.value = "";
    menu.dispatchEvent(new Event("change", { bubbles: true }));
    scrollTo(0, 0);
}"""


@pytest.fixture
def page(tab, address):
    """The page with no filter and no card open."""
    if tab.stale:
        tab.goto(f"{address}?tab=claims")
        tab.wait_for_selector(READY)
        tab.stale = False
    else:
        tab.evaluate(UNTOUCHED)
    yield tab
    assert tab.wrong == []


@pytest.fixture
def visit(tab, address):
    """Loads the page anew."""

    def visited(query="?tab=claims", *, width=1280, locale=None, ready=READY):
        tab.set_viewport_size({"width": width, "height": 800})
        if locale:
            tab.locale = speaks(tab, locale)
        tab.goto(address + query)
        tab.wait_for_selector(ready)
        return tab

    yield visited
    assert tab.wrong == []
    tab.evaluate("localStorage.removeItem('swish-lab-language')")  # what ?lang= has left
    if tab.locale:
        tab.locale.detach()
        tab.locale = None
    tab.set_viewport_size(VIEWPORT)
    tab.stale = True


@pytest.fixture
def endless(lab, monkeypatch):
    """Jobs that take no processor's time and end only by being stopped, whatever they are to do."""
    for name, kind in kinds().items():
        waits = replace(kind, work="fake_work:waiting")
        monkeypatch.setitem(lab.manager._kinds, name, waits)


def tile(shown, claim):
    return shown.locator(f"[data-tile={claim}]")


def card(shown, claim):
    """A claim's card, which its tile has opened."""
    if tile(shown, claim).get_attribute("aria-expanded") == "false":
        tile(shown, claim).click()
    return shown.locator(f"#claim-{claim}")


def visible_claims(shown):
    """Whose tiles are seen, in the order of the records."""
    seen = shown.locator("[data-tile]").evaluate_all(
        "all => all.filter((e) => e.checkVisibility()).map((e) => e.dataset.tile)"
    )
    return [claim.id for claim in CLAIMS if claim.id in seen]


SAID = """async (ids) => {
    const tile = (id) => document.querySelector(`[data-tile="${id}"]`);
    for (const id of ids) if (tile(id).getAttribute("aria-expanded") === "false") tile(id).click();
    for (const _ of "ab") await new Promise(requestAnimationFrame);
    return ids.map((id) => {
        const place = document.getElementById(`claim-${id}`);
        const all = (part) => [...place.querySelectorAll(part)].map((e) => e.innerText);
        const box = place.getBoundingClientRect();
        return {
            title: tile(id).querySelector(".claims-title").innerText,
            ...Object.fromEntries(["said", "also"].map((n) => [n, all(`.claims-${n}`).join()])),
            badges: all(".lab-badge"), why: all(".claims-why"), ends: [box.left, box.right],
        };
    });
}"""
"""What each claim's tile and card say, and where the card ends, once all are open."""


def test_where_nothing_is_kept_the_page_says_so(page):
    expect(page.locator("#lab-footer")).to_contain_text("lost when this Space restarts")


def test_counts_are_those_of_the_badges(page):
    shown = page
    badges = shown.locator(".claims-card .lab-badge").all_inner_texts()
    counts = {}
    for chip in shown.locator("[data-verdict]").all():
        count, label = chip.inner_text().split(maxsplit=1)
        counts[label] = int(count)
    assert counts == {label: badges.count(label) for label in set(badges)}


def test_evidence_is_drawn_and_what_has_not_run_says_so(page):
    place = card(page, "max-slope")
    place.scroll_into_view_if_needed()
    assert place.locator("[data-figure]").count() == 2
    for figure in place.locator("[data-figure]").all():
        expect(figure.locator("svg.picture path.line")).to_be_visible()
        assert figure.locator("circle.mark title").count() == 2
    expect(card(page, "deep").locator(".claims-empty")).to_have_text(
        text("check.evidence_none", "en")
    )
    assert card(page, "deep").locator("[data-act=check]").count() == 1
    assert "1606.08415" in card(page, "history").locator(".claims-sources").inner_text()


def found_refuted(lab):
    """Claims of which something is refuted."""
    found = [
        each["id"]
        for each in lab.claims.listing()
        if "refuted" in {part["verdict"] for part in each["parts"]}
    ]
    assert "max-slope" in found
    return found


def test_filters_by_kind_and_verdict_and_their_address(page, lab):
    shown = page
    refuted = found_refuted(lab)
    timed = [claim.id for claim in CLAIMS if any(part.kind == "timed" for part in claim.parts)]
    shown.click("[data-kind=timed]")
    assert visible_claims(shown) == timed
    shown.wait_for_url(re.compile(r"kind=timed"))
    shown.click("[data-kind=cited]")
    shown.click("[data-verdict=depends]")
    assert visible_claims(shown) == []
    shown.click("[data-act=clear]")
    assert len(visible_claims(shown)) == len(CLAIMS)
    shown.click("[data-verdict=refuted]")
    assert visible_claims(shown) == refuted
    shown.wait_for_url(re.compile(r"verdict=refuted"))
    shown.reload()
    shown.wait_for_selector(READY)
    assert visible_claims(shown) == refuted


def test_filters_by_document_which_every_card_names(page, lab):
    shown = page
    menu = shown.get_by_role("combobox", name="Document")
    for document in DOCUMENTS[:2]:
        menu.select_option(document.id)
        own = [claim for claim in CLAIMS if claim.document == document]
        assert visible_claims(shown) == [claim.id for claim in own]
        shown.wait_for_url(re.compile(rf"document={document.id}\b"))
        said = shown.locator("[data-part=source]")
        expect(said.get_by_role("link")).to_have_attribute("href", document.address)
        parts = sum(len(claim.parts) for claim in own)
        expect(shown.locator("[data-part=counts]")).to_contain_text(f"{parts} verdicts:")
        source = card(shown, own[0].id).locator(".claims-source")
        expect(source).to_contain_text(document.title("en"))
        expect(source.get_by_role("link")).to_have_attribute("href", document.address)
        unread = text("check.not_opened", "en")
        assert (unread in source.inner_text()) == (not document.opened)
        cards = [lab.claims.card(claim.id) for claim in own]
        longest = max((card["seconds"] for card in cards), default=0)
        needed = max(sum(card["planned_seconds"] for card in cards), longest)
        button = shown.locator("[data-act=all]")
        assert button.is_enabled() == bool(needed)
        key = "check_document_seconds" if needed else "all_proved"
        unit, size = ("minutes", 60) if needed >= 90 else ("seconds", 10 if needed >= 20 else 1)
        count = int(needed / size + 0.5) * (size if unit == "seconds" else 1)
        time = text(f"check.{unit}", "en", count=count)
        expect(button).to_contain_text(text(f"check.{key}", "en", time=time))
    menu.select_option("")
    assert len(visible_claims(shown)) == len(CLAIMS)
    shown.click("[data-verdict=refuted]")
    menu.select_option(DOCUMENTS[0].id)
    shown.wait_for_url(re.compile(r"verdict=refuted.*document=|document=.*verdict=refuted"))
    shown.reload()
    shown.wait_for_selector(READY)
    expect(menu).to_have_value(DOCUMENTS[0].id)
    assert shown.locator("[data-verdict=refuted]").get_attribute("aria-pressed") == "true"
    left = [claim.id for claim in CLAIMS if claim.document == DOCUMENTS[0]]
    assert visible_claims(shown) == [each for each in found_refuted(lab) if each in left]


def test_a_proof_tells_what_it_was_made_with_and_is_made_again(page, lab):
    shown = page
    place = card(shown, "minimum")
    made = kept()["minimum.where"]
    moment = place.locator(".claims-meta time")
    assert moment.get_attribute("datetime") == made.checked_at
    place.locator("[data-act=proof]").click()
    note = place.locator("[data-proof] .lab-note")
    expect(note).to_contain_text(f"Proved with {made.host} on ")
    before = note.inner_text()
    place.get_by_role("button", name="Prove again").click()
    expect(moment).not_to_have_attribute("datetime", made.checked_at)
    assert lab.claims.card("minimum")["parts"][0]["checked_at"] == moment.get_attribute("datetime")
    expect(note).not_to_have_text(before)
    expect(note).to_contain_text(f"Proved with {provers()} on ")
    expect(place.locator(".lab-badge")).to_have_text("imprecise")
    expect(place.get_by_role("button", name="Prove again")).to_be_enabled()
    place.locator("[data-act=proof]").click()
    # What is measured has its own button, what is cited none.
    assert card(shown, "cost").get_by_role("button", name="Prove again").count() == 0
    assert card(shown, "history").locator("[data-act=check]").count() == 0


def test_a_proof_expands_with_its_formulas_and_folds_again(page):
    place = card(page, "max-slope")
    button = place.locator("[data-act=proof]")
    button.click()
    proof = place.locator("[data-proof]")
    expect(proof.locator(".katex").first).to_be_visible()
    assert proof.locator("h4").all_inner_texts() == ["how much", "where"]
    assert "1.099839320128867" in proof.inner_text()
    assert "$" not in proof.inner_text()
    assert button.get_attribute("aria-expanded") == "true"
    card(page, "minimum").locator("[data-act=proof]").click()
    expect(card(page, "minimum").locator("[data-proof] .katex").first).to_be_visible()
    button.click()
    expect(proof).to_be_hidden()


@pytest.mark.long
def test_every_proof_stands_in_its_own_card(page, lab):
    shown = page
    for each in lab.claims.cards("en"):
        proofs = [part for part in each["parts"] if part["proof"]]
        button = card(shown, each["id"]).locator("[data-act=proof]")
        assert button.count() == (1 if proofs else 0)
        if proofs:
            button.click()
            expect(card(shown, each["id"]).locator("[data-proof] > div")).to_have_count(len(proofs))


def test_a_proof_that_is_refused_says_so_and_may_be_asked_for_again(page, lab, monkeypatch):
    def refuse(claim, visitor, budget="quick"):
        raise UserError("claims.error.slow", status=503, seconds=60)

    monkeypatch.setattr(lab.claims, "check", refuse)
    place = card(page, "smooth")
    place.locator("[data-act=check]").click()
    expect(place.get_by_role("alert")).to_contain_text("60 s")
    expect(place.get_by_role("button", name="Prove again")).to_be_enabled()


def test_open_in_explore_brings_the_set_up(page):
    link = card(page, "smooth").get_by_role("link", name="Open in Explore")
    asked = parse_qs(link.get_attribute("href").removeprefix("?"))
    assert asked == {"tab": ["explore"], "beta": ["1"], "show": ["f,d2f"], "act": ["relu"]}


def test_explore_takes_every_set_up_that_a_claim_names(page):
    setups = {claim.id: dict(claim.setup) for claim in CLAIMS}
    refused = page.evaluate(
        """async ([path, setups]) => {
            const { PROPERTIES } = await import(path);
            return Object.values(setups).flatMap((setup) => Object.entries(setup))
              .filter(([name, text]) => PROPERTIES[name]?.parse(text) === undefined);
        }""",
        [f"/{address_of('js/explore/lab.js')}", setups],
    )
    assert refused == []


def test_a_check_runs_to_a_verdict_while_one_looks_on(page, lab):
    place = card(page, "memory")
    assert place.locator(".lab-badge").all_inner_texts() == ["not run", "not run"]
    place.locator("[data-act=check]").click()
    expect(place.locator(".claims-state .lab-bar")).to_be_visible()
    expect(place.locator("[data-act=stop]")).to_be_visible()
    badge = place.locator(".lab-badge").first
    expect(badge).to_have_text("confirmed", timeout=JOB_SECONDS)
    expect(place.locator(".lab-badge").last).not_to_have_text("not run")
    expect(place.locator("[data-figure=bytes] svg.picture rect.mark").first).to_be_visible()
    expect(place.locator("[data-act=check]")).to_contain_text("Check again")
    expect(place.locator(".claims-state")).to_have_count(0)
    assert "torch" in place.locator(".claims-meta").first.inner_text()


def test_a_check_can_be_stopped_by_who_started_it(page, endless):
    place = card(page, "beta-range")
    place.locator("[data-act=check]").click()
    place.locator("[data-act=stop]").click()
    expect(place.locator("[data-part=lines]")).to_contain_text("stopped")
    expect(place.locator("[data-act=check]")).to_be_enabled()
    assert place.locator(".lab-badge").inner_text() == "not run"


def test_a_refusal_stands_in_its_card(page, lab, monkeypatch):
    def refuse(claim, visitor, budget="quick"):
        raise UserError("jobs.queue_full", status=429, count=8, retry_seconds=40)

    monkeypatch.setattr(lab.claims, "check", refuse)
    place = card(page, "cost")
    place.locator("[data-act=check]").click()
    expect(place.get_by_role("alert")).to_contain_text("8 jobs are waiting")
    expect(place.locator("[data-act=check]")).to_be_enabled()


@pytest.mark.parametrize("document", [DOCUMENTS[0], pytest.param(None, marks=pytest.mark.long)])
def test_all_are_planned_and_what_is_planned_can_be_taken_back(page, lab, endless, document):
    runnable = [
        each["id"]
        for each in lab.claims.cards()
        if each["seconds"] and document in (None, get(each["id"]).document)
    ]
    assert len(runnable) > 10
    if document:
        page.get_by_role("combobox", name="Document").select_option(document.id)
    page.locator("[data-act=all]").click()
    abreast = lab.manager.runner.abreast
    *now, second, third = (card(page, claim) for claim in runnable[: abreast + 2])
    expect(second.locator("[data-part=lines]")).to_contain_text("place 1 in the plan")
    expect(third.locator("[data-part=lines]")).to_contain_text("place 2 in the plan")
    for first in now:
        expect(first.locator("[data-part=lines]")).to_have_text(re.compile("^(?!.*in the plan)."))
    second.locator("[data-act=stop]").click()
    expect(third.locator("[data-part=lines]")).to_contain_text("place 1 in the plan")
    expect(second.locator("[data-act=check]")).to_be_enabled()
    expect(page).to_have_title(f"1 of {len(runnable)} · Claims – Swish Lab")
    # All others, the last ones first.
    page.evaluate(
        """async (claims) => {
            for (const claim of claims) await fetch(`api/claims/${claim}/stop`, { method: "POST" });
        }""",
        [*reversed(runnable)],
    )
    page.evaluate(SAID, runnable)  # which opens them
    page.wait_for_function(
        """ids => ids.every((id) => {
            const button = document.querySelector(`#claim-${id} [data-act=check]`);
            return button?.checkVisibility() && !button.disabled;
        })""",
        arg=runnable,
    )
    expect(page.locator(".claims-state .lab-bar")).to_have_count(0)
    expect(page).to_have_title("✓ Claims – Swish Lab")
    ended = text("check.all_done", "en", count=len(runnable))
    expect(page.locator("#lab-news[role=status]")).to_have_text(ended)
    assert not any(job.active for claim in runnable for job in lab.claims.jobs(claim))


def test_a_card_opens_and_closes_by_press_and_by_key(page):
    shown = page
    opener, place = tile(shown, "smooth"), shown.locator("#claim-smooth")
    for closing in ("again", "Escape in it", "Escape on it", "button"):
        expect(place).to_be_hidden()
        opener.focus()
        shown.keyboard.press("Enter")
        expect(place).to_be_visible()
        expect(opener).to_have_attribute("aria-expanded", "true")
        assert shown.url.endswith("#claim-smooth")
        if closing == "again":
            opener.click()
        elif closing == "button":
            place.get_by_role("button", name="Close").click()
        else:
            if closing == "Escape in it":
                shown.keyboard.press("Tab")
                shown.keyboard.press("Tab")
                assert place.evaluate("node => node.contains(document.activeElement)")
            shown.keyboard.press("Escape")
        expect(place).to_be_hidden()
        expect(opener).to_be_focused()
        assert not shown.url.endswith("#claim-smooth")
    # Several may stand open; a filter closes what it hides.
    card(shown, "smooth"), card(shown, "he")
    expect(shown.locator(".claims-card:visible")).to_have_count(2)
    shown.click("[data-kind=trained]")
    expect(shown.locator(".claims-card:visible")).to_have_count(1)


def test_what_is_taken_along_is_what_it_says(page, address):
    shown = page
    place = card(shown, "minimum")

    def copied(act):
        place.locator(f"[data-act={act}]").click()
        expect(place.locator(f"[data-act={act}]")).to_have_text("Copied")
        return shown.evaluate("navigator.clipboard.readText()")

    root = address.rstrip("/")
    assert copied("link").endswith("#claim-minimum")
    cited = copied("cite")
    assert get("minimum").statement("en") in cited and "imprecise" in cited
    assert cited.endswith(f"{root}/claim/minimum")
    frame = re.search(r'src="([^"]+)"', copied("embed"))[1]
    assert frame == f"{root}/claim/minimum/embed"
    assert httpx.get(frame, timeout=120).status_code == 200
    picture, told = re.findall(r"\((http[^)]+)\)", copied("badge"))
    assert told == f"{root}/claim/minimum"
    assert httpx.get(picture, timeout=120).headers["content-type"].startswith("image/svg")
    # What cannot be copied stands there.
    shown.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error()); }")
    place.locator("[data-act=badge]").click()
    expect(place.locator("[data-part=taken]")).to_have_value(re.compile(r"^\[!\[Swish: minimum\]"))
    assert shown.evaluate("getSelection().toString()").startswith("[![Swish")
    shown.evaluate("() => { delete navigator.clipboard.writeText; }")


SEEN = "all => all.filter((e) => e.checkVisibility({ visibilityProperty: true })).map((e) => e.id)"


def test_on_paper_every_card_is_open_and_nothing_is_to_be_pressed(page):
    shown = page
    shown.click("[data-theme-toggle]")
    shown.click("[data-kind=proved]")
    left = visible_claims(shown)
    shown.emulate_media(media="print")
    try:
        cards = shown.locator(".claims-card").evaluate_all(SEEN)
        assert {claim.id for claim in CLAIMS if f"claim-{claim.id}" in cards} == {*left}
        assert shown.locator("button:not(.claims-chip)").evaluate_all(SEEN) == []
        picture = shown.locator("#claim-max-slope svg.picture text").first
        assert picture.is_visible()
        colour = picture.evaluate("node => getComputedStyle(node).fill")
        assert colour == "rgb(90, 96, 105)", "paper is light"
    finally:
        shown.emulate_media(media="screen")
        shown.click("[data-theme-toggle]")


def test_tiles_stand_by_verdict(page, lab):
    shown = page
    order = ["refuted", "depends", "imprecise", "undecided", "not run", "confirmed"]
    stands = {
        each["id"]: min((part["verdict"] for part in each["parts"]), key=order.index)
        for each in lab.claims.listing()
    }
    seen, verdicts, pictures = zip(
        *shown.locator("[data-tile]").evaluate_all(
            """all => all.map((e) => [e.dataset.tile,
                e.querySelector("[data-part=verdicts]").innerText.trim(),
                e.querySelectorAll("svg").length])"""
        ),
        strict=True,
    )
    assert sorted(seen) == sorted(stands)
    assert [VERDICTS.index(stands[each]) for each in seen] == sorted(
        VERDICTS.index(each) for each in stands.values()
    )
    for each, verdict, drawn in zip(seen, verdicts, pictures, strict=True):
        told = lab.claims.card(each)
        named = list(dict.fromkeys(part["verdict_label"] for part in told["parts"]))
        assert verdict == ", ".join(named)
        assert drawn == len(named)


@pytest.fixture
def client(address):
    with httpx.Client(base_url=address, timeout=120, headers={"X-Visitor": "a" * 16}) as client:
        yield client


@pytest.mark.parametrize(
    ("claims", "status"),
    [([], 422), (["no-such-claim"], 404), (["x" * 10_000], 404), (["memory"] * 129, 422)],
)
def test_progress_refuses_what_no_browser_asks(client, claims, status):
    answer = client.get("/api/claims/progress", params={"claim": claims})
    assert answer.status_code == status
    assert len(answer.text) < 1000


def test_one_card_is_that_of_all(client):
    cards = {card["id"]: card for card in client.get("/api/claims/view").json()}
    assert list(cards) == [claim.id for claim in CLAIMS]
    assert client.get("/api/claims/forms/view").json() == cards["forms"]
    told = client.get("/api/claims/progress", params={"claim": ["forms", "memory"]}).json()
    assert told == {name: cards[name]["progress"] for name in ("forms", "memory")}
    assert client.get("/api/claims/nope/view").status_code == 404


@pytest.mark.parametrize("given", [None, [], {}, {"claim": 3}, {"claim": "x" * 65},
                                   {"claim": "nope"}])  # fmt: skip
def test_check_refuses_what_is_no_claim(lab, given):
    handlers = [fn for fn in whole.build(lab, ("claims",)).fns.values() if fn.fn]
    [check] = [fn for fn in handlers if fn.targets[0][1] == "submit"]
    assert check.queue, "only events of the queue bring whose time on a GPU it is"
    answer = check.fn(given, None)
    assert answer["call"] is None
    assert set(answer["answer"]) == {"error"}
    assert len(answer["answer"]["error"]) < 1000
    assert "internal" not in answer["answer"]["error"].lower()


def test_stop_refuses_what_is_no_claim(client):
    for claim in ("nope", "x" * 1000):
        assert client.post(f"/api/claims/{claim}/stop").status_code == 404


def test_another_visitor_may_not_stop_a_check(lab, client, endless, monkeypatch):
    stopped = []
    monkeypatch.setattr(lab.manager, "stop", stopped.append)
    _, [job] = lab.claims.check("beta-range", "the-one-who-asked")
    try:
        told = client.post("/api/claims/beta-range/stop").json()
        assert (told["active"], told["mine"]) == (True, False)
        assert stopped == []
    finally:
        monkeypatch.undo()
        # Everybody may read how it goes, and nobody take it away.
        assert client.get(f"/api/runs/{job.id}").json()["own"] is False
        for wish in ("stop", "pause"):
            assert client.post(f"/api/runs/{job.id}/{wish}").status_code == 404
        assert client.delete(f"/api/runs/{job.id}").status_code == 404
        assert client.get("/api/runs").json() == []
        lab.manager.stop(job.id)


def state_own(shown, kind, **fields):
    """Fills the form of one's own claim, and waits for the sentence that would be registered."""
    if not shown.locator(".claims-own").is_visible():
        shown.locator("#lab-claims [data-part=opener]").click()
    shown.locator(f"[data-own={kind}]").click()
    for name, value in fields.items():
        field = shown.locator(f".claims-own [name={name}]")
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


# -- Loaded anew --


@pytest.mark.parametrize(
    ("locale", "first", "second"),
    [pytest.param("en", "en", "zh", marks=pytest.mark.long), ("zh-CN", "zh", "en")],
)
def test_every_claim_in_both_languages_with_its_verdicts(visit, lab, locale, first, second):
    shown = visit(locale=locale)
    told = lab.claims.cards(first)
    assert len(told) == len(CLAIMS)
    assert visible_claims(shown) == [claim.id for claim in CLAIMS]
    expect(shown.locator("#lab-claims h2").first).to_have_text(
        text("check.title", first, count=len(CLAIMS))
    )
    said = shown.evaluate(SAID, [each["id"] for each in told])
    for each, seen in zip(told, said, strict=True):
        assert seen["title"] == each["title"][first]
        assert (seen["said"], seen["also"]) == (each["statement"][first], each["statement"][second])
        assert seen["badges"] == [part["verdict_label"] for part in each["parts"]]
        assert seen["why"] == [part["why"] for part in each["parts"]]


def test_a_link_opens_the_tab_at_its_sentence(visit):
    shown = visit("?tab=claims#claim-memory")
    named = shown.locator("#claim-memory")
    expect(named).to_be_in_viewport()
    assert "claims-here" in named.get_attribute("class")
    expect(tile(shown, "memory")).to_have_attribute("aria-expanded", "true")
    card(shown, "minimum").locator("[data-act=link]").click()
    assert shown.url.endswith("#claim-minimum")
    shown.evaluate("location.hash = '#claim-dead-relu'")
    expect(shown.locator("#claim-dead-relu")).to_be_in_viewport()
    shown.evaluate("location.hash = '#claim-nonsense'")
    expect(shown.locator(".claims-here")).to_have_count(0)


def test_a_failed_check_says_why(visit, lab, monkeypatch):
    failed = Job(
        "j" * 22,
        "timing",
        "someone",
        {},
        created_at=0.0,
        state="failed",
        purpose="claim:cost:kernel",
        reason=Sentence("jobs.out_of_memory"),
    )
    known, found = lab.claims.jobs, lab.manager.get
    monkeypatch.setattr(
        lab.claims, "jobs", lambda claim: [failed] if claim == "cost" else known(claim)
    )
    monkeypatch.setattr(
        lab.manager, "get", lambda job, visitor=None: failed if job == failed.id else found(job)
    )
    shown = visit()
    said = card(shown, "cost").locator("[data-part=lines]")
    expect(said).to_contain_text("the activation alone: The last check failed. The job needed more")


@pytest.mark.parametrize("locale", ["en", pytest.param("zh-CN", marks=pytest.mark.long)])
def test_on_a_phone_all_tiles_take_less_than_two_screens_and_nothing_hangs_over(visit, locale):
    shown = visit(width=390, locale=locale)
    assert len(visible_claims(shown)) == len(CLAIMS)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    heights = shown.locator("[data-tile]").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44  # a finger's
    foot = shown.locator(".claims").evaluate("node => node.getBoundingClientRect().bottom")
    assert foot < 2 * 844
    assert not shown.locator(".claims-card:visible").count()
    for seen in shown.evaluate(SAID, [claim.id for claim in CLAIMS]):
        left, right = seen["ends"]
        assert 0 <= left < right <= 390, seen["title"]
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.long)])
def test_an_own_claim_is_stated_registered_checked_shared_and_deleted(visit, lab, language):
    shown = visit(f"?tab=claims&lang={language}", width=390)
    yours = shown.locator("#lab-claims [data-part=list]")
    says, wrong = (shown.locator(f".claims-own [data-part={each}]") for each in ("says", "wrong"))
    counted = shown.locator("[data-part=counts]").inner_text()
    fields = {"activation": "gelu", "against": "=<img src=x onerror=alert(1)>", "at_most": "0.021"}
    state_own(shown, "differs", **fields)
    expect(wrong).not_to_be_empty()
    expect(says).to_be_empty()
    expect(shown.locator(".claims-own [name=against]")).to_have_attribute("aria-invalid", "true")
    # By keys alone from here: a formula, and Enter.
    state_own(shown, "differs", against="=x*sigmoid(1.702*x) + where(x>0, 0, 0)")
    expect(says).to_contain_text("x*sigmoid(1.702*x) + where(x>0, 0, 0)")
    expect(wrong).to_be_empty()
    shown.keyboard.press("Enter")
    place = yours.locator("[data-claim]")
    confirmed = text("claims.verdict.confirmed", language)
    expect(place.locator(".lab-badge")).to_have_text(confirmed)
    expect(place.locator(".claims-said")).to_have_text(says.inner_text())
    expect(place.locator(".claims-source")).to_contain_text("UTC")
    expect(place.locator(".claims-plot svg.picture")).to_be_visible()
    assert shown.locator("[data-part=counts]").inner_text() == counted  # it is none of theirs
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    claim = place.get_attribute("data-claim")
    place.locator("[data-act=link]").click()
    page = shown.evaluate("navigator.clipboard.readText()")
    assert page.endswith(f"/claim/{claim}")
    shared = httpx.get(page, params={"lang": language}).text
    assert confirmed in shared and "where(x&gt;0, 0, 0)" in shared
    # It is there after a reload, opened, because the address names it; then it is gone for good.
    shown.reload()
    shown.wait_for_selector(READY)
    expect(place).to_be_visible()
    place.locator("[data-act=delete]").click()
    expect(place).to_have_count(0)
    expect(shown.locator("#lab-claims [data-part=yours]")).to_be_hidden()
    assert httpx.get(page).status_code == 404
    shown.wrong[:] = [each for each in shown.wrong if "422" not in each]


@pytest.mark.long
def test_an_own_claim_that_is_timed_runs_to_its_end(visit):
    shown = visit()
    state_own(shown, "costs", activation="ReLU", against="=x*tanh(x)", at_most="1")
    shown.locator(".claims-own [data-part=register]").click()
    place = shown.locator("#lab-claims [data-part=list] [data-claim]")
    expect(place.locator(".lab-badge")).to_have_text("confirmed", timeout=JOB_SECONDS)
    assert "0." in place.locator(".claims-why").inner_text()
    place.locator("[data-act=delete]").click()
    expect(place).to_have_count(0)


def test_sentences_stand_before_anything_is_proved(visit, lab, monkeypatch):
    asked, proceed = threading.Event(), threading.Event()
    listed = lab.claims.cards

    def slow(*given, **named):
        asked.set()
        proceed.wait()
        return listed(*given, **named)

    monkeypatch.setattr(lab.claims, "cards", slow)
    shown = visit("", ready="#lab-explore .main-svg")
    assert not asked.is_set()
    shown.click("button[data-tab-id=claims]")
    expect(tile(shown, "limits")).to_be_visible()
    expect(card(shown, "limits").locator(".claims-said")).to_be_visible()
    assert card(shown, "limits").get_attribute("aria-busy") == "true"
    assert len(visible_claims(shown)) == len(CLAIMS)
    proceed.set()
    expect(card(shown, "limits").locator(".lab-badge")).to_have_count(3)
