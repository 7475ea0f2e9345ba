"""The acceptance items of the collections domain that are about values alone: one number, one identity, no stand-ins."""

from __future__ import annotations

import csv
import io
import json

import pytest

from concilia.normalize.emails import normalize_email
from concilia.normalize.names import compatible, normalize_name
from concilia.normalize.phones import normalize_phone, split_phones
from concilia.normalize.tax_ids import TaxId, normalize_tax_id
from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import Identifier
from concilia.portfolio.party import Verdict as VerdictOfParty


def as_identifier(found: TaxId) -> Identifier:
    return Identifier(found.country, found.kind, found.value, found.raw, found.verdict)


def test_two_notations_of_one_rut_are_one_number_that_proves_identity() -> None:
    left, right = (as_identifier(normalize_tax_id(raw, "CL")) for raw in ("12.531.909-2", "125319092"))
    assert (left.name, left.value) == (right.name, right.value)
    assert left.proves_identity
    assert right.proves_identity
    names = (normalize_name("HERNÁNDEZ GARCIA JOSE LUIS"), normalize_name("Jose Luis Hernandez Garcia"))
    assert compatible(*names)[0]


def test_a_placeholder_rut_with_a_right_check_digit_proves_nothing() -> None:
    found = as_identifier(normalize_tax_id("66.666.666-6", "CL"))
    assert found.verdict is Verdict.PLACEHOLDER
    assert not found.proves_identity
    assert not found.verdict.usable


def test_an_alphanumeric_cnpj_survives_csv_json_and_normalising_unchanged() -> None:
    value = normalize_tax_id("12.ABC.345/01DE-35", "BR").value
    assert value == "12ABC34501DE35"
    sheet = io.StringIO()
    csv.writer(sheet).writerow([value])
    (row,) = csv.reader(io.StringIO(sheet.getvalue()))
    assert normalize_tax_id(json.loads(json.dumps(row[0])), "BR").value == value


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (normalize_phone("1", "CL").verdict, Verdict.EMPTY),
        (normalize_email("no@tiene.com").verdict, Verdict.PLACEHOLDER),
        (normalize_tax_id("00000000", "PE").verdict, Verdict.PLACEHOLDER),
    ],
)
def test_stand_ins_for_nothing_are_counted_and_never_kept(verdict: Verdict, expected: Verdict) -> None:
    assert verdict is expected
    assert not verdict.usable


@pytest.mark.parametrize(
    ("raw", "country", "derived"),
    [
        ("10456789124", "PE", [("DNI", "45678912", Verdict.VALID_FORMAT)]),
        ("20100070970", "PE", []),
        ("20-05536168-2", "AR", [("DNI", "5536168", Verdict.VALID_FORMAT)]),
        ("30-50001091-2", "AR", []),
        ("1712345675001", "EC", [("CI", "1712345675", Verdict.VALID_CHECKSUM)]),
        ("1712345675002", "EC", []),
        ("1790010341001", "EC", []),
        ("79456123-2", "CO", []),
    ],
)
def test_a_number_hands_over_the_numbers_it_contains(
    raw: str, country: str, derived: list[tuple[str, str, Verdict]]
) -> None:
    found = normalize_tax_id(raw, country)
    assert [(inner.kind, inner.value, inner.verdict) for inner in found.derived] == derived


@pytest.mark.parametrize(
    ("country", "raw", "value", "verdict"),
    [
        ("UY", "211003420017", "211003420017", Verdict.VALID_CHECKSUM),
        ("UY", "211003420018", "", Verdict.INVALID),
        ("PY", "80028061-0", "800280610", Verdict.VALID_CHECKSUM),
        ("CR", "3-101-999999", "3101999999", Verdict.VALID_FORMAT),
        ("GT", "576937-K", "576937K", Verdict.VALID_CHECKSUM),
        ("DO", "1-01-85004-3", "101850043", Verdict.VALID_CHECKSUM),
        ("SV", "0614-050707-104-8", "06140507071048", Verdict.VALID_CHECKSUM),
        ("VE", "V-11470283-4", "V114702834", Verdict.VALID_CHECKSUM),
        ("BO", "1028637025", "1028637025", Verdict.VALID_FORMAT),
        ("HN", "08011990123456", "08011990123456", Verdict.VALID_FORMAT),
    ],
)
def test_other_countries_are_checked_where_a_check_digit_is_known(
    country: str, raw: str, value: str, verdict: Verdict
) -> None:
    found = normalize_tax_id(raw, country)
    assert (found.value, found.verdict) == (value, verdict), found.reason


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("912345678 / 987654321", ("912345678", "987654321")),
        ("961234567 y 22345678", ("961234567", "22345678")),
        ("961234567;962345678,963456789", ("961234567", "962345678", "963456789")),
        ("961234567 962345678", ("961234567", "962345678")),
        ("9 6123 4567", ("9 6123 4567",)),
        ("2345678/79", ("2345678/79",)),
        ("", ()),
    ],
)
def test_several_phones_in_one_cell_are_told_apart(raw: str, parts: tuple[str, ...]) -> None:
    assert split_phones(raw) == parts


@pytest.mark.parametrize("raw", ["Παπαδόπουλος", "山田商店", "Ромашка", "محمد علي", "김철수"])
def test_a_name_in_any_script_can_be_compared(raw: str) -> None:
    found = normalize_name(raw)
    assert found.value == raw
    assert found.tokens
    assert compatible(found, normalize_name(raw.upper()))[0]


def test_enye_stays_a_letter_of_its_own_in_the_second_key() -> None:
    found = normalize_name("Begoña Peña")
    assert found.tokens == ("BEGONA", "PENA")
    assert found.tokens_n == ("BEGOÑA", "PEÑA")


def test_the_verdict_of_party_is_the_one_of_normalize() -> None:
    assert VerdictOfParty is Verdict
