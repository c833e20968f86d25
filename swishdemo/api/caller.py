"""What a route is given of its request: who asks, in which language, and the object sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from swishdemo.api.responses import language
from swishdemo.api.strict_json import json_object
from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.text import Language, Sentence


async def _visitor(request: Request) -> str:
    return visitor_of(request)


async def _language(request: Request) -> Language:
    return language(request)


Visitor = Annotated[str, Depends(_visitor)]
Tongue = Annotated[Language, Depends(_language)]
Given = Annotated[dict[str, Any], Depends(json_object)]


def short_text(given: Mapping[str, Any], name: str, longest: int = 64) -> str:
    """A short text among what was sent.

    Raises:
        UserError: It is absent, no text, or longer (422).
    """
    value = given.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise UserError(
            "error.wrong_type", field=name, name=name, expected=Sentence("error.kind.short_text")
        )
    return value


def object_of(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object among what was sent; an empty one where it is left out.

    Raises:
        UserError: It is something else (422).
    """
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise UserError(
            "error.wrong_type", field=name, name=name, expected=Sentence("error.kind.object")
        )
    return value
