"""The Tryton connector against a real server of the series 7.0: what it does on 8.0 it does there too.

One server of its own, forty debtors; the ledger is read back by a client of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import RemoteMoved
from concilia.records import Bookmark
from concilia.vault import Secret
from connectors.contract import AgreementOrder, ConnectionSettings, ContactOrder, Operation, PaymentOrder, ReversalOrder
from connectors.tryton import STREAMS, connect
from tests.conftest import load_peer

pytestmark = pytest.mark.peer
PARTIES, INVOICES, PAYMENTS = STREAMS


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    peer = load_peer("tryton_peer").start(tmp_path_factory.mktemp("seven"), parties=40, series="7.0")
    yield peer
    peer.stop()


@pytest.fixture
def connector(erp: Any) -> Iterator[Any]:
    settings = {"url": erp.url, "database": erp.database, "username": erp.user, "password": Secret(erp.password)}
    made = connect(ConnectionSettings("erp", {**settings, "overlap_seconds": 0}, folder="."))
    yield made
    made.close()


def today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def read(connector: Any, stream: Any, bookmark: Bookmark | None = None) -> tuple[dict[int, Any], Bookmark]:
    pages = list(connector.read(stream, bookmarks={"": bookmark} if bookmark else {}))
    return {record.fields["id"]: record.fields for page in pages for record in page.records}, pages[-1].bookmark


def paid(connector: Any, row: Any, amount: str, reference: str) -> Any:
    order = PaymentOrder(reference, str(row["invoice"]), amount, "CLP", today(), "transfer", reference)
    [answer] = connector.write(Operation.REGISTER_PAYMENT, [order])
    return answer


def to_pay(erp: Any, row: Any) -> Decimal:
    return Decimal(erp.rpc.read("account.invoice", row["invoice"], "amount_to_pay")["amount_to_pay"]["decimal"])


def test_everything_that_was_seeded_is_read(erp: Any, connector: Any) -> None:
    assert all(finding.ok for finding in connector.check()), [f for f in connector.check() if not f.ok]
    parties, invoices = read(connector, PARTIES)[0], read(connector, INVOICES)[0]
    for row in erp.truth:
        party, invoice = parties[row["party"]], invoices[row["invoice"]]
        assert party["name"] == row["name"]
        assert [one["city"] for one in party["addresses"]] == [row["commune"]]
        assert {one["value"] for one in party["contact_mechanisms"] if one["type"] == "email"} == {row["email"]}
        assert (invoice["number"], invoice["total_amount"]) == (row["number"], Decimal(row["amount"]))
        assert [line["maturity_date"].isoformat() for line in invoice["lines_to_pay"]] == row["due"]


@pytest.mark.parametrize("whole", [False, True])
def test_a_payment_is_made_once_comes_back_and_is_taken_back(erp: Any, connector: Any, whole: bool) -> None:
    row = erp.truth[20 + whole]
    before = to_pay(erp, row)
    amount = format(before if whole else Decimal(1000), "f")
    marks = {stream.name: read(connector, stream)[1] for stream in (INVOICES, PAYMENTS)}
    reference = f"p7{int(whole)}"
    first, again = (paid(connector, row, amount, reference) for _ in range(2))
    assert (first.found_before, again.found_before, first.external_id) == (False, True, again.external_id)
    assert to_pay(erp, row) == before - Decimal(amount)
    assert row["invoice"] in read(connector, INVOICES, marks["invoices"])[0]
    [payment] = [p for p in read(connector, PAYMENTS, marks["payments"])[0].values() if p["our_reference"] == reference]
    assert payment["amount"] == Decimal(amount)
    order = ReversalOrder(f"{reference}.r", str(row["invoice"]), amount, "CLP", today(), f"{reference}.r", reference)
    *_, taken = connector.write(Operation.REGISTER_REVERSAL, [order])
    assert Decimal(taken.balance) == to_pay(erp, row) == before
    *_, found = connector.write(Operation.REGISTER_REVERSAL, [order])
    assert found.found_before


def test_an_agreement_is_noted_once(erp: Any, connector: Any) -> None:
    debt = str(erp.truth[5]["invoice"])
    order = AgreementOrder(
        "k", "a7", "a7", "recorded", debt, "", "promise", "active", "1000", "CLP", today(), text="Sí"
    )
    first, again = (next(connector.write(Operation.RECORD_AGREEMENT, [order])) for _ in range(2))
    assert (first.found_before, again.found_before) == (False, True)


def of_list(party: Any, name: str, cells: dict[str, Any], **changes: Any) -> ContactOrder:
    item = party[name][0]
    expected = {**{cell: item[cell] for cell in cells}, **changes}
    field = "postal_address" if name == "addresses" else "phone"
    return ContactOrder("k", "r", "parties", str(party["id"]), field, cells, expected, name, str(item["id"]))


def written(connector: Any, order: ContactOrder) -> Any:
    [answer] = connector.write(Operation.UPDATE_CONTACT, [order])
    return answer


def test_phones_and_addresses_are_corrected_and_what_was_edited_there_is_left_alone(erp: Any, connector: Any) -> None:
    number = erp.truth[6]["party"]
    party = read(connector, PARTIES)[0][number]
    phone = of_list(party, "contact_mechanisms", {"value": "+56961234578"})
    street = of_list(party, "addresses", {"street": "Pasaje Las Ñipas 4321", "city": "Ñuñoa"})
    for order in (phone, street):
        first, again = written(connector, order), written(connector, order)
        assert (first.found_before, again.found_before) == (False, True)
    [address] = read(connector, PARTIES)[0][number]["addresses"]
    assert (address["street"], address["city"]) == ("Pasaje Las Ñipas 4321", "Ñuñoa")
    stale = of_list(party, "addresses", {"city": "Maipú"})
    assert isinstance(written(connector, stale), RemoteMoved)


def test_emptying_one_cell_keeps_the_address_and_emptying_all_deactivates_it(erp: Any, connector: Any) -> None:
    number = erp.truth[7]["party"]
    party = read(connector, PARTIES)[0][number]
    written(connector, of_list(party, "addresses", {"postal_code": None}))
    party = read(connector, PARTIES)[0][number]
    assert [(one["active"], one["postal_code"] or "") for one in party["addresses"]] == [(True, "")]
    written(connector, of_list(party, "addresses", {"street": None, "city": None}))
    assert [one["active"] for one in read(connector, PARTIES)[0][number]["addresses"]] == [False]
