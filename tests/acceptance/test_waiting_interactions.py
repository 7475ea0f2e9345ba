"""What nobody can tell the party of waits, in sight, and is found after a load, a merge, a lesson or a person's word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.interaction_world import (
    ANA,
    ANA_OWES,
    ANA_PHONE,
    BSUID,
    JOSE,
    JOSE_OWES,
    JOSE_PHONE,
    LATER,
    SEEN,
    Channels,
    channels,
)
from tests.conftest import OpenHub

TWINS = (
    ("F-8", "", "Rosa Díaz Pérez", "961112233", "", "1.000", "01-10-2026", SEEN),
    ("F-9", "", "Rosa Díaz Pérez", "961112233", "", "2.000", "01-10-2026", SEEN),
)


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Iterator[Channels]:
    with channels(tmp_path, opened, database_url) as found:
        yield found


@pytest.fixture
def ours(tmp_path: Path, opened: OpenHub) -> Iterator[Channels]:
    """The same on one database, where the other can make no difference."""
    with channels(tmp_path, opened) as found:
        found.load(ANA_OWES, JOSE_OWES)
        yield found


def events(desk: Channels, type_: str) -> list[Any]:
    return [one for one in desk.door.every("/v1/events") if one["type"].endswith(type_)]


@pytest.mark.parametrize(
    "party",
    [
        {"tax_id": ANA, "country": "CL"},
        {"phone": "9 6111 9999", "country": "CL"},
        {"whatsapp_id": "56961119999"},
        {"debt": {"document": "f-1"}},
        {"debt": {"connection": "erp", "external_id": "F-1"}},
        {"connection": "erp", "external_id": ANA},
    ],
    ids=lambda party: "+".join(party),
)
def test_each_way_to_name_somebody_is_found_after_the_load(desk: Channels, party: dict[str, Any]) -> None:
    desk.load(JOSE_OWES)
    waits = desk.tell(party=party)
    assert (waits["debtor"], waits["waiting"]["reason"]) == (None, "unknown")
    assert [one["id"] for one in desk.waiting()] == [waits["id"]]
    desk.load(ANA_OWES, JOSE_OWES)
    found = desk.interaction(waits["id"])
    assert (found["debtor"], found["waiting"]) == (desk.owner(ANA), None)
    assert desk.waiting() == []
    (told,) = events(desk, "interaction.resolved")
    assert (told["subject"], told["debtor"]) == (waits["id"], desk.owner(ANA))
    assert desk.tell(party=party)["debtor"] == desk.owner(ANA)


def test_a_phone_of_two_debtors_is_of_one_once_a_steward_has_joined_them(desk: Channels) -> None:
    contacts = tuple((f"c{n}", "", name, "961112233", "", "", LATER) for n, name in ((1, "Rosa Díaz"), (2, "R. Paz")))
    desk.load(ANA_OWES, crm=contacts)
    waits = desk.tell(party={"phone": "+56961112233"})
    assert (waits["debtor"], waits["waiting"]["reason"]) == (None, "several")
    assert "2 debtors" in waits["waiting"]["says"]
    told = {"left": "crm/contactos/c1", "right": "crm/contactos/c2", "judgement": "same", "reason": "she said so"}
    assert desk.door.call("POST", "/v1/rulings", json=told).status_code in (200, 201)
    found = desk.interaction(waits["id"])
    (match,) = desk.door.get("/v1/resolve", params={"phone": "+56961112233"}).json()["matches"]
    assert (found["debtor"], desk.waiting()) == (match["id"], [])


def test_a_debt_that_comes_later_is_linked_to_what_it_was_about(desk: Channels) -> None:
    desk.load(ANA_OWES)
    party, about = {"tax_id": ANA, "country": "CL"}, [{"document": "F-1"}, {"document": "F-7"}]
    told = desk.tell(party=party, debts=about, result="payment_announced")
    assert (told["debtor"], told["waiting"]["reason"], len(told["debts"])) == (desk.owner(ANA), "debt_unknown", 1)
    desk.load(ANA_OWES, ("F-7", *ANA_OWES[1:]))
    found = desk.interaction(told["id"])
    assert (found["waiting"], len(found["debts"])) == (None, 2)


def test_what_names_two_debtors_waits_until_a_person_says_who_it_was(desk: Channels) -> None:
    desk.load(ANA_OWES, JOSE_OWES)
    assert desk.tell(party=desk.by_bsuid(phone=ANA_PHONE))["debtor"] == desk.owner(ANA)
    other = desk.tell(party=desk.by_bsuid(debt={"document": "F-2"}))
    assert (other["debtor"], other["waiting"]["reason"]) == (None, "contradiction")
    only = desk.tell(party=desk.by_bsuid())
    assert (only["debtor"], only["waiting"]["reason"]) == (None, "several")
    body = {"debtor": {"id": desk.owner(ANA)}, "because": "she pays for her brother"}
    settled = desk.door.call("POST", f"/v1/interactions/{other['id']}/party", json=body)
    assert (settled.status_code, settled.json()["debtor"]) == (200, desk.owner(ANA))
    assert desk.interaction(only["id"])["debtor"] == desk.owner(ANA)
    assert desk.tell(party=desk.by_bsuid())["debtor"] == desk.owner(ANA)
    again = desk.door.call("POST", f"/v1/interactions/{other['id']}/party", json=body)
    assert again.json()["type"] == "urn:concilia:problem:interaction-resolved"


@pytest.mark.parametrize(
    ("party", "reason"),
    [
        ({"tax_id": ANA, "debt": {"document": "F-2"}, "country": "CL"}, "contradiction"),
        ({"phone": ANA_PHONE, "whatsapp_id": JOSE_PHONE}, "contradiction"),
        ({"tax_id": "11.222.333-9", "phone": ANA_PHONE, "country": "CL"}, "unknown"),
        ({"tax_id": "11.222.333-9", "debt": {"document": "F-1"}, "country": "CL"}, "contradiction"),
    ],
)
def test_what_does_not_fit_together_is_not_guessed(ours: Channels, party: dict[str, Any], reason: str) -> None:
    told = ours.tell(party=party)
    assert (told["debtor"], told["waiting"]["reason"]) == (None, reason)


def test_a_name_outweighs_a_number_that_is_known_as_somebody_elses(ours: Channels) -> None:
    told = ours.tell(party={"tax_id": JOSE, "phone": ANA_PHONE, "country": "CL"})
    assert told["debtor"] == ours.owner(JOSE)


def test_an_id_of_another_portfolio_is_another_id(ours: Channels) -> None:
    ours.tell(party=ours.by_bsuid(phone=ANA_PHONE))
    other = ours.tell(party={"bsuid": BSUID, "business_portfolio": "another"})
    assert other["waiting"]["reason"] == "unknown"


def test_an_opt_out_that_waited_forbids_once_its_party_is_known(desk: Channels) -> None:
    desk.load(JOSE_OWES)
    desk.tell(party={"phone": ANA_PHONE}, channel="sms", outcome="opted_out")
    desk.load(ANA_OWES, JOSE_OWES)
    (said,) = desk.door.get(f"/v1/debtors/{desk.owner(ANA)}/contact-terms").json()["prohibitions"]
    assert (said["reason"], said["channel"], said["contact_value"]) == ("opt_out", "sms", ANA_PHONE)
