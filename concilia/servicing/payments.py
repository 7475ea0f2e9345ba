"""Take in a payment: recognise it, apply it, bring its debts up to date, and decide who must be told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from concilia import keys
from concilia.portfolio import payment as rules
from concilia.portfolio.debt import LedgerPolicy
from concilia.servicing.debts import bring_up_to_date
from concilia.store import debts, events, ledger, outbox
from concilia.store.debts import DebtRow, SourceDebt
from concilia.store.events import Fact
from concilia.store.ledger import ApplicationRow, PaymentRow
from concilia.store.outbox import IntentRow
from concilia.store.unit_of_work import Tx

API = "api"
REGISTER_PAYMENT = "register_payment"
_TAKEN_BACK = ("reversed", "charged_back", "refunded")
_IN_FORCE = ("confirmed", "partially_applied", "applied", "posted_in_erp")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A payment as told: canonical fields, the debts it is meant for in order, and where it was told.

    `told_by` is a connection or `api`; `source` is its place there (stream, external id), empty for the API.
    """

    fields: Mapping[str, str]
    meant_for: tuple[tuple[str, Decimal | None], ...]
    told_by: str
    source: tuple[str, ...] = ()
    birth: str = ""  # for the API: what makes the payment itself, such as its idempotency key


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it: the payment, its applications, and whether it was known before."""

    payment: PaymentRow
    applications: tuple[ApplicationRow, ...]
    known_before: bool


def take_in(tx: Tx, incoming: Incoming, *, policy: LedgerPolicy, at: str) -> Taken:
    """Store the payment once, however often and by whomever it is told.

    The debts must exist and be of the payment's unit; the caller has checked both.
    """
    debt_ids = [debt_id for debt_id, _ in incoming.meant_for]
    recognised_by = rules.identities(
        incoming.fields, debt_ids=debt_ids, source=(incoming.told_by, *incoming.source) if incoming.source else ()
    )
    known = ledger.identities(tx, recognised_by)
    found = next((known[key] for key in recognised_by if key in known), None)
    if found is not None:
        payment = ledger.load(tx, [found])[found]
    else:
        payment = _born(tx, incoming, recognised_by=recognised_by, at=at)
    lines = ledger.applications_of_payments(tx, [payment.id]).get(payment.id, [])
    if not lines and payment.status in _IN_FORCE:
        payment, lines = _apply(tx, payment, incoming, policy=policy, at=at)
    ledger.add_identities(tx, recognised_by, payment_id=payment.id)
    _note_owner_posting(tx, lines, incoming, policy=policy, at=at)
    if incoming.fields.get("status") in _TAKEN_BACK and payment.status in _IN_FORCE:
        payment, lines = _take_back(tx, payment, lines, incoming, policy=policy, at=at)
    return Taken(payment, tuple(lines), known_before=found is not None)


def _born(tx: Tx, incoming: Incoming, *, recognised_by: Sequence[str], at: str) -> PaymentRow:
    fields = incoming.fields
    birth = incoming.birth or recognised_by[-1]
    payment = PaymentRow(
        id=keys.payment_id(incoming.told_by, birth),
        amount=fields["amount"],
        unit=fields["unit"],
        value_date=fields["value_date"],
        method=fields.get("method", "other"),
        status=fields.get("status", "confirmed"),
        reference=fields.get("reference", ""),
        origin=incoming.told_by,
        body=json.dumps(dict(fields), ensure_ascii=False, sort_keys=True),
        unapplied=fields["amount"],
        received_at=at,
    )
    ledger.store(tx, [payment])
    body = {"amount": payment.amount, "unit": payment.unit, "value_date": payment.value_date, "origin": payment.origin}
    events.append(tx, [Fact("payment.received", payment.id, None, body)], at=at)
    return payment


def _apply(
    tx: Tx, payment: PaymentRow, incoming: Incoming, *, policy: LedgerPolicy, at: str
) -> tuple[PaymentRow, list[ApplicationRow]]:
    debt_ids = [debt_id for debt_id, _ in incoming.meant_for]
    rows = debts.load(tx, debt_ids)
    stated = debts.of_debts(tx, debt_ids)
    in_ledger = {d for d in debt_ids if _keeps_its_own_account(incoming.told_by, stated.get(d, []))}
    amount = Decimal(payment.amount)
    wanted = [
        # A ledger that states the balance has already taken its own payments off it.
        (d, asked, amount if d in in_ledger else Decimal(rows[d].balance))
        for d, asked in incoming.meant_for
    ]
    parts = rules.allocate(amount, wanted)
    lines = [
        ApplicationRow(
            id=ledger.next_application(tx),
            payment_id=payment.id,
            debt_id=part.debt_id,
            amount=format(part.amount, "f"),
            unit=payment.unit,
            applied_at=at,
            reverses=None,
            posted_at=_owner_statement(rows[part.debt_id], stated[part.debt_id]) if part.debt_id in in_ledger else None,
            posted_external_id=None,
        )
        for part in parts
    ]
    ledger.append_applications(tx, lines)
    left = amount - sum((p.amount for p in parts), Decimal(0))
    applied = replace(payment, unapplied=format(left, "f"), status="applied" if left == 0 else "partially_applied")
    if not parts:
        applied = replace(applied, status="confirmed")
    ledger.store(tx, [applied])
    body = {"applications": [{"debt": i.debt_id, "amount": i.amount} for i in lines], "unapplied": applied.unapplied}
    events.append(tx, [Fact("payment.applied", payment.id, None, {**body, "unit": payment.unit})], at=at)
    bring_up_to_date(tx, debt_ids, policy=policy, at=at)
    intents = [_intent(applied, line, rows[line.debt_id], stated=stated[line.debt_id], part=n, at=at)
               for n, line in enumerate(lines, start=1)
               if line.posted_at is None and rows[line.debt_id].owner in policy.accept_payments]  # fmt: skip
    outbox.add(tx, intents)
    return applied, lines


def _take_back(
    tx: Tx,
    payment: PaymentRow,
    lines: Sequence[ApplicationRow],
    incoming: Incoming,
    *,
    policy: LedgerPolicy,
    at: str,
) -> tuple[PaymentRow, list[ApplicationRow]]:
    """A reversal is one contra entry for each application: nothing is changed, nothing deleted."""
    contra = [
        replace(
            line,
            id=ledger.next_application(tx),
            amount=format(-Decimal(line.amount), "f"),
            applied_at=at,
            reverses=line.id,
        )
        for line in lines
    ]
    ledger.append_applications(tx, contra)
    status = incoming.fields["status"]
    taken_back = replace(payment, status=status, unapplied="0")
    ledger.store(tx, [taken_back])
    body = {"status": status, "told_by": incoming.told_by, "debts": [line.debt_id for line in lines]}
    events.append(tx, [Fact("payment.reversed", payment.id, None, body)], at=at)
    bring_up_to_date(tx, [line.debt_id for line in lines], policy=policy, at=at)
    return taken_back, [*lines, *contra]


def _keeps_its_own_account(told_by: str, stated: Sequence[SourceDebt]) -> bool:
    return any(s.connection == told_by for s in stated)


def _owner_statement(row: DebtRow, stated: Sequence[SourceDebt]) -> str:
    return next(s.stated_at for s in stated if s.id == row.owner_id)


def _intent(
    payment: PaymentRow, line: ApplicationRow, debt: DebtRow, *, stated: Sequence[SourceDebt], part: int, at: str
) -> IntentRow:
    owner = next(s for s in stated if s.id == debt.owner_id)
    reference = rules.hub_reference(payment.id, part=part)
    key = keys.idempotency_key(debt.owner, REGISTER_PAYMENT, reference)
    fields = json.loads(payment.body)
    order = {
        "key": key,
        "debt": owner.external_id,
        "amount": line.amount,
        "unit": line.unit,
        "value_date": payment.value_date,
        "method": payment.method,
        "reference": reference,
        "remittance": " ".join(filter(None, (payment.reference, fields.get("remittance_text", "")))),
        "payer": fields.get("payer", ""),
    }
    return IntentRow(
        id=0,
        idempotency_key=key,
        connection=debt.owner,
        operation=REGISTER_PAYMENT,
        subject_id=str(line.id),
        entity_key=debt.id,
        body=json.dumps(order, ensure_ascii=False, sort_keys=True),
        state=outbox.NEW,
        attempts=0,
        next_attempt_at=at,
        reason=f"payment {payment.id} of {payment.origin} is not in the ledger of {debt.owner}",
        created_at=at,
        changed_at=at,
    )


def _note_owner_posting(
    tx: Tx, lines: Sequence[ApplicationRow], incoming: Incoming, *, policy: LedgerPolicy, at: str
) -> None:
    """The owner itself tells a payment that we had from elsewhere: its ledger holds it now."""
    waiting = [line for line in lines if line.posted_at is None]
    if incoming.told_by == API or not waiting:
        return
    debt_ids = [line.debt_id for line in waiting]
    rows = debts.load(tx, debt_ids)
    stated = debts.of_debts(tx, debt_ids)
    mine = [line for line in waiting if rows[line.debt_id].owner == incoming.told_by]
    for line in mine:
        moment = _owner_statement(rows[line.debt_id], stated[line.debt_id])
        ledger.set_posted(tx, [line.id], at=moment, external_id=incoming.source[-1])
    if mine:
        intents = outbox.of_subjects(tx, [str(line.id) for line in mine])
        open_ones = [i.id for i in intents.values() if i.state in (outbox.NEW, outbox.SENT_UNKNOWN)]
        outbox.mark(tx, open_ones, state=outbox.DONE, reason="seen in the system's own ledger", at=at)
        bring_up_to_date(tx, [line.debt_id for line in mine], policy=policy, at=at)
