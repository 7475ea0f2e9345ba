"""The verbs of contact: decide, confirm, release, replay, and what debtors and people say of it. Each one transaction.

This is no legal advice: the rules are data with their sources, and a lawyer has to look at them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from concilia.clock import to_text
from concilia.documents import Document
from concilia.errors import ConfigurationInvalid, Conflict
from concilia.portfolio.contact_decision import decision_to_json
from concilia.portfolio.contact_facts import Question
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.portfolio.contact_rules.policy import policy_of as read_policy
from concilia.servicing import contact_confirming, contact_decisions, contact_terms
from concilia.servicing.contact_confirming import Made
from concilia.servicing.contact_decisions import Asked
from concilia.servicing.contact_naming import asked_about, debtor_named, debts_named
from concilia.servicing.contact_terms import Word
from concilia.servicing.moments import instant as _instant
from concilia.servicing.register import Answer
from concilia.store import access, locks
from concilia.store.access import StoredAnswer
from concilia.store.contact_terms import HoldRow, ProhibitionRow
from concilia.store.unit_of_work import Tx
from concilia.workspace import FILE, Workspace
from sync.hub import Hub

INSTANTS: Final = ("at", "started_at", "ended_at", "captured_at", "expires_at", "since", "until", "opened_at")
Nonce = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name that is kept, the number of the API key, and an idempotency key if one was given."""

    name: str
    key_id: int = 0
    idempotency_key: str = ""


def policy_of(workspace: Workspace) -> ContactPolicy:
    """The packs as the workspace holds them; ConfigurationInvalid with its place for whatever is looser."""
    closed = tuple((country, tuple(said.get("closed", ()))) for country, said in sorted(workspace.calendars.items()))
    section = workspace.contact
    text = json.dumps(section.content, sort_keys=True) if section is not None else ""
    return _policy(_Section(text, section), closed)


def decide(
    hub: Hub, body: Mapping[str, Any], *, caller: Caller, nonce: Nonce = lambda: secrets.token_hex(16)
) -> Answer:
    """Decide, keep the decision and hold the contact ready; the same idempotency key and body get the same answer."""
    policy = policy_of(hub.workspace)
    with hub.store.begin() as tx:
        if caller.idempotency_key:
            locks.in_turn(tx, f"key:{caller.key_id}:{caller.idempotency_key}")
            if before := _answered(tx, body, caller):
                return before
        now = hub.clock()
        question = question_of(tx, hub, body, policy=policy, now=now)
        asked = Asked(
            golden_id=asked_about(tx, body["debtor"]),
            question=question,
            by=caller.name,
            nonce=nonce(),
            actor=body.get("actor") or {},
            reserve=bool(body.get("reserve", True)),
        )
        found = contact_decisions.take(tx, asked, policy=policy, now=now)
        if caller.idempotency_key:
            stored = StoredAnswer(_mark(body), 201, json.dumps(found))
            access.store_answer(
                tx, caller.key_id, idempotency_key=caller.idempotency_key, stored=stored, at=to_text(now)
            )
    return Answer(201, found)


def question_of(
    tx: Tx, hub: Hub, body: Mapping[str, Any], *, policy: ContactPolicy, now: datetime | None = None
) -> Question:
    """The question that a body asks: channel and purpose as told, its moment, its debts, its contact point."""
    minutes = body.get("hold_minutes")
    point = body.get("contact_point") or ""
    if point:
        party = contact_terms.party_of(tx, debtor_named(tx, body["debtor"]), policy=policy, now=now or hub.clock())
        point = contact_terms.contact_point(party, {"contact_point": point})[1]
    return Question(
        channel=str(body["channel"]),
        purpose=str(body.get("purpose") or "collection"),
        at=_instant(body["at"], "at") if body.get("at") else now or hub.clock(),
        hold=min(timedelta(minutes=int(minutes)), policy.hold) if minutes else policy.hold,
        debts=debts_named(tx, body.get("debts") or ()),
        contact_point=point,
    )


def why(hub: Hub, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question, without keeping it and without holding anything."""
    policy, now = policy_of(hub.workspace), hub.clock()
    with hub.store.read() as tx:
        golden_id = debtor_named(tx, body["debtor"])
        question = question_of(tx, hub, body, policy=policy, now=now)
        weighed = contact_decisions.weigh(tx, golden_id, question, policy=policy, now=now)
    return {
        "debtor": golden_id,
        "channel": question.channel,
        "purpose": question.purpose,
        "at": to_text(question.at),
        **decision_to_json(weighed.decision),
        "place": {"country": weighed.facts.country, "subdivision": weighed.facts.subdivision},
        "local_times": [_local(question.at, zone) for zone in weighed.facts.zones],
        "rules": {"version": weighed.book.version, "calendar": weighed.facts.calendar},
    }


def one(hub: Hub, decision_id: str) -> dict[str, Any]:
    """A decision with how its reservation stands; NotFound for an unknown id."""
    with hub.store.read() as tx:
        return contact_decisions.shown(tx, contact_decisions.known(tx, decision_id), now=hub.clock())


def replay(hub: Hub, decision_id: str) -> dict[str, Any]:
    """Decide again by what was kept."""
    with hub.store.read() as tx:
        return contact_decisions.replay(tx, decision_id)


def confirm(hub: Hub, decision_id: str, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """The contact was made: it becomes an interaction."""
    policy, now = policy_of(hub.workspace), hub.clock()
    start, end = body.get("started_at"), body.get("ended_at")
    point = body.get("contact_point") or {}
    made = Made(
        by=by,
        started=_instant(start, "started_at") if start else now,
        told_start=str(start or to_text(now)),
        ended=_instant(end, "ended_at") if end else None,
        told_end=end,
        contact_point=str(point.get("value", "")),
        said=body,
    )
    with hub.store.begin() as tx:
        return contact_confirming.confirm(tx, decision_id, made, policy=policy, now=now)


def release(hub: Hub, decision_id: str) -> dict[str, Any]:
    """The contact will not be made."""
    with hub.store.begin() as tx:
        return contact_decisions.release(tx, decision_id, now=hub.clock())


def consent(hub: Hub, golden_id: str, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Record what a debtor said of a channel, a contact point or a purpose."""
    with hub.store.begin() as tx:
        found = debtor_named(tx, {"id": golden_id})
        return contact_terms.consent(tx, found, _word(hub, body, by), policy=policy_of(hub.workspace))


def prohibit(hub: Hub, golden_id: str, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Record that a debtor must not be contacted: at all, or by a channel, at a point, about a debt, for a purpose."""
    with hub.store.begin() as tx:
        found = debtor_named(tx, {"id": golden_id})
        debt = debts_named(tx, [body["debt"]])[0] if body.get("debt") else ""
        policy = policy_of(hub.workspace)
        return contact_terms.prohibit(tx, found, _word(hub, body, by), policy=policy, debt_id=debt)


def hold(hub: Hub, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Let debts, or a debtor with everything it owes, alone for now."""
    with hub.store.begin() as tx:
        subjects = [f"debt:{one}" for one in debts_named(tx, body.get("debts") or ())]
        if body.get("debtor"):
            found = debtor_named(tx, body["debtor"])
            party = contact_terms.party_of(tx, found, policy=policy_of(hub.workspace), now=hub.clock())
            subjects += [f"debtor:{one}" for one in party.debtor_ids]
        return contact_terms.hold(tx, subjects, _word(hub, body, by))


def lift_prohibition(hub: Hub, number: int, *, because: str, by: str) -> dict[str, Any]:
    """A prohibition ends, and why."""
    with hub.store.begin() as tx:
        return contact_terms.lift(tx, ProhibitionRow, number, Word({"because": because}, by, hub.clock()))


def lift_hold(hub: Hub, number: int, *, because: str, by: str) -> dict[str, Any]:
    """A hold ends, and why."""
    with hub.store.begin() as tx:
        return contact_terms.lift(tx, HoldRow, number, Word({"because": because}, by, hub.clock()))


def dispute(hub: Hub, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Open a dispute about debts."""
    with hub.store.begin() as tx:
        return contact_terms.dispute(tx, debts_named(tx, body["debts"]), _word(hub, body, by))


def resolve_dispute(hub: Hub, number: int, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """End a dispute."""
    with hub.store.begin() as tx:
        return contact_terms.resolve(tx, number, _word(hub, body, by))


def disputes(hub: Hub, *, status: str = "", after: int = 0, limit: int = 50) -> list[dict[str, Any]]:
    """Disputes of one status or of all, in order of number."""
    with hub.store.read() as tx:
        return contact_terms.disputes(tx, status=status, after=after, limit=limit)


def terms(hub: Hub, golden_id: str) -> dict[str, Any]:
    """Consents, prohibitions, disputes and holds of a debtor; a merged id answers with where it went."""
    with hub.store.read() as tx:
        found = debtor_named(tx, {"id": golden_id})
        return contact_terms.standing(tx, found, policy=policy_of(hub.workspace), now=hub.clock())


def packs(hub: Hub) -> list[dict[str, Any]]:
    """The packs as this workspace holds them, with who has to look at them again by when."""
    from concilia.portfolio.contact_rules.rulebook import rulebook

    today = hub.clock().date()
    found = []
    for content in policy_of(hub.workspace).contents:
        (pack,) = rulebook((content,)).packs
        rules = [
            {
                "rule": rule.id,
                "says": rule.says,
                "in_spanish": rule.in_spanish,
                "law": rule.source.law,
                "article": rule.source.article,
                "confidence": rule.source.confidence,
                "review_due": rule.review_due.isoformat(),
                "note": rule.note,
                "other_reading": rule.has_other_reading,
            }
            for rule in pack.rules
        ]
        found.append(
            {
                "place": pack.place,
                "version": pack.version,
                "effective_from": pack.effective_from.isoformat(),
                "reviewed_on": pack.reviewed_on.isoformat(),
                "review_due": pack.review_due.isoformat(),
                "overdue": pack.review_due < today,
                "open_points": list(pack.open_points),
                "rules": rules,
            }
        )
    return found


def _word(hub: Hub, body: Mapping[str, Any], by: str) -> Word:
    read = {name: _instant(value, name) if name in INSTANTS and value else value for name, value in body.items()}
    return Word(read, by, hub.clock())


def _answered(tx: Tx, body: Mapping[str, Any], caller: Caller) -> Answer | None:
    before = access.answer(tx, caller.key_id, idempotency_key=caller.idempotency_key)
    if before is None:
        return None
    if before.body_hash != _mark(body):
        raise Conflict("This Idempotency-Key was used for something else.", mend="Use a fresh key for each question.")
    return Answer(before.status, json.loads(before.answer), repeated=True)


def _mark(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def _local(moment: datetime, zone: str) -> str:
    from concilia.portfolio.contact_rules.hours import zone_of

    return f"{moment.astimezone(zone_of(zone)):%a %d-%m-%Y %H:%M} {zone}"


@dataclass(frozen=True, slots=True)
class _Section:
    """The section `contact` with its text, by which a policy read once is known again."""

    text: str
    document: Document | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Section) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@lru_cache(maxsize=16)
def _policy(section: _Section, closed: tuple[tuple[str, tuple[str, ...]], ...]) -> ContactPolicy:
    try:
        days = {country: frozenset(date.fromisoformat(day) for day in found) for country, found in closed}
    except ValueError as fault:
        raise ConfigurationInvalid(
            "a day is no date.", mend="Write days as 2026-12-07.", file=FILE, path="calendars"
        ) from fault
    return read_policy(section.document, closed=days)
