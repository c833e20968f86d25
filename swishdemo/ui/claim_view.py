"""Shows claims: cards with their figures, and how far a claim's jobs are.

Loads no Gradio: REST answers with it.
"""

from __future__ import annotations

from typing import Any

from swishdemo.claims.claims_report import takings
from swishdemo.claims.evaluate import all_purposes, purposes
from swishdemo.figures.claims import illustrated
from swishdemo.jobs.job import Job
from swishdemo.text import Language, text
from swishdemo.ui.lab import Lab
from swishdemo.ui.run_text import waiting

_TAB_OF_JOB = {"run": "train", "sweep": "train", "timing": "time"}
"""Where a job is shown, and, as its kind, the name that its id has in the address."""


def cards(lab: Lab, tongue: Language, visitor: str, *, own: bool = False) -> list[dict[str, Any]]:
    """Every claim with its verdicts; or those that the visitor has stated, the newest first."""
    listed = lab.claims.cards(tongue, own=visitor if own else None)
    return [_drawn(lab, card, tongue, visitor) for card in listed]


def card(lab: Lab, claim_id: str, tongue: Language, visitor: str) -> dict[str, Any]:
    """One claim of `cards`.

    Raises:
        UserError: There is no such claim (404).
    """
    return _drawn(lab, lab.claims.card(claim_id, tongue), tongue, visitor)


def progress(lab: Lab, claim_id: str, tongue: Language, visitor: str) -> dict[str, Any]:
    """The newest jobs of a claim in words: a line each, and how much of all is done.

    ``mark`` changes whenever a verdict may have; ``newest`` is the newest job, of ``kind``;
    ``planned`` tells whether it is one of several that are checked one after the other, ``mine``
    whether the visitor pressed for one that is under way, and may stop it.

    Raises:
        UserError: There is no such claim (404).
    """
    claim = lab.claims.find(claim_id)
    needed = all_purposes(claim)
    jobs = [lab.manager.get(job.id) for job in lab.claims.jobs(claim_id)]
    lines: list[dict[str, str]] = []
    for job in jobs:
        if job.state == "finished":  # if it cannot be read, the verdict's reason says so
            continue
        words = _line(job, tongue)
        if len(purposes(claim)) > 1:
            part = claim.label(needed[job.purpose or ""].name, tongue)
            words = text("check.of_part", tongue, part=part, words=words)
        lines.append({"words": words, "tone": "error" if job.state == "failed" else "note"})
    planned = lab.claims.planned(claim_id)
    if planned and planned[0]:
        words = text("check.planned", tongue, place=planned[0])
        lines = [{"words": words, "tone": "note"}, *lines]
    return {
        "planned": planned is not None,
        "active": planned is not None or any(job.active for job in jobs),
        "mine": (planned or (0, ""))[1] == visitor
        or any(job.active and lab.claims.wants(job, visitor) for job in jobs),
        "newest": jobs[0].id if jobs else "",
        "kind": jobs[0].kind if jobs else "",
        "share": 0 if planned and planned[0] else sum(map(_share, jobs)) / max(1, len(jobs)),
        "lines": lines,
        "mark": " ".join(
            [
                *(f"{job.id[:8]}:{job.state}" for job in jobs),
                "" if planned is None else "planned" if planned[0] else "checked",
            ]
        ),
    }


def _drawn(lab: Lab, card: dict[str, Any], tongue: Language, visitor: str) -> dict[str, Any]:
    """A card of the evaluator with its figures, the state of its jobs and where to go on."""
    card = illustrated(card, tongue)
    for part in card["parts"]:
        evidence = part.pop("evidence")
        part["sources"] = (evidence or {}).get("sources", [])
        steps = (evidence or {}).get("steps") or {}
        part["steps"] = {"held": sum(steps.values()), "count": len(steps)}
    told = progress(lab, card["id"], tongue, visitor)
    setup = card.pop("setup")
    if kind := told["kind"]:
        card |= {"tab": _TAB_OF_JOB[kind]}
        setup = {kind: told["newest"]}
    # The browser knows where the app lies.
    taken = takings(card, "{root}", tongue)
    return card | {"progress": told, "setup": setup, "taken": taken}


def _share(job: Job) -> float:
    """How much of the job is done, from 0 to 1."""
    if not job.active:
        return 1.0
    return job.step / job.steps if job.steps else 0.0


def _line(job: Job, tongue: Language) -> str:
    """One job that has not finished, in one sentence."""
    if job.state == "waiting":
        return waiting(job, tongue, "check.job_waiting", "check.job_waiting_estimate")
    if job.state == "running" and job.step:
        return text("check.job_running", tongue, step=job.step, steps=job.steps or "?")
    if job.state == "running":
        return text("check.job_starting", tongue)
    return text(f"check.job_{job.state}", tongue, reason=job.why(tongue))
