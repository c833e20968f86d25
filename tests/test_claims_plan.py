"""Many claims that are checked one after the other, whoever looks on."""

import threading
import time

import pytest
from visiting import eventually

from swishdemo.claims.plan import CheckPlan
from swishdemo.errors import UserError


class Checks:
    """What a plan begins: each check is under way until it is ended here."""

    def __init__(self, **plan):
        self.begun, self.running, self.refusals = [], set(), {}
        self.plan = CheckPlan(self.begin, lambda claim: claim in self.running, **plan)

    def begin(self, planned):
        claim, visitor = planned.claim, planned.visitor
        refusal = self.refusals.get(claim)
        if isinstance(refusal, list):
            refusal = refusal.pop(0) if refusal else None
        if refusal:
            raise refusal
        self.running.add(claim)
        self.begun.append((claim, visitor))


@pytest.fixture
def checks():
    made = Checks()
    yield made
    made.plan.close()


def is_begun(checks, *claims):
    def check():
        assert [claim for claim, _ in checks.begun] == list(claims)

    eventually(check, seconds=10)


def test_the_next_begins_when_the_one_before_has_ended(checks):
    checks.plan.add(["a", "b", "c"], "me")
    is_begun(checks, "a")
    assert checks.plan.place("a") == (0, "me")
    assert [checks.plan.place(each) for each in "bc"] == [(1, "me"), (2, "me")]
    checks.running.clear()
    is_begun(checks, "a", "b")
    checks.running.clear()
    is_begun(checks, "a", "b", "c")
    checks.running.clear()
    eventually(lambda: ended(checks, "c"), seconds=10)
    checks.plan.add(["a"], "me")  # and a plan begins anew
    is_begun(checks, "a", "b", "c", "a")


def ended(checks, claim):
    assert checks.plan.place(claim) is None


def test_several_are_checked_at_a_time_but_one_that_is_timed():
    checks = Checks(alone=lambda claim: claim.isupper(), abreast=2)
    try:
        checks.plan.add(["a", "b", "C", "d", "e", "f"], "me")
        is_begun(checks, "a", "b")
        assert [checks.plan.place(each)[0] for each in "abCdef"] == [0, 0, 1, 2, 3, 4]
        checks.running.remove("a")
        time.sleep(1)
        is_begun(checks, "a", "b")
        checks.running.remove("b")
        is_begun(checks, "a", "b", "C")
        time.sleep(1)
        is_begun(checks, "a", "b", "C")
        checks.running.remove("C")
        is_begun(checks, "a", "b", "C", "d", "e")
        checks.running.remove("e")
        is_begun(checks, "a", "b", "C", "d", "e", "f")
        checks.running.clear()
        eventually(lambda: none_left(), seconds=10)
        assert all(checks.plan.place(each) is None for each in "abCdef")
    finally:
        checks.plan.close()


def test_who_waits_behind_one_that_is_taken_back_need_not_wait_for_it():
    checks = Checks(alone=lambda claim: claim.isupper(), abreast=2)
    try:
        checks.plan.add(["a", "B", "c"], "me")
        is_begun(checks, "a")
        checks.plan.remove("B", "me")
        is_begun(checks, "a", "c")
    finally:
        checks.running.clear()
        checks.plan.close()


def test_two_who_press_share_it_and_each_takes_back_his_own(checks):
    checks.plan.add(["a", "b", "c"], "me")
    is_begun(checks, "a")
    checks.plan.add(["b", "d"], "another")
    assert checks.plan.place("b") == (1, "me")
    assert checks.plan.place("d") == (3, "another")
    checks.plan.remove("b", "another")
    assert checks.plan.place("b") == (1, "me")
    checks.plan.remove("b", "me")
    assert checks.plan.place("b") is None
    checks.running.clear()
    is_begun(checks, "a", "c")


def test_one_that_is_refused_or_breaks_does_not_end_it(checks):
    checks.refusals = {"a": UserError("claims.error.slow", status=503, seconds=1), "b": OSError()}
    checks.plan.add(["a", "b", "c"], "me")
    is_begun(checks, "c")


def test_where_there_is_no_room_it_is_tried_again(checks):
    checks.refusals = {"a": [UserError("error.internal", status=429, id="full")] * 2}
    checks.plan.add(["a", "b"], "me")
    is_begun(checks, "a")
    checks.running.clear()
    is_begun(checks, "a", "b")


def test_what_is_closed_begins_nothing_more(checks):
    checks.plan.add(["a", "b"], "me")
    is_begun(checks, "a")
    checks.plan.close()
    checks.plan.add(["c"], "me")
    checks.running.clear()
    eventually(lambda: none_left(), seconds=10)
    is_begun(checks, "a")


def none_left():
    assert "claims plan" not in {thread.name for thread in threading.enumerate()}
