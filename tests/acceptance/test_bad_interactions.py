"""Interactions that cannot have been, or cannot be used: a problem that says what to change, and nothing stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.interaction_world import ANA, ANA_OWES, ANA_PHONE, JOSE, JOSE_OWES, LATER, Channels, channels
from tests.conftest import OpenHub
from tests.worlds import dump

PARTY = {"tax_id": ANA, "country": "CL"}
UNTOUCHED = ("stored_answer", "api_key")


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Iterator[Channels]:
    with channels(tmp_path, opened, database_url) as found:
        found.load(ANA_OWES, JOSE_OWES)
        yield found


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channels]:
    from admin_api.bootstrap import open_hub
    from concilia.settings import Settings

    with channels(tmp_path_factory.mktemp("bad"), lambda folder, **_: open_hub(Settings(folder, None, {}))) as found:
        found.load(ANA_OWES, JOSE_OWES)
        yield found
        found.hub.store.close()


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"started_at": "2026-11-23T10:02:00-03:00"}, "interaction-in-the-future", "started_at"),
    ({"ended_at": "2026-11-24T10:00:00-03:00"}, "interaction-in-the-future", "ended_at"),
    ({"ended_at": "2026-11-23T09:54:59-03:00"}, "interaction-ends-before-it-starts", "ended_at"),
    ({"started_at": "2026-11-23T09:55:00"}, "request-invalid", "started_at"),
    ({"ended_at": "2026-11-23T09:56:00"}, "request-invalid", "ended_at"),
    ({"started_at": "ayer"}, "request-invalid", "started_at"),
    ({"started_at": "0001-01-01T00:00:00+00:00"}, "request-invalid", "started_at"),
    ({"channel": "paloma"}, "request-invalid", "channel"),
    ({"purpose": "spam"}, "request-invalid", "purpose"),
    ({"outcome": "maybe"}, "request-invalid", "outcome"),
    ({"party_outcome": "somebody"}, "request-invalid", "party_outcome"),
    ({"result": "money"}, "request-invalid", "result"),
    ({"direction": "sideways"}, "request-invalid", "direction"),
    ({"party": {"id": "gnobody"}}, "interaction-debtor-unknown", "party.id"),
    ({"party": {}}, "request-invalid", "party"),
    ({"party": None}, "request-invalid", "body"),
    ({"party": {"bsuid": "CL.1"}}, "request-invalid", "party"),
    ({"party": {"connection": "erp"}}, "request-invalid", "party"),
    ({"party": {"phone": "1"}}, "interaction-party-unusable", "party"),
    ({"party": {"tax_id": "66.666.666-6", "country": "CL"}}, "interaction-party-unusable", "party"),
    ({"party": {"fone": ANA_PHONE}}, "request-invalid", "party.fone"),
    ({"contact_point": {"type": "phone", "value": "uno"}}, "interaction-bad-contact-point", "contact_point"),
    ({"direction": "outbound", "decision_id": "cnone"}, "interaction-decision-unknown", "decision_id"),
    ({"items": []}, "request-invalid", "items"),
]


@pytest.mark.parametrize(("members", "slug", "field"), BAD, ids=[f"{next(iter(b[0]))} {n}" for n, b in enumerate(BAD)])
def test_it_is_refused_with_what_to_change_and_nothing_is_stored(
    ours: Channels, members: dict[str, Any], slug: str, field: str
) -> None:
    before = dump(ours.hub)
    body = members if "items" in members else ours.told(**{"party": PARTY, **members})
    answer = ours.post(body)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == f"urn:concilia:problem:{slug}"
    assert problem["errors"][0]["field"] == field
    assert problem.get("mend") or problem["errors"][0]["message"]
    assert dump(ours.hub) == before


def test_a_merged_id_is_refused_and_the_problem_names_the_id_that_stands(desk: Channels) -> None:
    desk.load(ANA_OWES, JOSE_OWES, crm=(("c1", "", "Anita Muñoz", "961110000", "", "", LATER),))
    (anita,) = desk.door.get("/v1/resolve", params={"phone": "+56961110000"}).json()["matches"]
    told = {"left": f"erp/cartera/{ANA}", "right": "crm/contactos/c1", "judgement": "same"}
    desk.door.call("POST", "/v1/rulings", json=told)
    standing = desk.owner(ANA)
    gone = anita["id"] if anita["id"] != standing else ""
    assert gone
    answer = desk.post(desk.told(party={"id": gone}))
    assert answer.json()["type"] == "urn:concilia:problem:interaction-debtor-merged"
    assert standing in answer.json()["mend"]
    assert desk.tell(party={"id": standing})["debtor"] == standing
    assert desk.door.get(f"/v1/debtors/{gone}/timeline").json()["debtor"] == standing
    assert len(desk.door.every(f"/v1/interactions?debtor={gone}")) == 1


def test_a_decision_that_does_not_fit_is_refused(desk: Channels) -> None:
    asked = {"debtor": {"tax_id": ANA}, "channel": "voice_agent"}
    decision = desk.door.call("POST", "/v1/contact-decisions", json=asked).json()["id"]
    told = desk.told(
        direction="outbound", channel="voice_agent", decision_id=decision, started_at="2026-11-23T10:00:00-03:00"
    )
    for members, slug in (
        ({"channel": "sms"}, "interaction-other-decision"),
        ({"direction": "inbound"}, "interaction-other-decision"),
        ({"party": {"tax_id": JOSE}}, "interaction-other-party"),
        ({"started_at": "2026-11-23T09:00:00-03:00"}, "contact-out-of-time"),
    ):
        assert desk.post({**told, **members}).json()["type"] == f"urn:concilia:problem:{slug}"
    assert desk.door.every("/v1/interactions") == []
    released = desk.door.call("POST", f"/v1/contact-decisions/{decision}/release")
    assert released.status_code == 200
    assert desk.post(told).json()["type"] == "urn:concilia:problem:contact-released"


def test_what_comes_of_it_cannot_come_before_it_or_say_nothing(desk: Channels) -> None:
    sent = desk.tell(party=PARTY)
    path = f"/v1/interactions/{sent['id']}/outcomes"
    for body, slug in (
        ({}, "request-invalid"),
        ({"outcome": "maybe"}, "request-invalid"),
        ({"outcome": "read", "at": "2026-11-23T08:00:00-03:00"}, "interaction-ends-before-it-starts"),
        ({"outcome": "read", "at": "2026-11-23T12:00:00-03:00"}, "interaction-in-the-future"),
        ({"ended_at": "2026-11-23T09:56:00"}, "request-invalid"),
    ):
        assert desk.door.call("POST", path, json=body).json()["type"] == f"urn:concilia:problem:{slug}"
    assert len(desk.interaction(sent["id"])["outcomes"]) == 1
    assert desk.door.call("POST", "/v1/interactions/inone/outcomes", json={"outcome": "read"}).status_code == 404
    assert desk.door.get("/v1/interactions/inone").status_code == 404
