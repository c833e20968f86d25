"""The report of all claims, and a verdict as a badge."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from api_server import idle_lab, serving

from swishdemo.__main__ import main
from swishdemo.claims import CLAIMS, DOCUMENTS, ClaimEvaluator
from swishdemo.claims import claims_report as report
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, text

HOSTILE = "<img src=x onerror=alert(1)> | `code` [a](b) \"'&\n# no heading"


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory):
    manager = JobManager.open(Settings(data_dir=tmp_path_factory.mktemp("claims")))
    made = ClaimEvaluator(manager)
    yield made
    made.close()
    manager.close()


class Page(HTMLParser):
    """Which tags a page opens and closes, and what it would fetch."""

    def __init__(self, words):
        super().__init__()
        self.open, self.tags, self.fetched, self.said = [], set(), [], []
        self.feed(words)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.fetched += [value for name, value in attributes if name in ("src", "srcset")]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_holds_every_claim_and_verdict_and_needs_nothing_else(evaluator, language):
    cards = evaluator.cards(language)
    page = Page(report.as_html(cards, language))
    assert page.fetched == [] and not page.tags & {"script", "link", "iframe", "img"}
    said = " ".join(" ".join(page.said).split())
    written = report.as_markdown(cards, language)
    for card in cards:
        assert card["statement"][language] in said
        for part in card["parts"]:
            assert f"{part['verdict_label']}" in said and " ".join(part["why"].split()) in said
            assert f"{part['verdict_label']}** · {part['label']}" in written
    assert len(re.findall(r"^### ", written, re.M)) == len(CLAIMS)
    assert len(re.findall(r"^## ", written, re.M)) == len(DOCUMENTS)
    verdicts = str(sum(len(claim.parts) for claim in CLAIMS))
    assert verdicts in said and verdicts in written
    for document in DOCUMENTS:
        assert document.title(language) in said and f"<{document.address}>" in written
    reported = sum(not document.opened for document in DOCUMENTS)
    assert reported and said.count(text("claims.note.not_opened", language)) == reported
    assert written.count(text("claims.note.not_opened", language)) == reported


def test_a_report_of_the_article_alone_is_about_the_article(evaluator):
    cards = [card for card in evaluator.cards() if card["document"]["id"] == "article"]
    written = report.as_markdown(cards, "en")
    assert written.startswith("# Is the article on Swish right?")
    assert (
        "30 verdicts" in written and written.count("## The article: Activation functions 05") == 1
    )


def test_what_a_card_says_is_text_and_nothing_else(evaluator):
    [card, *_] = evaluator.cards()
    part = card["parts"][0] | {"why": HOSTILE, "host": HOSTILE, "label": HOSTILE}
    row = {"verdict": "refuted", "where": HOSTILE, "effects": [HOSTILE]}
    hostile = card | {"statement": dict.fromkeys(LANGUAGES, HOSTILE), "id": HOSTILE,
                      "parts": [part | {"rows": [row]}]}  # fmt: skip
    page = Page(report.as_html([hostile], "en"))
    assert "img" not in page.tags and HOSTILE in "".join(page.said)
    written = report.as_markdown([hostile], "en")
    assert "<img" not in written.replace("\\<img", "") and "\n# no heading" not in written
    ElementTree.fromstring(report.badge(hostile, "en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_badge_is_a_picture_as_wide_as_its_words(evaluator, language):
    for card in evaluator.cards(language):
        drawn = ElementTree.fromstring(report.badge(card, language))
        words = "".join(drawn.itertext())
        for part in card["parts"]:
            assert part["verdict_label"] in words
        assert int(drawn.get("width")) > 6 * len(card["id"])
        assert card["id"] in drawn.get("aria-label")


def test_over_rest(tmp_path):
    lab = idle_lab(tmp_path)
    with serving(lab) as address, httpx.Client(base_url=address, timeout=60) as client:
        told = client.get("/api/claims/report", params={"lang": "zh"})
        assert told.headers["content-type"].startswith("text/html")
        assert "关于 Swish 的说法对不对" in told.text
        told = client.get("/api/claims/report", params={"lang": "zh", "document": "article"})
        assert "这篇讲 Swish 的文章说得对吗" in told.text
        told = client.get("/api/claims/report", params={"document": "nosuch"})
        assert told.status_code == 404 and "“nosuch”" in told.json()["detail"]
        told = client.get("/api/claims/report", params={"format": "md", "document": "article"})
        assert told.headers["content-type"].startswith("text/markdown")
        assert told.text.startswith("# Is the article on Swish right?")
        assert client.get("/api/claims/report", params={"format": "pdf"}).status_code == 422
        told = client.get("/api/claims/max-slope/badge.svg")
        assert told.headers["content-type"].startswith("image/svg+xml")
        assert "confirmed · refuted" in told.text
        assert client.get("/api/claims/nosuch/badge.svg").status_code == 404


def test_the_command_prints_verdicts_and_writes_a_report(tmp_path: Path, capsys):
    for suffix, begins in ((".md", "# "), (".html", "<!doctype html>")):
        file = tmp_path / f"report{suffix}"
        assert main(["claims", "minimum", "history", "--report", str(file)]) == 0
        assert file.read_text("utf-8").startswith(begins)
    printed = capsys.readouterr().out
    assert "minimum · where: imprecise" in printed and "max-slope" not in printed
    assert main(["claims", "--document", "mlx"]) == 0
    assert capsys.readouterr().out == "mlx-gelu · the largest error: refuted\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "There is no claim “nosuch”; the claims are: history,"),
        (["--document", "nosuch"], "There is no document “nosuch”; the documents are: all, art"),
        (["--report", "out.pdf"], "out.pdf must end in one of: .html, .md."),
        (["history", "--report", "/nowhere/out.md"], "/nowhere/out.md cannot be written"),
    ],
)
def test_the_command_refuses_in_a_sentence(arguments, said, capsys):
    assert main(["claims", *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err and told.out == ""
