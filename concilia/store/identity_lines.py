"""What a rebuild reads whole: the ledger of identities, and balances that systems answered. No policy, no commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store.unit_of_work import Tx

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class StoredLine:
    """One line of the ledger of identities."""

    id: int
    kind: str
    golden_id: str
    other_id: str | None
    debtor_id: int | None


@dataclass(frozen=True, slots=True)
class AnsweredBalance:
    """What the owner of a debt said is owed right after we wrote to it."""

    connection: str
    debt_id: str
    external_id: str
    balance: str
    at: str


def every(tx: Tx) -> Iterator[StoredLine]:
    """The whole ledger of identities, in order."""
    sql = text("SELECT id, kind, golden_id, other_id, debtor_id FROM identity_ledger ORDER BY id")
    rows = tx.execution_options(yield_per=_PAGE).execute(sql)
    return (StoredLine(*row) for row in rows)


def answered_balances(tx: Tx) -> Iterator[AnsweredBalance]:
    """Every balance that came with the receipt of a payment or a reversal, oldest first."""
    sql = text(
        "SELECT i.connection, i.entity_key, i.body, r.body, r.at FROM receipt r JOIN intent i ON i.id = r.intent_id "
        "WHERE r.outcome IN ('written', 'found_before') "
        "AND i.operation IN ('register_payment', 'register_reversal') ORDER BY r.id"
    )
    for connection, debt_id, order, answer, at in tx.execution_options(yield_per=_PAGE).execute(sql):
        balance = json.loads(answer).get("balance")
        if balance is not None:
            yield AnsweredBalance(connection, debt_id, json.loads(order)["debt"], str(balance), at)


def settle_payments(tx: Tx) -> None:
    """Nothing that sources said of payments is to be taken in."""
    tx.execute(text("UPDATE source_payment SET pending = 0"))
