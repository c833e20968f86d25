"""Checks the article's sentences: records, rules, and the evaluator that applies them.

- `record`: a claim and its parts, and what a check can come to.
- `article`: the claims; their texts lie in the catalogue under ``claims``.
- `symbolic`: Swish's landmarks, proved; `slope`, `limits`: the parts that are proved; `history`:
  those that are cited; `cost`, `beta`: those that jobs decide.
- `evaluate`: runs the checks and tells the verdicts; `proofs`: proofs made beforehand.
"""

from swishdemo.claims.article import CLAIMS, get
from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.claims.record import (
    ARTICLE,
    VERDICTS,
    Claim,
    Instant,
    Measured,
    Part,
    Verdict,
    VerdictName,
)
from swishdemo.text import Sentence

__all__ = [
    "ARTICLE",
    "CLAIMS",
    "VERDICTS",
    "Claim",
    "ClaimEvaluator",
    "Instant",
    "Measured",
    "Part",
    "Sentence",
    "Verdict",
    "VerdictName",
    "get",
]
