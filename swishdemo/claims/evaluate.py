"""Runs the checks and tells verdicts with their evidence, in either language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any

from swishdemo.activations.typed.formula_process import FairLock
from swishdemo.claims.cards import card_of
from swishdemo.claims.cost import on_each_device
from swishdemo.claims.documents import CLAIMS, get
from swishdemo.claims.own_claim import ApartAtMost
from swishdemo.claims.plan import CheckPlan
from swishdemo.claims.proofs import Proof, kept, prove_apart
from swishdemo.claims.record import (
    BUDGETS,
    Budget,
    Claim,
    Evidence,
    Instant,
    Measured,
    Part,
)
from swishdemo.claims.registration import OwnClaim, Registration, is_own
from swishdemo.errors import UserError
from swishdemo.host import torch_version
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Language, Sentence, text
from swishdemo.timing import HostCard

_LOG = logging.getLogger(__name__)

OWNER = "claims"
"""Whose the claims' jobs are: no visitor's, whose names are longer, so that none deletes them."""

_NO_LIMIT = 10**9
_LIFTED = ("max_steps", "max_replicas", "max_parameters", "max_sweep_steps")
"""Limits that are the visitors' alone where the server may be thorough."""

_MOST_READ = 500
"""Evidence of so many jobs is kept in memory."""

_REST_SECONDS = 0.005
"""Between two claims that are read ahead: whoever asks for something comes first."""


class ClaimEvaluator:
    """Verdicts on the claims; any thread may call it.

    A proof is told as it was kept (`swishdemo.claims.proofs`), or as it was last made here, for
    the life of the process: a restart brings back the kept one, with its own date. What a job found
    is kept in the job store. A verdict is made anew from either each time it is told.

    Args:
        manager: Where jobs are submitted and found again.
        claims: The records to judge.
        prove: Makes proofs anew.

    Attributes:
        claims: The records, with a line for each device on which a part is timed here.
        own: The claims that visitors have stated themselves.
    """

    def __init__(
        self,
        manager: JobManager,
        claims: tuple[Claim, ...] = CLAIMS,
        prove: Callable[[Sequence[Instant]], Sequence[Proof]] = prove_apart,
    ) -> None:
        self._manager = manager
        self.own = Registration(manager)
        self.claims = tuple(on_each_device(claim, manager.settings) for claim in claims)
        self._prove = prove
        # One process proves at a time, and not more wait for it than a few of the web's threads.
        self._lock = FairLock(waiting=8, each=2)
        self._proofs = kept()
        self._reading = Lock()
        self._abreast = manager.runner.abreast
        self._plan = CheckPlan(
            lambda each: self.check(each.claim, each.visitor, budget=each.budget),
            lambda claim_id: any(job.active for job in self.jobs(claim_id)),
            lambda claim_id: self._is_alone(self.find(claim_id)),
            abreast=self._abreast,
        )
        self._read: dict[tuple[str, str, str], Evidence | None] = {}
        self._proving: set[tuple[str, str]] = set()  # claims, and who asked
        self._refusals: dict[tuple[str, Budget], UserError | None] = {}
        self._asking: dict[str, set[str]] = {}  # job → who pressed, and has not stopped it
        self._closed = Event()
        self._ahead: Thread | None = None

    def listing(self, language: Language = "en", own: str | None = None) -> list[dict[str, Any]]:
        """Every claim with its verdicts, in the shape that REST gives; ``why`` in ``language``.

        Args:
            language: Of the reasons.
            own: A visitor, whose own claims are told instead, the newest first.
        """
        return [self._told(claim, language) for claim in self._listed(own)]

    def cards(self, language: Language = "en", own: str | None = None) -> list[dict[str, Any]]:
        """The listing as `swishdemo.claims.cards` words it for a page.

        Added are ``seconds`` (what its jobs take, about), ``planned_seconds`` (what they add to a
        plan of many), ``thorough`` and ``running``.
        """
        return [self._card(claim, language) for claim in self._listed(own)]

    def _listed(self, own: str | None) -> Sequence[Claim]:
        return self.claims if own is None else self.own.of(own)

    def card(self, claim_id: str, language: Language = "en") -> dict[str, Any]:
        """One claim of `cards`.

        Raises:
            UserError: There is no such claim (404).
        """
        return self._card(self.find(claim_id), language)

    def told(self, claim_id: str, language: Language = "en") -> dict[str, Any]:
        """One claim of `listing`, or a visitor's own.

        Raises:
            UserError: There is no such claim (404).
        """
        return self._told(self.find(claim_id), language)

    def find(self, claim_id: str) -> Claim:
        """The claim of that name, a visitor's own too.

        Raises:
            UserError: There is no such claim (404).
        """
        return self.own.get(claim_id) if is_own(claim_id) else get(claim_id, self.claims)

    def _for(self, claim_id: str, visitor: str) -> Claim:
        """The claim of that name, where this visitor may have it checked."""
        claim = self.find(claim_id)
        if isinstance(claim, OwnClaim) and claim.row.visitor != visitor:
            raise UserError("own.error.unknown", field="id", status=404)
        return claim

    def check(
        self,
        claim_id: str,
        visitor: str,
        language: Language = "en",
        budget: Budget = "quick",
    ) -> tuple[dict[str, Any], list[Job]]:
        """Check a claim now: prove what can be proved, and submit a job for what is measured.

        Returns:
            The claim as in `listing`, and its jobs; none where all was instant.

        Raises:
            UserError: There is no such claim (404), too many proofs wait (429), one took too
                long (503), the server is not to be so thorough (422), or the manager refuses the
                job.
        """
        claim = self._for(claim_id, visitor)
        if isinstance(claim, OwnClaim) and budget != "quick":
            raise UserError("own.error.thorough", field="budget")
        if budget != "quick" and (refused := self._refused(claim, budget)):
            raise refused  # before anything is proved, which takes seconds
        asked = claim_id, visitor
        self._proving.add(asked)
        try:
            if isinstance(claim, OwnClaim):
                claim = self.own.work_out(claim, visitor)
            else:
                self._prove_anew(claim, visitor)
            jobs = self._submit(claim, visitor, budget) if asked in self._proving else []
        finally:
            self._proving.discard(asked)
        return self._told(claim, language), jobs

    def check_all(self, claims: Sequence[str], visitor: str, budget: Budget = "quick") -> None:
        """Check claims in order, a few at a time, whether or not the visitor stays.

        Args:
            claims: Their ids, in any order.
            visitor: Who asks.
            budget: How much work each may be.

        Raises:
            UserError: There is no such claim (404).
        """
        wanted = {get(claim_id, self.claims).id for claim_id in claims}
        self._plan.add([claim.id for claim in self.claims if claim.id in wanted], visitor, budget)

    def planned(self, claim_id: str) -> tuple[int, str] | None:
        """The place in the plan of a claim, 0 where it is being checked, and who asked for it."""
        return self._plan.place(claim_id)

    def read_ahead(self) -> None:
        """Read what is stored as evidence in the background, so that the first to ask need not.

        Evidence alone is kept, in memory; verdicts follow from it when they are told.
        """
        self._ahead = Thread(target=self._read_all, name="claims evidence", daemon=True)
        self._ahead.start()

    def _read_all(self) -> None:
        for claim in self.claims:
            if self._closed.wait(_REST_SECONDS):
                return
            try:
                self._told(claim, "en")
            except UserError as error:  # the store; it is asked again when someone asks
                _LOG.info("claim %s was not read ahead: %s", claim.id, error.sentence("en"))
                return

    def close(self) -> None:
        """Begin no further check, and read no further."""
        self._closed.set()
        self._plan.close()
        if self._ahead:
            self._ahead.join()

    def stop(self, claim_id: str, visitor: str) -> None:
        """Take back what the visitor asked of a claim; its jobs end when nobody wants them.

        Raises:
            UserError: There is no such claim (404).
        """
        self._proving.discard((claim_id, visitor))  # then its jobs do not begin
        self._plan.remove(claim_id, visitor)
        for purpose in all_purposes(self._for(claim_id, visitor)):
            for job in self._manager.list(purpose=purpose):
                if job.active and self._lets_go(job, visitor):
                    self._manager.stop(job.id)

    def jobs(self, claim_id: str) -> list[Job]:
        """The newest job of each of a claim's measured parts, in any state, of either budget.

        Raises:
            UserError: There is no such claim (404).
        """
        claim = self.find(claim_id)
        found: list[Job] = []
        for pair in zip(*(purposes(claim, budget) for budget in BUDGETS), strict=True):
            newest = [job for purpose in pair for job in self._manager.list(purpose=purpose)[:1]]
            found += sorted(newest, key=lambda job: job.created_at)[-1:]
        return found

    def refusal(self, claim: Claim, budget: Budget) -> UserError | None:
        """Why a claim cannot be checked so here; None where it can."""
        key = claim.id, budget
        if key not in self._refusals:
            self._refusals[key] = None if self._is_generous() else self._refused(claim, budget)
        return self._refusals[key]

    def _is_generous(self) -> bool:
        """Whether no limit is lower than by default, where nothing is refused: a test holds that.

        To read all requests takes a second.
        """
        given, usual = self._manager.settings, Settings()
        limits = (*_LIFTED, "max_job_seconds", "max_elements")
        return all(getattr(given, name) >= getattr(usual, name) for name in limits)

    def _refused(self, claim: Claim, budget: Budget) -> UserError | None:
        try:
            for part in purposes(claim, budget).values():
                self._request(part, budget)
        except UserError as error:
            return error
        return None

    def _request(self, part: Measured, budget: Budget) -> Any:
        """What is submitted for a part: its request, as the limits let it be read.

        Raises:
            UserError: It is more than the server allows.
        """
        settings = self._manager.settings
        part = part.sized(settings, budget)
        request = part.request(settings, budget)
        if budget == "quick":
            return request
        seconds, limit = part.seconds(budget), settings.max_job_seconds
        if seconds > limit:
            raise UserError("claims.error.thorough_seconds", seconds=seconds, limit=limit)
        if settings.thorough:
            lifted: dict[str, Any] = dict.fromkeys(_LIFTED, _NO_LIMIT)
            settings = replace(settings, **lifted)
        try:
            return self._manager.parse(part.engine_for(budget), request, settings)
        except UserError as error:
            why = Sentence(error.key, **error.filled)
            raise UserError("claims.error.thorough", status=error.status, why=why) from None

    def wants(self, job: Job, visitor: str) -> bool:
        """Whether the visitor pressed for a job of a claim, and has not stopped it."""
        return visitor in self._asking.get(job.id, ())

    def _lets_go(self, job: Job, visitor: str) -> bool:
        """Whether with this visitor the last one has stopped a job."""
        with self._reading:
            asking = self._asking.get(job.id, set())
            if visitor not in asking:
                return False
            asking.discard(visitor)
            return not asking

    def _submit(self, claim: Claim, visitor: str, budget: Budget) -> list[Job]:
        """The jobs of a claim: those under way are shared by all who press."""
        jobs: list[Job] = []
        owner = visitor if isinstance(claim, OwnClaim) else OWNER
        for purpose, part in purposes(claim, budget).items():
            active = (job for job in self._manager.list(purpose=purpose) if job.active)
            try:
                job = next(active, None) or self._manager.submit(
                    part.engine_for(budget),
                    self._request(part, budget),
                    owner,
                    purpose,
                    shares=_shares(claim, part),
                )
                jobs.append(job)
                with self._reading:
                    self._asking.setdefault(job.id, set()).add(visitor)
            except UserError:
                if not jobs:
                    raise
                _LOG.info("the queue took only %d of the jobs of claim %s", len(jobs), claim.id)
                break
        return jobs

    def _told(self, claim: Claim, language: Language) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": claim.id,
            "statement": {each: claim.statement(each) for each in LANGUAGES},
            "document": claim.document.id,
            "source": claim.document.address,
            "parts": [self._part(claim, part, language) for part in claim.parts],
        }
        if isinstance(claim, OwnClaim):
            told["registered"] = claim.registration(self._manager.settings)
        return told

    def _card(self, claim: Claim, language: Language) -> dict[str, Any]:
        seconds = _seconds(claim, "quick", self._manager.settings)
        return card_of(claim, self._told(claim, language), language) | {
            "seconds": seconds,
            "planned_seconds": seconds / (1 if self._is_alone(claim) else self._abreast),
            "thorough": self._thorough(claim, language),
            "running": any(job.active for job in self.jobs(claim.id)),
        }

    @staticmethod
    def _is_alone(claim: Claim) -> bool:
        """Whether a claim is checked while no other is, because some of it is timed."""
        return not all(part.shares for part in _measured(claim))

    def _thorough(self, claim: Claim, language: Language) -> dict[str, Any] | None:
        """About how many seconds a thorough check takes, and why it cannot be; None: no job."""
        if isinstance(claim, OwnClaim) or not purposes(claim):
            return None
        refused = self.refusal(claim, "thorough")
        return {
            "seconds": _seconds(claim, "thorough", self._manager.settings),
            "refused": refused.sentence(language) if refused else None,
        }

    def _part(self, claim: Claim, part: Part, language: Language) -> dict[str, Any]:
        budget: Budget | None = None
        lost: str | None = None
        if isinstance(part, Instant):
            found: Proof | None = self._proof(claim, part)
        elif isinstance(claim, OwnClaim) and isinstance(part, ApartAtMost):
            found = claim.found
        else:
            assert isinstance(part, Measured)
            found, budget, lost = self._measured(claim, part, language)
        reached = part.judge(found.evidence) if found else part.pending()
        why = [reached.sentence(language)] if found or not lost else []
        why += [text("claims.why.unreadable", language, moment=lost)] if lost else []
        return {
            "name": part.name,
            "kind": part.kind,
            "verdict": reached.verdict,
            "why": " ".join(why),
            "evidence": dict(found.evidence) if found else None,
            "checked_at": found.checked_at if found else None,
            "host": (found.host or None) if found and part.kind != "cited" else None,
            "budget": budget,
        }

    def _proof(self, claim: Claim, part: Instant) -> Proof:
        name = f"{claim.id}.{part.name}"
        with self._reading:
            known = self._proofs.get(name)
            if known is None or known.of != repr(part):  # of a record that has been changed since
                (known,) = self._prove([part])
                self._proofs[name] = known
            return known

    def _prove_anew(self, claim: Claim, visitor: str) -> None:
        parts = [part for part in claim.parts if isinstance(part, Instant)]
        if parts:
            with self._lock.taken(visitor):
                made = self._prove(parts)
            names = [f"{claim.id}.{part.name}" for part in parts]
            self._proofs |= dict(zip(names, made, strict=True))

    def _measured(
        self, claim: Claim, part: Measured, language: Language
    ) -> tuple[Proof | None, Budget | None, str | None]:
        """The newest evidence that can be read, a thorough one first, and its budget.

        Third is the date of a newer one that is lost.
        """
        lost = None
        for budget in reversed(BUDGETS):
            for job in self._manager.list(purpose=purpose_of(claim, part, budget)):
                if job.state != "finished":
                    continue
                moment = datetime.fromtimestamp(job.finished_at or job.created_at, UTC)
                ended = moment.isoformat(timespec="seconds")
                evidence = self._evidence_of(job, claim, part)
                if evidence is not None:
                    return Proof("", evidence, _host_line(job, language) or "", ended), budget, lost
                lost = lost or ended
        return None, None, lost

    def _evidence_of(self, job: Job, claim: Claim, part: Measured) -> Evidence | None:
        # A finished job does not change, and a page asks often: what was read is kept.
        key = claim.id, part.name, job.id
        if key not in self._read:
            if len(self._read) >= _MOST_READ:
                self._read.clear()
            self._read[key] = None if job.unreadable else self._read_evidence(job, part)
        return self._read[key]

    def _read_evidence(self, job: Job, part: Measured) -> Evidence | None:
        stored = [value for _, value in self._manager.reports(job.id)]
        try:
            evidence = part.evidence(job.config, stored)
            if evidence is not None:
                for language in LANGUAGES:
                    part.judge(evidence).sentence(language)
        except Exception:  # written by another version of the engine, in whatever way
            _LOG.warning("job %s cannot be read as evidence", job.id, exc_info=True)
            return None
        return evidence


def purpose_of(claim: Claim, part: Measured, budget: Budget = "quick") -> str:
    """Under which purpose the part's job is found in the job store."""
    quick = f"claim:{claim.id}:{part.job}"
    return quick if budget == "quick" else f"{quick}:{budget}"


def purposes(claim: Claim, budget: Budget = "quick") -> dict[str, Measured]:
    """The jobs that a claim needs: purpose → the part whose request is submitted."""
    found: dict[str, Measured] = {}
    for part in _measured(claim):
        found.setdefault(purpose_of(claim, part, budget), part)
    return found


def _shares(claim: Claim, part: Measured) -> bool:
    """Whether a part's job may share the processor, which all parts that read it must allow."""
    return all(each.shares for each in _measured(claim) if each.job == part.job)


def _measured(claim: Claim) -> Iterator[Measured]:
    return (part for part in claim.parts if isinstance(part, Measured))


def all_purposes(claim: Claim) -> dict[str, Measured]:
    """Those of every budget."""
    return {purpose: part for each in BUDGETS for purpose, part in purposes(claim, each).items()}


def _seconds(claim: Claim, budget: Budget, settings: Settings) -> int:
    parts = purposes(claim, budget).values()
    return sum(part.sized(settings, budget).seconds(budget) for part in parts)


def _host_line(job: Job, language: Language) -> str | None:
    """The machine on which a job ran; marked where its PyTorch is not the one that is here."""
    host = HostCard.from_json(job.host)
    here = torch_version()
    if host.torch in (None, here):
        return host.line
    return text("claims.note.other_torch", language, host=host.line, here=here)
