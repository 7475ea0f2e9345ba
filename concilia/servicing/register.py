"""Register a payment told by the API: checked, applied once however often it is told, its answer kept for repeats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from concilia import keys, schema
from concilia.errors import Conflict, NotFound, RequestInvalid
from concilia.money import DECIMALS, fits_unit, parse_amount
from concilia.portfolio.debt import LedgerPolicy
from concilia.servicing import payments
from concilia.servicing.payments import API, Incoming
from concilia.store import access, debts, locks
from concilia.store.access import StoredAnswer
from concilia.store.debts import DebtRow
from concilia.store.unit_of_work import Tx

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body; `repeated` when they were stored by an earlier call under the same key."""

    status: int
    body: Mapping[str, Any]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, under which idempotency key, when."""

    key_id: int
    idempotency_key: str
    at: str


def register(tx: Tx, body: Mapping[str, Any], *, call: Call, policy: LedgerPolicy) -> Answer:
    """201 for a new payment, 200 for one known already; the same key and body get the stored answer again.

    Raises RequestInvalid, NotFound (no such debt), and Conflict when the key was used for another body.
    """
    _check_key(call.idempotency_key)
    locks.in_turn(tx, "money")
    mark = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    before = access.answer(tx, call.key_id, idempotency_key=call.idempotency_key)
    if before is not None:
        if before.body_hash != mark:
            raise Conflict(
                "This Idempotency-Key was used for another payment.", mend="Use a fresh key for each payment."
            )
        return Answer(before.status, json.loads(before.answer), repeated=True)
    debt = find_debt(tx, body["debt"])
    fields = _fields(body, debt)
    incoming = Incoming(fields, ((debt.id, None),), told_by=API, birth=f"{call.key_id}:{call.idempotency_key}")
    taken = payments.take_in(tx, incoming, policy=policy, at=call.at)
    answer = Answer(200 if taken.known_before else 201, _shown(tx, taken, debt))
    stored = StoredAnswer(mark, answer.status, json.dumps(answer.body))
    access.store_answer(tx, call.key_id, idempotency_key=call.idempotency_key, stored=stored, at=call.at)
    return answer


def find_debt(tx: Tx, named: Mapping[str, Any]) -> DebtRow:
    """The debt named by hub id, external id in a connection, or document number; NotFound says which is unknown."""
    if named.get("id"):
        found = debts.load(tx, [named["id"]]).get(named["id"])
        shown = f"debt {named['id']}"
    elif named.get("document"):
        rows = debts.of_document(tx, named["document"])
        if len(rows) > 1:
            raise RequestInvalid(f"Document {named['document']} names {len(rows)} debts.", field="debt.document")
        found = rows[0] if rows else None
        shown = f"debt with document {named['document']}"
    else:
        stated = debts.stated_as(tx, named["connection"], named["external_id"])
        found = debts.load(tx, [stated]).get(stated) if stated else None
        shown = f"debt {named['external_id']} of connection {named['connection']}"
    if found is None:
        raise NotFound(f"There is no {shown}.", mend="Sync the connection first, or correct the reference.")
    return found


def _check_key(key: str) -> None:
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise RequestInvalid(
            "A payment needs the header Idempotency-Key: 1 to 255 printable characters.",
            mend="Send one fresh key for each payment, and the same key when repeating it.",
            field="Idempotency-Key",
        )


def _fields(body: Mapping[str, Any], debt: DebtRow) -> dict[str, str]:
    unit = str(body.get("unit") or debt.unit)
    if unit not in DECIMALS:
        raise RequestInvalid(f"{unit!r} is no known unit.", mend="Use an ISO 4217 code such as CLP.", field="unit")
    if unit != debt.unit:
        raise RequestInvalid(
            f"The debt is in {debt.unit} and the payment in {unit}.",
            mend=f"Send the amount in {debt.unit}.",
            field="unit",
        )
    method = str(body.get("method") or "other")
    if method not in schema.METHODS:
        known = ", ".join(schema.METHODS)
        raise RequestInvalid(f"{method!r} is no payment method.", mend=f"Use one of: {known}.", field="method")
    texts = {name: str(body.get(name) or "").strip() for name in ("reference", "gateway_id", "bank", "payer")}
    return {
        "amount": format(_amount(str(body["amount"]), unit), "f"),
        "unit": unit,
        "value_date": _day(str(body["value_date"])),
        "method": method,
        **{name: value for name, value in texts.items() if value},
    }


def _amount(text: str, unit: str) -> Decimal:
    try:
        amount = parse_amount(text)
    except ValueError as fault:
        raise RequestInvalid(str(fault), field="amount") from fault
    if amount <= 0:
        raise RequestInvalid("A payment is more than zero.", mend="Register a reversal instead.", field="amount")
    # `15.000` is fifteen thousand to whoever writes it so; two decimals of nothing are a program's habit.
    written = len(text.partition(".")[2])
    if amount >= 10**15 or not fits_unit(amount, unit) or written > max(2, DECIMALS[unit]):
        raise RequestInvalid(f"{text} is no amount in {unit}, which has {DECIMALS[unit]} decimals.", field="amount")
    return amount


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as fault:
        mend = "Write it as 2026-11-22."
        raise RequestInvalid(f"{text!r} is no date.", mend=mend, field="value_date") from fault


def _shown(tx: Tx, taken: payments.Taken, debt: DebtRow) -> dict[str, Any]:
    now = debts.load(tx, [debt.id])[debt.id]
    return {
        "id": keys.PaymentId(taken.payment.id),
        "status": taken.payment.status,
        "amount": taken.payment.amount,
        "unit": taken.payment.unit,
        "unapplied": taken.payment.unapplied,
        "applications": [{"debt": a.debt_id, "amount": a.amount, "unit": a.unit} for a in taken.applications],
        "balance": now.balance,
        "debt_status": now.status,
    }
