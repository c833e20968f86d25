"""Whole journeys: the app as its own process, with real workers and a real store, as people use it.

Nothing is faked and nothing patched: a journey presses the page in Chromium and asks REST, and all
else follows. Each ends by a restart of the server, after which everything is found again. Any
answer of 500 or more, any error in a console or on a page and any traceback in the server's log
fails it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import numpy as np
import pytest
import torch
from browser import free_port, is_wrong
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from serving import ROOT, serving
from visiting import eventually, recipe

from swishdemo.activations import evaluate, get

pytestmark = pytest.mark.journey

WAIT_MS = 300_000
"""Of a worker of which nothing moves so long, nothing will come."""
LONGEST_WAIT_MS = 1_200_000
"""What moves for ever fails too."""

FORMULA = "x*sigmoid(beta*x) + a*sin(x)"
EVEN_POINTS = 257
"""Every curve is drawn at so many places at the least."""
NETWORKS_REPEATED = 4
"""So many networks of an exported script are waited for: it trains one after the other."""


PATIENCE_MS = 90_000
"""The page itself answers at once where it has a core; here it shares two with a worker."""


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=30_000)


def soon(true: Callable[[], object], what: str) -> None:
    """Waits until something holds; fails with ``what`` where it never does."""

    def check() -> None:
        assert true(), what

    eventually(check, PATIENCE_MS / 1000)


class App:
    """The app, started as README says, whose every cache is empty at first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log.txt"
        self.up = False
        self.environment = {
            "XDG_CACHE_HOME": str(folder / "cache"),
            "GRADIO_SERVER_PORT": str(self.port),
        }
        self._stack = ExitStack()

    def start(self) -> None:
        file = self._stack.enter_context(self.log.open("ab"))
        data = self.folder / "data"
        self._stack.enter_context(serving(data, log=file, **self.environment))
        self.up = True

    def stop(self) -> None:
        self.up = False
        self._stack.close()

    def restart(self) -> None:
        self.stop()
        self.start()


class Person:
    """A visitor with a browser of their own, whose pages and questions must go without an error."""

    def __init__(self, app: App, context: BrowserContext) -> None:
        self.app = app
        self.context = context
        self.wrong: list[str] = []
        context.on("console", lambda said: is_wrong(said) and self._note(said.text))
        context.on("weberror", lambda error: self._note(str(error.error)))
        context.on("response", lambda got: got.status >= 500 and self._note(f"{got.status} {got}"))

    def _note(self, what: str) -> None:
        if self.app.up:  # while the server is away, a page that is open says so
            self.wrong.append(what)

    def open(self, query: str = "") -> Page:
        page = self.context.new_page()
        page.wrong = self.wrong
        page.goto(query if "://" in query else f"{self.app.address}/{query}")
        return page

    def ask(self, path: str) -> Any:
        """What REST answers to this visitor, as JSON."""
        answer = self.context.request.get(f"{self.app.address}{path}")
        if answer.status >= 500:
            self._note(f"{answer.status} {path}")
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return answer.json()

    def file(self, page: Page, press: str) -> bytes:
        """The file that a press saves."""
        with page.expect_download() as waiting:
            page.locator(press).click()
        return waiting.value.path().read_bytes()

    def leave(self) -> None:
        for page in self.context.pages:
            page.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = App(tmp_path_factory.mktemp("journeys"))
    app.start()
    yield app
    app.stop()
    log = app.log.read_text("utf-8", "replace")
    assert "Traceback" not in log, log


@pytest.fixture
def person(app: App, browser: Browser) -> Iterator[Any]:
    """Makes visitors; at the end none of them may have met an error."""
    people = []

    def made(**options: Any) -> Person:
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = browser.new_context(
            permissions=["clipboard-read", "clipboard-write"], accept_downloads=True, **options
        )
        people.append(Person(app, context))
        return people[-1]

    yield made
    for each in people:
        assert each.wrong == []
        each.context.close()


def command(*arguments: str, folder: Path, app: App) -> subprocess.Popen[str]:
    """A process in ``folder``, which lies outside the project."""
    environment = {**os.environ, **app.environment}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# ---- Explore ----


def curves(page: Page) -> dict[str, tuple[list[float], list[float]]]:
    """The lines of f by their names."""
    found = page.evaluate(
        """() => (document.querySelector('#lab-explore .explore-plot')?.data ?? [])
            .filter(({ mode, yaxis, name }) =>
                mode === 'lines' && yaxis === 'y' && name !== 'ghost')
            .map(({ name, x, y }) => [name, [...x], [...y]])"""
    )
    return {name: (x, y) for name, x, y in found}


def type_formula(page: Page, formula: str) -> None:
    expect(page.locator("#lab-explore path.js-line").first).to_be_attached()
    field = page.locator("#lab-own")
    field.click()
    field.press_sequentially(formula, delay=20)
    expect(page.locator("#lab-explore .explore-own [data-good]")).to_contain_text("parameter")
    soon(lambda: formula in curves(page), "the formula is not drawn")


def copied(page: Page) -> str:
    page.locator("[data-copy]").first.click()
    expect(page.locator("[data-copy]").first).to_contain_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_explore_from_a_drag_to_a_strangers_screen(app: App, person: Any, tmp_path: Path) -> None:
    me = person()
    page = me.open()
    expect(page.locator("#lab-explore path.js-line").first).to_be_attached()

    slider = page.locator("#lab-beta")
    slider.scroll_into_view_if_needed()
    place = slider.bounding_box()
    middle = place["y"] + place["height"] / 2
    page.mouse.move(place["x"] + 0.55 * place["width"], middle)
    page.mouse.down()
    page.mouse.move(place["x"] + 0.7 * place["width"], middle, steps=12)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"beta=[1-9]"))
    beta = float(page.locator("#lab-beta-value").input_value())
    assert beta > 1

    page.locator("#lab-explore .explore-picker input[type=search]").fill("softplus")
    page.locator("#lab-explore [data-menu] [data-name=softplus]").click()
    type_formula(page, FORMULA)
    shown = curves(page)
    assert {"Swish", "Softplus", FORMULA} <= shown.keys()

    page.locator("#lab-explore .explore-take summary").click()
    png = me.file(page, "#lab-explore .explore-take [data-take=png]")
    assert png.startswith(b"\x89PNG") and len(png) > 10_000
    table = list(csv.reader(io.StringIO(me.file(page, "[data-save=csv]").decode("utf-8-sig"))))
    column = next(at for at, name in enumerate(table[0]) if f"swish (beta={beta:g}" in name)
    saved = [(float(row[0]), float(row[column])) for row in table[1:] if row[0] and row[column]]
    x, y = np.array(saved).T
    np.testing.assert_allclose(y, evaluate(get("swish"), x, {"beta": beta}).f, rtol=1e-12)

    page.locator("#lab-explore .explore-code").scroll_into_view_if_needed()
    page.locator(".code-card").scroll_into_view_if_needed()
    page.locator(".code-card [data-language=numpy]").click()
    expect(page.locator(".code-block code")).to_contain_text("from scipy import special")
    (tmp_path / "swish.py").write_text(page.locator(".code-block code").text_content(), "utf-8")
    wanted = [-20.0, -1.5, 0.0, 0.25, 30.0]
    run = command(
        *(
            "-c",
            f"import json, swish, numpy; print(json.dumps(list(swish.swish("
            f"numpy.array({wanted})))))",
        ),
        folder=tmp_path,
        app=app,
    )
    told, complaint = run.communicate(timeout=60)
    assert run.returncode == 0, complaint
    expected = evaluate(get("swish"), np.array(wanted), {"beta": beta}).f
    np.testing.assert_allclose(json.loads(told), expected, rtol=1e-12)

    link = copied(page)
    me.leave()
    for _ in range(2):
        stranger = person()
        page = stranger.open(link)
        eventually(lambda page=page: same(curves(page), shown), PATIENCE_MS / 1000)
        expect(page.locator("#lab-own")).to_have_value(FORMULA)
        assert float(page.locator("#lab-beta-value").input_value()) == beta
        stranger.leave()
        app.restart()  # the second stranger comes after it


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """The same curves: how densely a bend is drawn depends on what was drawn before it."""
    assert found.keys() == wanted.keys()
    for name in wanted:
        mine, theirs = by_place(*wanted[name]), by_place(*found[name])
        places = sorted(mine.keys() & theirs.keys())
        assert len(places) >= EVEN_POINTS, name
        for x in places:
            np.testing.assert_allclose(theirs[x], mine[x], rtol=1e-12, err_msg=f"{name} at {x}")


def by_place(xs: list[float], ys: list[float | None]) -> dict[float, list[float]]:
    """Place → its values: two where a line is broken."""
    places: dict[float, list[float]] = {}
    for x, y in zip(xs, ys, strict=True):
        places.setdefault(x, []).append(np.nan if y is None else y)
    return places


# ---- Train ----


def line(page: Page, words: str) -> None:
    place = expect(page.locator("#lab-train [data-part=line]"))
    wait(page, lambda ms: place.to_contain_text(re.compile(words), timeout=ms))


def state(page: Page, tab: str, *wanted: str) -> None:
    place = expect(page.locator(f"#lab-{tab} [data-state], #lab-{tab}[data-state]").first)
    word = re.compile(f"^({'|'.join(wanted)})$")
    wait(page, lambda ms: place.to_have_attribute("data-state", word, timeout=ms))


def wait(
    page: Page, check: Callable[[int], None], moved: Callable[[], object] | None = None
) -> None:
    """Waits for what a worker does, as long as it goes on and the page meets no error on the way.

    Args:
        page: Where it is looked for.
        check: Looks for it, for so many milliseconds.
        moved: How far it is: anything that becomes another value while there is progress. By
            default the state and step of the job that the address names.
    """
    started = time.monotonic()
    seen, since = None, started
    while True:
        try:
            return check(3_000)
        except AssertionError:
            assert page.wrong == []
            now, found = time.monotonic(), (moved or (lambda: job_step(page)))()
            if found != seen:
                seen, since = found, now
            if now - since > WAIT_MS / 1000 or now - started > LONGEST_WAIT_MS / 1000:
                raise


def job_step(page: Page) -> object:
    """How far the job is that the page's address names, as REST tells; None where it names none."""
    found = re.search(r"[?&](run|sweep|timing)=([\w-]+)", page.url)
    if found is None:
        return None
    address = urlsplit(page.url)
    answer = page.context.request.get(
        f"{address.scheme}://{address.netloc}/api/{found[1]}s/{found[2]}"
    )
    if not answer.ok:
        return answer.status
    job = answer.json()
    return [job[name] for name in ("state", "position", "step", "reports")]


def named(page: Page, what: str) -> str:
    """The job that the address names."""
    wait(page, lambda ms: expect(page).to_have_url(re.compile(f"{what}="), timeout=ms))
    found = re.search(rf"[?&]{what}=([\w-]+)", page.url)
    assert found
    return found[1]


def fill(page: Page, **fields: object) -> None:
    for name, value in fields.items():
        field = page.locator(f"#lab-{name} input")
        field.fill(str(value))
        field.blur()


def repeated(
    person: Person, run: str, folder: Path, app: App, networks: int, table: bytes | None = None
) -> None:
    """The exported script, run without the project, gives the run's own figures.

    Rounding may carry one network a little away from the run's, as the script itself says.
    """
    answer = person.context.request.get(f"{app.address}/api/runs/{run}/export?format=code")
    assert answer.ok
    (folder / "again.py").write_bytes(answer.body())
    arguments = []
    if table is not None:
        (folder / "table.csv").write_bytes(table)
        arguments = ["table.csv"]
    last = person.ask(f"/api/runs/{run}/reports")[-1]
    script = command("again.py", *arguments, folder=folder, app=app)
    apart = []
    try:
        for number in range(networks):
            words = script.stdout.readline()
            assert words, script.stderr.read()
            one = json.loads(words)
            betas = [layer[number] for layer in last["beta"] if number < len(layer)]
            found = [one["loss"], one["test_loss"], one["accuracy"], *one.get("beta", [])]
            wanted = [last[name][number] for name in ("loss", "test_loss", "accuracy")] + betas
            assert found == pytest.approx(wanted, rel=0.2, abs=1e-3)
            if found != pytest.approx(wanted, rel=1e-3, abs=1e-4):
                apart.append(number)
    finally:
        script.kill()
        script.communicate()
    assert len(apart) <= 1, apart


def traces(page: Page, part: str) -> int:
    return page.locator(f"#lab-train [data-part={part}] path.js-line").count()


def test_train_from_the_button_to_a_repeated_run(app: App, person: Any, tmp_path: Path) -> None:
    me, other = person(), person(locale="zh-CN")
    waiting = other.open("?tab=train")
    recipe(waiting)
    fill(waiting, steps=40, seeds=1)  # before there is anything to wait for
    page = me.open("?tab=train")
    expect(page.locator("#lab-start")).to_be_visible()
    recipe(page)
    page.locator("#lab-start").click()
    soon(lambda: me.ask("/api/runs"), "no run was started")
    waiting.locator("#lab-start").click()  # at once: a free machine is done in a few seconds
    line(waiting, "队列中第 1 位")
    run = named(page, "run")
    page.reload()
    line(page, "running|finished")
    assert named(page, "run") == run
    state(page, "train", "finished")
    line(page, "finished")
    for part in ("beta", "convergence", "loss", "accuracy"):
        soon(lambda part=part: traces(page, part), f"{part} is not drawn")
    told = me.ask(f"/api/runs/{run}")
    assert (told["state"], told["step"]) == ("finished", told["config"]["steps"])
    assert told["config"] == me.ask("/api/recipes")[0]["config"]
    reports = me.ask(f"/api/runs/{run}/reports")
    assert [report["index"] for report in reports] == list(range(len(reports)))

    state(waiting, "train", "finished")
    line(waiting, "已完成")
    own = other.ask("/api/runs")
    assert [each["id"] for each in own] == [named(waiting, "run")]
    assert other.context.request.get(f"{app.address}/api/runs/{run}").status == 404
    other.leave()

    weights = me.file(page, f"a[href*='{run}/export?format=weights']")
    tensors = torch.load(io.BytesIO(weights), weights_only=True)
    learned = [value.item() for name, value in tensors.items() if name.endswith("beta")]
    assert learned == pytest.approx([layer[0] for layer in reports[-1]["beta"]], rel=1e-6)
    rows = list(
        csv.DictReader(io.StringIO(me.file(page, "#lab-train [data-format=csv]").decode("utf-8")))
    )
    assert len(rows) == len(reports) * len(reports[-1]["loss"])
    assert json.loads(me.file(page, "#lab-train [data-format=json]"))["reports"] == reports
    repeated(me, run, tmp_path, app, NETWORKS_REPEATED)

    page.locator("[data-share=yes]").click()
    said = page.locator("#lab-train [data-part=said]")
    expect(said).to_contain_text("run=")
    link = re.search(r"http\S+", said.inner_text())[0]
    assert run not in link
    me.leave()
    for _ in range(2):
        reader = person()
        page = reader.open(link)
        state(page, "train", "finished")
        soon(lambda page=page: traces(page, "beta"), "β is not drawn")
        assert page.locator("[data-field], [data-share]").count() == 0
        reader.leave()
        app.restart()  # the second reader comes after it
    page = me.open("?tab=train")
    state(page, "train", "finished")
    shown = page.locator(".train-run[aria-current=true]")
    expect(shown).to_have_attribute("data-run", run)  # the latest, without the address
    assert me.ask(f"/api/runs/{run}") == told | {"share": me.ask(f"/api/runs/{run}")["share"]}
    assert me.ask(f"/api/runs/{run}/reports") == reports


def test_a_typed_formula_is_trained_timed_and_repeated(
    app: App, person: Any, tmp_path: Path
) -> None:
    me = person()
    page = me.open()
    type_formula(page, FORMULA)
    page.locator("#lab-explore [data-hand=train]").click()
    rivals = page.locator("#lab-rivals")
    expect(rivals).to_contain_text("sin(x)")
    fill(page, steps=60, seeds=1)
    page.locator("#lab-beta_starts textarea, #lab-beta_starts input").first.fill("1")
    page.locator("#lab-start").click()
    run = named(page, "run")
    state(page, "train", "finished")
    config = me.ask(f"/api/runs/{run}")["config"]
    formula = next(rival for rival in config["rivals"] if rival.startswith("="))
    assert "sin(x)" in formula
    last = me.ask(f"/api/runs/{run}/reports")[-1]
    networks = len(last["loss"])
    assert all(value is not None for value in last["loss"])
    repeated(me, run, tmp_path, app, networks)

    page.locator("button[data-tab-id=explore]").click()
    page.locator("#lab-explore [data-hand=time]").click()
    typed = page.locator("#lab-time-formula input, #lab-time-formula textarea").first
    expect(typed).to_have_value(re.compile("sin"))
    choose(page, ["2¹²"], {"relu", "silu"})
    page.locator("#lab-time-measure").click()
    timing = named(page, "timing")
    state(page, "time", "finished")
    measured = me.ask(f"/api/timings/{timing}")["measurements"]
    mine = [one for one in measured if "sin(x)" in one["variant"]]
    assert mine and all(one["unavailable"] is None for one in mine), measured
    assert all(one["median_seconds"] > 0 for one in mine)
    bars = bar_count(page)
    assert bars >= 3

    me.leave()
    app.restart()
    page = me.open(f"?tab=train&run={run}")
    state(page, "train", "finished")
    page = me.open(f"?tab=time&timing={timing}")
    state(page, "time", "finished")
    soon(lambda: bar_count(page) == bars, "bars are lost")
    assert me.ask(f"/api/timings/{timing}")["measurements"] == measured


# ---- A table of one's own ----


def spreadsheet(rows: int = 90) -> bytes:
    """A table as a spreadsheet of a country with decimal commas saves it."""
    lines = ["Größe;Gewicht;Art"]
    for k in range(rows):
        size, weight = (k % 7 - 3) / 2, ((k * k) % 11) / 3
        kind = "klein" if size < 0 else '"mittel; groß"'
        lines.append(f"{size:.2f};{weight:.4f};{kind}".replace(".", ","))
    return b"\xef\xbb\xbf" + ("\r\n".join(lines) + "\r\n").encode()


def test_a_spreadsheets_table_becomes_a_trained_network(
    app: App, person: Any, tmp_path: Path
) -> None:
    table = spreadsheet()
    me = person()
    page = me.open("?tab=train")
    expect(page.locator("#lab-start")).to_be_visible()
    recipe(page)
    for group in ("data", "network"):
        page.locator(f"#lab-group-{group} button.label-wrap").click()
    given = {"name": "Maße 2026.csv", "mimeType": "text/csv", "buffer": table}
    page.locator(".train-file input").set_input_files(given)
    expect(page.locator("#lab-csv textarea")).to_have_value(re.compile("Gewicht"))
    for field, option in (("dataset", "Your own table"), ("network", "MLP")):
        page.locator(f"#lab-{field} input").click()
        page.get_by_role("option", name=re.compile(f"^{option}")).first.click()
    fill(page, steps=80, seeds=2)
    page.locator("#lab-start").click()
    run = named(page, "run")
    state(page, "train", "finished")
    last = me.ask(f"/api/runs/{run}/reports")[-1]
    assert min(last["accuracy"]) > 0.8
    repeated(me, run, tmp_path, app, NETWORKS_REPEATED, table)
    shown = page.locator("#lab-train .lab-stat").all_inner_texts()

    me.leave()
    app.restart()
    page = me.open(f"?tab=train&run={run}")
    state(page, "train", "finished")
    stats = page.locator("#lab-train .lab-stat")
    soon(lambda: stats.all_inner_texts() == shown, "the figures changed")
    assert me.ask(f"/api/runs/{run}/reports")[-1] == last


# ---- Time ----


def choose(page: Page, sizes: list[str], variants: set[str]) -> None:
    """Sets elements and implementations as a reader does."""
    page.locator("#lab-time-elements .remove-all").click()
    field = page.locator("#lab-time-elements input")
    field.click()
    for size in sizes:
        page.get_by_role("option", name=size, exact=True).click()
    field.press("Escape")
    for box in page.locator("#lab-time-variants input").all():
        box.set_checked(box.get_attribute("name") in variants)


def bar_count(page: Page) -> int:
    return int(
        page.locator("#lab-time [data-part=bars]").evaluate(
            "node => node.data?.[0]?.x?.length ?? 0"
        )
    )


def shape(value: Any) -> Any:
    """What a JSON value is made of: the fields of objects, what lists hold."""
    if isinstance(value, dict):
        return {name: shape(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def test_time_from_the_button_to_all_bars(app: App, person: Any, tmp_path: Path) -> None:
    me = person()
    page = me.open("?tab=time")
    expect(page.locator("#lab-time [data-part=bars-empty]")).to_be_visible()
    page.locator("#lab-time-measure").click()
    timing = named(page, "timing")
    state(page, "time", "finished")
    told = me.ask(f"/api/timings/{timing}")
    found = {one["variant"]: one for one in told["measurements"]}
    assert found.keys() == set(told["config"]["variants"])
    timed = [name for name, one in found.items() if one["unavailable"] is None]
    assert {"relu", "silu", "swish_eager", "swish_fused_c"} <= set(timed)
    soon(lambda: bar_count(page) == len(timed), "a bar is missing")
    answer = page.locator("#lab-time .time-answer")
    expect(answer).to_contain_text(re.compile("On this host|This timing does not tell"))

    saved = me.file(page, "#lab-time [data-file=json]")
    given = {"name": "mine.json", "mimeType": "application/json", "buffer": saved}
    page.locator("[data-part=beside-pick] input[type=file]").set_input_files(given)
    expect(page.locator("#lab-time [data-part=beside]")).to_contain_text("hatched")
    both = page.locator("#lab-time [data-part=bars]").evaluate(
        "node => [node.data[0], node.data.find(({ name }) => name === 'beside')]"
        ".map(({ x, y }) => Object.fromEntries([...y].map((row, at) => [row, x[at]])))"
    )
    assert both[0] == both[1] and len(both[0]) == len(timed)

    measured = command(
        *("-m", "swishdemo", "time", "--elements", "2^10", "--variants", "relu", "silu"),
        *("--budget-seconds", "0.05", "--format", "json"),
        folder=ROOT,
        app=app,
    )
    told_there, complaint = measured.communicate(timeout=WAIT_MS / 1000)
    assert measured.returncode == 0, complaint
    here, there = (json.loads(text) for text in (saved, told_there))
    for each in (here, there):
        each["measurements"] = [one for one in each["measurements"] if one["variant"] == "silu"]
    assert shape(here) == shape(there)

    me.leave()
    app.restart()
    page = me.open("?tab=time")
    state(page, "time", "finished")
    soon(lambda: bar_count(page) == len(timed), "a bar is lost")
    assert me.ask(f"/api/timings/{timing}") == told


# ---- Claims ----


def claims(me: Person) -> Page:
    page = me.open("?tab=claims")
    page.wait_for_selector("#lab-claims[data-ready], #lab-claims [data-ready]")
    return page


def badges(page: Page) -> dict[str, list[str]]:
    return {
        card.get_attribute("data-claim"): card.locator(".lab-badge").all_inner_texts()
        for card in page.locator(".claims-card").all()
    }


def verdicts(me: Person) -> dict[str, list[tuple[str, str]]]:
    return {
        claim["id"]: [(part["name"], part["verdict"]) for part in claim["parts"]]
        for claim in me.ask("/api/claims")
    }


def checked(me: Person) -> list[object]:
    """How far all checks are: when each part was last checked, and how much of a job is done."""
    told = me.ask("/api/claims")
    moments = [part["checked_at"] for claim in told for part in claim["parts"]]
    asked = urlencode({"claim": [claim["id"] for claim in told]}, doseq=True)
    progress = me.ask(f"/api/claims/progress?{asked}").values()
    return [moments, [each["share"] for each in progress]]


def test_claims_from_check_all_to_the_last_verdict(app: App, person: Any) -> None:
    me, passer_by = person(), person(locale="zh-CN")
    page = claims(me)
    before = verdicts(me)
    page.locator("[data-act=all]").click()
    running = page.locator(".claims-state .lab-bar")
    expect(page.locator("[data-tile][data-busy]").first).to_be_visible()

    def ended(ms: int) -> None:
        verdicts(me)  # all the while
        expect(running).to_have_count(0, timeout=ms)

    verdicts(passer_by)
    wait(page, ended, lambda: checked(me))
    after = verdicts(me)
    assert after.keys() == before.keys()
    for claim in me.ask("/api/claims"):
        for part in claim["parts"]:
            assert part["verdict"] != "not run", part
            if part["kind"] in ("timed", "trained"):
                assert "torch" in part["host"] and part["checked_at"], part
    proved_anew(me, page, "max-slope")
    shown = badges(page)
    proofs = {
        claim["id"]: " ".join(part["proof"] or "" for part in claim["parts"])
        for claim in me.ask("/api/claims/view")
    }
    for card in page.locator(".claims-card").all():
        opened(page, card, proofs[card.get_attribute("data-claim")])
    follow_links(me, page)

    me.leave()
    app.restart()
    assert verdicts(me) == after
    assert badges(claims(me)) == shown
    assert verdicts(passer_by) == after
    page = claims(passer_by)
    page.locator("[data-tile=cost]").click()
    expect(page.locator("#claim-cost .claims-meta").first).to_be_visible()
    expect(page.locator("#claim-cost .claims-meta").first).to_contain_text("torch")


def proved_anew(me: Person, page: Page, claim: str) -> None:
    """A press proves a claim again: its date is new, and its verdict stays."""

    def parts() -> list[dict[str, Any]]:
        return next(each["parts"] for each in me.ask("/api/claims") if each["id"] == claim)

    kept = parts()
    page.locator(f"[data-tile={claim}]").click()
    page.locator(f"#claim-{claim} [data-act=check]").click()
    soon(
        lambda: all(
            new["checked_at"] > old["checked_at"] for new, old in zip(parts(), kept, strict=True)
        ),
        claim,
    )
    assert [part["evidence"] for part in parts()] == [part["evidence"] for part in kept]
    expect(page.locator(f"#claim-{claim} [data-act=check]")).to_be_enabled()


def opened(page: Page, card: Locator, written: str) -> None:
    """A card opens, its evidence is drawn, its proof set, and neither is empty.

    Args:
        page: The tab.
        card: Any of its cards.
        written: The card's proof in Markdown.
    """
    tile = page.locator(f"[data-tile={card.get_attribute('data-claim')}]")
    if tile.get_attribute("aria-expanded") == "false":
        tile.click()
    card.scroll_into_view_if_needed()
    for figure in card.locator("[data-figure]").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator("svg.picture")).to_be_visible()
        expect(figure.locator("svg.picture .line, svg.picture .mark").first).to_be_attached()
    button = card.locator("[data-act=proof]")
    if button.count():
        button.click()
        proof = card.locator("[data-proof]")
        expect(proof.locator("> div").first).to_be_visible()
        if "$" in written:
            expect(proof.locator(".katex").first).to_be_visible()
        assert len(proof.inner_text()) > 40
        assert proof.locator(".katex-error").count() == 0
        assert "$" not in proof.inner_text()


def follow_links(me: Person, page: Page) -> None:
    """Every "Open in …" leads to its tab, which takes what the link says."""
    links = page.locator(".claims-card a.lab-btn[href*='tab=']")
    asked = {link.get_attribute("href") for link in links.all()}
    assert len(asked) >= 5
    there = me.open("?tab=claims")
    for href in sorted(asked):
        there.goto(f"{me.app.address}/{href}")
        tab = re.search(r"tab=(\w+)", href)[1]
        chosen = there.locator(f"#lab-tabs button[data-tab-id={tab}]")
        expect(chosen).to_have_attribute("aria-selected", "true")
        if tab == "explore":
            expect(there.locator("#lab-explore path.js-line").first).to_be_attached()
        elif "=" in href.partition("tab=")[2]:
            state(there, "sweep" if "sweep=" in href else tab, "finished")
        assert there.locator(".lab-banner").count() == 0, href  # a part that the page refused


# ---- By keys alone ----


def focused(page: Page, what: str) -> bool:
    return bool(page.evaluate("what => document.activeElement.matches(what)", what))


def tab_to(page: Page, wanted: str, most: int = 25) -> None:
    """Real Tab presses until what is wanted has the focus, which is never lost on the way."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert not focused(page, "body"), "a stop is nothing"
        if focused(page, wanted):
            return
    raise AssertionError(f"{wanted} is not within {most} stops")


def test_the_main_job_of_each_tab_by_keys_alone(app: App, person: Any) -> None:
    me = person()
    page = me.open()
    expect(page.locator("#lab-explore path.js-line").first).to_be_attached()
    tab_to(page, "#lab-beta")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"beta=1\.\d+"))
    tab_to(page, ".explore-picker input[type=search]")
    page.keyboard.type("softplus")
    page.keyboard.press("Enter")
    soon(lambda: "Softplus" in curves(page), "the rival is not drawn")

    def next_tab(name: str, there: str) -> None:
        page.keyboard.press("Control+Home")
        page.evaluate("document.querySelector('.lab-skip').focus()")
        tab_to(page, "#lab-tabs [role=tab]")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"tab={name}"))
        expect(page.locator(there).first).to_be_visible()

    def begun(tab: str, button: str, kind: str) -> None:
        """A job of that kind, from its button to its end; the keys are at the button still."""
        next_tab(tab, button)
        tab_to(page, button)
        page.keyboard.press("Enter")
        job = named(page, kind)
        state(page, tab, "finished")
        assert me.ask(f"/api/{kind}s/{job}")["state"] == "finished"
        assert focused(page, button)

    begun("train", "#lab-start", "run")
    tab_to(page, "#lab-train [data-part=scrub]", 200)  # a run's replay
    page.keyboard.press("Home")
    expect(page.locator("#lab-train [data-part=live]")).to_be_enabled()

    begun("time", "#lab-time-measure", "timing")

    next_tab("claims", "[data-ready] [data-tile]")
    tab_to(page, "[data-tile]")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    tab_to(page, "[data-act=check]")
    place = page.locator("[data-claim]", has=page.locator("[data-act=check]:focus"))
    claim = place.get_attribute("data-claim")
    before = me.ask(f"/api/claims/{claim}")["parts"][0]["checked_at"]
    page.keyboard.press("Enter")
    soon(lambda: me.ask(f"/api/claims/{claim}")["parts"][0]["checked_at"] != before, claim)
    expect(place.locator("[data-act=check]")).to_be_enabled()
    assert focused(page, "[data-act=check]")
    page.keyboard.press("Escape")
    assert focused(page, f"[data-tile={claim}]")


def test_an_unknown_cookie_is_a_new_visitor(app: App) -> None:
    """Who comes with nothing sees nothing of the others."""
    with httpx.Client(base_url=app.address) as client:
        assert client.get("/api/runs").json() == []
        assert client.get("/api/timings").json() == []
