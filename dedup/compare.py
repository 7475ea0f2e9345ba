"""One function per feature of a pair: its level, the two values compared and why. No weights, no decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from concilia.normalize.name_comparison import compatible
from dedup.party import Contact, MatchKey, SourceParty, id_key

Suspicious = Collection[MatchKey]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one feature says about a pair."""

    feature: str
    level: str
    left: str = ""
    right: str = ""
    why: str = ""


Feature = Callable[[SourceParty, SourceParty, Suspicious], Evidence]


def shared_tax_id(left: SourceParty, right: SourceParty, suspicious: Suspicious) -> Evidence:
    """`valid`: one id, proven on both sides; `well_formed`: one id, unproven on a side; `suspicious`; `none`."""
    proven = _shared(left.valid_ids, right.valid_ids)
    stated = _shared(left.stated_ids, right.stated_ids) - proven
    for level, found in (("valid", proven), ("well_formed", stated)):
        trusted = sorted(name_value for name_value in found if id_key(*name_value) not in suspicious)
        if trusted:
            name, value = trusted[0]
            return Evidence("shared_tax_id", level, value, value, f"both state {name} {value}")
    if proven or stated:
        name, value = min(proven or stated)
        return Evidence("shared_tax_id", "suspicious", value, value, f"{name} {value} is carried by too many names")
    return Evidence("shared_tax_id", "none")


def tax_id_conflict(left: SourceParty, right: SourceParty, _: Suspicious) -> Evidence:
    """`different`: valid ids of one country and type; `unlike`: ids of one type, some unproven, none in common."""
    for name, ours in left.valid_ids.items():
        theirs = right.valid_ids.get(name, ours)
        if len({*ours, *theirs}) > 1:
            return _conflict("different", ours, theirs, f"valid {name} differs")
    for name, ours in left.stated_ids.items():
        theirs = right.stated_ids.get(name, ours)
        if set(ours).isdisjoint(theirs):
            return _conflict("unlike", ours, theirs, f"{name} differs, though not both are proven")
    return Evidence("tax_id_conflict", "none")


def kind(left: SourceParty, right: SourceParty, _: Suspicious) -> Evidence:
    """`opposed`: a person against an organization."""
    if left.kind is None or right.kind is None:
        return Evidence("kind", "unknown", left.kind or "", right.kind or "")
    return Evidence("kind", "agrees" if left.kind == right.kind else "opposed", left.kind, right.kind)


def birth_date(left: SourceParty, right: SourceParty, _: Suspicious) -> Evidence:
    """`differs`: both state a date of birth, and no date is common."""
    ours, theirs = left.stated("birth_date"), right.stated("birth_date")
    if not ours or not theirs:
        return Evidence("birth_date", "unknown", ", ".join(ours), ", ".join(theirs))
    level = "differs" if set(ours).isdisjoint(theirs) else "agrees"
    return Evidence("birth_date", level, ", ".join(ours), ", ".join(theirs))


def name(left: SourceParty, right: SourceParty, _: Suspicious) -> Evidence:
    """`compatible`: one name of each can be two spellings of one name."""
    if not left.names or not right.names:
        return Evidence("name", "unknown", why="a side states no name")
    refused: Evidence | None = None
    for ours in left.names:
        for theirs in right.names:
            agrees, why = compatible(ours, theirs)
            found = Evidence("name", "compatible" if agrees else "incompatible", ours.value, theirs.value, why)
            if agrees:
                return found
            refused = refused or found
    return refused or Evidence("name", "unknown")


def contact_point(left: SourceParty, right: SourceParty, _: Suspicious) -> Evidence:
    """`verified`: a common own contact point that a side has verified; `stated`: common, verified by nobody."""
    common = left.contacts.keys() & right.contacts.keys()
    if not common:
        return Evidence("contact_point", "none")
    proofs = [contact for contact in common if left.contacts[contact] or right.contacts[contact]]
    type_, value = _first(proofs or common)
    level = "verified" if proofs else "stated"
    return Evidence("contact_point", level, value, value, f"both are reached by {type_} {value}")


FEATURES: Mapping[str, Feature] = {
    "shared_tax_id": shared_tax_id,
    "tax_id_conflict": tax_id_conflict,
    "kind": kind,
    "birth_date": birth_date,
    "name": name,
    "contact_point": contact_point,
}


def _first(contacts: Collection[Contact]) -> Contact:
    return min(contacts)


def _shared(left: Mapping[str, tuple[str, ...]], right: Mapping[str, tuple[str, ...]]) -> set[tuple[str, str]]:
    return {(n, v) for n in left.keys() & right.keys() for v in left[n] if v in right[n]}


def _conflict(level: str, ours: tuple[str, ...], theirs: tuple[str, ...], why: str) -> Evidence:
    return Evidence("tax_id_conflict", level, ", ".join(ours), ", ".join(theirs), why)
