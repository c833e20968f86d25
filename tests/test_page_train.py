"""The life of a training run in a real browser: started, streamed, stopped, found again, killed."""

import math
import os
import re
import signal
import subprocess
from contextlib import contextmanager
from statistics import mean

import httpx
import pytest
from playwright.sync_api import expect
from visiting import eventually, passed, recipe, trade, two_frames, unexplained

STATE = "#lab-train [data-state]"
LINE = "#lab-train [data-part=line]"
DESK = {"width": 1280, "height": 900}
BETA = "beta-convergence"
LASTS = {"recipe": BETA, "steps": 5000, "seeds": 1, "batch": 1024}
"""A run that is under way as long as a test takes, and reports so seldom that little is drawn."""


@pytest.fixture
def tab(desk, opens, server, request):
    """The Train tab in a language as a test before has left it; where there is none, a new one.

    With a query it is loaded anew, by somebody who has never been here.
    """
    taken = []

    def opened(locale=None, viewport=DESK, query=None):
        kept = desk[f"train in {locale}"]
        page = kept.pop() if kept else None
        if not page or page.is_closed():
            page, query = opens(viewport=viewport, locale=locale), query or ""
        taken.append((kept, page))
        page.bring_to_front()
        page.set_viewport_size(viewport)
        page.wrong = []
        if query is not None:
            page.context.clear_cookies()
            page.goto(f"{server}/?tab=train{query}")
            expect(page.locator("#lab-start")).to_be_visible()
            expect(page.locator(LINE)).not_to_have_text("")
        return page

    yield opened
    for kept, page in taken:
        if request.node.failed:
            page.close()
        else:
            kept.append(page)


@pytest.fixture
def visit(tab, server):
    """Opens the Train tab as a new visitor, and fails on any error that the console shows.

    Where fields of a run are given, the visitor has begun it by REST, and it is shown; one of a few
    steps has ended by then, and is drawn once. A page that was there has its fields' groups as they
    were.
    """
    shown = []

    def visited(query=None, viewport=DESK, locale=None, chosen=BETA, **config):
        page = tab(locale, viewport, query)
        shown.append(page)
        if query is None:
            page.context.clear_cookies()
            page.request.get(f"{server}/api/health")  # makes who asks somebody else
            back(page)
            expect(page.locator("#lab-train [data-state=none]")).to_be_attached()
        if config:
            run = posted(page, server, config)
            if config["steps"] < 100:
                ended(page, server, run)
            listed(page, run)
        if chosen:
            anew(page, chosen)
        return page

    yield visited
    for page in reversed(shown):  # a later one's run may keep the device from an earlier one's
        stop(page)
        # Gradio answers a refused field by 422, which the console tells.
        assert [said for said in page.wrong if "422" not in said] == []


@pytest.fixture
def finished(tab, server):
    """Shows a finished run of some fields, by its name in the list of the page of a test before.

    What is picked there is for a test to leave as it was found.
    """
    shown = []

    def opened(**config):
        if not shown:
            shown.append(tab())
        [page] = shown
        run = posted(page, server, config)
        ended(page, server, run)
        listed(page, run)
        line(page, "finished")
        return page

    yield opened
    assert [page.wrong for page in shown] == [[]] * len(shown)


STOPPED = """async () => {
    const runs = await (await fetch("/api/runs")).json();
    const ended = /finished|stopped|failed/;
    const left = runs.filter(({ state }) => !ended.test(state));
    for (const { id } of left) await fetch(`/api/runs/${id}/stop`, { method: "POST" });
    return left.length === 0;
}"""


def stop(page):
    """Ends what this page's visitor has under way, and waits until it has ended."""

    def ended():
        assert page.evaluate(STOPPED)

    eventually(ended)


def fill(page, name, value):
    page.locator(f"#lab-{name} textarea, #lab-{name} input").first.fill(str(value))


def start(page, **fields):
    for name, value in fields.items():
        fill(page, name, value)
    page.click("#lab-start")


def line(page, text, seconds=180):
    expect(page.locator(LINE)).to_contain_text(text, timeout=1000 * seconds)


def run_of(page):
    page.wait_for_url(re.compile(r"run=[\w-]+"))
    return re.search(r"run=([\w-]+)", page.url)[1]


def traces(page, part):
    """Name → the last drawn value of each named line of a plot."""
    return page.evaluate(
        """part => Object.fromEntries(
             (document.querySelector(`#lab-train [data-part=${part}]`).data ?? [])
             .filter((trace) => trace.name && trace.y.length)
             .map((trace) => [trace.name, trace.y[trace.y.length - 1]]))""",
        part,
    )


def draws(page, part, wanted):
    """The named lines of a plot end, or come to end, at these values."""

    def ends():
        assert list(traces(page, part).values()) == pytest.approx(wanted, rel=1e-4)

    eventually(ends)


def pick(page, name, value):
    page.locator(f"#lab-train select[data-pick={name}]").select_option(value)


def back(page):
    """What a page does when its reader is back: it asks for its run and for the list again."""
    page.evaluate("dispatchEvent(new Event('swish-lab-back'))")


def anew(page, name):
    """Chooses a recipe by its picture, whose settings replace what stands in the fields."""
    recipe(page, "playground-spiral")
    recipe(page, name)


def unfold(page, group):
    """Opens a group of fields that may be open."""
    head = page.locator(f"#lab-group-{group} button.label-wrap")
    if head.get_attribute("aria-expanded") != "true":
        head.click()


def posted(page, server, config):
    """The run that this page's visitor starts by REST."""
    return page.request.post(f"{server}/api/runs", data=config).json()["id"]


def ended(page, server, run):
    """Waits for the end of a run before it is looked at: each report would be drawn."""

    def finished():
        told = page.request.get(f"{server}/api/runs/{run}").json()
        assert told["state"] == "finished"

    eventually(finished)


def listed(page, run):
    """Shows a run that was started by REST, by its name in the list."""
    back(page)
    page.click(f"[data-run='{run}']")
    expect(page.locator(f"[data-run='{run}'][aria-current=true]")).to_be_attached()
    page.wait_for_url(f"**run={run}*")


def reports(page, run=None):
    """All reports of a run; of the one that is shown where none is named."""
    address = f"{page.url.split('?')[0]}api/runs/{run or run_of(page)}/reports"
    # By the page, whose browser asks again where the server has closed a resting connection.
    return page.evaluate("(address) => fetch(address).then((answer) => answer.json())", address)


def test_one_button_trains_and_what_is_drawn_is_what_is_stored(visit):
    page = visit()
    field = page.locator("#lab-rivals input").first
    field.fill("swish@1.50")
    field.press("Enter")
    start(page, steps=4, seeds=2)
    line(page, "finished")
    expect(page.locator("#lab-train .lab-stat b").first).to_have_text("4 / 4")
    last = reports(page)[-1]
    told = page.request.get(f"{page.url.split('?')[0]}api/runs/{run_of(page)}").json()
    config = told["config"]
    assert config["activation"] == "swish" and config["rivals"][-1] == "swish@1.5"
    assert "starts are" in told["sentence"] and "score alike" in told["sentence"]
    expect(page.locator("#lab-train [data-part=sentence]")).to_have_text(told["sentence"])
    for layer in range(2):
        pick(page, "layer", str(layer))
        sizes = [abs(beta) for beta in last["beta"][layer]]
        draws(page, "beta", [sum(sizes[at : at + 2]) / 2 for at in range(0, 12, 2)])
        starts = ["β₀ = 0.1", "β₀ = 0.5", "β₀ = 1", "β₀ = 2", "β₀ = 5", "β₀ = 10"]
        assert list(traces(page, "beta")) == starts
    for part in ("convergence", "conserved", "loss", "accuracy", "layers"):
        assert page.locator(f"#lab-train [data-part={part}] path.js-line").count() >= 1
    guesses = page.locator("#lab-train [data-part=guesses] figure")
    assert guesses.count() == 16
    assert page.locator("#lab-train [data-part=ends] .bars path").count() > 0
    assert unexplained(page) == []
    # Swish is set against itself with a fixed β.
    expect(page.locator("#lab-train [data-part=loss]")).to_contain_text("Swish, β ≡ 1.5")
    looks = page.locator("[data-pick=look] option")
    pick(page, "look", str(looks.count() - 1))
    expect(page.locator("#lab-train [data-part=inputs]")).to_contain_text("f, Swish, β = 1.50")


def test_a_run_is_paused_resumed_and_stopped_and_a_reload_finds_it(visit):
    page = visit(chosen=None, **LASTS)
    line(page, "running on")
    for wish, said, then in (
        ("pause", "paused", "resume"),
        ("resume", "running on", "pause"),
        ("stop", "stopped at step", "again"),
    ):
        page.locator(f"[data-wish={wish}]").press("Enter")
        line(page, said)
        # Who works by keys is at the first of the buttons that stand there now.
        expect(page.locator(f"[data-wish={then}]")).to_be_focused()
    # Without the address too: the latest run is shown.
    page.goto(page.url.split("?")[0] + "?tab=train")
    line(page, "stopped at step")
    assert page.locator(".train-run").count() == 1


@pytest.mark.long
def test_a_killed_worker_is_a_failed_run_with_its_reason_and_the_next_one_works(visit, served):
    page = visit(**LASTS)
    line(page, "running on")
    found = subprocess.run(
        ["pgrep", "-P", str(served[1].pid), "-f", "swishdemo.jobs.worker"],
        capture_output=True,
        text=True,
        check=True,
    )
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    line(page, "failed · ")
    line(page, "SIGKILL")
    start(page, steps=20, seeds=1)
    line(page, "finished")


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.long), "zh-CN"])
def test_a_wrong_link_is_one_sentence_and_no_boxes(visit, language):
    page = visit(query="&run=nonsense", locale=language, chosen=None)
    expect(page.locator(LINE)).to_have_class("lab-error")
    expect(page.locator("#lab-train .train-frame:visible")).to_have_count(0)
    page.wait_for_url(re.compile(r"tab=train(?!.*nonsense)"))
    # A run begun from here is shown as any other.
    start(page, steps=3, seeds=1)
    page.wait_for_url(re.compile("run="))
    expect(page.locator("#lab-train [data-part=loss] path.js-line").first).to_be_visible()


FIRST = {"X-Visitor": "another-visitor-and-no-page"}


@contextmanager
def busy(server):
    """Another visitor, who has no page open; their run keeps the device meanwhile."""
    with httpx.Client(base_url=server, headers=FIRST, timeout=120) as client:
        run = client.post("/api/runs", json=LASTS).json()["id"]
        try:
            yield client
        finally:
            client.post(f"/api/runs/{run}/stop")


def test_a_second_visitor_waits_and_sees_none_of_the_first_ones_runs(visit, server):
    second = visit(locale="zh-CN", chosen=None, steps=10, seeds=1)
    line(second, "已完成")
    plot = second.locator("#lab-train [data-part=beta]")
    expect(plot).to_be_visible()
    with busy(server) as first:
        second.click("[data-wish=again]")
        line(second, "队列中第 1 位")
        assert [each["state"] for each in first.get("/api/runs").json()] == ["running"]
        # What waits shows nothing of the run before.
        expect(plot).to_be_hidden()
        expect(second.locator("#lab-train [data-part=empty-beta]")).to_be_visible()
        rows = second.locator(".train-runs tr")
        cells = rows.evaluate_all(
            """rows => rows.map((row) =>
            [...row.cells].filter((cell) => cell.checkVisibility()).length)"""
        )
        assert cells == [9, 9, 9]  # of the head and of the second's own two
    line(second, "已完成")


TYPED_AT_ONCE = """(group, [id, typed]) => new Promise((done) => {
    new MutationObserver(async (_, observer) => {
        const field = document.querySelector(`#${id} input`);
        if (!field) return;
        observer.disconnect();
        field.select();
        document.execCommand("insertText", false, typed);
        for (const _ of "ten frames") await new Promise(requestAnimationFrame);
        done();
    }).observe(document, { childList: true, subtree: true });
    group.click();
})"""
"""Opens a group and types into one of its fields within the same frame, as on a slow machine."""


def bad_values_are_refused_beside_their_fields(page):
    stood = page.locator(LINE).inner_text()
    for field, value, said in (
        ("steps", "0", "from 1 to 5000"),
        ("weight_decay", "-1", "from 0 to 1"),
        ("seeds", "999", "128"),
        ("beta_starts", "0.1 one", "0.1 1 10"),
        ("beta_starts", "1 " * 59, "β₀, starting values has 59 entries"),
    ):
        place = page.locator(f"#lab-{field}")
        entry = place.locator("input, textarea").first
        expect(entry).not_to_have_value("")
        good = entry.input_value()
        start(page, **{field: value})
        expect(place).to_contain_text(said)
        expect(entry).to_be_in_viewport()
        expect(entry).to_be_focused()
        expect(page.locator(LINE)).to_have_text(stood)
        expect(page.locator("#lab-train [data-part=refused]")).to_have_text("")
        assert page.locator(".train-run").count() == 0
        assert entry.input_value() == value
        fill(page, field, good)
    # That of a closed group is shown.
    group = page.locator("#lab-group-optimisation button.label-wrap")
    rate = page.locator("#lab-lr input")
    group.evaluate(TYPED_AT_ONCE, ["lab-lr", "-1"])
    expect(rate).to_have_value("-1")
    group.click()
    expect(page.locator("#lab-lr")).to_be_hidden()
    page.click("#lab-start")
    expect(page.locator("#lab-lr")).to_contain_text("from 0 to 10")
    expect(page.locator("#lab-lr")).to_be_visible()
    expect(page.locator("#lab-noise")).to_be_hidden()


def test_a_recipe_fills_the_fields_and_bad_values_are_refused_beside_theirs(visit):
    page = visit(query="", chosen=None)
    # It opens on the spiral; the arrow keys go from picture to picture.
    spiral = page.get_by_role("radio", name="The spiral")
    expect(spiral).to_be_checked()
    expect(page.locator("#lab-recipe")).to_be_hidden()
    expect(page.locator("#lab-steps input")).to_have_value("3000")
    spiral.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="β convergence")).to_be_checked()
    expect(page.locator("#lab-seeds input")).to_have_value("6")
    expect(page.locator("#lab-weight_decay input")).to_have_value("0.001")
    page.get_by_role("button", name="More recipes").click()
    page.click("#lab-recipe input")
    page.get_by_role("option", name="β without weight decay").click()
    expect(page.locator("#lab-recipes input:checked")).to_have_count(0)
    expect(page.locator("#lab-weight_decay input")).to_have_value("0")
    expect(page.locator("#lab-seeds input")).to_have_value("3")
    # A menu that is only passed leaves what was typed; the same chosen again puts it back.
    steps, menu = page.locator("#lab-steps input"), page.locator("#lab-recipe input")
    stood = steps.input_value()
    fill(page, "steps", 77)
    passed(page, menu)
    expect(steps).to_have_value("77")
    menu.click()
    page.get_by_role("option", name="β without weight decay").click()
    expect(steps).to_have_value(stood)
    fill(page, "steps", 77)
    menu.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#lab-weight_decay input")).not_to_have_value("0")
    expect(steps).to_have_value(stood)
    bad_values_are_refused_beside_their_fields(page)


def test_a_phone_shows_start_then_what_it_begins_then_the_fields(visit):
    page = visit(viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(each).bounding_box()["y"]
        for each in ("#lab-start", "#lab-train [data-part=line]", "#lab-steps")
    ]
    assert tops == sorted(tops)
    # Where it lies below, what is begun comes in sight.
    page.set_viewport_size({"width": 844, "height": 390})
    # Where there is no hovering; what the mouse of this test hovers over looks as it did.
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    colour = "getComputedStyle(document.querySelector('#lab-start')).backgroundColor"
    assert page.evaluate("matchMedia('(hover: none)').matches")
    plain = page.evaluate(colour)
    status = page.locator("#lab-train [data-part=line]")
    expect(status).not_to_be_in_viewport()
    start(page, steps=3, seeds=1)
    expect(status).to_be_in_viewport()
    line(page, "finished")
    expect(status).to_be_in_viewport()
    page.hover("#lab-start")
    settled = "(each) => Promise.all(each.getAnimations().map(({ finished }) => finished))"
    page.locator("#lab-start").evaluate(settled)
    assert page.evaluate(colour) == plain, "what a finger has touched looks as before"
    touch.detach()


def test_of_which_network_and_what_of_its_beta_is_drawn_can_be_picked(finished):
    page = finished(steps=3, seeds=3, seed=7, rivals=[], beta_starts=[-1, 2])
    menu = page.locator("#lab-train [data-pick=seed] option")
    assert menu.all_inner_texts() == ["mean and range", "seed 7", "seed 8", "seed 9"]
    pick(page, "seed", "2")
    last = reports(page)[-1]
    beta, effective = (
        [last[name][0][place] for place in (1, 4)]  # by start, then by seed
        for name in ("beta", "beta_effective")
    )
    draws(page, "beta", [abs(each) for each in beta])
    page.click("#lab-train [data-value=signed]")
    draws(page, "beta", beta)
    page.click("#lab-train [data-value=effective]")
    draws(page, "beta", effective)
    page.click("#lab-train [data-value=size]")
    pick(page, "seed", "0")


def test_a_beta_that_is_not_learned_has_no_band_to_end_in(finished):
    page = finished(steps=3, seeds=1, rivals=[], beta_starts=[1, 2], beta_scope="fixed")
    expect(page.locator("#lab-train [data-pick=seed]")).to_be_hidden()  # there is one alone
    for part in ("ends", "convergence"):
        expect(page.locator(f"#lab-train [data-part={part}]")).to_be_hidden()
    expect(page.locator("#lab-train .lab-stats")).not_to_contain_text("|β|")
    card = page.locator("#lab-train section", has=page.locator("[data-part=beta]"))
    expect(card.locator("h2")).to_contain_text("β_eff")
    note = page.locator("#lab-train [data-part=beta-note]")
    expect(note).to_contain_text("β is fixed")
    expect(note).not_to_contain_text("Q")
    first = page.locator("#lab-train .train-group").first
    expect(first).to_have_attribute("data-group", "race")
    last = reports(page)[-1]
    draws(page, "beta", last["beta_effective"][0])
    assert 0 < styled(page, "#lab-train [data-part=loss] .main-svg") < 50
    # Of the next run |β| is drawn again: nobody has picked another.
    finished(steps=3, seeds=1, rivals=[], beta_starts=[1, 2])
    expect(page.locator("#lab-train [data-value=size]")).to_have_attribute("aria-pressed", "true")


def styled(page, place):
    """How many elements are styled anew where something comes into a place."""
    session, told, ended = page.context.new_cdp_session(page), [], []
    session.on("Tracing.dataCollected", lambda some: told.extend(some["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    given = {"categories": "-*,devtools.timeline", "transferMode": "ReportEvents"}
    session.send("Tracing.start", given)
    page.locator(place).first.evaluate(
        """(node) => {
            node.append(document.createElementNS("http://www.w3.org/2000/svg", "g"));
            node.getBoundingClientRect();
            node.lastChild.remove();
            node.getBoundingClientRect();
        }"""
    )
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(10)
    session.detach()
    looks = [each["args"] for each in told if each["name"] == "UpdateLayoutTree"]
    return sum(each.get("elementCount", 0) for each in looks)


@pytest.mark.parametrize(
    ("recipe", "first", "by_layer"),
    [
        pytest.param("beta-convergence", "beta", "dead", marks=pytest.mark.long),
        pytest.param("low-init", "layers", "variance", marks=pytest.mark.long),
        ("dying-relu", "layers", "dead"),
        pytest.param("activation-race", "race", "dead", marks=pytest.mark.long),
        pytest.param("playground-spiral", "inside", "dead", marks=pytest.mark.long),
    ],
)
def test_what_a_recipe_says_to_watch_stands_first(finished, recipe, first, by_layer):
    page = finished(recipe=recipe, steps=3, seeds=1)
    expect(page.locator("#lab-train .train-group").first).to_have_attribute("data-group", first)
    expect(page.locator("#lab-train [data-pick=per_layer]")).to_have_value(by_layer)


def test_a_network_whose_beta_is_negative_says_that_its_function_is_mirrored(finished):
    fields = {"dataset": "spiral", "network": "mlp", "steps": 3, "seeds": 1, "rivals": []}
    page = finished(**fields, lr=1e-4, beta_starts=[-1.5, 2])
    note = page.locator("#lab-train [data-part=inputs-note]")
    expect(note).to_contain_text("x minus Swish with β = 1.5")
    pick(page, "look", "1")
    expect(note).to_be_hidden()
    pick(page, "look", "0")


def test_a_plane_shows_the_boundary_and_what_the_units_answer(finished):
    page = finished(steps=3, seeds=1, rivals=[])
    guesses = page.locator("#lab-train [data-part=guesses]")
    expect(guesses.locator("figure")).to_have_count(16)  # of the pictures; points have none
    finished(recipe="playground-spiral", steps=3, seeds=1)
    expect(guesses).to_be_hidden()
    data = "() => document.querySelector('#lab-train [data-part=inside]').data"
    page.wait_for_function(
        f"() => ({data})()?.length === 3"
    )  # the plane, the points of both classes
    heat = page.evaluate(data)[0]
    assert heat["type"] == "heatmap" and len(heat["z"]) == len(heat["x"]) == 32
    units = page.locator("#lab-train [data-part=units] canvas")
    assert units.count() == 8
    painted = """(canvas) => new Set(
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size"""
    assert units.first.evaluate(painted) > 8
    pick(page, "look", "1")

    def another():
        assert page.evaluate(data)[0]["z"] != heat["z"]

    eventually(another)
    pick(page, "look", "0")


def test_the_inputs_of_a_typed_activation_lie_under_its_curve(finished):
    fields = {"dataset": "spiral", "network": "mlp", "steps": 3, "seeds": 1, "rivals": []}
    page = finished(**fields, activation="=x*sigmoid(beta*x)")
    page.wait_for_function(
        "() => document.querySelector('#lab-train [data-part=inputs]').data?.length === 3"
    )
    traces = page.evaluate("document.querySelector('#lab-train [data-part=inputs]').data")
    f = traces[1]
    beta = float(re.search(r"β = ([−\d.]+)", f["name"])[1].replace("−", "-"))
    assert len(f["x"]) == len(traces[2]["y"]) == 241
    for x, y in zip(f["x"], f["y"], strict=True):
        assert y == pytest.approx(x / (1 + math.exp(-beta * x)), abs=0.02)


def test_a_loss_within_a_decade_has_numbers_and_a_zoom_has_others(finished):
    page = finished(steps=5, seeds=1, rivals=[], lr=1e-6)  # the loss stays where it begins
    axis = page.locator("#lab-train [data-part=loss] .ytick text")
    draws(page, "loss", [mean(reports(page)[-1]["loss"])])  # no longer that of the run before
    eventually(lambda: more_than(axis.count(), 1))
    before = axis.all_text_contents()
    page.evaluate(
        """() => {
            const node = document.querySelector("#lab-train [data-part=loss]");
            return Plotly.relayout(node, { "yaxis.range": [0.3, 0.32] }).then(() => true);
        }"""
    )

    def other():
        texts = axis.all_text_contents()
        assert texts != before and len(texts) > 1
        assert all(1.99 < float(text) < 2.1 for text in texts)

    eventually(other)


def more_than(count, least):
    assert count > least


def test_again_repeats_a_run_and_two_can_be_compared(finished, server):
    fields = {"steps": 3, "seeds": 1, "rivals": [], "beta_starts": [1]}
    page = finished(**fields, lr=0.02)
    first = run_of(page)
    page.click("[data-wish=again]")
    page.wait_for_function("(first) => !location.href.includes(first)", arg=first)
    second = run_of(page)
    ended(page, server, second)
    last = [reports(page, run)[-1] for run in (first, second)]
    assert last[0]["loss"] == last[1]["loss"]
    finished(**fields, lr=0.1)
    chosen = [page.locator(f"[data-choose='{run}']") for run in (first, run_of(page))]
    for box in chosen:
        box.check()
    page.click("[data-compare]")
    differs = page.locator(".train-differences")
    expect(differs).to_contain_text("Learning rate")
    expect(differs).not_to_contain_text("Momentum")
    row = differs.locator("tr", has_text="Learning rate").locator("td")
    assert row.all_inner_texts() == ["0.02", "0.1"]
    expect(page.locator("[data-plot=loss] .scatterlayer path.js-line")).to_have_count(2)
    for box in chosen:
        box.uncheck()
    page.click("[data-close]")


@pytest.mark.parametrize("reloaded", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_run_is_replayed_from_its_reports_and_its_network_with_it(finished, reloaded):
    fields = {"recipe": "playground-spiral", "steps": 6, "seeds": 1}
    page = finished(**fields, rivals=["relu"], width=10)
    told = reports(page)
    scrub = page.locator("#lab-train [data-part=scrub]")
    live = page.locator("#lab-train [data-part=live]")

    def shows(at):
        view = [each for each in told[: at + 1 or None] if each["views"]][-1]["views"][0]
        weights = [weight for layer in view["weights"] for unit in layer for weight in unit]
        assert len(weights) == 2 * 8 + 8 * 8 + 8 * 2  # of ten units a layer

        def equal():
            surface = page.evaluate(
                "document.querySelector('#lab-train [data-part=inside]').data[0].z.flat()"
            )
            assert surface == pytest.approx(view["surface"], abs=1e-3)
            drawn = page.locator("#lab-train .train-network path").evaluate_all(
                """all => all.map((line) => [line.classList.contains("train-minus"),
                   Number(line.textContent.replace("−", "-"))])"""
            )
            assert [weight for _, weight in drawn] == pytest.approx(weights, rel=0.01)
            assert [minus for minus, _ in drawn] == [weight < 0 for weight in weights]

        page.locator("#lab-train [data-part=inside]").scroll_into_view_if_needed()
        words = f"step {told[at]['step']} of 6"
        expect(page.locator("#lab-train [data-part=place]")).to_have_text(words)
        expect(page.locator("#lab-train .lab-stat b").first).to_have_text(f"{told[at]['step']} / 6")
        eventually(equal, 30)
        page.locator("#lab-train [data-part=beta]").scroll_into_view_if_needed()
        draws(page, "beta", [abs(told[at]["beta"][0][0])])

    shows(-1)
    expect(live).to_be_disabled()
    expect(page.locator("#lab-train [data-part=not-drawn]")).to_contain_text("first 8")
    assert page.locator("#lab-train .train-network image").count() == 16
    scrub.focus()
    page.keyboard.press("ArrowLeft")
    shows(-2)
    expect(scrub).to_have_attribute("aria-valuetext", "step 5 of 6")
    expect(page.locator("#lab-train [data-part=sentence]")).to_contain_text("Step 5 of 6.")
    live.click()
    shows(-1)
    if reloaded:
        page.reload()
        line(page, "finished")
    scrub.focus()
    page.keyboard.press("Home")
    shows(0)
    play = page.locator("#lab-train [data-part=play]")
    play.click()
    expect(play).to_have_attribute("aria-label", "Pause the replay")
    expect(page.locator("#lab-train [data-part=place]")).to_have_text(re.compile("step [1-9]"))


@pytest.mark.long
def test_a_run_on_points_is_shown_after_one_on_pictures(visit):
    page = visit(steps=5, seeds=1, rivals=[])
    line(page, "finished")
    expect(page.locator("#lab-train [data-part=guesses] figure")).to_have_count(16)
    for name, value in (("dataset", "Two moons"), ("network", "MLP")):
        unfold(page, "data" if name == "dataset" else "network")
        page.click(f"#lab-{name} input")
        page.get_by_role("option", name=re.compile(f"^{value}")).first.click()
    first = run_of(page)
    start(page, steps=20, seeds=1)
    page.wait_for_function("(first) => !location.href.includes(first)", arg=first)
    line(page, "finished")
    expect(page.locator("#lab-train [data-part=units] canvas").first).to_be_visible()
    expect(page.locator("#lab-train [data-part=guesses]")).to_be_hidden()


@pytest.mark.parametrize("steps", [3, pytest.param(60, marks=pytest.mark.long)])
def test_a_table_of_ones_own_is_learned_as_excel_saves_it(visit, server, tmp_path, steps):
    page = visit()
    table = tmp_path / "mine.csv"
    rows = "".join(
        f"{k % 7},5;{(k * 3) % 11};{'high' if k % 7 > 3 else 'low'}\n" for k in range(50)
    )
    text = ("sep=;\na;Größe;kind\n" + rows).replace("\n", "\r\n")
    unfold(page, "data")
    field = page.locator("#lab-csv textarea")
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        table.write_bytes(text.encode(encoding))
        field.fill("")
        page.locator(".train-file input").set_input_files(table)
        expect(field).to_have_value(re.compile("^sep=;\na;Größe;kind\n"))
    page.click("#lab-dataset input")
    page.get_by_role("option", name=re.compile("^Your own table")).first.click()
    start(page, steps=steps, seeds=1)
    line(page, "finished")
    said = re.compile("50 rows, 3 columns; the label “kind” has 2 classes: high, low.* names")
    expect(page.locator("#lab-csv .train-table")).to_have_text(said)
    expect(page.locator("#lab-train [data-part=table]")).to_have_text(said)
    fitted = page.locator("#lab-train [data-part=fitted] li")
    expect(fitted).to_have_text([re.compile("^Network: mlp"), re.compile("^Batch: 40 .* 64")])
    accuracy = float(page.locator("#lab-train .lab-stat b").nth(2).inner_text().split(" ")[0])
    assert accuracy > (0.8 if steps == 60 else 0)
    run = run_of(page)
    page.click("#lab-csv_header input")
    page.get_by_role("option", name="a sample").click()
    page.click("#lab-start")
    expect(page.locator("#lab-csv .validation-error").first).to_contain_text(
        "“a” is not a finite number"
    )
    # What was said of the table before is gone, and no tip covers the reason.
    expect(page.locator("#lab-csv .train-table")).to_be_empty()
    page.locator("#lab-csv textarea").focus()
    expect(page.locator("#lab-csv .info-text")).to_be_hidden()
    # Another run has no table, and this one has it again.
    other = posted(page, server, {"steps": 3, "seeds": 1})
    ended(page, server, other)
    listed(page, other)
    expect(page.locator("#lab-train [data-part=table]")).to_be_hidden()
    listed(page, run)
    line(page, "finished")
    expect(page.locator("#lab-train [data-part=table]")).to_have_text(said)


def test_a_run_is_its_owners_alone_named_shared_and_taken_back(visit, server):
    owner = visit(steps=10, seeds=1)
    line(owner, "finished")
    # Another recipe than the run's is chosen.
    told = owner.locator("#lab-train [data-part=other]")
    expect(told).to_have_text("")
    owner.get_by_role("radio", name="The spiral").check(force=True)
    expect(told).to_contain_text("Start trains “The spiral”")
    expect(told).to_contain_text("your run “β convergence")
    owner.get_by_role("radio", name="β convergence").check(force=True)
    expect(told).to_have_text("")
    run = run_of(owner)
    refused = httpx.get(f"{server}/api/runs/view?run={run}&figures=false", timeout=120)
    assert refused.status_code == 404 and "There is no" in refused.text
    expect(owner.locator(".train-run").first).to_have_text(re.compile(r"^β convergence · .*10"))
    owner.locator("[data-field=name]").fill("Ten steps")
    owner.locator("[data-field=name]").press("Enter")
    expect(owner.locator(".train-run").first).to_have_text("Ten steps")
    assert f"run={run}" in copied(owner)
    expect(owner.locator(".lab-banner")).to_contain_text("private")
    owner.click("[data-share=yes]")
    said = owner.locator("#lab-train [data-part=said]")
    expect(said).to_contain_text("run=")
    link = re.search(r"http\S+", said.inner_text())[0]
    button = owner.locator("[data-share='']").bounding_box()
    assert abs(said.bounding_box()["y"] - button["y"]) < 100
    expect(owner.locator("#lab-train [data-part=what]")).to_have_text("Ten steps")
    line(owner, "finished")
    assert run not in link
    assert link.split("?")[1] in copied(owner)
    mine = owner.context.cookies()
    reader = visit(query=f"&{link.split('tab=train&')[1]}", chosen=None)
    line(reader, "finished")
    assert reader.locator("[data-field], [data-share]").count() == 0
    wishes = reader.locator("[data-wish]")
    assert [each.get_attribute("data-wish") for each in wishes.all()] == ["use"]
    wishes.click()
    expect(reader.locator("#lab-steps input")).to_have_value("10")
    expect(reader.locator("#lab-seeds input")).to_have_value("1")
    expect(reader.locator(".train-about")).to_contain_text("shares this run")
    alone = owner.get_by_role("link", name="Small page").get_attribute("href")
    assert httpx.get(alone, timeout=120).status_code == 200
    theirs = trade(owner, mine)
    owner.bring_to_front()
    owner.click("[data-share='']")
    expect(owner.locator("[data-share=yes]")).to_be_visible()
    assert httpx.get(alone, timeout=120).status_code == 404
    trade(reader, theirs)
    reader.bring_to_front()
    back(reader)
    line(reader, "There is no")


def copied(page):
    """What the head's button puts on the clipboard."""
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.click("[data-copy] >> nth=0")
    expect(page.locator("[data-copy]").first).to_have_text("Copied")
    return page.evaluate("window.copied")


def test_a_deleted_run_can_be_brought_back_while_the_list_streams(visit):
    page = visit(chosen=None, **LASTS)
    line(page, "running")
    run = run_of(page)
    cross, undo = page.locator(f"[data-delete='{run}']"), page.locator("[data-undo]")

    def status():
        return page.evaluate("async run => (await fetch(`/api/runs/${run}`)).status", run)

    # The ten seconds last as long as the test does.
    page.evaluate(
        """() => { const set = window.setTimeout;
           window.setTimeout = (call, after, ...given) =>
             set(call, after === 10000 ? 1e6 : after, ...given); }"""
    )
    cross.focus()
    page.keyboard.press("Enter")
    expect(undo).to_be_focused()
    expect(page.locator("#lab-news")).to_contain_text("Deleted: ")
    assert status() == 200
    page.keyboard.press("Enter")
    expect(page.locator(".train-run")).to_be_focused()
    expect(undo).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    two_frames(page)
    assert status() == 200  # nothing is held any more
    row = page.locator(".train-here")
    html, button = row.inner_html(), cross.element_handle()
    eventually(lambda: changed(row, html))
    assert button.evaluate("node => node.isConnected"), "a press would end beside its button"
    cross.click()
    expect(undo).to_have_count(1)
    # Who leaves the page has meant it.
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    expect(page.locator(".train-run, [data-undo]")).to_have_count(0)
    assert status() == 404


def changed(locator, before):
    assert locator.inner_html() != before
