"""Notes in the database which copies there are, and tells which are missing or out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from sqlite3 import Connection

from swishdemo.jobs.copy_folder import NAME, DamagedRecord, Row
from swishdemo.jobs.database import BYTES, Database, insertion
from swishdemo.jobs.job import ACTIVE


class Copies:
    """Notes in the database which copies there are, and tells which are missing or out of date.

    Args:
        database: Where jobs and claims lie.
        server: Whose jobs those are that are read in.

    Raises:
        StoreError: By each method, where the database cannot be read or written.
    """

    def __init__(self, database: Database, server: str) -> None:
        self._database = database
        self._server = server

    def listen(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` after each change; it must be quick."""
        self._database.heard = heard

    def superfluous(self, folder: str) -> list[str]:
        """The copies in a folder of what was deleted."""
        return self._names(
            "SELECT id FROM archive_copies WHERE folder = ?"
            " AND id NOT IN (SELECT id FROM archive_changes)",
            folder,
        )

    def missing(self, folder: str) -> list[str]:
        """What a folder has not, or not as it is now; the change that is oldest comes first."""
        return self._names(
            "SELECT changed.id FROM archive_changes AS changed LEFT JOIN archive_copies AS copy"
            " ON copy.id = changed.id AND copy.folder = ? WHERE copy.number IS NOT changed.number"
            " ORDER BY changed.number",
            folder,
        )

    def state(self) -> tuple[int, int]:
        """What differs after each change."""
        with self._database.reading() as database:
            found = database.execute(
                "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'archive_changes'), COUNT(*)"
                " FROM archive_changes"
            )
            newest, count = found.fetchone()
        return newest or 0, count

    def begin(self, name: str, folder: str) -> tuple[int, bool, list[Row]] | None:
        """Note that a folder is to have a copy, before it has any of it.

        Returns:
            The number of the change, whether it was written there before, and what it is now,
            without the words of a visitor's own table; None where it was deleted.
        """
        from swishdemo.datasets.table import wordless

        with self._database.writing() as database:
            found = database.execute("SELECT number FROM archive_changes WHERE id = ?", (name,))
            change = found.fetchone()
            if change is None:
                return None
            known = (name, folder)
            database.execute("INSERT OR IGNORE INTO archive_copies VALUES (?, ?, NULL)", known)
            before = database.execute(
                "SELECT number FROM archive_copies WHERE id = ? AND folder = ?", known
            ).fetchone()
            rows = list(_rows(database, name))
        for table, row in rows:
            if table == "jobs":
                row["config"] = wordless(row["config"])
        return change[0], before[0] is not None, rows

    def done(self, name: str, folder: str, number: int) -> None:
        """Note that a folder has a copy of the change of this number."""
        with self._database.writing() as database:
            database.execute(
                "UPDATE archive_copies SET number = ? WHERE id = ? AND folder = ?",
                (number, name, folder),
            )

    def forget(self, names: Sequence[str], folder: str) -> None:
        """Note that a folder has copies no longer."""
        with self._database.writing() as database:
            database.executemany(
                "DELETE FROM archive_copies WHERE id = ? AND folder = ?",
                [(name, folder) for name in names],
            )

    def knows(self, name: str, folder: str) -> bool:
        """Whether it is here, or was deleted here and its copy is still to be removed."""
        with self._database.reading() as database:
            return bool(
                database.execute(
                    "SELECT 1 FROM archive_changes WHERE id = ?"
                    " UNION ALL SELECT 1 FROM archive_copies WHERE id = ? AND folder = ?",
                    (name, name, folder),
                ).fetchone()
            )

    def add(self, name: str, folder: str, rows: Sequence[Row]) -> None:
        """Write what a copy holds, and note that the folder has it.

        Raises:
            DamagedRecord: It is not what its name says.
        """
        _check(name, rows)
        with self._database.writing() as database:
            for table, row in rows:
                own = {"server": self._server} if table == "jobs" else {}
                known = [each[1] for each in database.execute(f"PRAGMA table_info({table})")]
                values = {column: row[column] for column in known if column in row} | own
                database.execute(insertion(table, values), tuple(values.values()))
            database.execute(f"UPDATE jobs SET bytes = {BYTES} WHERE 'job-' || id = ?", (name,))
            database.execute(
                "INSERT OR REPLACE INTO archive_copies"
                " SELECT id, ?, number FROM archive_changes WHERE id = ?",
                (folder, name),
            )

    def _names(self, query: str, *values: str) -> list[str]:
        with self._database.reading() as database:
            rows = database.execute(query, values).fetchall()
        return [row[0] for row in rows if isinstance(row[0], str) and NAME.fullmatch(row[0])]


def _rows(database: Connection, name: str) -> Iterator[Row]:
    """What is stored of a job or a claim, as it lies in the tables."""
    kind, _, key = name.partition("-")
    tables = {"jobs": "id", "reports": "job"} if kind == "job" else {"own_claims": "id"}
    for table, column in tables.items():
        order = "ORDER BY number" if table == "reports" else ""
        found = database.execute(f"SELECT * FROM {table} WHERE {column} = ? {order}", (key,))
        columns = [each[0] for each in found.description]
        for values in found.fetchall():
            row = dict(zip(columns, values, strict=True))
            yield table, {each: row[each] for each in row if each not in ("server", "bytes")}


def _check(name: str, rows: Sequence[Row]) -> None:
    kind, _, key = name.partition("-")
    (first, row), *others = rows
    texts = ("kind", "visitor", "state", "config") if kind == "job" else ("visitor", "statement")
    sound = (
        first == ("jobs" if kind == "job" else "own_claims")
        and row.get("id") == key
        and all(isinstance(row.get(column), str) for column in texts)
        and row.get("state") not in ACTIVE
        and all(table == "reports" and each.get("job") == key for table, each in others)
        and (kind == "job" or not others)
    )
    if not sound:
        raise DamagedRecord("it is not what its name says")
