"""What timings have reported, and other hosts' figures that a visitor laid beside them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock

from swishdemo.errors import UserError
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import UNREADABLE
from swishdemo.timing import HostCard, Measurement
from swishdemo.timing.foreign import Foreign, parse

_KEPT = 32
_MOST_EACH = 4


@dataclass(slots=True)
class Evidence:
    """What a timing has reported so far; later reports of the same thing replace earlier ones.

    Of the reports up to index ``after``, ``lost`` cannot be read.
    """

    after: int = -1
    lost: int = 0
    measured: dict[tuple[object, ...], Measurement] = field(default_factory=dict)
    host: HostCard | None = None


class EvidenceBook:
    """Every timing's evidence; only reports that are new are read and parsed."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager
        self._evidence: OrderedDict[str, Evidence] = OrderedDict()
        self._lock = Lock()

    def read(self, job_id: str) -> Evidence:
        """The timing's evidence as it is now."""
        with self._lock:
            known = self._evidence.setdefault(job_id, Evidence())
            self._evidence.move_to_end(job_id)
            while len(self._evidence) > _KEPT:
                self._evidence.popitem(last=False)
            for name, value in self._manager.reports(job_id, after=known.after):
                known.after = value["index"]
                known.lost += name == UNREADABLE
                if name == "HostCard":
                    known.host = HostCard.from_json(value)
                elif name == "Measurement":
                    measurement = Measurement.from_json(value)
                    known.measured[measurement.key] = measurement
            return replace(known, measured=dict(known.measured))

    def known(self, job_id: str) -> list[Measurement]:
        """The measurements that are known, nothing new being read."""
        with self._lock:
            known = self._evidence.get(job_id)
            return list(known.measured.values()) if known else []


class Shelf:
    """Other hosts' figures, each known by a token to the visitor who brought it; in memory only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Foreign]] = OrderedDict()
        self._lock = Lock()

    def put(self, content: str, visitor: str) -> str:
        """Read a file and keep it, in place of the oldest where there is no room.

        Returns:
            Its token.

        Raises:
            UserError: It is no timing (`swishdemo.timing.foreign.parse`).
        """
        foreign = parse(content)
        token = f"file-{secrets.token_urlsafe(16)}"
        with self._lock:
            self._kept[token] = (visitor, foreign)
            own = [name for name, (owner, _) in self._kept.items() if owner == visitor]
            for name in own[:-_MOST_EACH]:
                del self._kept[name]
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return token

    def get(self, token: str, visitor: str) -> Foreign:
        """The figures of a token.

        Raises:
            UserError: It is not (or no longer) there, or another's (404).
        """
        with self._lock:
            owner, foreign = self._kept.get(token, ("", None))
        if foreign is None or owner != visitor:
            raise UserError("timed.beside.gone", status=404)
        return foreign

    def of(self, visitor: str) -> list[tuple[str, Foreign]]:
        """All of a visitor's, the oldest first."""
        with self._lock:
            return [(name, kept) for name, (owner, kept) in self._kept.items() if owner == visitor]
