"""Contact points through the door: corrections with provenance, what fails, what is stale, and when somebody is reached."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync import contact_due, contact_preferences, stewardship
from tests.acceptance.interaction_world import (
    ANA,
    ANA_IN_CRM,
    ANA_OWES,
    ANA_PHONE,
    JOSE,
    JOSE_OWES,
    JOSE_PHONE,
    Channels,
    channels,
)
from tests.conftest import OpenHub

NEW = "+56961112222"


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Any:
    """Ana owes more than José; both have a phone."""
    with channels(tmp_path, opened, database_url) as found:
        found.load(ANA_OWES, JOSE_OWES)
        yield found.at("2026-11-23T10:00:00-03:00")


def debtor(desk: Channels, tax_id: str = ANA) -> Any:
    return desk.door.debtor_of(tax_id)


def points(desk: Channels, tax_id: str = ANA) -> dict[str, str]:
    return {one["value"]: one["status"] for one in debtor(desk, tax_id)["contact_points"]}


def point(desk: Channels, value: str, tax_id: str = ANA) -> Any:
    return next(one for one in debtor(desk, tax_id)["contact_points"] if one["value"] == value)


def correct(desk: Channels, value: str, *, status: int = 200, tax_id: str = ANA, **more: Any) -> Any:
    body = {"type": "phone", "value": value, "acquisition_method": "call", "evidence": "call 77", **more}
    answer = desk.door.call("POST", f"/v1/debtors/{desk.owner(tax_id)}/contact-points", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def tried(desk: Channels, outcome: str, party: str | None = None, *, tax_id: str = ANA, **more: Any) -> Any:
    """An attempt of ours to reach somebody by phone."""
    value = ANA_PHONE if tax_id == ANA else JOSE_PHONE
    usual = {
        "direction": "outbound",
        "channel": "voice_agent",
        "started_at": desk.now.isoformat(),
        "party": {"tax_id": tax_id},
        "contact_point": {"type": "phone", "value": value},
        "outcome": outcome,
        "party_outcome": party,
    }
    return desk.tell(**{**usual, **more})


def test_a_correction_is_a_candidate_with_who_told_it_and_when(desk: Channels) -> None:
    told = correct(desk, "(9) 6111-2222", actor="agente-7", told_at="2026-11-22T18:00:00-03:00")
    assert told["contact_point"]["value"] == NEW, "read by the rules of a source"
    assert told["contact_point"]["acquisition_method"] == "call"
    (source,) = point(desk, NEW)["sources"]
    assert (source["connection"], source["stream"], source["external_id"]) == ("hub", "told", "tests/agente-7")
    assert source["source_updated_at"].startswith("2026-11-22T21:00"), "when the debtor said so"
    assert source["received_at"].startswith("2026-11-23T13:00"), "when the hub heard of it"
    provenance = desk.door.get(f"/v1/debtors/{desk.owner()}/provenance").json()
    (why,) = [one for one in provenance["contact_points"] if one["value"] == NEW]
    assert why["sources"][0]["connection"] == "hub"
    (match,) = desk.door.get("/v1/resolve", params={"phone": NEW}).json()["matches"]
    assert match["id"] == desk.owner(), "who calls from there is known"


def test_telling_it_again_changes_nothing(desk: Channels) -> None:
    correct(desk, NEW, replaces=ANA_PHONE)
    before = debtor(desk)
    correct(desk, NEW, replaces=ANA_PHONE)
    after = debtor(desk)
    assert (after["version"], after["contact_points"]) == (before["version"], before["contact_points"])


def test_a_dry_run_keeps_nothing(desk: Channels) -> None:
    foreseen = correct(desk, NEW, dry_run=True)
    assert foreseen["contact_point"]["status"] == "valid_syntax"
    assert points(desk) == {ANA_PHONE: "valid_syntax"}


def test_a_value_that_is_replaced_comes_last_and_survives_no_load_as_the_first(desk: Channels) -> None:
    correct(desk, NEW, replaces="961119999")
    assert list(points(desk)) == [NEW, ANA_PHONE]
    assert points(desk)[ANA_PHONE] == "stale"
    desk.load((*ANA_OWES[:-1], "2026-11-23T11:00:00"), (*JOSE_OWES[:-1], "2026-11-23T11:00:00"))
    assert list(points(desk)) == [NEW, ANA_PHONE]


def test_replacing_a_verified_value_waits_unless_the_new_one_is_verified_too(desk: Channels) -> None:
    tried(desk, "answered", "right_party")
    told = correct(desk, NEW, replaces=ANA_PHONE)
    assert told["contact_point"]["status"] == "changed_pending_confirmation"
    assert told["change"]["origin"] == "tests"
    assert points(desk) == {ANA_PHONE: "verified"}
    assert correct(desk, NEW, replaces=ANA_PHONE)["change"]["id"] == told["change"]["id"], "the same change"
    proven = correct(desk, NEW, replaces=ANA_PHONE, verification={"method": "otp"})
    assert (proven["contact_point"]["status"], proven["contact_point"]["verification_method"]) == ("verified", "otp")
    assert points(desk) == {NEW: "verified", ANA_PHONE: "stale"}
    assert debtor(desk)["contact_changes"] == []


def test_a_correction_goes_where_its_source_debtor_goes(desk: Channels) -> None:
    desk.load(crm=(ANA_IN_CRM,))
    correct(desk, "ana.nueva@correo.cl", type="email", replaces="ana@correo.cl")
    pair = (
        stewardship.source_debtor(desk.hub, f"erp/cartera/{ANA}"),
        stewardship.source_debtor(desk.hub, "crm/contactos/c1"),
    )
    stewardship.rule(desk.hub, pair, judgement="different", by="tests")
    (match,) = desk.door.get("/v1/resolve", params={"email": "ana.nueva@correo.cl"}).json()["matches"]
    alone = desk.door.get(f"/v1/debtors/{match['id']}").json()
    assert [one["connection"] for one in alone["sources"]] == ["crm"], "it stood beside the value of the CRM"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"value": "12"}, "value"),
        ({"value": "999999999"}, "value"),
        ({"value": "no@tiene.com", "type": "email"}, "value"),
        ({"value": "961112222 / 961113333"}, "value"),
        ({"replaces": "+56961115555"}, "replaces"),
        ({"replaces": NEW}, "replaces"),
        ({"told_at": "2026-11-24T10:00:00-03:00"}, "told_at"),
        ({"told_at": "2026-11-22T10:00:00"}, "told_at"),
        ({"verification": {"method": "otp", "at": "2027-01-01T00:00:00Z"}}, "verification.at"),
        ({"verification": {"method": "a hunch"}}, "verification.method"),
        ({"acquisition_method": "guessed"}, "acquisition_method"),
    ],
)
def test_what_cannot_be_used_is_refused_whole_and_says_what_to_mend(
    desk: Channels, more: dict[str, Any], field: str
) -> None:
    before = desk.door.get(f"/v1/debtors/{desk.owner()}/provenance").json()
    problem = correct(desk, **{"value": NEW, **more}, status=422)
    assert field in {one["field"] for one in problem["errors"]}
    assert desk.door.get(f"/v1/debtors/{desk.owner()}/provenance").json() == before


def test_failures_take_a_phone_out_of_use_and_a_success_brings_it_back(desk: Channels) -> None:
    tried(desk, "invalid")
    found = point(desk, ANA_PHONE)
    assert (found["status"], found["usable"], found["failures"]["hard"]) == ("invalid", False, 1)
    assert found["reasons"][0]["what"] == "invalid"
    tried(desk.at("2026-11-24T10:00:00-03:00"), "answered")
    assert (point(desk, ANA_PHONE)["status"], point(desk, ANA_PHONE)["usable"]) == ("valid_syntax", True)
    for day in range(25, 28):
        tried(desk.at(f"2026-11-{day}T10:00:00-03:00"), "bounced", channel="sms")
    assert point(desk, ANA_PHONE)["status"] == "soft_failed"


def test_an_opt_out_closes_its_channel_at_that_point_until_the_debtor_says_yes_again(desk: Channels) -> None:
    tried(desk, "opted_out", channel="whatsapp")
    assert [one["channel"] for one in point(desk, ANA_PHONE)["opted_out"]] == ["whatsapp"]
    told = {"state": "granted", "channel": "whatsapp", "contact_point": {"type": "phone", "value": ANA_PHONE}}
    desk.at("2026-11-24T10:00:00-03:00")
    desk.door.call("POST", f"/v1/debtors/{desk.owner()}/consents", json=told)
    assert point(desk, ANA_PHONE)["opted_out"] == []


def test_stale_ones_are_listed_by_what_their_debtors_owe(desk: Channels) -> None:
    tried(desk, "answered", "right_party", tax_id=JOSE)
    tried(desk, "answered", "right_party")
    assert desk.door.every("/v1/contact-points/stale") == []
    desk.at("2027-06-01T10:00:00-04:00")
    pages = desk.door.pages("/v1/contact-points/stale", limit=1)
    assert [[one["value"] for one in page] for page in pages] == [[ANA_PHONE], [JOSE_PHONE]]
    ana = pages[0][0]
    assert (ana["amount"], ana["unit"], ana["verification_method"]) == ("150000", "CLP", "right_party")
    assert point(desk, ANA_PHONE)["status"] == "stale"
    desk.at("2026-12-23T10:00:00-03:00")
    days = desk.door.get("/v1/contact-points/stale", params={"days": 29, "type": "phone"}).json()["items"]
    assert len(days) == 2
    assert desk.door.get("/v1/contact-points/stale", params={"days": 29, "type": "email"}).json()["items"] == []
    assert desk.door.get("/v1/contact-points/stale", params={"days": 31}).json()["items"] == []


def test_followers_hear_once_that_it_became_stale_and_again_after_it_was_fresh(desk: Channels) -> None:
    tried(desk, "answered", "right_party")
    assert contact_due.announce(desk.hub) == 0
    desk.at("2027-06-01T10:00:00-04:00")
    assert [contact_due.announce(desk.hub) for _ in range(3)] == [1, 0, 0]
    tried(desk, "answered", "right_party")
    desk.at("2028-06-01T10:00:00-04:00")
    assert [contact_due.announce(desk.hub) for _ in range(2)] == [1, 0]
    told = [one["type"] for one in desk.door.every("/v1/events") if one["type"].startswith("contact_point.")]
    stale = ["contact_point.verified", "contact_point.stale"]
    assert told == stale * 2


def test_who_answers_when_is_estimated_against_the_portfolio_with_counts(desk: Channels) -> None:
    for n in range(6):
        desk.now += timedelta(days=1)
        tried(desk, "answered" if n % 2 else "no_answer")
        tried(desk, "no_answer", tax_id=JOSE)
        tried(desk, "answered", "wrong_party", contact_point={"type": "phone", "value": NEW})
    found = desk.door.get(f"/v1/debtors/{desk.owner()}/contact-preferences").json()
    assert found["inferred"]["prior_made_at"] is None
    made = contact_preferences.refresh(desk.hub)
    assert (made["debtors"], made["attempts"]) == (2, 12), "a wrong party says nothing of a debtor"
    ana, jose = (
        desk.door.get(f"/v1/debtors/{desk.owner(one)}/contact-preferences").json()["inferred"] for one in (ANA, JOSE)
    )
    (calls,) = ana["channels"]
    assert (calls["name"], calls["attempts"], calls["successes"]) == ("voice_agent", 6, 3)
    assert calls["prior"]["rate"] < calls["rate"] < 0.5, "drawn towards the portfolio"
    assert calls["low"] < calls["rate"] < calls["high"]
    assert jose["channels"][0]["rate"] < calls["rate"]
    assert {one["name"].split()[1] for one in ana["hours"]} == {"09-12"}, "on the debtor's clock"
    assert ana["time_zone"] == "America/Santiago"
    desk.now += timedelta(days=200)
    late = desk.door.get(f"/v1/debtors/{desk.owner()}/contact-preferences").json()["inferred"]
    assert late["channels"][0]["attempts"] == 0, "too long ago to count"


def test_what_a_debtor_asks_for_is_kept_apart_and_widens_no_law(desk: Channels) -> None:
    place = f"/v1/debtors/{desk.owner()}/contact-preferences"
    evening = {"days": ["mon", "tue"], "from": "18:00", "to": "23:00"}
    body = {"channel": "voice_agent", "windows": [evening], "evidence": "call 91"}
    told = desk.door.call("POST", place, json=body)
    assert told.status_code == 201, told.text
    (declared,) = desk.door.get(place).json()["declared"]
    assert (declared["windows"], declared["evidence"], declared["lawful"]) == ([evening], "call 91", "some")
    night = {**body, "windows": [{"days": ["sun"], "from": "01:00", "to": "03:00"}]}
    number = desk.door.call("POST", place, json=night).json()["id"]
    first, second = desk.door.get(place).json()["declared"]
    assert first["ended_at"] is not None
    assert (second["id"], second["lawful"]) == (number, "none")
    asked = {"debtor": {"tax_id": ANA}, "channel": "voice_agent", "at": "2026-11-29T02:00:00-03:00"}
    assert desk.door.call("POST", "/v1/contact-decisions", json=asked).json()["answer"] == "deny"
    ended = desk.door.call("POST", f"/v1/contact-preferences/{number}/end", json={"because": "he moved"}).json()
    assert ended["ended_because"] == "he moved"
    turned = {**body, "windows": [{**evening, "from": "20:00", "to": "19:00"}]}
    assert desk.door.call("POST", place, json=turned).status_code == 422
