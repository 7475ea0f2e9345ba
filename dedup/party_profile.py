"""The compact, comparable form of one source debtor, and its bytes. Built through the normalisers; decides nothing."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from concilia.errors import ConciliaError

BLOB_FORMAT = 1
PERSON, ORGANIZATION = "person", "organization"
VALID, WELL_FORMED, MISTYPED = 3, 2, 1  # how far an identifier is proven
IDS, GIVEN, SURNAMES, NAME_KEYS, PHONES, EMAILS, ADDRESSES = 3, 3, 4, 3, 6, 3, 2
WORDS = GIVEN + SURNAMES
COMPANY_WORDS = 4  # a bit beside the kind: the words are a company's
ENDINGS = ("", "JUNIOR", "NETO", "SOBRINHO")
_KINDS = {None: 0, PERSON: 1, ORGANIZATION: 2}
# One record as fixed bytes, in the order of `rows.ROW`.
LAYOUT = struct.Struct(
    f"<2sB{IDS}B{IDS}I{'18s' * IDS}{'16s' * WORDS}{NAME_KEYS}QI{PHONES}Q{EMAILS}Q{EMAILS}I{ADDRESSES}Q"
    f"{ADDRESSES}Q16s12sIBI"
)
_HEAD = struct.Struct("<BH")
_NOUGHTS, _BLANKS, _NO_WORDS = (0,) * 8, (b"",) * 8, ("",) * 8  # fill the places that a record leaves empty


class ForeignProfile(ConciliaError):
    """A stored profile of another format version: it must be built again from its claims."""


@dataclass(frozen=True, slots=True)
class ProfileId:
    """An identifier: `space` is its `country:type`, `text` its canonical (or squeezed) characters."""

    space: str
    text: str
    proof: int  # VALID, WELL_FORMED or MISTYPED


@dataclass(frozen=True, slots=True)
class Place:
    """Street key, house number and city of one address; any may be empty."""

    street: str
    number: str
    city: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What matching compares of one source debtor, bounded whatever the record holds.

    `words` are a company's core words; a person has `given` and `surnames` instead. `names` are the folded whole
    names (sorted words; a company's letters without spaces too), equal for two spellings of one name.
    """

    country: str = ""
    kind: str | None = None
    ids: tuple[ProfileId, ...] = ()
    given: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    legal_form: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    birth_date: str = ""
    ending: str = ""  # what tells a son from his father of one name: JUNIOR, NETO, SOBRINHO
    postal_code: str = ""

    def row(self) -> bytes:
        """The record as fixed bytes for arrays: what does not fit in is cut off (texts by the packing itself)."""
        phones, hashes = self.phones[:PHONES], self.names[:NAME_KEYS]
        street, city, places = _packed_places(self.places[:ADDRESSES]) if self.places else _NO_PLACES
        return LAYOUT.pack(
            self.country.encode(), _KINDS[self.kind] | (COMPANY_WORDS if self.words else 0),
            *(_packed_ids(self.ids[:IDS]) if self.ids else _NO_IDS), *self._encoded_words(),
            *[long_hash(name) for name in hashes], *_NOUGHTS[len(hashes) : NAME_KEYS],
            short_hash(self.legal_form), *[_digits(phone) for phone in phones], *_NOUGHTS[len(phones) : PHONES],
            *(_packed_emails(self.emails[:EMAILS]) if self.emails else _NO_EMAILS), *places, street, city,
            _digits(self.birth_date.replace("-", "")), ENDINGS.index(self.ending), short_hash(self.postal_code),
        )  # fmt: skip

    def _encoded_words(self) -> list[bytes]:
        if self.words:
            words = self.words[:WORDS]
        else:
            given = self.given[:GIVEN]
            words = (*given, *_NO_WORDS[len(given) : GIVEN], *self.surnames[:SURNAMES])
        return [*[word.encode() for word in words], *_BLANKS[len(words) : WORDS]]

    def to_blob(self) -> bytes:
        """Version, the fixed row, and the texts an explanation shows."""
        row = self.row()
        texts = json.dumps(
            [
                self.country, self.kind, [[i.space, i.text, i.proof] for i in self.ids], self.given, self.surnames,
                self.words, self.names, self.legal_form, self.phones, self.emails,
                [[p.street, p.number, p.city] for p in self.places], self.birth_date, self.ending,
                self.postal_code,
            ],
            ensure_ascii=False, separators=(",", ":"),
        )  # fmt: skip
        return _HEAD.pack(BLOB_FORMAT, len(row)) + row + texts.encode()


def row_of_blob(blob: bytes) -> bytes:
    """The fixed row inside a blob, without reading the texts."""
    _check(blob)
    return blob[_HEAD.size : _HEAD.size + LAYOUT.size]


def profile_of_blob(blob: bytes) -> Profile:
    """The profile written by `to_blob`; ForeignProfile when another version wrote it."""
    _check(blob)
    found = json.loads(blob[_HEAD.size + LAYOUT.size :])
    country, kind, ids, given, surnames, words, names, form, phones, emails, places, birth, ending, postal = found
    return Profile(
        country, kind, tuple(ProfileId(*i) for i in ids), tuple(given), tuple(surnames), tuple(words), tuple(names),
        form, tuple(phones), tuple(emails), tuple(Place(*p) for p in places), birth, ending, postal,
    )  # fmt: skip


def _check(blob: bytes) -> None:
    version, size = _HEAD.unpack_from(blob) if len(blob) >= _HEAD.size else (None, 0)
    if version != BLOB_FORMAT or size != LAYOUT.size:
        raise ForeignProfile(
            f"a stored profile has format {version} of {size} bytes, and this program reads format {BLOB_FORMAT} of "
            f"{LAYOUT.size}; build the profiles again from their claims"
        )


def _packed_ids(ids: tuple[ProfileId, ...]) -> tuple[int | bytes, ...]:
    none = _NOUGHTS[len(ids) : IDS]
    proofs, spaces = [i.proof for i in ids], [short_hash(i.space) for i in ids]
    return (*proofs, *none, *spaces, *none, *[i.text.encode() for i in ids], *_BLANKS[len(ids) : IDS])


def _packed_emails(emails: tuple[str, ...]) -> tuple[int, ...]:
    none = _NOUGHTS[len(emails) : EMAILS]
    locals_ = [_hash_once(local_part(email)) for email in emails]
    return (*[long_hash(email) for email in emails], *none, *locals_, *none)


def _packed_places(places: tuple[Place, ...]) -> tuple[bytes, bytes, tuple[int, ...]]:
    """Street and city of the first, and the hashes of all."""
    none = _NOUGHTS[len(places) : ADDRESSES]
    hashes = (*[_building(place) for place in places], *none, *[_city_hash(place.city) for place in places], *none)
    return places[0].street.encode(), places[0].city.encode(), hashes


_NO_IDS, _NO_EMAILS, _NO_PLACES = _packed_ids(()), _NOUGHTS[:EMAILS] * 2, (b"", b"", _NOUGHTS[:ADDRESSES] * 2)


def long_hash(text: str) -> int:
    """64 bits of a text, the same in every process; 0 for the empty text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") | 1 if text else 0


def short_hash(text: str) -> int:
    """32 bits of a text, the same in every process; 0 for the empty text."""
    if text in _SHORT:
        return _SHORT[text]
    found = _hash_once(text)
    if len(_SHORT) < _REMEMBERED:
        _SHORT[text] = found
    return found


def _hash_once(text: str) -> int:
    """As `short_hash`, for texts that hardly come again."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "little") | 1 if text else 0


_SHORT: dict[str, int] = {}
_REMEMBERED = 10_000
_city_hash = lru_cache(maxsize=20_000)(long_hash)


def local_part(email: str) -> str:
    """What stands before the @, without dots and a trailing number sign of a tag; empty when too short to tell."""
    local = email.partition("@")[0].partition("+")[0]
    if not local.isalnum():
        local = local.replace(".", "").replace("_", "").replace("-", "")
    return local if len(local) >= 6 else ""


def _building(place: Place) -> int:
    return long_hash(f"{place.street}|{place.number}") if place.street and place.number else 0


def _digits(text: str) -> int:
    if not text:
        return 0
    digits = text.lstrip("+")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
