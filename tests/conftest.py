import pytest
from browser import NoBrowser, launch_options


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    try:
        options = launch_options(playwright.chromium.executable_path)
    except NoBrowser as error:
        pytest.fail(str(error))
    return {**browser_type_launch_args, **options}
