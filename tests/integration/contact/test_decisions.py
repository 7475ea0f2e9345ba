"""Deciding in the store: one slot for one tool, confirmed once, free again by itself, and decided alike ever after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from concilia import workspace
from concilia.clock import to_text
from concilia.errors import ConciliaError, NotFound, RequestInvalid
from sync import actions, agreements, contacts
from sync.contacts import Caller
from tests.integration.contact.conftest import ANA, EVA, JOSE, MONDAY, Desk, rules
from tests.worlds import ABONOS


def test_the_first_tool_is_given_the_contact_and_the_second_is_told_when_it_may(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    first, second = desk.ask(), desk.ask("email", by="mailer")
    assert first["answer"] == "allow"
    assert first["contact_points"] == [{"type": "phone", "value": "+56961119999"}]
    assert first["reservation"]["state"] == "held"
    assert (second["answer"], rules(second)) == ("deny", ["hub.one_at_a_time"])
    assert second["next_allowed_at"] == first["reservation"]["expires_at"]
    assert second["reservation"] is None


def test_a_confirmed_call_closes_the_week_for_calls_and_not_for_messages(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    made = desk.made()
    assert made["reservation"]["state"] == "confirmed"
    assert made["reservation"]["interaction"]
    desk.watch.pass_by(days=4)
    again = desk.ask()
    assert rules(again) == ["cl.calls_a_week"]
    assert again["reasons"][0]["source"] == {
        "law": "Ley 19.496 (mod. Ley 21.320)",
        "article": "art. 37",
        "confidence": "secondary",
    }
    assert again["next_allowed_at"] == to_text(MONDAY + timedelta(days=7))
    assert desk.ask("email")["answer"] == "allow"


def test_a_hold_that_nobody_confirms_is_free_again_by_itself(desk: Desk) -> None:
    first = desk.ask()
    desk.watch.pass_by(minutes=15)
    assert contacts.one(desk.hub, first["id"])["reservation"]["state"] == "expired"
    assert desk.ask()["answer"] == "allow"


def test_a_released_contact_may_be_made_by_another_tool(desk: Desk) -> None:
    first = desk.ask()
    assert contacts.release(desk.hub, first["id"])["reservation"]["state"] == "released"
    assert contacts.release(desk.hub, first["id"])["reservation"]["state"] == "released", "told twice"
    assert desk.ask()["answer"] == "allow"
    with pytest.raises(RequestInvalid) as refused:
        desk.confirm(first)
    assert refused.value.code == "contact-released"


def test_confirming_twice_makes_one_interaction(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    first = desk.ask()
    told = desk.confirm(first, started_at="2026-11-23T10:00:00-03:00", outcome="answered", result="promise")
    desk.watch.pass_by(minutes=40)
    assert desk.confirm(first, started_at="2026-11-23T10:01:00-03:00") == told
    with pytest.raises(RequestInvalid) as refused:
        contacts.release(desk.hub, first["id"])
    assert refused.value.code == "contact-made"


def test_a_late_confirmation_counts_while_nobody_else_was_given_the_debtor(desk: Desk) -> None:
    first = desk.ask()
    desk.watch.pass_by(minutes=30)
    assert desk.confirm(first, started_at="2026-11-23T13:05:00Z")["reservation"]["state"] == "confirmed"
    desk.watch.pass_by(days=1)
    assert rules(desk.ask()) == ["cl.calls_a_week"]


def test_a_late_confirmation_is_refused_when_another_tool_was_given_the_debtor(desk: Desk) -> None:
    first = desk.ask()
    desk.watch.pass_by(minutes=20)
    desk.made()
    with pytest.raises(RequestInvalid) as refused:
        desk.confirm(first, started_at="2026-11-23T13:05:00Z")
    assert refused.value.code == "contact-expired"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"started_at": "2026-11-23T14:00:00Z"}, "contact-in-the-future"),
        ({"started_at": "2026-11-23T12:00:00Z"}, "contact-out-of-time"),
        ({"contact_point": {"type": "phone", "value": "+56900000000"}}, "contact-other-point"),
        ({"started_at": "2026-11-23T10:00:00"}, ""),
        ({"started_at": "mañana"}, ""),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, ""),
        ({"started_at": "9000-01-01T00:00:00Z"}, ""),
    ],
)
def test_what_cannot_have_been_is_not_confirmed(desk: Desk, told: dict[str, Any], code: str) -> None:
    first = desk.ask()
    with pytest.raises(RequestInvalid) as refused:
        desk.confirm(first, **told)
    assert refused.value.code == code
    assert contacts.one(desk.hub, first["id"])["reservation"]["state"] == "held", "nothing was half stored"


def test_two_contacts_cannot_have_one_reference(desk: Desk) -> None:
    desk.confirm(desk.ask(), external_ref="call-1")
    other = desk.ask(tax_id=JOSE)
    with pytest.raises(RequestInvalid) as refused:
        desk.confirm(other, external_ref="call-1")
    assert refused.value.code == "contact-reference-known"
    assert desk.confirm(other, external_ref="call-2")["reservation"]["state"] == "confirmed"


def test_every_decision_can_be_decided_again_after_the_world_has_moved_on(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    desk.made()
    desk.watch.pass_by(days=1)
    desk.ask()
    desk.ask("email", by="mailer")
    desk.ask(tax_id=EVA)
    contacts.prohibit(desk.hub, desk.golden(), {"reason": "opt_out"}, by="ana")
    for answer in desk.answers:
        again = contacts.replay(desk.hub, answer["id"])
        assert again["same"], again
        assert again["again"]["answer"] == answer["answer"]


def test_a_debt_that_is_not_due_may_be_reminded_of_and_not_collected(desk: Desk) -> None:
    asked = desk.ask(tax_id=EVA)
    assert rules(asked) == ["hub.not_due"]
    assert asked["next_allowed_at"] == to_text(datetime(2026, 12, 31, 11, tzinfo=UTC) + timedelta(days=2)), (
        "31 December is a bank holiday, 1 January a holiday: Saturday the 2nd, at 8"
    )
    assert desk.ask(tax_id=EVA, purpose="reminder")["answer"] == "allow"


def test_a_payment_confirmed_at_10_02_denies_at_10_03_with_the_reason(desk: Desk) -> None:
    desk.watch.pass_by(minutes=2)
    paid = {
        "debt": {"document": "F-1"},
        "amount": "150000",
        "unit": "CLP",
        "value_date": "2026-11-23",
        "reference": "T-1",
    }
    assert actions.register_payment(desk.hub, paid, key_id=1, idempotency_key="k1").status == 201
    desk.watch.pass_by(minutes=1)
    asked = desk.ask()
    assert (rules(asked), asked["next_allowed_at"]) == (["hub.settled"], None)


def test_an_agreement_lets_only_the_agreement_be_followed_up(desk: Desk) -> None:
    body = {
        "kind": "promise",
        "debts": [{"debt": {"document": "F-1"}}],
        "schedule": [{"due_date": "2026-12-04", "amount": "1000"}],
    }
    agreements.record(desk.hub, body, told=agreements.Telling("bot"))
    assert rules(desk.ask()) == ["hub.agreement"]
    assert desk.ask(purpose="agreement_follow_up")["answer"] == "allow"


def test_a_disputed_debt_is_let_alone_until_the_dispute_ends(desk: Desk) -> None:
    opened = contacts.dispute(desk.hub, {"kind": "not_my_debt", "debts": [{"document": "F-1"}]}, by="ana")
    assert rules(desk.ask()) == ["hub.dispute"]
    contacts.resolve_dispute(desk.hub, opened["id"], {"resolution": "rejected"}, by="ana")
    assert desk.ask()["answer"] == "allow"
    with pytest.raises(RequestInvalid):
        contacts.resolve_dispute(desk.hub, opened["id"], {"resolution": "upheld"}, by="ana")


def test_holds_stand_on_debts_and_on_debtors_until_they_end(desk: Desk) -> None:
    until = "2026-11-25T03:00:00Z"
    first = contacts.hold(desk.hub, {"debts": [{"document": "F-1"}], "reason": "paid_unposted", "until": until}, by="x")
    asked = desk.ask()
    assert rules(asked) == ["hub.hold"]
    assert asked["next_allowed_at"] == "2026-11-25T11:00:00.000000+00:00"
    contacts.lift_hold(desk.hub, first["id"], because="posted", by="x")
    contacts.hold(desk.hub, {"debtor": {"tax_id": JOSE}, "reason": "insolvency"}, by="x")
    assert rules(desk.ask(tax_id=JOSE)) == ["hub.party_hold"]
    assert desk.ask()["answer"] == "allow"


def test_an_announced_payment_is_believed_for_three_days(desk: Desk) -> None:
    desk.confirm(desk.ask("email"), result="payment_announced")
    desk.watch.pass_by(minutes=30)
    asked = desk.ask()
    assert rules(asked) == ["hub.announced_payment"]
    assert asked["next_allowed_at"] == to_text(MONDAY + timedelta(days=3))


def test_a_payment_that_a_system_announces_is_believed_too(desk: Desk) -> None:
    folder = desk.hub.workspace.folder
    with_status = ABONOS.replace("reference: reference,", "reference: reference, status: status,")
    (folder / "abonos.yaml").write_text(with_status, encoding="utf-8")
    text = "id,document,amount,date,reference,status\n1,F-1,150000,2026-11-23,T-9,announced\n"
    (folder / "bank" / "abonos.csv").write_text(text, encoding="utf-8")
    hub = replace(desk.hub, workspace=workspace.load(folder))
    actions.apply(hub)
    assert actions.run(hub, ["bank"]).exit_code == 0
    assert rules(desk.ask()) == ["hub.announced_payment"]
    assert desk.ask(tax_id=JOSE)["answer"] == "allow"


def test_do_not_contact_is_kept_by_channel_and_lifted_with_a_reason(desk: Desk) -> None:
    word = {"reason": "opt_out", "channel": "voice_agent", "evidence": "call 17"}
    number = contacts.prohibit(desk.hub, desk.golden(), word, by="ana")["id"]
    assert rules(desk.ask()) == ["hub.do_not_contact"]
    assert rules(desk.ask("voice_auto")) == ["hub.do_not_contact"], "a call is a call"
    assert desk.ask("email")["answer"] == "allow"
    contacts.lift_prohibition(desk.hub, number, because="asked for calls again", by="ana")
    (kept,) = contacts.terms(desk.hub, desk.golden())["prohibitions"]
    assert kept["lifted_because"] == "asked for calls again"


def test_a_wrong_phone_is_not_used_and_the_other_channels_are(desk: Desk) -> None:
    word = {"reason": "wrong_party", "contact_point": {"type": "phone", "value": "9 6111 9999"}}
    contacts.prohibit(desk.hub, desk.golden(), word, by="bot")
    asked = desk.ask()
    assert rules(asked) == ["hub.do_not_contact"]
    assert asked["reasons"][0]["about"] == "+56961119999"
    assert desk.ask("email")["answer"] == "allow"


def test_a_revoked_consent_closes_the_channel_and_the_latest_word_counts(desk: Desk) -> None:
    said = {"channel": "email", "captured_at": "2026-11-01T12:00:00Z"}
    contacts.consent(desk.hub, desk.golden(), {"state": "revoked", **said}, by="web")
    assert rules(desk.ask("email")) == ["hub.do_not_contact"]
    contacts.consent(desk.hub, desk.golden(), {"state": "granted", "channel": "email"}, by="web")
    assert desk.ask("email")["answer"] == "allow"


def test_a_repeated_question_under_one_key_gets_its_own_answer(desk: Desk) -> None:
    body = {"debtor": {"tax_id": ANA}, "channel": "voice_agent"}
    caller = Caller("dialer", 1, "q-1")
    first, second = (contacts.decide(desk.hub, body, caller=caller) for _ in range(2))
    assert second.repeated
    assert first.body == second.body
    with pytest.raises(ConciliaError):
        contacts.decide(desk.hub, {**body, "channel": "email"}, caller=caller)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"debtor": {"tax_id": "1-9"}}, NotFound, ""),
        ({"debtor": {"id": "gnone"}}, NotFound, ""),
        ({"debtor": {"tax_id": ANA}, "at": "2026-11-22T10:00:00Z"}, RequestInvalid, "contact-in-the-past"),
        ({"debtor": {"tax_id": ANA}, "at": "2027-11-22T10:00:00Z"}, RequestInvalid, "contact-too-far-ahead"),
        ({"debtor": {"tax_id": ANA}, "debts": [{"document": "F-77"}]}, NotFound, "debt-unknown"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_not_kept(desk: Desk, body: Any, kind: Any, code: str) -> None:
    with pytest.raises(kind) as refused:
        contacts.decide(desk.hub, {"channel": "voice_agent", **body}, caller=Caller("dialer"))
    assert getattr(refused.value, "code", "") == code


def test_a_merge_unites_attempts_and_prohibitions_and_a_split_parts_them(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    (anita,) = actions.search_debtors(desk.hub, "Anita")
    left, right = f"erp/cartera/{ANA}", "crm/contactos/c2"
    mail = {"debtor": {"email": "anita@correo.cl"}, "channel": "email", "purpose": "service_reply"}
    contacts.prohibit(desk.hub, anita["id"], {"reason": "opt_out", "channel": "voice_agent"}, by="anita")
    desk.made("email")
    desk.watch.pass_by(days=1)
    assert desk.ask()["answer"] == "allow"
    desk.watch.pass_by(hours=1)
    actions.rule(desk.hub, left, right, judgement="same", by="ana")
    assert rules(desk.ask()) == ["hub.do_not_contact"], "what Anita said holds for the one they are now"
    assert desk.golden() == contacts.why(desk.hub, mail)["debtor"]
    contacts.prohibit(desk.hub, desk.golden(), {"reason": "opt_out", "channel": "sms"}, by="both")
    actions.rule(desk.hub, left, right, judgement="withdrawn", by="ana")
    assert desk.ask()["answer"] == "allow", "the split gives back to each what it was told"
    desk.watch.pass_by(hours=1)
    assert rules(desk.ask("sms")) == ["hub.do_not_contact", "cl.messages_a_week"], "her own e-mail, and their word"
    assert "hub.do_not_contact" in [
        reason["rule"] for reason in contacts.why(desk.hub, {**mail, "channel": "sms"})["reasons"]
    ]
