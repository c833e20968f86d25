"""What a chat or a feed is told of a link: one set of tags, and a picture of the state."""

import hashlib
import re
from html import unescape
from io import BytesIO
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from PIL import Image, ImageColor
from visiting import eventually

from swishdemo.claims import CLAIMS
from swishdemo.figures.link_picture import FONT, can_write, colours, link_picture
from swishdemo.text import LANGUAGES, catalogue, text

MOST_BYTES = 150_000
REFUTED = next(claim for claim in CLAIMS if claim.id == "max-slope")
HOSTILE = [
    *("beta=1e999", "beta=" + "9" * 3000, "x=5,5", "x=nan,inf", "act=nobody", "par=a:b,::,elu.:"),
    *("formula=__import__('os')", "formula=((((", "formula=%00", "formula=1/x&x=-1e-6,1e-6"),
    *("claim=..%2f..%2fetc", "claim=%00", "claim=<script>", "tab=<script>", "tab=train&run=x"),
    *("tab=time&timing=../../x", "lang=zz", "beta=1&beta=2", "show=diff&base=nobody", "run=%ff"),
]


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server, timeout=120) as client:
        yield client


def tags(answer):
    """The tags of a page's head by their names; a name that stands twice is an error."""
    assert answer.status_code == 200
    found = re.findall(r'<meta\s+(?:property|name)="([\w:]+)"\s+content="([^"]*)"', answer.text)
    told = [(name, unescape(said)) for name, said in found if name != "viewport"]
    assert len(dict(told)) == len(told)
    return dict(told)


def picture(answer):
    """A picture of the right size, as pixels."""
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert "set-cookie" not in answer.headers and len(answer.content) <= MOST_BYTES
    image = Image.open(BytesIO(answer.content))
    assert image.size == (1200, 630)
    return image.convert("RGB")


def share_of(image, colour):
    """The share of the pixels that have very nearly a colour."""
    wanted = ImageColor.getrgb(colours()[colour])
    near = sum(
        count
        for count, pixel in image.getcolors(1 << 20)
        if max(abs(one - other) for one, other in zip(pixel, wanted, strict=True)) < 12
    )
    return near / (1200 * 630)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("", ("pages.preview.home", {})),
        ("beta=2.5", ("pages.preview.beta", {"beta": "2.5"})),
        ("beta=-1&act=gelu", ("pages.preview.beside", {"beta": "−1", "rivals": "GELU"})),
        ("tab=train", ("pages.preview.train", {})),
        ("tab=time", ("pages.preview.time", {})),
        ("tab=claims", ("check.title", {"count": len(CLAIMS)})),
        ("claim=max-slope", (None, {})),
    ],
)
def test_the_page_has_one_set_in_the_readers_language(client, language, query, title):
    by_header = client.get(f"/?{query}", headers={"Accept-Language": language})
    told = tags(by_header)
    assert "Click to try out" not in by_header.text and "{url}" not in by_header.text
    key, values = title
    wanted = text(key, language, **values) if key else REFUTED.statement(language)
    assert told["og:title"] == wanted
    assert told["description"] == told["og:description"] != wanted
    assert told["twitter:card"] == "summary_large_image"
    assert told["og:image:alt"]
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")
    joined = "&" if query else ""
    by_name = tags(client.get(f"/?{query}{joined}lang={language}"))
    assert by_name["og:title"] == wanted
    assert by_name["og:url"].endswith(f"lang={language}")
    assert picture(client.get(told["og:image"]))


def test_a_claims_description_has_its_verdicts(client):
    said = tags(client.get("/?claim=max-slope"))["og:description"]
    assert text("claims.verdict.refuted", "en") in said
    assert text("claims.verdict.confirmed", "en") in said


def test_addresses_are_those_that_the_proxy_is_asked_for(client):
    proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "lab.example.org"}
    told = tags(client.get("/?beta=2&utm_source=chat&__theme=dark", headers=proxy))
    assert told["og:url"] == "https://lab.example.org/?beta=2"  # what is no state is left out
    image = urlsplit(told["og:image"])
    assert (image.scheme, image.netloc, image.path) == ("https", "lab.example.org", "/preview.png")
    assert parse_qs(image.query)["beta"] == ["2"]
    evil = {"X-Forwarded-Host": 'x"><script>alert(1)</script>'}
    answer = client.get("/", headers=evil)
    assert tags(answer)["og:url"].startswith("http://127.0.0.1")
    assert "<script>alert(1)" not in answer.text


def test_what_an_address_says_cannot_leave_its_tag(client):
    formula = "x*\"><script>alert('β')</script>"
    answer = client.get("/", params={"formula": formula, "tab": '"><script>'})
    assert "<script>alert('β')" not in answer.text and '"><script>' not in answer.text
    assert "alert" in tags(answer)["og:title"]


@pytest.mark.parametrize("path", ["/claim/max-slope", "/claim/max-slope/embed", "/curve/embed"])
def test_a_small_page_has_the_same_set(client, path):
    given = {"beta": "3"} if path.startswith("/curve") else {}
    told = tags(client.get(path, params=given))
    state = given or {"claim": "max-slope"}
    whole = tags(client.get("/", params=state))
    for name in ("og:title", "og:description", "og:image", "twitter:card"):
        assert told[name] == whole[name]
    assert urlsplit(told["og:url"]).path == path


def test_the_picture_follows_the_state(client):
    addresses = ["", "beta=4", "beta=4&act=relu", "beta=4&lang=zh&act=relu", "claim=max-slope"]
    drawn = [client.get(f"/preview.png?{each}") for each in addresses]
    assert len({hashlib.sha256(each.content).digest() for each in drawn}) == len(drawn)
    refuted, usual = picture(drawn[-1]), picture(drawn[0])
    assert share_of(refuted, "bad") > 0.005 and share_of(usual, "bad") < 0.001
    swish = "accent"  # the strip above has it too
    assert share_of(usual, swish) > share_of(refuted, swish)


def test_the_curve_lies_where_its_values_are(client):
    """Swish with a large β is ReLU: left of 0 its line is level, right of it it climbs."""
    image = picture(client.get("/preview.png", params={"beta": "80", "act": "", "x": "-4,4"}))
    orange = ImageColor.getrgb(colours()["accent"])
    heights = {}
    for x in (250, 400, 800, 1000):
        column = [y for y in range(200, 600) if image.getpixel((x, y)) == orange]
        assert column, x
        heights[x] = sum(column) / len(column)
    assert abs(heights[250] - heights[400]) < 2
    assert heights[400] - heights[800] > 40 and heights[800] - heights[1000] > 40


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_address_has_a_picture_and_a_page(client, query):
    picture(client.get(f"/preview.png?{query}"))
    assert tags(client.get(f"/?{query}"))["og:title"]


def test_a_refused_value_is_not_handed_on(client):
    told = tags(client.get("/?beta=high&act=gelu"))
    assert "high" not in told["og:url"] + told["og:image"]
    assert "act=gelu" in told["og:url"]


def test_a_shared_run_shows_its_beta_and_a_private_one_nothing(client):
    mine = {"X-Visitor": "link-preview-link-preview"}
    asked = {"steps": 20, "seeds": 1, "beta_starts": [0.5, 2]}
    run = client.post("/api/runs", json=asked, headers=mine).json()["id"]

    def ended():
        assert client.get(f"/api/runs/{run}", headers=mine).json()["state"] == "finished"

    eventually(ended)
    private = tags(client.get(f"/?tab=train&run={run}", headers=mine))
    assert private["og:title"] == text("pages.preview.train", "en")
    assert run not in private["og:image"]
    usual = client.get("/preview.png?tab=train").content
    assert client.get(f"/preview.png?tab=train&run={run}", headers=mine).content == usual
    named = {"shared": True, "name": "两个起点 <b>"}
    token = client.patch(f"/api/runs/{run}", json=named, headers=mine).json()["share"]
    told = tags(client.get(f"/?tab=train&run={token}"))
    assert told["og:title"] == "两个起点 <b>" and f"run={token}" in told["og:url"]
    for language in LANGUAGES:
        shown = {"run": token, "lang": language}
        found = client.get("/api/runs/view", params=shown).json()["sentence"]
        said = tags(client.get("/", params={"tab": "train", **shown}))
        assert found and said["og:description"] == said["description"] == found
    drawn = client.get(told["og:image"])
    assert drawn.headers["cache-control"] == "no-store"
    assert share_of(picture(drawn), "b0") > 0.0005  # the first start's line
    assert tags(client.get(f"/run/{token}/embed"))["og:image"] == told["og:image"]
    client.patch(f"/api/runs/{run}", json={"shared": False}, headers=mine)
    assert client.get(f"/preview.png?tab=train&run={token}").content == usual


def test_the_font_has_every_sign_of_every_sentence():
    """To renew: pyftsubset of fonttools, of Noto Sans CJK SC, with these and GB 2312's first."""
    said = {sign for words in catalogue().values() for each in words.values() for sign in each}
    said |= {sign for claim in CLAIMS for each in LANGUAGES for sign in claim.statement(each)}
    assert [sign for sign in sorted(said) if not can_write(sign)] == []
    assert not can_write("龘")


def test_the_font_is_the_one_that_was_looked_at():
    folder = FONT.parent
    digest, name = (folder / "SHA256SUMS").read_text("utf-8").split()
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "SIL OPEN FONT LICENSE" in (folder / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("title", ["x" * 400, "论断" * 200, "", "β " * 300])
def test_a_title_of_any_length_stays_within_the_picture(title):
    image = Image.open(BytesIO(link_picture(title, words=title))).convert("RGB")
    edge = {image.getpixel((x, 625)) for x in range(1200)}
    edge |= {image.getpixel((x, y)) for y in range(20, 630) for x in (4, 1195)}
    assert min(min(pixel) for pixel in edge) >= 253  # paper


def test_a_code_is_of_the_state_at_the_address_that_the_reader_uses(client):
    proxied = {"host": "lab.example.org", "x-forwarded-proto": "https"}
    codes = {
        state: client.get("/qr.svg", params={"state": state}, headers=proxied)
        for state in ("", "beta=2", 'formula=x*"<script>&act=relu', "x" * 1500)
    }
    for answer in codes.values():
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/svg+xml"
        assert {
            node.tag.partition("}")[2] for node in ElementTree.fromstring(answer.text).iter()
        } == {
            "svg",
            "path",
        }
        assert "set-cookie" not in answer.headers
    assert len({answer.text for answer in codes.values()}) == len(codes)
    assert client.get("/qr.svg", params={"state": "x" * 1501}).status_code == 422
