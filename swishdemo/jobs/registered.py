"""What visitors have claimed themselves, in the store: registered before it is run, and kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swishdemo.formats import dump
from swishdemo.jobs.database import Database

_COLUMNS = (
    *("id", "visitor", "statement", "version", "registered_at"),
    *("evidence", "host", "checked_at"),
)


@dataclass(frozen=True, slots=True)
class Registered:
    """One visitor's claim, as it is stored.

    Attributes:
        id: Its name in addresses.
        visitor: Whose it is.
        statement: What is claimed, as JSON; whoever reads it knows its shape.
        version: The version of the app that it was registered with.
        registered_at: Unix seconds.
        evidence: What was found at once; None before that, and where a job decides.
        host: What found it.
        checked_at: When, in Unix seconds.
    """

    id: str
    visitor: str
    statement: Mapping[str, Any]
    version: str
    registered_at: float
    evidence: Mapping[str, Any] | None = None
    host: str | None = None
    checked_at: float | None = None


class RegisteredClaims:
    """The claims of all visitors; any thread may call it.

    Args:
        database: Where they lie.

    Raises:
        StoreError: By each method, where the database cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, claim: Registered) -> None:
        """Write a new one."""
        row = (
            *(claim.id, claim.visitor, dump(claim.statement), claim.version, claim.registered_at),
            *(claim.evidence and dump(claim.evidence), claim.host, claim.checked_at),
        )
        marks = ", ".join("?" * len(row))
        with self._database.writing() as database:
            database.execute(
                f"INSERT INTO own_claims ({', '.join(_COLUMNS)}) VALUES ({marks})", row
            )

    def get(self, claim_id: str) -> Registered | None:
        """The claim of that name; None where there is none, or it is damaged."""
        return next(iter(self._select("WHERE id = ?", (claim_id,))), None)

    def of(self, visitor: str) -> list[Registered]:
        """A visitor's claims, the newest first."""
        return self._select("WHERE visitor = ? ORDER BY registered_at DESC, rowid DESC", (visitor,))

    def decide(
        self, claim_id: str, evidence: Mapping[str, Any], host: str, checked_at: float
    ) -> None:
        """Write what was found of a claim; it takes the place of what was found before."""
        with self._database.writing() as database:
            database.execute(
                "UPDATE own_claims SET evidence = ?, host = ?, checked_at = ? WHERE id = ?",
                (dump(evidence), host, checked_at, claim_id),
            )

    def delete(self, claim_ids: Sequence[str]) -> None:
        """Remove some."""
        with self._database.writing() as database:
            database.executemany(
                "DELETE FROM own_claims WHERE id = ?", [(each,) for each in claim_ids]
            )

    def beyond(self, oldest: float, most: int) -> list[str]:
        """The ids of those registered before ``oldest``, and of all but the ``most`` newest."""
        with self._database.reading() as database:
            rows = database.execute(
                "SELECT id FROM (SELECT id, registered_at, ROW_NUMBER() OVER"
                " (ORDER BY registered_at DESC, rowid DESC) AS place FROM own_claims)"
                " WHERE registered_at < ? OR place > ?",
                (oldest, most),
            ).fetchall()
        return [row[0] for row in rows]

    def _select(self, where: str, values: tuple[str, ...]) -> list[Registered]:
        with self._database.reading() as database:
            rows = database.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM own_claims {where}", values
            ).fetchall()
        return [claim for row in rows if (claim := _read(row)) is not None]


def _read(row: Sequence[Any]) -> Registered | None:
    """The claim of a row; None where it is damaged."""
    values = dict(zip(_COLUMNS, row, strict=True))
    try:
        values["statement"] = json.loads(values["statement"])
        values["evidence"] = values["evidence"] and json.loads(values["evidence"])
        moments = [float(values["registered_at"]), float(values["checked_at"] or 0)]
    except (ValueError, TypeError, RecursionError):
        return None
    sound = isinstance(values["statement"], dict) and all(0 <= each < 2**37 for each in moments)
    return Registered(**values) if sound else None
