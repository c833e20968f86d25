"""Claims on cost and memory where there is a GPU: a line of its own for each device."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from api_server import idle_lab
from test_claims_measured import measurement
from test_hardware import TWO

from swishdemo import hardware, host
from swishdemo.claims import CLAIMS, Measured, get
from swishdemo.claims.cost import Timed, on_each_device
from swishdemo.claims.evaluate import ClaimEvaluator, purposes
from swishdemo.hardware import Hardware
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Sentence
from swishdemo.timing import TimingRequest
from swishdemo.training.sweep import SweepRequest

TIMED = [claim for claim in CLAIMS if any(isinstance(part, Timed) for part in claim.parts)]


@pytest.fixture
def gpu():
    hardware.tell(TWO)


@pytest.mark.parametrize("claim", TIMED, ids=lambda claim: claim.id)
def test_what_is_timed_has_a_line_for_each_device(gpu, claim):
    both = on_each_device(claim, Settings())
    timed = [part for part in claim.parts if isinstance(part, Timed)]
    assert len(both.parts) == len(claim.parts) + len(timed)
    for part in timed:
        there = both.part(f"{part.name}-gpu")
        assert both.part(part.name) == part
        assert both.parts.index(there) == both.parts.index(part) + 1
        for each, device in ((part, "cpu"), (there, "cuda")):
            assert TimingRequest.parse(each.request(Settings()), Settings()).device == device
        for language in LANGUAGES:
            label = both.label(there.name, language)
            assert "GPU" in label and both.label(part.name, language) in label
    # Each device has jobs of its own, shared by the parts that one job decides.
    before, after = purposes(claim), purposes(both)
    assert set(before) < set(after)
    for purpose, part in after.items():
        assert isinstance(part, Measured)
        assert purpose.endswith("-gpu") == (getattr(part, "device", "cpu") == "cuda")
    for language in LANGUAGES:
        assert both.statement(language) == claim.statement(language)


def test_mixed_precision_is_trained_on_each_device(gpu):
    both = on_each_device(get("amp"), Settings())
    assert [part.name for part in both.parts] == ["time", "time-gpu", "accuracy", "accuracy-gpu"]
    for part in both.parts:
        request = SweepRequest.parse(part.request(Settings()), Settings())
        on_gpu = part.name.endswith("-gpu")
        assert request.base.device == ("cuda" if on_gpu else "auto")
        assert part.job == ("amp-gpu" if on_gpu else "amp")
    assert "GPU" in both.label("accuracy-gpu", "en") and "GPU" in both.label("time-gpu", "zh")


@pytest.mark.parametrize("name", ["kernel", "layer", "step"])
def test_each_line_is_judged_by_its_own_devices_figures(gpu, name):
    def figures(extra, device):
        told = [
            measurement("relu", 1e-3, context=name),
            measurement("silu", 1e-3 * (1 + extra), context=name),
        ]
        return [{**each, "device": device} for each in json.loads(json.dumps(told))]

    claim = on_each_device(get("cost"), Settings())
    here, there = claim.part(name), claim.part(f"{name}-gpu")
    stored = [*figures(0.8, "cpu"), *figures(0.15, "cuda")]
    assert here.judge(here.evidence({}, stored)).verdict == "refuted"
    assert there.judge(there.evidence({}, stored)).verdict == "confirmed"
    assert there.evidence({}, figures(0.8, "cpu")) is None
    assert here.evidence({}, figures(0.15, "cuda")) is None


def test_a_server_that_uses_its_gpu_alone_has_that_line_alone(gpu):
    server = Settings(device="cuda")
    for claim in TIMED:
        there = on_each_device(claim, server)
        assert [part.name for part in there.parts] == [part.name for part in claim.parts]
        assert set(purposes(there)).isdisjoint(
            purpose for purpose, part in purposes(claim).items() if isinstance(part, Timed)
        )
        for part in there.parts:
            if isinstance(part, Timed):
                assert TimingRequest.parse(part.request(server), server).device == "cuda"
        assert there.statement("en") == claim.statement("en")


def test_where_no_gpu_is_used_nothing_changes():
    for found, server in (
        (TWO, Settings(device="cpu")),
        (Hardware(gap=Sentence(hardware.NO_CUDA)), Settings()),
    ):
        hardware.tell(found)
        assert [on_each_device(claim, server) for claim in CLAIMS] == list(CLAIMS)
        for claim in TIMED:
            for part in claim.parts:
                if isinstance(part, Timed):
                    assert part.request(server)["device"] == "cpu"


def test_what_is_lent_to_visitors_is_no_device_of_the_servers(gpu, monkeypatch):
    monkeypatch.setattr(host, "lends_gpu", lambda: True)
    assert [on_each_device(claim, Settings()) for claim in CLAIMS] == list(CLAIMS)


def test_the_page_and_rest_have_the_lines_and_a_check_asks_for_each_device(gpu, tmp_path):
    from swishdemo.ui.claims import stated

    lab = idle_lab(tmp_path)
    lab = replace(lab, claims=ClaimEvaluator(lab.manager))
    told = {each["id"]: each for each in stated(lab.claims.claims)}
    assert told["memory"]["parts"] == 4 and told["cost"]["parts"] == 6
    card = lab.claims.card("memory", "en")
    assert [part["label"] for part in card["parts"]] == [
        "bytes",
        "bytes, on the GPU",
        "its cost in time",
        "its cost in time, on the GPU",
    ]
    _, jobs = lab.claims.check("memory", "anna-anna-anna-anna")
    assert [job.config["device"] for job in jobs] == ["cpu", "cuda"]
    lab.close()
