"""Numbering plans of our countries where the phone library is silent, and its patterns by line type. No verdicts.

Sources: CL Subtel (9-digit plan of 2013), MX IFT (dialling of 10 digits, August 2019), CO CRC resolution 5826 of 2019
(60 + old area digit), BR Anatel (ninth digit, 2012-2016), AR ENACOM (9 abroad, 15 at home), EC Arcotel (2012).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from phonenumbers import PhoneMetadata

CALLING_CODES = {
    "CL": "56", "MX": "52", "CO": "57", "PE": "51", "AR": "54", "BR": "55", "EC": "593",
}  # fmt: skip
COUNTRY_BY_CODE = {code: country for country, code in CALLING_CODES.items()}

# National numbers that the short way may judge: no trunk prefix, no area code that only the library knows.
_SHORT_WAY = {
    "CL": r"[2-9]\d{8}", "MX": r"[2-9]\d{9}", "CO": r"[36]\d{9}", "PE": r"9\d{8}", "AR": r"(?:9?[1-3]\d{9})",
    "BR": r"[1-9][1-9]9\d{8}", "EC": r"9\d{8}",
}  # fmt: skip
_SHORT_WAY_PATTERNS = {country: re.compile(pattern) for country, pattern in _SHORT_WAY.items()}

_LINE_TYPES = (
    ("premium_rate", None),
    ("toll_free", "toll_free"),
    ("shared_cost", "shared_cost"),
    ("voip", "voip"),
    ("personal_number", None),
    ("pager", None),
    ("uan", "shared_cost"),
    ("voicemail", None),
)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An obsolete or local notation, and the same number as it is written today. Nothing is assumed by it."""

    pattern: re.Pattern[str]
    today: str
    reason: str


def _rewrite(pattern: str, today: str, reason: str) -> Rewrite:
    return Rewrite(re.compile(pattern), today, reason)


REWRITES = {
    "CL": (_rewrite(r"0+([2-9]\d{8})", r"\1", "without the old trunk prefix 0"),),
    "MX": (_rewrite(r"(?:1|01|044|045)(\d{10})", r"\1", "without the dialling prefix abolished in 2019"),),
    "CO": (
        _rewrite(r"([124-8])(\d{7})", r"60\1\2", "old area code, written as in the plan of 2021"),
        _rewrite(r"03(3\d{9})", r"\1", "without the old prefix 03"),
        _rewrite(r"0(60\d{8})", r"\1", "without the trunk prefix"),
    ),
}

# Readings that may be right and are only suggested: local digits -> national number.
CANDIDATES = {
    "CL": ((r"0?([2-9]\d{7})", r"9\1"), (r"0?(2\d{7})", r"2\1")),
    "AR": ((r"(\d{10})", r"9\1"), (r"15(\d{8})", r"911\1"), (r"(\d{8})", r"11\1"), (r"(\d{8})", r"911\1")),
    "BR": ((r"0?([1-9][1-9])([6-9]\d{7})", r"\g<1>9\2"),),
    "PE": ((r"([2-7]\d{6})", r"1\1"),),
    "EC": ((r"0?([6-9]\d{7})", r"9\1"),),
}


def short_way(national: str, country: str) -> bool:
    """Whether `line_type` may be asked about these digits without parsing them first."""
    pattern = _SHORT_WAY_PATTERNS.get(country)
    return pattern is not None and pattern.fullmatch(national) is not None


def line_type(national: str, country: str) -> tuple[bool, str | None]:
    """Whether a national number is in an assigned range, and of which kind of line."""
    mobile, fixed, others = _patterns(country)
    for pattern, name in others:
        if pattern.fullmatch(national):
            return True, name
    is_fixed, is_mobile = bool(fixed.fullmatch(national)), bool(mobile.fullmatch(national))
    if not (is_fixed or is_mobile):
        return False, None
    return True, refine(
        national, country, "fixed_or_mobile" if is_fixed and is_mobile else "mobile" if is_mobile else "fixed"
    )


def refine(national: str, country: str, kind: str | None) -> str | None:
    """Chile's plan tells mobile (first digit 9) from fixed, which the library does not."""
    if country == "CL" and kind == "fixed_or_mobile":
        return "mobile" if national.startswith("9") else "fixed"
    return kind


@cache
def _patterns(country: str) -> tuple[re.Pattern[str], re.Pattern[str], tuple[tuple[re.Pattern[str], str | None], ...]]:
    metadata: Any = PhoneMetadata.metadata_for_region(country)
    others = []
    for field, name in _LINE_TYPES:
        found = getattr(metadata, field, None)
        if found is not None and found.national_number_pattern:
            others.append((re.compile(found.national_number_pattern), name))
    mobile, fixed = metadata.mobile, metadata.fixed_line
    return re.compile(mobile.national_number_pattern), re.compile(fixed.national_number_pattern), tuple(others)
