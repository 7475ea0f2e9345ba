"""Bare digits to a national number, step by step as the phone library reads them, on its own patterns. No verdicts.

Only for our countries, each of which has a calling code to itself. The library walks the same way for every country of
the world and for any text; here the digits are bare and the patterns compiled, which is some twenty times faster.
Property tests hold both equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from phonenumbers import PhoneMetadata

_KINDS = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbering plan of one country in the library's patterns.

    `abroad` is dialled before a calling code, `trunk` before a national number (and `trunk_becomes` when the rule
    moves digits); `shape` is what any national number looks like; `kinds` names the kind of line an assigned one is.
    """

    code: str
    abroad: re.Pattern[str]
    trunk: re.Pattern[str]
    trunk_becomes: str
    shape: re.Pattern[str]
    lengths: frozenset[int]
    longest: int
    kinds: re.Pattern[str]


@cache
def plan_of(country: str) -> Plan:
    """The plan of a country that has a calling code to itself."""
    metadata: Any = PhoneMetadata.metadata_for_region(country)
    trunk = metadata.national_prefix_for_parsing
    lengths = frozenset(metadata.general_desc.possible_length)
    return Plan(
        code=str(metadata.country_code),
        abroad=re.compile(metadata.international_prefix),
        trunk=re.compile(trunk) if trunk else _NEVER,
        trunk_becomes=metadata.national_prefix_transform_rule or "",
        shape=re.compile(metadata.general_desc.national_number_pattern),
        lengths=lengths,
        longest=max(lengths),
        kinds=_kinds_of(metadata),
    )


def assigned_among(shape: str, country: str) -> re.Pattern[str]:
    """A pattern of the assigned numbers of this shape, of whatever kind of line."""
    metadata: Any = PhoneMetadata.metadata_for_region(country)
    patterns = (_pattern(metadata, name) for name in ("mobile", "fixed_line", *_KINDS))
    return re.compile(f"(?=(?:{shape})\\Z)(?:{'|'.join(pattern for pattern in patterns if pattern)})\\Z")


def national_number(digits: str, plan: Plan) -> str | None:
    """The national number in digits as they are dialled inside the country, assigned or not.

    None when it takes the library to tell: digits dialled abroad, too few or too many.
    """
    if not 3 < len(digits) < 18 or plan.abroad.match(digits):
        return None
    if digits.startswith(plan.code):
        rest = _without_trunk(digits[len(plan.code) :], plan)
        if len(digits) > plan.longest or (plan.shape.fullmatch(rest) and not plan.shape.fullmatch(digits)):
            digits = rest
    bare = _without_trunk(digits, plan)
    return bare if len(bare) in plan.lengths or len(bare) > plan.longest else digits


def kind_of_line(national: str, plan: Plan) -> str | None:
    """The library's name for the kind of an assigned number ("fixed_line", "voip", ...); None when unassigned."""
    found = plan.kinds.fullmatch(national) if plan.shape.fullmatch(national) else None
    return found.lastgroup if found else None


def _without_trunk(digits: str, plan: Plan) -> str:
    """The digits without what is dialled before an area code, unless only with it they look like a number."""
    found = plan.trunk.match(digits)
    if found is None or not digits:
        return digits
    if plan.trunk_becomes and found.group(plan.trunk.groups) is not None:
        bare = plan.trunk.sub(plan.trunk_becomes, digits, count=1)
    else:
        bare = digits[found.end() :]
    return digits if plan.shape.fullmatch(digits) and not plan.shape.fullmatch(bare) else bare


def _kinds_of(metadata: Any) -> re.Pattern[str]:
    """One pattern for every kind of line; its groups are tried in the order in which the library asks."""
    fixed, mobile = _pattern(metadata, "fixed_line"), _pattern(metadata, "mobile")
    named = [(name, _pattern(metadata, name)) for name in _KINDS]
    named += [("fixed_line_or_mobile", f"(?=(?:{fixed})\\Z)(?:{mobile})"), ("fixed_line", fixed), ("mobile", mobile)]
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in named if pattern))


def _pattern(metadata: Any, name: str) -> str:
    described = getattr(metadata, name, None)
    return str(described.national_number_pattern or "") if described is not None else ""
