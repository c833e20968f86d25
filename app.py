"""Swish Lab: reads the settings, builds the page, serves it until it is told to end."""

import signal
import sys
from threading import Event

from swishdemo.api.application import page_middleware, page_routes
from swishdemo.jobs.database import StoreError
from swishdemo.settings import Settings, SettingsError
from swishdemo.ui.lab import Lab
from swishdemo.ui.launch import launch
from swishdemo.ui.page import build

try:
    settings = Settings.read()
    lab = Lab.open(settings)
except (SettingsError, StoreError) as error:
    sys.exit(str(error))

demo = build(lab)


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end all jobs in order."""
    ended = Event()
    # Plain Gradio as PID 1 of a container ignores SIGTERM.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        launch(demo, settings, routes=page_routes(lab), middleware=page_middleware())
    except OSError as error:  # the port is taken
        lab.close()
        sys.exit(f"GRADIO_SERVER_PORT is {settings.server_port}; it cannot be used: {error}")
    ended.wait()
    lab.close()
    demo.close(verbose=False)


if __name__ == "__main__":
    main()
