"""What took place between a channel and a party: where it stands by all that was told of it, and whom it was with.

Pure. What names somebody (an id, a number, a debt) outweighs how somebody is reached; what contradicts is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

DIRECTIONS: Final = ("inbound", "outbound")
ACTORS: Final = ("agent", "bot", "system", "debtor")
# What is told of one attempt arrives in any order: a receipt that says less than an earlier one changes nothing.
_RANK: Final[Mapping[str, int]] = {
    "no_answer": 1, "busy": 1, "voicemail": 2, "delivered": 3, "invalid": 4, "bounced": 4, "blocked": 4, "read": 5,
    "answered": 6, "opted_out": 7,
}  # fmt: skip
NAMING: Final = ("id", "decision", "tax_id", "external_id", "debt")
CHANNEL_ID: Final = "bsuid"  # of one person, given by a channel; what else reaches somebody may be shared


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of an interaction at one time; `at` is when it was so, as stored."""

    at: str
    outcome: str | None = None
    party_outcome: str | None = None
    result: str | None = None
    ended_at: str | None = None
    told_end: str | None = None


def standing(told: Iterable[Told]) -> Told:
    """Where an interaction stands: the outcome that says most, and the latest word on who it was and what came of it.

    Of outcomes that say as much the later counts; nobody takes a known party back by not knowing.
    """
    found = sorted(told, key=lambda one: one.at)
    outcomes = [one.outcome for one in found if one.outcome]
    parties = [one.party_outcome for one in found if one.party_outcome]
    results = [one.result for one in found if one.result]
    ends = [one for one in found if one.ended_at]
    known = [party for party in parties if party != "unknown"] or parties
    return Told(
        at=found[-1].at,
        outcome=max(enumerate(outcomes), key=lambda pair: (_RANK.get(pair[1], 0), pair[0]))[1] if outcomes else None,
        party_outcome=known[-1] if known else None,
        result=results[-1] if results else None,
        ended_at=ends[-1].ended_at if ends else None,
        told_end=ends[-1].told_end if ends else None,
    )


@dataclass(frozen=True, slots=True)
class Clue:
    """One way in which a party was named, the keys under which it would be found, and whom they name now.

    `holders` are source debtors by golden id; empty: nobody known.
    """

    kind: str
    keys: tuple[str, ...]
    holders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def names(self) -> bool:
        """Whether it says who somebody is, not only how somebody is reached."""
        return self.kind in NAMING


@dataclass(frozen=True, slots=True)
class Known:
    """The golden debtor it was with."""

    golden_id: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody can tell whom it was with, and why; `rival` is whom everything but the channel's own id names."""

    reason: str
    says: str
    rival: str | None = None


Whom = Known | Waits
UNKNOWN, SEVERAL, CONTRADICTION = "unknown", "several", "contradiction"


def whom(clues: Sequence[Clue]) -> Whom:
    """Whom the clues mean together. A shared phone is narrowed by the others; a name is never set aside for a phone."""
    naming = [clue for clue in clues if clue.names]
    reaching = [clue for clue in clues if not clue.names]
    told = [clue for clue in (naming or reaching) if clue.holders]
    if not told:
        return Waits(UNKNOWN, f"Nobody is known by {_listed(naming or reaching)}.")
    meant = reduce(frozenset.__and__, (frozenset(clue.holders) for clue in told))
    if not meant:
        return Waits(CONTRADICTION, f"{_listed(told)} name different debtors.", _rival(told))
    if not naming:
        return _one(meant, told)
    return _checked(_narrowed(meant, reaching), naming, reaching)


def _checked(meant: frozenset[str], naming: Sequence[Clue], reaching: Sequence[Clue]) -> Whom:
    """A channel's own id is of one person: one that is known as somebody else's contradicts the name."""
    others = [clue for clue in reaching if clue.kind == CHANNEL_ID and clue.holders]
    if len(meant) == 1 and any(meant.isdisjoint(clue.holders) for clue in others):
        (rival,) = meant
        return Waits(CONTRADICTION, f"{_listed(naming)} and {_listed(others)} name different debtors.", rival)
    return _one(meant, [clue for clue in naming if clue.holders])


def _narrowed(meant: frozenset[str], reaching: Sequence[Clue]) -> frozenset[str]:
    for clue in reaching:
        meant = meant.intersection(clue.holders) or meant
    return meant


def _one(meant: frozenset[str], told: Sequence[Clue]) -> Whom:
    if len(meant) > 1:
        return Waits(SEVERAL, f"{_listed(told)} may be any of {len(meant)} debtors.")
    (found,) = meant
    return Known(found)


def _rival(told: Sequence[Clue]) -> str | None:
    rest = [frozenset(clue.holders) for clue in told if clue.kind != CHANNEL_ID]
    if not rest or len(rest) == len(told):
        return None
    meant = reduce(frozenset.__and__, rest)
    return next(iter(meant)) if len(meant) == 1 else None


def _listed(clues: Sequence[Clue]) -> str:
    return " and ".join(dict.fromkeys(_CALLED[clue.kind] for clue in clues))


_CALLED: Final[Mapping[str, str]] = {
    "id": "the golden id", "decision": "the decision", "tax_id": "the tax id", "external_id": "the external id",
    "debt": "the debt", "phone": "the phone", "email": "the e-mail", "whatsapp_id": "the WhatsApp id",
    "bsuid": "the business-scoped id",
}  # fmt: skip


def anchor(clues: Sequence[Clue], golden_id: str, *, about: Iterable[int], founder: int) -> int:
    """The source debtor that it hangs on, so that a split gives it back: whoever holds what named it.

    First those who hold a name, then those who owe what it was about, then those who hold a contact point.
    """
    groups = [clue.holders.get(golden_id, ()) for clue in clues if clue.names]
    groups += [tuple(about)]
    groups += [clue.holders.get(golden_id, ()) for clue in clues if not clue.names]
    for group in groups:
        if group:
            return founder if founder in group else min(group)
    return founder
