"""Phone numbers: raw text to E.164, kind of line and verdict. No look-ups, no carrier data, no matching.

A number that is complete once an abolished prefix is taken away is repaired (MX 1/01/044/045, CO area codes of
2021); one that needs a guess (CL old 8 digits, AR without 9 or 15, BR without the ninth digit) stays as it is or
invalid, and the guesses are its `candidates`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from concilia.normalize import phone_plans
from concilia.normalize.folding import clean, fold, fold_dashes, repair_spreadsheet
from concilia.normalize.phone_parsing import national_number, plan_of
from concilia.normalize.placeholders import says_nothing, why_fake_phone
from concilia.normalize.verdict import Verdict

LONGEST = 64
_SENTINELS = frozenset({"0", "1", "-", "+", ""})
_EXTENSION = re.compile(
    r"[\s,;.(#-]*\b(?:EXTENSION|EXTENCION|EXTN|EXT|ANEXO|ANX|INTERNO|INT|RAMAL|X)[\s.:#]*(\d{1,7})\)?$"
)
_LABELS = re.compile(
    r"\b(?:TELEFONO|TELEFONE|TELEF|TELF|TLF|TEL|FONO|FIJO|FIXO|CELULAR|CEL|MOVIL|MOBILE|WHATSAPP|WHATS|WSP|WAPP|WA|"
    r"CASA|TRABAJO|OFICINA|CONTACTO|FAX|NRO|NUM|NUMERO|N)\b[\s.:#°-]*"
)
_CARRIER_XX = re.compile(r"\b0\s?XX\s?(?=\(?\d)")  # BR: 0xx11, the place of a carrier code
_PLAIN = re.compile(r"[0-9+() .-]+")
_NOT_DIGIT = re.compile(r"\D+")
_PUNCTUATION = str.maketrans("", "", " ().-")
_SPLIT = re.compile(r"\s*[;|\n\r]\s*|\s*[,/]\s*|\s+(?:y|e|o|ou|and)\s+|\s+-\s+", re.IGNORECASE)
_TWO_BARE = re.compile(r"(\+?\d{8,13})\s+(\+?\d{8,13})")
_LINE_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.UAN: "shared_cost",
}
_SURELY_ONE = 16  # shorter texts and fewer digits hold one number at most
_SERVICE_LINES = ("toll_free", "shared_cost")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number. `value` is E.164, empty when none could be read; `candidates` are readings not assumed.

    `match_key` is equal for two notations of one line (Argentina's mobile 9 left out) and empty when the number
    must not match anything.
    """

    value: str
    raw: str
    verdict: Verdict
    reason: str
    line_type: str | None = None
    candidates: tuple[str, ...] = ()
    extension: str = ""
    match_key: str = ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """Digits understood as one number of a country."""

    country: str
    national: str
    e164: str
    line_type: str | None
    reason: str = ""


def normalize_phone(raw: str, country: str) -> Phone:
    """The E.164 number behind any notation of it; numbers with + or 00 may be of any country. Never raises."""
    if len(raw) > LONGEST:
        return Phone("", raw, Verdict.INVALID, f"longer than {LONGEST} characters")
    return _normalize(raw, country.strip().upper()[:2] if len(country) < 8 else "")


def match_keys(raw: str, country: str) -> tuple[str, ...]:
    """What matching compares of one number: its match key, or the candidates when it is incomplete.

    Equal to what `normalize_phone` says, without the rest of a `Phone`: plain notations of numbers that the tables
    are sure of skip its way.
    """
    key = _sure_key(raw, country)
    if key is not None:
        return (key,) if key else ()
    found = normalize_phone(raw, country)
    if found.match_key:
        return (found.match_key,)
    return found.candidates if not found.value else ()


def split_phones(raw: str) -> tuple[str, ...]:
    """The numbers typed into one cell ("912345678 / 987654321"), each as written; pieces too short stay attached."""
    text = clean(raw[:4096].replace("\n", ";"))
    bare = _TWO_BARE.fullmatch(text)
    if bare:
        return bare.groups()
    found: list[str] = []
    start = 0
    for cut in _SPLIT.finditer(text):
        if _digits_in(text[start : cut.start()]) >= 6 and _digits_in(text[cut.end() :]) >= 6:
            found.append(text[start : cut.start()])
            start = cut.end()
    rest = text[start:]
    return (*found, rest) if rest else tuple(found)


def _sure_key(raw: str, country: str) -> str | None:
    """The match key of a plain notation in an assigned range; "" when the digits are a stand-in, None when unsure."""
    digits = raw.translate(_PUNCTUATION)
    if len(raw) >= _SURELY_ONE and (len(digits) >= _SURELY_ONE or len(raw) > LONGEST or " -" in raw):
        return None
    abroad = digits[:1] == "+" and raw.lstrip("( ")[0] == "+"
    if abroad:
        digits = digits[1:]
    if not (digits.isascii() and digits.isdigit()) or "." in raw:  # a spreadsheet ends numbers in .0
        return None
    if digits.startswith("00"):
        abroad, digits = True, digits.lstrip("0")
    country, national = _sure_abroad(digits) if abroad else _sure_at_home(digits, country)
    if not national:
        return None
    if why_fake_phone(national):
        return ""
    if country == "AR" and national[0] == "9":
        national = national[1:]
    return f"+{phone_plans.CALLING_CODES[country]}{national}"


def _sure_at_home(digits: str, country: str) -> tuple[str, str]:
    """The country and the national number of digits dialled there, with or without its trunk 0 or calling code."""
    code = phone_plans.CALLING_CODES.get(country)
    if code is None:
        return "", ""
    sure = phone_plans.sure(country)
    if sure.match(digits):
        return country, digits
    if digits[0] == "0":
        start = 1 if country in phone_plans.TRUNK_ZERO else len(digits)
    else:
        start = len(code) if digits.startswith(code) else len(digits)
    return (country, digits[start:]) if sure.match(digits, start) else ("", "")


def _sure_abroad(digits: str) -> tuple[str, str]:
    """The country and the national number behind its calling code."""
    for size in (2, 3):
        country = phone_plans.COUNTRY_BY_CODE.get(digits[:size])
        if country:
            return (country, digits[size:]) if phone_plans.sure(country).match(digits, size) else ("", "")
    return "", ""


@lru_cache(maxsize=65_536)
def _normalize(raw: str, country: str) -> Phone:
    text, damage = repair_spreadsheet(fold(fold_dashes(clean(raw))))
    if damage:
        return Phone("", raw, Verdict.INVALID, damage)
    if text in _SENTINELS or says_nothing(text):
        return Phone("", raw, Verdict.EMPTY, "says nothing")
    extension = ""
    if not _PLAIN.fullmatch(text):
        text, extension = _without_words(text)
    why_not = _why_unreadable(text)
    if why_not:
        return Phone("", raw, Verdict.INVALID, why_not)
    return _judge(_read(text, country), raw=raw, extension=extension)


def _without_words(text: str) -> tuple[str, str]:
    """The text without labels, and the extension it ends with."""
    extension = _EXTENSION.search(text)
    if extension and _digits_in(text[: extension.start()]) >= 6:
        text, number = text[: extension.start()], extension.group(1)
    else:
        number = ""
    return _LABELS.sub("", _CARRIER_XX.sub("0", text)).strip(" .:;,"), number


def _why_unreadable(text: str) -> str:
    if len(text) < 16 and _PLAIN.fullmatch(text):
        return ""
    if any(char.isalpha() for char in text):
        return "holds words; only digits and + ( ) - . may stand in a phone number"
    if len(split_phones(text)) > 1 or any(char in text for char in ";,|"):
        return "several numbers in one cell; load them one by one"
    if re.search(r"\d/\d{1,4}$", text):
        return "a range of numbers; load them one by one"
    return ""


def _read(text: str, country: str) -> _Reading | tuple[str, str]:
    """The number, or the country and the national digits that could not be one."""
    digits = _NOT_DIGIT.sub("", text)
    if text.lstrip("( ").startswith("+") or digits.startswith("00"):
        return _read_international(digits.lstrip("0") if digits.startswith("00") else digits)
    code = phone_plans.CALLING_CODES.get(country, "")
    found = _read_national(digits, country)
    if found is None and code and digits.startswith(code):
        found = _read_national(digits[len(code) :], country)
    return found or (country, digits)


def _read_international(digits: str) -> _Reading | tuple[str, str]:
    for size in (2, 3):
        country = phone_plans.COUNTRY_BY_CODE.get(digits[:size])
        if country:
            return _read_national(digits[size:], country) or (country, digits[size:])
    return _parse(f"+{digits}", "") or ("", digits)


def _read_national(digits: str, country: str) -> _Reading | None:
    reason = ""
    for rewrite in phone_plans.REWRITES.get(country, ()):
        if rewrite.pattern.fullmatch(digits):
            digits, reason = rewrite.pattern.sub(rewrite.today, digits), rewrite.reason
            break
    if country not in phone_plans.CALLING_CODES:
        return _parse(digits, country, reason=reason)
    national = digits if phone_plans.short_way(digits, country) else national_number(digits, plan_of(country))
    if national is None:
        return _parse(digits, country, reason=reason)
    assigned, line_type = phone_plans.line_type(national, country)
    if not assigned:
        return None
    e164 = f"+{phone_plans.CALLING_CODES[country]}{national}"
    return _Reading(country, national, e164, line_type, reason)


def _parse(text: str, country: str, *, reason: str = "") -> _Reading | None:
    """What the phone library reads; None when it is no assigned number."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    region = phonenumbers.region_code_for_number(number) or ""
    national = phonenumbers.national_significant_number(number)
    kind = phone_plans.refine(national, region, _LINE_TYPES.get(phonenumbers.number_type(number)))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return _Reading(region, national, e164, kind, reason)


def _judge(found: _Reading | tuple[str, str], *, raw: str, extension: str) -> Phone:
    if isinstance(found, tuple):
        return _judge_unread(found, raw)
    fake = why_fake_phone(found.national)
    if fake:
        return Phone(found.e164, raw, Verdict.PLACEHOLDER, fake, found.line_type)
    candidates = _candidates(found.national, found.country)
    key = found.e164
    if found.country == "AR":
        key = key.replace("+549", "+54", 1)
    if found.line_type in _SERVICE_LINES:
        reason = "company service line, not a debtor's contact"
        return Phone(found.e164, raw, Verdict.SUSPICIOUS, reason, found.line_type, (), extension, key)
    if found.country == "AR" and found.line_type == "fixed" and candidates:
        reason = "may be a mobile written without its 9 or 15"
        return Phone(found.e164, raw, Verdict.VALID_FORMAT, reason, "fixed_or_mobile", candidates, extension, key)
    reason = found.reason or "in an assigned range"
    return Phone(found.e164, raw, Verdict.VALID_FORMAT, reason, found.line_type, (), extension, key)


def _judge_unread(found: tuple[str, str], raw: str) -> Phone:
    country, digits = found
    code = phone_plans.CALLING_CODES.get(country, "")
    bare = digits.removeprefix(code) if len(digits) > 9 else digits
    fake = why_fake_phone(digits.lstrip("0") or digits) or why_fake_phone(bare)
    if fake:
        return Phone("", raw, Verdict.PLACEHOLDER, fake)
    candidates = _candidates(digits, country) or _candidates(bare, country)
    if candidates:
        return Phone("", raw, Verdict.INVALID, "incomplete; see the candidates", None, candidates)
    if len(digits) < 7:
        return Phone("", raw, Verdict.INVALID, f"too short: {len(digits)} digits")
    where = f" of {country}" if country else ""
    return Phone(
        "", raw, Verdict.INVALID, f"{len(digits)} digits that are no assigned number{where}; is the area code missing?"
    )


def _candidates(national: str, country: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for reading in phone_plans.CANDIDATES.get(country, ()):
        if reading.pattern.fullmatch(national):
            guess = reading.pattern.sub(reading.today, national)
            if phone_plans.line_type(guess, country)[0]:
                found[f"+{phone_plans.CALLING_CODES[country]}{guess}"] = None
    return tuple(found)


def _digits_in(text: str) -> int:
    return sum(char.isdigit() for char in text)
