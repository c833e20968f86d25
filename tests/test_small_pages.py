"""Small pages of our own: what they hold, what they weigh, in a frame of another site."""

import re
from html import escape
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import expect

from swishdemo.claims import CLAIMS
from swishdemo.text import LANGUAGES, text

HOSTILE = [
    "<script>alert(1)</script>",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "x" * 3000,
    "论断",
]
MOST_BYTES = 200_000
MOST_REQUESTS = 8


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server, timeout=120) as client:
        yield client


class Tags(HTMLParser):
    """The tags of a page, and what it would fetch or run."""

    def __init__(self, words):
        super().__init__()
        self.tags, self.fetched, self.handlers, self.said = set(), [], [], []
        self.feed(words)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "body":
            self.said.clear()
        self.fetched += [value for name, value in attributes if name in ("src", "srcset", "data")]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]

    def handle_data(self, data):
        self.said.append(data)


def harmless(answer):
    """The page of an answer, which runs nothing, fetches nothing and keeps nothing."""
    page = Tags(answer.text)
    assert not page.tags & {"script", "iframe", "img", "object", "embed", "form", "base"}
    assert page.fetched == [] and page.handlers == []
    assert "set-cookie" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors *" in policy
    assert "script-src" not in policy and "x-frame-options" not in answer.headers
    assert len(answer.content) <= MOST_BYTES
    return page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("embed", ["", "/embed"])
def test_each_claim_is_told_whole_in_both_languages(client, language, embed):
    cards = {card["id"]: card for card in client.get(f"/api/claims/view?lang={language}").json()}
    for claim in CLAIMS:
        card = cards[claim.id]
        answer = client.get(f"/claim/{claim.id}{embed}", params={"lang": language})
        assert answer.status_code == 200
        page = harmless(answer)
        assert f'<html lang="{text("language.tag", language)}">' in answer.text
        said = " ".join(" ".join(page.said).split())
        assert card["statement"][language] in said
        for part in card["parts"]:
            for words in (part["verdict_label"], part["label"], part["why"], part["kind_label"]):
                assert " ".join(words.split()) in said
            if part["host"]:
                assert part["host"] in said and part["checked_at"][:10] in said
        drawn = sum(bool(part["picture"]) for part in card["parts"])
        assert answer.text.count('<svg class="picture"') == drawn
        app = "../../" if embed else "../"
        assert f'href="{app}?tab=claims&amp;lang={language}#claim-{claim.id}"' in answer.text


def test_the_language_is_the_readers_unless_the_address_says_another(client):
    for asked, header, language in [
        ({}, "zh-CN,zh;q=0.9", "zh"),
        ({}, "fr", "en"),
        ({"lang": "en"}, "zh-CN", "en"),
        ({"lang": "<b>"}, "zh", "zh"),
    ]:
        answer = client.get("/claim/he", params=asked, headers={"Accept-Language": header})
        assert CLAIMS[15].statement(language) in answer.text.partition("<main")[2][:200]
        assert answer.headers["vary"].startswith("Accept-Language")


@pytest.mark.parametrize("claim", HOSTILE)
@pytest.mark.parametrize("embed", ["", "/embed"])
def test_an_unknown_claim_is_a_page_with_a_sentence(client, claim, embed):
    answer = client.get(f"/claim/{claim}{embed}")
    assert answer.status_code == 404 and len(answer.content) < 10_000
    if "/" in unquote(claim):  # no route has such an address
        assert answer.headers["content-type"] == "application/json"
        return
    sentence, link = "".join(harmless(answer).said).split("\n")[1:3]
    assert sentence == text("pages.no_claim", "en", value=unquote(claim)[:40])
    assert link == text("pages.open", "en")


@pytest.mark.parametrize("query", ["theme", "lang"])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_a_query_says_is_not_repeated(client, query, value):
    answer = client.get(f"/claim/limits?{query}={value}")
    assert answer.status_code == 200
    assert answer.text == client.get("/claim/limits").text
    harmless(answer)


def test_the_code_to_take_along_leads_back_here(client, server):
    answer = client.get("/claim/minimum")
    assert escape(f'<iframe src="{server}/claim/minimum/embed"', quote=False) in (
        answer.text.replace("&#34;", '"')
    )
    badge = re.search(r"\]\((http[^)]+badge.svg)\)", answer.text)[1]
    assert httpx.get(badge).headers["content-type"].startswith("image/svg+xml")
    told = client.get("/claim/minimum", headers={"X-Forwarded-Proto": "https"}).text
    assert f"https://{server.removeprefix('http://')}/claim/minimum" in told
    told = client.get("/claim/minimum", headers={"Host": '"><script>x</script>'})
    assert told.status_code >= 400 or "<script" not in told.text


@pytest.fixture
def other():
    """Another site, whose page is what is put into it, as an address."""

    class Site(BaseHTTPRequestHandler):
        page = ""

        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(Site.page.encode())

        def log_message(self, *_):
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=site.serve_forever, daemon=True).start()
    Site.address = f"http://localhost:{site.server_port}"  # to a browser not 127.0.0.1
    yield Site
    site.shutdown()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_another_site_may_frame_it(browser, server, other, scheme):
    """One request, no cookie, the reader's colours, and nothing that hangs over on a phone."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 390, "height": 844}, locale="zh-CN"
    )
    page = context.new_page()
    wrong, asked = [], []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    address = f"{server}/claim/max-slope/embed"
    other.page = f'<link rel="icon" href="data:,"><iframe src="{address}" width="358"></iframe>'
    page.goto(other.address)
    inside = page.frame_locator("iframe")
    expect(inside.locator("h1")).to_have_text(CLAIMS[4].statement("zh"))
    expect(inside.locator("svg.picture")).to_have_count(2)
    expect(inside.locator("svg.picture").first).to_be_visible()
    ground = inside.locator(".card").evaluate("node => getComputedStyle(node).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 29, 33)"}[scheme]
    line = inside.locator("path.line").first.evaluate("node => getComputedStyle(node).stroke")
    assert line == {"light": "rgb(194, 65, 12)", "dark": "rgb(251, 146, 60)"}[scheme]
    assert inside.locator("html").evaluate("node => node.scrollWidth") <= 358
    own = [url for url in asked if url.startswith(server)]
    assert own == [address] and len(own) <= MOST_REQUESTS
    assert wrong == [] and context.cookies() == []
    context.close()


def test_a_theme_may_be_chosen_and_paper_is_light(browser, server):
    context = browser.new_context(color_scheme="light", viewport={"width": 390, "height": 844})
    page = context.new_page()
    ground = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    page.goto(f"{server}/claim/limits?theme=dark")
    assert page.evaluate(ground) == "rgb(27, 29, 33)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    expect(page.locator("details")).to_be_hidden()
    page.emulate_media(media="screen", color_scheme="dark")
    page.goto(f"{server}/claim/limits?theme=light")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    link = page.get_by_role("link", name=text("pages.open", "en"))
    link.click()
    page.wait_for_url("**/?tab=claims&lang=en#claim-limits")
    context.close()
