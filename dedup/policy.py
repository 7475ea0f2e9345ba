"""By which rule each field survives, and how fast a word of it ages; defaults, and what a workspace declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from concilia.schema import CONTACT_TYPES, DEBTOR
from dedup.survivorship import HALF_LIFE, Strategy

LISTS: Final = ("identifiers", "contact_points", "tax_id")  # of which every distinct value is kept


@dataclass(frozen=True, slots=True)
class Policy:
    """The rule of each field, and half-lives in days by field and by type of contact point."""

    rules: Mapping[str, Strategy]
    half_lives: Mapping[str, int]

    def rule(self, field: str) -> Strategy:
        """The rule of a field; the default where the policy names none."""
        return self.rules.get(field) or DEFAULT_POLICY.rules[field]

    def half_life(self, name: str) -> int:
        """After how many days a word of this field, or of a contact point of this type, is worth half."""
        return self.half_lives.get(name) or DEFAULT_POLICY.half_lives.get(name, HALF_LIFE)


# Names change by correction and marriage; where somebody lives, within years; a phone within months. What a person is
# and whether an account is active does not wear out with the age of a word: there trust, or the last word, decides.
DEFAULT_POLICY: Final = Policy(
    rules={
        "kind": Strategy.MOST_TRUSTED,
        "full_name": Strategy.WEIGHTED,
        "given_names": Strategy.WEIGHTED,
        "surname_1": Strategy.WEIGHTED,
        "surname_2": Strategy.WEIGHTED,
        "legal_name": Strategy.WEIGHTED,
        "trade_name": Strategy.WEIGHTED,
        "tax_id": Strategy.UNION,
        "birth_date": Strategy.MOST_FREQUENT,
        "deceased_at": Strategy.MOST_RECENT,
        "language": Strategy.WEIGHTED,
        "residence_country": Strategy.WEIGHTED,
        "residence_subdivision": Strategy.WEIGHTED,
        "consumer": Strategy.MOST_TRUSTED,
        "active": Strategy.MOST_RECENT,
        "identifiers": Strategy.UNION,
        "contact_points": Strategy.UNION,
    },
    half_lives={
        "kind": 3650,
        "full_name": 1825,
        "given_names": 1825,
        "surname_1": 1825,
        "surname_2": 1825,
        "legal_name": 1825,
        "trade_name": 1095,
        "birth_date": 3650,
        "deceased_at": 3650,
        "language": 1825,
        "residence_country": 730,
        "residence_subdivision": 365,
        "consumer": 1825,
        "active": 180,
        "phone": 365,
        "whatsapp_id": 365,
        "email": 730,
        "postal_address": 540,
    },
)


def declared_policy(declared: Mapping[str, Any]) -> Policy:
    """The defaults with what a workspace declares: by name, a rule, or a group with `rule` and `half_life`."""
    rules, half_lives = dict(DEFAULT_POLICY.rules), dict(DEFAULT_POLICY.half_lives)
    for name, said in declared.items():
        group = {"rule": said} if isinstance(said, str) else said
        if "rule" in group:
            rules[name] = Strategy(group["rule"])
        if "half_life" in group:
            half_lives[name] = int(group["half_life"])
    return Policy(rules, half_lives)


def check_policy(policy: Policy) -> tuple[str, ...]:
    """One sentence for every entry of a policy that cannot work."""
    fields = {field.name for field in DEBTOR.fields}
    known = (*sorted(fields), "identifiers", "contact_points")
    wrong = [
        f"survivorship names a field {name!r} that a debtor does not have: use one of {', '.join(known)}"
        for name in policy.rules
        if name not in known
    ]
    for name, rule in policy.rules.items():
        if (rule is Strategy.UNION) is not (name in LISTS) and name in known:
            wrong.append(
                f"survivorship of {name!r} cannot be {rule.value!r}: union is for lists of values, and only it"
            )
    for name, days in policy.half_lives.items():
        if days < 1 or name not in (*known, *CONTACT_TYPES):
            wrong.append(
                f"the half-life of {name!r} cannot be {days}: name a field or a type of contact point, in days"
            )
    return tuple(wrong)
