"""What follows on an attempt at a write: doubt is looked up, a refusal ends it, the rest waits and comes again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia import errors
from concilia.errors import ConciliaError, OutcomeUnknown, RetryLater
from concilia.store import outbox
from sync.retry import LONGEST, PROMPT_ATTEMPTS, decide

REFUSALS = (errors.SystemRefused, errors.SystemUnreachable, errors.CredentialsRefused, errors.PermissionMissing)
ENDINGS = (errors.RecordRejected, errors.AskSteward, errors.RunMustStop, errors.NotFound, errors.Conflict,
           errors.ConfigurationInvalid, errors.RequestInvalid, ConciliaError)  # fmt: skip


@given(st.integers(1, 10_000))
def test_a_lost_answer_stays_in_doubt_however_often_it_was_tried(attempts: int) -> None:
    found = decide(OutcomeUnknown("the answer was lost"), attempts=attempts)
    assert found.state == outbox.SENT_UNKNOWN
    assert (found.after == timedelta()) is (attempts < PROMPT_ATTEMPTS)
    assert found.after <= LONGEST
    assert found.reason == "the answer was lost"


def test_a_system_that_says_when_is_asked_again_then_and_never_at_once() -> None:
    for said, after in ((0, 1), (-5, 1), (1, 1), (30, 30), (7200, 7200)):
        found = decide(RetryLater("busy", after=timedelta(seconds=said)), attempts=9)
        assert (found.state, found.after) == (outbox.NEW, timedelta(seconds=after))


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_system_that_cannot_be_worked_with_is_tried_again_ever_later(kind: type[ConciliaError]) -> None:
    waits = [decide(kind("down"), attempts=n) for n in range(1, 30)]
    assert {w.state for w in waits} == {outbox.NEW}
    assert [w.after for w in waits] == sorted(w.after for w in waits)
    assert (waits[0].after, waits[-1].after) == (timedelta(seconds=2), LONGEST)


@pytest.mark.parametrize("kind", ENDINGS)
def test_a_refusal_of_the_write_itself_ends_it(kind: type[ConciliaError]) -> None:
    found = decide(kind("the debt is closed"), attempts=1)
    assert (found.state, found.reason) == (outbox.DEAD, "the debt is closed")


@pytest.mark.parametrize("attempts", [0, 1, 40, 1000, 10**6])
def test_no_number_of_attempts_is_too_many(attempts: int) -> None:
    assert decide(errors.SystemUnreachable("down"), attempts=attempts).after <= LONGEST


def test_every_deliberate_error_is_decided_by_this_table() -> None:
    known = {OutcomeUnknown, RetryLater, errors.MustBeMended, *REFUSALS, *ENDINGS}
    every = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, ConciliaError)}
    assert every == known
