"""A merge is undone after a payment was pushed: the payment stays with the debt it paid, and the debt goes to its owner."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from sync import actions
from sync.hub import Hub
from tests import delivery
from tests.delivery import World


@pytest.fixture
def world(tmp_path: Path, database_url: str | None) -> Iterator[World]:
    with delivery.sandbox(63) as server:
        yield delivery.prepared(tmp_path, database_url, server)


def told(hub: Hub, invoice: dict[str, Any], amount: str, number: int, **more: str) -> dict[str, Any]:
    body = {
        "debt": {"connection": "erp", "external_id": invoice["id"]},
        "amount": amount,
        "unit": invoice["currency"],
        "value_date": "2026-11-20",
        "reference": f"TRX-{number}",
        **more,
    }
    answer = actions.register_payment(hub, body, key_id=1, idempotency_key=f"k{number}")
    return dict(answer.body)


def owed_by(hub: Hub, golden_id: str) -> dict[str, tuple[str, list[str]]]:
    """Balance and payments of each debt of a golden debtor, by document."""
    paid: dict[str, list[str]] = {}
    for row in actions.export(hub, "payments"):
        for part in row["applications"]:
            paid.setdefault(part.partition("=")[0], []).append(row["reference"])
    found = [row for row in actions.export(hub, "debts") if row["golden_id"] == golden_id]
    return {row["document"]: (row["balance"], sorted(paid.get(row["debt_id"], []))) for row in found}


def _merged(hub: Hub, invoices: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Two debtors whom nothing keeps apart, taken for one and parted again: their invoices and their ids."""
    for mine, theirs in combinations(invoices, 2):
        if mine["customer"] != theirs["customer"]:
            pair = (f"erp/customers/{mine['customer']}", f"erp/customers/{theirs['customer']}")
            one, other = actions.rule(hub, *pair, judgement="same", by="ana")
            before = actions.rule(hub, *pair, judgement="different", by="ana")
            if one == other:
                return mine, theirs, pair, before, one
    raise AssertionError("every two debtors have different numbers")


def test_undoing_a_merge_moves_debts_with_their_payments_and_a_misdirected_one_is_corrected_there(world: World) -> None:
    ledger = world.server.world.ledger
    invoices = [r for r in ledger.rows("invoices") if r["status"] == "open" and r["currency"] == "CLP"]
    with world.opened() as hub:
        mine, theirs, pair, before, merged = _merged(hub, invoices)
        apart = [owed_by(hub, one) for one in before]
        merged = actions.rule(hub, *pair, judgement="same", by="ana")[0]
        right = told(hub, mine, "1000", 1, debtor=merged)
        wrong = told(hub, theirs, "700", 2, debtor=merged)  # it was mine to pay, and they were taken for one
        actions.push(hub, [])
        parted = actions.rule(hub, *pair, judgement="different", by="ana")
        assert parted == before, "both have the ids of before"
        after = [owed_by(hub, one) for one in parted]
        assert after[0][mine["document"]][1] == apart[0][mine["document"]][1] + ["TRX-1"]
        assert after[1][theirs["document"]][1] == apart[1][theirs["document"]][1] + ["TRX-2"]
        assert actions.intents(hub) == [], "each ledger holds what was paid on its own invoice: nothing to correct"
        # The steward sees whose money it was: taken back there, told again here. Two intents correct the ledger.
        actions.reverse_payment(hub, wrong["id"], {"reason": "paid by somebody else"})
        told(hub, mine, "700", 3, debtor=parted[0])
        assert [one["operation"] for one in actions.intents(hub)] == ["register_reversal", "register_payment"]
        actions.push(hub, [])
        actions.run(hub, [])
        assert actions.intents(hub) == []
        assert right["id"] != wrong["id"]
    assert Decimal(ledger.get("invoices", mine["id"])["balance"]) == Decimal(mine["balance"]) - 1700
    assert Decimal(ledger.get("invoices", theirs["id"])["balance"]) == Decimal(theirs["balance"])
