"""The host card, read from made-up machines and from this one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swishdemo import host as hw
from swishdemo.host import host
from swishdemo.text import LANGUAGES
from swishdemo.timing import HostCard, host_card, host_summary
from swishdemo.timing import host_card as timing_host


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def test_an_x86_machine_in_a_container(tmp_path):
    root = machine(
        tmp_path,
        {
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) CPU E5 @ 2.2GHz\n"
            "flags\t\t: fpu sse4_2 avx2 fma avx512f\n\nmodel name\t: other\n",
            "proc/meminfo": "MemTotal: 1000 kB\nMemAvailable:   600 kB\n",
            "proc/loadavg": "1.25 0.06 0.05 3/98 6669\n",
            "proc/stat": "cpu  100 10 20 5000 7 1 2 3 0 0\ncpu0 1 2 3\n",
            "proc/self/environ": "A=b\0GLIBC_TUNABLES=glibc.a=1:glibc.b=2\0glib=0\0",
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/memory.max": "512000\n",
            "sys/fs/cgroup/memory.current": "12000\n",
            "sys/devices/system/cpu/cpu0/cache/index0/level": "1\n",
            "sys/devices/system/cpu/cpu0/cache/index0/type": "Data\n",
            "sys/devices/system/cpu/cpu0/cache/index0/size": "48K\n",
            "sys/devices/system/cpu/cpu0/cache/index1/level": "1\n",
            "sys/devices/system/cpu/cpu0/cache/index1/type": "Instruction\n",
            "sys/devices/system/cpu/cpu0/cache/index1/size": "32K\n",
            "sys/devices/system/cpu/cpu0/cache/index3/level": "3\n",
            "sys/devices/system/cpu/cpu0/cache/index3/type": "Unified\n",
            "sys/devices/system/cpu/cpu0/cache/index3/size": "480M\n",
            "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  "
            "535.104.05  Sat Aug 19 2023\n",
            "proc/driver/nvidia/gpus/0000:01/information": "Model: \t\t NVIDIA T4\nIRQ: 1\n",
        },
    )
    assert hw.cpu_model(root) == "Intel Xeon E5 @ 2.2GHz"
    assert hw.simd_flags(root) == ("sse4_2", "avx2", "fma", "avx512f")
    assert hw.caches_bytes(root) == {"L1d": 48 * 1024, "L3": 480 * 2**20}
    assert hw.memory_bytes(root) == 1_024_000
    assert hw.container_cpus(root) == 1.5
    assert hw.container_memory_bytes(root) == 512_000
    assert hw.available_memory_bytes(root) == 500_000
    assert hw.allocator(root) == "glibc.a=1:glibc.b=2"
    assert hw.load_average(root) == 1.25
    assert hw.busy_seconds(root) == pytest.approx(136 / os.sysconf("SC_CLK_TCK"))
    assert (hw.gpu_model(root), hw.gpu_driver(root)) == ("NVIDIA T4", "535.104.05")


def test_an_open_kernel_module_and_an_older_control_group(tmp_path):
    root = machine(
        tmp_path,
        {
            "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64"
            "  550.54.15  Release Build\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "3000\n",
            # As the C library leaves it after cutting the list in place.
            "proc/self/environ": "GLIBC_TUNABLES=glibc.a=1\0glibc.b=2\0HOME=/\0",
        },
    )
    assert hw.gpu_driver(root) == "550.54.15"
    assert (hw.container_cpus(root), hw.container_memory_bytes(root)) == (2.0, 2000)
    assert hw.available_memory_bytes(root) == 0
    assert hw.allocator(root) == "glibc.a=1:glibc.b=2"


def test_no_limits(tmp_path):
    root = machine(
        tmp_path,
        {
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/memory.max": "max\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "proc/self/environ": "GLIBC_TUNABLES=\0",
        },
    )
    assert hw.container_cpus(root) is None
    assert hw.container_memory_bytes(root) is None
    assert hw.allocator(root) is None


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "50000 100000"}, 0.5),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "max"}, None),
        ({"cpu.max": "0 0"}, None),
        ({"cpu.max": "junk"}, None),
        # A service, which sees the groups around its own, the strictest of which counts.
        ({"system.slice/lab.service/cpu.max": "400000 200000"}, 2.0),
        ({"system.slice/cpu.max": "100000 100000", "system.slice/lab.service/cpu.max": "max"}, 1.0),
        ({"cpu.max": "300000 100000", "system.slice/cpu.max": "400000 100000"}, 3.0),
        ({"other.slice/cpu.max": "100000 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "20000", "cpu/cpu.cfs_period_us": "100000"}, 0.2),
        ({"cpu/docker/a/cpu.cfs_quota_us": "90000", "cpu/docker/a/cpu.cfs_period_us": "30000"}, 3),
    ],
)
def test_cores_are_those_of_the_strictest_control_group(tmp_path, monkeypatch, files, cpus):
    groups = "0::/system.slice/lab.service\n4:cpu,cpuacct:/docker/a\n3:memory:/docker/b\n"
    root = machine(tmp_path, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    machine(root, {"proc/self/cgroup": groups})
    assert hw.container_cpus(root) == cpus
    for cores in (1, 2, 64):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: range(cores))
        assert hw.usable_cores(root) == (cores if cpus is None else max(1, min(cores, int(cpus))))


def test_a_group_outside_of_what_the_container_sees_is_not_looked_for(tmp_path):
    files = {"proc/self/cgroup": "0::/../../init.scope\n", "sys/fs/cgroup/cpu.max": "100000 50000"}
    assert hw.container_cpus(machine(tmp_path, files)) == 2.0


def test_memory_is_that_of_the_strictest_control_group(tmp_path):
    files = {
        "proc/self/cgroup": "0::/a/b\n",
        "proc/meminfo": "MemAvailable: 90 kB\n",
        "sys/fs/cgroup/a/memory.max": "5000",
        "sys/fs/cgroup/a/memory.current": "4000",
        "sys/fs/cgroup/a/b/memory.max": "3000",
        "sys/fs/cgroup/a/b/memory.current": "100",
    }
    root = machine(tmp_path, files)
    assert hw.container_memory_bytes(root) == 3000
    assert hw.available_memory_bytes(root) == 1000


@pytest.mark.parametrize(
    ("files", "torch", "gap"),
    [
        ({}, "2.13.0", "no_cuda"),
        ({"dev/nvidiactl": ""}, "2.13.0", None),
        ({"dev/nvidiactl": ""}, "2.13.0+cu129", None),
        ({"dev/nvidiactl": ""}, "2.13.0+cpu", "no_cuda_build"),
        ({"dev/dxg": ""}, "2.13.0", None),  # Windows beneath: no folder of the driver's
        ({"dev/kfd": ""}, "2.13.0+rocm7.0", None),
        ({"proc/driver/nvidia/gpus/0000:01/information": "Model: NVIDIA T4"}, "2.13.0", None),
        (
            {"dev/nvidia0": "", "proc/self/environ": "A=b\0CUDA_VISIBLE_DEVICES=\0C=d"},
            "2",
            "cuda_hidden",
        ),
        ({"dev/nvidia0": "", "proc/self/environ": "CUDA_VISIBLE_DEVICES=-1"}, "2", "cuda_hidden"),
        ({"dev/nvidia0": "", "proc/self/environ": "CUDA_VISIBLE_DEVICES=1"}, "2", None),
    ],
)
def test_whether_cuda_is_missing_is_told_without_pytorch(tmp_path, files, torch, gap):
    assert hw.missing_cuda(machine(tmp_path, files), torch) == gap


def test_a_machine_that_tells_nothing(tmp_path):
    assert hw.cpu_model(tmp_path) == "unknown CPU"
    assert (hw.simd_flags(tmp_path), hw.caches_bytes(tmp_path)) == ((), {})
    for ask in (
        *(hw.memory_bytes, hw.available_memory_bytes, hw.container_cpus, hw.gpu_model),
        *(hw.container_memory_bytes, hw.allocator, hw.load_average, hw.busy_seconds),
        hw.gpu_driver,
    ):
        assert ask(tmp_path) is None


def test_the_card_of_this_machine_is_json_and_comes_back():
    card = HostCard.collect(threads=1, torch_simd="AVX2")
    assert 1 <= card.cores <= (os.cpu_count() or 1)
    assert card.memory_bytes and card.available_memory_bytes
    assert 0 < card.available_memory_bytes <= card.memory_bytes
    record = json.loads(json.dumps(card.as_json(), allow_nan=False))
    assert HostCard.from_json(record) == card


def test_a_runs_host_and_a_timings_read_as_one():
    run, timing = (
        HostCard.from_json(host()),
        HostCard.from_json(HostCard.collect(threads=1).as_json()),
    )
    assert run.line == timing.line and run.line.endswith(f"torch {timing.torch}")
    for name in ("cpu", "cores", "memory_bytes", "gpu", "torch", "python", "system"):
        assert getattr(run, name) == getattr(timing, name), name


@pytest.mark.parametrize(
    ("stored", "line"),
    [
        (
            {"cpu": "Xeon", "cores": 2, "versions": {"torch": "2.13.0+cpu"}},
            "2 × Xeon · torch 2.13.0+cpu",
        ),
        ({"cpu": "Xeon", "cores": 2, "gpu": "H200", "torch": "2.8"}, "2 × Xeon · H200 · torch 2.8"),
        ({"cpu": "Xeon", "cores": "many", "torch": None, "versions": []}, "? × Xeon"),
        ({"cpu": "Xeon", "cores": 2, "versions": {"torch": None}}, "2 × Xeon"),
        ({"cores": 2, "torch": "2.8"}, None),
        ({"cpu": ["Xeon"]}, None),
        ({"name": "?"}, None),
        ({}, None),
        (None, None),
        ("a host", None),
        ([1], None),
    ],
)
def test_the_line_of_a_stored_host(stored, line):
    assert HostCard.from_json(stored).line == line


WHOLE = HostCard.collect(threads=2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([*HostCard.__slots__, "versions"]),
        st.none()
        | st.integers(-2, 2**70)
        | st.floats()
        | st.text(max_size=3)
        | st.lists(st.integers(), max_size=2)
        | st.booleans()
        | st.dictionaries(
            st.sampled_from(["torch", "L2"]),
            st.none() | st.text(max_size=3) | st.integers(),
            max_size=2,
        ),
    ),
)
def test_a_stored_host_of_any_shape_is_read(stored):
    card = HostCard.from_json({**WHOLE.as_json(), **stored})
    for name in set(HostCard.__slots__) - set(stored):
        assert getattr(card, name) == getattr(WHOLE, name), name
    for language in LANGUAGES:
        assert all(map(all, host_card.lines(card, language)))
    assert HostCard.from_json(json.loads(json.dumps(card.as_json(), allow_nan=False))) == card


def test_the_line_of_the_head():
    card = HostCard.collect(threads=1)
    english, chinese = host_summary(), host_summary("zh")
    assert english.startswith(f"{card.cores} × {card.cpu}")
    assert f"torch {'.'.join(card.torch.split('.')[:2])}" in english
    if card.gpu is None:
        assert "no GPU" in english and "无 GPU" in chinese


@pytest.mark.parametrize("folder", ["a lab", "it's here"])
def test_where_pytorch_cannot_compile_for_its_path_that_is_said(monkeypatch, folder):
    home = f"/home/{folder}/torch"
    monkeypatch.setattr(
        timing_host, "find_spec", lambda name: SimpleNamespace(origin=f"{home}/x.py")
    )
    why = timing_host.missing_compiler.__wrapped__("cpu")
    assert why is not None and home in why.sentence("en") and home in why.sentence("zh")
