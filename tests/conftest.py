import pytest
from browser import NoBrowser, launch_options
from playwright.sync_api import expect
from script import modules, modules_address  # noqa: F401  fixtures
from serving import serving
from visiting import contexts, explore, visit  # noqa: F401  fixtures

# A busy machine is slow, not wrong; what never comes still fails.
expect.set_options(timeout=30_000)


# Minutes each, though some have few tests: a worker that took one of these last would leave the
# others idle.
LONG = (
    "test_page_",
    "test_start",
    "test_kernels_",
    "test_properties",
    "test_jobs_",
    "test_training_",
)


def pytest_collection_modifyitems(items):
    """The long files first; all else as it was."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))


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
def built_node():
    """The kernel's C++ node, in this process and all that follow; it is built once for all."""
    from swishdemo.kernels import node

    node.build()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The whole app as a process of its own: its address and its process."""
    with serving(tmp_path_factory.mktemp("data")) as app:
        yield app


@pytest.fixture(scope="module")
def server(served):
    """The address of the whole app."""
    return served[0]
