"""The evaluator: the listing's shape, jobs by purpose, instant checks, refusals."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Thread
from types import SimpleNamespace

import pytest
from test_claims_measured import ALL, NONE, measurement, report

from swishdemo.claims import CLAIMS, ClaimEvaluator, get, proofs
from swishdemo.claims.evaluate import OWNER, purposes
from swishdemo.claims.experiments import INGREDIENTS
from swishdemo.claims.proofs import kept, provers
from swishdemo.errors import UserError
from swishdemo.generate import same
from swishdemo.host import host, torch_version
from swishdemo.jobs.kinds import kinds
from swishdemo.settings import Settings
from swishdemo.timing import HostCard
from swishdemo.training.config import replicas
from swishdemo.training.sweep import SweepRequest

VISITOR = "visitor-0123456789"
HOSTS = {"run": host(), "sweep": host(), "timing": HostCard.collect(threads=1).as_json()}


@dataclass(frozen=True)
class FakeJob:
    id: str
    kind: str
    visitor: str
    purpose: str
    config: dict
    state: str = "waiting"
    created_at: float = 1_600_000_000.0
    unreadable: bool = False
    finished_at: float | None = None
    host: dict | None = None

    @property
    def active(self):
        return self.state in ("waiting", "running", "paused")


@dataclass
class FakeManager:
    """Keeps jobs and reports in memory, the newest first."""

    settings: Settings = field(default_factory=Settings)
    jobs: list = field(default_factory=list)
    stored: dict = field(default_factory=dict)
    room: int = 100
    stopped: list = field(default_factory=list)
    shared: dict = field(default_factory=dict)
    runner: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(abreast=1))

    def stop(self, job_id):
        self.stopped.append(job_id)

    def submit(self, kind, config, visitor, purpose=None, *, shares=False):
        self.shared[purpose] = shares
        if sum(job.active for job in self.jobs) >= self.room:
            raise UserError("error.internal", status=429, id="full")
        job = FakeJob(
            f"job-{len(self.jobs)}",
            kind,
            visitor,
            purpose,
            config if isinstance(config, dict) else config.as_json(),
        )
        self.jobs.insert(0, job)
        return job

    def parse(self, kind, request, settings=None):
        return kinds()[kind].parse(request, settings or self.settings)

    def list(self, visitor=None, kind=None, purpose=None):
        return [
            job
            for job in self.jobs
            if visitor in (None, job.visitor)
            and kind in (None, job.kind)
            and purpose in (None, job.purpose)
        ]

    def reports(self, job_id):
        return self.stored.get(job_id, [])

    def finish(self, job_id, reports, *, state="finished", at=1_700_000_000.0, **config):
        place = next(n for n, job in enumerate(self.jobs) if job.id == job_id)
        job = self.jobs[place]
        self.jobs[place] = replace(
            job, state=state, finished_at=at, host=HOSTS[job.kind], config={**job.config, **config}
        )
        self.stored[job_id] = [("Report", value) for value in reports]


@pytest.fixture
def manager():
    return FakeManager()


@pytest.fixture
def evaluator(manager):
    return ClaimEvaluator(manager)


def part_of(claim, name):
    return next(part for part in claim["parts"] if part["name"] == name)


def listed(evaluator, claim_id, language="en"):
    return evaluator.card(claim_id, language)


def test_what_is_timed_is_measured_alone_and_all_else_two_at_a_time(manager):
    manager.runner.abreast = 2
    evaluator = ClaimEvaluator(manager, prove=known)
    for card in evaluator.cards():
        evaluator.check(card["id"], "me")
        jobs = [job for job in manager.jobs if job.purpose.split(":")[1] == card["id"]]
        timed = any(job.kind == "timing" for job in jobs) or card["id"] == "amp"
        assert [manager.shared[job.purpose] for job in jobs] == [not timed] * len(jobs)
        assert card["planned_seconds"] == card["seconds"] / (1 if timed else 2)
    assert {job.kind for job in manager.jobs} == {"run", "sweep", "timing"}


def test_the_listing_has_the_documented_shape(evaluator):
    listing = evaluator.listing()
    assert [claim["id"] for claim in listing] == [claim.id for claim in CLAIMS]
    assert sum(claim["document"] == "article" for claim in listing) == 19
    for claim in listing:
        assert set(claim) == {"id", "statement", "document", "source", "parts"}
        assert set(claim["statement"]) == {"zh", "en"}
        for part in claim["parts"]:
            assert set(part) == {
                *("name", "kind", "verdict", "why", "evidence", "checked_at", "host", "budget")
            }
            assert part["why"]
            instant = part["kind"] in ("proved", "cited")
            assert (part["evidence"] is not None) == instant
            assert (part["checked_at"] is not None) == instant
            assert (part["verdict"] == "not run") != instant
    assert json.loads(json.dumps(listing, allow_nan=False)) == listing


def test_sentences_follow_the_language_and_verdicts_do_not(evaluator):
    english, chinese = evaluator.listing("en"), evaluator.listing("zh")
    for one, other in zip(english, chinese, strict=True):
        for mine, theirs in zip(one["parts"], other["parts"], strict=True):
            assert mine["verdict"] == theirs["verdict"]
            assert mine["why"] != theirs["why"]


def test_cards_add_what_a_page_shows(evaluator):
    for language in ("en", "zh"):
        for card in evaluator.cards(language):
            claim = get(card["id"])
            assert card["tab"] in ("explore", "train", "time", "")
            assert card["running"] is False
            for part in card["parts"]:
                assert part["label"]
                assert part["verdict_label"]
                assert part["kind_label"]
                assert (part["proof"] is not None) == (part["kind"] == "proved")
                assert "{" not in part["verdict_label"]
            assert claim.id == evaluator.card(claim.id, language)["id"]
    json.dumps(evaluator.cards(), allow_nan=False)


def test_proofs_carry_the_computed_digits(evaluator):
    proof = part_of(evaluator.card("minimum"), "where")["proof"]
    assert "0.278464542761074" in proof
    assert "-1.278464542761074" in proof
    assert r"\cdot 10^{-8}" in part_of(evaluator.card("alive", "zh"), "slope")["proof"]


def test_a_kept_proof_is_told_with_what_it_was_made_on_and_when_and_a_check_proves_anew(manager):
    evaluator = ClaimEvaluator(manager)
    old = kept()["minimum.where"]
    told = part_of(listed(evaluator, "minimum"), "where")
    assert (told["checked_at"], told["host"]) == (old.checked_at, old.host)
    assert told["evidence"] == old.evidence
    began = datetime.now(UTC).replace(microsecond=0)
    claim, jobs = evaluator.check("minimum", VISITOR)
    assert jobs == []
    assert manager.jobs == []
    told = part_of(claim, "where")
    assert datetime.fromisoformat(told["checked_at"]) >= began
    assert told["host"] == provers()
    assert same(json.dumps(told["evidence"]), json.dumps(old.evidence))
    assert told["verdict"] == "imprecise"
    # The others stay, and this one is what everybody is told until a restart.
    assert part_of(listed(evaluator, "minimum"), "where")["checked_at"] == told["checked_at"]
    slope = part_of(listed(evaluator, "alive"), "slope")
    assert slope["checked_at"] == kept()["alive.slope"].checked_at
    again = part_of(listed(ClaimEvaluator(manager), "minimum"), "where")
    assert again["checked_at"] == old.checked_at


def test_a_proof_that_finds_something_else_is_what_is_shown(manager):
    def other(parts):
        found = [kept()[f"max-slope.{part.name}"] for part in parts]
        return [replace(each, evidence={**each.evidence, "largest": 1.5}) for each in found]

    evaluator = ClaimEvaluator(manager, prove=other)
    assert part_of(listed(evaluator, "max-slope"), "how-much")["verdict"] == "confirmed"
    claim, _ = evaluator.check("max-slope", VISITOR)
    assert part_of(claim, "how-much")["verdict"] == "refuted"
    assert part_of(listed(evaluator, "max-slope"), "how-much")["verdict"] == "refuted"


def test_a_proof_that_cannot_be_made_leaves_the_kept_one(manager, monkeypatch):
    monkeypatch.setattr(proofs, "_SECONDS", 0.01)
    evaluator = ClaimEvaluator(manager)
    with pytest.raises(UserError) as refused:
        evaluator.check("smooth", VISITOR)
    assert refused.value.status == 503
    assert part_of(listed(evaluator, "smooth"), "order")["verdict"] == "confirmed"


def test_the_verdict_follows_the_record_in_the_court(manager):
    claim = get("max-slope")
    wrong = replace(claim, parts=(replace(claim.parts[0], claimed_max=1.5), claim.parts[1]))
    assert (
        part_of(listed(ClaimEvaluator(manager), "max-slope"), "how-much")["verdict"] == "confirmed"
    )
    told = ClaimEvaluator(manager, claims=(wrong,)).listing()[0]
    assert part_of(told, "how-much")["verdict"] == "refuted"
    assert "1.5" in told["statement"]["en"]


def test_an_unknown_claim_is_not_found(evaluator):
    for call in (lambda: evaluator.check("nothing", VISITOR), lambda: evaluator.card("nothing")):
        with pytest.raises(UserError) as refused:
            call()
        assert refused.value.status == 404


def test_a_mixed_claim_proves_and_trains(evaluator, manager):
    claim, [job] = evaluator.check("alive", VISITOR)
    assert (job.kind, job.purpose) == ("sweep", "claim:alive:cure")
    assert part_of(claim, "slope")["verdict"] == "imprecise"
    assert part_of(claim, "cure")["verdict"] == "not run"
    assert manager.jobs == [job]


def test_cost_submits_a_job_for_each_context(evaluator, manager):
    claim, jobs = evaluator.check("cost", VISITOR)
    assert [job.purpose for job in reversed(manager.jobs)] == [
        *("claim:cost:kernel", "claim:cost:layer", "claim:cost:step")
    ]
    assert {job.kind for job in manager.jobs} == {"timing"}
    assert [job.purpose for job in jobs] == [job.purpose for job in reversed(manager.jobs)]
    assert claim["id"] == "cost"
    assert evaluator.card("cost")["running"] is True
    _, same = evaluator.check("cost", VISITOR)
    assert same == jobs
    assert len(manager.jobs) == 3  # a check that is under way is not queued twice
    _, theirs = evaluator.check("cost", "another-visitor-01")
    assert theirs == jobs and len(manager.jobs) == 3  # nor for another visitor
    assert {job.visitor for job in jobs} == {OWNER}


def test_a_check_that_is_stopped_while_it_proves_begins_no_job(manager):
    def prove(parts):
        evaluator.stop("alive", VISITOR)
        return [kept()[f"alive.{part.name}"] for part in parts]

    evaluator = ClaimEvaluator(manager, prove=prove)
    assert evaluator.check("alive", VISITOR)[1] == [] and manager.jobs == []
    evaluator.check("alive", "another-visitor-01")
    assert len(manager.jobs) == 1


def test_a_check_ends_when_all_who_pressed_have_stopped_it(evaluator, manager):
    [job] = evaluator.check("beta-range", VISITOR)[1]
    evaluator.check("beta-range", "another-visitor-01")
    assert evaluator.wants(job, VISITOR) and not evaluator.wants(job, "a-passer-by-0001")
    for visitor, left in (("a-passer-by-0001", []), (VISITOR, []), (VISITOR, []),
                          ("another-visitor-01", [job.id])):  # fmt: skip
        evaluator.stop("beta-range", visitor)
        assert manager.stopped == left
    assert not evaluator.wants(job, VISITOR)


def test_memory_takes_one_job_for_both_parts(evaluator, manager):
    evaluator.check("memory", VISITOR)
    assert [job.purpose for job in manager.jobs] == ["claim:memory:kernel"]
    manager.finish(
        "job-0",
        [
            HOSTS["timing"],
            measurement("silu", 1e-3),
            measurement("swish_eager", 2e-3, saved=8),
            measurement("memory_efficient", 3e-3, saved=4),
        ],
    )
    claim = listed(evaluator, "memory")
    assert part_of(claim, "bytes")["verdict"] == "confirmed"
    assert part_of(claim, "time")["verdict"] == "imprecise"
    assert part_of(claim, "bytes")["host"] == HostCard.collect(threads=1).line
    assert part_of(claim, "bytes")["checked_at"] == "2023-11-14T22:13:20+00:00"
    json.dumps(claim, allow_nan=False)


def test_a_full_queue_takes_what_it_can(evaluator, manager):
    manager.room = 1
    _, jobs = evaluator.check("cost", VISITOR)
    assert jobs == manager.jobs and len(jobs) == 1
    with pytest.raises(UserError) as refused:
        evaluator.check("memory", VISITOR)
    assert refused.value.status == 429


def test_the_latest_finished_job_is_the_evidence(evaluator, manager):
    evaluator.check("beta-range", VISITOR)
    assert manager.jobs[0].kind == "run"
    manager.finish("job-0", [report(300, [ALL, ALL])], seeds=6)
    assert part_of(listed(evaluator, "beta-range"), "share")["verdict"] == "confirmed"
    evaluator.check("beta-range", "another-visitor-01")
    assert part_of(listed(evaluator, "beta-range"), "share")["verdict"] == "confirmed"
    manager.finish("job-1", [report(300, [NONE, NONE])], state="stopped", seeds=6)
    assert part_of(listed(evaluator, "beta-range"), "share")["verdict"] == "confirmed"
    evaluator.check("beta-range", VISITOR)
    manager.finish("job-2", [report(300, [NONE, NONE])], at=1_800_000_000.0, seeds=6)
    share = part_of(listed(evaluator, "beta-range"), "share")
    assert share["verdict"] == "refuted"
    assert share["checked_at"].startswith("2027")


def test_reports_that_cannot_be_read_are_passed_over(evaluator, manager):
    evaluator.check("beta-range", VISITOR)
    manager.finish("job-0", [report(300, [ALL, ALL])], seeds=6)
    evaluator.check("beta-range", VISITOR)
    manager.finish("job-1", [{"step": 300, "beta": "?"}], seeds=6)
    assert part_of(listed(evaluator, "beta-range"), "share")["verdict"] == "confirmed"
    evaluator.check("memory", VISITOR)
    manager.finish("job-2", [{"variant": "silu"}])
    assert part_of(listed(evaluator, "memory"), "bytes")["verdict"] == "not run"


def test_a_job_of_another_purpose_is_no_evidence(evaluator, manager):
    manager.submit("run", {}, VISITOR)
    manager.submit("run", {}, VISITOR, "claim:cost:kernel")
    manager.finish("job-0", [report(300, [ALL, ALL])], seeds=6)
    assert part_of(listed(evaluator, "beta-range"), "share")["verdict"] == "not run"


def test_of_a_changed_record_one_proof_is_made_whoever_asks(manager):
    made = []

    def prove(parts):
        made.extend(parts)
        return [proofs.prove(part) for part in parts]

    claim = get("minimum")
    part = replace(claim.parts[0], claimed_high=-1.0)
    evaluator = ClaimEvaluator(manager, claims=(replace(claim, parts=(part,)),), prove=prove)
    threads = [Thread(target=evaluator.listing) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [part]
    assert part_of(evaluator.listing()[0], "where")["evidence"]["interval"] == [-1.278, -1.0]


def test_a_thorough_check_asks_for_more_and_counts_before_a_quick_one(evaluator, manager):
    _, jobs = evaluator.check("beta-range", VISITOR, budget="thorough")
    _, quick = evaluator.check("beta-range", VISITOR)
    assert [job.purpose for job in jobs] == ["claim:beta-range:convergence:thorough"]
    assert [job.purpose for job in quick] == ["claim:beta-range:convergence"]
    assert (jobs[0].kind, quick[0].kind) == ("sweep", "run")

    def shown():
        (card,) = (card for card in evaluator.cards() if card["id"] == "beta-range")
        return card["parts"][0]

    manager.finish(quick[0].id, [report(2000, [ALL, ALL])], seeds=6)
    assert (shown()["verdict"], shown()["budget"]) == ("confirmed", "quick")
    rows = shares(jobs[0].config, lambda run, number: 0.02 * number)
    manager.finish(jobs[0].id, rows, at=1_600_000_000.0)  # an older one
    assert (shown()["verdict"], shown()["budget"]) == ("refuted", "thorough")
    assert {row["verdict"] for row in shown()["rows"]} == {"refuted"}
    (card,) = (card for card in evaluator.cards() if card["id"] == "beta-range")
    assert card["thorough"]["refused"] is None
    assert card["seconds"] < card["thorough"]["seconds"] <= 600


def shares(config, share):
    """Rows of a sweep in which such a share of the β of 100 layers is 1.2, the others 3."""
    request = SweepRequest.stored(config)
    return [
        {
            "index": index,
            "values": request.values(index),
            "state": "finished",
            "replicas": [each.as_json() for each in replicas(request.config(index))],
            "diverged": [None] * 6,
            "beta": [
                [1.2 if layer < 100 * share(run, number) else -3.0] * 6 for layer in range(100)
            ],
            "summary": {"ended": "steps"},
        }
        for index in range(len(request.changes))
        for number, run in [divmod(index, len(INGREDIENTS.runs))]
    ]


def test_beta_is_looked_for_where_each_ingredient_is_off(evaluator, manager):
    part = get("beta-range").part("share")
    request = SweepRequest.parse(part.request(Settings(), "thorough"), Settings())
    config = request.as_json()
    places = list(part.elsewhere.runs)

    def found(share):
        rows = shares(config, share)
        return part.evidence(config, rows), rows

    def verdicts(judged, evidence):
        return [name for name, _, _ in judged.design.rows(evidence)]

    evidence, rows = found(lambda run, number: (0.9 if run else 0.2) + 0.01 * number)
    assert part.judge(evidence).verdict == "depends"
    assert verdicts(part, evidence) == ["refuted"] + ["confirmed"] * (len(places) - 1)
    evidence, _ = found(lambda run, number: 0.5 + (0.1 if number % 2 else -0.1))
    assert part.judge(evidence).verdict == "undecided"
    evidence, rows = found(lambda run, number: 0.9 + 0.01 * number)
    assert part.judge(evidence).verdict == "confirmed"
    low, high = evidence["settings"][0]["effects"][0]["low"], 1.0
    assert 0.5 < low < high
    elsewhere = replace(part, claimed_low=2.0, claimed_high=4.0)  # where the others are
    assert elsewhere.judge(elsewhere.evidence(config, rows)).verdict == "refuted"
    often = replace(part, claimed_share=0.97)
    assert often.judge(evidence).verdict == "refuted"
    for row in rows:
        row["beta"] = [[None] * 6] * 100  # all have diverged
    lost = part.evidence(config, rows)
    assert lost["settings"][0]["effects"][0]["mean"] == 0.0
    old = [{**row, "beta": []} for row in rows]
    with pytest.raises(ValueError):
        part.evidence(config, old)  # of a version that did not tell
    for language in ("en", "zh"):
        assert "%" in part.judge(evidence).sentence(language)


def test_a_thorough_run_of_an_older_version_is_evidence_still(evaluator, manager):
    part = get("beta-range").part("share")
    evidence = part.evidence({"seeds": 20}, [report(2000, [[0] * 20] * 2, seeds=20)])
    assert part.judge(evidence).verdict == "refuted" and "marks" in evidence


def known(parts):
    """The proofs that are kept, for a test that asks something else of a check."""
    made = {proof.of: proof for proof in proofs.kept().values()}
    return [made[repr(part)] for part in parts]


def test_where_a_thorough_check_is_too_much_it_is_refused_and_says_why():
    settings = Settings(max_replicas=40, max_sweep_steps=1000)
    few = FakeManager(settings)
    evaluator = ClaimEvaluator(few, prove=lambda *_: pytest.fail("it was proved first"))
    for claim in ("beta-range", "alive"):
        with pytest.raises(UserError, match="SWISHDEMO_THOROUGH=1") as error:
            evaluator.check(claim, VISITOR, budget="thorough")
        assert "SWISHDEMO_THOROUGH=1" in error.value.sentence("zh")
    assert few.jobs == []
    told = {card["id"]: card["thorough"] for card in evaluator.cards()}
    assert "1\u202f000" in told["beta-range"]["refused"] and told["forms"] is None
    allowed = FakeManager(replace(settings, thorough=True))
    assert ClaimEvaluator(allowed, prove=known).check("alive", VISITOR, budget="thorough")[1]
    short = ClaimEvaluator(
        FakeManager(replace(settings, thorough=True, max_job_seconds=5)), prove=known
    )
    with pytest.raises(UserError, match="SWISHDEMO_MAX_JOB_SECONDS"):
        short.check("alive", VISITOR, budget="thorough")


def test_every_thorough_check_ends_within_ten_minutes_and_is_taken_here(evaluator):
    for claim in CLAIMS:
        for part in purposes(claim, "thorough").values():
            assert part.seconds() < part.seconds("thorough") <= 600, claim.id
            kinds()[part.engine_for("thorough")].parse(
                part.request(Settings(), "thorough"), Settings()
            )
    assert not any((card["thorough"] or {}).get("refused") for card in evaluator.cards())


def test_evidence_of_another_pytorch_is_marked(evaluator, manager):
    _, jobs = evaluator.check("beta-range", VISITOR)
    manager.finish(jobs[0].id, [report(2000, [ALL, ALL])], seeds=6)
    now = listed(evaluator, "beta-range")["parts"][0]["host"]
    assert "not the PyTorch" not in now and torch_version() in now
    manager.jobs = [replace(job, host={**job.host, "torch": "2.8.0"}) for job in manager.jobs]
    older = listed(evaluator, "beta-range")["parts"][0]["host"]
    assert "torch 2.8.0" in older and f"not the PyTorch installed here, {torch_version()}" in older
    assert torch_version() in listed(evaluator, "beta-range", "zh")["parts"][0]["host"]
