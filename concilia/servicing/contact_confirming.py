"""Confirm a contact that was held ready: it becomes the interaction, once, however often that is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from concilia.clock import from_text, to_text
from concilia.errors import RequestInvalid
from concilia.keys import interaction_id
from concilia.portfolio.contact_facts import Attempt
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.servicing import contact_gathering, interaction_effects
from concilia.servicing.contact_decisions import known, shown
from concilia.servicing.contact_gathering import Party
from concilia.servicing.debtors import standing_id
from concilia.store import contacts, golden, locks
from concilia.store.contacts import CONFIRMED, HELD, DecisionRow, InteractionRow, ReservationRow
from concilia.store.unit_of_work import Tx

OUTCOMES: Final = (
    "delivered", "read", "answered", "no_answer", "busy", "voicemail", "invalid", "bounced", "blocked", "opted_out",
)  # fmt: skip
PARTY_OUTCOMES: Final = ("right_party", "third_party", "wrong_party", "unknown")
RESULTS: Final = ("promise", "payment_announced", "dispute", "refusal", "callback", "no_result")
ACTORS: Final = ("agent", "bot", "system")
AHEAD: Final = timedelta(minutes=1)  # by how much a tool's clock may run before ours
_AGAIN = "Ask for a new decision; if the contact was made, record it as an interaction: it counts."


@dataclass(frozen=True, slots=True)
class Made:
    """What is told of a contact that was made, and by whom; `started` and `ended` are instants, `told_*` as written."""

    by: str
    started: datetime
    told_start: str
    ended: datetime | None = None
    told_end: str | None = None
    contact_point: str = ""
    said: Mapping[str, Any] | None = None  # outcome, party_outcome, result, campaign, experiment, content, reference
    by_whom: Mapping[str, Any] | None = None  # the actor, where it is another than who asked
    told_whole: tuple[str, str] = ("{}", "{}")  # how the party was named, and what else was told, as JSON text


def confirm(tx: Tx, decision_id: str, made: Made, *, policy: ContactPolicy, now: datetime) -> dict[str, Any]:
    """The decision with the interaction it became. RequestInvalid when the contact was not held ready at that moment.

    A confirmation that comes too late is taken when the contact began in time and nobody else has been given the
    debtor since.
    """
    row = known(tx, decision_id)
    locks.in_turn(tx, f"contact:{row.golden_id}")
    held = contacts.reservation(tx, decision_id)
    if held is None:
        raise RequestInvalid("This decision holds no contact ready.", mend=_AGAIN, code="contact-not-held")
    if held.state == CONFIRMED:
        return shown(tx, row, now=now)
    if held.state != HELD:
        raise RequestInvalid("This contact was given back.", mend=_AGAIN, code="contact-released")
    _check_times(made, held, now=now)
    party = _party(tx, row, policy, at=made.started, now=now)
    if from_text(held.expires_at) <= now:
        _refuse_if_taken(tx, row, held, party, now=now)
    _refuse_other_reference(tx, made)
    point = _point(row, made)
    contact = _interaction(row, made, point, now=now, debtor_id=party.anchor(point[1]) if party else row.debtor_id)
    contacts.end_reservation(tx, decision_id, state=CONFIRMED, interaction_id=contact.id, at=to_text(now))
    contacts.add_interaction(tx, contact, debts=contacts.debts_reserved(tx, decision_id))
    interaction_effects.kept(tx, contact, by=made.by, at=to_text(now))
    return shown(tx, row, now=now)


def _check_times(made: Made, held: ReservationRow, *, now: datetime) -> None:
    if made.started > now + AHEAD or (made.ended is not None and made.ended > now + AHEAD):
        raise RequestInvalid(
            "A contact that was made cannot begin or end in the future.",
            mend="Confirm it when it begins.",
            field="started_at",
            code="contact-in-the-future",
        )
    if made.ended is not None and made.ended < made.started:
        raise RequestInvalid("It ends before it begins.", mend="Correct one of the times.", field="ended_at")
    if not held.at <= to_text(made.started) < held.expires_at:
        raise RequestInvalid(
            f"It was allowed to begin from {held.at} until before {held.expires_at}.",
            mend=_AGAIN,
            code="contact-out-of-time",
        )


def _party(tx: Tx, row: DecisionRow, policy: ContactPolicy, *, at: datetime, now: datetime) -> Party | None:
    standing = standing_id(tx, row.golden_id)
    found = golden.load(tx, [standing]).get(standing) if standing else None
    return None if found is None else contact_gathering.gather(tx, [found], policy=policy, at=at, now=now)[found.id]


def _refuse_if_taken(tx: Tx, row: DecisionRow, held: ReservationRow, party: Party | None, *, now: datetime) -> None:
    """The hold is over. Another attempt since then was allowed because this one seemed not to have been made."""
    others: list[Attempt] = list(party.facts.attempts) if party else []
    if party is not None:
        debts = contacts.debts_reserved(tx, row.id)
        for debt in debts:  # those who ask about other people of these debts wait
            locks.in_turn(tx, f"contact:{debt}")
        others += contact_gathering.attempts_about(tx, party, debts, at=from_text(held.at), now=now)
    if any(one.latest >= from_text(held.at) and not one.inbound for one in others):
        raise RequestInvalid(
            "This contact was not confirmed in time, and another one was allowed since.", mend=_AGAIN,
            code="contact-expired",
        )  # fmt: skip


def _refuse_other_reference(tx: Tx, made: Made) -> None:
    reference = (made.said or {}).get("external_ref")
    if reference and contacts.told_as(tx, made.by, str(reference)):
        raise RequestInvalid(
            "Another contact was told under that reference.", mend="Give each contact a reference of its own.",
            field="external_ref", code="contact-reference-known",
        )  # fmt: skip


def _point(row: DecisionRow, made: Made) -> tuple[str, str]:
    """Type and value of the contact point used: the first that was allowed, or the one named among them."""
    allowed = [(one["type"], one["value"]) for one in json.loads(row.outcome)["contact_points"]]
    found = [one for one in allowed if made.contact_point in ("", one[1])]
    if made.contact_point and not found:
        raise RequestInvalid(
            "That is none of the contact points that the decision allows.",
            mend="Use one of its contact_points.",
            field="contact_point",
            code="contact-other-point",
        )
    return found[0] if found else ("", "")


def _interaction(
    row: DecisionRow, made: Made, point: tuple[str, str], *, now: datetime, debtor_id: int
) -> InteractionRow:
    said, actor = made.said or {}, {**json.loads(row.actor), **(made.by_whom or {})}
    named, body = made.told_whole
    names = ("outcome", "party_outcome", "result", "campaign", "experiment", "content_ref", "content_hash")
    return InteractionRow(
        id=interaction_id("decision", row.id),
        debtor_id=debtor_id,
        named=named,
        direction="outbound",
        channel=row.channel,
        purpose=row.purpose,
        actor_type=actor.get("type", "system"),
        actor_id=actor.get("id"),
        agency=actor.get("agency"),
        started_at=to_text(made.started),
        ended_at=None if made.ended is None else to_text(made.ended),
        told_start=made.told_start,
        told_end=made.told_end,
        contact_type=point[0] or None,
        contact_value=point[1] or None,
        decision_id=row.id,
        external_ref=said.get("external_ref"),
        origin=made.by,
        body=body,
        recorded_at=to_text(now),
        **{name: said.get(name) for name in names},
    )
