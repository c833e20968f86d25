"""What the tabs and the routes are given: the settings and whoever runs the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swishdemo.claims.court import Court
    from swishdemo.jobs.manager import JobManager
    from swishdemo.settings import Settings


@dataclass(frozen=True, slots=True)
class Lab:
    """One running Swish Lab.

    Attributes:
        settings: What the environment sets.
        manager: Starts, queues, stops and stores jobs.
        court: Holds the article's claims against evidence.
    """

    settings: Settings
    manager: JobManager
    court: Court
