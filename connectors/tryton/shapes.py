"""Tryton rows to the flat, stable objects of our streams: signs, currencies, what is open. Pure; no calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.tryton.wire import Row

ZERO = Decimal(0)
OURS = "Concilia "  # what we write before our reference, so that no text of a person is ever taken for one


def party(row: Row) -> Row:
    """A party with its identifiers, contact mechanisms and addresses, each list by id."""
    return {
        "id": row["id"],
        "code": row["code"],
        "name": row["name"],
        "active": bool(row["active"]),
        "lang": _of(row, "lang", "code"),
        "replaced_by": row["replaced_by"],
        "identifiers": [_chosen(each, "id", "type", "code", "active") for each in _listed(row, "identifiers")],
        "contact_mechanisms": [
            _chosen(each, "id", "type", "value", "name", "comment", "active")
            for each in _listed(row, "contact_mechanisms")
        ],
        "addresses": [_address(each) for each in _listed(row, "addresses")],
        "write_date": last_stamp(row),
    }


def _address(row: Row) -> Row:
    return {
        **_chosen(row, "id", "street", "city", "postal_code", "active"),
        "subdivision": _of(row, "subdivision", "name"),
        "subdivision_code": _of(row, "subdivision", "code"),
        "country": _of(row, "country", "code"),
    }


def invoice(row: Row) -> Row:
    """A customer invoice or credit note (negative amounts) with its instalments.

    `amount_to_pay` is Tryton's own: the open lines to pay less the payments that settle no line yet. Each
    line's `balance` is what is left of it when those payments are taken from the oldest maturity on, so that
    the balances of the lines always add up to `amount_to_pay`.
    """
    currency = row["currency."]["code"]
    lines = sorted(_listed(row, "lines_to_pay"), key=lambda line: (line["maturity_date"] or date.max, line["id"]))
    unsettled = sum((in_currency(p, currency) for p in _listed(row, "payment_lines") if not p["reconciliation"]), ZERO)
    shown = [_line(line, number=place, currency=currency) for place, line in enumerate(lines, start=1)]
    if row["state"] == "posted":
        _spread(shown, paid=-unsettled)
    total = row["total_amount"]
    return {
        "id": row["id"],
        "number": row["number"],
        "reference": row["reference"],
        "description": row["description"],
        "kind": "credit_note" if total < 0 else "invoice",
        "party": row["party"],
        "currency": currency,
        "company": _of(row, "company", "rec_name"),
        "invoice_date": row["invoice_date"],
        "due_date": due_date(shown, otherwise=row["invoice_date"]),
        "total_amount": total,
        "amount_to_pay": row["amount_to_pay"] or ZERO,
        "state": row["state"],
        "lines_to_pay": shown,
        "write_date": last_stamp(row),
    }


def _line(line: Row, *, number: int, currency: str) -> Row:
    amount = in_currency(line, currency)
    settled = line["reconciliation"] is not None
    return {
        "id": line["id"],
        "number": number,
        "maturity_date": line["maturity_date"],
        "amount": amount,
        "balance": ZERO if settled else amount,
        "reconciled": settled,
    }


def _spread(lines: Iterable[Row], *, paid: Decimal) -> None:
    """Take `paid` from the balances, oldest first; for a credit note both are negative."""
    left = paid
    for line in lines:
        taken = min(left, line["balance"], key=abs)
        line["balance"] -= taken
        left -= taken


def due_date(lines: Iterable[Row], *, otherwise: date | None) -> date | None:
    """When the next open line falls due; of a settled invoice when the last one fell due."""
    dated = [(line["maturity_date"], line["reconciled"]) for line in lines if line["maturity_date"]]
    still_open = [day for day, settled in dated if not settled]
    return min(still_open, default=None) or max((day for day, _ in dated), default=otherwise)


def payment(row: Row) -> Row:
    """A payment registered on an invoice: the receivable side of its move, in the invoice's currency.

    A description that begins with `OURS` was written by this connector: the rest is `our_reference`.
    It is `cancelled` when its line was reconciled with something that is no line of the invoice: in Tryton a
    payment is undone by a counter move, never deleted.
    """
    paid = row.get("invoice_payment.") or {}
    currency = _of(paid, "currency", "code") or _of(row, "currency", "code")
    settles = {line["reconciliation"] for line in _listed(paid, "lines_to_pay")}
    undone = row["reconciliation"] is not None and row["reconciliation"] not in settles
    move = row["move."]
    said = move["description"] or ""
    return {
        "id": row["id"],
        "invoice": row["invoice_payment"] if row["invoice_payment"] is not None else _origin(move),
        "invoice_number": paid.get("number"),
        "party": row["party"],
        "amount": -in_currency(row, currency),
        "currency": currency,
        "date": move["date"],
        "our_reference": said.removeprefix(OURS) if said.startswith(OURS) else None,
        "reference": None if said.startswith(OURS) else said or None,
        "method": _of(move, "journal", "name"),
        "move": move["number"],
        "state": "cancelled" if undone else "registered",
        "write_date": last_stamp(row),
    }


def _origin(move: Row) -> int | None:
    model, _, number = (move.get("origin") or "").partition(",")
    return int(number) if model == "account.invoice" and number.isdigit() else None


def in_currency(line: Row, currency: str | None) -> Decimal:
    """Debit less credit of a move line in that currency (the company's, or the line's second one)."""
    if currency is not None and _of(line, "second_currency", "code") == currency:
        return Decimal(line["amount_second_currency"] or ZERO)
    return Decimal(line["debit"] - line["credit"])


def last_stamp(row: Row) -> datetime | None:
    """The latest write or creation in the row and all rows inside it."""
    return max(_stamps(row), default=None)


def _stamps(value: Any) -> Iterator[datetime]:
    match value:
        case Mapping():
            for name, member in value.items():
                if name in {"write_date", "create_date"} and isinstance(member, datetime):
                    yield member
                elif isinstance(member, Mapping | list):
                    yield from _stamps(member)
        case list():
            for member in value:
                yield from _stamps(member)


def _listed(row: Row, name: str) -> list[Row]:
    return sorted(row.get(f"{name}.") or [], key=lambda each: each["id"])


def _of(row: Row, name: str, field: str) -> Any:
    other = row.get(f"{name}.")
    return other.get(field) if other else None


def _chosen(row: Row, *names: str) -> Row:
    return {name: bool(row[name]) if name == "active" else row[name] for name in names}
