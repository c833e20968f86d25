"""Proofs: those that are kept, made beforehand and committed, and the making of new ones.

A proof takes SymPy seconds, and comes out the same everywhere. So what each found is kept in
``proofs.json`` with what it was made on and when; ``python -m swishdemo generate`` writes the file,
and a test holds it to the claims.
"""

from __future__ import annotations

import json
import pickle
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import swishdemo
from swishdemo.claims.record import Claim, Evidence, Instant
from swishdemo.errors import UserError

KEPT = Path(__file__).with_name("proofs.json")

_SECONDS = 60
"""In which the proofs of a claim must have been made; a second does on a quiet machine."""
_CHILD = "import sys; sys.path[:] = {path!r}; from swishdemo.claims.proofs import serve; serve()"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the check of an instant part found, and where and when.

    Attributes:
        of: The part's record as text: with another claimed number it is another proof.
        evidence: What was found.
        host: What it was made on.
        checked_at: When, as ISO 8601 to the second.
    """

    of: str
    evidence: Evidence
    host: str
    checked_at: str


def prove(part: Instant) -> Proof:
    """Check ``part`` here and now; SymPy is loaded where the check needs it."""
    # As JSON has it, so that a proof made now is equal to one that was kept.
    evidence = json.loads(json.dumps(part.check(), allow_nan=False))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return Proof(repr(part), evidence, provers(), moment)


def prove_apart(parts: Sequence[Instant]) -> list[Proof]:
    """Check ``parts`` in a process of their own, from nothing: none of an earlier proof is used.

    Raises:
        UserError: It took too long (503).
        RuntimeError: The process failed; its last words are told.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD.format(path=sys.path)],
            input=pickle.dumps(list(parts)),
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise UserError("claims.error.slow", status=503, seconds=_SECONDS) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-2000:]
        raise RuntimeError(f"a proof's process ended with {done.returncode}:\n{said}")
    found: list[Proof] = pickle.loads(done.stdout)
    return found


def serve() -> None:
    """Prove the parts that come in on standard input, and write their proofs to the output."""
    parts: list[Instant] = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps([prove(part) for part in parts]))


def kept() -> dict[str, Proof]:
    """The proofs that were made beforehand, by ``<claim>.<part>``."""
    return _read(KEPT.read_text("utf-8"))


def kept_text(claims: Sequence[Claim], before: str, same: Callable[[object, object], bool]) -> str:
    """The text of the file that `kept` reads, every proof made anew.

    Args:
        claims: The claims.
        before: The text so far: a proof that finds the same stays as it is, its date too.
        same: Whether two pieces of evidence say the same.
    """
    known = _read(before)
    proofs: dict[str, Proof] = {}
    for claim in claims:
        for part in claim.parts:
            if not isinstance(part, Instant):
                continue
            name, new = f"{claim.id}.{part.name}", prove(part)
            old = known.get(name)
            stays = old is not None and old.of == new.of and same(old.evidence, new.evidence)
            proofs[name] = old if old is not None and stays else new
    listed = {name: asdict(proof) for name, proof in proofs.items()}
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


@cache
def provers() -> str:
    """What proofs are made on in this process."""
    versions = f"SymPy {metadata.version('sympy')} · Python {platform.python_version()}"
    return f"Swish Lab {swishdemo.__version__} · {versions}"


def _read(text: str) -> dict[str, Proof]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(text or "{}")
    return {name: Proof(**each) for name, each in found.items()}
