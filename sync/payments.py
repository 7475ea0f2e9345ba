"""The verbs of payments told by people and programs: register, take back, and what was refused of them.

What is refused under a named rule is kept with everything that was told, in a transaction of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.servicing import register as servicing
from concilia.servicing.payments import REGISTER_PAYMENT, REGISTER_REVERSAL
from concilia.servicing.register import Answer, Call
from concilia.store import refusals
from concilia.store.refusals import PaymentRefusal
from concilia.store.unit_of_work import Tx
from sync.hub import Hub

LOCAL: Final = 0  # the key of whoever sits at the hub itself; API keys count from 1
_SHOWN = ("id", "operation", "code", "field", "message", "mend", "at")


def register_payment(hub: Hub, body: Mapping[str, Any], *, key_id: int, idempotency_key: str) -> Answer:
    """Take in a payment that was told."""
    call = Call(key_id, idempotency_key, to_text(hub.clock()))
    policy = hub.policies.ledger
    return _told(
        hub, REGISTER_PAYMENT, body, call=call, act=lambda tx: servicing.register(tx, body, call=call, policy=policy)
    )


def reverse_payment(
    hub: Hub, payment_id: str, body: Mapping[str, Any], *, key_id: int = LOCAL, idempotency_key: str = ""
) -> Answer:
    """Take back a payment that was told: its debts owe it again, and the ledgers that hold it are told.

    Without a key of the caller's, a payment is taken back once.
    """
    call = Call(key_id, idempotency_key or f"reverse {payment_id}", to_text(hub.clock()))
    policy = hub.policies.ledger
    told = {"payment": payment_id, **body}
    return _told(
        hub,
        REGISTER_REVERSAL,
        told,
        call=call,
        act=lambda tx: servicing.reverse(tx, payment_id, body, call=call, policy=policy),
    )


def refused_payments(hub: Hub, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Payments and reversals that were told and refused, and have not been taken since, oldest first."""
    with hub.store.read() as tx:
        return [_shown(row) for row in refusals.listed(tx, after=after, limit=limit)]


def retry_refused(hub: Hub, number: int, *, changes: Mapping[str, Any]) -> Answer:
    """Tell a refused payment or reversal again with some members changed (None: left out), under its own key."""
    with hub.store.read() as tx:
        row = refusals.load(tx, number)
    if row is None or row.status != refusals.OPEN:
        raise NotFound(f"There is no refused payment {number}.", mend="See them: concilia payments refused.")
    told = {**json.loads(row.body), **changes}
    body = {name: value for name, value in told.items() if value is not None}
    if row.operation == REGISTER_PAYMENT:
        return register_payment(hub, body, key_id=row.key_id, idempotency_key=row.idempotency_key)
    payment_id = str(body.pop("payment", ""))
    return reverse_payment(hub, payment_id, body, key_id=row.key_id, idempotency_key=row.idempotency_key)


def _told(hub: Hub, operation: str, body: Mapping[str, Any], *, call: Call, act: Callable[[Tx], Answer]) -> Answer:
    try:
        with hub.store.begin() as tx:
            return act(tx)
    except (RequestInvalid, NotFound) as fault:
        if fault.code:
            with hub.store.begin() as tx:
                servicing.keep_refusal(tx, operation, body, fault, call=call)
        raise


def _shown(row: PaymentRefusal) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _SHOWN}, "told": json.loads(row.body)}
