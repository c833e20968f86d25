"""The app as a Space that lends a GPU: the real package, its device API stood in for on loopback.

The processes of leases are the package's own; the GPU in them is the pretended one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser import launch_options
from playwright.sync_api import Browser, FrameLocator, Page, expect
from serving import serving
from visiting import eventually
from zerogpu.device_api import Stand, standing, token
from zerogpu.front import SHOWN, fronting

SLICE_SECONDS = 0.3
RUN = {"recipe": "beta-convergence", "beta_starts": [0.5, 2.0], "seeds": 2, "rivals": ["relu"]}
LONG = {**RUN, "steps": 5000}
SCRIPT = {"X-Visitor": "a-script-and-no-page", "Accept-Language": "en"}


@dataclass
class Space:
    """A Space under rehearsal.

    Attributes:
        address: Where it is asked without a page.
        stand: The stand-in of the device API.
        log: What the app has written.
        pid: The app's process.
        arguments: Of a Chromium that finds it on huggingface.co.
    """

    address: str
    stand: Stand
    log: Path
    pid: int
    arguments: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **given: Any) -> Any:
        answer = httpx.request(
            method, f"{self.address}/api/{path}", headers=SCRIPT, timeout=60, **given
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    def until(self, run: str, *states: str, kind: str = "runs") -> dict[str, Any]:
        def reached() -> dict[str, Any]:
            job = self.ask("GET", f"{kind}/{run}")
            assert job["state"] in states, job
            return job

        return eventually(reached)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory, pretended_library: Path) -> Iterator[Space]:
    folder = tmp_path_factory.mktemp("space")
    program = ("tests/zerogpu/space.py", str(pretended_library), str(SLICE_SECONDS))
    with standing() as stand, (folder / "log").open("wb") as log:
        environment = {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": stand.address}
        with serving(folder, log=log, program=program, **environment) as (address, process):
            with fronting(address) as arguments:
                yield Space(address, stand, folder / "log", process.pid, arguments)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            workers = [int(pid) for pid in children.read_text("ascii").split()]
    for pid in workers:
        eventually(lambda pid=pid: gone(pid))


def gone(pid: int) -> None:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return
    assert state == "Z"


@pytest.fixture(autouse=True)
def nothing_leaks(space: Space) -> Iterator[None]:
    """After each test every lease is given back, and no fault is left to order."""
    stand = space.stand
    stand.asked.clear()
    yield
    for job in space.ask("GET", "runs"):
        if job["state"] in ("running", "waiting", "paused"):
            space.ask("POST", f"runs/{job['id']}/stop")

    def given_back() -> None:
        assert not stand.leases

    eventually(given_back)
    stand.refuse.clear()


def without_clock(space: Space, run: str) -> list[dict[str, Any]]:
    reports = space.ask("GET", f"runs/{run}/reports")
    left_out = ("device", "elapsed_seconds", "place")
    return [{k: v for k, v in report.items() if k not in left_out} for report in reports]


def agree(found: object, wanted: object) -> None:
    """A GPU adds up in another order than the CPU; but for that the reports are the same."""
    assert type(found) is type(wanted)
    if isinstance(found, dict):
        assert found.keys() == wanted.keys()
        for name in found:
            agree(found[name], wanted[name])
    elif isinstance(found, list):
        assert len(found) == len(wanted)
        for each in zip(found, wanted, strict=True):
            agree(*each)
    elif isinstance(found, float):
        assert found == pytest.approx(wanted, rel=1e-3, abs=1e-5)
    else:
        assert found == wanted


def begin(space: Space, **given: Any) -> dict[str, Any]:
    return space.ask("POST", "runs", json={**RUN, **given})


@pytest.fixture(scope="module")
def on_the_cpu(space: Space) -> list[dict[str, Any]]:
    """The reports of 120 steps that nobody needed a GPU for."""
    here = begin(space, steps=120, device="cpu")
    assert here["placement"] is None
    space.until(here["id"], "finished")
    return without_clock(space, here["id"])


# ---- Without a page ----


def test_the_start_is_reported_and_health_tells_the_runner(space: Space) -> None:
    assert space.stand.reports == 1
    health = space.ask("GET", "health")
    assert (health["runner"], health["device"]) == ("zerogpu", "cuda")


def test_what_a_lease_needs_is_imported_before_it_is_forked(space: Space) -> None:
    mapped = Path(f"/proc/{space.pid}/maps").read_text("utf-8")
    assert "libtorch" in mapped and "sklearn" in mapped


def test_health_tells_the_card_once_a_lease_has_seen_it(space: Space) -> None:
    space.until(begin(space, steps=5)["id"], "finished")  # a process without a lease has seen none
    space.until(begin(space, steps=5, device="cuda")["id"], "finished")
    space.until(begin(space, steps=6)["id"], "finished")
    assert space.ask("GET", "health")["hardware"]["gpu"] == "Pretended T4"


def test_a_run_by_rest_goes_to_the_cpu_and_says_why(space: Space) -> None:
    begun = begin(space, steps=20)
    assert "huggingface.co" in begun["placement"]
    ended = space.until(begun["id"], "finished")
    assert (ended["device"], ended["placement"]) == ("cpu", begun["placement"])
    assert space.stand.asked == []


def test_by_the_spaces_own_time_lease_follows_lease_to_the_same_reports(
    space: Space, on_the_cpu: list[dict[str, Any]]
) -> None:
    own = begin(space, steps=120, device="cuda")
    assert "own time" in own["placement"]
    ended = space.until(own["id"], "finished")
    assert ended["device"] == "cuda"
    agree(without_clock(space, own["id"]), on_the_cpu)
    assert len(space.stand.asked) > 1, "one lease was enough: there was no checkpoint"
    assert all(each["payload"] is None for each in space.stand.asked)
    assert all(int(each["durationSeconds"]) <= 12 for each in space.stand.asked)
    assert not any(space.stand.released)


@pytest.mark.parametrize(
    ("how", "words", "chinese"),
    [
        ("quota", "own time on a GPU is used up", "GPU 时间暂时用完"),
        ("none_free", "No GPU was free", "没有空闲的 GPU"),
        ("too_long", "More seconds were requested", "超过了单个访客"),
        ("queue_failed", "No GPU was free", "没有空闲的 GPU"),
    ],
)
def test_without_a_gpu_a_run_rests_with_the_reason_and_goes_on_on_the_cpu(
    space: Space, how: str, words: str, chinese: str
) -> None:
    space.stand.refuse = [how]
    run = begin(space, steps=30, device="cuda")["id"]
    rests = space.until(run, "paused")
    assert rests["rests"] == "gpu"
    if how != "queue_failed":
        assert words in rests["reason"]
    zh = httpx.get(
        f"{space.address}/api/runs/{run}", headers={**SCRIPT, "Accept-Language": "zh-CN"}
    ).json()
    assert chinese in zh["reason"] or how == "queue_failed"
    space.ask("POST", f"runs/{run}/resume")
    assert space.until(run, "finished")["device"] == "cuda"


def test_a_place_in_the_queue_is_waited_for(space: Space) -> None:
    space.stand.refuse = ["queue"]
    run = begin(space, steps=10, device="cuda")["id"]

    def waits() -> None:
        assert "asked for" in (space.ask("GET", f"runs/{run}")["reason"] or "")

    eventually(waits)
    assert space.until(run, "finished")["reason"] is None


def test_a_lease_that_is_cut_keeps_what_was_reached(
    space: Space, on_the_cpu: list[dict[str, Any]]
) -> None:
    run = begin(space, steps=120, device="cuda")["id"]

    def works() -> None:
        assert space.ask("GET", f"runs/{run}")["reports"] > 2

    eventually(works)
    space.stand.cut()
    rests = space.until(run, "paused")
    assert "taken away" in rests["reason"]
    assert rests["reports"] > 0
    space.stand.leases.clear()  # one may have been granted to the process that was gone
    space.ask("POST", f"runs/{run}/resume")
    space.until(run, "finished")
    agree(without_clock(space, run), on_the_cpu)
    # Between two leases the package meets a closed pipe, and gives nothing back.
    assert space.stand.released.count(True) <= 1
    space.stand.released.clear()


def test_stop_pause_step_and_resume(space: Space) -> None:
    run = begin(space, steps=400, device="cuda")["id"]

    def works() -> None:
        assert space.ask("GET", f"runs/{run}")["reports"] > 2

    eventually(works)
    space.ask("POST", f"runs/{run}/pause")

    def given_back() -> None:
        assert not space.stand.leases

    eventually(given_back)
    paused = space.until(run, "paused")
    assert paused["rests"] is None and paused["reason"] is None
    assert space.ask("GET", f"runs/{run}")["reports"] == paused["reports"]
    space.ask("POST", f"runs/{run}/step")
    stepped = space.until(run, "paused")
    assert stepped["reports"] == paused["reports"] + 1
    space.ask("POST", f"runs/{run}/resume")
    space.until(run, "running")
    stopped = space.ask("POST", f"runs/{run}/stop")
    assert stopped["state"] == "stopped"
    indices = [each["index"] for each in without_clock(space, run)]
    assert indices == list(range(len(indices)))


def test_an_error_in_a_lease_is_told_as_anywhere(space: Space) -> None:
    run = begin(space, steps=40, device="cuda", lr=10, init_scale=10)["id"]
    failed = space.until(run, "failed")
    assert "diverged" in failed["reason"]


def test_a_typed_activation_needs_no_process_of_its_own(space: Space) -> None:
    run = begin(space, steps=20, device="cuda", activation="=x*sigmoid(beta*x)+0*x")["id"]
    assert space.until(run, "finished")["device"] == "cuda"


def test_a_sweep_goes_from_lease_to_lease(space: Space) -> None:
    base = {**RUN, "steps": 25, "device": "cuda"}
    asked = {"base": base, "grid": {"seed": [0, 1, 2]}}
    sweep = space.ask("POST", "sweeps", json=asked)["id"]
    ended = space.until(sweep, "finished", kind="sweeps")
    assert [row["device"] for row in ended["rows"]] == ["cuda"] * 3


def test_a_timing_has_one_lease(space: Space) -> None:
    asked = {"variants": ["silu", "relu"], "elements": [4096], "device": "cuda"}
    timing = space.ask("POST", "timings", json={**asked, "budget_seconds": 0.1})["id"]
    ended = space.until(timing, "finished", kind="timings")
    assert {each["device"] for each in ended["measurements"]} == {"cuda"}
    assert len(space.stand.asked) == 1


@pytest.mark.long  # a run by REST is in the suite
def test_a_timing_by_rest_is_for_the_cpu(space: Space) -> None:
    asked = {"variants": ["silu", "relu"], "elements": [4096], "budget_seconds": 1}
    timing = space.ask("POST", "timings", json=asked)["id"]
    ended = space.until(timing, "finished", kind="timings")
    assert {each["device"] for each in ended["measurements"]} == {"cpu"}
    assert space.stand.asked == []


# ---- With a page, in its frame on huggingface.co ----


@dataclass
class Visitor:
    """Somebody on huggingface.co: the frame of the Space, and the tokens that are given out."""

    page: Page
    frame: FrameLocator
    given: list[str]

    def shown(self, query: str) -> None:
        self.page.goto(f"{SHOWN}?{query}")
        expect(self.frame.locator("#lab-start")).to_be_visible()

    def state(self, *wanted: str) -> None:
        place = self.frame.locator("#lab-train [data-state], #lab-train[data-state]").first
        pattern = re.compile(f"^({'|'.join(wanted)})$")
        expect(place).to_have_attribute("data-state", pattern)

    def text(self) -> str:
        return self.frame.locator("#lab-train").inner_text()

    def soon(self, holds: Callable[[], object]) -> None:
        """Waits until something holds, while the page may still ask for tokens."""
        end = time.monotonic() + 90
        while not holds():
            assert time.monotonic() < end
            self.page.wait_for_timeout(50)

    def line(self) -> str:
        return self.frame.locator("#lab-train [data-part=line]").inner_text()


@pytest.fixture(scope="module")
def browser_on_the_hub(space: Space, playwright: Any) -> Iterator[Browser]:
    options = launch_options(playwright.chromium.executable_path)
    browser = playwright.chromium.launch(
        **{**options, "args": [*options["args"], *space.arguments]}
    )
    yield browser
    browser.close()


@pytest.fixture
def visit_hub(browser_on_the_hub: Browser) -> Iterator[Callable[..., Any]]:
    open_contexts = []

    @contextmanager
    def opened(locale: str = "en", age: float = 0.0) -> Iterator[Visitor]:
        context = browser_on_the_hub.new_context(locale=locale, ignore_https_errors=True)
        open_contexts.append(context)
        given: list[str] = []

        def give() -> str:
            given.append(token("somebody", age if len(given) == 0 else 0.0))
            return given[-1]

        context.expose_function("giveToken", give)
        page = context.new_page()
        yield Visitor(page, page.frame_locator("iframe"), given)

    yield opened
    for context in open_contexts:
        context.close()


def fill_in(visitor: Visitor, steps: int) -> None:
    """A short run of β in the form."""
    visitor.frame.locator("#lab-recipes input[value=beta-convergence]").check(force=True)
    expect(visitor.frame.locator("#lab-beta_starts").locator("input, textarea")).to_have_value(
        re.compile("0.1")
    )
    visitor.frame.locator("#lab-steps input").fill(str(steps))
    visitor.frame.locator("#lab-seeds input").fill("1")


def test_a_visitors_run_goes_from_lease_to_lease_by_tokens_of_the_page_and_rests_without(
    space: Space, visit_hub: Callable[..., Any]
) -> None:
    """Its first token has expired: that is said, and a new one helps."""
    with visit_hub(age=120.0) as visitor:
        visitor.shown("tab=train")
        fill_in(visitor, 30)
        visitor.frame.locator("#lab-start").click()
        visitor.state("paused")
        assert "expired" in visitor.line()
        visitor.frame.locator("[data-wish=resume]").click()
        visitor.state("finished")
        assert "cuda" in visitor.line()
        head = visitor.frame.locator(".lab-host")
        expect(head).to_contain_text("a GPU lent by the second (ZeroGPU)")
        a_sweep_without_a_gpu_asks_for_one_again(space, visitor)
        without_a_page_it_rests_and_goes_on_when_it_is_back(space, visitor)
        asked = space.stand.asked
        assert all(each["payload"]["user"] == "somebody" for each in asked)
        assert len({each["payload"]["once"] for each in asked}) == len(asked)


def a_sweep_without_a_gpu_asks_for_one_again(space: Space, visitor: Visitor) -> None:
    space.stand.refuse = ["none_free"]
    before = len(space.stand.asked)
    visitor.frame.locator("#lab-group-sweep button").first.click()
    visitor.frame.locator("#lab-sweep-grid textarea").fill("depth = 1, 2")
    visitor.frame.locator("#lab-sweep-start").click()
    card = visitor.frame.locator("#lab-sweep")
    expect(card).to_contain_text("No GPU was free")
    card.locator("[data-lent=resume]").click()
    place = card.locator("xpath=descendant-or-self::*[@data-state]").first
    expect(place).to_have_attribute("data-state", "finished")
    assert len(space.stand.asked) > before + 1


def without_a_page_it_rests_and_goes_on_when_it_is_back(space: Space, visitor: Visitor) -> None:
    fill_in(visitor, 5000)
    visitor.frame.locator("#lab-start").click()
    visitor.state("running")
    visitor.soon(lambda: re.search(r"[1-9]\d* / 5000", visitor.text()))
    begun = len(space.stand.asked)
    visitor.soon(lambda: len(space.stand.asked) > begun + 1)
    shown = visitor.page.url
    visitor.page.goto("about:blank")
    before = len(space.stand.asked)
    visitor.soon(lambda: not space.stand.leases)
    visitor.page.wait_for_timeout(5_000 * SLICE_SECONDS)
    rested = len(space.stand.asked)
    assert rested <= before + 1
    visitor.page.goto(shown)
    visitor.state("running")
    visitor.soon(lambda: len(space.stand.asked) > rested)
    visitor.frame.locator("[data-wish=stop]").click()
    visitor.state("stopped")


@pytest.mark.parametrize(
    ("locale", "words", "cpu"),
    [
        ("en", "is used up", "Run it on the CPU"),
        pytest.param("zh-CN", "暂时用完", "改用 CPU 运行", marks=pytest.mark.long),
    ],
)
def test_when_the_quota_is_gone_the_cpu_is_one_press_away(
    space: Space, visit_hub: Callable[..., Any], locale: str, words: str, cpu: str
) -> None:
    """For a run and for a timing; and the address follows, and the language stays."""
    space.stand.refuse = ["quota", "quota"]
    with visit_hub(locale) as visitor:
        visitor.shown("tab=train")
        fill_in(visitor, 30)
        visitor.frame.locator("#lab-start").click()
        button = visitor.frame.locator("[data-wish=cpu]")
        expect(button).to_contain_text(cpu)
        assert words in visitor.line()
        button.click()
        visitor.state("finished")
        assert "cpu" in visitor.line()
        visitor.frame.locator("[role=tab]", has_text=re.compile("Time|计时")).click()
        expect(visitor.page).to_have_url(re.compile("tab=time"))
        visitor.frame.locator("#lab-time-budget input").fill("0.05")
        visitor.frame.locator("#lab-time-variants input:checked").evaluate_all(
            "boxes => boxes.filter((box) => box.name !== 'relu').forEach((box) => box.click())"
        )
        visitor.frame.locator("#lab-time-measure").click()
        status = visitor.frame.locator(".time-status")
        expect(status).to_contain_text(words)
        status.locator("[data-lent=cpu]").click()
        expect(status).to_contain_text(re.compile("Measured in|测量用时"))
        expect(status.locator("[data-lent]")).to_have_count(0)
        visitor.frame.locator("[data-lang=zh]").click()
        expect(visitor.frame.locator("#lab-time-measure")).to_contain_text("测量")
        visitor.page.reload()
        expect(visitor.frame.locator("#lab-time-measure")).to_contain_text("测量")


def test_what_the_app_logs_is_no_traceback(space: Space) -> None:
    said = space.log.read_text("utf-8")
    assert "Traceback" not in said, said[-4000:]
