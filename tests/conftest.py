import fcntl
import gc
import os
import shlex
import sys
from collections import defaultdict
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import httpx
import pytest
from browser import PLAYED, NoBrowser, launch_options
from playwright.sync_api import expect
from pretended_cuda import pretended, pretended_library  # noqa: F401  fixtures
from script import modules, modules_address, modules_page  # noqa: F401  fixtures
from serving import serving
from visiting import (  # noqa: F401  fixtures
    PATIENCE,
    browsers,
    desk,
    desks,
    explore,
    opens,
    turn,
    visit,
)

# PyTorch's threads spin while they wait for one another: on a busy machine twice the processor's
# time for the same steps. This is set before PyTorch is loaded, and for all that tests start.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Nor do the tests' own networks, a few units wide, gain by being split between two cores that three
# workers share. A server has the threads that it has for a visitor (`serving`).
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What is imported is compiled once, and not by each of the processes that tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Waiting for a page costs little: see there.
QUICK = f'--require="{Path(__file__).with_name("quick_expect.cjs")}"'
os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} {QUICK}"

# Each client of httpx, and each request without one, reads the world's certificates anew: 47 ms.
httpx._transports.default.create_ssl_context = cache(httpx._transports.default.create_ssl_context)

# A look for garbage at every 700 objects takes a twentieth of the time.
gc.set_threshold(20_000, 20, 20)

expect.set_options(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def what_was_found():
    """What one test's workers told of the hardware is no other test's."""
    from swishdemo import hardware

    yield
    hardware.tell(None)


# Minutes each, though some have few tests: a worker that took one of these last would leave the
# others idle.
LONG = (
    "test_page_",
    "test_follow",
    "test_own_claims",
    "test_sessions",
    "test_widths",
    "test_start",
    "test_kernels_",
    "test_properties",
    "test_jobs_",
    "test_training_",
    "test_quality",
    "test_swish_forms",
    "test_timing_measure",
    "test_script",
    "test_formula_",
    "test_modules_",
    "test_zerogpu",
)


def pytest_xdist_auto_num_workers(config):
    """One worker more than there are cores: a third of what a worker does is waiting."""
    from swishdemo.host import usable_cores

    return usable_cores() + 1


def pytest_collection_modifyitems(items):
    """The long files first; all else as it was."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Nothing of what is imported and found becomes garbage: none is looked for among it."""
    from swishdemo.ui import without_stubs

    gc.disable()
    try:
        if not session.config.pluginmanager.hasplugin("dsession"):  # the tests run in this process
            with without_stubs():  # Gradio is imported in half the time
                import swishdemo.ui.assets  # noqa: F401
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Tells fixtures at their end whether their test failed: ``request.node.failed``."""
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    try:
        options = launch_options(playwright.chromium.executable_path)
    except NoBrowser as error:
        pytest.fail(str(error))
    # The app's pages share a process, as tabs do that one opens from another: its scripts are then
    # compiled once for a context, not once for a page.
    shared = [*options["args"], "--process-per-site"]
    return {**browser_type_launch_args, **options, "args": shared}


@pytest.fixture(scope="session")
def browser(browser):
    """The browser; what is opened in it is as patient as `expect` is."""

    def patiently(make):
        def opened(**options):
            made = make(**options)
            made.set_default_timeout(PATIENCE)
            made.add_init_script(PLAYED)
            return made

        return opened

    browser.new_context, browser.new_page = map(patiently, (browser.new_context, browser.new_page))
    return browser


@pytest.fixture(scope="session")
def built_node(tmp_path_factory):
    """The kernel's C++ node, in this process and all that follow: its file.

    It is built once for all, though several workers ask at the same time.
    """
    from swishdemo.kernels import autograd, libraries
    from swishdemo.settings import Toolchain

    shared = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else None
    with (shared / "node.lock").open("w") if shared else nullcontext() as lock:
        if lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        return libraries.kept_in(Toolchain.read()) / autograd.build()


@pytest.fixture(scope="session")
def quick_compiler(built_node, tmp_path_factory):
    """``CXX`` of one that takes half a second for what takes fifteen: it has the node ready."""
    ready = shlex.quote(str(built_node))
    compiler = tmp_path_factory.mktemp("compiler") / "quick-c++"
    copy = f'[ "$1" = -o ] && cp {ready} "$2"'
    compiler.write_text(f"#!/bin/sh\nsleep .5; while [ $# -gt 0 ]; do {copy}; shift; done\n")
    compiler.chmod(0o755)
    return shlex.quote(str(compiler))


@pytest.fixture(scope="session")
def kept_in(tmp_path_factory):
    """The folder in which the whole app keeps its data."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def served(kept_in):
    """The whole app as a process of its own: its address and its process.

    One serves all files of a worker: each test comes as visitors of its own.
    """
    with serving(kept_in) as app:
        yield app


@pytest.fixture(scope="session")
def server(served, desks):  # noqa: F811  pytest's way
    """The address of the whole app."""
    desks[served[0]] = defaultdict(list)
    return served[0]
