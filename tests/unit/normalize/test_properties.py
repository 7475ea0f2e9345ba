"""What holds for every text: nothing raises, canonical values stay themselves, our check digits are stdnum's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.ar import cuit as stdnum_cuit
from stdnum.br import cnpj as stdnum_cnpj
from stdnum.br import cpf as stdnum_cpf
from stdnum.cl import rut as stdnum_rut
from stdnum.co import nit as stdnum_nit
from stdnum.ec import ci as stdnum_ci
from stdnum.ec import ruc as stdnum_ec_ruc
from stdnum.mx import curp as stdnum_curp
from stdnum.mx import rfc as stdnum_rfc
from stdnum.pe import cui as stdnum_cui
from stdnum.pe import ruc as stdnum_pe_ruc

from concilia.normalize import check_digits, phone_plans, phones
from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email, split_emails
from concilia.normalize.names import compatible, normalize_name
from concilia.normalize.phones import normalize_phone, split_phones
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.normalize.verdict import Verdict

COUNTRIES = ("CL", "MX", "CO", "PE", "AR", "BR", "EC", "UY", "PY", "CR", "GT", "DO", "SV", "VE", "BO", "PA", "XX", "")
KINDS = (
    None,
    "RUT",
    "RFC",
    "CURP",
    "NIT",
    "CC",
    "CE",
    "TI",
    "DNI",
    "RUC",
    "CUIT",
    "CPF",
    "CNPJ",
    "CI",
    "PASSPORT",
    "INTERNAL",
    "INE",
)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=90)  # with lone surrogates
NUMBERISH = st.text(alphabet="0123456789.-/ KkXABÑ&+()#,;ext０９\u00a0٣", max_size=24)
CHECKED = st.one_of(
    st.integers(1_000_000, 99_999_999).map(lambda n: f"{n:,}".replace(",", ".") + "-" + check_digits.rut_digit(str(n))),
    st.integers(100, 1_999_999_999).map(lambda n: f"{n}-{check_digits.nit_digit(str(n))}"),
    st.from_regex(r"[23][0347][0-9]{8}", fullmatch=True).map(lambda n: n + check_digits.cuit_digit(n)),
    st.from_regex(r"(10|20)[0-9]{8}", fullmatch=True).map(lambda n: n + check_digits.peru_ruc_digit(n)),
    st.from_regex(r"[0-9]{9}", fullmatch=True).map(lambda n: n + check_digits.cpf_digits(n)),
    st.from_regex(r"[0-9A-Z]{12}", fullmatch=True).map(lambda n: n + check_digits.cnpj_digits(n)),
    st.from_regex(r"[A-ZÑ&]{3,4}[0-9][0-9]0[1-9][12][0-9][A-Z1-9]{2}", fullmatch=True).map(
        lambda n: n + check_digits.rfc_digit(n)
    ),
    st.from_regex(r"(0[1-9]|1[0-9])[0-9]{8}(001)?", fullmatch=True),
    st.from_regex(r"[A-Z]{0,3}[0-9]{4,13}[-]?[0-9K]?", fullmatch=True),
)
DIALLED = st.tuples(
    st.sampled_from(
        ["", "+56", "+52 1", "+57 1 ", "044", "01 ", "0", "+54 9 ", "+54", "15 ", "021 ", "+593", "00", "+1"]
    ),
    st.sampled_from(["", "9", "55", "300", "11", "2", "351 15 "]),
    st.from_regex(r"[0-9]{5,9}", fullmatch=True),
    st.sampled_from(["", " anexo 12", " / 222333444", ".0", " y"]),
).map("".join)
TEXT = ANY_TEXT | NUMBERISH | CHECKED | DIALLED
MAILISH = st.text(alphabet="ab.@<>; ,ñé-_+\u3002\u00a0ＡcomlGMAIL", max_size=30) | st.tuples(
    st.text(alphabet="abcñ.é+'/", min_size=1, max_size=5),
    st.sampled_from(["@", " @ ", "＠", "@@"]),
    st.text(alphabet="abñ-ßÉ.", min_size=1, max_size=6) | st.sampled_from(["gmial", "gmail", "peñalolén"]),
    st.sampled_from([".com", ".con", ".cl", "", ".CL ", "。com"]),
).map("".join)
ADDRESSISH = st.lists(
    st.sampled_from(
        [
            "Av.",
            "Cra",
            "7",
            "#",
            "71-21",
            "Nº",
            "12a",
            "sur",
            "Depto",
            "piso",
            ",",
            "-",
            "º",
            "s/n",
            "CP 06700",
            "São",
            "/SP",
        ]
    ),
    max_size=9,
).map(" ".join)
FEW = settings(max_examples=300, deadline=None)


def digits(size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=size, max_size=size)


@FEW
@given(TEXT, st.sampled_from(COUNTRIES), st.sampled_from(KINDS))
def test_a_tax_id_never_raises_and_its_canonical_value_stays_itself(raw: str, country: str, kind: str | None) -> None:
    found = normalize_tax_id(raw, country, kind)
    assert found.reason
    assert bool(found.value) == (found.verdict not in (Verdict.INVALID, Verdict.EMPTY))
    if not found.verdict.usable:
        return
    again = normalize_tax_id(found.value, country, found.kind or None)
    assert (again.value, again.kind) == (found.value, found.kind)
    kept_without_its_digit = (country, found.kind) in (("CO", "NIT"), ("PE", "DNI"))
    assert again.verdict is (Verdict.VALID_FORMAT if kept_without_its_digit else found.verdict)


@FEW
@given(TEXT, st.sampled_from(COUNTRIES))
def test_a_phone_never_raises_and_its_canonical_value_stays_itself(raw: str, country: str) -> None:
    found = normalize_phone(raw, country)
    assert found.reason
    assert bool(found.match_key) == found.verdict.usable
    if found.value:
        again = normalize_phone(found.value, country)
        assert (again.value, again.verdict) == (found.value, found.verdict)
    assert all(normalize_phone(part, country) for part in split_phones(raw))


@FEW
@given(ANY_TEXT | MAILISH)
def test_an_email_never_raises_and_its_canonical_value_stays_itself(raw: str) -> None:
    found = normalize_email(raw)
    assert found.reason
    assert bool(found.match_key) == found.verdict.usable
    if found.value:
        again = normalize_email(found.value)
        assert (again.value, again.verdict, again.match_key) == (found.value, found.verdict, found.match_key)
    assert all(normalize_email(part) for part in split_emails(raw))


@FEW
@given(ANY_TEXT, ANY_TEXT)
def test_a_name_never_raises_and_its_display_value_stays_itself(raw: str, other: str) -> None:
    found = normalize_name(raw)
    assert found.reason
    assert bool(found.tokens) == found.verdict.usable
    again = normalize_name(found.value)
    assert (again.value, again.tokens, again.verdict) == (found.value, found.tokens, found.verdict)
    right = normalize_name(other)
    assert compatible(found, right)[0] == compatible(right, found)[0]
    assert compatible(found, found)[0] == found.verdict.usable


@FEW
@given(ANY_TEXT | ADDRESSISH, st.sampled_from(COUNTRIES))
def test_an_address_never_raises_and_its_one_line_stays_itself(raw: str, country: str) -> None:
    found = normalize_address(raw, country)
    assert found.reason
    if found.value:
        again = normalize_address(found.value, country)
        assert (again.value, again.verdict, again.match_key) == (found.value, found.verdict, found.match_key)


@FEW
@given(
    st.dictionaries(
        st.sampled_from(["street", "number", "unit", "city", "subdivision", "postal_code", "country", "other"]),
        ANY_TEXT | ADDRESSISH,
    ),
    st.sampled_from(COUNTRIES),
)
def test_parts_of_an_address_never_raise(parts: dict[str, str], country: str) -> None:
    assert normalize_address(parts, country).reason


@pytest.mark.parametrize("size", [65, 10_000_000])
def test_a_huge_text_is_refused_without_work(size: int) -> None:
    huge = "9" * size
    assert normalize_tax_id(huge, "CL").verdict is Verdict.INVALID
    assert normalize_phone(huge, "CL").verdict is Verdict.INVALID
    assert normalize_email(huge * 10).verdict is Verdict.INVALID
    assert normalize_name("A" * (size + 512)).verdict is Verdict.INVALID
    assert normalize_address("A" * (size + 512), "CL").verdict is Verdict.INVALID


@given(st.integers(1_000_000, 99_999_999))
def test_rut_digits_are_those_of_stdnum(body: int) -> None:
    assert check_digits.rut_digit(str(body)) == stdnum_rut.calc_check_digit(str(body))


@given(st.integers(100, 9_999_999_999))
def test_nit_digits_are_those_of_stdnum(body: int) -> None:
    assert check_digits.nit_digit(str(body)) == stdnum_nit.calc_check_digit(str(body))


@given(digits(10))
def test_cuit_and_peruvian_ruc_digits_are_those_of_stdnum(body: str) -> None:
    assert check_digits.cuit_digit(body) == stdnum_cuit.calc_check_digit(body)
    assert check_digits.peru_ruc_digit(body) == stdnum_pe_ruc.calc_check_digit(body)


@given(digits(8))
def test_dni_check_characters_are_those_of_stdnum(body: str) -> None:
    assert check_digits.dni_check_characters(body) == stdnum_cui.calc_check_digits(body)


@given(digits(9))
def test_cpf_digits_are_those_of_stdnum(body: str) -> None:
    number = body + check_digits.cpf_digits(body)
    assert stdnum_cpf.is_valid(number) or set(number) == {"0"}


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12))
def test_cnpj_digits_are_those_of_stdnum(body: str) -> None:
    assert check_digits.cnpj_digits(body) == stdnum_cnpj.calc_check_digits(body)


@given(digits(10))
def test_ecuadorian_cedulas_agree_with_stdnum(number: str) -> None:
    found = normalize_tax_id(number, "EC", "CI").verdict
    assert (found is Verdict.VALID_CHECKSUM) == stdnum_ci.is_valid(number) or found in (
        Verdict.PLACEHOLDER,
        Verdict.EMPTY,
    )


@given(
    st.sampled_from(["01", "17", "24", "30"]), st.sampled_from("0123456789"), digits(7), st.sampled_from(["001", "002"])
)
def test_ecuadorian_rucs_agree_with_stdnum_apart_from_companies_that_warn(
    province: str, third: str, rest: str, branch: str
) -> None:
    number = province + third + rest + branch
    found = normalize_tax_id(number, "EC", "RUC").verdict
    if stdnum_ec_ruc.is_valid(number):
        assert found in (Verdict.VALID_CHECKSUM, Verdict.PLACEHOLDER)
    else:
        assert found in (Verdict.INVALID, Verdict.PLACEHOLDER) or (third == "9" and found is Verdict.CHECK_WARNING)


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZÑ&0123456789", min_size=11, max_size=12))
def test_rfc_digits_are_those_of_stdnum(body: str) -> None:
    assert check_digits.rfc_digit(body) == stdnum_rfc.calc_check_digit(body)


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_curp_digits_are_those_of_stdnum(body: str) -> None:
    assert check_digits.curp_digit(body) == stdnum_curp.calc_check_digit(body)


@FEW
@given(
    st.sampled_from(sorted(phone_plans.CALLING_CODES)),
    st.sampled_from(["", "9", "55", "3", "11", "911", "119", "60"]),
    digits(10),
    st.integers(8, 11),
)
def test_the_short_way_reads_phones_as_the_library_does(country: str, start: str, rest: str, size: int) -> None:
    national = (start + rest)[:size]
    if not phone_plans.short_way(national, country):
        return
    assigned, line_type = phone_plans.line_type(national, country)
    read = phones._parse(f"+{phone_plans.CALLING_CODES[country]}{national}", country)
    assert assigned == (read is not None and read.country == country)
    if read is not None and assigned:
        assert (read.national, read.line_type) == (national, line_type)
