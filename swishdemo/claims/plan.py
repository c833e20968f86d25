"""Checks many claims, a few at a time: the next begins when one before has ended.

A plan keeps these claims' jobs alone in the queue, so that visitors' jobs come in between, and goes
on when the page is closed. It does not outlive the server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread

from swishdemo.claims.record import Budget
from swishdemo.errors import UserError

_LOG = logging.getLogger(__name__)

_LOOK = 0.3
"""Seconds between two looks at the jobs that are under way."""

_TOO_BUSY = 429


@dataclass(frozen=True, slots=True)
class Planned:
    """A claim that is to be checked.

    Attributes:
        claim: Its id.
        visitor: Who asked for it, and may take it back.
        budget: How much work it may be.
    """

    claim: str
    visitor: str
    budget: Budget = "quick"


class CheckPlan:
    """Claims that wait to be checked; any thread may call it.

    Args:
        begin: Starts what is planned; raises `UserError`.
        active: Whether a job of a claim is under way.
        alone: Whether a claim is to be checked while no other is.
        abreast: How many others are checked at a time.
    """

    def __init__(
        self,
        begin: Callable[[Planned], object],
        active: Callable[[str], bool],
        alone: Callable[[str], bool] = lambda claim: False,
        *,
        abreast: int = 1,
    ) -> None:
        self._begin, self._active = begin, active
        self._alone, self._abreast = alone, abreast
        self._waiting: list[Planned] = []
        self._now: list[Planned] = []
        self._changed = Condition()
        self._threads = 0
        self._closed = False

    def add(self, claims: Sequence[str], visitor: str, budget: Budget = "quick") -> None:
        """Add claims at the end; those that wait already keep their place."""
        with self._changed:
            known = {each.claim for each in self._waiting}
            new = [claim for claim in claims if claim not in known]
            self._waiting += [Planned(claim, visitor, budget) for claim in new]
            if not self._closed:
                for _ in range(min(len(self._waiting), self._abreast - self._threads)):
                    self._threads += 1
                    Thread(target=self._run, name="claims plan", daemon=True).start()
            self._changed.notify_all()

    def remove(self, claim: str, visitor: str) -> None:
        """Take a claim out, if it was this visitor who asked for it."""
        with self._changed:
            self._waiting = [
                each for each in self._waiting if (each.claim, each.visitor) != (claim, visitor)
            ]
            self._changed.notify_all()  # the one behind it may need no waiting

    def place(self, claim: str) -> tuple[int, str] | None:
        """A claim's place, 0 while it is checked, and who asked for it; None: it is not planned."""
        with self._changed:
            for each in self._now:
                if each.claim == claim:
                    return 0, each.visitor
            for number, each in enumerate(self._waiting, 1):
                if each.claim == claim:
                    return number, each.visitor
        return None

    def close(self) -> None:
        """Forget what waits."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        planned: Planned | None = None
        while (planned := self._next(planned)) is not None:
            try:
                self._begin(planned)
                self._until_ended(planned.claim)
            except UserError as error:
                if error.status == _TOO_BUSY:
                    self._again(planned)
                else:
                    _LOG.info("claim %s was refused: %s", planned.claim, error.sentence("en"))
            except Exception:
                _LOG.exception("claim %s could not be checked", planned.claim)

    def _next(self, before: Planned | None) -> Planned | None:
        """The next claim, once the one before is done with; None ends the thread."""
        with self._changed:
            if before is not None:
                self._now.remove(before)
                self._changed.notify_all()
            self._changed.wait_for(self._may_go_on)
            if self._closed or not self._waiting:
                self._threads -= 1
                return None
            planned = self._waiting.pop(0)
            self._now.append(planned)
            return planned

    def _may_go_on(self) -> bool:
        """Whether the first that waits, if there is one, may begin beside those under way."""
        if self._closed or not self._waiting or not self._now:
            return True
        return not any(self._alone(each.claim) for each in (self._waiting[0], *self._now))

    def _until_ended(self, claim: str) -> None:
        with self._changed:
            while not self._closed and self._active(claim):
                self._changed.wait(_LOOK)

    def _again(self, planned: Planned) -> None:
        """Put a claim that found no room back to the front, and wait for a moment."""
        with self._changed:
            if not self._closed:
                self._waiting.insert(0, planned)
                self._changed.wait(5 * _LOOK)
