import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from browser import NoBrowser, free_port, launch_options

ROOT = Path(__file__).parents[1]


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
    port = free_port()
    folder = tmp_path_factory.mktemp("data")
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "SWISHDEMO_DATA_DIR": str(folder),
    }
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the app ended while it was starting"
            try:
                httpx.get(f"{address}/api/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def server(served):
    """The address of the whole app."""
    return served[0]
