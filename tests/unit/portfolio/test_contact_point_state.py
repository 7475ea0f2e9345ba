"""Where a contact point stands by what was heard of it: each step, and what no order and no repetition changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.clock import to_text
from concilia.normalize.verdict import Verdict
from concilia.portfolio.contact_point_policy import PointPolicy, point_policy_from_json, point_policy_to_json
from concilia.portfolio.contact_point_state import (
    HARD,
    SET_ASIDE,
    SOFT,
    Evidence,
    State,
    Stated,
    Status,
    What,
    evidence_of,
    state_of,
)

DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOW = to_text(DAY + timedelta(days=20))
POLICY = PointPolicy()


def at(day: int) -> str:
    return to_text(DAY + timedelta(days=day))


def heard(what: What, day: int = 0, **more: str) -> Evidence:
    told = {"received_at": at(day), **more}
    return Evidence(f"{what}-{day}-{sorted(more.items())}", what, at(day), **told)


def state(*evidence: Evidence, policy: PointPolicy = POLICY, now: str = NOW, stated: Stated | None = None) -> State:
    return state_of(evidence, stated or Stated(), type_="phone", policy=policy, now=now)


def test_nothing_heard_leaves_what_validation_found() -> None:
    assert state().status is Status.VALID_SYNTAX
    assert state(stated=Stated(Verdict.SUSPICIOUS)).status is Status.UNVERIFIED


def test_a_source_that_verified_it_makes_it_verified_until_it_is_stale() -> None:
    stated = Stated(verified_at=at(0), method="document")
    found = state(stated=stated)
    assert (found.status, found.verified_at, found.verification_method) == (Status.VERIFIED, at(0), "document")
    later = state(stated=stated, now=at(181))
    assert (later.status, later.since) == (Status.STALE, at(180))
    assert later.usable


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ([heard(What.DELIVERED)], Status.VALID_SYNTAX),
        ([heard(What.READ)], Status.VALID_SYNTAX),
        ([heard(What.ANSWERED)], Status.VALID_SYNTAX),
        ([heard(What.RIGHT_PARTY)], Status.VERIFIED),
        ([heard(What.VERIFIED, method="otp")], Status.VERIFIED),
        ([heard(What.THIRD_PARTY)], Status.VALID_SYNTAX),
        ([heard(What.WRONG_PARTY)], Status.WRONG_PARTY),
        ([heard(What.BOUNCED, code=HARD)], Status.HARD_FAILED),
        ([heard(What.BOUNCED, code=SOFT)], Status.VALID_SYNTAX),
        ([heard(What.INVALID)], Status.INVALID),
        ([heard(What.PENDING, about="1")], Status.PENDING),
        ([heard(What.REJECTED, about="1")], Status.REJECTED),
        ([heard(What.SUPPRESSED)], Status.SUPPRESSED),
        ([heard(What.RIGHT_PARTY), heard(What.REPLACED, 1)], Status.STALE),
        ([heard(What.BOUNCED, code=HARD), heard(What.DELIVERED, 1)], Status.VALID_SYNTAX),
        ([heard(What.INVALID), heard(What.RIGHT_PARTY, 1)], Status.VERIFIED),
        ([heard(What.PENDING, about="1"), heard(What.RIGHT_PARTY, 1)], Status.VERIFIED),
        ([heard(What.PENDING, about="1"), heard(What.DELIVERED, 1)], Status.PENDING),
        ([heard(What.RIGHT_PARTY), heard(What.PENDING, 1, about="1")], Status.VERIFIED),
        ([heard(What.RIGHT_PARTY), heard(What.REPLACED, 1), heard(What.PENDING, 2, about="1")], Status.PENDING),
        ([heard(What.REJECTED, about="1"), heard(What.VERIFIED, 1)], Status.VERIFIED),
        ([heard(What.WRONG_PARTY), heard(What.RIGHT_PARTY, 1)], Status.WRONG_PARTY),
        ([heard(What.RIGHT_PARTY), heard(What.WRONG_PARTY, 1), heard(What.VERIFIED, 2)], Status.WRONG_PARTY),
        ([heard(What.WRONG_PARTY), heard(What.SUPPRESSED, 1)], Status.SUPPRESSED),
    ],
)  # fmt: skip
def test_each_step_leads_to_its_status(evidence: list[Evidence], status: Status) -> None:
    assert state(*evidence).status is status


def test_strikes_make_it_fail_for_now_and_then_for_good() -> None:
    strikes = [heard(What.BOUNCED, day, code=SOFT) for day in range(14, 20)]
    assert state(*strikes[:2]).status is Status.VALID_SYNTAX
    soft = state(*strikes[:3])
    assert (soft.status, soft.soft_failures, soft.since) == (Status.SOFT_FAILED, 3, at(16))
    assert len(soft.because) == 3
    assert state(*strikes).status is Status.HARD_FAILED


def test_a_soft_failure_passes_with_its_window_and_a_hard_one_does_not() -> None:
    strikes = [heard(What.BOUNCED, day, code=SOFT) for day in range(6)]
    assert state(*strikes[:3], now=at(40)).status is Status.VALID_SYNTAX
    assert state(*strikes, now=at(400)).status is Status.HARD_FAILED


def test_a_success_clears_the_strikes() -> None:
    strikes = [heard(What.BOUNCED, day, code=SOFT) for day in (10, 11, 13, 14)]
    assert state(*strikes, heard(What.DELIVERED, 12)).status is Status.VALID_SYNTAX


def test_strikes_farther_apart_than_the_window_do_not_add_up() -> None:
    strikes = [heard(What.BOUNCED, day, code=SOFT) for day in (0, 31, 62, 93, 124, 155)]
    assert state(*strikes, now=at(155)).soft_failures == 1


def test_a_success_keeps_a_verified_value_fresh() -> None:
    evidence = [heard(What.RIGHT_PARTY), heard(What.DELIVERED, 100)]
    assert state(*evidence, now=at(200)).status is Status.VERIFIED
    assert state(*evidence, now=at(281)).status is Status.STALE


def test_a_workspace_may_take_a_sign_of_life_for_a_proof() -> None:
    trusting = replace(POLICY, verified_by=frozenset({"read"}))
    assert state(heard(What.READ), policy=trusting).verification_method == "read"
    assert state(heard(What.DELIVERED), policy=trusting).status is Status.VALID_SYNTAX


def test_an_opt_out_is_of_its_channel_alone_and_ends_by_opting_in() -> None:
    out = heard(What.OPTED_OUT, channel="whatsapp")
    found = state(out)
    assert found.on("whatsapp") is Status.OPTED_OUT
    assert found.on("sms") is Status.VALID_SYNTAX
    assert state(out, heard(What.OPTED_IN, 1, channel="whatsapp")).on("whatsapp") is Status.VALID_SYNTAX
    assert state(out, heard(What.OPTED_IN, 1, channel="sms")).on("whatsapp") is Status.OPTED_OUT


def test_a_phone_without_whatsapp_is_a_phone_all_the_same() -> None:
    missing = heard(What.INVALID, channel="whatsapp")
    found = state(missing)
    assert (found.status, [one.channel for one in found.unreachable]) == (Status.VALID_SYNTAX, ["whatsapp"])
    assert not state(missing, heard(What.DELIVERED, 1, channel="whatsapp")).unreachable
    assert state(missing, heard(What.DELIVERED, 1, channel="sms")).unreachable
    alone = state_of([missing], Stated(), type_="whatsapp_id", policy=POLICY, now=NOW)
    assert alone.status is Status.INVALID


def test_what_was_said_by_mistake_is_taken_back_and_that_too() -> None:
    wrong = heard(What.WRONG_PARTY)
    back = heard(What.WITHDRAWN, 1, about=wrong.id)
    assert state(wrong, back).status is Status.VALID_SYNTAX
    assert state(wrong, back, heard(What.WITHDRAWN, 2, about=back.id)).status is Status.WRONG_PARTY
    at_once = replace(back, at=wrong.at, received_at=wrong.received_at)
    assert state(wrong, at_once).status is Status.VALID_SYNTAX


def test_of_one_interaction_the_last_word_on_the_party_counts() -> None:
    wrong = heard(What.WRONG_PARTY, interaction_id="i1")
    right = replace(heard(What.RIGHT_PARTY, interaction_id="i1"), received_at=at(1))
    assert state(wrong, right).status is Status.VERIFIED
    assert state(wrong, replace(right, interaction_id="i2")).status is Status.WRONG_PARTY


@pytest.mark.parametrize(
    ("outcome", "party", "what"),
    [
        ("answered", "right_party", {What.ANSWERED, What.RIGHT_PARTY}),
        ("answered", "wrong_party", {What.WRONG_PARTY}),
        ("answered", "third_party", {What.THIRD_PARTY}),
        ("delivered", None, {What.DELIVERED}),
        ("no_answer", None, set()),
        ("busy", "unknown", set()),
        ("voicemail", None, set()),
        (None, None, set()),
        ("invalid", None, {What.INVALID}),
        ("opted_out", "right_party", {What.OPTED_OUT, What.RIGHT_PARTY}),
    ],
)
def test_an_outcome_says_this_of_the_contact_point(outcome: str | None, party: str | None, what: set[What]) -> None:
    assert set(evidence_of(outcome, party)) == what


KINDS = st.sampled_from([one for one in What if one is not What.WITHDRAWN])


@st.composite
def histories(draw: st.DrawFn) -> list[Evidence]:
    size = draw(st.integers(0, 12))
    found = []
    for number in range(size):
        what, day = draw(KINDS), draw(st.integers(0, 30))
        found.append(
            Evidence(
                f"e{number}",
                what,
                at(day),
                code=draw(st.sampled_from([HARD, SOFT])) if what is What.BOUNCED else "",
                channel=draw(st.sampled_from(["", "sms", "whatsapp"])),
                about="1" if what in (What.PENDING, What.REJECTED, What.CONFIRMED, What.REPLACED) else "",
                interaction_id=draw(st.sampled_from([None, "i1", "i2"])),
                received_at=at(draw(st.integers(day, 31))),
            )
        )
    return found


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_and_the_number_of_tellings_change_nothing(history: list[Evidence], random: object) -> None:
    shuffled = [*history, *history]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert state(*shuffled, now=at(60)) == state(*history, now=at(60))


@given(histories(), st.sampled_from(["", "i9"]))
def test_nothing_that_is_heard_later_brings_a_wrong_party_back(history: list[Evidence], interaction: str) -> None:
    wrong = replace(heard(What.WRONG_PARTY), interaction_id=interaction or None)
    found = state(wrong, *history, now=at(60))
    assert found.status in (Status.WRONG_PARTY, Status.SUPPRESSED)
    assert not found.usable


@given(histories())
def test_what_is_set_aside_is_never_usable_and_has_its_reason(history: list[Evidence]) -> None:
    found = state(*history, now=at(60))
    assert not (found.status in SET_ASIDE and found.usable)
    if found.since:
        assert found.because
    if found.status is Status.VERIFIED:
        assert found.verified_at is not None


@given(histories(), st.integers(1, 400))
def test_waiting_makes_nothing_verified_and_bars_nobody(history: list[Evidence], days: int) -> None:
    before, after = state(*history, now=at(31)), state(*history, now=at(31 + days))
    if after.status is Status.VERIFIED:
        assert before.status in (Status.VERIFIED, Status.SOFT_FAILED)
    assert (after.status in SET_ASIDE) == (before.status in SET_ASIDE)


def test_a_policy_is_read_as_it_was_written() -> None:
    said = {"soft_strikes": 2, "stale_days": {"phone": 30}, "verified_by": ["read"]}
    policy = point_policy_from_json(said)
    assert (policy.stale_after("phone"), policy.stale_after("email")) == (30, 365)
    assert point_policy_from_json(point_policy_to_json(policy)) == policy
