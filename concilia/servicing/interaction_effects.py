"""What follows once an interaction, or a later word on it, is stored and its party known. Each effect happens once.

What it says of the contact point becomes evidence of that. An opt-out forbids the contact point on that channel, or
the channel where none was told. A payment said to be made pauses the debts it was about: the contact rules read that
from the interaction, and where none was named everything that the debtor owes is held. A promise and a dispute change
nothing by themselves: they need terms, and an opening.

No lock on contact is taken here: these run inside transactions that hold others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from concilia.clock import from_text
from concilia.portfolio.interaction import Told
from concilia.servicing import contact_evidence
from concilia.servicing.contact_gathering import ANNOUNCED
from concilia.servicing.contact_terms import Word, hold
from concilia.store import contact_parties, contact_terms, crosswalk, debts, events, interactions
from concilia.store.contact_terms import ProhibitionRow
from concilia.store.contacts import InteractionRow
from concilia.store.events import Fact
from concilia.store.interactions import OutcomeRow
from concilia.store.unit_of_work import Tx

OPTED_OUT = "opted_out"
_LASTING: Final = re.compile(r"5\.[0-9]{1,3}\.[0-9]{1,3}\b")  # RFC 3463: a permanent failure
_NOT_OWED = ("settled", "cancelled", "draft")


def follow(tx: Tx, row: InteractionRow, said: Sequence[Told], *, by: str, at: str) -> None:
    """Carry out what these words on an interaction bring with them; `row` is as it stands, its party known."""
    if row.debtor_id is None:
        return
    refused = next((one for one in said if one.outcome == OPTED_OUT), None)
    if refused is not None:
        _forbid(tx, row, refused, by=by, at=at)
    for one in said:
        _observed(tx, row, one, by=by, at=at)
    announced = next((one for one in said if one.result == ANNOUNCED), None)
    if announced is not None and not interactions.debts_of(tx, [row.id]):
        _pause(tx, row, announced, by=by, at=at)


def kept(tx: Tx, row: InteractionRow, *, by: str, at: str, **more: Any) -> None:
    """An interaction was just stored: keep what was told with it, let its effects follow, and say that it happened."""
    word = word_of(row)
    interactions.add_outcome(tx, outcome_row(row.id, 0, word, said=(row.told_start, by, at)))
    follow(tx, row, [word], by=by, at=at)
    events.append(tx, [fact(tx, row, **more)], at=at)


def follow_later(tx: Tx, row: InteractionRow, said: Told, *, by: str, at: str) -> None:
    """A word on an interaction was appended: let its effects follow, and say that it was told."""
    follow(tx, row, [said], by=by, at=at)
    more = {
        "told": {name: getattr(said, name) for name in ("outcome", "party_outcome", "result") if getattr(said, name)}
    }
    events.append(tx, [fact(tx, row, type_="interaction.outcome_recorded", **more)], at=at)


def told(row: OutcomeRow) -> Told:
    """What a stored word says."""
    return Told(row.at, row.outcome, row.party_outcome, row.result, row.ended_at, row.told_end)


def word_of(row: InteractionRow) -> Told:
    """What is said of an interaction with the interaction itself."""
    return Told(row.started_at, row.outcome, row.party_outcome, row.result, row.ended_at, row.told_end)


def outcome_row(
    interaction_id: str, ordinal: int, word: Told, *, said: tuple[str, str, str], note: str = ""
) -> OutcomeRow:
    """What was told, as stored; `said` is its moment as told, who told it, and when it reached us."""
    told_at, by, recorded_at = said
    return OutcomeRow(
        interaction_id=interaction_id,
        ordinal=ordinal,
        outcome=word.outcome,
        party_outcome=word.party_outcome,
        result=word.result,
        ended_at=word.ended_at,
        told_end=word.told_end,
        at=word.at,
        told_at=told_at,
        by=by,
        note=note,
        recorded_at=recorded_at,
    )


def fact(tx: Tx, row: InteractionRow, *, type_: str = "interaction.recorded", **more: Any) -> Fact:
    """The event of an interaction: its kind and what came of it, no contact point and no content."""
    names = ("channel", "direction", "purpose", "outcome", "party_outcome", "result", "started_at", "agency")
    body = {name: getattr(row, name) for name in names}
    body |= {"decision": row.decision_id, "bypass": is_bypass(row), "waits": row.debtor_id is None, **more}
    return Fact(type_, row.id, golden_of(tx, row), body)


def golden_of(tx: Tx, row: InteractionRow) -> str | None:
    """The golden debtor it was with, as things stand now."""
    return debts.goldens_of(tx, [row.debtor_id]).get(row.debtor_id) if row.debtor_id is not None else None


def is_bypass(row: InteractionRow) -> bool:
    """Whether somebody made contact without asking first."""
    return row.direction == "outbound" and row.decision_id is None


def _observed(tx: Tx, row: InteractionRow, said: Told, *, by: str, at: str) -> None:
    """What a word says of the contact point that was used is evidence of it."""
    if row.debtor_id is None or not row.contact_type or not row.contact_value:
        return
    contact_evidence.observe(
        tx,
        interaction_id=row.id,
        debtor_id=row.debtor_id,
        contact_type=row.contact_type,
        contact_value=row.contact_value,
        channel=row.channel,
        outcome=said.outcome,
        party_outcome=said.party_outcome,
        at=said.at,
        by=by,
        received_at=at,
        code=bounce_class(str(json.loads(row.body).get("disposition") or "")),
    )


def bounce_class(disposition: str) -> str:
    """`hard` for what will not pass by itself, as the channel said it: `hard`, or a status of RFC 3463 like 5.1.1."""
    told = disposition.strip().casefold()
    return "hard" if "hard" in told or _LASTING.match(told) else ""


def _members(tx: Tx, row: InteractionRow) -> list[int]:
    """Everybody behind the golden record: a no outlives a split."""
    golden_id = golden_of(tx, row)
    held = crosswalk.members(tx, [golden_id]).get(golden_id, []) if golden_id else []
    return held or ([row.debtor_id] if row.debtor_id is not None else [])


def _forbid(tx: Tx, row: InteractionRow, refused: Told, *, by: str, at: str) -> None:
    members, evidence = _members(tx, row), f"interaction {row.id}"
    known = contact_terms.prohibitions_of(tx, members)
    if any(one.evidence == evidence and one.reason == "opt_out" for one in known):
        return
    number = contact_terms.next_id(tx, ProhibitionRow)
    rows = [
        ProhibitionRow(
            id=number,
            debtor_id=debtor,
            reason="opt_out",
            # One number is a phone in one system and a WhatsApp id in another: the no is said of both.
            contact_type="" if row.channel == "whatsapp" else row.contact_type or "",
            contact_value=row.contact_value or "",
            channel=row.channel,
            debt_id="",
            purpose="",
            since=refused.at,
            until=None,
            evidence=evidence,
            by=by,
            recorded_at=at,
        )
        for debtor in members
    ]
    contact_terms.add(tx, rows)


def _pause(tx: Tx, row: InteractionRow, announced: Told, *, by: str, at: str) -> None:
    owed = [one for group in contact_parties.owed(tx, _members(tx, row)).values() for one in group]
    subjects = [f"debt:{one.id}" for one in owed if one.status not in _NOT_OWED]
    said = {"reason": ANNOUNCED, "since": from_text(announced.at), "evidence": f"interaction {row.id}"}
    if subjects:
        hold(tx, subjects, Word(said, by, from_text(at)))
