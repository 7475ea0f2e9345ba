"""Profiles as columns of fixed width, for comparing many pairs at once. No comparison, no weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.party_profile import ADDRESSES, COMPANY_WORDS, EMAILS, GIVEN, IDS, LAYOUT, NAME_KEYS, PHONES, WORDS, Profile

Array = NDArray[Any]
ROW = np.dtype(
    [
        ("country", "S2"), ("kind", "u1"), ("id_proof", "u1", (IDS,)), ("id_space", "<u4", (IDS,)),
        ("id_text", "S18", (IDS,)), ("words", "S16", (WORDS,)), ("names", "<u8", (NAME_KEYS,)), ("form", "<u4"),
        ("phones", "<u8", (PHONES,)), ("emails", "<u8", (EMAILS,)), ("locals", "<u4", (EMAILS,)),
        ("places", "<u8", (ADDRESSES,)), ("cities", "<u8", (ADDRESSES,)), ("street", "S16"), ("city", "S12"),
        ("birth", "<u4"), ("ending", "u1"), ("postal", "<u4"),
    ]
)  # fmt: skip
assert ROW.itemsize == LAYOUT.size  # noqa: S101 - both describe the same bytes
UNKNOWN_KIND, PERSON_KIND, COMPANY_KIND = 0, 1, 2
GIVEN_SLOTS = slice(0, GIVEN)
SURNAME_SLOTS = slice(GIVEN, WORDS)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LETTERS = (np.uint32(1) << np.arange(32, dtype=np.uint32))[
    np.array([0 if c == 0 else (c - 65) % 26 if c >= 65 else 26 + c % 5 for c in range(256)])
]
_LETTERS[0] = 0


@dataclass(frozen=True, slots=True)
class Columns:
    """Records as parallel arrays; `company` says which words are a company's, `word_hash` 0 is no word."""

    country: Array
    kind: Array
    id_proof: Array
    id_space: Array
    id_text: Array
    id_hash: Array
    words: Array
    word_hash: Array
    letters: Array
    company: Array
    names: Array
    form: Array
    phones: Array
    emails: Array
    locals: Array
    places: Array
    cities: Array
    street: Array
    city: Array
    birth: Array
    ending: Array
    postal: Array

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, which: Array) -> Columns:
        """The records at these positions."""
        return Columns(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def columns_of(rows: bytes | bytearray) -> Columns:
    """The columns of concatenated fixed rows (`Profile.row`, `row_of_blob`)."""
    table = np.frombuffer(rows, dtype=ROW)
    plain = {name: np.array(table[name], order="C") for name in ROW.names or ()}
    hashes = hash_words(plain["words"])
    return Columns(
        **{**plain, "kind": plain["kind"] & 3},
        word_hash=hashes,
        letters=_letters(plain["words"]),
        company=plain["kind"] & COMPANY_WORDS != 0,
        id_hash=hash_ids(plain["id_space"], plain["id_text"]),
    )


def columns_of_profiles(profiles: Iterable[Profile]) -> Columns:
    """The columns of these profiles."""
    return columns_of(b"".join(profile.row() for profile in profiles))


def concatenate(parts: Sequence[Columns]) -> Columns:
    """Several tables one below the other; each column is joined and let go in turn."""
    if len(parts) == 1:
        return parts[0]
    return Columns(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Columns)})


def mix(values: Array) -> Array:
    """64 bits that depend on all 64 given bits (the finaliser of SplitMix64)."""
    mixed: Array = (values ^ (values >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    found: Array = mixed ^ (mixed >> np.uint64(31))
    return found


def combine(first: Array, *others: Array) -> Array:
    """One 64-bit value of several, in this order."""
    found = mix(first.astype(np.uint64) + _GOLDEN)
    for other in others:
        found = mix(found ^ (other.astype(np.uint64) + _GOLDEN))
    return found


def hash_words(words: Array) -> Array:
    """32 bits of each word of 16 bytes; 0 where there is none."""
    halves = words.view(np.uint64).reshape(*words.shape, 2)
    found = combine(halves[..., 0], halves[..., 1])
    return np.where(halves[..., 0] == 0, 0, (found >> np.uint64(32)) | np.uint64(1)).astype(np.uint32)


def hash_ids(spaces: Array, texts: Array) -> Array:
    """64 bits of each identifier with its space; 0 where there is none."""
    raw = np.ascontiguousarray(texts).view(np.uint8).reshape(*texts.shape, 18)
    wide = np.zeros((*texts.shape, 24), dtype=np.uint8)
    wide[..., :18] = raw
    parts = wide.view(np.uint64)
    found = combine(spaces, parts[..., 0], parts[..., 1], parts[..., 2])
    return np.where(parts[..., 0] == 0, np.uint64(0), found | np.uint64(1))


def _letters(words: Array) -> Array:
    raw = np.ascontiguousarray(words).view(np.uint8).reshape(*words.shape, 16)
    found = np.zeros(words.shape, dtype=np.uint32)
    for at in range(16):
        found |= _LETTERS[raw[..., at]]
    return found
