"""A phone that turned out to be somebody else's does not return: not in ten nightly loads, not by a merge or a rematch.

It is wrong for that debtor only. Whoever the number belongs to is called there all the same.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync import rematch, stewardship
from tests.acceptance.interaction_world import ANA, ANA_OWES, ANA_PHONE, JOSE, JOSE_OWES, Channels, channels
from tests.conftest import OpenHub

ANAS_NUMBER_TOO = (*JOSE_OWES[:4], ANA_PHONE.removeprefix("+56"), *JOSE_OWES[5:])  # José's second phone is Ana's
JOSE_PHONE = "+56961234567"


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Any:
    """José states Ana's number as well; whoever answered there was not José."""
    with channels(tmp_path, opened, database_url) as found:
        found.load(ANA_OWES, ANAS_NUMBER_TOO)
        found.at("2026-11-23T10:00:00-03:00")
        assert set(points(found, JOSE)) == {JOSE_PHONE, ANA_PHONE}
        found.tell(
            direction="outbound",
            channel="voice_agent",
            started_at=found.now.isoformat(),
            party={"tax_id": JOSE},
            contact_point={"type": "phone", "value": ANA_PHONE},
            outcome="answered",
            party_outcome="wrong_party",
        )
        yield found


def points(desk: Channels, tax_id: str) -> dict[str, str]:
    return {one["value"]: one["status"] for one in desk.door.debtor_of(tax_id)["contact_points"]}


def aside(desk: Channels, tax_id: str) -> dict[str, str]:
    return {one["value"]: one["status"] for one in desk.door.debtor_of(tax_id)["contact_points_set_aside"]}


def stays_away(desk: Channels, tax_id: str = JOSE) -> None:
    assert ANA_PHONE not in points(desk, tax_id)
    assert aside(desk, tax_id)[ANA_PHONE] == "wrong_party"


def night(desk: Channels, after: int) -> None:
    """The ERP's file so many nights later: everybody was touched, nothing was corrected."""
    day = date(2026, 11, 23) + timedelta(days=after)
    rows = ((*row[:-1], f"{day}T01:00:00") for row in (ANA_OWES, ANAS_NUMBER_TOO))
    desk.at(f"{day}T02:00:00-03:00").load(*rows)


def asked(desk: Channels, tax_id: str) -> Any:
    told = {"state": "granted", "captured_at": "2026-01-02T10:00:00Z"}
    desk.door.call("POST", f"/v1/debtors/{desk.owner(tax_id)}/consents", json=told)
    body = {"debtor": {"tax_id": tax_id}, "channel": "voice_agent", "reserve": False}
    return desk.at("2026-12-03T10:00:00-03:00").door.call("POST", "/v1/contact-decisions", json=body).json()


def test_it_is_out_of_use_the_moment_it_is_told(desk: Channels) -> None:
    stays_away(desk)
    told = desk.door.debtor_of(JOSE)["contact_points_set_aside"][0]
    assert (told["usable"], told["reasons"][0]["what"]) == (False, "wrong_party")
    assert told["reasons"][0]["interaction"]


def test_the_number_finds_its_owner_and_not_whom_it_was_wrong_for(desk: Channels) -> None:
    (match,) = desk.door.get("/v1/resolve", params={"phone": ANA_PHONE}).json()["matches"]
    assert match["id"] == desk.owner(ANA)


def test_ten_nightly_loads_do_not_bring_it_back(desk: Channels) -> None:
    for after in range(1, 11):
        night(desk, after)
        stays_away(desk)
        assert points(desk, ANA) == {ANA_PHONE: "valid_syntax"}
    assert [one["value"] for one in asked(desk, JOSE)["contact_points"]] == [JOSE_PHONE]
    assert [one["value"] for one in asked(desk, ANA)["contact_points"]] == [ANA_PHONE]


def test_it_does_not_return_in_another_column_or_notation(desk: Channels) -> None:
    for place, written in enumerate(("(9) 6111 9999", "+56 9 6111-9999", "0056961119999"), start=24):
        row = (*JOSE_OWES[:3], written, "", *JOSE_OWES[5:7], f"2026-11-{place}T01:00:00")
        desk.at(f"2026-11-{place}T02:00:00-03:00").load(ANA_OWES, row)
        stays_away(desk)


def test_it_stays_away_through_a_merge_and_the_split_gives_each_what_was_said_of_it(desk: Channels) -> None:
    stranger = ("c8", "", "Pedro Soto Rivas", ANA_PHONE, "", "pedro@correo.cl", "2026-11-24T10:00:00Z")
    desk.at("2026-11-24T12:00:00-03:00").load(crm=(stranger,))

    def others() -> dict[str, str]:
        (match,) = desk.door.get("/v1/resolve", params={"email": "pedro@correo.cl"}).json()["matches"]
        found = desk.door.get(f"/v1/debtors/{match['id']}").json()
        return {one["value"]: one["status"] for one in found["contact_points"]}

    assert others()[ANA_PHONE] == "valid_syntax", "nobody said that it is wrong for this one"
    pair = (
        stewardship.source_debtor(desk.hub, f"erp/cartera/{JOSE}"),
        stewardship.source_debtor(desk.hub, "crm/contactos/c8"),
    )
    assert stewardship.rule(desk.hub, pair, judgement="same", by="tests").together
    stays_away(desk)
    assert "pedro@correo.cl" in points(desk, JOSE)
    night(desk, 2)
    stays_away(desk)
    stewardship.rule(desk.hub, pair, judgement="different", by="tests")
    stays_away(desk)
    assert others()[ANA_PHONE] == "valid_syntax"


def test_it_stays_away_when_another_record_of_the_same_person_states_it(desk: Channels) -> None:
    in_crm = ("c7", JOSE, "José Hernández García", ANA_PHONE, "", "", "2026-11-24T10:00:00Z")
    desk.at("2026-11-24T12:00:00-03:00").load(crm=(in_crm,))
    assert {one["connection"] for one in desk.door.debtor_of(JOSE)["sources"]} == {"erp", "crm"}
    stays_away(desk)
    pair = (
        stewardship.source_debtor(desk.hub, f"erp/cartera/{JOSE}"),
        stewardship.source_debtor(desk.hub, "crm/contactos/c7"),
    )
    stewardship.rule(desk.hub, pair, judgement="different", by="tests")
    apart = {
        tuple(sorted(one["connection"] for one in found["sources"])): found
        for match in desk.door.get("/v1/resolve", params={"tax_id": JOSE}).json()["matches"]
        for found in [desk.door.get(f"/v1/debtors/{match['id']}").json()]
    }
    assert set(apart) == {("erp",), ("crm",)}
    assert ANA_PHONE not in {one["value"] for one in apart["erp",]["contact_points"]}, "it was said of this one"
    assert ANA_PHONE in {one["value"] for one in apart["crm",]["contact_points"]}, "and of this one only while joined"
    stewardship.rule(desk.hub, pair, judgement="withdrawn", by="tests")
    stays_away(desk)


def test_matching_everybody_anew_does_not_bring_it_back(desk: Channels) -> None:
    rematch.rematch(desk.hub.store, desk.hub.policies, clock=desk.hub.clock, told=lambda _w, _n: None, learn=False)
    stays_away(desk)
    assert points(desk, ANA) == {ANA_PHONE: "valid_syntax"}


def test_a_channel_cannot_tell_it_again_but_a_mistake_can_be_taken_back(desk: Channels) -> None:
    debtor = desk.owner(JOSE)
    body = {"type": "phone", "value": "961119999", "acquisition_method": "call", "evidence": "call 77"}
    refused = desk.door.call("POST", f"/v1/debtors/{debtor}/contact-points", json=body)
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("contact-point-barred")
    assert "961119999" not in refused.text
    evidence = desk.door.debtor_of(JOSE)["contact_points_set_aside"][0]["reasons"][0]["evidence"]
    back = desk.door.call("POST", f"/v1/debtors/{debtor}/contact-points/withdraw", json={"evidence": evidence})
    assert back.json()["contact_point"]["status"] == "valid_syntax"
    assert ANA_PHONE in points(desk, JOSE)
    night(desk, 2)
    assert ANA_PHONE in points(desk, JOSE)


def test_followers_hear_of_it_once_and_never_the_number(desk: Channels) -> None:
    night(desk, 1)
    night(desk, 2)
    told = [one for one in desk.door.every("/v1/events") if one["type"] == "contact_point.wrong_party"]
    (event,) = told
    assert event["debtor"] == desk.owner(JOSE)
    assert ANA_PHONE not in str(event)
    named = desk.door.debtor_of(JOSE)["contact_points_set_aside"][0]
    assert event["subject"] == named["id"]
