"""Which streams exist, what each reads, and what makes its rows come again. No mapping.

Tryton stamps each row of each table by itself (seen on a real 8.0): a new phone moves the stamp of the contact
mechanism and not the party's, and a payment undone by a counter move moves the stamp of the payment line and
not the invoice's. So each stream names the paths whose stamps make it come again (`moved_by`).

How a stream is paged and bookmarked is in `window.py`; what a row becomes is in `shapes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.contract import StreamSchema
from connectors.tryton import shapes
from connectors.tryton.wire import Row

_STAMPS = ("write_date", "create_date")


@dataclass(frozen=True, slots=True)
class Source:
    """One stream: its model, what is asked of it, and what makes its rows come again.

    `moved_by` are paths whose stamps count as the row's own, `also_moved_by` paths that only make it come again.
    `company` and `party` are the paths to those: when Tryton merges two parties it moves their documents to the
    surviving one without stamping them. `counted` are models whose deletions only a census shows.
    """

    schema: StreamSchema
    model: str
    fields: tuple[str, ...]
    domain: tuple[Any, ...]
    moved_by: tuple[str, ...]
    shape: Callable[[Row], Row]
    also_moved_by: tuple[str, ...] = ()
    company: str | None = None
    party: str | None = None
    counted: tuple[str, ...] = ()

    @property
    def asked(self) -> list[str]:
        """Its fields and all stamps that count as its own."""
        stamps = [f"{path}.{stamp}" if path else stamp for path in self.moved_by for stamp in _STAMPS]
        return [*self.fields, *stamps]


_AMOUNTS = ("debit", "credit", "amount_second_currency", "second_currency.code", "reconciliation")


def _line_fields(path: str) -> tuple[str, ...]:
    return tuple(f"{path}.{name}" for name in ("maturity_date", *_AMOUNTS))


PARTIES = Source(
    schema=StreamSchema(
        "parties",
        {
            "id": "integer", "code": "text", "name": "text", "active": "boolean", "lang": "text",
            "replaced_by": "integer", "identifiers": "object", "contact_mechanisms": "object",
            "addresses": "object", "write_date": "datetime",
        },
        key=("id",),
        cursor="write_date",
    ),
    model="party.party",
    fields=(
        "code", "name", "active", "lang.code", "replaced_by",
        "identifiers.type", "identifiers.code", "identifiers.active",
        "contact_mechanisms.type", "contact_mechanisms.value", "contact_mechanisms.name",
        "contact_mechanisms.comment", "contact_mechanisms.active",
        "addresses.street", "addresses.city", "addresses.postal_code", "addresses.active",
        "addresses.subdivision.name", "addresses.subdivision.code", "addresses.country.code",
    ),
    domain=(),
    moved_by=("", "contact_mechanisms", "addresses", "identifiers"),
    shape=shapes.party,
    counted=("party.contact_mechanism", "party.address", "party.identifier"),
)  # fmt: skip

INVOICES = Source(
    schema=StreamSchema(
        "invoices",
        {
            "id": "integer", "number": "text", "reference": "text", "description": "text", "kind": "text",
            "party": "integer", "currency": "text", "company": "text", "invoice_date": "date", "due_date": "date",
            "total_amount": "decimal", "amount_to_pay": "decimal", "state": "text", "lines_to_pay": "object",
            "write_date": "datetime",
        },
        key=("id",),
        cursor="write_date",
    ),
    model="account.invoice",
    fields=(
        "number", "reference", "description", "party", "currency.code", "company.rec_name", "invoice_date",
        "total_amount", "amount_to_pay", "state", *_line_fields("lines_to_pay"), *_line_fields("payment_lines"),
    ),
    # A draft that was cancelled before it was posted has no number and never was a debt.
    domain=(["type", "=", "out"], ["state", "in", ["posted", "paid", "cancelled"]], ["number", "!=", None]),
    moved_by=("", "move.lines", "additional_moves.lines", "payment_lines"),
    shape=shapes.invoice,
    company="company",
    party="party",
)  # fmt: skip

PAYMENTS = Source(
    schema=StreamSchema(
        "payments",
        {
            "id": "integer", "invoice": "integer", "invoice_number": "text", "party": "integer",
            "amount": "decimal", "currency": "text", "date": "date", "our_reference": "text",
            "reference": "text", "method": "text", "move": "text", "state": "text", "write_date": "datetime",
        },
        key=("id",),
        cursor="write_date",
    ),
    model="account.move.line",
    fields=(
        "party", "currency.code", *_AMOUNTS,
        "move.date", "move.number", "move.description", "move.origin", "move.journal.name",
        "invoice_payment", "invoice_payment.number", "invoice_payment.currency.code",
        "invoice_payment.lines_to_pay.reconciliation",
    ),
    domain=(["invoice_payments.type", "=", "out"],),
    moved_by=("", "move"),
    # An old line can be bound to an invoice later: then only the invoice is stamped.
    also_moved_by=("invoice_payments",),
    shape=shapes.payment,
    company="move.company",
    party="party",
)  # fmt: skip

SOURCES = {source.schema.name: source for source in (PARTIES, INVOICES, PAYMENTS)}
