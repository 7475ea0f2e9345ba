"""Match keys of records, keys so shared that they tell nobody apart, and the pairs worth comparing. No scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from dedup.party_profile import ADDRESSES, EMAILS, GIVEN, NAME_KEYS, PHONES, VALID
from dedup.rows import Array, Columns, combine, hash_ids
from dedup.unread_addresses import buildings

KINDS = ("id", "phone", "email", "address", "name", "words", "local", "birth", "postal", "building", "slip")
GENERIC_KINDS = ("id", "phone", "email", "building")
_WORD_PAIRS = ((0, GIVEN), (0, GIVEN + 1), (GIVEN, GIVEN + 1), (1, GIVEN))
_COMPANY_PAIRS = ((0, 1), (0, 2), (1, 2), (1, 3))


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may hold a key before it stops proposing pairs; a contact also stops scoring.

    `names` is the number of different names behind one contact that makes it generic; `id_names` the same for a tax
    id, which then merges nothing and raises an alarm.
    """

    holders: dict[str, int] = field(
        default_factory=lambda: {
            "id": 60, "phone": 60, "email": 60, "address": 60, "name": 40, "words": 24, "local": 16, "birth": 24,
            "postal": 16, "building": 6, "slip": 16,
        }
    )  # fmt: skip
    names: int = 14
    id_names: int = 20
    id_holders: int = 5_000  # records of one tax id, whatever their names; fewer are one party however many

    def most_holders(self, kind: str) -> int:
        """How many may hold a value of this kind before it is generic, whatever their names."""
        return self.id_holders if kind == "id" else self.holders["phone"]

    def most(self, kind: str) -> int:
        """How many holders of a key decide everything about it."""
        return max(self.holders[kind], self.most_holders(kind) if kind in GENERIC_KINDS else 0)


@dataclass(frozen=True, slots=True)
class Generic:
    """Contact values and identifiers (64-bit, sorted) that too many hold, and the alarms: id hash and holders."""

    values: Array
    alarms: tuple[tuple[int, int], ...] = ()


def match_keys(columns: Columns, kinds: tuple[str, ...] = KINDS) -> Iterator[tuple[str, Array, Array]]:
    """By kind, 64-bit keys and the position of the record that holds each; bounded per record."""
    for kind in kinds:
        yield kind, *_KEYS[kind](columns)


def find_generic(columns: Columns, limits: Limits) -> Generic:
    """The contacts and ids that so many records, or so many different names, hold that they say nothing of anybody."""
    names, alarms = columns.names[:, 0], []
    found = [np.zeros(0, dtype=np.uint64)]
    for kind in GENERIC_KINDS:
        values, held = _KEYS[kind](columns)
        most = limits.id_names if kind == "id" else limits.names
        shared, holders = _too_shared(values, names[held], limits.most_holders(kind), most)
        found.append(shared)
        if kind == "id":
            alarms = [(int(h), int(n)) for h, n in zip(shared, holders, strict=True)]
    return Generic(np.unique(np.concatenate(found)), tuple(alarms))


def blank_generic(columns: Columns, generic: Array) -> None:
    """Blank generic values (sorted) in place: they neither propose pairs nor count in a score."""
    if len(generic) == 0:
        return
    for values in (columns.phones, columns.emails, columns.places):
        values[np.isin(values, generic)] = 0
    record, slot, numbers = _numbers(columns)
    found = np.isin(numbers, generic)
    columns.id_proof[record[found], slot[found]] = 0
    columns.id_hash[record[found], slot[found]] = 0


def propose(columns: Columns, limits: Limits, kinds: tuple[str, ...] = KINDS) -> Array:
    """Pairs (n, 2) that share a key which not too many hold, smaller position first, sorted, each once."""
    codes = []
    for kind, hashes, held in match_keys(columns, kinds):
        found = _pairs(hashes, held, limits.holders[kind])
        if kind == "slip":
            left, right = (found >> np.uint64(32)).astype(np.int64), (found & np.uint64(0xFFFFFFFF)).astype(np.int64)
            found = found[~is_slip_of_proven(columns, left, right)]
        codes.append(found)
    return _decoded(sorted_unique(np.concatenate(codes)))


def sorted_unique(codes: Array) -> Array:
    """The distinct values in order."""
    codes.sort()
    kept = np.ones(len(codes), dtype=bool)
    kept[1:] = codes[1:] != codes[:-1]
    return codes[kept]


def refuted(columns: Columns, left: Array, right: Array) -> Array:
    """Pairs whose first ids are both valid, of one space, and differ while neither has a second valid one."""
    both = _both_proven(columns, left, right)
    single = (columns.id_proof[left, 1] != VALID) & (columns.id_proof[right, 1] != VALID)
    found: Array = both & single & (columns.id_hash[left, 0] != columns.id_hash[right, 0])
    return found


def is_slip_of_proven(columns: Columns, left: Array, right: Array) -> Array:
    """Pairs whose numbers are both proven: neither is a slip of the other."""
    return _both_proven(columns, left, right)


def _both_proven(columns: Columns, left: Array, right: Array) -> Array:
    proven = columns.id_proof[:, 0] == VALID
    found: Array = proven[left] & proven[right] & (columns.id_space[left, 0] == columns.id_space[right, 0])
    return found


def _decoded(codes: Array) -> Array:
    return np.stack([(codes >> np.uint64(32)).astype(np.int32), (codes & np.uint64(0xFFFFFFFF)).astype(np.int32)], 1)


def _pairs(hashes: Array, held: Array, limit: int) -> Array:
    """Codes of all pairs inside groups of 2 to `limit` holders of one key."""
    order = np.lexsort((held, hashes))
    hashes, held = hashes[order], held[order].astype(np.uint64)
    if len(hashes):  # a record holds a key once, however it came by it
        fresh = np.concatenate(([True], (hashes[1:] != hashes[:-1]) | (held[1:] != held[:-1])))
        hashes, held = hashes[fresh], held[fresh]
    starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1]))) if len(hashes) else order
    sizes = np.diff(np.append(starts, len(hashes)))
    codes = []
    for size in np.unique(sizes[(sizes > 1) & (sizes <= limit)]):
        members = held[starts[sizes == size][:, None] + np.arange(size)[None, :]]
        i, j = np.triu_indices(int(size), 1)
        codes.append(((members[:, i] << np.uint64(32)) | members[:, j]).ravel())
    return np.concatenate(codes) if codes else np.zeros(0, dtype=np.uint64)


def _too_shared(hashes: Array, names: Array, holders: int, limit: int) -> tuple[Array, Array]:
    """Values held by more than `holders` records, or by more than `limit` different names; and how many hold each."""
    found, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    many = counts[inverse] > limit
    distinct = np.zeros(len(found), dtype=np.int64)
    if many.any():
        pairs = np.unique(np.stack([inverse[many].astype(np.uint64), names[many]], 1), axis=0)
        np.add.at(distinct, pairs[:, 0].astype(np.int64), 1)
    over = (distinct > limit) | (counts > holders)
    return found[over], counts[over]


def _held(values: Array) -> tuple[Array, Array]:
    record, slot = np.nonzero(values)
    return values[record, slot].astype(np.uint64), record.astype(np.int32)


def _ids(columns: Columns) -> tuple[Array, Array]:
    record, _, numbers = _numbers(columns)
    return numbers, record.astype(np.int32)


def _numbers(columns: Columns) -> tuple[Array, Array, Array]:
    """Record, place and 64 bits of each identifier with its country; its type may be filed wrongly."""
    record, slot = np.nonzero(columns.id_proof)
    country = columns.country[record].view(np.uint16).astype(np.uint64)
    return record, slot, hash_ids(country, columns.id_text[record, slot])


def _names(columns: Columns) -> tuple[Array, Array]:
    country = columns.country.view(np.uint16).astype(np.uint64)
    record, slot = np.nonzero(columns.names[:, :NAME_KEYS])
    return combine(columns.names[record, slot], country[record]), record.astype(np.int32)


def _words(columns: Columns) -> tuple[Array, Array]:
    """Two words of the name and the city."""
    city = columns.cities[:, 0]
    lows, highs, held = [], [], []
    for (a, b), (c, d) in zip(_WORD_PAIRS, _COMPANY_PAIRS, strict=True):
        for which, first, second in ((~columns.company, a, b), (columns.company, c, d)):
            one, two = columns.word_hash[:, first], columns.word_hash[:, second]
            at = np.flatnonzero(which & (one != 0) & (two != 0) & (city != 0))
            lows.append(np.minimum(one[at], two[at]))
            highs.append(np.maximum(one[at], two[at]))
            held.append(at)
    holders = np.concatenate(held)
    return combine(np.concatenate(lows), np.concatenate(highs), city[holders]), holders.astype(np.int32)


def _addresses(columns: Columns) -> tuple[Array, Array]:
    """A building and a word of the name: the first surname, the first given name."""
    standing = buildings(columns)
    given = np.where(columns.company, columns.word_hash[:, 1], columns.word_hash[:, GIVEN])
    return _beside([(standing[:, at], word) for at in range(ADDRESSES) for word in (columns.word_hash[:, 0], given)])


def _births(columns: Columns) -> tuple[Array, Array]:
    """A date of birth and one more thing that may be whole: a word of the name, the building, the city."""
    others = (
        columns.word_hash[:, 0], columns.word_hash[:, GIVEN], buildings(columns)[:, 0], columns.cities[:, 0],
        columns.postal,
    )  # fmt: skip
    return _beside([(columns.birth, other) for other in others])


def _postals(columns: Columns) -> tuple[Array, Array]:
    """A postal code and a word of the name."""
    return _beside([(columns.postal, columns.word_hash[:, 0]), (columns.postal, columns.word_hash[:, GIVEN])])


def _beside(pairs: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """The hash of both of each pair where neither is missing; one call, because short arrays cost by the call."""
    firsts, others, held = [], [], []
    for first, other in pairs:
        at = np.flatnonzero((first != 0) & (other != 0))
        firsts.append(first[at].astype(np.uint64))
        others.append(other[at].astype(np.uint64))
        held.append(at)
    return combine(np.concatenate(firsts), np.concatenate(others)), np.concatenate(held).astype(np.int32)


def _slips(columns: Columns) -> tuple[Array, Array]:
    """Part of an identifier with a name, the date of birth or the postal code: one slip leaves a part whole."""
    parts, at = _parts_of_number(columns)
    surname = np.where(columns.company, 0, columns.word_hash[:, GIVEN])
    others = (columns.word_hash[:, 0], surname, columns.birth, columns.postal)
    hashes, places = _beside([(parts, other[at]) for other in others])
    return hashes, at[places].astype(np.int32)


def _parts_of_number(columns: Columns) -> tuple[Array, Array]:
    """Each record's first identifier without its second half, its first, its middle, as hashes; and the records."""
    raw = np.ascontiguousarray(columns.id_text[:, 0]).view(np.uint8).reshape(len(columns), 18)
    size = (raw != 0).sum(1)
    at = np.flatnonzero(size >= 6)
    raw, half = raw[at], (size[at, None] + 1) // 2
    places = np.arange(18)[None, :]
    kept = np.concatenate([places < half, places >= half, (places < half - 1) | (places > half)])
    wide = np.zeros((3 * len(at), 24), dtype=np.uint8)
    wide[:, :18] = np.where(kept, np.concatenate([raw, raw, raw]), 0)
    parts = wide.view(np.uint64)
    salt = np.repeat(np.array([1, 2, 3], dtype=np.uint64), len(at))
    return combine(parts[:, 0] + salt, parts[:, 1], parts[:, 2]), np.concatenate([at, at, at])


_KEYS = {
    "id": _ids,
    "phone": lambda columns: _held(columns.phones[:, :PHONES]),
    "email": lambda columns: _held(columns.emails[:, :EMAILS]),
    "address": _addresses,
    "name": _names,
    "words": _words,
    "local": lambda columns: _held(columns.locals),
    "birth": _births,
    "postal": _postals,
    "building": lambda columns: _held(columns.places),
    "slip": _slips,
}
