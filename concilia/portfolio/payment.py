"""Payments, their identity across systems, applications and reversals as contra entries. Never a deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from concilia.keys import SEPARATOR
from concilia.portfolio.party import DebtReference

REVERSAL: Final = ".r"  # what our reference of a reversal ends with


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a payment meant for one debt; no amount means as much as is open."""

    debt: DebtReference
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaymentClaim:
    """What one source record says of one payment. `fields` are canonical texts by schema.PAYMENT name."""

    key: tuple[str, ...]
    fields: Mapping[str, str]
    allocations: tuple[Allocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """A part of a payment meant for one debt of the hub."""

    debt_id: str
    amount: Decimal


def claim_to_json(claim: PaymentClaim) -> dict[str, Any]:
    """The claim without its key, which its row holds."""
    parts = [
        {
            "amount": None if a.amount is None else format(a.amount, "f"),
            "key": list(a.debt.key),
            "connection": a.debt.connection,
            "stream": a.debt.stream,
            "document": a.debt.document,
        }
        for a in claim.allocations
    ]
    return {"fields": dict(claim.fields), "allocations": parts}


def claim_from_json(key: tuple[str, ...], found: Mapping[str, Any]) -> PaymentClaim:
    """The claim written by `claim_to_json`."""
    parts = tuple(
        Allocation(
            debt=DebtReference(tuple(a["key"]), a["connection"], a["stream"], a["document"]),
            amount=None if a["amount"] is None else Decimal(a["amount"]),
        )
        for a in found["allocations"]
    )
    return PaymentClaim(key=key, fields=found["fields"], allocations=parts)


def identities(fields: Mapping[str, str], *, debt_ids: Sequence[str], source: tuple[str, ...]) -> tuple[str, ...]:
    """The keys under which this payment is recognised when it is told again, strongest first.

    Our own reference; the gateway's id; bank, reference, amount, date and payer; the reference, amount and
    date on the same debts, whoever tells it. A reference is needed for the last two: equal amounts on one
    day are no proof. `source` is the place it was told (for the API: nothing).
    """
    found: list[tuple[str, ...]] = []
    if gateway := fields.get("gateway_id"):
        found.append(("gateway", gateway))
    amount = format(Decimal(fields["amount"]).normalize(), "f")
    fact = (fields.get("reference", ""), amount, fields["unit"], fields["value_date"])
    if fact[0]:
        if fields.get("bank") or fields.get("payer"):
            found.append(("bank", fields.get("bank", ""), *fact, fields.get("payer", "")))
        if debt_ids:
            found.append(("debts", *fact, *sorted(debt_ids)))
    if source:
        found.append(("source", *source))
    ours = [hub_identity(fields["hub_reference"])] if fields.get("hub_reference") else []
    return (*ours, *(SEPARATOR.join(parts) for parts in found))


def hub_identity(reference: str) -> str:
    """The key under which a payment is recognised by our own reference."""
    return SEPARATOR.join(("hub", reference))


def hub_reference(payment_id: str, *, part: int) -> str:
    """Our reference for one application of a payment, written into other systems and looked up there."""
    return payment_id if part == 1 else f"{payment_id}.{part}"


def reversal_reference(payment_id: str, *, part: int) -> str:
    """Our reference for taking back that application."""
    return hub_reference(payment_id, part=part) + REVERSAL


def allocate(amount: Decimal, wanted: Sequence[tuple[str, Decimal | None, Decimal]]) -> list[Application]:
    """Spread a payment over debts in the order given: (debt, asked amount or None, what is open).

    Never more than was asked, is open, or is left; what nothing takes stays unapplied.
    """
    left = amount
    found: list[Application] = []
    taken: dict[str, Decimal] = {}
    for debt_id, asked, still_open in wanted:
        rest = max(still_open - taken.get(debt_id, Decimal(0)), Decimal(0))
        part = min(left, rest, *(() if asked is None else (asked,)))
        if part > 0:
            found.append(Application(debt_id, part))
            taken[debt_id] = taken.get(debt_id, Decimal(0)) + part
            left -= part
    return found
