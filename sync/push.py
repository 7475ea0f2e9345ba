"""Deliver the outbox of one connection: look up what is in doubt, call, keep the receipt, next.

Decides nothing about content. An intent is marked as sent before its call, so that a killed process leaves it in
doubt rather than forgotten; what is in doubt is looked up by our reference before anything is written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from concilia.clock import from_text, to_text
from concilia.errors import ConciliaError, OutcomeUnknown, SystemRefused
from concilia.servicing.debts import bring_up_to_date
from concilia.store import debts, events, ledger, locks, outbox
from concilia.store.events import Fact
from concilia.store.outbox import IntentRow, KeptAnswer, NextStep
from concilia.store.unit_of_work import Tx
from connectors.contract import Connector, Operation, PaymentOrder, Receipt
from sync.hub import Hub
from sync.retry import decide

BATCH = 20
LONGEST_WAIT = 15.0
PAYMENTS = "payments"  # the stream in which every connector looks up payments by our reference


@dataclass(slots=True)
class Delivery:
    """What delivering one outbox did."""

    connection: str
    delivered: int = 0
    found_before: int = 0
    postponed: int = 0
    dead: int = 0
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """The counters by name."""
        return {name: getattr(self, name) for name in Delivery.__dataclass_fields__}


def deliver(
    hub: Hub, connector: Connector, connection: str, *, sleep: Callable[[float], None] = time.sleep
) -> Delivery:
    """Deliver everything that is ready; stops early, saying so, when the system cannot be worked with.

    What a busy system put off for a few seconds is waited for, LONGEST_WAIT seconds in all.
    """
    delivery = Delivery(connection)
    patience = LONGEST_WAIT
    try:
        while True:
            batch = _claim(hub, connection)
            if not batch:
                wait = _seconds_to_next(hub, connection)
                if wait is None or wait > patience:
                    break
                patience -= wait
                sleep(wait)
                continue
            for intent, answer in _carried_out(connector, batch):
                _settle(hub, intent, answer, delivery)
                if isinstance(answer, SystemRefused):
                    raise answer
    except SystemRefused as fault:
        delivery.error = str(fault)
    return delivery


def _seconds_to_next(hub: Hub, connection: str) -> float | None:
    with hub.store.read() as tx:
        due = outbox.next_due(tx, connection)
    return None if due is None else max((from_text(due) - hub.clock()).total_seconds(), 0.01)


def _claim(hub: Hub, connection: str) -> list[IntentRow]:
    with hub.store.begin() as tx:
        at = to_text(hub.clock())
        batch = outbox.ready(tx, connection, now=at, after=0, limit=BATCH)
        outbox.mark_sent(tx, [i.id for i in batch], at=at)
    return batch


def _carried_out(
    connector: Connector, batch: Sequence[IntentRow]
) -> Iterator[tuple[IntentRow, Receipt | ConciliaError]]:
    in_doubt = [i for i in batch if i.state == outbox.SENT_UNKNOWN]
    found = connector.look_up(PAYMENTS, [_order(i).reference for i in in_doubt]) if in_doubt else {}
    for intent in in_doubt:
        if (there := found.get(_order(intent).reference)) is not None:
            yield intent, Receipt(there.external_id, found_before=True, fields=there.fields)
    left = [i for i in batch if _order(i).reference not in found]
    answers = connector.write(Operation.REGISTER_PAYMENT, [_order(i) for i in left])
    for intent, answer in zip(left, answers, strict=True):
        if isinstance(answer, (Receipt, ConciliaError)):
            yield intent, answer
        else:
            raise answer


def _order(intent: IntentRow) -> PaymentOrder:
    return PaymentOrder(**json.loads(intent.body))


def _settle(hub: Hub, intent: IntentRow, answer: Receipt | ConciliaError, delivery: Delivery) -> None:
    with hub.store.begin() as tx:
        locks.in_turn(tx, "money")
        moment = hub.clock()
        at = to_text(moment)
        if isinstance(answer, Receipt):
            _keep(tx, intent, answer, hub=hub, at=at)
            delivery.delivered += not answer.found_before
            delivery.found_before += answer.found_before
            return
        decision = decide(answer, attempts=intent.attempts + 1)
        until = to_text(moment + decision.after)
        outbox.postpone(tx, intent.id, NextStep(decision.state, until, decision.reason), at=at)
        outcome = "unknown" if isinstance(answer, OutcomeUnknown) else type(answer).__name__
        outbox.add_receipt(tx, intent.id, KeptAnswer(outcome, None, json.dumps({"reason": str(answer)})), at=at)
        if decision.state == outbox.DEAD:
            delivery.dead += 1
        else:
            delivery.postponed += 1


def _keep(tx: Tx, intent: IntentRow, receipt: Receipt, *, hub: Hub, at: str) -> None:
    outcome = "found_before" if receipt.found_before else "written"
    body = json.dumps({"balance": receipt.balance, "fields": dict(receipt.fields)}, default=str, ensure_ascii=False)
    outbox.add_receipt(tx, intent.id, KeptAnswer(outcome, receipt.external_id, body), at=at)
    outbox.mark(tx, [intent.id], state=outbox.DONE, reason=outcome, at=at)
    ledger.set_posted(tx, [int(intent.subject_id)], at=at, external_id=receipt.external_id)
    if receipt.balance is not None:
        _take_over_balance(tx, intent, receipt.balance, at=at)
    fact = {"connection": intent.connection, "external_id": receipt.external_id, "outcome": outcome}
    reference = _order(intent).reference
    events.append(tx, [Fact("payment.posted", reference.partition(".")[0], None, fact)], at=at)
    bring_up_to_date(tx, [intent.entity_key], policy=hub.policies.ledger, at=at)


def _take_over_balance(tx: Tx, intent: IntentRow, balance: str, *, at: str) -> None:
    """The balance read back after the write is the owner's newest statement, and it includes the payment."""
    order = _order(intent)
    for stated in debts.of_debts(tx, [intent.entity_key]).get(intent.entity_key, []):
        if stated.connection == intent.connection and stated.external_id == order.debt:
            body = json.loads(stated.body)
            body["fields"]["balance"] = balance
            text = json.dumps(body, ensure_ascii=False, sort_keys=True)
            debts.store_sources(tx, [replace(stated, body=text, stated_at=at)])
