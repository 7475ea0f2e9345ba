"""What each operation is made of: the shape of its order, and where it is looked up. A table; no calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from concilia.store import outbox
from concilia.store.outbox import IntentRow
from connectors.contract import AgreementOrder, ContactOrder, Operation, Order, PaymentOrder, ReversalOrder, Step

SHAPES: Final[Mapping[Operation, type[Order]]] = {
    Operation.REGISTER_PAYMENT: PaymentOrder,
    Operation.REGISTER_REVERSAL: ReversalOrder,
    Operation.RECORD_AGREEMENT: AgreementOrder,
    Operation.UPDATE_CONTACT: ContactOrder,
}
# The stream in which every connector looks up by our reference what it was ordered to write. An operation that is not
# here is compared by its writer with what is there, before every write.
LOOKED_UP_IN: Final[Mapping[Operation, str]] = {
    Operation.REGISTER_PAYMENT: "payments",
    Operation.REGISTER_REVERSAL: "reversals",
    Operation.RECORD_AGREEMENT: "agreements",
}
# What a person may change in an order that was refused. The rest follows from the hub's own books.
EDITABLE: Final[Mapping[Operation, tuple[str, ...]]] = {
    Operation.REGISTER_PAYMENT: ("value_date", "method", "remittance", "payer"),
    Operation.REGISTER_REVERSAL: ("value_date", "reason"),
    Operation.RECORD_AGREEMENT: ("text",),
    Operation.UPDATE_CONTACT: (),  # another value is another decision
}

MONEY: Final = (PaymentOrder, ReversalOrder)

Done = Mapping[str, tuple[str, Mapping[str, Any]]]


def order_of(intent: IntentRow, done: Done | None = None) -> Order:
    """The order of an intent, resumed behind the steps that are done."""
    shape = SHAPES[Operation(intent.operation)]
    order = shape(**json.loads(intent.body))
    if not isinstance(order, MONEY):
        return order
    steps = {name: Step(name, external, fields) for name, (external, fields) in (done or {}).items()}
    return replace(order, done=steps, in_doubt=intent.state == outbox.SENT_UNKNOWN)
