"""Decide about a contact and hold it ready, in one transaction; confirm or release it; decide again as it was.

Tools that ask about one debtor at once follow one another: the first is given the slot, the others see that it is.
A slot that nobody confirms is free again when it expires, without anybody doing anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from concilia.clock import from_text, to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.keys import contact_decision_id
from concilia.portfolio.contact_decision import ContactDecision, decide, decision_to_json
from concilia.portfolio.contact_facts import (
    Attempt,
    Facts,
    Question,
    facts_from_json,
    facts_to_json,
    question_from_json,
    question_to_json,
)
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.portfolio.contact_rules.rulebook import Rulebook, reopened
from concilia.portfolio.contact_rules.rules import Cap, OneMedium, Scope
from concilia.servicing import contact_gathering
from concilia.servicing.contact_gathering import Look, Party
from concilia.store import contact_reading, contacts, events, locks, round_trips
from concilia.store.contacts import CONFIRMED, HELD, RELEASED, DecisionRow, ReservationRow
from concilia.store.events import Fact
from concilia.store.golden import MERGED
from concilia.store.unit_of_work import Tx

EXPIRED: Final = "expired"
LATENESS: Final = timedelta(minutes=5)  # how long a question may have been under way
FURTHEST: Final = timedelta(days=14)  # how far ahead a contact may be held ready


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks about whom, and whether the contact shall be held ready. `nonce` makes the decision's id."""

    golden_id: str
    question: Question
    by: str
    nonce: str
    actor: Mapping[str, Any]
    reserve: bool = True


@dataclass(frozen=True, slots=True)
class Weighed:
    """A debtor as it was found, the rules that hold for it, and the answer."""

    party: Party
    facts: Facts
    book: Rulebook
    decision: ContactDecision


def take(tx: Tx, asked: Asked, *, policy: ContactPolicy, now: datetime) -> dict[str, Any]:
    """Decide, keep the decision, and hold the contact ready when it is allowed and wanted."""
    question = _in_time(asked.question, now=now)
    weighed = _in_turn(tx, asked.golden_id, question, Look(policy, question.at, now))
    told = _told_of(question, weighed)
    row = _decision_row(asked, told, weighed, now=now)
    contacts.keep_rulebook(
        tx, weighed.book.digest, version=weighed.book.version, body=weighed.book.body, at=to_text(now)
    )
    decision = weighed.decision
    held = None if not asked.reserve or decision.expires_at is None else _held(row, decision.expires_at)
    contacts.add_decision(tx, row, held, debts=decision.debts)
    if not decision.allowed:
        events.append(tx, [denied(row, decision)], at=to_text(now))
    return _shown(row, told, weighed.book.version, held, now=now)


def weigh(tx: Tx, golden_id: str, question: Question, *, policy: ContactPolicy, now: datetime) -> Weighed:
    """The answer to a question without keeping anything; NotFound for an unknown debtor."""
    party = _standing(tx, golden_id, Look(policy, question.at, now), in_turn=False)
    book = rules_for(party, policy)
    about = _about(question, party.facts) if counts_everybody(book) else []
    others = contact_gathering.attempts_about(tx, party, about, at=question.at, now=now)
    return _weighed(party, others, question, book)


def denied(row: DecisionRow, decision: ContactDecision) -> Fact:
    """What followers of events are told of a contact that may not be made: by which rule, and when it may."""
    told = {
        "decision": row.id,
        "channel": row.channel,
        "purpose": row.purpose,
        "at": row.at,
        "rule": row.rule,
        "rules": [reason.rule for reason in decision.reasons],
        "next_allowed_at": None if decision.next_allowed_at is None else to_text(decision.next_allowed_at),
        "asked_by": row.asked_by,
    }
    return Fact("contact.denied", row.id, row.golden_id, told)


def _in_turn(tx: Tx, golden_id: str, question: Question, look: Look) -> Weighed:
    """Weighed after whoever decides about the debtor; where people of a debt count together, about its debts."""
    party = _standing(tx, golden_id, look, in_turn=True)
    book = rules_for(party, look.policy)
    about = _about(question, party.facts) if counts_everybody(book) else []
    if not about:
        return _weighed(party, (), question, book)
    locked = locks.turns(tx, [f"contact:{debt}" for debt in about])
    reading = contact_gathering.statement_about(about, at=look.at, now=look.now)
    read = contact_reading.sorted_out(round_trips.together(tx, [*locked, reading])[-1])
    return _weighed(party, contact_gathering.attempts_in(read, party), question, book)


def _standing(tx: Tx, golden_id: str, look: Look, *, in_turn: bool) -> Party:
    """The debtor, or what it was merged into, after whoever decides about it now; NotFound for an unknown id."""
    followed: set[str] = set()
    while True:
        followed.add(golden_id)
        locked = locks.turns(tx, [f"contact:{golden_id}"]) if in_turn else []
        rows = round_trips.together(tx, [*locked, contact_gathering.statement([golden_id], look)])[-1]
        read = contact_reading.sorted_out(rows)
        if not read.goldens:
            raise NotFound("There is no such debtor.", mend="Search by name, tax id, phone or e-mail.")
        (seen,) = read.goldens
        if seen.status != MERGED or seen.merged_into is None or seen.merged_into in followed:
            return contact_gathering.parties(read, look)[golden_id]
        golden_id = seen.merged_into


def _weighed(party: Party, others: tuple[Attempt, ...], question: Question, book: Rulebook) -> Weighed:
    facts = replace(party.facts, attempts=(*party.facts.attempts, *others)) if others else party.facts
    return Weighed(party, facts, book, decide(question, facts, book))


def _held(row: DecisionRow, expires_at: datetime) -> ReservationRow:
    return ReservationRow(
        decision_id=row.id,
        debtor_id=row.debtor_id,
        channel=row.channel,
        purpose=row.purpose,
        at=row.at,
        expires_at=to_text(expires_at),
        state=HELD,
        interaction_id=None,
        changed_at=row.asked_at,
    )


def _about(question: Question, facts: Facts) -> list[str]:
    return sorted(question.debts or (debt.id for debt in facts.debts))


def rules_for(party: Party, policy: ContactPolicy) -> Rulebook:
    """The rules for a debtor; RequestInvalid when there are none for its country."""
    if not policy.knows(party.country):
        named = f"for {party.country}" if party.country else "for a debtor whose country nobody knows"
        raise RequestInvalid(
            f"There are no contact rules {named}.",
            mend="State its country, or declare rules for it under contact.rules of the workspace.",
            field="debtor",
            code="contact-no-rules",
        )
    return policy.rulebook(party.country, party.facts.subdivision)


def counts_everybody(book: Rulebook) -> bool:
    """Whether some rule counts attempts on everybody of a debt together."""
    terms = [rule.terms for pack in book.packs for rule in pack.rules]
    return any(t.scope is Scope.EVERYBODY_OF_THE_DEBT for t in terms if isinstance(t, Cap | OneMedium))


def release(tx: Tx, decision_id: str, *, now: datetime) -> dict[str, Any]:
    """Give a held contact back unused; repeating it changes nothing. RequestInvalid when it was made."""
    row = known(tx, decision_id)
    locks.in_turn(tx, f"contact:{row.golden_id}")
    held = contacts.reservation(tx, decision_id)
    if held is not None and held.state == CONFIRMED:
        raise RequestInvalid(
            "This contact was made already.", mend="What happened cannot be taken back.", code="contact-made"
        )
    contacts.end_reservation(tx, decision_id, state=RELEASED, interaction_id=None, at=to_text(now))
    return shown(tx, row, now=now)


def known(tx: Tx, decision_id: str) -> DecisionRow:
    """A decision as it was kept; NotFound for an unknown id."""
    row = contacts.decision(tx, decision_id)
    if row is None:
        raise NotFound("There is no such contact decision.", mend="Ask for one: POST /v1/contact-decisions.")
    return row


def shown(tx: Tx, row: DecisionRow, *, now: datetime) -> dict[str, Any]:
    """A decision as readers see it, with how its reservation stands now."""
    version, _ = contacts.rulebook(tx, row.rulebook)
    told = _Told(json.loads(row.question), json.loads(row.facts), json.loads(row.outcome))
    return _shown(row, told, version, contacts.reservation(tx, row.id), now=now)


@dataclass(frozen=True, slots=True)
class _Told:
    """Question, facts and outcome of a decision as plain objects."""

    question: Mapping[str, Any]
    facts: Mapping[str, Any]
    outcome: Mapping[str, Any]


def _told_of(question: Question, weighed: Weighed) -> _Told:
    return _Told(question_to_json(question), facts_to_json(weighed.facts), decision_to_json(weighed.decision))


def _shown(
    row: DecisionRow, told: _Told, version: str, held: ReservationRow | None, *, now: datetime
) -> dict[str, Any]:
    names = ("country", "subdivision", "zones", "place_told_by")
    wanted = {"debts": told.question.get("debts", []), "contact_point": told.question.get("contact_point", "")}
    return {
        "id": row.id,
        "debtor": row.golden_id,
        "channel": row.channel,
        "purpose": row.purpose,
        "at": row.at,
        "asked_at": row.asked_at,
        "asked_by": row.asked_by,
        "actor": json.loads(row.actor),
        "wanted": wanted,
        **told.outcome,
        "reservation": None if held is None else reservation_json(held, now=now),
        "rules": {"version": version, "digest": row.rulebook, "calendar": told.facts["calendar"]},
        "place": {name.removeprefix("place_"): told.facts.get(name, "") for name in names},
    }


def reservation_json(held: ReservationRow, *, now: datetime) -> dict[str, Any]:
    """How a reservation stands; one that nobody confirmed in time has expired by itself."""
    over = held.state == HELD and from_text(held.expires_at) <= now
    return {
        "state": EXPIRED if over else held.state,
        "expires_at": held.expires_at,
        "interaction": held.interaction_id,
    }


def replay(tx: Tx, decision_id: str) -> dict[str, Any]:
    """Decide again by what was kept: the same facts, the same rules. `same` says whether the answer is the same."""
    row = known(tx, decision_id)
    _, body = contacts.rulebook(tx, row.rulebook)
    question, facts = question_from_json(json.loads(row.question)), facts_from_json(json.loads(row.facts))
    again = decision_to_json(decide(question, facts, reopened(body)))
    kept = json.loads(row.outcome)
    return {"id": row.id, "same": again == kept, "kept": kept, "again": again}


def _in_time(question: Question, *, now: datetime) -> Question:
    """The question at its moment, or now when it was only under way for a little; RequestInvalid for other times."""
    if question.at < now - LATENESS:
        raise RequestInvalid(
            "A decision is about now or later.", mend="Leave out `at`, or name a later moment.", field="at",
            code="contact-in-the-past",
        )  # fmt: skip
    if question.at > now + FURTHEST:
        raise RequestInvalid(
            f"A decision reaches {FURTHEST.days} days ahead.", mend="Ask again nearer to it.", field="at",
            code="contact-too-far-ahead",
        )  # fmt: skip
    return replace(question, at=max(question.at, now))


def _decision_row(asked: Asked, told: _Told, weighed: Weighed, *, now: datetime) -> DecisionRow:
    decision, golden_id = weighed.decision, weighed.party.golden_id
    first = decision.contact_points[0].value if decision.contact_points else ""
    return DecisionRow(
        id=contact_decision_id(golden_id, asked.nonce),
        debtor_id=weighed.party.anchor(first),
        golden_id=golden_id,
        channel=asked.question.channel,
        purpose=asked.question.purpose,
        at=told.question["at"],
        asked_at=to_text(now),
        answer="allow" if decision.allowed else "deny",
        rule=decision.reasons[0].rule if decision.reasons else None,
        rulebook=weighed.book.digest,
        question=_json(told.question),
        facts=_json(told.facts),
        outcome=_json(told.outcome),
        asked_by=asked.by,
        actor=_json(asked.actor),
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
