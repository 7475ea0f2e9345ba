"""Which streams exist, what each reads, and what makes its rows come again. No mapping.

A payment or a reconciliation lowers what an invoice owes and need not move the invoice's own stamp, nor need anything
move when a reconciliation is undone: its row is deleted. So each stream says where else to look (`touched`), and which
rows to count so that deletions show (`counted`). How a stream is paged and bookmarked is in `window.py`; what a row
becomes is in `shapes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.contract import StreamSchema
from connectors.odoo import shapes
from connectors.odoo.client import OdooClient
from connectors.odoo.related import (
    CONTACT_FIELDS,
    CUSTOMER_TYPES,
    LINES,
    MATCHES,
    MOVES,
    PARTNERS,
    PAYMENTS,
    STAMPS,
    contacts_of,
    matched_since,
    money,
    of_invoices,
    of_payments,
    places,
    receivable,
)
from connectors.odoo.settings import CUSTOMERS
from connectors.odoo.values import Domain, Row, any_of

Shape = Callable[[Row], Row]


@dataclass(frozen=True, slots=True)
class Source:
    """One stream: its model, what is asked of it, and what makes its rows come again.

    `shaped` reads what belongs to a page of rows and gives the function that makes a record's fields of one of them.
    `touched` gives the ids of rows that anything about has moved since. `counted` counts rows created up to a moment;
    when fewer are left than were counted, `reopened` says which rows to read besides (None: all).
    """

    schema: StreamSchema
    model: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    domain: Callable[[OdooClient], Domain]
    shaped: Callable[[OdooClient, Sequence[Row]], Shape]
    touched: Callable[[OdooClient, str], set[int]]
    counted: Callable[[OdooClient, str], int]
    reopened: Callable[[OdooClient], set[int] | None]

    def asked(self, client: OdooClient) -> list[str]:
        """The fields to read: those the database has."""
        there = client.fields(self.model)
        return [name for name in (*self.needed, *self.optional, *STAMPS) if name in there]

    def missing(self, client: OdooClient) -> list[str]:
        """Fields that the stream cannot do without and that are not there."""
        there = client.fields(self.model)
        return [name for name in self.needed if name not in there]


def _of_company(client: OdooClient) -> Domain:
    return [["company_id", "in", sorted(client.session.companies)]]


def _partners(client: OdooClient) -> Domain:
    of_company = ["company_id", "in", [False, *sorted(client.session.companies)]]
    found: Domain = [*any_of(["parent_id", "=", False], ["is_company", "=", True]), of_company]
    if client.settings.partners == CUSTOMERS:
        found.append(["customer_rank", ">", 0])
    return found


def _shaped_partners(client: OdooClient, rows: Sequence[Row]) -> Shape:
    contacts, known = contacts_of(client, rows), places(client)
    return lambda row: shapes.partner(row, contacts.get(row["id"], ()), tables=known)


_CONTACTS: Domain = [["parent_id", "!=", False], ["is_company", "=", False]]


def _touched_partners(client: OdooClient, since: str) -> set[int]:
    moved: Domain = [["write_date", ">=", since]]
    found = client.ids(PARTNERS, [*_partners(client), *moved])
    found |= client.ids(PARTNERS, [*_CONTACTS, *moved], field="commercial_partner_id")
    if client.settings.partners == CUSTOMERS:  # becoming a customer, by a first invoice, leaves the stamp alone
        invoiced: Domain = [["move_type", "in", CUSTOMER_TYPES], *moved]
        found |= client.ids(MOVES, invoiced, field="commercial_partner_id")
    return found


def _counted_contacts(client: OdooClient, until: str) -> int:
    return client.count(PARTNERS, [*_CONTACTS, ["create_date", "<=", until]])


def _invoices(client: OdooClient) -> Domain:
    """Invoices that were posted once: a draft that never was owes nothing."""
    if "posted_before" in client.fields(MOVES):
        standing = any_of(["state", "=", "posted"], ["posted_before", "=", True])
    else:
        standing = [["state", "in", ["posted", "cancel"]], ["name", "not in", ["/", False]]]
    return [["move_type", "in", CUSTOMER_TYPES], *standing, *_of_company(client)]


def _shaped_invoices(client: OdooClient, rows: Sequence[Row]) -> Shape:
    others, known = of_invoices(client, rows), money(client)
    return lambda row: shapes.invoice(row, others[row["id"]], tables=known)


def _touched_invoices(client: OdooClient, since: str) -> set[int]:
    found = client.ids(MOVES, [*_invoices(client), ["write_date", ">=", since]])
    lines: Domain = [["move_id.move_type", "in", CUSTOMER_TYPES], *receivable(client), *matched_since(since)]
    found |= client.ids(LINES, lines, field="move_id")
    if "invoice_ids" in client.fields(PAYMENTS):
        paid: Domain = [["write_date", ">=", since], ["invoice_ids", "!=", False]]
        found |= client.ids(PAYMENTS, paid, field="invoice_ids")
    return found


def _counted_matches(client: OdooClient, until: str) -> int:
    of_customers = any_of(
        ["debit_move_id.move_id.move_type", "in", CUSTOMER_TYPES],
        ["credit_move_id.move_id.move_type", "in", CUSTOMER_TYPES],
    )
    return client.count(MATCHES, [*of_customers, ["create_date", "<=", until]])


def _open_invoices(client: OdooClient) -> set[int]:
    """An invoice whose reconciliation was undone is open again, unless a newer one, which shows itself, closed it."""
    return client.ids(MOVES, [*_invoices(client), ["amount_residual", "!=", 0]])


def _payments(client: OdooClient) -> Domain:
    return [["partner_type", "=", "customer"], ["payment_type", "=", "inbound"], *_of_company(client)]


def _shaped_payments(client: OdooClient, rows: Sequence[Row]) -> Shape:
    others, known = of_payments(client, rows), money(client)
    return lambda row: shapes.payment(row, others[row["id"]], tables=known)


def _touched_payments(client: OdooClient, since: str) -> set[int]:
    moved = any_of(["write_date", ">=", since], ["move_id.write_date", ">=", since])
    found = client.ids(PAYMENTS, [*_payments(client), *moved])
    lines: Domain = [["payment_id", "!=", False], *receivable(client), *matched_since(since)]
    return found | client.ids(LINES, lines, field="payment_id")


def _open_payments(client: OdooClient) -> set[int]:
    return client.ids(PAYMENTS, [*_payments(client), ["is_reconciled", "=", False]])


def _columns(kind: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, kind)


def _schema(name: str, columns: dict[str, str]) -> StreamSchema:
    return StreamSchema(name, {"id": "integer", **columns, "write_date": "datetime"}, key=("id",), cursor="write_date")


PARTNER_STREAM = Source(
    schema=_schema(
        "partners",
        {
            **_columns("text", "name", "ref", "lang"),
            **_columns("boolean", "is_company", "active"),
            "parent": "integer",
            **_columns("text", "vat", "identification_type", "identification_country"),
            **_columns("text", "email", "phone", "mobile", "street", "street2", "city", "zip", "state", "country"),
            "company": "text",
            "contacts": "object",
        },
    ),
    model=PARTNERS,
    needed=("name", "is_company", "parent_id", "active"),
    optional=(
        "ref", "lang", "vat", "l10n_latam_identification_type_id", "company_id",
        *(name for name in CONTACT_FIELDS if name not in {"name", "type", "function", "active", *STAMPS}),
    ),
    domain=_partners,
    shaped=_shaped_partners,
    touched=_touched_partners,
    counted=_counted_contacts,
    reopened=lambda _: None,
)  # fmt: skip

INVOICE_STREAM = Source(
    schema=_schema(
        "invoices",
        {
            **_columns("text", "number", "ref", "payment_reference", "invoice_origin", "move_type", "state"),
            **_columns("text", "payment_state", "standing", "document_type", "document_number"),
            **_columns("integer", "partner", "commercial_partner"),
            **_columns("text", "currency", "company"),
            **_columns("date", "invoice_date", "due_date"),
            **_columns("decimal", "amount_total", "amount_residual", "pending", "balance"),
            "lines": "object",
        },
    ),
    model=MOVES,
    needed=(
        "name", "move_type", "state", "partner_id", "currency_id", "company_id", "invoice_date", "invoice_date_due",
        "amount_total", "amount_residual",
    ),
    optional=(
        "ref", "payment_reference", "invoice_origin", "payment_state", "commercial_partner_id",
        "l10n_latam_document_type_id", "l10n_latam_document_number",
    ),
    domain=_invoices,
    shaped=_shaped_invoices,
    touched=_touched_invoices,
    counted=_counted_matches,
    reopened=_open_invoices,
)  # fmt: skip

PAYMENT_STREAM = Source(
    schema=_schema(
        "payments",
        {
            "name": "text",
            "partner": "integer",
            "amount": "decimal",
            "currency": "text",
            "date": "date",
            **_columns("text", "our_reference", "reference", "journal", "payment_method", "company", "state"),
            "has_entry": "boolean",
            "allocations": "object",
        },
    ),
    model=PAYMENTS,
    needed=("name", "partner_id", "amount", "currency_id", "date", "journal_id", "company_id", "state", "move_id"),
    optional=("memo", "ref", "payment_reference", "payment_method_line_id", "payment_method_id", "invoice_ids"),
    domain=_payments,
    shaped=_shaped_payments,
    touched=_touched_payments,
    counted=_counted_matches,
    reopened=_open_payments,
)

SOURCES = {source.schema.name: source for source in (PARTNER_STREAM, INVOICE_STREAM, PAYMENT_STREAM)}
