"""What channels observe of contact points becomes evidence; what was heard of them, read at once. No rules, no SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict, Unpack

from concilia.portfolio.contact_point_state import HARD, SOFT, Stated, What, evidence_of
from concilia.servicing import contact_changes
from concilia.servicing.contact_points import Heard, PointKey, key_of_value, states_of
from concilia.servicing.contact_words import Party, Word, party_of, record
from concilia.store.unit_of_work import Tx

__all__ = ["Allowed", "Heard", "Observed", "allow", "observe", "states_of"]


_TWINS: Final = {"phone": "whatsapp_id", "whatsapp_id": "phone"}


class Observed(TypedDict):
    """A contact that took place with a source debtor at a contact point, by its canonical value.

    `code` says how a message bounced: `hard`, or anything else for now. `received_at` is when the hub was told, the
    moment itself when left out.
    """

    interaction_id: str
    debtor_id: int
    contact_type: str
    contact_value: str
    channel: str
    outcome: str | None
    party_outcome: str | None
    at: str
    by: str
    code: NotRequired[str]
    received_at: NotRequired[str]


def observe(tx: Tx, **told: Unpack[Observed]) -> None:
    """Take what a contact says of the contact point used; the same contact told again changes nothing.

    What was told later of one interaction's party takes the place of what was told before.
    """
    found = evidence_of(told["outcome"], told["party_outcome"])
    if not found or not told["contact_value"]:
        return
    party = party_of(tx, told["debtor_id"])
    received_at = told.get("received_at") or told["at"]
    point = key_of_value(told["contact_type"], told["contact_value"])
    words = [
        Word(
            key,
            what,
            told["at"],
            told["by"],
            received_at,
            code=_code(what, told.get("code", "")),
            channel=told["channel"],
            interaction_id=told["interaction_id"],
            quiet=key != point and key not in party.points,
        )
        for what in found
        for key in _concerned(point, what, party)
    ]
    now = max(received_at, told["at"])
    record(tx, party, words, now=now)
    contact_changes.settle(tx, party, now=now)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A yes that ends earlier opt-outs: of a channel, and of a contact point by its value; empty ones mean all."""

    at: str
    by: str
    received_at: str
    channel: str = ""
    contact_type: str = ""
    contact_value: str = ""


def allow(tx: Tx, debtor_ids: Iterable[int], yes: Allowed) -> None:
    """End the opt-outs that a consent, or the end of a prohibition, takes back; without any, nothing changes."""
    wanted = key_of_value(yes.contact_type, yes.contact_value) if yes.contact_value else None
    for debtor_id in debtor_ids:
        heard = states_of(tx, [debtor_id])
        words = [
            Word(key, What.OPTED_IN, yes.at, yes.by, yes.received_at, channel=out.channel)
            for key, evidence in heard.of([debtor_id]).items()
            if wanted is None or key == wanted or (not yes.contact_type and key[1] == wanted[1])
            for out in heard.state(key, evidence, stated=Stated(), now=yes.received_at).opted_out
            if yes.channel in ("", out.channel) and out.since <= yes.at
        ]
        if words:
            record(tx, party_of(tx, debtor_id), words, now=yes.received_at)


def _concerned(point: PointKey, what: What, party: Party) -> list[PointKey]:
    """The contact points that a word is about. One number may be a phone in one system and a WhatsApp id in another."""
    type_, value = point
    if type_ not in _TWINS or not value.startswith("+"):
        return [point]
    twin = (_TWINS[type_], value)
    if what is What.WRONG_PARTY or (what is What.RIGHT_PARTY and {point, twin} <= party.points.keys()):
        return [point, twin]
    return [twin] if twin in party.points and point not in party.points else [point]


def _code(what: What, told: str) -> str:
    """The class of a bounce. One that nobody explains may pass: it is a strike, and several of them count as hard."""
    if what is not What.BOUNCED:
        return told
    return HARD if told == HARD else SOFT
