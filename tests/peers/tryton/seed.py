"""Fill an empty Tryton database: a Chilean company with its ledger, and debtors with one posted invoice each.

Runs inside the peer's own environment. The company is set up through proteus, Tryton's own client; the mass of
parties and invoices goes through the ERP's models in one process, so that all its rules are applied and each
invoice is posted by Tryton itself. What was created is written to a JSON file, read back from the models.
"""

# ruff: noqa: N806  Tryton hands out its models as classes
from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import proteus
from debtors import REGIONS, Debtor, debtor
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

BATCH = 100
TERMS = {1: (30,), 2: (30, 60)}  # by number of instalments: days after the invoice date
Answer = TypeVar("Answer")


def set_up_company(today: dt.date) -> int:
    """Currency, company, chart of accounts, fiscal year from last January to the December after next, payment terms."""
    Currency = proteus.Model.get("currency.currency")
    peso = Currency(name="Peso chileno", symbol="$", code="CLP", numeric_code="152", rounding=Decimal(1), digits=0)
    peso.save()
    Party = proteus.Model.get("party.party")
    party = Party(name="Distribuidora Acreedora S.A.")
    party.save()
    create_company(party=party, currency=peso)
    company = get_company()
    create_chart(company)
    year = create_fiscalyear(company, (dt.date(today.year - 1, 1, 1), dt.date(today.year + 1, 12, 31)))
    set_fiscalyear_invoice_sequences(year).click("create_period")
    cash = get_accounts(company)["cash"]
    Journal = proteus.Model.get("account.journal")
    [journal] = Journal.find([("type", "=", "cash")], limit=1)
    Method = proteus.Model.get("account.invoice.payment.method")
    Method(name="Transferencia", journal=journal, credit_account=cash, debit_account=cash).save()
    for days in TERMS.values():
        _payment_term(days)
    return int(company.id)


def _payment_term(days: tuple[int, ...]) -> None:
    Term = proteus.Model.get("account.invoice.payment_term")
    term = Term(name=_term_name(days))
    for delay in days[:-1]:
        line = term.lines.new(type="percent_on_total", ratio=Decimal(1) / len(days))
        line.relativedeltas[0].days = delay
    term.lines.new(type="remainder").relativedeltas[0].days = days[-1]
    term.save()


def _term_name(days: tuple[int, ...]) -> str:
    return f"{len(days)} cuota(s): {', '.join(map(str, days))} días"


def create_geography() -> dict[str, int]:
    """Chile and the regions the debtors live in, by ISO 3166-2 code; the country under `CL`."""
    pool = Pool()
    Country, Subdivision = pool.get("country.country"), pool.get("country.subdivision")
    [country] = Country.create([{"name": "Chile", "code": "CL", "code3": "CHL", "code_numeric": "152"}])
    made = Subdivision.create(
        [{"name": name, "code": code, "type": "region", "country": country.id} for code, name in REGIONS.items()]
    )
    return {"CL": country.id, **{place.code: place.id for place in made}}


def create_parties(debtors: list[Debtor], places: dict[str, int]) -> list[int]:
    """The parties with their identifiers, contact mechanisms and addresses, in the order given."""
    Party = Pool().get("party.party")
    ids: list[int] = []
    for start in range(0, len(debtors), BATCH):
        ids += [p.id for p in Party.create([_party(found, places) for found in debtors[start : start + BATCH]])]
    return ids


def _party(found: Debtor, places: dict[str, int]) -> dict[str, Any]:
    mechanisms = [{"type": "mobile", "value": found.mobile}, {"type": "email", "value": found.email}]
    if found.landline:
        mechanisms.append({"type": "phone", "value": found.landline})
    # From the series 7.6 on a street may be kept in parts; the text people typed is in a field of its own then.
    street = "street_unstructured" if hasattr(Pool().get("party.address"), "street_unstructured") else "street"
    address = {
        street: found.street,
        "city": found.commune,
        "postal_code": found.postal_code,
        "country": places["CL"],
        "subdivision": places[found.region],
    }
    values: dict[str, Any] = {
        "name": found.name,
        "addresses": [("create", [address])],
        "contact_mechanisms": [("create", mechanisms)],
    }
    if found.rut:
        # Since the series 7.0 the type is called cl_vat, not cl_rut. The client refuses one whose check digit is
        # wrong: such numbers live in a Tryton as untyped identifiers.
        kind = "cl_vat" if found.rut_valid else None
        values["identifiers"] = [("create", [{"type": kind, "code": found.rut}])]
    return values


def post_invoices(debtors: list[Debtor], party_ids: list[int], *, today: dt.date) -> dict[int, int]:
    """One posted customer invoice each, numbered in the order of their dates; invoice id by party id."""
    Invoice = Pool().get("account.invoice")
    rows = sorted(zip(debtors, party_ids, strict=True), key=lambda row: (-row[0].days_old, row[1]))
    by_party: dict[int, int] = {}
    shared = _shared_values()
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        made = Invoice.create([_invoice(found, party, shared=shared, today=today) for found, party in batch])
        Invoice.post(made)
        by_party.update({invoice.party.id: invoice.id for invoice in made})
    return by_party


def _shared_values() -> dict[str, Any]:
    pool = Pool()
    Account, Term = pool.get("account.account"), pool.get("account.invoice.payment_term")
    company = pool.get("company.company")(Transaction().context["company"])

    def account(kind: str) -> int:
        [found] = Account.search(
            [(f"type.{kind}", "=", True), ("closed", "!=", True), ("company", "=", company.id)], limit=1
        )
        return int(found.id)

    [journal] = pool.get("account.journal").search([("type", "=", "revenue")], limit=1)
    terms = {parts: Term.search([("name", "=", _term_name(days))])[0].id for parts, days in TERMS.items()}
    return {
        "company": company.id,
        "currency": company.currency.id,
        "journal": journal.id,
        "terms": terms,
        "receivable": account("receivable"),
        "revenue": account("revenue"),
    }


def _invoice(found: Debtor, party: int, *, shared: dict[str, Any], today: dt.date) -> dict[str, Any]:
    [address] = Pool().get("party.party")(party).addresses
    line = {
        "type": "line",
        "description": "Servicios de distribución",
        "account": shared["revenue"],
        "quantity": 1.0,
        "unit_price": Decimal(found.amount),
        "currency": shared["currency"],
        "company": shared["company"],
    }
    return {
        "type": "out",
        "company": shared["company"],
        "party": party,
        "invoice_address": address.id,
        "account": shared["receivable"],
        "journal": shared["journal"],
        "currency": shared["currency"],
        "payment_term": shared["terms"][found.instalments],
        "invoice_date": today - dt.timedelta(days=found.days_old),
        "reference": f"OC-{party}",
        "lines": [("create", [line])],
    }


def truth(debtors: list[Debtor], party_ids: list[int], invoice_ids: dict[int, int]) -> list[dict[str, Any]]:
    """What stands in the database now, one object per party, for tests to compare with."""
    pool = Pool()
    Party, Invoice = pool.get("party.party"), pool.get("account.invoice")
    rows = []
    for found, party_id in zip(debtors, party_ids, strict=True):
        party, invoice = Party(party_id), Invoice(invoice_ids[party_id])
        rows.append(
            {
                "party": party_id,
                "code": party.code,
                "name": party.name,
                "company": found.company,
                "rut": found.rut,
                "rut_valid": found.rut_valid,
                "phones": [m.value for m in party.contact_mechanisms if m.type in {"mobile", "phone"}],
                "email": found.email,
                "commune": found.commune,
                "invoice": invoice.id,
                "number": invoice.number,
                "amount": str(invoice.total_amount),
                "issued": invoice.invoice_date.isoformat(),
                "due": sorted(line.maturity_date.isoformat() for line in invoice.lines_to_pay),
                "state": invoice.state,
            }
        )
    return rows


def in_transaction(work: Callable[[], Answer], *, database: str, company: int) -> Answer:
    """Do the work and commit it, as often as Tryton asks for another kind of transaction (it needs a lock first).

    User 0 is the ERP itself: all rules hold, but it is not asked to confirm due dates in the past.
    """
    wanted: dict[str, Any] = {}
    context = {"company": company, "language": "en"}
    while True:
        with Transaction().start(database, 0, context=context, **wanted) as transaction:
            try:
                answer = work()
            except TransactionError as fault:
                transaction.rollback()
                fault.fix(wanted)
                continue
            transaction.commit()
            return answer


def main() -> None:
    """Seed the database named on the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--parties", type=int, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    chosen = parser.parse_args()

    proteus.config.set_trytond(database=chosen.database, config_file=chosen.config)
    today = dt.date.today()  # noqa: DTZ011  the ERP's own business date
    company = set_up_company(today)
    debtors = [debtor(number) for number in range(chosen.parties)]

    def everything() -> list[dict[str, Any]]:
        party_ids = create_parties(debtors, create_geography())
        return truth(debtors, party_ids, post_invoices(debtors, party_ids, today=today))

    rows = in_transaction(everything, database=chosen.database, company=company)
    chosen.truth.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
