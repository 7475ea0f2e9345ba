"""Taking a payment back in a real Tryton: two steps, each resumable; the ledger is read back by a client of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import RecordRejected
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Operation, PaymentOrder, Receipt, ReversalOrder, Step
from connectors.tryton import connect
from tests.conftest import load_peer

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Tryton of this module's own."""
    peer = load_peer("tryton_peer").start(tmp_path_factory.mktemp("reversing"), parties=300)
    yield peer
    peer.stop()


@pytest.fixture
def connector(erp: Any) -> Iterator[Any]:
    settings = {"url": erp.url, "database": erp.database, "username": erp.user, "password": Secret(erp.password)}
    made = connect(ConnectionSettings("erp", settings, folder="."))
    yield made
    made.close()


def to_pay(erp: Any, row: dict[str, Any]) -> Decimal:
    return Decimal(erp.rpc.read("account.invoice", row["invoice"], "amount_to_pay")["amount_to_pay"]["decimal"])


def paid(connector: Any, row: dict[str, Any], amount: str, reference: str) -> Receipt:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    order = PaymentOrder(reference, str(row["invoice"]), amount, "CLP", today, "transfer", reference)
    [receipt] = connector.write(Operation.REGISTER_PAYMENT, [order])
    assert isinstance(receipt, Receipt), receipt
    return receipt


def taken_back(row: dict[str, Any], amount: str, reference: str) -> ReversalOrder:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return ReversalOrder(
        key=f"{reference}.r",
        debt=str(row["invoice"]),
        amount=amount,
        unit="CLP",
        value_date=today,
        reference=f"{reference}.r",
        payment=reference,
    )


def test_a_part_payment_is_taken_back_once_and_the_invoice_owes_it_again(erp: Any, connector: Any) -> None:
    row = erp.truth[20]
    before = to_pay(erp, row)
    paid(connector, row, "1000", "prev1")
    order = taken_back(row, "1000", "prev1")
    [receipt] = connector.write(Operation.REGISTER_REVERSAL, [order])
    assert isinstance(receipt, Receipt), receipt
    assert Decimal(receipt.balance or "") == to_pay(erp, row) == before
    assert connector.look_up("reversals", ["prev1.r"])["prev1.r"].external_id == receipt.external_id
    [again] = connector.write(Operation.REGISTER_REVERSAL, [order])
    assert isinstance(again, Receipt)
    assert (again.found_before, again.external_id) == (True, receipt.external_id)
    assert to_pay(erp, row) == before


def test_a_payment_that_settled_its_invoice_is_freed_first_and_the_next_attempt_goes_on_from_there(
    erp: Any, connector: Any
) -> None:
    row = next(r for r in erp.truth[30:] if len(r["due"]) == 1)
    before = to_pay(erp, row)
    paid(connector, row, format(before, "f"), "prev2")
    assert to_pay(erp, row) == 0
    order = taken_back(row, format(before, "f"), "prev2")
    answers = connector.write(Operation.REGISTER_REVERSAL, [order])
    step = next(answers)
    assert isinstance(step, Step)
    assert step.name == "unreconciled"
    answers.close()  # the process dies between the two steps
    [receipt] = connector.write(Operation.REGISTER_REVERSAL, [order])
    assert isinstance(receipt, Receipt), receipt
    assert to_pay(erp, row) == before
    assert erp.rpc.read("account.invoice", row["invoice"], "state")["state"] == "posted"


def test_what_was_never_registered_there_is_not_taken_back(erp: Any, connector: Any) -> None:
    [refused] = connector.write(Operation.REGISTER_REVERSAL, [taken_back(erp.truth[21], "10", "pnever")])
    assert isinstance(refused, RecordRejected)
    assert refused.code == "never_applied"
