"""The Tryton connector against a real Tryton ERP; the ledger is read back by a client of its own."""

from __future__ import annotations

import datetime as dt
import http.server
import itertools
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RecordRejected,
    SystemUnreachable,
)
from concilia.records import Bookmark, Page, Record
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Operation, PaymentOrder, Receipt
from connectors.tryton import MAPS, STREAMS, connect
from connectors.tryton.connector import TrytonConnector
from mapping.context import MapContext
from mapping.documents import parse_map_text
from mapping.entity_map import map_record

pytestmark = pytest.mark.peer
BY_NAME = {request.name: request for request in STREAMS}


@pytest.fixture(scope="module")
def debtors(tryton: Any) -> Iterator[dict[str, Any]]:
    """Seeded debtors, each handed out once, so that no test meets what another one changed."""
    return iter(tryton.truth)


@pytest.fixture
def debtor(debtors: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """A person with a valid RUT, one instalment, that no other test touches."""
    return next(
        row for row in debtors if not row["company"] and row["rut_valid"] and row["rut"] and len(row["due"]) == 1
    )


@pytest.fixture
def connected(tryton: Any) -> Iterator[Callable[..., TrytonConnector]]:
    """Connectors to the server, with settings changed as named; closed after the test."""
    opened: list[TrytonConnector] = []

    def make(**changes: Any) -> TrytonConnector:
        given = {
            "url": tryton.url,
            "database": tryton.database,
            "username": tryton.user,
            "password": Secret(tryton.password),
            "overlap_seconds": 0,
        }
        made = connect(ConnectionSettings("erp", {**given, **changes}, folder="."))
        assert isinstance(made, TrytonConnector)
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.close()


def today() -> dt.date:
    """The ERP's business date: it lives in UTC."""
    return dt.datetime.now(dt.UTC).date()


def read(connector: TrytonConnector, stream: str, bookmark: Bookmark | None = None) -> tuple[list[Record], Bookmark]:
    pages = list(connector.read(BY_NAME[stream], bookmarks={"": bookmark} if bookmark else {}))
    assert pages[-1].bookmark is not None
    return [record for page in pages for record in page.records], pages[-1].bookmark


def only(records: list[Record]) -> dict[str, Any]:
    assert len(records) == 1, [record.key for record in records]
    return dict(records[0].fields)


def order(debtor: dict[str, Any], amount: str, reference: str, **changes: Any) -> PaymentOrder:
    made = PaymentOrder(
        key=reference,
        debt=str(debtor["invoice"]),
        amount=amount,
        unit="CLP",
        value_date=today().isoformat(),
        method="transfer",
        reference=reference,
    )
    return replace(made, **changes)


def write(connector: TrytonConnector, *orders: PaymentOrder) -> list[Receipt | Exception]:
    return list(connector.write(Operation.REGISTER_PAYMENT, orders))


def ledger(tryton: Any, debtor: dict[str, Any]) -> list[tuple[str, Decimal]]:
    """Description and amount of the payments the ERP holds on the debtor's invoice."""
    lines = tryton.rpc.model(
        "account.move.line.search_read",
        [["move.origin", "=", f"account.invoice,{debtor['invoice']}"], ["account.type.receivable", "=", True],
         ["credit", ">", {"__class__": "Decimal", "decimal": "0"}]],
        0, None, [["id", "ASC"]], ["move.description", "credit"],
    )  # fmt: skip
    return [(line["move."]["description"], Decimal(line["credit"]["decimal"])) for line in lines]


def to_pay(tryton: Any, debtor: dict[str, Any]) -> Decimal:
    return Decimal(tryton.rpc.read("account.invoice", debtor["invoice"], "amount_to_pay")["amount_to_pay"]["decimal"])


# --- reading everything (these run first: later tests change the ERP) ---------------------------------------------


def test_everything_that_was_seeded_is_read_as_it_is(tryton: Any, connected: Any) -> None:
    connector = connected()
    parties = {r.fields["id"]: r.fields for r in read(connector, "parties")[0]}
    invoices = {r.fields["id"]: r.fields for r in read(connector, "invoices")[0]}
    assert len(parties) == len(tryton.truth) + 1  # the company itself is a party too
    assert set(invoices) == {row["invoice"] for row in tryton.truth}
    for row in tryton.truth:
        party, invoice = parties[row["party"]], invoices[row["invoice"]]
        assert (party["name"], party["code"], party["active"]) == (row["name"], row["code"], True)
        assert [i["code"] for i in party["identifiers"]] == ([row["rut"]] if row["rut"] else [])
        assert [i["type"] for i in party["identifiers"] if row["rut_valid"]] == (
            ["cl_vat"] if row["rut"] and row["rut_valid"] else []
        )
        mechanisms = party["contact_mechanisms"]
        assert {m["value"] for m in mechanisms if m["type"] in {"mobile", "phone"}} == set(row["phones"])
        assert {m["value"] for m in mechanisms if m["type"] == "email"} == {row["email"]}
        assert [(a["city"], a["country"]) for a in party["addresses"]] == [(row["commune"], "CL")]
        assert (invoice["number"], invoice["party"], invoice["state"]) == (row["number"], row["party"], "posted")
        assert invoice["total_amount"] == invoice["amount_to_pay"] == Decimal(row["amount"])
        assert invoice["currency"] == "CLP"
        assert invoice["invoice_date"].isoformat() == row["issued"]
        assert [line["maturity_date"].isoformat() for line in invoice["lines_to_pay"]] == row["due"]
        assert invoice["due_date"].isoformat() == row["due"][0]
        assert sum(line["balance"] for line in invoice["lines_to_pay"]) == invoice["amount_to_pay"]


def test_the_shipped_mappings_read_the_seeded_erp(tryton: Any, connected: Any) -> None:
    connector, context = connected(), MapContext(country="CL", unit="CLP")
    mapped = {
        stream: {
            record.fields["id"]: map_record(
                parse_map_text((MAPS / f"{stream}.yaml").read_text("utf-8")), record.fields, context=context
            )
            for record in read(connector, stream)[0]
        }
        for stream in ("parties", "invoices")
    }
    for row in tryton.truth:
        party, invoice = mapped["parties"][row["party"]], mapped["invoices"][row["invoice"]]
        [debtor], [debt] = party.debtors, invoice.debts
        proven = [i.value for i in debtor.identifiers if i.proves_identity]
        assert proven == ([row["rut"].replace(".", "").replace("-", "")] if row["rut"] and row["rut_valid"] else [])
        assert {issue.field for issue in party.issues} == (set() if row["rut_valid"] else {"identifier"})
        assert {p.value for p in debtor.contact_points if p.type == "phone"} == set(row["phones"])
        assert sum(p.type == "postal_address" for p in debtor.contact_points) == 1
        assert (debt.fields["document"], debt.fields["balance"]) == (row["number"], row["amount"])
        assert debt.debtor is not None
        assert debt.debtor.key == (str(row["party"]),)
        assert [i.due_date for i in debt.instalments] == row["due"]
        assert not invoice.issues


def test_no_row_is_lost_or_told_twice_when_each_page_is_read_by_a_new_process(tryton: Any, connected: Any) -> None:
    # The seed was written in one transaction: all its rows carry the same stamp.
    for stream, model in (("parties", "party.party"), ("invoices", "account.invoice")):
        seen: list[int] = []
        bookmark: Bookmark | None = None
        for _ in itertools.count():
            connector = connected(page_size=37)
            page: Page = next(connector.read(BY_NAME[stream], bookmarks={"": bookmark} if bookmark else {}))
            seen += [record.fields["id"] for record in page.records]
            bookmark = page.bookmark
            if len(page.records) < 37:
                break
        assert seen == sorted(tryton.rpc.model(f"{model}.search", [], 0, None, None))


def test_a_full_read_ignores_the_bookmark(tryton: Any, connected: Any) -> None:
    connector = connected()
    _, bookmark = read(connector, "parties")
    pages = connector.read(BY_NAME["parties"], bookmarks={"": bookmark}, full=True)
    assert sum(len(page.records) for page in pages) == len(tryton.truth) + 1


def test_discovered_columns_are_those_of_the_records(connected: Any) -> None:
    connector = connected()
    for schema in connector.discover():
        records, _ = read(connector, schema.name)
        assert all(list(record.fields) == list(schema.columns) for record in records)
        assert BY_NAME[schema.name].key == schema.key


def test_check_finds_nothing_wrong_for_the_administrator(connected: Any) -> None:
    findings = connected().check()
    assert [finding for finding in findings if not finding.ok] == []
    assert {"read party.party", "read account.invoice", "payment method"} <= {finding.what for finding in findings}


# --- what changed -------------------------------------------------------------------------------------------------


def _first(tryton: Any, debtor: dict[str, Any], field: str) -> int:
    return int(tryton.rpc.read("party.party", debtor["party"], field)[field][0])


def _rename(tryton: Any, debtor: dict[str, Any]) -> None:
    tryton.rpc.model("party.party.write", [debtor["party"]], {"name": "Ñusta Órdenes Yáñez"})


def _change_phone(tryton: Any, debtor: dict[str, Any]) -> None:
    mechanism = _first(tryton, debtor, "contact_mechanisms")
    tryton.rpc.model("party.contact_mechanism.write", [mechanism], {"value": "+56998761234"})


def _add_phone(tryton: Any, debtor: dict[str, Any]) -> None:
    values = {"party": debtor["party"], "type": "mobile", "value": "+56998761235"}
    tryton.rpc.model("party.contact_mechanism.create", [values])


def _deactivate_phone(tryton: Any, debtor: dict[str, Any]) -> None:
    mechanism = _first(tryton, debtor, "contact_mechanisms")
    tryton.rpc.model("party.contact_mechanism.write", [mechanism], {"active": False})


def _move_house(tryton: Any, debtor: dict[str, Any]) -> None:
    tryton.rpc.model("party.address.write", [_first(tryton, debtor, "addresses")], {"city": "Chañaral"})


def _change_rut(tryton: Any, debtor: dict[str, Any]) -> None:
    tryton.rpc.model("party.identifier.write", [_first(tryton, debtor, "identifiers")], {"code": "12.531.909-2"})


def _deactivate(tryton: Any, debtor: dict[str, Any]) -> None:
    tryton.rpc.model("party.party.write", [debtor["party"]], {"active": False})


EDITS = {
    "name": (_rename, lambda p: p["name"] == "Ñusta Órdenes Yáñez"),
    "phone": (_change_phone, lambda p: p["contact_mechanisms"][0]["value"] == "+56998761234"),
    "phone added": (_add_phone, lambda p: p["contact_mechanisms"][-1]["value"] == "+56998761235"),
    "phone deactivated": (_deactivate_phone, lambda p: p["contact_mechanisms"][0]["active"] is False),
    "address": (_move_house, lambda p: p["addresses"][0]["city"] == "Chañaral"),
    "identifier": (_change_rut, lambda p: p["identifiers"][0]["code"] == "12.531.909-2"),
    "party deactivated": (_deactivate, lambda p: p["active"] is False),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_alone_brings_its_party_and_no_other(what: str, tryton: Any, connected: Any, debtor: Any) -> None:
    edit, arrived = EDITS[what]
    connector = connected()
    _, bookmark = read(connector, "parties")
    edit(tryton, debtor)
    records, after = read(connector, "parties", bookmark)
    party = only(records)
    assert party["id"] == debtor["party"]
    assert arrived(party)
    assert records[0].source_updated_at == party["write_date"]
    assert read(connector, "parties", after)[0] == []


def test_a_deleted_phone_brings_all_parties_once(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    _, bookmark = read(connector, "parties")
    mechanism = _first(tryton, debtor, "contact_mechanisms")
    tryton.rpc.model("party.contact_mechanism.delete", [mechanism])
    records, after = read(connector, "parties", bookmark)
    assert len(records) == len(tryton.truth) + 1
    [party] = [record.fields for record in records if record.fields["id"] == debtor["party"]]
    assert mechanism not in {m["id"] for m in party["contact_mechanisms"]}
    assert read(connector, "parties", after)[0] == []


def test_an_edit_while_a_window_is_read_arrives_with_the_next_window(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected(page_size=50)
    reading = connector.read(BY_NAME["parties"], bookmarks={})
    told = [next(reading) for _ in range(3)]
    early = told[0].records[5].fields["id"]
    tryton.rpc.model("party.party.write", [early], {"name": "Cambiada Mientras Tanto"})
    *_, last = reading
    records, _ = read(connector, "parties", last.bookmark)
    assert only(records)["name"] == "Cambiada Mientras Tanto"


def test_a_second_read_tells_again_exactly_what_the_overlap_covers(tryton: Any, connected: Any, debtor: Any) -> None:
    _rename(tryton, debtor)
    connector = connected(overlap_seconds=300)
    _, bookmark = read(connector, "parties")
    records, _ = read(connector, "parties", bookmark)
    floor = dt.datetime.fromisoformat(bookmark.cursor) - dt.timedelta(seconds=300)
    everything = [record for page in connector.read(BY_NAME["parties"], bookmarks={}) for record in page.records]
    within = {r.key for r in everything if r.source_updated_at is not None and r.source_updated_at >= floor}
    assert {record.key for record in records} == within
    assert (str(debtor["party"]),) in within


def test_a_merged_party_brings_both_parties_and_the_documents_of_the_survivor(
    tryton: Any, connected: Any, debtor: Any
) -> None:
    # Tryton 8.0 refuses to merge away a party that has posted invoices, so the one that goes has none.
    phone = {"type": "mobile", "value": "+56998761236"}
    values = {"name": "La Misma Persona", "contact_mechanisms": [["create", [phone]]]}
    [double] = tryton.rpc.model("party.party.create", [values])
    connector = connected()
    _, parties = read(connector, "parties")
    _, invoices = read(connector, "invoices")
    answers = {"ask>replace": {"source": double, "destination": debtor["party"]}}
    tryton.rpc.wizard("party.replace", "party.party", double, answers)
    told = {record.fields["id"]: record.fields for record in read(connector, "parties", parties)[0]}
    assert set(told) == {double, debtor["party"]}
    assert (told[double]["replaced_by"], told[double]["active"]) == (debtor["party"], False)
    inherited = [m for m in told[debtor["party"]]["contact_mechanisms"] if m["value"] == phone["value"]]
    assert [m["active"] for m in inherited] == [False]
    assert only(read(connector, "invoices", invoices)[0])["id"] == debtor["invoice"]


# --- money ----------------------------------------------------------------------------------------------------------


def test_a_payment_made_at_the_erp_brings_its_invoice_and_itself(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    _, invoices = read(connector, "invoices")
    _, payments = read(connector, "payments")
    tryton.rpc.pay(debtor["invoice"], "1000", "Pago en caja")
    invoice = only(read(connector, "invoices", invoices)[0])
    payment = only(read(connector, "payments", payments)[0])
    assert invoice["amount_to_pay"] == Decimal(debtor["amount"]) - 1000 == to_pay(tryton, debtor)
    assert invoice["lines_to_pay"][0]["balance"] == invoice["amount_to_pay"]
    assert (payment["invoice"], payment["amount"], payment["currency"]) == (debtor["invoice"], Decimal(1000), "CLP")
    assert (payment["reference"], payment["our_reference"], payment["state"]) == ("Pago en caja", None, "registered")
    assert payment["party"] == debtor["party"]


def test_a_settled_invoice_is_read_as_paid(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    _, bookmark = read(connector, "invoices")
    tryton.rpc.pay(debtor["invoice"], debtor["amount"])
    invoice = only(read(connector, "invoices", bookmark)[0])
    assert (invoice["state"], invoice["amount_to_pay"]) == ("paid", 0)
    assert [line["reconciled"] for line in invoice["lines_to_pay"]] == [True]


def test_a_payment_undone_at_the_erp_is_cancelled_and_the_invoice_open_again(
    tryton: Any, connected: Any, debtor: Any
) -> None:
    connector = connected()
    tryton.rpc.pay(debtor["invoice"], "1000", "Pago por error")
    _, invoices = read(connector, "invoices")
    _, payments = read(connector, "payments")
    [line] = tryton.rpc.read("account.invoice", debtor["invoice"], "payment_lines")["payment_lines"]
    move = tryton.rpc.read("account.move.line", line, "move")["move"]
    stamp = tryton.rpc.read("account.invoice", debtor["invoice"], "write_date")["write_date"]
    tryton.rpc.wizard("account.move.cancel", "account.move", move, {"default>cancel": {}})
    # The trap: Tryton stamps the payment line, and not the invoice whose balance has changed.
    assert tryton.rpc.read("account.invoice", debtor["invoice"], "write_date")["write_date"] == stamp
    invoice = only(read(connector, "invoices", invoices)[0])
    payment = only(read(connector, "payments", payments)[0])
    assert invoice["amount_to_pay"] == Decimal(debtor["amount"]) == to_pay(tryton, debtor)
    assert payment["state"] == "cancelled"


def test_a_reconciliation_taken_back_brings_its_invoice(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    tryton.rpc.pay(debtor["invoice"], debtor["amount"])
    [line] = tryton.rpc.read("account.invoice", debtor["invoice"], "lines_to_pay")["lines_to_pay"]
    reconciliation = tryton.rpc.read("account.move.line", line, "reconciliation")["reconciliation"]
    _, bookmark = read(connector, "invoices")
    tryton.rpc.model("account.move.reconciliation.delete", [reconciliation])
    assert only(read(connector, "invoices", bookmark)[0])["state"] == "posted"


def test_payments_are_taken_from_the_oldest_instalment_on(tryton: Any, connected: Any, debtors: Any) -> None:
    debtor = next(row for row in debtors if len(row["due"]) == 2)
    connector = connected()
    first, second = (Decimal(line["amount"]) for line in _lines(connector, debtor))
    write(connector, order(debtor, "700", "pinstalments1"))
    assert [line["balance"] for line in _lines(connector, debtor)] == [first - 700, second]
    write(connector, order(debtor, str(first), "pinstalments2"))  # settles the first line whole; the 700 stay
    assert [line["balance"] for line in _lines(connector, debtor)] == [0, second - 700]
    assert sum(line["balance"] for line in _lines(connector, debtor)) == to_pay(tryton, debtor)


def _lines(connector: TrytonConnector, debtor: dict[str, Any]) -> list[dict[str, Any]]:
    found = connector.look_up("invoices", [str(debtor["invoice"])])
    return list(found[str(debtor["invoice"])].fields["lines_to_pay"])


def test_a_payment_is_registered_once_however_often_it_is_sent(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    amount = int(debtor["amount"])
    [part] = write(connector, order(debtor, "4000", "ponce1"))
    assert isinstance(part, Receipt)
    assert (part.balance, part.found_before) == (str(amount - 4000), False)
    [again] = write(connector, order(debtor, "4000", "ponce1"))
    assert isinstance(again, Receipt)
    assert (again.external_id, again.balance, again.found_before) == (part.external_id, str(amount - 4000), True)
    [rest] = write(connected(), order(debtor, str(amount - 4000), "ponce2"))
    assert isinstance(rest, Receipt)
    assert (rest.balance, rest.found_before) == ("0", False)
    [late] = write(connector, order(debtor, "4000", "ponce1"))
    assert isinstance(late, Receipt)
    assert late.found_before
    assert ledger(tryton, debtor) == [("Concilia ponce1", Decimal(4000)), ("Concilia ponce2", Decimal(amount - 4000))]
    assert tryton.rpc.read("account.invoice", debtor["invoice"], "state")["state"] == "paid"


def test_our_payments_are_found_by_our_reference_and_told_apart_from_others(
    tryton: Any, connected: Any, debtor: Any
) -> None:
    connector = connected()
    _, bookmark = read(connector, "payments")
    write(connector, order(debtor, "1500", "pours.2", value_date=debtor["issued"]))
    found = connector.look_up("payments", ["pours.2", "pours", "nothing", ""])
    assert set(found) == {"pours.2"}
    payment = only(read(connector, "payments", bookmark)[0])
    assert found["pours.2"].fields == payment
    assert found["pours.2"].external_id == str(payment["id"])
    assert (payment["our_reference"], payment["reference"]) == ("pours.2", None)
    assert payment["date"].isoformat() == debtor["issued"]


def test_one_reference_cannot_pay_two_invoices(tryton: Any, connected: Any, debtors: Any) -> None:
    one, other = next(debtors), next(debtors)
    connector = connected()
    receipt, refused = write(connector, order(one, "100", "ptwice"), order(other, "100", "ptwice"))
    assert isinstance(receipt, Receipt)
    assert isinstance(refused, RecordRejected)
    assert f"on invoice {one['invoice']}" in str(refused)
    assert ledger(tryton, other) == []


def test_what_tryton_cannot_take_is_refused_with_a_sentence_and_writes_nothing(
    tryton: Any, connected: Any, debtor: Any
) -> None:
    connector = connected()
    amount = int(debtor["amount"])
    closed = dt.date(today().year - 1, 1, 15)
    [period] = tryton.rpc.model("account.period.search", [["start_date", "=", closed.replace(day=1)]], 0, None, None)
    tryton.rpc.model("account.period.close", [period])
    orders = {
        "is more than that": order(debtor, str(amount + 1), "pno1"),
        "There is no customer invoice 999999": order(debtor, "1", "pno2", debt="999999"),
        "There is no customer invoice OC-1": order(debtor, "1", "pno3", debt="OC-1"),
        "in CLP, the payment in UF": order(debtor, "1", "pno4", unit="UF"),
        "takes fewer decimals": order(debtor, "1.50", "pno5"),
        "more than zero": order(debtor, "-5", "pno6"),
        "reopen the period": order(debtor, "5", "pno7", value_date=closed.isoformat()),
        "create a period": order(debtor, "5", "pno8", value_date="1999-01-01"),
        "is no date": order(debtor, "5", "pno9", value_date="22/11/2026"),
        "is no amount": order(debtor, "5,5", "pno10"),
        "without spaces": order(debtor, "5", " pno11"),
    }
    answers = write(connector, *orders.values())
    assert all(isinstance(answer, RecordRejected) for answer in answers), answers
    assert [sentence for sentence, answer in zip(orders, answers, strict=True) if sentence not in str(answer)] == []
    assert ledger(tryton, debtor) == []


def test_a_draft_takes_no_payment_and_is_no_record(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    _, bookmark = read(connector, "invoices")
    draft = _draft(tryton, debtor, quantity=1.0)
    assert read(connector, "invoices", bookmark)[0] == []
    [answer] = write(connector, order({"invoice": draft}, "10", "pdraft"))
    assert isinstance(answer, RecordRejected)
    assert "not posted" in str(answer)
    tryton.rpc.model("account.invoice.cancel", [draft])
    assert read(connector, "invoices", bookmark)[0] == []  # it never had a number: it never was a debt


def test_a_credit_note_has_negative_amounts(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected()
    _, bookmark = read(connector, "invoices")
    note = _draft(tryton, debtor, quantity=-2.0)
    tryton.rpc.model("account.invoice.post", [note])
    record = only(read(connector, "invoices", bookmark)[0])
    assert (record["kind"], record["total_amount"], record["amount_to_pay"]) == ("credit_note", -2000, -2000)
    assert [line["balance"] for line in record["lines_to_pay"]] == [-2000]


def _draft(tryton: Any, debtor: dict[str, Any], *, quantity: float) -> int:
    copied = ("account", "journal", "payment_term", "currency", "company", "invoice_address", "party")
    known = tryton.rpc.read("account.invoice", debtor["invoice"], *copied, "lines")
    line = tryton.rpc.read("account.invoice.line", known["lines"][0], "account", "currency", "company")
    values = {name: line[name] for name in ("account", "currency", "company")}
    values |= {"type": "line", "description": "x", "quantity": quantity, "unit_price": Decimal(1000)}
    made = {name: known[name] for name in copied}
    made |= {"type": "out", "invoice_date": today(), "lines": [["create", [values]]]}
    return int(tryton.rpc.model("account.invoice.create", [made])[0])


# --- faults -------------------------------------------------------------------------------------------------------


class _LosesAnswers(http.server.BaseHTTPRequestHandler):
    """Hands each call on to Tryton, and drops the answer to the first one that names `lost`."""

    target = ""
    lost: bytes | None = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name: self.headers[name] for name in ("content-type", "authorization") if name in self.headers}
        request = urllib.request.Request(self.target + self.path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as fault:
            status, content = fault.code, fault.read()
        if type(self).lost and type(self).lost in body:
            type(self).lost = None
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("state", "amount"), [(b'"choice"', "all"), (b'"pay"', "1000")])
def test_a_lost_answer_is_an_unknown_outcome_and_the_payment_is_there_once(
    state: bytes, amount: str, tryton: Any, connected: Any, debtor: Any
) -> None:
    handler = type("Handler", (_LosesAnswers,), {"target": tryton.url, "lost": state})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        connector = connected(url=f"http://127.0.0.1:{server.server_port}")
        paid = debtor["amount"] if amount == "all" else amount
        sent = order(debtor, paid, f"plost{amount}")
        [unknown] = write(connector, sent)
        assert isinstance(unknown, OutcomeUnknown)
        assert set(connector.look_up("payments", [sent.reference])) == {sent.reference}
        [receipt] = write(connector, sent)
        assert isinstance(receipt, Receipt)
        assert receipt.found_before
        assert ledger(tryton, debtor) == [(f"Concilia {sent.reference}", Decimal(paid))]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_expired_session_is_renewed_unseen(tryton: Any, connected: Any, debtor: Any) -> None:
    accounting = tryton.rpc.model("res.group.search", [["name", "=", "Accounting"]], 0, None, None)
    user = _user(tryton, "vigente", groups=accounting)
    connector = connected(username="vigente")
    assert [finding for finding in connector.check() if not finding.ok] == []
    _, bookmark = read(connector, "parties")
    tryton.rpc.model("res.user.write", [user], {"password": tryton.password})  # ends the sessions of that user
    _rename(tryton, debtor)
    assert only(read(connector, "parties", bookmark)[0])["id"] == debtor["party"]
    tryton.rpc.model("res.user.write", [user], {"password": tryton.password})
    [receipt] = write(connector, order(debtor, "300", "pexpired"))
    assert isinstance(receipt, Receipt)
    assert len(ledger(tryton, debtor)) == 1


def _user(tryton: Any, login: str, *, groups: list[int]) -> int:
    values = {"name": login, "login": login, "email": f"{login}@example.com", "password": tryton.password}
    companies = {"company": 1, "companies": [["add", [1]]], "groups": [["add", groups]]}
    return int(tryton.rpc.model("res.user.create", [{**values, **companies}])[0])


def test_a_user_without_access_is_told_which_models_it_may_not_read(tryton: Any, connected: Any, debtor: Any) -> None:
    _user(tryton, "sinpermiso", groups=[])
    connector = connected(username="sinpermiso")
    failed = {finding.what: finding.detail for finding in connector.check() if not finding.ok}
    assert "The user may not read account.invoice." in failed["read account.invoice"]
    assert "read party.party" not in failed
    assert any("wizard account.invoice.pay" in what for what in failed)
    with pytest.raises(PermissionMissing, match="Account Invoice"):
        read(connector, "invoices")
    answers = write(connector, order(debtor, "10", "pforbidden"), order(debtor, "10", "pforbidden2"))
    assert [type(answer) for answer in answers] == [PermissionMissing]  # it ends the batch


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"password": "wrong"}, CredentialsRefused, "refused the user 'admin'"),
        ({"database": "otra"}, ConfigurationInvalid, "no Tryton database called 'otra'. It has: erp"),
        ({"url": "http://127.0.0.1:9"}, SystemUnreachable, "cannot be reached at 127.0.0.1:9"),
        ({"company": "Nadie S.A."}, ConfigurationInvalid, "Distribuidora Acreedora S.A."),
    ],
)
def test_a_wrong_setting_is_named(changes: Any, error: Any, sentence: str, connected: Any) -> None:
    connector = connected(**changes)
    with pytest.raises(error) as caught:
        read(connector, "parties")
    assert sentence in str(caught.value)
    [finding] = connector.check()
    assert not finding.ok
    assert sentence in finding.detail


def test_company_and_payment_method_may_be_named(tryton: Any, connected: Any, debtor: Any) -> None:
    connector = connected(company="Distribuidora Acreedora S.A.", payment_method="Transferencia")
    assert [finding for finding in connector.check() if not finding.ok] == []
    [receipt] = write(connector, order(debtor, "10", "pnamed"))
    assert isinstance(receipt, Receipt)
    assert {record.fields["company"] for record in read(connector, "invoices")[0]} == {"Distribuidora Acreedora S.A."}
    assert receipt.fields in [record.fields for record in read(connector, "payments")[0]]
    [refused] = write(connected(payment_method="Cheque"), order(debtor, "10", "pmethod"))
    assert isinstance(refused, ConfigurationInvalid)
    assert "Transferencia (1)" in str(refused)


def test_parties_and_invoices_are_looked_up_by_id(connected: Any, debtor: Any) -> None:
    connector = connected()
    wanted = str(debtor["party"])
    found = connector.look_up("parties", [wanted, "999999", "Ñ"])
    assert set(found) == {wanted}
    assert found[wanted].fields["name"] == debtor["name"]
