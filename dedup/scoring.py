"""The one way a pair gets its score, for two records or for millions; and its explanation. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.evidence_levels import FIELDS, NAMES, NEIGHBOURS, Compared, compare
from dedup.model import Model, bits_of
from dedup.number_age import NumberAges
from dedup.party_profile import Profile
from dedup.rows import Array, Columns, columns_of_profiles

CHUNK = 32_768


def _shares(contact: str) -> bool:
    """Whether a level of contact points says that one is shared."""
    return any(not part.endswith("differs") and part != NEIGHBOURS for part in contact.split("+"))


_KIND = NAMES.index("kind")
_SILENT = ("missing", "nothing", "agree")
_BELOW = 0.5  # bits by which a pair that is held back stays below a merge
_SPEAKING = {
    "tax_id": frozenset({"same valid", "same well-formed", "one slip", "two slips", "same under another type"}),
    "birth_date": frozenset({"same", "one slip", "as the tax id tells", "nearly as the tax id tells"}),
    "contact": frozenset(level for level in FIELDS["contact"] if level != "nothing" and _shares(level)),
    "given": frozenset(FIELDS["given"]) - {"missing"},
    "surname": frozenset(FIELDS["surname"]) - {"missing"},
}
CAUTIONS = (
    ("", ""),
    ("names alone", "names and places alone never merge people: homonyms are many"),
    ("contacts alone", "contact points alone never merge people: families and offices share them"),
    ("another surname", "people of unlike surnames never merge without a number or a date of birth"),
    ("an initial", "an initial and one surname never merge people without a number or a date of birth"),
)
_BOTH_SURNAMES = frozenset({"both", "other order"})
_UNLIKE_SURNAMES = frozenset({"partly", "different", "other generation"})
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
    for start, compared in compared_in_chunks(columns, words, pairs, model.ages):
        stop = start + len(compared.levels)
        found = bits_of(compared, model)
        bits[start:stop] = capped(found.sum(1), compared, model)
        contact[start:stop] = found[:, _CONTACT].sum(1)
        conflict[start:stop] = compared.conflict
        opposed[start:stop] = (compared.levels[:, _KIND] == 1) & ~compared.shared_id
        shared[start:stop] = compared.shared_id
    return Scores(bits, contact, conflict, opposed, shared)


def compared_in_chunks(
    columns: Columns, words: Array, pairs: Array, ages: NumberAges = ()
) -> Iterator[tuple[int, Compared]]:
    """The comparison of every pair, some at a time, with the place of the first of them."""
    for start in range(0, len(pairs), CHUNK):
        left, right = pairs[start : start + CHUNK, 0], pairs[start : start + CHUNK, 1]
        yield start, compare(columns.take(left), columns.take(right), (words[left], words[right]), ages)


def capped(bits: Array, compared: Compared, model: Model) -> Array:
    """Scores of people stay below a merge while a reason for caution holds, whatever the weights say."""
    found: Array = np.where(cautions(compared) > 0, np.minimum(bits, model.bands.automatic - _BELOW), bits)
    return found


def cautions(compared: Compared) -> Array:
    """Why a pair of people is never merged by itself, as places in `CAUTIONS`; 0 where nothing holds it back.

    A number or a date of birth in common lifts all of them.
    """
    levels = compared.levels
    person = ~compared.company & ~_holds(levels, "tax_id", _SPEAKING["tax_id"])
    person &= ~_holds(levels, "birth_date", _SPEAKING["birth_date"])
    shared = _holds(levels, "contact", _SPEAKING["contact"])
    nameless = ~_holds(levels, "given", _SPEAKING["given"]) & ~_holds(levels, "surname", _SPEAKING["surname"])
    unlike = _holds(levels, "surname", _UNLIKE_SURNAMES)
    initial = _holds(levels, "given", frozenset({"initial"})) & ~_holds(levels, "surname", _BOTH_SURNAMES)
    reasons = [~shared, nameless, unlike, initial]
    return np.select([person & reason for reason in reasons], range(1, len(reasons) + 1), default=0)


def _holds(levels: Array, field: str, wanted: frozenset[str]) -> Array:
    """The pairs whose level of a field is one of these."""
    found: Array = np.array([level in wanted for level in FIELDS[field]])[levels[:, NAMES.index(field)]]
    return found


def explain(left: Profile, right: Profile, model: Model) -> tuple[FieldEvidence, ...]:
    """Why a pair has its score: the bits of each field that says something, and the prior. They add up to it."""
    return explain_pairs([(left, right)], model)[0]


def explain_pairs(pairs: Sequence[tuple[Profile, Profile]], model: Model) -> list[tuple[FieldEvidence, ...]]:
    """The explanations of many pairs at the cost of one comparison."""
    if not pairs:
        return []
    columns = columns_of_profiles(profile for pair in pairs for profile in pair)
    words = model.rarity.of(columns)
    places = np.arange(2 * len(pairs)).reshape(-1, 2)
    found: list[tuple[FieldEvidence, ...]] = []
    for start, compared in compared_in_chunks(columns, words, places, model.ages):
        bits = bits_of(compared, model)
        held_back, because = capped(bits.sum(1), compared, model) - bits.sum(1), cautions(compared)
        for at in range(len(bits)):
            left, right = pairs[start + at]
            evidence = _evidence(left, right, compared.levels[at], bits[at])
            found.append((*evidence, *_caution(float(held_back[at]), int(because[at]))))
    return found


def _evidence(left: Profile, right: Profile, levels: Array, bits: Array) -> Iterator[FieldEvidence]:
    for index, name in enumerate(NAMES):
        level = FIELDS[name][levels[index]]
        if level not in _SILENT or bits[index]:
            yield FieldEvidence(name, level, *_shown(name, left, right), float(bits[index]), _why(name, level))
    yield FieldEvidence(
        "prior", "candidate", "", "", float(bits[-1]), "how likely a candidate is before it is looked at"
    )


def _caution(bits: float, because: int) -> Iterator[FieldEvidence]:
    if bits:
        level, why = CAUTIONS[because]
        yield FieldEvidence("caution", level, "", "", bits, why)


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
