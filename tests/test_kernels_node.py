"""The node of autograd in C++: what PyTorch's own nodes do, it does; and how it comes to be."""

import os
import shlex
import stat
import threading
import time
from pathlib import Path

import pytest
import torch
from forking import Program
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint

from swishdemo import FusedSwish, fused_swish

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("built_node")


def leaf(*shape):
    return torch.randn(shape, requires_grad=True)


def test_it_is_the_one_that_answers():
    x, beta = leaf(5), leaf()
    for each in (fused_swish(x, beta), FusedSwish()(x), fused_swish(x, 2.0)):
        assert each.grad_fn.name() == "SwishBackward"
    with torch.no_grad():
        assert fused_swish(x, beta).grad_fn is None
    with torch.inference_mode():
        assert fused_swish(x, beta).is_inference()
    assert fused_swish(x.detach(), 1.0).grad_fn is None


def test_each_gradient_is_had_alone():
    x, beta = leaf(4, 3), leaf(3)
    both = torch.autograd.grad(fused_swish(x, beta).sum(), [x, beta])
    alone = torch.autograd.grad(fused_swish(x, beta.detach()).sum(), [x])
    assert torch.equal(alone[0], both[0])
    alone = torch.autograd.grad(fused_swish(x.detach(), beta).sum(), [beta])
    assert torch.equal(alone[0], both[1])
    alone = torch.autograd.grad(fused_swish(x, beta).sum(), [beta])
    assert torch.equal(alone[0], both[1])


def test_what_was_freed_or_changed_is_told():
    x, beta = leaf(5), leaf()
    y = fused_swish(x, beta).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()
    changed = leaf(5) * 1
    y = fused_swish(changed, beta).sum()
    changed.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    y = fused_swish(x, beta)
    y.mul_(2)  # the result may be changed: it is not kept
    y.sum().backward()


def test_hooks_checkpoints_and_threads():
    x, beta = leaf(6), leaf()
    wanted = torch.autograd.grad(fused_swish(x, beta).sum(), [x, beta])
    with torch.autograd.graph.save_on_cpu():
        y = fused_swish(x, beta).sum()
    seen = []
    y.grad_fn.next_functions[0][0].register_hook(lambda inputs, _: seen.extend(inputs))
    got = torch.autograd.grad(y, [x, beta], retain_graph=True)
    assert all(map(torch.equal, got, wanted)) and len(seen) == 2
    again = torch.autograd.grad(
        checkpoint(fused_swish, x, beta, use_reentrant=False).sum(), [x, beta]
    )
    assert all(map(torch.equal, again, wanted))
    other = threading.Thread(target=lambda: fused_swish(x, beta).sum().backward())
    other.start()
    other.join()
    assert torch.equal(x.grad, wanted[0]) and torch.equal(beta.grad, wanted[1])


def test_a_graph_of_a_gradient_knows_the_operator():
    x, beta = leaf(5), leaf()
    dx, dbeta = torch.autograd.grad(fused_swish(x, beta).sum(), [x, beta], create_graph=True)
    assert "swish_backward" in dx.grad_fn.name() and dbeta.requires_grad


def test_whoever_has_to_see_operations_sees_those_of_pytorch():
    module, x = FusedSwish(1.3), leaf(5)
    wanted = torch.autograd.grad(module(x).sum(), [x, module.beta])
    seen = []

    class Watcher(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            seen.append(str(function))
            return function(*args, **(kwargs or {}))

    y = module(x).sum()
    with Watcher():
        got = torch.autograd.grad(y, [x, module.beta])
    assert "aten.sigmoid.default" in seen and not any("swishdemo" in name for name in seen)
    assert all(map(torch.allclose, got, wanted))
    graphs = []
    from torch._dynamo import compiled_autograd

    def backend(graph, _):
        graphs.append(str(graph.graph))
        return graph

    y = module(x).sum()
    with compiled_autograd._enable(torch.compile(backend=backend)):
        y.backward()
    assert len(graphs) == 1 and "swishdemo.swish_backward" in graphs[0]
    assert torch.allclose(x.grad, wanted[0]) and torch.allclose(module.beta.grad, wanted[1])


def command(cache, *words, **environ):
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache), **environ}
    return Program(["-m", "swishdemo.kernels", *words], ROOT, environ)


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


WHICH = """
import sys, torch
from swishdemo import fused_swish
print(fused_swish(torch.ones(3, requires_grad=True)).grad_fn.name())
"""


def test_where_it_cannot_be_kept_it_is_built_once_and_used(tmp_path, quick_compiler):
    (no_folder := tmp_path / "file").touch()
    twice = f"from swishdemo.kernels import autograd\nautograd.build()\nautograd.build()\n{WHICH}"
    done = process(no_folder, twice, CXX=quick_compiler)
    out, err = done.communicate(timeout=600)
    assert (done.returncode, out.split()) == (0, ["SwishBackward"]), err
    assert err.count("node.cpp is built anew in each process") == 1


def process(cache, code, **environ):
    return Program(["-c", code], ROOT, {**os.environ, "XDG_CACHE_HOME": str(cache), **environ})


def which(cache):
    done = process(cache, WHICH, CXX="no-such-c++")
    out, err = done.communicate(timeout=600)
    assert done.returncode == 0, err
    return out.strip()


UNTIL_THERE = """
import sys, time, torch
from swishdemo import FusedSwish
module, x = FusedSwish(1.3), torch.randn(40, requires_grad=True)
names = []
while not names or names[-1] != "SwishBackward":
    y = module(x)
    y.sum().backward()
    names.append(y.grad_fn.name())
    time.sleep(.01)
print(names[0], names[-1])
"""
ONCE = """
import os, sys, torch
from swishdemo import FusedSwish
def use():
    x = torch.randn(40, requires_grad=True)
    y = FusedSwish(1.3)(x)
    y.sum().backward()
    print(y.grad_fn.name(), flush=True)
"""
WAIT = """
from swishdemo.kernels import autograd
for each in autograd._builders: each.join()
"""
FORKED = f"""{ONCE}
from swishdemo.kernels import autograd
if os.fork():
    os.wait()
else:
    use()
    for each in autograd._builders: each.join()
    os._exit(0)
"""


def counting(path, compiler):
    """A compiler that writes a line into ``path`` at each run, and then is ``compiler``."""
    return shlex.quote(str(script(path.with_suffix(".sh"), f'echo x >> {path}; {compiler} "$@"')))


def test_it_is_built_in_the_background_by_one_of_two_and_used_by_both(tmp_path, quick_compiler):
    runs = tmp_path / "runs"
    compiler = counting(runs, quick_compiler)
    both = [process(tmp_path, UNTIL_THERE, CXX=compiler) for _ in range(2)]
    for each in both:
        out, err = each.communicate(timeout=600)
        assert (each.returncode, err) == (0, "") and out.split()[1] == "SwishBackward"
    assert runs.read_text().split() == ["x"]
    (kept,) = (tmp_path / "swishdemo" / "kernels").glob("node-*")
    assert not list(kept.parent.glob(".*"))


@pytest.mark.parametrize(
    ("code", "environ"),
    [
        (f"{ONCE}use()\n{WAIT}", {"SWISHDEMO_BUILD": "0"}),
        (FORKED, {}),
        pytest.param(
            f"{ONCE}use()\n{WAIT}",
            {"CC": "no-such-cc", "CXX": "no-such-c++"},
            marks=pytest.mark.long,
        ),
    ],
    ids=["not wanted", "forked", "no compiler"],
)
def test_nothing_is_built_where_that_may_not_be(code, environ, tmp_path):
    runs = tmp_path / "runs"
    compilers = {"CC": counting(runs, "cc"), "CXX": counting(runs, "c++")}
    done = process(tmp_path / "cache", code, **{**compilers, **environ})
    out, err = done.communicate(timeout=600)
    assert (done.returncode, out.split()) == (0, ["_SwishBackward"]), err
    assert ("RuntimeWarning" in err) == ("CC" in environ)
    assert not runs.exists() and not (tmp_path / "cache").exists()


def test_a_process_that_ends_takes_its_compiler_along(tmp_path):
    pid = tmp_path / "pid"
    waiting = script(tmp_path / "waiting-c++", f"echo $$ > {pid}; sleep 600 & wait")
    code = f"{ONCE}p = {str(pid)!r}\nuse()\nwhile not os.path.exists(p) or not open(p).read(): pass"
    done = process(tmp_path / "cache", code, CXX=shlex.quote(str(waiting)))
    out, err = done.communicate(timeout=600)
    assert (done.returncode, out.split()) == (0, ["_EagerBackward"]), err
    while is_running(int(pid.read_text())):
        time.sleep(0.02)


def is_running(pid):
    """Whether there is such a process, and not only its remains that nobody has fetched."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.long
def test_with_nothing_there_a_process_is_fast_soon(tmp_path):
    """Forty seconds on a quiet machine, with the real compiler."""
    done = process(tmp_path, UNTIL_THERE)
    assert done.communicate(timeout=600)[0].split() == ["_EagerBackward", "SwishBackward"]


def test_it_is_built_when_asked_for_by_two_at_once_and_anew_where_damaged(tmp_path, quick_compiler):
    cache = tmp_path / "cache"
    builds = [command(cache, "build", CXX=quick_compiler) for _ in range(2)]
    for build in builds:
        out, err = build.communicate(timeout=600)
        assert build.returncode == 0 and "node-" in out, err
    (kept,) = (cache / "swishdemo" / "kernels").glob("node-*")
    assert not list(kept.parent.glob(".building-*"))
    assert which(cache) == "SwishBackward"
    kept.write_bytes(kept.read_bytes()[:9000])
    assert which(cache) == "_EagerBackward"
    assert command(cache, "build", CXX=quick_compiler).wait(600) == 0
    assert len(kept.read_bytes()) > 9000


def test_a_compiler_that_fails_is_quoted(tmp_path):
    broken = script(tmp_path / "broken-c++", "echo 'error: no such header' >&2; exit 4")
    for compiler, told in (
        (broken, "failed to build node.cpp (status 4): error: no such header"),
        ("no-such-c++", "there is no C++ compiler here (no-such-c++)"),
    ):
        build = command(tmp_path / "cache", "build", CXX=shlex.quote(str(compiler)))
        _, err = build.communicate(timeout=600)
        assert build.returncode == 1 and told in err
        assert "Traceback" not in err
