"""Run a long preparation in a thread, so that control comes back meanwhile.

Nothing that is *timed* may run so: in any thread but the first, glibc serves tensors from an arena
that cannot grow beyond 64 MB, and larger ones are paid for in page faults again and again, whatever
its thresholds say (eager x·σ(βx) at 2^24 elements: 2.1 times as long).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

Result = TypeVar("Result")

_POLL_SECONDS = 0.05


def patiently(call: Callable[[], Result]) -> Generator[None, None, Result]:
    """Yield until ``call`` has returned in its thread; return its result, or raise its error.

    Closing the generator waits for the call, so that nothing runs on unseen.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call)
        while not wait([future], timeout=_POLL_SECONDS).done:
            yield
        return future.result()
