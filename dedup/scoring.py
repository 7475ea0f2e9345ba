"""The one way a pair gets its score, for two records or for millions; and its explanation. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dedup.evidence_levels import FIELDS, NAMES, Compared, compare
from dedup.model import Model, bits_of
from dedup.party_profile import Profile
from dedup.rows import Array, Columns, columns_of_profiles

CHUNK = 32_768
_KIND = NAMES.index("kind")
_CONTACT = [NAMES.index("contact"), NAMES.index("place")]


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """What one field adds to the score of a pair, in bits, and the two values it looked at."""

    field: str
    level: str
    left: str
    right: str
    bits: float
    why: str


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of pairs in bits, and the constraints that no score overrides."""

    bits: Array
    contact: Array  # the part of the bits that contact points and places add
    conflict: Array
    opposed: Array
    shared_id: Array


def score(columns: Columns, words: Array, pairs: Array, model: Model) -> Scores:
    """The scores of pairs (n, 2) of positions; `words` is `model.rarity.of(columns)`. Memory is bounded."""
    size = len(pairs)
    bits, contact = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    conflict, opposed, shared = (np.empty(size, dtype=bool) for _ in range(3))
    for start, compared in compared_in_chunks(columns, words, pairs):
        stop = start + len(compared.levels)
        found = bits_of(compared, model)
        bits[start:stop] = found.sum(1)
        contact[start:stop] = found[:, _CONTACT].sum(1)
        conflict[start:stop] = compared.conflict
        opposed[start:stop] = (compared.levels[:, _KIND] == 1) & ~compared.shared_id
        shared[start:stop] = compared.shared_id
    return Scores(bits, contact, conflict, opposed, shared)


def compared_in_chunks(columns: Columns, words: Array, pairs: Array) -> Iterator[tuple[int, Compared]]:
    """The comparison of every pair, some at a time, with the place of the first of them."""
    for start in range(0, len(pairs), CHUNK):
        left, right = pairs[start : start + CHUNK, 0], pairs[start : start + CHUNK, 1]
        yield start, compare(columns.take(left), columns.take(right), (words[left], words[right]))


def explain(left: Profile, right: Profile, model: Model) -> tuple[FieldEvidence, ...]:
    """Why a pair has its score: the bits of each field that says something, and the prior. They add up to it."""
    columns = columns_of_profiles((left, right))
    words = model.rarity.of(columns)
    _, compared = next(compared_in_chunks(columns, words, np.array([[0, 1]])))
    bits = bits_of(compared, model)[0]
    found = [
        FieldEvidence(name, level, *_shown(name, left, right), float(bits[index]), _why(name, level))
        for index, name in enumerate(NAMES)
        if (level := FIELDS[name][compared.levels[0, index]]) not in ("missing", "nothing", "agree") or bits[index]
    ]
    prior = FieldEvidence(
        "prior", "candidate", "", "", float(bits[-1]), "how likely a candidate is before it is looked at"
    )
    return (*found, prior)


def total(evidence: tuple[FieldEvidence, ...]) -> float:
    """The score that an explanation amounts to."""
    return sum(item.bits for item in evidence)


def _shown(name: str, left: Profile, right: Profile) -> tuple[str, str]:
    return _SHOWN[name](left), _SHOWN[name](right)


def _company_name(profile: Profile) -> str:
    return " ".join((*(profile.words or (*profile.given, *profile.surnames)), profile.legal_form)).strip()


def _contact_points(profile: Profile) -> str:
    addresses = (f"{place.street} {place.number}" for place in profile.places if place.number)
    return ", ".join((*profile.phones[:3], *profile.emails[:3], *addresses))


def _why(name: str, level: str) -> str:
    return f"{_TITLES[name]}: {level}"


_SHOWN: Mapping[str, Callable[[Profile], str]] = {
    "tax_id": lambda profile: ", ".join(found.text for found in profile.ids),
    "given": lambda profile: " ".join(profile.given),
    "surname": lambda profile: " ".join((*profile.surnames, profile.ending)).strip(),
    "company": _company_name,
    "contact": _contact_points,
    "place": lambda profile: ", ".join(dict.fromkeys(place.city for place in profile.places if place.city)),
    "birth_date": lambda profile: profile.birth_date,
    "kind": lambda profile: profile.kind or "",
}
_TITLES = {
    "tax_id": "tax id", "given": "given names", "surname": "surnames", "company": "company name",
    "contact": "contact points", "place": "city", "birth_date": "date of birth", "kind": "person or company",
}  # fmt: skip
