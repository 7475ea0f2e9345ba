"""What the authorities' rules say of real-looking cells, country by country; the tables are in `cases`."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email
from concilia.normalize.names import compatible, normalize_name
from concilia.normalize.phones import normalize_phone
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases import ar, br, cl, co, ec, mx, pe

TABLES: dict[str, ModuleType] = {"AR": ar, "BR": br, "CL": cl, "CO": co, "EC": ec, "MX": mx, "PE": pe}


def each(table: str, *, compared: bool = False) -> list[Any]:
    """The rows of one table of every country, named by country and cell, or by the two cells compared."""
    found = []
    for country, module in TABLES.items():
        for row in getattr(module, table):
            cells = (row,) if isinstance(row, str) else row
            name = " | ".join(cells[:2]) if compared else cells[0]
            found.append(pytest.param(country, *cells, id=f"{country}: {name or '(empty)'}"))
    return found


@pytest.mark.parametrize(("country", "raw", "declared", "kind", "value", "verdict", "party_kind"), each("TAX_IDS"))
def test_a_number_is_read_as_its_authority_issues_it(
    country: str, raw: str, declared: str | None, kind: str, value: str, verdict: Verdict, party_kind: str | None
) -> None:
    found = normalize_tax_id(raw, country, declared)
    assert (found.kind, found.value, found.verdict) == (kind, value, verdict), found.reason
    if found.verdict.usable:
        assert found.party_kind == party_kind


@pytest.mark.parametrize(("country", "raw", "value", "line_type", "verdict"), each("PHONES"))
def test_a_phone_is_read_by_the_numbering_plan(
    country: str, raw: str, value: str, line_type: str | None, verdict: Verdict
) -> None:
    found = normalize_phone(raw, country)
    assert (found.value, found.verdict) == (value, verdict), found.reason
    if verdict.usable:
        assert found.line_type == line_type


@pytest.mark.parametrize(("country", "raw", "candidates"), each("PHONE_CANDIDATES"))
def test_a_guessed_phone_is_only_suggested(country: str, raw: str, candidates: tuple[str, ...]) -> None:
    assert normalize_phone(raw, country).candidates == candidates


@pytest.mark.parametrize(("country", "raw", "value", "verdict", "suggestion"), each("EMAILS"))
def test_a_mail_address_is_judged_without_the_network(
    country: str, raw: str, value: str, verdict: Verdict, suggestion: str
) -> None:
    del country  # no country reads addresses in its own way
    found = normalize_email(raw)
    assert (found.value, found.verdict, found.suggestion) == (value, verdict, suggestion), found.reason


@pytest.mark.parametrize(("country", "raw", "tokens", "legal_form", "party_kind"), each("NAMES"))
def test_a_name_is_compared_by_its_words(
    country: str, raw: str, tokens: tuple[str, ...], legal_form: str, party_kind: str | None
) -> None:
    del country  # nor names
    found = normalize_name(raw)
    assert (found.tokens, found.legal_form, found.party_kind) == (tokens, legal_form, party_kind)


@pytest.mark.parametrize(("country", "left", "right", "expected"), each("NAME_PAIRS", compared=True))
def test_two_names_can_be_one_partys_or_not(country: str, left: str, right: str, expected: bool) -> None:
    del country
    answer, reason = compatible(normalize_name(left), normalize_name(right))
    assert answer is expected, reason


@pytest.mark.parametrize(("country", "raw"), each("FAKE_NAMES"))
def test_a_name_for_nobody_matches_nothing(country: str, raw: str) -> None:
    del country
    found = normalize_name(raw)
    assert (found.verdict, found.match_key) == (Verdict.PLACEHOLDER, "")


@pytest.mark.parametrize(("country", "left", "right", "same"), each("ADDRESS_PAIRS", compared=True))
def test_two_notations_of_a_place_have_one_key(country: str, left: str, right: str, same: bool) -> None:
    ours, theirs = normalize_address(left, country), normalize_address(right, country)
    assert ours.match_key
    assert (ours.match_key == theirs.match_key) is same, (ours.match_key, theirs.match_key)
