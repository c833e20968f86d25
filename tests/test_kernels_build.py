"""Building the kernel: at the first use, once, by whatever compiler there is, or not at all."""

import dataclasses
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from forking import Program

from swishdemo.kernels import libraries

ROOT = Path(__file__).parents[1]
BUILD = """
from swishdemo.kernels.libraries import BuildError, library
try:
    library("float")
    print("kernel")
except BuildError as error:
    print(error)
"""
USE = """
import torch
from swishdemo import FusedSwish
x = torch.randn(1000, requires_grad=True)
module = FusedSwish(1.3)
for _ in range(2):
    y = module(x)
y.sum().backward()
beta = module.beta.double()
assert torch.allclose(y.double(), x.double() * torch.sigmoid(beta * x.double()), atol=1e-6)
assert module.beta.grad.isfinite()
"""


def start(cache, code=BUILD, **environ):
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache), **environ}
    return Program(["-c", code], ROOT, environ)


def use(cache, code=BUILD, **environ):
    """What a fresh process prints, and what it warns."""
    process = start(cache, code, **environ)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out.strip(), err


def kernels(cache):
    return sorted((cache / "swishdemo" / "kernels").iterdir())


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_importing_builds_nothing(tmp_path):
    code = "from swishdemo import FusedSwish, fused_swish; FusedSwish()"
    use(tmp_path, code)
    assert list(tmp_path.iterdir()) == []


def test_four_processes_that_start_at_once_share_a_fresh_cache(tmp_path):
    processes = [start(tmp_path) for _ in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=600)
        assert (process.returncode, out.strip()) == (0, "kernel"), err
    (kept,) = kernels(tmp_path)  # and no half-built thing beside it
    assert kept.name.startswith("swish-float-") and kept.suffix == ".so"


def test_what_is_kept_needs_no_compiler_and_is_not_built_again(tmp_path):
    assert use(tmp_path)[0] == "kernel"
    (kept,) = kernels(tmp_path)
    before = kept.stat().st_mtime_ns
    assert use(tmp_path, CC="no-such-compiler")[0] == "kernel"
    assert kept.stat().st_mtime_ns == before
    kept.write_text("rubbish")
    assert use(tmp_path)[0] == "kernel"
    assert kept.stat().st_size > 1000


def test_the_cache_knows_source_flags_and_what_it_serves(tmp_path):
    source = tmp_path / "swish.c"
    source.write_text("int one;")
    plain = libraries.Build("swish", source, (("cc",),), (("-O1",),), "a processor")
    names = {plain.file_name}
    for changes in ({"flags": (("-O2",),)}, {"serves": "another"}, {"name": "other"}):
        names.add(dataclasses.replace(plain, **changes).file_name)
    source.write_text("int two;")
    names.add(plain.file_name)
    assert len(names) == 5
    assert dataclasses.replace(plain, compilers=(("gcc",),)).file_name in names
    tools = libraries.toolchain()
    assert libraries.recipe("float", tools).serves == libraries.description()
    assert torch.__version__ in libraries.node_recipe(tools).serves


def test_a_compiler_that_cannot_be_read_is_named_and_swish_is_eager(tmp_path):
    broken = {"CC": "gcc 'x", "CXX": 'g++ "x'}
    _, err = use(tmp_path / "cache", USE, **broken)
    assert err.count("RuntimeWarning") == 1 and 'CC is "gcc \'x"; it must be a command' in err


def test_a_failing_compiler_is_quoted_once_and_swish_is_eager(tmp_path):
    broken = script(tmp_path / "broken-cc", "echo 'swish.c:1: error: out of cheese' >&2; exit 3")
    _, err = use(tmp_path / "cache", USE, CC=f"{shlex.quote(str(broken))} -O9")
    assert err.count("RuntimeWarning") == 1
    assert "failed to build swish.c (status 3): swish.c:1: error: out of cheese" in err
    assert not (tmp_path / "cache" / "swishdemo").exists()


def test_a_compiler_that_makes_rubbish_is_no_crash(tmp_path):
    rubbish = script(
        tmp_path / "rubbish-cc",
        'while [ $# -gt 0 ]; do [ "$1" = -o ] && echo rubbish > "$2"; shift; done',
    )
    assert "cannot be built and loaded" in use(tmp_path / "cache", CC=shlex.quote(str(rubbish)))[0]


def test_without_a_compiler_the_reason_is_told(tmp_path):
    told = use(tmp_path, PATH="/nonexistent", CC="")[0]
    assert told == "there is no C compiler here (cc, gcc or clang)"
    told = use(tmp_path, CC="no-such-compiler -x")[0]
    assert told == "there is no C compiler here (no-such-compiler -x)"


def test_the_timing_variant_says_that_there_is_no_compiler(tmp_path):
    code = (
        "from swishdemo.timing import REGISTRY\n"
        "why = REGISTRY.get('swish_fused_c').unavailable_reason('cpu'); print(why and why.key)"
    )
    assert "no_c_compiler" in use(tmp_path, code, CC="no-such-compiler")[0]
    without_torch = f"{code}\nimport sys; assert 'torch' not in sys.modules"
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", without_torch], cwd=ROOT, env=environ,
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "None"


@pytest.mark.parametrize(
    "cache", ["/proc/1/nowhere", pytest.param("/dev/null", marks=pytest.mark.long)]
)
def test_a_cache_that_cannot_be_written_is_done_without_and_told_once(cache, tmp_path):
    _, err = use(Path(cache), USE, TMPDIR=str(tmp_path))
    assert err.count("RuntimeWarning: swish.c is built anew in each process") == 1
    assert cache in err
    assert not list(tmp_path.glob("swishdemo-*"))  # what was built aside is deleted


def test_a_full_cache_is_done_without(tmp_path):
    """Files that we write may have 4 KB; those of the compiler may have more."""
    cc = script(tmp_path / "big-cc", 'ulimit -S -f unlimited; exec cc "$@"')
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (4096, r.RLIM_INFINITY))"
    code = f"{limit}\n{USE}"
    _, err = use(tmp_path / "cache", code, CC=shlex.quote(str(cc)))
    assert "its library cannot be kept" in err and "File too large" in err
    assert kernels(tmp_path / "cache") == []


def test_a_library_that_was_cut_short_is_never_loaded_but_built_anew(tmp_path):
    use(tmp_path)
    (kept,) = kernels(tmp_path)
    whole = kept.read_bytes()
    for size in (0, 10, 5000, -1):
        kept.write_bytes(whole[:size])
        assert use(tmp_path) == ("kernel", ""), size
        assert libraries.is_whole(kept), size
    kept.write_bytes(whole[:5000] + b"?" + whole[5001:])
    assert use(tmp_path) == ("kernel", "")
    assert libraries.is_whole(kept)


def test_a_plain_compiler_without_openmp_will_do(tmp_path):
    body = (
        'for flag; do case "$flag" in -fopenmp*|-march=*|-mprefer*) '
        'echo "error: $flag" >&2; exit 1;; esac; done\nexec cc "$@"'
    )
    plain = script(tmp_path / "plain-cc", body)
    assert use(tmp_path / "cache", CC=shlex.quote(str(plain))) == ("kernel", "")


def test_loading_leaves_the_floating_point_unit_as_it_was(tmp_path):
    """gcc's -ffast-math, when it links, has denormal numbers flushed in the whole process."""
    code = BUILD + "a = 1e-308\nassert a * 0.1 * 10 > 0\n"
    assert use(tmp_path, code)[0] == "kernel"
    fast = script(tmp_path / "fast-cc", 'exec cc -ffast-math "$@"')
    process = start(tmp_path / "other", code, CC=shlex.quote(str(fast)))
    if process.wait(timeout=600) == 0:
        pytest.skip("this compiler does not flush: the check cannot be checked")
