"""Contact looked at without asking for it: the whole portfolio in a dry run, and what reads of debtors carry.

Nothing is kept, nothing is held. What a tool may do it has to ask for: between looking and calling, others call too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import RequestInvalid
from concilia.portfolio.contact_decision import ContactDecision
from concilia.portfolio.contact_decision import decide as decided
from concilia.portfolio.contact_facts import Question
from concilia.portfolio.contact_rules.hours import day_of
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.portfolio.contact_rules.rules import CHANNELS
from concilia.servicing import contact_gathering
from concilia.servicing.contact_decisions import counts_everybody, rules_for
from concilia.servicing.contact_gathering import Party
from concilia.servicing.contact_terms import said_of
from concilia.store import contact_parties, golden
from concilia.store.unit_of_work import Tx
from sync.contacts import policy_of
from sync.hub import Hub

NO_RULES: Final = "contact-no-rules"
TOLD: Final = 1000  # debtors between two words about how far it is


@dataclass(slots=True)
class PlanLine:
    """One channel: how many may be contacted now, later today, and not today, with the first reason of each."""

    channel: str
    now: int = 0
    later_today: int = 0
    not_today: Counter[str] = field(default_factory=Counter)

    @property
    def today(self) -> int:
        """How many may be contacted today."""
        return self.now + self.later_today


def plan(
    hub: Hub,
    *,
    channels: Sequence[str] = CHANNELS,
    purpose: str = "collection",
    watch: Callable[[int], None] = lambda _: None,
) -> list[PlanLine]:
    """Every debtor by every channel, as the hub would decide at this moment; `watch` hears how many were looked at."""
    policy, now = policy_of(hub.workspace), hub.clock()
    lines = {channel: PlanLine(channel) for channel in channels}
    looked = 0
    with hub.store.read() as tx:
        for page in contact_parties.pages(tx):
            rows = list(golden.load(tx, page).values())
            for party in contact_gathering.gather(tx, rows, policy=policy, at=now, now=now).values():
                _add(lines, _looked(tx, party, Look(policy, now, purpose, tuple(channels))), party, now)
                looked += 1
                if looked % TOLD == 0:
                    watch(looked)
    return list(lines.values())


@dataclass(frozen=True, slots=True)
class Look:
    """By which rules, when, for what and by which channels somebody is looked at; about which debts (none: all)."""

    policy: ContactPolicy
    now: datetime
    purpose: str = "collection"
    channels: tuple[str, ...] = CHANNELS
    debts: tuple[str, ...] = ()


def carried(hub: Hub, tx: Tx, golden_id: str, debts: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What reads carry of contact: under "" for the debtor, and for each of these debts alone.

    By each channel whether the debtor may be contacted now, with the first reason; and what stands in the way.
    """
    policy, now = policy_of(hub.workspace), hub.clock()
    rows = list(golden.load(tx, [golden_id]).values())
    found = contact_gathering.gather(tx, rows, policy=policy, at=now, now=now)
    if golden_id not in found:
        return {}
    said = said_of(tx, found[golden_id])
    told = {}
    for one in ((), *((debt["id"],) for debt in debts)):
        answers = _looked(tx, found[golden_id], Look(policy, now, debts=one))
        told["".join(one)] = {
            "allowed_now": {channel: _short(answer) for channel, answer in answers.items()},
            "agreements": _agreements([debt for debt in debts if debt["id"] in one or not one]),
            "holds": [each for each in said["holds"] if _stands(each, now) and _of(each, one)],
            "disputes": [each for each in said["disputes"] if each["resolved_at"] is None and _of(each, one)],
            "prohibitions": [each for each in said["prohibitions"] if _stands(each, now)],
        }
    return told


def _agreements(debts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The agreements that hold these debts, each once with the debts of them that it holds."""
    found: dict[str, dict[str, Any]] = {}
    for debt in debts:
        if held := debt["agreement"]:
            found.setdefault(held["id"], {**held, "debts": []})["debts"].append(debt["id"])
    return list(found.values())


def _looked(tx: Tx, party: Party, look: Look) -> dict[str, ContactDecision | None]:
    """The decision by each channel; None where there are no rules for the debtor."""
    try:
        book = rules_for(party, look.policy)
    except RequestInvalid:
        return dict.fromkeys(look.channels)
    facts = party.facts
    if counts_everybody(book):
        about = look.debts or [debt.id for debt in facts.debts]
        others = contact_gathering.attempts_about(tx, party, about, at=look.now, now=look.now)
        facts = replace(facts, attempts=(*facts.attempts, *others))
    hold = look.policy.hold
    return {
        channel: decided(Question(channel, look.purpose, look.now, hold, look.debts), facts, book)
        for channel in look.channels
    }


def _add(
    lines: Mapping[str, PlanLine], answers: Mapping[str, ContactDecision | None], party: Party, now: datetime
) -> None:
    for channel, answer in answers.items():
        line = lines[channel]
        if answer is None:
            line.not_today[NO_RULES] += 1
        elif answer.allowed:
            line.now += 1
        elif answer.next_allowed_at is not None and _same_day(answer.next_allowed_at, now, party.facts.zones[0]):
            line.later_today += 1
        else:
            line.not_today[answer.reasons[0].rule] += 1


def _same_day(one: datetime, other: datetime, zone: str) -> bool:
    return day_of(one, zone) == day_of(other, zone)


def _short(answer: ContactDecision | None) -> dict[str, Any]:
    """Without the moment itself, which would change with every read."""
    if answer is None:
        return {"allowed_now": False, "reason": NO_RULES, "says": "There are no contact rules for its country."}
    if answer.allowed:
        return {"allowed_now": True}
    first = answer.reasons[0]
    return {
        "allowed_now": False,
        "reason": first.rule,
        "says": first.says,
        "in_spanish": first.in_spanish,
        "next_allowed_at": None if answer.next_allowed_at is None else to_text(answer.next_allowed_at),
    }


def _stands(said: Mapping[str, Any], now: datetime) -> bool:
    return said["lifted_at"] is None and (said["until"] is None or said["until"] > to_text(now))


def _of(said: Mapping[str, Any], debts: tuple[str, ...]) -> bool:
    return not debts or not said["debts"] or bool(set(said["debts"]) & set(debts))
