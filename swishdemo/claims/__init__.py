"""The article's sentences, checked: records, rules and the evaluator that applies them.

- `record`: a claim and its parts; `verdicts`: what a check can come to, and why.
- `register`: the claims; their texts lie in the catalogue under ``claims``.
- `symbolic`: Swish's landmarks, proved; `slope`, `limits`, `smoothness`, `vanishing`: the parts
  that are proved; `history`: those that are cited.
- `cost`, `beta`: the parts that jobs decide; `intervals`: their statistics.
- `evaluator`: runs the checks and tells the verdicts; `manager`: what it needs of the job manager.
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
    Unbuilt,
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
    "Unbuilt",
    "Verdict",
    "VerdictName",
    "get",
]
