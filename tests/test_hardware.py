"""What PyTorch finds to compute on: made-up machines, and what becomes of it in page and REST."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import torch
from api_server import ANNA, idle_lab, serving
from test_timing_host import machine
from visiting import eventually

from swishdemo import hardware, host
from swishdemo.errors import UserError
from swishdemo.hardware import Card, Hardware
from swishdemo.jobs.job import Failed
from swishdemo.jobs.kinds import kinds
from swishdemo.jobs.process import HardwareProbe, ProcessRunner
from swishdemo.settings import Settings, SettingsError
from swishdemo.text import LANGUAGES, Sentence
from swishdemo.timing import HostCard, TimingRequest, host_card, host_summary, variants
from swishdemo.timing.presets import PRESETS, adapted, forms_for, request_of
from swishdemo.timing.variants import REGISTRY
from swishdemo.ui.lab import Lab

T4 = SimpleNamespace(name="NVIDIA T4", total_memory=15_835_660_288, major=7, minor=5)
MIG = SimpleNamespace(name="NVIDIA H200 MIG 1g.18gb", total_memory=2**34, major=9, minor=0)
MI300 = SimpleNamespace(
    name="AMD Instinct MI300X", total_memory=2**37, major=9, minor=4, gcnArchName="gfx942:sramecc+"
)
TOO_OLD = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). "
    "Please update your GPU driver by downloading and installing a new version from the URL: "
    "http://www.nvidia.com/Download/index.aspx (Triggered internally at CUDAFunctions.cpp:109.)"
)
BROKEN = (
    "CUDA initialization: Unexpected error from cudaGetDeviceCount(). Did you run some cuda "
    "functions before calling NumCudaDevices() that might have already set an error? Error 802: "
    "system not yet initialized (Triggered internally at ../c10/cuda/CUDAFunctions.cpp:109.)"
)
SAID = ["CUDA initialization: Found no NVIDIA driver on your system. Please check that"]
A_CARD = {"dev/nvidiactl": "", "proc/driver/nvidia/gpus/0000:01/information": "Model: NVIDIA T4"}
TWO = Hardware((Card("NVIDIA T4", 2**34, "sm_75"),) * 2, "CUDA 12.9")
OLD = Sentence("hardware.old_driver", driver="11.4", runtime="CUDA 12.9")


def pretended(*cards, cuda="12.9", hip=None, says=(), fails="", mps=False, xpu=False, begun=False):
    """A module that answers as PyTorch does on another machine."""

    def is_available():
        for each in says:
            warnings.warn(each, stacklevel=1)
        return bool(cards)

    def ones(*_, device):
        assert device == "cuda"
        if fails:
            raise RuntimeError(fails)
        return SimpleNamespace(sum=lambda: SimpleNamespace(item=lambda: 2.0))

    return SimpleNamespace(
        __version__="2.13.0",
        version=SimpleNamespace(cuda=cuda, hip=hip),
        ones=ones,
        cuda=SimpleNamespace(
            is_available=is_available,
            is_initialized=lambda: begun,
            device_count=lambda: len(cards),
            get_device_properties=lambda place: cards[place],
        ),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
        xpu=SimpleNamespace(is_available=lambda: xpu),
    )


@pytest.fixture
def on(monkeypatch, tmp_path):
    """Have the system's files be others."""

    def use(files, torch="2.13.0"):
        root = machine(tmp_path, files)
        for name in ("missing_cuda", "gpu_model", "started_with"):
            usual = getattr(host, name)
            bound = {
                "missing_cuda": lambda usual=usual: usual(root, torch),
                "gpu_model": lambda usual=usual: usual(root),
                "started_with": lambda variable, at=root, usual=usual: usual(variable, root),
            }[name]
            monkeypatch.setattr(host, name, bound)
        monkeypatch.setattr(host, "torch_version", lambda: torch)

    return use


def test_cards_are_as_pytorch_sees_them_and_its_first_has_computed():
    found = hardware.look(pretended(T4, MIG))
    assert found.cards == (
        Card("NVIDIA T4", 15_835_660_288, "sm_75"),
        Card("NVIDIA H200 MIG 1g.18gb", 2**34, "sm_90"),
    )
    assert (found.runtime, found.gap) == ("CUDA 12.9", None)
    assert found.line == "NVIDIA T4, NVIDIA H200 MIG 1g.18gb"
    assert hardware.look(pretended(T4, T4)).line == "2 × NVIDIA T4"
    assert Hardware.from_json(found.as_json()) == found


def test_rocm_is_used_as_cuda_is():
    found = hardware.look(pretended(MI300, cuda=None, hip="7.0"))
    assert (found.runtime, found.cards[0].architecture, found.gap) == ("ROCm 7.0", "gfx942", None)


@pytest.mark.parametrize(
    ("files", "torch", "told"),
    [
        (A_CARD, pretended(says=[TOO_OLD]), "too old: it serves CUDA 11.4.*built for CUDA 12.9"),
        (A_CARD, pretended(says=[BROKEN]), "cannot use the GPU: Unexpected error .* Error 802"),
        (A_CARD, pretended(), "the system shows a GPU, and torch 2.13.0 finds none"),
        (A_CARD, pretended(cuda=None), "torch 2.13.0 is built without CUDA"),
        ({"dev/dxg": ""}, pretended(), "the system shows a GPU"),
        ({}, pretended(says=SAID), "^no CUDA device$"),
        ({}, pretended(mps=True), r"finds Apple Metal \(mps\), which this app does not support"),
        ({}, pretended(cuda=None, xpu=True), r"finds Intel \(xpu\)"),
        (
            {**A_CARD, "proc/self/environ": "CUDA_VISIBLE_DEVICES="},
            pretended(),
            "CUDA_VISIBLE_DEVICES hides every GPU",
        ),
        (
            {**A_CARD, "proc/self/environ": "A=b\0CUDA_VISIBLE_DEVICES=3\0"},
            pretended(),
            "CUDA_VISIBLE_DEVICES is “3”, and PyTorch finds no such card",
        ),
    ],
)
def test_why_there_is_none_is_one_sentence(on, files, torch, told):
    on(files)
    found = hardware.look(torch)
    assert found.cards == () and found.gap is not None
    assert re.search(told, found.gap.sentence("en"))
    for language in LANGUAGES:
        sentence = found.gap.sentence(language)
        assert "{" not in sentence and "\n" not in sentence and len(sentence) < 330
        assert "Triggered" not in sentence
    assert Hardware.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (
            "CUDA error: no kernel image is available for execution on the device\nCUDA kernel",
            "torch 2.13.0 has no code for NVIDIA T4 (sm_75)",
        ),
        (
            "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nCUDA kernel errors",
            "NVIDIA T4 was found but does not compute: CUDA error: CUDA-capable device(s) is/are "
            "busy or unavailable",
        ),
    ],
)
def test_a_card_that_does_not_compute_is_not_used(fails, told):
    found = hardware.look(pretended(T4, fails=fails))
    assert found.gap.sentence() == told and found.line == "NVIDIA T4"


def test_a_gpu_is_not_touched_by_who_only_looks():
    untouched = hardware.look(pretended(T4, fails="touched"), tries=False)
    assert untouched == Hardware(runtime="CUDA 12.9")
    used = hardware.look(pretended(T4, fails="touched", begun=True), tries=False)
    assert (used.line, used.gap) == ("NVIDIA T4", None)
    hardware.tell(TWO)
    assert HostCard.collect(threads=1, found=untouched).gpu == "2 × NVIDIA T4"


def test_a_card_beside_a_pytorch_without_cuda_is_named(on):
    on(A_CARD, "2.13.0+cpu")
    wanted = "torch 2.13.0+cpu is built without CUDA, so NVIDIA T4 is not used"
    assert hardware.missing_cuda().sentence() == wanted
    assert hardware.look(pretended(cuda=None)).gap.sentence() == wanted
    assert "NVIDIA T4 · GPU not used" in host_summary()
    assert HostCard.collect(threads=1).gpu_gap == hardware.missing_cuda().as_json()
    assert hardware.machine()["gpu_gap"] == hardware.missing_cuda().as_json()
    for language in LANGUAGES:
        lines = dict(host_card.lines(HostCard.collect(threads=1), language))
        assert hardware.missing_cuda().sentence(language) in " ".join(lines.values())


def test_of_cards_that_differ_none_is_named_before_pytorch_was_asked(tmp_path):
    files = {
        "proc/driver/nvidia/gpus/0000:01/information": "Model: NVIDIA T4",
        "proc/driver/nvidia/gpus/0000:02/information": "Model: NVIDIA H200",
    }
    assert host.gpu_model(machine(tmp_path / "two", files)) is None
    alike = dict.fromkeys(files, "Model: NVIDIA T4")
    assert host.gpu_model(machine(tmp_path / "alike", alike)) == "NVIDIA T4"
    hidden = {**alike, "proc/self/environ": "CUDA_VISIBLE_DEVICES="}
    assert host.gpu_model(machine(tmp_path / "hidden", hidden)) is None


@pytest.mark.parametrize(
    ("value", "visible", "device", "card"),
    [
        ("auto", None, "auto", ""),
        ("cuda", "2,3", "cuda", ""),
        ("cuda:0", None, "cuda", "0"),
        ("cuda:1", None, "cuda", "1"),
        ("cuda:1", "2, 3", "cuda", "3"),
        ("cuda:0", "MIG-aa,GPU-bb", "cuda", "MIG-aa"),
        ("MIG-11c29e81-e611-50b5-b5ef", "0", "cuda", "MIG-11c29e81-e611-50b5-b5ef"),
        ("GPU-8932f937", None, "cuda", "GPU-8932f937"),
    ],
)
def test_which_card_a_job_uses_is_a_setting(tmp_path, value, visible, device, card):
    environ = {"SWISHDEMO_DEVICE": value, "SWISHDEMO_DATA_DIR": str(tmp_path)}
    read = Settings.read(environ | ({"CUDA_VISIBLE_DEVICES": visible} if visible else {}))
    assert (read.device, read.card) == (device, card)


@pytest.mark.parametrize("visible", ["", "0", "-1"])
def test_a_card_that_is_hidden_is_refused(visible):
    with pytest.raises(SettingsError, match=r"^SWISHDEMO_DEVICE is 'cuda:1'; it must be a card"):
        Settings.read({"SWISHDEMO_DEVICE": "cuda:1", "CUDA_VISIBLE_DEVICES": visible})


def test_a_workers_first_card_is_the_one_that_was_chosen():
    runner = ProcessRunner(Settings(device="cuda", card="MIG-aa"))
    handle = runner.start("fake_work:idle", None)

    def shown() -> list[bytes]:
        variables = Path(f"/proc/{handle.pid}/environ").read_bytes().split(b"\0")
        assert b"HF_HUB_CACHE=" in b"".join(variables)
        return variables

    assert b"CUDA_VISIBLE_DEVICES=MIG-aa" in eventually(shown)
    handle.close()
    runner.close()


def asked(monkeypatch, work):
    """What a server is told where this is what its worker does to find out."""
    monkeypatch.setattr(hardware, "PROBE", f"fake_work:{work}")
    monkeypatch.setattr(host, "missing_cuda", lambda: None)
    runner = ProcessRunner(Settings())
    HardwareProbe(runner).settle()
    runner.close()
    return hardware.told()


def test_a_worker_is_asked_and_this_process_knows(monkeypatch):
    assert hardware.told() is None
    assert asked(monkeypatch, "two_cards") == TWO
    assert hardware.missing_cuda() is None and hardware.gpu_name() == "2 × NVIDIA T4"
    assert "2 × NVIDIA T4 · torch" in host_summary()
    assert TimingRequest.parse({}, Settings()).device == "cuda"


@pytest.mark.parametrize("work", ["no_answer", "no_such_work"])
def test_a_worker_that_does_not_answer_leaves_it_unknown(monkeypatch, work):
    assert asked(monkeypatch, work) is None
    assert "GPU not yet tried" in host_summary("en") and "尚未检测" in host_summary("zh")


def test_pytorch_itself_is_asked_once(monkeypatch):
    runner = ProcessRunner(Settings())
    probe = HardwareProbe(runner)
    probe.begin()
    probe.begin()

    def known() -> Hardware:
        assert hardware.told() is not None
        return hardware.told()

    found = eventually(known)
    assert bool(found.cards) == torch.cuda.is_available()
    assert (found.gap is None) == torch.cuda.is_available()
    monkeypatch.setattr(runner, "start", None)  # who knows asks no more
    HardwareProbe(runner).begin()
    runner.close()


def test_health_tells_what_is_known_and_then_what_was_found(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "missing_cuda", lambda: None)
    monkeypatch.setattr(host, "gpu_model", lambda: None)
    with serving(idle_lab(tmp_path)) as address:

        def told(tongue: str = "en"):
            return httpx.get(f"{address}/api/health", headers={"accept-language": tongue}).json()

        before = told()
        assert (before["device"], before["hardware"]["asked"]) == ("cuda", False)
        assert before["hardware"]["cards"] == [] and before["hardware"]["why_unused"] is None
        hardware.tell(TWO)
        known = told()["hardware"]
        assert known["asked"] and known["gpu"] == "2 × NVIDIA T4"
        assert known["runtime"] == "CUDA 12.9" and known["why_unused"] is None
        assert known["cards"][0] == {
            "name": "NVIDIA T4", "memory_bytes": 2**34, "architecture": "sm_75",
        }  # fmt: skip
        hardware.tell(Hardware(runtime="CUDA 12.9", gap=OLD))
        for tongue in LANGUAGES:
            after = told(tongue)
            assert after["device"] == "cpu"
            assert after["hardware"]["why_unused"] == OLD.sentence(tongue)
        # Who asks for it all the same is told why not, and who leaves it open gets the CPU.
        for kind, field in (("timings", {"elements": [1024]}), ("runs", {"steps": 5})):
            refused = httpx.post(
                f"{address}/api/{kind}", json={**field, "device": "cuda"}, headers=ANNA
            )
            assert refused.status_code == 422 and "driver is too old" in refused.text, kind
        asked = {"json": {"elements": [1024]}, "headers": ANNA}
        begun = httpx.post(f"{address}/api/timings", **asked).json()["id"]
        job = httpx.get(f"{address}/api/timings/{begun}", headers=ANNA).json()
        assert job["config"]["device"] == "cpu"
        run = httpx.post(f"{address}/api/runs", json={"steps": 5}, headers=ANNA).json()["id"]
        noted = httpx.get(f"{address}/api/runs/{run}", headers=ANNA).json()["host"]
        assert Sentence.from_json(noted["gpu_gap"]) == OLD


def test_a_server_that_is_to_use_a_gpu_does_not_start_without(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "PROBE", "fake_work:an_old_driver")
    monkeypatch.setattr(host, "missing_cuda", lambda: None)
    wanted = "SWISHDEMO_DEVICE is 'cuda'; it must be auto or cpu on this host: the GPU's driver is"
    with pytest.raises(SettingsError, match=wanted):
        Lab.open(Settings(data_dir=tmp_path, device="cuda"))
    lab = Lab.open(Settings(data_dir=tmp_path))
    assert "GPU not used" in host_summary(settings=lab.settings)
    lab.close()


def test_a_gpu_that_the_settings_leave_alone_is_said_to_be():
    hardware.tell(TWO)
    server = Settings(device="cpu")
    assert hardware.unused(server).sentence() == "this server is set to use “cpu” alone"
    assert "2 × NVIDIA T4 · GPU not used" in host_summary(settings=server)
    hardware.tell(Hardware(gap=Sentence(hardware.NO_CUDA)))
    assert hardware.unused(server) is None
    assert "no GPU" in host_summary(settings=server)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_asks_a_gpu_for_the_forms_that_are_made_for_it(monkeypatch, name):
    monkeypatch.setattr(variants, "missing_compiler", lambda device: None)
    hardware.tell(TWO)
    server = Settings()
    here, there = request_of(name, server, "cpu"), request_of(name, server)
    request = TimingRequest.parse(there, server)
    assert request.device == "cuda" and TimingRequest.parse(here, server).device == "cpu"
    for each in request.variants:
        assert REGISTRY.get(each).unavailable_reason("cuda") is None, each
    assert set(here["variants"]) - set(there["variants"]) <= {"swish_fused_c"}
    if "swish_fused_c" in here["variants"]:
        assert {"swish_triton", "parametric_compiled", "silu"} <= set(there["variants"])
    # Where nothing can be compiled for it, PyTorch's own are left.
    monkeypatch.setattr(variants, "missing_compiler", lambda device: OLD)
    left = request_of(name, server)["variants"]
    assert "relu" in left and not any(REGISTRY.get(each).compiled for each in left)


def test_what_is_chosen_follows_the_device(monkeypatch):
    monkeypatch.setattr(variants, "missing_compiler", lambda device: None)
    quick = PRESETS["quick"]["variants"]
    there, both = forms_for(quick, "cuda"), forms_for(quick, "both")
    assert set(both) == set(quick) | set(there)
    for now in (quick, there, both):
        for device, wanted in (("cpu", quick), ("cuda", there), ("both", both)):
            assert adapted(now, device) == list(wanted)
    own = ["relu", "swish_fused_c"]
    assert adapted(own, "cuda") == ["relu", "swish_triton"]
    assert adapted(["relu", "swish_triton"], "cpu") == own
    assert adapted(own, "both") == ["relu", "swish_fused_c", "swish_triton"]
    assert adapted(["=x*tanh(x)", "relu"], "cuda") == ["=x*tanh(x)", "relu"]


def test_the_page_times_both_and_lays_them_into_one_picture(tmp_path, monkeypatch):
    from swishdemo.timing import presets
    from swishdemo.ui import time

    monkeypatch.setattr(variants, "missing_compiler", lambda device: None)
    hardware.tell(TWO)
    lab = idle_lab(tmp_path)
    given = {**presets.DEFAULT, "threads": 1.0, "device": "both", "formula": ""}
    given["variants"] = forms_for(PRESETS["article"]["variants"], "both")
    cpu, gpu = time.requests_of(given, lab.settings)
    assert (cpu.device, gpu.device) == ("cpu", "cuda")
    assert "swish_fused_c" in cpu.variants and "swish_triton" not in cpu.variants
    assert "swish_triton" in gpu.variants and "swish_fused_c" not in gpu.variants
    assert cpu.replace(device="", variants=()) == gpu.replace(device="", variants=())
    first, second = time.begun(lab, [cpu, gpu], "anna-anna-anna-anna")
    assert lab.manager.get(first).config["device"] == "cpu"
    assert lab.manager.get(second).config["device"] == "cuda"
    lab.close()


def test_of_two_timings_both_begin_or_none(tmp_path):
    from swishdemo.ui import time

    lab = idle_lab(tmp_path, max_active=1)
    request = TimingRequest.parse({"elements": [1024]}, lab.settings)
    monkey = [request, replace_device(request)]
    with pytest.raises(UserError):
        time.begun(lab, [*monkey, *monkey], "anna-anna-anna-anna")
    assert lab.manager.list("anna-anna-anna-anna") == []
    lab.close()


def replace_device(request: TimingRequest) -> TimingRequest:
    return request.replace(device="cuda")


def test_a_stored_gap_is_told_and_a_damaged_one_is_not():
    card = HostCard.collect(threads=1)
    noted = replace(card, gpu="NVIDIA T4", gpu_gap=OLD.as_json())
    for language in LANGUAGES:
        assert OLD.sentence(language) in dict(host_card.lines(noted, language))["GPU"]
    damaged = replace(noted, gpu_gap={"torch": 3})
    assert dict(host_card.lines(damaged))["GPU"].startswith("NVIDIA T4")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_worker_without_a_gpu_fails_what_demands_one_with_the_reason(monkeypatch):
    """The web process believes that there is one: the worker knows better."""
    monkeypatch.setattr(host, "missing_cuda", lambda: None)
    runner = ProcessRunner(Settings())
    for kind, asked in {
        "run": {"steps": 2, "device": "cuda"},
        "sweep": {"base": {"steps": 2, "device": "cuda"}, "grid": {"depth": [1, 2]}},
        "timing": {"elements": [1024], "device": "cuda"},
    }.items():
        hardware.tell(TWO)
        chosen = kinds()[kind]
        handle = runner.start(chosen.work, chosen.parse(asked, Settings()))
        message = None
        while not isinstance(message, Failed):
            message = handle.receive(60)
        handle.close()
        assert message.reason.key == "hardware.refused", kind
        assert (
            message.reason.sentence()
            == "device “cuda” cannot be used: no CUDA device. Choose auto or cpu."
        ), kind
    runner.close()


def test_a_gpu_that_is_lent_is_asked_for_no_torch_compile(monkeypatch):
    monkeypatch.setattr(host, "lends_gpu", lambda: True)
    monkeypatch.setattr(variants, "missing_compiler", lambda device: None)
    lent = request_of("article", Settings(), "cuda")["variants"]
    assert "swish_triton" in lent and "parametric_compiled" not in lent
    reason = REGISTRY.get("parametric_compiled").unavailable_reason("cuda")
    assert reason.sentence() == "torch.compile does not run on a lent GPU"
    assert REGISTRY.get("parametric_compiled").unavailable_reason("cpu") is None
