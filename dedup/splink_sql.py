"""Our levels as SQL over two rows, as far as SQL can say them. A table of texts; the dialect is DuckDB's.

Columns expected of a row: `company` (true or false), `kind`, `tax` and `tax_valid`, `given` and `surnames` (lists in
order) with `given_s` and `surnames_s` (the same joined by a space), `company_words` (list), `company_s`, `legal_form`,
`phones`, `fixed_lines`, `emails`, `addresses` (street and number), `streets`, `cities`, `postal_codes` (lists),
`birth_date` (ISO 8601 text). All normalised; null or an empty list where nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NEVER: Final = "1 = 0"  # of a level that SQL over two rows cannot tell
ELSE: Final = "ELSE"
NO_SQL: Final = " (no SQL: never true in Splink)"


def _common(column: str) -> str:
    return f"coalesce(len(list_intersect({column}_l, {column}_r)), 0)"


def _fewest(column: str) -> str:
    return f"least(len({column}_l), len({column}_r))"


def _close(column: str, at_least: str) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {at_least}"


def _null(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _same_part(side: str, signs: int) -> str:
    return f"{side}(birth_date_l, {signs}) = {side}(birth_date_r, {signs})"


def _names(column: str) -> dict[str, str]:
    return {
        "other order": f"list_sort({column}_l) = list_sort({column}_r)",
        "one left out": f"{_common(column)} = {_fewest(column)}",
        "close": _close(f"{column}_s", "0.9"),
        "partly": f"{_common(column)} >= 1",
        "different": ELSE,
    }


# By field, in the order in which Splink tries them. A level that is not here has no SQL.
CONDITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "tax_id": {
        "missing": _null("tax"),
        "same valid": "tax_l = tax_r AND tax_valid_l AND tax_valid_r",
        "same well-formed": "tax_l = tax_r",
        "different valid": "tax_valid_l AND tax_valid_r",
        "one slip": "damerau_levenshtein(tax_l, tax_r) = 1",
        "two slips": "damerau_levenshtein(tax_l, tax_r) = 2",
        "different": ELSE,
    },
    "given": {"missing": _null("given_s"), "same": "given_s_l = given_s_r", **_names("given")},
    "surname": {
        "missing": _null("surnames_s"),
        "both": "surnames_s_l = surnames_s_r AND len(surnames_l) > 1",
        "one": "surnames_s_l = surnames_s_r",
        **_names("surnames"),
    },
    "company": {
        "missing": _null("company_s"),
        "same": "company_s_l = company_s_r AND coalesce(legal_form_l, '') = coalesce(legal_form_r, '')",
        "other legal form": "company_s_l = company_s_r",
        "close": _close("company_s", "0.93"),
        "part of the other": f"{_common('company_words')} = {_fewest('company_words')}",
        "half": f"2 * {_common('company_words')} >= greatest(len(company_words_l), len(company_words_r))",
        "partly": f"{_common('company_words')} >= 1",
        "different": ELSE,
    },
    "place": {
        "missing": f"coalesce({_fewest('cities')}, 0) = 0",
        "same city": f"{_common('cities')} >= 1",
        "same postal code": f"{_common('postal_codes')} >= 1",
        "city alike": "jaro_winkler_similarity(cities_l[1], cities_r[1]) >= 0.93",
        "other city": ELSE,
    },
    "birth_date": {
        "missing": _null("birth_date"),
        "same": "birth_date_l = birth_date_r",
        "one slip": "damerau_levenshtein(birth_date_l, birth_date_r) = 1",
        "year or day": f"{_same_part('left', 4)} OR {_same_part('right', 5)}",
        "different": ELSE,
    },
    "kind": {"opposed": "kind_l <> kind_r", "agree": ELSE},
}

# A level of `contact` names what is shared, part by part; every part speaks of one of these.
_SHARED: Final = {
    "phone": f"{_common('phones')} >= 1",
    "fixed line": f"{_common('fixed_lines')} >= 1",
    "e-mail": f"{_common('emails')} >= 1",
    "e-mail alike": "coalesce(jaro_winkler_similarity(emails_l[1], emails_r[1]) >= 0.93, false)",
    "address": f"{_common('addresses')} >= 1",
    "street": f"{_common('streets')} >= 1",
}
_STRONGER: Final[Mapping[str, tuple[str, ...]]] = {
    "fixed line": ("phone",),
    "e-mail alike": ("e-mail",),
    "street": ("address",),
}
_DIFFERS: Final = {
    "phone differs": ("phones", ("phone", "fixed line")),
    "e-mail differs": ("emails", ("e-mail", "e-mail alike")),
    "address differs": ("addresses", ("address", "street")),
}
BOTH_COMPANY: Final = "company_l OR company_r"  # one company in a pair is enough


def condition(field: str, level: str) -> str:
    """The SQL of a level; NEVER where there is none."""
    if field == "contact":
        return ELSE if level == "nothing" else _contact(level)
    return CONDITIONS.get(field, {}).get(level, NEVER)


def tried_in_order(field: str, levels: tuple[str, ...]) -> list[str]:
    """The levels of a field as Splink has to try them: what is missing first, what is else last."""
    known = list(CONDITIONS.get(field, {}))

    def place(level: str) -> tuple[bool, bool, int]:
        sql = condition(field, level)
        return sql == ELSE, sql == NEVER, known.index(level) if level in known else levels.index(level)

    return sorted(levels, key=place)


def _contact(level: str) -> str:
    parts = level.split("+")
    if any(part not in _SHARED and part not in _DIFFERS for part in parts):
        return NEVER
    said = [_part(part) for part in parts]
    silent = [_SHARED[strongest] for strongest in ("phone", "e-mail", "address") if not _speaks_of(strongest, parts)]
    return " AND ".join([*(f"({one})" for one in said), *(f"NOT ({one})" for one in silent)])


def _part(part: str) -> str:
    if part in _DIFFERS:
        column, kinds = _DIFFERS[part]
        return " AND ".join([f"{_fewest(column)} > 0", *(f"NOT ({_SHARED[kind]})" for kind in kinds)])
    return " AND ".join([_SHARED[part], *(f"NOT ({_SHARED[stronger]})" for stronger in _STRONGER.get(part, ()))])


def _speaks_of(strongest: str, parts: list[str]) -> bool:
    about = {"phone": ("phone", "fixed line"), "e-mail": ("e-mail",), "address": ("address", "street")}[strongest]
    return any(part.startswith(about) for part in parts)
