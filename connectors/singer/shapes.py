"""Orders as records that a target is told, with the schemas of their streams. Tables and small functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from concilia.errors import RecordRejected
from connectors.contract import AgreementOrder, ContactOrder, Operation, Order, PaymentOrder, ReversalOrder
from connectors.exact_json import Number

_TEXT: Final = {"type": ["string", "null"]}
_DAY: Final = {"type": ["string", "null"], "format": "date"}
_AMOUNT: Final = {"type": ["string", "null"], "format": "x-singer.decimal"}
_NUMBER: Final = {"type": ["number", "null"]}
_PARTS: Final = {
    "type": ["array", "null"],
    "items": {"type": "object", "properties": {"due_date": {"type": "string"}, "amount": {"type": "string"}}},
}
_MONEY: Final = {"idempotency_key": _TEXT, "debt": _TEXT, "amount": _AMOUNT, "unit": _TEXT, "value_date": _DAY}

COLUMNS: Final[Mapping[Operation, Mapping[str, Any]]] = {
    Operation.REGISTER_PAYMENT: {**_MONEY, "method": _TEXT, "remittance": _TEXT, "payer": _TEXT},
    Operation.REGISTER_REVERSAL: {**_MONEY, "payment": _TEXT, "kind": _TEXT, "reason": _TEXT},
    Operation.RECORD_AGREEMENT: {
        "idempotency_key": _TEXT, "agreement": _TEXT, "happening": _TEXT, "debt": _TEXT, "debtor": _TEXT, "kind": _TEXT,
        "state": _TEXT, "amount": _AMOUNT, "unit": _TEXT, "agreed_on": _DAY, "schedule": _PARTS, "text": _TEXT,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """How a target wants to be told: the streams' names, amounts as text or as numbers, keys of records to change.

    `keys` is, by stream, the column of its key and the kind that the catalog says it is of.
    """

    streams: Mapping[Operation, str]
    amounts_as_numbers: bool = False
    keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telling:
    """One record of one stream, and the SCHEMA it belongs to."""

    schema: Mapping[str, Any]
    record: Mapping[str, Any]


def telling_of(order: Order, shape: Shape) -> Telling:
    """What is told of an order; RecordRejected for one that no record can say."""
    match order:
        case PaymentOrder():
            return _of(Operation.REGISTER_PAYMENT, order, shape)
        case ReversalOrder():
            return _of(Operation.REGISTER_REVERSAL, order, shape)
        case AgreementOrder():
            return _of(Operation.RECORD_AGREEMENT, order, shape)
        case ContactOrder():
            return _contact(order, shape)


def _of(operation: Operation, order: PaymentOrder | ReversalOrder | AgreementOrder, shape: Shape) -> Telling:
    columns = COLUMNS[operation]
    record: dict[str, Any] = {"reference": order.reference, "idempotency_key": order.key}
    record |= {name: getattr(order, name) for name in columns if name not in ("idempotency_key", "schedule")}
    if isinstance(order, AgreementOrder):
        record["schedule"] = [{"due_date": day, "amount": amount} for day, amount in order.schedule]
    properties = {"reference": {"type": "string"}, **columns}
    if shape.amounts_as_numbers:
        properties["amount"] = _NUMBER
        record["amount"] = _as_number(order.amount)
    return Telling(_schema(shape.streams[operation], properties, key="reference"), record)


def _contact(order: ContactOrder, shape: Shape) -> Telling:
    """The changed cells of a record under its own key: an upsert of a part of it."""
    if order.member or order.stream not in shape.keys:
        what = f"items of {order.member}" if order.member else f"records of {order.stream}"
        raise RecordRejected(
            f"A target cannot be told to change {what}.", field="record", value=what, code="not_offered"
        )
    name, kind = shape.keys[order.stream]
    key: Any = int(order.record) if kind == "integer" and order.record.lstrip("-").isdigit() else order.record
    properties = {name: {"type": "integer" if isinstance(key, int) else "string"}, **dict.fromkeys(order.cells, _TEXT)}
    return Telling(_schema(order.stream, properties, key=name), {name: key, **order.cells})


def _schema(stream: str, properties: Mapping[str, Any], *, key: str) -> dict[str, Any]:
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": dict(properties)},
        "key_properties": [key],
    }


def _as_number(text: str) -> Number:
    try:
        return Number(Decimal(text))
    except ArithmeticError as fault:
        raise RecordRejected("The amount is no number.", field="amount", value=text) from fault
