"""What a runner's handle streams: the results of a job, and how the job ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from swishdemo.text import Language, Phrase, text
from swishdemo.ticks import Tick


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a job ended as it did: a key of the text catalogue and what fills its placeholders.

    A value may itself be a `Reason`'s JSON, so that a sentence inside a sentence follows the
    reader's language.
    """

    key: str
    values: dict[str, Any] = field(default_factory=dict)

    def sentence(self, language: Language = "en") -> str:
        """The reason in ``language``; where its words are gone, a sentence that says so."""
        try:
            values = {
                name: Reason.from_json(value).sentence(language)
                if isinstance(value, dict)
                else value
                for name, value in self.values.items()
            }
            return text(self.key, language, **values)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            return text("jobs.unreadable.reason", language, name=self.key[:80])

    def phrase(self) -> Phrase:
        """The reason as words within another sentence."""
        filled = (
            (name, Reason.from_json(value).phrase() if isinstance(value, dict) else value)
            for name, value in self.values.items()
        )
        return Phrase(self.key, tuple(filled))

    def as_json(self) -> dict[str, Any]:
        """The parts, for the store."""
        return {"key": self.key, "values": self.values}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Reason:
        """The reason that `as_json` wrote.

        Raises:
            ValueError: It wrote no such thing.
        """
        key, values = value.get("key"), value.get("values")
        if not isinstance(key, str) or not isinstance(values, dict):
            raise ValueError("it is no reason")
        return cls(key, values)


@dataclass(frozen=True, slots=True)
class Item:
    """One result: the name of its class and its JSON object."""

    name: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attached:
    """A `swishdemo.ticks.Attachment`, as JSON; it takes the place of the one before."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Paused:
    """The work rests until it is resumed, stepped or stopped.

    ``turn`` is that of the pause or step which it answers (`swishdemo.jobs.runner.Handle.turn`).
    """

    turn: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The generator came to its end."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The generator was closed because a stop was asked for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ended by an error.

    Attributes:
        reason: For its owner.
        details: For the log alone, such as a traceback.
        died: Whether it was the process that ended, and not the work within it.
    """

    reason: Reason
    details: str = ""
    died: bool = False


Ending = Finished | Stopped | Failed
Message = Item | Attached | Tick | Paused | Ending
