"""Register a payment, or that one does not stand: checked, once however often it is told, its answer kept for repeats.

What is refused under a named rule can be kept with all that was told, mended, and told again.
"""

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
from concilia.servicing.debtors import standing_id
from concilia.servicing.payments import API, IN_FORCE, TAKEN_BACK, Incoming, TakenBack
from concilia.store import access, debts, ledger, locks, refusals
from concilia.store.access import StoredAnswer
from concilia.store.debts import DebtRow
from concilia.store.refusals import PaymentRefusal
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
    before = _answered_before(tx, body, call=call)
    if before is not None:
        return before
    debt = find_debt(tx, body["debt"])
    fields = _fields(body, debt)
    notes = _debtor_notes(tx, str(body.get("debtor") or ""), debt)
    incoming = Incoming(fields, ((debt.id, None),), told_by=API, birth=f"{call.key_id}:{call.idempotency_key}")
    taken = payments.take_in(tx, incoming, policy=policy, at=call.at)
    notes += _balance_notes(taken)
    answer = Answer(200 if taken.known_before else 201, {**_shown(tx, taken, debt), "notes": notes})
    return _kept(tx, answer, body, call=call)


def reverse(tx: Tx, payment_id: str, body: Mapping[str, Any], *, call: Call, policy: LedgerPolicy) -> Answer:
    """201 for a payment that is taken back now, 200 for one that was before.

    Raises NotFound for an unknown payment, and RequestInvalid for one that was never applied.
    """
    _check_key(call.idempotency_key)
    locks.in_turn(tx, "money")
    told = {"payment": payment_id, **body}
    before = _answered_before(tx, told, call=call)
    if before is not None:
        return before
    payment = ledger.load(tx, [payment_id]).get(payment_id)
    if payment is None:
        raise NotFound("There is no such payment.", mend="List the payments of its debt.", code="payment-unknown")
    lines = ledger.applications_of_payments(tx, [payment.id]).get(payment.id, [])
    if payment.status in TAKEN_BACK:
        taken = payments.Taken(payment, tuple(lines), known_before=True)
    elif not lines or payment.status not in IN_FORCE:
        raise RequestInvalid(
            f"The payment is {payment.status} and was never applied to a debt, so there is nothing to take back.",
            mend="Correct the payment's number; a payment that no debt took can be left as it is.",
            field="payment",
            code="reversal-never-applied",
        )
    else:
        day = _day(str(body.get("value_date") or call.at[:10]))
        word = TakenBack(str(body.get("kind") or "reversed"), day, str(body.get("reason") or ""))
        taken = payments.take_back(tx, payment, word, policy=policy, at=call.at)
    debt = debts.load(tx, [lines[0].debt_id])[lines[0].debt_id]
    answer = Answer(200 if taken.known_before else 201, {**_shown(tx, taken, debt), "notes": []})
    return _kept(tx, answer, told, call=call)


def keep_refusal(
    tx: Tx, operation: str, body: Mapping[str, Any], fault: RequestInvalid | NotFound, *, call: Call
) -> int:
    """Keep what was refused, whole, so that it can be mended and told again; its number."""
    row = PaymentRefusal(
        id=0,
        operation=operation,
        key_id=call.key_id,
        idempotency_key=call.idempotency_key,
        body_hash=_mark(body),
        code=fault.code,
        field=getattr(fault, "field", ""),
        message=fault.message,
        mend=fault.mend,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True, default=str),
        at=call.at,
        status=refusals.OPEN,
        payment_id=None,
    )
    return refusals.keep(tx, row)


def _answered_before(tx: Tx, body: Mapping[str, Any], *, call: Call) -> Answer | None:
    before = access.answer(tx, call.key_id, idempotency_key=call.idempotency_key)
    if before is None:
        return None
    if before.body_hash != _mark(body):
        raise Conflict("This Idempotency-Key was used for another payment.", mend="Use a fresh key for each payment.")
    return Answer(before.status, json.loads(before.answer), repeated=True)


def _kept(tx: Tx, answer: Answer, body: Mapping[str, Any], *, call: Call) -> Answer:
    stored = StoredAnswer(_mark(body), answer.status, json.dumps(answer.body))
    access.store_answer(tx, call.key_id, idempotency_key=call.idempotency_key, stored=stored, at=call.at)
    payment_id = str(answer.body["id"])
    refusals.settle(tx, call.key_id, idempotency_key=call.idempotency_key, payment_id=payment_id)
    return answer


def _mark(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def _debtor_notes(tx: Tx, debtor: str, debt: DebtRow) -> list[dict[str, str]]:
    """What is to be said of the debtor that was named; RequestInvalid when it is unknown or does not owe the debt."""
    if not debtor:
        return []
    now = standing_id(tx, debtor)
    if now is None:
        raise RequestInvalid(
            "There is no such debtor.", mend="Search it, or leave the debtor out.", field="debtor",
            code="payment-debtor-unknown",
        )  # fmt: skip
    owed_by = debts.goldens_of(tx, [debt.debtor_id]).get(debt.debtor_id) if debt.debtor_id else None
    if owed_by != now:
        raise RequestInvalid(
            "The debt is not owed by that debtor.", mend="Correct the debt, or leave the debtor out.", field="debtor",
            code="payment-other-debtor",
        )  # fmt: skip
    if now == debtor:
        return []
    return [{"code": "debtor-merged", "message": f"The debtor was merged; it is {now} now, and owes the debt."}]


def _balance_notes(taken: payments.Taken) -> list[dict[str, str]]:
    if Decimal(taken.payment.unapplied) <= 0 or taken.payment.status not in IN_FORCE:
        return []
    left = f"{taken.payment.unapplied} {taken.payment.unit}"
    return [{"code": "payment-above-balance", "message": f"{left} are more than the debt owed and stay unapplied."}]


def find_debt(tx: Tx, named: Mapping[str, Any]) -> DebtRow:
    """The debt named by hub id, external id in a connection, or document number; NotFound says which is unknown."""
    if named.get("id"):
        found = debts.load(tx, [named["id"]]).get(named["id"])
        shown = f"debt {named['id']}"
    elif named.get("document"):
        rows = debts.of_document(tx, named["document"])
        if len(rows) > 1:
            raise RequestInvalid(
                f"Document {named['document']} names {len(rows)} debts.",
                mend="Name the debt by connection and external_id.",
                field="debt.document",
                code="payment-debt-ambiguous",
            )
        found = rows[0] if rows else None
        shown = f"debt with document {named['document']}"
    else:
        stated = debts.stated_as(tx, named["connection"], named["external_id"])
        found = debts.load(tx, [stated]).get(stated) if stated else None
        shown = f"debt {named['external_id']} of connection {named['connection']}"
    if found is None:
        mend = "Sync the connection first, or correct the reference."
        raise NotFound(f"There is no {shown}.", mend=mend, code="debt-unknown")
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
        raise RequestInvalid(
            f"{unit!r} is no known unit.",
            mend="Use an ISO 4217 code such as CLP.",
            field="unit",
            code="payment-unit-unknown",
        )
    if unit != debt.unit:
        raise RequestInvalid(
            f"The debt is in {debt.unit} and the payment in {unit}.",
            mend=f"Send the amount in {debt.unit}.",
            field="unit",
            code="payment-other-unit",
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
        raise RequestInvalid(str(fault), field="amount", code="payment-bad-amount") from fault
    if amount <= 0:
        mend = "Register a reversal instead."
        raise RequestInvalid("A payment is more than zero.", mend=mend, field="amount", code="payment-not-positive")
    # `15.000` is fifteen thousand to whoever writes it so; two decimals of nothing are a program's habit.
    written = len(text.partition(".")[2])
    if amount >= 10**15 or not fits_unit(amount, unit) or written > max(2, DECIMALS[unit]):
        raise RequestInvalid(
            f"{text} is no amount in {unit}, which has {DECIMALS[unit]} decimals.",
            field="amount",
            code="payment-bad-amount",
        )
    return amount


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as fault:
        mend = "Write it as 2026-11-22."
        raise RequestInvalid(f"{text!r} is no date.", mend=mend, field="value_date", code="payment-bad-day") from fault


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
