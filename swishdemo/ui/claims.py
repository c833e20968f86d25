"""Claims: the article's sentences with verdicts, evidence and proofs, and checks on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from swishdemo.claims import ARTICLE, CLAIMS
from swishdemo.claims.article import get
from swishdemo.claims.evaluate import purposes
from swishdemo.claims.history import SWISH
from swishdemo.errors import UserError
from swishdemo.jobs.job import Job
from swishdemo.jobs.visitor import visitor_of
from swishdemo.text import LANGUAGES, Language, Sentence, text
from swishdemo.ui.assets import live
from swishdemo.ui.handlers import answering, field_text, language
from swishdemo.ui.lab import Lab

_LATEX: list[dict[str, str | bool]] = [{"left": "$", "right": "$", "display": False}]

SETUPS: dict[str, dict[str, str]] = {
    "limits": {"beta": "1", "x": "-12,12"},
    "minimum": {"beta": "1", "x": "-3,1"},
    "forms": {"beta": "1", "show": "f,df"},
    "max-slope": {"beta": "1", "x": "-4,6"},
    "alive": {"beta": "1", "x": "-10,2", "act": "relu"},
    "smooth": {"beta": "1", "show": "f,d2f", "act": "relu"},
    "vanishing": {"act": "sigmoid,tanh"},
}
"""What the address of the tab that a claim names holds, so that the tab shows what is meant."""
_JOB_IN_ADDRESS = {"train": "run", "time": "timing"}


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live(
        "claims/tab",
        elem_id="lab-claims",
        functions=(lister(lab), checker(lab), poller(lab), stopper(lab)),
        claims=stated(),
        article=ARTICLE,
        paper=SWISH.url,
    )
    proofs = gr.Markdown(elem_id="lab-proofs", latex_delimiters=_LATEX)
    # The browser has the proofs' text; Gradio only sets their LaTeX. No request is made.
    view.input(
        fn=None,
        js="() => document.getElementById('lab-proofs').proofs()",
        outputs=proofs,
        api_visibility="private",
    )


def stated() -> list[dict[str, Any]]:
    """What is known of each claim before anything is checked, in both languages."""
    return [
        {
            "id": claim.id,
            "statement": {each: claim.statement(each) for each in LANGUAGES},
            "kinds": sorted({part.kind for part in claim.parts}),
            "parts": len(claim.parts),
        }
        for claim in CLAIMS
    ]


def lister(lab: Lab) -> Callable[..., dict[str, Any]]:
    """The server function that gives every card."""

    @answering
    def cards(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Every claim with its verdicts."""
        tongue, visitor = language(request), visitor_of(request)
        listed = lab.claims.cards(tongue)
        return {"cards": [_drawn(lab, card, tongue, visitor) for card in listed]}

    return cards


def checker(lab: Lab) -> Callable[..., dict[str, Any]]:
    """The server function that checks a claim: proves it anew, or starts what it needs."""

    @answering
    def check(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Prove a claim, and submit what it needs to be judged; the card as it stands then."""
        claim, tongue, visitor = field_text(given, "claim"), language(request), visitor_of(request)
        lab.claims.check(claim, visitor)
        return {"card": _drawn(lab, lab.claims.card(claim, tongue), tongue, visitor)}

    return check


def poller(lab: Lab) -> Callable[..., dict[str, Any]]:
    """The server function that tells how far checks are."""

    @answering
    def poll(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """How far the checks are that the browser names, and a claim anew where that changed it."""
        watched = given.get("claims")
        if not isinstance(watched, dict):
            raise UserError(
                "error.wrong_type", name="claims", expected=Sentence("error.kind.object")
            )
        tongue, visitor = language(request), visitor_of(request)
        states: dict[str, Any] = {}
        for claim_id, known in watched.items():
            get(claim_id)  # refuses what is no claim
            states[claim_id] = _progress(lab, claim_id, tongue, visitor)
            if states[claim_id]["mark"] != known:
                card = lab.claims.card(claim_id, tongue)
                states[claim_id]["card"] = _drawn(lab, card, tongue, visitor)
        return {"states": states, "done": not any(each["active"] for each in states.values())}

    return poll


def stopper(lab: Lab) -> Callable[..., dict[str, Any]]:
    """The server function that ends a visitor's own check."""

    @answering
    def stop(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """End the visitor's own jobs of a claim."""
        visitor = visitor_of(request)
        for purpose in purposes(get(field_text(given, "claim"))):
            for job in lab.manager.list(visitor, purpose=purpose):
                if job.active:
                    lab.manager.stop(job.id, visitor)
        return {"stopped": True}

    return stop


def _drawn(lab: Lab, card: dict[str, Any], tongue: Language, visitor: str) -> dict[str, Any]:
    """A card of the evaluator with its figures, the state of its jobs and where to go on."""
    from swishdemo.figures.claims import claim_figure

    for part in card["parts"]:
        evidence = part.pop("evidence")
        part["figure"] = claim_figure(card["id"], part["name"], evidence, tongue)
        part["sources"] = (evidence or {}).get("sources", [])
        steps = (evidence or {}).get("steps") or {}
        part["steps"] = {"held": sum(steps.values()), "count": len(steps)}
    progress = _progress(lab, card["id"], tongue, visitor)
    setup = SETUPS.get(card["id"], {})
    if progress["own"]:
        setup = {_JOB_IN_ADDRESS[card["tab"]]: progress["own"]}
    return card | {"progress": progress, "setup": setup}


def _progress(lab: Lab, claim_id: str, tongue: Language, visitor: str) -> dict[str, Any]:
    """The newest jobs of a claim in words: a line each, and how much of all is done.

    ``mark`` changes whenever a verdict may have; ``own`` is the visitor's newest job; ``mine``
    tells whether one that is under way is the visitor's, who may stop it.
    """
    needed = purposes(get(claim_id))
    jobs = [lab.manager.get(job.id) for job in lab.claims.jobs(claim_id)]
    lines: list[dict[str, str]] = []
    for job in jobs:
        if job.state == "finished":  # if it cannot be read, the verdict's reason says so
            continue
        words = _line(job, tongue)
        if len(needed) > 1:
            part = text(f"claims.{claim_id}.part.{needed[job.purpose or ''].name}", tongue)
            words = text("court.of_part", tongue, part=part, words=words)
        lines.append({"words": words, "tone": "error" if job.state == "failed" else "note"})
    own = [job for job in jobs if job.visitor == visitor]
    return {
        "active": any(job.active for job in jobs),
        "mine": any(job.active for job in own),
        "own": own[0].id if own else "",
        "share": sum(map(_share, jobs)) / max(1, len(jobs)),
        "lines": lines,
        "mark": " ".join(f"{job.id[:8]}:{job.state}" for job in jobs),
    }


def _share(job: Job) -> float:
    """How much of the job is done, from 0 to 1."""
    if not job.active:
        return 1.0
    return job.step / job.steps if job.steps else 0.0


def _line(job: Job, tongue: Language) -> str:
    """One job that has not finished, in one sentence."""
    reason = job.reason.sentence(tongue) if job.reason else ""
    if job.state == "waiting":
        seconds = job.estimate_seconds
        key = "court.job_waiting" if seconds is None else "court.job_waiting_estimate"
        return text(key, tongue, position=job.position or 1, seconds=round(seconds or 0))
    if job.state == "running" and job.step:
        return text("court.job_running", tongue, step=job.step, steps=job.steps or "?")
    if job.state == "running":
        return text("court.job_starting", tongue)
    return text(f"court.job_{job.state}", tongue, reason=reason)
