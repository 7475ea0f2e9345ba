"""Tax and personal numbers: raw text to canonical number, kind and verdict. No registry look-ups, no matching.

How a kind is told when it is not declared, by country:
- CL: every number is a RUT (persons' RUN and companies' RUT share one space).
- MX: 12 or 13 characters are an RFC, 18 a CURP.
- CO: a number written with a hyphen before its last digit is a NIT with its check digit, right or wrong. Without a
  hyphen, 9 digits that begin with 8 or 9 are a company's NIT, and 10 such digits are one with its check digit when
  that digit agrees: no cédula was issued in that range. Everything else is a cédula (CC). CE, TI, PPT, passports and
  the NIT of a person must be declared.
- PE: 8 digits are a DNI (9 when the check character follows a hyphen or is a letter), 11 a RUC; 9 bare digits stay
  without a kind, because they may be a foreigner's CE as well.
- AR: 7 or 8 digits are a DNI, 11 a CUIT (CUIL and CUIT share one space).
- BR: 11 digits are a CPF, 14 characters a CNPJ. - EC: 10 digits are a cédula (CI), 13 a RUC.
A NIT is kept without its check digit and a Peruvian DNI without its check character, so normalising the kept value
again gives the same number but only VALID_FORMAT.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from concilia.normalize.folding import clean, fold, fold_dashes, repair_spreadsheet
from concilia.normalize.placeholders import says_nothing, why_fake_tax_id
from concilia.normalize.tax_id_rules import ALIASES, RULES, Found, Written, only_format
from concilia.normalize.verdict import Verdict

LONGEST = 64
_SEPARATORS = str.maketrans("", "", " .-_/,'’´`\"·:()#\t")
_UNDECLARED = frozenset({"", "ID", "TAX_ID", "TAXID", "DOCUMENT", "DOCUMENTO", "UNKNOWN", "OTHER", "OTRO"})
_ALIASES_ANYWHERE = {
    "PASAPORTE": "PASSPORT", "PASSAPORTE": "PASSPORT", "PASAP": "PASSPORT", "PAS": "PASSPORT", "PP": "PASSPORT",
    "INTERNO": "INTERNAL", "CODIGO": "INTERNAL",
}  # fmt: skip
_NO_LABEL = re.compile(r"(?!)")
# "RUT: 12.531.909-2", "C.C. 1020": the label names the kind; an RFC may itself begin with such letters.
_LABELS = {
    country: re.compile(
        "("
        + "|".join(r"\.?".join(name) for name in sorted(kinds, key=len, reverse=True))
        + r")[.\s:#°-]+(?=[A-Z]{3}|\d)"
    )
    for country, kinds in ALIASES.items()
}


@dataclass(frozen=True, slots=True)
class TaxId:
    """A number an authority gives. Two notations of one number have one `value`.

    `value` is empty when the verdict is INVALID or EMPTY. `party_kind` is "person" or "organization" when the
    number itself tells. `derived` holds the numbers contained in this one by construction.
    """

    country: str
    kind: str
    value: str
    raw: str
    verdict: Verdict
    reason: str
    party_kind: str | None = None
    derived: tuple[TaxId, ...] = ()


def normalize_tax_id(raw: str, country: str, kind: str | None = None) -> TaxId:
    """The canonical number behind any notation of it. Never raises; the reason says what is wrong and why."""
    country = country.strip().upper()[:2] if len(country) < 8 else ""
    return _tax_id(_read(raw, country, kind), country, raw)


def read_tax_id(raw: str, country: str) -> Found:
    """What `normalize_tax_id` finds in a number of undeclared kind, without the rest of a `TaxId`."""
    return _read(raw, country.strip().upper()[:2] if len(country) < 8 else "", None)


def _read(raw: str, country: str, kind: str | None) -> Found:
    declared = _declared(kind, country)
    if len(raw) > LONGEST:
        return Found(declared, "", Verdict.INVALID, f"longer than {LONGEST} characters")
    text = fold_dashes(clean(raw)).upper()
    text, damage = repair_spreadsheet(text)
    if damage:
        return Found(declared, "", Verdict.INVALID, damage)
    if says_nothing(text):
        return Found(declared, "", Verdict.EMPTY, "says nothing")
    written = _written(text, country, declared)
    return _judged(_rule(written)(written), country)


def _declared(kind: str | None, country: str) -> str:
    if not kind:
        return ""
    name = fold(kind[:40]).strip()
    if name in _UNDECLARED:
        return ""
    name = re.sub(r"[^A-Z0-9]", "", name)
    return ALIASES.get(country, {}).get(name) or _ALIASES_ANYWHERE.get(name, name)


def _written(text: str, country: str, declared: str) -> Written:
    if text.isalnum():
        return Written(text, text, country, declared)
    if text[:1].isalpha():
        label = _LABELS.get(country, _NO_LABEL).match(text)
        if label:
            text = text[label.end() :]
            declared = declared or _declared(label.group(1), country)
    return Written(text, text.translate(_SEPARATORS), country, declared)


def _rule(written: Written) -> Callable[[Written], Found]:
    if written.kind == "INTERNAL":
        return _internal
    if written.kind == "PASSPORT":
        return _passport
    known = ALIASES.get(written.country)
    if known is None or (written.kind and written.kind not in known.values()):
        return only_format
    return RULES[written.country]


def _judged(found: Found, country: str) -> Found:
    """The same, known fakes told, and no value where it is of no use."""
    fake = found.value and why_fake_tax_id(found.value, country, found.kind)
    if fake:
        return Found(found.kind, found.value, Verdict.PLACEHOLDER, fake)
    if not found.verdict.usable:
        return Found(found.kind, "", found.verdict, found.reason, found.party_kind)
    if not found.derived:
        return found
    derived = [_judged(inner, country) for inner in found.derived]
    return found._replace(derived=tuple([inner for inner in derived if inner.verdict.usable]))


def _tax_id(found: Found, country: str, raw: str) -> TaxId:
    kind, value, verdict, reason, party_kind, inside = found
    derived = tuple([_tax_id(inner, country, raw) for inner in inside])
    return TaxId(country, kind, value, raw, verdict, reason, party_kind, derived)


def _internal(written: Written) -> Found:
    return Found("INTERNAL", written.text, Verdict.VALID_FORMAT, "a code of the source itself")


def _passport(written: Written) -> Found:
    if re.fullmatch(r"(?=.*[0-9])[A-Z0-9]{5,15}", written.compact):
        return Found("PASSPORT", written.compact, Verdict.VALID_FORMAT, "passports have no check digit", "person")
    return Found("PASSPORT", "", Verdict.INVALID, "a passport has 5 to 15 letters and digits", "person")
