"""What follows on answers: receipts, states, the ledger, events; a group of them in one transaction. Makes no calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from concilia.clock import to_text
from concilia.errors import ConciliaError, OutcomeUnknown
from concilia.servicing.debts import bring_up_to_date
from concilia.store import agreements, debts, events, fences, ledger, locks, outbox, write_plans
from concilia.store.events import Fact
from concilia.store.outbox import IntentRow, KeptAnswer, NextStep
from concilia.store.unit_of_work import Tx
from connectors.contract import AgreementOrder, ContactOrder, PaymentOrder, Receipt, ReversalOrder, Step
from sync import contact_writes
from sync.hub import Hub
from sync.orders import MONEY, order_of
from sync.retry import Attempts, decide, decide_look_up

Kept = tuple[IntentRow, Receipt]


@dataclass(slots=True)
class Delivery:
    """What delivering one outbox did."""

    connection: str
    delivered: int = 0
    found_before: int = 0
    postponed: int = 0
    dead: int = 0
    error: str = ""
    parked: int = 0
    conflicts: int = 0  # not written, because the record was edited there

    def as_json(self) -> dict[str, Any]:
        """The counters by name."""
        return {name: getattr(self, name) for name in Delivery.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Worker:
    """Who delivers to a connection: the name of his fence and its number."""

    hub: Hub
    connection: str
    fence: str
    token: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What a system said of an intent, or why it could not be asked; `looking` when only looking it up failed."""

    intent: IntentRow
    answer: Receipt | ConciliaError
    looking: bool = False


@dataclass(frozen=True, slots=True)
class TooEarly:
    """It is not there yet, and may still come until then."""

    intent: IntentRow
    until: datetime


@dataclass(frozen=True, slots=True)
class Untouched:
    """Claimed, and no call was made for them."""

    intents: tuple[IntentRow, ...]


Outcome = Answered | TooEarly | Untouched


def keep_step(worker: Worker, intent: IntentRow, step: Step) -> None:
    """Keep a step that is done before the next one begins; RunMustStop when another process has taken over."""
    body = json.dumps({"step": step.name, "fields": dict(step.fields)}, default=str, ensure_ascii=False)
    answer = KeptAnswer(outbox.STEP, step.external_id or None, body)
    with worker.hub.store.begin() as tx:
        at = to_text(worker.hub.clock())
        fences.keep(tx, worker.fence, token=worker.token, at=at)
        outbox.add_receipt(tx, intent.id, answer, at=at)


def settle(worker: Worker, group: Sequence[Outcome], delivery: Delivery) -> None:
    """Keep what became of these intents. Answers to intents that a person decided meanwhile are receipts, no states.

    Raises RunMustStop, storing nothing, when another process has taken over.
    """
    if not group:
        return
    with worker.hub.store.begin() as tx:
        locks.in_turn(tx, "money")
        moment = worker.hub.clock()
        at = to_text(moment)
        fences.keep(tx, worker.fence, token=worker.token, at=at)
        answered = [o for o in group if isinstance(o, Answered)]
        mine = outbox.held(tx, _ids(group), fence=worker.token)
        outbox.add_receipts(tx, [(o.intent.id, _kept_answer(o, late=o.intent.id not in mine)) for o in answered], at=at)
        kept = [(o.intent, o.answer) for o in answered if isinstance(o.answer, Receipt) and o.intent.id in mine]
        keep(tx, worker.hub, kept, at=at)
        delivery.delivered += sum(not receipt.found_before for _, receipt in kept)
        delivery.found_before += sum(receipt.found_before for _, receipt in kept)
        for outcome in group:
            _put_off(tx, outcome, moment=moment, mine=mine, delivery=delivery)
        refusals = [(o.intent, o.answer) for o in answered if o.intent.id in mine and isinstance(o.answer, Exception)]
        contact_writes.refused(tx, worker.hub, refusals, at=at)


def keep(tx: Tx, hub: Hub, kept: Sequence[Kept], *, at: str) -> None:
    """The intents are done: what that means for the ledger, the debts and whoever follows the events."""
    if not kept:
        return
    for outcome in ("found_before", "written"):
        ids = [i.id for i, receipt in kept if receipt.found_before == (outcome == "found_before")]
        outbox.mark(tx, ids, state=outbox.DONE, reason=outcome, at=at)
    contact_writes.keep(tx, hub, kept, at=at)
    money = [(i, receipt) for i, receipt in kept if isinstance(order_of(i), MONEY)]
    ledger.set_all_posted(tx, [(int(i.subject_id), receipt.external_id) for i, receipt in money], at=at)
    _take_over_balances(tx, money, at=at)
    whose = _whose(tx, [i for i, _ in kept])
    events.append(tx, [_fact(i, receipt, golden_id=whose.get(i.id)) for i, receipt in kept], at=at)
    if money:
        bring_up_to_date(tx, {i.entity_key for i, _ in money}, policy=hub.policies.ledger, at=at)


def _ids(group: Iterable[Outcome]) -> list[int]:
    return [i.id for o in group for i in (o.intents if isinstance(o, Untouched) else (o.intent,))]


def _kept_answer(outcome: Answered, *, late: bool) -> KeptAnswer:
    match outcome.answer:
        case Receipt() as receipt:
            name = "late" if late else "found_before" if receipt.found_before else "written"
            body = {"balance": receipt.balance, "fields": dict(receipt.fields)}
            return KeptAnswer(name, receipt.external_id, json.dumps(body, default=str, ensure_ascii=False))
        case fault:
            name = "unknown" if isinstance(fault, OutcomeUnknown) else type(fault).__name__
            return KeptAnswer("look_up_failed" if outcome.looking else name, None, json.dumps({"reason": str(fault)}))


def _put_off(tx: Tx, outcome: Outcome, *, moment: datetime, mine: set[int], delivery: Delivery) -> None:
    """What follows for an intent that is not done."""
    at = to_text(moment)
    match outcome:
        case Untouched(intents):
            outbox.release(tx, [i for i in intents if i.id in mine], at=at)
        case TooEarly(intent, until):
            if intent.id in mine:
                reason = "It is not there; a call that was lost may still take effect until it is looked up again."
                again = NextStep(outbox.SENT_UNKNOWN, to_text(until), reason, intent.unknowns, sent_at=intent.sent_at)
                outbox.postpone(tx, intent.id, again, at=at)
                delivery.postponed += 1
        case Answered(intent, answer):
            if intent.id in mine and isinstance(answer, ConciliaError):
                _refused(tx, outcome, moment=moment, delivery=delivery)
        case _:
            assert_never(outcome)


def _refused(tx: Tx, outcome: Answered, *, moment: datetime, delivery: Delivery) -> None:
    intent, fault = outcome.intent, outcome.answer
    assert isinstance(fault, ConciliaError)  # noqa: S101 - asked by the only caller
    attempts = Attempts(intent.attempts + 1, intent.unknowns + 1)
    decision = decide_look_up(fault, attempts=attempts) if outcome.looking else decide(fault, attempts=attempts)
    if intent.state == outbox.SENT_UNKNOWN and decision.state == outbox.NEW:
        # This attempt did nothing, but an earlier one may have: the doubt is not over.
        decision = replace(decision, state=outbox.SENT_UNKNOWN, unknowns=intent.unknowns)
    until = to_text(moment + max(decision.after, timedelta()))
    # A look-up that failed does not move the moment from which a lost call is counted.
    sent_at = intent.sent_at if outcome.looking else None
    if intent.waits_for is not None and decision.code == "never_applied":
        decision = replace(decision, state=outbox.ABANDONED, reason="What it takes back was never written.")
    following = NextStep(decision.state, until, decision.reason, decision.unknowns, decision.code, sent_at)
    outbox.postpone(tx, intent.id, following, at=to_text(moment))
    match decision.state:
        case outbox.DEAD:
            delivery.dead += 1
        case outbox.PARKED:
            delivery.parked += 1
        case outbox.ABANDONED:
            delivery.conflicts += 1
        case _:
            delivery.postponed += 1


def _whose(tx: Tx, intents: Sequence[IntentRow]) -> dict[int, str]:
    """The golden debtor that each intent is about, where one is known."""
    owing = debts.debtors_of(tx, {i.entity_key for i in intents if isinstance(order_of(i), MONEY)})
    rest = [i for i in intents if i.entity_key not in owing]
    agreed = agreements.debtors_of(tx, {i.entity_key for i in rest})
    planned = write_plans.debtors_of(tx, {i.idempotency_key for i in rest})
    found = (
        (i.id, owing.get(i.entity_key) or agreed.get(i.entity_key) or planned.get(i.idempotency_key)) for i in intents
    )
    return {number: golden for number, golden in found if golden}


def _fact(intent: IntentRow, receipt: Receipt, *, golden_id: str | None) -> Fact:
    outcome = "found_before" if receipt.found_before else "written"
    fact = {"connection": intent.connection, "external_id": receipt.external_id, "outcome": outcome}
    match order_of(intent):
        case PaymentOrder() as order:
            return Fact("payment.posted", order.reference.partition(".")[0], golden_id, fact)
        case ReversalOrder() as order:
            return Fact("payment.reversal_posted", order.payment.partition(".")[0], golden_id, fact)
        case AgreementOrder() as order:
            told = {**fact, "happening": order.happening, "reference": order.reference}
            return Fact("agreement.written", order.agreement, golden_id, told)
        case ContactOrder():
            return replace(contact_writes.fact(intent, receipt), golden_id=golden_id)
        case order:
            assert_never(order)


def _take_over_balances(tx: Tx, money: Sequence[Kept], *, at: str) -> None:
    """The balance read back after the write is the owner's newest statement, and it includes the payment."""
    stated = {
        (i.connection, i.entity_key, order.debt): r.balance
        for i, r in money
        if r.balance is not None and isinstance(order := order_of(i), MONEY)
    }
    found = debts.of_debts(tx, {debt_id for _, debt_id, _ in stated}) if stated else {}
    changed = []
    for (connection, debt_id, external_id), balance in stated.items():
        for row in found.get(debt_id, []):
            if row.connection == connection and row.external_id == external_id:
                body = json.loads(row.body)
                body["fields"]["balance"] = balance
                text = json.dumps(body, ensure_ascii=False, sort_keys=True)
                changed.append(replace(row, body=text, stated_at=at))
    debts.store_sources(tx, changed)
