"""What other systems answered to writes about a debtor stands on its timeline: of payments, agreements, contact data."""

from __future__ import annotations

from typing import Any

from concilia.clock import to_text
from concilia.store import bulk, outbox, tables
from concilia.store.outbox import IntentRow, KeptAnswer
from concilia.store.unit_of_work import Tx
from sync import actions, agreements, timelines
from tests.integration.contact.conftest import JOSE, Desk


def intent(subject: str, key: str, *, operation: str) -> IntentRow:
    row: dict[str, Any] = dict.fromkeys(("created_at", "changed_at", "next_attempt_at"), "2026-11-23")
    return IntentRow(
        id=0,
        idempotency_key=key,
        connection="erp",
        operation=operation,
        subject_id=subject,
        entity_key="",
        body="{}",
        state=outbox.DONE,
        attempts=1,
        reason="a test",
        **row,
    )


def answered(tx: Tx, desk: Desk, key: str) -> None:
    number = bulk.one(tx, "SELECT id FROM intent WHERE idempotency_key = :key", key=key)
    assert number is not None
    outbox.add_receipt(tx, int(number[0]), KeptAnswer("written", "MOV-1", "{}"), at=to_text(desk.watch()))


def planned(tx: Tx, golden: str, key: str) -> None:
    """A row of a plan that wrote contact data of the debtor under that key."""
    told = {"golden_id": golden, "idempotency_key": key}
    values = {c.name: 1 if c.name in ("plan_id", "number") else told.get(c.name, "") for c in tables.plan_row.columns}
    bulk.insert(tx, tables.plan_row, tuple(values), [tuple(values.values())])


def test_writes_about_a_debtor_stand_on_its_timeline_and_on_no_other(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    paid = {"debt": {"document": "F-1"}, "amount": "50", "unit": "CLP", "value_date": "2026-11-23", "reference": "T-1"}
    actions.register_payment(desk.hub, paid, key_id=1, idempotency_key="p-1")
    part = {"due_date": "2026-12-04", "amount": "100"}
    promise = {"kind": "promise", "debts": [{"debt": {"document": "F-1"}}], "unit": "CLP", "schedule": [part]}
    agreement = agreements.record(desk.hub, promise, told=agreements.Telling("bot")).body["id"]
    golden = desk.golden()
    with desk.hub.store.begin() as tx:
        payment = bulk.one(tx, "SELECT idempotency_key FROM intent")
        assert payment is not None
        rows = [
            intent(f"{agreement}.3.1", "of-agreement", operation="record_agreement"),
            intent("contactos/c1/phone", "of-contact", operation="update_contact"),
            intent("contactos/c9/phone", "of-nobody", operation="update_contact"),
        ]
        outbox.add(tx, rows)
        planned(tx, golden, "of-contact")
        for key in (payment[0], "of-agreement", "of-contact", "of-nobody"):
            answered(tx, desk, key)
    page = timelines.page(desk.hub, golden, timelines.Asked(("push",), newest_first=False))
    told = [(entry["what"], entry["details"]["operation"], entry["details"]["external_id"]) for entry in page.entries]
    assert told == [
        ("written", "register_payment", "MOV-1"),
        ("written", "record_agreement", "MOV-1"),
        ("written", "update_contact", "MOV-1"),
    ]
    assert timelines.page(desk.hub, desk.golden(JOSE), timelines.Asked(("push",))).entries == []
