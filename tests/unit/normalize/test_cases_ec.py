"""Ecuador: what the authorities' rules say of real-looking cells. Check digits were computed apart from our code."""

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
    ("1712345675", None, "CI", "1712345675", CHECKED, "person"),
    ("171234567-5", None, "CI", "1712345675", CHECKED, "person"),
    ("0923456784", "CI", "CI", "0923456784", CHECKED, "person"),
    ("0102030400", "CEDULA", "CI", "0102030400", CHECKED, "person"),
    ("3001234560", None, "CI", "3001234560", CHECKED, "person"),
    ("1714307103", None, "CI", "1714307103", CHECKED, "person"),
    ("1712345676", None, "CI", "", INVALID, None),
    ("923456784", None, "CI", "", INVALID, None),
    ("2512345678", None, "CI", "", INVALID, None),
    ("1772345675", None, "CI", "", INVALID, None),
    ("1712345675.0", None, "CI", "1712345675", CHECKED, "person"),
    ("1.71235E+09", None, "", "", INVALID, None),
    ("1790010341001", None, "RUC", "1790010341001", CHECKED, "organization"),
    ("0990005591001", "RUC", "RUC", "0990005591001", CHECKED, "organization"),
    ("1791999991001", None, "RUC", "1791999991001", CHECKED, "organization"),
    ("1760001200001", None, "RUC", "1760001200001", CHECKED, "organization"),
    ("0960000300001", "RUC", "RUC", "0960000300001", CHECKED, "organization"),
    ("1712345675001", None, "RUC", "1712345675001", CHECKED, "person"),
    ("1790010342001", None, "RUC", "1790010342001", WARNING, "organization"),
    ("1712345676001", None, "RUC", "", INVALID, None),
    ("1790010341000", None, "RUC", "", INVALID, None),
    ("1780010341001", None, "RUC", "", INVALID, None),
    ("990005591001", "RUC", "RUC", "", INVALID, None),
    ("9999999999999", None, "RUC", "9999999999999", PLACEHOLDER, None),
    ("9999999999", None, "CI", "9999999999", PLACEHOLDER, None),
    ("2222222222001", None, "RUC", "2222222222001", PLACEHOLDER, None),
    ("AB12345", "PASAPORTE", "PASSPORT", "AB12345", FORMAT, "person"),
    ("ninguno", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("099 123 4567", "+593991234567", "mobile", FORMAT),
    ("0991234567", "+593991234567", "mobile", FORMAT),
    ("+593 99 123 4567", "+593991234567", "mobile", FORMAT),
    ("593991234567", "+593991234567", "mobile", FORMAT),
    ("02 234 5678", "+59322345678", "fixed", FORMAT),
    ("(04) 256-7890", "+59342567890", "fixed", FORMAT),
    ("1800 123456", "+5931800123456", "toll_free", SUSPICIOUS),
    ("0999999999", "+593999999999", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("099123", "", None, INVALID),
    ("991234567.0", "+593991234567", "mobile", FORMAT),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("9 123 4567", ("+593991234567",)),
    ("0991234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("contabilidad@empresa.ec", "contabilidad@empresa.ec", SUSPICIOUS, ""),
    ("carlos@gmial.com", "", INVALID, "carlos@gmail.com"),
    ("carlos@empresa.com.ec", "carlos@empresa.com.ec", FORMAT, ""),
    ("ninguno@gmail.com", "ninguno@gmail.com", PLACEHOLDER, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Importadora Andes Cía. Ltda.", ("IMPORTADORA", "ANDES"), "CIA LTDA", "organization"),
    ("Importadora Andes C. Ltda.", ("IMPORTADORA", "ANDES"), "CIA LTDA", "organization"),
    ("Agrícola Guayas S.A.S.", ("AGRICOLA", "GUAYAS"), "SAS", "organization"),
    ("Dr. Carlos Peñafiel Ortiz", ("CARLOS", "PENAFIEL", "ORTIZ"), "", "person"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("PEÑAFIEL ORTIZ CARLOS", "Carlos Penafiel", True),
    ("CARLOS ORTIZ", "KARLA ORTIZ", False),
    ("Importadora Andes Cia Ltda", "Importadora Andes S.A.", True),
]
FAKE_NAMES = ["CONSUMIDOR FINAL", "Fulano de tal"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Amazonas N34-120 y Atahualpa, Quito", "Avenida Amazonas N34-120, Quito, Pichincha", True),
    ("Av. 9 de Octubre 100, Guayaquil", "Avenida 9 de Octubre N° 100, Guayaquil", True),
    ("Av. Amazonas N34-120, Quito", "Av. Amazonas N34-121, Quito", False),
]


@pytest.mark.parametrize(("raw", "declared", "kind", "value", "verdict", "party_kind"), TAX_IDS)
def test_a_number_is_read_as_its_authority_issues_it(
    raw: str, declared: str | None, kind: str, value: str, verdict: Verdict, party_kind: str | None
) -> None:
    found = normalize_tax_id(raw, "EC", declared)
    assert (found.kind, found.value, found.verdict) == (kind, value, verdict), found.reason
    if found.verdict.usable:
        assert found.party_kind == party_kind


@pytest.mark.parametrize(("raw", "value", "line_type", "verdict"), PHONES)
def test_a_phone_is_read_by_the_numbering_plan(raw: str, value: str, line_type: str | None, verdict: Verdict) -> None:
    found = normalize_phone(raw, "EC")
    assert (found.value, found.verdict) == (value, verdict), found.reason
    if verdict.usable:
        assert found.line_type == line_type


@pytest.mark.parametrize(("raw", "candidates"), PHONE_CANDIDATES)
def test_a_guessed_phone_is_only_suggested(raw: str, candidates: tuple[str, ...]) -> None:
    assert normalize_phone(raw, "EC").candidates == candidates


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
    ours, theirs = normalize_address(left, "EC"), normalize_address(right, "EC")
    assert ours.match_key
    assert (ours.match_key == theirs.match_key) is same, (ours.match_key, theirs.match_key)
