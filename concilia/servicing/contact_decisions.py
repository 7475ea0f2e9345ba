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
from concilia.servicing.contact_gathering import Party
from concilia.store import contacts, golden, locks
from concilia.store.contacts import CONFIRMED, HELD, RELEASED, DecisionRow, ReservationRow
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
    party = _in_turn(tx, asked, question, policy=policy, now=now)
    weighed = _weighed(tx, party, question, policy=policy, now=now)
    row = _decision_row(asked, question, weighed, now=now)
    contacts.keep_rulebook(
        tx, weighed.book.digest, version=weighed.book.version, body=weighed.book.body, at=to_text(now)
    )
    contacts.add_decision(tx, row)
    decision, held = weighed.decision, None
    if decision.allowed and asked.reserve and decision.expires_at is not None:
        held = ReservationRow(
            decision_id=row.id,
            debtor_id=row.debtor_id,
            channel=row.channel,
            purpose=row.purpose,
            at=row.at,
            expires_at=to_text(decision.expires_at),
            state=HELD,
            interaction_id=None,
            changed_at=to_text(now),
        )
        contacts.reserve(tx, held, debts=decision.debts)
    return _told(row, weighed.book.version, held, now=now)


def weigh(tx: Tx, golden_id: str, question: Question, *, policy: ContactPolicy, now: datetime) -> Weighed:
    """The answer to a question without keeping anything; NotFound for an unknown debtor."""
    party = _party(tx, golden_id, question, policy=policy, now=now)
    return _weighed(tx, party, question, policy=policy, now=now)


def _weighed(tx: Tx, party: Party, question: Question, *, policy: ContactPolicy, now: datetime) -> Weighed:
    book, facts = rules_for(party, policy), party.facts
    if counts_everybody(book):
        others = contact_gathering.attempts_about(tx, party, _about(question, facts), at=question.at, now=now)
        facts = replace(facts, attempts=(*facts.attempts, *others))
    return Weighed(party, facts, book, decide(question, facts, book))


def _in_turn(tx: Tx, asked: Asked, question: Question, *, policy: ContactPolicy, now: datetime) -> Party:
    """The debtor, after whoever decides about it; where people of a debt count together, after those of its debts."""
    locks.in_turn(tx, f"contact:{asked.golden_id}")
    party = _party(tx, asked.golden_id, question, policy=policy, now=now)
    for debt in _about(question, party.facts) if counts_everybody(rules_for(party, policy)) else ():
        locks.in_turn(tx, f"contact:{debt}")
    return party


def _party(tx: Tx, golden_id: str, question: Question, *, policy: ContactPolicy, now: datetime) -> Party:
    row = golden.load(tx, [golden_id]).get(golden_id)
    if row is None:
        raise NotFound("There is no such debtor.", mend="Search by name, tax id, phone or e-mail.")
    return contact_gathering.gather(tx, [row], policy=policy, at=question.at, now=now)[golden_id]


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
    return _told(row, version, contacts.reservation(tx, row.id), now=now)


def _told(row: DecisionRow, version: str, held: ReservationRow | None, *, now: datetime) -> dict[str, Any]:
    question, facts, outcome = json.loads(row.question), json.loads(row.facts), json.loads(row.outcome)
    names = ("country", "subdivision", "zones", "place_told_by")
    return {
        "id": row.id,
        "debtor": row.golden_id,
        "channel": row.channel,
        "purpose": row.purpose,
        "at": row.at,
        "asked_at": row.asked_at,
        "asked_by": row.asked_by,
        "actor": json.loads(row.actor),
        "wanted": {"debts": question.get("debts", []), "contact_point": question.get("contact_point", "")},
        **outcome,
        "reservation": None if held is None else reservation_json(held, now=now),
        "rules": {"version": version, "digest": row.rulebook, "calendar": facts["calendar"]},
        "place": {name.removeprefix("place_"): facts.get(name, "") for name in names},
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


def _decision_row(asked: Asked, question: Question, weighed: Weighed, *, now: datetime) -> DecisionRow:
    decision = weighed.decision
    first = decision.contact_points[0].value if decision.contact_points else ""
    return DecisionRow(
        id=contact_decision_id(asked.golden_id, asked.nonce),
        debtor_id=weighed.party.anchor(first),
        golden_id=asked.golden_id,
        channel=question.channel,
        purpose=question.purpose,
        at=to_text(question.at),
        asked_at=to_text(now),
        answer="allow" if decision.allowed else "deny",
        rule=decision.reasons[0].rule if decision.reasons else None,
        rulebook=weighed.book.digest,
        question=_json(question_to_json(question)),
        facts=_json(facts_to_json(weighed.facts)),
        outcome=_json(decision_to_json(decision)),
        asked_by=asked.by,
        actor=_json(dict(asked.actor)),
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
