"""Kernels that come with the image, for every processor of the kind, chosen at run time."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from forking import Program

from swishdemo.kernels.libraries import ELEMENTS, LEVELS, best_level

ROOT = Path(__file__).parents[1]
STEP = re.search(
    r"^RUN (python -m swishdemo\.kernels .*)$", (ROOT / "Dockerfile").read_text(), re.M
)
HERE = list(LEVELS)[list(LEVELS).index(best_level()) :] if LEVELS else []
USE = r"""
import os, re, sys, torch
for level in sys.argv[1:]:  # each in a process of its own, which has PyTorch from this one
    if not os.fork():
        break
    if os.wait()[1]:
        sys.exit(1)
else:
    sys.exit()
from swishdemo.kernels import autograd, libraries
if (flags := libraries.LEVELS.get(level)) is not None:
    libraries._flags = lambda: flags
from swishdemo import fused_swish
for dtype in (torch.float32, torch.float64, torch.bfloat16):
    x = torch.linspace(-200, 200, 1999, dtype=dtype, requires_grad=True)
    beta = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    wide = x.detach().double().requires_grad_()
    twin = beta.detach().clone().requires_grad_()
    y, wanted = fused_swish(x, beta), wide * torch.sigmoid(twin * wide)
    assert torch.allclose(y.double(), wanted, rtol=8e-3 if dtype == torch.bfloat16 else 1e-5)
    y.sum().backward()
    wanted.sum().backward()
    assert torch.allclose(x.grad.double(), wide.grad, rtol=8e-3, atol=1e-6)
    assert torch.allclose(beta.grad, twin.grad, rtol=1e-5, atol=1e-6)
    assert y.grad_fn.name() == "SwishBackward"
names = [line.rpartition("/")[2] for line in open("/proc/self/maps")]
kernels = (re.fullmatch(r"(swish-.+)-[0-9a-f]+\.so\n", name) for name in names)
print(*sorted({kernel[1] for kernel in kernels if kernel}))
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory, quick_compiler):
    """The folder that the image has, after the command that the image runs.

    Its path has the signs and the name that a clone of this project may have. The C++ node takes
    fifteen seconds and is built for other tests by the same recipe: it is not compiled again.
    """
    folder = tmp_path_factory.mktemp("a 函数") / "swish-lab"
    ignored = shutil.ignore_patterns("__pycache__", "prebuilt")
    shutil.copytree(ROOT / "swishdemo", folder / "swishdemo", ignore=ignored)
    environ = {"XDG_CACHE_HOME": str(folder / "cache"), "CXX": quick_compiler}
    done = run(folder, shlex.split(STEP[1])[1:], **environ)
    assert not (folder / "cache").exists()
    made = {path.name for path in (folder / "swishdemo" / "kernels" / "prebuilt").iterdir()}
    assert set(done.split()) == made
    return folder


def run(folder, arguments, **environ):
    done = Program(arguments, folder, {**os.environ, **environ})
    out, err = done.communicate(600)
    assert done.returncode == 0, err
    assert "Warning" not in err
    return out.strip()


def used(folder, *levels, **environ):
    """The kernels that a process without a compiler comes to, and whose values are right.

    For each of the processors' levels; without one, for this very processor.
    """
    environ = {"XDG_CACHE_HOME": str(folder / "none"), "PATH": "/nonexistent", **environ}
    found = run(folder, ["-c", USE, *(levels or [""])], **environ).splitlines()
    assert not (folder / "none").exists()
    return [set(line.split()) for line in found]


def test_there_is_one_for_each_level_and_type_and_the_node(image):
    made = {path.name for path in (image / "swishdemo" / "kernels" / "prebuilt").iterdir()}
    stems = {name.rpartition("-")[0] for name in made}
    wanted = {f"swish-{element}-{level}" for element in ELEMENTS for level in LEVELS}
    assert stems == wanted | {"node"}


def test_without_a_compiler_the_widest_that_this_processor_has_is_taken(image):
    assert used(image) == [{f"swish-{element}-{best_level()}" for element in ELEMENTS}]


def test_each_level_is_taken_by_its_processors_and_right(image):
    wanted = [{f"swish-{element}-{level}" for element in ELEMENTS} for level in HERE]
    assert used(image, *HERE) == wanted


def test_one_that_is_damaged_is_passed_over(image, tmp_path):
    shutil.copytree(image, tmp_path, dirs_exist_ok=True)
    damaged = ELEMENTS[0]
    for path in (tmp_path / "swishdemo" / "kernels" / "prebuilt").glob(f"swish-{damaged}-*"):
        path.write_bytes(path.read_bytes()[:3000])
    cache = tmp_path / "cache"
    taken = used(tmp_path, XDG_CACHE_HOME=str(cache), PATH=os.environ["PATH"])
    level = {element: "native" if element == damaged else best_level() for element in ELEMENTS}
    assert taken == [{f"swish-{element}-{level[element]}" for element in ELEMENTS}]
    # What was built for this very processor comes before what came along.
    shutil.copytree(image, tmp_path, dirs_exist_ok=True)
    assert used(tmp_path, XDG_CACHE_HOME=str(cache)) == taken


@pytest.mark.skipif("x86-64-v3" not in LEVELS, reason="levels of x86-64 processors")
def test_a_level_asks_for_all_of_its_instructions():
    for level, needed in LEVELS.items():
        assert best_level(needed | {"sse2", "whatever"}) == level
        for missing in needed:
            assert best_level(needed - {missing}) != level
    assert best_level(frozenset()) == "x86-64"
