"""The `push` of a connection in concilia.yaml: what may be written there, who owns it, what waits for approval.

Says what is allowed; decides nothing about any value.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from concilia.documents import Document, did_you_mean
from concilia.money import DECIMALS

FACTS: Final = ("payments", "agreements")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class ConflictPolicy(enum.StrEnum):
    """Who wins when two sides changed one field since they last agreed."""

    OWNER_WINS = "owner_wins"  # the connection that owns the field
    NEWEST = "newest_within_skew"  # the later edit, unless they are so near that clocks cannot tell
    MOST_TRUSTED = "most_trusted"  # the connection with the greater `trust`
    ASK = "ask"  # nobody: a person is asked


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """How one field of a connection is written."""

    policy: ConflictPolicy
    owner: str = ""
    skew: timedelta = timedelta(minutes=5)
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """What waits for a person: more than `changes` rows in a plan, or an amount above that of its unit."""

    changes: int | None = None
    money: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """What may be written to one connection. `facts` are payments and agreements, `contacts` fields by name."""

    facts: frozenset[str] = frozenset()
    contacts: Mapping[str, FieldPolicy] = field(default_factory=dict)
    approval: Approval = field(default_factory=Approval)

    def as_json(self) -> dict[str, Any]:
        """The policy as plain JSON, the same for the same policy."""
        fields = {
            name: [str(one.policy), one.owner, one.skew.total_seconds(), one.clear]
            for name, one in sorted(self.contacts.items())
        }
        money = {unit: format(amount, "f") for unit, amount in sorted(self.approval.money.items())}
        return {"facts": sorted(self.facts), "contacts": fields, "changes": self.approval.changes, "money": money}


def write_policy_of(document: Document, *, connections: Collection[str]) -> WritePolicy:
    """The policy of a connection's document that fits its schema; ConfigurationInvalid with place and mend."""
    said: Mapping[str, Any] = document.content.get("push") or {}
    return WritePolicy(
        facts=frozenset(name for name in FACTS if said.get(name)),
        contacts={
            name: _field(document.part("push", "contacts", name), connections) for name in said.get("contacts") or {}
        },
        approval=_approval(document, said.get("approval") or {}),
    )


def _field(document: Document, connections: Collection[str]) -> FieldPolicy:
    said = document.content if isinstance(document.content, dict) else {"policy": document.content}
    policy, owner = ConflictPolicy(said["policy"]), said.get("owner", "")
    if policy is ConflictPolicy.OWNER_WINS and not owner:
        mend = "Write {policy: owner_wins, owner: CONNECTION}."
        raise document.error("owner_wins needs to know who owns the field.", mend=mend)
    if owner and policy is not ConflictPolicy.OWNER_WINS:
        raise document.error(f"{policy} asks no owner.", at=("owner",), mend="Remove it, or write policy: owner_wins.")
    if owner and owner not in connections:
        mend = did_you_mean(owner, connections) or "Name one of the connections."
        raise document.error(f'there is no connection "{owner}".', at=("owner",), mend=mend)
    if "skew" in said and policy is not ConflictPolicy.NEWEST:
        raise document.error("only newest_within_skew has a skew.", at=("skew",), mend="Remove it.")
    if said.get("clear") and policy is not ConflictPolicy.OWNER_WINS:
        mend = "Write policy: owner_wins, or remove it."
        raise document.error("only what has an owner can be cleared by it.", at=("clear",), mend=mend)
    return FieldPolicy(policy, owner, _span(document, said.get("skew", "5m")), bool(said.get("clear", False)))


def _span(document: Document, said: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})\s*([smhd])", str(said).strip())
    if found is None:
        raise document.error(f'"{said}" is no length of time.', at=("skew",), mend="Write it as 30s, 5m, 2h or 1d.")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _approval(document: Document, said: Mapping[str, Any]) -> Approval:
    money = said.get("money") or {}
    for unit in money:
        if unit not in DECIMALS:
            mend = did_you_mean(unit, DECIMALS) or f"Known units are: {', '.join(DECIMALS)}."
            at = ("push", "approval", "money", unit)
            raise document.error(f'"{unit}" is no known unit.', at=at, mend=mend)
    return Approval(said.get("changes"), {unit: Decimal(str(amount)) for unit, amount in money.items()})
