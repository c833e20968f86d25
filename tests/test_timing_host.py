"""The host card, read from made-up machines and from this one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swishdemo.jobs.host import host
from swishdemo.text import LANGUAGES
from swishdemo.timing import HostCard, host_summary, hostlines
from swishdemo.timing import hardware as hw


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
        assert all(map(all, hostlines.lines(card, language)))
    assert HostCard.from_json(json.loads(json.dumps(card.as_json(), allow_nan=False))) == card


def test_the_line_of_the_head():
    card = HostCard.collect(threads=1)
    english, chinese = host_summary(), host_summary("zh")
    assert english.startswith(f"{card.cores} × {card.cpu}")
    assert f"torch {'.'.join(card.torch.split('.')[:2])}" in english
    if card.gpu is None:
        assert "no GPU" in english and "无 GPU" in chinese
