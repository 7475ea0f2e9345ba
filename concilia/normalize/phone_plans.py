"""Numbering plans of our countries where the phone library is silent, and its answers in our words. No verdicts.

Sources: CL Subtel (9-digit plan of 2013), MX IFT (dialling of 10 digits, August 2019), CO CRC resolution 5826 of 2019
(60 + old area digit), BR Anatel (ninth digit, 2012-2016), AR ENACOM (9 abroad, 15 at home), EC Arcotel (2012).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from concilia.normalize.phone_parsing import assigned_among, kind_of_line, plan_of

CALLING_CODES = {
    "CL": "56", "MX": "52", "CO": "57", "PE": "51", "AR": "54", "BR": "55", "EC": "593",
}  # fmt: skip
COUNTRY_BY_CODE = {code: country for country, code in CALLING_CODES.items()}

# National numbers that stand for themselves: no trunk prefix, no calling code and nothing to rewrite can be in them.
_SHORT_WAY = {
    "CL": r"[2-9]\d{8}", "MX": r"[2-9]\d{9}", "CO": r"[36]\d{9}", "PE": r"9\d{8}|1[0-8]\d{6}|[4-8]\d{7}",
    "AR": r"9?[1-3]\d{9}", "BR": r"[1-9][1-9](?:9\d{8}|[2-5]\d{7})", "EC": r"9\d{8}|[2-7]\d{7}",
}  # fmt: skip
_SHORT_WAY_PATTERNS = {country: re.compile(pattern) for country, pattern in _SHORT_WAY.items()}
# Where a 0 before such a number is only the trunk prefix; Argentina's may stand for more.
TRUNK_ZERO = frozenset({"CL", "PE", "BR", "EC"})

_LINE_TYPES = {
    "toll_free": "toll_free", "shared_cost": "shared_cost", "uan": "shared_cost", "voip": "voip",
    "fixed_line_or_mobile": "fixed_or_mobile", "fixed_line": "fixed", "mobile": "mobile",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A notation, obsolete or local, and the same number as it is written today."""

    pattern: re.Pattern[str]
    today: str
    reason: str


def _rewrite(pattern: str, today: str, reason: str) -> Rewrite:
    return Rewrite(re.compile(pattern), today, reason)


def _candidate(pattern: str, reading: str) -> Rewrite:
    return _rewrite(pattern, reading, "a guess")


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
    "CL": (_candidate(r"0?([2-9]\d{7})", r"9\1"), _candidate(r"0?(2\d{7})", r"2\1")),
    "AR": (
        _candidate(r"(\d{10})", r"9\1"),
        _candidate(r"15(\d{8})", r"911\1"),
        _candidate(r"(\d{8})", r"11\1"),
        _candidate(r"(\d{8})", r"911\1"),
    ),
    "BR": (_candidate(r"0?([1-9][1-9])([6-9]\d{7})", r"\g<1>9\2"),),
    "PE": (_candidate(r"([2-7]\d{6})", r"1\1"),),
    "EC": (_candidate(r"0?([6-9]\d{7})", r"9\1"),),
}


def short_way(national: str, country: str) -> bool:
    """Whether `line_type` may be asked about these digits without parsing them first."""
    pattern = _SHORT_WAY_PATTERNS.get(country)
    return pattern is not None and pattern.fullmatch(national) is not None


@cache
def sure(country: str) -> re.Pattern[str]:
    """A pattern of the national numbers that the short way may judge and that are in an assigned range."""
    shape = _SHORT_WAY.get(country)
    return assigned_among(shape, country) if shape else re.compile(r"(?!)")


def line_type(national: str, country: str) -> tuple[bool, str | None]:
    """Whether a national number is in an assigned range, and of which kind of line."""
    kind = kind_of_line(national, plan_of(country))
    return kind is not None, refine(national, country, _LINE_TYPES.get(kind or ""))


def refine(national: str, country: str, kind: str | None) -> str | None:
    """Chile's plan tells mobile (first digit 9) from fixed, which the library does not."""
    if country == "CL" and kind == "fixed_or_mobile":
        return "mobile" if national.startswith("9") else "fixed"
    return kind
