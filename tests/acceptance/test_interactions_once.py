"""An interaction told twice is kept once: by its reference, by its key, by its decision, and what comes later is added."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.interaction_world import ANA, ANA_OWES, ANA_PHONE, JOSE_OWES, Channels, channels
from tests.conftest import OpenHub

PARTY = {"tax_id": ANA, "country": "CL"}
CALL = {"direction": "outbound", "channel": "voice_agent", "started_at": "2026-11-23T10:00:00-03:00"}


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Iterator[Channels]:
    with channels(tmp_path, opened, database_url) as found:
        found.load(ANA_OWES, JOSE_OWES)
        yield found


def every(desk: Channels) -> list[Any]:
    return desk.door.every("/v1/interactions")


def decided(desk: Channels, **more: Any) -> Any:
    body = {"debtor": {"tax_id": ANA}, "channel": "voice_agent", "actor": {"type": "agent", "id": "17"}, **more}
    found = desk.door.call("POST", "/v1/contact-decisions", json=body).json()
    assert found["answer"] == "allow"
    return found


def test_the_same_key_and_body_get_the_first_answer_and_another_body_is_a_conflict(desk: Channels) -> None:
    body = desk.told(party=PARTY, external_ref=None)
    first, second = desk.post(body, key="k-1"), desk.post(body, key="k-1")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["idempotent-replayed"] == "true"
    other = desk.post({**body, "outcome": "answered"}, key="k-1")
    assert other.json()["type"] == "urn:concilia:problem:key-reused"
    assert len(every(desk)) == 1


def test_the_same_reference_is_the_same_interaction_whatever_the_key(desk: Channels) -> None:
    body = desk.told(party=PARTY, external_ref="call-1", **CALL)
    first, second = desk.post(body), desk.post(body, key="k-2")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    other = desk.post({**body, "outcome": "answered"})
    assert other.json()["type"] == "urn:concilia:problem:interaction-reference-known"
    assert f"/v1/interactions/{first.json()['id']}/outcomes" in other.json()["mend"]
    assert [one["id"] for one in desk.door.every("/v1/interactions?external_ref=call-1")] == [first.json()["id"]]


def test_without_key_and_reference_it_is_refused_because_it_would_count_twice(desk: Channels) -> None:
    answer = desk.post(desk.told(party=PARTY, external_ref=None))
    assert answer.json()["type"] == "urn:concilia:problem:interaction-without-reference"


def test_one_bad_item_never_stops_the_others_and_a_repeated_batch_stores_nothing(desk: Channels) -> None:
    items = [
        desk.told(party=PARTY),
        desk.told(party=PARTY, channel="paloma"),
        desk.told(party={"phone": "+56961110000"}),
        desk.told(party=PARTY, started_at="2026-11-24T10:00:00-03:00"),
        "nothing",
        desk.told(party=PARTY, external_ref=None),
    ]
    first = desk.post({"items": items}, key="b-1")
    body = first.json()
    assert [item["status"] for item in body["items"]] == [
        "recorded",
        "refused",
        "recorded",
        "refused",
        "refused",
        "recorded",
    ]
    assert (body["recorded"], body["known"], body["refused"]) == (3, 0, 3)
    assert body["items"][1]["problem"]["errors"][0]["field"] == "channel"
    assert "voice_agent" in body["items"][1]["problem"]["detail"]
    assert body["items"][3]["problem"]["type"] == "urn:concilia:problem:interaction-in-the-future"
    assert body["items"][2]["waiting"]["reason"] == "unknown"
    assert desk.post({"items": items}, key="b-1").json() == body
    other = desk.post({"items": items[:1]}, key="b-1")
    assert other.json()["type"] == "urn:concilia:problem:key-reused"
    again = desk.post({"items": items[:3]}).json()
    assert [item["status"] for item in again["items"]] == ["known", "refused", "known"]
    assert len(every(desk)) == 3


def test_an_interaction_of_a_confirmed_decision_is_the_one_it_became(desk: Channels) -> None:
    decision = decided(desk)
    confirmed = desk.door.call("POST", f"/v1/contact-decisions/{decision['id']}/confirm", json={}).json()
    told = {
        **CALL,
        "decision_id": decision["id"],
        "external_ref": "call-9",
        "outcome": "answered",
        "ended_at": "2026-11-23T10:00:30-03:00",
    }
    desk.at("2026-11-23T10:05:00-03:00")
    answer = desk.post({**told, "party_outcome": "right_party"})
    assert (answer.status_code, answer.json()["id"]) == (200, confirmed["reservation"]["interaction"])
    found = answer.json()
    assert (found["outcome"], found["party_outcome"], found["bypass"]) == ("answered", "right_party", False)
    assert [word["outcome"] for word in found["outcomes"]] == [None, "answered"]
    assert desk.post({**told, "party_outcome": "right_party"}).json() == found
    assert len(every(desk)) == 1


def test_an_interaction_told_with_a_decision_confirms_it(desk: Channels) -> None:
    decision = decided(desk)
    told = {
        **CALL,
        "decision_id": decision["id"],
        "external_ref": "call-1",
        "outcome": "no_answer",
        "campaign_id": "c-7",
    }
    answer = desk.post({**told, "actor": {"type": "agent", "id": "18"}, "agency": "Cobranzas del Sur"})
    assert (answer.status_code, answer.json()["decision"]) == (201, decision["id"])
    assert (answer.json()["actor"], answer.json()["campaign_id"]) == ({"type": "agent", "id": "18"}, "c-7")
    assert answer.json()["contact_point"] == {"type": "phone", "value": ANA_PHONE}
    shown = desk.door.get(f"/v1/contact-decisions/{decision['id']}").json()
    assert shown["reservation"]["state"] == "confirmed"
    assert shown["reservation"]["interaction"] == answer.json()["id"]
    again = desk.post({**told, "actor": {"type": "agent", "id": "18"}, "agency": "Cobranzas del Sur"})
    assert (again.status_code, again.json()["id"]) == (200, answer.json()["id"])


def test_without_a_decision_it_counts_all_the_same_and_says_that_nobody_asked(desk: Channels) -> None:
    told = desk.tell(party=PARTY, **CALL)
    assert told["bypass"] is True
    assert [one["id"] for one in desk.door.every("/v1/interactions?bypass=true")] == [told["id"]]
    denied = desk.door.call("POST", "/v1/contact-decisions", json={"debtor": {"tax_id": ANA}, "channel": "voice_agent"})
    assert [one["rule"] for one in denied.json()["reasons"]] == ["cl.calls_a_week"]


def test_receipts_arrive_in_any_order_and_twice_and_the_state_is_what_they_say_together(desk: Channels) -> None:
    sent = desk.tell(party={"phone": ANA_PHONE}, direction="outbound", started_at="2026-11-23T09:00:00-03:00")
    path = f"/v1/interactions/{sent['id']}/outcomes"
    read = {"outcome": "read", "at": "2026-11-23T09:20:00-03:00"}
    delivered = {"outcome": "delivered", "at": "2026-11-23T09:01:00-03:00"}
    statuses = [desk.door.call("POST", path, json=body).status_code for body in (read, delivered, read, delivered)]
    assert statuses == [201, 201, 200, 200]
    party = {"party_outcome": "right_party", "at": "2026-11-23T09:30:00-03:00"}
    found = desk.door.call("POST", path, json=party).json()
    assert (found["outcome"], found["party_outcome"], len(found["outcomes"])) == ("read", "right_party", 4)
    corrected = desk.door.call("POST", path, json={"party_outcome": "wrong_party"}).json()
    assert corrected["party_outcome"] == "wrong_party"
    unknown = desk.door.call("POST", path, json={"party_outcome": "unknown"}).json()
    assert unknown["party_outcome"] == "wrong_party"


def test_an_opt_out_forbids_that_number_on_that_channel_with_the_interaction_as_evidence(desk: Channels) -> None:
    told = desk.tell(party={"phone": ANA_PHONE}, outcome="opted_out")
    golden = desk.owner(ANA)
    (said,) = desk.door.get(f"/v1/debtors/{golden}/contact-terms").json()["prohibitions"]
    assert (said["channel"], said["contact_value"], said["evidence"]) == (
        "whatsapp",
        ANA_PHONE,
        f"interaction {told['id']}",
    )
    body = {"debtor": {"id": golden}, "channel": "whatsapp", "purpose": "service_reply"}
    denied = desk.door.call("POST", "/v1/contact-decisions", json=body).json()
    assert denied["answer"] == "deny"
    desk.door.call("POST", f"/v1/interactions/{told['id']}/outcomes", json={"outcome": "opted_out"})
    assert len(desk.door.get(f"/v1/debtors/{golden}/contact-terms").json()["prohibitions"]) == 1


def test_an_opt_out_by_an_id_without_a_number_forbids_the_channel(desk: Channels) -> None:
    desk.tell(party=desk.by_bsuid(tax_id=ANA), outcome="opted_out")
    (said,) = desk.door.get(f"/v1/debtors/{desk.owner(ANA)}/contact-terms").json()["prohibitions"]
    assert (said["channel"], said["contact_value"]) == ("whatsapp", "")


@pytest.mark.parametrize("debts", [None, [{"document": "F-1"}]], ids=["no debt named", "one debt named"])
def test_a_payment_said_to_be_made_pauses(desk: Channels, debts: Any) -> None:
    desk.tell(party=PARTY, result="payment_announced", debts=debts)
    body = {"debtor": {"tax_id": ANA}, "channel": "voice_agent"}
    denied = desk.door.call("POST", "/v1/contact-decisions", json=body).json()
    assert "announced" in str([one["rule"] for one in (*denied["reasons"], *denied["left_out"])])


def test_a_promise_and_a_dispute_open_nothing_by_themselves(desk: Channels) -> None:
    for result in ("promise", "dispute"):
        desk.tell(party=PARTY, result=result)
    debtor = desk.door.debtor_of(ANA)
    assert [debt["agreement"] for debt in debtor["debts"]] == [None]
    assert desk.door.get("/v1/disputes").json()["items"] == []
    told = {entry["details"]["result"] for entry in desk.timeline(debtor["id"], kind="interaction")}
    assert told == {"promise", "dispute"}
