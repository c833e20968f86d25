"""The page on a machine that has a GPU, in a browser; its figures are made up."""

import re
from dataclasses import replace

import fake_gpu_work
import pytest
from browser import free_port
from playwright.sync_api import expect
from visiting import leave

from swishdemo import hardware
from swishdemo.api.application import page_middleware
from swishdemo.jobs.kinds import kinds
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.process import ProcessRunner
from swishdemo.jobs.store import Store
from swishdemo.settings import Settings
from swishdemo.ui import page as pages
from swishdemo.ui.lab import Lab
from swishdemo.ui.page import launch

SOON = 120_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    hardware.tell(fake_gpu_work.FOUND)
    tmp_path = tmp_path_factory.mktemp("store")
    settings = Settings(server_port=free_port(), data_dir=tmp_path)
    known = kinds()
    known["timing"] = replace(known["timing"], work="fake_gpu_work:measure")
    manager = JobManager(settings, Store(tmp_path), ProcessRunner(settings), known=known)
    lab = Lab(settings, manager, None)
    demo = pages.build(lab, ("time",))
    launch(demo, settings, middleware=page_middleware(lab))
    yield f"http://127.0.0.1:{settings.server_port}"
    demo.close()
    manager.close()


def chosen(page):
    boxes = page.locator("#lab-time-variants input:checked").all()
    return {box.get_attribute("name") for box in boxes}


def test_the_cpu_and_the_gpu_stand_side_by_side_in_one_picture(server, opens):
    page = opens(viewport={"width": 1280, "height": 720})
    page.goto(f"{server}/?lang=en")
    expect(page.locator(".lab-host")).to_contain_text("2 × NVIDIA T4", timeout=SOON)
    device = page.locator("#lab-time-device")
    expect(device.locator("label")).to_have_count(4)
    expect(device.locator("input[value=auto]")).to_be_checked()
    assert "swish_fused_c" not in chosen(page), "nothing that is a CPU's alone"
    device.locator("label").filter(has_text="CPU").click()
    fused = page.locator("#lab-time-variants input[name=swish_fused_c]")
    expect(fused).to_be_checked()
    device.locator("label").filter(has_text="both").click()
    expect(fused).to_be_checked()

    page.locator("#lab-time-measure").click()
    expect(page).to_have_url(re.compile("timing="), timeout=SOON)
    beside = page.locator("#lab-time .time-beside, #lab-time [data-part=beside]").first
    expect(beside).to_contain_text("CPU", timeout=SOON)
    expect(page.locator("#lab-time [data-part=rows] tr").first).to_be_visible()
    bars = page.locator("#lab-time [data-part=bars]")
    expect(bars.locator(".main-svg").first).to_be_visible(timeout=SOON)
    page.wait_for_function(
        "() => document.querySelector('#lab-time [data-part=bars]')"
        ".data?.some(({name}) => name === 'beside')"
    )
    hatched = bars.evaluate("node => node.data.find(({name}) => name === 'beside').x.length")
    assert hatched > 5
    answer = page.request.get(f"{server}/api/timings").json()
    newest = {each["id"]: each["config"]["device"] for each in answer}
    shown = re.search(r"timing=([\w-]+)", page.url)[1]
    assert newest[shown] == "cuda" and sorted(newest.values()) == ["cpu", "cuda"]
    leave(page)
