"""A debtor's timeline: everything of every system in one order, paged, filtered, and written as evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from concilia.servicing.evidence_chain import checked
from sync import timelines
from tests.acceptance.interaction_world import ANA, ANA_IN_CRM, ANA_OWES, ANA_PHONE, JOSE_OWES, Channels, channels
from tests.conftest import OpenHub

AGREED = [("agreement", state) for state in ("proposed", "accepted", "active")]
PARTY = {"tax_id": ANA, "country": "CL"}


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Iterator[Channels]:
    with channels(tmp_path, opened, database_url) as found:
        live(found)
        yield found


def live(desk: Channels) -> None:
    """A week in which something of every kind happens to Ana."""
    post = desk.door.call
    desk.at("2026-11-20T09:00:00-03:00").load(ANA_OWES, JOSE_OWES)
    desk.at("2026-11-20T10:00:00-03:00").load(ANA_OWES, JOSE_OWES, crm=(ANA_IN_CRM,))
    desk.at("2026-11-23T10:00:00-03:00")
    asked = {"debtor": PARTY, "channel": "voice_agent"}
    decision = post("POST", "/v1/contact-decisions", json=asked).json()
    called = {"direction": "outbound", "channel": "voice_agent", "decision_id": decision["id"], "party": None}
    call = desk.tell(**called, started_at="2026-11-23T10:00:00-03:00", outcome="answered")
    desk.at("2026-11-23T10:04:00-03:00")
    post("POST", f"/v1/interactions/{call['id']}/outcomes", json={"party_outcome": "right_party"})
    desk.at("2026-11-23T10:05:00-03:00")
    part = {"due_date": "2026-12-04", "amount": "100000"}
    promise = {"kind": "promise", "debts": [{"debt": {"document": "F-1"}}], "unit": "CLP", "schedule": [part]}
    agreed = post("POST", "/v1/agreements", json=promise, headers={"Idempotency-Key": "a-1"})
    assert agreed.status_code == 201, agreed.text
    desk.at("2026-11-23T10:06:00-03:00")
    post("POST", "/v1/contact-decisions", json=asked)
    desk.at("2026-11-23T10:07:00-03:00")
    paid = {
        "amount": "50000",
        "unit": "CLP",
        "value_date": "2026-11-23",
        "reference": "TRX-9",
        "debt": {"document": "F-1"},
    }
    payment = desk.door.pay(paid).json()
    desk.at("2026-11-23T10:08:00-03:00")
    post(
        "POST",
        f"/v1/payments/{payment['id']}/reversal",
        json={"kind": "charged_back"},
        headers={"Idempotency-Key": "r"},
    )
    desk.at("2026-11-23T10:09:00-03:00")
    golden = desk.owner()
    said = {"state": "granted", "channel": "email", "captured_at": "2026-11-23T10:00:00-03:00"}
    assert post("POST", f"/v1/debtors/{golden}/consents", json=said).status_code == 201
    desk.at("2026-11-23T10:10:00-03:00")
    number = post("POST", f"/v1/debtors/{golden}/do-not-contact", json={"reason": "opt_out", "channel": "sms"}).json()[
        "id"
    ]
    desk.at("2026-11-23T10:11:00-03:00")
    post("POST", f"/v1/do-not-contact/{number}/lift", json={"because": "she wrote"})
    desk.at("2026-11-23T10:12:00-03:00")
    dispute = post("POST", "/v1/disputes", json={"debts": [{"document": "F-1"}], "kind": "amount"}).json()["id"]
    desk.at("2026-11-23T10:13:00-03:00")
    post("POST", f"/v1/disputes/{dispute}/resolution", json={"resolution": "rejected"})
    desk.at("2026-11-23T10:14:00-03:00")
    post("POST", "/v1/holds", json={"debts": [{"document": "F-1"}], "reason": "other"})
    desk.at("2026-11-23T10:15:00-03:00")
    sides = {"left": f"erp/cartera/{ANA}", "right": "crm/contactos/c1"}
    post("POST", "/v1/rulings", json={**sides, "judgement": "different", "reason": "another person"})
    desk.at("2026-11-23T10:16:00-03:00")
    post("POST", "/v1/rulings", json={**sides, "judgement": "same"})
    desk.at("2026-11-23T12:00:00-03:00")


def kinds(entries: list[Any]) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["what"]) for entry in entries]


def test_everything_that_happened_stands_in_one_order(desk: Channels) -> None:
    entries = desk.timeline(desk.owner())
    contact = [pair for pair in kinds(entries) if pair[0] not in ("identity", "data", "debt", "contact_point")]
    assert contact == [
        ("decision", "allow"),
        ("interaction", "outbound"),
        ("outcome", "right_party"),
        *AGREED,
        ("decision", "deny"),
        ("payment", "applied"),
        ("reversal", "charged_back"),
        ("consent", "granted"),
        ("prohibition", "forbidden"),
        ("prohibition", "lifted"),
        ("dispute", "opened"),
        ("dispute", "resolved"),
        ("hold", "held"),
        ("ruling", "different"),
        ("ruling", "same"),
    ]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert {"created", "changed"} == {what for kind, what in kinds(entries) if kind == "data"}
    assert {"founded", "split"} <= {what for kind, what in kinds(entries) if kind == "identity"}
    assert ("debt", "opened") in kinds(entries)


def test_a_change_of_data_says_what_it_was_what_it_is_and_whose_word_it_is(desk: Channels) -> None:
    changed = [entry for entry in desk.timeline(desk.owner(), kind="data") if entry["what"] == "changed"]
    came = [one for entry in changed for one in entry["details"].get("contact_points", {}).get("came", ())]
    assert {"type": "email", "value": "ana@correo.cl", "sources": ["crm/contactos/c1"]} in came


def test_newest_first_is_the_same_order_the_other_way_round_whatever_the_pages(desk: Channels) -> None:
    golden = desk.owner()
    oldest = desk.timeline(golden)
    for limit in (1, 3, 500):
        assert desk.timeline(golden, limit=limit) == oldest
        assert desk.timeline(golden, limit=limit, order="newest") == oldest[::-1]
    assert len({(entry["kind"], entry["id"]) for entry in oldest}) == len(oldest)


def test_kinds_and_times_narrow_it_down(desk: Channels) -> None:
    golden = desk.owner()
    assert kinds(desk.timeline(golden, kind=["payment", "reversal"])) == [
        ("payment", "applied"),
        ("reversal", "charged_back"),
    ]
    span = {"since": "2026-11-23T10:04:00-03:00", "until": "2026-11-23T10:06:00-03:00"}
    assert kinds(desk.timeline(golden, kind=["outcome", "agreement", "decision"], **span)) == [
        ("outcome", "right_party"),
        *AGREED,
    ]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"kind": "gossip"}, 422),
        ({"since": "2026-11-23T10:04:00"}, 422),
        ({"order": "random"}, 422),
        ({"after": "x"}, 400),
    ],
)
def test_what_cannot_be_asked_is_a_problem(tmp_path: Path, opened: OpenHub, asked: dict[str, str], status: int) -> None:
    with channels(tmp_path, opened) as desk:
        desk.load(ANA_OWES)
        answer = desk.door.get(f"/v1/debtors/{desk.owner()}/timeline", params=asked)
        assert answer.status_code == status
        assert desk.door.get("/v1/debtors/gnobody/timeline").status_code == 404


def test_evidence_proves_that_no_line_was_changed_or_taken_out(tmp_path: Path, opened: OpenHub) -> None:
    with channels(tmp_path, opened) as desk:
        live(desk)
        golden = desk.owner()
        lines = [
            json.dumps(line, ensure_ascii=False) for line in timelines.evidence(desk.hub, golden, timelines.Asked())
        ]
        entries = desk.timeline(golden)
    assert checked(lines) == len(entries)
    told = [json.loads(line) for line in lines]
    assert [{name: line[name] for name in entries[0]} for line in told[1:-1]] == entries
    call = next(line for line in told if line.get("kind") == "interaction")
    assert call["details"]["told"]["started_at"] == "2026-11-23T10:00:00-03:00"
    assert ANA_PHONE in lines[told.index(call)]
    for broken in (
        lines[:3] + lines[4:],
        lines[:-1],
        [*lines[:3], lines[3].replace("2026", "2025", 1), *lines[4:]],
        [],
    ):
        with pytest.raises(Exception, match=r"not what was written|end is missing"):
            checked(broken)
