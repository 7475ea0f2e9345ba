"""EspoCRM, Dolibarr and ERPNext where they have habits of their own, against small servers of their documentation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from concilia.errors import (
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RecordRejected,
    RetryLater,
    RunMustStop,
)
from concilia.records import Bookmark, Record
from concilia.vault import Secret
from connectors import dolibarr, erpnext, espocrm
from connectors.contract import (
    AgreementOrder,
    ConnectionSettings,
    Connector,
    ContactOrder,
    Operation,
    PaymentOrder,
    Receipt,
    ReversalOrder,
    Step,
    StreamRequest,
)
from tests.fake_rest import dolibarr as fake_dolibarr
from tests.fake_rest import erpnext as fake_erpnext
from tests.fake_rest import espocrm as fake_espocrm
from tests.fake_rest.serving import Said, Served, serving


@contextmanager
def a_dolibarr(**settings: Any) -> Iterator[tuple[fake_dolibarr.Dolibarr, Served, Connector]]:
    books = fake_dolibarr.Dolibarr()
    with serving(books.answer) as served:
        given = {"url": served.url, "api_key": Secret(fake_dolibarr.KEY), "bank_account": 1, **settings}
        connector = dolibarr.connect(ConnectionSettings("erp", given, ".", sleep=lambda _: None))
        yield books, served, connector
        connector.close()


@contextmanager
def an_espocrm(**settings: Any) -> Iterator[tuple[fake_espocrm.EspoCrm, Served, Connector]]:
    crm = fake_espocrm.EspoCrm()
    with serving(crm.answer) as served:
        given = {"url": served.url, "api_key": Secret(fake_espocrm.KEY), **settings}
        connector = espocrm.connect(ConnectionSettings("crm", given, ".", sleep=lambda _: None))
        yield crm, served, connector
        connector.close()


@contextmanager
def an_erpnext(**settings: Any) -> Iterator[tuple[fake_erpnext.ErpNext, Served, Connector]]:
    erp = fake_erpnext.ErpNext()
    with serving(erp.answer) as served:
        given = {"url": served.url, "api_key": Secret(fake_erpnext.KEY), "api_secret": Secret(fake_erpnext.SECRET),
                 "bank_account": "Banco - AC", "time_zone": "America/Bogota", **settings}  # fmt: skip
        connector = erpnext.connect(ConnectionSettings("erp", given, ".", sleep=lambda _: None))
        yield erp, served, connector
        connector.close()


def everything(connector: Connector, stream: str, known: Bookmark | None = None) -> list[Record]:
    pages = connector.read(StreamRequest(stream), bookmarks={} if known is None else {"": known})
    return [record for page in pages for record in page.records]


def last_bookmark(connector: Connector, stream: str) -> Bookmark:
    found = [page.bookmark for page in connector.read(StreamRequest(stream), bookmarks={}) if page.bookmark]
    return found[-1]


def payment(debt: Any, reference: str = "r1", amount: str = "1000.50") -> PaymentOrder:
    return PaymentOrder("k", str(debt), amount, "CLP", "2026-11-02", "transfer", reference)


# Dolibarr


@pytest.mark.parametrize("lists_empty", [False, True])
def test_dolibarr_says_404_or_an_empty_list_for_none(lists_empty: bool) -> None:
    with a_dolibarr() as (books, _, connector):
        books.lists_empty = lists_empty
        assert everything(connector, "thirdparties") == []
        assert everything(connector, "payments") == []


def test_dolibarr_without_that_part_of_its_api_is_no_empty_list() -> None:
    with a_dolibarr() as (_, served, connector):
        served.befall(Said(404, {"error": {"code": 404, "message": "Not Found"}}), path="/invoices")
        with pytest.raises(RunMustStop, match="404"):
            everything(connector, "invoices")


@pytest.mark.parametrize("path", ["", "/", "/api/index.php", "/api/index.php/"])
def test_dolibarr_is_found_with_or_without_the_path_of_its_api(path: str) -> None:
    books = fake_dolibarr.Dolibarr()
    books.third_party("Ana Núñez")
    with serving(books.answer) as served:
        given = {"url": served.url + path, "api_key": Secret(fake_dolibarr.KEY)}
        connector = dolibarr.connect(ConnectionSettings("erp", given, "."))
        assert [record.fields["name"] for record in everything(connector, "thirdparties")] == ["Ana Núñez"]
        connector.close()


def test_dolibarrs_moments_and_amounts_are_days_and_exact() -> None:
    with a_dolibarr(time_zone="America/Santiago") as (books, _, connector):
        books.invoice(books.third_party("Ana Núñez"), "1234567.89")
        [invoice] = everything(connector, "invoices")
        today = books.now().astimezone(ZoneInfo("America/Santiago")).date()
        assert invoice.fields["date"] == today
        assert invoice.fields["due_date"] == today + timedelta(days=30)
        assert invoice.fields["total_ttc"] == invoice.fields["remaintopay"] == Decimal("1234567.89")


@pytest.mark.parametrize("zone", [None, "America/Santiago"])
def test_dolibarr_misses_nothing_whatever_zone_its_server_is_in(zone: str | None) -> None:
    settings = {"overlap_seconds": 0, **({"time_zone": zone} if zone else {})}
    with a_dolibarr(**settings) as (books, _, connector):
        books.third_party("Ana Núñez")
        known = last_bookmark(connector, "thirdparties")
        number = books.third_party("Beto Ñandú")
        assert str(number) in {record.key[0] for record in everything(connector, "thirdparties", known)}


def test_a_partial_payment_in_dolibarr_is_seen_although_no_stamp_moved() -> None:
    with a_dolibarr(overlap_seconds=0, time_zone="America/Santiago") as (books, _, connector):
        old = books.now() - timedelta(days=30)
        invoice = books.invoice(books.third_party("Ana Núñez"), "50000")
        books.tables["invoices"][invoice]["tms"] = old.replace(microsecond=0)
        newer = books.invoice(books.third_party("Beto Ñandú"), "10")
        known = last_bookmark(connector, "invoices")
        list(connector.write(Operation.REGISTER_PAYMENT, [payment(invoice)]))
        found = {record.key[0]: record.fields["remaintopay"] for record in everything(connector, "invoices", known)}
        assert found[str(invoice)] == Decimal("48999.5")
        paid = everything(connector, "payments", known)
        assert [(r.fields["num"], r.fields["amount"], r.fields["date"]) for r in paid] == [
            ("Concilia r1", Decimal("1000.5"), date(2026, 11, 2))
        ]
        assert str(newer) in found


def test_dolibarr_is_paid_what_was_ordered_and_never_all_that_remains() -> None:
    with a_dolibarr() as (books, served, connector):
        invoice = books.invoice(books.third_party("Ana Núñez"), "50000")
        [receipt] = connector.write(Operation.REGISTER_PAYMENT, [payment(invoice)])
        assert isinstance(receipt, Receipt)
        assert receipt.balance == "48999.5"
        assert books.paid(invoice) == Decimal("1000.50")
        posts = [asked.path for asked in served.asked if asked.method == "POST"]
        assert posts == ["/api/index.php/invoices/paymentsdistributed"]


def test_a_payment_in_dolibarr_keeps_its_day_in_every_zone() -> None:
    with a_dolibarr() as (books, _, connector):
        for zone in ("America/Tijuana", "America/Sao_Paulo", "Europe/Madrid"):
            books.zone = ZoneInfo(zone)
            invoice = books.invoice(books.third_party("Ana Núñez"), "50000")
            list(connector.write(Operation.REGISTER_PAYMENT, [payment(invoice, zone)]))
            [line] = books._payments(invoice)
            assert line["date"].startswith("2026-11-02")


@pytest.mark.parametrize(("statut", "code"), [("0", "debt_closed"), ("2", "debt_closed"), ("3", "debt_closed")])
def test_dolibarr_is_not_asked_to_pay_what_is_not_open(statut: str, code: str) -> None:
    with a_dolibarr() as (books, _, connector):
        invoice = books.invoice(books.third_party("Ana Núñez"), "50000", statut=statut)
        [answer] = connector.write(Operation.REGISTER_PAYMENT, [payment(invoice)])
        assert isinstance(answer, RecordRejected)
        assert answer.code == code


def test_a_payment_whose_answer_was_lost_is_found_in_dolibarr_by_its_number_alone() -> None:
    with a_dolibarr() as (books, served, connector):
        invoice = books.invoice(books.third_party("Ana Núñez"), "50000")
        served.befall(Said(cut=True), method="POST", path="paymentsdistributed", carried_out=True)
        [lost] = connector.write(Operation.REGISTER_PAYMENT, [payment(invoice)])
        assert isinstance(lost, OutcomeUnknown)
        assert set(connector.look_up("payments", ["r1", "r2"])) == {"r1"}


def test_dolibarr_takes_no_payments_without_a_bank_account_and_no_reversals_at_all() -> None:
    with a_dolibarr(bank_account=None) as (_, _, connector):
        assert set(connector.capabilities.writes) == {Operation.RECORD_AGREEMENT, Operation.UPDATE_CONTACT}


def test_what_is_agreed_stands_on_the_debtor_where_dolibarr_knows_no_such_invoice() -> None:
    with a_dolibarr() as (books, _, connector):
        debtor = books.third_party("Ana Núñez")
        order = AgreementOrder("k", "ref-7", "a1", "recorded", "", str(debtor), "promise", "active", "1000", "CLP",
                               "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago")  # fmt: skip
        [receipt] = connector.write(Operation.RECORD_AGREEMENT, [order])
        assert isinstance(receipt, Receipt)
        [event] = books.tables["agendaevents"].values()
        assert (event["label"], event["socid"], event["userownerid"]) == ("Concilia ref-7", str(debtor), 1)


# EspoCRM


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": Secret(fake_espocrm.KEY)},
        {"auth": "hmac", "api_key": Secret(fake_espocrm.KEY), "secret_key": Secret(fake_espocrm.SECRET)},
        {"auth": "basic", "username": fake_espocrm.USER, "password": Secret(fake_espocrm.PASSWORD), "api_key": None},
    ],
)
def test_espocrm_is_signed_in_to_in_three_ways(settings: dict[str, Any]) -> None:
    with an_espocrm(**settings) as (crm, _, connector):
        number = crm.account("Comercial Ñuñoa", cRut="76.086.428-5")
        assert [record.key for record in everything(connector, "accounts")] == [(number,)]
        assert connector.look_up("accounts", [number])[number].fields["name"] == "Comercial Ñuñoa"


def test_espocrm_gives_more_than_a_page_stamped_in_one_second() -> None:
    with an_espocrm(page_size=7, overlap_seconds=0) as (crm, _, connector):
        at = crm.now() - timedelta(hours=1)
        made = {crm.account(f"Comercial {n}", at=at) for n in range(40)} | {crm.account("Última")}
        found = [record.key[0] for record in everything(connector, "accounts")]
        assert set(found) == made
        assert len(found) == len(made)


def test_espocrm_is_never_asked_for_more_than_200() -> None:
    with an_espocrm() as (_, served, connector):
        everything(connector, "accounts")
        assert {asked.query["maxSize"] for asked in served.asked} == {"200"}


def test_a_tax_number_of_espocrm_is_in_the_field_that_the_settings_name() -> None:
    with an_espocrm(tax_id_field="cRut", more_fields="cSegmento, cZona") as (crm, _, connector):
        crm.account("Comercial Ñuñoa", cRut="76.086.428-5", cSegmento="PYME")
        [record] = everything(connector, "accounts")
        assert (record.fields["tax_id"], record.fields["cSegmento"]) == ("76.086.428-5", "PYME")
        accounts = connector.discover()[0]
        assert {"cSegmento", "cZona"} <= set(accounts.columns)


def test_debts_of_espocrm_are_the_entity_that_the_settings_name() -> None:
    with an_espocrm(debt_entity="CDebt") as (crm, _, connector):
        number = crm.put("CDebt", {"number": "F-1", "amountDue": 1500.5, "accountId": "x"})
        [record] = everything(connector, "debts")
        assert (record.key, record.fields["amountDue"]) == ((number,), Decimal("1500.5"))
    with an_espocrm() as (_, _, connector):
        assert "debts" not in connector.capabilities.streams


@pytest.mark.parametrize("kind", ["Account", "Contact"])
def test_what_is_agreed_is_a_task_of_the_account_or_contact_in_espocrm(kind: str) -> None:
    with an_espocrm() as (crm, _, connector):
        number = crm.account("Ana Núñez") if kind == "Account" else crm.contact("Ana", "Núñez")
        order = AgreementOrder("k", "ref-7", "a1", "recorded", "", number, "promise", "active", "1000", "CLP",
                               "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago")  # fmt: skip
        [receipt] = connector.write(Operation.RECORD_AGREEMENT, [order])
        assert isinstance(receipt, Receipt)
        [task] = crm.tables["Task"].values()
        assert (task["parentType"], task["parentId"], task["dateEndDate"]) == (kind, number, "2026-12-01")


def test_espocrm_says_why_in_a_header() -> None:
    with (
        an_espocrm(api_key=Secret(fake_espocrm.WEAK_KEY)) as (_, _, connector),
        pytest.raises(PermissionMissing, match="No read access to Contact"),
    ):
        everything(connector, "contacts")


def test_a_duplicate_that_espocrm_sees_is_a_refusal_and_no_edit_of_somebody() -> None:
    order = ContactOrder("k", "r", "accounts", "", "phone", {"phoneNumber": "+56981215279"}, {"phoneNumber": None})
    with an_espocrm() as (crm, served, connector):
        number = crm.account("Comercial Ñuñoa")
        served.befall(Said(409, b"", {"X-Status-Reason": "Duplicate"}), method="PUT")
        [answer] = connector.write(Operation.UPDATE_CONTACT, [replace(order, record=number)])
        assert isinstance(answer, RecordRejected)
        assert "Duplicate" in str(answer)


def test_a_busy_system_is_told_in_its_own_words() -> None:
    with a_dolibarr() as (_, served, connector):
        said = Said(503, {"error": {"code": 503, "message": "Service Unavailable: Error when retrieve thirdparties"}})
        served.befall(said, path="/thirdparties", times=4)
        with pytest.raises(RetryLater, match="Error when retrieve thirdparties"):
            everything(connector, "thirdparties")


def test_a_wrong_key_of_espocrm_is_named() -> None:
    with an_espocrm(api_key=Secret("otra")) as (_, _, connector), pytest.raises(CredentialsRefused):
        everything(connector, "accounts")


# ERPNext


def test_a_payment_in_erpnext_is_drafted_then_submitted_and_a_draft_left_behind_is_gone_on_with() -> None:
    with an_erpnext() as (erp, served, connector):
        debt = erp.invoice(erp.customer("Ana Núñez"), "50000")
        served.befall(Said(503, b""), method="PUT", times=1)
        first = list(connector.write(Operation.REGISTER_PAYMENT, [payment(debt)]))
        assert isinstance(first[0], Step)
        assert isinstance(first[1], OutcomeUnknown)
        assert connector.look_up("payments", ["r1"]) == {}, "a draft is not paid yet"
        [receipt] = connector.write(Operation.REGISTER_PAYMENT, [payment(debt)])
        assert isinstance(receipt, Receipt)
        assert receipt.balance == "48999.5"
        assert [row["docstatus"] for row in erp.tables["Payment Entry"].values()] == [1]


def test_a_step_that_was_kept_is_not_made_again() -> None:
    with an_erpnext() as (erp, _, connector):
        debt = erp.invoice(erp.customer("Ana Núñez"), "50000")
        step, receipt = connector.write(Operation.REGISTER_PAYMENT, [payment(debt)])
        assert isinstance(step, Step)
        assert isinstance(receipt, Receipt)
        resumed = replace(payment(debt, "r2"), done={"first": step})
        [again] = connector.write(Operation.REGISTER_PAYMENT, [resumed])
        assert isinstance(again, OutcomeUnknown), "the step is of another payment: it is not found under this one"
        assert len(erp.tables["Payment Entry"]) == 1


def test_payments_of_erpnext_say_which_invoices_they_are_for() -> None:
    with an_erpnext() as (erp, _, connector):
        debt = erp.invoice(erp.customer("Ana Núñez"), "50000")
        list(connector.write(Operation.REGISTER_PAYMENT, [payment(debt)]))
        [record] = everything(connector, "payments")
        [line] = record.fields["references"]
        assert (line["reference_name"], line["allocated_amount"]) == (debt, Decimal("1000.50"))


def test_a_payment_in_erpnext_is_cancelled_once() -> None:
    with an_erpnext() as (erp, _, connector):
        debt = erp.invoice(erp.customer("Ana Núñez"), "50000")
        list(connector.write(Operation.REGISTER_PAYMENT, [payment(debt)]))
        order = ReversalOrder("k2", debt, "1000.50", "CLP", "2026-11-03", "rev-1", "r1")
        first, second = (list(connector.write(Operation.REGISTER_REVERSAL, [order])) for _ in range(2))
        assert [a.found_before for a in (*first, *second) if isinstance(a, Receipt)] == [False, True]
        assert erp.tables["Sales Invoice"][debt]["outstanding_amount"] == 50000


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"unit": "USD"}, "other_unit"), ({"amount": "60000"}, "above_balance"), ({"debt": "X"}, "unknown_debt")],
)
def test_erpnext_is_not_asked_for_what_it_would_refuse(changes: dict[str, str], code: str) -> None:
    with an_erpnext() as (erp, _, connector):
        debt = erp.invoice(erp.customer("Ana Núñez"), "50000")
        [answer] = connector.write(Operation.REGISTER_PAYMENT, [replace(payment(debt), **changes)])
        assert isinstance(answer, RecordRejected)
        assert answer.code == code
        assert not erp.tables["Payment Entry"]


def test_invoices_of_another_company_and_credit_notes_of_erpnext_are_left_out() -> None:
    with an_erpnext(company="Acreedora SpA") as (erp, _, connector):
        debt = erp.invoice(erp.customer("Ana Núñez"), "50000")
        other, note = (erp.invoice(erp.customer("Beto"), "10") for _ in range(2))
        erp.tables["Sales Invoice"][other]["company"] = "Otra SpA"
        erp.tables["Sales Invoice"][note]["is_return"] = 1
        assert [record.key[0] for record in everything(connector, "invoices")] == [debt]
