"""One field of a request, and the strict reading of a value for it.

A table of such fields is what the page draws, REST documents, and requests are read by.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from swishdemo.activations.registry import formula_name, is_formula
from swishdemo.activations.typed.formula_process import checked_name
from swishdemo.errors import UserError
from swishdemo.text import Sentence

FieldKind = Literal[
    "choice", "choices", "flag", "integer", "integers", "number", "numbers", "table"
]

_MOST_STORED = 2**40
"""A number beyond this, or so many entries, no version has allowed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request.

    Attributes:
        name: Its name in JSON.
        kind: ``choice``, ``flag`` (true or false), ``integer`` or ``number``; with an ``s`` a list
            of them (of numbers and names each once); a
            ``table`` is a visitor's own, which `swishdemo.datasets.csv.read` reads.
        default: Its value where it is left out.
        low: The smallest allowed number.
        high: The largest.
        unit: What the number counts; empty for a pure number.
        choices: Allowed names, for the two kinds of choice.
        longest: Entries that a list may have.
        shortest: Entries that a list must have.
        formulas: How many entries may be typed formulas, such as ``=x*sigmoid(2*x)``.
        formula_seconds: In which each of them must be worked out; 0 where that was done before.
        repeats: Whether an entry of a list may occur twice.
    """

    name: str
    kind: FieldKind
    default: Any
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    longest: int = 1
    shortest: int = 0
    formulas: int = 0
    formula_seconds: float = 0.0
    repeats: bool = False

    def as_json(self) -> dict[str, Any]:
        """The field as a JSON object, for the page."""
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {
            "name": self.name,
            "kind": self.kind,
            "default": default,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "choices": list(self.choices),
            "longest": self.longest,
            "shortest": self.shortest,
            "formulas": self.formulas,
        }

    def read(self, value: object) -> Any:
        """The value in the field's type.

        Raises:
            UserError: It is of another type, not finite, out of range, unknown, or too long.
        """
        if value is None and self.default is None:
            return None
        if self.kind == "choice":
            return self._choice(value)
        if self.kind == "flag":
            return self._flag(value)
        if self.kind == "integer":
            return self._integer(value)
        if self.kind == "number":
            return self._number(value)
        items = self._list(value)
        if self.kind == "numbers":
            return tuple(dict.fromkeys(map(self._number, items)))
        if self.kind == "integers":
            return tuple(map(self._integer, items))
        typed = sum(map(is_formula, items))
        if self.formulas and typed > self.formulas:
            raise UserError("error.formulas", field=self.name, name=self.name, limit=self.formulas)
        names = tuple(map(self._choice, items))
        return names if self.repeats else tuple(dict.fromkeys(names))

    def stored(self, value: object) -> Any:
        """A value that was stored, perhaps by another version, in the field's type.

        What this server allows at the most is not asked: limits change.

        Raises:
            UserError: As `read`.
        """
        high = None if self.high is None else _MOST_STORED
        widest = replace(
            self, high=high, longest=_MOST_STORED, formulas=self.formulas and _MOST_STORED
        )
        return replace(widest, formula_seconds=0.0).read(value)

    def _list(self, value: object) -> Sequence[object]:
        if not isinstance(value, list | tuple):
            raise UserError("error.not_a_list", field=self.name, name=self.name)
        if len(value) < self.shortest:
            raise UserError("error.empty", field=self.name, name=self.name)
        if len(value) > self.longest:
            raise UserError(
                "error.too_long",
                field=self.name,
                name=self.name,
                count=len(value),
                limit=self.longest,
            )
        return value

    def _choice(self, value: object) -> str:
        if not isinstance(value, str):
            raise UserError("error.not_text", field=self.name, name=self.name)
        if self.formulas and is_formula(value):
            if not self.formula_seconds:
                return formula_name(value)
            return checked_name(value, self.formula_seconds, self.name)
        if value not in self.choices:
            raise UserError(
                "error.unknown_choice",
                field=self.name,
                name=self.name,
                value=short(value),
                choices=tuple(self.choices),
            )
        return value

    def _flag(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise UserError("error.not_a_flag", field=self.name, name=self.name)
        return value

    def _integer(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise UserError("error.not_an_integer", field=self.name, name=self.name)
        self._check_range(value)
        return value

    def _number(self, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise UserError("error.not_a_number", field=self.name, name=self.name)
        if not math.isfinite(value if isinstance(value, float) else 0):
            raise UserError("error.not_a_number", field=self.name, name=self.name)
        self._check_range(value)
        return float(value) + 0.0  # −0.0 becomes 0.0

    def _check_range(self, value: float) -> None:
        assert self.low is not None and self.high is not None
        if not self.low <= value <= self.high:
            raise UserError(
                "error.out_of_range",
                field=self.name,
                name=self.name,
                # Python refuses to print integers of more than 4300 digits; JSON can carry them.
                value=f"{value:.10g}" if abs(value) < 10**30 else Sentence("error.kind.beyond"),
                low=f"{self.low:.10g}",
                high=f"{self.high:.10g}",
            )


def short(value: object) -> str:
    """A foreign value that an error repeats, cut and encodable, so that it can be answered."""
    if not isinstance(value, str):
        return type(value).__name__
    words = value.encode("utf-8", "replace").decode("utf-8")
    return words if len(words) <= 40 else words[:39] + "…"
