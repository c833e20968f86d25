"""A lock that serves visitors in turn, however much one of them asks for."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from swishdemo.errors import UserError


class FairLock:
    """A fair lock with a bounded queue.

    Args:
        waiting: How many may wait in all.
        each: How many of them may be one visitor's.
    """

    def __init__(self, waiting: int = 16, each: int = 4) -> None:
        self._limit = waiting
        self._each = each
        self._changed = Condition()
        # By visitor, in the order in which they come to their next turn.
        self._queues: OrderedDict[str, deque[object]] = OrderedDict()
        self._taken = False

    @contextmanager
    def taken(self, visitor: str = "") -> Iterator[None]:
        """Wait for the visitor's turn, and have it to oneself.

        Raises:
            UserError: Too many wait already (status 429).
        """
        ticket = object()
        with self._changed:
            mine = len(self._queues.get(visitor, ()))
            if mine >= self._each or sum(map(len, self._queues.values())) >= self._limit:
                raise UserError("formula.error_busy", field="formula", status=429, retry_seconds=2)
            self._queues.setdefault(visitor, deque()).append(ticket)
            self._changed.wait_for(lambda: not self._taken and self._next() is ticket)
            queue = self._queues.pop(visitor)
            queue.popleft()
            if queue:
                self._queues[visitor] = queue  # behind all others
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def _next(self) -> object:
        return next(iter(self._queues.values()))[0]
