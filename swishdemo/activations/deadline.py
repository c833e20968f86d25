"""A limit on how long a search may take, asked between its steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from swishdemo.errors import UserError

_Clock = Callable[[], float]
_END: ContextVar[tuple[float, _Clock]] = ContextVar("end", default=(math.inf, time.monotonic))


@contextmanager
def within(seconds: float, clock: _Clock = time.monotonic) -> Iterator[None]:
    """What is computed inside ends with :func:`check`'s error after ``seconds``."""
    token = _END.set((clock() + seconds, clock))
    try:
        yield
    finally:
        _END.reset(token)


def check() -> None:
    """Go on only while there is time.

    Raises:
        UserError: There is none left (status 422).
    """
    end, clock = _END.get()
    if math.isfinite(end) and clock() > end:
        raise UserError("properties.error_long", field="formula")
