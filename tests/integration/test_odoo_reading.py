"""Reading Odoo in each series over each of its interfaces, from a small Odoo written from its documentation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RetryLater,
    RunMustStop,
)
from concilia.records import Bookmark, Record
from connectors.contract import ConnectionSettings
from connectors.odoo import MAPS, STREAMS, connect
from mapping.context import MapContext
from mapping.documents import parse_map_text
from mapping.entity_map import map_record
from tests.fake_odoo.books import Books
from tests.fake_odoo.orm import Refused
from tests.fake_odoo.server import KEY, PASSWORD, FakeOdoo, serving

BY_NAME = {request.name: request for request in STREAMS}
# Each series over the interfaces it has; auto takes JSON-2 from 19 on.
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
    """Connectors to a server, with settings changed as named; closed after the test. Waiting takes no time."""
    opened: list[Any] = []

    def make(odoo: FakeOdoo, **changes: Any) -> Any:
        given = odoo.settings(**{"transport": getattr(odoo, "transport", "auto"), **changes})
        made = connect(ConnectionSettings("odoo", given, folder=".", country="CL", sleep=lambda _: None))
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.close()


def read(connector: Any, stream: str, bookmark: Bookmark | None = None) -> tuple[list[Record], Bookmark]:
    pages = list(connector.read(BY_NAME[stream], bookmarks={"": bookmark} if bookmark else {}))
    assert pages[-1].bookmark is not None
    assert not [row for page in pages for row in page.bad_rows]
    return [record for page in pages for record in page.records], pages[-1].bookmark


def only(found: tuple[list[Record], Bookmark]) -> dict[str, Any]:
    records, _ = found
    assert len(records) == 1, [record.key for record in records]
    return dict(records[0].fields)


def mapped(stream: str, fields: dict[str, Any]) -> Any:
    document = parse_map_text((MAPS / f"{stream}.yaml").read_text("utf-8"))
    return map_record(document, fields, context=MapContext(country="CL", unit="CLP"))


def test_a_company_is_read_with_its_identification_and_its_people(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    firm = books.partner(
        "Comercial Ñuñoa SpA", is_company=True, vat="76.086.428-5", l10n_latam_identification_type_id=books.rut,
        country_id=books.chile, state_id=books.region, street="Av. Irarrázaval 1234", city="Ñuñoa",
        phone="+56 2 2345 6789", email="pagos@nunoa.cl",
    )  # fmt: skip
    person = books.partner("Iñigo Pérez", parent_id=firm, type="contact", phone="+56 9 6123 4578")
    books.partner("Bodega", parent_id=firm, type="delivery", street="Camino Melipilla 1", city="Maipú", active=False)
    row = only(read(connected(odoo), "partners"))
    assert (row["id"], row["name"], row["is_company"], row["vat"]) == (
        firm,
        "Comercial Ñuñoa SpA",
        True,
        "76.086.428-5",
    )
    assert (row["identification_type"], row["identification_country"]) == ("CL:RUT", "CL")
    assert (row["state"], row["country"], row["mobile"]) == ("Metropolitana", "CL", None)
    assert [(c["name"], c["active"]) for c in row["contacts"]] == [("Iñigo Pérez", True), ("Bodega", False)]
    assert row["contacts"][0]["id"] == person
    [debtor] = mapped("partners", row).debtors
    assert [i.value for i in debtor.identifiers] == ["760864285"]
    phones = {point.value: point.relation for point in debtor.contact_points if point.type == "phone"}
    assert phones == {"+56223456789": "own", "+56961234578": "work"}
    assert sum(point.type == "postal_address" for point in debtor.contact_points) == 1


def test_an_invoice_is_read_with_its_instalments_and_what_is_open_of_them(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    firm = books.partner("Comercial Ñuñoa SpA", is_company=True)
    buyer = books.partner("Compras", parent_id=firm, type="invoice")
    invoice = books.invoice(buyer, "100000", "50000")
    books.pay(invoice, "120000", memo="TRX 1")
    books.invoice(buyer, "9000", state="draft")
    row = only(read(connected(odoo), "invoices"))
    assert (row["partner"], row["commercial_partner"]) == (buyer, firm)
    assert (row["amount_total"], row["balance"], row["standing"]) == (Decimal(150000), Decimal(30000), "partial")
    assert [(line["amount"], line["balance"]) for line in row["lines"]] == [(100000, 0), (50000, 30000)]
    assert row["due_date"] == dt.date(2026, 11, 1)
    [debt] = mapped("invoices", row).debts
    assert (debt.fields["balance"], debt.fields["document"], debt.fields["unit"]) == ("30000", row["number"], "CLP")
    assert debt.debtor is not None
    assert debt.debtor.key == (str(firm),)


def test_a_payment_is_read_with_the_invoices_it_was_matched_with(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    who = books.partner("Ana Soto")
    invoice = books.invoice(who, "100000")
    payment = books.pay(invoice, "40000", memo="TRX 1")
    row = only(read(connected(odoo), "payments"))
    assert (row["id"], row["amount"], row["reference"], row["our_reference"]) == (
        payment,
        Decimal(40000),
        "TRX 1",
        None,
    )
    assert row["allocations"] == [{"invoice": invoice, "amount": Decimal(40000)}]
    [one] = mapped("payments", row).payments
    assert (one.fields["amount"], one.fields["status"]) == ("40000", "confirmed")


def test_a_payment_that_stamps_nothing_brings_its_invoice_again(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    who = books.partner("Ana Soto")
    paid, other = books.invoice(who, "100000"), books.invoice(who, "70000")
    books.tick(60)
    connector = connected(odoo)
    _, bookmark = read(connector, "invoices")
    books.tick(3600)
    before = books.db.row("account.move", paid)["write_date"]
    books.pay(paid, "40000")
    assert books.db.row("account.move", paid)["write_date"] == before
    books.tick(60)
    again, bookmark = read(connector, "invoices", bookmark)
    assert [(r.fields["id"], r.fields["balance"]) for r in again] == [(paid, Decimal(60000))]
    assert other
    books.tick(3600)
    assert read(connector, "invoices", bookmark)[0] == []


def test_a_reconciliation_that_was_undone_brings_its_invoice_and_payment_again(
    odoo: FakeOdoo, connected: Connect
) -> None:
    books = odoo.books
    invoice = books.invoice(books.partner("Ana Soto"), "100000")
    books.pay(invoice, "100000")
    connector = connected(odoo)
    marks = {stream: read(connector, stream)[1] for stream in ("invoices", "payments")}
    books.tick(3600)
    books.unreconcile(invoice)
    assert only(read(connector, "invoices", marks["invoices"]))["balance"] == 100000
    assert only(read(connector, "payments", marks["payments"]))["allocations"] == []


def test_a_changed_person_brings_the_company_again(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    firm, other = books.partner("Uno SpA", is_company=True), books.partner("Dos SpA", is_company=True)
    person = books.partner("Iñigo Pérez", parent_id=firm, type="contact")
    books.tick(60)
    connector = connected(odoo)
    _, bookmark = read(connector, "partners")
    books.tick(3600)
    books.db.put("res.partner", person, phone="+56 9 6123 4578", active=False)
    row = only(read(connector, "partners", bookmark))
    assert row["contacts"][0]["phone"] == "+56 9 6123 4578"
    assert other


def test_nothing_is_lost_or_told_twice_when_each_page_is_read_by_a_new_process(
    odoo: FakeOdoo, connected: Connect
) -> None:
    ids = [odoo.books.partner(f"Persona {n}") for n in range(11)]
    seen: list[int] = []
    bookmark: Bookmark | None = None
    while len(seen) < 11:
        pages = connected(odoo, page_size=3).read(BY_NAME["partners"], bookmarks={"": bookmark} if bookmark else {})
        page = next(pages)
        seen += [record.fields["id"] for record in page.records]
        bookmark = page.bookmark
    assert seen == ids


def test_a_change_of_the_same_second_as_the_bookmark_is_not_missed(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    first = books.partner("Ana Soto")
    connector = connected(odoo)
    _, bookmark = read(connector, "partners")
    books.tick(0.2)  # the text of a stamp has whole seconds
    second = books.partner("Beto Soto")
    assert [r.fields["id"] for r in read(connector, "partners", bookmark)[0]] == [first, second]


def test_what_commits_late_is_read_inside_the_overlap(plain: FakeOdoo, connected: Connect) -> None:
    books = plain.books
    connector = connected(plain, overlap_seconds=300)
    _, bookmark = read(connector, "partners")
    started = books.db.now
    books.tick(200)
    _, bookmark = read(connector, "partners", bookmark)
    late = books.partner("Ana Soto")
    books.db.row("res.partner", late).update(create_date=started, write_date=started)
    assert [r.fields["id"] for r in read(connector, "partners", bookmark)[0]] == [late]


def test_all_keys_are_listed_with_odoos_own_count(odoo: FakeOdoo, connected: Connect) -> None:
    ids = [odoo.books.partner(f"Persona {n}", active=n % 2 == 0) for n in range(5)]
    pages = list(connected(odoo, page_size=2).list_keys(BY_NAME["partners"], bookmarks={}).pages)
    assert [key for page in pages for (key,) in page.keys] == [str(number) for number in ids]
    assert (pages[-1].last, pages[-1].total) == (True, 5)


def test_without_l10n_latam_the_number_is_read_and_a_finding_says_what_lacks(connected: Connect) -> None:
    with serving(Books(16, latam=False)) as odoo:
        odoo.books.partner("Ana Soto", vat="12.531.909-2", country_id=odoo.books.chile)
        connector = connected(odoo)
        row = only(read(connector, "partners"))
        assert (row["vat"], row["identification_type"], row["identification_country"]) == ("12.531.909-2", None, "CL")
        [debtor] = mapped("partners", row).debtors
        assert [i.value for i in debtor.identifiers] == ["125319092"]
        findings = {finding.what: finding for finding in connector.check()}
        assert all(finding.ok for finding in findings.values()), findings
        lacking = findings["optional field res.partner.l10n_latam_identification_type_id"]
        assert "without the kind of identification" in lacking.detail


def test_amounts_of_another_currency_keep_its_digits(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    invoice = books.invoice(books.partner("Ana Soto"), "0.10", "0.20", currency_id=books.usd)
    books.pay(invoice, "0.15")
    row = only(read(connected(odoo), "invoices"))
    assert (row["currency"], row["amount_total"], row["balance"]) == ("USD", Decimal("0.30"), Decimal("0.15"))


def test_a_credit_note_is_negative_and_no_debt(odoo: FakeOdoo, connected: Connect) -> None:
    odoo.books.invoice(odoo.books.partner("Ana Soto"), "5000", move_type="out_refund")
    row = only(read(connected(odoo), "invoices"))
    assert (row["amount_total"], row["balance"]) == (Decimal(-5000), Decimal(-5000))
    assert not mapped("invoices", row).debts


def test_an_invoice_that_was_reset_or_cancelled_owes_nothing(odoo: FakeOdoo, connected: Connect) -> None:
    books = odoo.books
    invoice = books.invoice(books.partner("Ana Soto"), "5000")
    for state, status in (("draft", "draft"), ("cancel", "cancelled")):
        books.db.put("account.move", invoice, state=state)
        row = only(read(connected(odoo), "invoices"))
        [debt] = mapped("invoices", row).debts
        assert (debt.fields["balance"], debt.fields["status"]) == ("0", status)


def test_one_company_is_read_and_check_names_the_others(plain: FakeOdoo, connected: Connect) -> None:
    books = plain.books
    who = books.partner("Ana Soto")
    ours, theirs = books.invoice(who, "1000"), books.invoice(who, "2000", company_id=books.sister)
    assert only(read(connected(plain), "invoices"))["id"] == ours
    assert only(read(connected(plain, company="Hermana SpA"), "invoices"))["id"] == theirs
    assert only(read(connected(plain, company=str(books.sister)), "invoices"))["id"] == theirs
    assert len(read(connected(plain, company="all"), "invoices")[0]) == 2
    company = next(finding for finding in connected(plain).check() if finding.what == "company")
    assert company.ok
    assert "Not read: Hermana SpA" in company.detail
    with pytest.raises(ConfigurationInvalid, match="Use one of: Acreedora SpA, Hermana SpA"):
        read(connected(plain, company="Prima SpA"), "invoices")


def test_check_says_which_permission_is_missing(odoo: FakeOdoo, connected: Connect) -> None:
    odoo.books.forbidden |= {("account.payment", "read"), ("account.payment.register", "create")}
    broken = {finding.what: finding.detail for finding in connected(odoo).check() if not finding.ok}
    assert set(broken) == {"read account.payment", "register payments (wizard account.payment.register)"}
    assert "may not read account.payment" in broken["read account.payment"]
    with pytest.raises(PermissionMissing, match=r"account\.payment"):
        read(connected(odoo), "payments")


def test_check_passes_and_names_version_and_interface(odoo: FakeOdoo, connected: Connect) -> None:
    findings = connected(odoo).check()
    assert all(finding.ok for finding in findings), [finding for finding in findings if not finding.ok]
    assert findings[0].detail.startswith(f"Odoo {odoo.books.series}.0")


@pytest.mark.parametrize("transport", ["auto", "xmlrpc"])
def test_a_wrong_key_is_refused_once_and_never_shown(plain: FakeOdoo, connected: Connect, transport: str) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        read(connected(plain, api_key="equivocada-99", transport=transport), "partners")
    assert "equivocada" not in str(refused.value)


def test_a_wrong_key_of_json2_is_refused(connected: Connect) -> None:
    with serving(Books(19)) as odoo, pytest.raises(CredentialsRefused):
        read(connected(odoo, api_key="equivocada-99"), "partners")


def test_a_password_is_used_where_there_is_no_key(connected: Connect) -> None:
    with serving(Books(19)) as odoo:
        odoo.books.partner("Ana Soto")
        assert only(read(connected(odoo, api_key=None, password=PASSWORD), "partners"))["name"] == "Ana Soto"
        assert "/jsonrpc" in odoo.paths


def test_a_database_that_is_not_there_is_named(plain: FakeOdoo, connected: Connect) -> None:
    with pytest.raises(ConfigurationInvalid, match="pruebas"):
        read(connected(plain, database="pruebas"), "partners")


def test_a_server_without_the_old_interfaces_is_spoken_to_by_json2(connected: Connect) -> None:
    with serving(Books(22), interfaces=frozenset({"json2"})) as odoo:
        odoo.books.partner("Ana Soto")
        assert only(read(connected(odoo, username=None), "partners"))["name"] == "Ana Soto"
        assert KEY not in str(odoo.paths)


def test_something_that_is_no_odoo_is_named(connected: Connect) -> None:
    with (
        serving(Books(17), interfaces=frozenset()) as odoo,
        pytest.raises(ConfigurationInvalid, match="not as an Odoo"),
    ):
        read(connected(odoo), "partners")


def test_a_maintenance_page_with_200_stops_the_stream(plain: FakeOdoo, connected: Connect) -> None:
    connector = connected(plain)
    connector.check()
    plain.befall("search_read", status=200, body=b"<html>Estamos en mantenimiento</html>")
    with pytest.raises(RunMustStop, match="maintenance page"):
        read(connector, "partners")


def test_a_server_error_is_tried_again(odoo: FakeOdoo, connected: Connect) -> None:
    odoo.books.partner("Ana Soto")
    connector = connected(odoo)
    connector.check()
    odoo.befall("search_read", times=2, status=502)
    assert only(read(connector, "partners"))["name"] == "Ana Soto"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update"),
        ("psycopg2.errors.LockNotAvailable", "could not obtain lock on row in relation res_partner"),
        ("odoo.exceptions.ConcurrencyError", "Cannot grab a lock on records"),
    ],
)
def test_what_was_locked_may_be_tried_later(odoo: FakeOdoo, connected: Connect, name: str, message: str) -> None:
    connector = connected(odoo)
    connector.check()
    odoo.befall("search_read", times=9, refusal=Refused(name, message))
    with pytest.raises(RetryLater):
        read(connector, "partners")


def test_a_field_that_vanished_is_named(plain: FakeOdoo, connected: Connect) -> None:
    del plain.books.db.known("account.move").fields["amount_residual"]
    with pytest.raises(RunMustStop, match=r"shows no amount_residual on account\.move"):
        read(connected(plain), "invoices")


def test_a_cell_of_another_type_costs_its_row_alone(plain: FakeOdoo, connected: Connect) -> None:
    books = plain.books
    who = books.partner("Ana Soto")
    good, bad = books.invoice(who, "1000"), books.invoice(who, "2000")
    books.db.row("account.move", bad)["name"] = 123  # a number that has lost its leading zeros
    [page] = connected(plain).read(BY_NAME["invoices"], bookmarks={})
    assert [record.fields["id"] for record in page.records] == [good]
    assert [(row.key, row.column) for row in page.bad_rows] == [((str(bad),), "name")]


def test_a_bookmark_of_another_connector_is_refused(plain: FakeOdoo, connected: Connect) -> None:
    with pytest.raises(RunMustStop, match="not written by this connector"):
        read(connected(plain), "partners", Bookmark(cursor="2026-01-01T00:00:00+00:00", tie="7"))


def test_only_customers_are_read_when_asked_and_a_first_invoice_makes_one(plain: FakeOdoo, connected: Connect) -> None:
    books = plain.books
    books.partner("Proveedor")
    who = books.partner("Ana Soto")
    connector = connected(plain, partners="customers")
    records, bookmark = read(connector, "partners")
    assert records == []
    books.tick(3600)
    books.invoice(who, "1000")
    books.db.row("res.partner", who)["customer_rank"] = 1  # Odoo writes it past the stamps
    assert only(read(connector, "partners", bookmark))["id"] == who
