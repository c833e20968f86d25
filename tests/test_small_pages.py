"""Small pages of our own: what they hold, what they weigh, in a frame of another site."""

import math
import re
from concurrent.futures import ThreadPoolExecutor
from html import escape, unescape
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote
from xml.etree import ElementTree

import anyio
import httpx
import numpy as np
import pytest
from api_server import idle_lab
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from visiting import eventually

from swishdemo.api.application import build_api
from swishdemo.claims import CLAIMS
from swishdemo.figures import curve_figure
from swishdemo.figures.svg import svg
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
    page.wait_for_url("**/?tab=claims&lang=en#claim-limits", wait_until="commit")
    context.close()


@pytest.mark.parametrize("prefix", ["", "/lab"], ids=["proxy strips", "proxy keeps"])
def test_below_the_address_of_another_app(tmp_path, prefix):
    lab = idle_lab(tmp_path)

    async def ask(path):
        transport = httpx.ASGITransport(build_api(lab), root_path="/lab")
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as asking:
            return await asking.get(prefix + path)

    with ThreadPoolExecutor(1) as other:  # Playwright keeps a loop running in this thread
        alone = other.submit(anyio.run, ask, "/claim/he").result()
        framed = other.submit(anyio.run, ask, "/claim/he/embed").result()
        absent = other.submit(anyio.run, ask, "/claim/none/embed").result()
    lab.manager.close()
    assert 'href="../?tab=claims' in alone.text and "http://x/lab/claim/he/embed" in alone.text
    assert 'href="../../?tab=claims' in framed.text
    assert absent.status_code == 404 and 'href="../../"' in absent.text
    assert not any("set-cookie" in each.headers for each in (alone, framed, absent))


CURVES = [
    "",
    "beta=10&act=relu,tanh&show=f,df,d2f,dtheta,diff&base=elu",
    "act=elu&par=elu.alpha:2&show=dtheta&theta=elu.alpha&x=-3,1",
    "formula=tan(k*x)/3&par=formula.k:2&act=&show=f,diff&base=formula&theme=dark",
    "beta=1e308&x=-1000,1000",
    "show=f&act=sin,softsign,softplus,sigmoid,tanh,relu,elu,selu,celu,gelu,mish,hardswish,silu",
]


@pytest.mark.parametrize("query", CURVES)
def test_curves_are_drawn_as_explore_names_them(client, query):
    answer = client.get(f"/curve/embed?{query}")
    assert answer.status_code == 200
    page = harmless(answer)
    assert text("pages.refused", "en", what="")[:10] not in " ".join(page.said)
    assert answer.text.count('<svg class="picture"') == 2  # for wide frames and for narrow ones
    explored = curve_figure.read(dict(httpx.QueryParams(query)))
    for title in {
        "f": "f(x)",
        "df": "f′(x)",
        "d2f": "f″(x)",
        "dtheta": "∂f/∂",
        "diff": "f −",
    }.items():
        assert (title[1] in answer.text.partition("<body")[2]) == (title[0] in explored.show)
    asked = dict(httpx.QueryParams(query))
    asked.pop("theme", None)
    [link] = re.findall(r'href="(\.\./\?[^"]+)"', answer.text)
    told = dict(httpx.QueryParams(unescape(link).partition("?")[2]))
    assert told == {"tab": "explore", "lang": "en", **asked}


def test_a_drawn_curve_is_the_curve(client):
    """Points of Swish's line, back from pixels by the axes' figures, are on x·σ(βx)."""
    told = client.get("/curve/embed?act=&show=f&beta=2&x=-4,4").text
    svg = ElementTree.fromstring(re.search(r"<svg class=.picture.*?</svg></div>", told)[0][:-6])
    texts = {each.text: each for each in svg.iter("text")}
    across = {
        float(name.replace("−", "-")): float(each.get("x"))
        for name, each in texts.items()
        if re.fullmatch(r"−?[\d.]+", name) and each.get("text-anchor") == "middle"
    }
    along = {
        float(name.replace("−", "-")): float(each.get("y")) - 4
        for name, each in texts.items()
        if re.fullmatch(r"−?[\d.]+", name) and each.get("text-anchor") == "end"
    }
    [line] = [each for each in svg.iter("path") if each.get("class") == "line"]
    points = [tuple(map(float, each.split(","))) for each in re.split("[ML]", line.get("d"))[1:]]
    slope_x, start_x = np.polyfit(list(across.values()), list(across), 1)
    slope_y, start_y = np.polyfit(list(along.values()), list(along), 1)
    assert len(points) > 15
    for right, down in points:
        x, y = slope_x * right + start_x, slope_y * down + start_y
        assert abs(y - x / (1 + math.exp(-2 * x))) < 0.02


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["beta", "act", "par", "show", "theta", "base", "x", "lang"])
def test_what_no_curve_is_named_by_is_said_and_not_run(client, name, value):
    answer = client.get(f"/curve/embed?{name}={value}")
    assert answer.status_code == 200
    page = harmless(answer)
    if name != "lang":
        said = unquote(value).replace("\0", "\ufffd")[:40]
        assert f"{name}={said}" in "".join(page.said).replace("\0", "\ufffd")


@pytest.mark.parametrize("formula", [*HOSTILE[:3], "x*", "1/0", "__import__('os')", "x" * 190])
def test_a_formula_that_is_none_is_a_page_with_a_sentence(client, formula):
    answer = client.get("/curve/embed", params={"formula": formula})
    assert answer.status_code == 422
    assert len(harmless(answer).said[1]) > 10


@settings(max_examples=40, deadline=None)
@given(
    query=st.dictionaries(
        st.sampled_from(["beta", "act", "par", "formula", "show", "theta", "base", "x"]),
        st.one_of(
            st.text(max_size=60),
            st.floats().map(str),
            st.sampled_from(["f", "formula", "relu", "swish", "elu.alpha:1e400", "-1,1", "1,1"]),
        ),
    )
)
def test_any_address_is_read(query):
    explored = curve_figure.read(query)
    assert math.isfinite(explored.beta) and explored.x[0] < explored.x[1] and explored.show
    for key in explored.shown:
        assert all(map(math.isfinite, explored.parameters(key).values()))
    lines = {
        key: {"x": np.linspace(*explored.x, 9), **dict.fromkeys(("f", "df", "d2f"), np.arange(9.0))}
        for key in explored.shown
    }
    figure, height = curve_figure.curve_figure(explored, lines, lines["swish"])
    ElementTree.fromstring(svg(figure, "curves", height=height))


def test_a_shared_run_is_shown_and_a_private_one_is_not(client):
    mine = {"X-Visitor": "small-pages-small-pages"}
    asked = {"steps": 20, "seeds": 1}
    run = client.post("/api/runs", json=asked, headers=mine).json()["id"]

    def ended():
        assert client.get(f"/api/runs/{run}", headers=mine).json()["state"] == "finished"

    eventually(ended)
    private = client.get(f"/run/{run}/embed", headers=mine)
    assert private.status_code == 404  # whoever asks: it would be shown to all by its address
    assert text("pages.no_run", "en", value=run) in private.text
    name = "<script>alert(1)</script>"
    share = {"shared": True, "name": name}
    token = client.patch(f"/api/runs/{run}", json=share, headers=mine).json()["share"]
    answer = client.get(f"/run/{token}/embed", params={"lang": "zh"})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    page = harmless(answer)
    assert name in page.said and answer.text.count('<svg class="picture"') == 4
    assert f"run={token}" in answer.text and run not in answer.text
    client.patch(f"/api/runs/{run}", json={"shared": False}, headers=mine)
    assert client.get(f"/run/{token}/embed").status_code == 404
    for hostile in HOSTILE:
        told = client.get(f"/run/{hostile}/embed")
        assert told.status_code == 404
        assert "/" in unquote(hostile) or harmless(told)


def test_curves_fit_their_frame_in_light_and_dark(browser, server):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{server}/curve/embed?show=f,df")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.locator("svg.picture:visible")).to_have_count(1)
        size = page.locator("svg.picture:visible text").first.evaluate(
            "node => parseFloat(getComputedStyle(node).fontSize) * node.getScreenCTM().a"
        )
        assert 10 <= size <= 24, width
    assert len(asked) == 2 and context.cookies() == []
    page.get_by_role("link").click()
    opened = (
        context.wait_for_event("page", lambda _: True)
        if len(context.pages) < 2
        else (context.pages[1])
    )
    opened.wait_for_url(re.compile("tab=explore"), wait_until="commit")
    context.close()
