"""Swish Lab: reads the settings, builds the page, serves it until it is told to end."""

import gc
import logging
import signal
import sys
from threading import Event

from swishdemo import hardware
from swishdemo.settings import Settings, SettingsError, Toolchain, gradios_part, placed
from swishdemo.ui import without_stubs


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end all jobs in order."""
    global demo  # where Gradio looks for the page on a Space
    ended = Event()
    # A start had eight collections of 0.1 s that found nothing, and one of the first answers one.
    gc.disable()
    try:
        Toolchain.read()
        settings = placed(Settings.read())
        hardware.check(settings)
        with gradios_part(settings.server_name) as unused, without_stubs():
            # Gradio reads the environment as it is imported.
            from swishdemo.api.application import page_middleware
            from swishdemo.ui.in_gradio import runner_of
            from swishdemo.ui.lab import Lab
            from swishdemo.ui.page import build, launch

            if unused:
                logging.warning("%s: without effect here", ", ".join(unused))
            # Plain Gradio as PID 1 of a container ignores SIGTERM.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: ended.set())
            lab = Lab.open(settings, runner_of(settings))
            demo = build(lab)
            try:
                launch(demo, settings, middleware=page_middleware(lab))
            except OSError as error:  # the port was taken meanwhile
                lab.close()
                raise SettingsError(
                    f"GRADIO_SERVER_PORT is {settings.server_port}; it cannot be used: {error}"
                ) from error
    except SettingsError as error:
        sys.exit(str(error))
    gc.freeze()
    gc.enable()
    ended.wait()
    lab.close()
    demo.close(verbose=False)


if __name__ == "__main__":
    main()
