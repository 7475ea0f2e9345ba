"""Chile: what the authorities' rules say of real-looking cells. Check digits were computed apart from our code."""

from __future__ import annotations

import pytest

from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email
from concilia.normalize.names import compatible, normalize_name
from concilia.normalize.phones import normalize_phone
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.normalize.verdict import Verdict

CHECKED, FORMAT, WARNING = Verdict.VALID_CHECKSUM, Verdict.VALID_FORMAT, Verdict.CHECK_WARNING
INVALID, PLACEHOLDER, EMPTY, SUSPICIOUS = Verdict.INVALID, Verdict.PLACEHOLDER, Verdict.EMPTY, Verdict.SUSPICIOUS

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("12.531.909-2", None, "RUT", "125319092", CHECKED, "person"),
    ("125319092", None, "RUT", "125319092", CHECKED, "person"),
    ("012531909-2", None, "RUT", "125319092", CHECKED, "person"),
    ("12531909–2", "RUN", "RUT", "125319092", CHECKED, "person"),
    ("RUT: 12.531.909-2", None, "RUT", "125319092", CHECKED, "person"),
    ("CL125319092", "RUT", "RUT", "125319092", CHECKED, "person"),
    ("１２.５３１.９０９-２", None, "RUT", "125319092", CHECKED, "person"),
    ("15.345.678-k", None, "RUT", "15345678K", CHECKED, "person"),
    ("7.654.321-6", None, "RUT", "76543216", CHECKED, "person"),
    ("76.543.210-3", None, "RUT", "765432103", CHECKED, "organization"),
    ("96.571.220-8", "RUT", "RUT", "965712208", CHECKED, "organization"),
    ("125319092.0", None, "RUT", "125319092", CHECKED, "person"),
    ("12.531.909-3", None, "RUT", "", INVALID, None),
    ("12531909", None, "RUT", "", INVALID, None),
    ("1.25319E+08", None, "", "", INVALID, None),
    ("12.531.909-A", None, "RUT", "", INVALID, None),
    ("123-6", None, "RUT", "", INVALID, None),
    ("66.666.666-6", None, "RUT", "666666666", PLACEHOLDER, None),
    ("55555555-5", None, "RUT", "555555555", PLACEHOLDER, None),
    ("44.444.444-4", None, "RUT", "444444444", PLACEHOLDER, None),
    ("11111111-1", None, "RUT", "111111111", PLACEHOLDER, None),
    ("99.999.999-9", None, "RUT", "999999999", PLACEHOLDER, None),
    ("1-9", None, "RUT", "19", PLACEHOLDER, None),
    ("00.000.000-0", None, "RUT", "00", PLACEHOLDER, None),
    ("12.345.678-5", None, "RUT", "123456785", PLACEHOLDER, None),
    ("", None, "", "", EMPTY, None),
    ("-", None, "", "", EMPTY, None),
    ("0", "RUT", "RUT", "", EMPTY, None),
    ("Sin RUT", None, "", "", EMPTY, None),
    ("s/n", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("961234567", "+56961234567", "mobile", FORMAT),
    ("+56 9 6123 4567", "+56961234567", "mobile", FORMAT),
    ("56961234567", "+56961234567", "mobile", FORMAT),
    ("09-6123 4567", "+56961234567", "mobile", FORMAT),
    ("0056 9 61234567", "+56961234567", "mobile", FORMAT),
    ("(2) 2345 6780", "+56223456780", "fixed", FORMAT),
    ("+56 2 2345 6780", "+56223456780", "fixed", FORMAT),
    ("Cel. 9 6123 4567", "+56961234567", "mobile", FORMAT),
    ("961234567.0", "+56961234567", "mobile", FORMAT),
    ("44 123 4567", "+56441234567", "voip", FORMAT),
    ("600 600 1234", "+566006001234", "shared_cost", SUSPICIOUS),
    ("800 123 456", "+56800123456", "toll_free", SUSPICIOUS),
    ("999999999", "+56999999999", None, PLACEHOLDER),
    ("911111111", "", None, PLACEHOLDER),
    ("912345678", "", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("0", "", None, EMPTY),
    ("-", "", None, EMPTY),
    ("no tiene", "", None, EMPTY),
    ("961234567 / 962345678", "", None, INVALID),
    ("9612", "", None, INVALID),
    ("+54 9 11 2345-6789", "+5491123456789", "mobile", FORMAT),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("81234567", ("+56981234567",)),
    ("2 2345678", ("+56922345678", "+56222345678")),
    ("961234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("Juan.Perez@Gmail.COM", "Juan.Perez@gmail.com", FORMAT, ""),
    ("sin@correo.cl", "sin@correo.cl", PLACEHOLDER, ""),
    ("pagos@empresa.cl", "pagos@empresa.cl", SUSPICIOUS, ""),
    ("juan@hotmial.cl", "", INVALID, "juan@hotmail.cl"),
    ("juan@peñalolén.cl", "juan@xn--pealoln-gya1e.cl", FORMAT, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("José Ñancupil Soto", ("JOSE", "NANCUPIL", "SOTO"), "", "person"),
    ("Comercial Los Andes S.p.A.", ("COMERCIAL", "ANDES"), "SPA", "organization"),
    ("Transportes Ñuble Ltda.", ("TRANSPORTES", "NUBLE"), "LTDA", "organization"),
    ("María Soto E.I.R.L.", ("MARIA", "SOTO"), "EIRL", "organization"),
    ("Pérez y Cía. Ltda.", ("PEREZ",), "CIA LTDA", "organization"),
    ("Sociedad Agrícola El Roble S.A.", ("SOCIEDAD", "AGRICOLA", "ROBLE"), "SA", "organization"),
    ("Sr. Juan O'Higgins", ("JUAN", "OHIGGINS"), "", "person"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("HERNANDEZ GARCIA JOSE LUIS", "José Luis Hernández García", True),
    ("JUAN PEREZ GONZALEZ", "PEDRO PEREZ GONZALEZ", False),
    ("JUAN PEREZ", "JUAN PEREZ GONZALEZ", True),
    ("Comercial Los Andes SpA", "Comercial Los Andes Limitada", True),
    ("Comercial Los Andes SpA", "Comercial Los Alpes SpA", False),
    ("FRANCISCO SOTO", "FRANCISCA SOTO", False),
]
FAKE_NAMES = ["sin nombre", "Cliente Ocasional", "XXX", "prueba", "N/A"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Providencia 1234, Depto. 56, Providencia", "Avenida Providencia #1234 dpto 56, PROVIDENCIA", True),
    ("Avda Providencia N° 1234, Providencia", "Avenida Providencia 1234, providencia, Santiago", True),
    ("Psje. Los Ñirres 45, Ñuñoa", "Pasaje Los Nirres 45, Nunoa", True),
    ("Los Aromos 77, Maipú", "Los Aromos 79, Maipú", False),
    ("Av. Providencia 1234 depto 56, Providencia", "Av. Providencia 1234 depto 57, Providencia", False),
]


@pytest.mark.parametrize(("raw", "declared", "kind", "value", "verdict", "party_kind"), TAX_IDS)
def test_a_number_is_read_as_its_authority_issues_it(
    raw: str, declared: str | None, kind: str, value: str, verdict: Verdict, party_kind: str | None
) -> None:
    found = normalize_tax_id(raw, "CL", declared)
    assert (found.kind, found.value, found.verdict) == (kind, value, verdict), found.reason
    if found.verdict.usable:
        assert found.party_kind == party_kind


@pytest.mark.parametrize(("raw", "value", "line_type", "verdict"), PHONES)
def test_a_phone_is_read_by_the_numbering_plan(raw: str, value: str, line_type: str | None, verdict: Verdict) -> None:
    found = normalize_phone(raw, "CL")
    assert (found.value, found.verdict) == (value, verdict), found.reason
    if verdict.usable:
        assert found.line_type == line_type


@pytest.mark.parametrize(("raw", "candidates"), PHONE_CANDIDATES)
def test_a_guessed_phone_is_only_suggested(raw: str, candidates: tuple[str, ...]) -> None:
    assert normalize_phone(raw, "CL").candidates == candidates


@pytest.mark.parametrize(("raw", "value", "verdict", "suggestion"), EMAILS)
def test_a_mail_address_is_judged_without_the_network(raw: str, value: str, verdict: Verdict, suggestion: str) -> None:
    found = normalize_email(raw)
    assert (found.value, found.verdict, found.suggestion) == (value, verdict, suggestion), found.reason


@pytest.mark.parametrize(("raw", "tokens", "legal_form", "party_kind"), NAMES)
def test_a_name_is_compared_by_its_words(
    raw: str, tokens: tuple[str, ...], legal_form: str, party_kind: str | None
) -> None:
    found = normalize_name(raw)
    assert (found.tokens, found.legal_form, found.party_kind) == (tokens, legal_form, party_kind)


@pytest.mark.parametrize(("left", "right", "expected"), NAME_PAIRS)
def test_two_names_can_be_one_partys_or_not(left: str, right: str, expected: bool) -> None:
    answer, reason = compatible(normalize_name(left), normalize_name(right))
    assert answer is expected, reason


@pytest.mark.parametrize("raw", FAKE_NAMES)
def test_a_name_for_nobody_matches_nothing(raw: str) -> None:
    found = normalize_name(raw)
    assert (found.verdict, found.match_key) == (PLACEHOLDER, "")


@pytest.mark.parametrize(("left", "right", "same"), ADDRESS_PAIRS)
def test_two_notations_of_a_place_have_one_key(left: str, right: str, same: bool) -> None:
    ours, theirs = normalize_address(left, "CL"), normalize_address(right, "CL")
    assert ours.match_key
    assert (ours.match_key == theirs.match_key) is same, (ours.match_key, theirs.match_key)
