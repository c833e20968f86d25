"""Registers visitors' own claims in the store, finds them again, and keeps what was found.

A claim's id cannot be guessed, so that its address is what it is shared by: who has it may read
the claim, in the small page, the badge and the report too, which know no visitor. Its visitor
alone may check or delete it.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from swishdemo import __version__
from swishdemo.activations.typed.formula_process import study_process
from swishdemo.claims.own_claim import ApartAtMost, Statement, restored, stated
from swishdemo.claims.proofs import Proof, provers
from swishdemo.claims.record import Claim, Measured, SourceDocument
from swishdemo.claims.trained import Trained
from swishdemo.errors import UserError
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.store import Registered
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Language, text

_LOG = logging.getLogger(__name__)

_SIGN = "own-"
MOST_OF_ONE = 12
"""Claims of one visitor."""
_MOST = 2000
"""Claims of all visitors; the oldest go first."""
_DAY = 86_400


OWN = SourceDocument(
    "own",
    "",
    authors="",
    year=0,
    titles={"en": "Stated by a visitor", "zh": "由访问者提出"},
)


def is_own(claim_id: object) -> bool:
    """Whether a claim of this name would be a visitor's."""
    return isinstance(claim_id, str) and claim_id.startswith(_SIGN)


@dataclass(frozen=True, slots=True)
class OwnClaim(Claim):
    """A visitor's claim. Its words follow from the statement, and are not in the catalogue.

    Attributes:
        stated: What is claimed.
        row: As it was registered, before it was run.
        found: What was found at once; None before that, and where a job decides.
    """

    document: SourceDocument = OWN
    stated: Statement = field(kw_only=True)
    row: Registered = field(kw_only=True)
    found: Proof | None = None

    def statement(self, language: Language) -> str:
        """What is claimed."""
        return self.stated.sentence(language)

    def title(self, language: Language) -> str:
        """The same in about six words."""
        return self.stated.title(language)

    def label(self, part: str, language: Language) -> str:
        """What its one part is called."""
        return text(f"own.part.{self.stated.kind}", language)

    def registration(self, server: Settings) -> dict[str, Any]:
        """What was registered, and when: what, how often, and the rule."""
        part = self.parts[0]
        return {
            "at": _moment(self.row.registered_at),
            "version": self.row.version,
            "stated": self.stated.as_json(),
            "rule": {each: self.stated.rule(each, server) for each in LANGUAGES},
            "repeats": part.repeats if isinstance(part, Trained) else None,
            "request": part.request(server) if isinstance(part, Measured) else None,
        }


class Registration:
    """The claims that visitors have registered; any thread may call it.

    Args:
        manager: Holds the store and the jobs that decide them.
    """

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager

    def preview(self, given: object) -> Statement:
        """What would be registered.

        Raises:
            UserError: A field is refused (422).
        """
        return stated(given, self._manager.settings)

    def register(self, given: object, visitor: str) -> OwnClaim:
        """Register a claim; nothing is run.

        Raises:
            UserError: A field is refused (422), the visitor has enough of them (409), or it
                cannot be stored (503).
        """
        statement = self.preview(given)
        claims = self._manager.claims
        self._forget_old()
        if len(claims.of(visitor)) >= MOST_OF_ONE:
            raise UserError("own.error.many", status=409, limit=MOST_OF_ONE)
        row = Registered(
            id=f"{_SIGN}{secrets.token_hex(16)}",
            visitor=visitor,
            statement=statement.as_json(),
            version=__version__,
            registered_at=time.time(),
        )
        claims.add(row)
        return _claim(row, statement)

    def get(self, claim_id: str) -> OwnClaim:
        """The claim of that name, for whoever has it.

        Raises:
            UserError: There is none (404).
        """
        row = self._manager.claims.get(claim_id)
        claim = None if row is None else _understood(row)
        if claim is None:
            raise UserError("own.error.unknown", field="id", status=404)
        return claim

    def of(self, visitor: str) -> list[OwnClaim]:
        """A visitor's claims, the newest first."""
        rows = self._manager.claims.of(visitor)
        return [claim for row in rows if (claim := _understood(row)) is not None]

    def work_out(self, claim: OwnClaim, visitor: str) -> OwnClaim:
        """Look for what needs no job, and keep what is found.

        Raises:
            UserError: It takes too long (422), or too many wait (429).
        """
        (part,) = claim.parts
        if not isinstance(part, ApartAtMost):
            return claim
        worker = study_process(self._manager.settings.formula_seconds)
        given = (part.one, part.other, part.low, part.high)
        found = worker.ask("distance", *given, visitor=visitor)
        evidence = json.loads(json.dumps({**found, "claimed": part.claimed_gap}))
        now = time.time()
        self._manager.claims.decide(claim.id, evidence, provers(), now)
        return replace(claim, found=Proof("", evidence, provers(), _moment(now)))

    def delete(self, claim_id: str, visitor: str) -> None:
        """Remove a visitor's claim with its evidence; what runs for it is stopped.

        Raises:
            UserError: There is none of that name, or it is another's (404).
        """
        row = self._manager.claims.get(claim_id)
        if row is None or row.visitor != visitor:
            raise UserError("own.error.unknown", field="id", status=404)
        self._remove(claim_id)

    def _forget_old(self) -> None:
        """Remove claims that are older than jobs may be, and those beyond the number for all."""
        oldest = time.time() - self._manager.settings.keep_days * _DAY
        for claim_id in self._manager.claims.beyond(oldest, _MOST - 1):
            self._remove(claim_id)

    def _remove(self, claim_id: str) -> None:
        self._manager.claims.delete([claim_id])
        for job in ("training", "timing"):
            for each in self._manager.list(purpose=f"claim:{claim_id}:{job}"):
                self._manager.delete(each.id)


def _understood(row: Registered) -> OwnClaim | None:
    """The claim of a row; None where this version knows no such statement."""
    try:
        return _claim(row, restored(row.statement))
    except Exception:  # written by another version, in whatever way
        _LOG.warning("claim %s cannot be read", row.id[:12], exc_info=True)
        return None


def _claim(row: Registered, statement: Statement) -> OwnClaim:
    found = None
    if row.evidence is not None:
        found = Proof("", row.evidence, row.host or "", _moment(row.checked_at or 0.0))
    setup = statement.setup()
    return OwnClaim(
        row.id,
        (statement.part(),),
        tab="explore" if setup else "",
        setup=setup,
        stated=statement,
        row=row,
        found=found,
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
