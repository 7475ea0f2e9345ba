"""One row of a table of debtors with declared columns, normalised to a profile. No files, no comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from concilia.errors import MustBeMended
from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email, split_emails
from concilia.normalize.folding import fold, squeeze
from concilia.normalize.phones import normalize_phone, split_phones
from concilia.normalize.tax_ids import TaxId, normalize_tax_id
from concilia.portfolio.party import Identifier
from dedup.party_profile import ORGANIZATION, PERSON, Place, Profile, ProfileId
from dedup.profile_building import Readings, assemble, city_key, id_of, names_of, place_of

SINGLE = (
    "record_id", "country", "kind", "full_name", "given_names", "surname_1", "surname_2", "surnames", "legal_name",
    "trade_name", "street", "number", "unit", "neighborhood", "city", "region", "postal_code", "birth_date",
)  # fmt: skip
SEVERAL = ("tax_id", "phone", "email")
CANONICAL = (*SINGLE, *SEVERAL)
_NAMES = ("full_name", "given_names", "surname_1", "surname_2", "surnames", "legal_name", "trade_name")
_NUMBERED = re.compile(r"(tax_id|phone|email)(?:_?\d+)?")
_KINDS = {
    **dict.fromkeys(("PERSON", "PERSONA", "PESSOA", "NATURAL", "FISICA", "P", "F", "PF", "INDIVIDUAL"), PERSON),
    **dict.fromkeys(("ORGANIZATION", "COMPANY", "EMPRESA", "JURIDICA", "MORAL", "J", "PJ", "BUSINESS"), ORGANIZATION),
}
_NOBODYS_BIRTHDAYS = frozenset({"19000101", "19010101", "18991230", "18991231", "19700101", "20000101", "19800101"})
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.]?(?P<m>\d{2})[-/.]?(?P<d>\d{2})(?:[T ].*)?"),
    re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})(?: .*)?"),
)


class UnknownColumn(MustBeMended):
    """A declared column that the table lacks, or a name that no field has."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Where each canonical field stands in a row; `country` is meant where the row names none."""

    single: Mapping[str, int]
    several: Mapping[str, tuple[int, ...]]
    country: str = ""


def layout_of(
    header: Sequence[str], *, declared: Mapping[str, str | Sequence[str]] | None = None, country: str = ""
) -> TableLayout:
    """Canonical fields by declaration first, then by name (`phone`, `phone_2`, `email1`, ...).

    UnknownColumn says which declared field or column does not exist.
    """
    places = {name.strip(): index for index, name in enumerate(header)}
    single: dict[str, int] = {}
    several: dict[str, list[int]] = {}
    taken: set[int] = set()
    for field, wanted in (declared or {}).items():
        base = _base(field)
        if base is None:
            raise UnknownColumn(f"{field!r} is no field of a debtor; use one of {', '.join(CANONICAL)}")
        for column in [wanted] if isinstance(wanted, str) else wanted:
            if column not in places:
                raise UnknownColumn(f"there is no column {column!r} for {field}; the table has {', '.join(places)}")
            taken.add(places[column])
            if base in SEVERAL:
                several.setdefault(base, []).append(places[column])
            else:
                single[base] = places[column]
    for column, index in places.items():
        base = _base(column)
        if base is None or index in taken:
            continue
        if base in SEVERAL:
            several.setdefault(base, []).append(index)
        else:
            single.setdefault(base, index)
    return TableLayout(single, {name: tuple(found) for name, found in several.items()}, country.upper()[:2])


def profile_of_row(row: Sequence[str], layout: TableLayout) -> Profile:
    """The profile of one row. A bad cell says nothing; no row is refused."""
    cell = {name: row[index].strip() for name, index in layout.single.items() if index < len(row)}
    country = (cell.get("country") or layout.country).upper()[:2]
    kind = _KINDS.get(fold(cell.get("kind", "")))
    return assemble(
        Readings(
            country=country,
            kind=kind,
            ids=[found for text in _cells(row, layout, "tax_id") for found in _ids(text, country)],
            names=names_of({name: cell[name] for name in _NAMES if cell.get(name)}, kind),
            phones=[key for text in _cells(row, layout, "phone") for key in _phones(text, country)],
            emails=[key for text in _cells(row, layout, "email") for key in _emails(text)],
            places=_places(cell, country),
            birth_dates=_birth_dates(cell.get("birth_date", "")),
            postal_code=squeeze(cell["postal_code"])[:12] if cell.get("postal_code") else "",
        )
    )


def _base(name: str) -> str | None:
    if name in SINGLE:
        return name
    numbered = _NUMBERED.fullmatch(name)
    return numbered.group(1) if numbered else None


def _cells(row: Sequence[str], layout: TableLayout, name: str) -> Iterator[str]:
    for index in layout.several.get(name, ()):
        if index < len(row) and row[index]:
            yield row[index]


def _ids(text: str, country: str) -> Iterator[ProfileId]:
    found = normalize_tax_id(text, country)
    for number in (found, *found.derived):
        read = id_of(_identifier(number))
        if read is not None:
            yield read


def _identifier(number: TaxId) -> Identifier:
    return Identifier(number.country, number.kind, number.value, number.raw, number.verdict)


def _phones(text: str, country: str) -> Iterator[str]:
    numbers = (text,) if len(text) <= 18 else split_phones(text)
    for number in numbers:
        found = normalize_phone(number, country)
        if found.match_key:
            yield found.match_key
        yield from found.candidates if not found.value else ()


def _emails(text: str) -> Iterator[str]:
    for address in (text,) if text.count("@") < 2 else split_emails(text):
        found = normalize_email(address)
        key = found.match_key or found.suggestion.lower()
        if key and found.verdict != "placeholder":
            yield key


def _places(cell: Mapping[str, str], country: str) -> tuple[Place, ...]:
    street, city = cell.get("street", ""), cell.get("city", "")
    if not street:
        return (Place("", "", _city(city)),) if city else ()
    parts = {name: cell[name] for name in ("street", "number", "unit", "city") if cell.get(name)}
    found = normalize_address(parts, country)
    if found.match_key:
        return place_of(found.match_key, city)
    return (Place(fold(street)[:64], "", _city(city)),)


@lru_cache(maxsize=20_000)
def _city(city: str) -> str:
    return city_key(city)


def _birth_dates(text: str) -> tuple[str, ...]:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found:
            year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
            digits = f"{year:04}{month:02}{day:02}"
            if digits in _NOBODYS_BIRTHDAYS or not _is_date(year, month, day):
                return ()
            return (f"{year:04}-{month:02}-{day:02}",)
    return ()


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year >= 1900
    except ValueError:
        return False
