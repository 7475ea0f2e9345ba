"""A Singer record as what the hub is told. Pure: the hub itself checks what it is told.

Only members the hub knows are taken over; a tap's other columns stay behind. Amounts become text, moments days.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from concilia.errors import RecordRejected

Record = Mapping[str, Any]

_PAYMENT: Final = ("unit", "method", "reference", "gateway_id", "bank", "payer", "debtor")
_AGREEMENT: Final = (
    "kind", "debtor", "unit", "tolerance_days", "proposed", "replaces", "channel", "agent", "role", "interaction",
    "evidence", "authority", "conditions",
)  # fmt: skip
_AGREED_AMOUNTS: Final = ("discount", "discount_percent", "tolerance_amount")
_AGREED_DAYS: Final = ("agreed_on", "expires_on")
_INTERACTION: Final = (
    "direction", "channel", "purpose", "agency", "started_at", "ended_at", "outcome", "party_outcome", "result",
    "contact_point", "decision_id", "campaign_id", "experiment_id", "content_ref", "content_hash", "external_ref",
    "thread", "language", "disposition",
)  # fmt: skip
_PARTY: Final = ("tax_id", "phone", "email", "whatsapp_id", "bsuid", "business_portfolio", "country")
DELETED: Final = "_sdc_deleted_at"


@dataclass(frozen=True, slots=True)
class Entity:
    """What a stream may hold: where it is told, and how its records become what is told."""

    name: str
    path: str
    body: Callable[[Record, str], dict[str, Any]]
    many: bool = False  # whether several are told in one call


def payment(record: Record, connection: str) -> dict[str, Any]:
    """A payment; `connection` is that of debts named by `debt_external_id` alone."""
    return _without_none(
        {
            "debt": _debt(record, connection),
            "amount": _amount(record.get("amount")),
            "value_date": _day(record.get("value_date")),
            **{name: record.get(name) for name in _PAYMENT},
        }
    )


def agreement(record: Record, connection: str) -> dict[str, Any]:
    """An agreement, on the debts of `debts` or on the one that is named as a payment names it."""
    debts = record.get("debts")
    if debts is None:
        debts = [{"debt": _debt(record, connection), "amount": record.get("debt_amount")}]
    return _without_none(
        {
            "debts": [_part(one) for one in _list(debts, "debts")],
            "schedule": None
            if record.get("schedule") is None
            else [_part(one) for one in _list(record["schedule"], "schedule")],
            "spread": None if record.get("spread") is None else _part(record["spread"]),
            **{name: _amount(record.get(name)) for name in _AGREED_AMOUNTS},
            **{name: _day(record.get(name)) for name in _AGREED_DAYS},
            **{name: record.get(name) for name in _AGREEMENT},
        }
    )


def interaction(record: Record, connection: str) -> dict[str, Any]:
    """An interaction; its party and its actor as groups, or named by columns of their own."""
    named = record.get("actor_type") or record.get("actor_id")
    actor = {"type": record.get("actor_type"), "id": record.get("actor_id")} if named else record.get("actor")
    debts = record.get("debts")
    if debts is None and any(record.get(name) for name in _NAMES_OF_DEBTS):
        debts = [_debt(record, connection)]
    return _without_none(
        {
            **{name: _plain_day(record.get(name)) for name in _INTERACTION},
            "party": _party(record, connection) or None,
            "actor": _without_none(actor) if isinstance(actor, Mapping) else actor,
            "debts": debts,
            "cost": None if record.get("cost") is None else _part(record["cost"]),
        }
    )


def _party(record: Record, connection: str) -> Any:
    if record.get("party") is not None:
        return record["party"]
    found = {name: record.get(name) for name in _PARTY}
    if external := record.get("debtor_external_id"):
        found |= {"external_id": external, "connection": record.get("debtor_connection") or connection or None}
    given = {name: str(value) for name, value in {"id": record.get("debtor"), **found}.items() if value is not None}
    return given if set(given) - {"country"} else {}


def idempotency_key(stream: str, record: Record, *, key_properties: Sequence[str], body: Record) -> str:
    """The same for the same record of a stream, in every run; RecordRejected when a part of its key is missing.

    A stream without key properties is known by what is told of it: the same body twice counts once.
    """
    missing = [name for name in key_properties if record.get(name) in (None, "")]
    if missing:
        raise RecordRejected(f"It lacks its key {', '.join(missing)}.", field=missing[0], code="key-missing")
    parts = {name: record[name] for name in key_properties} if key_properties else dict(body)
    text = json.dumps([stream, parts], sort_keys=True, ensure_ascii=False, default=_plain)
    return f"singer-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def refuse_deleted(record: Record) -> None:
    """RecordRejected for a record that was deleted at its source: what was told is never taken back in silence."""
    if record.get(DELETED) is not None:
        raise RecordRejected(
            "It was deleted at its source, and the hub forgets nothing.",
            mend="Take it back by name: POST /v1/payments/{id}/reversal, or /v1/agreements/{id}/cancel.",
            code="deleted-at-source",
        )


_NAMES_OF_DEBTS: Final = ("debt", "debt_id", "debt_external_id", "document")


def _debt(record: Record, connection: str) -> Any:
    named = record.get("debt")
    if isinstance(named, Mapping):
        return dict(named)
    if found := named or record.get("debt_id"):
        return {"id": str(found)}
    if external := record.get("debt_external_id"):
        return _without_none(
            {"connection": record.get("debt_connection") or connection or None, "external_id": str(external)}
        )
    if document := record.get("document"):
        return {"document": str(document)}
    raise RecordRejected(
        "It names no debt.",
        mend="Give debt_id, or debt_external_id (with debt_connection), or document; a stream map can rename columns.",
        field="debt",
        code="debt-missing",
    )


def _list(value: Any, name: str) -> Sequence[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal)
        except ValueError:
            value = None
    if not isinstance(value, list):
        raise RecordRejected(f"Its {name} is no list.", field=name, code="shape")
    return value


def _part(one: Any) -> Any:
    """A group of members with its amounts and days written as the hub reads them."""
    if not isinstance(one, Mapping):
        return one
    return _without_none(
        {
            name: _amount(value) if isinstance(value, Decimal | float) else _plain_day(value)
            for name, value in one.items()
        }
    )


def _plain_day(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _amount(value: Any) -> Any:
    """A number as plain decimal text; text stays as it is, for the hub to judge."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        value = Decimal(str(value))
    return format(value, "f") if isinstance(value, Decimal) and value.is_finite() else value


def _day(value: Any) -> Any:
    """The day of a moment, as the moment itself says it; text that is no moment stays as it is."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value[:10] if isinstance(value, str) and len(value) > 10 and value[10] in "T " else value


def _without_none(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: object) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


ENTITIES: Final[Mapping[str, Entity]] = {
    "payments": Entity("payments", "/v1/payments", payment),
    "agreements": Entity("agreements", "/v1/agreements", agreement),
    "interactions": Entity("interactions", "/v1/interactions", interaction, many=True),
}
