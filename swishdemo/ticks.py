"""What a job's generator yields between its results, so that control comes back often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """Carries no number and is never stored; a job yields one at least every 0.2 s."""


TICK = Tick()
