"""What follows on an attempt at a write: doubt is looked up, a refusal ends it, the rest waits and comes again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia import errors
from concilia.errors import ConciliaError, OutcomeUndecidable, OutcomeUnknown, RetryLater
from concilia.store import outbox
from sync.retry import (
    LONGEST,
    MOST_STOPS,
    MOST_UNKNOWN,
    PROMPT_ATTEMPTS,
    Attempts,
    RetryDecision,
    decide,
    decide_look_up,
)

REFUSALS = (errors.SystemRefused, errors.SystemUnreachable, errors.CredentialsRefused, errors.PermissionMissing)
ENDINGS = (errors.RecordRejected, errors.AskSteward, errors.NotFound, errors.Conflict,
           errors.ConfigurationInvalid, errors.RequestInvalid, ConciliaError)  # fmt: skip


def after(fault: ConciliaError, attempts: int, unknown: int = 0) -> RetryDecision:
    return decide(fault, attempts=Attempts(attempts, unknown))


@given(st.integers(1, 10_000), st.integers(1, MOST_UNKNOWN - 1))
def test_a_lost_answer_stays_in_doubt_until_too_many_look_ups_could_not_tell(attempts: int, unknown: int) -> None:
    found = after(OutcomeUnknown("the answer was lost"), attempts, unknown)
    assert (found.state, found.unknowns) == (outbox.SENT_UNKNOWN, unknown)
    assert (found.after == timedelta()) is (unknown < PROMPT_ATTEMPTS)
    assert found.after <= LONGEST
    assert found.reason == "the answer was lost"


@pytest.mark.parametrize("fault", [OutcomeUnknown("lost"), OutcomeUndecidable("two fit")])
def test_what_nobody_can_tell_waits_for_a_person(fault: ConciliaError) -> None:
    found = after(fault, 9, MOST_UNKNOWN)
    assert (found.state, found.code) == (outbox.PARKED, "outcome_unknown")
    assert after(OutcomeUndecidable("two fit"), 1, 1).state == outbox.PARKED


def test_a_look_up_that_fails_never_ends_the_doubt() -> None:
    for fault in (RetryLater("busy", after=timedelta(seconds=3)), errors.SystemUnreachable("away")):
        found = decide_look_up(fault, attempts=Attempts(5, 4))
        assert (found.state, found.unknowns) == (outbox.SENT_UNKNOWN, 3), "a system that is away tells nothing"
    unusable = decide_look_up(errors.RunMustStop("no JSON"), attempts=Attempts(5, 4))
    assert (unusable.state, unusable.unknowns) == (outbox.SENT_UNKNOWN, 4)
    assert decide_look_up(errors.RunMustStop("no JSON"), attempts=Attempts(9, MOST_UNKNOWN)).state == outbox.PARKED


def test_a_system_that_says_when_is_asked_again_then_and_never_at_once() -> None:
    for said, wait in ((0, 1), (-5, 1), (1, 1), (30, 30), (7200, 7200)):
        found = after(RetryLater("busy", after=timedelta(seconds=said)), 9)
        assert (found.state, found.after) == (outbox.NEW, timedelta(seconds=wait))


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_system_that_cannot_be_worked_with_is_tried_again_ever_later(kind: type[ConciliaError]) -> None:
    waits = [after(kind("down"), n) for n in range(1, 30)]
    assert {w.state for w in waits} == {outbox.NEW}
    assert [w.after for w in waits] == sorted(w.after for w in waits)
    assert (waits[0].after, waits[-1].after) == (timedelta(seconds=2), LONGEST)


def test_an_answer_no_program_can_use_is_tried_a_few_times_and_then_waits_for_a_person() -> None:
    page = errors.RunMustStop("a maintenance page")
    assert {after(page, n).state for n in range(1, MOST_STOPS)} == {outbox.NEW}
    assert after(page, MOST_STOPS).state == outbox.DEAD


@pytest.mark.parametrize("kind", ENDINGS)
def test_a_refusal_of_the_write_itself_ends_it(kind: type[ConciliaError]) -> None:
    found = after(kind("the debt is closed"), 1)
    assert (found.state, found.reason) == (outbox.DEAD, "the debt is closed")


def test_a_refusal_keeps_the_name_of_its_rule() -> None:
    assert after(errors.RecordRejected("closed", code="period_closed"), 1).code == "period_closed"


@pytest.mark.parametrize("attempts", [0, 1, 40, 1000, 10**6])
def test_no_number_of_attempts_is_too_many(attempts: int) -> None:
    assert after(errors.SystemUnreachable("down"), attempts).after <= LONGEST
