"""Writing to Odoo in each series over each of its interfaces: once in effect, whatever becomes of the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import (
    ConfigurationInvalid,
    OutcomeUnknown,
    PermissionMissing,
    RecordRejected,
    RemoteMoved,
    RetryLater,
)
from connectors.contract import (
    AgreementOrder,
    ConnectionSettings,
    ContactOrder,
    Operation,
    PaymentOrder,
    Receipt,
    ReversalOrder,
    Rung,
    Step,
)
from connectors.odoo import STREAMS, connect
from tests.fake_odoo.books import Books
from tests.fake_odoo.orm import Refused
from tests.fake_odoo.server import FakeOdoo, serving

BY_NAME = {request.name: request for request in STREAMS}
WAYS = [(14, "auto"), (16, "xmlrpc"), (17, "jsonrpc"), (18, "auto"), (19, "auto")]
Connect = Callable[..., Any]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def odoo(request: pytest.FixtureRequest) -> Iterator[FakeOdoo]:
    series, transport = request.param
    with serving(Books(series)) as found:
        found.transport = transport  # type: ignore[attr-defined]
        yield found


@pytest.fixture
def plain() -> Iterator[FakeOdoo]:
    with serving(Books(17)) as found:
        yield found


@pytest.fixture
def connected() -> Iterator[Connect]:
    opened: list[Any] = []

    def make(odoo: FakeOdoo, **changes: Any) -> Any:
        given = odoo.settings(**{"transport": getattr(odoo, "transport", "auto"), **changes})
        made = connect(ConnectionSettings("odoo", given, folder=".", country="CL", sleep=lambda _: None))
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def invoice(odoo: FakeOdoo) -> int:
    return odoo.books.invoice(odoo.books.partner("Ana Soto"), "100000", "50000")


def payment(debt: int, amount: str, reference: str, **changes: Any) -> PaymentOrder:
    made = PaymentOrder(reference, str(debt), amount, "CLP", "2026-11-20", "transfer", reference)
    return replace(made, **changes)


def paid(connector: Any, order: PaymentOrder) -> Any:
    [answer] = connector.write(Operation.REGISTER_PAYMENT, [order])
    return answer


def back(debt: int, reference: str, amount: str = "40000") -> ReversalOrder:
    return ReversalOrder(f"{reference}.r", str(debt), amount, "CLP", "2026-11-21", f"{reference}.r", reference)


def promise(debt: int, reference: str = "a1.1", **changes: Any) -> AgreementOrder:
    made = AgreementOrder(
        key=reference, reference=reference, agreement="a1", happening="recorded", debt=str(debt), debtor="",
        kind="promise", state="active", amount="40000", unit="CLP", agreed_on="2026-11-20",
        schedule=(("2026-12-01", "20000"), ("2026-12-15", "20000")), text="Promete pagar <40.000> en dos partes",
    )  # fmt: skip
    return replace(made, **changes)


def agreed(connector: Any, order: AgreementOrder) -> Any:
    [answer] = connector.write(Operation.RECORD_AGREEMENT, [order])
    return answer


def test_the_rungs_say_what_is_done() -> None:
    with serving(Books(17)) as odoo:
        made = connect(ConnectionSettings("odoo", odoo.settings(), folder="."))
        writes = made.capabilities.writes
        made.close()
    assert writes[Operation.REGISTER_PAYMENT] is writes[Operation.RECORD_AGREEMENT] is Rung.LOOK_UP
    assert writes[Operation.UPDATE_CONTACT] is Rung.READ_COMPARE


def test_a_part_payment_lowers_the_oldest_instalment_and_answers_the_balance(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    receipt = paid(connected(odoo), payment(invoice, "120000", "p1"))
    assert isinstance(receipt, Receipt), receipt
    assert (receipt.balance, receipt.found_before) == ("30000", False)
    assert odoo.books.ledger(invoice) == [("Concilia p1", Decimal(120000))]
    assert odoo.books.owed(invoice) == 30000


def test_the_same_payment_again_is_found_and_not_made(odoo: FakeOdoo, connected: Connect, invoice: int) -> None:
    connector = connected(odoo)
    first, again = (paid(connector, payment(invoice, "40000", "p1")) for _ in range(2))
    assert (again.found_before, again.external_id) == (True, first.external_id)
    assert odoo.books.ledger(invoice) == [("Concilia p1", Decimal(40000))]
    assert set(connector.look_up("payments", ["p1", "p2"])) == {"p1"}


@pytest.mark.parametrize("how", [{"status": None}, {"status": 502}, {"status": 200, "body": b"<html>espere</html>"}])
def test_a_lost_answer_is_unknown_and_the_look_up_tells(
    odoo: FakeOdoo, connected: Connect, invoice: int, how: dict[str, Any]
) -> None:
    connector = connected(odoo)
    odoo.befall("action_create_payments", carried_out=True, **how)
    assert isinstance(paid(connector, payment(invoice, "40000", "p1")), OutcomeUnknown)
    assert odoo.books.ledger(invoice) == [("Concilia p1", Decimal(40000))], "it was made all the same"
    found = connector.look_up("payments", ["p1"])["p1"]
    assert found.fields["amount"] == 40000
    receipt = paid(connector, payment(invoice, "40000", "p1"))
    assert receipt.found_before
    assert len(odoo.books.ledger(invoice)) == 1


def test_a_call_that_never_arrived_is_made_by_the_next_attempt(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    connector = connected(odoo)
    odoo.befall("action_create_payments", status=None)
    assert isinstance(paid(connector, payment(invoice, "40000", "p1")), OutcomeUnknown)
    assert connector.look_up("payments", ["p1"]) == {}
    assert not paid(connector, payment(invoice, "40000", "p1")).found_before
    assert odoo.books.ledger(invoice) == [("Concilia p1", Decimal(40000))]


def test_a_lock_may_be_tried_later_and_nothing_was_written(odoo: FakeOdoo, connected: Connect, invoice: int) -> None:
    connector = connected(odoo)
    odoo.befall(
        "action_create_payments", refusal=Refused("psycopg2.errors.SerializationFailure", "could not serialize")
    )
    assert isinstance(paid(connector, payment(invoice, "40000", "p1")), RetryLater)
    assert odoo.books.ledger(invoice) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"debt": "999999"}, "unknown_debt"),
        ({"amount": "150001"}, "above_balance"),
        ({"amount": "0"}, "bad_amount"),
        ({"amount": "10.5"}, "bad_amount"),
        ({"unit": "USD"}, "other_unit"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    odoo: FakeOdoo, connected: Connect, invoice: int, changes: dict[str, Any], code: str
) -> None:
    answer = paid(connected(odoo), replace(payment(invoice, "40000", "p1"), **changes))
    assert isinstance(answer, RecordRejected)
    assert answer.code == code
    assert ("account.payment.register", "create") not in odoo.calls


def test_a_paid_invoice_and_a_closed_period_are_told_by_their_codes(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    connector = connected(odoo)
    odoo.books.lock_date = dt.date(2026, 11, 30)
    closed = paid(connector, payment(invoice, "40000", "p1"))
    odoo.books.lock_date = dt.date(2020, 1, 1)
    odoo.books.pay(invoice, "150000")
    done = paid(connector, payment(invoice, "40000", "p2"))
    assert [answer.code for answer in (closed, done)] == ["period_closed", "debt_closed"]


def test_a_reference_that_stands_on_another_invoice_is_refused(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    connector = connected(odoo)
    other = odoo.books.invoice(odoo.books.partner("Beto Soto"), "90000")
    paid(connector, payment(invoice, "40000", "p1"))
    for wrong in (payment(other, "40000", "p1"), payment(invoice, "40001", "p1")):
        answer = paid(connector, wrong)
        assert isinstance(answer, RecordRejected)
        assert answer.field == "reference"


def test_a_missing_permission_ends_the_batch(odoo: FakeOdoo, connected: Connect, invoice: int) -> None:
    odoo.books.forbidden.add(("account.payment.register", "create"))
    orders = [payment(invoice, "1000", "p1"), payment(invoice, "1000", "p2")]
    answers = list(connected(odoo).write(Operation.REGISTER_PAYMENT, orders))
    assert [type(answer) for answer in answers] == [PermissionMissing]


def test_the_journal_must_be_chosen_when_there_are_several(plain: FakeOdoo, connected: Connect) -> None:
    books = plain.books
    debt = books.invoice(books.partner("Ana Soto"), "1000")
    books.db.add("account.journal", name="Caja", code="CSH1", type="cash", company_id=books.company, active=True)
    answer = paid(connected(plain), payment(debt, "1000", "p1"))
    assert isinstance(answer, ConfigurationInvalid)
    assert "Banco Estado (BNK1), Caja (CSH1)" in str(answer)
    connector = connected(plain, journal="CSH1", payment_method="Nadie")
    assert "no payment method 'Nadie'" in str(paid(connector, payment(debt, "1000", "p1")))
    assert isinstance(paid(connected(plain, journal="CSH1"), payment(debt, "1000", "p1")), Receipt)


def test_from_18_on_a_payment_without_an_entry_counts_as_on_its_way(connected: Connect) -> None:
    with serving(Books(18, outstanding=False)) as odoo:
        debt = odoo.books.invoice(odoo.books.partner("Ana Soto"), "100000")
        connector = connected(odoo)
        receipt = paid(connector, payment(debt, "40000", "p1"))
        assert receipt.balance == "60000"
        assert odoo.books.owed(debt) == 100000, "Odoo lowers it when the bank statement is matched"
        [page] = connector.read(BY_NAME["invoices"], bookmarks={})
        assert (page.records[0].fields["pending"], page.records[0].fields["amount_residual"]) == (40000, 100000)
        again = paid(connector, payment(debt, "60001", "p2"))
        assert again.code == "above_balance"
        steps = list(connector.write(Operation.REGISTER_REVERSAL, [back(debt, "p1")]))
        assert steps[-1].balance == "100000"


def test_a_payment_in_dollars_is_exact(odoo: FakeOdoo, connected: Connect) -> None:
    debt = odoo.books.invoice(odoo.books.partner("Ana Soto"), "0.30", currency_id=odoo.books.usd)
    receipt = paid(connected(odoo), payment(debt, "0.10", "p1", unit="USD"))
    assert receipt.balance == "0.20"
    assert odoo.books.ledger(debt) == [("Concilia p1", Decimal("0.1"))]


# --- taking back ----------------------------------------------------------------------------------------------------


def test_a_payment_is_taken_back_once_and_the_invoice_owes_again(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    connector = connected(odoo)
    paid(connector, payment(invoice, "40000", "p1"))
    *steps, receipt = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p1")])
    assert [step.name for step in steps] == ["noted", "reset"]
    assert isinstance(receipt, Receipt), receipt
    assert (receipt.balance, odoo.books.owed(invoice)) == ("150000", 150000)
    assert set(connector.look_up("reversals", ["p1.r"])) == {"p1.r"}
    [again] = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p1")])
    assert (again.found_before, again.external_id) == (True, receipt.external_id)
    row = next(r for p in connector.read(BY_NAME["payments"], bookmarks={}) for r in p.records)
    assert row.fields["state"] in {"cancel", "canceled"}


@pytest.mark.parametrize("method", ["message_post", "action_draft", "action_cancel"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_reversal_that_broke_off_anywhere_is_gone_on_with(
    odoo: FakeOdoo, connected: Connect, invoice: int, method: str, carried_out: bool
) -> None:
    connector = connected(odoo)
    paid(connector, payment(invoice, "40000", "p1"))
    odoo.befall(method, carried_out=carried_out, status=None)
    *_, broken = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p1")])
    assert isinstance(broken, OutcomeUnknown)
    *_, receipt = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p1")])
    assert isinstance(receipt, Receipt), receipt
    assert odoo.books.owed(invoice) == 150000
    notes = [m for m in odoo.books.db.known("mail.message").rows.values() if "p1.r" in m["body"]]
    assert len(notes) == 1


def test_a_look_up_between_the_steps_does_not_say_done(odoo: FakeOdoo, connected: Connect, invoice: int) -> None:
    connector = connected(odoo)
    paid(connector, payment(invoice, "40000", "p1"))
    answers = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p1")])
    assert isinstance(next(answers), Step)
    assert connector.look_up("reversals", ["p1.r"]) == {}


def test_what_was_never_paid_or_undone_by_hand_or_stands_on_a_statement_is_named(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    connector = connected(odoo)
    [never] = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p0")])
    paid(connector, payment(invoice, "40000", "p1"))
    receipt = paid(connector, payment(invoice, "30000", "p2"))
    name = "reconciled_statement_line_ids" if odoo.books.series >= 18 else "reconciled_statement_ids"
    odoo.books.db.put("account.payment", int(receipt.external_id), **{name: [1]})
    [on_statement] = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p2")])
    by_hand = int(connector.look_up("payments", ["p1"])["p1"].external_id)
    for method in ("action_draft", "action_cancel"):
        odoo.books.call("account.payment", method, [by_hand], {}, {})
    [undone] = connector.write(Operation.REGISTER_REVERSAL, [back(invoice, "p1")])
    assert [answer.code for answer in (never, on_statement, undone)] == ["never_applied", "on_statement", "taken_back"]


# --- agreements -----------------------------------------------------------------------------------------------------


def test_a_promise_becomes_an_activity_with_its_day_once(odoo: FakeOdoo, connected: Connect, invoice: int) -> None:
    connector = connected(odoo)
    first, again = (agreed(connector, promise(invoice)) for _ in range(2))
    assert isinstance(first, Receipt), first
    assert (again.found_before, again.external_id) == (True, first.external_id)
    [activity] = odoo.books.db.known("mail.activity").rows.values()
    assert (activity["summary"], activity["date_deadline"], activity["res_id"]) == (
        "Concilia a1.1", dt.date(2026, 12, 1), invoice,
    )  # fmt: skip
    assert "&lt;40.000&gt;" in activity["note"]


def test_what_ends_a_promise_is_a_note_and_closes_its_activity(
    odoo: FakeOdoo, connected: Connect, invoice: int
) -> None:
    connector = connected(odoo)
    agreed(connector, promise(invoice))
    agreed(connector, promise(invoice, "a9.1", agreement="a9"))
    agreed(connector, promise(invoice, "a1.2", happening="kept", text="Cumplido"))
    left = [row["summary"] for row in odoo.books.db.known("mail.activity").rows.values()]
    assert left == ["Concilia a9.1"]
    assert set(connector.look_up("agreements", ["a1.1", "a1.2", "a9.1", "a1"])) == {"a1.1", "a1.2", "a9.1"}
    note = next(m for m in odoo.books.db.known("mail.message").rows.values() if "a1.2" in m["body"])
    assert (note["subtype"], note["body"]) == ("mail.mt_note", "<p>Concilia a1.2</p><p>Cumplido</p>")


def test_a_promise_whose_debt_is_unknown_is_noted_on_the_partner(odoo: FakeOdoo, connected: Connect) -> None:
    who = odoo.books.partner("Ana Soto")
    agreed(connected(odoo, agreements="note"), replace(promise(0), debt="", debtor=str(who)))
    [note] = odoo.books.db.known("mail.message").rows.values()
    assert (note["model"], note["res_id"]) == ("res.partner", who)
    missing = agreed(connected(odoo), replace(promise(0, "a2.1"), debt="", debtor="424242"))
    assert isinstance(missing, RecordRejected)


@pytest.mark.parametrize("kind", ["activity", "note"])
def test_a_lost_answer_to_a_promise_is_looked_up(odoo: FakeOdoo, connected: Connect, invoice: int, kind: str) -> None:
    connector = connected(odoo, agreements=kind)
    method = "activity_schedule" if kind == "activity" else "message_post"
    odoo.befall(method, carried_out=True, status=None)
    agreed(connector, promise(invoice))
    assert agreed(connector, promise(invoice)).found_before
    rows = [*odoo.books.db.known("mail.activity").rows.values(), *odoo.books.db.known("mail.message").rows.values()]
    assert len(rows) == 1


# --- contact data ---------------------------------------------------------------------------------------------------


def changed(connector: Any, order: ContactOrder) -> Any:
    [answer] = connector.write(Operation.UPDATE_CONTACT, [order])
    return answer


def new_phone(partner: int, old: str | None, new: str | None, **more: Any) -> ContactOrder:
    return ContactOrder("k", "r", "partners", str(partner), "phone", {"phone": new}, {"phone": old}, **more)


def test_a_phone_is_written_once_and_only_the_cell_that_changed(odoo: FakeOdoo, connected: Connect) -> None:
    who = odoo.books.partner("Ana Soto", phone="+56 2 2345 6789", email="ana@correo.cl")
    connector = connected(odoo)
    order = new_phone(who, "+56 2 2345 6789", "+56961234578")
    assert not changed(connector, order).found_before
    assert changed(connector, order).found_before
    assert odoo.books.db.row("res.partner", who)["phone"] == "+56961234578"
    assert odoo.calls.count(("res.partner", "write")) == 1


def test_an_edit_in_between_is_not_overwritten(odoo: FakeOdoo, connected: Connect) -> None:
    who = odoo.books.partner("Ana Soto", phone="+56 9 6000 0001")
    answer = changed(connected(odoo), new_phone(who, "+56 2 2345 6789", "+56961234578"))
    assert isinstance(answer, RemoteMoved)
    assert answer.now is not None
    assert answer.now["phone"] == "+56 9 6000 0001"
    assert odoo.books.db.row("res.partner", who)["phone"] == "+56 9 6000 0001"
    gone = changed(connected(odoo), new_phone(424242, None, "+56961234578"))
    assert isinstance(gone, RemoteMoved)
    assert gone.now is None


def test_a_value_taken_back_empties_its_field_and_a_contact_of_the_company_is_written(
    odoo: FakeOdoo, connected: Connect
) -> None:
    firm = odoo.books.partner("Uno SpA", is_company=True, phone="+56 2 2345 6789")
    person = odoo.books.partner("Iñigo Pérez", parent_id=firm, type="contact", phone="+56 2 2000 0000")
    connector = connected(odoo)
    changed(connector, new_phone(firm, "+56 2 2345 6789", None))
    changed(connector, new_phone(firm, "+56 2 2000 0000", "+56961234578", member="contacts", item=str(person)))
    assert odoo.books.db.row("res.partner", firm)["phone"] is None
    assert odoo.books.db.row("res.partner", person)["phone"] == "+56961234578"


def test_a_field_the_series_has_not_and_a_new_contact_are_refused(odoo: FakeOdoo, connected: Connect) -> None:
    who = odoo.books.partner("Ana Soto")
    mobile = ContactOrder("k", "r", "partners", str(who), "phone", {"mobile": "+56961234578"}, {"mobile": None})
    answer = changed(connected(odoo), mobile)
    assert isinstance(answer, RecordRejected if odoo.books.series >= 19 else Receipt)
    assert isinstance(changed(connected(odoo), new_phone(who, None, "+56961234578", member="contacts")), RecordRejected)
    no_name = ContactOrder("k", "r", "partners", str(who), "full_name", {"name": None}, {"name": "Ana Soto"})
    assert isinstance(changed(connected(odoo), no_name), RecordRejected)


def test_a_lost_answer_to_a_correction_is_seen_by_the_next_look(odoo: FakeOdoo, connected: Connect) -> None:
    who = odoo.books.partner("Ana Soto", phone="+56 2 2345 6789")
    connector = connected(odoo)
    odoo.befall("write", carried_out=True, status=None)
    order = new_phone(who, "+56 2 2345 6789", "+56961234578")
    assert isinstance(changed(connector, order), OutcomeUnknown)
    assert changed(connector, order).found_before
