"""What an owner may say of a job: its name, a note, and whether anyone may read it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from swishdemo.errors import UserError
from swishdemo.text import Sentence

LONGEST = {"name": 80, "note": 2000}
"""Characters that each text may have."""


def read(given: Mapping[str, object], share: str | None) -> dict[str, str | None]:
    """The columns of the store that a request changes.

    Args:
        given: ``name`` (one line), ``note`` and ``shared``, or some of them. ``shared`` gives the
            job a token that a link can carry, or takes it back: the link then leads nowhere.
        share: The token that the job has.

    Raises:
        UserError: A field is unknown, of the wrong type or too long (422).
    """
    values: dict[str, str | None] = {}
    for field, value in given.items():
        if field == "name":
            values[field] = " ".join(_words(field, value).split())
        elif field == "note":
            values[field] = _words(field, value).strip()
        elif field == "shared":
            if not isinstance(value, bool):
                raise UserError("error.not_a_flag", field=field, name=field)
            values["share"] = (share or secrets.token_urlsafe(16)) if value else None
        else:
            raise UserError(
                "error.unknown_field",
                field=field[:40],
                value=field[:40],
                name=Sentence("error.what.description"),
                choices="name, note, shared",
            )
    return values


def _words(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise UserError("error.not_text", field=field, name=field)
    if len(value) > LONGEST[field]:
        raise UserError("error.too_many_signs", field=field, name=field, limit=LONGEST[field])
    return value
