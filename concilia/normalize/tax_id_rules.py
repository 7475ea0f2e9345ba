"""The rule of each country: what its numbers look like and which check digits they carry. No cleaning of text.

A rule receives the folded text of one cell and answers with kind, canonical value, verdict and reason. Sources:
Chile Ley 17.344 and SII; Mexico SAT and RENAPO; Colombia DIAN (Orden Administrativa 4 of 1989); Peru SUNAT and
RENIEC; Argentina AFIP; Brazil RFB (IN 2.229/2024 for letters in the CNPJ); Ecuador SRI and Registro Civil.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from concilia.normalize import check_digits
from concilia.normalize.folding import words
from concilia.normalize.tax_id_rules_elsewhere import KINDS_ELSEWHERE, elsewhere
from concilia.normalize.verdict import Verdict


class Written(NamedTuple):
    """A cell as a rule sees it: upper-case text, the same without separators, and the declared kind or ""."""

    text: str
    compact: str
    country: str
    kind: str


class Found(NamedTuple):
    """What a rule found; `derived` are numbers contained by construction."""

    kind: str
    value: str
    verdict: Verdict
    reason: str
    party_kind: str | None = None
    derived: tuple[Found, ...] = ()


ALIASES: dict[str, dict[str, str]] = {
    "CL": {"RUT": "RUT", "RUN": "RUT", "CI": "RUT", "CEDULA": "RUT"},
    "MX": {"RFC": "RFC", "CURP": "CURP"},
    "CO": {
        "NIT": "NIT", "RUT": "NIT", "CC": "CC", "CEDULA": "CC", "CEDULADECIUDADANIA": "CC", "CE": "CE",
        "CEDULADEEXTRANJERIA": "CE", "TI": "TI", "TARJETADEIDENTIDAD": "TI", "PPT": "PPT",
    },
    "PE": {"DNI": "DNI", "LE": "DNI", "CUI": "DNI", "RUC": "RUC", "CE": "CE"},
    "AR": {"CUIT": "CUIT", "CUIL": "CUIT", "DNI": "DNI", "LE": "DNI", "LC": "DNI"},
    "BR": {"CPF": "CPF", "CNPJ": "CNPJ"},
    "EC": {"CI": "CI", "CEDULA": "CI", "CC": "CI", "RUC": "RUC"},
    **KINDS_ELSEWHERE,
}  # fmt: skip

_AGREES = "the check digit agrees"
_NO_DIGIT = "well formed; this kind of number has no check digit"
_LETTERS = "holds characters that no {} has"
_RFC = re.compile(r"([A-ZÑ&]{3,4})(\d{2})(\d{2})(\d{2})([A-Z0-9]{3})", re.ASCII)
_RFC_STRICT_END = re.compile(r"[1-9A-V][1-9A-Z][0-9A]")
_CURP = re.compile(r"[A-Z]{4}(\d{2})(\d{2})(\d{2})[HMX]([A-Z]{2})[A-Z]{3}([0-9A-Z])\d", re.ASCII)
_STATES = words("AS BC BS CC CH CL CM CS DF DG GR GT HG JC MC MN MS NE NL NT OC PL QR QT SL SP SR TC TL TS VZ YN ZS")
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_CO_WITH_DIGIT = re.compile(r"\d\s*-\s*\d$")
_PE_DNI_WITH_CHECK = re.compile(r"\d{8}(?:\s*-\s*[0-9A-K]|[A-K])", re.ASCII)
_SIZES_CO = {"CE": (3, 10), "TI": (10, 11), "PPT": (4, 15)}


def chile(written: Written) -> Found:
    """RUT: up to 8 digits and a check digit 0-9 or K; from 50 million on they are organisations."""
    compact = written.compact.removeprefix("CL").lstrip("0")
    body, digit = compact[:-1], compact[-1:]
    if not body:
        fake = written.compact.strip("0K") == ""
        return Found("RUT", "00", Verdict.PLACEHOLDER, "") if fake else _invalid("RUT", "too short for a RUT")
    if not (body.isascii() and body.isdigit()) or digit not in "0123456789K":
        return _invalid("RUT", _LETTERS.format("RUT"))
    if compact == "19" or body == body[0] * len(body):
        return Found("RUT", compact, Verdict.PLACEHOLDER, "")
    if len(body) not in (7, 8):
        return _invalid("RUT", f"a RUT has 7 or 8 digits before its check digit; this has {len(body)}")
    party_kind = "organization" if len(body) == 8 and body >= "50000000" else "person"
    expected = check_digits.rut_digit(body)
    if digit == expected:
        return Found("RUT", compact, Verdict.VALID_CHECKSUM, _AGREES, party_kind)
    return _invalid("RUT", f"the check digit is {digit}, and {body} needs {expected}; was the check digit left out?")


def mexico(written: Written) -> Found:
    """RFC of 12 (company) or 13 (person) characters, CURP of 18."""
    compact = written.compact
    if written.kind == "CURP" or (not written.kind and len(compact) == 18):
        return _curp(compact)
    match = _RFC.fullmatch(compact)
    if not match:
        if re.fullmatch(r"[A-ZÑ&]{3,4}\d{6}", compact):
            return _invalid("RFC", "an RFC without its homoclave (the last three characters) tells no one apart")
        kind = "RFC" if written.kind or len(compact) in (12, 13) else ""
        return _invalid(kind, f"{len(compact)} characters that fit neither an RFC (12 or 13) nor a CURP (18)")
    letters, year, month, day, end = match.groups()
    if not _is_date(f"20{year}", month, day):
        return Found("RFC", compact, Verdict.INVALID, f"{year}-{month}-{day} in the RFC is no date")
    party_kind = "organization" if len(letters) == 3 else "person"
    if _RFC_STRICT_END.fullmatch(end) and check_digits.rfc_digit(compact[:-1]) == compact[-1]:
        return Found("RFC", compact, Verdict.VALID_CHECKSUM, _AGREES, party_kind)
    reason = "the last character differs from the computed one, as in about 1.5 % of the RFCs the SAT issued"
    return Found("RFC", compact, Verdict.CHECK_WARNING, reason, party_kind)


def _curp(compact: str) -> Found:
    match = _CURP.fullmatch(compact)
    if not match:
        return Found("CURP", compact, Verdict.INVALID, "a CURP has 18 characters in the order RENAPO gives them")
    year, month, day, state, century = match.groups()
    if not _is_date(f"19{year}" if century.isdigit() else f"20{year}", month, day):
        return Found("CURP", compact, Verdict.INVALID, f"{year}-{month}-{day} in the CURP is no date")
    if state not in _STATES:
        return Found("CURP", compact, Verdict.INVALID, f"{state} in the CURP is no federal entity")
    expected = check_digits.curp_digit(compact[:-1])
    if compact[-1] != expected:
        return Found("CURP", compact, Verdict.INVALID, f"the last digit is {compact[-1]} and should be {expected}")
    return Found("CURP", compact, Verdict.VALID_CHECKSUM, _AGREES, "person")


def colombia(written: Written) -> Found:
    """NIT (kept without its check digit), CC, CE, TI, PPT; see the module of `normalize_tax_id` for undeclared ones."""
    digits = written.compact
    if not (digits.isascii() and digits.isdigit()):
        return _invalid(written.kind, _LETTERS.format("Colombian number"))
    digits = digits.lstrip("0") or "00"
    if written.kind in _SIZES_CO:
        low, high = _SIZES_CO[written.kind]
        return _plain_digits(written.kind, digits, low=low, high=high)
    hyphen = bool(_CO_WITH_DIGIT.search(written.text))
    if written.kind == "NIT" or (not written.kind and hyphen):
        return _nit(digits, hyphen=hyphen)
    if not written.kind and digits[0] in "89" and len(digits) in (9, 10):
        found = _nit(digits, hyphen=False)
        if found.verdict.usable:
            return found
    return _plain_digits("CC", digits, low=3, high=10)


def _nit(digits: str, *, hyphen: bool) -> Found:
    with_digit = hyphen or len(digits) == 11 or (len(digits) == 10 and digits[0] != "1")
    body = digits[:-1] if with_digit else digits
    if len(set(digits)) == 1:
        return Found("NIT", digits, Verdict.PLACEHOLDER, "")
    if not (3 <= len(body) <= 9 or (len(body) == 10 and body[0] == "1")):
        return _invalid("NIT", f"a NIT has 9 digits (10 for newer persons) and a check digit; this has {len(digits)}")
    party_kind = "organization" if len(body) == 9 and body[0] in "89" else None
    if not with_digit:
        return Found("NIT", body, Verdict.VALID_FORMAT, "a NIT without its check digit", party_kind)
    expected = check_digits.nit_digit(body)
    if digits[-1] != expected:
        if body in ("222222222", "222222222222"):
            return Found("NIT", body, Verdict.PLACEHOLDER, "")
        return _invalid("NIT", f"the check digit is {digits[-1]}, and {body} needs {expected}")
    return Found("NIT", body, Verdict.VALID_CHECKSUM, _AGREES, party_kind)


def peru(written: Written) -> Found:
    """DNI of 8 digits, RUC of 11; a RUC that begins with 10 contains the DNI of its holder."""
    compact, kind = written.compact, written.kind
    if kind == "CE":
        fits = re.fullmatch(r"(?=.*\d)[A-Z0-9]{6,12}", compact) is not None
        return Found("CE", compact, *_format(fits, "a CE has 6 to 12 letters and digits"), "person")
    if kind == "RUC" or (not kind and len(compact) == 11):
        return (
            _peru_ruc(compact) if compact.isascii() and compact.isdigit() else _invalid("RUC", "a RUC has only digits")
        )
    return _peru_person(written)


def _peru_person(written: Written) -> Found:
    compact, kind = written.compact, written.kind
    if len(compact) == 9 and _PE_DNI_WITH_CHECK.fullmatch(written.text.replace(".", "")):
        return _dni_with_check(compact)
    if not (compact.isascii() and compact.isdigit()):
        return _invalid(kind, _LETTERS.format("Peruvian number"))
    if len(compact) == 8:
        return Found("DNI", compact, Verdict.VALID_FORMAT, _NO_DIGIT, "person")
    if kind == "DNI" and len(compact) == 9:
        return _dni_with_check(compact)
    if len(compact) == 9:
        reason = "9 digits may be a CE or a DNI with its check digit; declare the kind"
        return Found("", compact, Verdict.VALID_FORMAT, reason, "person")
    return _wrong_size(compact, kind=kind or "DNI", sizes=(8,))


def _dni_with_check(compact: str) -> Found:
    body = compact[:8]
    if compact[8] in check_digits.dni_check_characters(body):
        return Found("DNI", body, Verdict.VALID_CHECKSUM, _AGREES, "person")
    return Found("DNI", body, Verdict.INVALID, f"{compact[8]} does not check the DNI {body}", "person")


def _peru_ruc(compact: str) -> Found:
    if len(compact) != 11:
        return _wrong_size(compact, kind="RUC", sizes=(11,))
    party_kind = {"10": "person", "15": "person", "16": "person", "17": "person", "20": "organization"}.get(compact[:2])
    if party_kind is None:
        return Found("RUC", compact, Verdict.INVALID, "a RUC begins with 10, 15, 16, 17 or 20")
    expected = check_digits.peru_ruc_digit(compact[:10])
    if compact[10] != expected:
        return Found("RUC", compact, Verdict.INVALID, f"the check digit is {compact[10]} and should be {expected}")
    dni = Found("DNI", compact[2:10], Verdict.VALID_FORMAT, "contained in the RUC", "person")
    return Found("RUC", compact, Verdict.VALID_CHECKSUM, _AGREES, party_kind, (dni,) if compact[:2] == "10" else ())


def argentina(written: Written) -> Found:
    """CUIT and CUIL of 11 digits, DNI of 7 or 8; the CUIT of a person contains the DNI."""
    compact, kind = written.compact, written.kind
    if not (compact.isascii() and compact.isdigit()):
        return _invalid(kind, _LETTERS.format("Argentine number"))
    if kind == "CUIT" or (not kind and len(compact) == 11):
        return _cuit(compact)
    digits = compact.lstrip("0") or "00"
    if len(digits) in (7, 8):
        return Found("DNI", digits, Verdict.VALID_FORMAT, _NO_DIGIT, "person")
    return Found(
        kind or "DNI", digits, *_format(False, f"a DNI has 7 or 8 digits and a CUIT 11; this has {len(compact)}")
    )


def _cuit(compact: str) -> Found:
    if len(compact) != 11:
        return _wrong_size(compact, kind="CUIT", sizes=(11,))
    prefix = compact[:2]
    if prefix in ("50", "51", "55"):
        return Found("CUIT", compact, Verdict.PLACEHOLDER, "")
    if prefix not in ("20", "23", "24", "25", "26", "27", "30", "33", "34"):
        return Found("CUIT", compact, Verdict.INVALID, f"no CUIT begins with {prefix}")
    expected = check_digits.cuit_digit(compact[:10])
    if compact[10] != expected:
        return Found("CUIT", compact, Verdict.INVALID, f"the check digit is {compact[10]} and should be {expected}")
    if prefix >= "30":
        return Found("CUIT", compact, Verdict.VALID_CHECKSUM, _AGREES, "organization")
    dni = compact[2:10].lstrip("0")
    inner = Found("DNI", dni, Verdict.VALID_FORMAT, "contained in the CUIT", "person")
    return Found("CUIT", compact, Verdict.VALID_CHECKSUM, _AGREES, "person", (inner,) if len(dni) >= 7 else ())


def brazil(written: Written) -> Found:
    """CPF of 11 digits, CNPJ of 14 characters whose first 12 may be letters since July 2026."""
    compact, kind = written.compact, written.kind
    if not kind:
        kind = "CPF" if len(compact) <= 11 else "CNPJ"
    if kind == "CNPJ":
        if len(compact) == 14 and _CNPJ.fullmatch(compact):
            return _brazilian(compact, kind="CNPJ", expected=check_digits.cnpj_digits(compact[:12]))
        return _wrong_size(compact, kind="CNPJ", sizes=(14,))
    if len(compact) == 11 and compact.isascii() and compact.isdigit():
        return _brazilian(compact, kind="CPF", expected=check_digits.cpf_digits(compact[:9]))
    return _wrong_size(compact, kind="CPF", sizes=(11,))


def _brazilian(compact: str, *, kind: str, expected: str) -> Found:
    party_kind = "person" if kind == "CPF" else "organization"
    if compact[-2:] == expected and not compact.startswith("000000000000"):
        return Found(kind, compact, Verdict.VALID_CHECKSUM, _AGREES, party_kind)
    reason = f"the check digits are {compact[-2:]} and should be {expected}"
    return Found(kind, compact, Verdict.INVALID, reason, party_kind)


def ecuador(written: Written) -> Found:
    """Cédula of 10 digits, RUC of 13; the RUC of a person contains the cédula."""
    compact, kind = written.compact, written.kind
    if not (compact.isascii() and compact.isdigit()):
        return _invalid(kind, _LETTERS.format("Ecuadorian number"))
    size = len(compact)
    if size != {"CI": 10, "RUC": 13}.get(kind, size) or size not in (10, 13):
        kind = kind or ("CI" if size < 11 else "RUC")
        return _wrong_size(compact, kind=kind, sizes=(10,) if kind == "CI" else (13,))
    kind = "CI" if size == 10 else "RUC"
    if not ("01" <= compact[:2] <= "24" or compact[:2] in ("30", "50")):
        return Found(kind, compact, Verdict.INVALID, f"no province of Ecuador has the code {compact[:2]}")
    if size == 13:
        return _ecuador_ruc(compact)
    if compact[2] <= "6" and check_digits.ecuador_ci_agrees(compact):
        return Found("CI", compact, Verdict.VALID_CHECKSUM, _AGREES, "person")
    return Found("CI", compact, Verdict.INVALID, "the check digit of the cédula differs", "person")


def _ecuador_ruc(compact: str) -> Found:
    third, body, branch = compact[2], compact[:10], compact[10:]
    if branch == "000" or third in "78":
        return Found(
            "RUC", compact, Verdict.INVALID, "a RUC has a third digit of 0 to 6 or 9 and ends in a branch number"
        )
    if third in "69" and check_digits.ecuador_public_agrees(compact) and compact[9:] != "0000":
        return Found("RUC", compact, Verdict.VALID_CHECKSUM, _AGREES, "organization")
    if third == "9":
        if check_digits.ecuador_company_agrees(compact):
            return Found("RUC", compact, Verdict.VALID_CHECKSUM, _AGREES, "organization")
        reason = "the check digit differs, as in some RUCs the SRI really issued"
        return Found("RUC", compact, Verdict.CHECK_WARNING, reason, "organization")
    if not check_digits.ecuador_ci_agrees(body):
        return Found("RUC", compact, Verdict.INVALID, "the check digit of the RUC differs")
    card = Found("CI", body, Verdict.VALID_CHECKSUM, "contained in the RUC", "person")
    return Found(
        "RUC", compact, Verdict.VALID_CHECKSUM, _AGREES, "person", (card,) if third < "6" and branch == "001" else ()
    )


def only_format(written: Written) -> Found:
    """A kind or country without a rule: letters and digits are all that can be asked for."""
    if re.fullmatch(r"(?=.*[0-9])[A-Z0-9Ñ&]{4,32}", written.compact):
        return Found(
            written.kind, written.compact, Verdict.VALID_FORMAT, "no check digit is known for this kind of number"
        )
    return _invalid(written.kind, "an identifier has 4 to 32 letters and digits")


def _elsewhere(written: Written) -> Found:
    ruled = elsewhere(written.compact, country=written.country, kind=written.kind)
    return Found(*ruled) if ruled else only_format(written)


def _plain_digits(kind: str, digits: str, *, low: int, high: int) -> Found:
    fits = low <= len(digits) <= high
    return Found(kind, digits, *_format(fits, f"a {kind} has {low} to {high} digits; this has {len(digits)}"), "person")


def _format(fits: bool, reason: str) -> tuple[Verdict, str]:
    return (Verdict.VALID_FORMAT, _NO_DIGIT) if fits else (Verdict.INVALID, reason)


def _wrong_size(compact: str, *, kind: str, sizes: tuple[int, ...]) -> Found:
    wanted = " or ".join(str(size) for size in sizes)
    reason = f"a {kind} has {wanted} characters; this has {len(compact)}"
    if compact.isdigit() and any(0 < size - len(compact) <= 3 for size in sizes):
        reason += "; a spreadsheet may have removed leading zeros"
    elif compact.isalnum() and not compact.isdigit():
        reason = f"{reason}, or letters where only digits may stand"
    return Found(kind, compact, Verdict.INVALID, reason)


def _invalid(kind: str, reason: str) -> Found:
    return Found(kind, "", Verdict.INVALID, reason)


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


RULES: dict[str, Callable[[Written], Found]] = {
    "CL": chile, "MX": mexico, "CO": colombia, "PE": peru, "AR": argentina, "BR": brazil, "EC": ecuador,
    **dict.fromkeys(KINDS_ELSEWHERE, _elsewhere),
}  # fmt: skip
