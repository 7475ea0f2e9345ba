"""Take in what channels did: once however often it is told, with the party it was with, or waiting until that is known.

An interaction made under a decision is the one that the decision became. One that was made without asking is taken,
counts, and says so. Nothing that was told is changed later: what comes after is appended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.keys import interaction_id
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.portfolio.interaction import Told, standing
from concilia.servicing import contact_confirming, interaction_effects, interaction_party, party_clues
from concilia.servicing.contact_confirming import AHEAD, Made
from concilia.servicing.moments import instant
from concilia.store import contacts, interactions, locks
from concilia.store.contacts import DecisionRow, InteractionRow
from concilia.store.unit_of_work import Tx

_PLAIN: Final = ("outcome", "party_outcome", "result", "content_ref", "content_hash", "external_ref")
_RENAMED: Final = {"campaign_id": "campaign", "experiment_id": "experiment"}
_KEPT_WHOLE: Final = ("cost", "thread", "language", "disposition", "debts")
_SAYS: Final = ("outcome", "party_outcome", "result")


@dataclass(frozen=True, slots=True)
class Telling:
    """Who tells it and when; `call` is what makes it itself when it has no reference of its own."""

    by: str
    now: datetime
    call: tuple[str, ...] = ()

    @property
    def at(self) -> str:
        """When it reached us, as stored."""
        return to_text(self.now)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The interaction as it stands; `fresh` when it was not known before, `taught` when a channel's id was learnt."""

    row: InteractionRow
    fresh: bool
    taught: bool = False


@dataclass(frozen=True, slots=True)
class _Times:
    """When it began and ended, read and as told."""

    started: datetime
    told_start: str
    ended: datetime | None
    told_end: str | None


@dataclass(frozen=True, slots=True)
class _Word:
    """What is told later, its moment as told (empty: none was), and a note."""

    said: Told
    told_at: str
    note: str = ""


def record(tx: Tx, told: Mapping[str, Any], telling: Telling, *, policy: ContactPolicy) -> Recorded:
    """Store an interaction, or find it: by the teller's reference, by the call, or by its decision.

    RequestInvalid says what of it cannot have been, or cannot be used. Of a party that nobody can tell it waits.
    """
    times = _times(told, now=telling.now)
    reference = str(told.get("external_ref") or "")
    identity = ("told", telling.by, reference) if reference else ("called", *telling.call)
    number = interaction_id(*identity)
    locks.in_turn(tx, f"interaction:{number}")
    known = contacts.interaction(tx, contacts.told_as(tx, telling.by, reference) or number if reference else number)
    if known is not None and known.decision_id is None:
        return Recorded(_same(known, told), fresh=False)
    if told.get("decision_id"):
        return _decided(tx, told, times, telling, policy=policy)
    if known is not None:  # the reference of a contact that was confirmed under a decision
        raise _reference_taken(known)
    return _stored(tx, number, told, (times, telling))


def _stored(tx: Tx, number: str, told: Mapping[str, Any], when: tuple[_Times, Telling]) -> Recorded:
    times, telling = when
    named = told["party"]
    if named.get("id"):
        party_clues.refuse_gone(tx, named["id"])
    point = party_clues.contact_point_of(str(told["channel"]), named, told.get("contact_point"))
    placed = interaction_party.place(tx, named, told.get("debts") or (), point=point)
    row = replace(_row(number, told, times, telling), debtor_id=placed.debtor_id)
    row = replace(row, contact_type=point[0] or None, contact_value=point[1] or None)
    contacts.add_interaction(tx, row, debts=placed.debts)
    taught = interaction_party.keep(tx, row, placed, at=telling.at)
    more = {"waits_because": placed.waits.reason} if placed.waits is not None else {}
    interaction_effects.kept(tx, row, by=telling.by, at=telling.at, **more)
    return Recorded(row, fresh=True, taught=taught)


def _row(number: str, told: Mapping[str, Any], times: _Times, telling: Telling) -> InteractionRow:
    actor = told.get("actor") or {}
    inbound = told["direction"] == "inbound"
    plain = {name: told.get(name) for name in _PLAIN}
    renamed = {ours: told.get(theirs) for theirs, ours in _RENAMED.items()}
    return InteractionRow(
        id=number,
        debtor_id=None,
        named=_text(told["party"]),
        direction=told["direction"],
        channel=told["channel"],
        purpose=told.get("purpose") or ("service_reply" if inbound else "collection"),
        actor_type=actor.get("type") or ("debtor" if inbound else "system"),
        actor_id=actor.get("id"),
        agency=told.get("agency"),
        started_at=to_text(times.started),
        ended_at=None if times.ended is None else to_text(times.ended),
        told_start=times.told_start,
        told_end=times.told_end,
        contact_type=None,
        contact_value=None,
        decision_id=None,
        origin=telling.by,
        body=_body(told),
        recorded_at=telling.at,
        **plain,
        **renamed,
    )


def _decided(tx: Tx, told: Mapping[str, Any], times: _Times, telling: Telling, *, policy: ContactPolicy) -> Recorded:
    """The interaction that its decision became, now or before; what it did not say yet is appended to it."""
    decision = _decision_of(tx, told)
    named = {**(told.get("party") or {}), "decision": decision.id}
    placed = interaction_party.place(tx, named, (), point=("", ""))
    if placed.waits is not None and placed.waits.rival is None:
        raise RequestInvalid(
            "The decision was about another debtor.", mend="Correct the party, or leave decision_id out.",
            field="party", code="interaction-other-party",
        )  # fmt: skip
    known = interactions.of_decision(tx, decision.id)
    if known is not None:
        return _enriched(tx, known, told, times, telling)
    kind, value = party_clues.contact_point_of(decision.channel, named, told.get("contact_point"))
    renamed = {ours: told.get(theirs) for theirs, ours in _RENAMED.items()}
    actor = {name: item for name, item in (told.get("actor") or {}).items() if item}
    made = Made(
        by=telling.by,
        started=times.started,
        told_start=times.told_start,
        ended=times.ended,
        told_end=times.told_end,
        contact_point=value if kind and told.get("contact_point") else "",
        said={**{name: told.get(name) for name in _PLAIN}, **renamed},
        by_whom={**actor, **({"agency": told["agency"]} if told.get("agency") else {})},
        told_whole=(_text(told.get("party") or {}), _body(told)),
    )
    contact_confirming.confirm(tx, decision.id, made, policy=policy, now=telling.now)
    row = interactions.of_decision(tx, decision.id)
    assert row is not None  # noqa: S101 - it was confirmed
    return Recorded(row, fresh=True, taught=interaction_party.teach(tx, row, placed, at=telling.at))


def _decision_of(tx: Tx, told: Mapping[str, Any]) -> DecisionRow:
    decision = contacts.decision(tx, str(told["decision_id"]))
    if decision is None:
        raise RequestInvalid(
            "There is no such contact decision.", mend="Correct it, or leave it out: the contact counts all the same.",
            field="decision_id", code="interaction-decision-unknown",
        )  # fmt: skip
    asked = {"direction": "outbound", "channel": decision.channel, "purpose": decision.purpose}
    other = next((name for name, value in asked.items() if told.get(name) not in (None, value)), "")
    if other:
        raise RequestInvalid(
            f"The decision is about {other} {asked[other]}, and this was {told[other]}.",
            mend="Correct it, or leave decision_id out: a contact that was not asked for counts all the same.",
            field=other,
            code="interaction-other-decision",
        )
    return decision


def _enriched(tx: Tx, known: InteractionRow, told: Mapping[str, Any], times: _Times, telling: Telling) -> Recorded:
    """The same interaction, told again by its decision: what it says beyond what is known is appended."""
    word = {name: told.get(name) for name in _SAYS if told.get(name)}
    ended = None if times.ended is None else to_text(times.ended)
    fresh = {name: value for name, value in word.items() if getattr(known, name) != value}
    if not fresh and ended in (None, known.ended_at):
        return Recorded(known, fresh=False)
    at = to_text(times.ended or times.started)
    said = Told(at=at, **fresh, ended_at=ended, told_end=times.told_end)
    row, _ = _appended(tx, known, _Word(said, times.told_end or times.told_start), telling)
    return Recorded(row, fresh=False)


def add_outcome(tx: Tx, number: str, told: Mapping[str, Any], telling: Telling) -> tuple[InteractionRow, bool]:
    """Append what came of an interaction, and whether it was new; NotFound for an unknown one.

    A receipt that is told twice is kept once. RequestInvalid when it cannot have been then.
    """
    interactions.in_turn(tx, number)
    row = contacts.interaction(tx, number)
    if row is None:
        raise NotFound(
            "There is no such interaction.", mend="List them: GET /v1/interactions.", code="interaction-unknown"
        )
    moment = instant(told["at"], "at") if told.get("at") else telling.now
    ended = instant(told["ended_at"], "ended_at") if told.get("ended_at") else None
    for name, one in (("at", moment), ("ended_at", ended)):
        if one is not None and one > telling.now + AHEAD:
            raise _not_yet(name)
        if one is not None and to_text(one + AHEAD) < row.started_at:
            raise RequestInvalid(
                "That is before the interaction began.", mend="Correct the time.", field=name,
                code="interaction-ends-before-it-starts",
            )  # fmt: skip
    said = Told(
        at=to_text(moment),
        **{name: told.get(name) for name in _SAYS},
        ended_at=None if ended is None else to_text(ended),
        told_end=told.get("ended_at"),
    )
    return _appended(tx, row, _Word(said, str(told.get("at") or ""), str(told.get("note") or "")), telling)


def _appended(tx: Tx, row: InteractionRow, word: _Word, telling: Telling) -> tuple[InteractionRow, bool]:
    before, said = interactions.outcomes_of(tx, [row.id]).get(row.id, []), word.said
    names = (*_SAYS, "ended_at", *(("at",) if word.told_at else ()))
    if any(one.by == telling.by and all(getattr(one, n) == getattr(said, n) for n in names) for one in before):
        return row, False
    ordinal = max((one.ordinal for one in before), default=0) + 1
    when = (word.told_at or said.at, telling.by, telling.at)
    interactions.add_outcome(tx, interaction_effects.outcome_row(row.id, ordinal, said, said=when, note=word.note))
    now = standing([*(interaction_effects.told(one) for one in before), said])
    row = replace(row, **{n: getattr(now, n) for n in (*_SAYS, "ended_at", "told_end")})
    interactions.set_standing(tx, row)
    interaction_effects.follow_later(tx, row, said, by=telling.by, at=telling.at)
    return row, True


def _same(known: InteractionRow, told: Mapping[str, Any]) -> InteractionRow:
    """The interaction told before under this reference or call; RequestInvalid when it was another one."""
    if json.loads(known.body).get("mark") != mark(told):
        raise _reference_taken(known)
    return known


def _reference_taken(known: InteractionRow) -> RequestInvalid:
    return RequestInvalid(
        f"Another interaction was told under that reference: {known.id}.",
        mend=f"If it went on, append what came of it: POST /v1/interactions/{known.id}/outcomes. "
        "Else give each interaction a reference of its own.",
        field="external_ref",
        code="interaction-reference-known",
    )


def _times(told: Mapping[str, Any], *, now: datetime) -> _Times:
    start, end = told["started_at"], told.get("ended_at")
    started = instant(start, "started_at")
    ended = instant(end, "ended_at") if end else None
    for name, moment in (("started_at", started), ("ended_at", ended)):
        if moment is not None and moment > now + AHEAD:
            raise _not_yet(name)
    if ended is not None and ended < started:
        raise RequestInvalid(
            "It ends before it starts.", mend="Correct one of the times; each needs its offset.", field="ended_at",
            code="interaction-ends-before-it-starts",
        )  # fmt: skip
    return _Times(started, str(start), ended, str(end) if end else None)


def _not_yet(field: str) -> RequestInvalid:
    return RequestInvalid(
        "An interaction has happened: it cannot be in the future.",
        mend="Tell it when it begins, with the offset of its place; to plan one, ask for a contact decision.",
        field=field,
        code="interaction-in-the-future",
    )


def mark(told: Mapping[str, Any]) -> str:
    """What was told, as a digest by which it is known again."""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _body(told: Mapping[str, Any]) -> str:
    return _text({"mark": mark(told), **{name: told[name] for name in _KEPT_WHOLE if told.get(name)}})


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
