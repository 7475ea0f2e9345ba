"""Peru: what the authorities' rules say of real-looking cells. Check digits were computed apart from our code."""

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
    ("20100070970", None, "RUC", "20100070970", CHECKED, "organization"),
    ("20100130891", "RUC", "RUC", "20100130891", CHECKED, "organization"),
    ("RUC 20512333797", None, "RUC", "20512333797", CHECKED, "organization"),
    ("10456789124", None, "RUC", "10456789124", CHECKED, "person"),
    ("15076543213", None, "RUC", "15076543213", CHECKED, "person"),
    ("17001234561", None, "RUC", "17001234561", CHECKED, "person"),
    ("20100070971", None, "RUC", "", INVALID, None),
    ("30100070970", None, "RUC", "", INVALID, None),
    ("2010007097", "RUC", "RUC", "", INVALID, None),
    ("45678912", None, "DNI", "45678912", FORMAT, "person"),
    ("07654321", "DNI", "DNI", "07654321", FORMAT, "person"),
    ("45678912-4", None, "DNI", "45678912", CHECKED, "person"),
    ("45678912-I", None, "DNI", "45678912", CHECKED, "person"),
    ("45678912-5", None, "DNI", "", INVALID, None),
    ("7654321", "DNI", "DNI", "", INVALID, None),
    ("7654321", None, "DNI", "", INVALID, None),
    ("45678912.0", None, "DNI", "45678912", FORMAT, "person"),
    ("4.56789E+07", None, "", "", INVALID, None),
    ("001234567", "CE", "CE", "001234567", FORMAT, "person"),
    ("456789124", None, "", "456789124", FORMAT, "person"),
    ("00000000", None, "DNI", "00000000", PLACEHOLDER, None),
    ("99999999", "DNI", "DNI", "99999999", PLACEHOLDER, None),
    ("11111111", None, "DNI", "11111111", PLACEHOLDER, None),
    ("12345678", None, "DNI", "12345678", PLACEHOLDER, None),
    ("20000000001", None, "RUC", "20000000001", PLACEHOLDER, None),
    ("00000000000", "RUC", "RUC", "00000000000", PLACEHOLDER, None),
    ("s/n", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("961 234 567", "+51961234567", "mobile", FORMAT),
    ("+51 961 234 567", "+51961234567", "mobile", FORMAT),
    ("51961234567", "+51961234567", "mobile", FORMAT),
    ("01 445 6789", "+5114456789", "fixed", FORMAT),
    ("(01) 445-6789", "+5114456789", "fixed", FORMAT),
    ("054-223344", "+5154223344", "fixed", FORMAT),
    ("0800 12345", "+5180012345", "toll_free", SUSPICIOUS),
    ("999999999", "+51999999999", None, PLACEHOLDER),
    ("987654321", "+51987654321", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("0", "", None, EMPTY),
    ("96123", "", None, INVALID),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("4456789", ("+5114456789",)),
    ("961234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("ventas@empresa.pe", "ventas@empresa.pe", SUSPICIOUS, ""),
    ("luis@outlok.com", "", INVALID, "luis@outlook.com"),
    ("no@tiene.com", "no@tiene.com", PLACEHOLDER, ""),
    ("luis.q@empresa.pe", "luis.q@empresa.pe", FORMAT, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Comercial Andina S.A.C.", ("COMERCIAL", "ANDINA"), "SAC", "organization"),
    ("Minera Yauli S.A.A.", ("MINERA", "YAULI"), "SAA", "organization"),
    ("Botica Rosa E.I.R.L.", ("BOTICA", "ROSA"), "EIRL", "organization"),
    ("Luis Quispe Mamani", ("LUIS", "QUISPE", "MAMANI"), "", "person"),
    ("Transportes Sur S.R.L.", ("TRANSPORTES", "SUR"), "SRL", "organization"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("QUISPE MAMANI LUIS", "Luis Quispe Mamani", True),
    ("L. QUISPE MAMANI", "Luis Quispe Mamani", True),
    ("LUIS QUISPE MAMANI", "LUISA QUISPE MAMANI", False),
    ("Botica Rosa EIRL", "Botica Sol EIRL", False),
]
FAKE_NAMES = ["CLIENTES VARIOS", "Cliente genérico"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Larco 345, Miraflores, Lima", "Avenida Larco N° 345, Miraflores", True),
    ("Jr. de la Unión 300, Lima", "Jirón de la Unión Nro 300, Lima", True),
    ("Av. Larco 345 Dpto 201, Miraflores", "Av. Larco 345 Depto. 201, Miraflores", True),
    ("Av. Larco 345, Miraflores", "Av. Larco 345, San Isidro", False),
]


@pytest.mark.parametrize(("raw", "declared", "kind", "value", "verdict", "party_kind"), TAX_IDS)
def test_a_number_is_read_as_its_authority_issues_it(
    raw: str, declared: str | None, kind: str, value: str, verdict: Verdict, party_kind: str | None
) -> None:
    found = normalize_tax_id(raw, "PE", declared)
    assert (found.kind, found.value, found.verdict) == (kind, value, verdict), found.reason
    if found.verdict.usable:
        assert found.party_kind == party_kind


@pytest.mark.parametrize(("raw", "value", "line_type", "verdict"), PHONES)
def test_a_phone_is_read_by_the_numbering_plan(raw: str, value: str, line_type: str | None, verdict: Verdict) -> None:
    found = normalize_phone(raw, "PE")
    assert (found.value, found.verdict) == (value, verdict), found.reason
    if verdict.usable:
        assert found.line_type == line_type


@pytest.mark.parametrize(("raw", "candidates"), PHONE_CANDIDATES)
def test_a_guessed_phone_is_only_suggested(raw: str, candidates: tuple[str, ...]) -> None:
    assert normalize_phone(raw, "PE").candidates == candidates


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
    ours, theirs = normalize_address(left, "PE"), normalize_address(right, "PE")
    assert ours.match_key
    assert (ours.match_key == theirs.match_key) is same, (ours.match_key, theirs.match_key)
