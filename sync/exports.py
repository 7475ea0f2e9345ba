"""What can be exported, row by row: the same rows for CSV and JSON Lines. Nothing in them depends on when it ran.

Wall-clock times and version counters are left out on purpose: two runs that came to the same conclusions export
the same rows, so exports can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from concilia.portfolio import debt as debt_rules
from concilia.store import crosswalk, debts, events, golden, ledger
from concilia.store.unit_of_work import Tx

Row = dict[str, Any]


def golden_rows(tx: Tx) -> Iterator[Row]:
    """One row a golden debtor: its fields, identifiers and contact points."""
    for found in golden.every(tx):
        body = json.loads(found.body)
        fields = body["fields"]
        points = body["contact_points"]
        yield {
            "golden_id": found.id,
            **{name: fields.get(name) for name in _FIELDS},
            "identifiers": [
                f"{i['country']}:{i['type']}:{i['value']}" for i in body["identifiers"] if "retired" not in i
            ],
            "phones": [p["value"] for p in points if p["type"] == "phone"],
            "emails": [p["value"] for p in points if p["type"] == "email"],
            "addresses": [p["value"] for p in points if p["type"] == "postal_address"],
        }


def crosswalk_rows(tx: Tx) -> Iterator[Row]:
    """One row a source debtor, with its golden id."""
    for connection, stream, external_id, golden_id in crosswalk.lines(tx):
        yield {"connection": connection, "stream": stream, "external_id": external_id, "golden_id": golden_id}


def debt_rows(tx: Tx) -> Iterator[Row]:
    """One row a debt: whose it is, what is owed, and who states it."""
    for view in debts.every(tx):
        row = view.row
        claim = debt_rules.claim_from_json((), json.loads(row.body))
        yield {
            "debt_id": row.id,
            "golden_id": view.golden_id,
            "creditor": row.creditor,
            "document": claim.fields.get("document"),
            "unit": row.unit,
            "balance": row.balance,
            "stated_balance": row.stated_balance,
            "principal_original": claim.fields.get("principal_original"),
            "due_date": row.due_date,
            "status": row.status,
            "owner": row.owner,
            "sources": ["/".join(source) for source in view.sources],
        }


def payment_rows(tx: Tx) -> Iterator[Row]:
    """One row a payment, with what it was applied to."""
    for payment, applied in ledger.every(tx):
        yield {
            "payment_id": payment.id,
            "amount": payment.amount,
            "unit": payment.unit,
            "value_date": payment.value_date,
            "method": payment.method,
            "status": payment.status,
            "reference": payment.reference,
            "origin": payment.origin,
            "unapplied": payment.unapplied,
            "applications": [f"{a.debt_id}={a.amount}" for a in applied],
            "posted": all(a.posted_at is not None for a in applied) if applied else False,
        }


def event_rows(tx: Tx) -> Iterator[Row]:
    """One row an event, in order."""
    seq = 0
    while page := list(events.after(tx, seq)):
        for fact in page:
            yield {
                "seq": fact.seq,
                "at": fact.at,
                "type": fact.type,
                "subject": fact.subject,
                "golden_id": fact.golden_id,
                "body": fact.body,
            }
        seq = page[-1].seq


_FIELDS = (
    "kind", "full_name", "legal_name", "trade_name", "tax_id", "birth_date", "deceased_at", "language",
    "residence_country", "residence_subdivision", "consumer", "active",
)  # fmt: skip

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "golden": ("golden_id", *_FIELDS, "identifiers", "phones", "emails", "addresses"),
    "crosswalk": ("connection", "stream", "external_id", "golden_id"),
    "debts": (
        "debt_id", "golden_id", "creditor", "document", "unit", "balance", "stated_balance", "principal_original",
        "due_date", "status", "owner", "sources",
    ),
    "payments": (
        "payment_id", "amount", "unit", "value_date", "method", "status", "reference", "origin", "unapplied",
        "applications", "posted",
    ),
    "events": ("seq", "at", "type", "subject", "golden_id", "body"),
}  # fmt: skip

ROWS: Mapping[str, Callable[[Tx], Iterator[Row]]] = {
    "golden": golden_rows,
    "crosswalk": crosswalk_rows,
    "debts": debt_rows,
    "payments": payment_rows,
    "events": event_rows,
}
