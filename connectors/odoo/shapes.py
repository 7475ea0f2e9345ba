"""Odoo rows to the flat, stable objects of our streams: links, signs, currencies, what is open. Pure; no calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connectors.odoo.values import ZERO, Row, amount, day, ident, label, last_stamp, subdivision, text

OURS: Final = "Concilia "  # what we write before our reference, so that no text of a person is ever taken for one


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency of the database: its code, and the digits its amounts have."""

    code: str
    digits: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Small tables of the database that rows point into, by id. An optional one that is not there is empty."""

    countries: Mapping[int, str] = field(default_factory=dict)
    currencies: Mapping[int, Currency] = field(default_factory=dict)
    identification_types: Mapping[int, Row] = field(default_factory=dict)
    document_types: Mapping[int, str] = field(default_factory=dict)

    def currency(self, value: Any) -> Currency:
        """The currency a row links to."""
        return self.currencies.get(ident(value) or 0, Currency(label(value) or "", 2))


def partner(row: Row, contacts: Iterable[Row], *, tables: Tables) -> Row:
    """A commercial partner (one that owes for itself) with its contacts and addresses by id."""
    children = list(contacts)
    kind = tables.identification_types.get(ident(row.get("l10n_latam_identification_type_id")) or 0, {})
    country = tables.countries.get(ident(row.get("country_id")) or 0)
    return {
        "id": row["id"],
        **{name: text(row, name) for name in ("name", "ref", "lang")},
        "is_company": bool(row.get("is_company")),
        "active": bool(row.get("active", True)),
        "parent": ident(row.get("parent_id")),
        "vat": text(row, "vat"),
        "identification_type": kind.get("code"),
        "identification_country": kind.get("country") or country,
        **_reachable(row, country=country),
        "company": label(row.get("company_id")),
        "contacts": [_contact(child, tables=tables) for child in children],
        "write_date": last_stamp(row, *children),
    }


def _contact(row: Row, *, tables: Tables) -> Row:
    return {
        "id": row["id"],
        **{name: text(row, name) for name in ("name", "type", "function")},
        "active": bool(row.get("active", True)),
        **_reachable(row, country=tables.countries.get(ident(row.get("country_id")) or 0)),
    }


def _reachable(row: Row, *, country: str | None) -> Row:
    return {
        **{name: text(row, name) for name in ("email", "phone", "mobile", "street", "street2", "city", "zip")},
        "state": subdivision(row.get("state_id")),
        "country": country,
    }


@dataclass(frozen=True, slots=True)
class OfInvoice:
    """What belongs to an invoice besides its own row: its receivable lines, and payments without a journal entry."""

    lines: Sequence[Row] = ()
    unposted: Sequence[Row] = ()


def invoice(row: Row, others: OfInvoice, *, tables: Tables) -> Row:
    """A customer invoice or credit note (negative amounts) with its instalments.

    `balance` is what is open of its receivable lines, less the payments that Odoo counts as being on their way
    (`pending`): those without a journal entry, which lower the invoice only when the bank statement is matched.
    """
    currency = tables.currency(row.get("currency_id"))
    sign = -1 if row.get("move_type") == "out_refund" else 1
    total = sign * amount(row, "amount_total", digits=currency.digits)
    lines = sorted(others.lines, key=lambda line: (day(line, "date_maturity") or date.max, line["id"]))
    shown = [_line(line, number=place, currency=currency) for place, line in enumerate(lines, start=1)]
    residual = sign * amount(row, "amount_residual", digits=currency.digits)
    if row.get("state") != "posted":
        shown, residual = [{**line, "balance": ZERO} for line in shown], ZERO
    elif shown:
        residual = sum((line["balance"] for line in shown), ZERO)
    unmatched = residual == total
    pending = _pending(_on_their_way(others.unposted, unmatched=unmatched), currency=currency, at_most=residual)
    _spread(shown, paid=pending)
    return {
        "id": row["id"],
        "number": _number(row),
        **{name: text(row, name) for name in ("ref", "payment_reference", "invoice_origin", "move_type", "state")},
        "payment_state": text(row, "payment_state"),
        "standing": _standing(row, total=total, balance=residual - pending),
        "document_type": tables.document_types.get(ident(row.get("l10n_latam_document_type_id")) or 0),
        "document_number": text(row, "l10n_latam_document_number"),
        "partner": ident(row.get("partner_id")),
        "commercial_partner": ident(row.get("commercial_partner_id")) or ident(row.get("partner_id")),
        "currency": currency.code,
        "company": label(row.get("company_id")),
        "invoice_date": day(row, "invoice_date"),
        "due_date": _due_date(shown, otherwise=day(row, "invoice_date_due")),
        "amount_total": total,
        "amount_residual": residual,
        "pending": pending,
        "balance": residual - pending,
        "lines": shown,
        "write_date": last_stamp(row, *lines, *others.unposted),
    }


def _number(row: Row) -> str | None:
    said = text(row, "name")
    return None if said == "/" else said


def _line(line: Row, *, number: int, currency: Currency) -> Row:
    own = label(line.get("currency_id")) == currency.code or not line.get("currency_id")
    due, open_ = ("amount_currency", "amount_residual_currency") if own else ("balance", "amount_residual")
    return {
        "id": line["id"],
        "number": number,
        "date_maturity": day(line, "date_maturity"),
        "amount": amount(line, due, digits=currency.digits),
        "balance": amount(line, open_, digits=currency.digits),
        "reconciled": bool(line.get("reconciled")),
    }


def _standing(row: Row, *, total: Decimal, balance: Decimal) -> str | None:
    """The payment state of a posted invoice, where it does not contradict the balance; of any other its state."""
    if row.get("state") != "posted":
        return text(row, "state")
    said = text(row, "payment_state")
    if not balance:
        return said if said in {"in_payment", "reversed"} else "paid"
    return "blocked" if said == "blocked" else "not_paid" if balance == total else "partial"


def _on_their_way(payments: Iterable[Row], *, unmatched: bool) -> list[Row]:
    """Payments that no statement has been matched with: those in process, and while nothing is matched, all of them."""
    return [each for each in payments if unmatched or each.get("state", "in_process") == "in_process"]


def _pending(payments: Iterable[Row], *, currency: Currency, at_most: Decimal) -> Decimal:
    """What is on its way in the invoice's own currency, never more than is open."""
    on_their_way = sum(
        (
            amount(each, "amount", digits=currency.digits)
            for each in payments
            if label(each.get("currency_id")) == currency.code
        ),
        ZERO,
    )
    return max(min(on_their_way, at_most), ZERO)


def _spread(lines: Iterable[Row], *, paid: Decimal) -> None:
    """Take `paid` from the balances, oldest first."""
    left = paid
    for line in lines:
        taken = max(min(left, line["balance"]), ZERO)
        line["balance"] -= taken
        left -= taken


def _due_date(lines: Iterable[Row], *, otherwise: date | None) -> date | None:
    """When the next open line falls due; of a settled invoice when the last one fell due."""
    dated: list[tuple[date, bool]] = [
        (line["date_maturity"], bool(line["balance"])) for line in lines if line["date_maturity"]
    ]
    still_open = [due for due, is_open in dated if is_open]
    if still_open:
        return min(still_open)
    return max((due for due, _ in dated), default=otherwise)


@dataclass(frozen=True, slots=True)
class OfPayment:
    """What belongs to a payment besides its own row: what its lines were matched with, and its entry's own stamp."""

    matches: Sequence[Mapping[str, Any]] = ()  # invoice and amount, the amount as Odoo sent it
    entry: Mapping[str, Any] = field(default_factory=dict)


def payment(row: Row, others: OfPayment, *, tables: Tables) -> Row:
    """A payment of a customer with the invoices it was matched with."""
    currency = tables.currency(row.get("currency_id"))
    said = text(row, "memo" if "memo" in row else "ref") or ""
    total = amount(row, "amount", digits=currency.digits)
    allocations = [
        {"invoice": match["invoice"], "amount": amount(match, "amount", digits=currency.digits)}
        for match in others.matches
    ]
    return {
        "id": row["id"],
        "name": text(row, "name"),
        "partner": ident(row.get("partner_id")),
        "amount": total,
        "currency": currency.code,
        "date": day(row, "date"),
        "our_reference": said.removeprefix(OURS) if said.startswith(OURS) else None,
        "reference": None if said.startswith(OURS) else said or text(row, "payment_reference"),
        "journal": label(row.get("journal_id")),
        "payment_method": label(row.get("payment_method_line_id") or row.get("payment_method_id")),
        "company": label(row.get("company_id")),
        "state": text(row, "state"),
        "has_entry": bool(row.get("move_id")),
        "allocations": allocations,
        "write_date": last_stamp(row, others.entry),
    }
