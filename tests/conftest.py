import pytest
from browser import NoBrowser, launch_options
from serving import serving


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    try:
        options = launch_options(playwright.chromium.executable_path)
    except NoBrowser as error:
        pytest.fail(str(error))
    return {**browser_type_launch_args, **options}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The whole app as a process of its own: its address and its process."""
    with serving(tmp_path_factory.mktemp("data")) as app:
        yield app


@pytest.fixture(scope="module")
def server(served):
    """The address of the whole app."""
    return served[0]
