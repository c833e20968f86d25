"""The page: one module a tab, each launchable alone; nothing else in the project knows Gradio."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

_file_of = inspect.getfile


@contextmanager
def without_stubs() -> Iterator[None]:
    """Has Gradio, where it is imported within, write no type stubs of its components.

    Its wheel brings them; to see whether they are current, it parses the sources of all components
    anew, which is two fifths of its import.
    """

    def no_file(of: Any) -> str:
        if getattr(of, "__module__", "").startswith("gradio."):
            raise OSError("no stub is asked for")  # what Gradio expects of classes without a file
        return _file_of(of)

    inspect.getfile = cast(Any, no_file)
    try:
        yield
    finally:
        inspect.getfile = _file_of
