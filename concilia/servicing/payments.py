"""Take in a payment: recognise it, apply it, bring its debts up to date, and decide who must be told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from concilia import keys
from concilia.portfolio import payment as rules
from concilia.portfolio.debt import LedgerPolicy
from concilia.servicing.contact_terms import announce
from concilia.servicing.debts import bring_up_to_date
from concilia.store import debts, events, ledger, outbox
from concilia.store.debts import DebtRow, SourceDebt
from concilia.store.events import Fact
from concilia.store.ledger import ApplicationRow, PaymentRow
from concilia.store.outbox import IntentRow
from concilia.store.unit_of_work import Tx

API = "api"
REGISTER_PAYMENT = "register_payment"
REGISTER_REVERSAL = "register_reversal"
TAKEN_BACK = ("reversed", "charged_back", "refunded")
EXPECTED = ("announced", "pending")
IN_FORCE = ("confirmed", "partially_applied", "applied", "posted_in_erp")


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


@dataclass(frozen=True, slots=True)
class TakenBack:
    """That a payment does not stand: how (reversed, charged_back, refunded), from which day, and why."""

    kind: str
    value_date: str
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class _Books:
    """The hub's books during one transaction."""

    tx: Tx
    policy: LedgerPolicy
    at: str

    def tell(self, type_: str, payment: PaymentRow, body: Mapping[str, Any], *, debt_ids: Sequence[str]) -> None:
        """Record what befell a payment, for whoever owes the debts; of several the first, with all of them named."""
        owing = debts.debtors_of(self.tx, debt_ids)
        whose = list(dict.fromkeys(owing[debt_id] for debt_id in debt_ids if debt_id in owing))
        told = {**body, **({"debtors": whose} if len(whose) > 1 else {})}
        events.append(self.tx, [Fact(type_, payment.id, whose[0] if whose else None, told)], at=self.at)


def take_in(tx: Tx, incoming: Incoming, *, policy: LedgerPolicy, at: str) -> Taken:
    """Store the payment once, however often and by whomever it is told.

    The debts must exist and be of the payment's unit; the caller has checked both.
    """
    books = _Books(tx, policy, at)
    debt_ids = [debt_id for debt_id, _ in incoming.meant_for]
    recognised_by = rules.identities(
        incoming.fields, debt_ids=debt_ids, source=(incoming.told_by, *incoming.source) if incoming.source else ()
    )
    known = ledger.identities(tx, recognised_by)
    found = next((known[key] for key in recognised_by if key in known), None)
    if found is not None:
        payment = _confirmed(books, ledger.load(tx, [found])[found], incoming)
    else:
        payment = _born(books, incoming, recognised_by=recognised_by)
    lines = ledger.applications_of_payments(tx, [payment.id]).get(payment.id, [])
    if not lines and payment.status in IN_FORCE:
        payment, lines = _apply(books, payment, incoming)
    ledger.add_identities(tx, recognised_by, payment_id=payment.id)
    _note_owner_posting(books, lines, incoming)
    if incoming.fields.get("status") in TAKEN_BACK and payment.status in IN_FORCE:
        payment, lines = _take_back(books, payment, lines, incoming)
    return Taken(payment, tuple(lines), known_before=found is not None)


def _born(books: _Books, incoming: Incoming, *, recognised_by: Sequence[str]) -> PaymentRow:
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
        received_at=books.at,
    )
    ledger.store(books.tx, [payment])
    meant_for = [debt_id for debt_id, _ in incoming.meant_for]
    told = {"amount": payment.amount, "unit": payment.unit, "value_date": payment.value_date, "origin": payment.origin}
    books.tell("payment.received", payment, {**told, "debts": meant_for}, debt_ids=meant_for)
    if payment.status == "announced":
        announce(books.tx, meant_for, by=incoming.told_by, at=books.at)
    return payment


def _confirmed(books: _Books, payment: PaymentRow, incoming: Incoming) -> PaymentRow:
    """The payment as it stands now: what was only announced or pending is confirmed by a later word."""
    status = incoming.fields.get("status", "confirmed")
    if payment.status not in EXPECTED or status not in (*IN_FORCE, "rejected"):
        return payment
    payment = replace(payment, status=status)
    ledger.store(books.tx, [payment])
    meant_for = [debt_id for debt_id, _ in incoming.meant_for]
    books.tell(f"payment.{status}", payment, {"told_by": incoming.told_by}, debt_ids=meant_for)
    return payment


def _apply(books: _Books, payment: PaymentRow, incoming: Incoming) -> tuple[PaymentRow, list[ApplicationRow]]:
    tx, at = books.tx, books.at
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
            posted_at=_owner(rows[part.debt_id], stated[part.debt_id]).stated_at if part.debt_id in in_ledger else None,
            posted_external_id=None,
        )
        for part in parts
    ]
    ledger.append_applications(tx, lines)
    ours = [rules.hub_identity(rules.hub_reference(payment.id, part=n)) for n, _ in enumerate(lines, start=1)]
    ledger.add_identities(tx, ours, payment_id=payment.id)  # so that our own write is recognised when it comes back
    left = amount - sum((p.amount for p in parts), Decimal(0))
    applied = replace(payment, unapplied=format(left, "f"), status="applied" if left == 0 else "partially_applied")
    if not parts:
        applied = replace(applied, status="confirmed")
    ledger.store(tx, [applied])
    body = {"applications": [{"debt": i.debt_id, "amount": i.amount} for i in lines], "unapplied": applied.unapplied}
    books.tell("payment.applied", payment, {**body, "unit": payment.unit}, debt_ids=debt_ids)
    bring_up_to_date(tx, debt_ids, policy=books.policy, at=at)
    intents = [
        _intent(books, applied, line, owner=_owner(rows[line.debt_id], stated[line.debt_id]), part=n)
        for n, line in enumerate(lines, start=1)
        if line.posted_at is None and rows[line.debt_id].owner in books.policy.accept_payments
    ]
    outbox.add(tx, intents)
    return applied, lines


def take_back(tx: Tx, payment: PaymentRow, word: TakenBack, *, policy: LedgerPolicy, at: str) -> Taken:
    """Reverse a payment that stands: contra entries, and an intent for each ledger that holds it or may hold it.

    A payment that was never sent is not sent any more. The caller has checked that it stands.
    """
    books = _Books(tx, policy, at)
    lines = ledger.applications_of_payments(tx, [payment.id])[payment.id]
    sent = outbox.of_subjects(tx, [str(line.id) for line in lines])
    waiting = [i.id for i in sent.values() if i.state in (outbox.NEW, outbox.DEAD)]
    outbox.mark(tx, waiting, state=outbox.ABANDONED, reason=f"the payment was {word.kind} before it was sent", at=at)
    rows = debts.load(tx, [line.debt_id for line in lines])
    stated = debts.of_debts(tx, list(rows))
    incoming = Incoming({**json.loads(payment.body), "status": word.kind}, (), told_by=API)
    after, every = _take_back(books, payment, lines, incoming)
    contra = {line.reverses: line for line in every if line.reverses is not None}
    intents = []
    for part, line in enumerate(lines, start=1):
        held = _held_there(line, sent.get(str(line.id)))
        owner = _owner(rows[line.debt_id], stated[line.debt_id])
        if held and owner.connection in policy.accept_payments:
            told = replace(word, reference=rules.reversal_reference(payment.id, part=part))
            intents.append(_reversal(books, contra[line.id], owner=owner, told=told, after=sent.get(str(line.id))))
    outbox.add(tx, intents)
    return Taken(after, tuple(every), known_before=False)


def _held_there(line: ApplicationRow, sent: IntentRow | None) -> bool:
    """Whether the owner's ledger has this application, or may have it."""
    if line.posted_at is not None:
        return True
    return sent is not None and sent.state in (outbox.SENT_UNKNOWN, outbox.PARKED)


def _take_back(
    books: _Books, payment: PaymentRow, lines: Sequence[ApplicationRow], incoming: Incoming
) -> tuple[PaymentRow, list[ApplicationRow]]:
    """A reversal is one contra entry for each application: nothing is changed, nothing deleted.

    Told by a ledger itself, its statements include the contra entries as they include the entries. Told to us, they
    do not yet.
    """
    tx, at = books.tx, books.at
    told_to_us = incoming.told_by == API
    contra = [
        replace(
            line,
            id=ledger.next_application(tx),
            amount=format(-Decimal(line.amount), "f"),
            applied_at=at,
            reverses=line.id,
            posted_at=None if told_to_us else line.posted_at,
            posted_external_id=None if told_to_us else line.posted_external_id,
        )
        for line in lines
    ]
    ledger.append_applications(tx, contra)
    status = incoming.fields["status"]
    taken_back = replace(payment, status=status, unapplied="0")
    ledger.store(tx, [taken_back])
    debt_ids = [line.debt_id for line in lines]
    books.tell(
        "payment.reversed",
        payment,
        {"status": status, "told_by": incoming.told_by, "debts": debt_ids},
        debt_ids=debt_ids,
    )
    bring_up_to_date(tx, debt_ids, policy=books.policy, at=at)
    return taken_back, [*lines, *contra]


def _keeps_its_own_account(told_by: str, stated: Sequence[SourceDebt]) -> bool:
    return any(s.connection == told_by for s in stated)


def _owner(row: DebtRow, stated: Sequence[SourceDebt]) -> SourceDebt:
    return next(s for s in stated if s.id == row.owner_id)


def _intent(books: _Books, payment: PaymentRow, line: ApplicationRow, *, owner: SourceDebt, part: int) -> IntentRow:
    reference = rules.hub_reference(payment.id, part=part)
    key = keys.idempotency_key(owner.connection, REGISTER_PAYMENT, reference)
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
    reason = f"payment {payment.id} of {payment.origin} is not in the ledger of {owner.connection}"
    return _new_intent(books, order, line=line, owner=owner, what=(REGISTER_PAYMENT, reason))


def _reversal(
    books: _Books, contra: ApplicationRow, *, owner: SourceDebt, told: TakenBack, after: IntentRow | None
) -> IntentRow:
    order = {
        "key": keys.idempotency_key(owner.connection, REGISTER_REVERSAL, told.reference),
        "debt": owner.external_id,
        "amount": format(-Decimal(contra.amount), "f"),
        "unit": contra.unit,
        "value_date": told.value_date,
        "reference": told.reference,
        "payment": told.reference.removesuffix(rules.REVERSAL),
        "kind": told.kind,
        "reason": told.reason,
    }
    reason = f"the payment was {told.kind}, and the ledger of {owner.connection} holds it"
    intent = _new_intent(books, order, line=contra, owner=owner, what=(REGISTER_REVERSAL, reason))
    in_doubt = after is not None and after.state in (outbox.SENT_UNKNOWN, outbox.PARKED)
    return replace(intent, waits_for=after.id if after is not None and in_doubt else None)


def _new_intent(
    books: _Books, order: Mapping[str, str], *, line: ApplicationRow, owner: SourceDebt, what: tuple[str, str]
) -> IntentRow:
    operation, reason = what
    return IntentRow(
        id=0,
        idempotency_key=order["key"],
        connection=owner.connection,
        operation=operation,
        subject_id=str(line.id),
        entity_key=line.debt_id,
        body=json.dumps(order, ensure_ascii=False, sort_keys=True),
        state=outbox.NEW,
        attempts=0,
        next_attempt_at=books.at,
        reason=reason,
        created_at=books.at,
        changed_at=books.at,
    )


def _note_owner_posting(books: _Books, lines: Sequence[ApplicationRow], incoming: Incoming) -> None:
    """The owner itself tells a payment that we had from elsewhere: its ledger holds it now."""
    tx, at = books.tx, books.at
    told_of = {debt_id for debt_id, _ in incoming.meant_for}  # an echo of one part says nothing of the others
    undone = incoming.fields.get("status") in TAKEN_BACK  # a standing payment says nothing of its reversal
    waiting = [
        line
        for line in lines
        if line.posted_at is None and line.debt_id in told_of and (undone or line.reverses is None)
    ]
    if incoming.told_by == API or not waiting:
        return
    debt_ids = [line.debt_id for line in waiting]
    rows = debts.load(tx, debt_ids)
    stated = debts.of_debts(tx, debt_ids)
    mine = [line for line in waiting if rows[line.debt_id].owner == incoming.told_by]
    for line in mine:
        moment = _owner(rows[line.debt_id], stated[line.debt_id]).stated_at
        ledger.set_posted(tx, [line.id], at=moment, external_id=incoming.source[-1])
    if mine:
        intents = outbox.of_subjects(tx, [str(line.id) for line in mine])
        open_ones = [i.id for i in intents.values() if i.state in (outbox.NEW, outbox.SENT_UNKNOWN)]
        outbox.mark(tx, open_ones, state=outbox.DONE, reason="seen in the system's own ledger", at=at)
        bring_up_to_date(tx, [line.debt_id for line in mine], policy=books.policy, at=at)
