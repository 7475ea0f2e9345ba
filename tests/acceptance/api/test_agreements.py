"""Agreements through the API: recorded once, shown beside the debt, judged by payments, and refused by name."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from concilia.clock import fixed_clock, to_text
from concilia.servicing.payments import Incoming, take_in
from sync import actions, agreements
from sync.hub import Hub
from tests.door import Door, opened_door

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, at noon in Santiago
_keys = itertools.count(1)


@pytest.fixture
def hub(hub: Hub) -> Hub:
    """The world at a known moment: agreements are about days."""
    return replace(hub, clock=fixed_clock(NOW))


@pytest.fixture
def door(hub: Hub) -> Any:
    with opened_door(hub) as found:
        yield found


def debt(number: str) -> dict[str, Any]:
    return {"debt": {"connection": "erp", "external_id": number}}


def promise(*numbers: str, amount: str = "50000", day: str = "2026-12-04", **changes: Any) -> dict[str, Any]:
    told = {
        "kind": "promise",
        "debts": [debt(number) for number in numbers or ("F-1",)],
        "unit": "CLP",
        "schedule": [{"due_date": day, "amount": amount}],
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def agree(door: Door, told: Mapping[str, Any], *, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key or f"agreed-{next(_keys)}"}
    return door.call("POST", "/v1/agreements", json=told, headers=headers)


def debt_of(hub: Hub, number: str) -> dict[str, Any]:
    found = next(row for row in actions.export(hub, "debts") if row["document"] == number)
    return actions.debt(hub, found["debt_id"])


def at(hub: Hub, days: int) -> Hub:
    return replace(hub, clock=fixed_clock(NOW + timedelta(days=days)))


def events(hub: Hub, prefix: str = "agreement.") -> list[str]:
    return [row["type"] for row in actions.export(hub, "events") if row["type"].startswith(prefix)]


def test_a_promise_is_recorded_and_shown_with_its_debt_and_its_debtor(hub: Hub, door: Door) -> None:
    answer = agree(door, promise(channel="whatsapp", agent="Íñigo Ñáñez"))
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["promised"], told["channel"]) == ("active", "50000", "whatsapp")
    assert [line["state"] for line in told["history"]] == ["proposed", "accepted", "active"]
    assert door.get(f"/v1/agreements/{told['id']}").json() == told
    shown = door.get(f"/v1/debts/{told['debts'][0]['debt']}").json()
    assert (shown["agreement"]["id"], shown["status"]) == (told["id"], "under_agreement")
    debtor = door.get(f"/v1/debtors/{told['debtor']}").json()
    assert {d["document"]: bool(d["agreement"]) for d in debtor["debts"]} == {"F-1": True, "F-2": False}
    (listed,) = door.every(f"/v1/debtors/{told['debtor']}/agreements")
    assert listed["id"] == told["id"]
    assert [one["id"] for one in door.every("/v1/agreements")] == [told["id"]]
    assert door.get("/v1/agreements", params={"state": "broken"}).json()["items"] == []
    assert events(hub) == ["agreement.recorded"]


def test_the_same_key_gets_the_stored_agreement_and_another_key_the_standing_one(hub: Hub, door: Door) -> None:
    first = agree(door, promise(), key="k")
    again = agree(door, promise(), key="k")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.headers["idempotent-replayed"] == "true"
    other = agree(door, promise())
    assert (other.status_code, other.json()["id"]) == (200, first.json()["id"])
    used = agree(door, promise(amount="1"), key="k")
    assert used.json()["type"] == "urn:concilia:problem:key-reused"
    assert events(hub) == ["agreement.recorded"]


def test_a_plan_is_spread_over_months_to_the_last_peso(door: Door) -> None:
    told = promise("F-1", "F-2", kind="plan", schedule=None, spread={"count": 7, "first_due": "2026-12-31"})
    found = agree(door, told).json()
    amounts = [part["amount"] for part in found["schedule"]]
    assert amounts == ["24285"] * 6 + ["24290"]
    assert [part["due_date"] for part in found["schedule"]][:3] == ["2026-12-31", "2027-01-31", "2027-02-28"]
    assert found["evaluation"]["parts"][0]["business_day"] == "2027-01-04"  # banks rest on the 31st
    assert sum(int(d["amount"]) for d in found["debts"]) == 170000


def test_a_settlement_lets_off_what_was_agreed(door: Door) -> None:
    told = promise("F-3", kind="settlement_discount", schedule=None, discount_percent="30",
                   spread={"count": 2, "first_due": "2026-12-04", "every": "fortnight", "down_payment": "10000"})  # fmt: skip
    found = agree(door, told).json()
    assert (found["discount"], found["promised"]) == ("29997", "69993")
    assert [(p["due_date"], p["amount"]) for p in found["schedule"]] == [
        ("2026-11-23", "10000"),
        ("2026-12-04", "29996"),
        ("2026-12-18", "29997"),
    ]


def test_payments_keep_a_promise_and_its_debt_is_free_again(hub: Hub, door: Door) -> None:
    told = agree(door, promise()).json()
    assert agreements.evaluate(hub) == []
    paid = {"debt": {"document": "F-1"}, "unit": "CLP", "value_date": "2026-11-23", "reference": "TRX-1"}
    door.pay({**paid, "amount": "20000"})
    assert [c.happening for c in agreements.evaluate(at(hub, 1))] == ["partially_kept"]
    assert door.get(f"/v1/agreements/{told['id']}").json()["evaluation"]["missing"] == "30000"
    door.pay({**paid, "amount": "30000", "reference": "TRX-2", "value_date": "2026-11-24"})
    (change,) = agreements.evaluate(at(hub, 2))
    assert (change.before, change.happening) == ("partially_kept", "kept")
    assert agreements.evaluate(at(hub, 30)) == [], "what ended is judged no more"
    assert events(hub) == ["agreement.recorded", "agreement.partially_kept", "agreement.kept"]
    assert debt_of(hub, "F-1")["agreement"] is None
    assert debt_of(hub, "F-1")["status"] == "open"


def test_a_missed_promise_is_broken_once_with_its_reason(hub: Hub, door: Door) -> None:
    told = agree(door, promise(tolerance_days=1)).json()
    assert agreements.evaluate(at(hub, 14)) == [], "Friday, and Monday is tolerated"
    (change,) = agreements.evaluate(at(hub, 16))
    assert change.happening == "broken"
    assert "50000 CLP were missing" in change.reason
    assert agreements.evaluate(at(hub, 17)) == []
    assert events(hub) == ["agreement.recorded", "agreement.broken"]
    broken = door.get(f"/v1/agreements/{told['id']}").json()
    assert (broken["state"], broken["evaluation"]["parts"][0]["standing"]) == ("broken", "missed")
    assert debt_of(hub, "F-1")["agreement"] is None


def test_a_rehearsal_stores_nothing(hub: Hub, door: Door) -> None:
    told = agree(door, promise()).json()
    before = events(hub)
    assert [c.happening for c in agreements.evaluate(at(hub, 30), dry_run=True)] == ["broken"]
    rehearsed = agreements.record(hub, promise("F-3"), told=agreements.Telling("ana"), dry_run=True)
    assert rehearsed.status == 201
    word = agreements.word(agreements.Happening.CANCELLED, by="ana")
    assert agreements.move(hub, told["id"], word, dry_run=True)["state"] == "cancelled"
    assert events(hub) == before
    assert agreements.one(hub, told["id"])["state"] == "active"


def test_a_broken_one_is_reinstated_and_judged_by_its_new_day(hub: Hub, door: Door) -> None:
    told = agree(door, promise()).json()
    agreements.evaluate(at(hub, 15))
    with opened_door(at(hub, 15)) as later:
        path = f"/v1/agreements/{told['id']}/reinstate"
        refused = later.call("POST", path, json={})
        assert refused.json()["type"] == "urn:concilia:problem:agreement-past-date"
        assert later.call("POST", path, json={"until": "2026-12-18"}).json()["state"] == "active"
        assert later.call("POST", path, json={"until": "2026-12-18"}).status_code == 200, "said again"
    assert agreements.evaluate(at(hub, 25)) == []
    assert [c.happening for c in agreements.evaluate(at(hub, 26))] == ["broken"]
    assert events(hub).count("agreement.broken") == 2


def test_another_agreement_has_to_replace_the_first(hub: Hub, door: Door) -> None:
    first = agree(door, promise()).json()
    held = agree(door, promise(amount="60000"))
    assert held.json()["type"] == "urn:concilia:problem:agreement-already-active"
    second = agree(door, promise(amount="60000", replaces=first["id"])).json()
    old = door.get(f"/v1/agreements/{first['id']}").json()
    assert (old["state"], old["replaced_by"]) == ("renegotiated", second["id"])
    assert debt_of(hub, "F-1")["agreement"]["id"] == second["id"]
    stranger = agree(door, promise("F-3", replaces=second["id"]))
    assert stranger.json()["type"] == "urn:concilia:problem:agreement-not-replaceable"


def test_a_cancelled_agreement_frees_its_debt_and_cannot_be_cancelled_by_another_word(hub: Hub, door: Door) -> None:
    told = agree(door, promise()).json()
    path = f"/v1/agreements/{told['id']}"
    cancelled = door.call("POST", f"{path}/cancel", json={"reason": "otra persona"})
    assert (cancelled.json()["state"], cancelled.json()["history"][-1]["reason"]) == ("cancelled", "otra persona")
    assert door.call("POST", f"{path}/cancel", json={}).status_code == 200
    refused = door.call("POST", f"{path}/withdraw", json={})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:concilia:problem:agreement-wrong-state")
    assert agree(door, promise()).status_code == 201
    assert door.call("POST", f"{path}/forget", json={}).status_code == 404
    assert door.call("POST", "/v1/agreements/a1/cancel", json={}).status_code == 404


def test_a_proposal_holds_nothing_until_it_is_accepted_and_expires(hub: Hub, door: Door) -> None:
    offered = agree(door, promise(proposed=True, expires_on="2026-11-30")).json()
    assert (offered["state"], debt_of(hub, "F-1")["agreement"]) == ("proposed", None)
    other = agree(door, promise(proposed=True, expires_on="2026-11-30", amount="70000")).json()
    accepted = door.call("POST", f"/v1/agreements/{offered['id']}/accept", json={}).json()
    assert [line["state"] for line in accepted["history"]] == ["proposed", "accepted", "active"]
    late = door.call("POST", f"/v1/agreements/{other['id']}/accept", json={})
    assert late.json()["type"] == "urn:concilia:problem:agreement-already-active"
    assert [c.happening for c in agreements.evaluate(at(hub, 8))] == ["expired"]
    assert door.get(f"/v1/agreements/{other['id']}").json()["state"] == "expired"


GOLDEN = "$debtor of F-1"
REFUSALS = [
    ("agreement-unknown-kind", {"kind": "favour"}),
    ("agreement-unknown-debt", {"debts": [debt("F-99")]}),
    ("agreement-no-debts", {"debts": []}),
    ("agreement-debt-twice", {"debts": [debt("F-1"), {"debt": {"document": "f-1"}}]}),
    ("agreement-other-debtor", {"debts": [debt("F-1"), debt("F-3")]}),
    ("agreement-unknown-debtor", {"debtor": "gnobody"}),
    ("agreement-other-debtor", {"debtor": GOLDEN, "debts": [debt("F-3")]}),
    ("agreement-wrong-unit", {"unit": "CLF"}),
    ("agreement-unknown-unit", {"unit": "peso"}),
    ("agreement-bad-amount", {"schedule": [{"due_date": "2026-12-04", "amount": "15.000"}]}),
    ("agreement-bad-amount", {"schedule": [{"due_date": "2026-12-04", "amount": "quince mil"}]}),
    ("agreement-bad-date", {"schedule": [{"due_date": "04-12-2026", "amount": "50000"}]}),
    ("agreement-bad-date", {"agreed_on": "ayer"}),
    ("agreement-past-date", {"schedule": [{"due_date": "2026-11-20", "amount": "50000"}]}),
    ("agreement-dated-ahead", {"agreed_on": "2026-11-24"}),
    ("agreement-above-balance", {"schedule": [{"due_date": "2026-12-04", "amount": "150001"}]}),
    ("agreement-does-not-add-up", {"kind": "plan"}),
    ("agreement-bad-discount", {"discount": "1000"}),
    ("agreement-bad-discount", {"discount": "1000", "discount_percent": "3"}),
    ("agreement-bad-schedule", {"schedule": []}),
    ("agreement-bad-schedule", {"spread": {"count": 2, "first_due": "2026-12-04"}}),
    ("agreement-bad-tolerance", {"tolerance_days": 400}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSALS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_agreed_is_named_kept_and_changes_nothing(
    code: str, changes: dict[str, Any], hub: Hub, door: Door
) -> None:
    before = debt_of(hub, "F-1")
    named = {n: before["debtor"] if v == GOLDEN else v for n, v in changes.items()}
    answer = agree(door, promise() | named, key="wrong")
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:concilia:problem:{code}")
    assert answer.json()["detail"]
    agree(door, promise() | named, key="wrong")
    (kept,) = agreements.refused(hub)
    assert (kept["code"], kept["body"]) == (code, promise() | named)
    assert (debt_of(hub, "F-1"), events(hub)) == (before, [])


def test_a_debtor_that_was_merged_away_is_named_with_where_it_went(hub: Hub, door: Door) -> None:
    ids = {(r["connection"], r["external_id"]): r["golden_id"] for r in actions.export(hub, "crosswalk")}
    ana = next(golden for (connection, key), golden in ids.items() if connection == "crm" and key == "c2")
    key = next(key for (connection, key), golden in ids.items() if golden == debt_of(hub, "F-3")["debtor"])
    actions.rule(hub, f"erp/cartera/{key}", "crm/contactos/c2", judgement="same", by="ana")
    standing = debt_of(hub, "F-3")["debtor"]
    gone = ({ana, ids["erp", key]} - {standing}).pop()
    answer = agree(door, promise("F-3", debtor=gone))
    assert answer.json()["type"] == "urn:concilia:problem:agreement-merged-debtor"
    assert standing in answer.json()["detail"]
    assert agree(door, promise("F-3", debtor=standing)).status_code == 201


def test_what_was_refused_is_mended_under_its_own_key_without_touching_the_database(hub: Hub, door: Door) -> None:
    agree(door, promise(unit="CLF"), key="k")
    (kept,) = agreements.refused(hub)
    body, told = agreements.told_before(hub, kept["id"], by="ana")
    answer = agreements.record(hub, {**body, "unit": "CLP"}, told=told)
    assert (answer.status, answer.body["state"]) == (201, "active")
    assert agreements.refused(hub) == []
    assert agree(door, promise(), key="k").json()["id"] == answer.body["id"]


def test_a_payment_taken_back_breaks_what_it_would_have_kept(hub: Hub, door: Door) -> None:
    agree(door, promise("F-2", amount="20000"))
    paid = {"unit": "CLP", "value_date": "2026-11-24", "amount": "5000", "reference": "TRX-7"}
    door.pay({**paid, "debt": {"document": "F-2"}})
    assert (debt_of(hub, "F-2")["balance"], debt_of(hub, "F-2")["status"]) == ("15000", "under_agreement")
    assert [c.happening for c in agreements.evaluate(at(hub, 1))] == ["partially_kept"]
    with hub.store.begin() as tx:
        meant_for = ((debt_of(hub, "F-2")["id"], None),)
        back = Incoming({**paid, "status": "reversed"}, meant_for, told_by="bank", source=("abonos", "1"))
        take_in(tx, back, policy=hub.policies.ledger, at=to_text(NOW))
    assert debt_of(hub, "F-2")["balance"] == "20000"
    (change,) = agreements.evaluate(at(hub, 20))
    assert (change.happening, "20000 CLP were missing" in change.reason) == ("broken", True)


def test_agreements_on_each_database(hub_on_each_database: Hub) -> None:
    hub = replace(hub_on_each_database, clock=fixed_clock(NOW))
    told = [agreements.record(hub, promise(n), told=agreements.Telling("ana")) for n in ("F-1", "F-3", "F-4")]
    assert [answer.status for answer in told] == [201, 201, 201]
    again = agreements.record(hub, promise("F-1"), told=agreements.Telling("ana"))
    assert (again.status, again.repeated) == (201, True)
    assert {c.happening for c in agreements.evaluate(at(hub, 20))} == {"broken"}
    assert [one["state"] for one in agreements.listed(hub)] == ["broken"] * 3
    assert agreements.evaluate(at(hub, 21)) == []
