"""One row of a table of debtors with declared columns, normalised to a profile. No files, no comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from concilia.errors import MustBeMended
from concilia.normalize.addresses import building_key
from concilia.normalize.emails import normalize_email, split_emails
from concilia.normalize.folding import fold, squeeze
from concilia.normalize.phones import match_keys, split_phones
from concilia.normalize.tax_ids import read_tax_id
from dedup.column_names import CANONICAL, SEVERAL, field_of
from dedup.party_profile import ORGANIZATION, PERSON, Place, Profile, ProfileId
from dedup.profile_building import Readings, assemble, city_key, names_of, place_of, proven_id

_KINDS = {
    **dict.fromkeys(("PERSON", "PERSONA", "PESSOA", "NATURAL", "FISICA", "P", "F", "PF", "INDIVIDUAL"), PERSON),
    **dict.fromkeys(("ORGANIZATION", "COMPANY", "EMPRESA", "JURIDICA", "MORAL", "J", "PJ", "BUSINESS"), ORGANIZATION),
}
_ONE_PHONE = 18  # characters; a cell so short is read as it is
_NOBODYS_BIRTHDAYS = frozenset({"19000101", "19010101", "18991230", "18991231", "19700101", "20000101", "19800101"})
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.]?(?P<m>\d{2})[-/.]?(?P<d>\d{2})(?:[T ].*)?"),
    re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})(?: .*)?"),
)


class UnknownColumn(MustBeMended):
    """A declared column that the table lacks, or a name that no field has."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Where each canonical field stands in a row; `country` is meant where the row names none.

    `unread` are columns that no field takes, by their names.
    """

    single: Mapping[str, int]
    several: Mapping[str, tuple[int, ...]]
    country: str = ""
    unread: tuple[str, ...] = ()


def layout_of(
    header: Sequence[str], *, declared: Mapping[str, str | Sequence[str]] | None = None, country: str = ""
) -> TableLayout:
    """Canonical fields by declaration first, then by name (`phone`, `phone_2`, `RUT`, `Correo`, ...).

    UnknownColumn says which declared field or column does not exist.
    """
    places = {name.strip(): index for index, name in enumerate(header)}
    single: dict[str, int] = {}
    several: dict[str, list[int]] = {}
    taken: set[int] = set()
    for field, wanted in (declared or {}).items():
        base = field_of(field, ())
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
    unread: list[str] = []
    for column, index in sorted(places.items(), key=lambda place: (place[0] not in CANONICAL, place[1])):
        base = field_of(column, places)
        if index in taken:
            continue
        if base in SEVERAL:
            several.setdefault(base, []).append(index)
        elif base is None or base in single:
            unread.append(column)
        else:
            single[base] = index
    by_field = {name: tuple(sorted(found)) for name, found in several.items()}
    return TableLayout(single, by_field, country.upper()[:2], tuple(unread))


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
            names=names_of(cell, kind),
            phones=[key for text in _cells(row, layout, "phone") for key in _phones(text, country)],
            emails=[key for text in _cells(row, layout, "email") for key in _emails(text)],
            places=_places(cell, country),
            birth_dates=_birth_dates(cell.get("birth_date", "")),
            postal_code=squeeze(cell["postal_code"])[:12] if cell.get("postal_code") else "",
        )
    )


def _cells(row: Sequence[str], layout: TableLayout, name: str) -> list[str]:
    return [row[index] for index in layout.several.get(name, ()) if index < len(row) and row[index]]


def _ids(text: str, country: str) -> Iterator[ProfileId]:
    found = read_tax_id(text, country)
    for number in (found, *found.derived) if found.derived else (found,):
        read = proven_id(f"{country.strip()}:{number.kind}", value=number.value, raw=text, verdict=number.verdict)
        if read is not None:
            yield read


def _phones(text: str, country: str) -> Sequence[str]:
    if len(text) <= _ONE_PHONE:
        return match_keys(text, country)
    return [key for number in split_phones(text) for key in match_keys(number, country)]


def _emails(text: str) -> Iterator[str]:
    for address in (text,) if text.count("@") < 2 else split_emails(text):
        found = normalize_email(address)
        key = found.match_key or found.suggestion.lower()
        if key and found.verdict != "placeholder":
            yield key


def _places(cell: Mapping[str, str], country: str) -> tuple[Place, ...]:
    street, city = cell.get("street", ""), cell.get("city", "")
    if not street:
        return (Place("", "", city_key(city)),) if city else ()
    parts = {name: cell[name] for name in ("street", "number", "unit", "city") if cell.get(name)}
    key = building_key(parts, country)
    if key:
        return place_of(key, city)
    return (Place(fold(street)[:64], "", city_key(city)),)


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
