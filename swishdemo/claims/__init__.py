"""Checks what is said about Swish: records, rules, and the evaluator that applies them.

- `record`: a document, a claim of it with its parts, and what a check can come to.
- `article`: the article's claims; `documents`: those of other documents; `registry`: all of them.
- `slope`, `limits`: the parts that are proved, by `proofs`; `history`: those that are cited;
  `cost`, `beta`: those that jobs decide.
- `evaluate`: runs the checks and tells the verdicts.
"""

from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.claims.record import (
    ARTICLE,
    VERDICTS,
    Claim,
    Instant,
    Measured,
    Part,
    SourceDocument,
    Verdict,
    VerdictName,
)
from swishdemo.claims.registry import CLAIMS, DOCUMENTS, get
from swishdemo.text import Sentence

__all__ = [
    "ARTICLE",
    "CLAIMS",
    "DOCUMENTS",
    "VERDICTS",
    "Claim",
    "ClaimEvaluator",
    "Instant",
    "Measured",
    "Part",
    "Sentence",
    "SourceDocument",
    "Verdict",
    "VerdictName",
    "get",
]
