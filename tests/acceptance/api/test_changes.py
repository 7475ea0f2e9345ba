"""The feed for programs that keep a copy: the whole list first, then what changed, with deletions, from any place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import rut, workspace, write_cartera, write_contacts

SEEN, LATER = "2026-11-01T10:00:00", "2026-11-10T10:00:00"
PEOPLE = [
    (f"F-{n}", rut(10_000_000 + n * 7919), f"{name} Ñancupil", "", "", f"{n}0.000", "01-12-2026", SEEN)
    for n, name in enumerate(("Ana", "Benito", "Camila", "Darío", "Elisa"), start=1)
]
# Without a number of her own she may be told to be anybody.
PEOPLE.append(("F-9", "66.666.666-6", "Zoila Zañartu Ñuble", "", "", "90.000", "01-12-2026", SEEN))


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    folder = workspace(tmp_path)
    write_cartera(folder, PEOPLE)
    hub = opened(folder, database_url=database_url)
    actions.apply(hub)
    actions.run(hub, [], push=False)
    return hub


def same(hub: Hub, judgement: str = "same") -> None:
    """What a steward says of the first debtor and of her who has no number."""
    rows = [row["external_id"] for row in actions.export(hub, "crosswalk")]
    (nameless,) = (key for key in rows if key.startswith("66"))
    actions.rule(hub, f"erp/cartera/{PEOPLE[0][1]}", f"erp/cartera/{nameless}", judgement=judgement, by="carla")


class Copy:
    """A program that keeps a copy of one stream, and remembers every change that it was told."""

    def __init__(self, door: Door, stream: str) -> None:
        self.door, self.stream, self.place = door, stream, ""
        self.records: dict[str, dict[str, Any]] = {}
        self.told: list[str] = []

    def page(self, limit: int = 500) -> bool:
        given = {"limit": limit, **({"after": self.place} if self.place else {})}
        page = self.door.get(f"/v1/changes/{self.stream}", params=given).json()
        for item in page["items"]:
            self.told.append(item["id"])
            if item["deleted_at"]:
                self.records.pop(item["id"], None)
            else:
                self.records[item["id"]] = item["record"]
        self.place = page["resume"]
        return bool(page["more"])

    def follow(self, limit: int = 500) -> list[str]:
        """Read to the end; the ids told now."""
        before = len(self.told)
        while self.page(limit):
            pass
        return self.told[before:]


def test_the_list_comes_whole_in_pages_and_once(hub: Hub) -> None:
    with opened_door(hub) as door:
        copies = {name: Copy(door, name) for name in ("debtors", "debts", "payments", "agreements")}
        told = {name: copy.follow(limit=2) for name, copy in copies.items()}
    assert {name: len(ids) for name, ids in told.items()} == {"debtors": 6, "debts": 6, "payments": 0, "agreements": 0}
    assert all(len(set(ids)) == len(ids) for ids in told.values())
    names = {record["full_name"] for record in copies["debtors"].records.values()}
    assert names == {row[2] for row in PEOPLE}


def test_only_what_changed_comes_afterwards(hub: Hub) -> None:
    with opened_door(hub) as door:
        debtors, debts = Copy(door, "debtors"), Copy(door, "debts")
        debtors.follow(), debts.follow()
        assert (debtors.follow(), debts.follow()) == ([], [])
        changed = (*PEOPLE[2][:5], "77.000", PEOPLE[2][6], LATER)
        write_cartera(hub.workspace.folder, [*PEOPLE[:2], changed, *PEOPLE[3:]])
        actions.run(hub, [], push=False)
        assert len(debtors.follow()) == 1  # the same values, stated later
        (debt,) = set(debts.follow())
        assert debts.records[debt]["balance"] == "77000"


def test_a_merged_debtor_is_deleted_and_its_debts_change_hands(hub: Hub) -> None:
    with opened_door(hub) as door:
        debtors, debts = Copy(door, "debtors"), Copy(door, "debts")
        debtors.follow(), debts.follow()
        same(hub)
        told = debtors.follow()
        gone = {one for one in told if one not in debtors.records}
        (merged,) = gone
        assert len(debtors.records) == 5
        debts.follow()
        owners = {record["debtor"] for record in debts.records.values()}
        assert owners == set(debtors.records)
        same(hub, "withdrawn")
        debtors.follow(), debts.follow()
        assert merged in debtors.records
        assert {record["debtor"] for record in debts.records.values()} == set(debtors.records)


def test_a_deletion_tells_nothing_of_what_was_held(hub: Hub) -> None:
    with opened_door(hub) as door:
        same(hub)
        items = door.get("/v1/changes/debtors").json()["items"]
    (gone,) = (item for item in items if item["deleted_at"])
    assert set(gone["record"]) == {"status", "version", "merged_into"}
    assert gone["record"]["status"] == "merged"
    assert gone["record"]["merged_into"] in {item["id"] for item in items if not item["deleted_at"]}


def test_a_record_that_changes_while_the_list_is_read_is_not_missed(hub: Hub) -> None:
    with opened_door(hub) as door:
        debtors = Copy(door, "debtors")
        assert debtors.page(limit=2)
        early = next(key for key, record in debtors.records.items() if "tax_id" in record)
        tax_id = debtors.records[early]["tax_id"]
        row = ("k1", f"{tax_id[:-1]}-{tax_id[-1]}", "", "", "", "nuevo@clientes.cl", LATER)
        write_contacts(hub.workspace.folder, [row])
        actions.run(hub, [], push=False)
        debtors.follow(limit=2)
    assert debtors.told.count(early) == 2
    assert [point["type"] for point in debtors.records[early]["contact_points"]] == ["email"]


def test_a_payment_comes_with_what_it_was_applied_to(hub: Hub) -> None:
    with opened_door(hub) as door:
        payments = Copy(door, "payments")
        payments.follow()
        told = {"debt": {"connection": "erp", "external_id": "F-1"}, "amount": "4000", "unit": "CLP",
                "value_date": "2026-11-20", "method": "transfer", "reference": "TRX-1"}  # fmt: skip
        number = door.pay(told).json()["id"]
        assert payments.follow() == [number]
        record = payments.records[number]
        assert (record["amount"], [part["amount"] for part in record["applications"]]) == ("4000", ["4000"])
        door.call("POST", f"/v1/payments/{number}/reversal", json={}, headers={"Idempotency-Key": "undo"})
        assert payments.follow() == [number]
        assert [part["reversal"] for part in payments.records[number]["applications"]] == [False, True]


def test_an_agreement_comes_with_its_debt_and_again_when_its_debtor_is_merged(hub: Hub) -> None:
    with opened_door(hub) as door:
        agreements, debts = Copy(door, "agreements"), Copy(door, "debts")
        agreements.follow(), debts.follow()
        promise = {"kind": "promise", "debts": [{"debt": {"connection": "erp", "external_id": "F-9"}}], "unit": "CLP",
                   "schedule": [{"due_date": "2027-01-05", "amount": "50000"}]}  # fmt: skip
        answer = door.call("POST", "/v1/agreements", json=promise, headers={"Idempotency-Key": "promise"})
        number = answer.json()["id"]
        assert agreements.follow() == [number]
        debts.follow()
        (held,) = (record for record in debts.records.values() if record["document"] == "F-9")
        assert held["agreement"] == number
        before = agreements.records[number]["debtor"]
        same(hub)
        agreements.follow()
        after = agreements.records[number]["debtor"]
        standing = {item["id"] for item in door.every("/v1/debtors")}
        assert after in standing
        assert before == after or before not in standing


def test_a_place_beyond_the_hub_is_refused_rather_than_waited_for(hub: Hub, tmp_path: Path, opened: OpenHub) -> None:
    with opened_door(hub) as door:
        ahead = Copy(door, "debts")
        ahead.follow()
    younger = opened(workspace(tmp_path / "younger"))
    with opened_door(younger) as door:
        answer = door.get("/v1/changes/debts", params={"after": ahead.place})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:concilia:problem:feed-behind"


@pytest.mark.parametrize("given", [{"after": "nonsense"}, {"limit": 0}, {"limit": 1001}, {"since": "1"}])
def test_a_place_that_is_none_is_refused(hub: Hub, given: dict[str, Any]) -> None:
    with opened_door(hub) as door:
        assert door.get("/v1/changes/debtors", params=given).status_code in (400, 422)
        of_debts = door.get("/v1/changes/debts").json()["resume"]
        assert door.get("/v1/changes/debtors", params={"after": of_debts}).status_code == 400
        assert door.get("/v1/changes/secrets").status_code == 404
