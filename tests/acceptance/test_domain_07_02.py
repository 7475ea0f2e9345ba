"""An ERP changes a phone that was verified last week: the change waits, the old one stays in use, both times visible.

A steward or new evidence decides; what a steward decided can be taken back, and a refused value stays refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync import contact_hearing
from tests.acceptance.interaction_world import ANA, ANA_OWES, ANA_PHONE, LATER, Channels, channels
from tests.conftest import OpenHub

NEW, NEWER = "+56961112222", "+56961113333"


def owes(phone: str, moment: str) -> tuple[str, ...]:
    return (*ANA_OWES[:3], phone.removeprefix("+56"), *ANA_OWES[4:7], moment)


CHANGED = owes(NEW, "2026-11-22T09:00:00")


def called(desk: Channels, number: str, party_outcome: str = "right_party", **more: Any) -> Any:
    """A call that somebody answered."""
    return desk.tell(
        direction="outbound",
        channel="voice_agent",
        started_at=desk.now.isoformat(),
        party={"tax_id": ANA},
        contact_point={"type": "phone", "value": number},
        outcome="answered",
        party_outcome=party_outcome,
        **more,
    )


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Any:
    """Ana's phone was verified in a call a week ago."""
    with channels(tmp_path, opened, database_url) as found:
        found.load(ANA_OWES)
        called(found.at("2026-11-16T10:00:00-03:00"), ANA_PHONE)
        yield found.at("2026-11-23T10:00:00-03:00")


def debtor(desk: Channels) -> Any:
    return desk.door.debtor_of(ANA)


def points(desk: Channels) -> dict[str, str]:
    return {one["value"]: one["status"] for one in debtor(desk)["contact_points"]}


def aside(desk: Channels) -> dict[str, str]:
    return {one["value"]: one["status"] for one in debtor(desk)["contact_points_set_aside"]}


def offered(desk: Channels) -> list[str]:
    """What a decision offers to call; contact is not the matter here, only which point."""
    told = {"state": "granted", "captured_at": "2026-01-02T10:00:00Z"}
    desk.door.call("POST", f"/v1/debtors/{debtor(desk)['id']}/consents", json=told)
    answer = desk.door.call(
        "POST", "/v1/contact-decisions", json={"debtor": {"tax_id": ANA}, "channel": "voice_agent", "reserve": False}
    ).json()
    assert answer["answer"] == "allow", answer["reasons"]
    return [one["value"] for one in answer["contact_points"]]


def waiting(desk: Channels) -> list[Any]:
    return desk.door.every("/v1/contact-changes")


def say(desk: Channels, word: str, number: int, **more: Any) -> Any:
    answer = desk.door.call("POST", f"/v1/contact-changes/{number}/{word}", json=more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def events(desk: Channels) -> list[str]:
    return [one["type"] for one in desk.door.every("/v1/events") if one["type"].startswith("contact_point.")]


def test_the_change_waits_and_the_old_value_stays_in_use(desk: Channels) -> None:
    assert points(desk) == {ANA_PHONE: "verified"}
    desk.load(CHANGED)
    assert points(desk) == {ANA_PHONE: "verified"}, "the ERP does not state it any more, and it stays"
    assert aside(desk) == {NEW: "changed_pending_confirmation"}
    assert offered(desk) == [ANA_PHONE]
    (change,) = waiting(desk)
    assert (change["old"]["value"], change["new"]["value"]) == (ANA_PHONE, NEW)
    assert change["old"]["verified_at"].startswith("2026-11-16T13:00"), "when it was verified"
    assert change["told_at"].startswith("2026-11-22T"), "when the ERP changed it"
    assert change["opened_at"].startswith("2026-11-23T13:00"), "when the hub heard of it"
    assert change["origin"].startswith("erp/cartera/")
    assert [one["id"] for one in debtor(desk)["contact_changes"]] == [change["id"]]
    assert events(desk) == ["contact_point.verified", "contact_point.pending"]


def test_the_nightly_load_neither_repeats_nor_hurries_it(desk: Channels) -> None:
    for night in range(24, 28):
        desk.at(f"2026-11-{night}T02:00:00-03:00").load(owes(NEW, f"2026-11-{night}T01:00:00"))
    assert points(desk) == {ANA_PHONE: "verified"}
    assert len(waiting(desk)) == 1


def test_a_steward_confirms_it_and_may_take_that_back(desk: Channels) -> None:
    desk.load(CHANGED)
    (change,) = waiting(desk)
    foreseen = say(desk, "confirm", change["id"], dry_run=True)
    assert foreseen["status"] == "confirmed"
    assert len(waiting(desk)) == 1, "a dry run decides nothing"
    done = say(desk, "confirm", change["id"], because="Ana called us")
    assert (done["status"], done["decided_by"], done["because"]) == ("confirmed", "tests", "Ana called us")
    assert say(desk, "confirm", change["id"])["decided_at"] == done["decided_at"], "saying it again changes nothing"
    assert points(desk) == {NEW: "verified"}
    assert offered(desk) == [NEW]
    assert waiting(desk) == []
    again = say(desk, "undo", change["id"])
    assert again["status"] == "open"
    assert points(desk) == {ANA_PHONE: "verified"}
    assert aside(desk) == {NEW: "changed_pending_confirmation"}


def test_a_rejected_value_does_not_come_back_from_any_load(desk: Channels) -> None:
    desk.load(CHANGED)
    (change,) = waiting(desk)
    say(desk, "reject", change["id"])
    for night in range(24, 29):
        desk.at(f"2026-11-{night}T02:00:00-03:00").load(owes(NEW, f"2026-11-{night}T01:00:00"))
        assert points(desk) == {ANA_PHONE: "verified"}
        assert aside(desk) == {NEW: "rejected"}
    assert waiting(desk) == []
    refused = desk.door.call("POST", f"/v1/contact-changes/{change['id']}/confirm", json={})
    assert refused.json()["type"].endswith("change-decided")
    say(desk, "undo", change["id"])
    assert aside(desk) == {NEW: "changed_pending_confirmation"}


def test_new_evidence_decides_by_itself(desk: Channels) -> None:
    desk.load(CHANGED)
    called(desk, NEW)
    (change,) = desk.door.get("/v1/contact-changes", params={"status": "confirmed"}).json()["items"]
    assert change["decided_by"] == "evidence"
    contact_hearing.hear(desk.hub)  # what `concilia serve` does every second
    assert points(desk) == {NEW: "verified"}, "nobody states the old one any more"
    desk.at("2026-12-03T10:00:00-03:00").load(owes(NEW, "2026-12-03T01:00:00"))
    assert points(desk) == {NEW: "verified"}
    assert offered(desk) == [NEW]
    undone = desk.door.call("POST", f"/v1/contact-changes/{change['id']}/undo", json={})
    assert undone.json()["type"].endswith("change-undecided")


def test_evidence_against_the_old_value_lets_the_new_one_in_unverified(desk: Channels) -> None:
    desk.load(CHANGED)
    called(desk, ANA_PHONE, "wrong_party")
    desk.load(owes(NEW, "2026-11-24T01:00:00"))
    assert points(desk) == {NEW: "valid_syntax"}
    assert waiting(desk) == []


def test_a_source_that_takes_its_change_back_leaves_nothing_to_decide(desk: Channels) -> None:
    desk.load(CHANGED)
    desk.load(owes(ANA_PHONE, "2026-11-24T01:00:00"))
    assert points(desk) == {ANA_PHONE: "verified"}
    assert (waiting(desk), aside(desk)) == ([], {})


def test_a_source_that_changes_its_mind_replaces_the_change_that_waits(desk: Channels) -> None:
    desk.load(CHANGED)
    desk.load(owes(NEWER, "2026-11-24T01:00:00"))
    (change,) = waiting(desk)
    assert (change["old"]["value"], change["new"]["value"]) == (ANA_PHONE, NEWER)
    say(desk, "confirm", change["id"])
    assert points(desk) == {NEWER: "verified"}


def test_a_verified_value_that_is_removed_stays_until_somebody_says_so(desk: Channels) -> None:
    desk.load((*ANA_OWES[:3], "", *ANA_OWES[4:7], "2026-11-22T09:00:00"))
    assert points(desk) == {ANA_PHONE: "verified"}
    (change,) = waiting(desk)
    assert change["new"] is None
    say(desk, "confirm", change["id"])
    assert points(desk) == {}


def test_a_value_verified_by_its_own_source_is_defended_against_another_one_too(desk: Channels) -> None:
    crm = ("c1", ANA, "Ana Muñoz Ñuñez", "961115555", "2026-11-20T10:00:00Z", "", LATER)
    desk.load(crm=(crm,))
    assert points(desk)["+56961115555"] == "verified"
    desk.load(crm=((*crm[:3], "961116666", "", "", "2026-11-23T09:00:00Z"),))
    assert points(desk)["+56961115555"] == "verified"
    assert aside(desk) == {"+56961116666": "changed_pending_confirmation"}
    proven = (*crm[:3], "961117777", "2026-11-23T09:30:00Z", "", "2026-11-23T09:30:00Z")
    desk.load(crm=(proven,))
    assert points(desk)["+56961117777"] == "verified", "the source verified it itself"


def test_a_value_that_was_never_verified_is_simply_changed(desk: Channels) -> None:
    desk.load(crm=(("c1", ANA, "Ana Muñoz Ñuñez", "961118888", "", "", LATER),))
    desk.load(crm=(("c1", ANA, "Ana Muñoz Ñuñez", "961118899", "", "", "2026-11-23T09:00:00Z"),))
    assert points(desk) == {ANA_PHONE: "verified", "+56961118899": "valid_syntax"}
    assert waiting(desk) == []
