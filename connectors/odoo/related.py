"""What belongs to a page of rows and stands in other models: contacts, receivable lines, matches, small tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from concilia.errors import PermissionMissing, RunMustStop
from connectors.odoo.client import OdooClient
from connectors.odoo.shapes import Currency, OfInvoice, OfPayment, Tables
from connectors.odoo.values import Domain, Row, any_of, ident, text

PARTNERS: Final = "res.partner"
MOVES: Final = "account.move"
LINES: Final = "account.move.line"
PAYMENTS: Final = "account.payment"
MATCHES: Final = "account.partial.reconcile"
CUSTOMER_TYPES: Final = ["out_invoice", "out_refund"]
IDENTIFICATION: Final = "l10n_latam.identification.type"
DOCUMENTS: Final = "l10n_latam.document.type"

STAMPS: Final = ("write_date", "create_date")
_REACHABLE: Final = (
    "email", "phone", "mobile", "street", "street2", "city", "zip", "state_id", "country_id",
)  # fmt: skip
CONTACT_FIELDS: Final = ("name", "type", "function", "active", "commercial_partner_id", *_REACHABLE, *STAMPS)
_LINE_FIELDS: Final = (
    "move_id", "date_maturity", "currency_id", "balance", "amount_currency", "amount_residual",
    "amount_residual_currency", "reconciled", *STAMPS,
)  # fmt: skip


def present(client: OdooClient, model: str, names: Iterable[str]) -> list[str]:
    """Those of the fields that the model has in this database."""
    there = client.fields(model)
    return [name for name in names if name in there]


def receivable(client: OdooClient) -> Domain:
    """Lines of receivable accounts: the field that says so has another name before the series 16."""
    if "account_type" in client.fields(LINES):
        return [["account_type", "=", "asset_receivable"]]
    return [["account_internal_type", "=", "receivable"]]


def places(client: OdooClient) -> Tables:
    """The small tables that partners point into, read once."""
    if "places" not in client.kept:
        countries = client.all_rows("res.country", [], fields=["code"])
        known = {int(row["id"]): str(row["code"]) for row in countries if row["code"]}
        kinds = _identification_types(client, countries=known)
        client.kept["places"] = Tables(countries=known, identification_types=kinds)
    found: Tables = client.kept["places"]
    return found


def money(client: OdooClient) -> Tables:
    """The small tables that invoices and payments point into, read once."""
    if "money" not in client.kept:
        rows = client.all_rows("res.currency", [], fields=["name", "decimal_places"])
        currencies = {int(row["id"]): Currency(str(row["name"]), int(row["decimal_places"])) for row in rows}
        client.kept["money"] = Tables(currencies=currencies, document_types=_document_types(client))
    found: Tables = client.kept["money"]
    return found


def _identification_types(client: OdooClient, *, countries: Mapping[int, str]) -> dict[int, Row]:
    """Kinds of identification with their country and a code of ours, such as CL:RUT; empty without l10n_latam_base."""
    if "l10n_latam_identification_type_id" not in client.fields(PARTNERS):
        return {}
    found = {}
    try:
        wanted = present(client, IDENTIFICATION, ("name", "country_id", "is_vat"))
        for row in client.all_rows(IDENTIFICATION, [], fields=wanted):
            country = countries.get(ident(row.get("country_id")) or 0)
            found[int(row["id"])] = {"code": f"{country or '*'}:{text(row, 'name')}", "country": country}
    except (RunMustStop, PermissionMissing):  # check() says so; the numbers themselves are read without their kind
        return {}
    return found


def _document_types(client: OdooClient) -> dict[int, str]:
    if "l10n_latam_document_type_id" not in client.fields(MOVES):
        return {}
    try:
        return {int(row["id"]): str(row["code"]) for row in client.all_rows(DOCUMENTS, [], fields=["code"])}
    except (RunMustStop, PermissionMissing):
        return {}


def contacts_of(client: OdooClient, partners: Sequence[Row]) -> dict[int, list[Row]]:
    """The contacts and addresses below each commercial partner, by its id."""
    domain: Domain = [
        ["commercial_partner_id", "in", [row["id"] for row in partners]],
        ["parent_id", "!=", False],
        ["is_company", "=", False],
    ]
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in client.all_rows(PARTNERS, domain, fields=present(client, PARTNERS, CONTACT_FIELDS)):
        found[ident(row["commercial_partner_id"]) or 0].append(row)
    return found


def of_invoices(client: OdooClient, invoices: Sequence[Row]) -> dict[int, OfInvoice]:
    """The receivable lines of each invoice, and the payments without a journal entry that are meant for it."""
    numbers = [row["id"] for row in invoices]
    lines: defaultdict[int, list[Row]] = defaultdict(list)
    domain: Domain = [["move_id", "in", numbers], *receivable(client)]
    for row in client.all_rows(LINES, domain, fields=present(client, LINES, _LINE_FIELDS)):
        lines[ident(row["move_id"]) or 0].append(row)
    unposted = _unposted(client, [row["id"] for row in invoices if row.get("state") == "posted"])
    return {number: OfInvoice(lines[number], unposted.get(number, ())) for number in numbers}


def _unposted(client: OdooClient, invoices: Sequence[int]) -> dict[int, list[Row]]:
    """From the series 18 on a payment may have no journal entry until its bank statement is matched."""
    if "invoice_ids" not in client.fields(PAYMENTS) or not invoices:
        return {}
    standing = ["state", "in", ["in_process", "paid"]]
    domain: Domain = [standing, ["move_id", "=", False], ["invoice_ids", "in", list(invoices)]]
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in client.all_rows(PAYMENTS, domain, fields=["amount", "currency_id", "state", "invoice_ids", *STAMPS]):
        meant = row["invoice_ids"] or []
        if len(meant) == 1:  # of one for several invoices nobody can say how much is meant for which
            found[meant[0]].append(row)
    return found


def of_payments(client: OdooClient, payments: Sequence[Row]) -> dict[int, OfPayment]:
    """What each payment was matched with, in the payment's currency, and the stamps of its journal entry."""
    numbers = [row["id"] for row in payments]
    matches = _matched(client, numbers)
    entries = _entries(client, payments)
    found = {}
    for row in payments:
        known: list[Mapping[str, Any]] = matches.get(row["id"], [])
        meant = row.get("invoice_ids") or []
        if not known and not row.get("move_id") and len(meant) == 1:
            known = [{"invoice": meant[0], "amount": row["amount"]}]
        found[row["id"]] = OfPayment(known, entries.get(ident(row.get("move_id")) or 0, {}))
    return found


def _entries(client: OdooClient, payments: Sequence[Row]) -> dict[int, Row]:
    numbers = [number for row in payments if (number := ident(row.get("move_id"))) is not None]
    if not numbers:
        return {}
    found = client.all_rows(MOVES, [["id", "in", numbers]], fields=list(STAMPS))
    return {int(row["id"]): row for row in found}


def _matched(client: OdooClient, payments: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    own: dict[int, int] = {}
    domain: Domain = [["payment_id", "in", list(payments)], *receivable(client)]
    for row in client.all_rows(LINES, domain, fields=["payment_id"]):
        own[int(row["id"])] = ident(row["payment_id"]) or 0
    if not own:
        return {}
    partials = list(
        client.all_rows(
            MATCHES,
            [["credit_move_id", "in", sorted(own)]],
            fields=["debit_move_id", "credit_move_id", "credit_amount_currency"],
        )
    )
    other = sorted({ident(row["debit_move_id"]) or 0 for row in partials})
    domain = [["id", "in", other], ["move_id.move_type", "in", CUSTOMER_TYPES]]
    invoices = {int(row["id"]): ident(row["move_id"]) for row in client.all_rows(LINES, domain, fields=["move_id"])}
    found: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    for row in partials:
        meant = invoices.get(ident(row["debit_move_id"]) or 0)
        if meant is not None:
            of_it = found[own[ident(row["credit_move_id"]) or 0]]
            of_it[meant] = of_it.get(meant, 0) + row["credit_amount_currency"]
    return {
        number: [{"invoice": meant, "amount": value} for meant, value in sorted(of_it.items())]
        for number, of_it in found.items()
    }


def matched_since(since: str) -> Domain:
    """Lines that were matched at that moment or later: matching may leave the stamps of both sides alone."""
    return any_of(
        ["write_date", ">=", since],
        ["matched_debit_ids.write_date", ">=", since],
        ["matched_credit_ids.write_date", ">=", since],
    )
