"""What cannot be told of contact is a problem that says what to change, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from concilia.clock import fixed_clock
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import rut, workspace, write_cartera

ANA = rut(9876543)
MONDAY = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 10:00 in Santiago
KEPT = (
    "agreement", "agreement_debt", "contact_decision", "reservation", "reservation_debt", "interaction", "rulebook",
    "consent", "prohibition", "dispute", "hold", "event",
)  # fmt: skip
PACK = """\
country: UY
version: "1"
effective_from: 2027-01-01
reviewed_on: 2026-11-22
review_due: 2027-11-22
rules:
- id: uy.hours
  kind: hours
  windows: [{days: mon-fri, from: "09:00", to: "18:00"}]
  says: Nobody is contacted outside office hours.
  in_spanish: No se contacta fuera del horario de oficina.
  source: {law: Ley 1, article: art. 2, confidence: memory}
"""


both = pytest.mark.usefixtures("database_url")


@pytest.fixture
def hub(tmp_path: Path, request: pytest.FixtureRequest, opened: OpenHub) -> Hub:
    """On both databases where a test asks for that. Ana owes F-1; F-2 is paid; whoever is called in F-3 has a phone of a country without rules."""
    seen = "2026-11-22T10:00:00"
    write_cartera(
        workspace(tmp_path),
        [
            ("F-1", ANA, "Ana Muñoz Ñuñez", "961119999", "", "150.000", "01-10-2026", seen),
            ("F-2", ANA, "Ana Muñoz Ñuñez", "961119999", "", "0", "01-10-2026", seen),
            ("F-3", "K-3", "María Ochoa Íñiguez", "+598 94 123 456", "", "9.000", "01-10-2026", seen),
        ],
    )
    url = request.getfixturevalue("database_url") if "database_url" in request.fixturenames else None
    found = replace(opened(tmp_path, database_url=url), clock=fixed_clock(MONDAY))
    actions.apply(found)
    assert actions.run(found, []).exit_code == 0
    return found


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    with opened_door(hub) as found:
        yield found


def kept(hub: Hub) -> dict[str, int]:
    with hub.store.read() as tx:
        return {name: tx.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in KEPT}


def refused(door: Door, hub: Hub, path: str, body: Any) -> Any:
    """The problem: with a sentence, what to change, and nothing stored."""
    before = kept(hub)
    answer = door.call("POST", path, json=body, headers={"Idempotency-Key": "k-1"})
    assert answer.status_code in (404, 422), answer.text
    found = answer.json()
    assert found["detail"].endswith((".", "?"))
    assert kept(hub) == before
    return found


@both
def test_a_promise_on_a_settled_debt_is_refused_and_names_the_debt(door: Door, hub: Hub) -> None:
    promise = {
        "kind": "promise",
        "debts": [{"debt": {"document": "F-2"}}],
        "unit": "CLP",
        "schedule": [{"due_date": "2026-12-04", "amount": "1000"}],
    }
    found = refused(door, hub, "/v1/agreements", promise)
    assert found["type"] == "urn:concilia:problem:agreement-debt-not-owed"
    assert "settled" in found["detail"]
    assert found["mend"]


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"channel": "paloma"}, "channel", "whatsapp"),
        ({"purpose": "spam"}, "purpose", "collection"),
        ({"debtor": {"tax_id": ANA, "country": "Chile"}}, "debtor.country", ""),
        ({"at": "2026-13-40"}, "at", "2026-11-23T10:00:00-03:00"),
        ({"hold_minutes": 600}, "hold_minutes", "60"),
        ({"actor": {"type": "robot"}}, "actor.type", "bot"),
        ({"contact_point": {"type": "fax", "value": "1"}}, "contact_point.type", "phone"),
    ],
)
def test_an_unknown_word_is_refused_with_those_that_are_known(
    door: Door, hub: Hub, change: dict[str, Any], field: str, sentence: str
) -> None:
    body = {"debtor": {"tax_id": ANA}, "channel": "email", **change}
    found = refused(door, hub, "/v1/contact-decisions", body)
    assert [one["field"] for one in found["errors"]] == [field]
    assert sentence in found["detail"] + found.get("mend", "")


@both
def test_a_debtor_of_a_country_without_rules_is_neither_allowed_nor_denied(door: Door, hub: Hub) -> None:
    found = refused(door, hub, "/v1/contact-decisions", {"debtor": {"debt": "F-3"}, "channel": "voice_agent"})
    assert found["type"] == "urn:concilia:problem:contact-no-rules"
    assert "contact.rules" in found["mend"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/debtors/{}/consents", {"state": "maybe"}),
        ("/v1/debtors/{}/consents", {"state": "granted", "captured_at": "2026-11-24T10:00:00-03:00"}),
        ("/v1/debtors/{}/consents", {"state": "granted", "channel": "paloma"}),
        ("/v1/debtors/{}/do-not-contact", {"reason": "no quiere"}),
        ("/v1/debtors/{}/do-not-contact", {"reason": "opt_out", "debt": {"document": "F-99"}}),
        ("/v1/disputes", {"debts": [{"document": "F-99"}], "kind": "amount"}),
        ("/v1/disputes", {"debts": [{"document": "F-1"}], "kind": "amount", "response_due": "2026-02-31"}),
        ("/v1/disputes", {"debts": [], "kind": "amount"}),
        ("/v1/holds", {"reason": "legal"}),
        ("/v1/holds", {"reason": "porque sí", "debts": [{"document": "F-1"}]}),
        ("/v1/holds", {"reason": "legal", "debts": [{"document": "F-1"}, {"document": "F-99"}]}),
    ],
)
def test_what_cannot_be_said_of_contact_is_refused_as_a_whole(
    door: Door, hub: Hub, path: str, body: dict[str, Any]
) -> None:
    refused(door, hub, path.format(door.debtor_of(ANA)["id"]), body)


@pytest.mark.parametrize(
    ("change", "detail", "mend"),
    [
        (
            {"\n  source: {law: Ley 1, article: art. 2, confidence: memory}": ""},
            'the rule "uy.hours" names no source at rules[0] in line 7.',
            "Add source: {law:",
        ),
        ({"confidence: memory": "confidence: sure"}, '"sure" is not known here', ""),
        ({"country: UY": "country: PE", "uy.hours": "pe.hours"}, "are in force on one day", "effective_until"),
        ({"country: UY": "country: uruguay"}, "a country is two capital letters", ""),
        ({"kind: hours": "kind: mientras"}, '"mientras" is not known here', ""),
        ({"uy.hours": "cl.hours"}, 'the rule "cl.hours" is one of CL (cl.yaml)', "Rename it"),
        ({PACK: "hours: [9"}, "", ""),
    ],
)
def test_a_pack_that_cannot_stand_is_refused_with_what_to_change(
    door: Door, hub: Hub, change: dict[str, str], detail: str, mend: str
) -> None:
    told = PACK
    for before, after in change.items():
        assert before in told
        told = told.replace(before, after)
    found = refused(door, hub, "/v1/contact-packs/check", {"packs": [told]})
    assert found["type"] == "urn:concilia:problem:contact-pack-invalid"
    assert found["errors"][0]["field"] == "packs[0]"
    assert detail in found["detail"]
    assert mend in found.get("mend", "")


@both
def test_two_editions_of_one_place_stand_when_the_earlier_one_ends(door: Door, hub: Hub) -> None:
    later = PACK.replace('version: "1"', 'version: "2"').replace("2027-01-01", "2028-01-01")
    found = refused(door, hub, "/v1/contact-packs/check", {"packs": [PACK, later]})
    assert found["errors"][0]["field"] == "packs[1]"
    assert "are in force on one day" in found["detail"]
    ended = PACK.replace("effective_from: 2027-01-01", "effective_from: 2027-01-01\neffective_until: 2027-12-31")
    answer = door.call("POST", "/v1/contact-packs/check", json={"packs": [ended, later]})
    assert [(one["version"], one["effective_until"]) for one in answer.json()["packs"]] == [
        ("1", "2027-12-31"),
        ("2", None),
    ]
