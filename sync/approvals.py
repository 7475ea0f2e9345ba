"""Holds money above what is written without approval, until a person approves the plan it stands in. No calls."""

from __future__ import annotations

import json

from concilia.store import outbox, write_plans
from concilia.store.unit_of_work import Tx
from connectors.contract import Operation
from sync.hub import Hub
from sync.plan import exceeds

MONEY = tuple(operation.value for operation in Operation if operation is not Operation.UPDATE_CONTACT)


def hold(tx: Tx, hub: Hub, connection: str) -> None:
    """Hold what exceeds the limit of its unit. Asked in the transaction that claims intents, so nothing slips past."""
    known = hub.workspace.connections.get(connection)
    if known is None or not known.writes.approval.money:
        return
    new = outbox.listed(tx, state=outbox.NEW, connection=connection, limit=2**31)
    above = [
        intent.idempotency_key
        for intent in new
        if intent.operation in MONEY and not intent.attempts and exceeds(json.loads(intent.body), known.writes.approval)
    ]
    free = write_plans.approved_keys(tx, above)
    held = [key for key in above if key not in free]
    write_plans.swap_state(tx, connection, keys=held, before=outbox.NEW, after=write_plans.HELD)
