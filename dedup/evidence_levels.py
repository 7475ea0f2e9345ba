"""What each field says about each of many pairs: one level per field. Arrays of pairs; no weights, no decisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from dedup.birth_levels import birth_level
from dedup.company_levels import company_level
from dedup.number_age import NumberAges
from dedup.party_profile import ADDRESSES, EMAILS, IDS, PHONES, VALID, WELL_FORMED
from dedup.rows import COMPANY_KIND, GIVEN_SLOTS, PERSON_KIND, SURNAME_SLOTS, Array, Columns
from dedup.same_number import twofold
from dedup.unread_addresses import buildings
from dedup.word_relations import CLOSE, EQUAL, INITIAL, NICKNAME, relate, sides

Levels = dict[str, tuple[str, ...]]
# Lines of one kind are compared with each other: somebody's mobile is not another one because his fixed line is.
_PHONES = (
    "", "phone differs", "fixed line differs", "fixed line", "fixed line, mobile differs", "phone", "two phones",
)  # fmt: skip
_EMAILS = ("", "e-mail differs", "e-mail", "e-mail alike")
NEIGHBOURS = "other number of the street"
_ADDRESSES = ("", "address differs", "address", "street", NEIGHBOURS)
_CONTACT = tuple(
    "+".join(part for part in (phone, email, address) if part) or "nothing"
    for phone in _PHONES
    for email in _EMAILS
    for address in _ADDRESSES
)
FIELDS: Levels = {
    "tax_id": (
        "missing", "same valid", "same well-formed", "one slip", "two slips", "different", "different valid",
        "same under another type", "next number", "unlike",
    ),
    "given": (
        "missing", "same", "other order", "one left out", "nickname", "initial", "close", "partly", "different",
        "crossed", "beside an initial",
    ),
    "surname": (
        "missing", "both", "one", "one left out", "other order", "close", "initial", "partly", "different",
        "other generation", "crossed",
    ),
    "company": (
        "missing", "same", "other legal form", "close", "general words apart", "part of the other", "half", "partly",
        "different", "cut short", "a number apart", "a person's name beside",
    ),
    "contact": _CONTACT,
    "place": ("missing", "same city", "city alike", "other city", "same postal code"),
    "birth_date": (
        "missing", "same", "one slip", "year or day", "different", "as the tax id tells", "nearly as the tax id tells",
        "not as the tax id tells", "age of the tax id", "other age than the tax id",
    ),
    "kind": ("agree", "opposed"),
}  # fmt: skip
NAMES = tuple(FIELDS)

RARITIES = (
    "given", "surname", "company", "given beside a shared contact", "surname beside a shared contact",
    "company beside a shared contact",
)  # fmt: skip
_FIXED_LINE = _PHONES.index("fixed line")
_NEXT = 3
# CL 2 to 8, CO 60, PE other than 9, BR 10 digits, EC 2 to 7.
_FIXED_LINES = (
    (56_200000000, 56_900000000), (57_6000000000, 57_6100000000), (51_10000000, 51_90000000),
    (55_1000000000, 55_9999999999), (593_20000000, 593_80000000),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """Levels (pair, field) as places in `FIELDS`, rarity in bits of what agrees (pair, `RARITIES`), and constraints."""

    levels: Array
    rarity: Array
    company: Array
    conflict: Array  # different valid ids of one space and none in common
    shared_id: Array  # a valid id in common


def compare(left: Columns, right: Columns, rarity: tuple[Array, Array], ages: NumberAges = ()) -> Compared:
    """The levels of pairs of records given as two parallel tables; the same whichever side is left.

    `rarity` are the rarities of the words on both sides, in eighths of a bit (`Rarity.of`).
    """
    levels = np.zeros((len(left), len(NAMES)), dtype=np.uint8)
    company = left.company | right.company
    of_ours, of_theirs = relate(left, right, rarity)
    same_name = _any_common(left.names, right.names)
    tax_id, conflict, shared_id = _tax_ids(left, right)
    person = ~company
    in_roles = _in_roles(left, right, of_ours, of_theirs)
    given = _crossed(_given(left, right, *in_roles, same_name), of_ours, of_theirs, GIVEN_SLOTS, level=9)
    surname = _crossed(_surname(left, right, *in_roles, same_name), of_ours, of_theirs, SURNAME_SLOTS, level=10)
    levels[:, 0] = tax_id
    levels[:, 1] = np.where(person, given, 0)
    levels[:, 2] = np.where(person, surname, 0)
    levels[:, 3] = np.where(company, company_level(left, right, (of_ours, of_theirs), rarity, same_name), 0)
    phone, email, building = _contact(left, right)
    levels[:, 4] = (phone * len(_EMAILS) + email) * len(_ADDRESSES) + building
    shared = (phone >= _FIXED_LINE) | (email == 2) | (building == 2)
    levels[:, 5] = _place(left, right, building)
    levels[:, 6] = birth_level(left, right, ages)
    levels[:, 7] = _opposed(left, right)
    # A rare name says who somebody is, but less among those who share a phone or a home: they share the name too.
    alone = _agreeing(of_ours, of_theirs, rarity, company)
    beside = np.where(shared[:, None], alone, np.float32(0))
    agreeing = np.concatenate([alone - beside, beside], 1)
    return Compared(levels, agreeing, company, conflict, shared_id)


def _any_common(ours: Array, theirs: Array) -> Array:
    found: Array = ((ours[:, :, None] == theirs[:, None, :]) & (ours != 0)[:, :, None]).any((1, 2))
    return found


def _opposed(left: Columns, right: Columns) -> Array:
    found: Array = ((left.kind == PERSON_KIND) & (right.kind == COMPANY_KIND)) | (
        (left.kind == COMPANY_KIND) & (right.kind == PERSON_KIND)
    )
    return found


def _agreeing(of_ours: Array, of_theirs: Array, rarity: tuple[Array, Array], company: Array) -> Array:
    """Bits of rarity of the equal words, the mean of both sides, by role."""
    bits = (
        np.where(of_ours == EQUAL, rarity[0], 0).astype(np.float32)
        + np.where(of_theirs == EQUAL, rarity[1], 0).astype(np.float32)
    ) / 16
    given, surname = bits[:, GIVEN_SLOTS].sum(1), bits[:, SURNAME_SLOTS].sum(1)
    zero = np.float32(0)
    return np.stack(
        [np.where(company, zero, given), np.where(company, zero, surname), np.where(company, given + surname, zero)], 1
    ).astype(np.float32)


def _in_roles(left: Columns, right: Columns, of_ours: Array, of_theirs: Array) -> tuple[Array, Array]:
    """Relations of persons' words to words of the same role, unless one name holds all words of the other.

    Then the split into given names and surnames was a different guess on one side, and any word may answer any.
    """
    ours, theirs = left.word_hash, right.word_hash
    inside = ((of_ours >= CLOSE) | (ours == 0)).all(1) | ((of_theirs >= CLOSE) | (theirs == 0)).all(1)
    mine, yours = of_ours.copy(), of_theirs.copy()
    for slots in (GIVEN_SLOTS, SURNAME_SLOTS):
        equal = ours[:, slots, None] == theirs[:, None, slots]
        mine[:, slots] = np.where((mine[:, slots] == EQUAL) & ~equal.any(2) & ~inside[:, None], 0, mine[:, slots])
        yours[:, slots] = np.where((yours[:, slots] == EQUAL) & ~equal.any(1) & ~inside[:, None], 0, yours[:, slots])
    return mine, yours


def _crossed(found: Array, of_ours: Array, of_theirs: Array, slots: slice, *, level: int) -> Array:
    """A word that the other side has in the other role: columns swapped, or one name for two things."""
    elsewhere = (of_ours[:, slots] >= CLOSE).any(1) | (of_theirs[:, slots] >= CLOSE).any(1)
    return np.where((found == 8) & elsewhere, np.uint8(level), found)


def _given(left: Columns, right: Columns, of_ours: Array, of_theirs: Array, same_name: Array) -> Array:
    count_l, count_r, shorter, both, best, missing = sides(left, right, of_ours, of_theirs, GIVEN_SLOTS)
    same_name = same_name & (count_l + count_r > 0)  # a whole name may be split in two ways, but not into nothing
    ours, theirs = left.word_hash[:, GIVEN_SLOTS], right.word_hash[:, GIVEN_SLOTS]
    in_order = (ours == theirs).all(1)
    full = both == EQUAL
    return np.select(
        [
            missing & ~same_name, (full & in_order) | same_name, full, shorter == EQUAL, shorter == CLOSE,
            shorter == NICKNAME, (shorter == INITIAL) & (best >= CLOSE), shorter == INITIAL, best >= CLOSE,
        ],
        [0, 1, 2, 3, 6, 4, 10, 5, 7],
        default=8,
    ).astype(np.uint8)  # fmt: skip


def _surname(left: Columns, right: Columns, of_ours: Array, of_theirs: Array, same_name: Array) -> Array:
    count_l, count_r, shorter, both, best, missing = sides(left, right, of_ours, of_theirs, SURNAME_SLOTS)
    same_name = same_name & (count_l + count_r > 0)
    ours, theirs = left.word_hash[:, SURNAME_SLOTS], right.word_hash[:, SURNAME_SLOTS]
    in_order = (ours == theirs).all(1)
    full = (both == EQUAL) | same_name
    two = np.maximum(count_l, count_r) >= 2
    swapped = full & two & ~in_order & (count_l == count_r) & ~same_name
    swapped |= same_name & two & ~in_order & (ours[:, 0] == theirs[:, 1]) & (count_l == count_r)
    level = np.select(
        [
            missing & ~same_name, swapped, full & two, full, shorter == EQUAL, shorter == CLOSE,
            (shorter == INITIAL) | (shorter == NICKNAME), best >= CLOSE,
        ],
        [0, 4, 1, 2, 3, 5, 6, 7],
        default=8,
    )  # fmt: skip
    generation = (left.ending != right.ending) & (level > 0) & (level < 7)
    return np.where(generation, 9, level).astype(np.uint8)


def _contact(left: Columns, right: Columns) -> tuple[Array, Array, Array]:
    """Phone, e-mail and address, which become one level: what travels together counts once."""
    phone = _phone(left.phones, right.phones)
    email = _state(left.emails, right.emails, EMAILS)
    alike = (email == 1) & _any_common(left.locals, right.locals)
    email = np.where(alike, 3, email)
    address = np.zeros(len(left), dtype=np.int64)
    buildings_l, buildings_r = buildings(left), buildings(right)
    for i in range(ADDRESSES):
        for j in range(ADDRESSES):
            ours, theirs = buildings_l[:, i], buildings_r[:, j]
            there = (ours != 0) & (theirs != 0)
            city_l, city_r = left.cities[:, i], right.cities[:, j]
            city = (
                (city_l == city_r)
                | (city_l == 0)
                | (city_r == 0)
                | ((left.postal == right.postal) & (left.postal != 0))
            )
            same = there & (ours == theirs) & city
            address = np.where(same, 2, np.where(there & (address == 0), 1, address))
    tried = np.flatnonzero((address < 2) & (left.street != b"") & (right.street != b""))
    if len(tried):
        near = _alike(left.street[tried], right.street[tried], 0.9)
        near &= _alike(left.city[tried], right.city[tried], 0.9) | (
            (left.postal[tried] == right.postal[tried]) & (left.postal[tried] != 0)
        )
        address[tried[near]] = 3
    # One street and two houses, both known, is a neighbour, or a slip in the number.
    houses = (address == 3) & (left.street == right.street) & (buildings_l[:, 0] != 0) & (buildings_r[:, 0] != 0)
    return phone, email, np.where(houses, 4, address)


def _phone(ours: Array, theirs: Array) -> Array:
    """Which lines are shared, and which of one kind are not, as places in `_PHONES`."""
    mobile_l, mobile_r = personal_lines(ours), personal_lines(theirs)
    mobile = _state(mobile_l, mobile_r, PHONES)
    fixed = _state(np.where(mobile_l == 0, ours, 0), np.where(mobile_r == 0, theirs, 0), PHONES)
    found = np.select(
        [
            (mobile == 2) & (fixed == 2), mobile == 2, (fixed == 2) & (mobile == 1), fixed == 2, mobile == 1,
            fixed == 1,
        ],
        [6, 5, 4, _FIXED_LINE, 1, 2],
        default=0,
    )  # fmt: skip
    several = np.flatnonzero(found == 5)
    found[several[_shared(ours[several], theirs[several]) > 1]] = 6
    return found


def _shared(ours: Array, theirs: Array) -> Array:
    """How many values both sides hold."""
    found: Array = ((ours[:, :, None] == theirs[:, None, :]) & (ours != 0)[:, :, None]).any(2).sum(1)
    return found


def personal_lines(phones: Array) -> Array:
    """The numbers that are not a household's or an office's fixed line by their country's plan; 0 for those that are.

    Mexico and Argentina do not tell by the digits, so all theirs stay.
    """
    fixed = np.zeros(phones.shape, dtype=bool)
    for low, high in _FIXED_LINES:
        fixed |= (phones >= np.uint64(low)) & (phones < np.uint64(high))
    found: Array = np.where(fixed, np.uint64(0), phones)
    return found


def _state(ours: Array, theirs: Array, size: int) -> Array:
    """0 where a side has none, 1 where none is common, 2 where one is."""
    there = (ours != 0).any(1) & (theirs != 0).any(1)
    shared = np.zeros(len(ours), dtype=bool)
    for i in range(size):
        column = ours[:, i]
        if i and not column.any():
            break
        shared |= ((column[:, None] == theirs) & (column != 0)[:, None]).any(1)
    return np.where(shared, 2, there.astype(np.int64))


def _alike(ours: Array, theirs: Array, least: float) -> Array:
    equal: Array = ours == theirs
    rest = np.flatnonzero(~equal)
    if len(rest):
        a, b = _texts(ours[rest]), _texts(theirs[rest])
        equal[rest] = cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32) >= least
    return equal


def _texts(values: Array) -> list[str]:
    return [value.decode("utf-8", "replace") for value in values.tolist()]


def _place(left: Columns, right: Columns, address: Array) -> Array:
    """The postal code; or the city, where no building or street already spoke for it."""
    there = (left.city != b"") & (right.city != b"") & (address < 2)
    same = _any_common(left.cities, right.cities)
    level = np.where(there, np.where(same, 1, 3), 0)
    level = np.where((left.postal != 0) & (left.postal == right.postal), 4, level)
    tried = np.flatnonzero(level == 3)
    if len(tried):
        level[tried[_alike(left.city[tried], right.city[tried], 0.9)]] = 2
    return level.astype(np.uint8)


def _tax_ids(left: Columns, right: Columns) -> tuple[Array, Array, Array]:
    """The level, whether valid ids of one space contradict each other, and whether a valid one is shared."""
    size = len(left)
    shared, stated, other_type = (np.zeros(size, dtype=bool) for _ in range(3))
    unlike, contradict = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    next_number, unproven = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    slips = np.full(size, 9, dtype=np.uint8)
    for i in range(IDS):
        if i and not left.id_proof[:, i].any():
            break
        for j in range(IDS):
            proof_l, proof_r = left.id_proof[:, i], right.id_proof[:, j]
            there = (proof_l != 0) & (proof_r != 0)
            if not there.any():
                continue
            same_space = there & (left.id_space[:, i] == right.id_space[:, j])
            equal = there & (left.id_text[:, i] == right.id_text[:, j])
            valid = (proof_l == VALID) & (proof_r == VALID)
            shared |= equal & same_space & valid
            stated |= equal & same_space & ~valid
            other_type |= equal & ~same_space & (left.country == right.country)
            apart = same_space & ~equal
            contradict |= apart & valid
            unlike |= apart & (proof_l >= WELL_FORMED) & (proof_r >= WELL_FORMED)
            tried = np.flatnonzero(there & ~equal & ~valid & (same_space | (left.country == right.country)))
            if len(tried):
                slips[tried] = np.minimum(slips[tried], _slips(left.id_text[tried, i], right.id_text[tried, j]))
                unproven[tried] |= same_space[tried]
                next_number[tried] |= _next_numbers(left.id_text[tried, i], right.id_text[tried, j], slips[tried])
    conflict = (contradict & ~shared) | twofold(left) | twofold(right)
    level = np.select(
        [shared, conflict, stated, other_type, next_number & unlike, slips == 1, slips == 2, unlike, unproven],
        [1, 6, 2, 7, 8, 3, 4, 5, 9],
        default=0,
    )
    return level.astype(np.uint8), conflict, shared


def _next_numbers(ours: Array, theirs: Array, slips: Array) -> Array:
    """Numbers given one after the other, as to twins or brothers on one day: not a slip of one."""
    found = np.zeros(len(ours), dtype=bool)
    for at in np.flatnonzero(slips <= 2):
        a, b = ours[at].decode("utf-8", "replace"), theirs[at].decode("utf-8", "replace")
        found[at] = a.isdigit() and b.isdigit() and len(a) == len(b) and abs(int(a) - int(b)) <= _NEXT
    return found


def _slips(ours: Array, theirs: Array) -> Array:
    return cpdist(_texts(ours), _texts(theirs), scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
