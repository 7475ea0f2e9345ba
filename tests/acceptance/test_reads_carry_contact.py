"""Every read of a debtor or a debt says how contact stands: by each channel, agreements, holds and disputes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from concilia.portfolio.contact_rules.rules import CHANNELS
from tests.acceptance.contact_world import Counter, counter
from tests.conftest import OpenHub

DEBTS = (
    "F-1;12531909;Ana Muñoz Ñuñez;961119999;ana@correo.cl;;;;;;;150000;2026-10-01\n"
    "F-2;12531909;Ana Muñoz Ñuñez;961119999;ana@correo.cl;;;;;;;90000;2026-10-15"
)
MONDAY, SUNDAY = "2026-11-23T10:00:00-03:00", "2026-11-22T10:00:00-03:00"


def read(desk: Counter) -> tuple[Any, dict[str, Any]]:
    """The debtor of both debts, and each debt by its document, read one by one."""
    (match,) = desk.door.get("/v1/resolve", params={"debt": "F-1"}).json()["matches"]
    debtor = desk.door.get(f"/v1/debtors/{match['id']}").json()
    debts = [desk.door.get(f"/v1/debts/{debt['id']}").json() for debt in debtor["debts"]]
    assert [debt["contact"] for debt in debtor["debts"]] == [debt["contact"] for debt in debts]
    return debtor, {debt["document"]: debt for debt in debts}


def test_each_channel_says_whether_it_may_be_used_now_and_if_not_why_and_when(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBTS, database_url=database_url) as desk:
        desk.at(SUNDAY)
        debtor, debts = read(desk)
        for told in (debtor, *debts.values()):
            assert set(told["contact"]["allowed_now"]) == set(CHANNELS)
            call = told["contact"]["allowed_now"]["voice_agent"]
            assert (call["allowed_now"], call["reason"]) == (False, "cl.hours")
            assert call["next_allowed_at"] == "2026-11-23T11:00:00.000000+00:00"
            assert call["in_spanish"]
        desk.at(MONDAY)
        debtor, _ = read(desk)
        assert debtor["contact"]["allowed_now"]["voice_agent"] == {"allowed_now": True}
        desk.make("voice_agent")
        debtor, _ = read(desk)
        channels = debtor["contact"]["allowed_now"]
        assert (channels["voice_auto"]["reason"], channels["email"]["allowed_now"]) == ("cl.calls_a_week", True)


def test_agreements_holds_and_disputes_are_carried_with_what_they_do(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBTS, database_url=database_url) as desk:
        desk.at(MONDAY)
        promise = {
            "kind": "promise",
            "unit": "CLP",
            "debts": [{"debt": {"document": "F-1"}}],
            "schedule": [{"due_date": "2026-12-04", "amount": "150000"}],
        }
        agreed = desk.door.call("POST", "/v1/agreements", json=promise, headers={"Idempotency-Key": "a1"}).json()
        dispute = {"kind": "already_paid", "debts": [{"document": "F-2"}]}
        assert desk.door.call("POST", "/v1/disputes", json=dispute).status_code == 201
        hold = {"reason": "insolvency", "debtor": {"debt": "F-1"}, "until": "2026-11-24T10:00:00-03:00"}
        assert desk.door.call("POST", "/v1/holds", json=hold).status_code == 201
        debtor, debts = read(desk)
        assert [one["id"] for one in debtor["contact"]["agreements"]] == [agreed["id"]]
        assert debts["F-1"]["contact"]["agreements"][0]["debts"] == [debts["F-1"]["id"]]
        assert debts["F-2"]["contact"]["agreements"] == []
        assert [one["kind"] for one in debts["F-2"]["contact"]["disputes"]] == ["already_paid"]
        assert debts["F-1"]["contact"]["disputes"] == []
        assert [one["reason"] for one in debtor["contact"]["holds"]] == ["insolvency"]
        reasons = {name: debt["contact"]["allowed_now"]["email"]["reason"] for name, debt in debts.items()}
        assert reasons == {"F-1": "hub.agreement", "F-2": "hub.dispute"}
        desk.at("2026-11-25T10:00:00-03:00")
        debtor, _ = read(desk)
        assert debtor["contact"]["holds"] == [], "it has ended"


def test_reading_holds_nothing_and_keeps_nothing(tmp_path: Path, opened: OpenHub, database_url: str | None) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBTS, database_url=database_url) as desk:
        desk.at(MONDAY)
        before = desk.door.every("/v1/events")
        first, _ = read(desk)
        again, _ = read(desk)
        assert first == again
        assert desk.door.every("/v1/events") == before
        assert desk.ask("voice_agent")["answer"] == "allow"
        listed = desk.door.get("/v1/debtors").json()["items"]
        assert all("contact" not in one for one in listed), "lists stay light"
