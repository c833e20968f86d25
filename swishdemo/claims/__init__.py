"""Checks what is said about Swish: records, rules, and the evaluator that applies them.

- `record`: a document, a claim of it with its parts, and what a check can come to.
- `documents`: what each says, the article first; a file is added by lying there.
- `formulas`, `curve_shape`: the parts that are proved, by `proofs`; `history`: what is cited;
  `cost`, `beta`: what jobs decide.
- `evaluate`: runs the checks and tells the verdicts; `cards`: words them for a page.
"""

from swishdemo.claims.documents import CLAIMS, DOCUMENTS, get
from swishdemo.claims.evaluate import ClaimEvaluator
from swishdemo.claims.record import ARTICLE, VERDICTS, Claim, Instant, Measured, SourceDocument

__all__ = [
    "ARTICLE",
    "CLAIMS",
    "DOCUMENTS",
    "VERDICTS",
    "Claim",
    "ClaimEvaluator",
    "Instant",
    "Measured",
    "SourceDocument",
    "get",
]
