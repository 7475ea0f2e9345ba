"""The columns `splink_expert` wants, from records.csv through the product's normalising. No matching, no truth.

Splink gets the benefit of the doubt: numbers that fail their check digit are kept as typed, mistyped mail domains are
mended as suggested, and given names are told from surnames by what the systems with two fields teach.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, islice
from pathlib import Path
from typing import Any

from concilia.normalize.address_tables import CITIES
from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email
from concilia.normalize.folding import fold, squeeze
from concilia.normalize.name_tables import GIVEN_NAMES, NICKNAMES
from concilia.normalize.names import normalize_name
from concilia.normalize.phones import normalize_phone
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.normalize.verdict import Verdict

MOST_HOLDERS = 12
Row = dict[str, Any]
_SURENESS = {Verdict.VALID_CHECKSUM: 2, Verdict.VERIFIED: 2, Verdict.VALID_FORMAT: 1}


def columns_of(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    """One normalised row a record, not yet split into given names and surnames."""
    return [_normalized(row) for row in rows]


def finished(rows: list[Row]) -> list[Row]:
    """The same rows with generic contact points dropped and the names split; changes them in place."""
    for field in ("phones", "emails"):
        holders = Counter(value for row in rows for value in row[field] or ())
        for row in rows:
            row[field] = [value for value in row[field] or () if holders[value] <= MOST_HOLDERS] or None
    is_given = _learnt_split(rows)
    for row in rows:
        _split_name(row, is_given)
    return rows


def read_in_pieces(path: Path, size: int) -> Iterator[list[dict[str, str]]]:
    """The rows of a CSV file in lists of this size."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        while piece := list(islice(reader, size)):
            yield piece


def _normalized(row: Mapping[str, str]) -> Row:
    country = row["country"]
    tax, sureness, tax_kind = _tax(row["tax_id"], country)
    split = bool(row["given"] or row["surnames"])
    written = row["legal_name"] or row["full_name"] or f"{row['given']} {row['surnames']}"
    name = normalize_name(written)
    kind = row["kind"] or {"organization": "company", "person": "person"}.get(name.party_kind or tax_kind or "")
    city = _city(row["city"])
    return {
        "record_id": row["record_id"], "country": country, "kind": kind or None, "tax": tax, "sureness": sureness,
        "phones": _found(_phone(row[field], country) for field in ("phone_1", "phone_2")),
        "emails": _found([_email(row["email"])]), "street": _street(row["street"], row["city"], country),
        "city": city, "birth_date": row["birth_date"] or None, "tokens": name.tokens,
        "written_given": normalize_name(row["given"]).tokens if split else None,
        "written_sur": normalize_name(row["surnames"]).tokens if split else None,
    }  # fmt: skip


def _tax(raw: str, country: str) -> tuple[str | None, int, str | None]:
    found = normalize_tax_id(raw, country)
    if found.verdict in (Verdict.EMPTY, Verdict.PLACEHOLDER):
        return None, 0, None
    if found.verdict is Verdict.INVALID:
        typed = squeeze(raw)
        return (typed if len(typed) >= 5 else None), 0, None
    value = found.derived[0].value if found.derived else found.value
    return value, _SURENESS.get(found.verdict, 0), found.party_kind


def _phone(raw: str, country: str) -> str:
    return normalize_phone(raw, country).match_key


def _email(raw: str) -> str:
    found = normalize_email(raw)
    return found.match_key or (found.suggestion.lower() if found.verdict is Verdict.INVALID else "")


def _street(street: str, city: str, country: str) -> str | None:
    if not street:
        return None
    key = normalize_address({"street": street, "city": city}, country).match_key.split("|")
    return f"{key[1]} {key[2]}" if len(key) > 2 else None


def _city(city: str) -> str | None:
    folded = " ".join(fold(city).replace(".", " ").split())
    return CITIES.get(folded, folded) or None


def _found(values: Iterable[str]) -> list[str] | None:
    return sorted({value for value in values if value}) or None


def _learnt_split(rows: list[Row]) -> Callable[[str], bool]:
    """Which words are given names, by majority among the records that keep given names and surnames apart."""
    votes: Counter[str] = Counter()
    for row in rows:
        if row["written_given"] is not None:
            votes.update(row["written_given"])
            votes.subtract(row["written_sur"])

    def is_given(word: str) -> bool:
        vote = votes[word]
        return vote > 0 if vote else word in GIVEN_NAMES or word in NICKNAMES

    return is_given


def _split_name(row: Row, is_given: Callable[[str], bool]) -> None:
    tokens = row.pop("tokens")
    given, sur = row.pop("written_given"), row.pop("written_sur")
    if row["kind"] == "company":
        given, sur = (tokens[:1], tokens[1:]) if len(tokens) > 1 else ((), tokens)
    elif given is None:
        given = [word for word in tokens if is_given(word)]
        sur = [word for word in tokens if not is_given(word)]
    row["given"], row["sur"], row["toks"] = sorted(set(given)), sorted(set(sur)), sorted(set(tokens))
    row["given_s"], row["sur_s"] = (" ".join(row[part]) or None for part in ("given", "sur"))
    row["name_sorted"] = " ".join(row["toks"]) or None
    starts = sorted({word[:5] for word in row["toks"]})
    row["tokpairs"] = [f"{one}|{other}" for one, other in combinations(starts, 2)] or None
