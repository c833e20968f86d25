"""Write what is worked out beforehand and committed: ``python -m swishdemo generate``.

What depends on the sources alone is not worked out while somebody waits for it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from swishdemo.activations.registry import FACTS
from swishdemo.activations.symbolic import javascript
from swishdemo.claims import CLAIMS, proofs

_ROOT = Path(__file__).resolve().parents[1]
_NUMBER = re.compile(r"(-?\d+\.\d+(?:e[+-]?\d+)?)")


@dataclass(frozen=True, slots=True)
class Generated:
    """A file that is generated.

    Attributes:
        path: Where it lies.
        make: Its text, made anew; it is given the text so far, "" where there is none.
    """

    path: Path
    make: Callable[[str], str]

    @property
    def name(self) -> str:
        """The path from the project's root."""
        return self.path.relative_to(_ROOT).as_posix()

    def news(self) -> str | None:
        """The text as it should be; None where the file says that already."""
        before = self.path.read_text("utf-8") if self.path.exists() else ""
        after = self.make(before)
        return None if same(before, after) else after


FILES = (
    Generated(javascript.MODULE, lambda before: javascript.module()),
    Generated(javascript.PROPERTIES, lambda before: javascript.property_module()),
    Generated(FACTS, lambda before: javascript.facts_text()),
    Generated(proofs.KEPT, lambda before: proofs.kept_text(CLAIMS, before, _same_evidence)),
)


def generate(check: bool = False) -> int:
    """Write each file that is not current, and say so.

    Args:
        check: Only say which are stale.

    Returns:
        The exit status: 1 where ``check`` found one, else 0.
    """
    stale = 0
    for file in FILES:
        text = file.news()
        if text is None:
            print(f"{file.name} is current")
        elif check:
            stale = 1
            print(f"{file.name} is stale")
        else:
            file.path.write_text(text, encoding="utf-8")
            print(f"{file.name} is written")
    return stale


def same(before: str, after: str) -> bool:
    """Whether two texts differ in no more than the last digits of decimals.

    With another NumPy, or on another processor, those may be others.
    """
    old, new = _NUMBER.split(before), _NUMBER.split(after)
    return len(old) == len(new) and all(map(_alike, old, new))


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
        return False
    return math.isclose(float(one), float(other), rel_tol=1e-12, abs_tol=1e-15)


def _same_evidence(one: object, other: object) -> bool:
    return same(json.dumps(one), json.dumps(other))
