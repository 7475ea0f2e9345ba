"""Contact through the API: asked, answered with reasons and sources, held ready, confirmed, and forbidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from concilia.clock import fixed_clock
from sync.hub import Hub
from tests.acceptance.api.conftest import ANA, JOSE
from tests.door import Door, opened_door

MONDAY = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 10:00 in Santiago


@pytest.fixture
def monday(hub: Hub) -> Iterator[Door]:
    with opened_door(replace(hub, clock=fixed_clock(MONDAY))) as found:
        yield found


def ask(door: Door, **more: Any) -> Any:
    body = {"debtor": {"tax_id": JOSE}, "channel": "voice_agent", **more}
    return door.call("POST", "/v1/contact-decisions", json=body)


def test_a_contact_is_asked_for_confirmed_and_counted(monday: Door) -> None:
    first = ask(monday, actor={"type": "agent", "id": "17"})
    assert first.status_code == 201
    told = first.json()
    assert (told["answer"], told["reservation"]["state"]) == ("allow", "held")
    assert told["rules"]["version"] == "everywhere 2026.1, CL 2026.1"
    assert told["place"]["country"] == "CL"
    second = ask(monday, channel="email").json()
    assert (second["answer"], second["reasons"][0]["rule"]) == ("deny", "hub.one_at_a_time")
    made = {"outcome": "answered", "party_outcome": "right_party", "external_ref": "call-1"}
    confirmed = monday.call("POST", f"/v1/contact-decisions/{told['id']}/confirm", json=made).json()
    assert confirmed["reservation"]["state"] == "confirmed"
    third = ask(monday).json()
    assert third["reasons"][0]["rule"] == "cl.calls_a_week"
    assert third["reasons"][0]["source"]["law"].startswith("Ley 19.496")
    assert third["reasons"][0]["in_spanish"] == "Una llamada o visita por semana."
    assert third["next_allowed_at"] == "2026-11-30T13:00:00.000000+00:00"
    assert monday.get(f"/v1/contact-decisions/{told['id']}").json()["reservation"]["interaction"]
    assert monday.get(f"/v1/contact-decisions/{told['id']}/replay").json()["same"]


def test_a_contact_that_will_not_be_made_is_given_back(monday: Door) -> None:
    told = ask(monday).json()
    released = monday.call("POST", f"/v1/contact-decisions/{told['id']}/release").json()
    assert released["reservation"]["state"] == "released"
    refused = monday.call("POST", f"/v1/contact-decisions/{told['id']}/confirm", json={})
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:concilia:problem:contact-released"
    assert "Ask for a new decision" in refused.json()["mend"]


def test_the_same_question_under_one_key_is_answered_once(monday: Door) -> None:
    body = {"debtor": {"tax_id": JOSE}, "channel": "voice_agent"}
    headers = {"Idempotency-Key": "q-1"}
    first, second = (monday.call("POST", "/v1/contact-decisions", json=body, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    other = monday.call("POST", "/v1/contact-decisions", json={**body, "channel": "sms"}, headers=headers)
    assert other.status_code == 422


def test_every_read_of_a_debtor_says_whether_it_may_be_contacted_now(monday: Door) -> None:
    debtor = monday.debtor_of(ANA)
    assert debtor["contact"]["allowed_now"]["sms"] == {"allowed_now": True}
    assert debtor["contact"]["allowed_now"]["email"]["reason"] == "hub.no_contact_point"
    opened = {"debts": [{"document": "F-3"}], "kind": "amount", "authority": "SERNAC"}
    dispute = monday.call("POST", "/v1/disputes", json=opened)
    assert dispute.status_code == 201
    debtor = monday.debtor_of(ANA)
    assert debtor["contact"]["allowed_now"]["sms"]["reason"] == "hub.dispute"
    assert [one["id"] for one in debtor["contact"]["disputes"]] == [dispute.json()["id"]]
    debt = monday.get(f"/v1/debts/{debtor['debts'][0]['id']}").json()
    assert debt["contact"]["allowed_now"]["sms"]["says"].startswith("The debt is disputed")
    monday.call("POST", f"/v1/disputes/{dispute.json()['id']}/resolution", json={"resolution": "rejected"})
    assert monday.debtor_of(ANA)["contact"]["allowed_now"]["sms"] == {"allowed_now": True}
    assert [one["status"] for one in monday.every("/v1/disputes")] == ["closed"]
    assert monday.get("/v1/disputes", params={"status": "open"}).json()["items"] == []


def test_what_a_debtor_says_is_recorded_and_listed(monday: Door) -> None:
    golden = monday.debtor_of(ANA)["id"]
    consent = {"state": "revoked", "channel": "whatsapp", "evidence": "chat 7"}
    assert monday.call("POST", f"/v1/debtors/{golden}/consents", json=consent).status_code == 201
    forbidden = {"reason": "opt_out", "channel": "sms", "debt": {"document": "F-3"}}
    number = monday.call("POST", f"/v1/debtors/{golden}/do-not-contact", json=forbidden).json()["id"]
    held = monday.call("POST", "/v1/holds", json={"debts": [{"document": "F-3"}], "reason": "other"}).json()
    said = monday.get(f"/v1/debtors/{golden}/contact-terms").json()
    assert [len(said[name]) for name in ("consents", "prohibitions", "disputes", "holds")] == [1, 1, 0, 1]
    assert ask(monday, debtor={"id": golden}, channel="whatsapp").json()["answer"] == "deny"
    lifted = monday.call("POST", f"/v1/do-not-contact/{number}/lift", json={"because": "asked for it"}).json()
    assert lifted["lifted_at"]
    assert monday.call("POST", f"/v1/holds/{held['id']}/lift", json={"because": "settled"}).json()["lifted_at"]
    assert ask(monday, debtor={"id": golden}, channel="sms").json()["answer"] == "allow"


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"debtor": {"tax_id": "1-9"}}, 404, "not-found"),
        ({"debtor": {"tax_id": JOSE, "phone": "1"}}, 422, "request-invalid"),
        ({"debtor": {"tax_id": JOSE}, "channel": "paloma"}, 422, "request-invalid"),
        ({"debtor": {"tax_id": JOSE}, "purpose": "spam"}, 422, "request-invalid"),
        ({"debtor": {"tax_id": JOSE}, "at": "2020-01-01T00:00:00Z"}, 422, "contact-in-the-past"),
        ({"debtor": {"tax_id": JOSE}, "at": "soon"}, 422, "request-invalid"),
        ({"debtor": {"tax_id": JOSE}, "at": "2026-11-23T10:00:00"}, 422, "request-invalid"),
        ({"debtor": {"phone": "+56961234567"}}, 422, "contact-several-debtors"),
        ({"debtor": {"tax_id": JOSE}, "chanel": "sms"}, 422, "request-invalid"),
        ({"debtor": {"tax_id": JOSE}, "contact_point": {"type": "phone", "value": "no"}}, 422, "request-invalid"),
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_says_what_to_change(
    monday: Door, body: dict[str, Any], status: int, slug: str
) -> None:
    answer = monday.call("POST", "/v1/contact-decisions", json={"channel": "voice_agent", **body})
    assert answer.status_code == status
    assert answer.json()["type"] == f"urn:concilia:problem:{slug}"


def test_unknown_decisions_disputes_and_holds_are_not_found(monday: Door) -> None:
    assert monday.get("/v1/contact-decisions/cnone").status_code == 404
    for path in ("/v1/contact-decisions/cnone/release", "/v1/do-not-contact/9/lift", "/v1/holds/9/lift"):
        assert monday.call("POST", path, json={"because": "x"}).status_code == 404
    assert monday.call("POST", "/v1/disputes/9/resolution", json={"resolution": "upheld"}).status_code == 404
