"""Two source debtors field by field: what each states, and whether it agrees. Pure; decides nothing about identity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from concilia.normalize.name_comparison import compatible
from concilia.normalize.names import normalize_name
from concilia.schema import CONTACT_TYPES, DEBTOR, Kind
from dedup.party import SourceParty

EQUAL, ALIKE, DIFFERENT, ONE_SIDE = "equal", "alike", "different", "one_side"
NAMES: Final = frozenset(field.name for field in DEBTOR.fields if field.kind is Kind.NAME)


@dataclass(frozen=True, slots=True)
class StatedValue:
    """A value as one side writes it, whether the other side states it too, and what validation found out."""

    shown: str
    common: bool
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of two source debtors. `group` is `field`, `identifier` or `contact_point`."""

    group: str
    name: str
    left: tuple[StatedValue, ...]
    right: tuple[StatedValue, ...]
    agreement: str  # equal: a value in common; alike: names that can be one; different; one_side


@dataclass(frozen=True, slots=True)
class _Said:
    key: str  # equal for two notations of one value
    shown: str
    verdict: str = ""


def compared(left: SourceParty, right: SourceParty) -> Iterator[Compared]:
    """Every field that a side states, in the order of the schema; then identifiers, then contact points."""
    for field in DEBTOR.fields:
        if field.name != "tax_id":
            yield from _row("field", field.name, (_field(left, field.name), _field(right, field.name)))
    kinds = sorted({i.name for party in (left, right) for s in party.claims for i in s.claim.identifiers})
    for kind in kinds:
        yield from _row("identifier", kind, (_identifiers(left, kind), _identifiers(right, kind)))
    for type_ in CONTACT_TYPES:
        yield from _row("contact_point", type_, (_contacts(left, type_), _contacts(right, type_)))


def _row(group: str, name: str, sides: tuple[Sequence[_Said], Sequence[_Said]]) -> Iterator[Compared]:
    left, right = ({said.key: said for said in side} for side in sides)
    common = left.keys() & right.keys()
    if left or right:
        stated = [
            tuple(StatedValue(s.shown, s.key in common, s.verdict) for s in side.values()) for side in (left, right)
        ]
        yield Compared(group, name, stated[0], stated[1], _agreement(name, left=list(left), right=list(right)))


def _agreement(name: str, *, left: Sequence[str], right: Sequence[str]) -> str:
    if not left or not right:
        return ONE_SIDE
    if set(left) & set(right):
        return EQUAL
    if name in NAMES:
        pairs = ((normalize_name(ours), normalize_name(theirs)) for ours in left for theirs in right)
        return ALIKE if any(compatible(ours, theirs)[0] for ours, theirs in pairs) else DIFFERENT
    return DIFFERENT


def _field(party: SourceParty, name: str) -> list[_Said]:
    return [_Said(value, value) for s in party.claims if (value := s.claim.fields.get(name))]


def _identifiers(party: SourceParty, name: str) -> list[_Said]:
    return [
        _Said(i.value or i.raw, i.raw, str(i.verdict))
        for s in party.claims
        for i in s.claim.identifiers
        if i.name == name and (i.value or i.raw)
    ]


def _contacts(party: SourceParty, type_: str) -> list[_Said]:
    return [
        _Said(p.match_key or p.value or p.raw, p.value or p.raw, str(p.verdict))
        for s in party.claims
        for p in s.claim.contact_points
        if p.type == type_ and (p.value or p.raw)
    ]
