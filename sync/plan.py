"""What is to be written where, and why: golden record, what every system was last seen to say, and policy. Pure.

A planned write is a value with its difference field by field; it is stored, shown, approved, and only then an intent.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from concilia import keys
from concilia.records import RecordRef
from concilia.write_policy import Approval, FieldPolicy
from connectors.contract import Operation
from sync.cells import Change
from sync.conflicts import Choice, Chosen, Disputed, Judgement, Leave, Ruling, Silent, Voice, Write, choose, judge


class IntentKind(enum.StrEnum):
    """What a planned write does in the other system."""

    CREATE_CONTACT = "create_contact"
    UPDATE_CONTACT = "update_contact"
    CLOSE_CONTACT = "close_contact"
    REGISTER_PAYMENT = "register_payment"
    REGISTER_REVERSAL = "register_reversal"
    RECORD_AGREEMENT = "record_agreement"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what both sides agreed on, what the hub says, what the system says, what will be written, and why."""

    field: str
    base: str
    ours: str
    theirs: str
    writes: Mapping[str, str | None]
    why: str


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One write that was decided and not yet made. `order` is the body of its intent, `key` its idempotency key."""

    kind: IntentKind
    at: RecordRef
    golden_id: str | None
    difference: Difference
    order: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class FieldCase:
    """One field of one debtor: what every record says of it, the golden record's order, and a person's word."""

    golden_id: str
    field: str
    voices: tuple[Voice, ...]
    preferred: tuple[str, ...] = ()
    ruling: Ruling | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of one record that may be written."""

    target: Voice
    choice: Chosen
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """All that follows for one field of one debtor. `stands` is what the hub says to each record's connection."""

    case: FieldCase
    decided: tuple[Decided, ...]
    disputes: tuple[tuple[Disputed, FieldPolicy], ...]
    stands: Mapping[str, str]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to write or to decide: then all voices have agreed, or agreed to differ."""
        return not self.disputes and all(isinstance(one.judgement, Leave) for one in self.decided)


def plan_field(case: FieldCase, policies: Mapping[str, FieldPolicy], *, targets: frozenset[RecordRef]) -> FieldPlan:
    """Decide one field. `policies` are those of the connections that may be written, by name."""
    choices: dict[FieldPolicy, Choice] = {
        policy: choose(case.voices, policy, preferred=case.preferred, ruling=case.ruling)
        for policy in policies.values()
    }
    decided = []
    for voice in case.voices:
        policy = policies.get(voice.at.connection)
        if policy is None or voice.at not in targets:
            continue
        choice = choices[policy]
        if isinstance(choice, Chosen):
            decided.append(Decided(voice, choice, judge(voice, choice, policy)))
    disputes = tuple((choice, policy) for policy, choice in choices.items() if isinstance(choice, Disputed))
    stands = {name: _stands(choices[policy]) for name, policy in policies.items()}
    return FieldPlan(case, tuple(decided), disputes, stands)


def contact_write(case: FieldCase, one: Decided, change: Change) -> PlannedWrite:
    """The write that a decision comes to."""
    assert isinstance(one.judgement, Write)  # noqa: S101 - the caller has looked
    at, target = one.target.at, one.target
    kind = IntentKind.UPDATE_CONTACT
    if not one.judgement.key:
        kind = IntentKind.CLOSE_CONTACT
    elif not target.key:
        kind = IntentKind.CREATE_CONTACT
    known = target.agreed
    difference = Difference(
        field=case.field,
        base="" if known is None else known.theirs,
        ours=one.judgement.value,
        theirs=target.value,
        writes=dict(change.cells),
        why=one.judgement.why,
    )
    key = keys.idempotency_key(at.connection, Operation.UPDATE_CONTACT, _subject(case, one, change))
    order = {
        "key": key,
        "reference": key,
        "stream": at.stream,
        "record": at.external_id,
        "field": case.field,
        "cells": dict(change.cells),
        "expected": dict(change.expected),
        "member": change.member,
        "item": change.item,
    }
    return PlannedWrite(kind, at, case.golden_id, difference, order, str(key))


def money_write(intent: Mapping[str, Any], *, stated: str) -> PlannedWrite:
    """The write of a payment, a reversal or an agreement that waits in the outbox; money is added, never compared."""
    order = intent["order"]
    operation = Operation(intent["operation"])
    kind = IntentKind(operation.value)
    amount = str(order.get("amount", ""))
    if operation is Operation.RECORD_AGREEMENT:
        kind = kind if order.get("debt") else IntentKind.NOTE
        field, writes = "agreement", {name: str(order[name]) for name in ("happening", "state", "text")}
    else:
        field = "balance"
        names = ("amount", "unit", "value_date", "reference")
        writes = {name: str(order.get(name) or "") for name in names}
    debt = str(order.get("debt") or order.get("debtor") or "")
    difference = Difference(field, stated, amount, stated, writes, str(intent["reason"] or kind))
    at = RecordRef(intent["connection"], "", debt)
    return PlannedWrite(kind, at, None, difference, order, str(intent["key"]))


def waits_because(rows: Sequence[PlannedWrite], approval: Approval) -> str:
    """Why a plan for one connection waits for a person; empty when it does not."""
    if approval.changes is not None and len(rows) > approval.changes:
        return f"{len(rows)} changes are more than {approval.changes}"
    for row in rows:
        if row.difference.field == "balance" and exceeds(row.order, approval):
            return f"{row.order['amount']} {row.order['unit']} is more than is written without approval"
    return ""


def exceeds(order: Mapping[str, Any], approval: Approval) -> bool:
    """Whether an order moves more money than is written without approval."""
    limit = approval.money.get(str(order.get("unit")))
    if limit is None or not order.get("amount"):
        return False
    return abs(Decimal(str(order["amount"]))) > limit


def _stands(choice: Choice) -> str:
    match choice:
        case Chosen() | Silent():
            return choice.key
        case Disputed():
            return ""


def _subject(case: FieldCase, one: Decided, change: Change) -> str:
    """Equal for one and the same decision, however often it is planned; another edit makes it another."""
    at = one.target.at
    sides = (one.target.key, one.target.since, one.choice.key, one.choice.since, change.item)
    digest = hashlib.sha256("\x1f".join(sides).encode()).hexdigest()[:16]
    return "\x1e".join((at.stream, at.external_id, case.field, digest))
