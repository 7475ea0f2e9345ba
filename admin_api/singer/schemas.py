"""What the tap's streams hold, as Singer schemas. Tables only.

Amounts are text of the format `x-singer.decimal`, which SDK targets store as NUMERIC: a JSON number would be a float in
most programs on the way. Lists and groups are JSON values; a stream map gives their members columns of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from singer_sdk import typing as th

from concilia import schema
from concilia.schema import Kind

DELETED_AT: Final = "_sdc_deleted_at"
SEQUENCE: Final = "sequence"
_ANY_OBJECT: Final = {"type": "object", "additionalProperties": True}
_OBJECTS: Final = th.CustomType({"type": ["array", "null"], "items": _ANY_OBJECT})
_OBJECT: Final = th.CustomType({"type": ["object", "null"], "additionalProperties": True})
_TEXT, _DATE, _MOMENT, _FLAG = th.StringType, th.DateType, th.DateTimeType, th.BooleanType
_WHOLE, _AMOUNT = th.IntegerType, th.CustomType({"type": ["string", "null"], "format": "x-singer.decimal"})
_GOLDEN: Final[Mapping[Kind, Any]] = {Kind.DATE: _DATE, Kind.BOOLEAN: _FLAG}

_DEBTOR: Final = {
    "status": _TEXT, "merged_into": _TEXT, "version": _WHOLE, "created_at": _MOMENT, "updated_at": _MOMENT,
    **{field.name: _GOLDEN.get(field.kind, _TEXT) for field in schema.DEBTOR.fields},
    "identifiers": _OBJECTS, "contact_points": _OBJECTS, "sources": _OBJECTS, "provenance": _OBJECT,
}  # fmt: skip
_DEBT: Final = {
    "debtor": _TEXT, "creditor": _TEXT, "document": _TEXT, "debt_type": _TEXT, "document_type": _TEXT, "unit": _TEXT,
    "balance": _AMOUNT, "stated_balance": _AMOUNT, "principal_original": _AMOUNT, "interest": _AMOUNT, "fees": _AMOUNT,
    "issue_date": _DATE, "due_date": _DATE, "stage": _TEXT, "status": _TEXT, "description": _TEXT, "owner": _TEXT,
    "agreement": _TEXT, "instalments": _OBJECTS, "sources": _OBJECTS, "version": _WHOLE, "updated_at": _MOMENT,
}  # fmt: skip
_PAYMENT: Final = {
    "amount": _AMOUNT, "unit": _TEXT, "value_date": _DATE, "method": _TEXT, "status": _TEXT, "reference": _TEXT,
    "gateway_id": _TEXT, "bank": _TEXT, "payer": _TEXT, "remittance_text": _TEXT, "origin": _TEXT,
    "unapplied": _AMOUNT, "received_at": _MOMENT, "applications": _OBJECTS,
}  # fmt: skip
_AGREEMENT: Final = {
    "kind": _TEXT, "state": _TEXT, "unit": _TEXT, "promised": _AMOUNT, "discount": _AMOUNT, "agreed_on": _DATE,
    "expires_on": _DATE, "extended_to": _DATE, "tolerance_days": _WHOLE, "tolerance_amount": _AMOUNT, "debtor": _TEXT,
    "debts": _OBJECTS, "schedule": _OBJECTS, "channel": _TEXT, "agent": _TEXT, "role": _TEXT, "interaction": _TEXT,
    "evidence": _TEXT, "authority": _TEXT, "conditions": _TEXT, "origin": _TEXT, "replaced_by": _TEXT,
    "version": _WHOLE, "recorded_at": _MOMENT, "updated_at": _MOMENT,
}  # fmt: skip
_EVENT: Final = {
    "type": _TEXT, "subject": _TEXT, "debtor": _TEXT, "time": _MOMENT, "source": _TEXT, "specversion": _TEXT,
    "data": _OBJECT,
}  # fmt: skip


def _schema(columns: Mapping[str, Any], *, deletable: bool = True) -> dict[str, Any]:
    properties = [th.Property("id", _TEXT, required=True), th.Property(SEQUENCE, _WHOLE, required=True)]
    properties += [th.Property(name, kind) for name, kind in columns.items()]
    properties += [th.Property(DELETED_AT, _MOMENT)] if deletable else []
    found: dict[str, Any] = th.PropertiesList(*properties).to_dict()
    return found


RECORDS: Final[Mapping[str, dict[str, Any]]] = {
    "debtors": _schema(_DEBTOR),
    "debts": _schema(_DEBT),
    "payments": _schema(_PAYMENT),
    "agreements": _schema(_AGREEMENT),
}
EVENTS: Final = _schema(_EVENT, deletable=False)
